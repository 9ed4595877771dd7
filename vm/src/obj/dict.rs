//! `dict`.

use ferlance_abi::qstr;

use super::map::Map;
use super::ptr::{Ptr, PyType};
use super::ty::{Header, Type, VTable};
use crate::runtime::{R, Runtime};

/// `dict`.
pub static DICT: Type = Type::builtin(qstr!("dict"), 0, &VT);
static VT: VTable = VTable { ..VTable::NEW };

/// A dict.
#[repr(C)]
pub struct Dict {
    base: Header,
    /// The entries.
    pub map: Map,
}

// SAFETY: every structure of type DICT is a `Dict`.
unsafe impl PyType for Dict {
    fn ty() -> &'static Type {
        &DICT
    }
}

/// An empty dict.
pub fn new(rt: &mut Runtime) -> R<Ptr<Dict>> {
    rt.new_obj(Dict {
        base: Header::new(&DICT),
        map: Map::new(),
    })
}

/// An empty dict with room for `n` entries.
pub fn with_capacity(rt: &mut Runtime, _n: usize) -> R<Ptr<Dict>> {
    new(rt)
}

/// A copy of a map as a dict that Python code cannot change: `__dict__`.
pub fn read_only_copy(rt: &mut Runtime, map: &Map) -> R<super::word::Obj> {
    let copy = new(rt)?;
    let mut at = 0;
    while let Some((i, key, value)) = map.next_from(at) {
        copy.map.store(rt, key, value)?;
        at = i + 1;
    }
    copy.map.fix();
    Ok(copy.obj())
}
