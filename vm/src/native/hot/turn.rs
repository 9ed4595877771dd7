//! Jumps back: when a call that goes on and on becomes machine code, and how it goes on as that.
use ferlance_abi::layout;
use ferlance_bytecode::bytes::Bytes;
use ferlance_bytecode::module::{RawCode, Seen};
use ferlance_collections::OutOfMemory;

use super::loops::Loops;
use super::seen::Locals;
use super::{Hot, RAISE_PAD, Stage, Wait, compile};
use crate::interp::code::Code;
use crate::interp::frame::{Block, Frame, Slot};
use crate::interp::region;
use crate::native::fun_obj::NativeFun;
use crate::native::{direct, trampoline};
use crate::obj::ptr::Ptr;
use crate::runtime::Runtime;

const WORD: usize = size_of::<usize>();

/// Turns of an inner loop that cannot be quicker as bytecode for which its end is waited for: an entry at the outermost
/// loop makes better code.
const PATIENCE: u32 = if cfg!(debug_assertions) { 20 } else { 4096 };

/// What comes of many jumps back.
pub(crate) enum Turn {
    /// Nothing yet.
    Nothing,
    /// The loop is to be quicker as bytecode, since it has to end before there is machine code.
    Inner,
    /// What was left of the call has run as machine code: where the frame goes on, and with which stack.
    Ended(*const u8, *mut Slot),
}

/// Called when code has made [`region::HOT`] jumps back, the last one from `at` to `target`, with the stack up to `sp`.
///
/// # Safety
/// `fp` is the running frame, of this code.
pub(crate) unsafe fn turn(
    rt: &mut Runtime,
    fp: *mut Frame,
    hot: Ptr<Hot>,
    sp: *mut Slot,
    (at, target): (usize, usize),
) -> Turn {
    hot.code.heat.set(region::HOT);
    // SAFETY: the caller's.
    let is_free = unsafe { (*fp).no_blocks() };
    if let Wait::Outer {
        first,
        last,
        patience,
    } = hot.wait.get()
        && target > first
        && target <= last
    {
        let mut patience = patience.saturating_sub(1);
        if patience == 0 && is_free {
            // SAFETY: the caller's.
            if let Ok(locals) = unsafe { locals_of(fp, &hot.code) } {
                // SAFETY: the caller's.
                let end = unsafe { go_on(rt, fp, hot, sp, (target, &locals.seen)) };
                if let Some((ip, sp)) = end {
                    return Turn::Ended(ip, sp);
                }
            }
            patience = u32::MAX;
        }
        hot.wait.set(Wait::Outer {
            first,
            last,
            patience,
        });
        return Turn::Inner;
    }
    // What machine code saves in a turn is less if the loop is a small part of the function, and compiling is not.
    let part =
        at.saturating_sub(target) * region::HOT as usize / (hot.code.n_bytes as usize).max(1);
    if !hot.count(part as u32 + 1) {
        return Turn::Nothing;
    }
    // SAFETY: the caller's.
    let Ok(locals) = (unsafe { locals_of(fp, &hot.code) }) else {
        return Turn::Nothing;
    };
    if locals.are_big() {
        hot.postpone();
        return Turn::Inner;
    }
    let raw = RawCode {
        bytes: Bytes::Borrowed(hot.raw()),
        ..RawCode::default()
    };
    let mut loops = Loops::new(&raw, hot.names());
    let Some(outer) = loops.find(|outer| (outer.first..=outer.last).contains(&target)) else {
        return Turn::Nothing;
    };
    let is_here = outer.first == target;
    if outer.is_protected || !is_free && is_here {
        hot.wait.set(Wait::Call);
        return Turn::Nothing;
    }
    if !is_here {
        hot.wait.set(Wait::Outer {
            first: outer.first,
            last: outer.last,
            patience: PATIENCE,
        });
        return Turn::Inner;
    }
    hot.wait.set(Wait::Call);
    // SAFETY: the caller's.
    match unsafe { go_on(rt, fp, hot, sp, (target, &locals.seen)) } {
        Some((ip, sp)) => Turn::Ended(ip, sp),
        None => Turn::Nothing,
    }
}

/// The locals of a frame of this code.
///
/// # Safety
/// It is one.
unsafe fn locals_of(fp: *mut Frame, code: &Code) -> Result<Locals, OutOfMemory> {
    // SAFETY: the caller's; so many words of the frame are locals.
    Locals::new((0..code.n_locals as usize).map(|at| unsafe { (*fp).base.add(at).read() }))
}

/// Runs what is left of a call as machine code from the loop at `target` on, where its locals hold what was seen.
///
/// # Safety
/// As [`turn`].
unsafe fn go_on(
    rt: &mut Runtime,
    fp: *mut Frame,
    hot: Ptr<Hot>,
    sp: *mut Slot,
    (target, seen): (usize, &[Seen]),
) -> Option<(*const u8, *mut Slot)> {
    let code = &hot.code;
    if !direct::has_stack(rt) {
        return None;
    }
    // SAFETY: the caller's.
    let (context, base) = unsafe {
        (*fp).sp = sp;
        (*fp).ip = code.bytes.add(target);
        ((*fp).context, (*fp).base)
    };
    let mut is_loose = false;
    let result = loop {
        let offset = u32::try_from(target).ok()?;
        let made = compile(rt, hot, context, Some((offset, is_loose)), seen)?;
        hot.stage.set(Stage::Made(made));
        let Ok(fun) = rt.new_obj(NativeFun::new(context, made)) else {
            rt.clear_exception();
            return None;
        };
        let entry = trampoline::entry_point(fun.code, WORD);
        let n_kw = layout::MIDWAY as usize;
        let frame = base.expose_provenance();
        let words = [fun.obj().raw(), 0, n_kw, frame];
        // SAFETY: this is such code, and the frame's words are what it takes over.
        let result = unsafe {
            trampoline::call_keeping(rt, (fun.obj(), Some(context)), fun.obj(), entry, words)
        };
        // It gives the frame back if that is not what it hoped for.
        if result != Ok(frame) || is_loose {
            break result;
        }
        is_loose = true;
    };
    if result == Ok(base.expose_provenance()) {
        return None;
    }
    // SAFETY: what it gives is an object or null.
    let result = result.and_then(|value| unsafe { trampoline::result(rt, value) });
    // SAFETY: the frame has these words, and the code its pads; there is room for a block, which is left by then.
    unsafe {
        let sp = base.add(code.n_locals as usize);
        let pads = code.bytes.add(code.n_bytes as usize);
        match result {
            Ok(value) => {
                sp.write(Some(value));
                Some((pads, sp.add(1)))
            }
            Err(raised) => {
                let exc = rt.take_exception(raised);
                sp.write(Some(exc));
                (*fp).blocks.write(Block::new(0, 0, false));
                (*fp).blocks = (*fp).blocks.add(1);
                Some((pads.add(RAISE_PAD), sp.add(1)))
            }
        }
    }
}
