//! `slice` objects, and what the three parts of a slice mean for a sequence of a given length.

use core::mem::offset_of;

use ferlance_abi::ops::UnaryOp;
use ferlance_abi::qstr;
use ferlance_abi::qstr::Qstr;

use super::builtin_fun::BuiltinFun;
use super::ptr::PyType;
use super::tuple;
use super::ty::{Attr, Header, Members, PrintKind, Type, VTable};
use super::word::Obj;
use crate::members;
use crate::runtime::{R, Runtime};
use crate::text::print::Print;
use crate::text::print::Word;

/// `slice`. Slices come only from subscripts.
pub static SLICE: Type = Type::builtin(qstr!("slice"), 0, &VT);
static VT: VTable = VTable {
    print: Some(print),
    unary: Some(unary),
    attr: Some(attr),
    members: &MEMBERS,
    ..VTable::NEW
};
static MEMBERS: Members = members! { "indices" => Fun(&INDICES) };
static INDICES: BuiltinFun = BuiltinFun::f2(qstr!("indices"), indices);

/// A slice (layout: spec native-abi 3.8).
#[repr(C)]
pub struct Slice {
    base: Header,
    /// First index, or `None`.
    pub start: Obj,
    /// Index behind the last, or `None`.
    pub stop: Obj,
    /// Distance, or `None`.
    pub step: Obj,
}

const _: () = assert!(offset_of!(Slice, step) == 3 * size_of::<usize>());

// SAFETY: every structure of type SLICE is a `Slice`.
unsafe impl PyType for Slice {
    fn ty() -> &'static Type {
        &SLICE
    }
}

/// `slice(start, stop, step)`.
pub fn new(rt: &mut Runtime, start: Obj, stop: Obj, step: Obj) -> R<Obj> {
    let base = Header::new(&SLICE);
    let slice = Slice {
        base,
        start,
        stop,
        step,
    };
    Ok(rt.new_obj(slice)?.obj())
}

/// A slice applied to a length: begins at `start`, goes on by `step` (not 0), ends before `stop`.
/// All positions lie in `-1..=len`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// First position.
    pub start: isize,
    /// Position that is not reached any more.
    pub stop: isize,
    /// Distance.
    pub step: isize,
}

impl Span {
    /// Number of positions.
    #[inline]
    pub fn count(self) -> usize {
        super::range::count(self.start, self.stop, self.step)
    }

    /// Begin and end, if the step is 1; the end is not before the begin.
    #[inline]
    pub fn simple(self) -> Option<(usize, usize)> {
        // The positions are 0..=len for a positive step.
        (self.step == 1).then_some((self.start as usize, self.stop.max(self.start) as usize))
    }
}

impl Slice {
    /// What the slice means for `len` items.
    ///
    /// # Errors
    /// `ValueError: slice step can't be zero`; a part is no integer.
    pub fn span(&self, rt: &mut Runtime, len: usize) -> R<Span> {
        let len = isize::try_from(len).unwrap_or(isize::MAX);
        let step = if self.step.is_none() {
            1
        } else {
            rt.int(self.step)?
        };
        if step == 0 {
            return Err(rt.value_error("slice step can't be zero"));
        }
        let (low, high) = if step > 0 { (0, len) } else { (-1, len - 1) };
        let part = |rt: &mut Runtime, part: Obj, default: isize| -> R<isize> {
            if part.is_none() {
                return Ok(default);
            }
            let at = rt.int(part)?;
            let at = if at < 0 { at.saturating_add(len) } else { at };
            Ok(at.clamp(low, high))
        };
        let (first, last) = if step > 0 { (low, high) } else { (high, low) };
        let start = part(rt, self.start, first)?;
        let stop = part(rt, self.stop, last)?;
        Ok(Span { start, stop, step })
    }
}

/// An index that is cut to the length instead of raising: `start` and `stop` of methods.
///
/// # Errors
/// `TypeError: list indices must be integers, not T`.
pub fn clamp_index(rt: &mut Runtime, what: &str, len: usize, index: Obj) -> R<usize> {
    let Some(at) = rt.int_maybe(index)? else {
        let ty = rt.type_name(index);
        return Err(rt.type_error_fmt(format_args!(
            "{} indices must be integers, not {ty}",
            Word(what)
        )));
    };
    if at < 0 {
        return Ok(len.saturating_sub(at.unsigned_abs()));
    }
    Ok((at as usize).min(len))
}

fn print(rt: &mut Runtime, this: Obj, _: PrintKind, out: &mut dyn Print) -> R<()> {
    // SAFETY: reached through the vtable of SLICE only.
    let this = unsafe { this.cast_unchecked::<Slice>() };
    out.write(rt, b"slice(")?;
    rt.print(this.start, PrintKind::Repr, out)?;
    out.write(rt, b", ")?;
    rt.print(this.stop, PrintKind::Repr, out)?;
    out.write(rt, b", ")?;
    rt.print(this.step, PrintKind::Repr, out)?;
    out.write(rt, b")")
}

/// Supports nothing; its being there makes slices unhashable.
fn unary(_: &mut Runtime, _: UnaryOp, _: Obj) -> R<Option<Obj>> {
    Ok(None)
}

fn attr(_: &mut Runtime, this: Obj, name: Qstr) -> R<Attr> {
    // SAFETY: as in `print`.
    let this = unsafe { this.cast_unchecked::<Slice>() };
    Ok(match name {
        n if n == qstr!("start") => Attr::Value(this.start),
        n if n == qstr!("stop") => Attr::Value(this.stop),
        n if n == qstr!("step") => Attr::Value(this.step),
        _ => Attr::None,
    })
}

fn indices(rt: &mut Runtime, this: Obj, len: Obj) -> R<Obj> {
    let Some(slice) = this.cast::<Slice>() else {
        return Err(crate::call::wrong_self(rt, &SLICE, this));
    };
    let len = rt.int(len)?;
    let span = slice.span(rt, usize::try_from(len).unwrap_or(0))?;
    let mut parts = [Obj::NONE; 3];
    for (part, value) in parts.iter_mut().zip([span.start, span.stop, span.step]) {
        *part = super::int::from_i64(rt, value as i64)?;
    }
    Ok(tuple::from_slice(rt, &parts)?.obj())
}
