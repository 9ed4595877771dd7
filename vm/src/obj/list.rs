//! `list` (layout: spec native-abi 3.3).

use core::cell::Cell;
use core::mem::offset_of;
use core::ptr::NonNull;

use ferlance_abi::layout;
use ferlance_abi::ops::{BinaryOp, UnaryOp};
use ferlance_abi::qstr;

use super::builtin_fun::{BuiltinFun, expect_args};
use super::ptr::{Ptr, PyType};
use super::slice::Slice;
use super::ty::{Access, Header, Members, PrintKind, Type, VTable};
use super::word::Obj;
use super::{class, dict_view, iter, range, seq, sort};
use crate::call::{Args, wrong_self};
use crate::members;
use crate::runtime::{R, Runtime};
use crate::text::print::Print;

/// `list`.
pub static LIST: Type = Type::builtin(qstr!("list"), 0, &VT);
static VT: VTable = VTable {
    make_new: Some(make_new),
    print: Some(print),
    unary: Some(unary),
    binary: Some(binary),
    subscr: Some(subscr),
    iter: Some(iter::list),
    members: &MEMBERS,
    ..VTable::NEW
};
static MEMBERS: Members = members! {
    "append" => Fun(&APPEND),
    "clear" => Fun(&CLEAR),
    "copy" => Fun(&COPY),
    "count" => Fun(&COUNT),
    "extend" => Fun(&EXTEND),
    "index" => Fun(&INDEX),
    "insert" => Fun(&INSERT),
    "pop" => Fun(&POP),
    "remove" => Fun(&REMOVE),
    "reverse" => Fun(&REVERSE),
    "sort" => Fun(&SORT),
};
static APPEND: BuiltinFun = BuiltinFun::f2(qstr!("append"), append);
static CLEAR: BuiltinFun = BuiltinFun::f1(qstr!("clear"), clear);
static COPY: BuiltinFun = BuiltinFun::f1(qstr!("copy"), copy);
static COUNT: BuiltinFun = BuiltinFun::f2(qstr!("count"), count);
static EXTEND: BuiltinFun = BuiltinFun::f2(qstr!("extend"), extend);
static INDEX: BuiltinFun = BuiltinFun::var(qstr!("index"), 2, 4, index);
static INSERT: BuiltinFun = BuiltinFun::f3(qstr!("insert"), insert);
static POP: BuiltinFun = BuiltinFun::var(qstr!("pop"), 1, 2, pop);
static REMOVE: BuiltinFun = BuiltinFun::f2(qstr!("remove"), remove);
static REVERSE: BuiltinFun = BuiltinFun::f1(qstr!("reverse"), reverse);
static SORT: BuiltinFun = BuiltinFun::kw(qstr!("sort"), 1, u16::MAX, sort_method);

const WORD: usize = size_of::<usize>();

/// A list. Words of the item block behind `len` are zero, so that the collector sees nothing stale.
#[repr(C)]
pub struct List {
    base: Header,
    alloc: Cell<usize>,
    len: Cell<usize>,
    items: Cell<NonNull<Cell<Obj>>>,
}

const _: () = {
    assert!(offset_of!(List, alloc) == layout::LIST_ALLOC * WORD);
    assert!(offset_of!(List, len) == layout::LIST_LEN * WORD);
    assert!(offset_of!(List, items) == layout::LIST_ITEMS * WORD);
};

// SAFETY: every structure of type LIST is a `List`.
unsafe impl PyType for List {
    fn ty() -> &'static Type {
        &LIST
    }
}

impl List {
    /// Number of items.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub fn len(&self) -> usize {
        self.len.get()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len.get() == 0
    }

    /// The items, until the next call that can run Python or change the list.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub fn items<'a>(&self) -> &'a [Cell<Obj>] {
        // SAFETY: the block holds `len` initialised words; see the module header of `obj::ptr`.
        unsafe { core::slice::from_raw_parts(self.items.get().as_ptr(), self.len.get()) }
    }

    /// Item `i`.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub fn item(&self, i: usize) -> Option<Obj> {
        self.items().get(i).map(Cell::get)
    }

    /// Item `i`.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub fn get(&self, i: usize) -> Option<Obj> {
        self.items().get(i).map(Cell::get)
    }

    /// Replaces item `i`; `false` when there is none.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub fn set(&self, i: usize, value: Obj) -> bool {
        match self.items().get(i) {
            Some(slot) => {
                slot.set(value);
                true
            }
            None => false,
        }
    }

    /// Appends an item.
    #[inline]
    pub fn push(&self, rt: &mut Runtime, item: Obj) -> R<()> {
        let len = self.len.get();
        if len == self.alloc.get() {
            self.grow(rt, len + 1)?;
        }
        // SAFETY: `len < alloc` words are in the block.
        unsafe { self.items.get().add(len).cast::<Obj>().write(item) };
        self.len.set(len + 1);
        Ok(())
    }

    /// Removes the last item.
    pub fn pop(&self) -> Option<Obj> {
        let len = self.len.get().checked_sub(1)?;
        let item = self.items()[len].get();
        self.len.set(len);
        // SAFETY: `len < alloc`.
        unsafe { self.items.get().add(len).cast::<usize>().write(0) };
        Some(item)
    }

    /// Appends items that do not lie in this list.
    pub fn push_all(&self, rt: &mut Runtime, items: &[Obj]) -> R<()> {
        let len = self.len.get();
        self.need(rt, items.len())?;
        // SAFETY: `need` made room for them behind `len`.
        unsafe {
            let to = self.items.get().add(len).cast::<Obj>();
            core::ptr::copy_nonoverlapping(items.as_ptr(), to.as_ptr(), items.len());
        }
        self.len.set(len + items.len());
        Ok(())
    }

    /// Makes room for `n` more items.
    fn need(&self, rt: &mut Runtime, n: usize) -> R<()> {
        match self.len.get().checked_add(n) {
            Some(want) if want <= self.alloc.get() => Ok(()),
            Some(want) => self.grow(rt, want),
            None => Err(rt.no_memory(usize::MAX)),
        }
    }

    /// Makes room for `want` items in all.
    #[cold]
    pub fn grow(&self, rt: &mut Runtime, want: usize) -> R<()> {
        let old = self.alloc.get();
        self.resize_block(rt, want.max(old + old / 2).max(4))
    }

    /// Replaces the block by one of `new` words, at least `len`.
    fn resize_block(&self, rt: &mut Runtime, new: usize) -> R<()> {
        let old = self.alloc.get();
        let Some(bytes) = new.checked_mul(WORD).filter(|n| *n <= isize::MAX as usize) else {
            return Err(rt.no_memory(usize::MAX));
        };
        let at = if old == 0 {
            rt.alloc_block(bytes, false)?
        } else {
            rt.realloc_block(self.items.get().cast(), old * WORD, bytes, false)?
        };
        if new > old {
            // SAFETY: the block holds `new` words, of which the first `old` are kept.
            unsafe { core::ptr::write_bytes(at.cast::<usize>().add(old).as_ptr(), 0, new - old) };
        }
        self.items.set(at.cast());
        self.alloc.set(new);
        Ok(())
    }

    /// Gives back room when three quarters are free. Failing to is no error.
    fn give_back(&self, rt: &mut Runtime) {
        let (len, alloc) = (self.len.get(), self.alloc.get());
        if alloc > 16 && len < alloc / 4 {
            // Shrinking takes the front of the block; it cannot run out of memory.
            let _ = self.resize_block(rt, alloc / 2);
        }
    }

    /// Opens a gap of `n` words at `at`, to be filled before anything is allocated. `at` is at most the length.
    fn make_room(&self, rt: &mut Runtime, at: usize, n: usize) -> R<()> {
        let len = self.len.get();
        self.need(rt, n)?;
        debug_assert!(at <= len);
        // SAFETY: `at + n + (len - at) <= alloc`; words behind `len` are not yet in use.
        unsafe {
            let from = self.items.get().add(at);
            from.copy_to(from.add(n), len - at);
            for i in 0..n {
                from.add(i).cast::<Obj>().write(Obj::NONE);
            }
        }
        self.len.set(len + n);
        Ok(())
    }

    /// Removes the items `from..to`, which are there.
    fn remove_range(&self, from: usize, to: usize) {
        let len = self.len.get();
        debug_assert!(from <= to && to <= len);
        // SAFETY: all within the `len` words.
        unsafe {
            let base = self.items.get();
            base.add(to).copy_to(base.add(from), len - to);
            let end = base.add(len - (to - from)).cast::<usize>();
            core::ptr::write_bytes(end.as_ptr(), 0, to - from);
        }
        self.len.set(len - (to - from));
    }

    /// Removes and returns item `i`, which is there.
    fn take(&self, i: usize) -> Obj {
        let item = self.items()[i].get();
        self.remove_range(i, i + 1);
        item
    }

    /// Forgets all items and gives the block back.
    pub fn clear(&self, rt: &mut Runtime) {
        let (alloc, items) = (self.alloc.get(), self.items.get());
        self.len.set(0);
        self.alloc.set(0);
        self.items.set(NonNull::dangling());
        if alloc != 0 {
            rt.free_block(items.cast());
        }
    }

    /// Appends the items of an iterable.
    pub fn extend(&self, rt: &mut Runtime, iterable: Obj) -> R<()> {
        if let Some(items) = seq::items_of(iterable) {
            let len = self.len.get();
            self.need(rt, items.len())?;
            // Looked up again: `iterable` may be this very list, whose block has moved.
            let items = seq::items_of(iterable).unwrap_or(&[]);
            // SAFETY: `need` made room for them behind `len`.
            unsafe { seq::copy(items, self.items.get().add(len)) };
            self.len.set(len + items.len());
            return Ok(());
        }
        if let Some((dict, kind)) = dict_view::entries_of(iterable) {
            self.need(rt, dict.map.len())?;
            let mut at = 0;
            while let Some((i, item)) = dict_view::next_entry(rt, dict, kind, at)? {
                self.push(rt, item)?;
                at = i + 1;
            }
            return Ok(());
        }
        if let Some(range) = iterable.cast::<range::Range>()
            && let (Some(_), Some(_)) = (Obj::small(range.start()), Obj::small(range.stop()))
        {
            let (len, n) = (self.len.get(), range.count());
            self.make_room(rt, len, n)?;
            for (i, slot) in self.items()[len..].iter().enumerate() {
                slot.set(Obj::int(range.value(i)));
            }
            return Ok(());
        }
        let iter = rt.get_iter(iterable)?;
        while let Some(item) = rt.next(iter)? {
            self.push(rt, item)?;
        }
        Ok(())
    }
}

/// The list that `obj` is or carries.
#[inline]
pub fn of(obj: Obj) -> Option<Ptr<List>> {
    match obj.cast::<List>() {
        Some(list) => Some(list),
        None if obj.is_ptr() && obj.ty().is_class() => class::native_base(obj).and_then(of),
        None => None,
    }
}

/// An empty list with room for `alloc` items.
pub fn with_capacity(rt: &mut Runtime, alloc: usize) -> R<Ptr<List>> {
    let list = rt.new_obj(List {
        base: Header::new(&LIST),
        alloc: Cell::new(0),
        len: Cell::new(0),
        items: Cell::new(NonNull::dangling()),
    })?;
    if alloc != 0 {
        list.resize_block(rt, alloc)?;
    }
    Ok(list)
}

/// A list of these items.
pub fn from_slice(rt: &mut Runtime, items: &[Obj]) -> R<Ptr<List>> {
    let list = with_capacity(rt, items.len())?;
    list.push_all(rt, items)?;
    Ok(list)
}

/// A new list of the items of an iterable.
pub fn from_iterable(rt: &mut Runtime, iterable: Obj) -> R<Ptr<List>> {
    let n = match seq::items_of(iterable) {
        Some(items) => items.len(),
        None => dict_view::entries_of(iterable).map_or(0, |(dict, _)| dict.map.len()),
    };
    let list = with_capacity(rt, n)?;
    list.extend(rt, iterable)?;
    Ok(list)
}

fn make_new(rt: &mut Runtime, _: &'static Type, args: Args<'_>) -> R<Obj> {
    expect_args(rt, args, 0, 1, false)?;
    match args.get(0) {
        None => Ok(with_capacity(rt, 0)?.obj()),
        Some(iterable) => Ok(from_iterable(rt, iterable)?.obj()),
    }
}

#[cfg_attr(not(feature = "small"), inline(always))]
fn this(obj: Obj) -> Ptr<List> {
    // SAFETY: reached through the vtable of LIST only.
    unsafe { obj.cast_unchecked() }
}

fn print(rt: &mut Runtime, obj: Obj, kind: PrintKind, out: &mut dyn Print) -> R<()> {
    seq::print(rt, this(obj), kind, [b"[", b"]"], out)
}

fn unary(_: &mut Runtime, op: UnaryOp, obj: Obj) -> R<Option<Obj>> {
    Ok(super::seq::truth_or_len(op, this(obj).len()))
}

fn binary(rt: &mut Runtime, op: BinaryOp, obj: Obj, other: Obj) -> R<Option<Obj>> {
    let a = this(obj);
    match op {
        BinaryOp::Add => {
            let Some(b) = of(other) else { return Ok(None) };
            let sum = with_capacity(rt, a.len().saturating_add(b.len()))?;
            sum.extend(rt, a.obj())?;
            sum.extend(rt, b.obj())?;
            Ok(Some(sum.obj()))
        }
        BinaryOp::InplaceAdd => {
            a.extend(rt, other)?;
            Ok(Some(obj))
        }
        BinaryOp::Multiply | BinaryOp::ReverseMultiply => {
            let Some(times) = seq::repeats(rt, a.len(), other)? else {
                return Ok(None);
            };
            let total = a.len() * times;
            let all = with_capacity(rt, total)?;
            if total != 0 {
                // SAFETY: the block has room for `total` items (`repeats` checked the product).
                unsafe { seq::repeat(a.items(), times, all.items.get()) };
                all.len.set(total);
            }
            Ok(Some(all.obj()))
        }
        BinaryOp::Equal
        | BinaryOp::Less
        | BinaryOp::LessEqual
        | BinaryOp::More
        | BinaryOp::MoreEqual => match of(other) {
            Some(b) => seq::compare(rt, op, a, b),
            None => Ok(None),
        },
        BinaryOp::Contains => Ok(Some(Obj::bool(seq::find(rt, a, other)?.is_some()))),
        _ => Ok(None),
    }
}

fn subscr(rt: &mut Runtime, obj: Obj, index: Obj, access: Access) -> R<Option<Obj>> {
    let list = this(obj);
    if let Some(slice) = index.cast::<Slice>() {
        return match access {
            Access::Load => load_slice(rt, list, slice).map(Some),
            Access::Store(value) => store_slice(rt, list, slice, value).map(|()| Some(Obj::NONE)),
            Access::Delete => {
                let (from, to) = simple_span(rt, list, slice)?;
                list.remove_range(from, to);
                list.give_back(rt);
                Ok(Some(Obj::NONE))
            }
        };
    }
    match access {
        Access::Load => {
            let i = rt.index_of("list", list.len(), index)?;
            Ok(list.item(i))
        }
        Access::Store(value) => {
            let i = rt.index_of("list", list.len(), index)?;
            list.set(i, value);
            Ok(Some(Obj::NONE))
        }
        Access::Delete => {
            pop_at(rt, list, Some(index))?;
            Ok(Some(Obj::NONE))
        }
    }
}

fn load_slice(rt: &mut Runtime, list: Ptr<List>, slice: Ptr<Slice>) -> R<Obj> {
    let span = slice.span(rt, list.len())?;
    let n = span.count();
    let part = with_capacity(rt, n)?;
    let items = list.items();
    match span.simple() {
        Some((from, to)) => {
            let items = items.get(from..to).unwrap_or(&[]);
            // SAFETY: the new block has room for `to - from == n` items.
            unsafe { seq::copy(items, part.items.get()) };
            part.len.set(items.len());
        }
        None => {
            let mut at = span.start;
            for _ in 0..n {
                // Positions of a span lie in the list, but for one that would be past the end.
                let Some(item) = items.get(at as usize) else {
                    break;
                };
                part.push(rt, item.get())?;
                at = at.wrapping_add(span.step);
            }
        }
    }
    Ok(part.obj())
}

/// Begin and end of a slice to be replaced or removed.
fn simple_span(rt: &mut Runtime, list: Ptr<List>, slice: Ptr<Slice>) -> R<(usize, usize)> {
    match slice.span(rt, list.len())?.simple() {
        Some((from, to)) => {
            // Conversions may have run Python.
            let len = list.len();
            Ok((from.min(len), to.min(len)))
        }
        None => Err(rt.raise(&crate::exc::NOT_IMPLEMENTED_ERROR, &[])),
    }
}

fn store_slice(rt: &mut Runtime, list: Ptr<List>, slice: Ptr<Slice>, value: Obj) -> R<()> {
    let mut value = value;
    let n = seq::expect_items(rt, value)?.len();
    let (from, to) = simple_span(rt, list, slice)?;
    if of(value) == Some(list) {
        value = from_iterable(rt, value)?.obj();
    }
    if n > to - from {
        list.make_room(rt, to, n - (to - from))?;
    } else {
        list.remove_range(from + n, to);
    }
    let items = seq::items_of(value).unwrap_or(&[]);
    for (slot, item) in list.items()[from..].iter().zip(items.iter().take(n)) {
        slot.set(item.get());
    }
    list.give_back(rt);
    Ok(())
}

// ---- methods ----

#[inline]
fn method_self(rt: &mut Runtime, obj: Obj) -> R<Ptr<List>> {
    match of(obj) {
        Some(list) => Ok(list),
        None => Err(wrong_self(rt, &LIST, obj)),
    }
}

/// `list.append(item)`.
pub fn append(rt: &mut Runtime, obj: Obj, item: Obj) -> R<Obj> {
    method_self(rt, obj)?.push(rt, item)?;
    Ok(Obj::NONE)
}

fn clear(rt: &mut Runtime, obj: Obj) -> R<Obj> {
    method_self(rt, obj)?.clear(rt);
    Ok(Obj::NONE)
}

fn copy(rt: &mut Runtime, obj: Obj) -> R<Obj> {
    let list = method_self(rt, obj)?;
    Ok(from_iterable(rt, list.obj())?.obj())
}

fn count(rt: &mut Runtime, obj: Obj, item: Obj) -> R<Obj> {
    let list = method_self(rt, obj)?;
    seq::count(rt, list, item)
}

fn extend(rt: &mut Runtime, obj: Obj, iterable: Obj) -> R<Obj> {
    method_self(rt, obj)?.extend(rt, iterable)?;
    Ok(Obj::NONE)
}

fn index(rt: &mut Runtime, args: Args<'_>) -> R<Obj> {
    let list = method_self(rt, args.pos()[0])?;
    seq::index(rt, "list", list, args)
}

fn insert(rt: &mut Runtime, obj: Obj, index: Obj, item: Obj) -> R<Obj> {
    let list = method_self(rt, obj)?;
    let at = super::slice::clamp_index(rt, "list", list.len(), index)?.min(list.len());
    list.make_room(rt, at, 1)?;
    list.set(at, item);
    Ok(Obj::NONE)
}

fn pop(rt: &mut Runtime, args: Args<'_>) -> R<Obj> {
    let list = method_self(rt, args.pos()[0])?;
    pop_at(rt, list, args.get(1))
}

/// Removes and returns an item, the last without an index.
fn pop_at(rt: &mut Runtime, list: Ptr<List>, index: Option<Obj>) -> R<Obj> {
    if list.is_empty() {
        return Err(rt.index_error("pop from empty list"));
    }
    let at = match index {
        Some(index) => rt.index_of("list", list.len(), index)?,
        None => list.len() - 1,
    };
    let item = if at + 1 == list.len() {
        list.pop().unwrap_or(Obj::NONE)
    } else if at < list.len() {
        list.take(at)
    } else {
        // The index's conversion has shortened the list.
        return Err(rt.index_error("list index out of range"));
    };
    list.give_back(rt);
    Ok(item)
}

fn remove(rt: &mut Runtime, obj: Obj, item: Obj) -> R<Obj> {
    let list = method_self(rt, obj)?;
    match seq::find(rt, list, item)? {
        // The comparison may have shortened the list.
        Some(at) if at < list.len() => {
            list.take(at);
            list.give_back(rt);
            Ok(Obj::NONE)
        }
        _ => Err(seq::not_in_sequence(rt)),
    }
}

fn reverse(rt: &mut Runtime, obj: Obj) -> R<Obj> {
    let items = method_self(rt, obj)?.items();
    for i in 0..items.len() / 2 {
        items[i].swap(&items[items.len() - 1 - i]);
    }
    Ok(Obj::NONE)
}

fn sort_method(rt: &mut Runtime, args: Args<'_>) -> R<Obj> {
    let list = method_self(rt, args.pos()[0])?;
    let [key, reverse] =
        crate::call::named(rt, args.skip(1), [qstr!("key"), qstr!("reverse")], 0, 0)?;
    sort::sort(rt, list, key, reverse)?;
    Ok(Obj::NONE)
}
