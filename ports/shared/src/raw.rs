//! The raw prompt, which programs talk to, and its variant with flow control (spec language, section 17).

use ferlance_collections::TryVec;
use ferlance_vm::Runtime;
use ferlance_vm::hal::Errno;

use crate::session::{self, End, Ended, Source, Style};

const CTRL_A: u8 = 1;
const CTRL_B: u8 = 2;
const CTRL_C: u8 = 3;
const CTRL_D: u8 = 4;
const CTRL_E: u8 = 5;

/// What the raw prompt says first.
const BANNER: &[u8] = b"raw REPL; CTRL-B to exit\r\n>";
/// How many bytes each grant of the flow control is good for.
const WINDOW: u8 = 128;

/// Why the raw prompt was left.
pub(crate) enum Leave {
    /// For the friendly prompt.
    Friendly,
    /// For good.
    End(End),
}

/// Answers until the prompt is left.
pub(crate) fn run(rt: &mut Runtime) -> Result<Leave, Errno> {
    session::write(rt, b"\r\n")?;
    session::write(rt, BANNER)?;
    let mut text = TryVec::new();
    // What did not fit is not run.
    let mut fits = true;
    loop {
        let Some(byte) = session::read(rt)? else {
            return Ok(Leave::End(End::OfInput));
        };
        match byte {
            CTRL_A => {
                text.clear();
                session::write(rt, BANNER)?;
            }
            CTRL_B => {
                session::write(rt, b"\r\n")?;
                return Ok(Leave::Friendly);
            }
            CTRL_C => {
                text.clear();
                fits = true;
            }
            CTRL_D if text.is_empty() && fits => {
                session::write(rt, b"OK\r\n")?;
                return Ok(Leave::End(End::Reset));
            }
            CTRL_D => {
                session::write(rt, b"OK")?;
                if let Some(end) = answer(rt, &text, fits)? {
                    return Ok(Leave::End(end));
                }
                text.clear();
                fits = true;
            }
            CTRL_E if text.is_empty() => {
                if let Some(end) = paste(rt)? {
                    return Ok(Leave::End(end));
                }
            }
            _ => fits &= text.push(byte).is_ok(),
        }
    }
}

/// Runs a text, and sends output, error and prompt; `Some` when that was the end.
fn answer(rt: &mut Runtime, text: &[u8], fits: bool) -> Result<Option<End>, Errno> {
    let source = match fits {
        true => Source::File(text),
        false => Source::TooLong,
    };
    let ended = session::execute(rt, source, Style::Marked);
    match ended {
        Ended::Exit(exc) => {
            session::write(rt, b"\x04\x04")?;
            Ok(Some(End::Exit(exc)))
        }
        Ended::Well => {
            session::write(rt, b"\x04\x04>")?;
            Ok(None)
        }
        // The first mark stands before the error already.
        Ended::Badly => {
            session::write(rt, b"\x04>")?;
            Ok(None)
        }
    }
}

/// Raw-paste mode; `Some` when that was the end of the session.
fn paste(rt: &mut Runtime) -> Result<Option<End>, Errno> {
    let (Some(letter), Some(version)) = (session::read(rt)?, session::read(rt)?) else {
        return Ok(Some(End::OfInput));
    };
    if letter != b'A' || version != 1 {
        session::write(rt, b"R\x00>")?;
        return Ok(None);
    }
    session::write(rt, &[b'R', 1, WINDOW, 0, 1])?;
    let mut text = TryVec::new();
    let mut fits = true;
    let mut taken = 0;
    loop {
        let Some(byte) = session::read(rt)? else {
            return Ok(Some(End::OfInput));
        };
        match byte {
            CTRL_C => {
                session::write(rt, b"\x04\x04KeyboardInterrupt: \r\n\x04>")?;
                return Ok(None);
            }
            CTRL_D => {
                // After we said stop, the host's end is its answer to that.
                if fits {
                    session::write(rt, b"\x04")?;
                }
                return answer(rt, &text, fits);
            }
            _ => {}
        }
        if fits && text.push(byte).is_err() {
            text = TryVec::new();
            fits = false;
            session::write(rt, b"\x04")?;
        }
        taken += 1;
        if taken == WINDOW {
            taken = 0;
            if fits {
                session::write(rt, b"\x01")?;
            }
        }
    }
}
