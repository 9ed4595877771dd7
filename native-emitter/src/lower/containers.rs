//! Containers in loops, in code for any firmware: what a local holds is found out once before the loop, which keeps it.
//!
//! The fun table has the type of lists, not those of bytearrays and arrays, and a call for each item is dearer than all
//! else in a loop. So what a local holds is asked for its buffer, and is an array if it says of itself what the buffer says:
//!
//! ```text
//! list                 its type is that in the table
//! bytearray, array     type code in its second word and address of the data in its fourth are the buffer's
//! anything else        an instance of a class has its map there, a view that may be written a flag in its type code; what
//!                      may not be written gives no such buffer
//! ```
//!
//! Length and address are loaded for each item: they change while the loop runs, the type does not.
use ferlance_abi::fun_table::Fun;
use ferlance_abi::layout;
use ferlance_bytecode::Code;
use ferlance_bytecode::op::{Local, Op as Bytecode};
use ferlance_collections::{BitSet, TryVec};

use super::flow::{LowerError, bound_slots};
use super::region::bounds;
use super::{Done, Lowering};
use crate::nir::{Block, Cond, Op, Overflow, Type, Vreg, Width};

/// What is known of containers in the loop at hand.
#[derive(Default)]
pub(super) struct Containers {
    /// Behind the loop.
    to: usize,
    sites: TryVec<Site>,
}

/// An op that loads or stores an item of a local.
#[derive(Clone, Copy)]
struct Site {
    at: usize,
    local: Local,
    kind: Option<Vreg>,
}

// What a container is: the type code of an array, or one of these.
const OTHER: i64 = 0;
pub(super) const LIST: i64 = 2;
pub(super) const BYTEARRAY: i64 = layout::BYTEARRAY_TYPECODE as i64;
pub(super) const INTS: i64 = b'i' as i64;
pub(super) const WORDS: i64 = b'I' as i64;

/// The buffer is to be read and written.
const READ_WRITE: i64 = 3;
const TYPECODE_BITS: i64 = 0xff;

impl Lowering<'_, '_> {
    /// If a loop begins at op `at`, finds out what the locals are whose items it wants.
    pub(super) fn learn_containers(&mut self, at: usize) -> Done {
        let is_fit = !self.is_ours()
            && !self.target.small
            && !self.is_copied
            && self.pieces.is_none()
            && !self.is_generator();
        if !is_fit || at < self.containers.to {
            return Ok(());
        }
        let Some((from, to, _)) = bounds(self.code, &self.flow, at) else {
            return Ok(());
        };
        self.containers.to = to;
        self.containers.sites = sites(self.code, from, to, self.flow.n_locals as usize)?;
        for at in 0..self.containers.sites.len() {
            let Site { local, kind, .. } = self.containers.sites[at];
            if kind.is_some() {
                continue;
            }
            let found = self.container_kind(local)?;
            for site in self.containers.sites.iter_mut() {
                if site.local == local {
                    site.kind = Some(found);
                }
            }
        }
        Ok(())
    }

    /// Does op `at` load or store an item of what has been asked for its kind?
    pub(super) fn is_site(&self, at: usize) -> bool {
        at < self.containers.to && self.containers.sites.iter().any(|site| site.at == at)
    }

    /// What tells the kind of `base`, whose item the op at hand loads or stores.
    pub(super) fn kind_of_base(&mut self, base: Vreg) -> Done<Option<Vreg>> {
        let at = self.at as usize;
        if self.is_small() || at >= self.containers.to {
            return Ok(None);
        }
        let site = self.containers.sites.iter().find(|site| site.at == at);
        let Some(&Site { local, kind, .. }) = site else {
            return Ok(None);
        };
        // Which local it is has been guessed from the ops.
        let var = self.local(local)?;
        match self.b.read_local(var)? == base {
            true => Ok(kind),
            false => Ok(None),
        }
    }

    fn container_kind(&mut self, local: Local) -> Done<Vreg> {
        let var = self.local(local)?;
        let base = self.b.read_local(var)?;
        let join = self.b.block()?;
        let kind = self.b.param(join, Type::Word)?;
        let other = self.b.block()?;
        let is_deleted = |op: &Bytecode| *op == Bytecode::DeleteFast(local);
        if local.0 >= bound_slots(self.code) || self.code.ops().iter().any(is_deleted) {
            self.require(Cond::Ne, base, 0, other)?;
        }
        self.require(Cond::TestZero, base, 3, other)?;
        let list = self.b.word(LIST)?;
        let no_list = self.b.block()?;
        let found = self
            .b
            .load(Type::Word, Width::Word, base, layout::BASE_TYPE as i64)?;
        let wanted = self
            .b
            .number(Op::FunTableWord, Type::Word, Fun::TypeList.slot() as i64)?;
        self.b
            .branch(Cond::Eq, found, wanted, (join, &[list]), (no_list, &[]))?;
        self.b.enter(no_list)?;
        let info = self.area_of(layout::BUFFER_TYPECODE as u32 + 1)?;
        let flags = self.b.word(READ_WRITE)?;
        let has_buffer = self.b.call(Fun::GetBuffer, &[base, info, flags])?;
        let buffer = self.b.block()?;
        self.branch_c_bool(has_buffer, buffer, other)?;
        self.b.enter(buffer)?;
        let own = self.array_word(base, layout::ARRAY_TYPECODE)?;
        let told = self.info_word(layout::BUFFER_TYPECODE)?;
        let differ = self.b.binary(Op::Xor, own, told)?;
        self.require(Cond::TestZero, differ, TYPECODE_BITS, other)?;
        let data = self.array_word(base, layout::ARRAY_ITEMS)?;
        let told = self.info_word(layout::BUFFER_DATA)?;
        let same = self.b.block()?;
        self.b
            .branch(Cond::Eq, data, told, (same, &[]), (other, &[]))?;
        self.b.enter(same)?;
        let code = self.b.and(own, TYPECODE_BITS)?;
        self.b.jump(join, &[code])?;
        self.b.enter(other)?;
        let none = self.b.word(OTHER)?;
        self.b.jump(join, &[none])?;
        self.b.enter(join)?;
        Ok(kind)
    }

    fn array_word(&mut self, base: Vreg, at: usize) -> Done<Vreg> {
        let offset = at as i64 * self.word();
        Ok(self.b.load(Type::Word, Width::Word, base, offset)?)
    }

    fn info_word(&mut self, at: usize) -> Done<Vreg> {
        let offset = self.area_offset() + at as i64 * self.word();
        Ok(self.b.slot_load(Type::Word, self.args, offset)?)
    }

    /// Loads an item of a container whose kind is known as a word; what is outside or none of ours goes to `slow`.
    pub(super) fn load_known(
        &mut self,
        kind: Vreg,
        (base, index): (Vreg, Vreg),
        slow: Block,
        join: Block,
    ) -> Done {
        self.require(Cond::Ne, kind, OTHER, slow)?;
        let (data, at) = self.place_inside(base, index, slow)?;
        let (bytes, no_bytes) = (self.b.block()?, self.b.block()?);
        self.b
            .branch(Cond::Eq, kind, BYTEARRAY, (bytes, &[]), (no_bytes, &[]))?;
        self.b.enter(bytes)?;
        self.load_machine_int(Width::U8, data, at, join)?;
        self.b.enter(no_bytes)?;
        let (ints, no_ints) = (self.b.block()?, self.b.block()?);
        self.b
            .branch(Cond::Eq, kind, INTS, (ints, &[]), (no_ints, &[]))?;
        self.b.enter(ints)?;
        match self.word() {
            8 => self.load_machine_int(Width::I32, data, at, join)?,
            _ => {
                let number = self
                    .b
                    .load_indexed(Type::Word, Width::Word, data, Some(at), 2, 0)?;
                let doubled =
                    self.b
                        .checked(Overflow::Add, Type::Word, number, number, (slow, &[]))?;
                let object = self.b.binary_to(Op::Or, Type::Obj, doubled, 1)?;
                self.b.jump(join, &[object])?;
            }
        }
        self.b.enter(no_ints)?;
        self.require(Cond::Eq, kind, LIST, slow)?;
        let shift = self.word().trailing_zeros() as u8;
        let item = self
            .b
            .load_indexed(Type::Obj, Width::Word, data, Some(at), shift, 0)?;
        Ok(self.b.jump(join, &[item])?)
    }

    /// The same of a store.
    pub(super) fn store_known(
        &mut self,
        kind: Vreg,
        (base, index, value): (Vreg, Vreg, Vreg),
        slow: Block,
        join: Block,
    ) -> Done {
        self.require(Cond::Ne, kind, OTHER, slow)?;
        let (data, at) = self.place_inside(base, index, slow)?;
        let (list, no_list) = (self.b.block()?, self.b.block()?);
        self.b
            .branch(Cond::Eq, kind, LIST, (list, &[]), (no_list, &[]))?;
        self.b.enter(list)?;
        let shift = self.word().trailing_zeros() as u8;
        self.b
            .store_indexed(Width::Word, data, Some(at), shift, 0, value)?;
        self.b.jump(join, &[])?;
        self.b.enter(no_list)?;
        if !self.facts(value).is_small {
            self.require(Cond::TestNonZero, value, 1, slow)?;
        }
        let number = self.b.binary(Op::Sar, value, 1)?;
        let (bytes, no_bytes) = (self.b.block()?, self.b.block()?);
        self.b
            .branch(Cond::Eq, kind, BYTEARRAY, (bytes, &[]), (no_bytes, &[]))?;
        self.b.enter(bytes)?;
        self.b
            .store_indexed(Width::U8, data, Some(at), 0, 0, number)?;
        self.b.jump(join, &[])?;
        self.b.enter(no_bytes)?;
        self.require(Cond::Eq, kind, INTS, slow)?;
        let width = match self.word() {
            8 => Width::I32,
            _ => Width::Word,
        };
        self.b.store_indexed(width, data, Some(at), 2, 0, number)?;
        Ok(self.b.jump(join, &[])?)
    }
}

/// Ops between two that load or store items of locals which nothing there sets.
fn sites(code: &Code, from: usize, to: usize, n_locals: usize) -> Result<TryVec<Site>, LowerError> {
    let mut found: TryVec<Site> = TryVec::new();
    let mut set = BitSet::with_limit(n_locals)?;
    let mut stack: TryVec<Option<Local>> = TryVec::new();
    for at in from..to {
        let op = code.ops()[at];
        let (pops, pushes) = op.stack_effect();
        let top = |below: usize| {
            let at = stack.len().checked_sub(below + 1);
            at.and_then(|at| stack[at])
        };
        let base = match op {
            Bytecode::LoadSubscr | Bytecode::StoreSubscr => top(1),
            _ => None,
        };
        if let Some(local) = base {
            let kind = None;
            found.push(Site { at, local, kind })?;
        }
        let pushed = match op {
            Bytecode::LoadFast(local) => [Some(local), None, None, None],
            Bytecode::DupTop => [top(0), top(0), None, None],
            Bytecode::DupTopTwo => [top(1), top(0), top(1), top(0)],
            Bytecode::RotTwo => [top(0), top(1), None, None],
            Bytecode::RotThree => [top(0), top(2), top(1), None],
            _ => [None; 4],
        };
        if let Bytecode::StoreFast(local) | Bytecode::DeleteFast(local) = op {
            set.insert(local.index())?;
        }
        // Where ways meet, nothing is known.
        let is_end = matches!(op, Bytecode::Label(_)) || op.target().is_some();
        let left = match is_end {
            true => 0,
            false => stack.len().saturating_sub(pops as usize),
        };
        stack.truncate(left);
        for at in 0..pushes as usize {
            stack.push(pushed.get(at).copied().flatten())?;
        }
    }
    found.retain(|site| !set.contains(site.local.index()));
    Ok(found)
}
