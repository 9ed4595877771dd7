//! Source lines of a native function's machine code, for tracebacks: see [`crate::mpy::write_lines`].
//!
//! ```text
//! uint            bytes of the function's frame
//! (uint, sint)…   marks: bytes of code since the mark before, lines since its line
//! ```
//!
//! From a mark on code belongs to its line. Calls at line 0 leave no trace: what binds arguments, before the first mark,
//! and what raises what has left one.

use ferlance_collections::{OutOfMemory, TryVec};

use crate::varint::{read_sint, read_uint, write_sint, write_uint};

/// The lines of a function.
#[derive(Debug, Clone, Copy)]
pub struct MachineLines<'a> {
    /// Bytes from the stack pointer where the function is called down to that in its body.
    pub frame_bytes: u32,
    marks: &'a [u8],
}

/// Writes a table: bytes of the frame, marks by rising offset.
pub fn write(
    frame_bytes: u32,
    marks: impl Iterator<Item = (u32, u32)>,
) -> Result<TryVec<u8>, OutOfMemory> {
    let mut out = TryVec::new();
    write_uint(&mut out, frame_bytes.into())?;
    let mut last = (0, 0);
    for (offset, line) in marks {
        write_uint(&mut out, u64::from(offset.saturating_sub(last.0)))?;
        write_sint(&mut out, i64::from(line) - i64::from(last.1))?;
        last = (offset, line);
    }
    Ok(out)
}

impl<'a> MachineLines<'a> {
    /// A table; `None` if there is none.
    pub fn read(table: &'a [u8]) -> Option<MachineLines<'a>> {
        let (frame_bytes, len) = read_uint(table)?;
        Some(MachineLines {
            frame_bytes: u32::try_from(frame_bytes).ok()?,
            marks: table.get(len..)?,
        })
    }

    /// The line of the code at an offset.
    pub fn line_at(&self, offset: usize) -> u32 {
        let (mut at, mut line, mut rest) = (0usize, 0u32, self.marks);
        while let Some((bytes, n)) = read_uint(rest)
            && let Some((lines, m)) = read_sint(rest.get(n..).unwrap_or(&[]))
        {
            at = at.saturating_add(bytes as usize);
            if at > offset {
                break;
            }
            line = line.wrapping_add(lines as u32);
            rest = rest.get(n + m..).unwrap_or(&[]);
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_offset_has_the_line_of_the_mark_before_it() {
        let marks = [(8, 3), (20, 9000), (20, 2), (300, 0), (310, 70)];
        let table = write(48, marks.into_iter()).unwrap();
        let lines = MachineLines::read(&table).unwrap();
        assert_eq!(lines.frame_bytes, 48);
        let asked = [0, 7, 8, 19, 20, 299, 300, 309, 310, 100_000];
        assert_eq!(
            asked.map(|offset| lines.line_at(offset)),
            [0, 0, 3, 3, 2, 2, 0, 0, 70, 70]
        );
    }

    #[test]
    fn any_bytes_are_a_table_or_none() {
        assert!(MachineLines::read(&[]).is_none());
        for seed in 0..2_000u32 {
            let bytes: [u8; 12] =
                core::array::from_fn(|i| (seed.wrapping_mul(0x9e37_79b9) >> (i as u32 % 24)) as u8);
            if let Some(lines) = MachineLines::read(&bytes[..seed as usize % 13]) {
                lines.line_at(seed as usize);
            }
        }
    }
}
