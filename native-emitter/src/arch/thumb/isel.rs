//! What Thumb instructions can hold, and which registers they are tied to.
use ferlance_asm_thumb::encode::is_constant;

use super::Thumb;
use super::regs::{LOW_FP, LOWS, V6, V7, V7_FP};
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

/// Can `cmp` or `cmn` take it?
fn compares(v7: bool, imm: i32) -> bool {
    (0..256).contains(&imm) || v7 && (is_constant(imm) || is_constant(imm.wrapping_neg()))
}

/// How many low bits a test of `imm` looks at, if it is of low bits only.
pub(super) fn low_bits(imm: i32) -> Option<u32> {
    let ones = imm.trailing_ones();
    (ones > 0 && ones < 32 && imm as u32 >> ones == 0).then_some(ones)
}

impl Arch for Thumb {
    fn target(&self) -> &Target {
        &self.target
    }

    fn regs(&self) -> &RegFile {
        match (self.is_v7(), self.has_fpu()) {
            // The others make instructions longer.
            (true, true) if self.target.small => &LOW_FP,
            _ if self.target.small => &V6,
            (false, _) => &V6,
            (true, false) => &V7,
            (true, true) => &V7_FP,
        }
    }

    fn frame_shape(&self) -> &FrameShape {
        &super::abi::FRAME
    }

    fn has(&self, op: Op) -> bool {
        match op {
            Op::DivFloor | Op::ModFloor | Op::DivUnsigned | Op::ModUnsigned => {
                self.target.divides()
            }
            Op::MulAdd | Op::Shifted(..) => self.is_v7(),
            op if op.is_of_floats() => self.has_fpu(),
            _ => true,
        }
    }

    fn fits(&self, op: Op, imm: i64) -> bool {
        let Some(imm) = word(imm) else {
            return false;
        };
        let v7 = self.is_v7();
        match op {
            Op::Add | Op::Sub if v7 => {
                (-4095..=4095).contains(&imm) || is_constant(imm) || is_constant(imm.wrapping_neg())
            }
            Op::Add | Op::Sub => (-255..=255).contains(&imm),
            Op::RevSub if v7 => is_constant(imm),
            Op::RevSub => imm == 0,
            Op::And if v7 => is_constant(imm) || is_constant(!imm) || imm == 0xffff,
            Op::And => imm == 0xff || imm == 0xffff,
            Op::Or | Op::AndNot if v7 => is_constant(imm) || is_constant(!imm),
            Op::Xor if v7 => is_constant(imm) || imm == -1,
            Op::Xor => imm == -1,
            Op::Shl | Op::Shr | Op::Sar => (0..32).contains(&imm),
            Op::Shifted(..) => v7 && (1..32).contains(&imm),
            Op::Cmp(Cond::TestZero | Cond::TestNonZero) if v7 => is_constant(imm) || imm == -1,
            Op::Cmp(Cond::TestZero | Cond::TestNonZero) => low_bits(imm).is_some() || imm == -1,
            Op::Cmp(_) => compares(v7, imm),
            _ => false,
        }
    }

    fn fits_checked(&self, op: Overflow, imm: i64) -> bool {
        let Some(imm) = word(imm) else {
            return false;
        };
        match op {
            // Its opposite overflows, too.
            _ if imm == i32::MIN => false,
            Overflow::Add | Overflow::Sub if self.is_v7() => {
                is_constant(imm) || is_constant(imm.wrapping_neg())
            }
            Overflow::Add | Overflow::Sub => (-255..=255).contains(&imm),
            Overflow::Mul => false,
        }
    }

    fn address(&self, width: Width, index: Option<u8>, offset: i64) -> bool {
        let float = matches!(width, Width::F32 | Width::F64);
        let bytes = i64::from(width.bytes(4));
        match (index, self.is_v7()) {
            (Some(_), _) if float => false,
            (Some(shift), true) => shift <= 3 && offset == 0,
            (Some(shift), false) => shift == 0 && offset == 0,
            (None, _) if float => offset % 4 == 0 && (-1020..=1020).contains(&offset),
            (None, true) => (-255..=4095).contains(&offset),
            (None, false) => offset % bytes == 0 && (0..32 * bytes).contains(&offset),
        }
    }

    fn post_increment(&self, width: Width, step: i64) -> bool {
        let float = matches!(width, Width::F32 | Width::F64);
        self.is_v7() && !float && step != 0 && (-255..=255).contains(&step)
    }

    fn is_cheap(&self, imm: i64) -> bool {
        let Some(imm) = word(imm) else {
            return false;
        };
        let narrow = (0..256).contains(&imm);
        narrow || self.is_v7() && (is_constant(imm) || is_constant(!imm) || imm >> 16 == 0)
    }

    fn save_cost(&self) -> i64 {
        // One more bit in the lists of `push` and `pop`.
        if self.target.small { 16 } else { 2 * 64 }
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
            Op::Cmp(cond) if !self.is_v7() => Constraints {
                a: Use::LATE,
                b: Use::LATE,
                temps: u8::from(is_test(cond)),
                ..none
            },
            // The instructions overwrite the first operand.
            Op::And | Op::Or | Op::Xor | Op::AndNot | Op::Mul | Op::Shl | Op::Shr | Op::Sar
                if !self.is_v7() && inst.b.is_some() =>
            {
                Constraints {
                    b: Use::LATE,
                    tied: Some(Which::A),
                    ..none
                }
            }
            Op::Select => Constraints {
                b: Use::LATE,
                tied: Some(Which::C),
                ..none
            },
            _ => none,
        }
    }

    fn term_constraints(&self, _: &Func, term: &Term) -> Constraints {
        let v6 = !self.is_v7();
        match *term {
            Term::Branch { cond, b: None, .. } if v6 && is_test(cond) => Constraints {
                temps: 1,
                ..Constraints::NONE
            },
            Term::Checked {
                op: Overflow::Mul, ..
            } => Constraints {
                b: Use::LATE,
                a: Use::LATE,
                temps: u8::from(v6),
                ..Constraints::NONE
            },
            _ => Constraints::NONE,
        }
    }
}

fn is_test(cond: Cond) -> bool {
    matches!(cond, Cond::TestZero | Cond::TestNonZero)
}

/// The registers of Armv6-M instructions; all that values get are among them.
const _: () = assert!(LOWS.0 == 0xff);
