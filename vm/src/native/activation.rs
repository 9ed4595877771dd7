//! Calls of native code that have not returned: who runs, at which line, and which exception is being handled.
//!
//! Code of our own emitter tells the line before each call that may raise, and what it handles when a handler begins
//! or ends, in one [`Position`] that belongs to the runtime. Who calls native code, the trampoline or `direct`, keeps
//! the caller's part of it in an [`Activation`] on the machine stack. An exception on its way to a buffer takes an entry
//! for each activation that it passes. Code in files tells no line: it gets one if its lines are known, see
//! [`super::lines`].

use core::cell::Cell;
use core::mem::offset_of;
use core::num::NonZeroU32;

use ferlance_abi::layout;

use super::fun_obj::NativeFun;
use super::generator::{self, NativeGenerator};
use super::lines;
use super::nlr::Buf;
use crate::exc::traceback;
use crate::interp;
use crate::interp::code::Code;
use crate::obj::module::Module;
use crate::obj::ptr::Ptr;
use crate::obj::word::Obj;
use crate::runtime::{R, Runtime};

/// What running code tells.
#[repr(C)]
pub(super) struct Position {
    /// The line of the call at hand; 0 if the traceback is to have no entry.
    line: Cell<u32>,
    /// Not zero if a store into an instance that has the attribute may still be another thing than that.
    late_stores: Cell<u32>,
    /// What the innermost handler of the running function handles.
    handled: Cell<Option<Obj>>,
    /// What cells of methods show.
    classes: Cell<usize>,
    /// What cells of built-in names show.
    names: Cell<usize>,
}

const _: () = {
    assert!(offset_of!(Position, line) == layout::POSITION_LINE_BYTES);
    let word = size_of::<usize>();
    assert!(offset_of!(Position, late_stores) == layout::POSITION_LATE_BYTES);
    assert!(offset_of!(Position, handled) == layout::POSITION_HANDLED_BYTES);
    assert!(offset_of!(Position, classes) == layout::position_classes_bytes(word));
    assert!(offset_of!(Position, names) == layout::position_names_bytes(word));
    assert!(layout::CELLS_HEAD_BYTES >= size_of::<*mut Position>());
};

/// A call of native code, on the machine stack above its frame.
#[repr(C)]
pub(super) struct Activation {
    outer: *const Activation,
    /// The function, or the generator that native code resumed: in memory, so that a collection finds it, and with it
    /// the code that runs.
    fun: Obj,
    /// The module whose globals are current while it runs, if that is certain. `fun` keeps it alive.
    context: Option<Ptr<Module>>,
    /// Of the caller, if that is native code.
    handled: Option<Obj>,
    line: u32,
    /// One more than there are frames of bytecode further out; none if native code called it directly, so that there
    /// are as many as further out.
    depth: Option<NonZeroU32>,
}

impl Activation {
    /// A call of `fun`, which may be a generator, that has yet to begin.
    #[inline(always)]
    pub(super) fn new(fun: Obj, context: Option<Ptr<Module>>) -> Activation {
        Activation {
            outer: core::ptr::null(),
            fun,
            context,
            handled: None,
            line: 0,
            depth: None,
        }
    }

    /// The call begins, by anybody.
    ///
    /// # Safety
    /// There is a position; the activation stays where it is until the call ends.
    #[inline(always)]
    pub(super) unsafe fn enter(&mut self, rt: &mut Runtime) {
        self.depth = NonZeroU32::new((rt.interp.n_frames() as u32).wrapping_add(1));
        // SAFETY: the caller's.
        unsafe { self.enter_directly(rt) }
    }

    /// The call begins, by native code, with no frame of bytecode between.
    ///
    /// # Safety
    /// As [`Activation::enter`].
    #[inline(always)]
    pub(super) unsafe fn enter_directly(&mut self, rt: &mut Runtime) {
        // SAFETY: the caller's.
        let position = unsafe { &*rt.native.position };
        self.outer = rt.native.innermost;
        self.handled = position.handled.replace(None);
        self.line = position.line.replace(0);
        rt.native.innermost = self;
    }

    /// The call has ended.
    ///
    /// # Safety
    /// It has begun.
    #[inline(always)]
    pub(super) unsafe fn leave(&self, rt: &mut Runtime) {
        // SAFETY: the caller's.
        let position = unsafe { &*rt.native.position };
        rt.native.innermost = self.outer;
        position.handled.set(self.handled);
        position.line.set(self.line);
    }
}

impl Runtime {
    /// Does native code run for certain with the globals of this module?
    ///
    /// # Safety
    /// Called below a trampoline.
    #[inline(always)]
    pub(super) unsafe fn runs_in(&self, context: Ptr<Module>) -> bool {
        // SAFETY: there is one, on the machine stack, above the frames of its call.
        let current = unsafe { (*self.native.innermost).context };
        // As words, so that none needs no comparison of its own.
        current.map_or(0, |it| it.obj().raw()) == context.obj().raw()
    }

    /// Tells native code the numbers by which it sees that names may mean something else.
    pub(crate) fn tell_changes(&self) {
        // SAFETY: it is null or the one position.
        if let Some(position) = unsafe { self.native.position.as_ref() } {
            position
                .late_stores
                .set(self.interp.has_late_stores().into());
            position.classes.set(self.interp.classes());
            position.names.set(self.names_shown());
        }
    }

    /// What cells of built-in names show now. No map has so many entries.
    pub(super) fn names_shown(&self) -> usize {
        self.interp.map_epoch | 1 << (usize::BITS - 1)
    }

    /// The one position of the runtime.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub(super) fn native_position(&mut self) -> R<*mut Position> {
        if self.native.position.is_null() {
            self.make_position()?;
        }
        Ok(self.native.position)
    }

    #[cold]
    #[inline(never)]
    fn make_position(&mut self) -> R<()> {
        let at = self.alloc_block(size_of::<Position>(), false)?;
        let at = at.cast::<Position>();
        // SAFETY: the block has room.
        unsafe {
            at.write(Position {
                line: Cell::new(0),
                late_stores: Cell::new(0),
                handled: Cell::new(None),
                classes: Cell::new(0),
                names: Cell::new(0),
            });
        }
        self.native.position = at.as_ptr();
        self.tell_changes();
        Ok(())
    }
}

/// Adds the places that an exception passes on its way to `buf`, innermost first, and ends their calls but for that of
/// the buffer's owner. Generators that it passes are over, and may make another one of it, which arrives there.
///
/// # Safety
/// Called below a trampoline.
pub(super) unsafe fn unwind(rt: &mut Runtime, mut exc: Obj, buf: *const Buf) -> Obj {
    // SAFETY: activations are on the machine stack, above the frames of their calls; a trampoline's is above its own
    // buffer. So the chain has one above `buf`.
    unsafe {
        let position = &*rt.native.position;
        let mut line = position.line.get();
        let mut at = rt.native.innermost;
        while !at.is_null() {
            if line == 0 && at.addr() > buf.addr() {
                line = line_by_call((*at).fun, at, buf);
            }
            if line != 0 && rt.state.generator_exit != Some(exc) {
                add(rt, exc, (*at).fun, line);
            }
            if at.addr() > buf.addr() {
                break;
            }
            if let Some(generator) = (*at).fun.cast::<NativeGenerator>() {
                exc = generator::left_by(rt, generator, exc);
            }
            line = (*at).line;
            at = (*at).outer;
        }
        rt.native.innermost = at;
        position.handled.set(None);
    }
    exc
}

/// The line at which a function calls what has failed, if its code has a table of lines. Its trampoline has called it: it
/// owns the newest buffer, or its trampoline does.
///
/// # Safety
/// As [`unwind`]; the activation is the innermost above the newest buffer.
unsafe fn line_by_call(fun: Obj, at: *const Activation, mut buf: *const Buf) -> u32 {
    let Some(code) = descriptor(fun).filter(|code| code.n_lines != 0) else {
        return 0;
    };
    // SAFETY: the caller's. Between the trampoline's buffer and the newest there are those of the function itself.
    unsafe {
        while !(*buf).prev.is_null() && (*buf).prev.addr() < at.addr() {
            buf = (*buf).prev;
        }
        lines::current(&code, buf)
    }
}

/// What is known of a function, or of a generator's.
fn descriptor(fun: Obj) -> Option<Ptr<Code>> {
    let fun = match fun.cast::<NativeGenerator>() {
        Some(generator) => generator.fun().map_or(fun, Ptr::obj),
        None => fun,
    };
    NativeFun::descriptor_of(fun)
}

/// The entry of a function with a descriptor; viper and assembler functions have none.
fn add(rt: &mut Runtime, exc: Obj, fun: Obj, line: u32) {
    if let Some(code) = descriptor(fun) {
        let entry = traceback::Entry {
            file: code.file,
            line,
            block: code.name,
        };
        traceback::add(rt, exc, entry);
    }
}

/// The exception that the innermost handler handles, of bytecode or of native code.
pub(crate) fn being_handled(rt: &Runtime) -> Option<Obj> {
    let mut above = usize::MAX;
    let mut at = rt.native.innermost;
    // SAFETY: activations end before their memory does; there is a position if there is one of them.
    unsafe {
        let mut handled = rt.native.position.as_ref().and_then(|it| it.handled.get());
        while let Some(activation) = at.as_ref() {
            let mut found = handled;
            if let Some(depth) = activation.depth {
                let depth = depth.get() as usize - 1;
                found = interp::handled_between(rt, depth, above).or(handled);
                above = depth;
            }
            if found.is_some() {
                return found;
            }
            handled = activation.handled;
            at = activation.outer;
        }
    }
    interp::handled_between(rt, 0, above)
}
