//! Native generators (spec native-abi section 7).

use core::cell::Cell;
use core::mem::offset_of;

use ferlance_abi::layout;
use ferlance_abi::qstr;

use super::code_state::{self, CodeState};
use super::fun_obj::{self, NativeFun};
use super::trampoline;
use crate::call::Args;
use crate::exc;
use crate::interp::frame::Slot;
use crate::interp::resume::{Step, closed, generator_exit};
use crate::members;
use crate::obj::builtin_fun::BuiltinFun;
use crate::obj::generator::GENERATOR;
use crate::obj::ptr::{Ptr, PyType};
use crate::obj::ty::{Header, Members, PrintKind, Type, TypeFlags, VTable};
use crate::obj::word::Obj;
use crate::runtime::{R, Runtime};
use crate::text::print::{Print, write_fmt};

/// `generator`, made by native code.
pub(crate) static NATIVE_GENERATOR: Type =
    Type::builtin(qstr!("generator"), TypeFlags::AS_PARENT, &VT).with_parent(&GENERATOR);
static VT: VTable = VTable {
    print: Some(print),
    next: Some(next),
    members: &MEMBERS,
    ..VTable::NEW
};
static MEMBERS: Members = members! {
    "__next__" => Fun(&NEXT),
    "send" => Fun(&SEND),
    "throw" => Fun(&THROW),
    "close" => Fun(&CLOSE),
    "pend_throw" => Fun(&PEND_THROW),
};
pub(super) static NEXT: BuiltinFun =
    BuiltinFun::f1(qstr!("__next__"), |rt, obj| send(rt, obj, Obj::NONE));
pub(super) static SEND: BuiltinFun = BuiltinFun::f2(qstr!("send"), send);
static THROW: BuiltinFun = BuiltinFun::var(qstr!("throw"), 2, 4, throw);
static CLOSE: BuiltinFun = BuiltinFun::f1(qstr!("close"), close);
static PEND_THROW: BuiltinFun = BuiltinFun::f2(qstr!("pend_throw"), pend_throw);

/// A generator; the words of its code state follow.
#[repr(C)]
pub(crate) struct NativeGenerator {
    base: Header,
    /// Raised at the next resume; None (the object) if nothing is, null while it runs.
    pending: Cell<Option<Obj>>,
    state: CodeState,
}

const _: () = {
    let word = size_of::<usize>();
    assert!(offset_of!(NativeGenerator, pending) == word);
    assert!(offset_of!(NativeGenerator, state) == layout::NATIVE_GEN_CODE_STATE * word);
};

// SAFETY: every structure of type NATIVE_GENERATOR is a `NativeGenerator`.
unsafe impl PyType for NativeGenerator {
    fn ty() -> &'static Type {
        &NATIVE_GENERATOR
    }
}

/// Makes a generator from a native generator function and its arguments.
pub(super) fn call(rt: &mut Runtime, fun: Obj, args: Args<'_>) -> R<Obj> {
    let slots = code_state::slots(args.values());
    // SAFETY: reached through the vtable of NATIVE_GEN_FUN only, whose objects are of kind native; the arguments are
    // there.
    unsafe { make(rt, fun.cast_unchecked(), args.n_pos(), args.n_kw(), slots) }
}

/// Makes a generator from a native generator function and its arguments.
///
/// # Safety
/// The function makes generators. `n_args + 2 * n_kw` words stand at `args`.
pub(super) unsafe fn make(
    rt: &mut Runtime,
    fun: Ptr<NativeFun>,
    n_args: usize,
    n_kw: usize,
    args: *const Slot,
) -> R<Obj> {
    // SAFETY: the caller's. The loader checked that the function data has the words that a generator's has.
    unsafe {
        let code = fun.descriptor();
        let head = size_of::<NativeGenerator>() / size_of::<usize>();
        let n_state = code.n_state as usize;
        let at = rt.alloc_words(head + n_state, false)?;
        let start = fun.code.cast::<usize>().add(1).read();
        at.cast::<NativeGenerator>().write(NativeGenerator {
            base: Header::new(&NATIVE_GENERATOR),
            pending: Cell::new(Some(Obj::NONE)),
            state: CodeState {
                fun: Some(fun),
                ip: Cell::new(trampoline::entry_point(fun.code, start)),
                sp: Cell::new(core::ptr::null_mut()),
                n_state: Cell::new(code.n_state),
                exc_sp_idx: Cell::new(0),
                old_globals: Cell::new(None),
            },
        });
        let generator: Ptr<NativeGenerator> = Ptr::from_non_null(at.cast());
        let state = generator.state_ptr();
        code_state::set_up(rt, state, fun, code.n_state, n_args, n_kw, args)?;
        let state = &generator.state;
        state.exc_sp_idx.set(layout::EXC_SP_IDX_NATIVE);
        Ok(generator.obj())
    }
}

impl NativeGenerator {
    pub(super) fn state_ptr(&self) -> *mut CodeState {
        (&raw const self.state).cast_mut()
    }

    /// The word before the first value: where `sp` points before anything ran.
    fn fresh_sp(&self) -> *mut Slot {
        code_state::words(self.state_ptr()).wrapping_sub(1)
    }

    fn is_running(&self) -> bool {
        self.pending.get().is_none()
    }

    /// Its function.
    pub(super) fn fun(&self) -> Option<Ptr<NativeFun>> {
        self.state.fun
    }

    /// Does it rest, with nothing to raise at once, so that it may be given a value? What has not begun takes None only.
    #[inline(always)]
    pub(super) fn takes(&self, sent: Obj) -> bool {
        self.pending.get() == Some(Obj::NONE)
            && self.state.ip.get() != 0
            && (sent.is_none() || self.state.sp.get() != self.fresh_sp())
    }

    /// It runs, and what it waits for is there. The globals of its function are current.
    ///
    /// # Safety
    /// [`NativeGenerator::takes`] has said so.
    #[inline(always)]
    pub(super) unsafe fn begin(&self, fun: Ptr<NativeFun>, sent: Obj) {
        self.pending.set(None);
        let sp = self.state.sp.get();
        // SAFETY: what rests points to the value it yielded; what has not begun, to the word before its first value, which
        // is written next.
        unsafe { sp.write(Some(sent)) };
        self.state.old_globals.set(fun.context.globals());
    }

    /// It rests again, at the value it gave.
    ///
    /// # Safety
    /// Its code has come back.
    #[inline(always)]
    pub(super) unsafe fn end(&self) -> Slot {
        self.pending.set(Some(Obj::NONE));
        // SAFETY: emitted code left `sp` there.
        unsafe { *self.state.sp.get() }
    }

    /// The first word, where code of stock tools leaves an exception.
    pub(super) fn first(&self) -> Slot {
        // SAFETY: the loader saw to it that there are words.
        unsafe { *code_state::words(self.state_ptr()) }
    }

    /// It is over: lets go of what its locals held.
    pub(super) fn finish(&self) {
        self.state.ip.set(0);
        let first = code_state::words(self.state_ptr());
        for i in 0..self.state.n_state.get() as usize {
            // SAFETY: so many words follow.
            unsafe { first.add(i).write(None) };
        }
    }
}

/// Resumes a generator with a value, or with an exception to raise in it: called by anything but native code, whose
/// way is [`super::step`].
pub(crate) fn resume(
    rt: &mut Runtime,
    generator: Ptr<NativeGenerator>,
    sent: Obj,
    inject: Option<Obj>,
) -> R<Step> {
    rt.check_stack()?;
    let state = &generator.get().state;
    if state.ip.get() == 0 {
        return Ok(Step::Done(Obj::NONE));
    }
    let inject = match generator.pending.get() {
        None => return Err(rt.value_error("generator already executing")),
        Some(pending) if !pending.is_none() => Some(pending),
        Some(_) => inject,
    };
    let Some(fun) = state.fun else {
        return Ok(Step::Done(Obj::NONE));
    };
    let sp = state.sp.get();
    if sp == generator.fresh_sp() {
        if inject.is_none() && !sent.is_none() {
            return Err(rt.type_error("can't send non-None value to a just-started generator"));
        }
    } else {
        // SAFETY: a suspended generator points to the value it yielded.
        unsafe { sp.write(Some(sent)) };
    }
    generator.pending.set(None);
    state.old_globals.set(rt.interp.globals());
    let words = [
        generator.state_ptr().expose_provenance(),
        inject.map_or(0, Obj::raw),
        0,
        0,
    ];
    let code = trampoline::entry_point(fun.code, 2 * size_of::<usize>());
    // With a table of lines as `fun_obj::call_lined`; but code of generators leaves the globals to us.
    let is_lined = fun_obj::generator_fun(fun.obj()).is_none();
    let context = (!is_lined).then_some(fun.context);
    let former = is_lined.then(|| rt.interp.native_globals());
    if is_lined {
        rt.interp.set_native_globals(fun.context.globals());
    }
    // SAFETY: this is the resume code of that generator.
    let kind =
        unsafe { trampoline::call_keeping(rt, (fun.obj(), context), generator.obj(), code, words) };
    if let Some(globals) = former {
        rt.interp.set_native_globals(globals);
    }
    generator.pending.set(Some(Obj::NONE));
    let first = code_state::words(generator.state_ptr());
    // SAFETY: emitted code left `sp` at the value, and an exception in the first word.
    let value = unsafe {
        match kind {
            Ok(KIND_EXCEPTION) | Err(_) => *first,
            Ok(_) => *state.sp.get(),
        }
    };
    if kind == Ok(KIND_YIELD) {
        return Ok(Step::Yield(value.unwrap_or(Obj::NONE)));
    }
    generator.finish();
    match kind {
        Ok(KIND_EXCEPTION) => Err(failed(rt, value.unwrap_or(Obj::NONE))),
        Ok(_) => Ok(Step::Done(value.unwrap_or(Obj::NONE))),
        Err(_) if rt.is_raised(&exc::STOP_ITERATION) => {
            rt.clear_exception();
            Err(stopped(rt))
        }
        Err(raised) => Err(raised),
    }
}

/// How a resume ended: with a yield.
pub(super) const KIND_YIELD: usize = 1;
/// How a resume ended: with an exception.
pub(super) const KIND_EXCEPTION: usize = 2;

/// The code of a generator answered with an exception.
#[cold]
pub(super) fn failed(rt: &mut Runtime, exc: Obj) -> crate::Raised {
    if exc::is_instance(exc, &exc::STOP_ITERATION) {
        return stopped(rt);
    }
    rt.raise_obj(exc)
}

/// An exception has left a generator that native code resumed: what becomes of it further out.
pub(super) fn left_by(rt: &mut Runtime, generator: Ptr<NativeGenerator>, exc: Obj) -> Obj {
    generator.pending.set(Some(Obj::NONE));
    generator.finish();
    if !exc::is_instance(exc, &exc::STOP_ITERATION) {
        return exc;
    }
    let raised = stopped(rt);
    rt.take_exception(raised)
}

/// `StopIteration` must not pass for the end.
#[cold]
fn stopped(rt: &mut Runtime) -> crate::Raised {
    rt.raise_msg(&exc::RUNTIME_ERROR, "generator raised StopIteration")
}

fn this(rt: &mut Runtime, obj: Obj) -> R<Ptr<NativeGenerator>> {
    match obj.cast::<NativeGenerator>() {
        Some(generator) => Ok(generator),
        None => Err(crate::call::wrong_self(rt, &NATIVE_GENERATOR, obj)),
    }
}

fn print(rt: &mut Runtime, obj: Obj, _: PrintKind, out: &mut dyn Print) -> R<()> {
    let fun = obj
        .cast::<NativeGenerator>()
        .and_then(|generator| generator.state.fun);
    let name = match fun {
        // SAFETY: the function of a generator is of kind native.
        Some(fun) => rt.name_str(unsafe { fun.descriptor() }.name),
        None => crate::text::print::Word("?"),
    };
    write_fmt(
        rt,
        out,
        format_args!("<generator object '{name}' at {:x}>", obj.raw()),
    )
}

fn next(rt: &mut Runtime, obj: Obj) -> R<Option<Obj>> {
    let generator = this(rt, obj)?;
    match resume(rt, generator, Obj::NONE, None)? {
        Step::Yield(value) => Ok(Some(value)),
        Step::Done(value) if value.is_none() => Ok(None),
        // `next()` shows the value of `return`; loops do not look at it.
        Step::Done(value) => Err(rt.raise(&exc::STOP_ITERATION, &[value])),
    }
}

pub(super) fn outcome(rt: &mut Runtime, step: Step) -> R<Obj> {
    match step {
        Step::Yield(value) => Ok(value),
        Step::Done(value) if value.is_none() => Err(rt.raise(&exc::STOP_ITERATION, &[])),
        Step::Done(value) => Err(rt.raise(&exc::STOP_ITERATION, &[value])),
    }
}

fn send(rt: &mut Runtime, obj: Obj, value: Obj) -> R<Obj> {
    let generator = this(rt, obj)?;
    let step = resume(rt, generator, value, None)?;
    outcome(rt, step)
}

fn throw(rt: &mut Runtime, args: Args<'_>) -> R<Obj> {
    let generator = this(rt, args.pos()[0])?;
    let what = match args.get(2) {
        Some(value) if !value.is_none() => value,
        _ => args.pos()[1],
    };
    // What is no exception becomes a TypeError where the generator stands.
    let exc = match crate::interp::exception_instance(rt, what) {
        Ok(exc) => exc,
        Err(raised) => rt.take_exception(raised),
    };
    let step = resume(rt, generator, Obj::NONE, Some(exc))?;
    outcome(rt, step)
}

fn close(rt: &mut Runtime, obj: Obj) -> R<Obj> {
    let generator = this(rt, obj)?;
    if generator.state.ip.get() == 0 {
        return Ok(Obj::NONE);
    }
    let exit = generator_exit(rt)?;
    let step = resume(rt, generator, Obj::NONE, Some(exit));
    closed(rt, step)
}

fn pend_throw(rt: &mut Runtime, obj: Obj, exc: Obj) -> R<Obj> {
    let generator = this(rt, obj)?;
    if generator.is_running() {
        return Err(rt.value_error("generator already executing"));
    }
    Ok(generator.pending.replace(Some(exc)).unwrap_or(Obj::NONE))
}
