//! Calls: pushing frames for Python functions, calling everything else.

use super::bind::{self, Locals};
use super::build::{objects, sequence_items};
use super::code::Code;
use super::frame::{Frame, Return, Slot};
use super::run::run;
use crate::call::Args;
use crate::obj::bound_method::BoundMethod;
use crate::obj::builtin_fun::{self, BuiltinFun};
use crate::obj::cell::Cell;
use crate::obj::closure::Closure;
use crate::obj::dict::Dict;
use crate::obj::fun::Fun;
use crate::obj::module::Module;
use crate::obj::ptr::Ptr;
use crate::obj::word::Obj;
use crate::obj::{class, generator, list, tuple};
use crate::runtime::{R, Raised, Runtime};

/// Calls `fun` from the loop. `Ok(None)`: a frame was pushed and its result will go to `ret`; else the result.
///
/// # Safety
/// `n_pos + 2 * n_kw` words that are not null stand at `args` on the running frame's stack; the word before
/// `args` is free; `ret` is where the caller's stack ends when the arguments are off it.
#[inline]
pub(super) unsafe fn call(
    rt: &mut Runtime,
    fun: Obj,
    args: *mut Slot,
    n_pos: usize,
    n_kw: usize,
    ret: *mut Slot,
) -> R<Option<Obj>> {
    // SAFETY: the caller's.
    unsafe {
        if let Some(fun) = fun.cast::<Fun>() {
            return enter_fun(rt, fun, args, n_pos, n_kw, ret, Return::Value, None);
        }
        if let Some(builtin) = fun.cast::<BuiltinFun>() {
            let args = Args::new(objects(args, n_pos + 2 * n_kw), n_pos);
            return builtin_fun::invoke(rt, builtin.get(), args).map(Some);
        }
        call_other(rt, fun, args, n_pos, n_kw, ret)
    }
}

/// # Safety
/// As [`call`].
#[inline(never)]
unsafe fn call_other(
    rt: &mut Runtime,
    fun: Obj,
    args: *mut Slot,
    n_pos: usize,
    n_kw: usize,
    ret: *mut Slot,
) -> R<Option<Obj>> {
    // SAFETY: the caller's.
    unsafe {
        if let Some(method) = fun.cast::<BoundMethod>() {
            args.sub(1).write(Some(method.this));
            // The word before the new first argument may be in use: a bound method of a bound method is called
            // from Rust instead, where arguments are copied.
            return match method.fun.cast::<Fun>() {
                Some(f) => enter_fun(
                    rt,
                    f,
                    args.sub(1),
                    n_pos + 1,
                    n_kw,
                    ret,
                    Return::Value,
                    None,
                ),
                None => {
                    let all = Args::new(objects(args.sub(1), n_pos + 1 + 2 * n_kw), n_pos + 1);
                    rt.call_args(method.fun, all).map(Some)
                }
            };
        }
        if let Some(closure) = fun.cast::<Closure>()
            && let Some(f) = closure.fun.cast::<Fun>()
        {
            return enter_closure(rt, closure, f, args, n_pos, n_kw, ret, Return::Value, None);
        }
        if let Some(ty) = fun.as_type()
            && let Some(init) = class::plain_init(rt, ty)
        {
            let this = class::new_instance(rt, ty)?;
            let Some(init) = init else {
                return class::no_init_args(rt, ty, this, n_pos, n_kw).map(Some);
            };
            args.sub(1).write(Some(this));
            if let Some(closure) = init.cast::<Closure>()
                && let Some(f) = closure.fun.cast::<Fun>()
            {
                return enter_closure(
                    rt,
                    closure,
                    f,
                    args.sub(1),
                    n_pos + 1,
                    n_kw,
                    ret,
                    Return::Init,
                    Some(this),
                );
            }
            if let Some(f) = init.cast::<Fun>() {
                return enter_fun(
                    rt,
                    f,
                    args.sub(1),
                    n_pos + 1,
                    n_kw,
                    ret,
                    Return::Init,
                    Some(this),
                );
            }
            let all = Args::new(objects(args.sub(1), n_pos + 1 + 2 * n_kw), n_pos + 1);
            let value = rt.call_args(init, all)?;
            if !value.is_none() {
                return Err(init_returned(rt, value));
            }
            return Ok(Some(this));
        }
        let args = Args::new(objects(args, n_pos + 2 * n_kw), n_pos);
        rt.call_args(fun, args).map(Some)
    }
}

/// Pushes the frame of a closure's function: its cells go in front of the arguments.
///
/// # Safety
/// As [`enter_fun`].
#[expect(clippy::too_many_arguments, reason = "as enter_fun")]
unsafe fn enter_closure(
    rt: &mut Runtime,
    closure: Ptr<Closure>,
    fun: Ptr<Fun>,
    args: *mut Slot,
    n_pos: usize,
    n_kw: usize,
    ret: *mut Slot,
    kind: Return,
    owner: Slot,
) -> R<Option<Obj>> {
    // SAFETY: the caller's; there is room for the arguments at their new place.
    unsafe {
        let to = if on_stack(rt, args) {
            args
        } else {
            rt.interp.top()
        };
        let cells = closure.cells();
        let n = n_pos + 2 * n_kw;
        if room(rt, to, cells.len() + n + fun.code.frame_words()).is_none() {
            return Err(rt.recursion_error());
        }
        core::ptr::copy(args, to.add(cells.len()), n);
        for (i, cell) in cells.iter().enumerate() {
            to.add(i).write(Some(cell.get()));
        }
        enter_fun(rt, fun, to, n_pos + cells.len(), n_kw, ret, kind, owner)
    }
}

/// `TypeError: __init__() should return None, not 'T'`.
#[cold]
pub(crate) fn init_returned(rt: &mut Runtime, value: Obj) -> Raised {
    rt.type_error_of("__init__() should return None, not '{}'", value)
}

/// Whether arguments may become the callee's first locals where they are: they are on the value stack (and not in
/// a generator), and the callee's frame will not lie on blocks of the running frame that are active.
#[cfg_attr(not(feature = "small"), inline(always))]
fn on_stack(rt: &Runtime, at: *mut Slot) -> bool {
    let (low, high) = rt.interp.bounds();
    let clear = match rt.interp.current() {
        Some(frame) => frame.no_blocks() || at >= frame.blocks.cast(),
        None => true,
    };
    at >= low && at < high && clear
}

/// `words` more words from `at`, if the stack has them.
#[cfg_attr(not(feature = "small"), inline(always))]
fn room(rt: &Runtime, at: *mut Slot, words: usize) -> Option<()> {
    let left = (rt.interp.end() as usize).wrapping_sub(at as usize) / size_of::<Slot>();
    (words <= left).then_some(())
}

/// Pushes the frame of a function, or makes its generator.
///
/// # Safety
/// As [`call`], without the claim on the word before `args`; or `args` is at the top of the value stack.
#[inline]
#[expect(
    clippy::too_many_arguments,
    reason = "one call site each; a struct would be built and taken apart per call"
)]
pub(super) unsafe fn enter_fun(
    rt: &mut Runtime,
    fun: Ptr<Fun>,
    args: *mut Slot,
    n_pos: usize,
    n_kw: usize,
    ret: *mut Slot,
    kind: Return,
    owner: Slot,
) -> R<Option<Obj>> {
    let code = fun.code;
    // SAFETY: the caller's.
    unsafe {
        let base = if on_stack(rt, args) {
            args
        } else {
            rt.interp.top()
        };
        if room(
            rt,
            base,
            code.frame_words() + n_pos + 2 * n_kw + code.n_pos as usize,
        )
        .is_none()
        {
            return Err(rt.recursion_error());
        }
        if base != args {
            core::ptr::copy_nonoverlapping(args, base, n_pos + 2 * n_kw);
        }
        if code.simple && n_pos == code.n_pos as usize && n_kw == 0 {
            for i in n_pos..code.n_locals as usize {
                base.add(i).write(None);
            }
        } else {
            bind::in_place(rt, code, fun, base, n_pos, n_kw)?;
        }
        push_frame(rt, fun, base, ret, kind, owner)?;
        Ok(None)
    }
}

/// Pushes a frame whose arguments are bound.
///
/// # Safety
/// `base` has room for the frame; locals are initialised.
#[cfg_attr(not(feature = "small"), inline(always))]
unsafe fn push_frame(
    rt: &mut Runtime,
    fun: Ptr<Fun>,
    base: *mut Slot,
    ret: *mut Slot,
    kind: Return,
    owner: Slot,
) -> R<()> {
    let code = fun.code;
    let Some(at) = rt.interp.next_frame() else {
        return Err(rt.recursion_error());
    };
    // SAFETY: the caller's; the context of a function has globals.
    unsafe {
        at.write(Frame {
            code,
            base,
            ip: code.bytes,
            sp: base.add(code.n_locals as usize),
            top: base.add(code.frame_words()),
            ret,
            blocks: base.add(code.n_state as usize).cast(),
            globals: fun.context.globals().unwrap_unchecked(),
            context: fun.context,
            owner,
            ret_kind: kind,
        });
    }
    Ok(())
}

/// Moves the values of captured parameters and locals into new cells.
///
/// # Safety
/// `base` holds the locals of a frame of `code`.
pub(super) unsafe fn make_cells(rt: &mut Runtime, code: Ptr<Code>, base: *mut Slot) -> R<()> {
    if code.n_cells == 0 {
        return Ok(());
    }
    // A function called from Rust has its words above the top still: each cell made must survive the next.
    let before = rt.interp.scratch_top;
    rt.interp.scratch_top = before.max(base.wrapping_add(code.n_locals as usize));
    // SAFETY: the caller's.
    let result = unsafe { cells_of(rt, code, Locals::up(base)) };
    rt.interp.scratch_top = before;
    result
}

/// [`make_cells`] for locals that a collection finds.
///
/// # Safety
/// They are those of `code`.
pub(super) unsafe fn cells_of(rt: &mut Runtime, code: Ptr<Code>, locals: Locals) -> R<()> {
    for i in 0..code.n_cells as usize {
        // SAFETY: the loader checked that cell slots are locals.
        unsafe {
            let slot = locals.at(*code.cells.add(i) as usize);
            let cell = rt.new_obj(Cell::new(*slot))?;
            slot.write(Some(cell.obj()));
        }
    }
    Ok(())
}

/// Copies the values of a call from Rust code to the top of the value stack.
fn copy_args(rt: &mut Runtime, front: &[core::cell::Cell<Obj>], args: Args<'_>) -> R<*mut Slot> {
    let to = rt.interp.top();
    let values = args.values();
    if room(rt, to, front.len() + values.len()).is_none() {
        return Err(rt.recursion_error());
    }
    // SAFETY: there is room, and nothing above the top is in use.
    unsafe {
        for (i, cell) in front.iter().enumerate() {
            to.add(i).write(Some(cell.get()));
        }
        core::ptr::copy_nonoverlapping(values.as_ptr().cast(), to.add(front.len()), values.len());
    }
    Ok(to)
}

/// Calls a Python function from Rust code.
pub fn call_fun(rt: &mut Runtime, fun: Obj, args: Args<'_>) -> R<Obj> {
    // SAFETY: reached through the vtable of `FUN` only.
    let fun: Ptr<Fun> = unsafe { fun.cast_unchecked() };
    let at = copy_args(rt, &[], args)?;
    // SAFETY: the arguments stand at the top of the value stack.
    unsafe {
        enter_fun(
            rt,
            fun,
            at,
            args.n_pos(),
            args.n_kw(),
            at,
            Return::ToRust,
            None,
        )?
    };
    run(rt, None)
}

/// Calls a closure from Rust code.
pub fn call_closure(rt: &mut Runtime, closure: Obj, args: Args<'_>) -> R<Obj> {
    // SAFETY: reached through the vtable of `CLOSURE` only.
    let closure: Ptr<Closure> = unsafe { closure.cast_unchecked() };
    let cells = closure.cells();
    let Some(fun) = closure.fun.cast::<Fun>() else {
        let at = copy_args(rt, cells, args)?;
        // SAFETY: just copied.
        let values = unsafe { objects(at, cells.len() + args.values().len()) };
        rt.interp.scratch_top = at.wrapping_add(values.len());
        let result = rt.call_args(closure.fun, Args::new(values, cells.len() + args.n_pos()));
        rt.interp.scratch_top = core::ptr::null_mut();
        return result;
    };
    let at = copy_args(rt, cells, args)?;
    // SAFETY: the arguments stand at the top of the value stack.
    unsafe {
        enter_fun(
            rt,
            fun,
            at,
            cells.len() + args.n_pos(),
            args.n_kw(),
            at,
            Return::ToRust,
            None,
        )?
    };
    run(rt, None)
}

/// Makes a generator from a generator function and its arguments.
pub fn call_generator_fun(rt: &mut Runtime, fun: Obj, args: Args<'_>) -> R<Obj> {
    // SAFETY: reached through the vtable of `GENERATOR_FUN` only, whose objects are `Fun`s.
    let fun: Ptr<Fun> = unsafe { fun.cast_unchecked() };
    let at = copy_args(rt, &[], args)?;
    let code = fun.code;
    if room(
        rt,
        at,
        args.values().len() + code.frame_words() + code.n_pos as usize,
    )
    .is_none()
    {
        return Err(rt.recursion_error());
    }
    // SAFETY: the arguments stand at the top of the value stack, with room for the frame's words.
    unsafe {
        bind::in_place(rt, code, fun, at, args.n_pos(), args.n_kw())?;
        generator::new(rt, fun, at)
    }
}

/// Runs the body of a module: `code` as a function without arguments, over `context`.
pub fn call_module_body(
    rt: &mut Runtime,
    context: Ptr<Module>,
    code: Ptr<Code>,
    locals: Ptr<Dict>,
) -> R<Obj> {
    let fun = super::build::function(rt, context, code, None, None)?;
    let before = rt.interp.locals.replace(locals);
    // A body of bytecode gets a frame of its own; one of machine code counts on its globals being current.
    let globals = rt.interp.native_globals();
    rt.interp.set_native_globals(context.globals());
    let result = rt.call(fun, &[]);
    rt.interp.set_native_globals(globals);
    rt.interp.locals = before;
    result
}

/// The arguments of a call with `*` or `**`, spread on the machine stack if they are few.
pub(crate) struct Spread {
    values: [Obj; Spread::ROOM],
    len: usize,
}

impl Spread {
    const ROOM: usize = 24;

    /// Nothing yet.
    #[inline(always)]
    pub(crate) fn new() -> Spread {
        Spread {
            values: [Obj::NONE; Spread::ROOM],
            len: 0,
        }
    }

    /// All of it: positional values, then pairs.
    #[inline(always)]
    pub(crate) fn values(&self) -> &[Obj] {
        self.values.get(..self.len).unwrap_or(&[])
    }

    #[inline(always)]
    fn push(&mut self, value: Obj) -> bool {
        let place = self.values.get_mut(self.len);
        let has_room = place.is_some();
        if let Some(place) = place {
            *place = value;
            self.len += 1;
        }
        has_room
    }

    /// Spreads lists, tuples and dicts, which runs no Python code: how many positional values there are. Nothing if it
    /// is something else or too much.
    ///
    /// # Safety
    /// As [`call_star`].
    pub(crate) unsafe fn fill(
        &mut self,
        rt: &mut Runtime,
        at: *mut Slot,
        method: bool,
        n_pos: usize,
        n_kw: usize,
        sp: *mut Slot,
    ) -> R<Option<usize>> {
        // SAFETY: the caller's.
        unsafe {
            let bitmap = starred(sp);
            if method && let Some(this) = *at.add(1) {
                self.push(this);
            }
            let first = at.add(1 + usize::from(method));
            for i in 0..n_pos {
                let value = (*first.add(i)).unwrap_unchecked();
                let has_all = if is_starred(bitmap, i) {
                    match sequence_items(value) {
                        Some(items) => items.iter().all(|item| self.push(item.get())),
                        None => false,
                    }
                } else {
                    self.push(value)
                };
                if !has_all {
                    return Ok(None);
                }
            }
            let n = self.len;
            for i in 0..n_kw {
                let pair = first.add(n_pos + 2 * i);
                let value = (*pair.add(1)).unwrap_unchecked();
                let has_all = match *pair {
                    Some(key) => self.push(key) && self.push(value),
                    None => match value.cast::<Dict>() {
                        Some(dict) => self.push_pairs(rt, dict)?,
                        None => false,
                    },
                };
                if !has_all {
                    return Ok(None);
                }
            }
            Ok(Some(n))
        }
    }

    /// The pairs of a dict; whether there was room.
    fn push_pairs(&mut self, rt: &mut Runtime, dict: Ptr<Dict>) -> R<bool> {
        let mut at = 0;
        while let Some((i, key, value)) = dict.map.next_from(at) {
            let key = bind::intern_key(rt, key)?;
            if !(self.push(key) && self.push(value)) {
                return Ok(false);
            }
            at = i + 1;
        }
        Ok(true)
    }
}

/// Which positional arguments of such a call are starred, a bit for each.
///
/// # Safety
/// As [`call_star`].
unsafe fn starred(sp: *mut Slot) -> usize {
    // SAFETY: the caller's.
    let bitmap = unsafe { (*sp.sub(1)).unwrap_unchecked() };
    bitmap.as_small().unwrap_or(0) as usize
}

/// Those without a bit are not.
fn is_starred(bitmap: usize, i: usize) -> bool {
    i < usize::BITS as usize - 1 && bitmap >> i & 1 != 0
}

/// A call with `*` or `**`: spreads the arguments, then calls. `at` is the function's word.
///
/// # Safety
/// The words are as `CALL_FUNCTION_VAR_KW` (or, with `method`, `CALL_METHOD_VAR_KW`) wants them; the bitmap is
/// the last one before `sp`.
pub(super) unsafe fn call_star(
    rt: &mut Runtime,
    at: *mut Slot,
    method: bool,
    n_pos: usize,
    n_kw: usize,
    sp: *mut Slot,
) -> R<Obj> {
    // SAFETY: the caller's.
    unsafe {
        if crate::config::QUICKEN {
            let mut few = Spread::new();
            if let Some(n) = few.fill(rt, at, method, n_pos, n_kw, sp)? {
                let fun = (*at).unwrap_unchecked();
                return rt.call_args(fun, Args::new(few.values(), n));
            }
        }
        call_star_by_list(rt, at, method, n_pos, n_kw, sp)
    }
}

/// The same for whatever is starred, and any number of it.
///
/// # Safety
/// As [`call_star`].
pub(crate) unsafe fn call_star_by_list(
    rt: &mut Runtime,
    at: *mut Slot,
    method: bool,
    n_pos: usize,
    n_kw: usize,
    sp: *mut Slot,
) -> R<Obj> {
    // SAFETY: the caller's.
    unsafe {
        let fun = (*at).unwrap_unchecked();
        let bitmap = starred(sp);
        let positional = list::with_capacity(rt, n_pos + 1)?;
        if method && let Some(this) = *at.add(1) {
            positional.push(rt, this)?;
        }
        let first = at.add(1 + usize::from(method));
        for i in 0..n_pos {
            let value = (*first.add(i)).unwrap_unchecked();
            if is_starred(bitmap, i) {
                rt.for_each(value, |rt, item| positional.push(rt, item))?;
            } else {
                positional.push(rt, value)?;
            }
        }
        let n = positional.len();
        for i in 0..n_kw {
            let (key, value) = (
                *first.add(n_pos + 2 * i),
                (*first.add(n_pos + 2 * i + 1)).unwrap_unchecked(),
            );
            match key {
                Some(key) => {
                    positional.push(rt, key)?;
                    positional.push(rt, value)?;
                }
                None => bind::spread_mapping(rt, value, positional)?,
            }
        }
        // The list is rooted by this frame; a tuple gives a slice that nobody can resize.
        let words = positional.items();
        let all = tuple::of_len(rt, words.len())?;
        for (slot, item) in all.items().iter().zip(positional.items()) {
            slot.set(item.get());
        }
        let items: &[Obj] = core::slice::from_raw_parts(all.items().as_ptr().cast(), all.len());
        rt.call_args(fun, Args::new(items, n))
    }
}
