//! Built-in functions about iterables: `len iter next any all sum min max sorted`.

use ferlance_abi::ops::BinaryOp;
use ferlance_abi::qstr;
use ferlance_abi::qstr::Qstr;

use crate::call::{Args, named};
use crate::config::QUICKEN;
use crate::exc;
use crate::interp::sequence_items;
use crate::obj::builtin_fun::BuiltinFun;
use crate::obj::word::Obj;
use crate::obj::{list, sort};
use crate::runtime::{R, Runtime};

/// `len(x)`.
pub static LEN: BuiltinFun = BuiltinFun::f1(qstr!("len"), |rt, obj| rt.len(obj));
/// `iter(x)`.
pub static ITER: BuiltinFun = BuiltinFun::f1(qstr!("iter"), |rt, obj| rt.get_iter(obj));
/// `next(it[, default])`.
pub static NEXT: BuiltinFun = BuiltinFun::var(qstr!("next"), 1, 2, next);
/// `any(it)`.
pub static ANY: BuiltinFun = BuiltinFun::f1(qstr!("any"), |rt, obj| find_truth(rt, obj, true));
/// `all(it)`.
pub static ALL: BuiltinFun = BuiltinFun::f1(qstr!("all"), |rt, obj| find_truth(rt, obj, false));
/// `sum(it[, start])`.
pub static SUM: BuiltinFun = BuiltinFun::var(qstr!("sum"), 1, 2, sum);
/// `min(…)`.
pub static MIN: BuiltinFun = BuiltinFun::kw(qstr!("min"), 1, u16::MAX, |rt, args| {
    best(rt, args, BinaryOp::Less)
});
/// `max(…)`.
pub static MAX: BuiltinFun = BuiltinFun::kw(qstr!("max"), 1, u16::MAX, |rt, args| {
    best(rt, args, BinaryOp::More)
});
/// `sorted(it, *, key=None, reverse=False)`.
pub static SORTED: BuiltinFun = BuiltinFun::kw(qstr!("sorted"), 1, u16::MAX, sorted);

fn next(rt: &mut Runtime, args: Args<'_>) -> R<Obj> {
    let iter = args.pos()[0];
    let Some(next) = iter.ty().vt().next else {
        return Err(rt.type_error_of("'{}' object isn't an iterator", iter));
    };
    // Without a default a `StopIteration` of a Python `__next__` passes through with its value.
    match next(rt, iter) {
        Ok(Some(item)) => Ok(item),
        Ok(None) => match args.get(1) {
            Some(default) => Ok(default),
            None => Err(rt.raise(&exc::STOP_ITERATION, &[])),
        },
        Err(raised) => match args.get(1) {
            Some(default) if rt.is_raised(&exc::STOP_ITERATION) => {
                rt.take_exception(raised);
                Ok(default)
            }
            _ => Err(raised),
        },
    }
}

/// Whether an item is as true as `wanted`, for `any`; for `all`, whether none is not.
fn find_truth(rt: &mut Runtime, iterable: Obj, wanted: bool) -> R<Obj> {
    let iter = rt.get_iter(iterable)?;
    while let Some(item) = rt.next(iter)? {
        if rt.is_true(item)? == wanted {
            return Ok(Obj::bool(wanted));
        }
    }
    Ok(Obj::bool(!wanted))
}

/// `f` over a list or tuple that holds nothing but small ints, from the first of them on; nothing if it is something
/// else, or as soon as `f` gives nothing.
fn of_small_ints(
    seq: Obj,
    first: Option<isize>,
    f: impl Fn(isize, isize) -> Option<isize>,
) -> Option<isize> {
    let mut items = sequence_items(seq).filter(|_| QUICKEN)?.iter();
    let first = match first {
        Some(first) => first,
        None => items.next()?.get().as_small()?,
    };
    items.try_fold(first, |so_far, item| f(so_far, item.get().as_small()?))
}

fn sum(rt: &mut Runtime, args: Args<'_>) -> R<Obj> {
    if let &[seq] = args.pos()
        && let Some(sum) = of_small_ints(seq, Some(0), isize::checked_add)
        && let Some(sum) = Obj::small(sum)
    {
        return Ok(sum);
    }
    let mut sum = args.get(1).unwrap_or(Obj::int(0));
    let iter = rt.get_iter(args.pos()[0])?;
    while let Some(item) = rt.next(iter)? {
        sum = match (sum.as_small(), item.as_small()) {
            (Some(a), Some(b)) if let Some(sum) = a.checked_add(b).and_then(Obj::small) => sum,
            _ => rt.binary_op(BinaryOp::Add, sum, item)?,
        };
    }
    Ok(sum)
}

/// Whether `item` beats the best so far.
fn beats(rt: &mut Runtime, op: BinaryOp, item: Obj, best: Obj) -> R<bool> {
    if let (Some(a), Some(b)) = (item.as_small(), best.as_small()) {
        return Ok(if op == BinaryOp::Less { a < b } else { a > b });
    }
    let answer = rt.binary_op(op, item, best)?;
    rt.is_true(answer)
}

/// `min` and `max`: of one iterable, or of several arguments. Unknown keywords are ignored, as upstream does.
fn best(rt: &mut Runtime, args: Args<'_>, op: BinaryOp) -> R<Obj> {
    if let &[seq] = args.values() {
        let best = of_small_ints(seq, None, |a, b| {
            Some(if op == BinaryOp::Less {
                a.min(b)
            } else {
                a.max(b)
            })
        });
        if let Some(best) = best {
            return Ok(Obj::int(best));
        }
    }
    let key_fun = args.keyword(qstr!("key"));
    let mut best: Option<(Obj, Obj)> = None;
    let mut offer = |rt: &mut Runtime, item: Obj| -> R<()> {
        let key = match key_fun {
            Some(fun) => rt.call(fun, &[item])?,
            None => item,
        };
        let wins = match best {
            Some((best_key, _)) => beats(rt, op, key, best_key)?,
            None => true,
        };
        if wins {
            best = Some((key, item));
        }
        Ok(())
    };
    if let [iterable] = args.pos() {
        let iter = rt.get_iter(*iterable)?;
        while let Some(item) = rt.next(iter)? {
            offer(rt, item)?;
        }
    } else {
        for item in args.pos() {
            offer(rt, *item)?;
        }
    }
    match best {
        Some((_, item)) => Ok(item),
        None => match args.keyword(qstr!("default")) {
            Some(default) => Ok(default),
            None => Err(rt.value_error("arg is an empty sequence")),
        },
    }
}

const SORT_NAMES: [Qstr; 2] = [qstr!("key"), qstr!("reverse")];

fn sorted(rt: &mut Runtime, args: Args<'_>) -> R<Obj> {
    if args.n_pos() > 1 {
        return Err(rt.type_error("must use keyword argument for key function"));
    }
    let list = list::from_iterable(rt, args.pos()[0])?;
    let [key, reverse] = named(rt, args.skip(1), SORT_NAMES, 0, 0)?;
    sort::sort(rt, list, key, reverse)?;
    Ok(list.obj())
}
