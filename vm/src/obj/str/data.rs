//! The structure behind `str` and `bytes` (layout: spec native-abi 3.2), and text that grows in place.
//!
//! Normally the text stands right behind the structure, in one block that the collector does not scan. The
//! result of a `+=` that grows gets a [`Growth`] buffer with free room behind its end instead; when such
//! a text is appended to, and its end is the end of what is in use, then the new bytes go into that room and
//! only a new structure is made, which shares the buffer. So appending in a loop is linear.

use core::cell::Cell;
use core::mem::offset_of;
use core::ptr::NonNull;

use ferlance_abi::qstr::{HASH_BITS, hash_bytes};

use super::STR;
use crate::obj::ptr::{Ptr, PyType};
use crate::obj::ty::{Header, Type};
use crate::obj::word::Obj;
use crate::runtime::{R, Runtime};

/// A str or bytes structure.
#[repr(C)]
pub struct StrData {
    base: Header,
    /// The hash (0 = not computed yet), and in the low bits what is known about the text. All zero in
    /// structures that native modules bring.
    state: Cell<usize>,
    len: usize,
    data: NonNull<u8>,
}

const _: () = {
    let word = size_of::<usize>();
    assert!(offset_of!(StrData, state) == word);
    assert!(offset_of!(StrData, len) == 2 * word);
    assert!(offset_of!(StrData, data) == 3 * word);
};

/// Whether the text is ASCII has been found out.
const ASCII_KNOWN: usize = 1;
/// It is.
const ASCII: usize = 2;
/// The structure is a [`Grown`].
const GROWN: usize = 4;
const HASH_SHIFT: u32 = 3;
const _: () = assert!(HASH_BITS + HASH_SHIFT <= usize::BITS);

// SAFETY: every structure of type STR is a `StrData`.
unsafe impl PyType for StrData {
    fn ty() -> &'static Type {
        &STR
    }
}

/// A structure whose text lies in a growth buffer.
#[repr(C)]
struct Grown {
    text: StrData,
    buffer: Ptr<Growth>,
}

/// Head of a growth buffer; `room` bytes follow.
#[repr(C)]
struct Growth {
    used: Cell<usize>,
    room: usize,
}

impl StrData {
    /// The bytes.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub fn bytes<'a>(&self) -> &'a [u8] {
        // SAFETY: `data` holds `len` bytes for as long as the structure lives; they never change.
        unsafe { core::slice::from_raw_parts(self.data.as_ptr(), self.len) }
    }

    /// Number of bytes.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The hash, as [`hash_bytes`] gives it.
    #[inline]
    pub fn hash(&self) -> u32 {
        let state = self.state.get();
        match (state >> HASH_SHIFT) as u32 {
            0 => {
                let hash = hash_bytes(self.bytes());
                self.state.set(state | (hash as usize) << HASH_SHIFT);
                hash
            }
            hash => hash,
        }
    }

    /// The hash, if it has been computed.
    #[inline]
    fn known_hash(&self) -> Option<u32> {
        Some((self.state.get() >> HASH_SHIFT) as u32).filter(|hash| *hash != 0)
    }

    /// Whether all bytes are ASCII.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub fn is_ascii(&self) -> bool {
        let state = self.state.get();
        if state & ASCII_KNOWN != 0 {
            return state & ASCII != 0;
        }
        self.find_out_ascii()
    }

    #[inline(never)]
    fn find_out_ascii(&self) -> bool {
        let ascii = self.bytes().is_ascii();
        let known = ASCII_KNOWN | if ascii { ASCII } else { 0 };
        self.state.set(self.state.get() | known);
        ascii
    }

    /// Remembers what a caller knows: whether all bytes are ASCII.
    #[inline]
    pub fn set_ascii(&self, ascii: bool) {
        debug_assert!(ascii == self.bytes().is_ascii());
        let known = ASCII_KNOWN | if ascii { ASCII } else { 0 };
        self.state.set(self.state.get() | known);
    }

    /// Whether both hold the same bytes.
    #[inline]
    pub fn same(&self, other: &StrData) -> bool {
        if self.len != other.len {
            return false;
        }
        if let (Some(a), Some(b)) = (self.known_hash(), other.known_hash())
            && a != b
        {
            return false;
        }
        self.bytes() == other.bytes()
    }

    fn buffer(&self) -> Option<Ptr<Growth>> {
        if self.state.get() & GROWN == 0 {
            return None;
        }
        // SAFETY: the flag says what the structure is.
        let grown: Ptr<Grown> = unsafe { Ptr::from_non_null(NonNull::from(self).cast()) };
        Some(grown.buffer)
    }
}

impl Growth {
    fn start(&self) -> NonNull<u8> {
        // SAFETY: `room` bytes follow the head in its block.
        unsafe { NonNull::from(self).add(1).cast() }
    }
}

/// The bytes that `size` more bytes than `len` make.
fn total(rt: &mut Runtime, len: usize, size: usize) -> R<usize> {
    match len.checked_add(size) {
        Some(bytes) if bytes <= isize::MAX as usize => Ok(bytes),
        _ => Err(rt.no_memory(usize::MAX)),
    }
}

/// A new structure of type `ty` (str or bytes) with a copy of `text` behind it, in one block.
#[inline]
pub fn new_data(rt: &mut Runtime, ty: &'static Type, text: &[u8]) -> R<Ptr<StrData>> {
    let size = size_of::<StrData>();
    let bytes = total(rt, text.len(), size + 1)?;
    let at = rt.alloc_block(bytes, true)?;
    // SAFETY: the block holds the structure, `text.len()` bytes and the NUL.
    unsafe {
        let data = at.add(size);
        core::ptr::copy_nonoverlapping(text.as_ptr(), data.as_ptr(), text.len());
        data.add(text.len()).write(0);
        at.cast::<StrData>().write(StrData {
            base: Header::new(ty),
            state: Cell::new(0),
            len: text.len(),
            data,
        });
        Ok(Ptr::from_non_null(at.cast()))
    }
}

/// A new structure of type `ty` with room for `len` bytes (zeros), and the bytes, to be filled before anyone sees it.
pub fn new_data_uninit<'a>(
    rt: &mut Runtime,
    ty: &'static Type,
    len: usize,
) -> R<(Obj, &'a mut [u8])> {
    let size = size_of::<StrData>();
    let bytes = total(rt, len, size + 1)?;
    let at = rt.alloc_block(bytes, true)?;
    // SAFETY: the block holds the structure, `len` bytes and the NUL; the caller is the only one to know it.
    unsafe {
        let data = at.add(size);
        core::ptr::write_bytes(data.as_ptr(), 0, len + 1);
        at.cast::<StrData>().write(StrData {
            base: Header::new(ty),
            state: Cell::new(0),
            len,
            data,
        });
        let made = Ptr::<StrData>::from_non_null(at.cast()).obj();
        Ok((made, core::slice::from_raw_parts_mut(data.as_ptr(), len)))
    }
}

/// Shortest result of `a += b` that gets room to grow.
const GROW_INPLACE: usize = 96;
/// Shortest result of `a + b` that gets room to grow, if `b` is much shorter than `a`.
const GROW_PLUS: usize = 1024;

/// `a + b` for two texts of type `ty`; `owner` is the object whose text `a` is.
pub(super) fn concat(
    rt: &mut Runtime,
    ty: &'static Type,
    owner: Obj,
    a: &[u8],
    b: &[u8],
    inplace: bool,
) -> R<Obj> {
    let len = total(rt, a.len(), b.len())?;
    // SAFETY: a structure whose type is `ty` begins with a `StrData`.
    let left = (owner.is_ptr() && owner.ty().same(ty))
        .then(|| unsafe { owner.cast_unchecked::<StrData>() });
    let ascii = left.is_some_and(|left| left.state.get() & ASCII != 0) && b.is_ascii();
    let known = if ascii { ASCII_KNOWN | ASCII } else { 0 };
    if let Some(left) = left
        && let Some(buffer) = left.buffer()
    {
        let used = buffer.used.get();
        // SAFETY: `used` is at most `room`; both lie in the buffer's block.
        let end = unsafe { buffer.start().add(used) };
        // SAFETY: `len` bytes are at `data`.
        if end == unsafe { left.data.add(left.len) } && b.len() < buffer.room - used {
            // Taken first: what an allocation sets off may append, too.
            buffer.used.set(used + b.len());
            let made = grown(rt, ty, known, len, left.data, buffer)?;
            // SAFETY: the room behind `used` belongs to nobody yet, holds `b` and the NUL, and is not part of `b`.
            unsafe {
                core::ptr::copy_nonoverlapping(b.as_ptr(), end.as_ptr(), b.len());
                end.add(b.len()).write(0);
            }
            return Ok(made);
        }
    }
    let grows = len >= if inplace { GROW_INPLACE } else { GROW_PLUS } && b.len() <= a.len() / 2;
    let (made, at) = if grows {
        // Half as much again, but never enough to fail where the plain text would fit.
        let room = (len + 1)
            .saturating_add(len / 2)
            .min(isize::MAX as usize / 2);
        let buffer = new_growth(rt, room.max(len + 1), len)?;
        let at = buffer.start();
        (grown(rt, ty, known, len, at, buffer)?, at)
    } else {
        let (made, bytes) = new_data_uninit(rt, ty, len)?;
        // SAFETY: just made.
        unsafe { made.cast_unchecked::<StrData>() }.state.set(known);
        (made, NonNull::from(bytes).cast())
    };
    // SAFETY: `at` has room for `len` bytes and the NUL, and nobody else knows it.
    unsafe {
        core::ptr::copy_nonoverlapping(a.as_ptr(), at.as_ptr(), a.len());
        core::ptr::copy_nonoverlapping(b.as_ptr(), at.add(a.len()).as_ptr(), b.len());
        at.add(len).write(0);
    }
    Ok(made)
}

fn new_growth(rt: &mut Runtime, room: usize, used: usize) -> R<Ptr<Growth>> {
    let bytes = total(rt, room, size_of::<Growth>())?;
    let at = rt.alloc_block(bytes, true)?.cast::<Growth>();
    // SAFETY: the block is new and large enough.
    unsafe {
        at.write(Growth {
            used: Cell::new(used),
            room,
        });
        Ok(Ptr::from_non_null(at))
    }
}

fn grown(
    rt: &mut Runtime,
    ty: &'static Type,
    known: usize,
    len: usize,
    data: NonNull<u8>,
    buffer: Ptr<Growth>,
) -> R<Obj> {
    let text = StrData {
        base: Header::new(ty),
        state: Cell::new(GROWN | known),
        len,
        data,
    };
    Ok(rt.new_obj(Grown { text, buffer })?.obj())
}
