//! A runtime for unit tests: a small fixed heap, a console that collects what is printed.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::cell::RefCell;
use core::ptr::NonNull;

use std::thread_local;

use crate::config::Settings;
use crate::gc::{Heap, Policy, Region};
use crate::hal::{Clock, Console, Errno, Hal, StackBounds};
use crate::runtime::Runtime;

thread_local! {
    static OUTPUT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// What the runtime of this thread printed since the last call.
pub fn take_output() -> Vec<u8> {
    OUTPUT.with(|out| core::mem::take(&mut *out.borrow_mut()))
}

struct TestHal {
    stack: StackBounds,
    ticks: u64,
}

impl Console for TestHal {
    fn write_out(&mut self, bytes: &[u8]) -> Result<(), Errno> {
        OUTPUT.with(|out| out.borrow_mut().extend_from_slice(bytes));
        Ok(())
    }
    fn write_err(&mut self, bytes: &[u8]) -> Result<(), Errno> {
        self.write_out(bytes)
    }
    fn read(&mut self, _: &mut [u8]) -> Result<usize, Errno> {
        Ok(0)
    }
}

impl Clock for TestHal {
    fn ticks_us(&mut self) -> u64 {
        self.ticks += 1;
        self.ticks
    }
    fn epoch_ns(&mut self) -> u64 {
        self.ticks_us() * 1000
    }
    fn sleep_us(&mut self, us: u64) {
        self.ticks += us;
    }
}

impl Hal for TestHal {
    fn console(&mut self) -> &mut dyn Console {
        self
    }
    fn clock(&mut self) -> &mut dyn Clock {
        self
    }
    fn stack_bounds(&self) -> StackBounds {
        self.stack
    }
}

/// Calls `then` with a runtime that has a heap of `heap_bytes`.
pub fn with_runtime<T>(heap_bytes: usize, then: impl FnOnce(&mut Runtime) -> T) -> T {
    let here = 0u8;
    let at = (&raw const here).addr();
    let stack = StackBounds { low: at.saturating_sub(512 * 1024), high: at + 256 };
    let mut memory = alloc::vec![0u8; heap_bytes];
    let base = NonNull::new(memory.as_mut_ptr()).expect("a vector's pointer");
    // SAFETY: the buffer outlives the heap, and nobody else uses it.
    let region = unsafe { Region::fixed(base, heap_bytes) };
    let heap = Heap::new(region, Policy::WHEN_FULL).expect("the heap is large enough");
    let mut rt =
        Runtime::new(heap, Box::new(TestHal { stack, ticks: 0 }), Settings::default()).expect("room for the first objects");
    let result = then(&mut rt);
    drop(rt);
    drop(memory);
    result
}

/// Calls `then` with a runtime that has a heap of a megabyte.
pub fn runtime<T>(then: impl FnOnce(&mut Runtime) -> T) -> T {
    with_runtime(1 << 20, then)
}
