//! Positions in source text.
//!
//! A position is a byte offset; its line is looked up in a table of line starts, built by the lexer as it
//! goes. Upstream counts differently where f-strings span lines (it reads their fields after the whole literal, and
//! counts their line ends twice), so [`LineMap`] also keeps a short list of where its count departs.

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

/// From `from` on, lines are counted with this much added.
#[derive(Debug, Clone, Copy)]
struct Shift {
    from: u32,
    by: i32,
}

/// Byte offset to line.
#[derive(Debug, Default)]
pub struct LineMap {
    /// Offset of the first byte of each line; the first is 0.
    starts: TryVec<u32>,
    /// Where upstream's count departs from the text, by offset. Empty unless an f-string spans lines.
    shifts: TryVec<Shift>,
    /// Index of the line found last: look-ups are mostly near each other.
    last: Cell<u32>,
}

impl LineMap {
    /// Notes that a line starts at `offset`. Offsets must grow.
    pub(crate) fn start_line(&mut self, offset: u32) -> Result<(), OutOfMemory> {
        self.starts.push(offset)
    }

    /// Makes `line` the line upstream notes for `pos` and what follows.
    pub(crate) fn set_line(&mut self, pos: Pos, line: u32) -> Result<(), OutOfMemory> {
        if self.line(pos) == line {
            return Ok(());
        }
        self.pin_line(pos, line)
    }

    /// As `set_line`, and keeps that when the line of something before `pos` is set later.
    pub(crate) fn pin_line(&mut self, pos: Pos, line: u32) -> Result<(), OutOfMemory> {
        let by = line.wrapping_sub(self.index_of(pos.0) + 1) as i32;
        let at = self.shifts.partition_point(|s| s.from < pos.0);
        match self.shifts.get_mut(at) {
            Some(shift) if shift.from == pos.0 => shift.by = by,
            _ => self.shifts.insert(at, Shift { from: pos.0, by })?,
        }
        Ok(())
    }

    /// The line upstream would note for `pos`, from 1.
    pub fn line(&self, pos: Pos) -> u32 {
        let line = self.index_of(pos.0) + 1;
        if self.shifts.is_empty() {
            return line;
        }
        let after = self.shifts.partition_point(|s| s.from <= pos.0);
        match after.checked_sub(1).and_then(|i| self.shifts.get(i)) {
            Some(shift) => line.wrapping_add_signed(shift.by),
            None => line,
        }
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
