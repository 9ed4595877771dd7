//! What a collection keeps.

use super::*;

#[test]
fn unreachable_cycles_are_freed_and_reachable_ones_kept() {
    let mut f = fixture(1 << 14);
    let a = node(&mut f.heap, 0).unwrap();
    let b = node(&mut f.heap, address(a)).unwrap();
    store(a, 0, address(b));
    let c = node(&mut f.heap, 0).unwrap();
    let d = node(&mut f.heap, address(c)).unwrap();
    store(c, 0, address(d));
    collect(&mut f.heap, &[d]);
    assert_eq!(f.heap.used(), 2 * GRANULE);
    assert_eq!(load(d, 0), address(c));
    f.heap.check().unwrap();
    collect(&mut f.heap, &[]);
    assert_eq!(f.heap.used(), 0);
}

#[test]
fn leaves_are_not_looked_into() {
    let mut f = fixture(1 << 14);
    let hidden = node(&mut f.heap, 0).unwrap();
    let leaf = f.heap.alloc(2 * GRANULE, true).unwrap();
    for i in 0..4 {
        store(leaf, i, address(hidden));
    }
    collect(&mut f.heap, &[leaf]);
    assert_eq!(f.heap.used(), 2 * GRANULE);
}

#[test]
fn only_aligned_addresses_of_heads_are_references_in_the_heap() {
    let mut f = fixture(1 << 14);
    let target = f.heap.alloc(4 * GRANULE, true).unwrap();
    for offset in 1..4 * GRANULE {
        let holder = node(&mut f.heap, address(target) + offset).unwrap();
        collect(&mut f.heap, &[holder]);
        assert_eq!(f.heap.used(), GRANULE, "offset {offset}");
        // The block is gone, but nothing overwrote it.
        let target_again = f.heap.alloc(4 * GRANULE, true).unwrap();
        assert_eq!(target_again, target);
        collect(&mut f.heap, &[target_again]);
    }
}

#[test]
fn the_stack_may_point_into_blocks() {
    let mut f = fixture(1 << 18);
    let small = f.heap.alloc(3 * GRANULE, true).unwrap();
    let _gap = f.heap.alloc(10 * GRANULE, true).unwrap();
    let large = f.heap.alloc(100_000, true).unwrap();
    let stack = [
        3,
        address(small) + 2 * GRANULE + 1,
        address(large) + 99_999,
        7,
    ];
    f.heap.collect(|marker| {
        let low = stack.as_ptr().expose_provenance();
        // SAFETY: the array, with a ragged start.
        unsafe { marker.stack_range(low + 1, low + size_of_val(&stack)) };
        assert!(marker.is_marked(small) && marker.is_marked(large));
    });
    assert_eq!(
        f.heap.used(),
        3 * GRANULE + 100_000usize.next_multiple_of(GRANULE)
    );
    assert_eq!(f.heap.find_block(address(large) + 50_000), Some(large));
    assert_eq!(f.heap.find_block(address(small) - 1), None);
    assert_eq!(f.heap.find_block(0), None);
    assert_eq!(f.heap.find_block(usize::MAX), None);
}

#[test]
fn owned_blocks_stay_until_freed_and_are_not_looked_into() {
    let mut f = fixture(1 << 14);
    let hidden = node(&mut f.heap, 0).unwrap();
    let owned = f.heap.alloc_owned(3 * GRANULE).unwrap();
    store(owned, 0, address(hidden));
    for _ in 0..3 {
        collect(&mut f.heap, &[]);
        assert_eq!(f.heap.used(), 3 * GRANULE);
        f.heap.check().unwrap();
    }
    assert_eq!(f.heap.find_block(address(owned)), None);
    // SAFETY: a block of this heap, not used any more.
    unsafe { f.heap.free(owned) };
    assert_eq!(f.heap.used(), 0);
    f.heap.check().unwrap();
}

#[test]
fn registers_and_stack_are_seen() {
    let mut f = fixture(1 << 16);
    // A block known only to a local variable survives, one that is forgotten need not.
    let block = node(&mut f.heap, 0).unwrap();
    let high = 0usize;
    let top = (&raw const high).expose_provenance() + WORD;
    f.heap.collect(|marker| {
        with_stack(|low| {
            assert!(low < top);
            // SAFETY: this thread's stack between a callee and a local of ours.
            unsafe { marker.stack_range(low, top) };
        });
    });
    assert!(f.heap.used() >= GRANULE);
    let other = node(&mut f.heap, 0).unwrap();
    assert_ne!(core::hint::black_box(block), other);
}

/// A value known to one preserved register only is among the words that `with_stack` names.
#[cfg(target_arch = "x86_64")]
#[test]
fn preserved_registers_are_on_the_stack() {
    const SECRET: usize = 0x1357_9bdf_0246_8ace;

    extern "C" fn probe(found: &mut usize) {
        with_stack(|low| {
            for i in 0..64 {
                let word = core::ptr::with_exposed_provenance::<usize>(low + i * WORD);
                // SAFETY: this thread's stack; the test's own frames are far longer than that.
                let word = unsafe { crate::gc::mark::stack_word(word) };
                *found += usize::from(word == SECRET);
            }
        });
    }

    macro_rules! check {
        ($register:literal) => {
            let mut found = 0usize;
            // The complement is what the compiler sees, so that it keeps no copy of the secret.
            let hidden = core::hint::black_box(!SECRET);
            // SAFETY: calls a function of the C ABI; the register is declared or restored.
            unsafe {
                core::arch::asm!(
                    concat!("push ", $register),
                    "push rax",
                    concat!("mov ", $register, ", rsi"),
                    concat!("not ", $register),
                    "xor esi, esi",
                    "call {probe}",
                    "pop rax",
                    concat!("pop ", $register),
                    probe = sym probe,
                    in("rdi") &mut found,
                    inout("rsi") hidden => _,
                    clobber_abi("C"),
                );
            }
            assert!(found > 0, $register);
        };
    }
    check!("rbx");
    check!("rbp");
    check!("r12");
    check!("r13");
    check!("r14");
    check!("r15");
}
