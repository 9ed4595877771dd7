//! Native generators resumed by native code: loops, `yield from` and `send` without the way through the runtime.
//!
//! As in [`super::direct`]: the generator's globals are current already, nothing is put into the chain of exception
//! buffers, and an exception may pass over these frames. What a generator leaves behind when that happens, and that
//! `StopIteration` must not get out of it, is seen to where the exception passes: see [`super::activation::unwind`].

use super::activation::Activation;
use super::direct::{Code, has_stack};
use super::fun_obj::NativeFun;
use super::fun_table::shims;
use super::generator::{self, KIND_EXCEPTION, KIND_YIELD, NativeGenerator};
use super::{current, entry, fun_obj, nlr, trampoline};
use crate::exc;
use crate::interp::frame::Slot;
use crate::interp::resume::{Step, stop_value};
use crate::obj::builtin_fun::BuiltinFun;
use crate::obj::class;
use crate::obj::ptr::Ptr;
use crate::obj::word::Obj;
use crate::runtime::{R, Runtime};
use ferlance_abi::qstr;

/// The generator and its function, if `it` is a native one that may be given a value at once.
///
/// # Safety
/// `rt` is the runtime under which native code runs.
#[inline(always)]
unsafe fn ready(
    rt: *const Runtime,
    it: Obj,
    sent: Obj,
) -> Option<(Ptr<NativeGenerator>, Ptr<NativeFun>)> {
    if cfg!(target_arch = "xtensa") {
        // The calling convention of the code may be another one.
        return None;
    }
    let generator = it.cast::<NativeGenerator>()?;
    let fun = generator.fun()?;
    // SAFETY: the caller's; the reference is gone when this returns.
    unsafe {
        let rt = &*rt;
        let may = generator.takes(sent) && rt.runs_in(fun.context) && has_stack(rt);
        may.then_some((generator, fun))
    }
}

/// Resumes a generator. The runtime is a pointer, as no reference to it may live while the code runs.
///
/// # Safety
/// [`ready`] gave it.
#[inline(always)]
unsafe fn resume(
    rt: *mut Runtime,
    (generator, fun): (Ptr<NativeGenerator>, Ptr<NativeFun>),
    sent: Obj,
) -> Step {
    // SAFETY: the caller's.
    unsafe {
        let code = trampoline::entry_point(fun.code, 2 * size_of::<usize>());
        let code = core::mem::transmute::<usize, Code>(code);
        generator.begin(fun, sent);
        // The runtime points to it while the code runs, so it is in memory: with it live generator and code.
        let mut activation = Activation::new(generator.obj(), Some(fun.context));
        activation.enter_directly(&mut *rt);
        let state = generator.state_ptr().expose_provenance();
        let kind = code(state, 0, 0, core::ptr::null_mut());
        activation.leave(&mut *rt);
        let value = generator.end();
        if kind == KIND_YIELD {
            return Step::Yield(value.unwrap_or(Obj::NONE));
        }
        over(rt, generator, kind, value)
    }
}

/// A generator has come to its end.
///
/// # Safety
/// As [`resume`].
#[inline(never)]
unsafe fn over(
    rt: *mut Runtime,
    generator: Ptr<NativeGenerator>,
    kind: usize,
    value: Slot,
) -> Step {
    let exc = generator.first();
    generator.finish();
    if kind == KIND_EXCEPTION {
        // SAFETY: as in shims.
        unsafe {
            let raised = generator::failed(&mut *rt, exc.unwrap_or(Obj::NONE));
            nlr::throw(raised)
        }
    }
    Step::Done(value.unwrap_or(Obj::NONE))
}

/// Entry 31.
///
/// # Safety
/// As its row says.
pub(super) unsafe extern "C" fn iternext(buf: *mut ()) -> usize {
    // SAFETY: the caller's.
    unsafe {
        match entry::next_byte(buf.cast()) {
            Some(byte) => byte.raw(),
            None => next_other(buf),
        }
    }
}

/// The same for what is no view of bytes.
///
/// # Safety
/// As [`iternext`].
#[inline(never)]
unsafe extern "C" fn next_other(buf: *mut ()) -> usize {
    // SAFETY: the caller's; loops do not look at what a generator returns.
    unsafe {
        let words = buf.cast::<Slot>();
        if (*words).is_none()
            && let Some(it) = *words.add(1)
        {
            let rt: *mut Runtime = current::runtime();
            if let Some(found) = ready(rt, it, Obj::NONE) {
                return match resume(rt, found, Obj::NONE) {
                    Step::Yield(value) => value.raw(),
                    Step::Done(_) => 0,
                };
            }
            match instance_next(&mut *rt, it) {
                Some(Ok(Step::Yield(value))) => return value.raw(),
                Some(Ok(Step::Done(_))) => return 0,
                Some(Err(raised)) => nlr::throw(raised),
                None => {}
            }
        }
        shims::iternext(buf)
    }
}

/// Entry 48.
///
/// # Safety
/// As its row says.
pub(super) unsafe extern "C" fn yield_from(it: usize, sent: usize, ret: *mut ()) -> bool {
    // SAFETY: the caller's.
    unsafe {
        let place = ret.cast::<Slot>();
        if (*place).is_none()
            && let (Some(it), Some(sent)) = (Obj::from_raw(it), Obj::from_raw(sent))
        {
            let rt: *mut Runtime = current::runtime();
            if let Some(found) = ready(rt, it, sent) {
                let (yielded, value) = match resume(rt, found, sent) {
                    Step::Yield(value) => (true, value),
                    Step::Done(value) => (false, value),
                };
                place.write(Some(value));
                return yielded;
            }
            if sent.is_none()
                && let Some(step) = instance_next(&mut *rt, it)
            {
                let (yielded, value) = match step {
                    Ok(Step::Yield(value)) => (true, value),
                    Ok(Step::Done(value)) => (false, value),
                    Err(raised) => nlr::throw(raised),
                };
                place.write(Some(value));
                return yielded;
            }
        }
        shims::yield_from(it, sent, ret)
    }
}

/// What the next value of an instance is, if its class has a native function as `__next__`.
#[inline(always)]
fn instance_next(rt: &mut Runtime, it: Obj) -> Option<R<Step>> {
    let may = crate::config::QUICKEN && it.is_ptr() && it.ty().is_class();
    if may { next_by_class(rt, it) } else { None }
}

/// The same for what certainly is an instance.
#[inline(never)]
fn next_by_class(rt: &mut Runtime, it: Obj) -> Option<R<Step>> {
    let fun = class::lookup(rt, it.ty(), qstr!("__next__"))?;
    let fun = fun.cast::<NativeFun>()?;
    Some(match fun_obj::call(rt, fun, &[it]) {
        Ok(value) => Ok(Step::Yield(value)),
        Err(raised) if rt.is_raised(&exc::STOP_ITERATION) => {
            let exc = rt.take_exception(raised);
            Ok(Step::Done(stop_value(exc)))
        }
        Err(raised) => Err(raised),
    })
}

/// Is this built-in function `send` or `__next__` of native generators?
#[inline(always)]
pub(super) fn is_for(fun: usize) -> bool {
    let is = |known: &'static BuiltinFun| fun == core::ptr::from_ref(known).addr();
    is(&generator::SEND) || is(&generator::NEXT)
}

/// Calls one of them, if the arguments are as they should be and the generator may be resumed at once.
///
/// # Safety
/// [`is_for`] has said so; `n_pos + 2 * n_kw` words stand at `args`; `rt` is the runtime under which native code runs.
pub(super) unsafe fn call(
    rt: *mut Runtime,
    fun: usize,
    n_pos: usize,
    n_kw: usize,
    args: *const Slot,
) -> Option<usize> {
    let is_send = fun == (&raw const generator::SEND).addr();
    if n_pos != 1 + usize::from(is_send) || n_kw != 0 {
        return None;
    }
    // SAFETY: the caller's; so many arguments stand there.
    unsafe {
        let sent = match is_send {
            true => (*args.add(1))?,
            false => Obj::NONE,
        };
        let found = ready(rt, (*args)?, sent)?;
        match resume(rt, found, sent) {
            Step::Yield(value) => Some(value.raw()),
            done => match generator::outcome(&mut *rt, done) {
                Ok(value) => Some(value.raw()),
                Err(raised) => nlr::throw(raised),
            },
        }
    }
}
