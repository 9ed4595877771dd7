//! Frames, calls and exception buffers of RISC-V functions.
//!
//! Saved registers lie at the top of the frame, which is made at once. With Zcmp one instruction saves `ra`, `s0` and
//! so on up to the last one used, and makes room for 48 bytes of locals.
use ferlance_abi::fun_table::Fun;
use ferlance_asm::Label;
use ferlance_asm_rv32::encode::list_bytes;
use ferlance_asm_rv32::fixup::Branch;
use ferlance_asm_rv32::{Reg, base, compressed};

use super::Riscv;
use super::emit::{E, int, split};
use super::regs::RA;
use crate::arch::{Callee, Emitted, Place, Preg};
use crate::frame::FrameShape;
use crate::nir::Slot;

/// The frame of functions without Zcmp.
pub(super) static FRAME: FrameShape = FrameShape {
    align: 16,
    above_entry: 0,
    extra: 0,
    link: Some(RA),
    saved_bytes: [4, 0],
    saved_align: 4,
};

/// The frame of functions with Zcmp, which saves multiples of 16 bytes.
pub(super) static FRAME_ZCMP: FrameShape = FrameShape {
    align: 16,
    above_entry: 0,
    extra: 0,
    link: Some(RA),
    saved_bytes: [4, 0],
    saved_align: 16,
};

/// The frame of cores with 64-bit registers.
pub(super) static FRAME_WIDE: FrameShape = FrameShape {
    align: 16,
    above_entry: 0,
    extra: 0,
    link: Some(RA),
    saved_bytes: [8, 0],
    saved_align: 8,
};

/// The number of a saved register, `s0` to `s11`, among these.
fn saved_number(preg: Preg) -> Option<u32> {
    match preg.number() {
        number @ 8..=9 => Some(u32::from(number) - 8),
        number @ 18..=27 => Some(u32::from(number) - 16),
        _ => None,
    }
}

impl Riscv {
    /// The register list of `cm.push` and the extra adjustment, if the function saves registers that way.
    fn list(&self, e: &E<'_>) -> Option<(i32, u32)> {
        if !self.has_zcmp() || e.frame.saved.is_empty() || !e.frame.saved_bytes.is_multiple_of(16) {
            return None;
        }
        let count = e
            .frame
            .saved
            .iter()
            .filter_map(saved_number)
            .map(|number| number + 1)
            .max()
            .unwrap_or(0);
        // There is no list that ends with `s10`.
        let code = if count >= 11 { 15 } else { 4 + count };
        // More may be saved than the frame counts; nothing but its end depends on that.
        Some((code as i32, (e.frame.locals / 16).min(3)))
    }

    pub(super) fn enter(&self, e: &mut E<'_>) -> Emitted {
        if let Some((code, extra)) = self.list(e) {
            debug_assert!(list_bytes(code as u32, false) >= e.frame.saved_bytes);
            self.put(e, compressed::cm_push(code, extra as i32))?;
            return self.move_sp(e, -((e.frame.locals - 16 * extra) as i32));
        }
        let (total, first) = self.outer(e);
        self.move_sp(e, -(first as i32))?;
        let mut offset = first as i32;
        for preg in e.frame.saved.iter() {
            offset -= self.word_bytes();
            self.put(e, self.store_word(int(preg), offset, Reg::SP))?;
        }
        self.move_sp(e, -((total - first) as i32))
    }

    pub(super) fn leave(&self, e: &mut E<'_>) -> Emitted {
        if let Some((code, extra)) = self.list(e) {
            self.move_sp(e, (e.frame.locals - 16 * extra) as i32)?;
            return self.put(e, compressed::cm_popret(code, extra as i32));
        }
        let (total, first) = self.outer(e);
        self.move_sp(e, (total - first) as i32)?;
        let mut offset = first as i32;
        for preg in e.frame.saved.iter() {
            offset -= self.word_bytes();
            self.put(e, self.load_word(int(preg), offset, Reg::SP))?;
        }
        self.move_sp(e, first as i32)?;
        self.put(e, base::ret())
    }

    /// The bytes of the frame, and how many of them are made before registers are saved: all, unless that is too
    /// far for the stores.
    fn outer(&self, e: &E<'_>) -> (u32, u32) {
        let total = e.frame.total();
        let first = if total > 2032 && e.frame.saved_bytes != 0 {
            e.frame.saved_bytes.next_multiple_of(16)
        } else {
            total
        };
        (total, first.min(total))
    }

    fn move_sp(&self, e: &mut E<'_>, by: i32) -> Emitted {
        match by {
            0 => Ok(()),
            -2048..=2047 => self.put(e, base::addi(Reg::SP, Reg::SP, by)),
            _ => {
                self.constant(e, Reg::T6, by.into())?;
                self.put(e, base::add(Reg::SP, Reg::SP, Reg::T6))
            }
        }
    }

    pub(super) fn call_(&self, e: &mut E<'_>, callee: Callee) -> Emitted {
        match callee {
            Callee::Table { table, slot } => {
                let target = self.load_entry(e, table, slot)?;
                self.put(e, base::jalr(Reg::RA, target, 0))
            }
            Callee::Address(address) => {
                if self.is_wide() {
                    self.constant(e, Reg::T6, address)?;
                    return self.put(e, base::jalr(Reg::RA, Reg::T6, 0));
                }
                let (upper, low) = split(address as i32);
                self.put(e, base::lui(Reg::T6, upper))?;
                self.put(e, base::jalr(Reg::RA, Reg::T6, low))
            }
            Callee::Direct(callee) => {
                e.direct_call(callee)?;
                self.put(e, base::jal(Reg::RA, 0))
            }
        }
    }

    /// Loads an entry of the fun table. Into `a5`, for which there are short forms, if no argument is there.
    fn load_entry(&self, e: &mut E<'_>, table: Place, slot: usize) -> Emitted<Reg> {
        let args = Fun::ALL
            .iter()
            .find(|fun| fun.slot() == slot)
            .map_or(8, |fun| fun.params().len());
        let target = if args <= 5 { Reg::A5 } else { Reg::T6 };
        let table = match table {
            Place::Reg(preg) => int(preg),
            other => {
                self.load_place(e, target, other)?;
                target
            }
        };
        let offset = self.word_bytes() * slot as i32;
        self.put(e, self.load_word(target, offset, table))?;
        Ok(target)
    }

    pub(super) fn push_handler(
        &self,
        e: &mut E<'_>,
        table: Place,
        slot: Slot,
        caught: Label,
    ) -> Emitted {
        // The table may be in the argument's register.
        let target = self.load_entry(e, table, Fun::NlrPush.slot())?;
        let offset = e.frame.slot(slot, 0);
        self.sp_address(e, Reg::A0, offset)?;
        self.put(e, base::jalr(Reg::RA, target, 0))?;
        let branch = Branch::conditional(base::bnez(Reg::A0, 0), self.features);
        e.buffer.fixup(branch, caught)?;
        Ok(())
    }
}
