//! An error shown in its source line, for people: caret, meaning, hint and code.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use ferlance_abi::qstr::Pool;
use ferlance_frontend::Diag;
use ferlance_frontend::diag::Code;

/// The rendered error, or nothing if it has no place.
pub fn render(diag: &Diag, pool: &Pool, source: &[u8], path: &str, is_coloured: bool) -> String {
    if diag.line == 0 {
        return String::new();
    }
    let text = String::from_utf8_lossy(source);
    let span = span_of(&text, diag);
    let mut message = String::new();
    // Strings take any text.
    let _ = diag.write_text(&mut message, &|name| pool.text(name));
    let code = diag.code.name();
    let mut groups = vec![
        Group::with_title(Level::ERROR.primary_title(&*message).id(code)).element(
            Snippet::source(&*text)
                .path(path)
                .annotation(AnnotationKind::Primary.span(span).label(diag.code.help())),
        ),
    ];
    if !diag.code.hint().is_empty() {
        groups.push(Group::with_title(
            Level::HELP.secondary_title(diag.code.hint()),
        ));
    }
    let renderer = match is_coloured {
        true => Renderer::styled(),
        false => Renderer::plain(),
    };
    format!("\n{}\n", renderer.render(&groups))
}

/// The word at the place of the error, or one character.
fn span_of(text: &str, diag: &Diag) -> std::ops::Range<usize> {
    let mut start = (diag.pos.0 as usize).min(text.len());
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    if diag.code == Code::UnindentMismatch {
        // Stock counts it on the line before; the indentation that does not fit is what comes next.
        start += text[start..].len() - text[start..].trim_start().len();
    }
    let rest = &text[start..];
    let word = rest
        .char_indices()
        .find(|(_, c)| !c.is_alphanumeric() && *c != '_')
        .map_or(rest.len(), |(at, _)| at);
    let len = match word {
        0 => rest
            .chars()
            .next()
            .filter(|c| *c != '\n')
            .map_or(0, char::len_utf8),
        len => len,
    };
    start..start + len
}

#[cfg(test)]
mod tests {
    use ferlance_compiler::{Options, compile};

    use super::*;

    fn marked(source: &str) -> String {
        let mut pool = Pool::new();
        let diag = compile(source.as_bytes(), &mut pool, &Options::default()).unwrap_err();
        source[span_of(source, &diag)].to_owned()
    }

    #[test]
    fn the_caret_stands_under_the_word_that_is_wrong() {
        assert_eq!(marked("def f():\n    x = (a +\n    return x\n"), "return");
        assert_eq!(marked("f(y, caf\u{e9}=1, 2)\n"), "2");
        assert_eq!(marked("x = a b\n"), "b");
        assert_eq!(marked("if x:\n    y = 1\n  z\n"), "z");
        assert_eq!(marked("x = (\n"), "");
    }

    #[test]
    fn the_page_of_errors_has_an_entry_for_each_message() {
        let page = include_str!("../../docs/errors.md");
        for code in Code::ALL {
            let entry = match code.hint() {
                "" => format!(
                    "## {}\n\n`{}: {}`\n\n{}\n",
                    code.name(),
                    code.exc_type().name(),
                    code.text(),
                    code.help()
                ),
                hint => format!(
                    "## {}\n\n`{}: {}`\n\n{} {hint}\n",
                    code.name(),
                    code.exc_type().name(),
                    code.text(),
                    code.help()
                ),
            };
            assert!(
                page.contains(&entry),
                "docs/errors.md lacks this:\n\n{entry}"
            );
        }
    }
}
