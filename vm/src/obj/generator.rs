//! Generators and coroutines: a suspended frame on the heap.
//!
//! The frame's words (locals, temporaries, blocks) follow the structure in the same block; the interpreter
//! runs them in place.

use core::cell::Cell;

use ferlance_abi::qstr;

use super::fun::Fun;
use super::ptr::{Ptr, PyType};
use super::ty::{Header, Members, PrintKind, Type, TypeFlags, VTable};
use super::word::Obj;
use crate::call::Args;
use crate::exc;
use crate::interp::code::Code;
use crate::interp::frame::{Block, Slot};
use crate::interp::resume::{self, Step};
use crate::members;
use crate::obj::builtin_fun::BuiltinFun;
use crate::obj::module::Module;
use crate::runtime::{R, Runtime};
use crate::text::print::{Hex, Print};

/// `generator`.
pub static GENERATOR: Type = Type::builtin(qstr!("generator"), 0, &VT);
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
static NEXT: BuiltinFun = BuiltinFun::f1(qstr!("__next__"), py_next);
static SEND: BuiltinFun = BuiltinFun::f2(qstr!("send"), send);
static THROW: BuiltinFun = BuiltinFun::var(qstr!("throw"), 2, 4, throw);
static CLOSE: BuiltinFun = BuiltinFun::f1(qstr!("close"), close);
static PEND_THROW: BuiltinFun = BuiltinFun::f2(qstr!("pend_throw"), pend_throw);

/// The type of generator functions: calling one makes a generator.
pub static GENERATOR_FUN: Type = Type::builtin(qstr!("generator"), TypeFlags::BINDS_SELF, &FUN_VT);
static FUN_VT: VTable = VTable {
    call: Some(crate::interp::call_generator_fun),
    attr: Some(super::fun::attr),
    ..VTable::NEW
};

/// Where a generator is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stage {
    /// Nothing has run.
    Fresh,
    /// At a `yield`.
    Suspended,
    /// Its frame is active.
    Running,
    /// Returned or raised.
    Finished,
}

/// A generator.
#[repr(C)]
pub struct Generator {
    base: Header,
    /// Raised at the next resume, if set.
    pub pending: Cell<Option<Obj>>,
    /// Its function's code.
    pub code: Ptr<Code>,
    /// Its function's module.
    pub context: Ptr<Module>,
    /// Where it goes on.
    pub ip: Cell<*const u8>,
    /// Next free word of its frame.
    pub sp: Cell<*mut Slot>,
    /// Next free block of its frame.
    pub blocks: Cell<*mut Block>,
    /// Where it is.
    pub stage: Cell<Stage>,
}

// SAFETY: every structure of type GENERATOR is a `Generator`.
unsafe impl PyType for Generator {
    fn ty() -> &'static Type {
        &GENERATOR
    }
}

impl Generator {
    /// The first word of its frame.
    pub fn words(&self) -> *mut Slot {
        (&raw const *self).wrapping_add(1).cast_mut().cast()
    }
}

/// A generator of `fun`, whose bound locals stand at `locals`.
///
/// # Safety
/// `n_locals` words stand at `locals`.
pub unsafe fn new(rt: &mut Runtime, fun: Ptr<Fun>, locals: *const Slot) -> R<Obj> {
    let code = fun.code;
    let head = size_of::<Generator>() / size_of::<usize>();
    let words = code.frame_words();
    let before = rt.interp.reserve(locals, code.n_locals as usize);
    let at = rt.alloc_words(head + words, false);
    rt.interp.release(before);
    let at = at?;
    // SAFETY: the block holds the head and the frame's words; the caller vouches for `locals`.
    unsafe {
        let frame = at.add(head).cast::<Slot>().as_ptr();
        let n = code.n_locals as usize;
        core::ptr::copy_nonoverlapping(locals, frame, n);
        for i in n..words {
            frame.add(i).write(None);
        }
        at.cast::<Generator>().write(Generator {
            base: Header::new(&GENERATOR),
            pending: Cell::new(None),
            code,
            context: fun.context,
            ip: Cell::new(code.bytes),
            sp: Cell::new(frame.add(n)),
            blocks: Cell::new(frame.add(code.n_state as usize).cast()),
            stage: Cell::new(Stage::Fresh),
        });
        Ok(Ptr::<Generator>::from_non_null(at.cast()).obj())
    }
}

fn this(rt: &mut Runtime, obj: Obj) -> R<Ptr<Generator>> {
    match obj.cast::<Generator>() {
        Some(generator) => Ok(generator),
        None => Err(rt.type_error_of("argument should be a 'generator' not a '{}'", obj)),
    }
}

fn print(rt: &mut Runtime, obj: Obj, _: PrintKind, out: &mut dyn Print) -> R<()> {
    let name = match obj.cast::<Generator>() {
        Some(generator) => rt.name_str(generator.code.name),
        None => crate::text::print::Word("?"),
    };
    crate::text::print::write_fmt(
        rt,
        out,
        format_args!("<generator object '{name}' at {}>", Hex(obj.raw())),
    )
}

fn next(rt: &mut Runtime, obj: Obj) -> R<Option<Obj>> {
    let generator = this(rt, obj)?;
    match resume::resume(rt, generator, Obj::NONE, None)? {
        Step::Yield(value) => Ok(Some(value)),
        Step::Done(value) if value.is_none() => Ok(None),
        // `next()` shows the value of `return`; loops do not look at it.
        Step::Done(value) => Err(rt.raise(&exc::STOP_ITERATION, &[value])),
    }
}

fn outcome(rt: &mut Runtime, step: Step) -> R<Obj> {
    match step {
        Step::Yield(value) => Ok(value),
        Step::Done(value) if value.is_none() => Err(rt.raise(&exc::STOP_ITERATION, &[])),
        Step::Done(value) => Err(rt.raise(&exc::STOP_ITERATION, &[value])),
    }
}

fn py_next(rt: &mut Runtime, obj: Obj) -> R<Obj> {
    send(rt, obj, Obj::NONE)
}

fn send(rt: &mut Runtime, obj: Obj, value: Obj) -> R<Obj> {
    let generator = this(rt, obj)?;
    let step = resume::resume(rt, generator, value, None)?;
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
    let step = resume::resume(rt, generator, Obj::NONE, Some(exc))?;
    outcome(rt, step)
}

/// Ends a generator: `GeneratorExit` is raised in it.
pub fn close(rt: &mut Runtime, obj: Obj) -> R<Obj> {
    let generator = this(rt, obj)?;
    if generator.stage.get() == Stage::Finished {
        return Ok(Obj::NONE);
    }
    let exit = resume::generator_exit(rt)?;
    let step = resume::resume(rt, generator, Obj::NONE, Some(exit));
    resume::closed(rt, step)
}

fn pend_throw(rt: &mut Runtime, obj: Obj, exc: Obj) -> R<Obj> {
    let generator = this(rt, obj)?;
    if generator.stage.get() == Stage::Running {
        return Err(rt.value_error("generator already executing"));
    }
    let before = generator
        .pending
        .replace(if exc.is_none() { None } else { Some(exc) });
    Ok(before.unwrap_or(Obj::NONE))
}
