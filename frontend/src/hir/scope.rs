//! The list of scopes and the names of each.
//!
//! A scope is found when the construct that makes it is reached in its parent's first walk, and appended to
//! the list: breadth-first order, in which all later work proceeds. The names of a scope stand in the order in
//! which the compiler first meets them; slot numbers and the order of cells follow from it, so nothing here may
//! be sorted or deduplicated in another way.
//!
//! Cost: eight bytes a name; from [`LINEAR`] names on, a hash index of eight to sixteen bytes a name.

use ferlance_abi::code_kind::CodeKind;
use ferlance_abi::qstr::Qstr;
use ferlance_abi::scope_flags::ScopeFlags;
use ferlance_collections::hash_index::HashIndex;
use ferlance_collections::{IndexVec, OutOfMemory, TryVec, index_type};

use crate::ast::{ClassDef, ExprId, FunctionDef, Rec};

index_type! {
    /// A scope: its place in the breadth-first list. 0 is the module.
    pub struct ScopeId(pub u32);
}

impl ScopeId {
    /// The module.
    pub const MODULE: ScopeId = ScopeId(0);
}

/// Up to this many names are searched in line.
const LINEAR: usize = 8;

/// What kind of scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScopeKind {
    /// A module body, or the text of `eval`, or an interactive statement.
    Module,
    /// A class body.
    Class,
    /// `lambda`
    Lambda,
    /// `[ … for … ]`
    ListComp,
    /// `{ k: v for … }`
    DictComp,
    /// `{ … for … }`
    SetComp,
    /// `( … for … )`
    GenExpr,
    /// `def`
    Function,
}

impl ScopeKind {
    /// Do assigned names get slots here (and not entries of a dict)?
    pub fn is_function_like(self) -> bool {
        !matches!(self, ScopeKind::Module | ScopeKind::Class)
    }

    /// Is it one of the four comprehensions?
    pub fn is_comprehension(self) -> bool {
        use ScopeKind::*;
        matches!(self, ListComp | DictComp | SetComp | GenExpr)
    }
}

/// Where in the tree a scope's body stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Body {
    /// The root.
    Module,
    /// A `class` statement.
    Class(Rec<ClassDef>),
    /// A `def` statement.
    Function(Rec<FunctionDef>),
    /// A `lambda` expression.
    Lambda(ExprId),
    /// A comprehension.
    Comp(ExprId),
}

/// What a name is in a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameKind {
    /// Only read so far.
    ImplicitGlobal,
    /// Assigned in a module or class body.
    Assigned,
    /// Declared `global`.
    ExplicitGlobal,
    /// A slot.
    Local,
    /// A slot whose value lives in a cell, because inner scopes use it.
    Cell,
    /// A cell received from the enclosing scope.
    Free,
}

/// What kind of parameter a name is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParamKind {
    /// None.
    No,
    /// Positional or keyword-only.
    Plain,
    /// `*args`
    Star,
    /// `**kwargs`
    DoubleStar,
}

/// A name of a scope.
#[derive(Debug, Clone, Copy)]
pub struct Name {
    /// Its text; none for the hidden argument of a comprehension.
    pub qstr: Qstr,
    /// The slot, for locals, cells and free variables; valid once slots are assigned.
    pub slot: u16,
    /// What it is.
    pub kind: NameKind,
    /// Whether it is a parameter.
    pub param: ParamKind,
}

const _: () = assert!(size_of::<Name>() == 8);

/// A scope.
pub struct Scope {
    /// What kind.
    pub kind: ScopeKind,
    /// The scope around it; none for the module.
    pub parent: Option<ScopeId>,
    /// Where its body stands.
    pub body: Body,
    /// Its simple name.
    pub name: Qstr,
    /// What its code is to become.
    pub emit: CodeKind,
    /// Whether a decorator chose that, of its own or of a scope around it.
    pub is_chosen: bool,
    /// Generator, `*args` and so on.
    pub flags: ScopeFlags,
    /// Positional parameters, with the free variables once slots are assigned.
    pub n_pos_args: u16,
    /// Keyword-only parameters.
    pub n_kwonly_args: u16,
    /// Positional parameters with defaults.
    pub n_def_pos_args: u16,
    /// Slots; known once slots are assigned.
    pub n_locals: u16,
    /// Free variables among them.
    pub n_free: u16,
    names: TryVec<Name>,
    index: HashIndex,
}

impl Scope {
    /// The names, in order.
    pub fn names(&self) -> &[Name] {
        &self.names
    }

    /// Where `qstr` stands among the names.
    #[inline]
    pub fn find(&self, qstr: Qstr) -> Option<usize> {
        if self.index.is_empty() {
            return self.names.iter().position(|name| name.qstr == qstr);
        }
        let is_it = |at: u32| {
            self.names
                .get(at as usize)
                .is_some_and(|name| name.qstr == qstr)
        };
        self.index.find(qstr.number(), is_it).map(|at| at as usize)
    }

    /// The name `qstr`, if the scope knows it.
    #[inline]
    pub fn get(&self, qstr: Qstr) -> Option<&Name> {
        self.names.get(self.find(qstr)?)
    }

    /// Where `qstr` stands, added as `kind` if it is new; and whether it is.
    #[inline]
    pub fn find_or_add(
        &mut self,
        qstr: Qstr,
        kind: NameKind,
    ) -> Result<(usize, bool), OutOfMemory> {
        match self.find(qstr) {
            Some(at) => Ok((at, false)),
            None => self.add(qstr, kind).map(|at| (at, true)),
        }
    }

    /// Appends a name without looking whether it is known.
    pub fn add(&mut self, qstr: Qstr, kind: NameKind) -> Result<usize, OutOfMemory> {
        let at = self.names.len();
        let id = u32::try_from(at).map_err(|_| OutOfMemory)?;
        self.names.push(Name {
            qstr,
            slot: 0,
            kind,
            param: ParamKind::No,
        })?;
        if at == LINEAR {
            for (at, name) in self.names.iter().enumerate() {
                self.index.insert(name.qstr.number(), at as u32)?;
            }
        } else if at > LINEAR {
            self.index.insert(qstr.number(), id)?;
        }
        Ok(at)
    }

    /// Name number `at`; the caller got the number from `find`, `find_or_add` or `add`.
    pub fn name_mut(&mut self, at: usize) -> Option<&mut Name> {
        self.names.get_mut(at)
    }

    /// Exchanges two names. Only for parameters of a scope whose names are all known.
    pub(super) fn swap_names(&mut self, a: usize, b: usize) -> Result<(), OutOfMemory> {
        self.names.swap(a, b);
        if !self.index.is_empty() {
            self.index.clear();
            for (at, name) in self.names.iter().enumerate() {
                self.index.insert(name.qstr.number(), at as u32)?;
            }
        }
        Ok(())
    }

    pub(super) fn names_mut(&mut self) -> &mut [Name] {
        &mut self.names
    }

    /// Forgets the names, once neither this scope nor a child needs them.
    pub fn drop_names(&mut self) {
        self.names = TryVec::new();
        self.index = HashIndex::new();
    }
}

/// All scopes of a source, breadth-first.
#[derive(Default)]
pub struct Scopes {
    scopes: IndexVec<ScopeId, Scope>,
}

impl Scopes {
    /// Appends a scope.
    pub fn add(
        &mut self,
        kind: ScopeKind,
        parent: Option<ScopeId>,
        body: Body,
        name: Qstr,
        emit: CodeKind,
    ) -> Result<ScopeId, OutOfMemory> {
        self.scopes.push(Scope {
            kind,
            parent,
            body,
            name,
            emit,
            is_chosen: parent.is_some_and(|parent| self.scopes[parent].is_chosen),
            flags: ScopeFlags::NONE,
            n_pos_args: 0,
            n_kwonly_args: 0,
            n_def_pos_args: 0,
            n_locals: 0,
            n_free: 0,
            names: TryVec::new(),
            index: HashIndex::new(),
        })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.scopes.len()
    }

    /// Whether there is none yet.
    pub fn is_empty(&self) -> bool {
        self.scopes.is_empty()
    }

    /// The scope after `at`, if there is one.
    pub fn after(&self, at: ScopeId) -> Option<ScopeId> {
        let next = at.index().checked_add(1)?;
        (next < self.scopes.len()).then(|| ScopeId::from_index(next))
    }
}

impl core::ops::Index<ScopeId> for Scopes {
    type Output = Scope;
    #[inline]
    fn index(&self, id: ScopeId) -> &Scope {
        // Ids are made by `add` and `after` only, and scopes are never removed.
        &self.scopes[id]
    }
}

impl core::ops::IndexMut<ScopeId> for Scopes {
    #[inline]
    fn index_mut(&mut self, id: ScopeId) -> &mut Scope {
        // As above.
        &mut self.scopes[id]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module() -> (Scopes, ScopeId) {
        let mut scopes = Scopes::default();
        let id = scopes
            .add(
                ScopeKind::Module,
                None,
                Body::Module,
                Qstr::new(7),
                CodeKind::Bytecode,
            )
            .unwrap();
        (scopes, id)
    }

    #[test]
    fn names_keep_their_order_and_are_found_below_and_above_the_linear_limit() {
        let (mut scopes, id) = module();
        for n in 0..100 {
            let (at, new) = scopes[id]
                .find_or_add(Qstr::new(1000 + n), NameKind::ImplicitGlobal)
                .unwrap();
            assert_eq!((at, new), (n as usize, true));
            for m in 0..=n {
                assert_eq!(scopes[id].find(Qstr::new(1000 + m)), Some(m as usize));
            }
            assert_eq!(scopes[id].find(Qstr::new(999)), None);
        }
    }
}
