//! Instructions as values, and what a core must have for them.

use core::fmt;

use ferlance_asm::CodeBuffer;
use ferlance_asm::row::Row;
use ferlance_collections::oom::OutOfMemory;

use crate::encode::Class;
use crate::fixup::Branch;

/// An instruction: 16 bits, or 32 with the first halfword above the second.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Inst(pub u32);

impl Inst {
    /// Its length in bytes: 2 or 4.
    #[inline]
    pub const fn size(self) -> u32 {
        if self.0 >> 16 == 0 { 2 } else { 4 }
    }

    /// The word whose little-endian bytes are the instruction's.
    #[inline]
    pub const fn to_memory(self) -> u32 {
        if self.0 >> 16 == 0 {
            self.0
        } else {
            self.0.rotate_left(16)
        }
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
    buffer.put(inst.to_memory(), inst.size())
}

/// What a core has, as a set of the constants below.
pub type Features = u16;

/// Armv6-M, which all cores have.
pub const V6M: Features = 0;
/// Armv7-M: Thumb-2.
pub const V7M: Features = 1;
/// Armv7E-M: the DSP extension.
pub const DSP: Features = 2 | V7M;
/// Single-precision floating point, VFPv4.
pub const FP: Features = 4 | V7M;
/// Double precision.
pub const DP: Features = 8 | FP;
/// FPv5: select, round, minimum and maximum.
pub const FP5: Features = 16 | FP;
/// FPv5 in double precision.
pub const DP5: Features = FP5 | DP;

/// Row flag: the address is updated before the access, `[r1, #4]!`.
pub const PRE: u16 = 1;
/// Row flag: the address is updated after the access, `[r1], #4`.
pub const POST: u16 = 2;

/// All encodings. Where several could hold the same operands, the one to prefer comes first.
pub static TABLES: [&[Row<Class>]; 4] = [
    crate::t16::T16,
    crate::t32::T32,
    crate::dsp::DSP_ROWS,
    crate::vfp::VFP,
];
