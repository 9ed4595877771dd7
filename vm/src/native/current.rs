//! The runtime that native code runs under. C signatures carry no context, so this is the one global there is:
//! per thread on hosts, one word on boards (where one core runs Python).
//!
//! The trampoline sets it on the way into native code and restores it on the way out, so it is right whenever a
//! shim looks, also when a callback of one runtime uses another one.

use crate::runtime::Runtime;

#[cfg(any(test, feature = "std", feature = "testing"))]
mod place {
    use core::cell::Cell;

    use crate::runtime::Runtime;

    std::thread_local! {
        static CURRENT: Cell<*mut Runtime> = const { Cell::new(core::ptr::null_mut()) };
    }

    #[cfg_attr(not(feature = "small"), inline(always))]
    pub(super) fn get() -> *mut Runtime {
        CURRENT.get()
    }

    #[cfg_attr(not(feature = "small"), inline(always))]
    pub(super) fn set(rt: *mut Runtime) {
        CURRENT.set(rt);
    }
}

#[cfg(not(any(test, feature = "std", feature = "testing")))]
mod place {
    use core::sync::atomic::{AtomicPtr, Ordering::Relaxed};

    use crate::runtime::Runtime;

    static CURRENT: AtomicPtr<Runtime> = AtomicPtr::new(core::ptr::null_mut());

    #[cfg_attr(not(feature = "small"), inline(always))]
    pub(super) fn get() -> *mut Runtime {
        CURRENT.load(Relaxed)
    }

    #[cfg_attr(not(feature = "small"), inline(always))]
    pub(super) fn set(rt: *mut Runtime) {
        CURRENT.store(rt, Relaxed);
    }
}

/// Native code is about to run under `rt`; gives what was current before, for [`leave`].
#[cfg_attr(not(feature = "small"), inline(always))]
pub(super) fn enter(rt: *mut Runtime) -> *mut Runtime {
    let before = place::get();
    place::set(rt);
    before
}

/// Native code is done.
#[cfg_attr(not(feature = "small"), inline(always))]
pub(super) fn leave(before: *mut Runtime) {
    place::set(before);
}

/// The runtime under which native code runs.
///
/// # Safety
/// Called from native code, that is below a trampoline, which holds the only other reference and does not use it
/// meanwhile; the reference must be gone before control goes back to native code.
#[cfg_attr(not(feature = "small"), inline(always))]
pub(super) unsafe fn runtime<'a>() -> &'a mut Runtime {
    debug_assert!(!place::get().is_null());
    // SAFETY: the caller's.
    unsafe { &mut *place::get() }
}
