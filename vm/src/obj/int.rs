//! `int`: small ints in the word, big ints on the heap.

use ferlance_abi::qstr;

use super::ty::{Type, VTable};
use super::word::Obj;
use crate::runtime::{R, Runtime};

/// `int`.
pub static INT: Type = Type::builtin(qstr!("int"), 0, &VT);
static VT: VTable = VTable { ..VTable::NEW };

/// The int `value`.
pub fn from_i64(rt: &mut Runtime, value: i64) -> R<Obj> {
    match isize::try_from(value).ok().and_then(Obj::small) {
        Some(obj) => Ok(obj),
        None => Err(rt.no_memory(0)),
    }
}

/// The low bits of an int, whatever its size.
pub fn low_word(obj: Obj) -> usize {
    obj.as_small().unwrap_or(0) as usize
}

/// The value of an int, a bool, or an object that converts itself (`__int__` is not asked).
///
/// # Errors
/// `OverflowError: overflow converting long int to machine word`.
pub fn word_maybe(_rt: &mut Runtime, obj: Obj) -> R<Option<isize>> {
    Ok(obj.as_small().or(obj.as_bool().map(isize::from)))
}

/// The int with this decimal text.
pub fn from_decimal(rt: &mut Runtime, text: &[u8]) -> R<Obj> {
    let value = core::str::from_utf8(text)
        .ok()
        .and_then(|t| t.parse::<i64>().ok())
        .unwrap_or(0);
    from_i64(rt, value)
}
