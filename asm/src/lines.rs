//! Which line of a source machine code is of.

use ferlance_collections::TryVec;
use ferlance_collections::oom::OutOfMemory;

/// From an offset on, code is of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineMark {
    /// Bytes from the function's first byte.
    pub offset: u32,
    /// The source line; 0 for code that is of none.
    pub line: u32,
}

/// Marks that say something new; of several at one offset the last.
pub fn line_marks(marks: impl Iterator<Item = LineMark>) -> Result<TryVec<LineMark>, OutOfMemory> {
    let mut kept: TryVec<LineMark> = TryVec::new();
    for mark in marks {
        if kept.last().is_some_and(|last| last.offset == mark.offset) {
            kept.pop();
        }
        if kept.last().is_none_or(|last| last.line != mark.line) {
            kept.push(mark)?;
        }
    }
    Ok(kept)
}
