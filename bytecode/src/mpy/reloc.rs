//! The relocation stream of a linked C module.
//!
//! Each entry adds an address to one machine word or to several in a row:
//!
//! ```text
//! byte op, FF ends; if op & 1, a number follows: place << 1 | in read-only data
//! k = op >> 1:  0..5  code, rodata, bss start (k >> 1); if k & 1, a count follows
//!               6, 7, 8  qstr table, object table, function table
//!               9..   content of function table entry k - 9
//! ```
use crate::varint::read_uint;

/// What is added to a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Base {
    /// The final address of the code.
    Code,
    /// The address of the read-only data.
    Rodata,
    /// The address of the zeroed data.
    Bss,
    /// The address of the module's table of 16-bit qstr numbers.
    QstrTable,
    /// The address of the module's object table.
    ObjTable,
    /// The address of the function table.
    FunTable,
    /// The content of an entry of the function table.
    FunEntry(u8),
}

/// A run of words to relocate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reloc {
    /// In the read-only data instead of the code.
    pub in_rodata: bool,
    /// The first word, counted in machine words.
    pub word: u32,
    /// How many words.
    pub count: u32,
    /// What to add to each.
    pub base: Base,
}

/// What relocations must keep to.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of a machine word.
    pub word: usize,
    /// Bytes of code.
    pub code_len: usize,
    /// Bytes of read-only data.
    pub rodata_len: usize,
}

/// Why a stream was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Error {
    /// It ends before its end marker.
    Truncated,
    /// An entry is unknown, or outside the data.
    Bad {
        /// Byte offset in the stream.
        at: usize,
    },
}

/// Reads the entries of a stream one after the other.
#[derive(Debug, Clone)]
pub struct Relocs<'a> {
    stream: &'a [u8],
    at: usize,
    in_rodata: bool,
    word: u32,
}

impl<'a> Relocs<'a> {
    /// From the start of `stream`.
    pub const fn new(stream: &'a [u8]) -> Relocs<'a> {
        Relocs {
            stream,
            at: 0,
            in_rodata: false,
            word: 0,
        }
    }

    fn uint(&mut self) -> Result<u32, Error> {
        let at = self.at;
        let rest = self.stream.get(at..).unwrap_or(&[]);
        let (value, len) = read_uint(rest).ok_or(Error::Truncated)?;
        self.at += len;
        u32::try_from(value).map_err(|_| Error::Bad { at })
    }

    fn entry(&mut self) -> Result<Option<Reloc>, Error> {
        let at = self.at;
        let op = *self.stream.get(at).ok_or(Error::Truncated)?;
        self.at += 1;
        if op == END {
            return Ok(None);
        }
        if op & 1 != 0 {
            let place = self.uint()?;
            self.in_rodata = place & 1 != 0;
            self.word = place >> 1;
        }
        let kind = op >> 1;
        let base = match kind {
            0 | 1 => Base::Code,
            2 | 3 => Base::Rodata,
            4 | 5 => Base::Bss,
            6 => Base::QstrTable,
            7 => Base::ObjTable,
            8 => Base::FunTable,
            _ => {
                let entry = kind - 9;
                if entry as usize >= ferlance_abi::fun_table::STOCK_LEN {
                    return Err(Error::Bad { at });
                }
                Base::FunEntry(entry)
            }
        };
        let count = if kind <= 5 && kind & 1 != 0 {
            self.uint()?
        } else {
            1
        };
        let reloc = Reloc {
            in_rodata: self.in_rodata,
            word: self.word,
            count,
            base,
        };
        self.word = self.word.checked_add(count).ok_or(Error::Bad { at })?;
        Ok(Some(reloc))
    }
}

/// The byte that ends a stream.
pub const END: u8 = 0xff;

impl Iterator for Relocs<'_> {
    type Item = Result<Reloc, Error>;

    fn next(&mut self) -> Option<Result<Reloc, Error>> {
        let result = self.entry();
        if !matches!(result, Ok(Some(_))) {
            // Stay at the end.
            self.stream = &[END];
            self.at = 0;
        }
        result.transpose()
    }
}

/// Checks the stream at the front of `data`; gives its length, end marker included.
pub fn check(data: &[u8], limits: Limits) -> Result<usize, Error> {
    let mut relocs = Relocs::new(data);
    loop {
        let at = relocs.at;
        let Some(reloc) = relocs.entry()? else {
            return Ok(relocs.at);
        };
        let len = if reloc.in_rodata {
            limits.rodata_len
        } else {
            limits.code_len
        };
        let end = (reloc.word as u64 + reloc.count as u64) * limits.word as u64;
        if limits.word == 0 || end > len as u64 {
            return Err(Error::Bad { at });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        word: 4,
        code_len: 40,
        rodata_len: 8,
    };

    #[test]
    fn entries_move_a_running_place() {
        let stream = [0x01, 4, 0x06, 2, 0x0d, 3, 0x10, 0x12, 0xff];
        assert_eq!(check(&stream, LIMITS), Err(Error::Bad { at: 6 }));
        let mut relocs = Relocs::new(&stream);
        let mut next = || {
            let reloc = relocs.next()?.unwrap();
            Some((reloc.in_rodata, reloc.word, reloc.count, reloc.base))
        };
        assert_eq!(next(), Some((false, 2, 1, Base::Code)));
        assert_eq!(next(), Some((false, 3, 2, Base::Rodata)));
        assert_eq!(next(), Some((true, 1, 1, Base::QstrTable)));
        assert_eq!(next(), Some((true, 2, 1, Base::FunTable)));
        assert_eq!(next(), Some((true, 3, 1, Base::FunEntry(0))));
        assert_eq!(next(), None);
        assert_eq!(next(), None);
    }

    #[test]
    fn places_outside_the_data_and_unknown_entries_are_refused() {
        assert_eq!(check(&[0x01, 18, 0xff], LIMITS), Ok(3));
        assert_eq!(check(&[0x01, 20, 0xff], LIMITS), Err(Error::Bad { at: 0 }));
        assert_eq!(check(&[0x02, 11, 0xff], LIMITS), Err(Error::Bad { at: 0 }));
        assert_eq!(check(&[(9 + 86) << 1, 0xff], LIMITS), Ok(2));
        assert_eq!(
            check(&[(9 + 87) << 1, 0xff], LIMITS),
            Err(Error::Bad { at: 0 })
        );
        assert_eq!(check(&[0x00], LIMITS), Err(Error::Truncated));
    }
}
