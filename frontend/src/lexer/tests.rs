//! Tokens as text: kind, value, and the line where it changes.

use alloc::format;
use alloc::string::String;
use core::fmt::Write;

use ferlance_abi::qstr::{Pool, Qstr};

use super::{Lexer, Stop};
use crate::token::Token;

fn tokens(source: &[u8]) -> String {
    let mut pool = Pool::new();
    let mut shown = String::new();
    let mut line = 0;
    let mut lexer = match Lexer::new(source, &mut pool, true) {
        Ok(lexer) => lexer,
        Err(stop) => return format!("{stop:?}"),
    };
    loop {
        let tok = lexer.tok;
        if tok.line != line {
            line = tok.line;
            let _ = write!(shown, "{}{line}:", if shown.is_empty() { "" } else { "\n" });
        }
        let _ = match tok.kind {
            Token::Name => write!(shown, " {}", pool.str(Qstr::new(tok.value as u32))),
            Token::Str => write!(shown, " {:?}", pool.str(Qstr::new(tok.value as u32))),
            Token::LongStr => write!(shown, " long \"{}\"", lexer.long_text().escape_ascii()),
            Token::Bytes => write!(shown, " b\"{}\"", lexer.long_text().escape_ascii()),
            Token::Int => write!(shown, " {}", tok.value),
            Token::Number => match lexer
                .digits()
                .map_err(Into::into)
                .and_then(|d| d.value(false))
            {
                Ok(value) => write!(shown, " {value:?}"),
                Err(error) => write!(shown, " {error:?}"),
            },
            kind => write!(shown, " {}", kind.text()),
        };
        if tok.kind == Token::End {
            return shown;
        }
        if let Err(stop) = lexer.advance(&mut pool) {
            let _ = write!(shown, " {stop:?}");
            return shown;
        }
    }
}

/// Each source, and its tokens.
fn shown(sources: &[&str]) -> String {
    let mut text = String::new();
    for source in sources {
        let _ = writeln!(text, "{source:?}\n{}\n", tokens(source.as_bytes()));
    }
    text
}

macro_rules! tokens_of {
    ($($name:ident: [$($source:literal),* $(,)?];)*) => {
        $(
            #[test]
            fn $name() {
                insta::assert_snapshot!(stringify!($name), shown(&[$($source),*]));
            }
        )*
    };
}

tokens_of! {
    names_may_hold_any_byte_from_0x80: ["é = naïve1", "\u{feff}x", "_a1"];
    keywords_are_not_names: ["False None True __debug__ and as assert async await break class", "match case type print exec"];
    operators_are_the_longest_that_fit: [
        "( ) [ ] { } , : ; . ... @ -> = := ~ + - * ** / // %",
        "< > == <= >= != | ^ & << >>",
        "+= -= *= **= /= //= %= @= |= ^= &= <<= >>=",
        "a....b", "a<>b", "a!b", "a?b", "a$b", "a`b",
    ];
    integers: ["0 7 00 0_0 1_000 1__0 1_", "0xFf 0XfF 0o17 0O17 0b101 0B1 0_x1f", "9223372036854775807 9223372036854775808", "18446744073709551616"];
    malformed_integers: ["08 012 0x 0xg 0b2 0o8 1abc 1if 0or", "0_7"];
    floats: ["1.5 1. .5 1e5 1E-5 1e+5 1_0.5_0 09.5 00e1", "1j 1.5J 1ej 1e400"];
    malformed_floats: ["1e 1.2.3 1..real 1.real 0x1.5 0xj 1jj 1e5e+5 0_x1e5"];
    strings_are_names_up_to_ten_bytes: ["'abcdefghij' 1 'abcdefghijk'", "abcdefghijk 'abcdefghijk'", "'éééééé' 1 'ééééé'", "''"];
    escapes: [r"'\\\'\x22\a\b\f\n\r\t\v\0\101\x41\u0041\U00000041\q'", r"'\777' 1 '\400'", r"b'\377\x41\u0041\q'", "'a\\\nb'", r"'\é'"];
    malformed_strings: ["'abc", "'abc\n'", "'''abc", r"'\x4'", r"'\u12'", r"'\U00110000'", r"b'\400'", "'\\", r"'\N{DASH}'"];
    raw_strings_keep_backslashes: [r"r'\n\'' rb'\x'", "r'a\\\nb'"];
    prefixes_are_lower_case: ["u'a' 1 r'a' 1 b'a' 1 rb'a' 1 br'a' 1", "B'a'", "ur'a'", "bu'a'"];
    adjacent_strings_join: ["'a' 'b' r'\\'", "b'a' b'b'", "'a' b'b'", "('a'\n\n'b')", "'a'\n'b'"];
    triple_quotes_span_lines: ["'''a\nb\r\nc''' d", "''''a'''"];
    f_strings_are_calls_of_format: [
        "f'' x", "f'a{b}c'", "f'{b!r:>{c}}'", "f'{b=} {b =!s}'", "f'{{{b}}}'", "'a{' f'{b}' 'c'", "f'{a, b}'",
        "f'{f'{a}'}'", "f'{{'", "rf'\\{b}'", "f'\\x41{b}'",
    ];
    malformed_f_strings: ["f'{}'", "f'{!r}'", "f'{a'", "f'{a!z}'", "f'{\"}\"}'", "f'{(a}'"];
    escaped_line_ends_of_t_strings_count_twice: ["t'''\\\n''' a\nb", "t'a\\\nb' c", "rt'''\\\n''' a"];
    lines_of_fields_are_those_after_the_literal: ["(f'''a\n{b}'''\n\nc)\nd", "f'''{\na}'''\nb", "(f'{a}'\n\n'b' c)"];
    t_strings_are_calls_of_template: ["t'a{b}c'", "t'{a=}'", "t'{a!r:x}'", "t'{a:{b}}'", "t'{{}}'", "t'{ a }'"];
    malformed_t_strings: ["t'{'", "t'}'", "t'{ }'", "t'{a:'", "t'a' 'b'", "t'a' t'b'"];
    blocks: [
        "if a:\n  b\nc", "if a:\n  if b:\n    c\nd", "if a:\n\tb\n        c", "a\n  b", "  a", "if a:\n    b\n  c",
        "if a:\n  b\n\n # c\n\n  d\n", "if a:\n  b", "(\n  a\n)\nb",
    ];
    line_ends: ["a\nb\rc\r\nd", "a \\\n b", "a \\ b", "# c", "a # c\nb", "", "\n\n", "a\\"];
    spaces: ["a\tb\u{b}c", "a\0b", "\u{c}a"];
}

#[test]
fn a_long_name_is_a_token_without_name() {
    let long = "a".repeat(256);
    let mut pool = Pool::new();
    let lexer = Lexer::new(long.as_bytes(), &mut pool, true)
        .ok()
        .map(|lexer| lexer.tok);
    assert_eq!(
        lexer.map(|tok| (tok.kind, tok.value)),
        Some((Token::Name, 0))
    );
}

#[test]
fn a_name_escape_stops_at_once() {
    let mut pool = Pool::new();
    assert_eq!(
        Lexer::new(b"'\\N{x}'", &mut pool, true).err(),
        Some(Stop::UnicodeName)
    );
}
