//! Calls, argument checks, raising: entries 27 to 29, 34, 44, 48, 55.

use crate::call::{self, Args};
use crate::exc;
use crate::interp::Spread;
use crate::interp::frame::Slot;
use crate::interp::resume::{self, Step};
use crate::obj::builtin_fun::{self, BuiltinFun};
use crate::obj::generator::Generator;
use crate::obj::ty::Type;
use crate::obj::word::Obj;
use crate::runtime::{R, Raised, Runtime};

use super::objects;

/// `counts` is positional plus 256 times keywords.
pub(crate) fn call_function_n_kw(
    rt: &mut Runtime,
    fun: Obj,
    counts: usize,
    args: *mut Slot,
) -> R<Obj> {
    let (n_pos, n_kw) = call::counts(counts);
    // SAFETY: native code says that so many words stand there.
    let values = unsafe { objects(rt, args, n_pos + 2 * n_kw)? };
    call(rt, fun, Args::new(values, n_pos))
}

/// Calls anything but what `direct` has called already; the commonest first.
#[cfg_attr(not(feature = "small"), inline(always))]
fn call(rt: &mut Runtime, fun: Obj, args: Args<'_>) -> R<Obj> {
    match fun.cast::<BuiltinFun>() {
        Some(builtin) => builtin_fun::invoke(rt, builtin.get(), args),
        None => rt.call_args(fun, args),
    }
}

/// Function, self or null, arguments.
pub(crate) fn call_method_n_kw(
    rt: &mut Runtime,
    n_pos: usize,
    n_kw: usize,
    items: *mut Slot,
) -> R<Obj> {
    // SAFETY: as above.
    unsafe {
        let Some(fun) = *items else {
            return Err(super::unbound(rt));
        };
        let (first, n_pos) = match *items.add(1) {
            Some(_) => (1, n_pos + 1),
            None => (2, n_pos),
        };
        let values = objects(rt, items.add(first), n_pos + 2 * n_kw)?;
        call(rt, fun, Args::new(values, n_pos))
    }
}

/// Function, self or null if `have_self`, positional values, pairs, the word that marks starred ones: what [`spread`]
/// has left, if there is somebody who tried that.
pub(crate) fn call_method_n_kw_var(
    rt: &mut Runtime,
    have_self: usize,
    counts: usize,
    items: *mut Slot,
) -> R<Obj> {
    // SAFETY: native code says that so many words stand there; a null key marks a mapping.
    unsafe {
        let star = star(rt, have_self, counts, items)?;
        let (n_pos, n_kw) = call::counts(counts);
        crate::interp::call_star_by_list(rt, items, star.method, n_pos, n_kw, star.end)
    }
}

/// Spreads the arguments of such a call, if that is quickly done: how many positional ones there are.
///
/// # Safety
/// As native code has it.
#[inline(always)]
pub(in crate::native) unsafe fn spread(
    rt: &mut Runtime,
    have_self: usize,
    counts: usize,
    items: *mut Slot,
    to: &mut Spread,
) -> R<Option<usize>> {
    // SAFETY: the caller's.
    unsafe {
        let star = star(rt, have_self, counts, items)?;
        let (n_pos, n_kw) = call::counts(counts);
        to.fill(rt, items, star.method, n_pos, n_kw, star.end)
    }
}

/// What stands in the words of a call with starred arguments.
struct Star {
    method: bool,
    /// Behind the word that marks starred ones.
    end: *mut Slot,
}

/// Sees to it that nothing is unbound.
///
/// # Safety
/// As native code has it.
#[inline(always)]
unsafe fn star(rt: &mut Runtime, have_self: usize, counts: usize, items: *mut Slot) -> R<Star> {
    // Of a bool only the low byte is defined.
    let method = have_self & 0xff != 0;
    let (n_pos, n_kw) = call::counts(counts);
    let first = 1 + usize::from(method);
    // SAFETY: the caller's.
    unsafe {
        let end = items.add(first + n_pos + 2 * n_kw + 1);
        let mut is_null = (*items).is_none() | (*end.sub(1)).is_none();
        for i in 0..n_pos {
            is_null |= (*items.add(first + i)).is_none();
        }
        for i in 0..n_kw {
            is_null |= (*items.add(first + n_pos + 2 * i + 1)).is_none();
        }
        match is_null {
            true => Err(super::unbound(rt)),
            false => Ok(Star { method, end }),
        }
    }
}

/// Unlinks the newest exception buffer.
pub(crate) fn nlr_pop(rt: &mut Runtime) -> R<()> {
    // SAFETY: below a trampoline there is one.
    rt.native.newest = unsafe { (*rt.native.newest).prev };
    Ok(())
}

/// Null and None do nothing.
pub(crate) fn raise(rt: &mut Runtime, value: Option<Obj>) -> R<()> {
    match value {
        None => Ok(()),
        Some(value) if value.is_none() => Ok(()),
        Some(value) => {
            let exc = crate::interp::exception_instance(rt, value)?;
            Err(rt.raise_obj(exc))
        }
    }
}

/// Raises an instance of `ty` with a text, if there is one.
pub(crate) fn raise_msg(rt: &mut Runtime, ty: *mut Type, text: *mut u8) -> Raised {
    // SAFETY: linked modules pass types of the runtime or of their own, which live for ever; the text has an end.
    let raised = unsafe {
        let ty: &'static Type = &*ty;
        let made = if text.is_null() {
            rt.call(ty.obj(), &[])
        } else {
            let text = core::ffi::CStr::from_ptr(text.cast());
            match rt.new_str(text.to_bytes()) {
                Ok(text) => rt.call(ty.obj(), &[text]),
                Err(raised) => Err(raised),
            }
        };
        made.and_then(|exc| raise(rt, Some(exc)))
    };
    match raised {
        Err(raised) => raised,
        Ok(()) => rt.type_error("exceptions must derive from BaseException"),
    }
}

pub(crate) fn arg_check_num_sig(rt: &mut Runtime, n_args: usize, n_kw: usize, sig: u32) -> R<()> {
    let (min, max, takes_kw) = (
        (sig >> 17) as usize,
        (sig >> 1 & 0xffff) as usize,
        sig & 1 != 0,
    );
    let max = if max == 0xffff { usize::MAX } else { max };
    if n_args < min || n_args > max || (n_kw != 0 && !takes_kw) {
        return Err(builtin_fun::check_count(
            rt, n_args, n_kw, min, max, takes_kw,
        ));
    }
    Ok(())
}

/// What waits between two bytecodes.
pub(crate) fn poll(rt: &mut Runtime) -> R<()> {
    if rt.pending.any() {
        crate::interp::run_pending(rt)?;
    }
    Ok(())
}

pub(crate) fn raise_unbound(rt: &mut Runtime) -> R<()> {
    Err(super::unbound(rt))
}

/// One step of `yield from`: `ret` holds an exception to throw, or null; the value is put there.
pub(crate) fn yield_from(
    rt: &mut Runtime,
    gen_: Obj,
    send: Option<Obj>,
    ret: *mut Slot,
) -> R<bool> {
    // SAFETY: native code gives a word.
    let thrown = unsafe { ret.replace(None) };
    let step = match thrown {
        Some(what) => {
            let exc = crate::interp::exception_instance(rt, what)?;
            let step = resume::throw_foreign(rt, gen_, exc);
            let over = match &step {
                Ok(Step::Done(_)) => true,
                Ok(Step::Yield(_)) => false,
                Err(_) => rt.is_raised(&exc::STOP_ITERATION),
            };
            if over && exc::is_instance(exc, &exc::GENERATOR_EXIT) {
                // It finished quietly: the exception goes on.
                return Err(rt.raise_obj(exc));
            }
            step
        }
        None => {
            let send = send.unwrap_or(Obj::NONE);
            match gen_.cast::<Generator>() {
                Some(generator) => resume::resume(rt, generator, send, None),
                None => resume::step_foreign(rt, gen_, send),
            }
        }
    };
    let (yielded, value) = match step {
        Ok(Step::Yield(value)) => (true, value),
        Ok(Step::Done(value)) => (false, value),
        Err(raised) if rt.is_raised(&exc::STOP_ITERATION) => {
            let exc = rt.take_exception(raised);
            (false, resume::stop_value(exc))
        }
        Err(raised) => return Err(raised),
    };
    // SAFETY: as above.
    unsafe { ret.write(Some(value)) };
    Ok(yielded)
}
