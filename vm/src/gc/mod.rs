//! The object heap (interface only; the collector lands separately).

use core::ptr::NonNull;

/// The heap.
pub struct Heap {}

impl Heap {
    /// A heap that owns nothing; stands in while the real one is borrowed.
    pub fn empty() -> Heap {
        Heap {}
    }
    /// Whether allocation is locked.
    pub fn is_locked(&self) -> bool {
        false
    }
    /// A block.
    pub fn alloc(&mut self, bytes: usize, _leaf: bool) -> Option<NonNull<u8>> {
        // SAFETY: the layout is not of size zero.
        unsafe {
            NonNull::new(alloc::alloc::alloc(
                core::alloc::Layout::from_size_align(bytes.max(16), 16).ok()?,
            ))
        }
    }
    /// A block, right after a collection.
    pub fn alloc_after_collect(&mut self, bytes: usize, leaf: bool) -> Option<NonNull<u8>> {
        self.alloc(bytes, leaf)
    }
    /// Resizes in place or moves.
    pub fn realloc(&mut self, _at: NonNull<u8>, _bytes: usize) -> Option<NonNull<u8>> {
        None
    }
    /// Gives back.
    pub fn free(&mut self, _at: NonNull<u8>) {}
    /// Starts marking.
    pub fn begin_collect(&mut self) {}
    /// Marks from one word.
    pub fn mark_word(&mut self, _word: usize) {}
    /// Marks from words.
    ///
    /// # Safety
    /// The words are readable.
    pub unsafe fn mark_range(&mut self, _from: *const usize, _words: usize) {}
    /// Marks from a machine stack.
    ///
    /// # Safety
    /// The words are readable.
    pub unsafe fn mark_stack_range(&mut self, _low: usize, _high: usize) {}
    /// Ends marking.
    pub fn finish_mark(&mut self) {}
    /// Starts sweeping.
    pub fn begin_sweep(&mut self) {}
}

/// Calls back with the stack pointer, all registers spilt.
pub fn with_stack(_f: impl FnOnce(usize)) {}
