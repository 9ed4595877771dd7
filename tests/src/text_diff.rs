//! Two outputs side by side, for the reader of a failure.

use similar::{ChangeTag, TextDiff};

/// A unified diff of two outputs; bytes that are not UTF-8 are shown as `\xNN`.
pub fn unified(expected: &[u8], found: &[u8]) -> String {
    let (expected, found) = (readable(expected), readable(found));
    TextDiff::from_lines(&expected, &found)
        .unified_diff()
        .context_radius(2)
        .header("expected", "found")
        .to_string()
}

/// Lines only in `left`, and lines only in `right`, in order.
pub fn changed_lines(left: &[u8], right: &[u8]) -> (Vec<String>, Vec<String>) {
    let (left, right) = (readable(left), readable(right));
    let (mut removed, mut added) = (Vec::new(), Vec::new());
    for change in TextDiff::from_lines(&left, &right).iter_all_changes() {
        let line = change.value().trim_end_matches('\n').to_owned();
        match change.tag() {
            ChangeTag::Delete => removed.push(line),
            ChangeTag::Insert => added.push(line),
            ChangeTag::Equal => {}
        }
    }
    (removed, added)
}

/// Text as it is, other bytes as escapes.
fn readable(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            text.push_str(&format!("\\x{byte:02x}"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changed_lines_are_paired_by_side() {
        let (removed, added) = changed_lines(b"a\nb\nc\n", b"a\nx\nc\nd\n");
        assert_eq!(
            (removed, added),
            (vec!["b".to_owned()], vec!["x".to_owned(), "d".to_owned()])
        );
    }

    #[test]
    fn bytes_that_are_not_text_stay_visible() {
        assert_eq!(readable(b"a\xffb"), "a\\xffb");
    }
}
