//! Programs that know the right answer, run as black boxes.
//!
//! Stored expectations keep the suite independent of them; `oracles` checks what is stored, and `cargo xtask
//! bless` rewrites it.

pub mod cpython;
pub mod mpy_cross;
pub mod upstream;

use crate::interpreter::Interpreter;

/// Somebody to agree with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Oracle {
    /// CPython, where the languages agree.
    CPython,
    /// The released WebAssembly build of MicroPython.
    Upstream,
}

impl Oracle {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::CPython, Self::Upstream];

    /// The word used in the header of a test program.
    pub fn name(self) -> &'static str {
        match self {
            Self::CPython => "cpython",
            Self::Upstream => "upstream",
        }
    }

    /// Its command, if it is on this machine.
    pub fn find(self) -> Option<Interpreter> {
        match self {
            Self::CPython => cpython::find(),
            Self::Upstream => upstream::find(),
        }
    }
}
