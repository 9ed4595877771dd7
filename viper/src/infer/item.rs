//! Items of pointers and of objects.
use super::{Infer, Walk};
use crate::error::Problem;
use crate::types::Ty;

impl Infer<'_, '_> {
    pub(super) fn load_item(&mut self) -> Walk {
        let index = self.pop_entry()?;
        let base = self.pop()?;
        if let Ty::Object = base {
            self.boxes(index)?;
            return Ok(self.push(Ty::Object)?);
        }
        self.push(Ty::Int)?;
        if !index.as_number().is_int() {
            self.note(Problem::LoadIndex(index.ty))?;
        }
        match base.element_bytes() {
            0 => self.note(Problem::LoadFrom(base)),
            _ => Ok(()),
        }
    }

    pub(super) fn store_item(&mut self) -> Walk {
        let index = self.pop_entry()?;
        let base = self.pop()?;
        let value = self.pop_entry()?;
        if value.ty == Ty::Null {
            return match (base, index.ty) {
                (Ty::Object, Ty::Object) => Ok(()),
                (Ty::Object, ty) | (ty, _) => self.note(Problem::DeleteItem(ty)),
            };
        }
        if base == Ty::Object {
            self.boxes(index)?;
            return self.boxes(value);
        }
        if base.element_bytes() == 0 {
            return self.note(Problem::StoreTo(base));
        }
        if !index.as_number().is_int() {
            self.note(Problem::StoreIndex(index.ty))?;
        }
        match value.as_number() {
            Ty::Bool | Ty::Int | Ty::Uint => Ok(()),
            ty => self.note(Problem::StoreValue(ty)),
        }
    }
}
