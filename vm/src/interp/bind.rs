//! Argument binding: positional and keyword values, defaults, `*args`, `**kwargs` (spec bytecode section 4).

use ferlance_abi::ScopeFlags;

use super::build::objects;
use super::code::Code;
use super::enter::{cells_of, make_cells};
use super::frame::Slot;
use crate::obj::dict::{self, Dict};
use crate::obj::fun::Fun;
use crate::obj::list::List;
use crate::obj::ptr::Ptr;
use crate::obj::tuple;
use crate::obj::word::Obj;
use crate::runtime::{R, Raised, Runtime};
use crate::text::print::{Dec, Word};

/// Where locals stand: in a frame one behind the other, in the code state of machine code one before the other.
#[derive(Clone, Copy)]
pub(crate) struct Locals {
    first: *mut Slot,
    step: isize,
}

impl Locals {
    /// Those of a frame.
    pub(super) fn up(first: *mut Slot) -> Locals {
        Locals { first, step: 1 }
    }

    /// Those of a code state, from the last word downwards.
    #[cfg(feature = "native")]
    pub(crate) fn down(first: *mut Slot) -> Locals {
        Locals { first, step: -1 }
    }

    /// The word of local `i`.
    ///
    /// # Safety
    /// There is such a local.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub(super) unsafe fn at(self, i: usize) -> *mut Slot {
        // SAFETY: the caller's.
        unsafe { self.first.offset(self.step * i as isize) }
    }
}

/// Binds the arguments of machine code: `n_pos` positional ones in `given`, then pairs. `fun` has the defaults.
///
/// # Safety
/// `locals` are those of `code`; all are null, and found by a collection, as is `given`.
#[cfg(feature = "native")]
#[inline(never)]
pub(crate) unsafe fn native(
    rt: &mut Runtime,
    code: Ptr<Code>,
    fun: Ptr<Fun>,
    locals: Locals,
    given: &[Obj],
    n_pos: usize,
) -> R<()> {
    // SAFETY: the caller's.
    unsafe {
        general(rt, code, fun, locals, given, n_pos)?;
        cells_of(rt, code, locals)
    }
}

/// Turns the `n_pos + 2 * n_kw` argument words at `base` into the locals of a frame of `code`; `fun` has the defaults.
/// (A native function has no code of its own where one of bytecode has.)
///
/// # Safety
/// The words at `base` are not null, and there is room for them and the frame together.
#[inline(never)]
pub(crate) unsafe fn in_place(
    rt: &mut Runtime,
    code: Ptr<Code>,
    fun: Ptr<Fun>,
    base: *mut Slot,
    n_pos: usize,
    n_kw: usize,
) -> R<()> {
    let n_params = code.n_pos as usize + code.n_kwonly as usize;
    let plain = ScopeFlags::VAR_ARGS.bits()
        | ScopeFlags::VAR_KEYWORDS.bits()
        | ScopeFlags::KW_DEFAULTS.bits();
    // SAFETY: the caller's.
    unsafe {
        if n_kw == 0 && code.n_kwonly == 0 && code.flags.bits() & plain == 0 {
            if n_pos != code.n_pos as usize {
                let missing = (code.n_pos as usize).wrapping_sub(n_pos);
                if n_pos > code.n_pos as usize || missing > code.n_def_pos as usize {
                    return Err(wrong_count(rt, code, n_pos));
                }
                let defaults = fun.extra(code.n_def_pos as usize);
                for i in 0..missing {
                    base.add(n_pos + i)
                        .write(Some(defaults[defaults.len() - missing + i].get()));
                }
            }
            for i in n_params..code.n_locals as usize {
                base.add(i).write(None);
            }
            return make_cells(rt, code, base);
        }
        // The general case reads the arguments from a copy above the frame.
        let given = base.add(code.frame_words());
        let n = n_pos + 2 * n_kw;
        core::ptr::copy(base, given, n);
        for i in 0..code.frame_words() {
            base.add(i).write(None);
        }
        let before = rt.interp.scratch_top;
        rt.interp.scratch_top = given.add(n);
        let result = general(rt, code, fun, Locals::up(base), objects(given, n), n_pos)
            .and_then(|()| make_cells(rt, code, base));
        rt.interp.scratch_top = before;
        result
    }
}

/// # Safety
/// `locals` are those of `code`; all are null.
unsafe fn general(
    rt: &mut Runtime,
    code: Ptr<Code>,
    fun: Ptr<Fun>,
    locals: Locals,
    given: &[Obj],
    n_pos: usize,
) -> R<()> {
    let (p, k, d) = (
        code.n_pos as usize,
        code.n_kwonly as usize,
        code.n_def_pos as usize,
    );
    let pairs = &given[n_pos..];
    let has_kw_defaults = code.flags.has(ScopeFlags::KW_DEFAULTS);
    let extra = fun.extra(d + usize::from(has_kw_defaults));
    let mut var = p + k;
    // SAFETY: slots below `n_locals` are in the frame; the prelude's counts were checked against it by the loader.
    let slot = |i: usize| unsafe { locals.at(i) };
    // SAFETY: as above.
    unsafe {
        if n_pos > p {
            if !code.flags.has(ScopeFlags::VAR_ARGS) {
                return Err(wrong_count(rt, code, n_pos));
            }
            slot(var).write(Some(tuple::from_slice(rt, &given[p..n_pos])?.obj()));
            var += 1;
        } else {
            if code.flags.has(ScopeFlags::VAR_ARGS) {
                slot(var).write(Some(tuple::from_slice(rt, &[])?.obj()));
                var += 1;
            }
            if pairs.is_empty() && !has_kw_defaults {
                let missing = p - n_pos;
                if missing > d {
                    return Err(wrong_count(rt, code, n_pos));
                }
                for i in 0..missing {
                    slot(n_pos + i).write(Some(extra[d - missing + i].get()));
                }
            }
        }
        for (i, value) in given[..n_pos.min(p)].iter().enumerate() {
            slot(i).write(Some(*value));
        }
        if pairs.is_empty() && !has_kw_defaults {
            if k != 0 {
                return Err(rt.type_error("function missing keyword-only argument"));
            }
            if code.flags.has(ScopeFlags::VAR_KEYWORDS) {
                slot(var).write(Some(dict::new(rt)?.obj()));
            }
            return Ok(());
        }
        let mut rest = None;
        if code.flags.has(ScopeFlags::VAR_KEYWORDS) {
            let dict = dict::new(rt)?;
            slot(var).write(Some(dict.obj()));
            rest = Some(dict);
        }
        for pair in pairs.chunks_exact(2) {
            keyword(rt, code, locals, rest, pair[0], pair[1])?;
        }
        for (i, default) in extra.iter().take(d).enumerate() {
            let at = p - d + i;
            if (*slot(at)).is_none() {
                slot(at).write(Some(default.get()));
            }
        }
        for i in (0..p).rev() {
            if (*slot(i)).is_none() {
                return Err(rt.type_error_fmt(format_args!(
                    "function missing required positional argument #{}",
                    Dec(i as isize)
                )));
            }
        }
        for i in p..p + k {
            if (*slot(i)).is_some() {
                continue;
            }
            let name = code.param(i);
            let default = if has_kw_defaults {
                extra[d]
                    .get()
                    .cast::<Dict>()
                    .and_then(|d| d.map.get_name(rt, name))
            } else {
                None
            };
            match default {
                Some(value) => slot(i).write(Some(value)),
                None => {
                    let name = rt.name_str(name);
                    return Err(rt.type_error_fmt(format_args!(
                        "function missing required keyword argument '{name}'"
                    )));
                }
            }
        }
    }
    Ok(())
}

/// Binds one keyword value.
///
/// # Safety
/// As [`general`].
unsafe fn keyword(
    rt: &mut Runtime,
    code: Ptr<Code>,
    locals: Locals,
    rest: Option<Ptr<Dict>>,
    key: Obj,
    value: Obj,
) -> R<()> {
    let key = intern_key(rt, key)?;
    if let Some(name) = key.as_qstr() {
        for i in 0..code.n_pos as usize + code.n_kwonly as usize {
            if code.param(i) == name {
                // SAFETY: the caller's.
                let slot = unsafe { &mut *locals.at(i) };
                if slot.is_some() {
                    return Err(multiple(rt, key));
                }
                *slot = Some(value);
                return Ok(());
            }
        }
    }
    match rest {
        None => {
            let text = rt.str_bytes(key).unwrap_or(b"?");
            let text = Word(core::str::from_utf8(text).unwrap_or("?"));
            Err(rt.type_error_fmt(format_args!("unexpected keyword argument '{text}'")))
        }
        Some(rest) => {
            if rest.map.lookup(rt, key)?.is_some() {
                return Err(multiple(rt, key));
            }
            rest.map.store(rt, key, value)
        }
    }
}

/// The interned form of a keyword, if its text is interned at all: parameter names always are.
pub(super) fn intern_key(rt: &mut Runtime, key: Obj) -> R<Obj> {
    if key.is_qstr() {
        return Ok(key);
    }
    match rt.str_bytes(key) {
        Some(text) => Ok(rt.pool.find(text).map_or(key, Obj::qstr)),
        None => Err(rt.type_error_of("can't convert '{}' object to str implicitly", key)),
    }
}

#[cold]
fn multiple(rt: &mut Runtime, key: Obj) -> Raised {
    let text = rt
        .str_bytes(key)
        .and_then(|text| core::str::from_utf8(text).ok())
        .map_or(Word("?"), Word);
    rt.type_error_fmt(format_args!(
        "function got multiple values for argument '{text}'"
    ))
}

/// `f() takes N positional arguments but M were given`.
#[cold]
fn wrong_count(rt: &mut Runtime, code: Ptr<Code>, given: usize) -> Raised {
    let name = rt.name_str(code.name);
    let takes = if given > code.n_pos as usize {
        code.n_pos as usize
    } else {
        code.n_pos as usize - code.n_def_pos as usize
    };
    rt.type_error_fmt(format_args!(
        "{name}() takes {} positional arguments but {} were given",
        Dec(takes as isize),
        Dec(given as isize)
    ))
}

/// Appends the key/value pairs of a `**mapping`.
pub(super) fn spread_mapping(rt: &mut Runtime, mapping: Obj, to: Ptr<List>) -> R<()> {
    if let Some(dict) = mapping.cast::<Dict>() {
        let mut at = 0;
        while let Some((i, key, value)) = dict.map.next_from(at) {
            let key = intern_key(rt, key)?;
            to.push(rt, key)?;
            to.push(rt, value)?;
            at = i + 1;
        }
        return Ok(());
    }
    let keys = rt.call_method(mapping, ferlance_abi::qstr!("keys"), &[])?;
    rt.for_each(keys, |rt, key| {
        let value = rt.call_method(mapping, ferlance_abi::qstr!("__getitem__"), &[key])?;
        let key = intern_key(rt, key)?;
        to.push(rt, key)?;
        to.push(rt, value)
    })
}
