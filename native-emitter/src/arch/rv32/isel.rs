//! What RISC-V instructions can hold, and which registers they are tied to.
use super::Rv32;
use super::abi::{FRAME, FRAME_ZCMP};
use super::regs::FILE;
use crate::arch::{Arch, Constraints, RegFile, Use, Which};
use crate::frame::FrameShape;
use crate::nir::{Cond, Func, Inst, Op, Overflow, Term, Width};
use crate::target::Target;

/// The constant as 32 bits, if it is one word.
pub(super) fn word(imm: i64) -> Option<i32> {
    match i32::try_from(imm) {
        Ok(word) => Some(word),
        Err(_) => u32::try_from(imm).ok().map(|word| word as i32),
    }
}

/// Does a 12-bit field hold it?
pub(super) fn is_short(imm: i32) -> bool {
    (-2048..2048).contains(&imm)
}

impl Arch for Rv32 {
    fn target(&self) -> &Target {
        &self.target
    }

    fn regs(&self) -> &RegFile {
        &FILE
    }

    fn frame_shape(&self) -> &FrameShape {
        match self.has_zcmp() {
            true => &FRAME_ZCMP,
            false => &FRAME,
        }
    }

    fn has(&self, op: Op) -> bool {
        !matches!(
            op,
            Op::MulAdd
                | Op::Shifted(..)
                | Op::FAdd
                | Op::FSub
                | Op::FMul
                | Op::FDiv
                | Op::FNeg
                | Op::FAbs
                | Op::FSqrt
                | Op::FCmp(_)
                | Op::FConst
                | Op::FloatOfInt
                | Op::IntOfFloat
                | Op::FConvert
        )
    }

    fn fits(&self, op: Op, imm: i64) -> bool {
        let Some(imm) = word(imm) else {
            return false;
        };
        match op {
            Op::Add | Op::And | Op::Or | Op::Xor => is_short(imm),
            Op::Sub => is_short(imm.wrapping_neg()) && imm != i32::MIN,
            Op::AndNot => is_short(!imm),
            Op::RevSub => imm == 0,
            Op::Shl | Op::Shr | Op::Sar => (0..32).contains(&imm),
            Op::Cmp(Cond::TestZero | Cond::TestNonZero) => is_short(imm),
            Op::Cmp(_) => imm == 0,
            _ => false,
        }
    }

    fn fits_checked(&self, op: Overflow, imm: i64) -> bool {
        let Some(imm) = word(imm) else {
            return false;
        };
        match op {
            Overflow::Add => is_short(imm),
            Overflow::Sub => is_short(imm.wrapping_neg()) && imm != i32::MIN,
            Overflow::Mul => false,
        }
    }

    fn address(&self, width: Width, index: Option<u8>, offset: i64) -> bool {
        let float = matches!(width, Width::F32 | Width::F64);
        let near = (-2048..2048).contains(&offset);
        match index {
            _ if float => false,
            None => near,
            Some(shift) => near && shift <= 3 && self.has_zba(),
        }
    }

    fn is_cheap(&self, imm: i64) -> bool {
        word(imm).is_some_and(|imm| is_short(imm) || imm & 0xfff == 0)
    }

    fn constraints(&self, _: &Func, inst: &Inst) -> Constraints {
        let none = Constraints::NONE;
        match inst.op {
            // Writes the quotient, then looks at the operands again.
            Op::DivFloor | Op::ModFloor => Constraints {
                a: Use::LATE,
                b: Use::LATE,
                ..none
            },
            Op::Select => Constraints {
                b: Use::LATE,
                tied: Some(Which::C),
                ..none
            },
            _ => none,
        }
    }

    fn term_constraints(&self, _: &Func, term: &Term) -> Constraints {
        match *term {
            Term::Checked {
                op: Overflow::Add | Overflow::Sub,
                ..
            } => Constraints {
                a: Use::LATE,
                b: Use::LATE,
                ..Constraints::NONE
            },
            _ => Constraints::NONE,
        }
    }
}
