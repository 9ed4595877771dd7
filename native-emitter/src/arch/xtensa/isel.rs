//! What Xtensa instructions can hold, and which registers they are tied to.
use ferlance_asm::row::Slot;
use ferlance_asm_xtensa::encode::{Signed, Unsigned};

use super::Xtensa;
use super::abi::{CALL0_FRAME, WINDOWED_FRAME};
use super::regs::{CALL0, WINDOWED};
use crate::arch::{Arch, Constraints, RegFile, Use, Which};
use crate::frame::FrameShape;
use crate::nir::{Alu, Cond, Func, Inst, Op, Overflow, Shift, Term, Width};
use crate::target::Target;

/// The constant as 32 bits, if it is one word.
pub(super) fn word(imm: i64) -> Option<i32> {
    match i32::try_from(imm) {
        Ok(word) => Some(word),
        Err(_) => u32::try_from(imm).ok().map(|word| word as i32),
    }
}

/// The bit of a constant that has only one.
pub(super) fn only_bit(imm: i32) -> Option<i32> {
    (imm.count_ones() == 1).then_some(imm.trailing_zeros() as i32)
}

/// How many low bits a mask of low bits has, if a field can be as wide.
pub(super) fn low_bits(imm: i32) -> Option<i32> {
    let ones = imm.trailing_ones();
    ((1..=16).contains(&ones) && imm as u32 >> ones == 0).then_some(ones as i32)
}

/// Does an addition hold it, in one instruction?
pub(super) fn adds(imm: i32) -> bool {
    (-128..128).contains(&imm) || imm & 0xff == 0 && (-32768..=32512).contains(&imm)
}

/// Has a branch this constant? A comparison with the next number may serve: `a <= 4` is `a < 5`.
fn compares(cond: Cond, imm: i32) -> bool {
    let signed = |imm: i32| imm == 0 || Signed::KIND.encode(imm).is_some();
    let unsigned = |imm: i32| Unsigned::KIND.encode(imm).is_some();
    match cond {
        Cond::Eq | Cond::Ne | Cond::Lt | Cond::Ge => signed(imm),
        Cond::Le | Cond::Gt => imm != i32::MAX && signed(imm + 1),
        Cond::Below | Cond::AboveEq => unsigned(imm),
        Cond::BelowEq | Cond::Above => imm != -1 && unsigned(imm.wrapping_add(1)),
        Cond::TestZero | Cond::TestNonZero => only_bit(imm).is_some() || imm == -1,
    }
}

impl Arch for Xtensa {
    fn target(&self) -> &Target {
        &self.target
    }

    fn regs(&self) -> &RegFile {
        match self.windowed {
            true => &WINDOWED,
            false => &CALL0,
        }
    }

    fn frame_shape(&self) -> &FrameShape {
        match self.windowed {
            true => &WINDOWED_FRAME,
            false => &CALL0_FRAME,
        }
    }

    fn has(&self, op: Op) -> bool {
        match op {
            Op::DivFloor | Op::ModFloor | Op::DivUnsigned | Op::ModUnsigned => {
                self.target.divides()
            }
            Op::Shifted(alu, shift) => matches!(alu, Alu::Add) && shift == Shift::Shl,
            Op::MulAdd => false,
            op => !op.is_of_floats(),
        }
    }

    fn fits(&self, op: Op, imm: i64) -> bool {
        let Some(imm) = word(imm) else {
            return false;
        };
        match op {
            Op::Add => adds(imm),
            Op::Sub => imm != i32::MIN && adds(-imm),
            Op::And => low_bits(imm).is_some(),
            Op::AndNot => low_bits(!imm).is_some(),
            Op::RevSub => imm == 0,
            Op::Shl | Op::Shr | Op::Sar => (0..32).contains(&imm),
            Op::Shifted(..) => (1..=3).contains(&imm),
            Op::Cmp(cond) => compares(cond, imm),
            _ => false,
        }
    }

    fn fits_checked(&self, op: Overflow, imm: i64) -> bool {
        match op {
            Overflow::Add => self.fits(Op::Add, imm),
            Overflow::Sub => self.fits(Op::Sub, imm),
            Overflow::Mul => false,
        }
    }

    fn address(&self, width: Width, index: Option<u8>, offset: i64) -> bool {
        let float = matches!(width, Width::F32 | Width::F64);
        let bytes = i64::from(width.bytes(4));
        let near = offset % bytes == 0 && (0..256 * bytes).contains(&offset);
        match index {
            _ if float => false,
            None => near,
            Some(shift) => near && shift <= 3,
        }
    }

    fn adds_index(&self) -> bool {
        false
    }

    fn is_cheap(&self, imm: i64) -> bool {
        word(imm).is_some_and(|imm| (-2048..2048).contains(&imm))
    }

    fn constraints(&self, _: &Func, inst: &Inst) -> Constraints {
        let none = Constraints::NONE;
        let late = Constraints {
            a: Use::LATE,
            b: Use::LATE,
            ..none
        };
        match inst.op {
            // Write the result, then look at the operands again.
            Op::DivFloor | Op::ModFloor | Op::Cmp(_) => late,
            Op::Select => Constraints {
                a: Use::LATE,
                b: Use::LATE,
                tied: Some(Which::C),
                ..none
            },
            _ => none,
        }
    }

    fn term_constraints(&self, _: &Func, term: &Term) -> Constraints {
        match *term {
            Term::Checked { .. } => Constraints {
                a: Use::LATE,
                b: Use::LATE,
                temps: 2,
                ..Constraints::NONE
            },
            _ => Constraints::NONE,
        }
    }
}
