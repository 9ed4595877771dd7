//! Append-only storage addressed by 32-bit ids.
//!
//! [`Arena`] keeps items of one type; an [`Id`] is four bytes, `Option<Id>` too, and a run of
//! items made together is an [`IdRange`]. [`ByteArena`] keeps byte strings as ranges of one buffer.
//! Nothing is freed before the arena is.

use core::fmt;
use core::hash::{Hash, Hasher};
use core::marker::PhantomData;
use core::num::NonZeroU32;
use core::ops;

use crate::oom::OutOfMemory;
use crate::try_vec::TryVec;

/// The place of a `T` in an [`Arena<T>`].
#[repr(transparent)]
pub struct Id<T>(NonZeroU32, PhantomData<fn() -> T>);

impl<T> Id<T> {
    #[inline]
    fn at(index: usize) -> Result<Self, OutOfMemory> {
        let number = u32::try_from(index)
            .ok()
            .and_then(|n| NonZeroU32::new(n.wrapping_add(1)));
        Ok(Id(number.ok_or(OutOfMemory)?, PhantomData))
    }

    /// The position in the arena, counted from zero.
    #[inline]
    pub fn index(self) -> usize {
        self.0.get() as usize - 1
    }
}

impl<T> Clone for Id<T> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Id<T> {}

impl<T> PartialEq for Id<T> {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<T> Eq for Id<T> {}

impl<T> PartialOrd for Id<T> {
    fn partial_cmp(&self, other: &Self) -> Option<core::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Id<T> {
    fn cmp(&self, other: &Self) -> core::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}

impl<T> Hash for Id<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl<T> fmt::Debug for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.index())
    }
}

/// A run of neighbours in an [`Arena<T>`]: eight bytes.
pub struct IdRange<T> {
    start: u32,
    len: u32,
    item: PhantomData<fn() -> T>,
}

impl<T> IdRange<T> {
    /// The range without items.
    pub const EMPTY: Self = IdRange {
        start: 0,
        len: 0,
        item: PhantomData,
    };

    /// How many items the range has.
    #[inline]
    pub fn len(self) -> usize {
        self.len as usize
    }

    /// Whether the range has no items.
    #[inline]
    pub fn is_empty(self) -> bool {
        self.len == 0
    }

    /// The id of item `at` of the range, if there is one.
    #[inline]
    pub fn get(self, at: usize) -> Option<Id<T>> {
        if at < self.len() {
            Id::at(self.start as usize + at).ok()
        } else {
            None
        }
    }

    /// The ids of the range.
    pub fn ids(self) -> impl DoubleEndedIterator<Item = Id<T>> + ExactSizeIterator {
        // `alloc_all` made sure that every position has an id.
        (1 + self.start..1 + self.start + self.len)
            .map(|n| Id(NonZeroU32::new(n).unwrap_or(NonZeroU32::MAX), PhantomData))
    }
}

impl<T> Clone for IdRange<T> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for IdRange<T> {}

impl<T> PartialEq for IdRange<T> {
    fn eq(&self, other: &Self) -> bool {
        (self.start, self.len) == (other.start, other.len)
    }
}

impl<T> Eq for IdRange<T> {}

impl<T> fmt::Debug for IdRange<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "#{}..{}",
            self.start,
            u64::from(self.start) + u64::from(self.len)
        )
    }
}

/// Items of one type, never removed one by one.
pub struct Arena<T> {
    items: TryVec<T>,
}

impl<T> Arena<T> {
    /// An empty arena. Does not allocate.
    pub const fn new() -> Self {
        Arena {
            items: TryVec::new(),
        }
    }

    /// Moves `item` in.
    #[inline]
    pub fn alloc(&mut self, item: T) -> Result<Id<T>, OutOfMemory> {
        let id = Id::at(self.items.len())?;
        self.items.push(item)?;
        Ok(id)
    }

    /// Moves several items in, side by side.
    pub fn alloc_all(
        &mut self,
        items: impl IntoIterator<Item = T>,
    ) -> Result<IdRange<T>, OutOfMemory> {
        let start = self.items.len();
        self.items.extend(items)?;
        let len = self.items.len() - start;
        // Ids are one-based, so the end of a range must stay below the largest number.
        let fits = u32::try_from(self.items.len()).is_ok_and(|end| end < u32::MAX);
        if !fits {
            self.items.truncate(start);
            return Err(OutOfMemory);
        }
        Ok(IdRange {
            start: start as u32,
            len: len as u32,
            item: PhantomData,
        })
    }

    /// How many items there are.
    #[inline]
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there are no items.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The items in order of their ids.
    pub fn iter(&self) -> core::slice::Iter<'_, T> {
        self.items.iter()
    }

    /// Forgets all items, keeps the room. Ids handed out so far are void.
    pub fn clear(&mut self) {
        self.items.clear();
    }
}

impl<T> Default for Arena<T> {
    fn default() -> Self {
        Arena::new()
    }
}

/// Ids come from the same arena; one that does not is our bug and panics.
impl<T> ops::Index<Id<T>> for Arena<T> {
    type Output = T;
    #[inline]
    #[track_caller]
    fn index(&self, id: Id<T>) -> &T {
        &self.items[id.index()]
    }
}

impl<T> ops::IndexMut<Id<T>> for Arena<T> {
    #[inline]
    #[track_caller]
    fn index_mut(&mut self, id: Id<T>) -> &mut T {
        &mut self.items[id.index()]
    }
}

impl<T> ops::Index<IdRange<T>> for Arena<T> {
    type Output = [T];
    #[inline]
    #[track_caller]
    fn index(&self, range: IdRange<T>) -> &[T] {
        &self.items[range.start as usize..][..range.len()]
    }
}

impl<T> ops::IndexMut<IdRange<T>> for Arena<T> {
    #[inline]
    #[track_caller]
    fn index_mut(&mut self, range: IdRange<T>) -> &mut [T] {
        &mut self.items[range.start as usize..][..range.len as usize]
    }
}

impl<T: fmt::Debug> fmt::Debug for Arena<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.items.fmt(f)
    }
}

/// A byte string in a [`ByteArena`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct ByteRange {
    start: u32,
    len: u32,
}

impl ByteRange {
    /// The empty byte string.
    pub const EMPTY: ByteRange = ByteRange { start: 0, len: 0 };

    /// Length in bytes.
    #[inline]
    pub fn len(self) -> usize {
        self.len as usize
    }

    /// Whether there are no bytes.
    #[inline]
    pub fn is_empty(self) -> bool {
        self.len == 0
    }

    /// Where the bytes begin in the arena's buffer.
    #[inline]
    pub fn start(self) -> usize {
        self.start as usize
    }
}

/// Byte strings, one behind the other.
#[derive(Default, Debug)]
pub struct ByteArena {
    bytes: TryVec<u8>,
}

impl ByteArena {
    /// An empty arena. Does not allocate.
    pub const fn new() -> Self {
        ByteArena {
            bytes: TryVec::new(),
        }
    }

    /// Copies `bytes` in.
    pub fn add(&mut self, bytes: &[u8]) -> Result<ByteRange, OutOfMemory> {
        let start = self.bytes.len();
        let end = start.checked_add(bytes.len()).ok_or(OutOfMemory)?;
        u32::try_from(end).map_err(|_| OutOfMemory)?;
        self.bytes.extend_from_slice(bytes)?;
        Ok(ByteRange {
            start: start as u32,
            len: bytes.len() as u32,
        })
    }

    /// How many bytes the arena holds.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether the arena holds no bytes.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Forgets everything, keeps the room. Ranges handed out so far are void.
    pub fn clear(&mut self) {
        self.bytes.clear();
    }
}

impl ops::Index<ByteRange> for ByteArena {
    type Output = [u8];
    #[inline]
    #[track_caller]
    fn index(&self, range: ByteRange) -> &[u8] {
        &self.bytes[range.start()..][..range.len()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    #[test]
    fn an_id_finds_its_item() {
        let mut arena = Arena::new();
        let a = arena.alloc("a").unwrap();
        let run = arena.alloc_all(["b", "c"]).unwrap();
        assert_eq!((arena[a], &arena[run]), ("a", &["b", "c"][..]));
        assert_eq!(
            run.ids().map(|id| arena[id]).collect::<Vec<_>>(),
            ["b", "c"]
        );
        assert_eq!(run.get(1).map(|id| arena[id]), Some("c"));
        assert_eq!(run.get(2), None);
        assert_eq!(arena[IdRange::EMPTY].len(), 0);
        arena[a] = "z";
        assert_eq!(arena.iter().copied().collect::<Vec<_>>(), ["z", "b", "c"]);
    }

    #[test]
    fn ids_are_four_bytes_even_when_optional() {
        assert_eq!(size_of::<Id<u64>>(), 4);
        assert_eq!(size_of::<Option<Id<u64>>>(), 4);
        assert_eq!(size_of::<IdRange<u64>>(), 8);
    }

    #[test]
    fn byte_ranges_stay_valid_while_the_arena_grows() {
        let mut arena = ByteArena::new();
        let ranges: Vec<_> = (0..100u8).map(|n| arena.add(&[n; 3]).unwrap()).collect();
        for (n, range) in ranges.into_iter().enumerate() {
            assert_eq!(arena[range], [n as u8; 3]);
        }
        assert_eq!(&arena[ByteRange::EMPTY], b"");
    }
}
