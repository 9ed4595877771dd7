//! Keys that are pressed, and what goes over the line.

use super::*;
use alloc::string::String;
use alloc::vec::Vec;

struct Script<'a> {
    input: &'a [u8],
    output: Vec<u8>,
}

impl Io for Script<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<(), Errno> {
        self.output.extend_from_slice(bytes);
        Ok(())
    }
    fn read(&mut self) -> Result<Option<u8>, Errno> {
        let Some((first, rest)) = self.input.split_first() else {
            return Ok(None);
        };
        self.input = rest;
        Ok(Some(*first))
    }
    fn continues(&mut self, text: &[u8]) -> bool {
        text.starts_with(b"if") && !text.ends_with(b"\n")
    }
    fn complete(&mut self, before: &[u8]) -> Completion {
        match before {
            b"pri" => Completion::Insert(TryVec::from_slice(b"nt").unwrap()),
            b"i" => Completion::Choices(TryVec::from_slice(b"id\nint\n").unwrap()),
            _ => Completion::None,
        }
    }
}

/// The text that these keys make, what was drawn, and how it ended.
fn typed(input: &str, history: Option<&mut History>) -> (String, String, Edited) {
    let mut io = Script {
        input: input.as_bytes(),
        output: Vec::new(),
    };
    let mut editor = Editor::new([b"> ", b"+ "], history);
    let edited = editor.edit(&mut io, &mut Keys::new()).unwrap();
    let text = String::from_utf8(editor.text().to_vec()).unwrap();
    (text, String::from_utf8(io.output).unwrap(), edited)
}

fn text(input: &str) -> String {
    typed(input, None).0
}

#[test]
fn typing_is_echoed_as_it_is() {
    let (text, out, edited) = typed("a b\r", None);
    assert_eq!((text.as_str(), out.as_str()), ("a b", "> a b\r\n"));
    assert_eq!(edited, Edited::Line);
}

#[test]
fn keys_edit_the_line() {
    for (input, wanted) in [
        ("ac\x1b[Db\r", "abc"),
        ("abc\x7f\x08d\r", "ad"),
        ("abc\x01\x04x\r", "xbc"),
        ("ab cd\x17e\r", "ab e"),
        ("ab cd\x1bb\x1bbx\r", "xab cd"),
        ("ab cd\x01\x1bd\r", " cd"),
        ("abc\x02\x0b\r", "ab"),
        ("abc\x02\x15\r", "c"),
        ("abc\x1b[H\x1b[3~\x1b[Fd\r", "bcd"),
        ("aéb\x02\x7f\r", "ab"),
        ("        \x7fx\r", "    x"),
        ("\tx\r", "    x"),
        ("pri\t\r", "print"),
    ] {
        assert_eq!(text(input), wanted, "{input:?}");
    }
}

#[test]
fn the_rest_of_the_line_is_drawn_again() {
    let (_, out, _) = typed("ac\x02b\r", None);
    assert_eq!(out, "> ac\x1b[1Dbc\x1b[1D\x1b[1C\r\n");
}

#[test]
fn a_block_is_indented_until_two_empty_lines() {
    let (text, out, _) = typed("if 1:\rx\r\r\r\r", None);
    assert_eq!(text, "if 1:\n    x\n    \n    \n");
    assert_eq!(out, "> if 1:\r\n+     x\r\n+     \r\n+     \r\n+ \r\n");
}

#[test]
fn pasted_indentation_replaces_ours() {
    assert_eq!(text("if 1:\r    x\x03"), "if 1:\n    x");
    assert_eq!(text("if 1:\r\tx\x03"), "if 1:\n    x");
}

#[test]
fn lines_above_can_be_edited() {
    assert_eq!(text("if 1:\rab\x1b[A2\x1b[BX\x03"), "if 1:2\n    abX");
    assert_eq!(text("if 1:\rab\x01\x7fc\x03"), "if 1:c    ab");
}

#[test]
fn history_is_browsed_and_comes_back() {
    let mut history = History::new(8);
    history.add(b"one").unwrap();
    history.add(b"two").unwrap();
    for (input, wanted) in [
        ("\x10\r", "two"),
        ("\x10\x10\x10!\r", "one!"),
        ("new\x10\x10\x0e\x0e\r", "new"),
        ("\x0e\r", ""),
    ] {
        assert_eq!(typed(input, Some(&mut history)).0, wanted, "{input:?}");
    }
}

#[test]
fn control_keys_mean_something_on_an_empty_line() {
    for (input, edited) in [
        ("\x01", Edited::Control(1)),
        ("\x02", Edited::Control(2)),
        ("\x05", Edited::Control(5)),
        ("\x04", Edited::EndOfInput),
        ("", Edited::EndOfInput),
        ("\x03", Edited::Interrupted),
        ("x\x03", Edited::Interrupted),
    ] {
        assert_eq!(typed(input, None).2, edited, "{input:?}");
    }
}

#[test]
fn several_completions_are_listed() {
    let (_, out, _) = typed("i\td\r", None);
    assert_eq!(out, "> i\r\nid              int\r\n> id\r\n");
}
