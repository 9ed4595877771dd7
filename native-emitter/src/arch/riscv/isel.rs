//! What RISC-V instructions can hold, and which registers they are tied to.
use super::Riscv;
use super::abi::{FRAME, FRAME_WIDE, FRAME_ZCMP};
use super::regs::FILE;
use crate::arch::{Arch, Constraints, RegFile, Use, Which};
use crate::frame::FrameShape;
use crate::nir::{Cond, Func, Inst, Op, Overflow, Term, Width};
use crate::target::Target;

/// Does a 12-bit field hold it?
pub(super) fn is_short(imm: i64) -> bool {
    (-2048..2048).contains(&imm)
}

impl Riscv {
    /// The constant with the sign of a word, if it is one.
    pub(super) fn word(&self, imm: i64) -> Option<i64> {
        match self.is_wide() || i32::try_from(imm).is_ok() {
            true => Some(imm),
            false => u32::try_from(imm).ok().map(|word| i64::from(word as i32)),
        }
    }
}

impl Arch for Riscv {
    fn target(&self) -> &Target {
        &self.target
    }

    fn regs(&self) -> &RegFile {
        &FILE
    }

    fn frame_shape(&self) -> &FrameShape {
        match (self.is_wide(), self.has_zcmp()) {
            (true, _) => &FRAME_WIDE,
            (false, true) => &FRAME_ZCMP,
            (false, false) => &FRAME,
        }
    }

    fn has(&self, op: Op) -> bool {
        !matches!(op, Op::MulAdd | Op::Shifted(..)) && !op.is_of_floats()
    }

    fn fits(&self, op: Op, imm: i64) -> bool {
        let Some(imm) = self.word(imm) else {
            return false;
        };
        match op {
            Op::Add | Op::And | Op::Or | Op::Xor => is_short(imm),
            Op::Sub => is_short(imm.wrapping_neg()),
            Op::AndNot => is_short(!imm),
            Op::RevSub => imm == 0,
            Op::Shl | Op::Shr | Op::Sar => (0..=i64::from(self.sign_shift())).contains(&imm),
            Op::Cmp(Cond::TestZero | Cond::TestNonZero) => is_short(imm),
            Op::Cmp(_) => imm == 0,
            _ => false,
        }
    }

    fn fits_checked(&self, op: Overflow, imm: i64) -> bool {
        let Some(imm) = self.word(imm) else {
            return false;
        };
        match op {
            Overflow::Add => is_short(imm),
            Overflow::Sub => is_short(imm.wrapping_neg()),
            Overflow::Mul => false,
        }
    }

    fn address(&self, width: Width, index: Option<u8>, offset: i64) -> bool {
        let float = matches!(width, Width::F32 | Width::F64);
        let near = is_short(offset);
        match index {
            _ if float => false,
            None => near,
            Some(shift) => near && shift <= 3 && self.has_zba(),
        }
    }

    fn is_cheap(&self, imm: i64) -> bool {
        self.word(imm)
            .is_some_and(|imm| is_short(imm) || imm & 0xfff == 0 && i32::try_from(imm).is_ok())
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
