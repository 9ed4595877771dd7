//! Functions that become machine code when they turn out to be hot.
//!
//! ```text
//! load      bytecode, with what compiling it again takes: [`Hot`]
//! call      of the function object: counted, as are jumps back; who has many becomes machine code, and the object
//!           a native function, in place
//! loop      of a call that goes on and on: what is left of it runs as machine code on the words of the frame
//! ```
//!
//! Function objects of such code have types of their own, so that nobody takes them for what they may cease to be:
//! the loop calls them as it calls anything that is no function of bytecode. A frame stays one of bytecode even when
//! its function is none any more. What cannot be compiled is bytecode for ever, as if it had never been meant for more.

use core::cell::Cell;
use core::ptr::NonNull;

use ferlance_abi::qstr;
use ferlance_abi::qstr::Qstr;
use ferlance_abi::{CodeKind, ScopeFlags};
use ferlance_bytecode::bytes::Bytes;
use ferlance_bytecode::module::{
    CodeId, CompiledModule, Const, HotFunction, Number, RawCode, Seen,
};
use ferlance_bytecode::op::opcode;
use ferlance_collections::{OutOfMemory, TryVec};

use super::fun_obj::{self, NativeFun};
use super::load;
use crate::call::Args;
use crate::interp::code::Code;
use crate::interp::frame::Slot;
use crate::interp::{self, region};
use crate::obj::fun::{self, FUN, Fun};
use crate::obj::generator::GENERATOR_FUN;
use crate::obj::module::Module;
use crate::obj::ptr::Ptr;
use crate::obj::ty::{Type, VTable};
use crate::obj::word::Obj;
use crate::runtime::{R, Runtime};

mod loops;
mod seen;
mod turn;

pub(crate) use self::turn::{Turn, turn};

use self::loops::cannot_wait;
use self::seen::Locals;

/// Jumps back and calls, each counted as some of them, until a function is hot: compiling takes about as long as so
/// many save. Builds with checks do it soon, so that tests run it.
const READY: u32 = if cfg!(debug_assertions) { 4 } else { 1024 };
/// The same for who computes with big ints: as bytecode that takes hardly longer.
const LATER: u32 = 16 * READY;
/// A call, in jumps back.
const CALL: u32 = 2;

/// Functions of hot code that have not become machine code.
static HOT_FUN: Type = Type::builtin(qstr!("function"), fun_obj::FLAGS, &FUN_VT).with_parent(&FUN);
static FUN_VT: VTable = VTable {
    print: fun::VT.print,
    call: Some(call),
    attr: fun::VT.attr,
    ..VTable::NEW
};

/// The same that make generators.
static HOT_GEN_FUN: Type =
    Type::builtin(qstr!("generator"), fun_obj::FLAGS, &GEN_VT).with_parent(&GENERATOR_FUN);
static GEN_VT: VTable = VTable {
    call: Some(call),
    attr: Some(fun::attr),
    ..VTable::NEW
};

/// The kind of hot code in the first word of its code: none of those that files have.
const KIND: u8 = 1;
const _: () = assert!(CodeKind::Bytecode.raw_code_number() != KIND);

/// What the instructions of hot code are followed by: where a frame goes on whose call has ended as machine code.
const PADS: [u8; 2] = [opcode::RETURN_VALUE, opcode::END_FINALLY];
/// The same with an exception.
const RAISE_PAD: usize = 1;

/// What is known of a function.
#[derive(Clone, Copy)]
enum Stage {
    /// It is bytecode so far.
    Cold,
    /// It is machine code: this.
    Made(Ptr<Code>),
    /// It stays bytecode.
    GivenUp,
}

/// The code of a function that may become hot. Who points to one points to its [`Code`].
#[repr(C)]
pub(crate) struct Hot {
    code: Code,
    /// The raw code, prelude and all.
    raw: *const u8,
    n_raw: usize,
    common: Ptr<Common>,
    stage: Cell<Stage>,
    /// What is missing to be hot.
    left: Cell<u32>,
    wait: Cell<Wait>,
}

/// What is waited for before it becomes machine code.
#[derive(Clone, Copy)]
enum Wait {
    /// To be hot.
    Heat,
    /// The next turn of the outermost loop, from its first to its last offset; but for no more than so many of an
    /// inner one.
    Outer {
        first: usize,
        last: usize,
        patience: u32,
    },
    /// The next call: loops are no place for it.
    Call,
}

/// What the hot code of a module has in common.
#[repr(C)]
pub(crate) struct Common {
    names: *const Qstr,
    n_names: usize,
    /// Words of the object table, which grows with each function that is compiled.
    n_consts: Cell<usize>,
}

/// [`Common`] of a module with these tables.
pub(crate) fn common(
    rt: &mut Runtime,
    module: &CompiledModule<'_>,
    context: Ptr<Module>,
) -> R<Option<Ptr<Common>>> {
    if !crate::config::QUICKEN || module.hot.is_empty() || rt.imports.hot.is_none() {
        return Ok(None);
    }
    let names = context.names.get();
    let common = rt.new_obj(Common {
        names: names.map_or(core::ptr::null(), |names| names.as_ptr()),
        n_names: module.names.len(),
        n_consts: Cell::new(module.consts.len()),
    })?;
    Ok(Some(common))
}

/// Is the raw code one of those of the module that may become hot?
pub(crate) fn is_meant(module: &CompiledModule<'_>, id: CodeId) -> bool {
    module.hot.binary_search(&id).is_ok()
}

/// The private copy of the instructions.
pub(crate) fn copy_code(rt: &mut Runtime, code: &[u8]) -> R<NonNull<u8>> {
    let at = rt.alloc_block(code.len() + PADS.len(), true)?;
    // SAFETY: the block holds both.
    unsafe {
        at.copy_from_nonoverlapping(NonNull::from(code).cast(), code.len());
        at.add(code.len()).cast::<[u8; 2]>().write(PADS);
    }
    Ok(at)
}

/// Makes hot code of the code, whose instructions are such a copy.
pub(crate) fn new(
    rt: &mut Runtime,
    code: Code,
    raw: &RawCode<'_>,
    names: &[Qstr],
    common: Ptr<Common>,
) -> R<Ptr<Code>> {
    let is_generator = code.flags.has(ScopeFlags::GENERATOR);
    // At the end there is a value on the stack, and a block around it.
    let (Some(least), Some(n_exc)) = (code.n_locals.checked_add(1), code.n_exc.checked_add(1))
    else {
        return rt.new_obj(code);
    };
    let code = Code {
        head: u32::from_le_bytes([0, 0, KIND, u8::from(is_generator)]) as usize,
        n_state: code.n_state.max(least),
        n_exc,
        ..code
    };
    let n_raw = raw.bytes.len();
    let copy = rt.alloc_block(n_raw.max(1), true)?;
    // SAFETY: the block holds them all.
    unsafe { copy.copy_from_nonoverlapping(NonNull::from(&*raw.bytes).cast(), n_raw) };
    let left = match cannot_wait(raw, names) {
        true => CALL,
        false => READY,
    };
    let hot = rt.new_obj(Hot {
        code,
        raw: copy.as_ptr(),
        n_raw,
        common,
        stage: Cell::new(Stage::Cold),
        left: Cell::new(left),
        wait: Cell::new(Wait::Heat),
    })?;
    // SAFETY: it begins with the code.
    Ok(unsafe { Ptr::from_non_null(hot.as_non_null().cast()) })
}

impl Hot {
    /// The hot code that this is, if it is.
    pub(crate) fn of(code: Ptr<Code>) -> Option<Ptr<Hot>> {
        let is_hot = crate::config::QUICKEN && code.head.to_le_bytes()[2] == KIND;
        // SAFETY: code of that kind is made in `new` only.
        is_hot.then(|| unsafe { Ptr::from_non_null(code.as_non_null().cast()) })
    }

    /// May its loops still become machine code, rather than regions?
    pub(crate) fn is_waiting(&self) -> bool {
        matches!(self.stage.get(), Stage::Cold)
            && !matches!(self.wait.get(), Wait::Call)
            && !self.code.flags.has(ScopeFlags::GENERATOR)
    }

    /// Counts; is it hot?
    fn count(&self, n: u32) -> bool {
        let left = self.left.get().saturating_sub(n);
        self.left.set(left);
        left == 0
    }

    /// It takes longer to be hot.
    fn postpone(&self) {
        self.left.set(LATER);
    }

    /// The raw code.
    fn raw(&self) -> &[u8] {
        // SAFETY: so many bytes have been copied there, which nobody changes.
        unsafe { core::slice::from_raw_parts(self.raw, self.n_raw) }
    }

    /// The names of its module.
    fn names(&self) -> &[Qstr] {
        let common = &*self.common;
        // SAFETY: the loader made a table of so many, which nobody changes.
        unsafe { core::slice::from_raw_parts(common.names, common.n_names) }
    }
}

/// A function of hot code.
pub(super) fn make(
    rt: &mut Runtime,
    context: Ptr<Module>,
    code: Ptr<Code>,
    hot: Ptr<Hot>,
    defs: Slot,
    kwdefs: Slot,
) -> R<Obj> {
    let is_generator = code.flags.has(ScopeFlags::GENERATOR);
    let ty = match (hot.stage.get(), is_generator) {
        (Stage::Made(made), _) => return fun_obj::make(rt, context, made, defs, kwdefs),
        (Stage::Cold, false) => &HOT_FUN,
        (Stage::Cold, true) => &HOT_GEN_FUN,
        (Stage::GivenUp, _) => plain_type(is_generator),
    };
    interp::function_of_type(rt, ty, context, code, defs, kwdefs)
}

fn plain_type(is_generator: bool) -> &'static Type {
    match is_generator {
        true => &GENERATOR_FUN,
        false => &FUN,
    }
}

/// Calls a function that is not machine code yet, or did not know it.
fn call(rt: &mut Runtime, obj: Obj, args: Args<'_>) -> R<Obj> {
    // SAFETY: reached through the vtables of HOT_FUN and HOT_GEN_FUN only, whose objects are `Fun`s.
    let fun: Ptr<Fun> = unsafe { obj.cast_unchecked() };
    let code = fun.code;
    let is_generator = code.flags.has(ScopeFlags::GENERATOR);
    if let Some(hot) = Hot::of(code) {
        if let Stage::Cold = hot.stage.get()
            && hot.count(CALL)
        {
            let params = args.pos().iter().take(code.n_pos as usize);
            match Locals::new(params.copied().map(Some)) {
                Ok(locals) if locals.are_big() => hot.postpone(),
                Ok(locals) => {
                    let made = compile(rt, hot, fun.context, None, &locals.seen);
                    hot.stage
                        .set(made.map_or_else(|| give_up(code), Stage::Made));
                }
                Err(_) => hot.stage.set(give_up(code)),
            }
        }
        match hot.stage.get() {
            Stage::Cold => {}
            Stage::Made(made) => {
                become_native(fun, made);
                return rt.call_args(obj, args);
            }
            Stage::GivenUp => become_type(fun, plain_type(is_generator)),
        }
    }
    match is_generator {
        true => interp::call_generator_fun(rt, obj, args),
        false => interp::call_fun(rt, obj, args),
    }
}

/// It is bytecode from now on, whose loops may become regions.
fn give_up(code: Ptr<Code>) -> Stage {
    code.heat.set(region::HOT);
    Stage::GivenUp
}

/// Makes a function object one of another type with the same layout.
fn become_type(fun: Ptr<Fun>, ty: &'static Type) {
    let at: *mut Fun = fun.as_non_null().as_ptr();
    // SAFETY: a head of an object that nobody refers to by reference during this call.
    unsafe { at.write(Fun::new(ty, fun.context, fun.children, fun.code)) };
}

/// Makes a function object one of machine code, where it is: defaults stand behind both alike.
fn become_native(fun: Ptr<Fun>, made: Ptr<Code>) {
    let context = fun.context;
    let at: *mut NativeFun = fun.as_non_null().as_ptr().cast();
    const { assert!(size_of::<NativeFun>() == size_of::<Fun>()) };
    // SAFETY: as in `become_type`; both have one size.
    unsafe { at.write(NativeFun::new(context, made)) };
}

/// Compiles and loads hot code; nothing if that cannot be done. It was only meant to be quicker, so nothing is raised.
fn compile(
    rt: &mut Runtime,
    hot: Ptr<Hot>,
    context: Ptr<Module>,
    midway: Option<(u32, bool)>,
    seen: &[Seen],
) -> Option<Ptr<Code>> {
    let hook = rt.imports.hot?;
    let consts = consts(context, &hot.common).ok()?;
    let mut children = TryVec::new();
    children
        .resize(hot.code.n_children as usize, CodeId::ROOT)
        .ok()?;
    let raw = RawCode {
        bytes: Bytes::Borrowed(hot.raw()),
        children,
        ..RawCode::default()
    };
    let function = HotFunction {
        raw: &raw,
        names: hot.names(),
        consts,
        n_locals: u32::from(hot.code.n_locals),
        midway,
        seen,
    };
    let module = hook(rt, function)?;
    let made = install(rt, hot, context, &module);
    if made.is_err() {
        rt.clear_exception();
    }
    made.ok()
}

/// The object table as the compiler wants it: as long as it is, with the floats in it.
fn consts(context: Ptr<Module>, common: &Common) -> Result<TryVec<Const<'static>>, OutOfMemory> {
    let mut consts = TryVec::new();
    for i in 0..common.n_consts.get() {
        let object = context.obj_table.get().and_then(|table| {
            // SAFETY: the table has so many words. Those that are no objects are addresses of memory.
            let object = unsafe { table.add(i).read() };
            object.as_float()
        });
        consts.push(match object {
            Some(value) => Const::Float(Number {
                value,
                text: Default::default(),
            }),
            None => Const::None,
        })?;
    }
    Ok(consts)
}

/// Makes the descriptor of machine code. The object table of its module gets what it adds.
fn install(
    rt: &mut Runtime,
    hot: Ptr<Hot>,
    context: Ptr<Module>,
    module: &CompiledModule<'_>,
) -> R<Ptr<Code>> {
    let (n_before, n_consts) = (hot.common.n_consts.get(), module.consts.len());
    let table = rt.alloc_words(n_consts.max(1), false)?.cast::<Obj>();
    for i in 0..n_consts {
        let object = match context.obj_table.get() {
            // SAFETY: the old table has so many words.
            Some(old) if i < n_before => unsafe { old.add(i).read() },
            _ => Obj::NONE,
        };
        // SAFETY: the new one has so many.
        unsafe { table.add(i).write(object) };
    }
    for (i, constant) in module.consts.iter().enumerate().skip(n_before) {
        let object = load::constant(rt, module, constant)?;
        // SAFETY: as above.
        unsafe { table.add(i).write(object) };
    }
    let (placed, block) = load::commit(rt, module, context)?;
    let n_children = hot.code.n_children as usize;
    let children = rt.alloc_words(n_children + 1, false)?.cast::<Ptr<Code>>();
    // SAFETY: the loader made as many children; the last word is the descriptor's.
    unsafe {
        core::ptr::write_bytes(children.cast::<usize>().as_ptr(), 0, n_children + 1);
        core::ptr::copy_nonoverlapping(hot.code.children, children.as_ptr(), n_children);
    }
    let made = load::descriptor(rt, module, 0, context, children, Some(&placed))?;
    // The machine code lives as long as its descriptor, which has no caches.
    // SAFETY: nobody refers to it yet.
    unsafe { (*made.as_non_null().as_ptr()).caches = block.as_non_null().as_ptr().cast() };
    context.obj_table.set(Some(table));
    hot.common.n_consts.set(n_consts);
    Ok(made)
}
