//! The line table: steps from bytecode offsets to source lines.
//!
//! ```text
//! 0LLBBBBB            B bytes (0..31), L lines (0..3)
//! 1LLLBBBB LLLLLLLL   B bytes (0..15), L lines (11 bits, high three first)
//! ```
//!
//! Line 1 holds until the first step. An empty table means line 1 everywhere.
use ferlance_collections::{OutOfMemory, TryVec};

/// Appends entries that step over `bytes` bytes and then `lines` lines, split as upstream splits them.
pub fn write_step(out: &mut TryVec<u8>, mut bytes: u32, mut lines: u32) -> Result<(), OutOfMemory> {
    while bytes > 0 || lines > 0 {
        if lines <= 6 || bytes > 15 {
            let b = bytes.min(31);
            let l = if b < bytes { 0 } else { lines.min(3) };
            out.push((l << 5 | b) as u8)?;
            bytes -= b;
            lines -= l;
        } else {
            let b = bytes.min(15);
            let l = lines.min(0x7ff);
            out.push((0x80 | l >> 8 << 4 | b) as u8)?;
            out.push(l as u8)?;
            bytes -= b;
            lines -= l;
        }
    }
    Ok(())
}

/// The entries of a line table: (bytes, lines) each. A cut entry at the end is left out.
pub fn steps(table: &[u8]) -> impl Iterator<Item = (u32, u32)> + '_ {
    let mut bytes = table.iter().map(|byte| *byte as u32);
    core::iter::from_fn(move || {
        let first = bytes.next()?;
        if first & 0x80 == 0 {
            return Some((first & 31, first >> 5));
        }
        let second = bytes.next()?;
        Some((first & 15, (first >> 4 & 7) << 8 | second))
    })
}

/// The source line of the instruction at `offset`, counted from the first instruction.
pub fn line_of(table: &[u8], offset: usize) -> usize {
    let mut left = offset;
    let mut line = 1;
    for (bytes, lines) in steps(table) {
        if left < bytes as usize {
            break;
        }
        left -= bytes as usize;
        line += lines as usize;
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(steps: &[(u32, u32)]) -> TryVec<u8> {
        let mut out = TryVec::new();
        for (bytes, lines) in steps {
            write_step(&mut out, *bytes, *lines).unwrap();
        }
        out
    }

    #[test]
    fn examples_of_the_manual() {
        assert_eq!(table(&[(8, 3)]), [0x68]);
        assert_eq!(
            table(&[(0, 1), (5, 1), (7, 1), (8, 2), (2, 1)]),
            [0x20, 0x25, 0x27, 0x48, 0x22]
        );
        assert_eq!(
            table(&[(0, 1), (4, 1), (13, 2), (16, 2)]),
            [0x20, 0x24, 0x4d, 0x50]
        );
    }

    #[test]
    fn long_steps_are_split() {
        assert_eq!(table(&[(40, 2)]), [0x1f, 0x49]);
        assert_eq!(table(&[(3, 7)]), [0x83, 7]);
        assert_eq!(table(&[(3, 6)]), [0x63, 0x60]);
        assert_eq!(table(&[(0, 3000)]), [0xf0, 0xff, 0x80 | 3 << 4, 0xb9]);
    }

    #[test]
    fn lines_are_found_by_offset() {
        let table = table(&[(8, 3), (10, 1), (100, 2000)]);
        let lines = [0, 7, 8, 17, 18, 117, 118, 5000].map(|offset| line_of(&table, offset));
        assert_eq!(lines, [1, 1, 4, 4, 5, 5, 2005, 2005]);
        assert_eq!(line_of(&[], 5), 1);
    }
}
