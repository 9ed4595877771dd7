//! What fits into one instruction, and what instructions ask of registers.
use super::regs::{BYTES, RAX, RCX, RDX};
use crate::arch::{Constraints, PregSet, Use, Which};
use crate::nir::{Cond, Func, Inst, Op, Overflow, Term, Width};

pub(super) fn fits(op: Op, imm: i64, wide: bool) -> bool {
    // 32-bit words are constants of instructions, all of them.
    let word = |imm: i64| i32::try_from(imm).is_ok() || !wide && u32::try_from(imm).is_ok();
    let signed = word(imm);
    match op {
        // A 32-bit operation clears the upper half.
        Op::And | Op::Cmp(Cond::TestZero | Cond::TestNonZero) => {
            signed || u32::try_from(imm).is_ok()
        }
        Op::AndNot => word(!imm),
        // Subtraction is addition of the opposite.
        Op::Sub => word(imm.wrapping_neg()),
        Op::Shl | Op::Shr | Op::Sar => true,
        Op::Shifted(..) => (1..=3).contains(&imm),
        Op::DivFloor | Op::ModFloor | Op::DivUnsigned | Op::ModUnsigned => false,
        _ => signed,
    }
}

const MEMORY: Use = Use {
    memory: true,
    ..Use::ANY
};
const CONSTANT: Use = Use {
    constant: true,
    ..Use::ANY
};
const LATE_MEMORY: Use = Use {
    memory: true,
    ..Use::LATE
};

/// The result overwrites operand `a`; the order of operands does not matter.
const COMMUTATIVE: Constraints = Constraints {
    b: MEMORY,
    tied: Some(Which::A),
    commutes: true,
    ..Constraints::NONE
};
/// The result overwrites operand `a`.
const TIED: Constraints = Constraints {
    b: LATE_MEMORY,
    tied: Some(Which::A),
    ..Constraints::NONE
};

pub(super) fn constraints(func: &Func, inst: &Inst, wide: bool) -> Constraints {
    let mut asked = of_inst(func, inst);
    if !wide {
        match inst.op {
            Op::Extend(Width::U8 | Width::I8) => asked.a.regs = BYTES,
            Op::Store(Width::U8 | Width::I8, _) => asked.c.regs = BYTES,
            Op::Cmp(_) => asked.dst = BYTES,
            _ => {}
        }
    }
    asked
}

fn of_inst(func: &Func, inst: &Inst) -> Constraints {
    let none = Constraints::NONE;
    match inst.op {
        Op::Add | Op::And | Op::Or | Op::Xor | Op::FAdd | Op::FMul => COMMUTATIVE,
        Op::Mul if inst.b.is_some() => COMMUTATIVE,
        Op::Mul | Op::Extend(_) | Op::FSqrt => Constraints { a: MEMORY, ..none },
        Op::Sub | Op::FSub | Op::FDiv => TIED,
        Op::AndNot => Constraints {
            b: Use::LATE,
            tied: Some(Which::A),
            ..none
        },
        Op::RevSub | Op::Not | Op::FNeg | Op::FAbs => Constraints {
            tied: Some(Which::A),
            ..none
        },
        Op::Shl | Op::Shr | Op::Sar => shift(inst.b.is_some()),
        Op::DivFloor | Op::DivUnsigned => division(Some(RAX)),
        Op::ModFloor | Op::ModUnsigned => division(Some(RDX)),
        Op::Cmp(_) => Constraints {
            a: MEMORY,
            b: MEMORY,
            ..none
        },
        Op::Select => Constraints {
            tied: Some(Which::C),
            ..none
        },
        Op::Store(width, _) => Constraints {
            c: match width {
                Width::F32 | Width::F64 => Use::ANY,
                _ => CONSTANT,
            },
            ..none
        },
        Op::SlotStore(_) if inst.c.is_some_and(|c| !func.ty(c).is_float()) => Constraints {
            c: CONSTANT,
            ..none
        },
        _ => none,
    }
}

/// Counts are in `cl`.
fn shift(by_register: bool) -> Constraints {
    let tied = Some(Which::A);
    if !by_register {
        return Constraints {
            tied,
            ..Constraints::NONE
        };
    }
    Constraints {
        b: Use {
            hint: Some(RCX),
            ..Use::ANY
        },
        tied,
        busy: PregSet::of(&[RCX]),
        ..Constraints::NONE
    }
}

/// `rdx:rax` is divided; the quotient comes to `rax`, the remainder to `rdx`.
fn division(dst_hint: Option<crate::arch::Preg>) -> Constraints {
    Constraints {
        a: Use {
            hint: Some(RAX),
            ..Use::ANY
        },
        b: Use::LATE,
        dst_hint,
        clobbers: PregSet::of(&[RAX, RDX]),
        ..Constraints::NONE
    }
}

pub(super) fn term_constraints(term: &Term, wide: bool) -> Constraints {
    match term {
        Term::Branch { .. } => Constraints {
            a: MEMORY,
            b: MEMORY,
            ..Constraints::NONE
        },
        Term::Checked {
            op: Overflow::Sub, ..
        } => TIED,
        Term::Checked {
            op: Overflow::Mul,
            b: None,
            ..
        } => Constraints {
            a: MEMORY,
            ..Constraints::NONE
        },
        Term::Checked { .. } => COMMUTATIVE,
        Term::Switch { .. } if wide => Constraints {
            temps: 1,
            ..Constraints::NONE
        },
        _ => Constraints::NONE,
    }
}
