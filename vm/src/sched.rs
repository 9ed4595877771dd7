//! Things that wait to happen between two bytecodes: the keyboard interrupt and scheduled callbacks.

use alloc::collections::VecDeque;
use core::sync::atomic::{AtomicBool, Ordering};

use crate::obj::word::Obj;

/// Most callbacks that wait at one time.
pub const MAX_SCHEDULED: usize = 8;

/// Pending work of one runtime.
pub struct Pending {
    /// Set from interrupt context, read by the loop.
    interrupt: &'static AtomicBool,
    queue: VecDeque<(Obj, Obj)>,
    raising_no_memory: bool,
    interrupt_char: isize,
}

/// Set by a port's signal or UART handler when the interrupt character arrives.
pub static KEYBOARD_INTERRUPT: AtomicBool = AtomicBool::new(false);

impl Default for Pending {
    fn default() -> Self {
        Pending::new()
    }
}

impl Pending {
    /// Nothing pending.
    pub fn new() -> Pending {
        Pending {
            interrupt: &KEYBOARD_INTERRUPT,
            queue: VecDeque::new(),
            raising_no_memory: false,
            interrupt_char: 3,
        }
    }

    /// Whether the loop has something to do.
    #[inline(always)]
    pub fn any(&self) -> bool {
        self.interrupt.load(Ordering::Relaxed) | !self.queue.is_empty()
    }

    /// Takes the keyboard interrupt.
    pub fn take_interrupt(&self) -> bool {
        // Not `swap`, which Cortex-M0 and RV32IMC lack: an interrupt between the two is the same interrupt.
        let is_set = self.interrupt.load(Ordering::Relaxed);
        if is_set {
            self.interrupt.store(false, Ordering::Relaxed);
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
        true
    }

    /// The next callback.
    pub fn next_callback(&mut self) -> Option<(Obj, Obj)> {
        self.queue.pop_front()
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
