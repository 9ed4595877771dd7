//! A vector whose growth can fail.
//!
//! It is `alloc::vec::Vec` with every allocating call returning `Result<_, OutOfMemory>`; growth
//! is amortised as there, on boards in smaller steps. Reading goes through the slice it dereferences to.

use alloc::vec::{self, Vec};
use core::fmt;
use core::ops::{Deref, DerefMut, RangeBounds};

use crate::oom::{self, OutOfMemory};

/// Is memory what there is least of? So it is on boards: then what can be found out anew is better not kept.
pub const SCARCE_MEMORY: bool = cfg!(not(target_pointer_width = "64"));

/// Where it is, vectors begin with so many bytes.
const FIRST_BYTES: usize = 16;

/// A growable array; calls that may allocate say so in their type.
#[derive(PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TryVec<T>(Vec<T>);

impl<T> TryVec<T> {
    /// An empty vector. Does not allocate.
    #[inline]
    pub const fn new() -> Self {
        TryVec(Vec::new())
    }

    /// An empty vector with room for `capacity` items.
    pub fn with_capacity(capacity: usize) -> Result<Self, OutOfMemory> {
        let mut made = TryVec::new();
        made.reserve_exact(capacity)?;
        Ok(made)
    }

    /// Takes over a plain vector.
    #[inline]
    pub const fn from_vec(items: Vec<T>) -> Self {
        TryVec(items)
    }

    /// Gives up the plain vector.
    #[inline]
    pub fn into_vec(self) -> Vec<T> {
        self.0
    }

    /// Makes room for `additional` more items, growing by doubling, on boards by a quarter.
    #[inline]
    pub fn reserve(&mut self, additional: usize) -> Result<(), OutOfMemory> {
        if additional > self.0.capacity() - self.0.len() {
            self.grow(additional)?;
        }
        Ok(())
    }

    #[cold]
    fn grow(&mut self, additional: usize) -> Result<(), OutOfMemory> {
        oom::permit()?;
        if SCARCE_MEMORY {
            // At the peak it is the room that nothing is in that is missing, and the old items while they are moved.
            let step = (self.0.capacity() / 4).max(FIRST_BYTES / size_of::<T>().max(1));
            return Ok(self.0.try_reserve_exact(additional.max(step))?);
        }
        self.0.try_reserve(additional)?;
        Ok(())
    }

    /// Makes room for exactly `additional` more items.
    pub fn reserve_exact(&mut self, additional: usize) -> Result<(), OutOfMemory> {
        if additional > self.0.capacity() - self.0.len() {
            oom::permit()?;
            self.0.try_reserve_exact(additional)?;
        }
        Ok(())
    }

    /// Appends `item`.
    #[inline]
    pub fn push(&mut self, item: T) -> Result<(), OutOfMemory> {
        if self.0.len() == self.0.capacity() {
            self.grow(1)?;
        }
        self.0.push(item);
        Ok(())
    }

    /// Removes and returns the last item.
    #[inline]
    pub fn pop(&mut self) -> Option<T> {
        self.0.pop()
    }

    /// Inserts `item` before position `at`.
    ///
    /// # Panics
    /// If `at` is beyond the end.
    pub fn insert(&mut self, at: usize, item: T) -> Result<(), OutOfMemory> {
        self.reserve(1)?;
        self.0.insert(at, item);
        Ok(())
    }

    /// Removes and returns the item at `at`, moving the rest down.
    ///
    /// # Panics
    /// If there is no such item.
    pub fn remove(&mut self, at: usize) -> T {
        self.0.remove(at)
    }

    /// Removes and returns the item at `at`, putting the last one in its place.
    ///
    /// # Panics
    /// If there is no such item.
    pub fn swap_remove(&mut self, at: usize) -> T {
        self.0.swap_remove(at)
    }

    /// Appends all items that `items` yields. What came before a failure stays.
    pub fn extend(&mut self, items: impl IntoIterator<Item = T>) -> Result<(), OutOfMemory> {
        let items = items.into_iter();
        self.reserve(items.size_hint().0)?;
        for item in items {
            self.push(item)?;
        }
        Ok(())
    }

    /// Collects what `items` yields.
    pub fn from_items(items: impl IntoIterator<Item = T>) -> Result<Self, OutOfMemory> {
        let mut made = TryVec::new();
        made.extend(items)?;
        Ok(made)
    }

    /// Moves all items of `other` to the end of this one.
    pub fn append(&mut self, other: &mut TryVec<T>) -> Result<(), OutOfMemory> {
        self.reserve(other.len())?;
        self.0.append(&mut other.0);
        Ok(())
    }

    /// Drops items from the end until at most `len` are left.
    #[inline]
    pub fn truncate(&mut self, len: usize) {
        self.0.truncate(len);
    }

    /// Drops all items, keeps the room.
    #[inline]
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Removes a range of items and yields them.
    ///
    /// # Panics
    /// If the range does not lie inside the vector.
    pub fn drain(&mut self, range: impl RangeBounds<usize>) -> vec::Drain<'_, T> {
        self.0.drain(range)
    }

    /// Keeps the items that `keep` approves of.
    pub fn retain(&mut self, keep: impl FnMut(&T) -> bool) {
        self.0.retain(keep);
    }

    /// Lengthens with values made by `make`, or shortens, to `len` items.
    pub fn resize_with(&mut self, len: usize, make: impl FnMut() -> T) -> Result<(), OutOfMemory> {
        self.reserve(len.saturating_sub(self.len()))?;
        self.0.resize_with(len, make);
        Ok(())
    }

    /// How many items fit without growing.
    #[inline]
    pub fn capacity(&self) -> usize {
        self.0.capacity()
    }

    /// The items.
    #[inline]
    pub fn as_slice(&self) -> &[T] {
        &self.0
    }

    /// The items, to be changed in place.
    #[inline]
    pub fn as_mut_slice(&mut self) -> &mut [T] {
        &mut self.0
    }
}

impl<T: Clone> TryVec<T> {
    /// A vector holding copies of `items`.
    pub fn from_slice(items: &[T]) -> Result<Self, OutOfMemory> {
        let mut made = TryVec::with_capacity(items.len())?;
        made.0.extend_from_slice(items);
        Ok(made)
    }

    /// A vector of `len` copies of `item`.
    pub fn filled(item: T, len: usize) -> Result<Self, OutOfMemory> {
        let mut made = TryVec::with_capacity(len)?;
        made.0.resize(len, item);
        Ok(made)
    }

    /// Appends copies of `items`.
    #[inline]
    pub fn extend_from_slice(&mut self, items: &[T]) -> Result<(), OutOfMemory> {
        self.reserve(items.len())?;
        self.0.extend_from_slice(items);
        Ok(())
    }

    /// Lengthens with copies of `item`, or shortens, to `len` items.
    pub fn resize(&mut self, len: usize, item: T) -> Result<(), OutOfMemory> {
        self.reserve(len.saturating_sub(self.len()))?;
        self.0.resize(len, item);
        Ok(())
    }

    /// A copy of the vector. (There is no `Clone`: it could not fail.)
    pub fn try_clone(&self) -> Result<Self, OutOfMemory> {
        TryVec::from_slice(self)
    }
}

impl<T> Default for TryVec<T> {
    #[inline]
    fn default() -> Self {
        TryVec::new()
    }
}

impl<T> Deref for TryVec<T> {
    type Target = [T];
    #[inline]
    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T> DerefMut for TryVec<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.0
    }
}

impl<T> AsRef<[T]> for TryVec<T> {
    #[inline]
    fn as_ref(&self) -> &[T] {
        &self.0
    }
}

impl<T: fmt::Debug> fmt::Debug for TryVec<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<T> From<Vec<T>> for TryVec<T> {
    fn from(items: Vec<T>) -> Self {
        TryVec(items)
    }
}

impl<T> From<TryVec<T>> for Vec<T> {
    fn from(items: TryVec<T>) -> Self {
        items.0
    }
}

impl<T> IntoIterator for TryVec<T> {
    type Item = T;
    type IntoIter = vec::IntoIter<T>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a, T> IntoIterator for &'a TryVec<T> {
    type Item = &'a T;
    type IntoIter = core::slice::Iter<'a, T>;
    #[inline]
    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl<'a, T> IntoIterator for &'a mut TryVec<T> {
    type Item = &'a mut T;
    type IntoIter = core::slice::IterMut<'a, T>;
    #[inline]
    fn into_iter(self) -> Self::IntoIter {
        self.0.iter_mut()
    }
}

impl<T: PartialEq> PartialEq<[T]> for TryVec<T> {
    fn eq(&self, other: &[T]) -> bool {
        self.0 == *other
    }
}

impl<T: PartialEq, const N: usize> PartialEq<[T; N]> for TryVec<T> {
    fn eq(&self, other: &[T; N]) -> bool {
        self.0 == *other
    }
}

/// Text as bytes: `write!` into it fails only when memory does.
impl fmt::Write for TryVec<u8> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.extend_from_slice(text.as_bytes())
            .map_err(|_| fmt::Error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::fmt::Write;

    #[test]
    fn it_behaves_like_a_vector() {
        let mut v = TryVec::with_capacity(2).unwrap();
        v.extend_from_slice(&[1, 2, 3]).unwrap();
        v.insert(1, 9).unwrap();
        v.push(4).unwrap();
        assert_eq!(v, [1, 9, 2, 3, 4]);
        assert_eq!(v.remove(1), 9);
        assert_eq!(v.pop(), Some(4));
        v.resize(5, 7).unwrap();
        assert_eq!(v, [1, 2, 3, 7, 7]);
        v.resize(1, 0).unwrap();
        v.extend([5, 6]).unwrap();
        assert_eq!(v.drain(1..2).next(), Some(5));
        assert_eq!(v.try_clone().unwrap(), [1, 6]);
        let mut w = TryVec::from_slice(&[8]).unwrap();
        w.append(&mut v).unwrap();
        assert!(v.is_empty());
        assert_eq!(w.into_vec(), [8, 1, 6]);
    }

    #[test]
    fn an_impossible_size_is_an_error() {
        let mut v: TryVec<u64> = TryVec::new();
        assert_eq!(v.reserve(usize::MAX), Err(OutOfMemory));
        assert_eq!(v.resize(usize::MAX / 2, 0), Err(OutOfMemory));
        assert_eq!(
            TryVec::<u64>::with_capacity(usize::MAX).unwrap_err(),
            OutOfMemory
        );
    }

    #[test]
    fn bytes_take_formatted_text() {
        let mut v = TryVec::new();
        write!(v, "{}-{:x}", 12, 255).unwrap();
        assert_eq!(&v[..], b"12-ff");
    }
}
