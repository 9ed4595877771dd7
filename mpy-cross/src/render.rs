//! An error shown in its source line, for people: caret, meaning, hint and code.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use ferlance_abi::qstr::Pool;
use ferlance_frontend::Diag;

/// The rendered error, with colours, or nothing if it has no place.
pub(crate) fn render(diag: &Diag, pool: &Pool, source: &[u8], path: &str) -> String {
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
    format!("\n{}\n", Renderer::styled().render(&groups))
}

/// The word at the place of the error, or one character.
fn span_of(text: &str, diag: &Diag) -> std::ops::Range<usize> {
    let mut start = (diag.pos.0 as usize).min(text.len());
    while !text.is_char_boundary(start) {
        start -= 1;
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
