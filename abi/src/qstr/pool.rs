//! The interning pool: ROM names plus names met at run time.
//!
//! Per run-time name: eight bytes of entry, its text with one byte of length, and (at three quarters
//! load) six to twelve bytes of hash table. Texts lie in chunks that never move or shrink, so a chunk's growth
//! cannot fragment a small heap and copies nothing. Names are never removed.
//!
//! Looking up costs one hash of the text, one probe of the ROM table, and one of the run-time table; a slot holds
//! seven bits of the hash beside the entry's index, so that strangers are rejected without touching the entry.
use ferlance_collections::{OutOfMemory, TryVec};

use super::{Qstr, hash_bytes, rom};

/// First chunk, in bytes; each further one doubles up to [`LAST_CHUNK`].
const FIRST_CHUNK: usize = 128;
const LAST_CHUNK: usize = 16 * 1024;

/// Bits of a slot that hold an entry's index plus one; the others hold the top of the hash.
const INDEX_BITS: u32 = 22;
const INDEX_MASK: u32 = (1 << INDEX_BITS) - 1;

/// Interned names.
#[derive(Default)]
pub struct Pool {
    entries: TryVec<Entry>,
    chunks: TryVec<TryVec<u8>>,
    /// Open addressing, linear probing, a power of two long (or empty); 0 is an empty slot.
    slots: TryVec<u32>,
}

/// One name interned at run time.
#[derive(Clone, Copy)]
struct Entry {
    hash: u32,
    chunk: u16,
    /// Where the length stands in the chunk: one byte below 255, or 255 and four bytes. The text follows.
    offset: u16,
}

const _: () = assert!(size_of::<Entry>() == 8);

impl Pool {
    /// A pool of the ROM names only. Does not allocate.
    pub const fn new() -> Pool {
        Pool {
            entries: TryVec::new(),
            chunks: TryVec::new(),
            slots: TryVec::new(),
        }
    }

    /// The name with this text, made if there is none yet.
    #[inline]
    pub fn intern(&mut self, text: &[u8]) -> Result<Qstr, OutOfMemory> {
        self.intern_hashed(text, hash_bytes(text))
    }

    /// As [`Pool::intern`], for callers that have `hash_bytes(text)` already.
    #[inline]
    pub fn intern_hashed(&mut self, text: &[u8], hash: u32) -> Result<Qstr, OutOfMemory> {
        match self.find_hashed(text, hash) {
            Some(name) => Ok(name),
            None => self.add(text, hash),
        }
    }

    /// The name with this text, if there is one.
    #[inline]
    pub fn find(&self, text: &[u8]) -> Option<Qstr> {
        self.find_hashed(text, hash_bytes(text))
    }

    /// As [`Pool::find`], for callers that have `hash_bytes(text)` already.
    #[inline]
    pub fn find_hashed(&self, text: &[u8], hash: u32) -> Option<Qstr> {
        let number = rom::find(text, hash);
        if number != 0 {
            return Some(Qstr::new(number));
        }
        let mask = self.slots.len().wrapping_sub(1);
        let mut at = hash as usize & mask;
        loop {
            // An empty table has no slots: the very first `get` fails.
            let slot = *self.slots.get(at)?;
            if slot == 0 {
                return None;
            }
            if (slot ^ hash) >> INDEX_BITS == 0 {
                let index = (slot & INDEX_MASK) - 1;
                let entry = self.entries.get(index as usize)?;
                if entry.hash == hash && self.entry_text(*entry) == text {
                    return Some(Qstr::new(rom::ROM_COUNT as u32 + 1 + index));
                }
            }
            at = (at + 1) & mask;
        }
    }

    /// The text of `name`; empty for [`Qstr::NONE`] and numbers this pool never gave out.
    #[inline]
    pub fn text(&self, name: Qstr) -> &[u8] {
        let index = (name.number() as usize).wrapping_sub(1);
        match rom::text(index) {
            Some(text) => text.as_bytes(),
            None => match self.entries.get(index.wrapping_sub(rom::ROM_COUNT)) {
                Some(entry) => self.entry_text(*entry),
                None => &[],
            },
        }
    }

    /// The text of `name` for display; `"?"` if it is not UTF-8.
    pub fn str(&self, name: Qstr) -> &str {
        core::str::from_utf8(self.text(name)).unwrap_or("?")
    }

    /// `hash_bytes` of the text of `name`, without computing it; 0 for [`Qstr::NONE`] and unknown numbers.
    #[inline]
    pub fn hash(&self, name: Qstr) -> u32 {
        let index = (name.number() as usize).wrapping_sub(1);
        match rom::hash(index) {
            Some(hash) => hash,
            None => match self.entries.get(index.wrapping_sub(rom::ROM_COUNT)) {
                Some(entry) => entry.hash,
                None => 0,
            },
        }
    }

    /// How many names there are, ROM names included; the highest number in use.
    #[inline]
    pub fn len(&self) -> usize {
        rom::ROM_COUNT + self.entries.len()
    }

    /// Never: there are always the ROM names.
    #[inline]
    pub fn is_empty(&self) -> bool {
        false
    }

    /// Is `name` a number that this pool gave out, or a ROM name?
    #[inline]
    pub fn contains(&self, name: Qstr) -> bool {
        !name.is_none() && name.number() as usize <= self.len()
    }

    /// All names interned at run time, oldest first.
    pub fn run_time_names(&self) -> impl Iterator<Item = (Qstr, &[u8])> {
        self.entries.iter().enumerate().map(|(i, entry)| {
            (
                Qstr::new((rom::ROM_COUNT + 1 + i) as u32),
                self.entry_text(*entry),
            )
        })
    }

    /// Bytes of heap in use: (entries and table, text).
    pub fn heap_bytes(&self) -> (usize, usize) {
        let tables = self.entries.capacity() * size_of::<Entry>()
            + self.slots.capacity() * size_of::<u32>()
            + self.chunks.capacity() * size_of::<TryVec<u8>>();
        (tables, self.chunks.iter().map(TryVec::capacity).sum())
    }

    #[inline]
    fn entry_text(&self, entry: Entry) -> &[u8] {
        let Some(chunk) = self.chunks.get(entry.chunk as usize) else {
            return &[];
        };
        let Some((&length, rest)) = chunk
            .get(entry.offset as usize..)
            .and_then(<[u8]>::split_first)
        else {
            return &[];
        };
        if length != 255 {
            return rest.get(..length as usize).unwrap_or(&[]);
        }
        let Some((length, rest)) = rest.split_first_chunk::<4>() else {
            return &[];
        };
        rest.get(..u32::from_le_bytes(*length) as usize)
            .unwrap_or(&[])
    }

    #[cold]
    fn add(&mut self, text: &[u8], hash: u32) -> Result<Qstr, OutOfMemory> {
        let index = self.entries.len();
        if index as u32 >= INDEX_MASK {
            return Err(OutOfMemory);
        }
        // Everything that can fail comes first, so that a failure leaves the pool as it was.
        if (index + 1) * 4 > self.slots.len() * 3 {
            self.grow_slots()?;
        }
        self.entries.reserve(1)?;
        let (chunk, offset) = self.store(text)?;
        self.entries.push(Entry {
            hash,
            chunk,
            offset,
        })?;
        insert(&mut self.slots, index, hash);
        Ok(Qstr::new((rom::ROM_COUNT + 1 + index) as u32))
    }

    /// Puts the text into a chunk; gives the chunk and where in it.
    fn store(&mut self, text: &[u8]) -> Result<(u16, u16), OutOfMemory> {
        let length = u32::try_from(text.len()).map_err(|_| OutOfMemory)?;
        let size = text.len().checked_add(5).ok_or(OutOfMemory)?;
        let fits = |chunk: &TryVec<u8>| {
            chunk.len() <= u16::MAX as usize && chunk.capacity() - chunk.len() >= size
        };
        if !self.chunks.last().is_some_and(fits) {
            if self.chunks.len() > u16::MAX as usize {
                return Err(OutOfMemory);
            }
            self.chunks.reserve(1)?;
            let wanted = FIRST_CHUNK << self.chunks.len().min(7);
            self.chunks
                .push(TryVec::with_capacity(wanted.min(LAST_CHUNK).max(size))?)?;
        }
        let number = self.chunks.len() - 1;
        let Some(chunk) = self.chunks.last_mut() else {
            return Err(OutOfMemory);
        };
        let offset = chunk.len() as u16;
        // Within capacity: `fits` or the new chunk's size said so.
        match u8::try_from(length) {
            Ok(length) if length != 255 => chunk.push(length)?,
            _ => {
                chunk.push(255)?;
                chunk.extend_from_slice(&length.to_le_bytes())?;
            }
        }
        chunk.extend_from_slice(text)?;
        Ok((number as u16, offset))
    }

    fn grow_slots(&mut self) -> Result<(), OutOfMemory> {
        let mut slots = TryVec::filled(0, (self.slots.len() * 2).max(16))?;
        for (index, entry) in self.entries.iter().enumerate() {
            insert(&mut slots, index, entry.hash);
        }
        self.slots = slots;
        Ok(())
    }
}

/// Puts entry `index` into the first free slot of its probe sequence; there is one.
fn insert(slots: &mut [u32], index: usize, hash: u32) {
    let mask = slots.len().wrapping_sub(1);
    let mut at = hash as usize & mask;
    while let Some(slot) = slots.get_mut(at) {
        if *slot == 0 {
            *slot = (hash >> INDEX_BITS) << INDEX_BITS | (index as u32 + 1);
            return;
        }
        at = (at + 1) & mask;
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::vec;

    use super::*;

    #[test]
    fn the_same_text_is_the_same_name() {
        let mut pool = Pool::new();
        let spam = pool.intern(b"spam_and_eggs").unwrap();
        assert_eq!(spam.number() as usize, rom::ROM_COUNT + 1);
        assert_eq!(pool.intern(b"spam_and_eggs"), Ok(spam));
        assert_eq!(pool.text(spam), b"spam_and_eggs");
        assert_eq!(pool.hash(spam), hash_bytes(b"spam_and_eggs"));
        assert_eq!(pool.find(b"spam_and_egg"), None);
        assert_eq!(pool.intern(b"append"), Ok(crate::qstr!("append")));
    }

    #[test]
    fn more_than_65535_names_stay_apart() {
        let mut pool = Pool::new();
        let names: vec::Vec<Qstr> = (0..70_000)
            .map(|i| pool.intern(format!("name_{i}").as_bytes()).unwrap())
            .collect();
        for (i, name) in names.iter().enumerate() {
            let text = format!("name_{i}");
            assert_eq!(pool.text(*name), text.as_bytes());
            assert_eq!(pool.find(text.as_bytes()), Some(*name));
        }
        assert_eq!(names[69_999].to_u16(), None);
    }

    #[test]
    fn long_texts_are_kept_whole() {
        let mut pool = Pool::new();
        for length in [0, 1, 254, 255, 256, 20_000, 100_000, 3] {
            let text = vec![b'z'; length];
            let name = pool.intern(&text).unwrap();
            assert_eq!(pool.text(name), &text[..]);
            assert_eq!(pool.intern(&text), Ok(name));
        }
    }

    #[test]
    fn no_name_has_no_text() {
        let pool = Pool::new();
        assert_eq!(pool.text(Qstr::NONE), b"");
        assert_eq!(pool.hash(Qstr::NONE), 0);
        assert_eq!(pool.text(Qstr::new(9_999_999)), b"");
        assert!(!pool.contains(Qstr::NONE) && !pool.contains(Qstr::new(9_999_999)));
    }
}
