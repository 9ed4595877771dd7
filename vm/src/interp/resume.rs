//! Resuming generators, from the loop and from Rust code (spec bytecode 8.2).

use ferlance_abi::qstr;
use ferlance_bytecode::op::opcode;

use super::frame::{Frame, Return};
use super::run::run;
use crate::exc;
#[cfg(feature = "native")]
use crate::native::{self, NativeGenerator};
use crate::obj::generator::{Generator, Stage};
use crate::obj::ptr::Ptr;
use crate::obj::word::Obj;
use crate::runtime::{R, Runtime};

/// How far an iterator got.
pub(crate) enum Step {
    /// It gave a value.
    Yield(Obj),
    /// It ended with a value.
    Done(Obj),
}

/// The generator whose frame this is.
#[cfg_attr(not(feature = "small"), inline(always))]
pub(super) fn generator_of(frame: &Frame) -> Option<Ptr<Generator>> {
    match frame.ret_kind {
        Return::ForIter | Return::Delegate | Return::GeneratorToRust => frame.owner?.cast(),
        Return::Value | Return::ToRust | Return::Init => None,
    }
}

/// Remembers where a generator's frame stopped.
#[inline]
pub(super) fn suspend(generator: Ptr<Generator>, frame: &Frame) {
    generator.ip.set(frame.ip);
    generator.sp.set(frame.sp);
    generator.blocks.set(frame.blocks);
    generator.stage.set(Stage::Suspended);
}

/// The generator returned.
#[inline]
pub(super) fn finish(generator: Ptr<Generator>) {
    generator.stage.set(Stage::Finished);
    // Lets go of what its locals held.
    let words = generator.words();
    for i in 0..generator.code.frame_words() {
        // SAFETY: the frame's words follow the structure.
        unsafe { words.add(i).write(None) };
    }
}

/// The generator raised: `StopIteration` must not pass for its end.
#[cold]
pub(super) fn fail(rt: &mut Runtime, generator: Ptr<Generator>) {
    finish(generator);
    if rt.is_raised(&exc::STOP_ITERATION) {
        rt.clear_exception();
        rt.raise_msg(&exc::RUNTIME_ERROR, "generator raised StopIteration");
    }
}

/// What became of a generator that the loop resumes.
pub(super) enum Entered {
    /// Its frame was pushed.
    Frame,
    /// It has ended, with a value.
    Done(Obj),
    /// It has yielded already.
    Yielded(Obj),
}

/// Pushes the frame of a generator that gets `sent`.
///
/// # Safety
/// The running frame, if any, has saved its `ip` and `sp`.
#[inline]
pub(super) unsafe fn enter(
    rt: &mut Runtime,
    generator: Ptr<Generator>,
    sent: Obj,
    kind: Return,
) -> R<Entered> {
    match generator.stage.get() {
        Stage::Suspended => {
            if let Some(exc) = generator.pending.take() {
                return throw_into(rt, generator, exc);
            }
            // The sent value takes the place of the yielded one.
            // SAFETY: a suspended generator has the yielded value on top of its stack.
            unsafe { generator.sp.get().sub(1).write(Some(sent)) };
        }
        Stage::Fresh => {
            if !sent.is_none() {
                return Err(rt.type_error("can't send non-None value to a just-started generator"));
            }
            if let Some(exc) = generator.pending.take() {
                return throw_into(rt, generator, exc);
            }
        }
        Stage::Running => return Err(rt.value_error("generator already executing")),
        Stage::Finished => return Ok(Entered::Done(Obj::NONE)),
    }
    // SAFETY: the caller's.
    unsafe { push(rt, generator, kind)? };
    Ok(Entered::Frame)
}

/// Raises a pending exception in a generator that the loop was about to resume, as a detour through Rust code.
#[cold]
fn throw_into(rt: &mut Runtime, generator: Ptr<Generator>, exc: Obj) -> R<Entered> {
    Ok(match resume(rt, generator, Obj::NONE, Some(exc))? {
        Step::Done(value) => Entered::Done(value),
        Step::Yield(value) => Entered::Yielded(value),
    })
}

/// # Safety
/// As [`enter`]; the generator is fresh or suspended.
unsafe fn push(rt: &mut Runtime, generator: Ptr<Generator>, kind: Return) -> R<()> {
    let code = generator.code;
    let top = rt.interp.top();
    let Some(at) = rt.interp.next_frame() else {
        return Err(rt.recursion_error());
    };
    // SAFETY: the context of a function has globals.
    unsafe {
        at.write(Frame {
            code,
            base: generator.words(),
            ip: generator.ip.get(),
            sp: generator.sp.get(),
            top,
            ret: core::ptr::null_mut(),
            blocks: generator.blocks.get(),
            globals: generator.context.globals().unwrap_unchecked(),
            context: generator.context,
            owner: Some(generator.obj()),
            ret_kind: kind,
        });
    }
    generator.stage.set(Stage::Running);
    Ok(())
}

/// Resumes a generator from Rust code, with a value or with an exception to raise in it.
pub(crate) fn resume(
    rt: &mut Runtime,
    generator: Ptr<Generator>,
    sent: Obj,
    inject: Option<Obj>,
) -> R<Step> {
    rt.check_stack()?;
    let inject = match inject {
        Some(exc) => Some(exc),
        None if generator.stage.get() != Stage::Running => generator.pending.take(),
        None => None,
    };
    let Some(exc) = inject else {
        // SAFETY: called from Rust code: the running frame saved what it needs.
        match unsafe { enter(rt, generator, sent, Return::GeneratorToRust)? } {
            Entered::Frame => {}
            Entered::Done(value) => return Ok(Step::Done(value)),
            Entered::Yielded(value) => return Ok(Step::Yield(value)),
        }
        let value = run(rt, None)?;
        return Ok(if rt.interp.yielded {
            Step::Yield(value)
        } else {
            Step::Done(value)
        });
    };
    match generator.stage.get() {
        Stage::Running => return Err(rt.value_error("generator already executing")),
        Stage::Finished => return Ok(Step::Done(Obj::NONE)),
        Stage::Fresh => {}
        // SAFETY: a suspended generator's `ip` is inside its code.
        Stage::Suspended => unsafe {
            if *generator.ip.get() == opcode::YIELD_FROM {
                return throw_delegated(rt, generator, exc);
            }
        },
    }
    // SAFETY: as above.
    unsafe { push(rt, generator, Return::GeneratorToRust)? };
    let value = run(rt, Some(exc))?;
    Ok(if rt.interp.yielded {
        Step::Yield(value)
    } else {
        Step::Done(value)
    })
}

/// Throws into a generator that waits in a `yield from`: the iterator there gets the exception first.
///
/// # Safety
/// The generator is suspended at `YIELD_FROM`: the iterator is below the value on top.
unsafe fn throw_delegated(rt: &mut Runtime, generator: Ptr<Generator>, exc: Obj) -> R<Step> {
    // SAFETY: the caller's.
    let it = unsafe { (*generator.sp.get().sub(2)).unwrap_unchecked() };
    // While the iterator runs, this generator counts as running, too.
    generator.stage.set(Stage::Running);
    let step = throw_foreign(rt, it, exc);
    generator.stage.set(Stage::Suspended);
    // SAFETY: as above.
    unsafe {
        match step {
            Ok(Step::Yield(value)) => {
                generator.sp.get().sub(1).write(Some(value));
                Ok(Step::Yield(value))
            }
            Ok(Step::Done(value)) => {
                // The iterator gives way to its result; execution goes on behind the instruction.
                generator.sp.set(generator.sp.get().sub(1));
                generator.sp.get().sub(1).write(Some(value));
                generator.ip.set(generator.ip.get().add(1));
                let again = exc::is_instance(exc, &exc::GENERATOR_EXIT).then_some(exc);
                push(rt, generator, Return::GeneratorToRust)?;
                if again.is_some() {
                    // `run` raises just behind the given place; the exception belongs to YIELD_FROM itself.
                    let frame = rt.interp.frame_at(rt.interp.depth - 1);
                    (*frame).ip = (*frame).ip.sub(1);
                }
                let value = run(rt, again)?;
                Ok(if rt.interp.yielded {
                    Step::Yield(value)
                } else {
                    Step::Done(value)
                })
            }
            Err(raised) => {
                let raised_exc = rt.take_exception(raised);
                if exc::is_instance(raised_exc, &exc::STOP_ITERATION) {
                    let value = stop_value(raised_exc);
                    generator.sp.set(generator.sp.get().sub(1));
                    generator.sp.get().sub(1).write(Some(value));
                    generator.ip.set(generator.ip.get().add(1));
                    push(rt, generator, Return::GeneratorToRust)?;
                    let value = run(rt, None)?;
                    return Ok(if rt.interp.yielded {
                        Step::Yield(value)
                    } else {
                        Step::Done(value)
                    });
                }
                push(rt, generator, Return::GeneratorToRust)?;
                let value = run(rt, Some(raised_exc))?;
                Ok(if rt.interp.yielded {
                    Step::Yield(value)
                } else {
                    Step::Done(value)
                })
            }
        }
    }
}

/// Throws an exception into any iterator.
pub(crate) fn throw_foreign(rt: &mut Runtime, it: Obj, exc: Obj) -> R<Step> {
    if let Some(inner) = it.cast::<Generator>() {
        return resume(rt, inner, Obj::NONE, Some(exc));
    }
    if exc::is_instance(exc, &exc::GENERATOR_EXIT) {
        if let Some(close) = rt.load_attr_maybe(it, qstr!("close"))? {
            rt.call(close, &[])?;
        }
        return Ok(Step::Done(Obj::NONE));
    }
    match rt.load_attr_maybe(it, qstr!("throw"))? {
        Some(throw) => rt.call(throw, &[exc]).map(Step::Yield),
        None => Err(rt.raise_obj(exc)),
    }
}

/// The value that a `StopIteration` carries.
pub(crate) fn stop_value(exc: Obj) -> Obj {
    crate::obj::exception::native_part(exc)
        .and_then(|exc| exc.arg(0))
        .unwrap_or(Obj::NONE)
}

/// One step of `yield from` over something that is not a generator object.
pub(crate) fn step_foreign(rt: &mut Runtime, it: Obj, sent: Obj) -> R<Step> {
    #[cfg(feature = "native")]
    if let Some(generator) = it.cast::<NativeGenerator>() {
        return native::resume(rt, generator, sent, None);
    }
    let result = if sent.is_none() {
        match it.ty().vt().next {
            Some(next) => next(rt, it),
            None => rt.call_method(it, qstr!("__next__"), &[]).map(Some),
        }
    } else {
        rt.call_method(it, qstr!("send"), &[sent]).map(Some)
    };
    match result {
        Ok(Some(value)) => Ok(Step::Yield(value)),
        Ok(None) => Ok(Step::Done(Obj::NONE)),
        Err(raised) if rt.is_raised(&exc::STOP_ITERATION) => {
            let exc = rt.take_exception(raised);
            Ok(Step::Done(stop_value(exc)))
        }
        Err(raised) => Err(raised),
    }
}

/// The one `GeneratorExit` that `close()` raises; it leaves no traceback.
pub(crate) fn generator_exit(rt: &mut Runtime) -> R<Obj> {
    if let Some(exit) = rt.state.generator_exit {
        return Ok(exit);
    }
    let exit = exc::new(rt, &exc::GENERATOR_EXIT, &[])?;
    rt.state.generator_exit = Some(exit);
    Ok(exit)
}

/// What `close` answers to how a generator took its `GeneratorExit`.
pub(crate) fn closed(rt: &mut Runtime, step: R<Step>) -> R<Obj> {
    match step {
        Ok(Step::Yield(_)) => {
            Err(rt.raise_msg(&exc::RUNTIME_ERROR, "generator ignored GeneratorExit"))
        }
        Ok(Step::Done(_)) => Ok(Obj::NONE),
        Err(raised) if rt.is_raised(&exc::GENERATOR_EXIT) || rt.is_raised(&exc::STOP_ITERATION) => {
            rt.take_exception(raised);
            Ok(Obj::NONE)
        }
        Err(raised) => Err(raised),
    }
}
