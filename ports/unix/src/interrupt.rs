//! Ctrl-C: the signal sets the flag that the interpreter looks at.

use std::sync::atomic::Ordering;

use ferlance_vm::sched::ATTENTION;

extern "C" fn note(_: i32) {
    ATTENTION.interrupt.store(true, Ordering::Relaxed);
}

/// Makes SIGINT raise `KeyboardInterrupt`.
pub(crate) fn install() {
    // SAFETY: all fields are numbers and pointers that may be null.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = note as extern "C" fn(i32) as usize;
    // No SA_RESTART: a read that waits must come back.
    // SAFETY: the handler only stores to an atomic, which is async-signal-safe; nobody asks for the old action.
    unsafe { libc::sigaction(libc::SIGINT, &action, std::ptr::null_mut()) };
}
