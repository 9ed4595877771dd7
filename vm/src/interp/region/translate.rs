//! Bytecode of a loop becomes instructions on words of the frame.
//!
//! The stack is followed at translation time: what an instruction would push is only noted (a local, a constant, a
//! word of the frame), and used as an operand where it is popped. Word `n_locals + p` of the frame is the home of
//! stack position `p`. Wherever paths meet, and where the loop of the bytecode takes over, every value is brought
//! home first.
//!
//! `None` everywhere: the region is given up, because it is too large, its stack is in too strange an order, or
//! memory is short.

use ferlance_abi::ops::BinaryOp;
use ferlance_bytecode::op::opcode;
use ferlance_collections::{BitSet, TryVec};

use super::decode::{Step, Steps, decode};
use super::ins::{self, Ins, Op};
use crate::interp::code::Code;
use crate::interp::quick::SENSE;
use crate::obj::word::Obj;

/// Most instructions of a region.
const MOST: usize = 1 << 11;
const NOWHERE: Place = Place {
    at: u32::MAX,
    depth: 0,
};
const IADD: u8 = opcode::BINARY_OP + BinaryOp::InplaceAdd.number();

/// A value on the stack.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Val {
    /// It is in this word of the frame.
    Reg(u8),
    /// An object's bits.
    Word(usize),
}

/// What [`translate`] makes.
pub(super) struct Translation {
    /// Instructions, with the words behind some.
    pub(super) code: TryVec<u64>,
    /// Offset of the bytecode that each comes from.
    pub(super) offsets: TryVec<u32>,
    /// Locals that are read without a test: none of them may be unbound at the entry.
    pub(super) reads: TryVec<u8>,
    /// The instruction that stands for the jump back.
    pub(super) entry: usize,
    /// Values on the stack there.
    pub(super) depth: usize,
}

/// Where the translation of an offset begins.
#[derive(Clone, Copy)]
struct Place {
    at: u32,
    /// Values on the stack there. The same everywhere, but for the code of a `finally`, which finds more or less below
    /// its own depending on how it was come to.
    depth: u32,
}

struct Translator<'a> {
    code: &'a Code,
    bytes: &'a [u8],
    low: usize,
    high: usize,
    back: usize,
    first: usize,
    out: TryVec<u64>,
    offsets: TryVec<u32>,
    stack: TryVec<Val>,
    leaders: BitSet,
    /// Where the translation of each offset begins.
    places: TryVec<Place>,
    /// Exits: offset and place.
    exits: TryVec<(usize, Place)>,
    pending: TryVec<(usize, usize)>,
    fixes: TryVec<(usize, usize)>,
    reads: BitSet,
    now: usize,
    /// The last instruction, if it puts a fresh value into the word given.
    fresh: Option<(usize, u8)>,
}

/// Translates the loop whose jump back, at `back`, leads to `low`, where the stack has `depth` values.
pub(super) fn translate(
    code: &Code,
    bytes: &[u8],
    low: usize,
    back: usize,
    depth: usize,
) -> Option<Translation> {
    let high = decode(code, bytes, back)?.next;
    let mut t = Translator {
        code,
        bytes,
        low,
        high,
        back,
        first: code.n_locals as usize,
        out: TryVec::new(),
        offsets: TryVec::new(),
        stack: TryVec::new(),
        leaders: BitSet::new(),
        places: TryVec::filled(NOWHERE, high.checked_sub(low)?).ok()?,
        exits: TryVec::new(),
        pending: TryVec::new(),
        fixes: TryVec::new(),
        reads: BitSet::new(),
        now: low,
        fresh: None,
    };
    t.find_leaders()?;
    t.pending.push((low, depth)).ok()?;
    // The lowest first, so that loops come out in one piece.
    while let Some(i) = (0..t.pending.len()).min_by_key(|i| t.pending[*i].0) {
        let (at, depth) = t.pending.swap_remove(i);
        match t.place(at) {
            None => t.block(at, depth)?,
            Some(place) if place.depth as usize != depth => return None,
            Some(_) => {}
        }
    }
    let entry = t.place(back)?;
    for (at, target) in t.fixes.iter().copied() {
        let place = t.place(target)?.at;
        let word = t.out.get_mut(at)?;
        let delta = place as i32 - at as i32 - 1;
        *word = *word & IMM_MASK | imm_bits(delta);
    }
    let mut reads = TryVec::new();
    for local in 0..t.first {
        if t.reads.contains(local) {
            reads.push(u8::try_from(local).ok()?).ok()?;
        }
    }
    Some(Translation {
        code: t.out,
        offsets: t.offsets,
        reads,
        entry: entry.at as usize,
        depth: entry.depth as usize,
    })
}

/// All but the immediate of an instruction's word.
const IMM_MASK: u64 = u64::from_ne_bytes([255, 255, 255, 255, 0, 0, 0, 0]);

fn imm_bits(imm: i32) -> u64 {
    let [a, b, c, d] = imm.to_ne_bytes();
    u64::from_ne_bytes([0, 0, 0, 0, a, b, c, d])
}

/// A word that fits an immediate.
fn short(word: usize) -> Option<i32> {
    i32::try_from(word as isize).ok()
}

impl Translator<'_> {
    fn inside(&self, at: usize) -> bool {
        (self.low..self.high).contains(&at)
    }

    fn find_leaders(&mut self) -> Option<()> {
        self.leaders.insert(self.low).ok()?;
        self.leaders.insert(self.back).ok()?;
        let mut at = self.low;
        while at < self.high {
            let steps = decode(self.code, self.bytes, at)?;
            for step in steps.as_slice() {
                if let Step::Jump(to)
                | Step::JumpIf(_, to)
                | Step::JumpIfOrPop(_, to)
                | Step::CompareJump(_, to)
                | Step::Count { to, .. }
                | Step::ForIter(to) = *step
                {
                    self.leaders.insert(to).ok()?;
                }
            }
            at = steps.next;
        }
        // The jump back begins an instruction.
        (at == self.high).then_some(())
    }

    /// Where the translation of `at` begins, if it is there.
    fn place(&self, at: usize) -> Option<Place> {
        if self.inside(at) {
            let place = self.places.get(at - self.low).copied();
            return place.filter(|place| place.at != NOWHERE.at);
        }
        let exit = self.exits.iter().find(|exit| exit.0 == at);
        exit.map(|exit| exit.1)
    }

    /// What begins with the next instruction.
    fn here(&self) -> Place {
        Place {
            at: self.out.len() as u32,
            depth: self.stack.len() as u32,
        }
    }

    /// The home of stack position `p`.
    fn home(&self, p: usize) -> Option<u8> {
        u8::try_from(self.first + p).ok()
    }

    fn emit(&mut self, op: Op, a: u8, b: u8, c: u8, imm: i32) -> Option<usize> {
        let at = self.out.len();
        self.raw(Ins { op, a, b, c, imm }.word())?;
        Some(at)
    }

    fn raw(&mut self, word: u64) -> Option<()> {
        if self.out.len() >= MOST {
            return None;
        }
        self.fresh = None;
        self.out.push(word).ok()?;
        self.offsets.push(self.now as u32).ok()
    }

    /// Emits a jump whose target has `depth` values on the stack.
    fn emit_jump(&mut self, op: Op, a: u8, b: u8, c: u8, to: usize, depth: usize) -> Option<()> {
        let at = self.emit(op, a, b, c, 0)?;
        self.fixes.push((at, to)).ok()?;
        if self.place(to).is_none() {
            self.pending.push((to, depth)).ok()?;
        }
        Some(())
    }

    /// Puts a value into a word.
    fn set(&mut self, to: u8, value: Val) -> Option<()> {
        match value {
            Val::Reg(from) => {
                if from != to {
                    self.emit(Op::Move, to, from, 0, 0)?;
                }
            }
            Val::Word(word) => match short(word) {
                Some(imm) => {
                    self.emit(Op::Word, to, 0, 0, imm)?;
                }
                None => {
                    self.emit(Op::Wide, to, 0, 0, 0)?;
                    self.raw(word as u64)?;
                }
            },
        }
        Some(())
    }

    fn refers(&self, reg: u8, except: usize) -> bool {
        let mut stack = self.stack.iter().enumerate();
        stack.any(|(q, value)| q != except && *value == Val::Reg(reg))
    }

    /// Brings values home that are in `reg`, which is about to change; `keep` must not change.
    fn vacate(&mut self, reg: u8, keep: &[u8]) -> Option<()> {
        for p in 0..self.stack.len() {
            if self.stack[p] == Val::Reg(reg) {
                let home = self.home(p)?;
                if home == reg {
                    continue;
                }
                if keep.contains(&home) || self.refers(home, p) {
                    return None;
                }
                self.set(home, Val::Reg(reg))?;
                self.stack[p] = Val::Reg(home);
            }
        }
        Some(())
    }

    /// Brings all values home; `keep` must not change.
    fn flush(&mut self, keep: &[u8]) -> Option<()> {
        loop {
            let (mut moved, mut left) = (false, false);
            for p in 0..self.stack.len() {
                let home = self.home(p)?;
                let value = self.stack[p];
                if value == Val::Reg(home) {
                    continue;
                }
                if self.refers(home, p) {
                    left = true;
                    continue;
                }
                if keep.contains(&home) {
                    return None;
                }
                self.set(home, value)?;
                self.stack[p] = Val::Reg(home);
                moved = true;
            }
            if !left {
                return Some(());
            }
            if !moved {
                return None;
            }
        }
    }

    /// The word that holds the value at position `p`, put there if need be.
    fn reg(&mut self, p: usize) -> Option<u8> {
        match *self.stack.get(p)? {
            Val::Reg(reg) => Some(reg),
            value => {
                let home = self.home(p)?;
                if self.refers(home, p) {
                    return None;
                }
                self.set(home, value)?;
                self.stack[p] = Val::Reg(home);
                Some(home)
            }
        }
    }

    fn push(&mut self, value: Val) -> Option<()> {
        self.home(self.stack.len())?;
        self.stack.push(value).ok()
    }

    /// Emits an instruction whose fresh value is pushed. Its operands are off the stack, but in `operands`.
    fn produce(&mut self, op: Op, operands: [u8; 2], imm: i32) -> Option<()> {
        let home = self.home(self.stack.len())?;
        self.vacate(home, &operands)?;
        let at = self.emit(op, home, operands[0], operands[1], imm)?;
        self.push(Val::Reg(home))?;
        self.fresh = Some((at, home));
        Some(())
    }

    fn drop_values(&mut self, n: usize) -> Option<()> {
        let left = self.stack.len().checked_sub(n)?;
        self.stack.truncate(left);
        Some(())
    }

    /// Leaves for the bytecode at `at`.
    fn exit(&mut self, at: usize) -> Option<()> {
        self.flush(&[])?;
        let end = self.home(self.stack.len())?;
        let op = if self.inside(at) {
            Op::ExitEarly
        } else {
            Op::Exit
        };
        self.emit(op, end, 0, 0, i32::try_from(at).ok()?)?;
        Some(())
    }

    /// Translates from `at` until the path ends or joins another.
    fn block(&mut self, mut at: usize, depth: usize) -> Option<()> {
        self.stack.clear();
        for p in 0..depth {
            self.push(Val::Reg(self.home(p)?))?;
        }
        self.fresh = None;
        loop {
            self.now = at;
            if !self.inside(at) {
                self.exits.push((at, self.here())).ok()?;
                return self.exit(at);
            }
            if self.leaders.contains(at) {
                self.flush(&[])?;
                if self.place(at).is_some() {
                    let depth = self.stack.len();
                    return self.emit_jump(Op::Jump, 0, 0, 0, at, depth);
                }
                self.fresh = None;
                *self.places.get_mut(at - self.low)? = self.here();
            }
            let steps = decode(self.code, self.bytes, at)?;
            at = match self.instruction(&steps)? {
                Some(next) => next,
                None => return Some(()),
            };
        }
    }

    /// Translates one instruction; answers the offset to go on at.
    fn instruction(&mut self, steps: &Steps) -> Option<Option<usize>> {
        // A comparison and a jump that the loader could not fuse.
        if let [Step::Binary(byte)] = *steps.as_slice()
            && byte - opcode::BINARY_OP <= 5
            && !self.leaders.contains(steps.next)
            && let Some(following) = decode(self.code, self.bytes, steps.next)
            && let [Step::JumpIf(sense, to)] = *following.as_slice()
        {
            let how = (byte - opcode::BINARY_OP) | if sense { SENSE } else { 0 };
            self.compare_jump(how, to)?;
            return Some(Some(following.next));
        }
        for step in steps.as_slice() {
            let flows = self.step(*step)?;
            if !flows {
                return Some(None);
            }
        }
        Some(Some(steps.next))
    }

    /// Translates a step; whether the path goes on.
    fn step(&mut self, step: Step) -> Option<bool> {
        let depth = self.stack.len();
        let top = depth.wrapping_sub(1);
        match step {
            Step::Local(local) => {
                self.reads.insert(local).ok()?;
                self.push(Val::Reg(u8::try_from(local).ok()?))?;
            }
            Step::Word(word) => self.push(Val::Word(word))?,
            Step::Const(index) => self.produce(Op::Const, [0; 2], i32::try_from(index).ok()?)?,
            Step::Store(local) => self.store(u8::try_from(local).ok()?)?,
            Step::Dup => self.push(*self.stack.get(top)?)?,
            Step::DupTwo => {
                let below = *self.stack.get(depth.checked_sub(2)?)?;
                let above = *self.stack.get(top)?;
                self.push(below)?;
                self.push(above)?;
            }
            Step::RotTwo => self.stack.swap(depth.checked_sub(2)?, top),
            Step::RotThree => {
                self.stack.get_mut(depth.checked_sub(3)?..)?.rotate_right(1);
            }
            Step::Pop => self.drop_values(1)?,
            Step::Binary(byte) => self.binary(byte)?,
            Step::Unary(byte) => {
                let arg = self.reg(top)?;
                self.drop_values(1)?;
                self.produce(Op::Unary, [arg, 0], byte.into())?;
            }
            Step::Subscr => {
                let (obj, index) = (self.reg(depth.checked_sub(2)?)?, self.reg(top)?);
                self.drop_values(2)?;
                self.produce(Op::Item, [obj, index], 0)?;
            }
            Step::SetSubscr => {
                let value = self.reg(depth.checked_sub(3)?)?;
                let (obj, index) = (self.reg(depth - 2)?, self.reg(top)?);
                self.drop_values(3)?;
                self.emit(Op::SetItem, obj, index, value, 0)?;
            }
            Step::Global(cache) => self.produce(Op::Global, [0; 2], cache as i32)?,
            Step::Attr(cache) => {
                let obj = self.reg(top)?;
                self.drop_values(1)?;
                self.produce(Op::Attr, [obj, 0], cache as i32)?;
            }
            Step::SetAttr(cache) => {
                let (value, obj) = (self.reg(depth.checked_sub(2)?)?, self.reg(top)?);
                self.drop_values(2)?;
                self.emit(Op::SetAttr, obj, value, 0, cache as i32)?;
            }
            Step::Method(cache) => {
                let obj = self.reg(top)?;
                self.drop_values(1)?;
                let (fun, this) = (self.home(top)?, self.home(top + 1)?);
                self.vacate(fun, &[obj])?;
                self.vacate(this, &[obj])?;
                self.emit(Op::Method, fun, obj, 0, cache as i32)?;
                self.push(Val::Reg(fun))?;
                self.push(Val::Reg(this))?;
            }
            Step::Deref(local) => {
                self.produce(Op::Deref, [u8::try_from(local).ok()?, 0], 0)?;
            }
            Step::SetDeref(local) => {
                let value = self.reg(top)?;
                self.drop_values(1)?;
                self.emit(Op::SetDeref, u8::try_from(local).ok()?, value, 0, 0)?;
            }
            Step::Jump(to) => {
                self.flush(&[])?;
                self.emit_jump(Op::Jump, 0, 0, 0, to, depth)?;
                return Some(false);
            }
            Step::JumpIf(sense, to) => {
                let value = self.reg(top)?;
                self.drop_values(1)?;
                self.flush(&[value])?;
                let op = if sense { Op::JumpTrue } else { Op::JumpFalse };
                self.emit_jump(op, value, 0, 0, to, top)?;
            }
            Step::JumpIfOrPop(sense, to) => {
                self.flush(&[])?;
                let value = self.reg(top)?;
                let op = if sense { Op::JumpTrue } else { Op::JumpFalse };
                self.emit_jump(op, value, 0, 0, to, depth)?;
                self.drop_values(1)?;
            }
            Step::CompareJump(how, to) => self.compare_jump(how, to)?,
            Step::Count {
                step,
                more,
                limit,
                to,
            } => self.count(step, more, limit, to)?,
            Step::IterStart => {
                self.flush(&[])?;
                let at = self.home(top)?;
                self.emit(Op::IterStart, at, at, 0, 0)?;
                for p in depth..depth + 3 {
                    self.push(Val::Reg(self.home(p)?))?;
                }
            }
            Step::ForIter(to) => {
                self.flush(&[])?;
                let slots = self.home(depth.checked_sub(4)?)?;
                let item = self.home(depth)?;
                let at = self.out.len();
                self.emit_jump(Op::ForIter, item, slots, item, to, depth - 4)?;
                self.push(Val::Reg(item))?;
                self.fresh = Some((at, item));
            }
            Step::Call(n) => self.call(Op::Call, n, 1)?,
            Step::CallMethod(n) => self.call(Op::CallMethod, n, 2)?,
            Step::Tuple(n) => self.build(Op::Tuple, n)?,
            Step::List(n) => self.build(Op::List, n)?,
            Step::Slice(n) => self.build(Op::Slice, n)?,
            Step::Unpack(n) => {
                let seq = self.reg(top)?;
                self.drop_values(1)?;
                self.flush(&[seq])?;
                let to = self.home(top)?;
                self.emit(Op::Unpack, seq, to, 0, i32::try_from(n).ok()?)?;
                for p in top..top + n {
                    self.push(Val::Reg(self.home(p)?))?;
                }
            }
            Step::Append(below) => {
                // The depth counts from the item.
                let list = self.reg(top.checked_sub(below)?)?;
                let item = self.reg(top)?;
                self.drop_values(1)?;
                self.emit(Op::Append, list, item, 0, 0)?;
            }
            Step::Other => {
                self.exit(self.now)?;
                return Some(false);
            }
        }
        Some(true)
    }

    fn store(&mut self, local: u8) -> Option<()> {
        let top = self.stack.len().checked_sub(1)?;
        let value = self.stack[top];
        let fresh = self.fresh;
        self.drop_values(1)?;
        if self.refers(local, usize::MAX) {
            // The value is off the stack, but still where it was.
            match value {
                Val::Reg(from) => self.vacate(local, &[from])?,
                Val::Word(_) => self.vacate(local, &[])?,
            }
        } else if let (Some((at, reg)), Val::Reg(from)) = (fresh, value)
            && reg == from
            && at + 1 == self.out.len()
            && usize::from(reg) >= self.first
            && !self.refers(reg, usize::MAX)
        {
            // The instruction that makes the value puts it into the local at once.
            let word = self.out.get_mut(at)?;
            let mut bytes = word.to_ne_bytes();
            bytes[1] = local;
            *word = u64::from_ne_bytes(bytes);
            self.fresh = None;
            return Some(());
        }
        self.set(local, value)
    }

    fn binary(&mut self, byte: u8) -> Option<()> {
        let number = byte - opcode::BINARY_OP;
        let top = self.stack.len().checked_sub(1)?;
        let lhs = self.reg(top.checked_sub(1)?)?;
        if number == BinaryOp::Is.number() {
            let rhs = self.reg(top)?;
            self.drop_values(2)?;
            return self.produce(Op::Is, [lhs, rhs], 0);
        }
        let forms = ins::arithmetic(number);
        if let Val::Word(word) = self.stack[top]
            && let Some(imm) = short(word)
        {
            let op = match forms {
                Some((_, op)) if word & 1 != 0 && suits(op, word) => op,
                _ => Op::BinaryK,
            };
            self.drop_values(2)?;
            return self.produce(op, [lhs, byte], imm);
        }
        let rhs = self.reg(top)?;
        self.drop_values(2)?;
        let op = forms.map_or(Op::Binary, |(op, _)| op);
        self.produce(op, [lhs, rhs], byte.into())
    }

    fn compare_jump(&mut self, how: u8, to: usize) -> Option<()> {
        let top = self.stack.len().checked_sub(1)?;
        let below = top.checked_sub(1)?;
        let lhs = self.reg(below)?;
        let (op, op_k) = ins::jump(how & 7, how & SENSE != 0);
        if let Val::Word(word) = self.stack[top]
            && word & 1 != 0
        {
            self.drop_values(2)?;
            self.flush(&[lhs])?;
            self.emit_jump(op_k, lhs, 0, how, to, below)?;
            return self.raw(word as u64);
        }
        let rhs = self.reg(top)?;
        self.drop_values(2)?;
        self.flush(&[lhs, rhs])?;
        self.emit_jump(op, lhs, rhs, how, to, below)
    }

    fn count(&mut self, step: isize, more: bool, limit: Option<usize>, to: usize) -> Option<()> {
        self.flush(&[])?;
        let depth = self.stack.len();
        let counter = self.home(depth.checked_sub(1)?)?;
        if step == 1 && !more {
            // A loop begins by copying the counter: that is done in passing.
            let begins = self.place(to).filter(|_| self.inside(to));
            let copied = begins
                .and_then(|place| self.out.get(place.at as usize))
                .map(|word| word.to_ne_bytes())
                .filter(|bytes| bytes[0] == Op::Move as u8 && bytes[2] == counter);
            let local = copied.map_or(counter, |bytes| bytes[1]);
            let at = self.out.len();
            match limit {
                None => {
                    let limit = self.home(depth.checked_sub(2)?)?;
                    self.emit_jump(Op::Count, local, counter, limit, to, depth)?;
                }
                Some(limit) => {
                    self.emit_jump(Op::CountK, local, counter, 0, to, depth)?;
                    self.raw(limit as u64)?;
                }
            }
            if copied.is_some() {
                self.fixes.pop();
                let delta = begins?.at as i32 + 1 - at as i32 - 1;
                let word = self.out.get_mut(at)?;
                *word |= imm_bits(delta);
            }
            return Some(());
        }
        let step = short(Obj::small(step)?.raw())?;
        self.emit(Op::AddK, counter, counter, IADD, step)?;
        self.push(Val::Reg(counter))?;
        let how = u8::from(more) | SENSE;
        match limit {
            None => self.push(Val::Reg(self.home(depth.checked_sub(2)?)?))?,
            Some(limit) => self.push(Val::Word(limit))?,
        }
        self.compare_jump(how, to)
    }

    fn call(&mut self, op: Op, n: usize, callee: usize) -> Option<()> {
        self.flush(&[])?;
        let args = (n & 0xff) + 2 * (n >> 8 & 0xff);
        let end = self.home(self.stack.len())?;
        self.drop_values(args + callee)?;
        let at = self.home(self.stack.len())?;
        self.emit(op, at, end, 0, i32::try_from(n).ok()?)?;
        self.push(Val::Reg(at))
    }

    fn build(&mut self, op: Op, n: usize) -> Option<()> {
        self.flush(&[])?;
        self.drop_values(n)?;
        let at = self.home(self.stack.len())?;
        self.emit(op, at, 0, 0, i32::try_from(n).ok()?)?;
        self.push(Val::Reg(at))
    }
}

/// Whether the form with a constant serves this one.
fn suits(op: Op, word: usize) -> bool {
    let value = word as isize >> 1;
    match op {
        Op::ShrK | Op::ShlK => (0..isize::BITS as isize - 2).contains(&value),
        Op::DivK | Op::ModK => value > 0,
        _ => true,
    }
}
