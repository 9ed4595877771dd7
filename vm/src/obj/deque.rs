//! `collections.deque`: a ring of items with a largest length.
//!
//! The ring grows with what is in it, up to `maxlen`; slots not in use are zero words.

use core::cell::Cell;
use core::ptr::NonNull;

use ferlance_abi::ops::UnaryOp;
use ferlance_abi::qstr;

use super::builtin_fun::{BuiltinFun, expect_args};
use super::class;
use super::iter::{self, SeqIter};
use super::ptr::{Ptr, PyType};
use super::ty::{Access, Header, Members, Type, VTable};
use super::word::Obj;
use crate::call::{Args, wrong_self};
use crate::members;
use crate::runtime::{R, Runtime};

/// `deque`.
pub static DEQUE: Type = Type::builtin(qstr!("deque"), 0, &VT);
static VT: VTable = VTable {
    make_new: Some(make_new),
    unary: Some(unary),
    subscr: Some(subscr),
    iter: Some(|rt, obj| iter::new(rt, &DEQUE_ITER, obj)),
    members: &MEMBERS,
    ..VTable::NEW
};
static MEMBERS: Members = members! {
    "append" => Fun(&APPEND),
    "appendleft" => Fun(&APPENDLEFT),
    "extend" => Fun(&EXTEND),
    "pop" => Fun(&POP),
    "popleft" => Fun(&POPLEFT),
};
static APPEND: BuiltinFun = BuiltinFun::f2(qstr!("append"), |rt, obj, item| {
    method_self(rt, obj)?.push_back(rt, item)?;
    Ok(Obj::NONE)
});
static APPENDLEFT: BuiltinFun = BuiltinFun::f2(qstr!("appendleft"), |rt, obj, item| {
    method_self(rt, obj)?.push_front(rt, item)?;
    Ok(Obj::NONE)
});
static EXTEND: BuiltinFun = BuiltinFun::f2(qstr!("extend"), |rt, obj, iterable| {
    let deque = method_self(rt, obj)?;
    deque.extend(rt, iterable)?;
    Ok(Obj::NONE)
});
static POP: BuiltinFun = BuiltinFun::f1(qstr!("pop"), |rt, obj| {
    let item = method_self(rt, obj)?.pop_back();
    item.ok_or_else(|| rt.index_error("empty"))
});
static POPLEFT: BuiltinFun = BuiltinFun::f1(qstr!("popleft"), |rt, obj| {
    let item = method_self(rt, obj)?.pop_front();
    item.ok_or_else(|| rt.index_error("empty"))
});

/// A deque.
#[repr(C)]
pub struct Deque {
    base: Header,
    ring: Cell<NonNull<Cell<Option<Obj>>>>,
    /// Slots of the ring.
    alloc: Cell<usize>,
    /// Slot of the first item.
    head: Cell<usize>,
    len: Cell<usize>,
    maxlen: usize,
    /// Whether a full deque raises instead of dropping from the other end.
    checks: bool,
}

// SAFETY: every structure of type DEQUE is a `Deque`.
unsafe impl PyType for Deque {
    fn ty() -> &'static Type {
        &DEQUE
    }
}

impl Deque {
    fn ring<'a>(&self) -> &'a [Cell<Option<Obj>>] {
        // SAFETY: the block holds `alloc` initialised words.
        unsafe { core::slice::from_raw_parts(self.ring.get().as_ptr(), self.alloc.get()) }
    }

    /// The slot of item `i`, or the one behind the last; the ring has slots.
    fn slot<'a>(&self, i: usize) -> Option<&'a Cell<Option<Obj>>> {
        let alloc = self.alloc.get();
        let to_end = alloc - self.head.get();
        let at = if i < to_end {
            self.head.get() + i
        } else {
            i - to_end
        };
        self.ring().get(at)
    }

    /// Item `i`.
    pub fn item(&self, i: usize) -> Option<Obj> {
        if i >= self.len.get() {
            return None;
        }
        self.slot(i)?.get()
    }

    /// Number of items.
    pub fn len(&self) -> usize {
        self.len.get()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len.get() == 0
    }

    /// Makes room for one more item. `drop` makes room in a full deque; `false` = the item is not to be added.
    fn make_room(&self, rt: &mut Runtime, drop: fn(&Deque) -> Option<Obj>) -> R<bool> {
        if self.len.get() >= self.maxlen {
            if self.checks {
                return Err(rt.index_error("full"));
            }
            return Ok(drop(self).is_some());
        }
        if self.len.get() < self.alloc.get() {
            return Ok(true);
        }
        let alloc = self.alloc.get().saturating_mul(2).max(4).min(self.maxlen);
        let ring = rt.alloc_words(alloc, false)?.cast::<Cell<Option<Obj>>>();
        for i in 0..alloc {
            // SAFETY: within the new block.
            unsafe { ring.add(i).write(Cell::new(self.item(i))) };
        }
        let (old, had) = (self.ring.replace(ring), self.alloc.replace(alloc));
        self.head.set(0);
        if had != 0 {
            rt.free_block(old.cast());
        }
        Ok(true)
    }

    fn push_back(&self, rt: &mut Runtime, item: Obj) -> R<()> {
        if self.make_room(rt, Deque::pop_front)?
            && let Some(slot) = self.slot(self.len.get())
        {
            slot.set(Some(item));
            self.len.set(self.len.get() + 1);
        }
        Ok(())
    }

    fn push_front(&self, rt: &mut Runtime, item: Obj) -> R<()> {
        if self.make_room(rt, Deque::pop_back)? {
            let head = self
                .head
                .get()
                .checked_sub(1)
                .unwrap_or(self.alloc.get() - 1);
            self.head.set(head);
            self.len.set(self.len.get() + 1);
            if let Some(slot) = self.slot(0) {
                slot.set(Some(item));
            }
        }
        Ok(())
    }

    fn pop_back(&self) -> Option<Obj> {
        let last = self.len.get().checked_sub(1)?;
        let item = self.slot(last)?.take();
        self.len.set(last);
        item
    }

    fn pop_front(&self) -> Option<Obj> {
        let left = self.len.get().checked_sub(1)?;
        let item = self.slot(0)?.take();
        let head = self.head.get() + 1;
        self.head
            .set(if head == self.alloc.get() { 0 } else { head });
        self.len.set(left);
        item
    }

    fn extend(&self, rt: &mut Runtime, iterable: Obj) -> R<()> {
        let iter = rt.get_iter(iterable)?;
        while let Some(item) = rt.next(iter)? {
            self.push_back(rt, item)?;
        }
        Ok(())
    }
}

fn make_new(rt: &mut Runtime, _: &'static Type, args: Args<'_>) -> R<Obj> {
    expect_args(rt, args, 2, 3, false)?;
    let maxlen = rt.int(args.pos()[1])?;
    let Ok(maxlen) = usize::try_from(maxlen) else {
        return Err(rt.raise(&crate::exc::VALUE_ERROR, &[]));
    };
    let checks = match args.get(2) {
        Some(flags) => rt.int(flags)? & 1 != 0,
        None => false,
    };
    let deque = rt.new_obj(Deque {
        base: Header::new(&DEQUE),
        ring: Cell::new(NonNull::dangling()),
        alloc: Cell::new(0),
        head: Cell::new(0),
        len: Cell::new(0),
        maxlen,
        checks,
    })?;
    deque.extend(rt, args.pos()[0])?;
    Ok(deque.obj())
}

#[cfg_attr(not(feature = "small"), inline(always))]
fn this(obj: Obj) -> Ptr<Deque> {
    // SAFETY: reached through the vtable of DEQUE only.
    unsafe { obj.cast_unchecked() }
}

fn unary(_: &mut Runtime, op: UnaryOp, obj: Obj) -> R<Option<Obj>> {
    Ok(super::seq::truth_or_len(op, this(obj).len()))
}

fn subscr(rt: &mut Runtime, obj: Obj, index: Obj, access: Access) -> R<Option<Obj>> {
    let deque = this(obj);
    if let Access::Delete = access {
        return Ok(None);
    }
    let i = rt.index_of("deque", deque.len(), index)?;
    if let Access::Store(value) = access {
        if let Some(slot) = deque.slot(i) {
            slot.set(Some(value));
        }
        return Ok(Some(value));
    }
    Ok(deque.item(i))
}

fn method_self(rt: &mut Runtime, obj: Obj) -> R<Ptr<Deque>> {
    match class::unwrap_native(obj).cast::<Deque>() {
        Some(deque) => Ok(deque),
        None => Err(wrong_self(rt, &DEQUE, obj)),
    }
}

static DEQUE_ITER: Type = Type::builtin(qstr!("iterator"), 0, &ITER_VT);
static ITER_VT: VTable = VTable {
    next: Some(next),
    ..iter::VT
};

fn next(_: &mut Runtime, obj: Obj) -> R<Option<Obj>> {
    // SAFETY: iterators of this type are made over deques only.
    let iter = unsafe { SeqIter::of(obj) };
    let at = iter.at.get();
    let item = this(iter.seq).item(at);
    if item.is_some() {
        iter.at.set(at + 1);
    }
    Ok(item)
}

#[cfg(test)]
mod tests {
    use alloc::collections::VecDeque;

    use super::*;
    use crate::testing::runtime;

    #[test]
    fn behaves_like_a_bounded_queue() {
        let rt = &mut runtime();
        for maxlen in [0usize, 1, 2, 3, 7, 100] {
            let items = crate::obj::tuple::from_slice(rt, &[]).unwrap().obj();
            let args = [items, Obj::int(maxlen as isize)];
            let deque = make_new(rt, &DEQUE, Args::positional(&args)).unwrap();
            let deque = this(deque);
            let mut model = VecDeque::new();
            let mut seed = 7u32;
            for i in 0..3000 {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let item = Obj::int(i);
                match (seed >> 16) % 5 {
                    0 | 1 => {
                        deque.push_back(rt, item).unwrap();
                        model.push_back(item);
                        if model.len() > maxlen {
                            model.pop_front();
                        }
                    }
                    2 => {
                        deque.push_front(rt, item).unwrap();
                        model.push_front(item);
                        if model.len() > maxlen {
                            model.pop_back();
                        }
                    }
                    3 => assert_eq!(deque.pop_back(), model.pop_back()),
                    _ => assert_eq!(deque.pop_front(), model.pop_front()),
                }
                assert_eq!(deque.len(), model.len());
                for i in 0..=model.len() {
                    assert_eq!(deque.item(i), model.get(i).copied());
                }
            }
        }
    }
}
