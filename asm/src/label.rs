//! Names for places in code that is still being written.

/// A place in the code of one [`CodeBuffer`](crate::CodeBuffer), bound once, used any number of times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Label(pub(crate) u32);

impl Label {
    /// Position among the labels of its buffer, counted from 0 in order of making.
    #[inline]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// Where a label stands: an offset into the bytes as first written, and how many sites were
/// recorded before it, which tells by how much layout moves it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) offset: u32,
    pub(crate) site: u32,
}

impl Place {
    pub(crate) const UNBOUND: Place = Place {
        offset: u32::MAX,
        site: u32::MAX,
    };

    pub(crate) fn is_bound(self) -> bool {
        self.offset != u32::MAX
    }
}
