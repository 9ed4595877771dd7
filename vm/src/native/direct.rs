//! Calls from native code to native code: entries 27 and 28 without the way through the runtime.
//!
//! A native function whose module's globals are current already is called at once, with the arguments where they are.
//! Nothing is put into the chain of exception buffers: an exception may pass over these frames, which own nothing.
//! Everything else goes to the ordinary shims.

use super::activation::Activation;
use super::fun_obj::NativeFun;
use super::fun_table::shims;
use super::{current, trampoline};
use crate::interp::frame::Slot;
use crate::obj::word::Obj;
use crate::runtime::Runtime;

const WORD: usize = size_of::<usize>();

/// Code of a native function.
type Code = unsafe extern "C" fn(usize, usize, usize, *mut Slot) -> usize;

/// The code to call, if `fun` is a native function that may be called as it is.
///
/// # Safety
/// `fun` is an object or null; `rt` is the runtime under which native code runs.
#[cfg_attr(not(feature = "small"), inline(always))]
unsafe fn code_of(rt: *const Runtime, fun: usize) -> Option<Code> {
    if cfg!(target_arch = "xtensa") {
        // The calling convention of the code may be another one.
        return None;
    }
    let here = 0u8;
    // SAFETY: the caller's; the runtime's reference is gone when this returns.
    unsafe {
        let native = Obj::from_raw(fun)?.cast::<NativeFun>()?;
        let interp = &(*rt).interp;
        let runs_in = |globals| interp.runs_in(globals);
        if !native.context.globals().is_some_and(runs_in)
            || (&raw const here).addr() < interp.stack_limit()
        {
            return None;
        }
        let code = trampoline::entry_point(native.code, WORD);
        Some(core::mem::transmute::<usize, Code>(code))
    }
}

/// Runs the code of a function. The runtime is a pointer, as no reference to it may live while the code runs.
///
/// # Safety
/// It is such code; `rt` is the runtime under which native code runs.
#[inline(always)]
unsafe fn run(
    rt: *mut Runtime,
    code: Code,
    fun: usize,
    n_args: usize,
    n_kw: usize,
    args: *mut Slot,
) -> usize {
    // SAFETY: the caller's. `code_of` has seen that `fun` is an object.
    unsafe {
        let mut activation = Activation::new(Obj::from_raw(fun).unwrap_unchecked());
        activation.enter(&mut *rt);
        let value = code(fun, n_args, n_kw, args);
        activation.leave(&mut *rt);
        // In memory meanwhile: with it lives the code that runs.
        core::hint::black_box(&activation);
        if value == 0 {
            shims::raise_unbound()
        }
        value
    }
}

/// Entry 27.
///
/// # Safety
/// As its row says.
pub(super) unsafe extern "C" fn call_function_n_kw(
    fun: usize,
    counts: usize,
    args: *mut (),
) -> usize {
    // SAFETY: the caller's.
    unsafe {
        let rt: *mut Runtime = current::runtime();
        let Some(code) = code_of(rt, fun) else {
            return other_function(fun, counts, args);
        };
        run(
            rt,
            code,
            fun,
            counts & 0xff,
            counts >> 8 & 0xff,
            args.cast(),
        )
    }
}

/// Entry 28.
///
/// # Safety
/// As its row says.
pub(super) unsafe extern "C" fn call_method_n_kw(
    n_pos: usize,
    n_kw: usize,
    items: *mut (),
) -> usize {
    // SAFETY: the caller's: function, self or null, arguments.
    unsafe {
        let words = items.cast::<usize>();
        let fun = *words;
        let rt: *mut Runtime = current::runtime();
        let Some(code) = code_of(rt, fun) else {
            return other_method(n_pos, n_kw, items);
        };
        let has_self = usize::from(*words.add(1) != 0);
        let args = words.add(2 - has_self);
        run(rt, code, fun, n_pos + has_self, n_kw, args.cast())
    }
}

/// The ordinary way, whose registers the direct one is not to save.
#[inline(never)]
unsafe extern "C" fn other_function(fun: usize, counts: usize, args: *mut ()) -> usize {
    // SAFETY: the caller's.
    unsafe { shims::call_function_n_kw(fun, counts, args) }
}

/// The same for methods.
#[inline(never)]
unsafe extern "C" fn other_method(n_pos: usize, n_kw: usize, items: *mut ()) -> usize {
    // SAFETY: the caller's.
    unsafe { shims::call_method_n_kw(n_pos, n_kw, items) }
}
