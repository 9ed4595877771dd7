//! Bytecode to NIR for `@native`: the same answers as the bytecode machine, always.
//!
//! The code is walked once, op by op. Locals and stack places are variables of the [`Builder`], so a push and a pop
//! cost nothing and block parameters appear where values meet. What bytecode does by looking at run time is known
//! here: stack depth, exception blocks, which of them are running (see `flow`).
//!
//! ```text
//! flow      depth, blocks and iterators at each label          arith    operators, fast paths for small ints
//! bound     which locals may be unbound                        calls    calls, arguments, functions, classes
//! prologue  how a function or a resumed generator starts       control  jumps, truth, loops; counted: `range`
//! cached    names and attributes with inline caches     area     arguments in memory
//! except    try, with, raise, leaving through finally          generator  yield, yield from
//! kinds     what loops do with numbers                         numeric   copies of loops for numbers
//! items     items of lists, bytearrays and arrays                builtins  built-in functions by name
//! containers  what has the items that a loop wants, for any firmware
//! pieces    the same piece by piece, where memory is scarce
//! midway    a second way in, for what bytecode has begun
//! ```
mod area;
mod arith;
mod bound;
mod builtins;
mod cached;
mod calls;
mod containers;
mod control;
mod counted;
mod env;
mod except;
mod flow;
mod generator;
mod halves;
mod items;
mod kinds;
mod midway;
mod numeric;
mod pieces;
mod prologue;
#[cfg(test)]
mod tests;

use ferlance_abi::fun_table::Fun;
use ferlance_abi::qstr::Pool;
use ferlance_abi::{Arch, Qstr, ScopeFlags, obj_word};
use ferlance_bytecode::bytes::Bytes;
use ferlance_bytecode::code::Code;
use ferlance_bytecode::module::{Const, Seen};
use ferlance_bytecode::op::{Comp, CompKind, ConstId, Op};
use ferlance_bytecode::tables::{ConstTable, NameTable};
use ferlance_collections::{BitSet, TryVec};

pub(crate) use cached::POINTER_BITS;
pub use env::{expand_env, lower_env};
pub use flow::LowerError;
pub use midway::Midway;
pub use pieces::Sink;

use self::flow::{BlockId, Flow, IterId};
use self::pieces::{Homes, Pieces};
use crate::nir::{Block, Builder, Cond, Entry, Func, Kept, Slot, Type, Var, Vreg, Width};
use crate::target::{Host, SCARCE_MEMORY, Target};

/// The tables of a module in the making, which lowering adds to.
pub struct Tables<'a> {
    /// Texts of names.
    pub pool: &'a Pool,
    /// The qstr table.
    pub names: &'a mut NameTable,
    /// The object table.
    pub consts: &'a mut ConstTable,
}

/// A function lowered.
#[derive(Debug)]
pub struct Lowered {
    /// The function.
    pub func: Func,
    /// Value slots of its code state, for the prelude: more or fewer than those of bytecode.
    pub n_state: u32,
}

/// What is known of a function beyond its code.
#[derive(Debug, Clone, Copy, Default)]
pub struct Hints<'a> {
    /// A second way in.
    pub midway: Option<Midway>,
    /// What its first locals most likely are.
    pub seen: &'a [Seen],
}

/// Lowers `code` for `@native`.
pub fn lower(
    code: &Code,
    target: &Target,
    tables: &mut Tables<'_>,
    hints: Hints<'_>,
) -> Result<Lowered, LowerError> {
    let mut lowering = lowering(code, target, tables, None, hints)?;
    lowering.ops()?;
    if lowering.arrival.is_some() {
        return Err(LowerError::BadCode);
    }
    lowering.fill_raise_blocks()?;
    lowering.finish()
}

/// Lowers `code` for `@native` piece by piece; gives [`Lowered::n_state`]. The target wants short code.
pub fn lower_in_pieces(
    code: &Code,
    target: &Target,
    tables: &mut Tables<'_>,
    sink: &mut dyn Sink,
) -> Result<u32, LowerError> {
    let mut lowering = lowering(code, target, tables, Some(sink), Hints::default())?;
    lowering.ops()?;
    lowering.end_piece(u32::MAX)?;
    match lowering.args_words > pieces::most_args(&lowering.flow) {
        // Nothing wants so many.
        true => Err(LowerError::BadCode),
        false => Ok(lowering.frame.n_state()),
    }
}

/// Everything up to the first op.
fn lowering<'a, 't>(
    code: &'a Code,
    target: &'a Target,
    tables: &'a mut Tables<'t>,
    sink: Option<&'a mut dyn Sink>,
    hints: Hints<'a>,
) -> Result<Lowering<'a, 't>, LowerError> {
    let flow = Flow::new(code)?;
    let unbound = bound::may_be_unbound(code, &flow)?;
    let entry = if code.flags.has(ScopeFlags::GENERATOR) {
        Entry::Resume
    } else {
        Entry::Function
    };
    let (mut b, params) = Builder::new(code.name, entry)?;
    if !SCARCE_MEMORY {
        let blocks = code.ops().len() + 8;
        b.reserve(blocks, 4 * blocks)?;
    }
    let mut locals = TryVec::new();
    for at in 0..flow.n_locals as usize {
        let name = code.local_names.get(at).or(code.param_names.get(at));
        locals.push(b.var(Type::Obj, name.copied().unwrap_or(Qstr::NONE))?)?;
    }
    let mut stack = TryVec::new();
    for _ in 0..flow.max_depth {
        stack.push(b.var(Type::Obj, Qstr::NONE)?)?;
    }
    let mut label_blocks = TryVec::new();
    let labels: &[_] = match sink {
        Some(_) => &[],
        None => &flow.at_label,
    };
    for state in labels {
        label_blocks.push(match state {
            Some(_) => Some(b.block()?),
            None => None,
        })?;
    }
    let mut block_vars = TryVec::new();
    for _ in flow.blocks.indices() {
        block_vars.push(BlockVars {
            exception: b.var(Type::Obj, Qstr::NONE)?,
            data: b.var(Type::Obj, Qstr::NONE)?,
        })?;
    }
    let args = b.slot(match sink {
        Some(_) => pieces::most_args(&flow),
        None => 1,
    })?;
    let mut pieces = match sink {
        Some(sink) => Some(Pieces::new(sink, code, &flow, &mut b, target)?),
        None => None,
    };
    let mut none = Homes::none();
    let homes = pieces
        .as_mut()
        .map_or(&mut none, |pieces| &mut pieces.homes);
    let frame = prologue::frame(code, &flow, &mut b, &params, homes)?;
    let mut lowering = Lowering {
        code,
        target,
        tables,
        homed: homed_locals(code, &flow, pieces.is_some())?,
        loops: flow.ops_in_loops(code)?,
        runs_once: code.ops().iter().any(|op| matches!(op, Op::StoreName(_))),
        unbound,
        frame,
        b,
        at: 0,
        depth: 0,
        block: None,
        iter: None,
        locals,
        stack,
        label_blocks,
        block_vars,
        args,
        args_words: 1,
        iter_slots: TryVec::new(),
        nlr_slots: TryVec::new(),
        raises: TryVec::new(),
        counting: TryVec::new(),
        is_copied: false,
        copies: 0,
        facts: TryVec::new(),
        flow,
        cells: TryVec::new(),
        cells_base: None,
        globals: None,
        no_value: None,
        attention: None,
        position: None,
        live: None,
        is_live_found: false,
        seen: hints.seen,
        numeric: None,
        floats_likely: false,
        halves: 0,
        floats: numeric::Floats::default(),
        resumes: TryVec::new(),
        arrival: None,
        containers: containers::Containers::default(),
        pieces,
    };
    lowering.floats_likely = lowering.computes_floats();
    lowering.settle_frame()?;
    lowering.cached_prologue()?;
    if let Some(midway) = hints.midway {
        lowering.enter_midway(&params, midway)?;
    }
    lowering.prologue(&params)?;
    lowering.b.set_told_line(FIRST_LINE);
    lowering.end_prologue()?;
    Ok(lowering)
}

/// What is known of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Facts {
    /// The number of a small int constant; of a constant in a float register, its bits.
    value: Option<i64>,
    /// Certainly a small int.
    is_small: bool,
    /// Certainly True or False.
    is_bool: bool,
    /// Certainly null.
    is_null: bool,
    /// Most likely a float.
    is_likely_float: bool,
    /// Most likely a small int.
    is_likely_small: bool,
    /// Certainly a str that is a name.
    is_name: bool,
    /// Certainly a container with such items.
    items: Option<kinds::Items>,
    /// What a global name stands for unless the program has given it another meaning.
    builtin: Option<builtins::Builtin>,
}

/// What an exception block needs besides its place in the code.
#[derive(Clone, Copy)]
struct BlockVars {
    /// The exception being handled; null if its handler was reached in another way.
    exception: Var,
    /// The value of a return that its handler has interrupted.
    data: Var,
}

struct Lowering<'a, 't> {
    code: &'a Code,
    target: &'a Target,
    tables: &'a mut Tables<'t>,
    flow: Flow,
    unbound: BitSet,
    /// Ops in loops.
    loops: BitSet,
    /// Is it the code of a module or a class, which binds names?
    runs_once: bool,
    /// Locals that are kept in memory too, since a handler may want them.
    homed: BitSet,
    frame: prologue::Frame,
    b: Builder,
    /// The op at hand.
    at: u32,
    /// Stack depth before it, then while it is lowered.
    depth: u32,
    block: Option<BlockId>,
    iter: Option<IterId>,
    locals: TryVec<Var>,
    stack: TryVec<Var>,
    /// None in pieces, whose ways to labels are their own.
    label_blocks: TryVec<Option<Block>>,
    block_vars: TryVec<BlockVars>,
    /// Arguments of calls, items of displays, results by pointer: never in use for two things at once.
    args: Slot,
    args_words: u32,
    /// By stack depth: an iterator's memory.
    iter_slots: TryVec<Option<Slot>>,
    /// By nesting: the exception buffer.
    nlr_slots: TryVec<Slot>,
    /// Blocks that raise a fixed exception.
    raises: TryVec<(Option<BlockId>, Raising, Block)>,
    /// Loops around that count in small ints, the innermost last.
    counting: TryVec<counted::Counting>,
    /// Is this the rarely run copy of a loop?
    is_copied: bool,
    /// Changes when a copy of code begins or ends.
    copies: u32,
    /// By virtual register.
    facts: TryVec<Facts>,
    /// Names of the sites with caches.
    cells: TryVec<Qstr>,
    /// The address of the caches.
    cells_base: Option<Vreg>,
    /// The module's globals.
    globals: Option<Vreg>,
    /// While arguments are bound: null, where both ways of that have it.
    no_value: Option<Vreg>,
    /// The address of what loops look at.
    attention: Option<Kept>,
    /// The address of what the runtime is told.
    position: Option<Kept>,
    /// By op: live locals, if they have been found out.
    live: Option<TryVec<u64>>,
    is_live_found: bool,
    /// What the first locals most likely are.
    seen: &'a [Seen],
    /// The numeric copy of a loop that is being lowered.
    numeric: Option<numeric::Numeric>,
    /// Does the function look like one that computes with floats?
    floats_likely: bool,
    /// By stack depth: values in two halves, see [`halves`].
    halves: u64,
    floats: numeric::Floats,
    /// Where escapes arrive in the rare copy that is being lowered.
    resumes: TryVec<numeric::Resume>,
    /// Where a second way in is still to arrive.
    arrival: Option<midway::Arrival>,
    /// What has the items that the loop at hand wants.
    containers: containers::Containers,
    /// Where pieces go, if the function is not lowered at once.
    pieces: Option<Pieces<'a>>,
}

/// What blocks that raise the same have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Raising {
    complaint: Complaint,
    copy: u32,
    line: u32,
}

/// The line of ops before the first line mark, as bytecode has it.
const FIRST_LINE: u32 = 1;

/// An exception that bytecode raises by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Complaint {
    UnboundLocal,
    NothingToReraise,
}

type Done<T = ()> = Result<T, LowerError>;

/// May an op be done again, with what was before it? Operators say so themselves.
fn keeps_escape(op: &Op) -> bool {
    matches!(
        op,
        Op::Line(_)
            | Op::LoadFast(_)
            | Op::LoadConstSmallInt(_)
            | Op::LoadConstObj(_)
            | Op::DupTop
            | Op::DupTopTwo
            | Op::RotTwo
            | Op::RotThree
            | Op::Unary(_)
            | Op::Binary(_)
    )
}

/// Locals that change where a handler protects. Of the others, a handler sees the value from before its block.
fn homed_locals(code: &Code, flow: &Flow, in_pieces: bool) -> Result<BitSet, LowerError> {
    let mut homed = BitSet::with_limit(flow.n_locals as usize)?;
    if in_pieces || code.flags.has(ScopeFlags::GENERATOR) {
        for local in 0..flow.n_locals as usize {
            homed.insert(local)?;
        }
        return Ok(homed);
    }
    for block in flow.blocks.iter() {
        let same = |other: &&flow::BlockInfo| {
            other.handler == block.handler && other.set_up_at < block.handler_at
        };
        let starts = flow.blocks.iter().filter(same).map(|other| other.set_up_at);
        let Some(start) = starts.max() else {
            continue;
        };
        let start = start as usize;
        for op in &code.ops()[start..block.handler_at as usize] {
            if let Op::StoreFast(local) | Op::DeleteFast(local) = op {
                homed.insert(local.index())?;
            }
        }
    }
    Ok(homed)
}

impl Lowering<'_, '_> {
    fn word(&self) -> i64 {
        i64::from(self.target.word())
    }

    // Values.

    /// Pushes an object; in the numeric copy of a loop also a number.
    fn push(&mut self, value: Vreg) -> Done {
        if self.is_numeric() {
            self.depth += 1;
            return self.write_stack(self.depth - 1, value);
        }
        let var = *self
            .stack
            .get(self.depth as usize)
            .ok_or(LowerError::BadCode)?;
        self.depth += 1;
        Ok(self.b.write_local(var, value)?)
    }

    fn pop(&mut self) -> Done<Vreg> {
        let value = self.peek(0)?;
        self.depth -= 1;
        Ok(value)
    }

    /// As [`Lowering::pop`], but a number stays one.
    fn pop_value(&mut self) -> Done<Vreg> {
        let value = self.peek_value(0)?;
        self.depth -= 1;
        Ok(value)
    }

    /// The object `below` the top.
    fn peek(&mut self, below: u32) -> Done<Vreg> {
        let value = self.peek_value(below)?;
        self.object(value)
    }

    /// As [`Lowering::peek`], but a number stays one.
    fn peek_value(&mut self, below: u32) -> Done<Vreg> {
        let at = self
            .depth
            .checked_sub(below + 1)
            .ok_or(LowerError::BadCode)?;
        if self.is_numeric() {
            return self.read_stack(at);
        }
        let var = *self.stack.get(at as usize).ok_or(LowerError::BadCode)?;
        let value = self.b.read_local(var)?;
        if self.counts_at(at) && self.facts(value).value.is_none() {
            let facts = Facts {
                is_small: true,
                ..Facts::default()
            };
            self.note(value, facts)?;
        }
        Ok(value)
    }

    fn facts(&self, value: Vreg) -> Facts {
        self.facts.get(value.index()).copied().unwrap_or_default()
    }

    fn note(&mut self, value: Vreg, facts: Facts) -> Done {
        if self.facts.len() <= value.index() {
            self.facts.resize(value.index() + 1, Facts::default())?;
        }
        self.facts[value.index()] = facts;
        Ok(())
    }

    fn small_int(&mut self, value: i64) -> Done<Vreg> {
        let bits = self.target.word_bits() - 1;
        if !ferlance_abi::small_int::fits(value, bits) {
            return Err(LowerError::BadCode);
        }
        let vreg = self.b.constant(Type::Obj, value << 1 | 1)?;
        let facts = Facts {
            value: Some(value),
            is_small: true,
            ..Facts::default()
        };
        self.note(vreg, facts)?;
        Ok(vreg)
    }

    fn null(&mut self) -> Done<Vreg> {
        let null = self.b.constant(Type::Obj, obj_word::NULL as i64)?;
        let facts = Facts {
            is_null: true,
            ..Facts::default()
        };
        self.note(null, facts)?;
        Ok(null)
    }

    fn none(&mut self) -> Done<Vreg> {
        self.fixed(Fun::ConstNone)
    }

    fn fixed(&mut self, fun: Fun) -> Done<Vreg> {
        let word = match fun {
            Fun::ConstNone => Some(obj_word::NONE),
            Fun::ConstFalse => Some(obj_word::FALSE),
            Fun::ConstTrue => Some(obj_word::TRUE),
            _ => None,
        };
        let value = match word {
            // In this process the words are known.
            Some(word) if self.is_ours() => self.b.constant(Type::Obj, word as i64)?,
            _ => self
                .b
                .number(crate::nir::Op::FunTableWord, Type::Obj, fun.slot() as i64)?,
        };
        if matches!(fun, Fun::ConstTrue | Fun::ConstFalse) {
            let facts = Facts {
                is_bool: true,
                ..Facts::default()
            };
            self.note(value, facts)?;
        }
        Ok(value)
    }

    /// Is the code for the runtime of this process, whose names have the numbers that they have here?
    fn is_ours(&self) -> bool {
        self.target.host == Host::Ferlance
    }

    /// May the code be longer to be faster, in the ways that our own runtime gives?
    fn is_cached(&self) -> bool {
        self.is_ours() && !self.target.small && !self.is_seldom()
    }

    /// Does what is lowered here run seldom, or once? Then it takes longer to compile than it could save.
    fn is_seldom(&self) -> bool {
        self.is_copied || self.runs_once && !self.loops.contains(self.at as usize)
    }

    /// May code be longer where that makes it fast? Boards have no memory to compile it.
    fn has_room(&self) -> bool {
        numeric::IS_HERE && self.is_cached() && self.word() == 8
    }

    /// Is what is lowered here to be short rather than fast? On boards code is fast where it runs often, which is in
    /// loops.
    fn is_small(&self) -> bool {
        let often = self.is_ours() || self.loops.contains(self.at as usize);
        self.target.small || !often || self.is_seldom()
    }

    fn name(&mut self, name: Qstr) -> Done<Vreg> {
        if self.is_ours() {
            return self
                .b
                .word(i64::from(name.number()))
                .map_err(LowerError::from);
        }
        Ok(self
            .b
            .nullary(crate::nir::Op::QstrNumber(name), Type::Word)?)
    }

    fn const_obj(&mut self, id: ConstId) -> Done<Vreg> {
        let op = crate::nir::Op::ConstObj;
        Ok(self.b.number(op, Type::Obj, i64::from(id.0))?)
    }

    /// A text that only we know, as a str object.
    fn text(&mut self, text: &'static str) -> Done<Vreg> {
        let object = Const::Str(Bytes::Borrowed(text.as_bytes()));
        let id = self.tables.consts.index_of(object)?;
        self.const_obj(id)
    }

    /// Goes to `yes` or `no` by a C bool.
    fn branch_c_bool(&mut self, truth: Vreg, yes: Block, no: Block) -> Done {
        // Only the low byte is defined there.
        let (cond, imm) = match self.target.arch {
            Arch::X64 | Arch::X86 => (Cond::TestNonZero, 0xff),
            _ => (Cond::Ne, 0),
        };
        Ok(self.b.branch(cond, truth, imm, (yes, &[]), (no, &[]))?)
    }

    /// Puts values into the argument area and gives its address.
    fn area(&mut self, values: &[Vreg]) -> Done<Vreg> {
        let first = self.area_offset();
        for (at, value) in values.iter().enumerate() {
            let offset = first + at as i64 * self.word();
            self.b.slot_store(self.args, offset, *value)?;
        }
        self.area_of(values.len() as u32)
    }

    /// The address of the argument area, with room for so many words.
    fn area_of(&mut self, words: u32) -> Done<Vreg> {
        let first = self.area_offset();
        let before = (first / self.word()) as u32;
        self.args_words = self.args_words.max(before + words);
        Ok(self.b.slot_addr(self.args, first)?)
    }

    /// Where in the argument area the words of the op at hand begin: in short code each depth of the stack has its own.
    fn area_offset(&self) -> i64 {
        match self.target.small && self.pieces.is_none() {
            true => i64::from(self.depth) * self.word(),
            false => 0,
        }
    }

    /// Pops the top values, the deepest one first in the list.
    fn pop_many(&mut self, count: u32) -> Done<TryVec<Vreg>> {
        let mut values = TryVec::with_capacity(count as usize)?;
        for below in (0..count).rev() {
            values.push(self.peek(below)?)?;
        }
        self.depth -= count;
        Ok(values)
    }

    /// Word `at` of the argument area, after a call that fills it.
    fn area_word(&mut self, at: u32) -> Done<Vreg> {
        let offset = self.area_offset() + i64::from(at) * self.word();
        Ok(self.b.slot_load(Type::Obj, self.args, offset)?)
    }

    // Locals.

    fn local(&self, local: ferlance_bytecode::op::Local) -> Done<Var> {
        self.locals
            .get(local.index())
            .copied()
            .ok_or(LowerError::BadCode)
    }

    fn store_local(&mut self, local: ferlance_bytecode::op::Local, value: Vreg) -> Done {
        self.write_local(local, value)?;
        if self.homed.contains(local.index()) {
            self.store_home(local.0, value)?;
        }
        Ok(())
    }

    /// Goes on only if `value` is there.
    fn check_bound(&mut self, value: Vreg) -> Done {
        let raise = self.raise_block(Complaint::UnboundLocal)?;
        let go_on = self.b.block()?;
        self.b
            .branch(Cond::Eq, value, 0, (raise, &[]), (go_on, &[]))?;
        Ok(self.b.enter(go_on)?)
    }

    fn cell_value(&mut self, local: ferlance_bytecode::op::Local) -> Done<(Vreg, Vreg)> {
        let var = self.local(local)?;
        let cell = self.b.read_local(var)?;
        let offset = ferlance_abi::layout::CELL_VALUE as i64 * self.word();
        let value = self.b.load(Type::Obj, Width::Word, cell, offset)?;
        self.check_bound(value)?;
        Ok((cell, value))
    }

    fn store_cell(&mut self, cell: Vreg, value: Vreg) -> Done {
        let offset = ferlance_abi::layout::CELL_VALUE as i64 * self.word();
        Ok(self.b.store(Width::Word, cell, offset, value)?)
    }

    // The walk.

    fn ops(&mut self) -> Done {
        self.ops_between(0, self.code.ops().len(), true)?;
        Ok(())
    }

    /// Lowers ops; `alive` tells whether control comes to the first, the result whether it comes behind the last.
    fn ops_between(&mut self, from: usize, to: usize, mut alive: bool) -> Done<bool> {
        let ops = self.code.ops();
        let mut at = from;
        while let Some(op) = ops.get(at)
            && at < to
        {
            self.at = at as u32;
            alive = self.arrive_at(at, alive)?;
            if alive {
                self.learn_containers(at)?;
            }
            if let Op::Label(label) = *op {
                if alive && let Some((to, goes_on)) = self.numeric_loop(at)? {
                    (at, alive) = (to, goes_on);
                    continue;
                }
                if let Some(state) = self.flow.state(label) {
                    if alive {
                        // Still before the label: a handler that begins here protects so far.
                        self.at = self.at.saturating_sub(1);
                        self.go_to(label)?;
                        self.at = at as u32;
                    }
                    (self.depth, self.block, self.iter) = (state.depth, state.block, state.iter);
                    alive = self.begin_at(label)?;
                    self.begin_op(false);
                    self.begin_label(label);
                    if alive && self.flow.is_loop[label.index()] {
                        self.poll()?;
                    }
                } else {
                    alive = false;
                }
                at += 1;
                continue;
            }
            alive = self.resume_at(at, alive)?;
            if !alive {
                at += 1;
                continue;
            }
            self.end_long_piece(op)?;
            self.begin_op(keeps_escape(op) || self.is_known_load(op));
            if flow::is_pushed_iter(ops, at) {
                self.pushed_iter(at)?;
                at += 4;
                continue;
            }
            if flow::is_marker_rotation(ops, at) {
                self.rot_two()?;
                at += 2;
                continue;
            }
            if let Some((to, goes_on)) = self.numeric_loop(at)? {
                (at, alive) = (to, goes_on);
                continue;
            }
            if let Some(counted) = self.counted(at) {
                at = self.count(counted)?;
            } else {
                at += self.op(*op)?;
            }
            alive = !self.b.is_ended();
        }
        Ok(alive)
    }

    /// Goes on at a label; tells whether control comes there.
    fn begin_at(&mut self, label: ferlance_bytecode::op::Label) -> Done<bool> {
        if self.pieces.is_some() {
            return self.piece_at(label);
        }
        let block = self.label_block(label)?;
        let is_loop = self.flow.is_loop[label.index()];
        if !is_loop {
            self.b.seal_block(block)?;
        }
        self.b.switch_to(block);
        Ok(self.b.is_reached(block) || is_loop)
    }

    /// Lowers the op at hand; says how many ops that covered.
    fn op(&mut self, op: Op) -> Done<usize> {
        match op {
            Op::Label(_) => {}
            Op::Line(line) => self.b.line(line)?,
            Op::LoadConstString(name) => {
                let value = self.name_obj(name)?;
                if self.has_room() {
                    let facts = Facts {
                        is_name: true,
                        ..Facts::default()
                    };
                    self.note(value, facts)?;
                }
                self.push(value)?;
            }
            Op::LoadConstSmallInt(value) => {
                let value = self.small_int(self.code.int_value(value))?;
                self.push(value)?;
            }
            Op::LoadConstObj(id) => {
                let value = match self.float_number(id) {
                    Some(bits) => self.float_const(bits)?,
                    None => self.const_obj(id)?,
                };
                if self.is_float(id) {
                    self.note_likely_float(value)?;
                }
                self.push(value)?;
            }
            Op::LoadConstFalse => {
                let value = self.fixed(Fun::ConstFalse)?;
                self.push(value)?;
            }
            Op::LoadConstNone => {
                let value = self.none()?;
                self.push(value)?;
            }
            Op::LoadConstTrue => {
                let value = self.fixed(Fun::ConstTrue)?;
                self.push(value)?;
            }
            Op::LoadNull => {
                let value = self.null()?;
                self.push(value)?;
            }
            Op::LoadFast(local) => {
                let value = self.read_local(local)?;
                if self.unbound.contains(self.at as usize) && self.b.ty(value) == Type::Obj {
                    self.check_bound(value)?;
                }
                self.push(value)?;
            }
            Op::StoreFast(local) => {
                let value = self.pop_value()?;
                self.store_local(local, value)?;
            }
            Op::DeleteFast(local) => {
                if self.unbound.contains(self.at as usize) {
                    let value = self.read_local(local)?;
                    if self.b.ty(value) == Type::Obj {
                        self.check_bound(value)?;
                    }
                }
                let null = self.null()?;
                self.store_local(local, null)?;
            }
            Op::LoadDeref(local) => {
                let (_, value) = self.cell_value(local)?;
                self.push(value)?;
            }
            Op::StoreDeref(local) => {
                let value = self.pop()?;
                let var = self.local(local)?;
                let cell = self.b.read_local(var)?;
                self.store_cell(cell, value)?;
            }
            Op::DeleteDeref(local) => {
                let (cell, _) = self.cell_value(local)?;
                let null = self.null()?;
                self.store_cell(cell, null)?;
            }
            Op::LoadName(name) => self.load_named(Fun::LoadName, name)?,
            Op::LoadGlobal(name) => self.load_global(name)?,
            Op::StoreName(name) => self.store_named(Fun::StoreName, name)?,
            Op::StoreGlobal(name) => self.store_named(Fun::StoreGlobal, name)?,
            Op::DeleteName(name) => {
                let name = self.name(name)?;
                self.b.call_void(Fun::DeleteName, &[name])?;
            }
            Op::DeleteGlobal(name) => {
                let name = self.name(name)?;
                self.b.call_void(Fun::DeleteGlobal, &[name])?;
            }
            Op::LoadAttr(name) => {
                let base = self.pop()?;
                let value = self.load_attr(base, name)?;
                self.push(value)?;
            }
            Op::StoreAttr(name) => {
                let base = self.pop()?;
                let value = self.pop()?;
                self.store_attr(base, name, value)?;
            }
            Op::LoadMethod(name) => self.load_method(name)?,
            Op::LoadSuperMethod(name) => self.load_super_method(name)?,
            Op::ImportName(name) => {
                let fromlist = self.pop()?;
                let level = self.pop()?;
                let name = self.name(name)?;
                let value = self.b.call(Fun::ImportName, &[name, fromlist, level])?;
                self.push(value)?;
            }
            Op::ImportFrom(name) => {
                let module = self.peek(0)?;
                let name = self.name(name)?;
                let value = self.b.call(Fun::ImportFrom, &[module, name])?;
                self.push(value)?;
            }
            Op::ImportStar => {
                let module = self.pop()?;
                self.b.call_void(Fun::ImportAll, &[module])?;
            }
            Op::MakeFunction(child) => self.make_function(child, false)?,
            Op::MakeFunctionDefargs(child) => self.make_function(child, true)?,
            Op::MakeClosure(child, cells) => self.make_closure(child, cells, false)?,
            Op::MakeClosureDefargs(child, cells) => self.make_closure(child, cells, true)?,
            Op::LoadBuildClass => {
                let value = self.b.call(Fun::LoadBuildClass, &[])?;
                self.push(value)?;
            }
            Op::BuildTuple(count) => self.build(Fun::NewTuple, count)?,
            Op::BuildList(count) => self.build(Fun::NewList, count)?,
            Op::BuildSet(count) => self.build(Fun::NewSet, count)?,
            Op::BuildMap(count) => {
                let count = self.b.word(i64::from(count))?;
                let value = self.b.call(Fun::NewDict, &[count])?;
                self.push(value)?;
            }
            Op::BuildSlice(count) => {
                let step = match count {
                    3 => self.pop()?,
                    _ => self.none()?,
                };
                let stop = self.pop()?;
                let start = self.pop()?;
                let value = self.b.call(Fun::NewSlice, &[start, stop, step])?;
                self.push(value)?;
            }
            Op::StoreComp(comp) => self.store_comp(comp)?,
            Op::StoreMap => {
                let key = self.pop()?;
                let value = self.pop()?;
                let dict = self.peek(0)?;
                self.b.call_void(Fun::DictStore, &[dict, key, value])?;
            }
            Op::UnpackSequence(count) => {
                let sequence = self.pop()?;
                let n = self.b.word(i64::from(count))?;
                self.unpack(Fun::UnpackSequence, sequence, n, count)?;
            }
            Op::UnpackEx(counts) => {
                let sequence = self.pop()?;
                let n = self.b.word(i64::from(counts.0))?;
                let count = counts.left() + counts.right() + 1;
                self.unpack(Fun::UnpackEx, sequence, n, count)?;
            }
            Op::LoadSubscr => self.load_subscr()?,
            Op::StoreSubscr => self.store_subscr()?,
            Op::CallFunction(args) => self.call_function(args)?,
            Op::CallMethod(args) => self.call_method(args)?,
            Op::CallFunctionVarKw(args) => self.call_star(args, false)?,
            Op::CallMethodVarKw(args) => self.call_star(args, true)?,
            Op::DupTop => {
                let top = self.peek_value(0)?;
                self.push(top)?;
            }
            Op::DupTopTwo => {
                let (below, top) = (self.peek_value(1)?, self.peek_value(0)?);
                self.push(below)?;
                self.push(top)?;
            }
            Op::PopTop => {
                self.pop_value()?;
            }
            Op::RotTwo => self.rot_two()?,
            Op::RotThree => {
                let top = self.pop_value()?;
                let (one, two) = (self.pop_value()?, self.pop_value()?);
                self.push(top)?;
                self.push(two)?;
                self.push(one)?;
            }
            Op::Unary(op) => return self.unary(op),
            Op::Binary(op) => return self.binary(op),
            Op::Jump(to) => self.go_to(to)?,
            Op::PopJumpIfTrue(to) => self.pop_jump_if(to, true)?,
            Op::PopJumpIfFalse(to) => self.pop_jump_if(to, false)?,
            Op::JumpIfTrueOrPop(to) => self.jump_if_or_pop(to, true)?,
            Op::JumpIfFalseOrPop(to) => self.jump_if_or_pop(to, false)?,
            Op::GetIter => {
                let value = self.pop()?;
                let null = self.b.word(0)?;
                let iter = self.b.call(Fun::GetIter, &[value, null])?;
                self.push(iter)?;
            }
            Op::GetIterStack => self.get_iter_stack()?,
            Op::ForIter(to) => self.for_iter(to)?,
            Op::SetupExcept(_) | Op::SetupFinally(_) => self.set_up_block()?,
            Op::SetupWith(_) => self.set_up_with()?,
            Op::PopExceptJump(to) => {
                let outer = self.block.and_then(|id| self.flow.blocks[id].outer);
                self.tell_handled(outer)?;
                self.go_to(to)?;
            }
            Op::WithCleanup => self.with_cleanup()?,
            Op::EndFinally => self.end_finally()?,
            Op::UnwindJump(to, left) => {
                self.leave_blocks(flow::Cont::Jump { to, left }, None)?;
            }
            Op::ReturnValue => {
                let value = self.pop()?;
                self.leave_blocks(flow::Cont::Return, Some(value))?;
            }
            Op::RaiseObj => {
                let value = self.pop()?;
                self.raise_obj(value)?;
            }
            Op::RaiseFrom => {
                // The cause has been evaluated; that is all that the runtime makes of it.
                self.pop()?;
                let value = self.pop()?;
                self.raise_obj(value)?;
            }
            Op::RaiseLast => self.raise_last()?,
            Op::YieldValue => self.yield_value()?,
            Op::YieldFrom => self.yield_from()?,
        }
        Ok(1)
    }

    fn is_float(&self, id: ConstId) -> bool {
        let object = self.tables.consts.consts().get(id.0 as usize);
        matches!(object, Some(Const::Float(_)))
    }

    fn note_likely_float(&mut self, value: Vreg) -> Done {
        if !numeric::IS_HERE {
            return Ok(());
        }
        let facts = Facts {
            is_likely_float: true,
            ..self.facts(value)
        };
        self.note(value, facts)
    }

    /// The number of a float constant, where floats are numbers.
    fn float_number(&self, id: ConstId) -> Option<i64> {
        if !self.is_numeric() {
            return None;
        }
        match self.tables.consts.consts().get(id.0 as usize)? {
            Const::Float(number) => Some(number.value.to_bits() as i64),
            _ => None,
        }
    }

    fn rot_two(&mut self) -> Done {
        let top = self.pop_value()?;
        let below = self.pop_value()?;
        self.push(top)?;
        self.push(below)
    }

    fn load_named(&mut self, fun: Fun, name: Qstr) -> Done {
        let name = self.name(name)?;
        let value = self.b.call(fun, &[name])?;
        self.push(value)
    }

    fn store_named(&mut self, fun: Fun, name: Qstr) -> Done {
        let value = self.pop()?;
        let name = self.name(name)?;
        Ok(self.b.call_void(fun, &[name, value])?)
    }

    fn build(&mut self, fun: Fun, count: u32) -> Done {
        let items = self.pop_many(count)?;
        let area = self.area(&items)?;
        let count = self.b.word(i64::from(count))?;
        let value = self.b.call(fun, &[count, area])?;
        self.push(value)
    }

    fn unpack(&mut self, fun: Fun, sequence: Vreg, n: Vreg, count: u32) -> Done {
        let area = self.area_of(count)?;
        self.b.call_void(fun, &[sequence, n, area])?;
        // The last item comes first, and the first one ends up on top.
        let mut items = TryVec::with_capacity(count as usize)?;
        for at in 0..count {
            items.push(self.area_word(at)?)?;
        }
        for item in items {
            self.push(item)?;
        }
        Ok(())
    }

    fn store_comp(&mut self, comp: Comp) -> Done {
        let collection = self.peek(comp.depth())?;
        let top = self.pop()?;
        match comp.kind().ok_or(LowerError::BadCode)? {
            CompKind::List => self.b.call_void(Fun::ListAppend, &[collection, top])?,
            CompKind::Set => self.b.call_void(Fun::SetStore, &[collection, top])?,
            CompKind::Dict => {
                let value = self.pop()?;
                self.b
                    .call_void(Fun::DictStore, &[collection, top, value])?;
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Done<Lowered> {
        for block in self.label_blocks.iter().flatten() {
            self.b.seal_block(*block)?;
        }
        let floats = self.float_slot();
        let mut func = self.b.finish()?;
        func.slots[self.args].words = self.args_words;
        if let Some((area, words)) = floats {
            func.slots[area].words = words.max(1);
        }
        if self.target.small {
            area::settle(&mut func, self.args)?;
        }
        cached::fill_cells(&mut func, self.tables, self.cells)?;
        Ok(Lowered {
            func,
            n_state: self.frame.n_state(),
        })
    }
}
