//! What kind each name is, and which slot it has.
//!
//! Kinds settle while scopes are walked for the first time, in list order: when a scope is done, all scopes
//! around it are, so its free variables can be looked up at once. Slots are assigned after that walk, because
//! inner scopes still turn locals of outer ones into cells.

use ferlance_abi::qstr::Qstr;
use ferlance_abi::scope_flags::ScopeFlags;
use ferlance_collections::{OutOfMemory, TryVec};

use super::scope::{NameKind, ParamKind, ScopeId, Scopes};
use crate::diag::Code;

/// Why a declaration is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The program's fault.
    Source(Code),
    /// Out of memory.
    OutOfMemory,
}

impl From<OutOfMemory> for Refusal {
    fn from(_: OutOfMemory) -> Refusal {
        Refusal::OutOfMemory
    }
}

impl Scopes {
    /// Notes that `scope` reads `qstr`.
    #[inline]
    pub fn note_load(&mut self, scope: ScopeId, qstr: Qstr) -> Result<(), OutOfMemory> {
        self[scope]
            .find_or_add(qstr, NameKind::ImplicitGlobal)
            .map(drop)
    }

    /// Notes that `scope` binds or deletes `qstr`; gives the name's kind.
    #[inline]
    pub fn note_store(&mut self, scope: ScopeId, qstr: Qstr) -> Result<NameKind, OutOfMemory> {
        let scope = &mut self[scope];
        let bound = match scope.kind.is_function_like() {
            true => NameKind::Local,
            false => NameKind::Assigned,
        };
        let (at, _) = scope.find_or_add(qstr, NameKind::ImplicitGlobal)?;
        let Some(name) = scope.name_mut(at) else {
            return Ok(bound);
        };
        if name.kind == NameKind::ImplicitGlobal {
            name.kind = bound;
        }
        Ok(name.kind)
    }

    /// `global qstr` in `scope`.
    pub fn declare_global(&mut self, scope: ScopeId, qstr: Qstr) -> Result<(), Refusal> {
        let (at, new) = self[scope].find_or_add(qstr, NameKind::ExplicitGlobal)?;
        let known = self[scope].names().get(at).map(|name| name.kind);
        if !new && known != Some(NameKind::ExplicitGlobal) {
            return Err(Refusal::Source(Code::RedefinedGlobal));
        }
        let module = &mut self[ScopeId::MODULE];
        if let Some(at) = module.find(qstr)
            && let Some(name) = module.name_mut(at)
        {
            name.kind = NameKind::ExplicitGlobal;
        }
        Ok(())
    }

    /// `nonlocal qstr` in `scope`.
    pub fn declare_nonlocal(&mut self, scope: ScopeId, qstr: Qstr) -> Result<(), Refusal> {
        if scope == ScopeId::MODULE {
            return Err(Refusal::Source(Code::NonlocalInModule));
        }
        if self[scope].find(qstr).is_some_and(|at| {
            let known = self[scope].names().get(at).map(|name| name.kind);
            known == Some(NameKind::ImplicitGlobal)
        }) {
            return Err(Refusal::Source(Code::RedefinedNonlocal));
        }
        self.bind_nonlocal(scope, qstr)
    }

    /// Makes `qstr` a free variable of `scope`, which may have read it before.
    fn bind_nonlocal(&mut self, scope: ScopeId, qstr: Qstr) -> Result<(), Refusal> {
        let (at, new) = self[scope].find_or_add(qstr, NameKind::ImplicitGlobal)?;
        let known = self[scope].names().get(at).map(|name| name.kind);
        if !new && known == Some(NameKind::Free) {
            return Ok(());
        }
        if !new && known != Some(NameKind::ImplicitGlobal) {
            return Err(Refusal::Source(Code::RedefinedNonlocal));
        }
        match self.close_over(scope, at)? {
            true => Ok(()),
            false => Err(Refusal::Source(Code::NoNonlocal)),
        }
    }

    /// The target of `:=` in a comprehension belongs to the scope around it.
    pub fn declare_walrus(&mut self, comp: ScopeId, qstr: Qstr) -> Result<(), Refusal> {
        let Some(parent) = self[comp].parent else {
            return Ok(());
        };
        let kind = self.note_store(parent, qstr)?;
        match parent == ScopeId::MODULE || kind == NameKind::ExplicitGlobal {
            true => self.declare_global(comp, qstr),
            false => self.bind_nonlocal(comp, qstr),
        }
    }

    /// Ends the first walk over `scope`: names that are only read become free variables where an outer
    /// function binds them.
    pub fn close(&mut self, scope: ScopeId) -> Result<(), OutOfMemory> {
        let outermost = self[scope]
            .parent
            .is_none_or(|parent| parent == ScopeId::MODULE);
        if outermost {
            return Ok(());
        }
        for at in 0..self[scope].names().len() {
            let kind = self[scope].names().get(at).map(|name| name.kind);
            if kind == Some(NameKind::ImplicitGlobal) {
                self.close_over(scope, at)?;
            }
        }
        Ok(())
    }

    /// Makes name `at` of `scope` free if the nearest outer scope that knows it binds it; the module does not count.
    fn close_over(&mut self, scope: ScopeId, at: usize) -> Result<bool, OutOfMemory> {
        let Some(qstr) = self[scope].names().get(at).map(|name| name.qstr) else {
            return Ok(false);
        };
        if qstr.is_none() {
            return Ok(false); // hidden arguments have no name to find
        }
        let mut owner = self[scope].parent;
        let kind = loop {
            let Some(outer) = owner.filter(|&outer| outer != ScopeId::MODULE) else {
                return Ok(false);
            };
            match self[outer].get(qstr) {
                Some(name) => break name.kind,
                None => owner = self[outer].parent,
            }
        };
        if !matches!(kind, NameKind::Local | NameKind::Cell | NameKind::Free) {
            return Ok(false);
        }
        let mut between = self[scope].parent;
        while between != owner {
            let Some(id) = between else { break };
            self[id].add(qstr, NameKind::Free)?;
            between = self[id].parent;
        }
        if let Some(owner) = owner {
            let owner = &mut self[owner];
            if let Some(name) = owner.find(qstr).and_then(|at| owner.name_mut(at))
                && name.kind == NameKind::Local
            {
                name.kind = NameKind::Cell;
            }
        }
        if let Some(name) = self[scope].name_mut(at) {
            name.kind = NameKind::Free;
        }
        Ok(true)
    }

    /// Numbers the slots of `scope`. All scopes must have been walked, and its parent numbered.
    pub fn assign_slots(&mut self, scope: ScopeId) -> Result<(), OutOfMemory> {
        self.place_star_parameter(scope)?;
        let function_like = self[scope].kind.is_function_like();
        let mut next: u32 = 0;
        let mut number = |slot: &mut u16| -> Result<(), OutOfMemory> {
            *slot = u16::try_from(next).map_err(|_| OutOfMemory)?;
            next += 1;
            Ok(())
        };
        let names = self[scope].names_mut();
        for name in names.iter_mut() {
            // The `__class__` of a class body is local, but has no slot of its own unless it is a cell.
            let is_local = name.kind == NameKind::Local && function_like;
            if is_local || name.param != ParamKind::No {
                number(&mut name.slot)?;
            }
        }
        for name in names.iter_mut() {
            if name.kind == NameKind::Cell && name.param == ParamKind::No {
                number(&mut name.slot)?;
            }
        }
        let n_free = self.number_free(scope)?;
        let total = next + u32::from(n_free);
        let scope = &mut self[scope];
        scope.n_locals = u16::try_from(total).map_err(|_| OutOfMemory)?;
        scope.n_free = n_free;
        scope.n_pos_args = scope.n_pos_args.checked_add(n_free).ok_or(OutOfMemory)?;
        Ok(())
    }

    /// `*args` trades places with the last plain parameter after it.
    fn place_star_parameter(&mut self, scope: ScopeId) -> Result<(), OutOfMemory> {
        let scope = &mut self[scope];
        if !scope.flags.has(ScopeFlags::VAR_ARGS) {
            return Ok(());
        }
        let names = scope.names();
        let star = names.iter().position(|name| name.param == ParamKind::Star);
        let last = names
            .iter()
            .rposition(|name| name.param == ParamKind::Plain);
        match (star, last) {
            (Some(star), Some(last)) if star < last => scope.swap_names(star, last),
            _ => Ok(()),
        }
    }

    /// Gives free variables the first slots, in the order of the parent's names; moves the others up.
    fn number_free(&mut self, id: ScopeId) -> Result<u16, OutOfMemory> {
        let scope = &self[id];
        let Some(parent) = scope.parent else {
            return Ok(0);
        };
        let parent = &self[parent];
        let mut free: TryVec<(u32, u32)> = TryVec::new();
        for (at, name) in scope.names().iter().enumerate() {
            if name.kind == NameKind::Free {
                let order = parent.find(name.qstr).unwrap_or(usize::MAX);
                free.push((order as u32, at as u32))?;
            }
        }
        if free.is_empty() {
            return Ok(0);
        }
        ferlance_collections::sort_few(&mut free);
        let n_free = u16::try_from(free.len()).map_err(|_| OutOfMemory)?;
        let names = self[id].names_mut();
        for name in names.iter_mut() {
            let has_slot = matches!(name.kind, NameKind::Local | NameKind::Cell);
            if has_slot || name.param != ParamKind::No {
                name.slot = name.slot.checked_add(n_free).ok_or(OutOfMemory)?;
            }
        }
        for (slot, &(_, at)) in free.iter().enumerate() {
            if let Some(name) = names.get_mut(at as usize) {
                name.slot = slot as u16;
            }
        }
        Ok(n_free)
    }
}
