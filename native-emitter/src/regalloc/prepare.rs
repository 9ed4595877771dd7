//! Before allocation: edges that carry values get a block of their own, constants that are made where they are wanted
//! get values of their own, and blocks are put in the order of the code.
use ferlance_collections::{BitSet, IndexVec, OutOfMemory, SCARCE_MEMORY, TryVec};

use super::intervals::asked;
use crate::arch::Arch;
use crate::nir::{Block, Edge, Func, Inst, List, Op, Term, Vreg};

/// Gives each edge with arguments from a block with several ends a block for its moves.
pub(super) fn split_edges(func: &mut Func) -> Result<(), OutOfMemory> {
    if SCARCE_MEMORY {
        let terms = func.blocks.iter().map(|data| &data.term);
        let branches = terms.filter(|term| !matches!(term, Term::Jump(_)));
        let edges = branches.flat_map(Term::edges);
        let more = edges.filter(|edge| edge.args.len > 0).count();
        func.blocks.reserve_exact(more)?;
    }
    for at in 0..func.blocks.len() {
        let block = Block::from_index(at);
        let mut term = func.blocks[block].term;
        if matches!(term, Term::Jump(_)) {
            continue;
        }
        for edge in term.edges_mut() {
            if edge.args.len == 0 {
                continue;
            }
            let between = func.block()?;
            let (from, to) = (&func.blocks[block], &func.blocks[edge.block]);
            let cold = from.cold || to.cold;
            let depth = from.depth.min(to.depth);
            let data = &mut func.blocks[between];
            data.term = Term::Jump(*edge);
            data.cold = cold;
            data.depth = depth;
            *edge = Edge {
                block: between,
                args: List::default(),
            };
        }
        func.blocks[block].term = term;
    }
    Ok(())
}

/// A value that is no constant.
const NO_CONST: u32 = u32::MAX;

/// Second values for constants, which are never in a register.
struct Twins<'a> {
    arch: &'a dyn Arch,
    /// By value: where the instruction that makes the constant is in `consts`.
    def: IndexVec<Vreg, u32>,
    /// These instructions, and their blocks.
    consts: TryVec<(Inst, Block)>,
    /// By place in `consts`: does anybody want it in a register?
    used: BitSet,
    twin: IndexVec<Vreg, Option<Vreg>>,
    made: TryVec<Inst>,
}

impl Twins<'_> {
    /// The value is used where it must be in a register.
    fn keep(&mut self, vreg: Vreg) -> Result<(), OutOfMemory> {
        match self.def(vreg) {
            NO_CONST => {}
            def => {
                self.used.insert(def as usize)?;
            }
        }
        Ok(())
    }

    fn def(&self, vreg: Vreg) -> u32 {
        self.def.get(vreg).copied().unwrap_or(NO_CONST)
    }

    /// What to use for `vreg` at this depth. A constant that is dear to make stays in its register if it is used in
    /// a deeper loop than it is made.
    fn of(&mut self, func: &mut Func, vreg: Vreg, depth: u8) -> Result<Vreg, OutOfMemory> {
        let def = self.def(vreg);
        let Some(&(inst, home)) = self.consts.get(def as usize) else {
            return Ok(vreg);
        };
        let home = func.blocks[home].depth;
        if depth > home && !(inst.op == Op::Const && self.arch.is_cheap(inst.imm)) {
            self.used.insert(def as usize)?;
            return Ok(vreg);
        }
        if let Some(twin) = self.twin[vreg] {
            return Ok(twin);
        }
        let twin = func.vregs.push(func.vregs[vreg])?;
        self.twin[vreg] = Some(twin);
        self.made.push(Inst {
            dst: Some(twin),
            ..inst
        })?;
        Ok(twin)
    }

    fn of_list(&mut self, func: &mut Func, list: List, depth: u8) -> Result<(), OutOfMemory> {
        for at in list.start as usize..(list.start + list.len) as usize {
            let twin = self.of(func, func.pool[at], depth)?;
            func.pool[at] = twin;
        }
        Ok(())
    }
}

/// Uses of constants that need no register get a value of their own, which has the constant as its place: arguments
/// of calls and edges, results, and operands for which the machine has room. Returns which values these are.
pub(super) fn split_constants(func: &mut Func, arch: &dyn Arch) -> Result<BitSet, OutOfMemory> {
    let mut twins = Twins {
        arch,
        def: IndexVec::filled(NO_CONST, func.vregs.len())?,
        consts: TryVec::new(),
        used: BitSet::new(),
        twin: IndexVec::filled(None, func.vregs.len())?,
        made: TryVec::new(),
    };
    for (block, data) in func.blocks.iter_enumerated() {
        for inst in &data.insts {
            if let (Op::Const | Op::FConst, Some(dst)) = (inst.op, inst.dst) {
                twins.def[dst] = twins.consts.len() as u32;
                twins.consts.push((*inst, block))?;
            }
        }
    }
    let first = func.vregs.len();
    for at in 0..func.blocks.len() {
        let block = Block::from_index(at);
        let depth = func.blocks[block].depth;
        for at in 0..func.blocks[block].insts.len() {
            let inst = func.blocks[block].insts[at];
            if inst.args.len > 0 {
                twins.of_list(func, inst.args, depth)?;
            }
            // As a rule none is a constant.
            if !inst.operands().any(|vreg| twins.def(vreg) != NO_CONST) {
                continue;
            }
            let mut inst = inst;
            let asked = match inst.op {
                op if op.is_call() => [false, false, false],
                Op::Copy => [true, false, false],
                _ => {
                    let asked = asked(arch, func, &inst);
                    [asked.a.constant, asked.b.constant, asked.c.constant]
                }
            };
            for (operand, asked) in [&mut inst.a, &mut inst.b, &mut inst.c]
                .into_iter()
                .zip(asked)
            {
                match (&operand, asked) {
                    (Some(vreg), true) => *operand = Some(twins.of(func, *vreg, depth)?),
                    (Some(vreg), false) => twins.keep(*vreg)?,
                    (None, _) => {}
                }
            }
            func.blocks[block].insts[at] = inst;
        }
        let mut term = func.blocks[block].term;
        for edge in term.edges() {
            twins.of_list(func, edge.args, depth)?;
        }
        if let Term::Return { a } = &mut term {
            *a = twins.of(func, *a, depth)?;
        } else {
            for vreg in term.operands() {
                twins.keep(vreg)?;
            }
        }
        func.blocks[block].term = term;
    }
    drop_unused(func, &twins);
    let mut constants = BitSet::with_limit(func.vregs.len())?;
    for at in first..func.vregs.len() {
        constants.insert(at)?;
    }
    // Whole functions see them, so they are made at the entry: at no cost, as they have no register.
    let entry = &mut func.blocks[Block::from_index(0)].insts;
    twins.made.append(entry)?;
    *entry = twins.made;
    Ok(constants)
}

/// Drops constants that nobody uses any more.
fn drop_unused(func: &mut Func, twins: &Twins<'_>) {
    let mut done = None;
    for (at, (_, block)) in twins.consts.iter().enumerate() {
        if done == Some(*block) || twins.used.contains(at) {
            continue;
        }
        // All of the block at once.
        done = Some(*block);
        let is_used = |vreg: Vreg| twins.used.contains(twins.def(vreg) as usize);
        func.blocks[*block].insts.retain(|inst| {
            !matches!(inst.op, Op::Const | Op::FConst) || inst.dst.is_some_and(is_used)
        });
    }
}
