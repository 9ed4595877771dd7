//! Bytes that are owned, or borrowed from a file that stays in memory (or in flash).
use core::fmt;
use core::ops::Deref;

use ferlance_collections::{OutOfMemory, TryVec};

/// Owned or borrowed bytes.
pub enum Bytes<'a> {
    /// Its own.
    Owned(TryVec<u8>),
    /// Somebody else's.
    Borrowed(&'a [u8]),
}

impl<'a> Bytes<'a> {
    /// No bytes.
    pub const EMPTY: Bytes<'a> = Bytes::Borrowed(&[]);

    /// A copy of `bytes`.
    pub fn copied(bytes: &[u8]) -> Result<Bytes<'a>, OutOfMemory> {
        Ok(Bytes::Owned(TryVec::from_slice(bytes)?))
    }

    /// The same bytes, owned.
    pub fn into_owned(self) -> Result<TryVec<u8>, OutOfMemory> {
        match self {
            Bytes::Owned(bytes) => Ok(bytes),
            Bytes::Borrowed(bytes) => TryVec::from_slice(bytes),
        }
    }
}

impl Deref for Bytes<'_> {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        match self {
            Bytes::Owned(bytes) => bytes,
            Bytes::Borrowed(bytes) => bytes,
        }
    }
}

impl From<TryVec<u8>> for Bytes<'_> {
    fn from(bytes: TryVec<u8>) -> Self {
        Bytes::Owned(bytes)
    }
}

impl Default for Bytes<'_> {
    fn default() -> Self {
        Bytes::EMPTY
    }
}

impl PartialEq for Bytes<'_> {
    fn eq(&self, other: &Bytes<'_>) -> bool {
        **self == **other
    }
}

impl Eq for Bytes<'_> {}

impl fmt::Debug for Bytes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "b\"{}\"", self.escape_ascii())
    }
}
