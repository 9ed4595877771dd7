//! Where the heap's memory comes from.

use core::ptr::NonNull;

/// A contiguous range of addresses for one heap, side tables included.
///
/// On a host: a large reservation of which pages become usable on demand. On a board or in a
/// test: a fixed buffer, all of it usable.
#[derive(Debug, Clone, Copy)]
pub struct Region {
    /// First byte.
    pub(super) base: NonNull<u8>,
    /// Bytes reserved: the cap of the heap, side tables included.
    pub(super) len: usize,
    /// Makes `[start, start + bytes)` readable and writable; false if that cannot be.
    pub(super) commit: Option<unsafe fn(start: NonNull<u8>, bytes: usize) -> bool>,
}

impl Region {
    /// A region whose memory is all usable at once.
    ///
    /// # Safety
    /// `[base, base + len)` must be valid for reads and writes, initialised (to anything), and
    /// used by nobody else, as long as a heap made from the region lives.
    pub unsafe fn fixed(base: NonNull<u8>, len: usize) -> Self {
        Region {
            base,
            len,
            commit: None,
        }
    }

    /// A region that must be committed before use, from low to high addresses. `commit` is asked
    /// about ranges of the table part and of the block part separately; ranges are not
    /// page-aligned and may touch pages already committed.
    ///
    /// # Safety
    /// As for `fixed`, for each part for which `commit` returned true.
    pub unsafe fn reserved(
        base: NonNull<u8>,
        len: usize,
        commit: unsafe fn(start: NonNull<u8>, bytes: usize) -> bool,
    ) -> Self {
        Region {
            base,
            len,
            commit: Some(commit),
        }
    }

    /// No memory.
    pub(super) const fn none() -> Self {
        Region {
            base: NonNull::dangling(),
            len: 0,
            commit: None,
        }
    }

    /// Makes a part of the region usable.
    pub(super) fn ensure(&self, start: *mut u8, bytes: usize) -> bool {
        match (self.commit, NonNull::new(start)) {
            (None, _) => true,
            // SAFETY: the range lies in the region (callers compute it from the layout made in
            // `Heap::new`), which is all that the constructor's contract asks of us.
            (Some(commit), Some(start)) => bytes == 0 || unsafe { commit(start, bytes) },
            (Some(_), None) => false,
        }
    }
}
