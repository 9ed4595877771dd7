//! `range`: three machine words; every value it yields is one, too.

use core::cell::Cell;

use ferlance_abi::ops::{BinaryOp, UnaryOp};
use ferlance_abi::qstr;
use ferlance_abi::qstr::Qstr;

use super::builtin_fun::expect_args;
use super::int;
use super::ptr::{Ptr, PyType};
use super::slice::Slice;
use super::ty::{Access, Attr, Header, PrintKind, Type, VTable};
use super::word::Obj;
use crate::call::Args;
use crate::runtime::{R, Runtime};
use crate::text::print::{Dec, Print, write_fmt};

/// `range`.
pub static RANGE: Type = Type::builtin(qstr!("range"), 0, &VT);
static VT: VTable = VTable {
    make_new: Some(make_new),
    print: Some(print),
    unary: Some(unary),
    binary: Some(binary),
    attr: Some(attr),
    subscr: Some(subscr),
    iter: Some(iter),
    ..VTable::NEW
};

/// A range.
#[repr(C)]
pub struct Range {
    base: Header,
    start: isize,
    stop: isize,
    step: isize,
}

// SAFETY: every structure of type RANGE is a `Range`.
unsafe impl PyType for Range {
    fn ty() -> &'static Type {
        &RANGE
    }
}

/// Values from `start` on, by `step` (not 0), before `stop`. As many as a word may count, there are.
#[inline]
pub fn count(start: isize, stop: isize, step: isize) -> usize {
    let (distance, step) = if step > 0 {
        if start >= stop {
            return 0;
        }
        (stop.wrapping_sub(start) as usize, step as usize)
    } else {
        if start <= stop {
            return 0;
        }
        (start.wrapping_sub(stop) as usize, step.unsigned_abs())
    };
    (distance - 1) / step + 1
}

impl Range {
    /// First value.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub fn start(&self) -> isize {
        self.start
    }

    /// Where it ends.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub fn stop(&self) -> isize {
        self.stop
    }

    /// Distance of values; not 0.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub fn step(&self) -> isize {
        self.step
    }

    /// Number of values.
    #[inline]
    pub fn count(&self) -> usize {
        count(self.start, self.stop, self.step)
    }

    /// Value `i`, which must be below the count.
    #[inline]
    pub fn value(&self, i: usize) -> isize {
        self.start
            .wrapping_add((i as isize).wrapping_mul(self.step))
    }
}

/// `range(start, stop, step)`; the step is not 0.
pub fn new(rt: &mut Runtime, start: isize, stop: isize, step: isize) -> R<Obj> {
    let base = Header::new(&RANGE);
    let range = Range {
        base,
        start,
        stop,
        step,
    };
    Ok(rt.new_leaf(range)?.obj())
}

fn make_new(rt: &mut Runtime, _: &'static Type, args: Args<'_>) -> R<Obj> {
    expect_args(rt, args, 1, 3, false)?;
    let (mut start, mut step) = (0, 1);
    let v = args.pos();
    let stop = if let [stop] = v {
        rt.int(*stop)?
    } else {
        start = rt.int(v[0])?;
        rt.int(v[1])?
    };
    if let Some(by) = args.get(2) {
        step = rt.int(by)?;
        if step == 0 {
            return Err(rt.value_error("zero step"));
        }
    }
    new(rt, start, stop, step)
}

fn this(obj: Obj) -> Ptr<Range> {
    // SAFETY: reached through the vtable of RANGE only.
    unsafe { obj.cast_unchecked() }
}

fn print(rt: &mut Runtime, obj: Obj, _: PrintKind, out: &mut dyn Print) -> R<()> {
    let r = this(obj);
    let (start, stop) = (Dec(r.start), Dec(r.stop));
    match r.step {
        1 => write_fmt(rt, out, format_args!("range({start}, {stop})")),
        step => {
            let step = Dec(step);
            write_fmt(rt, out, format_args!("range({start}, {stop}, {step})"))
        }
    }
}

fn unary(rt: &mut Runtime, op: UnaryOp, obj: Obj) -> R<Option<Obj>> {
    let n = this(obj).count();
    match op {
        UnaryOp::Bool => Ok(Some(Obj::bool(n != 0))),
        UnaryOp::Len => int_of(rt, n).map(Some),
        _ => Ok(None),
    }
}

fn int_of(rt: &mut Runtime, n: usize) -> R<Obj> {
    match i64::try_from(n) {
        Ok(n) => int::from_i64(rt, n),
        Err(_) => Err(int_overflow(rt)),
    }
}

#[cold]
fn int_overflow(rt: &mut Runtime) -> crate::runtime::Raised {
    rt.raise_msg(
        &crate::exc::OVERFLOW_ERROR,
        "overflow converting long int to machine word",
    )
}

/// `in` for ints; everything else is compared with each value.
fn binary(_: &mut Runtime, op: BinaryOp, obj: Obj, other: Obj) -> R<Option<Obj>> {
    let (BinaryOp::Contains, Some(value)) = (op, other.as_small()) else {
        return Ok(None);
    };
    let r = this(obj);
    let inside = if r.step > 0 {
        r.start <= value && value < r.stop
    } else {
        r.stop < value && value <= r.start
    };
    let distance = (value as super::int::Wide) - (r.start as super::int::Wide);
    Ok(Some(Obj::bool(
        inside && distance % (r.step as super::int::Wide) == 0,
    )))
}

fn attr(rt: &mut Runtime, obj: Obj, name: Qstr) -> R<Attr> {
    let r = this(obj);
    let value = match name {
        n if n == qstr!("start") => r.start,
        n if n == qstr!("stop") => r.stop,
        n if n == qstr!("step") => r.step,
        _ => return Ok(Attr::None),
    };
    Ok(Attr::Value(int::from_i64(rt, value as i64)?))
}

fn subscr(rt: &mut Runtime, obj: Obj, index: Obj, access: Access) -> R<Option<Obj>> {
    let Access::Load = access else {
        return Ok(None);
    };
    let r = this(obj);
    let n = r.count();
    if let Some(slice) = index.cast::<Slice>() {
        let span = slice.span(rt, n)?;
        let at = |i: isize| r.start.checked_add(i.checked_mul(r.step)?);
        let parts = (at(span.start), at(span.stop), r.step.checked_mul(span.step));
        return match parts {
            (Some(start), Some(stop), Some(step)) => new(rt, start, stop, step).map(Some),
            _ => Err(int_overflow(rt)),
        };
    }
    let i = rt.index_of("range", n, index)?;
    int::from_i64(rt, r.value(i) as i64).map(Some)
}

// ---- iteration ----

static RANGE_ITER: Type = Type::builtin(qstr!("iterator"), 0, &ITER_VT);
static ITER_VT: VTable = VTable {
    next: Some(next),
    ..super::iter::VT
};

#[repr(C)]
struct RangeIter {
    base: Header,
    at: Cell<isize>,
    left: Cell<usize>,
    step: isize,
}

fn iter(rt: &mut Runtime, obj: Obj) -> R<Obj> {
    let r = this(obj);
    let iter = RangeIter {
        base: Header::new(&RANGE_ITER),
        at: Cell::new(r.start),
        left: Cell::new(r.count()),
        step: r.step,
    };
    Ok(rt.new_leaf(iter)?.obj())
}

fn next(rt: &mut Runtime, obj: Obj) -> R<Option<Obj>> {
    // SAFETY: reached through the vtable of RANGE_ITER only.
    let iter = unsafe { obj.cast_unchecked::<RangeIter>() };
    let Some(left) = iter.left.get().checked_sub(1) else {
        return Ok(None);
    };
    let value = iter.at.get();
    iter.left.set(left);
    iter.at.set(value.wrapping_add(iter.step));
    int::from_i64(rt, value as i64).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::runtime;

    #[test]
    fn counts_are_exact_at_the_ends_of_a_word() {
        assert_eq!(count(isize::MIN, isize::MAX, 1), usize::MAX);
        assert_eq!(count(isize::MAX, isize::MIN, -1), usize::MAX);
        assert_eq!(count(isize::MIN, isize::MAX, isize::MAX), 3);
        assert_eq!(count(isize::MAX, isize::MIN, isize::MIN), 2);
        assert_eq!(count(0, 10, 3), 4);
        assert_eq!(count(10, 0, -3), 4);
        assert_eq!(count(0, 0, 1), 0);
        assert_eq!(count(5, 0, 1), 0);
    }

    #[test]
    fn slices_are_ranges() {
        let rt = &mut runtime();
        let r = new(rt, 0, 10, 3).unwrap();
        let back = super::super::slice::new(rt, Obj::NONE, Obj::NONE, Obj::int(-1)).unwrap();
        let back = subscr(rt, r, back, Access::Load).unwrap().unwrap();
        let (back, mut seen) = (iter(rt, back).unwrap(), alloc::vec::Vec::new());
        while let Some(x) = next(rt, back).unwrap() {
            seen.push(x.small_value());
        }
        assert_eq!(seen, [9, 6, 3, 0]);
    }

    #[test]
    fn membership_needs_no_loop() {
        let rt = &mut runtime();
        let r = new(rt, 10, -10, -4).unwrap();
        for value in -12..12 {
            let want = [10, 6, 2, -2, -6].contains(&value);
            let got = binary(rt, BinaryOp::Contains, r, Obj::int(value));
            assert_eq!(got, Ok(Some(Obj::bool(want))), "{value}");
        }
    }
}
