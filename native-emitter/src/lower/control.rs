//! Jumps, truth and loops.
use ferlance_abi::fun_table::Fun;
use ferlance_abi::obj_word::{QSTR_TAG, TAG_BITS};
use ferlance_abi::{Arch, layout};
use ferlance_bytecode::op::{ITER_SLOTS, Label};

use super::flow::{LowerError, is_marker_rotation};
use super::prologue::{Frame, state_offset};
use super::{Done, Lowering};
use crate::nir::{Block, Cond, Op, Overflow, Slot, Type, Vreg, Width};

impl Lowering<'_, '_> {
    /// Goes to `yes` or `no` by a C bool.
    pub(super) fn branch_c_bool(&mut self, truth: Vreg, yes: Block, no: Block) -> Done {
        // Only the low byte is defined there.
        let (cond, imm) = match self.target.arch {
            Arch::X64 | Arch::X86 => (Cond::TestNonZero, 0xff),
            _ => (Cond::Ne, 0),
        };
        Ok(self.b.branch(cond, truth, imm, (yes, &[]), (no, &[]))?)
    }

    pub(super) fn label_block(&mut self, label: Label) -> Done<Block> {
        if self.pieces.is_some() {
            return self.exit_to_label(label);
        }
        self.label_blocks
            .get(label.index())
            .copied()
            .flatten()
            .ok_or(LowerError::BadCode)
    }

    /// Exception buffers to unlink on the way from the op at hand to a label.
    fn pops_to(&self, to: Label) -> Done<u32> {
        let state = self.flow.state(to).ok_or(LowerError::BadCode)?;
        let there = self
            .flow
            .n_active(state.block, self.flow.label_at[to.index()]);
        let here = self.flow.n_active(self.block, self.at);
        here.checked_sub(there).ok_or(LowerError::BadCode)
    }

    /// Jumps to a label; what protects here and not there is unlinked.
    pub(super) fn go_to(&mut self, to: Label) -> Done {
        let block = self.label_block(to)?;
        for _ in 0..self.pops_to(to)? {
            self.b.call_void(Fun::NlrPop, &[])?;
        }
        self.settle(to)?;
        Ok(self.b.jump(block, &[])?)
    }

    /// A block from which to get to a label: the label's own, or one that unlinks on the way.
    pub(super) fn way_to(&mut self, to: Label) -> Done<(Block, bool)> {
        if self.pops_to(to)? == 0 && !self.needs_settling(to)? {
            return Ok((self.label_block(to)?, false));
        }
        Ok((self.b.block()?, true))
    }

    /// Finishes what [`Lowering::way_to`] began, after the branch to it.
    pub(super) fn finish_way(&mut self, (block, is_between): (Block, bool), to: Label) -> Done {
        if is_between {
            let current = self.b.current();
            self.b.enter(block)?;
            self.go_to(to)?;
            self.b.switch_to(current);
        }
        Ok(())
    }

    /// Goes to `yes` if `value` is true, else to `no`.
    pub(super) fn branch_truth(&mut self, value: Vreg, yes: Block, no: Block) -> Done {
        if self.b.ty(value) == Type::F64 {
            let zero = self.b.float(Type::F64, 0)?;
            return Ok(self.b.float_branch(Cond::Ne, value, zero, yes, no)?);
        }
        if self.b.ty(value) == Type::Word && self.is_wide() && self.is_numeric() {
            return Ok(self.b.branch(Cond::Ne, value, 0, (yes, &[]), (no, &[]))?);
        }
        let facts = self.facts(value);
        if facts.is_bool {
            let truth = self.fixed(Fun::ConstTrue)?;
            self.b
                .branch(Cond::Eq, value, truth, (yes, &[]), (no, &[]))?;
            return Ok(());
        }
        if facts.is_small {
            // The word of 0 is 1.
            self.b.branch(Cond::Eq, value, 1, (no, &[]), (yes, &[]))?;
            return Ok(());
        }
        if self.is_cached() || facts.is_likely_small && !self.is_small() {
            // A small int is the likeliest thing that is no bool.
            let (small, no_int) = (self.b.block()?, self.b.block()?);
            let tag = ferlance_abi::obj_word::SMALL_INT_TAG as i64;
            self.b
                .branch(Cond::TestNonZero, value, tag, (small, &[]), (no_int, &[]))?;
            self.b.enter(small)?;
            self.b.branch(Cond::Eq, value, 1, (no, &[]), (yes, &[]))?;
            self.b.enter(no_int)?;
        }
        if !self.is_small() {
            let (not_true, ask) = (self.b.block()?, self.b.block()?);
            let truth = self.fixed(Fun::ConstTrue)?;
            self.b
                .branch(Cond::Eq, value, truth, (yes, &[]), (not_true, &[]))?;
            self.b.enter(not_true)?;
            let falsehood = self.fixed(Fun::ConstFalse)?;
            self.b
                .branch(Cond::Eq, value, falsehood, (no, &[]), (ask, &[]))?;
            self.b.enter(ask)?;
        }
        let truth = self.aside(|this| Ok(this.b.call(Fun::ObjIsTrue, &[value])?))?;
        self.branch_c_bool(truth, yes, no)
    }

    pub(super) fn pop_jump_if(&mut self, to: Label, when: bool) -> Done {
        let value = self.pop_value()?;
        let target = self.flow.label_at[to.index()] as usize;
        if is_marker_rotation(self.code.ops(), target + 1) {
            // `async with` asks whether an exception is what its state is. Any exception is, whatever the program
            // has made of the name that the question is put with.
            let state = self.peek(0)?;
            return self.jump_on(to, when, |this, yes, no| {
                let tag = ferlance_abi::obj_word::SMALL_INT_TAG as i64;
                Ok(this
                    .b
                    .branch(Cond::TestZero, state, tag, (yes, &[]), (no, &[]))?)
            });
        }
        let way = self.way_to(to)?;
        let go_on = self.b.block()?;
        let (yes, no) = if when { (way.0, go_on) } else { (go_on, way.0) };
        self.branch_truth(value, yes, no)?;
        self.finish_way(way, to)?;
        Ok(self.b.enter(go_on)?)
    }

    /// A fused comparison and jump: `branch` ends the current block with a branch to the two blocks it is given.
    pub(super) fn jump_on(
        &mut self,
        to: Label,
        when: bool,
        branch: impl FnOnce(&mut Self, Block, Block) -> Done,
    ) -> Done {
        let way = self.way_to(to)?;
        let go_on = self.b.block()?;
        let (yes, no) = if when { (way.0, go_on) } else { (go_on, way.0) };
        branch(self, yes, no)?;
        self.finish_way(way, to)?;
        Ok(self.b.enter(go_on)?)
    }

    pub(super) fn jump_if_or_pop(&mut self, to: Label, when: bool) -> Done {
        let value = self.peek_value(0)?;
        let way = self.way_to(to)?;
        let go_on = self.b.block()?;
        let (yes, no) = if when { (way.0, go_on) } else { (go_on, way.0) };
        self.branch_truth(value, yes, no)?;
        self.finish_way(way, to)?;
        self.b.enter(go_on)?;
        self.pop_value()?;
        Ok(())
    }

    /// The address of the memory of an iterator in the stack slots from `depth` on.
    pub(super) fn iter_address(&mut self, depth: u32) -> Done<Vreg> {
        if let Frame::Generator { state, .. } = self.frame {
            let offset = state_offset(depth, self.word());
            let state = self.b.kept(state)?;
            return Ok(self.b.add(state, offset)?);
        }
        let slot = self.iter_slot(depth)?;
        Ok(self.b.slot_addr(slot, 0)?)
    }

    /// The memory of an iterator at this depth of the stack.
    pub(super) fn iter_slot(&mut self, depth: u32) -> Done<Slot> {
        let at = depth as usize;
        if self.iter_slots.len() <= at {
            self.iter_slots.resize(at + 1, None)?;
        }
        let slot = match self.iter_slots[at] {
            Some(slot) => slot,
            None => self.b.slot(ITER_SLOTS)?,
        };
        self.iter_slots[at] = Some(slot);
        Ok(slot)
    }

    /// Four stack entries for an iterator, whose words are in memory.
    pub(super) fn push_iter(&mut self) -> Done {
        for _ in 0..ITER_SLOTS {
            let null = self.null()?;
            self.push(null)?;
        }
        Ok(())
    }

    pub(super) fn get_iter_stack(&mut self) -> Done {
        let value = self.pop()?;
        let address = self.iter_address(self.depth)?;
        self.b.call_void(Fun::GetIter, &[value, address])?;
        self.push_iter()
    }

    /// An iterator that is pushed word by word.
    pub(super) fn pushed_iter(&mut self, at: usize) -> Done {
        use ferlance_bytecode::op::Op;
        let Some(Op::LoadFast(local)) = self.code.ops().get(at + 1) else {
            return Err(LowerError::BadCode);
        };
        let iter = self.read_local(*local)?;
        let iter = self.object(iter)?;
        let address = self.iter_address(self.depth)?;
        let null = self.null()?;
        for (at, value) in [null, iter, null, null].into_iter().enumerate() {
            let offset = at as i64 * self.word();
            self.b
                .store(crate::nir::Width::Word, address, offset, value)?;
        }
        self.push_iter()
    }

    pub(super) fn for_iter(&mut self, to: Label) -> Done {
        let depth = self
            .depth
            .checked_sub(ITER_SLOTS)
            .ok_or(LowerError::BadCode)?;
        if self.is_range(depth) {
            return self.next_of_range(depth, to);
        }
        let address = self.iter_address(depth)?;
        let way = self.way_to(to)?;
        if self.is_cached() {
            return self.next_item(address, to, way);
        }
        let item = self.b.call(Fun::IterNext, &[address])?;
        let go_on = self.b.block()?;
        self.b
            .branch(Cond::Eq, item, 0, (way.0, &[]), (go_on, &[]))?;
        self.finish_way(way, to)?;
        self.b.enter(go_on)?;
        self.push(item)
    }

    /// The next item of an iterator at `address`: of a list, a range, bytes or text in place, of anything else by
    /// the runtime.
    fn next_item(&mut self, address: Vreg, to: Label, way: (Block, bool)) -> Done {
        let word = self.word();
        let of = |at: usize| at as i64 * word;
        let (slow, go_on) = (self.b.cold_block()?, self.b.block()?);
        let item = self.b.param(go_on, Type::Obj)?;
        let (list, other) = (self.b.block()?, self.b.block()?);
        let kind = self.b.load(Type::Word, Width::Word, address, 0)?;
        let mark = layout::ITER_LIST as i64;
        self.b
            .branch(Cond::Eq, kind, mark, (list, &[]), (other, &[]))?;

        // A range that rises: one that falls is left to the runtime, as are steps that end beyond small ints.
        self.b.enter(other)?;
        let range = self.b.block()?;
        let others = match self.has_room() {
            true => self.b.block()?,
            false => slow,
        };
        let mark = layout::ITER_RANGE as i64;
        self.b
            .branch(Cond::Eq, kind, mark, (range, &[]), (others, &[]))?;
        if others != slow {
            self.b.enter(others)?;
            self.next_of_bytes(kind, address, (slow, way.0, go_on))?;
        }
        self.b.enter(range)?;
        let step = self
            .b
            .load(Type::Word, Width::Word, address, of(layout::ITER_STEP))?;
        let rising = self.b.block()?;
        self.b
            .branch(Cond::Gt, step, 1, (rising, &[]), (slow, &[]))?;
        self.b.enter(rising)?;
        let at = self
            .b
            .load(Type::Obj, Width::Word, address, of(layout::ITER_SEQ))?;
        let stop = self
            .b
            .load(Type::Word, Width::Word, address, of(layout::ITER_STOP))?;
        let within = self.b.block()?;
        self.b
            .branch(Cond::Lt, at, stop, (within, &[]), (way.0, &[]))?;
        self.b.enter(within)?;
        let by = self.b.sub(step, 1)?;
        let next = self
            .b
            .checked(Overflow::Add, Type::Word, at, by, (slow, &[]))?;
        self.b
            .store(Width::Word, address, of(layout::ITER_SEQ), next)?;
        self.b.jump(go_on, &[at])?;

        self.b.enter(list)?;
        let next = self.next_place(address, way.0)?;
        let shift = word.trailing_zeros() as u8;
        let at = Some(next.index);
        let value = self
            .b
            .load_indexed(Type::Obj, Width::Word, next.items, at, shift, 0)?;
        self.go_past(address, next)?;
        self.b.jump(go_on, &[value])?;

        self.b.enter(slow)?;
        let other = self.aside(|this| Ok(this.b.call(Fun::IterNext, &[address])?))?;
        let some = self.b.block()?;
        self.b
            .branch(Cond::Eq, other, 0, (way.0, &[]), (some, &[]))?;
        self.b.enter(some)?;
        self.b.jump(go_on, &[other])?;
        self.finish_way(way, to)?;
        self.b.enter(go_on)?;
        self.push(item)
    }

    /// The next byte or character: goes to `slow` if it is neither, to `end` if there is none, else to `go_on` with it.
    fn next_of_bytes(
        &mut self,
        kind: Vreg,
        address: Vreg,
        (slow, end, go_on): (Block, Block, Block),
    ) -> Done {
        let text = self.b.block()?;
        let (data_of_bytes, mark) = (self.b.block()?, layout::ITER_BYTES as i64);
        self.b
            .branch(Cond::Eq, kind, mark, (data_of_bytes, &[]), (text, &[]))?;
        self.b.enter(data_of_bytes)?;
        let next = self.next_place(address, end)?;
        let byte = self.byte_at(next)?;
        self.go_past(address, next)?;
        let byte = self.int_of(byte)?;
        self.b.jump(go_on, &[byte])?;
        self.b.enter(text)?;
        self.require(Cond::Eq, kind, layout::ITER_STR as i64, slow)?;
        let next = self.next_place(address, end)?;
        let byte = self.byte_at(next)?;
        let char = self.char_of(byte, slow)?;
        self.go_past(address, next)?;
        Ok(self.b.jump(go_on, &[char])?)
    }

    /// Where an iterator over a list, bytes or text is; control goes to `end` if nothing is left.
    fn next_place(&mut self, address: Vreg, end: Block) -> Done<Next> {
        let word = self.word();
        let of = |at: usize| at as i64 * word;
        let seq = self
            .b
            .load(Type::Obj, Width::Word, address, of(layout::ITER_SEQ))?;
        let at = self
            .b
            .load(Type::Word, Width::Word, address, of(layout::ITER_AT))?;
        let len = self
            .b
            .load(Type::Word, Width::Word, seq, of(layout::LIST_LEN))?;
        let index = self.b.binary(Op::Sar, at, 1)?;
        let inside = self.b.block()?;
        self.b
            .branch(Cond::Below, index, len, (inside, &[]), (end, &[]))?;
        self.b.enter(inside)?;
        let items = self
            .b
            .load(Type::Word, Width::Word, seq, of(layout::LIST_ITEMS))?;
        Ok(Next { items, index, at })
    }

    fn byte_at(&mut self, next: Next) -> Done<Vreg> {
        let at = Some(next.index);
        Ok(self
            .b
            .load_indexed(Type::Word, Width::U8, next.items, at, 0, 0)?)
    }

    /// Moves an iterator on by one.
    fn go_past(&mut self, address: Vreg, next: Next) -> Done {
        let offset = layout::ITER_AT as i64 * self.word();
        let at = self.b.add(next.at, 2)?;
        Ok(self.b.store(Width::Word, address, offset, at)?)
    }

    /// The str of one ASCII character, if it is a name; all else goes to `slow`.
    fn char_of(&mut self, byte: Vreg, slow: Block) -> Done<Vreg> {
        self.require(Cond::Below, byte, 0x80, slow)?;
        let slot = Fun::CharNames.slot() as i64;
        let names = self.b.number(Op::FunTableWord, Type::Word, slot)?;
        let name = self
            .b
            .load_indexed(Type::Word, Width::U16, names, Some(byte), 1, 0)?;
        self.require(Cond::Ne, name, 0, slow)?;
        let name = self.b.binary(Op::Shl, name, i64::from(TAG_BITS))?;
        let tag = QSTR_TAG as i64;
        Ok(self.b.binary_to(Op::Or, Type::Obj, name, tag)?)
    }
}

/// Where an iterator over a list, bytes or text is.
#[derive(Clone, Copy)]
struct Next {
    items: Vreg,
    index: Vreg,
    /// The index as a small int.
    at: Vreg,
}

// One way to the place of an item, the next one or that at an index, serves them all.
const _: () = {
    assert!(layout::STR_LEN == layout::LIST_LEN && layout::ARRAY_LEN == layout::LIST_LEN);
    assert!(layout::STR_DATA == layout::LIST_ITEMS && layout::ARRAY_ITEMS == layout::LIST_ITEMS);
};
