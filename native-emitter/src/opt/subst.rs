//! Values that stand for others.
use ferlance_collections::{IndexVec, OutOfMemory};

use crate::nir::{Func, Vreg};

/// A set of replacements, applied all at once.
pub(super) struct Subst {
    by: IndexVec<Vreg, Option<Vreg>>,
    is_empty: bool,
}

impl Subst {
    /// No replacements yet.
    pub(super) fn new(func: &Func) -> Result<Subst, OutOfMemory> {
        Ok(Subst {
            by: IndexVec::filled(None, func.vregs.len())?,
            is_empty: true,
        })
    }

    /// From now on `old` is `new`.
    pub(super) fn replace(&mut self, old: Vreg, new: Vreg) {
        let new = self.get(new);
        if old != new {
            self.by[old] = Some(new);
            self.is_empty = false;
        }
    }

    /// What `vreg` is.
    pub(super) fn get(&self, mut vreg: Vreg) -> Vreg {
        while let Some(Some(new)) = self.by.get(vreg) {
            vreg = *new;
        }
        vreg
    }

    /// Puts the new values in all places; says whether there were any.
    pub(super) fn apply(&self, func: &mut Func) -> bool {
        if self.is_empty {
            return false;
        }
        for vreg in func.pool.iter_mut() {
            *vreg = self.get(*vreg);
        }
        for block in func.blocks.iter_mut() {
            for inst in block.insts.iter_mut() {
                inst.map_operands(|vreg| self.get(vreg));
            }
            block.term.map_operands(|vreg| self.get(vreg));
        }
        true
    }
}
