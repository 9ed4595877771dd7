//! Abstract interpretation of one function.
//!
//! Pass 1 decodes all bytes in order: instruction starts, operand ranges, cells, jump targets.
//!
//! Pass 2 follows control. States (stack of [`Ty`], innermost block) are kept at jump targets and handlers only ("joins");
//! between them the state is carried along. A join whose state changed is "dirty" and will be interpreted again; states
//! only ever get less precise, so that ends.
//!
//! Blocks are nodes of a tree, shared by all paths that set up the same block in the same surroundings, so comparing
//! block stacks is comparing node numbers.
//!
//! A jump that leaves finally blocks is registered with the first block that is not running: it is a
//! [`Continuation`]. Where `END_FINALLY` ends that block's handler (an [`Exit`]), the jump goes on. Each new pair of exit
//! and continuation is followed once, and again when the exit's state has changed.
use ferlance_abi::{BinaryOp, ScopeFlags};
use ferlance_collections::{HashIndex, TryVec};

use super::state::{Ty, collapse, join_stacks, slots, store};
use super::{CodeInfo, Problem};
use crate::decode::{Decoder, Instr};
use crate::module::{CompiledModule, RawCode};
use crate::op::{CompKind, ITER_SLOTS, Op, UNWIND_DROPS_LOOP};
use crate::prelude::PreludeParts;

/// Memory that is used for one function after the other.
#[derive(Default)]
pub(super) struct Scratch {
    /// By offset: is it an instruction, is it a join.
    marks: TryVec<u8>,
    /// By offset, while they are collected: jump targets.
    targets: TryVec<u32>,
    joins: TryVec<Join>,
    /// The stacks of joins and exits.
    stacks: TryVec<Ty>,
    blocks: TryVec<Block>,
    block_index: HashIndex,
    continuations: TryVec<Continuation>,
    exits: TryVec<Exit>,
    /// Pairs of exit and continuation to follow.
    to_resume: TryVec<(u32, u32)>,
    stack: TryVec<Ty>,
    spare: TryVec<Ty>,
}

const START: u8 = 1;
const JOIN: u8 = 2;
const NO_ENTRY: u32 = u32::MAX;
/// The node of "no block".
const NO_BLOCK: u16 = 0;

/// A place that control reaches from elsewhere, with what is known there.
struct Join {
    offset: u32,
    stack: u32,
    len: u32,
    block: u16,
    reached: bool,
    dirty: bool,
}

/// A kind of exception block, in its surroundings.
struct Block {
    handler: u32,
    /// Stack depth that an exception cuts to.
    saved: u32,
    parent: u16,
    height: u16,
    /// Finally or with, not except.
    is_finally: bool,
    /// Lists through this block's continuations and exits.
    continuations: u32,
    exits: u32,
}

/// A jump that goes on when a block's handler ends.
struct Continuation {
    to: u32,
    /// Blocks still to leave, and [`UNWIND_DROPS_LOOP`].
    blocks: u8,
    next: u32,
}

/// An `END_FINALLY` that may end an interrupted transfer, with the state behind it.
struct Exit {
    offset: u32,
    stack: u32,
    len: u32,
    /// The block outside of the one that ended.
    block: u16,
    next: u32,
}

/// Verifies one function.
pub(super) fn check(
    module: &CompiledModule<'_>,
    raw: &RawCode<'_>,
    parts: &PreludeParts<'_>,
    scratch: &mut Scratch,
) -> Result<CodeInfo, Problem> {
    let mut info = scan(module, raw, parts, scratch)?;
    let prelude = &parts.prelude;
    let mut flow = Flow {
        code: parts.code,
        module,
        s: scratch,
        room: prelude
            .frame_slots(info.n_locals)
            .saturating_sub(info.n_locals),
        n_exc_stack: prelude.n_exc_stack,
        is_generator: prelude.flags.has(ScopeFlags::GENERATOR),
        block: NO_BLOCK,
        n_marks: 0,
        max_slots: 0,
        n_dirty: 0,
        work: 5_000 + 60 * parts.code.len() as u64,
    };
    flow.run()?;
    info.max_stack = flow.max_slots;
    Ok(info)
}

/// Pass 1: everything that does not depend on control.
fn scan(
    module: &CompiledModule<'_>,
    raw: &RawCode<'_>,
    parts: &PreludeParts<'_>,
    scratch: &mut Scratch,
) -> Result<CodeInfo, Problem> {
    let Scratch {
        marks,
        targets,
        joins,
        ..
    } = scratch;
    let prelude = &parts.prelude;
    let code = parts.code;
    if code.is_empty() || u32::try_from(code.len()).is_err() {
        return Err(Problem::End);
    }
    marks.clear();
    marks.resize(code.len(), 0)?;
    targets.clear();

    let mut cells = [0u32; 8];
    let mut n_locals = prelude.n_bound_slots();
    for slot in parts.cells {
        if let Some(word) = cells.get_mut(*slot as usize / 32) {
            *word |= 1 << (slot % 32);
        }
        n_locals = n_locals.max(*slot as u64 + 1);
    }
    let in_cell_list = |slot: u32| match cells.get(slot as usize / 32) {
        Some(word) => word >> (slot % 32) & 1 != 0,
        None => false,
    };
    let mut n_free = 0;
    // The lowest slot that is stored to, and where.
    let mut lowest_store = (u32::MAX, 0);

    for instr in Decoder::new(code, &module.names) {
        let instr = instr.map_err(Problem::Decode)?;
        let at = instr.offset;
        if let Some(mark) = marks.get_mut(at as usize) {
            *mark = START;
        }
        if let Some(to) = instr.op.target() {
            targets.push(to.0)?;
        }
        let in_range = match instr.op {
            Op::LoadFast(local) => {
                n_locals = n_locals.max(local.0 as u64 + 1);
                true
            }
            Op::StoreFast(local) | Op::DeleteFast(local) => {
                n_locals = n_locals.max(local.0 as u64 + 1);
                lowest_store = lowest_store.min((local.0, at));
                if in_cell_list(local.0) {
                    return Err(Problem::Cell(at));
                }
                true
            }
            Op::LoadDeref(local) | Op::StoreDeref(local) | Op::DeleteDeref(local) => {
                if !in_cell_list(local.0) {
                    if local.0 >= prelude.n_pos_args {
                        return Err(Problem::Cell(at));
                    }
                    n_free = n_free.max(local.0 + 1);
                }
                true
            }
            Op::LoadConstObj(object) => object.index() < module.consts.len(),
            Op::MakeFunction(child)
            | Op::MakeFunctionDefargs(child)
            | Op::MakeClosure(child, _)
            | Op::MakeClosureDefargs(child, _) => child.index() < raw.children.len(),
            Op::CallFunction(args)
            | Op::CallFunctionVarKw(args)
            | Op::CallMethod(args)
            | Op::CallMethodVarKw(args) => args.0 <= 0xffff,
            Op::UnpackEx(counts) => counts.0 <= 0xffff,
            Op::BuildSlice(count) => count == 2 || count == 3,
            Op::StoreComp(comp) => comp.kind().is_some(),
            _ => true,
        };
        if !in_range {
            return Err(Problem::Operand(at));
        }
    }
    if lowest_store.0 < n_free {
        return Err(Problem::Cell(lowest_store.1));
    }
    if (0..n_free.min(256)).any(in_cell_list) {
        return Err(Problem::Prelude);
    }
    if n_locals > prelude.n_state as u64 {
        return Err(Problem::Prelude);
    }

    targets.sort_unstable();
    joins.clear();
    for target in targets.iter() {
        if joins
            .last()
            .is_some_and(|join: &Join| join.offset == *target)
        {
            continue;
        }
        match marks.get_mut(*target as usize) {
            Some(mark) if *mark & START != 0 => *mark |= JOIN,
            _ => return Err(Problem::Target(*target)),
        }
        joins.push(Join {
            offset: *target,
            stack: 0,
            len: 0,
            block: NO_BLOCK,
            reached: false,
            dirty: false,
        })?;
    }
    Ok(CodeInfo {
        n_locals: n_locals as u32,
        n_free,
        ..CodeInfo::default()
    })
}

/// What an instruction does to control.
#[derive(PartialEq, Eq)]
enum Then {
    FallThrough,
    Stop,
}

struct Flow<'a> {
    code: &'a [u8],
    module: &'a CompiledModule<'a>,
    s: &'a mut Scratch,
    /// Slots that the stack may have.
    room: u32,
    n_exc_stack: u32,
    is_generator: bool,
    /// The innermost block of the current state; its stack is `s.stack`.
    block: u16,
    /// Values on the stack that may take two slots.
    n_marks: u32,
    max_slots: u32,
    n_dirty: usize,
    /// Steps that may still be taken.
    work: u64,
}

impl Flow<'_> {
    fn run(&mut self) -> Result<(), Problem> {
        let s = &mut *self.s;
        s.stacks.clear();
        s.blocks.clear();
        s.block_index.clear();
        s.continuations.clear();
        s.exits.clear();
        s.to_resume.clear();
        s.stack.clear();
        // Node 0 is "no block".
        s.blocks.push(Block {
            handler: 0,
            saved: 0,
            parent: NO_BLOCK,
            height: 0,
            is_finally: false,
            continuations: NO_ENTRY,
            exits: NO_ENTRY,
        })?;

        self.follow(0, false)?;
        let mut cursor = 0;
        loop {
            if let Some((exit, continuation)) = self.s.to_resume.pop() {
                self.resume(exit, continuation)?;
                continue;
            }
            if self.n_dirty == 0 {
                return Ok(());
            }
            match self.s.joins.get_mut(cursor) {
                None => cursor = 0,
                Some(join) if !join.dirty => cursor += 1,
                Some(join) => {
                    let offset = join.offset;
                    self.enter(cursor)?;
                    self.follow(offset, true)?;
                }
            }
            self.spend(1)?;
        }
    }

    /// Interprets from `pc` until control ends or joins what is known already. `entered` says that the current state
    /// is that of a join at `pc`.
    fn follow(&mut self, mut pc: u32, mut entered: bool) -> Result<(), Problem> {
        loop {
            let mark = *self.s.marks.get(pc as usize).ok_or(Problem::End)?;
            if mark & JOIN != 0 && !entered {
                let at = self.join_at(pc)?;
                self.join_current(at, pc)?;
                if !self.s.joins.get(at).is_some_and(|join| join.dirty) {
                    return Ok(());
                }
                self.enter(at)?;
            }
            entered = false;
            self.spend(1)?;
            let mut decoder = Decoder::starting_at(self.code, &self.module.names, pc);
            let instr = decoder
                .next()
                .ok_or(Problem::End)?
                .map_err(Problem::Decode)?;
            if self.step(&instr)? == Then::Stop {
                return Ok(());
            }
            self.note_slots(pc)?;
            pc = instr.next;
        }
    }

    fn spend(&mut self, work: usize) -> Result<(), Problem> {
        self.work = self
            .work
            .checked_sub(work as u64)
            .ok_or(Problem::TooComplex)?;
        Ok(())
    }

    fn note_slots(&mut self, pc: u32) -> Result<(), Problem> {
        let slots = self.s.stack.len() as u32 + self.n_marks;
        if slots > self.max_slots {
            if slots > self.room {
                return Err(Problem::Overflow(pc));
            }
            self.max_slots = slots;
        }
        Ok(())
    }

    /// Makes a join's state the current one and the join clean.
    fn enter(&mut self, at: usize) -> Result<(), Problem> {
        let Some(join) = self.s.joins.get_mut(at) else {
            return Err(Problem::End);
        };
        if join.dirty {
            join.dirty = false;
            self.n_dirty -= 1;
        }
        self.block = join.block;
        let (offset, start, len) = (join.offset, join.stack, join.len);
        self.load(start, len)?;
        self.note_slots(offset)
    }

    /// Makes a stored stack the current one.
    fn load(&mut self, start: u32, len: u32) -> Result<(), Problem> {
        let Scratch { stacks, stack, .. } = &mut *self.s;
        stack.clear();
        stack.extend_from_slice(stored(stacks, start, len))?;
        self.n_marks = slots(stack) - stack.len() as u32;
        self.spend(len as usize + 1)
    }

    fn join_at(&self, offset: u32) -> Result<usize, Problem> {
        let found = self
            .s
            .joins
            .binary_search_by_key(&offset, |join| join.offset);
        found.map_err(|_| Problem::Target(offset))
    }

    /// Control goes from `pc` to `to` with the current state.
    fn edge(&mut self, pc: u32, to: u32) -> Result<(), Problem> {
        if to <= pc {
            // A handler that runs must not look as if it did not run yet.
            let mut node = self.block;
            while node != NO_BLOCK {
                self.spend(1)?;
                let block = self.block(node);
                if block.handler <= pc && block.handler > to {
                    return Err(Problem::Block(pc));
                }
                node = block.parent;
            }
        }
        if let Some(pending) = self.pending(self.block, to)?
            && self.s.stack.len() < self.block(pending).saved as usize
        {
            return Err(Problem::Underflow(pc));
        }
        let at = self.join_at(to)?;
        self.join_current(at, to)
    }

    /// Joins the current state into a join's.
    fn join_current(&mut self, at: usize, offset: u32) -> Result<(), Problem> {
        let len = self.s.stack.len();
        self.spend(len)?;
        let Scratch {
            joins,
            stacks,
            stack,
            spare,
            ..
        } = &mut *self.s;
        let Some(join) = joins.get_mut(at) else {
            return Err(Problem::Target(offset));
        };
        let changed = if !join.reached {
            *join = Join {
                offset,
                stack: store(stacks, stack)?,
                len: len as u32,
                block: self.block,
                reached: true,
                dirty: join.dirty,
            };
            true
        } else {
            if join.block != self.block {
                return Err(Problem::Block(offset));
            }
            join_into(stacks, join.stack, &mut join.len, stack, spare)
                .map_err(|bad| bad.unwrap_or(Problem::Merge(offset)))?
        };
        if changed && !join.dirty {
            join.dirty = true;
            self.n_dirty += 1;
        }
        Ok(())
    }

    fn block(&self, node: u16) -> &Block {
        // Node 0 is always there, and numbers come from `set_up`.
        &self.s.blocks[node as usize]
    }

    /// The innermost block, from `node` outwards, whose handler does not run at `pc`.
    fn pending(&mut self, mut node: u16, pc: u32) -> Result<Option<u16>, Problem> {
        while node != NO_BLOCK {
            let block = self.block(node);
            if block.handler > pc {
                return Ok(Some(node));
            }
            node = block.parent;
            self.spend(1)?;
        }
        Ok(None)
    }

    /// Begins a block with the current depth.
    fn set_up(&mut self, pc: u32, handler: u32, is_finally: bool) -> Result<(), Problem> {
        let parent = self.block;
        let saved = self.s.stack.len() as u32;
        let height = self.block(parent).height + 1;
        if height as u32 > self.n_exc_stack {
            return Err(Problem::Block(pc));
        }
        // Depths would no longer mean the same once the halves are put together.
        self.spend(saved as usize)?;
        if self.is_apart(0) {
            return Err(Problem::Value(pc));
        }
        let Scratch {
            blocks,
            block_index,
            ..
        } = &mut *self.s;
        let hash = (handler.wrapping_mul(31) ^ saved).wrapping_mul(31) ^ parent as u32;
        let same = |node: u32| {
            blocks.get(node as usize).is_some_and(|block: &Block| {
                (block.handler, block.saved, block.parent, block.is_finally)
                    == (handler, saved, parent, is_finally)
            })
        };
        let node = match block_index.find(hash, same) {
            Some(node) => node as u16,
            None => {
                let node = u16::try_from(blocks.len()).map_err(|_| Problem::TooComplex)?;
                if height == u16::MAX {
                    return Err(Problem::TooComplex);
                }
                let (continuations, exits) = (NO_ENTRY, NO_ENTRY);
                blocks.push(Block {
                    handler,
                    saved,
                    parent,
                    height,
                    is_finally,
                    continuations,
                    exits,
                })?;
                block_index.insert(hash, node as u32)?;
                node
            }
        };
        self.block = node;
        self.reach_handler(node, pc)
    }

    /// The handler of `node` may be entered with the slots below its saved depth as they are now.
    fn reach_handler(&mut self, node: u16, pc: u32) -> Result<(), Problem> {
        let block = self.block(node);
        let (handler, saved) = (block.handler, block.saved as usize);
        let state = if block.is_finally {
            Ty::handler_state(node)
        } else {
            Ty::EXC
        };
        let cut = match self.s.stack.get(saved..) {
            Some(above) => above.len(),
            None => return Err(Problem::Underflow(pc)),
        };
        self.spend(cut + 1)?;
        let Scratch { stack, spare, .. } = &mut *self.s;
        spare.clear();
        spare.extend_from_slice(stack.get(saved..).unwrap_or(&[]))?;
        stack.truncate(saved);
        stack.push(state)?;
        let current = core::mem::replace(&mut self.block, node);
        // `join_current` uses `spare` only to collapse, which a stack that was never taken apart does not need;
        // so what was cut is kept aside.
        let above = core::mem::take(&mut self.s.spare);
        let at = self.join_at(handler)?;
        self.join_current(at, handler)?;
        self.block = current;
        self.s.stack.truncate(saved);
        self.s.stack.extend_from_slice(&above)?;
        self.s.spare = above;
        Ok(())
    }

    /// Slots from index `low` up were replaced by an instruction at `pc`, which cannot raise if `only_moves`.
    fn touched(&mut self, low: usize, pc: u32, only_moves: bool) -> Result<(), Problem> {
        let Some(pending) = self.pending(self.block, pc)? else {
            return Ok(());
        };
        if low >= self.block(pending).saved as usize {
            return Ok(());
        }
        if !only_moves {
            return Err(Problem::Underflow(pc));
        }
        if self.is_apart(low) {
            return Err(Problem::Value(pc));
        }
        // Upstream's `async with` exchanges a slot below the block's saved depth.
        let mut node = pending;
        while node != NO_BLOCK {
            self.spend(1)?;
            let block = self.block(node);
            let (parent, handler, saved) = (block.parent, block.handler, block.saved as usize);
            if handler > pc && saved > low {
                self.reach_handler(node, pc)?;
            }
            node = parent;
        }
        Ok(())
    }

    /// Is half of an interrupted transfer among the slots from `low` up?
    fn is_apart(&self, low: usize) -> bool {
        let slots = self.s.stack.get(low..).unwrap_or(&[]);
        slots.iter().any(|ty| ty.is_data() || ty.is_marker())
    }

    fn push(&mut self, ty: Ty) -> Result<(), Problem> {
        Ok(self.s.stack.push(ty)?)
    }

    fn pop(&mut self, pc: u32) -> Result<Ty, Problem> {
        self.s.stack.pop().ok_or(Problem::Underflow(pc))
    }

    /// Pops `count` objects.
    fn objects(&mut self, count: usize, pc: u32) -> Result<(), Problem> {
        let stack = &mut self.s.stack;
        let low = stack
            .len()
            .checked_sub(count)
            .ok_or(Problem::Underflow(pc))?;
        if !stack
            .get(low..)
            .unwrap_or(&[])
            .iter()
            .all(|ty| ty.is_object())
        {
            return Err(Problem::Value(pc));
        }
        stack.truncate(low);
        self.spend(count)
    }

    fn pop_if(&mut self, pc: u32, fits: impl FnOnce(Ty) -> bool) -> Result<Ty, Problem> {
        let ty = self.pop(pc)?;
        if fits(ty) {
            Ok(ty)
        } else {
            Err(Problem::Value(pc))
        }
    }

    /// Pops a finally state, putting it together first if it was taken apart.
    fn pop_state(&mut self, pc: u32) -> Result<Ty, Problem> {
        if self.s.stack.last().is_some_and(|ty| ty.is_marker()) {
            let len = collapse(&mut self.s.stack);
            self.s.stack.truncate(len);
            self.n_marks = slots(&self.s.stack) - len as u32;
            self.spend(len)?;
        }
        let state = self.pop_if(pc, Ty::is_state)?;
        self.n_marks -= state.may_be_mark() as u32;
        Ok(state)
    }

    /// Interprets one instruction on the current state.
    fn step(&mut self, instr: &Instr) -> Result<Then, Problem> {
        let pc = instr.offset;
        let before = self.s.stack.len();
        let (pops, pushes) = instr.op.stack_effect();
        let low = before
            .checked_sub(pops as usize)
            .ok_or(Problem::Underflow(pc))?;
        if low as u64 + pushes as u64 > self.room as u64 {
            return Err(Problem::Overflow(pc));
        }
        // Copying changes nothing below; moving is looked at after the move.
        if !matches!(
            instr.op,
            Op::DupTop | Op::DupTopTwo | Op::RotTwo | Op::RotThree
        ) {
            self.touched(low, pc, false)?;
        }
        match instr.op {
            Op::LoadConstString(_)
            | Op::LoadName(_)
            | Op::LoadGlobal(_)
            | Op::LoadConstSmallInt(_)
            | Op::LoadConstObj(_)
            | Op::LoadFast(_)
            | Op::LoadDeref(_)
            | Op::MakeFunction(_)
            | Op::LoadConstFalse
            | Op::LoadConstTrue
            | Op::LoadBuildClass => self.push(Ty::OBJECT)?,
            Op::LoadConstNone => self.push(Ty::NONE)?,
            Op::LoadNull => self.push(Ty::NULL)?,
            Op::DeleteName(_) | Op::DeleteGlobal(_) | Op::DeleteFast(_) | Op::DeleteDeref(_) => {}
            Op::LoadAttr(_)
            | Op::ImportName(_)
            | Op::MakeClosure(..)
            | Op::BuildSlice(_)
            | Op::LoadSubscr
            | Op::GetIter
            | Op::Unary(_) => {
                self.objects(pops as usize, pc)?;
                self.push(Ty::OBJECT)?;
            }
            Op::LoadMethod(_) | Op::LoadSuperMethod(_) => {
                self.objects(pops as usize, pc)?;
                self.push(Ty::OBJECT)?;
                self.push(Ty::MAYBE_NULL)?;
            }
            Op::StoreName(_)
            | Op::StoreGlobal(_)
            | Op::StoreFast(_)
            | Op::StoreDeref(_)
            | Op::ImportStar => {
                self.objects(1, pc)?;
            }
            Op::StoreAttr(_) => {
                self.objects(1, pc)?;
                self.pop_if(pc, Ty::is_object_or_null)?;
            }
            Op::StoreSubscr => {
                self.objects(2, pc)?;
                self.pop_if(pc, Ty::is_object_or_null)?;
            }
            Op::ImportFrom(_) => {
                self.objects(1, pc)?;
                self.push(Ty::OBJECT)?;
                self.push(Ty::OBJECT)?;
            }
            Op::MakeClosureDefargs(_, cells) => {
                self.objects(cells as usize, pc)?;
                self.defaults(pc)?;
            }
            Op::MakeFunctionDefargs(_) => self.defaults(pc)?,
            Op::BuildTuple(_) => self.build(pops, Ty::TUPLE, pc)?,
            Op::BuildList(_) => self.build(pops, Ty::LIST, pc)?,
            Op::BuildSet(_) => self.build(pops, Ty::SET, pc)?,
            Op::BuildMap(_) => self.push(Ty::DICT)?,
            Op::StoreComp(comp) => self.store_comp(comp.kind(), comp.depth(), pops, pc)?,
            Op::StoreMap => {
                self.objects(2, pc)?;
                if !self.s.stack.last().is_some_and(|ty| ty.is_object()) {
                    return Err(Problem::Value(pc));
                }
            }
            Op::UnpackSequence(_) | Op::UnpackEx(_) => {
                self.objects(1, pc)?;
                self.spend(pushes as usize)?;
                let len = self.s.stack.len() + pushes as usize;
                self.s.stack.resize(len, Ty::OBJECT)?;
            }
            Op::CallFunction(args) => {
                self.objects(args.slots() as usize + 1, pc)?;
                self.push(Ty::OBJECT)?;
            }
            Op::CallMethod(args) => {
                self.objects(args.slots() as usize, pc)?;
                self.method(pc)?;
            }
            Op::CallFunctionVarKw(args) => {
                self.star_args(args.positional(), args.keyword(), pc)?;
                self.objects(1, pc)?;
                self.push(Ty::OBJECT)?;
            }
            Op::CallMethodVarKw(args) => {
                self.star_args(args.positional(), args.keyword(), pc)?;
                self.method(pc)?;
            }
            Op::UnwindJump(to, blocks) => {
                self.unwind(pc, to.0, blocks)?;
                return Ok(Then::Stop);
            }
            Op::Jump(to) => {
                self.edge(pc, to.0)?;
                return Ok(Then::Stop);
            }
            Op::PopJumpIfTrue(to) => self.branch(pc, to.0, true)?,
            Op::PopJumpIfFalse(to) => self.branch(pc, to.0, false)?,
            Op::JumpIfTrueOrPop(to) | Op::JumpIfFalseOrPop(to) => {
                let ty = self.pop_if(pc, Ty::is_object)?;
                self.push(ty.copied())?;
                self.edge(pc, to.0)?;
                self.pop(pc)?;
            }
            Op::SetupExcept(to) => self.set_up(pc, to.0, false)?,
            Op::SetupFinally(to) => self.set_up(pc, to.0, true)?,
            Op::SetupWith(to) => {
                self.objects(1, pc)?;
                self.push(Ty::OBJECT)?;
                self.push(Ty::MAYBE_NULL)?;
                self.set_up(pc, to.0, true)?;
                self.push(Ty::OBJECT)?;
            }
            Op::PopExceptJump(to) => {
                if self.block == NO_BLOCK {
                    return Err(Problem::Block(pc));
                }
                self.block = self.block(self.block).parent;
                self.edge(pc, to.0)?;
                return Ok(Then::Stop);
            }
            Op::ForIter(to) => self.for_iter(pc, to.0)?,
            Op::DupTop => {
                let top = *self.s.stack.last().ok_or(Problem::Underflow(pc))?;
                if top.testable().is_some() {
                    self.push(Ty::STATE_TOP)?;
                } else if top.is_object() {
                    self.push(top.copied())?;
                } else {
                    return Err(Problem::Value(pc));
                }
            }
            Op::DupTopTwo => {
                let [a, b] = *self
                    .s
                    .stack
                    .last_chunk::<2>()
                    .ok_or(Problem::Underflow(pc))?;
                if !a.is_object() || !b.is_object() {
                    return Err(Problem::Value(pc));
                }
                self.push(a.copied())?;
                self.push(b.copied())?;
            }
            Op::PopTop => {
                self.pop_if(pc, Ty::is_droppable)?;
            }
            Op::RotTwo => {
                let [a, b] = self.movable::<2>(pc)?;
                *a = core::mem::replace(b, *a);
                self.touched(low, pc, true)?;
            }
            Op::RotThree => {
                let [a, b, c] = self.movable::<3>(pc)?;
                (*a, *b, *c) = (*c, *a, *b);
                self.touched(low, pc, true)?;
            }
            Op::WithCleanup => {
                let state = self.pop_state(pc)?;
                self.pop_if(pc, Ty::is_object_or_null)?;
                self.objects(1, pc)?;
                self.touched(self.s.stack.len(), pc, false)?;
                self.push(state.after_cleanup())?;
                self.n_marks += state.may_be_mark() as u32;
            }
            Op::EndFinally => return self.end_finally(pc),
            Op::GetIterStack => {
                self.objects(1, pc)?;
                self.s.stack.extend_from_slice(&Ty::ITER)?;
            }
            Op::ReturnValue | Op::RaiseObj | Op::RaiseFrom => {
                self.objects(pops as usize, pc)?;
                return Ok(Then::Stop);
            }
            Op::RaiseLast => return Ok(Then::Stop),
            Op::YieldValue | Op::YieldFrom => {
                if !self.is_generator {
                    return Err(Problem::Yield(pc));
                }
                self.objects(pops as usize, pc)?;
                self.push(Ty::OBJECT)?;
            }
            Op::Binary(BinaryOp::ExceptionMatch) => self.exception_match(pc)?,
            Op::Binary(_) => {
                self.objects(2, pc)?;
                self.push(Ty::OBJECT)?;
            }
            // The decoder makes no markers.
            Op::Label(_) | Op::Line(_) => {}
        }
        Ok(Then::FallThrough)
    }

    fn build(&mut self, count: u32, made: Ty, pc: u32) -> Result<(), Problem> {
        self.objects(count as usize, pc)?;
        self.push(made)
    }

    /// Tuple or null and dict or null become a function.
    fn defaults(&mut self, pc: u32) -> Result<(), Problem> {
        self.pop_if(pc, |ty| ty.is_null_or(Ty::DICT))?;
        self.pop_if(pc, |ty| ty.is_null_or(Ty::TUPLE))?;
        self.push(Ty::OBJECT)
    }

    /// Self or null and a function become a result.
    fn method(&mut self, pc: u32) -> Result<(), Problem> {
        self.pop_if(pc, Ty::is_object_or_null)?;
        self.objects(1, pc)?;
        self.push(Ty::OBJECT)
    }

    fn star_args(&mut self, positional: u32, keyword: u32, pc: u32) -> Result<(), Problem> {
        // The bitmap.
        self.objects(1, pc)?;
        for _ in 0..keyword {
            self.objects(1, pc)?;
            self.pop_if(pc, Ty::is_object_or_null)?;
        }
        self.objects(positional as usize, pc)
    }

    fn store_comp(
        &mut self,
        kind: Option<CompKind>,
        depth: u32,
        pops: u32,
        pc: u32,
    ) -> Result<(), Problem> {
        let wanted = match kind {
            Some(CompKind::List) => Ty::LIST,
            Some(CompKind::Dict) => Ty::DICT,
            Some(CompKind::Set) => Ty::SET,
            None => return Err(Problem::Operand(pc)),
        };
        let stack = &self.s.stack;
        let above = stack
            .len()
            .checked_sub(depth as usize)
            .ok_or(Problem::Underflow(pc))?;
        let at = above.checked_sub(1).ok_or(Problem::Underflow(pc))?;
        // Slots above are counted, so none of them may be of unknown size; nor may the collection be popped.
        let sizes_known = stack
            .get(above..)
            .unwrap_or(&[])
            .iter()
            .all(|ty| !ty.may_be_mark());
        if stack.get(at) != Some(&wanted) || !sizes_known || depth < pops {
            return Err(Problem::Value(pc));
        }
        self.spend(depth as usize)?;
        self.objects(pops as usize, pc)
    }

    /// The top slots, which must be words that may move; tests lose their meaning by moving.
    fn movable<const N: usize>(&mut self, pc: u32) -> Result<&mut [Ty; N], Problem> {
        let top = self
            .s
            .stack
            .last_chunk_mut::<N>()
            .ok_or(Problem::Underflow(pc))?;
        if !top.iter().all(|ty| ty.is_movable()) {
            return Err(Problem::Value(pc));
        }
        for ty in top.iter_mut() {
            *ty = ty.copied();
        }
        Ok(top)
    }

    fn for_iter(&mut self, pc: u32, to: u32) -> Result<(), Problem> {
        let low = self
            .s
            .stack
            .len()
            .checked_sub(ITER_SLOTS as usize)
            .ok_or(Problem::Underflow(pc))?;
        self.touched(low, pc, false)?;
        self.pop_iter(pc)?;
        self.edge(pc, to)?;
        self.s.stack.extend_from_slice(&Ty::ITER)?;
        self.push(Ty::OBJECT)
    }

    fn pop_iter(&mut self, pc: u32) -> Result<(), Problem> {
        let top = *self
            .s
            .stack
            .last_chunk::<4>()
            .ok_or(Problem::Underflow(pc))?;
        if top != Ty::ITER && top != Ty::RAW_ITER {
            return Err(Problem::Value(pc));
        }
        let len = self.s.stack.len() - top.len();
        self.s.stack.truncate(len);
        Ok(())
    }

    /// A conditional jump; one on the test of a finally state tells what the state is.
    fn branch(&mut self, pc: u32, to: u32, jumps_if: bool) -> Result<(), Problem> {
        let condition = self.pop_if(pc, Ty::is_object)?;
        if condition != Ty::STATE_TEST {
            return self.edge(pc, to);
        }
        let state = self.pop(pc)?;
        let block = state.testable().ok_or(Problem::Value(pc))?;
        self.n_marks -= 1;
        // Only one transfer at a time may be apart: halves of two must not be mixed.
        if self.is_apart(0) {
            return Err(Problem::Value(pc));
        }
        self.spend(self.s.stack.len())?;
        let exception: &[Ty] = &[Ty::EXC];
        let transfer: &[Ty] = &[Ty::data(block), Ty::marker(block)];
        let (jumping, staying) = if jumps_if {
            (exception, transfer)
        } else {
            (transfer, exception)
        };
        let len = self.s.stack.len();
        self.s.stack.extend_from_slice(jumping)?;
        self.edge(pc, to)?;
        self.s.stack.truncate(len);
        self.s.stack.extend_from_slice(staying)?;
        Ok(())
    }

    fn exception_match(&mut self, pc: u32) -> Result<(), Problem> {
        self.objects(1, pc)?;
        let left = self.pop_if(pc, Ty::is_object)?;
        if left != Ty::STATE_TOP {
            return self.push(Ty::OBJECT);
        }
        // What the interpreter goes by when it answers this one.
        let block = self.block(self.block);
        let is_running_finally = self.block != NO_BLOCK && block.is_finally && block.handler <= pc;
        let is_testable = self
            .s
            .stack
            .last()
            .is_some_and(|ty| ty.testable().is_some());
        if !is_running_finally || !is_testable {
            return Err(Problem::Block(pc));
        }
        self.push(Ty::STATE_TEST)
    }

    fn end_finally(&mut self, pc: u32) -> Result<Then, Problem> {
        let node = self.block;
        if node == NO_BLOCK || self.block(node).handler > pc {
            return Err(Problem::Block(pc));
        }
        let state = self.pop_state(pc)?;
        if !state.is_state_of(node) {
            return Err(Problem::Value(pc));
        }
        self.touched(self.s.stack.len(), pc, false)?;
        self.block = self.block(node).parent;
        if state.may_be_mark() {
            self.exit(node, pc)?;
        }
        Ok(if state.may_be_none() {
            Then::FallThrough
        } else {
            Then::Stop
        })
    }

    /// An interrupted transfer through `node` may go on behind the `END_FINALLY` at `pc`, with the current state.
    fn exit(&mut self, node: u16, pc: u32) -> Result<(), Problem> {
        let mut at = self.block(node).exits;
        while let Some(exit) = self.s.exits.get(at as usize)
            && exit.offset != pc
        {
            at = exit.next;
            self.spend(1)?;
        }
        self.spend(self.s.stack.len())?;
        let Scratch {
            exits,
            stacks,
            stack,
            spare,
            blocks,
            ..
        } = &mut *self.s;
        let changed = match exits.get_mut(at as usize) {
            Some(exit) => join_into(stacks, exit.stack, &mut exit.len, stack, spare)
                .map_err(|bad| bad.unwrap_or(Problem::Merge(pc)))?,
            None => {
                let Some(block) = blocks.get_mut(node as usize) else {
                    return Err(Problem::Block(pc));
                };
                let start = store(stacks, stack)?;
                at = exits.len() as u32;
                exits.push(Exit {
                    offset: pc,
                    stack: start,
                    len: stack.len() as u32,
                    block: self.block,
                    next: block.exits,
                })?;
                block.exits = at;
                true
            }
        };
        if changed {
            let mut next = self.block(node).continuations;
            while let Some(continuation) = self.s.continuations.get(next as usize) {
                let following = continuation.next;
                self.s.to_resume.push((at, next))?;
                next = following;
                self.spend(1)?;
            }
        }
        Ok(())
    }

    /// A jump through `node` goes on when its handler ends.
    fn interrupt(&mut self, node: u16, to: u32, blocks: u8) -> Result<(), Problem> {
        let first = self.block(node).continuations;
        let mut at = first;
        while let Some(known) = self.s.continuations.get(at as usize) {
            if known.to == to && known.blocks == blocks {
                return Ok(());
            }
            at = known.next;
            self.spend(1)?;
        }
        let new = self.s.continuations.len() as u32;
        self.s.continuations.push(Continuation {
            to,
            blocks,
            next: first,
        })?;
        if let Some(block) = self.s.blocks.get_mut(node as usize) {
            block.continuations = new;
        }
        let mut exit = self.block(node).exits;
        while let Some(known) = self.s.exits.get(exit as usize) {
            let next = known.next;
            self.s.to_resume.push((exit, new))?;
            exit = next;
            self.spend(1)?;
        }
        Ok(())
    }

    /// Follows an interrupted jump from the end of a handler.
    fn resume(&mut self, exit: u32, continuation: u32) -> Result<(), Problem> {
        let (Some(exit), Some(continuation)) = (
            self.s.exits.get(exit as usize),
            self.s.continuations.get(continuation as usize),
        ) else {
            return Ok(());
        };
        let (pc, start, len) = (exit.offset, exit.stack, exit.len);
        let (to, blocks) = (continuation.to, continuation.blocks);
        self.block = exit.block;
        self.load(start, len)?;
        self.unwind(pc, to, blocks)
    }

    /// Leaves `blocks` blocks from the instruction at `pc` on the way to `to`.
    fn unwind(&mut self, pc: u32, to: u32, blocks: u8) -> Result<(), Problem> {
        let flag = blocks & UNWIND_DROPS_LOOP;
        for left in (0..blocks & !UNWIND_DROPS_LOOP).rev() {
            let node = self.block;
            if node == NO_BLOCK {
                return Err(Problem::Block(pc));
            }
            self.spend(1)?;
            let block = self.block(node);
            let (parent, saved) = (block.parent, block.saved as usize);
            if block.is_finally {
                if block.handler > pc {
                    return self.interrupt(node, to, left | flag);
                }
                // Inside of its handler, whose state is dropped.
                let state = self.pop_state(pc)?;
                if !state.is_state_of(node) || self.s.stack.len() != saved {
                    return Err(Problem::Block(pc));
                }
            }
            self.block = parent;
        }
        if flag != 0 {
            self.pop_iter(pc)?;
        }
        self.edge(pc, to)
    }
}

fn stored(stacks: &[Ty], start: u32, len: u32) -> &[Ty] {
    stacks
        .get(start as usize..)
        .and_then(|rest| rest.get(..len as usize))
        .unwrap_or(&[])
}

/// Joins a stack into a stored one, whose length shrinks if a finally state comes in one piece on one path and apart on the
/// other. `Err(None)` if they cannot join.
fn join_into(
    stacks: &mut [Ty],
    start: u32,
    len: &mut u32,
    from: &[Ty],
    spare: &mut TryVec<Ty>,
) -> Result<bool, Option<Problem>> {
    let ours = stacks
        .get_mut(start as usize..)
        .and_then(|rest| rest.get_mut(..*len as usize))
        .ok_or(None)?;
    if ours.len() == from.len() {
        return join_stacks(ours, from).map_err(|()| None);
    }
    let kept = collapse(ours);
    let shrunk = kept != ours.len();
    *len = kept as u32;
    spare.clear();
    spare
        .extend_from_slice(from)
        .map_err(|_| Some(Problem::OutOfMemory))?;
    let from_len = collapse(spare);
    let ours = ours.get_mut(..kept).ok_or(None)?;
    let changed = join_stacks(ours, spare.get(..from_len).unwrap_or(&[])).map_err(|()| None)?;
    Ok(changed || shrunk)
}
