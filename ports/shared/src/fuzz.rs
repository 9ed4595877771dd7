//! Bodies of the fuzz targets `run` and `native`: any bytes are a program; it comes to an end, or to an exception, and
//! the runtime lives on.

use alloc::boxed::Box;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use ferlance_abi::{CodeKind, qstr};
use ferlance_vm::Runtime;
use ferlance_vm::hal::ExecMemory;
use ferlance_vm::import::hook::{self, Mode};
use ferlance_vm::sched::ATTENTION;
use ferlance_vm::testing;

use crate::compile::compile;

/// Memory of each program.
const HEAP_BYTES: usize = 256 << 10;
/// Programs that take longer are interrupted, again and again until they end.
const PATIENCE: Duration = Duration::from_millis(200);

/// Runs it as a main program, twice: as it is, then with a collection at each allocation.
pub fn runs(data: &[u8]) {
    // Deep trees and long texts are the compiler's targets' business.
    if data.len() > 4096 {
        return;
    }
    for stress in [false, true] {
        testing::with_runtime(HEAP_BYTES, |rt| run(rt, data, stress));
    }
}

/// The same with every function in machine code, which lies in what `memory` makes. Programs that reach for memory by
/// its address are left out: viper and inline assembler do what they are told.
pub fn runs_as_machine_code(data: &[u8], memory: fn() -> Box<dyn ExecMemory>) {
    let names = |word: &[u8]| data.windows(word.len()).any(|part| part == word);
    if data.len() > 4096 || names(b"viper") || names(b"asm_") {
        return;
    }
    for stress in [false, true] {
        testing::with_machine_code(HEAP_BYTES, memory(), |rt| {
            rt.config.emit = CodeKind::Native;
            run(rt, data, stress);
        });
    }
}

fn run(rt: &mut Runtime, data: &[u8], stress: bool) {
    rt.imports.compile = Some(compile);
    rt.heap.set_collect_always(stress);
    patiently(|| {
        if let Err(raised) = hook::run_main(rt, data, qstr!("<stdin>"), Mode::Exec) {
            let _ = rt.take_exception(raised);
        }
    });
    rt.heap.set_collect_always(false);
    // The program may have filled the heap for good, or changed what names mean; whatever happens then, it happens in
    // order.
    if let Err(raised) = hook::run_main(rt, b"[1] + [2]", qstr!("<stdin>"), Mode::Exec) {
        let _ = rt.take_exception(raised);
    }
}

/// Runs `f`, with keyboard interrupts if it takes long.
fn patiently(f: impl FnOnce()) {
    struct Done<'a>(&'a AtomicBool);
    impl Drop for Done<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let watch = scope.spawn(|| {
            thread::park_timeout(PATIENCE);
            while !done.load(Ordering::Relaxed) {
                ATTENTION.interrupt.store(true, Ordering::Relaxed);
                thread::park_timeout(Duration::from_micros(300));
            }
        });
        let guard = Done(&done);
        f();
        drop(guard);
        watch.thread().unpark();
    });
    ATTENTION.interrupt.store(false, Ordering::Relaxed);
}
