//! Names and attributes for our own runtime: each site has a cell with what it found last, see `abi::layout`.
//!
//! ```text
//! global     globals' map: has it so many entries?  the name there?  its value
//! built-in   globals' map: has it as many entries, as when the name was none of them?  all else as then?  the cell's value
//! attribute  object: an instance?  its map: has it so many entries?  the name there?  its value, which a store replaces
//! method     object: of the cell's type?  all classes as when it was found?  the cell's value
//! ```
//!
//! What fails a check goes to the runtime, which fills the cell. Methods are lowered here; the others are one instruction
//! each, [`Op::Cached`], whose checks `emit::cached` writes: there are so many of them that passes had most to do with these.
use ferlance_abi::fun_table::Fun;
use ferlance_abi::{Qstr, layout, obj_word};
use ferlance_bytecode::module::Const;
use ferlance_collections::TryVec;

use super::{Done, Lowering, Tables};
use crate::nir::{Block, Cond, Func, Op, Site, Type, Vreg, Width};

/// Stands for the index of the caches until their number is known.
const NO_INDEX: i64 = -1;

impl Lowering<'_, '_> {
    /// What sites want that does not change while the function runs. What nobody wants is dropped later.
    pub(super) fn cached_prologue(&mut self) -> Done {
        if !self.is_ours() {
            return Ok(());
        }
        let word = self.word();
        let index = match self.pieces.is_some() {
            // There are no cells, only what comes before them.
            true => i64::from(self.tables.consts.index_of(Const::Caches(TryVec::new()))?.0),
            false => NO_INDEX,
        };
        let cells_base = self.b.number(Op::ConstObj, Type::Word, index)?;
        if self.pieces.is_none() {
            self.cells_base = Some(cells_base);
            let context = self.b.nullary(Op::Context, Type::Word)?;
            let offset = layout::MODULE_GLOBALS as i64 * word;
            self.globals = Some(self.b.load(Type::Word, Width::Word, context, offset)?);
        }
        let position = self.b.load(Type::Word, Width::Word, cells_base, 0)?;
        let position = self.keep(position)?;
        self.position = Some(position);
        self.b.tell_lines(position);
        let slot = Fun::Attention.slot() as i64;
        let attention = self.b.number(Op::FunTableWord, Type::Word, slot)?;
        self.attention = Some(self.keep(attention)?);
        Ok(())
    }

    /// The address of the cells, and the place of a new one there.
    fn new_cell(&mut self, name: Qstr) -> Done<(Vreg, i64)> {
        let base = self.cells_base.ok_or(super::LowerError::BadCode)?;
        let at = layout::CELLS_HEAD_BYTES
            + self.cells.len() * layout::cell_bytes(self.target.word() as usize);
        self.cells.push(name)?;
        Ok((base, at as i64))
    }

    /// A name as an object.
    pub(super) fn name_obj(&mut self, name: Qstr) -> Done<Vreg> {
        if self.is_ours() {
            let word = obj_word::qstr(name.number()) as i64;
            return Ok(self.b.constant(Type::Obj, word)?);
        }
        Ok(self.b.nullary(Op::QstrObj(name), Type::Obj)?)
    }

    fn cell_word(&mut self, (cells, at): (Vreg, i64), index: usize) -> Done<Vreg> {
        let offset = at + layout::CELL_HEAD_BYTES as i64 + index as i64 * self.word();
        Ok(self.b.load(Type::Word, Width::Word, cells, offset)?)
    }

    pub(super) fn load_global(&mut self, name: Qstr) -> Done {
        let (true, Some(globals)) = (self.is_cached(), self.globals) else {
            return self.load_named(Fun::LoadGlobal, name);
        };
        let value = self.cached(Site::Global, globals, name, None)?;
        self.note_builtin(value, name)?;
        self.push(value)
    }

    /// Makes a lookup by a cell of its own.
    fn cached(&mut self, site: Site, base: Vreg, name: Qstr, value: Option<Vreg>) -> Done<Vreg> {
        let cell = self.new_cell(name)?;
        let found = self.b.cached((site, name), base, cell, value)?;
        Ok(found.unwrap_or(base))
    }

    /// What the cell holds as an object.
    fn found(&mut self, (cells, at): (Vreg, i64)) -> Done<Vreg> {
        let offset = at + layout::CELL_HEAD_BYTES as i64 + layout::CELL_FOUND as i64 * self.word();
        Ok(self.b.load(Type::Obj, Width::Word, cells, offset)?)
    }

    /// A word of what the runtime tells.
    fn told(&mut self, offset: usize) -> Done<Vreg> {
        let position = self.position.ok_or(super::LowerError::BadCode)?;
        let position = self.b.kept(position)?;
        Ok(self
            .b
            .load(Type::Word, Width::Word, position, offset as i64)?)
    }

    /// The type of `base`; goes to `slow` if that is no pointer.
    fn type_of(&mut self, base: Vreg, slow: Block) -> Done<Vreg> {
        let pointer = self.b.block()?;
        self.b.branch(
            Cond::TestZero,
            base,
            POINTER_BITS,
            (pointer, &[]),
            (slow, &[]),
        )?;
        self.b.enter(pointer)?;
        Ok(self.b.load(Type::Word, Width::Word, base, 0)?)
    }

    pub(super) fn load_attr(&mut self, base: Vreg, name: Qstr) -> Done<Vreg> {
        if !self.is_cached() {
            let name = self.name(name)?;
            return Ok(self.b.call(Fun::LoadAttr, &[base, name])?);
        }
        self.cached(Site::Load, base, name, None)
    }

    pub(super) fn store_attr(&mut self, base: Vreg, name: Qstr, value: Vreg) -> Done {
        if !self.is_cached() {
            let name = self.name(name)?;
            return Ok(self.b.call_void(Fun::StoreAttr, &[base, name, value])?);
        }
        if self.facts(value).is_null {
            let (cells, at) = self.new_cell(name)?;
            let address = self.b.add(cells, at)?;
            return Ok(self
                .b
                .call_void(Fun::StoreAttrCached, &[base, address, value])?);
        }
        self.cached(Site::Store, base, name, Some(value))?;
        Ok(())
    }

    /// Function and self of a method, if there are cells.
    pub(super) fn method(&mut self, base: Vreg, name: Qstr) -> Done<(Vreg, Vreg)> {
        let cell = self.new_cell(name)?;
        let (slow, join) = (self.b.cold_block()?, self.b.block()?);
        let function = self.b.param(join, Type::Obj)?;
        let this = self.b.param(join, Type::Obj)?;
        let ty = self.type_of(base, slow)?;
        let key = self.cell_word(cell, layout::CELL_KEY)?;
        let (known, same) = (self.b.block()?, self.b.block()?);
        self.b
            .branch(Cond::Eq, ty, key, (known, &[]), (slow, &[]))?;
        self.b.enter(known)?;
        let shown = self.cell_word(cell, layout::CELL_LIMIT)?;
        let now = self.told(layout::position_classes_bytes(self.word() as usize))?;
        self.b
            .branch(Cond::Eq, shown, now, (same, &[]), (slow, &[]))?;
        self.b.enter(same)?;
        let found = self.found(cell)?;
        self.b.jump(join, &[found, base])?;
        self.b.enter(slow)?;
        let address = self.b.add(cell.0, cell.1)?;
        let (other, its) = self.aside(|this| {
            let area = this.area_of(2)?;
            this.b
                .call_void(Fun::LoadMethodCached, &[base, address, area])?;
            Ok((this.area_word(0)?, this.area_word(1)?))
        })?;
        self.b.jump(join, &[other, its])?;
        self.b.enter(join)?;
        Ok((function, this))
    }

    /// Where a loop goes round: does anything wait to be done between two steps?
    pub(super) fn poll(&mut self) -> Done {
        let Some(attention) = self.attention else {
            return Ok(());
        };
        let attention = self.b.kept(attention)?;
        let waiting = self.b.load(Type::Word, Width::U16, attention, 0)?;
        let (ask, go_on) = (self.b.cold_block()?, self.b.block()?);
        self.b
            .branch(Cond::Ne, waiting, 0, (ask, &[]), (go_on, &[]))?;
        self.b.enter(ask)?;
        self.aside(|this| Ok(this.b.call_void(Fun::Poll, &[])?))?;
        self.b.jump(go_on, &[])?;
        Ok(self.b.enter(go_on)?)
    }
}

/// An object is a pointer if none of these bits is set; the null word never gets here.
pub(crate) const POINTER_BITS: i64 = 3;

/// Gives the caches of a function their place in the object table.
pub(super) fn fill_cells(func: &mut Func, tables: &mut Tables<'_>, names: TryVec<Qstr>) -> Done {
    let index = match names.is_empty() {
        true => tables.consts.index_of(Const::Caches(names))?,
        false => tables.consts.add_unshared(Const::Caches(names))?,
    };
    let index = i64::from(index.0);
    for inst in func.blocks[Block::from_index(0)].insts.iter_mut() {
        if inst.op == Op::ConstObj && inst.imm == NO_INDEX {
            inst.imm = index;
        }
    }
    Ok(())
}
