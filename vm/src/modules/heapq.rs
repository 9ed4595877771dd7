//! `heapq`: heaps in lists, smallest first.
//!
//! Items that go down the heap go all the way to a leaf and up again from there, which takes about half the
//! comparisons of stopping on the way. Lengths are asked anew after each comparison.

use ferlance_abi::qstr;

use crate::exc;
use crate::members;
use crate::obj::builtin_fun::BuiltinFun;
use crate::obj::list::{self, List};
use crate::obj::module::ModuleDef;
use crate::obj::ptr::Ptr;
use crate::obj::sort::is_less;
use crate::obj::word::Obj;
use crate::runtime::{R, Runtime};

/// `heapq`.
pub static MODULE: ModuleDef = ModuleDef {
    name: qstr!("heapq"),
    members: members! {
        "heapify" => Fun(&HEAPIFY),
        "heappop" => Fun(&HEAPPOP),
        "heappush" => Fun(&HEAPPUSH),
    },
    extensible: true,
    attr: None,
    set_attr: None,
};

static HEAPIFY: BuiltinFun = BuiltinFun::f1(qstr!("heapify"), heapify);
static HEAPPOP: BuiltinFun = BuiltinFun::f1(qstr!("heappop"), heappop);
static HEAPPUSH: BuiltinFun = BuiltinFun::f2(qstr!("heappush"), heappush);

fn heap_of(rt: &mut Runtime, obj: Obj) -> R<Ptr<List>> {
    match list::of(obj) {
        Some(list) => Ok(list),
        None => Err(rt.type_error("heap must be a list")),
    }
}

/// Moves the item at `at` up until its parent is no larger, not past `top`.
fn sift_up(rt: &mut Runtime, heap: Ptr<List>, top: usize, mut at: usize) -> R<()> {
    let Some(item) = heap.item(at) else {
        return Ok(());
    };
    while at > top {
        let parent = (at - 1) / 2;
        let Some(above) = heap.item(parent) else {
            break;
        };
        if !is_less(rt, item, above)? {
            break;
        }
        // The comparison may have changed the list: exchange, so that nothing gets lost.
        swap(heap, at, parent);
        at = parent;
    }
    Ok(())
}

fn swap(heap: Ptr<List>, a: usize, b: usize) {
    if let (Some(x), Some(y)) = (heap.item(a), heap.item(b)) {
        heap.set(a, y);
        heap.set(b, x);
    }
}

/// Moves the item at `at` down to a leaf, then up to its place.
fn sift_down(rt: &mut Runtime, heap: Ptr<List>, at: usize) -> R<()> {
    let top = at;
    let mut at = at;
    loop {
        let mut child = 2 * at + 1;
        let Some(left) = heap.item(child) else {
            break;
        };
        if let Some(right) = heap.item(child + 1)
            && !is_less(rt, left, right)?
        {
            child += 1;
        }
        swap(heap, at, child);
        at = child;
    }
    sift_up(rt, heap, top, at)
}

fn heapify(rt: &mut Runtime, heap: Obj) -> R<Obj> {
    let heap = heap_of(rt, heap)?;
    for at in (0..heap.len() / 2).rev() {
        sift_down(rt, heap, at)?;
    }
    Ok(Obj::NONE)
}

fn heappush(rt: &mut Runtime, heap: Obj, item: Obj) -> R<Obj> {
    let heap = heap_of(rt, heap)?;
    heap.push(rt, item)?;
    sift_up(rt, heap, 0, heap.len() - 1)?;
    Ok(Obj::NONE)
}

fn heappop(rt: &mut Runtime, heap: Obj) -> R<Obj> {
    let heap = heap_of(rt, heap)?;
    let Some(last) = heap.pop() else {
        return Err(rt.raise_msg(&exc::INDEX_ERROR, "empty heap"));
    };
    let Some(first) = heap.item(0) else {
        return Ok(last);
    };
    heap.set(0, last);
    sift_down(rt, heap, 0)?;
    Ok(first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::runtime;

    #[test]
    fn items_come_out_in_order() {
        let rt = &mut runtime();
        let heap = list::with_capacity(rt, 0).unwrap();
        let mut seed = 3u32;
        let mut numbers = alloc::vec::Vec::new();
        for _ in 0..500 {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let n = (seed >> 20) as isize;
            numbers.push(n);
            heappush(rt, heap.obj(), Obj::int(n)).unwrap();
        }
        numbers.sort();
        for n in &numbers {
            assert_eq!(heappop(rt, heap.obj()), Ok(Obj::int(*n)));
        }
        assert!(heappop(rt, heap.obj()).is_err());
        for n in numbers.iter().rev() {
            heap.push(rt, Obj::int(*n)).unwrap();
        }
        heapify(rt, heap.obj()).unwrap();
        for n in &numbers {
            assert_eq!(heappop(rt, heap.obj()), Ok(Obj::int(*n)));
        }
    }

    #[test]
    fn the_order_inside_is_that_of_the_reference() {
        let rt = &mut runtime();
        let items = [9, 4, 7, 1, 0, 3].map(Obj::int);
        let heap = list::from_slice(rt, &items).unwrap();
        heapify(rt, heap.obj()).unwrap();
        assert_eq!(heappop(rt, heap.obj()), Ok(Obj::int(0)));
        let left: alloc::vec::Vec<_> = heap.items().iter().map(|i| i.get().small_value()).collect();
        assert_eq!(left, [1, 4, 3, 9, 7]);
    }
}
