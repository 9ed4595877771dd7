//! Bytecode to NIR for `@native`: the same answers as the bytecode machine, always.
//!
//! The code is walked once, op by op. Locals and stack places are variables of the [`Builder`], so a push and a pop
//! cost nothing and block parameters appear where values meet. What bytecode does by looking at run time is known
//! here: stack depth, exception blocks, which of them are running (see `flow`).
//!
//! ```text
//! flow        depth, blocks and iterators at each label     arith      operators, fast paths for small ints
//! bound       which locals may be unbound                   calls      calls, arguments, functions, classes
//! values      the stack, constants, what is known of both   control    jumps, truth, loops; counted: `range`
//! locals      variables, homes for handlers, cells          except     try, with, raise, leaving through finally
//! ops         what each op becomes                          generator  yield, yield from
//! prologue    how a function or a resumed generator starts  numeric    copies of loops for numbers
//! cached      names and attributes with inline caches       items      items of lists, bytearrays and arrays
//! area        arguments in memory                           builtins   built-in functions by name
//! region      what a loop does with numbers, by kinds       pieces     piece by piece, where memory is scarce
//! containers  what has the items that a loop wants          midway     a second way in, for what bytecode has begun
//! halves      floats in expressions, not made objects       env        where tables come from
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
mod locals;
mod midway;
mod numeric;
mod ops;
mod pieces;
mod prologue;
mod region;
#[cfg(test)]
mod tests;
mod values;

use ferlance_abi::qstr::Pool;
use ferlance_abi::{Qstr, ScopeFlags};
use ferlance_bytecode::code::Code;
use ferlance_bytecode::module::Seen;
use ferlance_bytecode::op::{Label, Op};
use ferlance_bytecode::tables::{ConstTable, NameTable};
use ferlance_collections::{BitSet, SCARCE_MEMORY, TryVec};

pub(crate) use cached::POINTER_BITS;
pub use env::{expand_env, lower_env};
pub use flow::LowerError;
pub use midway::Midway;
pub use pieces::Sink;

use self::flow::{BlockId, Flow, IterId};
use self::locals::homed_locals;
use self::ops::keeps_escape;
use self::pieces::{Homes, Pieces};
use self::values::Facts;
use crate::nir::{Block, Builder, Entry, Func, Kept, Slot, Type, Var, Vreg};
use crate::target::{Host, Target};

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
        wide_likely: false,
        wide: TryVec::new(),
        halves: 0,
        floats: numeric::Floats::default(),
        resumes: TryVec::new(),
        arrival: None,
        containers: containers::Containers::default(),
        pieces,
    };
    lowering.floats_likely = lowering.computes_floats();
    lowering.wide_likely = lowering.computes_wide();
    lowering.settle_frame()?;
    lowering.cached_prologue()?;
    if let Some(midway) = hints.midway {
        lowering.enter_midway(&params, midway)?;
    }
    lowering.prologue(&params)?;
    lowering.set_line(FIRST_LINE)?;
    lowering.end_prologue()?;
    Ok(lowering)
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
    /// Does the function look like one that computes with ints of 32 bits where small ints have fewer?
    wide_likely: bool,
    /// Values that are such ints: certainly this one, or most likely some.
    wide: TryVec<(Vreg, Option<u32>)>,
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

impl Lowering<'_, '_> {
    fn word(&self) -> i64 {
        i64::from(self.target.word())
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
                if let Op::Line(line) = *op {
                    // What control does not reach has lines too, and what comes behind is of the last.
                    self.b.set_told_line(line);
                }
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
    fn begin_at(&mut self, label: Label) -> Done<bool> {
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
