//! What stands before a function's instructions: signature, sizes, names, line table, cell list.
//!
//! ```text
//! signature   x SSSS E AA, then x F SS K A E D      six numbers, interleaved, low bits first
//! sizes       x IIIIII C                            two numbers
//! names       numbers: function, then parameters    \ I bytes
//! line table  see `line_info`                       /
//! cell list   C bytes, a local slot each
//! ```
//!
//! Native functions have the same prelude behind their machine code, without a line table.
use ferlance_abi::ScopeFlags;
use ferlance_collections::{OutOfMemory, TryVec};

/// The numbers of a prelude.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Prelude {
    /// Local slots plus greatest stack depth, at least 1.
    pub n_state: u32,
    /// Greatest nesting of exception blocks.
    pub n_exc_stack: u32,
    /// Generator, star arguments, keyword defaults.
    pub flags: ScopeFlags,
    /// Positional parameters, free variables included.
    pub n_pos_args: u32,
    /// Keyword-only parameters.
    pub n_kwonly_args: u32,
    /// Positional parameters with a default.
    pub n_def_pos_args: u32,
    /// Bytes of names plus line table.
    pub n_info: u32,
    /// Cells to make on entry.
    pub n_cell: u32,
}

/// A prelude's numbers and parts, the rest of the bytes last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PreludeParts<'a> {
    /// The numbers.
    pub prelude: Prelude,
    /// Names and line table.
    pub info: &'a [u8],
    /// One slot number per cell.
    pub cells: &'a [u8],
    /// The instructions; of native functions, nothing.
    pub code: &'a [u8],
    /// Where the instructions begin.
    pub code_offset: usize,
}

impl Prelude {
    /// Names listed: the function's and one per parameter slot.
    #[inline]
    pub const fn n_names(&self) -> u64 {
        1 + self.n_pos_args as u64 + self.n_kwonly_args as u64
    }

    /// Slots that binding fills: parameters, `*args`, `**kwargs`.
    #[inline]
    pub const fn n_bound_slots(&self) -> u64 {
        self.n_pos_args as u64
            + self.n_kwonly_args as u64
            + self.flags.has(ScopeFlags::VAR_ARGS) as u64
            + self.flags.has(ScopeFlags::VAR_KEYWORDS) as u64
    }

    /// Slots that a frame needs for `n_locals` locals and the value stack.
    ///
    /// That is `n_state`, but for class bodies that assign `__class__`: upstream does not count that local, and its
    /// slot is also the topmost one of the stack. Class bodies have free variables at most, and no other local.
    pub fn frame_slots(&self, n_locals: u32) -> u32 {
        let may_be_class = self.flags == ScopeFlags::NONE
            && self.n_kwonly_args == 0
            && self.n_def_pos_args == 0
            && self.n_cell == 0
            && n_locals == self.n_pos_args.saturating_add(1);
        self.n_state.saturating_add(may_be_class as u32)
    }

    /// Appends signature and sizes.
    pub fn write(&self, out: &mut TryVec<u8>) -> Result<(), OutOfMemory> {
        let mut s = self.n_state.saturating_sub(1);
        let mut e = self.n_exc_stack;
        let mut f = self.flags.bits() as u32;
        let mut a = self.n_pos_args;
        let mut k = self.n_kwonly_args;
        let mut d = self.n_def_pos_args;
        let mut byte = (s & 15) << 3 | (e & 1) << 2 | (a & 3);
        (s, e, a) = (s >> 4, e >> 1, a >> 2);
        while s | e | f | a | k | d != 0 {
            out.push(byte as u8 | 0x80)?;
            byte =
                (f & 1) << 6 | (s & 3) << 4 | (k & 1) << 3 | (a & 1) << 2 | (e & 1) << 1 | (d & 1);
            (s, e, f, a, k, d) = (s >> 2, e >> 1, f >> 1, a >> 1, k >> 1, d >> 1);
        }
        out.push(byte as u8)?;

        let mut i = self.n_info;
        let mut c = self.n_cell;
        loop {
            let byte = (i & 63) << 1 | (c & 1);
            (i, c) = (i >> 6, c >> 1);
            if i | c == 0 {
                return out.push(byte as u8);
            }
            out.push(byte as u8 | 0x80)?;
        }
    }

    /// Reads signature and sizes from the front of `bytes`; gives how many bytes they took.
    ///
    /// `None` if the bytes end first, or if a number does not fit 31 bits.
    pub fn read(bytes: &[u8]) -> Option<(Prelude, usize)> {
        let mut at = 0;
        let mut next = || {
            let byte = *bytes.get(at)?;
            at += 1;
            Some(byte as u32)
        };
        let mut byte = next()?;
        let mut s = byte >> 3 & 15;
        let mut e = byte >> 2 & 1;
        let mut f = 0;
        let mut a = byte & 3;
        let mut k = 0;
        let mut d = 0;
        let mut n = 0;
        while byte & 0x80 != 0 {
            byte = next()?;
            // Thirteen extensions fill n_state's 31 bits.
            if n > 13 || (n == 13 && byte & 0x20 != 0) {
                return None;
            }
            f |= (byte >> 6 & 1) << n;
            s |= (byte >> 4 & 3) << (4 + 2 * n);
            k |= (byte >> 3 & 1) << n;
            a |= (byte >> 2 & 1) << (2 + n);
            e |= (byte >> 1 & 1) << (1 + n);
            d |= (byte & 1) << n;
            n += 1;
        }
        if f > 15 {
            return None;
        }
        let (mut i, mut c) = (0, 0);
        let mut n = 0;
        loop {
            let byte = next()?;
            let bits = byte >> 1 & 63;
            // Many cells take many bytes, each with room for six more bits of the other number.
            if n > 30 || (n > 4 && bits != 0) {
                return None;
            }
            if n <= 4 {
                i |= bits << (6 * n);
            }
            c |= (byte & 1) << n;
            n += 1;
            if byte & 0x80 == 0 {
                break;
            }
        }
        let prelude = Prelude {
            n_state: s + 1,
            n_exc_stack: e,
            flags: ScopeFlags::from_bits(f as u8),
            n_pos_args: a,
            n_kwonly_args: k,
            n_def_pos_args: d,
            n_info: i,
            n_cell: c,
        };
        Some((prelude, at))
    }

    /// Reads a whole prelude and splits `bytes` into its parts. `None` if they do not fit in.
    pub fn split(bytes: &[u8]) -> Option<PreludeParts<'_>> {
        let (prelude, at) = Prelude::read(bytes)?;
        let rest = bytes.get(at..)?;
        let (info, rest) = rest.split_at_checked(prelude.n_info as usize)?;
        let (cells, code) = rest.split_at_checked(prelude.n_cell as usize)?;
        Some(PreludeParts {
            prelude,
            info,
            cells,
            code,
            code_offset: bytes.len() - code.len(),
        })
    }
}

impl<'a> PreludeParts<'a> {
    /// The qstr table indices of the names: the function's, then one per parameter slot.
    ///
    /// Ends early if the bytes do.
    pub fn names(&self) -> impl Iterator<Item = u64> + use<'a> {
        let mut rest = self.info;
        (0..self.prelude.n_names()).map_while(move |_| {
            let (name, length) = crate::varint::read_uint(rest)?;
            rest = rest.get(length..)?;
            Some(name)
        })
    }

    /// The line table: what of the info is left after the names. `None` if the names do not fit in.
    pub fn line_table(&self) -> Option<&'a [u8]> {
        let mut rest = self.info;
        for _ in 0..self.prelude.n_names() {
            let (_, length) = crate::varint::read_uint(rest)?;
            rest = rest.get(length..)?;
        }
        Some(rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(prelude: Prelude) -> TryVec<u8> {
        let mut out = TryVec::new();
        prelude.write(&mut out).unwrap();
        out
    }

    #[test]
    fn examples_of_the_manual() {
        let area = Prelude {
            n_state: 4,
            n_pos_args: 2,
            n_def_pos_args: 1,
            n_info: 4,
            ..Prelude::default()
        };
        assert_eq!(bytes(area), [0x9a, 0x01, 0x08]);
        let safe = Prelude {
            n_state: 8,
            n_exc_stack: 3,
            n_pos_args: 1,
            n_info: 6,
            ..Prelude::default()
        };
        assert_eq!(bytes(safe), [0xbd, 0x02, 0x0c]);
        let generator = Prelude {
            n_state: 5,
            flags: ScopeFlags::GENERATOR,
            n_pos_args: 1,
            n_info: 4,
            ..Prelude::default()
        };
        assert_eq!(bytes(generator), [0xa1, 0x40, 0x08]);
        let class = Prelude {
            n_state: 2,
            n_info: 2,
            n_cell: 1,
            ..Prelude::default()
        };
        assert_eq!(bytes(class), [0x08, 0x05]);
    }

    #[test]
    fn reading_undoes_writing() {
        for bit in 0..13 {
            for shift in 0..6 {
                let number = |n: u32| if n == shift { 1 << bit } else { bit * 3 };
                let prelude = Prelude {
                    n_state: number(0) + 1,
                    n_exc_stack: number(1),
                    flags: ScopeFlags::from_bits(bit as u8),
                    n_pos_args: number(2),
                    n_kwonly_args: number(3),
                    n_def_pos_args: number(4),
                    n_info: number(5) * 100,
                    n_cell: bit * 20,
                };
                let bytes = bytes(prelude);
                assert_eq!(Prelude::read(&bytes), Some((prelude, bytes.len())));
                for cut in 0..bytes.len() {
                    assert_eq!(Prelude::read(&bytes[..cut]), None);
                }
            }
        }
    }

    #[test]
    fn endless_numbers_are_refused() {
        assert_eq!(Prelude::read(&[0xff; 100]), None);
        let mut long = [0x80; 40];
        long[0] = 0;
        assert_eq!(Prelude::read(&long), None);
    }
}
