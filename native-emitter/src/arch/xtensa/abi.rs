//! Frames, calls and exception buffers of Xtensa functions.
//!
//! A windowed function's frame has 32 bytes at its top where other functions' windows are spilled, and nothing else to
//! save. `entry` makes it.
use ferlance_abi::fun_table::Fun;
use ferlance_asm::Label;
use ferlance_asm_xtensa::fixup::Branch;
use ferlance_asm_xtensa::{Reg, base, density};

use super::Xtensa;
use super::emit::{E, int};
use super::regs::A0;
use crate::arch::{Callee, Emitted, Place, PregSet};
use crate::frame::FrameShape;
use crate::nir::Slot;

/// The frame of call0 functions.
pub(super) static CALL0_FRAME: FrameShape = FrameShape {
    align: 16,
    above_entry: 0,
    extra: 0,
    link: Some(A0),
    saved_bytes: [4, 0],
    saved_align: 4,
};

/// The frame of windowed functions.
pub(super) static WINDOWED_FRAME: FrameShape = FrameShape {
    align: 16,
    above_entry: 0,
    extra: 32,
    link: None,
    saved_bytes: [0, 0],
    saved_align: 4,
};

/// Bytes that `entry` can make at most.
const MAX_ENTRY: u32 = 32760;

/// Where the registers begin in an exception buffer.
const NLR_REGS: i32 = 8;

impl Xtensa {
    /// Bytes of a windowed function's frame.
    fn window_frame(&self, e: &E<'_>) -> u32 {
        (e.frame.locals + WINDOWED_FRAME.extra).next_multiple_of(16)
    }

    pub(super) fn enter(&self, e: &mut E<'_>) -> Emitted {
        if self.windowed {
            let bytes = self.window_frame(e);
            let made = bytes.min(MAX_ENTRY & !15);
            self.put(e, base::entry(Reg::A1, made as i32))?;
            if made < bytes {
                // Where the caller's window is spilled moves along.
                self.constant(e, Reg::new(8), (bytes - made) as i32)?;
                self.put(e, base::sub(Reg::new(8), Reg::A1, Reg::new(8)))?;
                self.put(e, base::movsp(Reg::A1, Reg::new(8)))?;
            }
            return Ok(());
        }
        let (total, first) = self.outer(e);
        self.move_sp(e, -(first as i32))?;
        let mut offset = first as i32;
        for preg in self.saved(e).iter() {
            offset -= 4;
            self.store_near(e, int(preg), Reg::A1, offset)?;
        }
        self.move_sp(e, -((total - first) as i32))
    }

    pub(super) fn leave(&self, e: &mut E<'_>) -> Emitted {
        if self.windowed {
            return self.put(e, density::retw_n());
        }
        let (total, first) = self.outer(e);
        self.move_sp(e, (total - first) as i32)?;
        let mut offset = first as i32;
        for preg in self.saved(e).iter() {
            offset -= 4;
            self.load_near(e, int(preg), Reg::A1, offset)?;
        }
        self.move_sp(e, first as i32)?;
        self.put(e, density::ret_n())
    }

    /// Is `a0` saved for stores that are far, in a function that calls nothing?
    fn saves_link_only(&self, e: &E<'_>) -> bool {
        e.frame.locals > 900 && !e.frame.saved.contains(A0)
    }

    /// What the prologue saves.
    fn saved(&self, e: &E<'_>) -> PregSet {
        let mut saved = e.frame.saved;
        if self.saves_link_only(e) {
            saved.insert(A0);
        }
        saved
    }

    /// The bytes of the frame, and how many of them are made before registers are saved.
    fn outer(&self, e: &E<'_>) -> (u32, u32) {
        let mut total = e.frame.total();
        if self.saves_link_only(e) {
            total += 16;
        }
        let first = if total > 1020 {
            e.frame.saved_bytes.next_multiple_of(16) + 16
        } else {
            total
        };
        (total, first.min(total))
    }

    fn move_sp(&self, e: &mut E<'_>, by: i32) -> Emitted {
        let a8 = Reg::new(8);
        match by {
            0 => Ok(()),
            -128..=127 => self.put(e, base::addi(Reg::A1, Reg::A1, by)),
            _ => {
                self.constant(e, a8, by)?;
                self.put(e, base::add(Reg::A1, Reg::A1, a8))
            }
        }
    }

    fn call_through(&self, e: &mut E<'_>, target: Reg) -> Emitted {
        self.put(
            e,
            match self.windowed {
                true => base::callx8(target),
                false => base::callx0(target),
            },
        )
    }

    /// The register that calls go through: not one of an argument.
    fn target(&self) -> Reg {
        match self.windowed {
            true => Reg::new(8),
            false => Reg::A0,
        }
    }

    pub(super) fn call_(&self, e: &mut E<'_>, callee: Callee) -> Emitted {
        let target = self.target();
        match callee {
            Callee::Table { table, slot } => {
                self.load_entry(e, table, slot)?;
                self.call_through(e, target)
            }
            Callee::Address(address) => {
                self.constant(e, target, address as i32)?;
                self.call_through(e, target)
            }
            Callee::Direct(callee) => {
                // The distance counts from words, and the function may be moved by bytes: the entry is at a word.
                e.direct_call(callee)?;
                let call = match self.windowed {
                    true => base::call8(0),
                    false => base::call0(0),
                };
                self.put(e, call)
            }
        }
    }

    /// Loads an entry of the fun table into the register that calls go through.
    fn load_entry(&self, e: &mut E<'_>, table: Place, slot: usize) -> Emitted {
        let target = self.target();
        let table = match table {
            Place::Reg(preg) => int(preg),
            other => {
                self.load_place(e, target, other)?;
                target
            }
        };
        self.load_near(e, target, table, 4 * slot as i32)
    }

    pub(super) fn push_handler(
        &self,
        e: &mut E<'_>,
        table: Place,
        slot: Slot,
        caught: Label,
    ) -> Emitted {
        let buffer = e.frame.slot(slot, 0);
        if !self.windowed {
            self.load_entry(e, table, Fun::NlrPush.slot())?;
            self.sp_address(e, Reg::A2, buffer)?;
            self.call_through(e, self.target())?;
            let branch = Branch::conditional(base::bnez(Reg::A2, 0), self.features);
            e.buffer.fixup(branch, caught)?;
            return Ok(());
        }
        // The runtime's function only links the buffer; `setjmp` on its registers returns twice. The table waits in
        // the first of these if the first call would spoil its register.
        let a10 = Reg::new(10);
        let waits = matches!(table, Place::Reg(preg) if preg.number() >= 8);
        if let (Place::Reg(preg), true) = (table, waits) {
            self.store_sp(e, int(preg), buffer + NLR_REGS)?;
        }
        self.load_entry(e, table, Fun::NlrPush.slot())?;
        self.sp_address(e, a10, buffer)?;
        self.call_through(e, self.target())?;
        let table = if waits {
            self.load_sp(e, Reg::new(8), buffer + NLR_REGS)?;
            Place::Reg(crate::arch::Preg::int(8))
        } else {
            table
        };
        self.load_entry(e, table, Fun::SetJmp.slot())?;
        self.sp_address(e, a10, buffer + NLR_REGS)?;
        self.call_through(e, self.target())?;
        let branch = Branch::conditional(base::bnez(a10, 0), self.features);
        e.buffer.fixup(branch, caught)?;
        Ok(())
    }
}
