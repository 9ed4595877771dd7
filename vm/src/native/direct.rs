//! Calls from native code to native code: entries 27 and 28 without the way through the runtime.
//!
//! A native function whose module's globals are current already is called at once, with the arguments where they are.
//! Nothing is put into the chain of exception buffers: an exception may pass over these frames, which own nothing.
//! The same goes for closures of such functions, bound methods of them, and classes whose `__init__` is one. Everything
//! else goes to the ordinary shims.

use core::mem::MaybeUninit;

use super::activation::Activation;
use super::fun_obj::NativeFun;
use super::fun_table::shims;
use super::{current, entry, fun_obj, generator, nlr, step, trampoline};
use crate::call::{self, Args};
use crate::interp::Spread;
use crate::interp::frame::Slot;
use crate::obj::bound_method::BoundMethod;
use crate::obj::builtin_fun::{self, BuiltinFun};
use crate::obj::class;
use crate::obj::closure::Closure;
use crate::obj::ptr::Ptr;
use crate::obj::word::Obj;
use crate::runtime::{R, Runtime};

const WORD: usize = size_of::<usize>();

/// Code of a native function.
pub(super) type Code = unsafe extern "C" fn(usize, usize, usize, *mut Slot) -> usize;

/// The function, if `fun` is a native one that may be called as it is, as far as that is quickly told.
///
/// # Safety
/// `fun` is an object or null; `rt` is the runtime under which native code runs.
#[cfg_attr(not(feature = "small"), inline(always))]
unsafe fn callee(rt: *const Runtime, fun: usize) -> Option<Ptr<NativeFun>> {
    // SAFETY: the caller's; the runtime's reference is gone when this returns.
    unsafe {
        let native = function(fun)?;
        let rt = &*rt;
        (rt.runs_in(native.context) && has_stack(rt)).then_some(native)
    }
}

/// The same if its caller does not tell the globals, as viper functions.
///
/// # Safety
/// As [`callee`].
#[inline(always)]
unsafe fn callee_of_viper(rt: *const Runtime, fun: usize) -> Option<Ptr<NativeFun>> {
    // SAFETY: as there.
    unsafe {
        let native = function(fun)?;
        let rt = &*rt;
        let globals = native.context.globals()?;
        (rt.interp.runs_in(globals) && has_stack(rt)).then_some(native)
    }
}

/// The function, if it is a native one.
///
/// # Safety
/// It is an object or null.
#[inline(always)]
unsafe fn function(fun: usize) -> Option<Ptr<NativeFun>> {
    if cfg!(target_arch = "xtensa") {
        // The calling convention of the code may be another one.
        return None;
    }
    // SAFETY: the caller's.
    unsafe { Obj::from_raw(fun)?.cast::<NativeFun>() }
}

/// Is there machine stack left?
#[inline(always)]
pub(super) fn has_stack(rt: &Runtime) -> bool {
    let here = 0u8;
    (&raw const here).addr() >= rt.interp.stack_limit()
}

/// Runs the code of a function. The runtime is a pointer, as no reference to it may live while the code runs.
///
/// # Safety
/// Its module's globals are current; `rt` is the runtime under which native code runs.
#[inline(always)]
unsafe fn run(
    rt: *mut Runtime,
    fun: Ptr<NativeFun>,
    n_args: usize,
    n_kw: usize,
    args: *mut Slot,
) -> usize {
    // SAFETY: the caller's.
    unsafe {
        let code = trampoline::entry_point(fun.code, WORD);
        let code = core::mem::transmute::<usize, Code>(code);
        // The runtime points to it while the code runs, so it is in memory: with it lives the code.
        let mut activation = Activation::new(fun.obj(), Some(fun.context));
        activation.enter_directly(&mut *rt);
        let value = code(fun.obj().raw(), n_args, n_kw, args);
        activation.leave(&mut *rt);
        if value == 0 {
            shims::raise_unbound()
        }
        value
    }
}

/// Runs a function with arguments as entry 27 has them.
///
/// # Safety
/// As [`run`].
#[inline(always)]
unsafe fn run_function(
    rt: *mut Runtime,
    fun: Ptr<NativeFun>,
    counts: usize,
    args: *mut (),
) -> usize {
    let (n_pos, n_kw) = call::counts(counts);
    // SAFETY: the caller's.
    unsafe { run(rt, fun, n_pos, n_kw, args.cast()) }
}

/// The same as entry 28 has them: function, self or null, arguments.
///
/// # Safety
/// As [`run`].
#[inline(always)]
unsafe fn run_method(
    rt: *mut Runtime,
    fun: Ptr<NativeFun>,
    n_pos: usize,
    n_kw: usize,
    items: *mut (),
) -> usize {
    // SAFETY: the caller's.
    unsafe {
        let (n_pos, args) = with_self(n_pos, items);
        run(rt, fun, n_pos, n_kw, args)
    }
}

/// The positional arguments of entry 28, self among them if there is one: their number and where they stand.
///
/// # Safety
/// At `items` stand the function, self or null, and the arguments.
#[inline(always)]
unsafe fn with_self(n_pos: usize, items: *mut ()) -> (usize, *mut Slot) {
    // SAFETY: the caller's.
    unsafe {
        let words = items.cast::<usize>();
        let has_self = usize::from(*words.add(1) != 0);
        (n_pos + has_self, words.add(2 - has_self).cast())
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
        match callee(rt, fun) {
            Some(native) => run_function(rt, native, counts, args),
            None if is_builtin(fun) => builtin_function(fun, counts, args),
            None => other_function(fun, counts, args),
        }
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
    // SAFETY: the caller's.
    unsafe {
        let rt: *mut Runtime = current::runtime();
        let fun = *items.cast::<usize>();
        match callee(rt, fun) {
            Some(native) => run_method(rt, native, n_pos, n_kw, items),
            None if is_builtin(fun) => builtin_method(n_pos, n_kw, items),
            None => other_method(n_pos, n_kw, items),
        }
    }
}

/// Entry 90: getters in machine code are called at once.
///
/// # Safety
/// As its row says.
pub(super) unsafe extern "C" fn load_attr_cached(base: usize, at: *mut ()) -> usize {
    // SAFETY: the caller's; no reference to the runtime lives while native code runs.
    unsafe {
        let Some(base) = Obj::from_raw(base) else {
            return shims::load_attr_cached(base, at);
        };
        let rt: *mut Runtime = current::runtime();
        let getter = match entry::find_attr_cached(&mut *rt, base, at.cast()) {
            Ok(entry::Attr::Value(value)) => return value.raw(),
            Ok(entry::Attr::Getter(getter)) => getter,
            Err(raised) => nlr::throw(raised),
        };
        let mut args = [Some(base)];
        match callee(rt, getter.raw()) {
            Some(native) => run(rt, native, 1, 0, args.as_mut_ptr()),
            None => shims::call_function_n_kw(getter.raw(), 1, args.as_mut_ptr().cast()),
        }
    }
}

/// Entry 91: setters likewise.
///
/// # Safety
/// As its row says.
pub(super) unsafe extern "C" fn store_attr_cached(base: usize, at: *mut (), value: usize) {
    // SAFETY: as above.
    unsafe {
        let Some(base) = Obj::from_raw(base) else {
            return shims::store_attr_cached(base, at, value);
        };
        let rt: *mut Runtime = current::runtime();
        let value = Obj::from_raw(value);
        let setter = match entry::put_attr_cached(&mut *rt, base, at.cast(), value) {
            Ok(None) => return,
            Ok(Some(setter)) => setter,
            Err(raised) => nlr::throw(raised),
        };
        let mut args = [Some(base), value];
        match callee(rt, setter.raw()) {
            Some(native) => run(rt, native, 2, 0, args.as_mut_ptr()),
            None => shims::call_function_n_kw(setter.raw(), 2, args.as_mut_ptr().cast()),
        };
    }
}

/// Most words of a call whose arguments get others in front.
const ROOM: usize = 16;

/// Calls what a native function of this module stands behind: a closure, a bound method, a class with `__init__`.
///
/// # Safety
/// `fun` is an object or null, `n_pos + 2 * n_kw` words stand at `args`; `rt` is the runtime under which native code runs.
#[inline(never)]
unsafe fn call_behind(
    rt: *mut Runtime,
    fun: usize,
    n_pos: usize,
    n_kw: usize,
    args: *const Slot,
) -> Option<usize> {
    if !crate::config::QUICKEN {
        // Boards have no flash to spare.
        return None;
    }
    // SAFETY: the caller's; no reference to the runtime lives while native code runs.
    unsafe {
        let obj = Obj::from_raw(fun)?;
        if let Some(fun) = fun_obj::generator_fun(obj) {
            return Some(made(generator::make(&mut *rt, fun, n_pos, n_kw, args)));
        }
        let (mut inner, mut this, mut class) = (obj, None, None);
        if let Some(method) = obj.cast::<BoundMethod>() {
            (inner, this) = (method.fun, Some(method.this));
        } else if let Some(ty) = obj.as_type() {
            inner = class::plain_init(&*rt, ty)??;
            class = Some(ty);
        }
        let mut cells: &[_] = &[];
        if let Some(closure) = inner.cast::<Closure>() {
            (inner, cells) = (closure.fun, closure.cells());
        }
        let native = callee_of_viper(rt, inner.raw())?;
        let n = n_pos + 2 * n_kw;
        if cells.len() + 1 + n > ROOM {
            return None;
        }
        if let Some(ty) = class {
            match class::new_instance(&mut *rt, ty) {
                Ok(made) => this = Some(made),
                Err(_) => {
                    // The ordinary way finds out again, and can raise.
                    (*rt).clear_exception();
                    return None;
                }
            }
        }
        let mut words = [const { MaybeUninit::<Slot>::uninit() }; ROOM];
        let first: *mut Slot = words.as_mut_ptr().cast();
        let mut to = first;
        for cell in cells {
            to.write(Some(cell.get()));
            to = to.add(1);
        }
        if this.is_some() {
            to.write(this);
            to = to.add(1);
        }
        for i in 0..n {
            to.add(i).write(*args.add(i));
        }
        let n_pos = to.offset_from(first) as usize + n_pos;
        let value = run(rt, native, n_pos, n_kw, first);
        let (Some(_), Some(this)) = (class, this) else {
            return Some(value);
        };
        match Obj::from_raw(value) {
            Some(value) if !value.is_none() => {
                let raised = crate::interp::init_returned(&mut *rt, value);
                nlr::throw(raised)
            }
            _ => Some(this.raw()),
        }
    }
}

/// What native code gets of a result.
///
/// # Safety
/// As in shims.
#[inline(always)]
unsafe fn made(value: R<Obj>) -> usize {
    match value {
        Ok(value) => value.raw(),
        // SAFETY: the caller's; nothing here has a destructor.
        Err(raised) => unsafe { nlr::throw(raised) },
    }
}

/// Entry 29: what is starred is spread on the machine stack, and the function called from there.
///
/// # Safety
/// As its row says.
pub(super) unsafe extern "C" fn call_method_n_kw_var(
    have_self: usize,
    counts: usize,
    items: *mut (),
) -> usize {
    // SAFETY: the caller's; no reference to the runtime lives while native code runs.
    unsafe {
        if crate::config::QUICKEN {
            let rt: *mut Runtime = current::runtime();
            let mut few = Spread::new();
            match entry::spread(&mut *rt, have_self, counts, items.cast(), &mut few) {
                Ok(Some(n_pos)) => {
                    let values = few.values();
                    let (all, values) = (values.len(), values.as_ptr().cast_mut());
                    let counts = n_pos | ((all - n_pos) / 2) << 8;
                    let value = call_function_n_kw(*items.cast(), counts, values.cast());
                    // The values are in memory until the call is over.
                    core::hint::black_box(&few);
                    return value;
                }
                Ok(None) => {}
                Err(raised) => nlr::throw(raised),
            }
        }
        shims::call_method_n_kw_var(have_self, counts, items)
    }
}

/// The ways that are not as quick, whose registers the quick one is not to save.
#[inline(never)]
unsafe extern "C" fn other_function(fun: usize, counts: usize, args: *mut ()) -> usize {
    // SAFETY: the caller's.
    unsafe {
        let rt: *mut Runtime = current::runtime();
        let (n_pos, n_kw) = call::counts(counts);
        match call_seldom(rt, fun, n_pos, n_kw, args.cast()) {
            Some(value) => value,
            None => shims::call_function_n_kw(fun, counts, args),
        }
    }
}

/// The same for methods.
#[inline(never)]
unsafe extern "C" fn other_method(n_pos: usize, n_kw: usize, items: *mut ()) -> usize {
    // SAFETY: the caller's: function, self or null, arguments.
    unsafe {
        let rt: *mut Runtime = current::runtime();
        let (n_args, args) = with_self(n_pos, items);
        match call_seldom(rt, *items.cast(), n_args, n_kw, args) {
            Some(value) => value,
            None => shims::call_method_n_kw(n_pos, n_kw, items),
        }
    }
}

/// Is it a built-in function?
///
/// # Safety
/// It is an object or null.
#[inline(always)]
unsafe fn is_builtin(fun: usize) -> bool {
    // Boards have no flash to spare. SAFETY: the caller's.
    crate::config::QUICKEN
        && unsafe { Obj::from_raw(fun).is_some_and(|fun| fun.is::<BuiltinFun>()) }
}

/// A built-in function, as entry 27 has it.
///
/// # Safety
/// It is one.
#[inline(never)]
unsafe extern "C" fn builtin_function(fun: usize, counts: usize, args: *mut ()) -> usize {
    let (n_pos, n_kw) = call::counts(counts);
    // SAFETY: the caller's.
    unsafe { builtin(fun, n_pos, n_kw, args.cast()) }
}

/// A built-in function, as entry 28 has it.
///
/// # Safety
/// It is one.
#[inline(never)]
unsafe extern "C" fn builtin_method(n_pos: usize, n_kw: usize, items: *mut ()) -> usize {
    // SAFETY: the caller's: function, self or null, arguments.
    unsafe {
        let (n_args, args) = with_self(n_pos, items);
        builtin(*items.cast(), n_args, n_kw, args)
    }
}

/// Calls a built-in function with arguments where they are.
///
/// # Safety
/// It is one, and `n_pos + 2 * n_kw` words stand at `args`.
#[inline(always)]
unsafe fn builtin(fun: usize, n_pos: usize, n_kw: usize, args: *mut Slot) -> usize {
    // SAFETY: the caller's; nothing here has a destructor.
    unsafe {
        if step::is_for(fun) {
            return builtin_seldom(fun, n_pos, n_kw, args);
        }
        let rt = current::runtime();
        let known: Ptr<BuiltinFun> = Obj::from_raw(fun).unwrap_unchecked().cast_unchecked();
        match builtin_fun::invoke_few(rt, known.get(), n_pos, n_kw, args) {
            Some(Ok(value)) => value.raw(),
            Some(Err(raised)) => nlr::throw(raised),
            None => builtin_seldom(fun, n_pos, n_kw, args),
        }
    }
}

/// The same for those that resume a generator, take any number of arguments, or are given other ones than they take.
///
/// # Safety
/// As [`builtin`].
#[inline(never)]
unsafe fn builtin_seldom(fun: usize, n_pos: usize, n_kw: usize, args: *mut Slot) -> usize {
    // SAFETY: the caller's; nothing here has a destructor.
    unsafe {
        if step::is_for(fun)
            && let Some(value) = step::call(current::runtime(), fun, n_pos, n_kw, args)
        {
            return value;
        }
        let rt = current::runtime();
        let fun: Ptr<BuiltinFun> = Obj::from_raw(fun).unwrap_unchecked().cast_unchecked();
        let value = match entry::objects(rt, args, n_pos + 2 * n_kw) {
            Ok(values) => builtin_fun::invoke(rt, fun.get(), Args::new(values, n_pos)),
            Err(raised) => Err(raised),
        };
        match value {
            Ok(value) => value.raw(),
            Err(raised) => nlr::throw(raised),
        }
    }
}

/// Calls what is not called often in that way.
///
/// # Safety
/// As [`call_behind`].
#[inline(always)]
unsafe fn call_seldom(
    rt: *mut Runtime,
    fun: usize,
    n_pos: usize,
    n_kw: usize,
    args: *mut Slot,
) -> Option<usize> {
    // SAFETY: the caller's.
    unsafe {
        match callee_of_viper(rt, fun) {
            Some(native) => Some(run(rt, native, n_pos, n_kw, args)),
            None => call_behind(rt, fun, n_pos, n_kw, args),
        }
    }
}
