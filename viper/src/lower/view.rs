//! The `sound` switch: views of memory know their length, and indices are checked.
//!
//! ```text
//! view = address and bytes; made where an object becomes a pointer, kept by locals, casts between pointers, joins
//! p[i]: i < bytes >> shift, unsigned, or IndexError
//! ```
//! A pointer that comes from a number has no end: it addresses what it addresses, such as registers of a device.
use ferlance_abi::fun_table::Fun;
use ferlance_abi::{NativeType, layout, qstr};
use ferlance_bytecode::Local;
use ferlance_collections::OutOfMemory;
use ferlance_native_emitter::nir::{self, Cond, Op, Type, Vreg};

use super::value::{Item, Value};
use super::{Lower, Place, Walk};
use crate::types::Ty;

/// Words of what the runtime tells of a buffer.
const INFO_WORDS: u32 = 4;
/// Asks for a buffer to be read.
const READ: i64 = 1;
/// The length of what has no end.
const ENDLESS: i64 = -1;

impl Lower<'_, '_> {
    /// Does a value of this type carry its length?
    pub(super) fn is_view(&self, ty: Ty) -> bool {
        self.env.scene.sound && ty.is_pointer()
    }

    /// An object as a native value; a pointer with its length.
    pub(super) fn native(&mut self, object: Vreg, to: NativeType) -> Result<Item, OutOfMemory> {
        let ty = Ty::of(to);
        let value = match self.is_view(ty) {
            _ if ty.is_wide() => self.unbox_wide(object, ty)?,
            false => Value::Reg(self.unboxed(object, to)?),
            true => self.view(object, to)?,
        };
        Ok(Item { ty, value })
    }

    fn view(&mut self, object: Vreg, to: NativeType) -> Result<Value, OutOfMemory> {
        let info = match self.info {
            Some(slot) => slot,
            None => *self.info.insert(self.b.slot(INFO_WORDS)?),
        };
        let address = self.b.slot_addr(info, 0)?;
        let flags = self.b.word(READ)?;
        let found = self.call_fun(Fun::GetBuffer, &[object, address, flags])?;
        let buffer = self.b.block()?;
        let number = self.b.cold_block()?;
        let join = self.b.block()?;
        let start = self.b.param(join, Type::Word)?;
        let bytes = self.b.param(join, Type::Word)?;
        self.b
            .branch(Cond::TestNonZero, found, 0xff, (buffer, &[]), (number, &[]))?;
        self.b.enter(buffer)?;
        let word = self.word_bytes();
        let data = layout::BUFFER_DATA as i64 * word;
        let data = self.b.slot_load(Type::Word, info, data)?;
        let len = layout::BUFFER_LEN as i64 * word;
        let len = self.b.slot_load(Type::Word, info, len)?;
        self.b.jump(join, &[data, len])?;
        self.b.enter(number)?;
        let data = self.unboxed(object, to)?;
        let endless = self.b.word(ENDLESS)?;
        self.b.jump(join, &[data, endless])?;
        self.b.enter(join)?;
        Ok(Value::Two(start, bytes))
    }

    /// Has a value of this type a second word?
    pub(super) fn has_second(&self, ty: Ty) -> bool {
        self.is_view(ty) || self.is_pair(ty)
    }

    /// The second word of a value: the bytes that a pointer may address, the upper half of a number.
    pub(super) fn second(&mut self, item: Item) -> Result<Vreg, OutOfMemory> {
        match item.value {
            Value::Two(_, second) => Ok(second),
            Value::Imm(imm) if self.is_pair(item.ty) => self.b.word(imm >> 32),
            _ => self.b.word(ENDLESS),
        }
    }

    /// Where the second word of a local is kept, if it has one.
    fn second_place(&self, local: Local) -> Option<Place> {
        self.seconds.get(local.0 as usize).copied().flatten()
    }

    pub(super) fn write_second(&mut self, local: Local, item: Item) -> Walk {
        let Some(place) = self.second_place(local) else {
            return Ok(());
        };
        let bytes = self.second(item)?;
        match place {
            Place::Var(var) => self.b.write_local(var, bytes)?,
            Place::Slot(slot) => self.b.slot_store(slot, 0, bytes)?,
            Place::Nowhere => {}
        }
        Ok(())
    }

    /// The value of a local that may have a second word.
    pub(super) fn read_second(&mut self, local: Local, address: Vreg) -> Walk<Value> {
        Ok(match self.second_place(local) {
            Some(Place::Var(var)) => Value::Two(address, self.b.read_local(var)?),
            Some(Place::Slot(slot)) => Value::Two(address, self.b.slot_load(Type::Word, slot, 0)?),
            _ => Value::Reg(address),
        })
    }

    /// The variable that holds the second word of a value on the stack where paths join.
    pub(super) fn join_second(&mut self, depth: usize) -> Walk<nir::Var> {
        if self.join_seconds.len() <= depth {
            self.join_seconds.resize(depth + 1, None)?;
        }
        if let Some(Some(var)) = self.join_seconds.get(depth) {
            return Ok(*var);
        }
        let var = self.b.var(Type::Word, qstr::Qstr::NONE)?;
        if let Some(place) = self.join_seconds.get_mut(depth) {
            *place = Some(var);
        }
        Ok(var)
    }

    /// Raises IndexError unless the element is there.
    pub(super) fn check_index(&mut self, base: Item, index: Item, shift: u8) -> Walk {
        let Value::Two(_, bytes) = base.value else {
            return Ok(());
        };
        let count = match shift {
            0 => bytes,
            _ => self.b.binary(Op::Shr, bytes, i64::from(shift))?,
        };
        let index = self.word(index.bare())?;
        let there = self.b.block()?;
        let outside = self.b.cold_block()?;
        self.b
            .branch(Cond::Below, index, count, (there, &[]), (outside, &[]))?;
        self.b.enter(outside)?;
        let wrong = self.b.cold_block()?;
        self.b
            .branch(Cond::Eq, bytes, ENDLESS, (there, &[]), (wrong, &[]))?;
        self.b.enter(wrong)?;
        self.raise_text(qstr!("IndexError"), b"index out of range")?;
        Ok(self.b.enter(there)?)
    }
}
