//! Freeing by hand, and changing the size of a block.

use core::ptr::NonNull;

use super::GRANULE_SHIFT;
use super::alloc::Kind;
use super::heap::Heap;

impl Heap {
    /// Frees a block of any kind. It must not be registered for finalisation.
    ///
    /// # Safety
    /// `ptr` is a block of this heap, and nobody uses it any more. (A stale reference in a scanned
    /// block or on the stack is harmless.)
    pub unsafe fn free(&mut self, ptr: NonNull<u8>) {
        // SAFETY: the caller's contract.
        let at = unsafe { self.head_at(ptr) };
        self.settle();
        let n = self.table.size(at);
        self.count_freed(self.table.kind(at), n);
        self.give_back(at, n);
    }

    fn count_freed(&mut self, kind: Kind, n: usize) {
        self.used -= n;
        if kind == Kind::Owned {
            self.owned -= n;
        }
    }

    /// Makes a block at least `bytes` long, in place if possible; what it holds is kept up to the
    /// shorter length. `None` as from `alloc`; the block is then unchanged.
    ///
    /// # Safety
    /// `ptr` is a block of this heap, not registered for finalisation. If the answer is another
    /// address, `ptr` was freed.
    pub unsafe fn realloc(&mut self, ptr: NonNull<u8>, bytes: usize) -> Option<NonNull<u8>> {
        // SAFETY: the caller's contract.
        unsafe { self.realloc_or(ptr, bytes, false) }
    }

    /// `realloc` as `alloc_after_collect` is to `alloc`.
    ///
    /// # Safety
    /// As for `realloc`.
    pub unsafe fn realloc_after_collect(
        &mut self,
        ptr: NonNull<u8>,
        bytes: usize,
    ) -> Option<NonNull<u8>> {
        // SAFETY: the caller's contract.
        unsafe { self.realloc_or(ptr, bytes, true) }
    }

    /// # Safety
    /// As for `realloc`.
    unsafe fn realloc_or(
        &mut self,
        ptr: NonNull<u8>,
        bytes: usize,
        growing: bool,
    ) -> Option<NonNull<u8>> {
        // SAFETY: the caller's contract.
        let at = unsafe { self.head_at(ptr) };
        self.settle();
        let kind = self.table.kind(at);
        let old = self.table.size(at);
        let new = Self::granules_for(bytes)?;
        if new <= old {
            if new < old {
                self.count_freed(kind, old - new);
                self.give_back(at + new, old - new);
            }
            return Some(ptr);
        }
        if self.lock_depth > 0
            || self.is_made_to_fail(growing)
            || !growing && self.must_collect(new - old)
        {
            return None;
        }
        if self.grow_in_place(at + old, new - old) {
            self.used += new - old;
            if kind == Kind::Owned {
                self.owned += new - old;
            }
            return Some(ptr);
        }
        let moved = self.alloc_granules(new, kind)?;
        // SAFETY: the old block has `old` granules, the new one more, and they do not overlap.
        unsafe { moved.copy_from_nonoverlapping(ptr, old << GRANULE_SHIFT) };
        // SAFETY: the caller's contract; nobody has the old address but the caller.
        unsafe { self.free(ptr) };
        Some(moved)
    }

    /// Adds `n` granules to the block that ends at `end`, if they are free.
    fn grow_in_place(&mut self, end: usize, n: usize) -> bool {
        let cur = self.granule(self.cur);
        if end == cur && self.run_end - cur >= n {
            self.table.add_body(end, n);
            self.set_run(end + n, self.run_end);
            return true;
        }
        if end == self.top || end == cur && self.run_end == self.top {
            if n > self.limit - end || !self.raise_top(end + n) {
                return false;
            }
            self.table.add_body(end, n);
            if end == cur {
                self.set_run(self.top, self.top);
            }
            return true;
        }
        if end == cur || !self.is_swept(end) || self.pending == Some(end) {
            return false;
        }
        if !self.table.is_free(end) {
            return false;
        }
        let len = self.listed_len(end);
        if len < n {
            return false;
        }
        self.list_remove(end, len);
        self.table.add_body(end, n);
        if len > n {
            self.list_insert(end + n, len - n);
        }
        true
    }

    /// Frees the occupied granules `[at, at + n)`, a block or its end, and joins them with the free
    /// runs on both sides. `used` must be settled.
    fn give_back(&mut self, at: usize, n: usize) {
        self.step();
        self.table.clear(at, n);
        self.poison(at, n);
        if !self.is_swept(at) {
            return;
        }
        let cur = self.granule(self.cur);
        let has_run = cur < self.run_end;
        let (mut from, mut to) = (at, at + n);

        let after_run = has_run && self.run_end == at;
        if after_run {
            from = cur;
        } else if at > self.first && self.table.is_free(at - 1) {
            from = self.table.free_start(at - 1);
            self.list_remove(from, at - from);
        }

        if !self.is_swept(to) || self.pending == Some(to) {
            // The sweep will come upon it.
            if after_run {
                self.set_run(cur, cur);
            }
            self.pending = Some(from);
            return;
        }
        if to == self.top {
            if !after_run {
                self.top = from;
                return;
            }
        } else if has_run && to == cur {
            self.set_run(from, self.run_end);
            return;
        } else if self.table.is_free(to) {
            let len = self.listed_len(to);
            self.list_remove(to, len);
            to += len;
        }
        if after_run {
            self.set_run(cur, to);
        } else {
            self.list_insert(from, to - from);
        }
    }
}
