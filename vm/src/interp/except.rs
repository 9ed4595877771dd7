//! Exceptions in the loop: raising, finding handlers, leaving through finally blocks (spec bytecode section 7).

use super::code::Code;
use super::frame::{Frame, Slot};
use crate::call::Args;
use crate::exc;
use crate::exc::traceback;
use crate::obj::ptr::Ptr;
use crate::obj::type_type;
use crate::obj::word::Obj;
use crate::runtime::{R, Runtime};

/// The instance that raising `what` raises.
pub(super) fn instance(rt: &mut Runtime, what: Obj) -> R<Obj> {
    if let Some(class) = what.as_type() {
        if exc::is_subclass(class, &exc::BASE_EXCEPTION) {
            if crate::config::QUICKEN && !class.is_class() {
                return type_type::instantiate(rt, what, Args::NONE);
            }
            let made = rt.call(what, &[])?;
            if exc::is_instance(made, &exc::BASE_EXCEPTION) {
                return Ok(made);
            }
        }
    } else if exc::is_instance(what, &exc::BASE_EXCEPTION) {
        return Ok(what);
    }
    Err(rt.type_error("exceptions must derive from BaseException"))
}

/// Raises `what` as the `raise` statement does.
pub(super) fn raise(rt: &mut Runtime, what: Obj) {
    if let Ok(exc) = instance(rt, what) {
        rt.raise_obj(exc);
    }
}

/// The warning of `raise … from cause`; `None` is no cause.
pub(crate) fn warn_cause(rt: &mut Runtime, cause: Obj) -> R<()> {
    if cause.is_none() {
        return Ok(());
    }
    match rt
        .hal
        .console()
        .write_err(b"Warning: exception chaining not supported\n")
    {
        Ok(()) => Ok(()),
        Err(errno) => Err(rt.os_error(errno)),
    }
}

/// Adds the place of the running instruction to the exception's traceback.
///
/// # Safety
/// `ip` is inside `code.bytes`, behind at least one byte.
#[inline(never)]
pub(super) unsafe fn trace(rt: &mut Runtime, exc: Obj, code: Ptr<Code>, ip: *const u8) {
    if rt.state.generator_exit == Some(exc) {
        return;
    }
    // SAFETY: the caller's.
    let offset = unsafe { ip.sub(1).offset_from(code.bytes) } as usize;
    let entry = traceback::Entry {
        file: code.file,
        line: code.line_at(offset),
        block: code.name,
    };
    traceback::add(rt, exc, entry);
}

/// Drops blocks whose handlers are running already; the next block takes the exception. Answers the handler's
/// offset and the depth it starts with.
///
/// # Safety
/// `ip` as for [`trace`]; the frame's blocks are as the code built them.
pub(super) unsafe fn find_handler(
    frame: &mut Frame,
    ip: *const u8,
    exc: Obj,
) -> Option<(usize, usize)> {
    // SAFETY: the caller's; blocks between the start and `frame.blocks` are initialised.
    unsafe {
        let at = ip.sub(1).offset_from(frame.code.bytes) as usize;
        while !frame.no_blocks() {
            let block = &mut *frame.blocks.sub(1);
            if block.handler() > at {
                block.exc = Some(exc);
                return Some((block.handler(), block.depth()));
            }
            frame.blocks = frame.blocks.sub(1);
        }
    }
    None
}

/// Whether the innermost block is a finally block whose handler runs.
///
/// # Safety
/// As [`find_handler`].
pub(super) unsafe fn in_finally(frame: &Frame, ip: *const u8) -> bool {
    if frame.no_blocks() {
        return false;
    }
    // SAFETY: the caller's; there is a block.
    unsafe {
        let block = &*frame.blocks.sub(1);
        let at = ip.sub(1).offset_from(frame.code.bytes) as usize;
        block.is_finally() && block.handler() <= at
    }
}

/// The exception that the innermost running handler of a frame handles.
///
/// # Safety
/// As [`find_handler`].
pub(super) unsafe fn being_handled(frame: &Frame) -> Option<Obj> {
    let mut at = frame.blocks;
    let start = frame.blocks_start();
    // SAFETY: the caller's.
    unsafe {
        while at != start {
            at = at.sub(1);
            if (*at).exc.is_some() {
                return (*at).exc;
            }
        }
    }
    None
}

/// A transfer that leaves blocks.
#[derive(Clone, Copy)]
pub(super) enum Leaving {
    /// `return` with this value.
    Return(Obj),
    /// `break` or `continue` to an offset, through so many blocks.
    Jump {
        /// Offset of the destination.
        to: usize,
        /// Blocks still to be left.
        blocks: usize,
        /// Whether four loop slots are dropped at the end.
        drop_loop: bool,
    },
}

/// Leaves blocks until a finally handler has to run first or the transfer is done. Answers where to go on and
/// with which stack; a null instruction pointer means that the frame returns.
///
/// # Safety
/// `ip` is inside the frame's code, `sp` its stack; the blocks are as the code built them.
#[inline(never)]
pub(super) unsafe fn leave(
    frame: &mut Frame,
    ip: *const u8,
    mut sp: *mut Slot,
    mut how: Leaving,
) -> (*const u8, *mut Slot) {
    // SAFETY: the caller's.
    unsafe {
        let at = ip.offset_from(frame.code.bytes) as usize;
        loop {
            if let Leaving::Jump {
                to,
                blocks,
                drop_loop,
            } = &mut how
            {
                if *blocks == 0 {
                    if *drop_loop {
                        sp = sp.sub(4);
                    }
                    return (frame.code.bytes.add(*to), sp);
                }
                *blocks -= 1;
            }
            if frame.no_blocks() {
                return (core::ptr::null(), sp);
            }
            let block = &*frame.blocks.sub(1);
            if block.is_finally() {
                if block.handler() >= at {
                    // Not running yet: run it, with what is left to do on the stack.
                    let (data, marker) = match how {
                        Leaving::Return(value) => (value, -1),
                        Leaving::Jump {
                            to,
                            blocks,
                            drop_loop,
                        } => (
                            Obj::int(to as isize),
                            (blocks | usize::from(drop_loop) << 7) as isize,
                        ),
                    };
                    sp = frame.base.add(block.depth());
                    sp.write(Some(data));
                    sp.add(1).write(Some(Obj::int(marker)));
                    return (frame.code.bytes.add(block.handler()), sp.add(2));
                }
                // We are inside it: what it was doing is given up, its state with it. A return needs no stack any more.
                if matches!(how, Leaving::Jump { .. }) {
                    sp = frame.base.add(block.depth());
                }
            }
            frame.blocks = frame.blocks.sub(1);
        }
    }
}

/// `WITH_CLEANUP`: calls the exit function that lies below the state on top (spec bytecode 7.5).
///
/// # Safety
/// `sp` is the stack of the running frame, as the verifier checked.
pub(super) unsafe fn with_cleanup(rt: &mut Runtime, sp: *mut Slot) -> R<*mut Slot> {
    // SAFETY: the caller's.
    unsafe {
        let state = (*sp.sub(1)).unwrap_unchecked();
        let none = Obj::NONE;
        if state.is_none() {
            let exit = (*sp.sub(3)).unwrap_unchecked();
            let this = *sp.sub(2);
            rt.call_with(exit, this, &[none, none, none])?;
            sp.sub(3).write(Some(none));
            return Ok(sp.sub(2));
        }
        if state.is_small() {
            let exit = (*sp.sub(4)).unwrap_unchecked();
            let this = *sp.sub(3);
            rt.call_with(exit, this, &[none, none, none])?;
            sp.sub(4).write(*sp.sub(2));
            sp.sub(3).write(*sp.sub(1));
            return Ok(sp.sub(2));
        }
        let exit = (*sp.sub(3)).unwrap_unchecked();
        let this = *sp.sub(2);
        let swallow = rt.call_with(exit, this, &[state.ty().obj(), state, none])?;
        let left = if rt.is_true(swallow)? { none } else { state };
        sp.sub(3).write(Some(left));
        Ok(sp.sub(2))
    }
}

/// The exception being handled by the innermost frame that handles one, of the frames `from..to` counted from outside.
pub(crate) fn handled_between(rt: &Runtime, from: usize, to: usize) -> Option<Obj> {
    let depth = rt.interp.depth;
    let (newer, within) = (depth.saturating_sub(to), to.min(depth).saturating_sub(from));
    let mut frames = rt.interp.frames().skip(newer).take(within);
    // SAFETY: the blocks of an active frame are as its code built them.
    frames.find_map(|frame| unsafe { being_handled(frame) })
}
