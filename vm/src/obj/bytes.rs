//! `bytes`: the same structure as `str`.

use ferlance_abi::qstr;

use super::str::new_data;
use super::ty::{Type, VTable};
use super::word::Obj;
use crate::runtime::{R, Runtime};

/// `bytes`.
pub static BYTES: Type = Type::builtin(qstr!("bytes"), 0, &VT);
static VT: VTable = VTable { ..VTable::NEW };

/// The bytes object with a copy of `data`.
pub fn new(rt: &mut Runtime, data: &[u8]) -> R<Obj> {
    Ok(new_data(rt, &BYTES, data)?.obj())
}

/// A bytes object of `len` bytes, and the bytes, to be filled before anyone sees it.
pub fn new_uninit<'a>(rt: &mut Runtime, len: usize) -> R<(Obj, &'a mut [u8])> {
    super::str::new_data_uninit(rt, &BYTES, len)
}
