//! A session at the prompt: the friendly one, paste mode, and the way to the raw one (spec language, sections 16
//! and 17).

use ferlance_collections::TryVec;
use ferlance_vm::exc::{self, traceback};
use ferlance_vm::hal::{EINTR, Errno};
use ferlance_vm::import::hook::{self, Mode};
use ferlance_vm::obj::word::Obj;
use ferlance_vm::repl;
use ferlance_vm::text::print::{Print, Stdout, TextBuf};
use ferlance_vm::{R, Runtime};

use crate::edit::{Completion, Edited, Editor, Io};
use crate::history::History;
use crate::keys::Keys;
use crate::raw::{self, Leave};

const CTRL_A: u8 = 1;
const CTRL_B: u8 = 2;
const CTRL_C: u8 = 3;
const CTRL_D: u8 = 4;
const CTRL_E: u8 = 5;

/// The name of what is typed, in tracebacks.
const NAME: &[u8] = b"<stdin>";

/// A session.
pub struct Session<'a> {
    /// The first lines, each with its `\r\n`.
    pub banner: &'a [u8],
    /// Whether errors may stand out in colour.
    pub colour: bool,
    /// What was typed before.
    pub history: History,
}

/// Why a session ended.
#[derive(Debug, Clone, Copy)]
pub enum End {
    /// End of the input, or Ctrl-D.
    OfInput,
    /// A host tool asked for a soft reset.
    Reset,
    /// This `SystemExit` was raised.
    Exit(Obj),
}

/// A text to run.
pub(crate) enum Source<'a> {
    /// One statement; values of expressions are shown.
    Statement(&'a [u8]),
    /// A file.
    File(&'a [u8]),
    /// A text that there was no memory for.
    TooLong,
}

/// How running a text ended.
pub(crate) enum Ended {
    /// Well.
    Well,
    /// With an exception, which was shown.
    Badly,
    /// With this `SystemExit`.
    Exit(Obj),
}

/// Writes as it is: `\n` is not made `\r\n` while keys are read.
pub(crate) fn write(rt: &mut Runtime, bytes: &[u8]) -> Result<(), Errno> {
    rt.hal.console().write_out(bytes)
}

/// The next byte; an interrupt by signal is the key that means it.
pub(crate) fn read(rt: &mut Runtime) -> Result<Option<u8>, Errno> {
    let mut byte = [0];
    loop {
        match rt.hal.console().read(&mut byte) {
            Ok(0) => return Ok(None),
            Ok(_) => return Ok(Some(byte[0])),
            Err(EINTR) if rt.pending.take_interrupt() => return Ok(Some(CTRL_C)),
            Err(EINTR) => {}
            Err(errno) => return Err(errno),
        }
    }
}

/// How an error is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// As it is.
    Plain,
    /// With its last line in red.
    Colour,
    /// Behind the mark that host tools wait for.
    Marked,
}

/// Runs a text as the main program.
pub(crate) fn execute(rt: &mut Runtime, source: Source<'_>, style: Style) -> Ended {
    // A key that came too late for what ran before must not hit this.
    rt.pending.take_interrupt();
    rt.hal.console().set_key_mode(false);
    let result = match source {
        Source::Statement(text) => run(rt, text, Mode::Single),
        Source::File(text) => run(rt, text, Mode::Exec),
        Source::TooLong => Err(rt.no_memory(0)),
    };
    let ended = match result {
        Ok(()) => Ended::Well,
        Err(raised) => {
            let exc = rt.take_exception(raised);
            if exc::is_instance(exc, &exc::SYSTEM_EXIT) {
                Ended::Exit(exc)
            } else {
                let shown = match style {
                    Style::Plain => traceback::print(rt, exc, &mut Stdout),
                    Style::Colour => print_in_colour(rt, exc),
                    Style::Marked => Stdout
                        .write(rt, b"\x04")
                        .and_then(|()| traceback::print(rt, exc, &mut Stdout)),
                };
                if shown.is_err() {
                    rt.clear_exception();
                }
                Ended::Badly
            }
        }
    };
    rt.hal.console().set_key_mode(true);
    ended
}

fn run(rt: &mut Runtime, text: &[u8], mode: Mode) -> R<()> {
    let name = rt.intern(NAME)?;
    hook::run_main(rt, text, name, mode)
}

/// Shows an exception with its last line in red.
///
/// # Errors
/// What printing raises.
pub fn print_in_colour(rt: &mut Runtime, exc: Obj) -> R<()> {
    let mut text = TextBuf::default();
    traceback::print(rt, exc, &mut text)?;
    let bytes = text.bytes();
    let body = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    // Entries are indented; what is not, behind them, is the message.
    let places = body
        .split_inclusive(|c| *c == b'\n')
        .take_while(|line| line.starts_with(b"Traceback (") || line.starts_with(b"  File \""))
        .map(<[u8]>::len)
        .sum();
    let (places, message) = body.split_at(places);
    let mut coloured = TextBuf::default();
    for part in [places, b"\x1b[31m", message, b"\x1b[m\n"] {
        coloured.push_bytes(rt, part)?;
    }
    Stdout.write(rt, coloured.bytes())
}

/// The editor's other end while a session lasts.
struct Prompt<'a>(&'a mut Runtime);

impl Io for Prompt<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<(), Errno> {
        write(self.0, bytes)
    }
    fn read(&mut self) -> Result<Option<u8>, Errno> {
        read(self.0)
    }
    fn complete(&mut self, before: &[u8]) -> Completion {
        match repl::complete(self.0, before) {
            Ok(repl::Completion::None) => Completion::None,
            Ok(repl::Completion::Insert(text)) => Completion::Insert(text),
            Ok(repl::Completion::Choices(names)) => Completion::Choices(names),
            Err(raised) => {
                self.0.take_exception(raised);
                Completion::None
            }
        }
    }
    fn continues(&mut self, text: &[u8]) -> bool {
        repl::continues(text)
    }
}

impl Session<'_> {
    /// Prompts, runs, and prompts again.
    ///
    /// # Errors
    /// The console's.
    pub fn run(&mut self, rt: &mut Runtime) -> Result<End, Errno> {
        rt.hal.console().set_key_mode(true);
        let end = self.prompt(rt);
        rt.hal.console().set_key_mode(false);
        end
    }

    fn prompt(&mut self, rt: &mut Runtime) -> Result<End, Errno> {
        let mut keys = Keys::new();
        write(rt, self.banner)?;
        loop {
            let prompts = [prompt_text(rt, 0), prompt_text(rt, 1)];
            let mut editor = Editor::new([&prompts[0], &prompts[1]], Some(&mut self.history));
            let edited = editor.edit(&mut Prompt(rt), &mut keys)?;
            let text = editor.into_text();
            let ended = match edited {
                Edited::EndOfInput => return Ok(End::OfInput),
                Edited::Interrupted => continue,
                Edited::Control(CTRL_A) => match raw::run(rt)? {
                    Leave::End(end) => return Ok(end),
                    Leave::Friendly => {
                        write(rt, self.banner)?;
                        continue;
                    }
                },
                Edited::Control(CTRL_B) => {
                    write(rt, b"\r\n")?;
                    write(rt, self.banner)?;
                    continue;
                }
                Edited::Control(CTRL_E) => match paste(rt)? {
                    Pasted::Text(text) => self.execute(rt, Source::File(&text)),
                    Pasted::TooLong => self.execute(rt, Source::TooLong),
                    Pasted::Cancelled => continue,
                    Pasted::EndOfInput => return Ok(End::OfInput),
                },
                Edited::Control(_) => continue,
                Edited::Line if text.is_empty() => continue,
                Edited::Line => {
                    // A line that does not fit in the history is still run.
                    let _ = self.history.add(&text);
                    self.execute(rt, Source::Statement(&text))
                }
            };
            if let Ended::Exit(exc) = ended {
                return Ok(End::Exit(exc));
            }
        }
    }

    fn execute(&self, rt: &mut Runtime, source: Source<'_>) -> Ended {
        let style = match self.colour {
            true => Style::Colour,
            false => Style::Plain,
        };
        execute(rt, source, style)
    }
}

/// The text of `sys.ps1` or `sys.ps2`. An object that does not print itself does not end the session.
fn prompt_text(rt: &mut Runtime, which: usize) -> TryVec<u8> {
    match repl::prompt(rt, which) {
        Ok(text) => text,
        Err(raised) => {
            rt.take_exception(raised);
            TryVec::new()
        }
    }
}

enum Pasted {
    Text(TryVec<u8>),
    TooLong,
    Cancelled,
    EndOfInput,
}

/// Paste mode: takes a text as it comes.
fn paste(rt: &mut Runtime) -> Result<Pasted, Errno> {
    write(
        rt,
        b"\r\npaste mode; Ctrl-C to cancel, Ctrl-D to finish\r\n=== ",
    )?;
    let mut text = TryVec::new();
    let mut fits = true;
    loop {
        let Some(byte) = read(rt)? else {
            return Ok(Pasted::EndOfInput);
        };
        match byte {
            CTRL_C => {
                write(rt, b"\r\n")?;
                return Ok(Pasted::Cancelled);
            }
            CTRL_D => {
                write(rt, b"\r\n")?;
                return Ok(match fits {
                    true => Pasted::Text(text),
                    false => Pasted::TooLong,
                });
            }
            b'\r' | b'\n' => {
                fits &= text.push(b'\n').is_ok();
                write(rt, b"\r\n=== ")?;
            }
            byte => {
                fits &= text.push(byte).is_ok();
                write(rt, &[byte])?;
            }
        }
    }
}
