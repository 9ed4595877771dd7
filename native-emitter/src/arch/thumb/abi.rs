//! Frames, calls and exception buffers of Thumb functions (AAPCS).
use ferlance_abi::fun_table::Fun;
use ferlance_asm::RegSet;
use ferlance_asm_thumb::fixup::Branch;
use ferlance_asm_thumb::{Reg, t16, t32, vfp};

use super::Thumb;
use super::regs::LR;
use super::words::{E, int};
use crate::arch::{Callee, Emitted, Place, PregSet};
use crate::frame::FrameShape;
use crate::nir::{Entry, Slot};

/// The frame of all Thumb functions.
pub(super) static FRAME: FrameShape = FrameShape {
    align: 8,
    above_entry: 0,
    extra: 0,
    link: Some(LR),
    saved_bytes: [4, 8],
    saved_align: 4,
};

/// `push {r4, lr}; add lr, pc, #9; blx lr; pop {r4, lr}; bx lr`, in Arm state: calls the Thumb code behind it.
const FROM_ARM_STATE: [u32; 5] = [
    0xe92d_4010,
    0xe28f_e009,
    0xe12f_ff3e,
    0xe8bd_4010,
    0xe12f_ff1e,
];

/// Most locals that the push of the prologue makes room for: `r1` to `r3`.
const PUSHED_LOCALS: u32 = 12;

/// How a frame is made and undone.
struct Steps {
    /// Core registers pushed, those for locals included.
    list: RegSet,
    /// Is the return address among them?
    link: bool,
    /// Float registers: the first, and how many.
    floats: (u8, u8),
    /// Bytes below all that.
    locals: u32,
}

impl Thumb {
    fn steps(&self, e: &E<'_>) -> Steps {
        let frame = e.frame;
        let ints = frame.saved.intersection(PregSet::INTS);
        let mut list = RegSet(ints.0 as u32);
        let mut link = frame.saved.contains(LR);
        let has_stack_params = matches!(e.func.entry, Entry::Words(n) if n > 4);
        if !link && !has_stack_params && (!ints.is_empty() || self.wants_link(e)) {
            // Returning by `pop` is shorter than `bx` behind it.
            list = RegSet(list.0 | 1 << LR.number());
            link = true;
        }
        let floats = frame.saved.intersection(PregSet::FLOATS);
        let floats = match floats.iter().next() {
            // A run from the first one saved: registers are taken in order.
            Some(first) => {
                let last = floats.iter().last().unwrap_or(first);
                (first.number(), last.number() - first.number() + 1)
            }
            None => (0, 0),
        };
        let mut locals = frame.locals;
        if floats.1 == 0 && list.0 != 0 && locals <= PUSHED_LOCALS {
            // The highest of these lies next to `r4`.
            for number in (4 - locals / 4)..4 {
                list = RegSet(list.0 | 1 << number);
            }
            locals = 0;
        }
        Steps {
            list,
            link,
            floats,
            locals,
        }
    }

    /// Is `lr` wanted for jumps or addresses that are far?
    fn wants_link(&self, e: &E<'_>) -> bool {
        let near = if self.is_v7() { 4000 } else { 900 };
        // Armv6-M has no long jump but `bl`.
        let insts: usize = e
            .func
            .blocks
            .iter()
            .map(|block| block.insts.len() + 3)
            .sum();
        e.frame.locals > near || !self.is_v7() && insts > 150
    }

    pub(super) fn enter(&self, e: &mut E<'_>) -> Emitted {
        self.flags.set(None);
        // Direct entries are called from Thumb state.
        let from_arm = !matches!(e.func.entry, Entry::Words(_));
        if self.target.arch == ferlance_abi::Arch::Armv6 && from_arm {
            for word in FROM_ARM_STATE {
                e.buffer.put(word, 4)?;
            }
        }
        let steps = self.steps(e);
        match steps.list.len() {
            0 => {}
            _ if steps.list.0 & !0x40ff == 0 => self.put(e, t16::push(steps.list))?,
            1 => self.put(e, t32::push_one(only(steps.list)))?,
            _ => self.put(e, t32::push_w(steps.list))?,
        }
        if let (first, count @ 1..) = steps.floats {
            self.put(e, vfp::vpush_d(i32::from(first) | i32::from(count) << 8))?;
        }
        self.move_sp(e, steps.locals, true)
    }

    pub(super) fn leave(&self, e: &mut E<'_>) -> Emitted {
        let steps = self.steps(e);
        self.move_sp(e, steps.locals, false)?;
        if let (first, count @ 1..) = steps.floats {
            self.put(e, vfp::vpop_d(i32::from(first) | i32::from(count) << 8))?;
        }
        let mut list = steps.list;
        if steps.link {
            list = RegSet(list.0 & !(1 << 14) | 1 << 15);
        }
        match list.len() {
            0 => {}
            _ if list.0 & !0x80ff == 0 => self.put(e, t16::pop(list))?,
            1 => self.put(e, t32::pop_one(only(list)))?,
            _ => self.put(e, t32::pop_w(list))?,
        }
        if !steps.link {
            self.put(e, t16::bx(Reg::LR))?;
        }
        self.after_jump(e)
    }

    /// Lowers or raises sp.
    fn move_sp(&self, e: &mut E<'_>, mut bytes: u32, down: bool) -> Emitted {
        if self.is_v7() && bytes > 508 {
            if bytes < 4096 {
                let imm = bytes as i32;
                return self.put(
                    e,
                    if down {
                        t32::subw(Reg::SP, Reg::SP, imm)
                    } else {
                        t32::addw(Reg::SP, Reg::SP, imm)
                    },
                );
            }
            self.constant(e, Reg::R12, bytes)?;
            let none = ferlance_asm_thumb::Shift::NONE;
            return self.put(
                e,
                if down {
                    t32::sub_w_rrr(Reg::SP, Reg::SP, Reg::R12, none)
                } else {
                    t32::add_w_rrr(Reg::SP, Reg::SP, Reg::R12, none)
                },
            );
        }
        while bytes != 0 {
            let step = bytes.min(508);
            bytes -= step;
            self.put(
                e,
                if down {
                    t16::sub_sp((), (), step as i32)
                } else {
                    t16::add_sp((), (), step as i32)
                },
            )?;
        }
        Ok(())
    }

    pub(super) fn call_(&self, e: &mut E<'_>, callee: Callee) -> Emitted {
        self.pool(e)?;
        match callee {
            Callee::Table { table, slot } => {
                let offset = 4 * slot as i32;
                let args = Fun::ALL
                    .iter()
                    .find(|fun| fun.slot() == slot)
                    .map_or(4, |fun| fun.params().len());
                let target = if args < 4 { Reg::R3 } else { self.spare(e)? };
                let base = match table {
                    Place::Reg(preg) => int(preg),
                    other => {
                        self.load_place(e, target, other)?;
                        target
                    }
                };
                self.load_far_word(e, target, base, offset)?;
                self.call_through(e, target)
            }
            Callee::Address(address) => {
                let target = self.spare(e)?;
                self.constant(e, target, address as u32)?;
                self.call_through(e, target)
            }
            Callee::Direct(callee) => {
                e.direct_call(callee)?;
                self.put(e, t32::bl(0))
            }
        }
    }

    /// A register for a call's address when the arguments take `r0` to `r3`. On Armv6-M it is `r4`, whose value waits
    /// in `r12` until [`Thumb::call_through`].
    fn spare(&self, e: &mut E<'_>) -> Emitted<Reg> {
        if self.is_v7() {
            return Ok(Reg::R12);
        }
        self.put(e, t16::mov_hi(Reg::R12, Reg::R4))?;
        Ok(Reg::R4)
    }

    /// Where a thunk may begin: at instructions, but not at those that an `it` governs. Only what ends with `blx` of
    /// another register than `lr` can end with `bx`.
    pub(super) fn starts(code: &[u8], out: &mut ferlance_collections::TryVec<u32>) -> Emitted {
        let half = |at: usize| match code.get(at..at + 2) {
            Some(&[low, high]) => Some(u16::from_le_bytes([low, high])),
            _ => None,
        };
        let last = code.len().checked_sub(2).and_then(half);
        let is_call = |half: u16| half & 0xff87 == 0x4780 && half >> 3 & 15 != 14;
        if !last.is_some_and(is_call) {
            return Ok(());
        }
        let (mut at, mut governed) = (0, 0);
        while let Some(half) = half(at) {
            if governed > 0 {
                governed -= 1;
            } else {
                out.push(at as u32)?;
                if half & 0xff00 == 0xbf00 && half & 15 != 0 {
                    governed = 4 - half.trailing_zeros();
                }
            }
            at += if half >> 11 >= 0b11101 { 4 } else { 2 };
        }
        Ok(())
    }

    pub(super) fn write_thunk(&self, e: &mut E<'_>, code: &[u8]) -> Emitted {
        self.flags.set(None);
        let Some((before, [low, high])) = code.split_last_chunk() else {
            return Ok(());
        };
        e.buffer.put_bytes(before)?;
        // `blx` becomes `bx`.
        e.buffer.put_bytes(&[low & 0x7f, *high])
    }

    fn call_through(&self, e: &mut E<'_>, target: Reg) -> Emitted {
        if target == Reg::R4 {
            self.put(e, t16::mov_hi(Reg::LR, Reg::R4))?;
            self.put(e, t16::mov_hi(Reg::R4, Reg::R12))?;
            return self.put(e, t16::blx(Reg::LR));
        }
        self.put(e, t16::blx(target))
    }

    pub(super) fn push_handler(
        &self,
        e: &mut E<'_>,
        table: Place,
        slot: Slot,
        caught: ferlance_asm::Label,
    ) -> Emitted {
        // The table may be in the argument's register.
        let base = match table {
            Place::Reg(preg) => int(preg),
            other => {
                self.load_place(e, Reg::R3, other)?;
                Reg::R3
            }
        };
        self.load_far_word(e, Reg::R3, base, 4 * Fun::NlrPush.slot() as i32)?;
        let offset = e.frame.slot(slot, 0);
        self.sp_address(e, Reg::R0, offset)?;
        self.put(e, t16::blx(Reg::R3))?;
        if self.is_v7() && !e.buffer.is_bound(caught) {
            e.buffer.fixup(Branch::cbz(true, Reg::R0), caught)?;
            return Ok(());
        }
        self.put(e, t16::cmp_ri(Reg::R0, 0))?;
        let branch = Branch::b_cond(ferlance_asm_thumb::Cond::Ne, self.features);
        e.buffer.fixup(branch, caught)?;
        Ok(())
    }
}

/// The register of a list of one.
fn only(list: RegSet) -> Reg {
    Reg::new(list.first().unwrap_or(0))
}
