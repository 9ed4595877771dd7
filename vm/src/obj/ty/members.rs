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

/// A name and its [`Member`] in two words.
#[derive(Clone, Copy)]
pub struct Entry {
    kind: Kind,
    name: u16,
    value: Value,
}

#[derive(Clone, Copy)]
#[repr(u8)]
enum Kind {
    Fun,
    Static,
    Class,
    Int,
    Str,
    Type,
    Word,
    Get,
}

#[derive(Clone, Copy)]
union Value {
    fun: &'static BuiltinFun,
    int: isize,
    name: Qstr,
    ty: &'static Type,
    word: Obj,
    get: fn(&mut Runtime) -> crate::runtime::R<Obj>,
}

// SAFETY: what the value holds is so itself.
unsafe impl Sync for Entry {}

impl Entry {
    const fn new(name: Qstr, member: Member) -> Entry {
        let (kind, value) = match member {
            Member::Fun(fun) => (Kind::Fun, Value { fun }),
            Member::Static(fun) => (Kind::Static, Value { fun }),
            Member::Class(fun) => (Kind::Class, Value { fun }),
            Member::Int(int) => (Kind::Int, Value { int }),
            Member::Str(name) => (Kind::Str, Value { name }),
            Member::Type(ty) => (Kind::Type, Value { ty }),
            Member::Word(word) => (Kind::Word, Value { word }),
            Member::Get(get) => (Kind::Get, Value { get }),
        };
        assert!(
            name.number() <= 0xffff,
            "names in tables are known at build time"
        );
        Entry {
            kind,
            name: name.number() as u16,
            value,
        }
    }

    fn member(&self) -> Member {
        // SAFETY: `new` wrote the field that the kind stands for.
        unsafe {
            match self.kind {
                Kind::Fun => Member::Fun(self.value.fun),
                Kind::Static => Member::Static(self.value.fun),
                Kind::Class => Member::Class(self.value.fun),
                Kind::Int => Member::Int(self.value.int),
                Kind::Str => Member::Str(self.value.name),
                Kind::Type => Member::Type(self.value.ty),
                Kind::Word => Member::Word(self.value.word),
                Kind::Get => Member::Get(self.value.get),
            }
        }
    }
}

/// A table sorted by name; see [`crate::members!`].
pub struct Members {
    entries: &'static [Entry],
}

impl Members {
    /// No entries.
    pub const EMPTY: Members = Members { entries: &[] };

    /// A table over `entries`, which are sorted by qstr number.
    pub const fn new(entries: &'static [Entry]) -> Members {
        let mut i = 1;
        while i < entries.len() {
            assert!(
                entries[i - 1].name < entries[i].name,
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
            .binary_search_by_key(&name.number(), |entry| u32::from(entry.name))
            .ok()?;
        self.entries.get(at).map(Entry::member)
    }

    /// All entries, by qstr number.
    pub fn iter(&self) -> impl Iterator<Item = (Qstr, Member)> + '_ {
        self.entries
            .iter()
            .map(|entry| (Qstr::new(entry.name.into()), entry.member()))
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
pub const fn sorted<const N: usize>(members: [(Qstr, Member); N]) -> [Entry; N] {
    let mut entries = [Entry::new(Qstr::NONE, Member::Int(0)); N];
    let mut i = 0;
    while i < N {
        let entry = Entry::new(members[i].0, members[i].1);
        let mut j = i;
        while j > 0 && entries[j - 1].name > entry.name {
            entries[j] = entries[j - 1];
            j -= 1;
        }
        entries[j] = entry;
        i += 1;
    }
    entries
}

/// A [`Members`] table; what only some builds have stands behind a `#[cfg(…)]`: `members! { "append" => Fun(&APPEND), "maxsize" => Int(isize::MAX >> 1) }`.
#[macro_export]
macro_rules! members {
    ($($(#[$when:meta])* $name:literal => $kind:ident $(($value:expr))?),* $(,)?) => {{
        use $crate::obj::ty::Member::*;
        const N: usize = [$($(#[$when])* $name),*].len();
        static SORTED: [$crate::obj::ty::Entry; N] =
            $crate::obj::ty::sorted([$($(#[$when])* (::ferlance_abi::qstr!($name), $kind $(($value))?)),*]);
        $crate::obj::ty::Members::new(&SORTED)
    }};
}
