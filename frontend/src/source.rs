//! Positions in source text.
//!
//! A position is a byte offset; its line is looked up in a table of line starts, built by the lexer as it
//! goes. Code inside an f-string field is the exception: upstream counts it on the line where the lexer stands
//! after the literal, so [`LineMap`] keeps a short list of ranges whose line is given instead of counted.

use core::cell::Cell;

use ferlance_collections::{OutOfMemory, TryVec};

/// A byte offset in the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Pos(pub u32);

/// A line (from 1) and a byte column (from 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineCol {
    /// Line, from 1.
    pub line: u32,
    /// Column in bytes, from 1.
    pub column: u32,
}

/// A range of the source whose code is counted on one given line.
#[derive(Debug, Clone, Copy)]
struct Moved {
    start: u32,
    end: u32,
    line: u32,
}

/// Byte offset to line.
#[derive(Debug, Default)]
pub struct LineMap {
    /// Offset of the first byte of each line; the first is 0.
    starts: TryVec<u32>,
    /// Ranges counted elsewhere, by start; later entries win where they nest.
    moved: TryVec<Moved>,
    /// Index of the line found last: look-ups are mostly near each other.
    last: Cell<u32>,
}

impl LineMap {
    /// Notes that a line starts at `offset`. Offsets must grow.
    pub(crate) fn start_line(&mut self, offset: u32) -> Result<(), OutOfMemory> {
        self.starts.push(offset)
    }

    /// Counts the code in `start..end` on `line`.
    pub(crate) fn move_range(
        &mut self,
        start: u32,
        end: u32,
        line: u32,
    ) -> Result<(), OutOfMemory> {
        self.moved.push(Moved { start, end, line })
    }

    /// The line upstream would note for `pos`, from 1.
    pub fn line(&self, pos: Pos) -> u32 {
        if !self.moved.is_empty() {
            if let Some(m) = self
                .moved
                .iter()
                .rev()
                .find(|m| m.start <= pos.0 && pos.0 < m.end)
            {
                return m.line;
            }
        }
        self.index_of(pos.0) + 1
    }

    /// Where `pos` really is in the text.
    pub fn line_col(&self, pos: Pos) -> LineCol {
        let index = self.index_of(pos.0);
        let start = self.starts.get(index as usize).copied().unwrap_or(0);
        LineCol {
            line: index + 1,
            column: pos.0.saturating_sub(start) + 1,
        }
    }

    fn index_of(&self, offset: u32) -> u32 {
        let last = self.last.get() as usize;
        // Most look-ups ask for the same line again or for the next one.
        for i in last..last.saturating_add(2) {
            let Some(&start) = self.starts.get(i) else {
                break;
            };
            let end = self.starts.get(i + 1).copied().unwrap_or(u32::MAX);
            if start <= offset && offset < end {
                self.last.set(i as u32);
                return i as u32;
            }
        }
        let found = self
            .starts
            .partition_point(|&s| s <= offset)
            .saturating_sub(1) as u32;
        self.last.set(found);
        found
    }
}
