//! x86-64, System V.
mod abi;
mod emit;
mod isel;
mod regs;

use crate::arch::{Arch, Constraints, RegFile};
use crate::frame::FrameShape;
use crate::nir::{Alu, Func, Inst, Op, Overflow, Shift, Term, Width};
use crate::target::Target;

/// The machine.
#[derive(Debug, Clone, Copy)]
pub struct X64 {
    target: Target,
}

impl X64 {
    /// The machine as a target says.
    pub const fn new(target: Target) -> X64 {
        X64 { target }
    }
}

impl Arch for X64 {
    fn target(&self) -> &Target {
        &self.target
    }

    fn regs(&self) -> &RegFile {
        &regs::REGS
    }

    fn frame_shape(&self) -> &FrameShape {
        &abi::FRAME
    }

    fn has(&self, op: Op) -> bool {
        // `lea` adds, and shifts what it adds.
        match op {
            Op::Shifted(alu, shift) => alu == Alu::Add && shift == Shift::Shl,
            Op::MulAdd => false,
            _ => true,
        }
    }

    fn fits(&self, op: Op, imm: i64) -> bool {
        isel::fits(op, imm)
    }

    fn fits_checked(&self, _: Overflow, imm: i64) -> bool {
        i32::try_from(imm).is_ok()
    }

    fn address(&self, _: Width, index: Option<u8>, offset: i64) -> bool {
        index.is_none_or(|shift| shift <= 3) && i32::try_from(offset).is_ok()
    }

    fn is_cheap(&self, imm: i64) -> bool {
        i32::try_from(imm).is_ok() || u32::try_from(imm).is_ok()
    }

    fn constraints(&self, func: &Func, inst: &Inst) -> Constraints {
        isel::constraints(func, inst)
    }

    fn term_constraints(&self, _: &Func, term: &Term) -> Constraints {
        isel::term_constraints(term)
    }
}
