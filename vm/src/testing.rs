//! A runtime for unit tests: a small heap, a console that remembers, a clock that stands still.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use crate::config::Settings;
use crate::gc::{Heap, Policy, Region};
use crate::hal::{Clock, Console, Errno, ExecMemory, Hal, StackBounds};
use crate::runtime::Runtime;

/// A runtime with a heap of one megabyte.
pub fn runtime() -> Runtime {
    runtime_with_heap(1 << 20)
}

/// A runtime with a heap of `bytes`, side tables included.
pub fn runtime_with_heap(bytes: usize) -> Runtime {
    let memory = Box::leak(vec![0u8; bytes].into_boxed_slice());
    // SAFETY: leaked.
    unsafe { runtime_in(memory, None) }
}

/// Lends a runtime with a heap of `bytes` to `f`. Unlike those of the other functions here, its memory is given back.
pub fn with_runtime<T>(bytes: usize, f: impl FnOnce(&mut Runtime) -> T) -> T {
    lend(bytes, None, f)
}

/// The same, with memory for machine code.
pub fn with_machine_code<T>(
    bytes: usize,
    code: Box<dyn ExecMemory>,
    f: impl FnOnce(&mut Runtime) -> T,
) -> T {
    lend(bytes, Some(code), f)
}

fn lend<T>(
    bytes: usize,
    code: Option<Box<dyn ExecMemory>>,
    f: impl FnOnce(&mut Runtime) -> T,
) -> T {
    let memory = Box::into_raw(vec![0u8; bytes].into_boxed_slice());
    // SAFETY: freed below, after the runtime.
    let mut rt = unsafe { runtime_in(memory, code) };
    let answer = f(&mut rt);
    drop(rt);
    // SAFETY: from `into_raw`; the runtime is gone.
    drop(unsafe { Box::from_raw(memory) });
    answer
}

/// # Safety
/// The memory is initialised, nobody else's, and outlives the runtime.
unsafe fn runtime_in(memory: *mut [u8], code: Option<Box<dyn ExecMemory>>) -> Runtime {
    let bytes = memory.len();
    let base = core::ptr::NonNull::new(memory.cast()).expect("memory");
    // SAFETY: the caller vouches.
    let region = unsafe { Region::fixed(base, bytes) };
    let heap = Heap::new(region, Policy::WHEN_FULL).expect("room for a block");
    let hal = TestHal {
        written: Vec::new(),
        stack: stack(),
        code,
    };
    Runtime::new(heap, Box::new(hal), Settings::default()).expect("room for the first objects")
}

struct TestHal {
    written: Vec<u8>,
    stack: StackBounds,
    code: Option<Box<dyn ExecMemory>>,
}

impl Hal for TestHal {
    fn exec_memory(&mut self) -> Option<&mut dyn ExecMemory> {
        self.code.as_mut().map(|code| &mut **code as _)
    }
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

impl Console for TestHal {
    fn write_out(&mut self, bytes: &[u8]) -> Result<(), Errno> {
        self.written.extend_from_slice(bytes);
        Ok(())
    }
    fn write_err(&mut self, bytes: &[u8]) -> Result<(), Errno> {
        self.written.extend_from_slice(bytes);
        Ok(())
    }
    fn read(&mut self, _into: &mut [u8]) -> Result<usize, Errno> {
        Ok(0)
    }
}

impl Clock for TestHal {
    fn ticks_us(&mut self) -> u64 {
        0
    }
    fn epoch_ns(&mut self) -> u64 {
        0
    }
    fn sleep_us(&mut self, _us: u64) {}
}

/// The stack of this thread: the mapping that a local variable lies in.
fn stack() -> StackBounds {
    let local = 0u8;
    let here = (&raw const local).addr();
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
    for line in maps.lines() {
        let Some((low, rest)) = line.split_once('-') else {
            continue;
        };
        let high = rest.split(' ').next().unwrap_or_default();
        if let (Ok(low), Ok(high)) = (
            usize::from_str_radix(low, 16),
            usize::from_str_radix(high, 16),
        ) && (low..high).contains(&here)
        {
            // The main thread's mapping grows; others' are what they are.
            let low = low.max(here.saturating_sub(1 << 20));
            return StackBounds {
                low: low + (1 << 15),
                high,
            };
        }
    }
    panic!("tests need /proc/self/maps to find their stack");
}
