//! Where there is no memory for a whole function, the compiler makes machine code piece by piece, by itself.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    fs,
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
};

use ferlance_abi::{Arch, qstr::Pool};
use ferlance_compiler::{Options, Target, compile};
use ferlance_tests::workspace;

/// Gives memory as long as less than [`MOST`] is in use.
struct Capped;

static IN_USE: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(usize::MAX);

// SAFETY: what the system gives, or nothing.
unsafe impl GlobalAlloc for Capped {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let before = IN_USE.fetch_add(layout.size(), Relaxed);
        if before.saturating_add(layout.size()) > MOST.load(Relaxed) {
            IN_USE.fetch_sub(layout.size(), Relaxed);
            return std::ptr::null_mut();
        }
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        IN_USE.fetch_sub(layout.size(), Relaxed);
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static CAPPED: Capped = Capped;

/// The code of all functions, if there is memory for it beyond so many bytes.
fn codes(source: &[u8], in_pieces: bool, room: usize) -> Result<Vec<Vec<u8>>, String> {
    let mut pool = Pool::new();
    let options = Options {
        arch: Arch::Armv7m,
        target: Some(Target::stock(Arch::Armv7m, 0)),
        native_pieces: in_pieces,
        ..Options::default()
    };
    MOST.store(IN_USE.load(Relaxed).saturating_add(room), Relaxed);
    let made = compile(source, &mut pool, &options);
    MOST.store(usize::MAX, Relaxed);
    let module = made.map_err(|diag| diag.to_string())?;
    Ok(module
        .codes
        .iter()
        .map(|code| code.bytes.to_vec())
        .collect())
}

fn lengths(codes: &[Vec<u8>]) -> Vec<usize> {
    codes.iter().map(Vec::len).collect()
}

// One test: all memory of the process is counted.
#[test]
fn a_function_that_does_not_fit_is_made_piece_by_piece() {
    let path = workspace::root().join("benches/emitter_memory/native.py");
    let source = fs::read(path).expect("it is readable");
    let whole = codes(&source, false, usize::MAX).expect("there is memory");
    let pieces = codes(&source, true, usize::MAX).expect("there is memory");
    assert_ne!(lengths(&whole), lengths(&pieces));
    // What was tried before has left entries in the tables, so numbers in the code are others.
    let scarce = codes(&source, false, 400 << 10).expect("there is memory for pieces");
    assert_eq!(lengths(&scarce), lengths(&pieces));
    // And at some point there is no way.
    let refused = codes(&source, false, 40 << 10).expect_err("too little");
    assert!(refused.contains("MemoryError"), "{refused}");
    // Wherever memory ends, it ends politely.
    for room in (10 << 10..400 << 10).step_by(20_011) {
        let made = codes(&source, false, room);
        assert!(made.is_ok() || room < 300 << 10, "{room}");
    }
}
