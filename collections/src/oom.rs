//! Running out of memory as a value, and a way for tests to provoke it.
//!
//! All growth in this crate passes [`permit`] first. It costs nothing normally; with the feature
//! `failing-alloc` (and in this crate's own tests) a test can let the n-th growth of the current
//! thread fail, and so walk through every error path of a program:
//!
//! ```ignore
//! oom::failing::sweep(|| compile(source).map(|_| ()));
//! ```

use alloc::collections::TryReserveError;
use core::fmt;

/// There is not enough memory (or address space) for what was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct OutOfMemory;

impl fmt::Display for OutOfMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("memory allocation failed")
    }
}

impl core::error::Error for OutOfMemory {}

impl From<TryReserveError> for OutOfMemory {
    fn from(_: TryReserveError) -> Self {
        OutOfMemory
    }
}

/// Asks for leave to allocate: refuses only when a test told it to.
///
/// Code that allocates by other means than these containers calls it first, so that sweeps over
/// failing allocations reach it too.
#[inline(always)]
pub fn permit() -> Result<(), OutOfMemory> {
    #[cfg(any(test, feature = "failing-alloc"))]
    failing::count()?;
    Ok(())
}

/// Letting the n-th allocation of this thread fail. Hosts' tests only.
#[cfg(any(test, feature = "failing-alloc"))]
pub mod failing {
    use super::OutOfMemory;
    use core::cell::Cell;
    use std::thread_local;

    thread_local! {
        static SEEN: Cell<u64> = const { Cell::new(0) };
        static FAIL_AT: Cell<u64> = const { Cell::new(u64::MAX) };
    }

    pub(super) fn count() -> Result<(), OutOfMemory> {
        let seen = SEEN.get();
        SEEN.set(seen + 1);
        if seen == FAIL_AT.get() {
            Err(OutOfMemory)
        } else {
            Ok(())
        }
    }

    /// While it lives, the chosen allocation of this thread fails (once).
    #[derive(Debug)]
    pub struct Failing(());

    impl Failing {
        /// Lets allocation number `n` from now (0 is the next one) fail.
        pub fn at(n: u64) -> Failing {
            SEEN.set(0);
            FAIL_AT.set(n);
            Failing(())
        }

        /// Counts allocations without failing any.
        pub fn never() -> Failing {
            Failing::at(u64::MAX)
        }

        /// How many allocations were asked for since this was made.
        pub fn seen(&self) -> u64 {
            SEEN.get()
        }
    }

    impl Drop for Failing {
        fn drop(&mut self) {
            FAIL_AT.set(u64::MAX);
        }
    }

    /// Runs `program` with its first allocation failing, then its second, and so on until a run
    /// meets no failure. Returns how many runs failed.
    ///
    /// # Panics
    /// If a run reports success although an allocation failed, or fails although none did.
    pub fn sweep<E: core::fmt::Debug>(mut program: impl FnMut() -> Result<(), E>) -> u64 {
        for n in 0.. {
            let failing = Failing::at(n);
            let result = program();
            let met = failing.seen() > n;
            drop(failing);
            match (met, result) {
                (true, Err(_)) => {}
                (false, Ok(())) => return n,
                (true, Ok(())) => panic!("allocation {n} failed and nobody noticed"),
                (false, Err(error)) => panic!("no allocation failed, yet: {error:?}"),
            }
        }
        unreachable!("a u64 of allocations")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TryVec;

    #[test]
    fn the_error_takes_no_room() {
        assert_eq!(size_of::<OutOfMemory>(), 0);
        assert_eq!(size_of::<Result<(), OutOfMemory>>(), 1);
    }

    #[test]
    fn sweep_visits_every_allocation_once() {
        let program = || -> Result<(), OutOfMemory> {
            let mut a = TryVec::with_capacity(4)?;
            a.push(1u8)?;
            let b = a.try_clone()?;
            assert_eq!(&*b, [1]);
            Ok(())
        };
        assert_eq!(failing::sweep(program), 2);
    }

    #[test]
    fn a_failure_leaves_the_vector_as_it_was() {
        let mut v: TryVec<u8> = TryVec::new();
        let failing = failing::Failing::at(0);
        assert_eq!(v.push(1), Err(OutOfMemory));
        assert!(v.is_empty());
        drop(failing);
        assert_eq!(v.push(1), Ok(()));
    }
}
