//! Bodies of the fuzz targets `lexer` and `parser`: any bytes are a source; it is read or refused, never a panic.

use ferlance_abi::qstr::Pool;

use crate::lexer::Lexer;
use crate::parser::{Mode, ParseOptions, parse};
use crate::token::Token;

/// Tokens come to an end, and there are not many more of them than bytes.
pub fn lexer(data: &[u8]) {
    let mut pool = Pool::new();
    let Ok(mut lexer) = Lexer::new(data, &mut pool, true) else {
        return;
    };
    // Each byte may end a line and blocks, and begin a token; the end closes what is open.
    let limit = 4 * data.len() + 16;
    let mut count = 0;
    while lexer.tok.kind != Token::End {
        assert!(
            lexer.tok.pos.0 as usize <= data.len(),
            "a token behind the end"
        );
        count += 1;
        assert!(count <= limit, "the lexer does not come to an end");
        if lexer.advance(&mut pool).is_err() {
            return;
        }
    }
}

/// Every kind of text is parsed or refused.
pub fn parser(data: &[u8]) {
    for mode in [Mode::File, Mode::Eval, Mode::Single] {
        let options = ParseOptions {
            mode,
            ..ParseOptions::default()
        };
        let mut pool = Pool::new();
        if let Err(diag) = parse(data, &mut pool, &options) {
            assert!(
                diag.line as usize <= data.len() + 1,
                "an error behind the last line"
            );
        }
    }
}
