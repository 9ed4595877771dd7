//! Locals and cells, items, names.
use ferlance_abi::fun_table::Fun;
use ferlance_abi::{Qstr, layout, obj_word, qstr};
use ferlance_bytecode::Local;
use ferlance_native_emitter::nir::{Cond, Type, Vreg, Width};

use super::value::{Item, Value};
use super::{Lower, Place, Walk};
use crate::types::Ty;

impl Lower<'_, '_> {
    fn local_type(&self, local: Local) -> Ty {
        let ty = self.types.locals.get(local.0 as usize).copied().flatten();
        ty.unwrap_or(Ty::Object)
    }

    /// Does the slot hold a cell?
    pub(super) fn is_cell(&self, local: Local) -> bool {
        local.0 < self.code.n_free || self.code.cell_slots().any(|cell| cell == local)
    }

    fn place(&self, local: Local) -> Walk<Place> {
        match self.locals.get(local.0 as usize) {
            Some(place) => Ok(*place),
            None => self.malformed(),
        }
    }

    fn read(&mut self, local: Local, ty: Type) -> Walk<Option<Vreg>> {
        Ok(match self.place(local)? {
            Place::Var(var) => Some(self.b.read_local(var)?),
            Place::Slot(slot) => Some(self.b.slot_load(ty, slot, 0)?),
            Place::Nowhere => None,
        })
    }

    pub(super) fn write(&mut self, local: Local, value: Vreg) -> Walk {
        self.put(local, value)?;
        self.set_bound(local)
    }

    fn put(&mut self, local: Local, value: Vreg) -> Walk {
        match self.place(local)? {
            Place::Var(var) => self.b.write_local(var, value)?,
            Place::Slot(slot) => self.b.slot_store(slot, 0, value)?,
            Place::Nowhere => {}
        }
        Ok(())
    }

    fn set_bound(&mut self, local: Local) -> Walk {
        let local = local.0 as usize;
        if !self.deleted.contains(local) {
            self.bound.insert(local)?;
        }
        Ok(())
    }

    /// Raises NameError unless the object is there.
    fn check_bound(&mut self, object: Vreg) -> Walk {
        let there = self.b.block()?;
        let unbound = self.b.cold_block()?;
        let null = obj_word::NULL as i64;
        self.b
            .branch(Cond::Eq, object, null, (unbound, &[]), (there, &[]))?;
        self.b.enter(unbound)?;
        self.raise_unbound()?;
        Ok(self.b.enter(there)?)
    }

    pub(super) fn load_fast(&mut self, local: Local) -> Walk {
        if self.is_cell(local) {
            let cell = self.cell(local)?;
            return Ok(self.push_object(cell)?);
        }
        let ty = self.local_type(local);
        let value = match self.read(local, self.ir_type(ty))? {
            None => Value::Nothing,
            Some(value) => {
                let is_object = ty == Ty::Object || self.is_soft(ty);
                if is_object && !self.bound.contains(local.0 as usize) {
                    self.check_bound(value)?;
                    self.set_bound(local)?;
                }
                self.read_second(local, value)?
            }
        };
        Ok(self.push(ty, value)?)
    }

    pub(super) fn store_fast(&mut self, local: Local) -> Walk {
        let mut item = self.pop()?;
        let value = match self.local_type(local) {
            Ty::Object => self.object(item)?,
            ty => {
                if ty.is_wide() {
                    item = self.converted(item, ty)?;
                }
                self.word(item)?
            }
        };
        self.write_second(local, item)?;
        self.write(local, value)
    }

    /// Lets an object go. What is no object holds None and goes on doing so, as in stock.
    pub(super) fn delete_fast(&mut self, local: Local) -> Walk {
        match self.local_type(local) {
            Ty::Object => {
                let null = self.null()?;
                self.put(local, null)
            }
            _ => Ok(()),
        }
    }

    fn cell(&mut self, local: Local) -> Walk<Vreg> {
        match self.read(local, Type::Obj)? {
            Some(cell) => Ok(cell),
            None => self.malformed(),
        }
    }

    fn cell_value(&self) -> i64 {
        layout::CELL_VALUE as i64 * self.word_bytes()
    }

    /// What a variable shared with other functions holds: an object, converted if the parameter has a type.
    pub(super) fn load_deref(&mut self, local: Local) -> Walk {
        let cell = self.cell(local)?;
        let at = self.cell_value();
        let object = self.b.load(Type::Obj, Width::Word, cell, at)?;
        self.check_bound(object)?;
        let item = Item {
            ty: Ty::Object,
            value: Value::Reg(object),
        };
        let item = self.converted(item, self.local_type(local))?;
        Ok(self.stack.push(item)?)
    }

    pub(super) fn store_deref(&mut self, local: Local) -> Walk {
        let object = self.pop_object()?;
        let cell = self.cell(local)?;
        let at = self.cell_value();
        Ok(self.b.store(Width::Word, cell, at, object)?)
    }

    pub(super) fn delete_deref(&mut self, local: Local) -> Walk {
        let null = self.null()?;
        let cell = self.cell(local)?;
        let at = self.cell_value();
        Ok(self.b.store(Width::Word, cell, at, null)?)
    }

    // Names.

    pub(super) fn load_name(&mut self, fun: Fun, name: Qstr) -> Walk {
        if let Some(ty) = self.cast_of(name) {
            return Ok(self.push(Ty::Cast(ty), Value::Nothing)?);
        }
        if self.is_known_callee(self.at) {
            return Ok(self.push(Ty::Object, Value::Nothing)?);
        }
        let name = self.qstr_number(name)?;
        let value = self.call_fun(fun, &[name])?;
        Ok(self.push_object(value)?)
    }

    pub(super) fn store_name(&mut self, fun: Fun, name: Qstr) -> Walk {
        let value = self.pop_object()?;
        let name = self.qstr_number(name)?;
        Ok(self.b.call_void(fun, &[name, value])?)
    }

    pub(super) fn delete_name(&mut self, fun: Fun, name: Qstr) -> Walk {
        let name = self.qstr_number(name)?;
        Ok(self.b.call_void(fun, &[name])?)
    }

    pub(super) fn import_name(&mut self, name: Qstr) -> Walk {
        let from_list = self.pop_object()?;
        let level = self.pop_object()?;
        let name = self.qstr_number(name)?;
        let module = self.call_fun(Fun::ImportName, &[name, from_list, level])?;
        Ok(self.push_object(module)?)
    }

    // Items.

    pub(super) fn load_item(&mut self) -> Walk {
        let index = self.pop()?;
        let base = self.pop()?;
        let Some((width, shift)) = element(base.ty) else {
            let base = self.object(base)?;
            let index = self.object(index)?;
            let load = self.b.constant(Type::Obj, obj_word::SENTINEL as i64)?;
            let value = self.call_fun(Fun::ObjSubscr, &[base, index, load])?;
            return Ok(self.push_object(value)?);
        };
        self.check_index(base, index, shift)?;
        let base = self.word(base)?;
        let (index, offset) = self.index(index, shift)?;
        let value = self
            .b
            .load_indexed(Type::Word, width, base, index, shift, offset)?;
        Ok(self.push(Ty::Int, Value::Reg(value))?)
    }

    /// A register, or a constant in bytes.
    fn index(&mut self, index: Item, shift: u8) -> Walk<(Option<Vreg>, i64)> {
        Ok(match index.value {
            Value::Imm(imm) => (None, imm.wrapping_shl(u32::from(shift))),
            _ => (Some(self.word(index)?), 0),
        })
    }

    pub(super) fn store_item(&mut self) -> Walk {
        let index = self.pop()?;
        let base = self.pop()?;
        let value = self.pop()?;
        let Some((width, shift)) = element(base.ty) else {
            let base = self.object(base)?;
            let index = self.object(index)?;
            let value = self.object(value)?;
            self.call_fun(Fun::ObjSubscr, &[base, index, value])?;
            return Ok(());
        };
        self.check_index(base, index, shift)?;
        let base = self.word(base)?;
        let value = self.word(value)?;
        let (index, offset) = self.index(index, shift)?;
        Ok(self
            .b
            .store_indexed(width, base, index, shift, offset, value)?)
    }

    // Methods.

    /// Function and self of a method, or value and null.
    pub(super) fn method(&mut self, base: Vreg, name: Qstr) -> Walk<[Vreg; 2]> {
        let name = self.qstr_number(name)?;
        let array = self.array(2)?;
        let dest = self.b.slot_addr(array, 0)?;
        self.b.call_void(Fun::LoadMethod, &[base, name, dest])?;
        let fun = self.b.slot_load(Type::Obj, array, 0)?;
        let this = self.b.slot_load(Type::Obj, array, self.word_bytes())?;
        Ok([fun, this])
    }

    pub(super) fn load_method(&mut self, name: qstr::Qstr) -> Walk {
        let base = self.pop_object()?;
        for word in self.method(base, name)? {
            self.push_object(word)?;
        }
        Ok(())
    }

    pub(super) fn load_super_method(&mut self, name: Qstr) -> Walk {
        let this = self.pop_object()?;
        let class = self.pop_object()?;
        self.pop()?; // super itself, which the run time looks up
        let null = self.null()?;
        let dest = self.store_words(&[null, class, this])?;
        let array = self.array(3)?;
        let name = self.qstr_number(name)?;
        self.b.call_void(Fun::LoadSuperMethod, &[name, dest])?;
        for word in 0..2 {
            let at = word * self.word_bytes();
            let value = self.b.slot_load(Type::Obj, array, at)?;
            self.push_object(value)?;
        }
        Ok(())
    }
}

/// How an element of a pointer is loaded and how far its index is shifted.
fn element(ty: Ty) -> Option<(Width, u8)> {
    match ty {
        Ty::Ptr8 => Some((Width::U8, 0)),
        Ty::Ptr16 => Some((Width::U16, 1)),
        Ty::Ptr32 => Some((Width::U32, 2)),
        _ => None,
    }
}
