//! Instructions as values, and what a core must have for them.

use core::fmt;

use ferlance_asm::CodeBuffer;
use ferlance_asm::row::Row;
use ferlance_collections::oom::OutOfMemory;

use crate::encode::Class;
use crate::fixup::Branch;

/// An instruction: 24 bits, or 16 if bit 3 is set.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Inst(pub u32);

impl Inst {
    /// Its length in bytes: 2 or 3.
    #[inline]
    pub const fn size(self) -> u32 {
        if self.0 & 8 == 0 { 3 } else { 2 }
    }
}

impl fmt::Debug for Inst {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:#0width$x}",
            self.0,
            width = 2 + 2 * self.size() as usize
        )
    }
}

/// Appends an instruction.
#[inline]
pub fn emit(buffer: &mut CodeBuffer<Branch>, inst: Inst) -> Result<(), OutOfMemory> {
    buffer.put(inst.0, inst.size())
}

/// What a core has, as a set of the constants below.
pub type Features = u16;

/// The core architecture, which all have.
pub const CORE: Features = 0;
/// 16-bit instructions.
pub const DENSITY: Features = 1;
/// Register windows.
pub const WINDOWED: Features = 1 << 1;
/// Zero-overhead loops.
pub const LOOP: Features = 1 << 2;
/// 16-bit multiplication.
pub const MUL16: Features = 1 << 3;
/// 32-bit multiplication, low half.
pub const MUL32: Features = 1 << 4;
/// 32-bit multiplication, high half.
pub const MULHIGH: Features = 1 << 5;
/// Division.
pub const DIV: Features = 1 << 6;
/// Minimum, maximum, sign extension, clamping.
pub const MISC: Features = 1 << 7;
/// Boolean registers.
pub const BOOL: Features = 1 << 8;
/// Single-precision floating point.
pub const FP: Features = 1 << 9;
/// The 16-bit multiplier-accumulator.
pub const MAC16: Features = 1 << 10;
/// Ordered and conditional accesses between processors.
pub const SYNC: Features = 1 << 11;
/// Caches and address translation.
pub const CACHE: Features = 1 << 12;

/// All encodings.
pub static TABLES: [&[Row<Class>]; 5] = [
    crate::base::BASE_ROWS,
    crate::density::DENSITY_ROWS,
    crate::float::FLOAT,
    crate::mac16::MAC16_ROWS,
    crate::system::SYSTEM,
];
