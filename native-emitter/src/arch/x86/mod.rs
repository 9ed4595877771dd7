//! x86-64 and 32-bit x86, System V.
//!
//! Both are one emitter: words are as wide as registers, so the same instructions compute with them. In 32-bit code
//! there are seven registers for values, no register is spared for moves, arguments are on the stack, and what has
//! floats is left to the runtime.
mod abi;
mod arith;
mod compare;
mod emit;
mod float;
mod isel;
mod regs;
mod words;

use ferlance_abi::Arch as Name;

use crate::arch::{Arch, Constraints, RegFile};
use crate::frame::FrameShape;
use crate::nir::{Alu, Func, Inst, Op, Overflow, Shift, Term, Width};
use crate::target::Target;

/// The machine.
#[derive(Debug, Clone, Copy)]
pub struct X86 {
    target: Target,
}

impl X86 {
    /// The machine that `target` names; `None` if it is another one.
    pub const fn new(target: Target) -> Option<X86> {
        match target.arch {
            Name::X64 | Name::X86 => Some(X86 { target }),
            _ => None,
        }
    }

    /// Is it 64-bit code?
    fn is_wide(&self) -> bool {
        self.target.word() == 8
    }

    /// A constant that an instruction has room for.
    fn has_room(&self, imm: i64) -> bool {
        i32::try_from(imm).is_ok() || !self.is_wide() && u32::try_from(imm).is_ok()
    }
}

impl Arch for X86 {
    fn target(&self) -> &Target {
        &self.target
    }

    fn regs(&self) -> &RegFile {
        match self.is_wide() {
            true => &regs::WIDE,
            false => &regs::NARROW,
        }
    }

    fn frame_shape(&self) -> &FrameShape {
        match self.is_wide() {
            true => &abi::WIDE,
            false => &abi::NARROW,
        }
    }

    fn has(&self, op: Op) -> bool {
        // `lea` adds, and shifts what it adds.
        match op {
            Op::Shifted(alu, shift) => alu == Alu::Add && shift == Shift::Shl,
            Op::MulAdd => false,
            op => self.is_wide() || !op.is_of_floats(),
        }
    }

    fn fits(&self, op: Op, imm: i64) -> bool {
        isel::fits(op, imm, self.is_wide())
    }

    fn fits_checked(&self, _: Overflow, imm: i64) -> bool {
        self.has_room(imm)
    }

    fn address(&self, _: Width, index: Option<u8>, offset: i64) -> bool {
        index.is_none_or(|shift| shift <= 3) && i32::try_from(offset).is_ok()
    }

    fn is_cheap(&self, imm: i64) -> bool {
        i32::try_from(imm).is_ok() || u32::try_from(imm).is_ok()
    }

    fn constraints(&self, func: &Func, inst: &Inst) -> Constraints {
        isel::constraints(func, inst, self.is_wide())
    }

    fn term_constraints(&self, _: &Func, term: &Term) -> Constraints {
        isel::term_constraints(term, self.is_wide())
    }
}
