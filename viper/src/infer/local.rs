//! Locals and cells.
use ferlance_abi::Qstr;
use ferlance_bytecode::Local;

use super::{Entry, Infer, Walk};
use crate::error::Problem;
use crate::types::Ty;

impl Infer<'_, '_> {
    pub(super) fn local_name(&self, local: Local) -> Qstr {
        let names = &self.code.local_names;
        names.get(local.0 as usize).copied().unwrap_or(Qstr::NONE)
    }

    pub(super) fn load_local(&mut self, local: Local) -> Walk {
        let known = self.types.locals.get(local.0 as usize).copied().flatten();
        match known {
            Some(ty) => self.push(ty)?,
            None => {
                self.push(Ty::Object)?;
                self.note(Problem::UntypedLocal(self.local_name(local)))?;
            }
        }
        Ok(())
    }

    pub(super) fn store_entry(&mut self, local: Local, entry: Entry) -> Walk {
        let known = self.types.locals.get(local.0 as usize).copied().flatten();
        let ty = known.map_or(entry.ty, |known| entry.as_wanted(known));
        self.store_local(local, ty)
    }

    pub(super) fn store_local(&mut self, local: Local, ty: Ty) -> Walk {
        let name = self.local_name(local);
        let takes_none = self.is_full();
        match self.types.locals.get_mut(local.0 as usize) {
            // Objects may be let go, which `except … as` does to its variable.
            Some(Some(Ty::Object)) if ty == Ty::None && takes_none => Ok(()),
            Some(Some(known)) if *known != ty => {
                let known = *known;
                self.note(Problem::LocalType(name, known, ty))
            }
            Some(slot) => {
                *slot = Some(ty);
                Ok(())
            }
            None => self.refuse(Problem::Malformed),
        }
    }

    /// Variables that inner functions use hold objects; those of outer functions are typed from the start.
    pub(super) fn store_cell(&mut self, local: Local) -> Walk {
        let entry = self.pop_entry()?;
        let known = self.types.locals.get(local.0 as usize).copied().flatten();
        match known {
            None if self.is_full() => {
                self.boxes(entry)?;
                // None is what the variable holds now, not what it is for.
                let ty = match entry.ty {
                    Ty::None | Ty::Null => Ty::Object,
                    ty => ty,
                };
                self.store_local(local, ty)
            }
            None => self.note(Problem::UntypedLocal(self.local_name(local))),
            Some(_) if local.0 < self.code.n_free => self.boxes(Entry::of(entry.ty)),
            Some(_) => self.store_entry(local, entry),
        }
    }
}
