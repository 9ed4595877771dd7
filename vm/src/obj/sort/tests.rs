use alloc::vec::Vec;

use super::*;
use crate::obj::list;
use crate::obj::tuple;
use crate::testing::runtime;

fn rng(seed: &mut u32) -> usize {
    *seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
    (*seed >> 8) as usize
}

/// Shapes of input: (number of elements, maker of element `i`).
fn shapes() -> Vec<Vec<isize>> {
    let mut seed = 1;
    let mut all = Vec::new();
    for n in [0usize, 1, 2, 3, 23, 24, 25, 48, 100, 1000, 3000] {
        let m = n as isize;
        all.push((0..m).collect());
        all.push((0..m).rev().collect());
        all.push((0..m).map(|_| 7).collect());
        all.push((0..n).map(|_| rng(&mut seed) as isize % 10).collect());
        all.push((0..n).map(|_| rng(&mut seed) as isize - 5000).collect());
        all.push((0..m).map(|i| i.min(m - i)).collect());
        all.push((0..m).map(|i| if i % 100 == 0 { -i } else { i }).collect());
        all.push((0..m).map(|i| (i * 7919) % 64 + i / 300 * 40).collect());
        let half = m / 2;
        all.push(
            (0..m)
                .map(|i| if i < half { i + half } else { i - half })
                .collect(),
        );
    }
    all
}

#[test]
fn sorts_every_shape_stably_both_ways() {
    let rt = &mut runtime();
    for shape in shapes() {
        for reverse in [false, true] {
            let items = Block::new(rt, shape.len(), width::TWO).unwrap();
            let mut want: Vec<(isize, isize)> = Vec::new();
            for (i, key) in shape.iter().enumerate() {
                let (k, v) = (*key, i as isize);
                let pair = Pair {
                    key: Obj::int(k),
                    item: Obj::int(v),
                };
                items.set(i, pair);
                want.push((k, v));
            }
            want.sort_by(|a, b| {
                if reverse {
                    b.0.cmp(&a.0)
                } else {
                    a.0.cmp(&b.0)
                }
            });
            merge_sort(rt, items, reverse).unwrap();
            let got: Vec<_> = (0..shape.len())
                .map(|i| items.get(i))
                .map(|p| (p.key.small_value(), p.item.small_value()))
                .collect();
            assert_eq!(got, want);
        }
    }
}

#[test]
fn lists_of_ints_and_of_tuples_come_out_in_order() {
    let rt = &mut runtime();
    for shape in shapes() {
        let mut want = shape.clone();
        want.sort();
        let ints: Vec<Obj> = shape.iter().map(|i| Obj::int(*i)).collect();
        let l = list::from_slice(rt, &ints).unwrap();
        sort(rt, l, None, None).unwrap();
        let got: Vec<_> = l.items().iter().map(|i| i.get().small_value()).collect();
        assert_eq!(got, want);
        let tuples: Vec<Obj> = ints
            .iter()
            .map(|i| tuple::from_slice(rt, &[Obj::TRUE, *i]).unwrap().obj())
            .collect();
        let l = list::from_slice(rt, &tuples).unwrap();
        sort(rt, l, None, Some(Obj::TRUE)).unwrap();
        want.reverse();
        let got: Vec<_> = l
            .items()
            .iter()
            .map(|t| {
                t.get()
                    .cast::<Tuple>()
                    .unwrap()
                    .item(1)
                    .unwrap()
                    .small_value()
            })
            .collect();
        assert_eq!(got, want);
    }
}

#[test]
fn a_sorted_list_needs_one_comparison_for_each_neighbour() {
    use crate::obj::ty::{Header, Type, VTable};
    use core::sync::atomic::{AtomicUsize, Ordering};
    static COMPARED: AtomicUsize = AtomicUsize::new(0);
    static COUNTED: Type = Type::builtin(ferlance_abi::qstr!("object"), 0, &COUNTED_VT);
    static COUNTED_VT: VTable = VTable {
        binary: Some(|_, _, a, b| {
            COMPARED.fetch_add(1, Ordering::Relaxed);
            // SAFETY: compared with its like only.
            let n = |o: Obj| unsafe { o.cast_unchecked::<Counted>() }.n;
            Ok(Some(Obj::bool(n(a) < n(b))))
        }),
        ..VTable::NEW
    };
    #[repr(C)]
    struct Counted {
        base: Header,
        n: usize,
    }
    let rt = &mut runtime();
    let items: Vec<Obj> = (0..1000)
        .map(|n| {
            let base = Header::new(&COUNTED);
            rt.new_leaf(Counted { base, n }).unwrap().obj()
        })
        .collect();
    let l = list::from_slice(rt, &items).unwrap();
    sort(rt, l, None, None).unwrap();
    assert_eq!(COMPARED.swap(0, Ordering::Relaxed), 999);
    sort(rt, l, None, Some(Obj::TRUE)).unwrap();
    assert_eq!(COMPARED.load(Ordering::Relaxed), 999);
}

#[test]
fn comparisons_may_change_the_list() {
    use crate::obj::ty::{Header, Type, VTable};
    static EVIL: Type = Type::builtin(ferlance_abi::qstr!("object"), 0, &EVIL_VT);
    static EVIL_VT: VTable = VTable {
        binary: Some(|rt, _, a, b| {
            // SAFETY: compared with its like only.
            let (a, b) = unsafe { (a.cast_unchecked::<Evil>(), b.cast_unchecked::<Evil>()) };
            a.list.clear(rt);
            rt.collect();
            a.list.push(rt, Obj::NONE)?;
            if a.n == usize::MAX {
                return Err(rt.value_error("no"));
            }
            Ok(Some(Obj::bool(a.n < b.n)))
        }),
        ..VTable::NEW
    };
    #[repr(C)]
    struct Evil {
        base: Header,
        n: usize,
        list: Ptr<List>,
    }
    let rt = &mut runtime();
    let list = list::with_capacity(rt, 0).unwrap();
    for n in 0..100 {
        let base = Header::new(&EVIL);
        let n = n * 37 % 100;
        let item = rt.new_obj(Evil { base, n, list }).unwrap().obj();
        list.push(rt, item).unwrap();
    }
    sort(rt, list, None, None).unwrap();
    assert_eq!(list.len(), 100);
    for (i, item) in list.items().iter().enumerate() {
        // SAFETY: the items are of type EVIL.
        assert_eq!(unsafe { item.get().cast_unchecked::<Evil>() }.n, i);
    }
    let base = Header::new(&EVIL);
    let n = usize::MAX;
    let bad = rt.new_obj(Evil { base, n, list }).unwrap().obj();
    list.push(rt, bad).unwrap();
    assert!(sort(rt, list, None, None).is_err());
}
