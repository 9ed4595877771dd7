//! The prompt of this port: its banner, its history file, its colours.

use ferlance_port::history::History;
use ferlance_port::program::system_exit;
use ferlance_port::session::{End, Session};
use ferlance_vm::Runtime;

use crate::terminal::Terminal;
use crate::{sys, usage};

/// How much is remembered between two runs.
const HISTORY: usize = 50;

/// Whether what goes to a stream may be coloured: people look at it, and did not say no.
pub(crate) fn is_coloured(stream: i32) -> bool {
    let is_set = |name| sys::env(name).is_some_and(|value| !value.is_empty());
    is_set(c"TERM")
        && sys::env(c"TERM") != Some(b"dumb")
        && !is_set(c"NO_COLOR")
        && sys::is_terminal(stream)
}

/// Prompts until the session ends; the exit code.
pub(crate) fn run(rt: &mut Runtime) -> u8 {
    let terminal = Terminal::of_input();
    let file = match terminal {
        Some(_) => sys::env(c"HOME").map(|home| [home, b"/.micropython.history"].concat()),
        None => None,
    };
    let mut history = History::new(HISTORY);
    if let Some(Ok(saved)) = file.as_deref().map(sys::read_file) {
        // Without memory for all of it there is less of it.
        let _ = history.load(&saved);
    }
    let mut banner = usage::BANNER.trim_end().as_bytes().to_vec();
    banner.extend_from_slice(b"\r\nType \"help()\" for more information.\r\n");
    let mut session = Session {
        banner: &banner,
        colour: is_coloured(libc::STDOUT_FILENO),
        history,
    };
    let end = session.run(rt);
    if let (Some(file), Ok(saved)) = (file, session.history.save()) {
        // No history is kept where it cannot be.
        let _ = sys::write_file(&file, &saved);
    }
    if let Some(terminal) = terminal {
        terminal.restore();
    }
    match end {
        Ok(End::OfInput | End::Reset) => 0,
        Ok(End::Exit(exc)) => system_exit(rt, exc),
        // The console is gone.
        Err(_) => 1,
    }
}
