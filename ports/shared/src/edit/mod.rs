//! The line editor. It edits a whole statement, of one line or of many.
//!
//! Everything is drawn by what any terminal knows: carriage return, cursor moves, erase to the end. Typing at the
//! end of the text sends only what was typed, so that the other side sees a plain echo.

use core::fmt::Write;

use ferlance_collections::{OutOfMemory, TryVec};
use ferlance_vm::hal::{ENOMEM, Errno};

use crate::history::History;
use crate::keys::{Key, Keys};

/// Spaces of one step of indentation.
const STEP: usize = 4;
/// Widths of the list of completions.
const COLUMN: usize = 16;
const LINE: usize = 64;

/// What completes the name left of the cursor.
pub enum Completion {
    /// Nothing.
    None,
    /// This text comes next.
    Insert(TryVec<u8>),
    /// One of these names, each followed by a line break.
    Choices(TryVec<u8>),
}

/// The other end of the line, and what the editor cannot know by itself.
pub trait Io {
    /// Writes all bytes.
    ///
    /// # Errors
    /// The system's.
    fn write(&mut self, bytes: &[u8]) -> Result<(), Errno>;
    /// The next byte; `None` at the end of the input.
    ///
    /// # Errors
    /// The system's.
    fn read(&mut self) -> Result<Option<u8>, Errno>;
    /// What completes the text left of the cursor.
    fn complete(&mut self, _before: &[u8]) -> Completion {
        Completion::None
    }
    /// Whether the statement goes on after this text.
    fn continues(&mut self, _text: &[u8]) -> bool {
        false
    }
}

/// How editing ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edited {
    /// With Enter.
    Line,
    /// With the end of the input, or Ctrl-D on an empty line.
    EndOfInput,
    /// With Ctrl-C.
    Interrupted,
    /// With this control character on an empty line: Ctrl-A, Ctrl-B, Ctrl-E.
    Control(u8),
}

/// One text being edited.
pub struct Editor<'a> {
    prompts: [&'a [u8]; 2],
    history: Option<&'a mut History>,
    /// Steps back in the history; the text left behind there.
    back: Option<usize>,
    draft: TryVec<u8>,
    text: TryVec<u8>,
    at: usize,
    /// The line that the terminal's cursor is in.
    row: usize,
    /// Indentation was just added, and nothing typed since.
    indented: bool,
    out: TryVec<u8>,
}

/// Columns that a text takes. Wide and combining characters are not known.
fn columns(text: &[u8]) -> usize {
    text.iter().filter(|c| **c & 0xc0 != 0x80).count()
}

fn is_word(c: u8) -> bool {
    c.is_ascii_alphanumeric() || c == b'_' || c >= 0x80
}

/// Indentation of the line that follows `text`, of which the last line has just been ended.
fn indentation(text: &[u8]) -> usize {
    let mut lines = text.rsplit(|c| *c == b'\n');
    let last = lines.next().unwrap_or(b"");
    let is_blank = |line: &[u8]| line.trim_ascii().is_empty();
    if is_blank(last) && lines.next().is_some_and(is_blank) {
        return 0;
    }
    let spaces = last.iter().take_while(|c| **c == b' ').count();
    let opens = last.trim_ascii_end().ends_with(b":");
    spaces / STEP * STEP + if opens { STEP } else { 0 }
}

impl<'a> Editor<'a> {
    /// An empty text behind the first prompt; the second one stands before the lines that follow.
    pub fn new(prompts: [&'a [u8]; 2], history: Option<&'a mut History>) -> Editor<'a> {
        Editor {
            prompts,
            history,
            back: None,
            draft: TryVec::new(),
            text: TryVec::new(),
            at: 0,
            row: 0,
            indented: false,
            out: TryVec::new(),
        }
    }

    /// Gives the text up.
    pub fn into_text(self) -> TryVec<u8> {
        self.text
    }

    /// The text.
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// Edits until Enter and the like. A key for which there is no memory does nothing.
    ///
    /// # Errors
    /// The system's, in reading and writing.
    pub fn edit(&mut self, io: &mut dyn Io, keys: &mut Keys) -> Result<Edited, Errno> {
        io.write(self.prompts[0])?;
        loop {
            let Some(byte) = io.read()? else {
                return Ok(Edited::EndOfInput);
            };
            let Some(key) = keys.feed(byte) else {
                continue;
            };
            let done = self.press(io, key);
            if done.is_err() {
                // The bell: what the key wanted did not fit. The text is as before or as after it.
                self.out.clear();
                io.write(b"\x07")?;
                self.redraw().map_err(|_| ENOMEM)?;
            }
            io.write(&self.out)?;
            self.out.clear();
            if let Ok(Some(edited)) = done {
                return Ok(edited);
            }
        }
    }

    fn press(&mut self, io: &mut dyn Io, key: Key) -> Result<Option<Edited>, OutOfMemory> {
        let indented = core::mem::take(&mut self.indented);
        let (start, end) = (self.line_start(), self.line_end());
        match key {
            Key::Char([b' ', ..], 1) if indented => {
                // Pasted text brings its own indentation.
                self.remove(start, self.at)?;
                self.insert(b" ")?;
            }
            Key::Char(bytes, len) => self.insert(bytes.get(..len).unwrap_or(b""))?,
            Key::Enter => return self.enter(io),
            Key::Tab if indented => {}
            Key::Tab => self.complete(io)?,
            Key::Backspace => self.backspace()?,
            Key::Delete => self.delete()?,
            Key::Left => self.move_to(self.before(self.at))?,
            Key::Right => self.move_to(self.after(self.at))?,
            Key::Home => self.move_to(start)?,
            Key::End => self.move_to(end)?,
            Key::WordLeft => self.move_to(self.word_left())?,
            Key::WordRight => self.move_to(self.word_right())?,
            Key::KillWordLeft => self.remove(self.word_left(), self.at)?,
            Key::KillWordRight => self.remove(self.at, self.word_right())?,
            Key::Up if start > 0 => self.move_row(start - 1)?,
            Key::Down if end < self.text.len() => self.move_row(end + 1)?,
            Key::Up => self.browse(true)?,
            Key::Down => self.browse(false)?,
            Key::Control(c) => return self.control(c),
        }
        Ok(None)
    }

    fn control(&mut self, c: u8) -> Result<Option<Edited>, OutOfMemory> {
        const CTRL_A: u8 = 1;
        const CTRL_B: u8 = 2;
        const CTRL_C: u8 = 3;
        const CTRL_D: u8 = 4;
        const CTRL_E: u8 = 5;
        const CTRL_F: u8 = 6;
        const CTRL_K: u8 = 11;
        const CTRL_U: u8 = 21;
        let (start, end) = (self.line_start(), self.line_end());
        match c {
            CTRL_C => {
                self.out.extend_from_slice(b"\r\n")?;
                return Ok(Some(Edited::Interrupted));
            }
            CTRL_D if self.text.is_empty() => {
                self.out.extend_from_slice(b"\r\n")?;
                return Ok(Some(Edited::EndOfInput));
            }
            CTRL_A | CTRL_B | CTRL_E if self.text.is_empty() => {
                return Ok(Some(Edited::Control(c)));
            }
            // On an empty line behind others: that is all.
            CTRL_D if start == end && end == self.text.len() => {
                self.out.extend_from_slice(b"\r\n")?;
                return Ok(Some(Edited::Line));
            }
            CTRL_A => self.move_to(start)?,
            CTRL_B => self.move_to(self.before(self.at))?,
            CTRL_D => self.delete()?,
            CTRL_E => self.move_to(end)?,
            CTRL_F => self.move_to(self.after(self.at))?,
            CTRL_K => self.remove(self.at, end)?,
            CTRL_U => self.remove(start, self.at)?,
            _ => {}
        }
        Ok(None)
    }

    // ---- where things are ----

    fn slice(&self, from: usize, to: usize) -> &[u8] {
        self.text.get(from..to).unwrap_or(b"")
    }

    fn line_start(&self) -> usize {
        let before = self.slice(0, self.at);
        before
            .iter()
            .rposition(|c| *c == b'\n')
            .map_or(0, |at| at + 1)
    }

    fn line_end(&self) -> usize {
        let after = self.slice(self.at, self.text.len());
        let len = after.iter().position(|c| *c == b'\n');
        self.at + len.unwrap_or(after.len())
    }

    /// The place of the character before.
    fn before(&self, at: usize) -> usize {
        let text = self.slice(0, at);
        text.iter().rposition(|c| *c & 0xc0 != 0x80).unwrap_or(0)
    }

    /// The place behind the character.
    fn after(&self, at: usize) -> usize {
        let rest = self.slice(at, self.text.len());
        let more = rest.iter().skip(1).take_while(|c| **c & 0xc0 == 0x80);
        at + usize::from(!rest.is_empty()) + more.count()
    }

    fn word_left(&self) -> usize {
        let text = self.slice(0, self.at);
        let end = text.iter().rposition(|c| is_word(*c)).map_or(0, |i| i + 1);
        let text = text.get(..end).unwrap_or(b"");
        text.iter().rposition(|c| !is_word(*c)).map_or(0, |i| i + 1)
    }

    fn word_right(&self) -> usize {
        let rest = self.slice(self.at, self.text.len());
        let start = rest.iter().position(|c| is_word(*c)).unwrap_or(rest.len());
        let word = rest.iter().skip(start).take_while(|c| is_word(**c)).count();
        self.at + start + word
    }

    // ---- drawing ----

    /// Moves the terminal's cursor by `n` columns or lines; nothing for 0.
    fn cursor(&mut self, n: usize, way: char) -> Result<(), OutOfMemory> {
        if n == 0 {
            return Ok(());
        }
        struct Out<'a>(&'a mut TryVec<u8>);
        impl core::fmt::Write for Out<'_> {
            fn write_str(&mut self, text: &str) -> core::fmt::Result {
                self.0
                    .extend_from_slice(text.as_bytes())
                    .map_err(|_| core::fmt::Error)
            }
        }
        write!(Out(&mut self.out), "\x1b[{n}{way}").map_err(|_| OutOfMemory)
    }

    /// Appends a part of the text to the output, with its line breaks and prompts.
    fn draw(&mut self, from: usize, to: usize) -> Result<(), OutOfMemory> {
        let Some(part) = self.text.get(from..to) else {
            return Ok(());
        };
        for (i, line) in part.split(|c| *c == b'\n').enumerate() {
            if i > 0 {
                self.out.extend_from_slice(b"\r\n")?;
                self.out.extend_from_slice(self.prompts[1])?;
            }
            self.out.extend_from_slice(line)?;
        }
        Ok(())
    }

    /// Draws everything anew, from the first line that the terminal shows.
    fn redraw(&mut self) -> Result<(), OutOfMemory> {
        self.out.extend_from_slice(b"\r")?;
        self.cursor(self.row, 'A')?;
        self.out.extend_from_slice(b"\x1b[J")?;
        self.draw_all()
    }

    /// Draws everything at the terminal's cursor.
    fn draw_all(&mut self) -> Result<(), OutOfMemory> {
        let rows = |text: &[u8]| text.iter().filter(|c| **c == b'\n').count();
        self.out.extend_from_slice(self.prompts[0])?;
        self.draw(0, self.text.len())?;
        self.row = rows(self.slice(0, self.at));
        let below = rows(self.slice(self.at, self.text.len()));
        if below == 0 {
            let rest = columns(self.slice(self.at, self.text.len()));
            return self.cursor(rest, 'D');
        }
        self.cursor(below, 'A')?;
        self.out.extend_from_slice(b"\r")?;
        let prompt = self.prompts[usize::from(self.row > 0)];
        let column = columns(prompt) + columns(self.slice(self.line_start(), self.at));
        self.cursor(column, 'C')
    }

    /// Moves the cursor.
    fn move_to(&mut self, at: usize) -> Result<(), OutOfMemory> {
        let (from, to) = (at.min(self.at), at.max(self.at));
        let passed = self.slice(from, to);
        if passed.contains(&b'\n') {
            self.at = at;
            return self.redraw();
        }
        let n = columns(passed);
        self.cursor(n, if at < self.at { 'D' } else { 'C' })?;
        self.at = at;
        Ok(())
    }

    /// Moves to the line that `inside` lies in, to the same column if it is long enough.
    fn move_row(&mut self, inside: usize) -> Result<(), OutOfMemory> {
        let column = columns(self.slice(self.line_start(), self.at));
        self.at = inside;
        let (mut at, end) = (self.line_start(), self.line_end());
        for _ in 0..column {
            at = self.after(at).min(end);
        }
        self.at = at;
        self.redraw()
    }

    // ---- changing ----

    fn insert(&mut self, new: &[u8]) -> Result<(), OutOfMemory> {
        self.text.reserve(new.len())?;
        for (i, c) in new.iter().enumerate() {
            self.text.insert(self.at + i, *c)?;
        }
        let from = self.at;
        self.at += new.len();
        if new.contains(&b'\n') {
            return self.redraw();
        }
        let end = self.line_end();
        self.draw(from, end)?;
        let rest = columns(self.slice(self.at, end));
        self.cursor(rest, 'D')
    }

    fn remove(&mut self, from: usize, to: usize) -> Result<(), OutOfMemory> {
        if from >= to || to > self.text.len() {
            return Ok(());
        }
        if self.slice(from, to).contains(&b'\n') {
            self.text.drain(from..to);
            self.at = from;
            return self.redraw();
        }
        self.move_to(from)?;
        self.text.drain(from..to);
        let end = self.line_end();
        self.draw(from, end)?;
        self.out.extend_from_slice(b"\x1b[K")?;
        let rest = columns(self.slice(from, end));
        self.cursor(rest, 'D')
    }

    fn backspace(&mut self) -> Result<(), OutOfMemory> {
        let left = self.slice(self.line_start(), self.at);
        let from = if left.len() >= STEP && left.iter().all(|c| *c == b' ') {
            self.at - STEP
        } else {
            self.before(self.at)
        };
        self.remove(from, self.at)
    }

    fn delete(&mut self) -> Result<(), OutOfMemory> {
        self.remove(self.at, self.after(self.at))
    }

    /// Takes the next older or newer entry of the history.
    fn browse(&mut self, older: bool) -> Result<(), OutOfMemory> {
        let Some(history) = self.history.as_deref() else {
            return Ok(());
        };
        let to = match (self.back, older) {
            (None, true) => Some(0),
            (Some(steps), true) => Some(steps + 1),
            (None, false) => return Ok(()),
            (Some(steps), false) => steps.checked_sub(1),
        };
        let entry = match to {
            Some(steps) => match history.back(steps) {
                Some(entry) => TryVec::from_slice(entry)?,
                None => return Ok(()),
            },
            None => core::mem::take(&mut self.draft),
        };
        let old = core::mem::replace(&mut self.text, entry);
        if self.back.is_none() {
            self.draft = old;
        }
        self.back = to;
        self.at = self.text.len();
        self.redraw()
    }

    fn enter(&mut self, io: &mut dyn Io) -> Result<Option<Edited>, OutOfMemory> {
        let end = self.text.len();
        if self.line_end() < end {
            // Between other lines: a new line.
            let mut line = TryVec::from_slice(b"\n")?;
            line.resize(1 + indentation(self.slice(0, self.at)), b' ')?;
            return self.insert(&line).map(|()| None);
        }
        self.move_to(end)?;
        self.out.extend_from_slice(b"\r\n")?;
        if !io.continues(&self.text) {
            return Ok(Some(Edited::Line));
        }
        let spaces = indentation(&self.text);
        self.text.push(b'\n')?;
        self.text.resize(end + 1 + spaces, b' ')?;
        self.at = self.text.len();
        self.row += 1;
        self.out.extend_from_slice(self.prompts[1])?;
        self.draw(end + 1, self.at)?;
        self.indented = spaces > 0;
        Ok(None)
    }

    fn complete(&mut self, io: &mut dyn Io) -> Result<(), OutOfMemory> {
        let before = self.slice(self.line_start(), self.at);
        if before.trim_ascii().is_empty() {
            return self.insert(&[b' '; STEP]);
        }
        match io.complete(before) {
            Completion::None => Ok(()),
            Completion::Insert(text) => self.insert(&text),
            Completion::Choices(names) => self.show_choices(&names),
        }
    }

    /// Lists names in columns, then the text again.
    fn show_choices(&mut self, names: &[u8]) -> Result<(), OutOfMemory> {
        let below = self.slice(self.at, self.text.len());
        let below = below.iter().filter(|c| **c == b'\n').count();
        self.cursor(below, 'B')?;
        let mut width = LINE;
        for name in names.split(|c| *c == b'\n').filter(|name| !name.is_empty()) {
            // At least one space between two names.
            let at = (width + 1).next_multiple_of(COLUMN);
            if at + columns(name) > LINE {
                self.out.extend_from_slice(b"\r\n")?;
                width = 0;
            } else {
                self.out.resize(self.out.len() + at - width, b' ')?;
                width = at;
            }
            self.out.extend_from_slice(name)?;
            width += columns(name);
        }
        self.out.extend_from_slice(b"\r\n")?;
        self.draw_all()
    }
}

#[cfg(test)]
mod tests;
