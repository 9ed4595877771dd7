//! `str`: UTF-8 text. Interned strings are words ([`Obj::qstr`]); others are structures (layout: spec
//! native-abi 3.2, shared with `bytes`).

use core::cell::Cell;
use core::ptr::NonNull;

use ferlance_abi::qstr;

use super::ptr::{Ptr, PyType};
use super::ty::{Header, Type, VTable};
use super::word::Obj;
use crate::runtime::{R, Runtime};

/// `str`.
pub static STR: Type = Type::builtin(qstr!("str"), 0, &VT);
static VT: VTable = VTable { ..VTable::NEW };

/// A str or bytes structure. The data is followed by a NUL.
#[repr(C)]
pub struct StrData {
    base: Header,
    /// Full hash; 0 = not computed yet.
    pub hash: Cell<usize>,
    len: usize,
    data: NonNull<u8>,
}

// SAFETY: every structure of type STR is a `StrData`.
unsafe impl PyType for StrData {
    fn ty() -> &'static Type {
        &STR
    }
}

impl StrData {
    /// The bytes.
    #[inline(always)]
    pub fn bytes<'a>(&self) -> &'a [u8] {
        // SAFETY: `data` holds `len` bytes for as long as the structure lives; they never change.
        unsafe { core::slice::from_raw_parts(self.data.as_ptr(), self.len) }
    }
}

/// A new structure of type `ty` (str or bytes) with a copy of `text` behind it, in one block.
pub fn new_data(rt: &mut Runtime, ty: &'static Type, text: &[u8]) -> R<Ptr<StrData>> {
    let size = size_of::<StrData>();
    let Some(bytes) = text.len().checked_add(size + 1) else {
        return Err(rt.no_memory(usize::MAX));
    };
    let at = rt.alloc_block(bytes, true)?;
    // SAFETY: the block holds the structure, `text.len()` bytes and the NUL.
    unsafe {
        let data = at.add(size);
        core::ptr::copy_nonoverlapping(text.as_ptr(), data.as_ptr(), text.len());
        data.add(text.len()).write(0);
        at.cast::<StrData>().write(StrData {
            base: Header::new(ty),
            hash: Cell::new(0),
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
    let Some(bytes) = len.checked_add(size + 1) else {
        return Err(rt.no_memory(usize::MAX));
    };
    let at = rt.alloc_block(bytes, true)?;
    // SAFETY: the block holds the structure, `len` bytes and the NUL; the caller is the only one to know it.
    unsafe {
        let data = at.add(size);
        core::ptr::write_bytes(data.as_ptr(), 0, len + 1);
        at.cast::<StrData>().write(StrData {
            base: Header::new(ty),
            hash: Cell::new(0),
            len,
            data,
        });
        let made = Ptr::<StrData>::from_non_null(at.cast()).obj();
        Ok((made, core::slice::from_raw_parts_mut(data.as_ptr(), len)))
    }
}

impl Runtime {
    /// The str `text` (UTF-8): the interned one if there is one, else a copy.
    pub fn new_str(&mut self, text: &[u8]) -> R<Obj> {
        match self.pool.find(text) {
            Some(name) => Ok(Obj::qstr(name)),
            None => Ok(new_data(self, &STR, text)?.obj()),
        }
    }

    /// The text of a str object.
    #[inline]
    pub fn str_bytes<'a>(&self, obj: Obj) -> Option<&'a [u8]> {
        if let Some(name) = obj.as_qstr() {
            return Some(self.name(name));
        }
        Some(obj.cast::<StrData>()?.get().bytes())
    }
}
