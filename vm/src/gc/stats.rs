//! Numbers for `gc` and `micropython.mem_info`.

use super::heap::Heap;
use super::{GRANULE_SHIFT, GROUP};

/// What a walk over the heap found; lengths in granules.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Info {
    /// Blocks of one and of two granules, and of any length.
    pub blocks_of_1: usize,
    /// See `blocks_of_1`.
    pub blocks_of_2: usize,
    /// See `blocks_of_1`.
    pub blocks: usize,
    /// The longest block.
    pub max_block: usize,
    /// The longest free run, the wilderness included.
    pub max_free: usize,
}

impl Heap {
    /// Bytes that blocks can ever have: the region less the side tables.
    pub fn capacity(&self) -> usize {
        (self.limit - self.first) << GRANULE_SHIFT
    }

    /// Where blocks can ever be: first byte and [`Heap::capacity`].
    pub fn blocks(&self) -> (*mut u8, usize) {
        (self.address(self.first), self.capacity())
    }

    /// Bytes of blocks, without those that the last collection found dead.
    pub fn used(&self) -> usize {
        (self.used + self.unsettled()) << GRANULE_SHIFT
    }

    /// Bytes free, at most `capacity`.
    pub fn free_bytes(&self) -> usize {
        self.capacity() - self.used()
    }

    /// Bytes up to the highest block: what of the region has been touched.
    pub fn extent(&self) -> usize {
        (self.top - self.first) << GRANULE_SHIFT
    }

    /// Most bytes of blocks there have been, as seen from slow paths.
    pub fn peak(&self) -> usize {
        (self.peak << GRANULE_SHIFT).max(self.used())
    }

    /// Collections so far.
    pub fn collections(&self) -> usize {
        self.collections
    }

    /// Walks the heap, which finishes the sweep.
    pub fn info(&mut self) -> Info {
        self.finish_sweep();
        let mut info = Info::default();
        let mut at = self.first;
        while at < self.top {
            if self.table.is_free(at) {
                let end = self.next_occupied(at);
                info.max_free = info.max_free.max(end - at);
                at = end;
                continue;
            }
            let n = self.table.size(at);
            info.blocks += 1;
            info.blocks_of_1 += usize::from(n == 1);
            info.blocks_of_2 += usize::from(n == 2);
            info.max_block = info.max_block.max(n);
            at += n;
        }
        if self.top < self.limit {
            info.max_free = info.max_free.max(self.limit - self.top);
        }
        info
    }

    /// First granule from the free one at `at` that is occupied; `limit` if the wilderness follows.
    fn next_occupied(&self, at: usize) -> usize {
        let mut i = at;
        while i < self.top {
            let rest = self.table.group(i / GROUP).occupied() >> (i % GROUP);
            if rest != 0 {
                return i + rest.trailing_zeros() as usize;
            }
            i = (i / GROUP + 1) * GROUP;
        }
        self.limit
    }
}
