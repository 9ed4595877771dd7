//! Loops over numbers: a copy of the loop in which kinds of values are known, and one for everything else.
//!
//! ```text
//!            tests of what the loop is handed
//!              │ as expected           │ otherwise
//!              ▼                       ▼
//!        numeric copy ── escape ──▶ rare copy
//!              └────────▶ exit ◀───────┘
//! ```
//!
//! In the numeric copy a float is a number in a register and an object only where one is wanted; the sum of two
//! small ints is a small int. What is not as expected, an overflow, a division by zero, an operand that is no number,
//! *escapes*: before anything has changed, control goes to the same op in the rare copy, with floats made objects.
//! The rare copy is as if there were no other, and stays to the end of the outermost loop.
//!
//! The values of an escape are those before the op at hand, or before an earlier one if nothing but arithmetic is in
//! between: one escape serves a whole expression.
use ferlance_abi::fun_table::Fun;
use ferlance_abi::{Qstr, layout, obj_word};
use ferlance_bytecode::op::{ITER_SLOTS, Label, Op as Bytecode};
use ferlance_collections::TryVec;

use super::arith::SMALL;
use super::counted::{MAX_OPS, pattern};
use super::flow::{IterId, LowerError};
use super::kinds::{self, Kind, Region, Scene, bit};
use super::prologue::Frame;
use super::{Done, Facts, Lowering};
use crate::nir::{Block, Cond, Op, Overflow, Slot, Type, Var, Vreg, Width};

/// A loop whose numeric copy is being lowered.
pub(super) struct Numeric {
    pub(super) region: Region,
    /// What is known now, by place: locals, then the stack.
    kinds: TryVec<Kind>,
    /// Blocks of the labels in the rare copy.
    rare: TryVec<Option<Block>>,
    /// Ops of the rare copy where escapes arrive.
    resumes: TryVec<Resume>,
    /// The escape that still holds.
    escape: Option<Block>,
    /// The op at hand and the depth before it.
    at: u32,
    depth: u32,
}

/// An op where an escape arrives.
#[derive(Clone, Copy)]
pub(super) struct Resume {
    at: u32,
    depth: u32,
    iter: Option<IterId>,
    block: Block,
}

/// Floats as numbers: their variables, by place, and memory for them while something is called.
#[derive(Default)]
pub(super) struct Floats {
    vars: TryVec<Option<Var>>,
    area: Option<Slot>,
    words: u32,
}

/// Floats put aside: place and offset.
type Aside = TryVec<(usize, i64)>;

impl Lowering<'_, '_> {
    fn n_locals(&self) -> usize {
        self.flow.n_locals as usize
    }

    /// Is the numeric copy of a loop being lowered?
    #[inline(always)]
    pub(super) fn is_numeric(&self) -> bool {
        IS_HERE && self.numeric.is_some()
    }

    // Kinds and values by place.

    fn kind_at(&self, place: usize) -> Kind {
        let Some(numeric) = &self.numeric else {
            return Kind::Any;
        };
        numeric.kinds.get(place).copied().unwrap_or(Kind::Any)
    }

    /// What is known of the value `below` the top of the stack.
    pub(super) fn kind_below(&self, below: u32) -> Kind {
        let at = (self.n_locals() + self.depth as usize).checked_sub(below as usize + 1);
        at.map_or(Kind::Any, |at| self.kind_at(at))
    }

    fn float_var(&mut self, place: usize) -> Done<Var> {
        if self.floats.vars.len() <= place {
            self.floats.vars.resize(place + 1, None)?;
        }
        if let Some(var) = self.floats.vars[place] {
            return Ok(var);
        }
        let var = self.b.var(Type::F64, Qstr::NONE)?;
        self.floats.vars[place] = Some(var);
        Ok(var)
    }

    fn object_var(&self, place: usize) -> Done<Var> {
        let var = match place.checked_sub(self.n_locals()) {
            Some(depth) => self.stack.get(depth),
            None => self.locals.get(place),
        };
        var.copied().ok_or(LowerError::BadCode)
    }

    /// The value of a place, an object or a number.
    fn read_place(&mut self, place: usize) -> Done<Vreg> {
        let kind = self.kind_at(place);
        let var = match kind {
            Kind::Float => self.float_var(place)?,
            _ => self.object_var(place)?,
        };
        let value = self.b.read_local(var)?;
        if kind == Kind::Small && !self.facts(value).is_small {
            self.note(value, SMALL)?;
        }
        Ok(value)
    }

    /// Writes an object or a number to a place.
    fn write_place(&mut self, place: usize, value: Vreg) -> Done {
        let kind = match self.b.ty(value) {
            Type::F64 => Kind::Float,
            _ if self.facts(value).is_small => Kind::Small,
            _ => Kind::Any,
        };
        let var = match kind {
            Kind::Float => self.float_var(place)?,
            _ => self.object_var(place)?,
        };
        if let Some(numeric) = &mut self.numeric
            && let Some(known) = numeric.kinds.get_mut(place)
        {
            *known = kind;
        }
        Ok(self.b.write_local(var, value)?)
    }

    /// A value of the stack, an object or a number.
    pub(super) fn read_stack(&mut self, at: u32) -> Done<Vreg> {
        let place = self.n_locals() + at as usize;
        self.read_place(place)
    }

    /// The same of a local.
    pub(super) fn read_local(&mut self, local: ferlance_bytecode::op::Local) -> Done<Vreg> {
        match self.is_numeric() {
            true => self.read_place(local.index()),
            false => {
                let var = self.local(local)?;
                Ok(self.b.read_local(var)?)
            }
        }
    }

    pub(super) fn write_stack(&mut self, at: u32, value: Vreg) -> Done {
        let place = self.n_locals() + at as usize;
        self.write_place(place, value)
    }

    pub(super) fn write_local(&mut self, local: ferlance_bytecode::op::Local, value: Vreg) -> Done {
        let var = self.local(local)?;
        if !self.is_numeric() {
            return Ok(self.b.write_local(var, value)?);
        }
        self.write_place(local.index(), value)
    }

    /// A float as an object; what is one already stays.
    pub(super) fn object(&mut self, value: Vreg) -> Done<Vreg> {
        match self.b.ty(value) {
            _ if !IS_HERE => Ok(value),
            Type::F64 => Ok(self.b.call(Fun::ObjNewFloatFromD, &[value])?),
            _ => Ok(value),
        }
    }

    // Floats in memory: registers do not survive calls, and a value that a rare call finds in one would be kept in
    // memory everywhere.

    fn float_area(&mut self, words: u32) -> Done<Slot> {
        self.floats.words = self.floats.words.max(words);
        if let Some(area) = self.floats.area {
            return Ok(area);
        }
        let area = self.b.slot(1)?;
        self.floats.area = Some(area);
        Ok(area)
    }

    /// The memory that the function needs for floats.
    pub(super) fn float_slot(&self) -> Option<(Slot, u32)> {
        self.floats.area.map(|area| (area, self.floats.words))
    }

    fn put_floats(&mut self, places: &[usize]) -> Done<Aside> {
        let mut aside = TryVec::with_capacity(places.len())?;
        let area = self.float_area(places.len() as u32)?;
        for (at, place) in places.iter().enumerate() {
            let var = self.float_var(*place)?;
            let value = self.b.read_local(var)?;
            let offset = at as i64 * self.word();
            self.b.slot_store(area, offset, value)?;
            aside.push((*place, offset))?;
        }
        Ok(aside)
    }

    fn take_float(&mut self, offset: i64) -> Done<Vreg> {
        let area = self.float_area(0)?;
        Ok(self.b.slot_load(Type::F64, area, offset)?)
    }

    /// Places of live floats.
    fn live_floats(&self, live: u64, depth: u32) -> Done<TryVec<usize>> {
        let places = (0..self.n_locals() + depth as usize)
            .filter(|place| *place >= self.n_locals() || live & bit(*place) != 0)
            .filter(|place| self.kind_at(*place) == Kind::Float);
        Ok(TryVec::from_items(places)?)
    }

    fn live_before(&self, at: usize) -> u64 {
        let live = self.live.as_ref().and_then(|live| live.get(at));
        live.copied().unwrap_or(u64::MAX)
    }

    /// Does something with calls that is rarely done: floats are in memory meanwhile.
    pub(super) fn aside<T>(&mut self, call: impl FnOnce(&mut Self) -> Done<T>) -> Done<T> {
        let live = match &self.numeric {
            Some(numeric) if IS_HERE => self.live_before(numeric.at as usize),
            _ => return call(self),
        };
        let places = self.live_floats(live, self.depth)?;
        if places.is_empty() {
            return call(self);
        }
        let aside = self.put_floats(&places)?;
        let result = call(self)?;
        for (place, offset) in &aside {
            let value = self.take_float(*offset)?;
            let var = self.float_var(*place)?;
            self.b.write_local(var, value)?;
        }
        Ok(result)
    }

    // Escapes.

    /// The op at hand begins: `keeps` if it does nothing that could not be done again.
    pub(super) fn begin_op(&mut self, keeps: bool) {
        let (at, depth) = (self.at, self.depth);
        if let Some(numeric) = &mut self.numeric {
            (numeric.at, numeric.depth) = (at, depth);
            if !keeps {
                numeric.escape = None;
            }
        }
    }

    /// What is done from here on must not be done again.
    pub(super) fn end_escape(&mut self) {
        if let Some(numeric) = &mut self.numeric {
            numeric.escape = None;
        }
    }

    /// Where to go if the op at hand is not one for the numeric copy. Nothing has been written yet.
    pub(super) fn escape(&mut self) -> Done<Block> {
        let Some(numeric) = &self.numeric else {
            return Err(LowerError::BadCode);
        };
        if let Some(escape) = numeric.escape {
            return Ok(escape);
        }
        let (at, depth) = (numeric.at, numeric.depth);
        let known = numeric.resumes.iter().find(|resume| resume.at == at);
        let known = known.map(|resume| resume.block);
        let block = match known {
            Some(block) => block,
            None => self.b.cold_block()?,
        };
        let escape = self.leave_to(block, self.live_before(at as usize), depth)?;
        let resume = Resume {
            at,
            depth,
            iter: self.iter,
            block,
        };
        if let Some(numeric) = &mut self.numeric {
            numeric.escape = Some(escape);
            if known.is_none() {
                numeric.resumes.push(resume)?;
            }
        }
        Ok(escape)
    }

    /// Iterators over ranges in the first `depth` places of the stack: the depth of each, and its next value.
    fn ranges(&mut self, depth: u32) -> Done<TryVec<(u32, Vreg)>> {
        let mut ranges = TryVec::new();
        for at in 0..depth {
            if self.kind_at(self.n_locals() + at as usize) == Kind::Range {
                ranges.push((at, self.read_stack(at + layout::ITER_SEQ as u32)?))?;
            }
        }
        Ok(ranges)
    }

    /// Puts the next value of an iterator over a range into its memory.
    fn put_range(&mut self, depth: u32, next: Vreg) -> Done {
        let address = self.iter_address(depth)?;
        let offset = layout::ITER_SEQ as i64 * self.word();
        Ok(self.b.store(Width::Word, address, offset, next)?)
    }

    /// Goes to `other` unless the iterator at `depth` is over a range that rises; gives next value, end and step.
    fn require_range(&mut self, depth: u32, other: Block) -> Done<[Vreg; 3]> {
        let address = self.iter_address(depth)?;
        let kind = self.b.load(Type::Word, Width::Word, address, 0)?;
        self.require(Cond::Eq, kind, layout::ITER_RANGE as i64, other)?;
        let mut words = [kind; 3];
        for (word, at) in
            words
                .iter_mut()
                .zip([layout::ITER_SEQ, layout::ITER_STOP, layout::ITER_STEP])
        {
            let offset = at as i64 * self.word();
            *word = self.b.load(Type::Obj, Width::Word, address, offset)?;
            self.note(*word, SMALL)?;
        }
        self.require(Cond::Gt, words[2], 1, other)?;
        Ok(words)
    }

    /// The next value of an iterator that [`Lowering::require_range`] has found to be over a range.
    pub(super) fn next_of_range(&mut self, depth: u32, to: Label) -> Done {
        let at = |word: usize| depth + word as u32;
        let next = self.read_stack(at(layout::ITER_SEQ))?;
        let stop = self.read_stack(at(layout::ITER_STOP))?;
        let step = self.read_stack(at(layout::ITER_STEP))?;
        let escape = self.escape()?;
        let way = self.way_to(to)?;
        let within = self.b.block()?;
        self.b
            .branch(Cond::Lt, next, stop, (within, &[]), (way.0, &[]))?;
        self.finish_way(way, to)?;
        self.b.enter(within)?;
        let by = self.b.sub(step, 1)?;
        let behind = self
            .b
            .checked(Overflow::Add, Type::Obj, next, by, (escape, &[]))?;
        self.note(behind, SMALL)?;
        self.write_stack(at(layout::ITER_SEQ), behind)?;
        self.push(next)
    }

    /// Is the iterator at `depth` known to be over a range?
    pub(super) fn is_range(&self, depth: u32) -> bool {
        self.is_numeric() && self.kind_at(self.n_locals() + depth as usize) == Kind::Range
    }

    /// A block that goes to `to` in the rare copy with the values of now: live locals, `depth` places of the stack.
    fn leave_to(&mut self, to: Block, live: u64, depth: u32) -> Done<Block> {
        let ranges = self.ranges(depth)?;
        let mut objects = TryVec::new();
        let floats = self.live_floats(live, depth)?;
        for place in 0..self.n_locals() + depth as usize {
            let is_live = place >= self.n_locals() || live & bit(place) != 0;
            if is_live && self.kind_at(place) != Kind::Float {
                let var = self.object_var(place)?;
                objects.push((var, self.b.read_local(var)?))?;
            }
        }
        let mut numbers = TryVec::new();
        for place in &floats {
            let var = self.float_var(*place)?;
            numbers.push(self.b.read_local(var)?)?;
        }
        let current = self.b.current();
        let block = self.b.cold_block()?;
        self.b.switch_to(block);
        for (depth, next) in ranges {
            self.put_range(depth, next)?;
        }
        for (var, value) in objects {
            self.b.write_local(var, value)?;
        }
        if let ([place], [number]) = (floats.as_slice(), numbers.as_slice()) {
            let object = self.object(*number)?;
            let var = self.object_var(*place)?;
            self.b.write_local(var, object)?;
        } else {
            let area = self.float_area(floats.len() as u32)?;
            for (at, number) in numbers.iter().enumerate() {
                self.b.slot_store(area, at as i64 * self.word(), *number)?;
            }
            for (at, place) in floats.iter().enumerate() {
                let number = self.take_float(at as i64 * self.word())?;
                let object = self.object(number)?;
                let var = self.object_var(*place)?;
                self.b.write_local(var, object)?;
            }
        }
        self.b.jump(to, &[])?;
        self.b.switch_to(current);
        Ok(block)
    }

    /// Where an escape arrives before op `at` of the rare copy.
    pub(super) fn resume_at(&mut self, at: usize, alive: bool) -> Done<bool> {
        if !IS_HERE {
            return Ok(alive);
        }
        let found = self.resumes.iter().find(|resume| resume.at as usize == at);
        let Some(resume) = found.copied() else {
            return Ok(alive);
        };
        if alive {
            self.b.jump(resume.block, &[])?;
        }
        (self.depth, self.block, self.iter) = (resume.depth, None, resume.iter);
        self.b.enter(resume.block)?;
        Ok(true)
    }

    // Ways from one place in the code to another.

    /// What is wanted of each place at a label.
    fn wanted(&self, to: Label) -> Done<TryVec<Kind>> {
        let Some(numeric) = &self.numeric else {
            return Ok(TryVec::new());
        };
        let depth = self.flow.state(to).ok_or(LowerError::BadCode)?.depth;
        let at = self.flow.label_at[to.index()] as usize;
        if (numeric.region.from..numeric.region.to).contains(&at) {
            return Ok(match &numeric.region.states[to.index()] {
                Some(state) => state.try_clone()?,
                None => self.objects_at(at, depth)?,
            });
        }
        self.objects_at(at, depth)
    }

    /// Objects wherever there is something that somebody will want.
    fn objects_at(&self, at: usize, depth: u32) -> Done<TryVec<Kind>> {
        let live = self.live_before(at);
        let mut wanted = TryVec::filled(Kind::Any, self.n_locals() + depth as usize)?;
        for (local, kind) in wanted.iter_mut().enumerate().take(self.n_locals()) {
            if live & bit(local) == 0 {
                *kind = Kind::None;
            }
        }
        Ok(wanted)
    }

    /// Must anything be done on the way to a label?
    pub(super) fn needs_settling(&self, to: Label) -> Done<bool> {
        if !self.is_numeric() {
            return Ok(false);
        }
        let wanted = self.wanted(to)?;
        let needs = |(place, wanted): (usize, &Kind)| needs(self.kind_at(place), *wanted);
        Ok(wanted.iter().enumerate().any(needs))
    }

    /// Brings values into the kinds that a label wants; if they are others, goes on in the rare copy.
    pub(super) fn settle(&mut self, to: Label) -> Done {
        if !self.is_numeric() {
            return Ok(());
        }
        let wanted = self.wanted(to)?;
        self.settle_as(&wanted, Some(to))
    }

    fn settle_as(&mut self, wanted: &[Kind], to: Option<Label>) -> Done {
        let (mut tested, mut boxed, mut kept) = (TryVec::new(), TryVec::new(), TryVec::new());
        for (place, wanted) in wanted.iter().enumerate() {
            let kind = self.kind_at(place);
            match (kind, wanted) {
                (Kind::Float, Kind::Float) => kept.push(place)?,
                (Kind::Float, Kind::Any | Kind::Small) => boxed.push(place)?,
                _ => {}
            }
            if *wanted != Kind::Any && needs(kind, *wanted) {
                tested.push((place, *wanted))?;
            }
        }
        let rare = match (tested.is_empty(), to) {
            (false, Some(to)) => {
                let at = self.flow.label_at[to.index()] as usize;
                let depth = self.flow.state(to).ok_or(LowerError::BadCode)?.depth;
                let numeric = self.numeric.as_ref().ok_or(LowerError::BadCode)?;
                let block = numeric.rare.get(to.index()).copied().flatten();
                let block = block.ok_or(LowerError::BadCode)?;
                Some(self.leave_to(block, self.live_before(at), depth)?)
            }
            _ => None,
        };
        self.box_places(&boxed, &kept)?;
        for (depth, next) in self.ranges((wanted.len() - self.n_locals()) as u32)? {
            if wanted[self.n_locals() + depth as usize] != Kind::Range {
                self.put_range(depth, next)?;
            }
        }
        let mut found = TryVec::new();
        if let Some(rare) = rare {
            let mut done = 0;
            for (place, wanted) in tested {
                if place < done {
                    continue;
                }
                if wanted == Kind::Range {
                    let depth = (place - self.n_locals()) as u32;
                    for (at, word) in self.require_range(depth, rare)?.into_iter().enumerate() {
                        found.push((place + 1 + at, Kind::Range, word))?;
                    }
                    done = place + ITER_SLOTS as usize;
                    continue;
                }
                let var = self.object_var(place)?;
                let value = self.b.read_local(var)?;
                match wanted {
                    Kind::Float => self.require_float(value, rare)?,
                    _ => self.require(Cond::TestNonZero, value, SMALL_TAG, rare)?,
                }
                found.push((place, wanted, value))?;
            }
        }
        for (place, wanted, value) in found {
            let known = match wanted {
                Kind::Float => self.float_value(value)?,
                Kind::Range => value,
                _ => self.b.copy(Type::Obj, value)?,
            };
            let var = match wanted {
                Kind::Float => self.float_var(place)?,
                _ => self.object_var(place)?,
            };
            self.b.write_local(var, known)?;
        }
        Ok(())
    }

    /// Makes objects of the floats in `places`; those in `kept` stay numbers.
    fn box_places(&mut self, places: &[usize], kept: &[usize]) -> Done {
        if let ([place], []) = (places, kept) {
            let var = self.float_var(*place)?;
            let value = self.b.read_local(var)?;
            let object = self.object(value)?;
            let var = self.object_var(*place)?;
            return Ok(self.b.write_local(var, object)?);
        }
        if places.is_empty() {
            return Ok(());
        }
        let all = TryVec::from_items(places.iter().chain(kept).copied())?;
        let aside = self.put_floats(&all)?;
        let (boxed, kept) = aside.split_at(places.len());
        for (place, offset) in boxed {
            let value = self.take_float(*offset)?;
            let object = self.object(value)?;
            let var = self.object_var(*place)?;
            self.b.write_local(var, object)?;
        }
        for (place, offset) in kept {
            let value = self.take_float(*offset)?;
            let var = self.float_var(*place)?;
            self.b.write_local(var, value)?;
        }
        Ok(())
    }

    /// Goes to `other` unless `value` is a float; null is none.
    fn require_float(&mut self, value: Vreg, other: Block) -> Done {
        self.require(Cond::TestZero, value, TAG_BITS, other)?;
        self.require_float_pointer(value, other)
    }

    /// Goes to `other` unless the object at `value` is a float.
    fn require_float_pointer(&mut self, value: Vreg, other: Block) -> Done {
        let float = self
            .b
            .number(Op::FunTableWord, Type::Word, Fun::TypeFloat.slot() as i64)?;
        let ty = self.b.load(Type::Word, Width::Word, value, 0)?;
        let go_on = self.b.block()?;
        self.b
            .branch(Cond::Eq, ty, float, (go_on, &[]), (other, &[]))?;
        Ok(self.b.enter(go_on)?)
    }

    /// The number in a float.
    pub(super) fn float_value(&mut self, value: Vreg) -> Done<Vreg> {
        let offset = layout::FLOAT_VALUE as i64 * self.word();
        Ok(self.b.load(Type::F64, Width::F64, value, offset)?)
    }

    /// A value as a float; what is no number goes to `other`.
    pub(super) fn number(&mut self, value: Vreg, other: Option<Block>) -> Done<Vreg> {
        if self.b.ty(value) == Type::F64 {
            return Ok(value);
        }
        let facts = self.facts(value);
        if let Some(value) = facts.value {
            return self.float_const((value as f64).to_bits() as i64);
        }
        if facts.is_small {
            return self.float_of_small(value);
        }
        let other = other.ok_or(LowerError::BadCode)?;
        let (small, object) = (self.b.block()?, self.b.block()?);
        let join = self.b.block()?;
        let number = self.b.param(join, Type::F64)?;
        self.b.branch(
            Cond::TestNonZero,
            value,
            SMALL_TAG,
            (small, &[]),
            (object, &[]),
        )?;
        self.b.enter(small)?;
        let converted = self.float_of_small(value)?;
        self.b.jump(join, &[converted])?;
        self.b.enter(object)?;
        self.require_float(value, other)?;
        let loaded = self.float_value(value)?;
        self.b.jump(join, &[loaded])?;
        self.b.enter(join)?;
        Ok(number)
    }

    fn float_of_small(&mut self, value: Vreg) -> Done<Vreg> {
        let word = self.b.binary(Op::Sar, value, 1)?;
        Ok(self.b.unary(Op::FloatOfInt, Type::F64, word)?)
    }

    /// A float known now.
    pub(super) fn float_const(&mut self, bits: i64) -> Done<Vreg> {
        let value = self.b.float(Type::F64, bits)?;
        let facts = Facts {
            value: Some(bits),
            ..Facts::default()
        };
        self.note(value, facts)?;
        Ok(value)
    }

    // The loop.

    /// Is an op one of those of [`Region::steps`]?
    pub(super) fn is_step(&self) -> bool {
        self.numeric
            .as_ref()
            .is_some_and(|numeric| numeric.region.steps.contains(self.at as usize))
    }

    /// What is known at a label that the numeric copy has come to.
    pub(super) fn begin_label(&mut self, label: Label) {
        if let Some(numeric) = &mut self.numeric {
            numeric.escape = None;
            let state = numeric.region.states.get(label.index());
            let state = state.and_then(Option::as_ref);
            for (place, kind) in numeric.kinds.iter_mut().enumerate() {
                let known = state.and_then(|state| state.get(place));
                *kind = known.copied().unwrap_or(Kind::Any);
            }
        }
    }

    /// Lowers the loop that begins at op `at` twice, if it gains by that: gives the op behind it, and whether control
    /// comes there.
    pub(super) fn numeric_loop(&mut self, at: usize) -> Done<Option<(usize, bool)>> {
        let is_fit = IS_HERE && self.has_floats() && self.numeric.is_none() && !self.is_copied;
        if !is_fit || matches!(self.frame, Frame::Generator { .. }) {
            return Ok(None);
        }
        let Some(bounds) = kinds::bounds(self.code, &self.flow, at) else {
            return Ok(None);
        };
        let (from, to, entry) = bounds;
        let is_counted = pattern(self.code, &self.flow, at).is_some();
        let is_fit =
            to - from <= MAX_OPS && kinds::may_be_worth_it(&self.code.ops()[from..to], is_counted);
        if !is_fit || !self.find_live()? {
            return Ok(None);
        }
        let (before, expected) = self.kinds_before(entry)?;
        let mut unsure = 0;
        for op in self.unbound.iter() {
            if let Some(Bytecode::LoadFast(local) | Bytecode::DeleteFast(local)) =
                self.code.ops().get(op)
            {
                unsure |= bit(local.index());
            }
        }
        let scene = Scene {
            code: self.code,
            flow: &self.flow,
            live: self.live.as_deref().unwrap_or_default(),
            consts: self.tables.consts.consts(),
            unsure,
        };
        match scene.analyse(bounds, &expected)? {
            Some(region) => self.lower_twice(region, before).map(Some),
            None => Ok(None),
        }
    }

    /// Finds out which locals are live, once; says whether that is known.
    fn find_live(&mut self) -> Done<bool> {
        if !self.is_live_found {
            self.is_live_found = true;
            self.live = kinds::live_locals(self.code, &self.flow)?;
        }
        Ok(self.live.is_some())
    }

    /// What is known of each place before the loop that is entered at `entry`, and what is expected.
    fn kinds_before(&mut self, entry: Label) -> Done<(TryVec<Kind>, TryVec<Kind>)> {
        let at = self.flow.label_at[entry.index()] as usize;
        let live = self.live_before(at);
        let n = self.n_locals() + self.flow.max_depth as usize;
        let mut kinds = TryVec::filled(Kind::Any, n)?;
        let mut expected = TryVec::filled(Kind::Any, n)?;
        for place in 0..n {
            let is_there = match place.checked_sub(self.n_locals()) {
                Some(depth) => depth < self.depth as usize,
                None => live & bit(place) != 0,
            };
            if is_there {
                let var = self.object_var(place)?;
                let value = self.b.read_local(var)?;
                let facts = self.facts(value);
                if facts.is_small {
                    (kinds[place], expected[place]) = (Kind::Small, Kind::Small);
                } else if facts.is_likely_float {
                    expected[place] = Kind::Float;
                }
            }
        }
        Ok((kinds, expected))
    }

    fn lower_twice(&mut self, region: Region, before: TryVec<Kind>) -> Done<(usize, bool)> {
        let (from, to, entry) = (region.from, region.to, region.entry);
        let labels = self.label_blocks.try_clone()?;
        let mut rare: TryVec<Option<Block>> = TryVec::new();
        rare.resize_with(labels.len(), || None)?;
        for op in &self.code.ops()[from..to] {
            if let Bytecode::Label(label) = op
                && labels[label.index()].is_some()
            {
                rare[label.index()] = labels[label.index()];
                self.label_blocks[label.index()] = Some(self.b.block()?);
            }
        }
        let exit = self.b.block()?;
        let start = (self.depth, self.block, self.iter);
        let line = self.b.told_line();
        let mut end = None;

        self.copies += 1;
        self.numeric = Some(Numeric {
            region,
            kinds: before,
            rare: rare.try_clone()?,
            resumes: TryVec::new(),
            escape: None,
            at: from as u32,
            depth: self.depth,
        });
        self.at = (from as u32).saturating_sub(1);
        self.go_to(entry)?;
        if self.ops_between(from, to, false)? {
            let wanted = self.objects_at(to, self.depth)?;
            self.settle_as(&wanted, None)?;
            self.b.jump(exit, &[])?;
            end = Some((self.depth, self.block, self.iter));
        }
        self.copies += 1;

        let numeric = self.numeric.take().ok_or(LowerError::BadCode)?;
        let is_reached = |block: &Block| self.b.is_reached(*block);
        if !numeric.resumes.is_empty() || rare.iter().flatten().any(is_reached) {
            let first = self.b.func().blocks.len();
            for (label, block) in rare.iter().enumerate() {
                if let Some(block) = block {
                    self.label_blocks[label] = Some(*block);
                    self.b.set_cold(*block);
                }
            }
            self.resumes = numeric.resumes;
            (self.depth, self.block, self.iter) = start;
            self.b.set_told_line(line);
            self.is_copied = true;
            if self.ops_between(from, to, false)? {
                self.b.jump(exit, &[])?;
                end = Some((self.depth, self.block, self.iter));
            }
            self.is_copied = false;
            self.resumes = TryVec::new();
            for at in first..self.b.func().blocks.len() {
                self.b.set_cold(Block::from_index(at));
            }
            self.copies += 1;
        }
        self.label_blocks = labels;
        if let Some(end) = end {
            (self.depth, self.block, self.iter) = end;
            self.b.enter(exit)?;
        }
        Ok((to, end.is_some()))
    }
}

/// Boards do without: a compiler that runs where words have 32 bits has none of this.
pub(super) const IS_HERE: bool = cfg!(target_pointer_width = "64");

/// Must a value of one kind be tested or changed to be of the other?
fn needs(kind: Kind, wanted: Kind) -> bool {
    match wanted {
        Kind::None => false,
        Kind::Any => matches!(kind, Kind::Float | Kind::Range),
        wanted => kind != wanted,
    }
}

const SMALL_TAG: i64 = obj_word::SMALL_INT_TAG as i64;
/// None of these bits is set in a pointer.
const TAG_BITS: i64 = 3;
const _: () = assert!(layout::ITER_SEQ == 1 && layout::ITER_STOP == 2 && layout::ITER_STEP == 3);
