use alloc::boxed::Box;
use alloc::format;
use alloc::vec::Vec;
use std::cell::RefCell;
use std::thread_local;

use ferlance_abi::ops::{BinaryOp, UnaryOp};
use ferlance_abi::qstr::Qstr;

use super::table::fold;
use super::*;
use crate::obj::ptr::Ptr;
use crate::obj::str::{STR, new_data};
use crate::obj::ty::{Header, Type, VTable};
use crate::testing::runtime;

fn contents(map: &Map) -> Vec<(Obj, Obj)> {
    let mut all = Vec::new();
    let mut at = 0;
    while let Some((i, key, value)) = map.next_from(at) {
        all.push((key, value));
        at = i + 1;
    }
    all
}

/// A str object that is not interned, whatever the pool holds.
fn loose(rt: &mut Runtime, text: &str) -> Obj {
    new_data(rt, &STR, text.as_bytes()).unwrap().obj()
}

fn rng(seed: &mut u32) -> usize {
    *seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
    (*seed >> 8) as usize
}

#[test]
fn names_keep_their_order_and_positions() {
    let rt = &mut runtime();
    let map = Map::new();
    let names: Vec<Qstr> = (0..40)
        .map(|i| rt.intern(format!("name{i}").as_bytes()).unwrap())
        .collect();
    for (i, name) in names.iter().enumerate() {
        assert_eq!(map.find_name(rt, *name), None);
        map.set_name(rt, *name, Obj::int(i as isize)).unwrap();
        assert_eq!((map.entry_count(), map.len()), (i + 1, i + 1));
    }
    assert!(map.is_names());
    for (i, name) in names.iter().enumerate() {
        assert_eq!(map.find_name(rt, *name), Some(i));
        assert_eq!(map.cached(i, Obj::qstr(*name)), Some(Obj::int(i as isize)));
    }
    let moves = rt.interp.map_moves;
    assert_eq!(map.remove_name(rt, names[7]), Some(Obj::int(7)));
    assert_eq!(map.remove_name(rt, names[7]), None);
    assert_eq!(map.cached(7, Obj::qstr(names[7])), None);
    assert_eq!(map.find_name(rt, names[8]), Some(8));
    assert_eq!((map.entry_count(), map.len()), (40, 39));
    map.set_name(rt, names[7], Obj::TRUE).unwrap();
    assert_eq!(map.find_name(rt, names[7]), Some(40));
    assert_eq!(moves, rt.interp.map_moves);
}

#[test]
fn equal_texts_are_one_key_however_they_are_stored() {
    for extra in [0, 3, 30] {
        let rt = &mut runtime();
        let map = Map::new();
        for i in 0..extra {
            map.store(rt, Obj::int(i), Obj::NONE).unwrap();
        }
        let text = loose(rt, "made at run time");
        map.store(rt, text, Obj::int(1)).unwrap();
        let again = loose(rt, "made at run time");
        assert_eq!(map.lookup(rt, again), Ok(Some(Obj::int(1))));
        // Interned only now: a name finds the old key.
        let name = rt.intern(b"made at run time").unwrap();
        assert_eq!(map.get_name(rt, name), Some(Obj::int(1)));
        assert_eq!(map.lookup(rt, Obj::qstr(name)), Ok(Some(Obj::int(1))));
        map.set_name(rt, name, Obj::int(2)).unwrap();
        assert_eq!(map.lookup(rt, again), Ok(Some(Obj::int(2))));
        assert_eq!(map.len(), extra as usize + 1);
        // And the other way round: a name is found by a loose text.
        let plain = Map::new();
        plain.set_name(rt, name, Obj::TRUE).unwrap();
        assert_eq!(plain.lookup(rt, again), Ok(Some(Obj::TRUE)));
        plain.store(rt, again, Obj::FALSE).unwrap();
        assert!(plain.is_names());
        assert_eq!(contents(&plain), [(Obj::qstr(name), Obj::FALSE)]);
        assert_eq!(map.remove_name(rt, name), Some(Obj::int(2)));
        assert_eq!(map.lookup(rt, again), Ok(None));
    }
}

#[test]
fn true_is_the_key_one_and_keeps_its_place() {
    let rt = &mut runtime();
    let map = Map::new();
    map.store(rt, Obj::int(5), Obj::NONE).unwrap();
    assert_eq!(map.lookup(rt, Obj::int(6)), Ok(None));
    assert_eq!(map.lookup(rt, Obj::NONE), Ok(None));
    assert!(!map.is_names());
    assert_eq!(map.remove(rt, Obj::int(5)), Ok(Some(Obj::NONE)));
    assert_eq!(map.remove(rt, Obj::int(5)), Ok(None));
    assert!(map.is_empty());
}

/// The model: pairs in order. Every operation of the map is compared with it.
#[test]
fn behaves_like_a_list_of_pairs() {
    for (round, keys) in [(1u32, 6), (2, 12), (3, 60), (4, 700), (5, 20), (6, 300)] {
        let rt = &mut runtime();
        let map = Map::new();
        let mut model: Vec<(usize, Obj)> = Vec::new();
        let mut seed = round;
        // Odd rounds: names only.
        let universe: Vec<Obj> = (0..keys)
            .map(|i| match i % 3 {
                0 if round % 2 == 0 => Obj::int(i * 64 - 100),
                1 if round % 2 == 0 => loose(rt, &format!("loose{i}")),
                _ => Obj::qstr(rt.intern(format!("key{i}").as_bytes()).unwrap()),
            })
            .collect();
        for step in 0..6000 {
            let k = rng(&mut seed) % universe.len();
            let key = universe[k];
            let at = model.iter().position(|(m, _)| *m == k);
            match rng(&mut seed) % 16 {
                0..=6 => {
                    let value = Obj::int(step);
                    map.store(rt, key, value).unwrap();
                    match at {
                        Some(at) => model[at].1 = value,
                        None => model.push((k, value)),
                    }
                }
                7..=11 => {
                    let want = at.map(|at| model.remove(at).1);
                    assert_eq!(map.remove(rt, key), Ok(want));
                }
                12 => {
                    let want = model.pop().map(|(k, v)| (universe[k], v));
                    assert_eq!(map.pop_last(rt), Ok(want));
                }
                13 if step % 50 == 0 => {
                    map.clear(rt).unwrap();
                    model.clear();
                }
                14 if step % 10 == 0 => {
                    let copy = map.copy(rt).unwrap();
                    assert_eq!(contents(&copy), contents(&map));
                    map.take(rt, &copy);
                }
                _ => {
                    let want = at.map(|at| model[at].1);
                    assert_eq!(map.lookup(rt, key), Ok(want));
                }
            }
            assert_eq!(map.len(), model.len());
            if step % 64 == 0 {
                let want: Vec<_> = model.iter().map(|(k, v)| (universe[*k], *v)).collect();
                assert_eq!(contents(&map), want);
                for (k, key) in universe.iter().enumerate() {
                    let want = model.iter().find(|(m, _)| *m == k).map(|(_, v)| *v);
                    assert_eq!(map.lookup(rt, *key), Ok(want));
                }
            }
        }
    }
}

#[test]
fn a_sliding_window_keeps_its_table() {
    let rt = &mut runtime();
    let map = Map::new();
    for i in 0..20_000 {
        map.store(rt, Obj::int(i), Obj::NONE).unwrap();
        if i >= 64 {
            assert_eq!(map.remove(rt, Obj::int(i - 64)), Ok(Some(Obj::NONE)));
        }
    }
    assert_eq!(map.len(), 64);
    assert!(map.alloc.get() <= 256);
}

#[test]
fn a_queue_does_not_look_at_its_dead_head_again() {
    let rt = &mut runtime();
    let map = Map::new();
    for i in 0..1000 {
        map.store(rt, Obj::int(i), Obj::NONE).unwrap();
    }
    for i in 0..1000 {
        let (at, key, _) = map.next_from(0).unwrap();
        assert_eq!((at, key), (i as usize, Obj::int(i)));
        assert_eq!(map.view().tail().first.get(), at);
        map.remove_at(at);
    }
    assert_eq!(map.next_from(0), None);
    assert_eq!(map.view().tail().first.get(), 1000);
    map.store(rt, Obj::int(1), Obj::TRUE).unwrap();
    assert_eq!(contents(&map), [(Obj::int(1), Obj::TRUE)]);
}

#[test]
fn what_made_absence_certain_changes_when_a_count_shrinks() {
    let rt = &mut runtime();
    let (map, name) = (Map::new(), rt.intern(b"some name").unwrap());
    map.set_name(rt, name, Obj::NONE).unwrap();
    let seen = (map.entry_count(), rt.interp.map_epoch);
    map.pop_last(rt).unwrap();
    let other = rt.intern(b"other name").unwrap();
    map.set_name(rt, other, Obj::NONE).unwrap();
    assert_ne!(seen, (map.entry_count(), rt.interp.map_epoch));
    let seen = (map.entry_count(), rt.interp.map_epoch);
    map.clear(rt).unwrap();
    map.set_name(rt, name, Obj::NONE).unwrap();
    assert_ne!(seen, (map.entry_count(), rt.interp.map_epoch));
}

/// Slots looked at, on average, in an index of these hashes: (for those in it, for as many others).
fn probes(hashes: impl Fn(usize) -> usize, n: usize) -> (f64, f64) {
    let rt = &mut runtime();
    let alloc = n.next_power_of_two();
    let bytes = Table::bytes(alloc, false).unwrap();
    let base = rt.alloc_block(bytes, true).unwrap().cast();
    let (names, live) = (false, n);
    let table = Table { base, alloc, names };
    // SAFETY: the block was made for the table.
    unsafe { table.wipe() };
    for i in 0..live {
        table.set_hash(i, fold(hashes(i)));
    }
    table.link_all(live);
    let index = table.index();
    let look = |hash: usize, wanted: Option<usize>| {
        let mut probe = index.probe(fold(hash));
        let mut n = 1;
        loop {
            let value = index.get(probe);
            if value == 0 || (wanted.is_some() && index.entry(value, probe) == wanted) {
                return n;
            }
            n += 1;
            probe = index.next(probe);
        }
    };
    let hits: usize = (0..n).map(|i| look(hashes(i), Some(i))).sum();
    let misses: usize = (n..2 * n).map(|i| look(hashes(i), None)).sum();
    (hits as f64 / n as f64, misses as f64 / n as f64)
}

#[test]
fn strides_floats_and_addresses_do_not_cluster() {
    let wide = usize::BITS == 64;
    for step in [
        1usize,
        3,
        7,
        10,
        64,
        100,
        1024,
        4096,
        65_536,
        1 << 20,
        (1 << 20) + 16,
        1 << 40,
    ] {
        if step >> 20 != 0 && !wide {
            continue;
        }
        for n in [100, 1000, 8192, 12_000] {
            let (hit, miss) = probes(|i| i.wrapping_mul(step), n);
            assert!(hit < 4.0 && miss < 6.0, "{step} {n}: {hit} {miss}");
            let (hit, miss) = probes(
                |i| ((i as isize - n as isize / 2) as usize).wrapping_mul(step),
                n,
            );
            assert!(hit < 4.0 && miss < 6.0, "{step} {n}: {hit} {miss}");
        }
    }
    // Multiples of a power of two have the index to themselves.
    for step in [2usize, 64, 1024, 65_536] {
        let (hit, _) = probes(|i| i.wrapping_mul(step), 8192);
        assert!(hit < 1.01, "{step}: {hit}");
    }
    for quantum in [0.25, 0.1, 1e-3, 1e10] {
        let (hit, miss) = probes(|i| (i as f64 * quantum).to_bits() as usize, 8192);
        assert!(hit < 4.0 && miss < 6.0, "{quantum}: {hit} {miss}");
    }
    // Two coordinates in one int, the outer of which varies a lot or little.
    for shift in [7, 10, 16, 28] {
        let (hit, miss) = probes(|i| ((i % 90) << shift) + i / 90, 8100);
        assert!(hit < 4.0 && miss < 6.0, "{shift}: {hit} {miss}");
    }
}

#[test]
fn fixed_tables_of_native_code_can_be_read_only() {
    let rt = &mut runtime();
    let entries: [Entry; 2] = [("append", 1), ("pop", 2)].map(|(name, value)| Entry {
        key: Cell::new(Obj::qstr(rt.intern(name.as_bytes()).unwrap()).raw()),
        value: Cell::new(Some(Obj::int(value))),
    });
    let map = Map {
        head: Cell::new((2 << SHIFT) | FLAGS),
        alloc: Cell::new(2),
        table: Cell::new(NonNull::from(&entries[0])),
    };
    let name = rt.intern(b"pop").unwrap();
    assert_eq!(map.get_name(rt, name), Some(Obj::int(2)));
    assert_eq!(map.lookup(rt, Obj::qstr(name)), Ok(Some(Obj::int(2))));
    let text = loose(rt, "pop");
    assert_eq!(map.lookup(rt, text), Ok(Some(Obj::int(2))));
    assert_eq!(map.lookup(rt, Obj::int(1)), Ok(None));
    assert_eq!(map.len(), 2);
    assert!(map.set_name(rt, name, Obj::NONE).is_err());
    assert!(map.store(rt, Obj::int(1), Obj::NONE).is_err());
    assert!(map.remove(rt, text).is_err());
    assert!(map.clear(rt).is_err());
    assert_eq!(map.remove_name(rt, name), None);
    let copy = map.copy(rt).unwrap();
    copy.set_name(rt, name, Obj::NONE).unwrap();
    assert_eq!(copy.len(), 2);
    assert_eq!(map.get_name(rt, name), Some(Obj::int(2)));
}

// ---- keys that change the map while it looks for them ----

static EVIL: Type = Type::builtin(ferlance_abi::qstr!("object"), 0, &EVIL_VT);
static EVIL_VT: VTable = VTable {
    unary: Some(evil_unary),
    binary: Some(evil_binary),
    ..VTable::NEW
};

#[repr(C)]
struct Evil {
    base: Header,
    id: usize,
}

type Action = Box<dyn FnMut(&mut Runtime)>;

thread_local! {
    static ON_COMPARE: RefCell<Option<Action>> = const { RefCell::new(None) };
}

fn evil_unary(_: &mut Runtime, op: UnaryOp, _: Obj) -> R<Option<Obj>> {
    Ok((op == UnaryOp::Hash).then_some(Obj::int(77)))
}

fn evil_binary(rt: &mut Runtime, op: BinaryOp, a: Obj, b: Obj) -> R<Option<Obj>> {
    if op != BinaryOp::Equal {
        return Ok(None);
    }
    let action = ON_COMPARE.with(|on| on.borrow_mut().take());
    if let Some(mut action) = action {
        action(rt);
    }
    rt.collect();
    // SAFETY: called for two objects of this type only (no flag asks for others).
    let id = |o: Obj| unsafe { o.cast_unchecked::<Evil>() }.id;
    Ok(Some(Obj::bool(id(a) == id(b))))
}

fn evil(rt: &mut Runtime, id: usize) -> Obj {
    let base = Header::new(&EVIL);
    rt.new_obj(Evil { base, id }).unwrap().obj()
}

fn shared_map(rt: &mut Runtime, n: usize) -> Ptr<Map> {
    let map = rt.new_obj(Map::new()).unwrap();
    for id in 0..n {
        let key = evil(rt, id);
        map.store(rt, key, Obj::int(id as isize)).unwrap();
    }
    map
}

#[test]
fn comparisons_may_change_the_map() {
    type Mutation = fn(&mut Runtime, Ptr<Map>);
    let mutations: [(&str, Mutation); 6] = [
        ("clear", |rt, map| map.clear(rt).unwrap()),
        ("grow", |rt, map| {
            for i in 0..100 {
                map.store(rt, Obj::int(i), Obj::NONE).unwrap();
            }
        }),
        ("remove all in place", |_, map| {
            for i in 0..map.entry_count() {
                map.remove_at(i);
            }
        }),
        ("pop and put others", |rt, map| {
            let n = map.len();
            while map.pop_last(rt).unwrap().is_some() {}
            for i in 0..n {
                map.store(rt, Obj::int(i as isize), Obj::NONE).unwrap();
            }
        }),
        ("become names", |rt, map| {
            map.clear(rt).unwrap();
            for i in 0..20 {
                let name = rt.intern(format!("n{i}").as_bytes()).unwrap();
                map.set_name(rt, name, Obj::NONE).unwrap();
            }
        }),
        ("remove first", |_, map| {
            map.remove_at(0);
        }),
    ];
    for size in [3, 8, 9, 40] {
        for (what, mutation) in mutations {
            for wanted in [0, size - 1, size] {
                let rt = &mut runtime();
                let map = shared_map(rt, size);
                let key = evil(rt, wanted);
                ON_COMPARE.with(|on| {
                    *on.borrow_mut() = Some(Box::new(move |rt| mutation(rt, map)));
                });
                // Whatever is found must stand there now.
                if let Some(at) = map.find(rt, key).unwrap() {
                    // SAFETY: the key is of type EVIL.
                    let found = unsafe { Obj::from_raw(map.key_at(at)) }.unwrap();
                    assert_eq!(found.ty().name(), EVIL.name(), "{what} {size} {wanted}");
                }
                let map = shared_map(rt, size);
                ON_COMPARE.with(|on| {
                    *on.borrow_mut() = Some(Box::new(move |rt| mutation(rt, map)));
                });
                map.store(rt, key, Obj::TRUE).unwrap();
                ON_COMPARE.with(|on| *on.borrow_mut() = None);
                assert_eq!(
                    map.lookup(rt, key),
                    Ok(Some(Obj::TRUE)),
                    "{what} {size} {wanted}"
                );
                let keys = contents(&map).len();
                assert_eq!(keys, map.len());
                assert_eq!(map.remove(rt, key), Ok(Some(Obj::TRUE)));
                assert_eq!(
                    map.lookup(rt, key),
                    Ok(None),
                    "twice: {what} {size} {wanted}"
                );
            }
        }
    }
}

#[test]
fn an_exception_in_a_comparison_leaves_the_map_as_it_was() {
    let rt = &mut runtime();
    static RAISES: Type = Type::builtin(ferlance_abi::qstr!("object"), 0, &RAISES_VT);
    static RAISES_VT: VTable = VTable {
        unary: Some(evil_unary),
        binary: Some(|rt, _, _, _| Err(rt.value_error("no"))),
        ..VTable::NEW
    };
    let map = Map::new();
    let (id, base) = (0, Header::new(&RAISES));
    let a = rt.new_obj(Evil { base, id }).unwrap().obj();
    map.store(rt, a, Obj::NONE).unwrap();
    let base = Header::new(&RAISES);
    let b = rt.new_obj(Evil { base, id }).unwrap().obj();
    for _ in 0..2 {
        assert!(map.store(rt, b, Obj::TRUE).is_err());
        assert!(map.lookup(rt, b).is_err());
        assert!(map.remove(rt, b).is_err());
    }
    assert_eq!(contents(&map), [(a, Obj::NONE)]);
}

#[test]
fn sizes_of_blocks_are_what_the_header_says() {
    let word = size_of::<usize>();
    assert_eq!(Table::bytes(4, true), Some(8 * word));
    assert_eq!(Table::bytes(8, false), Some(16 * word + 32));
    assert_eq!(Table::bytes(16, true), Some(36 * word + 32));
    assert_eq!(Table::bytes(256, true), Some(516 * word + 512 * 2));
    assert_eq!(Table::bytes(usize::MAX / 2, true), None);
}

#[test]
fn a_stack_of_keys_keeps_its_table() {
    let rt = &mut runtime();
    let map = Map::new();
    for i in 0..100 {
        map.store(rt, Obj::int(i), Obj::NONE).unwrap();
    }
    let alloc = map.alloc.get();
    for i in 0..10_000 {
        map.store(rt, Obj::int(1000 + i), Obj::int(i)).unwrap();
        assert_eq!(map.lookup(rt, Obj::int(999 + i)), Ok(None));
        let popped = map.pop_last(rt).unwrap();
        assert_eq!(popped, Some((Obj::int(1000 + i), Obj::int(i))));
    }
    assert_eq!((map.alloc.get(), map.len()), (alloc, 100));
    for i in 0..100 {
        assert_eq!(map.lookup(rt, Obj::int(i)), Ok(Some(Obj::NONE)));
    }
}
