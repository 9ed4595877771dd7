//! From Rust into native code and back.

use super::activation::Activation;
use super::nlr::{self, Buf};
use super::{ARCH, current};
use crate::call::Args;
use crate::obj::module::Module;
use crate::obj::ptr::Ptr;
use crate::obj::word::Obj;
use crate::runtime::{R, Runtime};

/// What the trampoline keeps on the machine stack while native code runs.
#[repr(C)]
struct Frame {
    buf: Buf,
    /// Above the buffer, see [`super::activation::unwind`].
    activation: Activation,
    /// In memory, so that a collection finds it.
    keep: Obj,
}

/// The address to call: code has bit 0 set on Thumb.
#[cfg_attr(not(feature = "small"), inline(always))]
pub(super) fn entry_point(code: *const u8, offset: usize) -> usize {
    code.addr() + offset + usize::from(ARCH.is_thumb())
}

/// Calls native code with four words; its result word. An exception that leaves the code comes back as `Err`, and
/// then the globals are what they were.
///
/// # Safety
/// `code` is the entry of code that takes such arguments and belongs to `fun`.
#[inline]
pub(super) unsafe fn call(rt: &mut Runtime, fun: Obj, code: usize, args: [usize; 4]) -> R<usize> {
    // SAFETY: the caller's.
    unsafe { call_keeping(rt, (fun, None), fun, code, args) }
}

/// The same, for code of `fun` that works on `keep`, with the globals of the module, if there is one.
///
/// # Safety
/// As [`call`].
#[cfg_attr(not(feature = "small"), inline(always))]
pub(super) unsafe fn call_keeping(
    rt: &mut Runtime,
    (fun, context): (Obj, Option<Ptr<Module>>),
    keep: Obj,
    code: usize,
    args: [usize; 4],
) -> R<usize> {
    rt.check_stack()?;
    rt.native_position()?;
    let globals = rt.interp.native_globals();
    let own = context.map_or(globals, |context| context.globals());
    let is_other = own != globals;
    if is_other {
        rt.interp.set_native_globals(own);
    }
    let mut frame = Frame {
        buf: Buf::new(rt.native.newest),
        activation: Activation::new(fun, context),
        keep,
    };
    // SAFETY: there is a position; the frame outlives the call.
    unsafe { frame.activation.enter(rt) };
    let buf = &raw mut frame.buf;
    let [a, b, c, d] = args;
    let rt: *mut Runtime = rt;
    // SAFETY: the frame outlives the call. Everything that runs below reaches the runtime through the pointer that
    // `enter` is given, which is derived from our reference. Code and arguments are the caller's word.
    unsafe {
        (*rt).native.newest = buf;
        let before = current::enter(rt);
        let jumped = nlr::call(buf, code, a, b, c, d);
        current::leave(before);
        let rt = &mut *rt;
        rt.native.newest = (*buf).prev;
        frame.activation.leave(rt);
        core::hint::black_box(&frame.keep);
        let value = (*buf).value;
        if jumped == 0 {
            if is_other {
                rt.interp.set_native_globals(globals);
            }
            return Ok(value);
        }
        rt.interp.set_native_globals(globals);
        // What was thrown is an exception object, put there by `nlr::throw`.
        let exc = Obj::from_raw(value).unwrap_or(Obj::NONE);
        Err(rt.raise_obj(exc))
    }
}

/// Calls code with the signature of native and viper functions, with the globals of the module, if there is one.
///
/// # Safety
/// As [`call`].
#[cfg_attr(not(feature = "small"), inline(always))]
pub(super) unsafe fn call_fun(
    rt: &mut Runtime,
    fun: Obj,
    context: Option<Ptr<Module>>,
    code: usize,
    args: Args<'_>,
) -> R<Obj> {
    let words = [
        fun.raw(),
        args.n_pos(),
        args.n_kw(),
        args.values().as_ptr().expose_provenance(),
    ];
    // SAFETY: the caller's; the result of such code is an object.
    unsafe {
        let value = call_keeping(rt, (fun, context), fun, code, words)?;
        result(rt, value)
    }
}

/// The object that native code answered.
///
/// # Safety
/// The word is an object or zero.
pub(super) unsafe fn result(rt: &mut Runtime, word: usize) -> R<Obj> {
    // SAFETY: the caller's.
    match unsafe { Obj::from_raw(word) } {
        Some(value) => Ok(value),
        // It returned a local that is not bound.
        None => Err(super::fun_table::unbound(rt)),
    }
}
