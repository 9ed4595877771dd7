//! Instructions as values, and what a core must have for them.

use core::fmt;

use ferlance_asm::CodeBuffer;
use ferlance_asm::row::Row;
use ferlance_collections::oom::OutOfMemory;

use crate::encode::Class;
use crate::fixup::Branch;

/// An instruction: 32 bits, or 16 if its two lowest bits are not both set.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Inst(pub u32);

impl Inst {
    /// Its length in bytes: 2 or 4.
    #[inline]
    pub const fn size(self) -> u32 {
        if self.0 & 3 == 3 { 4 } else { 2 }
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

/// What a core has, as a set of the constants below: `RV32` or `RV64`, and extensions.
pub type Features = u16;

/// The base set, which all have; with Zicsr and Zifencei.
pub const BASE: Features = 0;
/// 32-bit registers.
pub const RV32: Features = 1;
/// 64-bit registers.
pub const RV64: Features = 1 << 1;
/// Multiplication and division.
pub const M: Features = 1 << 2;
/// Compressed instructions.
pub const C: Features = 1 << 3;
/// Address generation.
pub const ZBA: Features = 1 << 4;
/// Basic bit manipulation.
pub const ZBB: Features = 1 << 5;
/// Single bits.
pub const ZBS: Features = 1 << 6;
/// Push, pop and pair moves.
pub const ZCMP: Features = 1 << 7;
/// More compressed instructions.
pub const ZCB: Features = 1 << 8;
/// Atomics.
pub const A: Features = 1 << 9;
/// Single-precision floating point.
pub const F: Features = 1 << 10;
/// Double precision.
pub const D: Features = 1 << 11;
/// Integer conditional operations.
pub const ZICOND: Features = 1 << 12;

/// Row flag: another order of another row's operands. Listings do not use it.
pub const ALIAS: u16 = 1;
/// All encodings, each table with what stands in it once.
pub static TABLES: [&[Row<Class>]; 6] = [
    crate::base::BASE_ROWS,
    crate::muldiv::MULDIV,
    crate::bits::BITS,
    crate::atomic::ATOMIC,
    crate::float::FLOAT,
    crate::compressed::COMPRESSED,
];
