//! The name and object tables of a module while it is being made: numbers in order of first use, each entry once.
use ferlance_abi::Qstr;
use ferlance_abi::qstr::hash_bytes;
use ferlance_collections::{HashIndex, OutOfMemory, TryVec};

use crate::module::Const;
use crate::op::ConstId;

/// The qstr table: which index stands for a name.
#[derive(Default)]
pub struct NameTable {
    names: TryVec<Qstr>,
    index: HashIndex,
}

impl NameTable {
    /// A table whose entry 0 is the source file's name.
    pub fn new(source_name: Qstr) -> Result<NameTable, OutOfMemory> {
        let mut table = NameTable::default();
        table.index_of(source_name)?;
        Ok(table)
    }

    /// The index of `name`, a new one if it has none yet.
    #[inline]
    pub fn index_of(&mut self, name: Qstr) -> Result<u32, OutOfMemory> {
        let names = &self.names;
        let found = self
            .index
            .find(name.number(), |at| names.get(at as usize) == Some(&name));
        match found {
            Some(at) => Ok(at),
            None => self.add(name),
        }
    }

    #[cold]
    fn add(&mut self, name: Qstr) -> Result<u32, OutOfMemory> {
        let at = u32::try_from(self.names.len()).map_err(|_| OutOfMemory)?;
        self.names.reserve(1)?;
        self.index.insert(name.number(), at)?;
        self.names.push(name)?;
        Ok(at)
    }

    /// The names so far.
    pub fn names(&self) -> &[Qstr] {
        &self.names
    }

    /// The finished table.
    pub fn into_names(self) -> TryVec<Qstr> {
        self.names
    }
}

/// The object table: which index stands for a constant.
#[derive(Default)]
pub struct ConstTable {
    consts: TryVec<Const<'static>>,
    index: HashIndex,
}

impl ConstTable {
    /// An empty table. Does not allocate.
    pub const fn new() -> ConstTable {
        ConstTable {
            consts: TryVec::new(),
            index: HashIndex::new(),
        }
    }

    /// The index of `object`: that of an earlier one of equal type and value, else a new one.
    ///
    /// Nan never equals anything. `0.0` and `-0.0`, `1`, `1.0` and `True` stay apart.
    pub fn index_of(&mut self, object: Const<'static>) -> Result<ConstId, OutOfMemory> {
        if has_nan(&object) {
            return self.add_unshared(object);
        }
        let hash = hash_const(&object);
        let consts = &self.consts;
        match self
            .index
            .find(hash, |at| consts.get(at as usize) == Some(&object))
        {
            Some(at) => Ok(ConstId(at)),
            None => {
                let id = self.add_unshared(object)?;
                self.index.insert(hash, id.0)?;
                Ok(id)
            }
        }
    }

    /// A new index for `object`, which later equal ones do not find.
    pub fn add_unshared(&mut self, object: Const<'static>) -> Result<ConstId, OutOfMemory> {
        let at = u32::try_from(self.consts.len()).map_err(|_| OutOfMemory)?;
        self.consts.push(object)?;
        Ok(ConstId(at))
    }

    /// The objects so far.
    pub fn consts(&self) -> &[Const<'static>] {
        &self.consts
    }

    /// The finished table.
    pub fn into_consts(self) -> TryVec<Const<'static>> {
        self.consts
    }
}

fn has_nan(object: &Const<'_>) -> bool {
    match object {
        Const::Float(number) => number.value.is_nan(),
        Const::Complex { re, im } => re.is_nan() || im.value.is_nan(),
        Const::Tuple(items) => items.iter().any(has_nan),
        _ => false,
    }
}

fn hash_const(object: &Const<'_>) -> u32 {
    let (tag, hash) = match object {
        Const::FunTable => (0, 0),
        Const::Caches(names) => (11, names.len() as u32),
        Const::None => (1, 0),
        Const::False => (2, 0),
        Const::True => (3, 0),
        Const::Ellipsis => (4, 0),
        Const::Str(text) => (5, hash_bytes(text)),
        Const::Bytes(bytes) => (6, hash_bytes(bytes)),
        Const::Int(text) => (7, hash_bytes(text)),
        Const::Float(number) => (8, hash_bytes(&number.value.to_bits().to_le_bytes())),
        Const::Complex { re, im } => {
            let re = hash_bytes(&re.to_bits().to_le_bytes());
            (
                9,
                re.rotate_left(9) ^ hash_bytes(&im.value.to_bits().to_le_bytes()),
            )
        }
        Const::Tuple(items) => {
            let mix =
                |hash: u32, item| hash.rotate_left(5).wrapping_mul(0x9e37_79b1) ^ hash_const(item);
            (10, items.iter().fold(items.len() as u32, mix))
        }
    };
    (hash ^ tag).wrapping_mul(0x9e37_79b1)
}

#[cfg(test)]
mod tests {
    use ferlance_abi::qstr;

    use super::*;
    use crate::bytes::Bytes;
    use crate::module::Number;

    fn float(value: f64) -> Const<'static> {
        Const::Float(Number {
            value,
            text: Bytes::EMPTY,
        })
    }

    #[test]
    fn names_are_numbered_by_first_use() {
        let mut table = NameTable::new(qstr!("main")).unwrap();
        assert_eq!(table.index_of(qstr!("append")), Ok(1));
        assert_eq!(table.index_of(qstr!("main")), Ok(0));
        assert_eq!(table.index_of(qstr!("append")), Ok(1));
        assert_eq!(table.names(), [qstr!("main"), qstr!("append")]);
    }

    #[test]
    fn equal_objects_share_an_entry_if_their_types_match_too() {
        let mut table = ConstTable::new();
        let mut id = |object| table.index_of(object).unwrap().0;
        assert_eq!(id(float(1.0)), 0);
        assert_eq!(id(Const::Int(Bytes::Borrowed(b"1"))), 1);
        assert_eq!(id(Const::True), 2);
        assert_eq!(id(float(0.0)), 3);
        assert_eq!(id(float(-0.0)), 4);
        assert_eq!(id(float(0.0)), 3);
        assert_eq!(id(float(f64::NAN)), 5);
        assert_eq!(id(float(f64::NAN)), 6);
        let pair = |last| {
            Const::Tuple(TryVec::from_items([Const::Int(Bytes::Borrowed(b"1")), last]).unwrap())
        };
        assert_eq!(id(pair(Const::True)), 7);
        assert_eq!(id(pair(Const::False)), 8);
        assert_eq!(id(pair(Const::True)), 7);
        assert_eq!(id(Const::Str(Bytes::Borrowed(b"1"))), 9);
        assert_eq!(id(Const::Bytes(Bytes::Borrowed(b"1"))), 10);
    }
}
