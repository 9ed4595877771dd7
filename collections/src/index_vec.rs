//! Vectors indexed by a type of their own, so that a block number is never taken for a register.

use core::fmt;
use core::marker::PhantomData;
use core::ops;

use crate::oom::OutOfMemory;
use crate::try_vec::TryVec;

/// A number that stands for a place in an [`IndexVec`]. Made by [`index_type!`](crate::index_type).
pub trait Index: Copy + Eq {
    /// The index for position `at`, unless its type is too narrow.
    fn try_from_index(at: usize) -> Option<Self>;

    /// The position.
    fn index(self) -> usize;

    /// The index for position `at`.
    ///
    /// # Panics
    /// If the type is too narrow.
    #[inline]
    #[track_caller]
    fn from_index(at: usize) -> Self {
        Self::try_from_index(at).expect("position fits the index type")
    }
}

/// Makes index types.
///
/// ```
/// ferlance_collections::index_type! {
///     /// A basic block.
///     pub struct Block(u32);
///     /// A jump target.
///     pub struct Label(u16);
/// }
/// # use ferlance_collections::Index;
/// assert_eq!(Block::from_index(3).index(), 3);
/// assert_eq!(format!("{:?}", Label(7)), "Label(7)");
/// ```
#[macro_export]
macro_rules! index_type {
    ($($(#[$meta:meta])* $vis:vis struct $name:ident($field:vis $repr:ty);)*) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[repr(transparent)]
        $vis struct $name($field $repr);

        impl $crate::Index for $name {
            #[inline]
            fn try_from_index(at: usize) -> ::core::option::Option<Self> {
                match <$repr>::try_from(at) {
                    Ok(number) => Some($name(number)),
                    Err(_) => None,
                }
            }

            #[inline]
            fn index(self) -> usize {
                self.0 as usize
            }
        }

        #[allow(dead_code, reason = "not every index type uses all of them")]
        impl $name {
            /// The position.
            #[inline]
            $vis const fn index(self) -> usize {
                self.0 as usize
            }

            /// The index for position `at`.
            ///
            /// # Panics
            /// If the type is too narrow.
            #[inline]
            #[track_caller]
            $vis fn from_index(at: usize) -> Self {
                <Self as $crate::Index>::from_index(at)
            }
        }
    )*};
}

/// As [`index_type!`](crate::index_type), for numbers below `u32::MAX` of which many may be missing: an `Option` of one
/// has four bytes.
///
/// ```
/// ferlance_collections::niche_index_type! {
///     /// A value.
///     pub struct Value;
/// }
/// assert_eq!(Value::from_index(0).index(), 0);
/// assert_eq!(format!("{:?}", Value::from_index(3)), "Value(3)");
/// assert_eq!(size_of::<Option<Value>>(), 4);
/// ```
#[macro_export]
macro_rules! niche_index_type {
    ($($(#[$meta:meta])* $vis:vis struct $name:ident;)*) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(transparent)]
        $vis struct $name(::core::num::NonZeroU32);

        impl $crate::Index for $name {
            #[inline]
            fn try_from_index(at: usize) -> ::core::option::Option<Self> {
                let number = <u32 as ::core::convert::TryFrom<usize>>::try_from(at).ok()?;
                ::core::num::NonZeroU32::new(number.wrapping_add(1)).map($name)
            }

            #[inline]
            fn index(self) -> usize {
                $name::index(self)
            }
        }

        impl ::core::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.debug_tuple(stringify!($name)).field(&self.index()).finish()
            }
        }

        #[allow(dead_code, reason = "not every index type uses all of them")]
        impl $name {
            /// The position.
            #[inline]
            $vis const fn index(self) -> usize {
                (self.0.get() - 1) as usize
            }

            /// The index for position `at`.
            ///
            /// # Panics
            /// If the type is too narrow.
            #[inline]
            #[track_caller]
            $vis fn from_index(at: usize) -> Self {
                <Self as $crate::Index>::from_index(at)
            }
        }
    )*};
}

/// A [`TryVec`] indexed by `I` only.
#[derive(PartialEq, Eq)]
pub struct IndexVec<I, T> {
    items: TryVec<T>,
    index: PhantomData<fn(I) -> I>,
}

impl<I: Index, T> IndexVec<I, T> {
    /// An empty vector. Does not allocate.
    #[inline]
    pub const fn new() -> Self {
        IndexVec {
            items: TryVec::new(),
            index: PhantomData,
        }
    }

    /// An empty vector with room for `capacity` items.
    pub fn with_capacity(capacity: usize) -> Result<Self, OutOfMemory> {
        Ok(Self::from_items(TryVec::with_capacity(capacity)?))
    }

    /// Takes over a vector.
    pub fn from_items(items: TryVec<T>) -> Self {
        IndexVec {
            items,
            index: PhantomData,
        }
    }

    /// Gives up the vector.
    pub fn into_items(self) -> TryVec<T> {
        self.items
    }

    /// A vector of `len` copies of `item`.
    pub fn filled(item: T, len: usize) -> Result<Self, OutOfMemory>
    where
        T: Clone,
    {
        Ok(Self::from_items(TryVec::filled(item, len)?))
    }

    /// Appends `item`, returns its index. Too many for the index type counts as out of memory.
    #[inline]
    pub fn push(&mut self, item: T) -> Result<I, OutOfMemory> {
        let at = self.next_index()?;
        self.items.push(item)?;
        Ok(at)
    }

    /// Makes room for `additional` more items.
    pub fn reserve(&mut self, additional: usize) -> Result<(), OutOfMemory> {
        self.items.reserve(additional)
    }

    /// Makes room for exactly `additional` more items.
    pub fn reserve_exact(&mut self, additional: usize) -> Result<(), OutOfMemory> {
        self.items.reserve_exact(additional)
    }

    /// How many items fit without growing.
    pub fn capacity(&self) -> usize {
        self.items.capacity()
    }

    /// The index that the next `push` will return.
    #[inline]
    pub fn next_index(&self) -> Result<I, OutOfMemory> {
        I::try_from_index(self.items.len()).ok_or(OutOfMemory)
    }

    /// How many items there are.
    #[inline]
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there is no item.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The item at `at`, if there is one.
    #[inline]
    pub fn get(&self, at: I) -> Option<&T> {
        self.items.get(at.index())
    }

    /// The item at `at`, if there is one, to be changed.
    #[inline]
    pub fn get_mut(&mut self, at: I) -> Option<&mut T> {
        self.items.get_mut(at.index())
    }

    /// All indices, in order.
    pub fn indices(&self) -> impl DoubleEndedIterator<Item = I> + ExactSizeIterator + use<I, T> {
        // `push` made sure that every position fits.
        (0..self.items.len()).map(I::from_index)
    }

    /// The items in order.
    pub fn iter(&self) -> core::slice::Iter<'_, T> {
        self.items.iter()
    }

    /// The items in order, to be changed.
    pub fn iter_mut(&mut self) -> core::slice::IterMut<'_, T> {
        self.items.iter_mut()
    }

    /// The items in order with their indices.
    pub fn iter_enumerated(&self) -> impl DoubleEndedIterator<Item = (I, &T)> + ExactSizeIterator {
        self.items
            .iter()
            .enumerate()
            .map(|(at, item)| (I::from_index(at), item))
    }

    /// The last item.
    pub fn last(&self) -> Option<&T> {
        self.items.last()
    }

    /// Removes and returns the last item.
    pub fn pop(&mut self) -> Option<T> {
        self.items.pop()
    }

    /// Drops items from the end until at most `len` are left.
    pub fn truncate(&mut self, len: usize) {
        self.items.truncate(len);
    }

    /// Drops all items, keeps the room.
    pub fn clear(&mut self) {
        self.items.clear();
    }

    /// Lengthens with copies of `item`, or shortens, to `len` items.
    pub fn resize(&mut self, len: usize, item: T) -> Result<(), OutOfMemory>
    where
        T: Clone,
    {
        self.items.resize(len, item)
    }

    /// The items as a slice, indexed by plain numbers.
    #[inline]
    pub fn as_slice(&self) -> &[T] {
        &self.items
    }

    /// The items as a slice, to be changed.
    #[inline]
    pub fn as_mut_slice(&mut self) -> &mut [T] {
        &mut self.items
    }

    /// A copy.
    pub fn try_clone(&self) -> Result<Self, OutOfMemory>
    where
        T: Clone,
    {
        Ok(Self::from_items(self.items.try_clone()?))
    }
}

impl<I: Index, T> Default for IndexVec<I, T> {
    fn default() -> Self {
        Self::new()
    }
}

/// Indices come from `push` on the same vector; one that does not is our bug and panics.
impl<I: Index, T> ops::Index<I> for IndexVec<I, T> {
    type Output = T;
    #[inline]
    #[track_caller]
    fn index(&self, at: I) -> &T {
        &self.items[at.index()]
    }
}

impl<I: Index, T> ops::IndexMut<I> for IndexVec<I, T> {
    #[inline]
    #[track_caller]
    fn index_mut(&mut self, at: I) -> &mut T {
        &mut self.items[at.index()]
    }
}

impl<I: Index + fmt::Debug, T: fmt::Debug> fmt::Debug for IndexVec<I, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter_enumerated()).finish()
    }
}

impl<'a, I: Index, T> IntoIterator for &'a IndexVec<I, T> {
    type Item = &'a T;
    type IntoIter = core::slice::Iter<'a, T>;
    fn into_iter(self) -> Self::IntoIter {
        self.items.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;

    index_type! {
        /// Test index.
        struct Small(u8);
    }

    #[test]
    fn push_returns_the_index_of_the_item() {
        let mut v = IndexVec::new();
        let a: Small = v.push("a").unwrap();
        let b = v.push("b").unwrap();
        assert_eq!((v[a], v[b], v.len()), ("a", "b", 2));
        v[a] = "c";
        assert_eq!(format!("{v:?}"), r#"{Small(0): "c", Small(1): "b"}"#);
        assert_eq!(v.get(Small(2)), None);
        assert!(v.indices().eq([a, b]));
    }

    #[test]
    fn more_items_than_the_index_can_count_is_out_of_memory() {
        let mut v: IndexVec<Small, u8> = IndexVec::filled(0, 256).unwrap();
        assert_eq!(v.push(0), Err(OutOfMemory));
        v.truncate(255);
        assert_eq!(v.push(0), Ok(Small(255)));
    }

    #[test]
    fn an_index_is_as_small_as_its_number() {
        assert_eq!(size_of::<Small>(), 1);
        assert_eq!(Small::from_index(9).index(), 9);
    }
}
