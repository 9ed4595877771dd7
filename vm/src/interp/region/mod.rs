//! Hot loops as instructions on words of the frame.
//!
//! The loop of the bytecode counts jumps back. When a function has made [`HOT`] of them, the loop that made the last
//! one is translated ([`translate`]): locals and stack positions become operands, so that `a[i] ^ (b >> 8)` takes
//! three instructions instead of seven, and a comparison with its jump one. The opcode of the jump back in the private
//! copy of the bytes is replaced by [`quick::ENTER_REGION`]; nothing else there changes, and offsets still mean what
//! they meant. A region leaves for the bytecode at whatever it has no instruction for, with all values in their
//! places; an exception leaves it at the offset of the bytecode at fault.
//!
//! [`quick::ENTER_REGION`]: super::quick::ENTER_REGION

mod decode;
mod ins;
mod run;
mod translate;

use core::cell::Cell;
use core::ptr::NonNull;

use super::code::Code;
use super::frame::{Frame, Slot};
use super::quick;
#[cfg(feature = "native")]
use crate::native::hot::{self, Hot, Turn};
use crate::obj::ptr::Ptr;
use crate::runtime::{R, Runtime};
use ins::Ins;

pub(super) use run::run;

/// Jumps back after which the loop at hand is translated. Builds with checks do it soon, so that tests run regions.
pub(crate) const HOT: u32 = if cfg!(debug_assertions) { 2 } else { 64 };
/// Most translations that are tried for one function.
const MOST_TRIES: usize = 16;
/// A region that is left within its loop after fewer jumps, and instructions from its beginning, is not worth entering,
const FEW_STEPS: u32 = 12;
/// and if that happens so often in a row, it is given up.
const MOST_EARLY: u32 = 32;

/// A translated loop, or the memory that one cannot be.
#[repr(C)]
pub(crate) struct Region {
    /// The function's next.
    next: Option<Ptr<Region>>,
    /// Instructions; none if the loop was given up.
    code: *const Ins,
    /// Offset of the bytecode for each of them.
    offsets: *const u32,
    /// Locals that must be bound at the entry.
    reads: *const u8,
    n_reads: usize,
    /// Where it is entered.
    entry: usize,
    /// Values on the stack there.
    depth: usize,
    /// Offset of the jump back.
    at: usize,
    /// The opcode there.
    op: u8,
    /// Whether it is of no use after all.
    is_given_up: Cell<bool>,
    /// Times in a row that it was left within the loop soon after it was entered.
    early: Cell<u32>,
}

/// How a region was left.
pub(super) struct Left {
    /// Where the loop goes on, or just behind the opcode that raised.
    pub(super) ip: *const u8,
    /// The end of the stack, unless something was raised.
    pub(super) sp: *mut Slot,
    /// Whether an exception is raised.
    pub(super) raised: bool,
}

impl Region {
    /// The region of a code that is entered at offset `at`.
    pub(super) fn find(code: &Code, at: usize) -> Option<&'static Region> {
        let mut next = code.regions.get();
        while let Some(region) = next {
            let region = region.get();
            if region.at == at {
                return Some(region);
            }
            next = region.next;
        }
        None
    }

    /// Notes that the region is left within its loop, for a call of a Python function or something else that only
    /// the bytecode can do. If that is all it ever comes to, the bytecode is quicker alone.
    #[cfg_attr(not(feature = "small"), inline(always))]
    fn left_early(&self, code: Ptr<Code>, at: &Ins, jumps: u32) {
        let place = (core::ptr::from_ref(at).addr() - self.code.addr()) / size_of::<Ins>();
        if jumps.saturating_add(place as u32) >= FEW_STEPS {
            self.early.set(0);
            return;
        }
        let early = self.early.get() + 1;
        self.early.set(early);
        if early == MOST_EARLY {
            self.is_given_up.set(true);
            retire(code, self);
        }
    }

    /// The opcode that its entry replaces.
    pub(super) fn op(&self) -> u8 {
        self.op
    }

    /// Whether the stack is as deep as it takes for granted, and all locals are bound that it reads without a test.
    ///
    /// # Safety
    /// `base` is the first word of a frame of `code`, the region's function, and `sp` the end of its stack.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub(super) unsafe fn may_enter(&self, code: &Code, base: *const Slot, sp: *const Slot) -> bool {
        // SAFETY: the caller's.
        unsafe { base.add(code.n_locals as usize + self.depth) == sp && self.is_ready(base) }
    }

    /// Whether all locals are bound that it reads without a test.
    ///
    /// # Safety
    /// As [`Region::may_enter`].
    #[cfg_attr(not(feature = "small"), inline(always))]
    unsafe fn is_ready(&self, base: *const Slot) -> bool {
        // SAFETY: `n_reads` numbers of locals stand there.
        unsafe { (0..self.n_reads).all(|i| (*base.add(*self.reads.add(i) as usize)).is_some()) }
    }
}

/// Called when a function's jumps back have made it hot: `at` is the offset of the jump, which has led to `ip`, with the
/// stack up to `sp`. Prepares the loop to be entered as a region, if it can be one. Where the function may become
/// machine code, it may have come to its end as that: then the frame goes on at the place and with the stack that are
/// answered.
///
/// # Safety
/// `fp` is the running frame.
#[cold]
#[inline(never)]
pub(super) unsafe fn warm(
    rt: &mut Runtime,
    fp: *mut Frame,
    at: usize,
    ip: *const u8,
    sp: *mut Slot,
) -> Option<(*const u8, *mut Slot)> {
    // SAFETY: the caller's.
    let (code, base, target, depth) = unsafe {
        let (code, base) = ((*fp).code, (*fp).base);
        let depth = sp.offset_from(base) as usize - code.n_locals as usize;
        (code, base, ip.offset_from(code.bytes) as usize, depth)
    };
    #[cfg(feature = "native")]
    if let Some(hot) = Hot::of(code)
        && hot.is_waiting()
    {
        // SAFETY: the caller's.
        match unsafe { hot::turn(rt, fp, hot, sp, (at, target)) } {
            Turn::Nothing => {}
            Turn::Inner => {
                prepare(rt, code, base, at, target, depth);
                code.heat.set(1);
            }
            Turn::Ended(ip, sp) => return Some((ip, sp)),
        }
        return None;
    }
    prepare(rt, code, base, at, target, depth);
    None
}

/// Prepares a loop to be entered as a region.
fn prepare(
    rt: &mut Runtime,
    code: Ptr<Code>,
    base: *const Slot,
    at: usize,
    target: usize,
    depth: usize,
) {
    code.heat.set(HOT);
    // SAFETY: the private copy has `n_bytes` bytes; nothing else refers to them during this call.
    let bytes =
        unsafe { core::slice::from_raw_parts_mut(code.bytes.cast_mut(), code.n_bytes as usize) };
    let region = match Region::find(&code, at) {
        Some(region) => region,
        None => match make(rt, code, bytes, at, target, depth) {
            Ok(Some(region)) => region.get(),
            Ok(None) => return code.heat.set(0),
            Err(_) => {
                // It was only meant to be quicker.
                rt.clear_exception();
                return code.heat.set(0);
            }
        },
    };
    // SAFETY: the frame is one of this code.
    let is_ready = unsafe { region.is_ready(base) };
    if is_ready
        && !region.is_given_up.get()
        && let Some(byte) = bytes.get_mut(at)
    {
        *byte = quick::ENTER_REGION;
    } else {
        // Nothing will come of it soon; other loops of the function may still have their turn.
        code.heat.set(HOT * 64);
    }
}

/// Takes the entry of a region away again: it is not ready.
#[cold]
#[inline(never)]
pub(super) fn retire(code: Ptr<Code>, region: &Region) {
    // SAFETY: the entry lies in the private copy.
    unsafe { code.bytes.cast_mut().add(region.at).write(region.op) };
    code.heat.set(HOT * 64);
}

fn make(
    rt: &mut Runtime,
    code: Ptr<Code>,
    bytes: &[u8],
    at: usize,
    target: usize,
    depth: usize,
) -> R<Option<Ptr<Region>>> {
    let (mut tries, mut next) = (0, code.regions.get());
    while let Some(region) = next {
        tries += 1;
        next = region.next;
    }
    let Some(op) = bytes.get(at).copied().filter(|_| tries < MOST_TRIES) else {
        return Ok(None);
    };
    let mut region = Region {
        next: code.regions.get(),
        code: core::ptr::null(),
        offsets: core::ptr::null(),
        reads: core::ptr::null(),
        n_reads: 0,
        entry: 0,
        depth: 0,
        at,
        op,
        is_given_up: Cell::new(true),
        early: Cell::new(0),
    };
    if let Some(made) = translate::translate(&code, bytes, target, at, depth) {
        // One block without references: instructions, offsets, locals.
        let n = made.code.len();
        let block = rt.alloc_block(n * 12 + made.reads.len(), true)?;
        // SAFETY: the parts lie in the block one behind the other, each aligned.
        unsafe {
            let code: NonNull<u64> = block.cast();
            let offsets: NonNull<u32> = code.add(n).cast();
            let reads: NonNull<u8> = offsets.add(n).cast();
            core::ptr::copy_nonoverlapping(made.code.as_ptr(), code.as_ptr(), n);
            core::ptr::copy_nonoverlapping(made.offsets.as_ptr(), offsets.as_ptr(), n);
            core::ptr::copy_nonoverlapping(made.reads.as_ptr(), reads.as_ptr(), made.reads.len());
            region.code = code.cast().as_ptr();
            region.offsets = offsets.as_ptr();
            region.reads = reads.as_ptr();
        }
        region.n_reads = made.reads.len();
        region.entry = made.entry;
        region.depth = made.depth;
        region.is_given_up.set(false);
    }
    let region = rt.new_obj(region)?;
    code.regions.set(Some(region));
    Ok(Some(region))
}
