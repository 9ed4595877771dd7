//! Read-only tables of names: the methods of a built-in type, the contents of a built-in module.

use ferlance_abi::qstr::Qstr;

use super::Type;
use crate::obj::builtin_fun::BuiltinFun;
use crate::obj::ptr::Ptr;
use crate::obj::word::Obj;
use crate::runtime::Runtime;

/// One entry of a table.
#[derive(Clone, Copy)]
pub enum Member {
    /// A function; in a type's table a method.
    Fun(&'static BuiltinFun),
    /// A function that gets no self, in a type's table.
    Static(&'static BuiltinFun),
    /// A function that gets the type as first argument.
    Class(&'static BuiltinFun),
    /// A small int.
    Int(isize),
    /// An interned string.
    Str(Qstr),
    /// A type.
    Type(&'static Type),
    /// `None`, `True`, `False`.
    Word(Obj),
    /// Made when read: floats, tuples, big ints, objects of the runtime.
    Get(fn(&mut Runtime) -> crate::runtime::R<Obj>),
}

impl Member {
    /// The plain value, without binding.
    pub fn value(self, rt: &mut Runtime) -> crate::runtime::R<Obj> {
        Ok(match self {
            Member::Fun(fun) | Member::Static(fun) | Member::Class(fun) => Ptr::from_ref(fun).obj(),
            Member::Int(value) => match Obj::small(value) {
                Some(value) => value,
                None => return crate::obj::int::from_i64(rt, value as i64),
            },
            Member::Str(name) => Obj::qstr(name),
            Member::Type(ty) => ty.obj(),
            Member::Word(word) => word,
            Member::Get(get) => return get(rt),
        })
    }
}

/// A table sorted by name; see [`crate::members!`].
pub struct Members {
    entries: &'static [(Qstr, Member)],
}

impl Members {
    /// No entries.
    pub const EMPTY: Members = Members { entries: &[] };

    /// A table over `entries`, which are sorted by qstr number.
    pub const fn new(entries: &'static [(Qstr, Member)]) -> Members {
        let mut i = 1;
        while i < entries.len() {
            assert!(
                entries[i - 1].0.number() < entries[i].0.number(),
                "a name stands twice, or the table is not sorted"
            );
            i += 1;
        }
        Members { entries }
    }

    /// The entry `name`.
    pub fn get(&self, name: Qstr) -> Option<Member> {
        let at = self
            .entries
            .binary_search_by_key(&name.number(), |(n, _)| n.number())
            .ok()?;
        Some(self.entries[at].1)
    }

    /// All entries, by qstr number.
    pub fn iter(&self) -> impl Iterator<Item = (Qstr, Member)> + '_ {
        self.entries.iter().copied()
    }

    /// Number of entries.
    pub const fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

/// Sorts a table by qstr number at compile time.
pub const fn sorted<const N: usize>(mut entries: [(Qstr, Member); N]) -> [(Qstr, Member); N] {
    let mut i = 1;
    while i < N {
        let mut j = i;
        while j > 0 && entries[j - 1].0.number() > entries[j].0.number() {
            let held = entries[j];
            entries[j] = entries[j - 1];
            entries[j - 1] = held;
            j -= 1;
        }
        i += 1;
    }
    entries
}

/// A [`Members`] table: `members! { "append" => Fun(&APPEND), "maxsize" => Int(isize::MAX >> 1) }`.
#[macro_export]
macro_rules! members {
    ($($name:literal => $kind:ident $(($value:expr))?),* $(,)?) => {{
        use $crate::obj::ty::Member::*;
        const N: usize = 0 $(+ { let _ = $name; 1 })*;
        static SORTED: [(::ferlance_abi::qstr::Qstr, $crate::obj::ty::Member); N] =
            $crate::obj::ty::sorted([$((::ferlance_abi::qstr!($name), $kind $(($value))?)),*]);
        $crate::obj::ty::Members::new(&SORTED)
    }};
}
