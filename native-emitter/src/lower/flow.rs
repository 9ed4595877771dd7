//! Where control goes in bytecode: stack depth, exception blocks and iterators at each label, before anything is made.
//!
//! Code is checked on the way: whatever passes has a consistent stack, so that lowering need not look again.
//!
//! **Blocks.** `SETUP_*` pushes a block; it protects until its handler is reached, after that it is *running* and
//! only says what to do at `END_FINALLY`. Which of the two is a matter of position: handlers stand behind what they
//! protect. A return or jump that leaves a `finally` first runs its handler with a marker on the stack that says how
//! to go on; each block has the list of these [`Cont`]s, a marker is a place in the list.
use ferlance_abi::qstr;
use ferlance_bytecode::Code;
use ferlance_bytecode::op::{ITER_SLOTS, Label, Op, UNWIND_DROPS_LOOP};
use ferlance_collections::{BitSet, IndexVec, OutOfMemory, TryVec, index_type};

index_type! {
    /// An exception block: one per `SETUP_*` op that is reached.
    pub(super) struct BlockId(pub u32);
    /// A loop's iterator in the stack.
    pub(super) struct IterId(pub u32);
}

/// What a block does when its handler has run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BlockKind {
    /// `SETUP_EXCEPT`: the exception goes on.
    Except,
    /// `SETUP_FINALLY`, `SETUP_WITH`: what was interrupted goes on.
    Finally,
}

/// How to go on after a handler of a finally block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cont {
    /// Return the block's data.
    Return,
    /// Leave so many more blocks, then jump.
    Jump { to: Label, left: u8 },
}

/// An exception block.
#[derive(Debug)]
pub(super) struct BlockInfo {
    pub(super) outer: Option<BlockId>,
    pub(super) kind: BlockKind,
    pub(super) handler: Label,
    /// The op that sets it up.
    pub(super) set_up_at: u32,
    /// The op where the handler begins.
    pub(super) handler_at: u32,
    /// Stack entries that stay when an exception arrives.
    pub(super) saved_depth: u32,
    /// Blocks around it.
    pub(super) level: u32,
    pub(super) conts: TryVec<Cont>,
    /// Depth and place behind its `END_FINALLY`, once reached.
    end: Option<(u32, u32)>,
}

/// A loop's iterator: four stack slots from `depth` on.
#[derive(Debug, Clone, Copy)]
pub(super) struct IterInfo {
    pub(super) outer: Option<IterId>,
    pub(super) depth: u32,
}

/// What is known where control arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct State {
    pub(super) depth: u32,
    pub(super) block: Option<BlockId>,
    pub(super) iter: Option<IterId>,
}

/// Why a `Code` cannot be lowered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LowerError {
    /// No memory.
    OutOfMemory,
    /// The bytecode is not well formed: its producer's fault.
    BadCode,
    /// Whoever takes pieces wants no more, and knows why.
    Refused,
}

impl From<OutOfMemory> for LowerError {
    fn from(_: OutOfMemory) -> LowerError {
        LowerError::OutOfMemory
    }
}

impl core::fmt::Display for LowerError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            LowerError::OutOfMemory => "memory allocation failed",
            LowerError::BadCode => "bad bytecode",
            LowerError::Refused => "piece refused",
        })
    }
}

impl core::error::Error for LowerError {}

/// What a walk over the code finds.
#[derive(Debug)]
pub(super) struct Flow {
    /// By label: what is known there; `None` if control never arrives.
    pub(super) at_label: TryVec<Option<State>>,
    /// By label: its op.
    pub(super) label_at: TryVec<u32>,
    /// By label: does any jump lead back to it?
    pub(super) is_loop: TryVec<bool>,
    pub(super) blocks: IndexVec<BlockId, BlockInfo>,
    pub(super) iters: IndexVec<IterId, IterInfo>,
    /// The greatest depth.
    pub(super) max_depth: u32,
    /// Greatest nesting of blocks.
    pub(super) max_level: u32,
    /// Local slots, also those that `Code::n_locals` leaves out.
    pub(super) n_locals: u32,
}

/// Deeper stacks are refused; upstream's operands do not reach them either.
const MAX_DEPTH: u32 = 1 << 16;

impl Flow {
    /// Walks over all ops that control reaches.
    pub(super) fn new(code: &Code) -> Result<Flow, LowerError> {
        let n_labels = code.n_labels() as usize;
        let mut flow = Flow {
            at_label: TryVec::filled(None, n_labels)?,
            label_at: TryVec::filled(u32::MAX, n_labels)?,
            is_loop: TryVec::filled(false, n_labels)?,
            blocks: IndexVec::new(),
            iters: IndexVec::new(),
            max_depth: 0,
            max_level: 0,
            n_locals: code.n_locals,
        };
        for (at, op) in code.ops().iter().enumerate() {
            match op {
                Op::Label(label) => {
                    let place = flow.label_at.get_mut(label.index());
                    *place.ok_or(LowerError::BadCode)? = at as u32;
                }
                Op::LoadFast(local)
                | Op::StoreFast(local)
                | Op::DeleteFast(local)
                | Op::LoadDeref(local)
                | Op::StoreDeref(local)
                | Op::DeleteDeref(local) => flow.n_locals = flow.n_locals.max(local.0 + 1),
                _ => {}
            }
        }
        for slot in &code.cells {
            flow.n_locals = flow.n_locals.max(*slot as u32 + 1);
        }
        let params = code.n_pos_args.saturating_add(code.n_kwonly_args) + 2;
        if flow.n_locals > MAX_DEPTH || params > MAX_DEPTH {
            return Err(LowerError::BadCode);
        }
        flow.n_locals = flow.n_locals.max(bound_slots(code));
        let mut walk = Walk {
            code,
            flow,
            waiting: TryVec::new(),
        };
        walk.run()?;
        Ok(walk.flow)
    }

    /// What is known at a label that control reaches.
    pub(super) fn state(&self, label: Label) -> Option<State> {
        self.at_label.get(label.index()).copied().flatten()
    }

    /// The block that the `SETUP_*` at op `at` makes.
    pub(super) fn block_at(&self, at: u32) -> Option<BlockId> {
        let mut blocks = self.blocks.iter_enumerated().rev();
        let (id, _) = blocks.find(|(_, info)| info.set_up_at == at)?;
        Some(id)
    }

    /// The ops from a label to the last jump back to it.
    pub(super) fn ops_in_loops(&self, code: &Code) -> Result<BitSet, LowerError> {
        let mut inside = BitSet::with_limit(code.ops().len())?;
        for (at, op) in code.ops().iter().enumerate() {
            let Some(to) = op.target() else { continue };
            let start = self.label_at.get(to.index());
            let start = *start.ok_or(LowerError::BadCode)? as usize;
            for between in start..=at {
                inside.insert(between)?;
            }
        }
        Ok(inside)
    }

    /// Is the block's handler still ahead at op `at`?
    pub(super) fn protects(&self, block: BlockId, at: u32) -> bool {
        self.blocks[block].handler_at > at
    }

    /// How many blocks from `block` outwards protect at op `at`.
    pub(super) fn n_active(&self, mut block: Option<BlockId>, at: u32) -> u32 {
        let mut count = 0;
        while let Some(id) = block {
            count += self.protects(id, at) as u32;
            block = self.blocks[id].outer;
        }
        count
    }
}

/// Slots that binding arguments fills.
pub(super) fn bound_slots(code: &Code) -> u32 {
    use ferlance_abi::ScopeFlags;
    code.n_pos_args
        + code.n_kwonly_args
        + code.flags.has(ScopeFlags::VAR_ARGS) as u32
        + code.flags.has(ScopeFlags::VAR_KEYWORDS) as u32
}

/// Are these four pushes an iterator in its slots, as generator expressions begin with?
pub(super) fn is_pushed_iter(ops: &[Op], at: usize) -> bool {
    matches!(
        ops.get(at..at + 4),
        Some([Op::LoadNull, Op::LoadFast(_), Op::LoadNull, Op::LoadNull])
    )
}

/// Does `async with` put its manager above the marker of an interrupted transfer here?
///
/// Bytecode has two words there, data and marker, and rotates three; in our stack there is the marker alone.
pub(super) fn is_marker_rotation(ops: &[Op], at: usize) -> bool {
    let Some([Op::Label(_), Op::RotThree, Op::RotThree, rest @ ..]) =
        at.checked_sub(1).and_then(|at| ops.get(at..))
    else {
        return false;
    };
    match rest {
        [Op::Label(_), Op::LoadMethod(_), ..] => true,
        // Nothing but an interrupted transfer comes there.
        [Op::LoadMethod(name), ..] => *name == qstr!("__aexit__"),
        _ => false,
    }
}

struct Walk<'a> {
    code: &'a Code,
    flow: Flow,
    waiting: TryVec<Label>,
}

impl Walk<'_> {
    fn run(&mut self) -> Result<(), LowerError> {
        let start = State {
            depth: 0,
            block: None,
            iter: None,
        };
        self.walk_from(0, start)?;
        while let Some(label) = self.waiting.pop() {
            let state = self.flow.state(label).ok_or(LowerError::BadCode)?;
            self.walk_from(self.place(label)? + 1, state)?;
        }
        Ok(())
    }

    fn place(&self, label: Label) -> Result<u32, LowerError> {
        match self.flow.label_at.get(label.index()) {
            Some(at) if *at != u32::MAX => Ok(*at),
            _ => Err(LowerError::BadCode),
        }
    }

    /// Control goes from op `from` to `label`.
    fn arrive(&mut self, from: u32, label: Label, state: State) -> Result<(), LowerError> {
        let state = self.trimmed(state);
        let at = self.place(label)?;
        if at <= from {
            self.flow.is_loop[label.index()] = true;
        }
        match &mut self.flow.at_label[label.index()] {
            Some(known) if *known == state => Ok(()),
            Some(_) => Err(LowerError::BadCode),
            unknown => {
                *unknown = Some(state);
                Ok(self.waiting.push(label)?)
            }
        }
    }

    /// Iterators whose slots have been dropped are no more.
    fn trimmed(&self, mut state: State) -> State {
        while let Some(iter) = state.iter
            && self.flow.iters[iter].depth + ITER_SLOTS > state.depth
        {
            state.iter = self.flow.iters[iter].outer;
        }
        state
    }

    fn walk_from(&mut self, at: u32, mut state: State) -> Result<(), LowerError> {
        let ops = self.code.ops();
        for at in at as usize..ops.len() {
            let op = ops[at];
            let here = at as u32;
            if let Op::Label(label) = op {
                return self.arrive(here.wrapping_sub(1), label, state);
            }
            if is_marker_rotation(ops, at) || (at > 0 && is_marker_rotation(ops, at - 1)) {
                continue;
            }
            let (pops, pushes) = op.stack_effect();
            let below = state.depth.checked_sub(pops).ok_or(LowerError::BadCode)?;
            let depth = below + pushes;
            self.flow.max_depth = self.flow.max_depth.max(depth);
            if depth > MAX_DEPTH {
                return Err(LowerError::BadCode);
            }
            let after = self.trimmed(State { depth, ..state });
            match op {
                Op::Jump(to) => return self.arrive(here, to, after),
                Op::PopJumpIfTrue(to) | Op::PopJumpIfFalse(to) => self.arrive(here, to, after)?,
                Op::JumpIfTrueOrPop(to) | Op::JumpIfFalseOrPop(to) => {
                    self.arrive(here, to, state)?;
                }
                Op::ForIter(to) => {
                    let below = state
                        .depth
                        .checked_sub(ITER_SLOTS)
                        .ok_or(LowerError::BadCode)?;
                    let known = state.iter.map(|iter| self.flow.iters[iter].depth);
                    if known != Some(below) {
                        return Err(LowerError::BadCode);
                    }
                    let done = State {
                        depth: below,
                        ..state
                    };
                    self.arrive(here, to, done)?;
                }
                Op::SetupExcept(to) | Op::SetupFinally(to) => {
                    let kind = match op {
                        Op::SetupExcept(_) => BlockKind::Except,
                        _ => BlockKind::Finally,
                    };
                    state = self.set_up(here, to, kind, after, depth)?;
                    continue;
                }
                Op::SetupWith(to) => {
                    state = self.set_up(here, to, BlockKind::Finally, after, depth - 1)?;
                    continue;
                }
                Op::PopExceptJump(to) => {
                    let block = state.block.ok_or(LowerError::BadCode)?;
                    let outer = State {
                        block: self.flow.blocks[block].outer,
                        ..after
                    };
                    return self.arrive(here, to, outer);
                }
                Op::EndFinally => {
                    let block = state.block.ok_or(LowerError::BadCode)?;
                    let info = &mut self.flow.blocks[block];
                    if info.handler_at > here {
                        return Err(LowerError::BadCode);
                    }
                    state = State {
                        block: info.outer,
                        ..after
                    };
                    if info.kind == BlockKind::Except {
                        return Ok(());
                    }
                    if info.end.is_none() {
                        info.end = Some((depth, here));
                        for at in 0..info.conts.len() {
                            let cont = self.flow.blocks[block].conts[at];
                            self.go_on(here, cont, state)?;
                        }
                    }
                    continue;
                }
                Op::UnwindJump(to, left) => {
                    return self.go_on(here, Cont::Jump { to, left }, after);
                }
                Op::ReturnValue => return self.go_on(here, Cont::Return, after),
                Op::RaiseLast | Op::RaiseObj | Op::RaiseFrom => return Ok(()),
                Op::GetIterStack => {
                    let depth = below;
                    let outer = after.iter;
                    let iter = self.flow.iters.push(IterInfo { outer, depth })?;
                    state = State {
                        iter: Some(iter),
                        ..after
                    };
                    continue;
                }
                Op::LoadNull if at >= 3 && is_pushed_iter(ops, at - 3) => {
                    let depth = depth.checked_sub(ITER_SLOTS).ok_or(LowerError::BadCode)?;
                    let outer = after.iter;
                    let iter = self.flow.iters.push(IterInfo { outer, depth })?;
                    state = State {
                        iter: Some(iter),
                        ..after
                    };
                    continue;
                }
                _ => {}
            }
            state = after;
        }
        // Code ends with a transfer.
        Err(LowerError::BadCode)
    }

    fn set_up(
        &mut self,
        here: u32,
        handler: Label,
        kind: BlockKind,
        after: State,
        saved_depth: u32,
    ) -> Result<State, LowerError> {
        let handler_at = self.place(handler)?;
        if handler_at <= here {
            return Err(LowerError::BadCode);
        }
        let level = after
            .block
            .map_or(0, |outer| self.flow.blocks[outer].level + 1);
        self.flow.max_level = self.flow.max_level.max(level + 1);
        let block = self.flow.blocks.push(BlockInfo {
            outer: after.block,
            kind,
            handler,
            set_up_at: here,
            handler_at,
            saved_depth,
            level,
            conts: TryVec::new(),
            end: None,
        })?;
        let state = State {
            block: Some(block),
            ..after
        };
        self.flow.max_depth = self.flow.max_depth.max(saved_depth + 1);
        let caught = State {
            depth: saved_depth + 1,
            ..state
        };
        self.arrive(here, handler, caught)?;
        Ok(state)
    }

    /// Leaves blocks on the way of a return or jump at op `here`, up to the first that has to be run.
    fn go_on(&mut self, here: u32, cont: Cont, state: State) -> Result<(), LowerError> {
        let mut state = state;
        let mut left = match cont {
            Cont::Return => u8::MAX,
            Cont::Jump { left, .. } => left & !UNWIND_DROPS_LOOP,
        };
        while left > 0 {
            let Some(block) = state.block else {
                break;
            };
            if cont != Cont::Return {
                left -= 1;
            }
            let info = &mut self.flow.blocks[block];
            state.block = info.outer;
            if info.kind == BlockKind::Except {
                continue;
            }
            if info.handler_at > here {
                let cont = match cont {
                    Cont::Return => Cont::Return,
                    Cont::Jump { to, left: all } => Cont::Jump {
                        to,
                        left: left | all & UNWIND_DROPS_LOOP,
                    },
                };
                if !info.conts.contains(&cont) {
                    info.conts.push(cont)?;
                    if let Some((depth, end)) = info.end {
                        let after = State { depth, ..state };
                        return self.go_on(end, cont, after);
                    }
                }
                return Ok(());
            }
            // The handler's own state is dropped.
            state.depth = state.depth.checked_sub(1).ok_or(LowerError::BadCode)?;
        }
        match cont {
            Cont::Return => Ok(()),
            Cont::Jump { to, left } => {
                if left & UNWIND_DROPS_LOOP != 0 {
                    let depth = state.depth.checked_sub(ITER_SLOTS);
                    state.depth = depth.ok_or(LowerError::BadCode)?;
                }
                self.arrive(here, to, state)
            }
        }
    }
}
