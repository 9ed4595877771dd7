//! Things that wait to happen between two bytecodes: the keyboard interrupt and scheduled callbacks.

use alloc::collections::VecDeque;
use core::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use crate::obj::word::Obj;

/// Most callbacks that wait at one time.
pub const MAX_SCHEDULED: usize = 8;

/// Pending work of one runtime.
pub struct Pending {
    queue: VecDeque<(Obj, Obj)>,
    raising_no_memory: bool,
    interrupt_char: isize,
}

/// What machine code looks at where it jumps back, in one go: two bytes.
#[repr(C, align(2))]
pub struct Attention {
    /// Set by a port's signal or UART handler when the interrupt character arrives.
    pub interrupt: AtomicBool,
    /// How many callbacks wait, in all runtimes.
    scheduled: AtomicU8,
}

/// See [`Attention`].
pub static ATTENTION: Attention = Attention {
    interrupt: AtomicBool::new(false),
    scheduled: AtomicU8::new(0),
};

impl Attention {
    /// So many callbacks more or, wrapping, fewer.
    fn count(&self, by: u8) {
        #[cfg(target_has_atomic = "8")]
        self.scheduled.fetch_add(by, Ordering::Relaxed);
        // One core runs Python, and interrupts do not schedule.
        #[cfg(not(target_has_atomic = "8"))]
        self.scheduled.store(
            self.scheduled.load(Ordering::Relaxed).wrapping_add(by),
            Ordering::Relaxed,
        );
    }
}

impl Default for Pending {
    fn default() -> Self {
        Pending::new()
    }
}

impl Pending {
    /// Nothing pending.
    pub fn new() -> Pending {
        Pending {
            queue: VecDeque::new(),
            raising_no_memory: false,
            interrupt_char: 3,
        }
    }

    /// Whether the loop has something to do.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub fn any(&self) -> bool {
        ATTENTION.interrupt.load(Ordering::Relaxed) | !self.queue.is_empty()
    }

    /// Takes the keyboard interrupt.
    pub fn take_interrupt(&self) -> bool {
        // Not `swap`, which Cortex-M0 and RV32IMC lack: an interrupt between the two is the same interrupt.
        let is_set = ATTENTION.interrupt.load(Ordering::Relaxed);
        if is_set {
            ATTENTION.interrupt.store(false, Ordering::Relaxed);
        }
        is_set
    }

    /// The character that interrupts, or −1 for none.
    pub fn interrupt_char(&self) -> isize {
        self.interrupt_char
    }

    /// Sets the character that interrupts.
    pub fn set_interrupt_char(&mut self, c: isize) {
        self.interrupt_char = c;
    }

    /// Adds a callback; `false` when the queue is full.
    pub fn schedule(&mut self, fun: Obj, arg: Obj) -> bool {
        if self.queue.len() >= MAX_SCHEDULED || self.queue.try_reserve(1).is_err() {
            return false;
        }
        self.queue.push_back((fun, arg));
        ATTENTION.count(1);
        true
    }

    /// The next callback.
    pub fn next_callback(&mut self) -> Option<(Obj, Obj)> {
        let next = self.queue.pop_front()?;
        ATTENTION.count(u8::MAX);
        Some(next)
    }

    pub(crate) fn enter_no_memory(&mut self) -> bool {
        !core::mem::replace(&mut self.raising_no_memory, true)
    }

    pub(crate) fn leave_no_memory(&mut self) {
        self.raising_no_memory = false;
    }

    pub(crate) fn each_root(&self, f: &mut impl FnMut(usize)) {
        for (fun, arg) in &self.queue {
            f(fun.raw());
            f(arg.raw());
        }
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        while self.next_callback().is_some() {}
    }
}
