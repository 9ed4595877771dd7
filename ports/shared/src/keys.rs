//! Bytes of a terminal to keys.

/// A key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// A character: up to four bytes of UTF-8.
    Char([u8; 4], usize),
    /// A control character that is none of the below, by its code.
    Control(u8),
    /// Enter.
    Enter,
    /// Tab.
    Tab,
    /// Deletes to the left.
    Backspace,
    /// Deletes under the cursor.
    Delete,
    /// Cursor.
    Left,
    /// Cursor.
    Right,
    /// Cursor.
    Up,
    /// Cursor.
    Down,
    /// Start of the line.
    Home,
    /// End of the line.
    End,
    /// Back by a word.
    WordLeft,
    /// On by a word.
    WordRight,
    /// Deletes the word to the left.
    KillWordLeft,
    /// Deletes the word to the right.
    KillWordRight,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Plain,
    /// After ESC.
    Escape,
    /// After ESC O.
    Single,
    /// After ESC [, with the first two numbers and which of them is being read.
    Sequence([u8; 2], usize),
    /// In a character of `want` bytes of which `have` are there.
    Utf8([u8; 4], usize, usize),
}

/// A decoder. It keeps what it knows between lines, so that one serves a whole session.
pub struct Keys {
    state: State,
    after_return: bool,
}

impl Default for Keys {
    fn default() -> Self {
        Keys::new()
    }
}

impl Keys {
    /// Nothing read yet.
    pub const fn new() -> Keys {
        Keys {
            state: State::Plain,
            after_return: false,
        }
    }

    /// Takes a byte; the key that it completes.
    pub fn feed(&mut self, byte: u8) -> Option<Key> {
        let after_return = core::mem::take(&mut self.after_return);
        match self.state {
            State::Plain => self.plain(byte, after_return),
            State::Escape => self.escape(byte),
            State::Single => {
                self.state = State::Plain;
                letter(byte, false)
            }
            State::Sequence(numbers, at) => self.sequence(byte, numbers, at),
            State::Utf8(mut bytes, have, want) => {
                if byte & 0xc0 != 0x80 {
                    // Not UTF-8 after all: drop it, and take this byte for what it is.
                    self.state = State::Plain;
                    return self.plain(byte, false);
                }
                if let Some(place) = bytes.get_mut(have) {
                    *place = byte;
                }
                if have + 1 < want {
                    self.state = State::Utf8(bytes, have + 1, want);
                    return None;
                }
                self.state = State::Plain;
                Some(Key::Char(bytes, want))
            }
        }
    }

    fn plain(&mut self, byte: u8, after_return: bool) -> Option<Key> {
        Some(match byte {
            b'\r' => {
                self.after_return = true;
                Key::Enter
            }
            // The second half of a line end of two bytes.
            b'\n' if after_return => return None,
            b'\n' => Key::Enter,
            b'\t' => Key::Tab,
            0x1b => {
                self.state = State::Escape;
                return None;
            }
            0x08 | 0x7f => Key::Backspace,
            0x10 => Key::Up,
            0x0e => Key::Down,
            0x17 => Key::KillWordLeft,
            0..0x20 => Key::Control(byte),
            0x20..0x80 => Key::Char([byte, 0, 0, 0], 1),
            0xc2..0xf5 => {
                let want = match byte {
                    0xf0.. => 4,
                    0xe0.. => 3,
                    _ => 2,
                };
                self.state = State::Utf8([byte, 0, 0, 0], 1, want);
                return None;
            }
            _ => return None,
        })
    }

    fn escape(&mut self, byte: u8) -> Option<Key> {
        self.state = State::Plain;
        match byte {
            b'[' => {
                self.state = State::Sequence([0, 0], 0);
                None
            }
            b'O' => {
                self.state = State::Single;
                None
            }
            b'b' => Some(Key::WordLeft),
            b'f' => Some(Key::WordRight),
            b'd' => Some(Key::KillWordRight),
            0x08 | 0x7f => Some(Key::KillWordLeft),
            0x1b => {
                self.state = State::Escape;
                None
            }
            // An escape that means nothing does not swallow a control key.
            0..0x20 => self.plain(byte, false),
            _ => None,
        }
    }

    fn sequence(&mut self, byte: u8, mut numbers: [u8; 2], at: usize) -> Option<Key> {
        match byte {
            b'0'..=b'9' => {
                if let Some(number) = numbers.get_mut(at) {
                    *number = number.saturating_mul(10).saturating_add(byte - b'0');
                }
                self.state = State::Sequence(numbers, at);
                None
            }
            b';' => {
                self.state = State::Sequence(numbers, at.saturating_add(1));
                None
            }
            0..0x20 => {
                self.state = State::Plain;
                self.plain(byte, false)
            }
            b'~' => {
                self.state = State::Plain;
                match numbers[0] {
                    1 | 7 => Some(Key::Home),
                    4 | 8 => Some(Key::End),
                    3 => Some(Key::Delete),
                    _ => None,
                }
            }
            0x40.. => {
                self.state = State::Plain;
                // 5: with Ctrl, 3: with Alt.
                letter(byte, matches!(numbers[1], 3 | 5))
            }
            _ => None,
        }
    }
}

/// The last letter of a sequence.
fn letter(byte: u8, by_word: bool) -> Option<Key> {
    Some(match (byte, by_word) {
        (b'A', _) => Key::Up,
        (b'B', _) => Key::Down,
        (b'C', true) => Key::WordRight,
        (b'D', true) => Key::WordLeft,
        (b'C', false) => Key::Right,
        (b'D', false) => Key::Left,
        (b'H', _) => Key::Home,
        (b'F', _) => Key::End,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    fn keys(bytes: &[u8]) -> Vec<Key> {
        let mut keys = Keys::new();
        bytes.iter().filter_map(|b| keys.feed(*b)).collect()
    }

    #[test]
    fn sequences_of_terminals_are_keys() {
        for (bytes, key) in [
            (&b"\x1b[A"[..], Key::Up),
            (b"\x1bOB", Key::Down),
            (b"\x1b[3~", Key::Delete),
            (b"\x1b[1~", Key::Home),
            (b"\x1b[F", Key::End),
            (b"\x1b[1;5D", Key::WordLeft),
            (b"\x1bd", Key::KillWordRight),
            (b"\x7f", Key::Backspace),
        ] {
            assert_eq!(keys(bytes), [key], "{bytes:?}");
        }
    }

    #[test]
    fn a_line_end_of_two_bytes_is_one_enter() {
        assert_eq!(keys(b"\r\n\n\r"), [Key::Enter; 3]);
    }

    #[test]
    fn a_character_of_several_bytes_is_one_key() {
        assert_eq!(keys("é".as_bytes()), [Key::Char([0xc3, 0xa9, 0, 0], 2)]);
        assert_eq!(keys(b"\xc3a\xff"), [Key::Char([b'a', 0, 0, 0], 1)]);
    }

    #[test]
    fn a_broken_sequence_does_not_swallow_the_interrupt() {
        assert_eq!(keys(b"\x1b[\x03\x1b\x03"), [Key::Control(3); 2]);
    }
}
