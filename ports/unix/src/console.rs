//! Standard input, output and error.

use ferlance_collections::TryVec;
use ferlance_port::edit::{Edited, Editor, Io};
use ferlance_port::keys::Keys;
use ferlance_vm::hal::{Console, EINTR, Errno, LineEnd};
use ferlance_vm::sched::ATTENTION;
use std::sync::atomic::Ordering;

use crate::sys;
use crate::terminal::Terminal;

const CTRL_C: u8 = 3;

/// The standard streams.
#[derive(Default)]
pub(crate) struct Streams {
    /// The terminal on standard input, looked for when keys are first wanted.
    terminal: Option<Terminal>,
    key_mode: bool,
    /// Whether `\n` goes out as `\r\n`, because a session is at the other end of a line and nobody else does it.
    returns: bool,
    cooked: Vec<u8>,
}

impl Streams {
    fn find_terminal(&mut self) -> Option<Terminal> {
        if self.terminal.is_none() {
            self.terminal = Terminal::of_input();
        }
        self.terminal
    }
}

impl Console for Streams {
    fn write_out(&mut self, bytes: &[u8]) -> Result<(), Errno> {
        if !self.returns || self.key_mode {
            return sys::write_all(libc::STDOUT_FILENO, bytes);
        }
        self.cooked.clear();
        let line_ends = bytes.iter().filter(|c| **c == b'\n').count();
        if self.cooked.try_reserve(bytes.len() + line_ends).is_err() {
            return Err(libc::ENOMEM);
        }
        for c in bytes {
            if *c == b'\n' {
                self.cooked.push(b'\r');
            }
            self.cooked.push(*c);
        }
        sys::write_all(libc::STDOUT_FILENO, &self.cooked)
    }
    fn write_err(&mut self, bytes: &[u8]) -> Result<(), Errno> {
        sys::write_all(libc::STDERR_FILENO, bytes)
    }
    fn read(&mut self, into: &mut [u8]) -> Result<usize, Errno> {
        sys::read_input(into)
    }
    fn read_line(&mut self, prompt: &[u8], line: &mut TryVec<u8>) -> Result<LineEnd, Errno> {
        if self.find_terminal().is_none() {
            return Plain(self).read_line(prompt, line);
        }
        let before = self.key_mode;
        if !before {
            self.set_key_mode(true);
        }
        let mut editor = Editor::new([prompt, b""], None);
        let edited = editor.edit(&mut Keyboard(self), &mut Keys::new());
        if !before {
            self.set_key_mode(false);
        }
        line.extend_from_slice(editor.text())
            .map_err(|_| libc::ENOMEM)?;
        Ok(match edited? {
            Edited::EndOfInput => LineEnd::EndOfInput,
            Edited::Interrupted => LineEnd::Interrupted,
            Edited::Line | Edited::Control(_) => LineEnd::Line,
        })
    }
    fn set_key_mode(&mut self, on: bool) {
        let terminal = self.find_terminal();
        self.returns = !terminal.is_some_and(|terminal| terminal.returns());
        self.key_mode = on;
        match terminal {
            Some(terminal) if on => terminal.read_keys(),
            Some(terminal) => terminal.run_program(),
            None => {}
        }
    }
}

/// The streams with the reading of lines that every port has: no terminal, no editing.
struct Plain<'a>(&'a mut Streams);

impl Console for Plain<'_> {
    fn write_out(&mut self, bytes: &[u8]) -> Result<(), Errno> {
        self.0.write_out(bytes)
    }
    fn write_err(&mut self, bytes: &[u8]) -> Result<(), Errno> {
        self.0.write_err(bytes)
    }
    fn read(&mut self, into: &mut [u8]) -> Result<usize, Errno> {
        self.0.read(into)
    }
}

/// The editor's other end for `input()`.
struct Keyboard<'a>(&'a mut Streams);

impl Io for Keyboard<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<(), Errno> {
        self.0.write_out(bytes)
    }
    fn read(&mut self) -> Result<Option<u8>, Errno> {
        let mut byte = [0];
        match self.0.read(&mut byte) {
            Ok(0) => Ok(None),
            Ok(_) => Ok(Some(byte[0])),
            Err(EINTR) => {
                ATTENTION.interrupt.store(false, Ordering::Relaxed);
                Ok(Some(CTRL_C))
            }
            Err(errno) => Err(errno),
        }
    }
}
