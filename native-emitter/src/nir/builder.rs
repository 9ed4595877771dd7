//! Building functions: a cursor with a method per kind of instruction, and local variables that become values.
//!
//! Locals are written and read by name; the builder finds out where block parameters are needed, as in Braun,
//! Buchwald and others, *Simple and Efficient Construction of Static Single Assignment Form*. A block is *sealed*
//! once all jumps to it have been made; reading a local in a block that is not sealed makes a parameter whose
//! arguments are filled in later. Nothing recurses: what has to be looked up in predecessors waits in a list.
use ferlance_abi::fun_table::{Effect, Fun};
use ferlance_abi::{Qstr, layout};
use ferlance_collections::{BitSet, IndexVec, OutOfMemory, TryVec, index_type, niche_index_type};

use super::shape::{param_type, result_type};
use super::{
    Block, Cond, Edge, Entry, Func, Inst, List, Op, Overflow, Site, Slot, Term, Type, Vreg, Width,
};

index_type! {
    /// A local variable while building.
    pub struct Var(u32);
}

niche_index_type! {
    struct Phi;
}

/// A second operand: a value or a constant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operand {
    /// A value.
    Reg(Vreg),
    /// A constant.
    Imm(i64),
}

impl From<Vreg> for Operand {
    fn from(vreg: Vreg) -> Operand {
        Operand::Reg(vreg)
    }
}

impl From<i64> for Operand {
    fn from(imm: i64) -> Operand {
        Operand::Imm(imm)
    }
}

impl Operand {
    fn parts(self) -> (Option<Vreg>, i64) {
        match self {
            Operand::Reg(vreg) => (Some(vreg), 0),
            Operand::Imm(imm) => (None, imm),
        }
    }
}

/// Result of everything here: only memory can fail.
type Built<T = ()> = Result<T, OutOfMemory>;

#[derive(Default)]
struct BlockState {
    /// Parameters that locals need, behind those asked for by the user: the first one, and the last.
    phis: Option<(Phi, Phi)>,
    /// One entry per edge that leads here.
    preds: Preds,
    /// Values of locals at the end of what is there so far, by rising local: most blocks know few.
    values: TryVec<(Var, Vreg)>,
    sealed: bool,
}

/// Where edges to a block come from: a list in [`Builder::links`], of which the first is here.
#[derive(Clone, Copy, Default)]
struct Preds {
    len: u32,
    /// The number of the first.
    first: u32,
    /// The second, and the last.
    next: u32,
    last: u32,
}

impl Preds {
    fn push(&mut self, links: &mut TryVec<(Block, u32)>, block: Block) -> Built {
        self.len += 1;
        if self.len == 1 {
            self.first = block.index() as u32;
            return Ok(());
        }
        let at = links.len() as u32;
        links.push((block, 0))?;
        match self.len {
            2 => self.next = at,
            _ => links[self.last as usize].1 = at,
        }
        self.last = at;
        Ok(())
    }

    /// Takes the first one off this copy of the list.
    fn take(&mut self, links: &[(Block, u32)]) -> Option<Block> {
        self.len = self.len.checked_sub(1)?;
        let first = Block::from_index(self.first as usize);
        if self.len > 0
            && let Some((block, next)) = links.get(self.next as usize)
        {
            (self.first, self.next) = (block.index() as u32, *next);
        }
        Some(first)
    }

    /// In their order.
    fn iter(mut self, links: &[(Block, u32)]) -> impl Iterator<Item = Block> + '_ {
        core::iter::from_fn(move || self.take(links))
    }

    /// The one that there is.
    fn only(self) -> Option<Block> {
        (self.len == 1).then(|| Block::from_index(self.first as usize))
    }
}

impl BlockState {
    fn value(&self, var: Var) -> Option<Vreg> {
        let at = self.values.binary_search_by_key(&var, |(var, _)| *var);
        let (_, value) = self.values.get(at.ok()?)?;
        Some(*value)
    }
}

struct PhiData {
    block: Block,
    var: Var,
    vreg: Vreg,
    /// One per predecessor, in their order: where they begin in [`Builder::args`]; or [`NOT_FILLED`].
    args: u32,
    /// The one value that it stands for, if it turned out to be no parameter.
    same: Option<Vreg>,
    /// The next one of the block.
    next: Option<Phi>,
}

/// Of a phi whose arguments are not known yet.
const NOT_FILLED: u32 = u32::MAX;

/// The top of a loop that leaves some locals as they are.
struct LoopTop {
    block: Block,
    /// Where control comes from when the loop begins.
    from: Block,
    kept: BitSet,
}

/// Where a local is between the pieces of a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Home {
    /// At this byte of a frame slot.
    Slot(Slot, i64),
    /// So many bytes behind the address that another local holds, which is in a frame slot itself.
    Behind(Var, i64),
}

/// A value that is wanted all through a function.
#[derive(Debug, Clone, Copy)]
pub enum Kept {
    /// As it is.
    Value(Vreg),
    /// In memory between pieces.
    Home(Var),
}

// What tells the line takes the address as it is.
const _: () = assert!(layout::POSITION_LINE_BYTES == 0);

/// Blocks on the way to a value that are looked at each time rather than remembering it.
const SHORT_WAY: usize = 8;

/// Blocks that are looked at for a value that all ways into a block bring along.
const SHORT_LOOK: usize = 40;

/// Builds one function. Instructions go to the current block.
pub struct Builder {
    func: Func,
    current: Block,
    blocks: IndexVec<Block, BlockState>,
    vars: IndexVec<Var, (Type, Qstr)>,
    phis: IndexVec<Phi, PhiData>,
    /// Arguments of phis.
    args: TryVec<Vreg>,
    /// By rising block.
    loops: TryVec<LoopTop>,
    /// Predecessors of blocks that have several.
    links: TryVec<(Block, u32)>,
    /// By virtual register: the phi that it is.
    phi_of: TryVec<Option<Phi>>,
    waiting: TryVec<Phi>,
    /// For locals read before they are written.
    undefined: [Option<Vreg>; 3],
    /// Where the runtime finds the line, and the line at hand.
    place: Option<Kept>,
    line: u32,
    /// By local, in a function that is built in pieces.
    homes: TryVec<Option<Home>>,
    /// What the piece at hand has taken from homes: the first instructions of its entry.
    taken: TryVec<(Var, Vreg)>,
    /// By local: its value here, if it was last read or written in this stretch of code without other ways in.
    near: TryVec<(u32, Option<Vreg>)>,
    stretch: u32,
}

impl Builder {
    /// A function with its entry block, which is current and sealed; gives its parameters too.
    pub fn new(name: Qstr, entry: Entry) -> Built<(Builder, TryVec<Vreg>)> {
        let mut builder = Builder {
            func: Func::new(name, entry),
            current: Block::from_index(0),
            blocks: IndexVec::new(),
            vars: IndexVec::new(),
            phis: IndexVec::new(),
            args: TryVec::new(),
            loops: TryVec::new(),
            links: TryVec::new(),
            phi_of: TryVec::new(),
            waiting: TryVec::new(),
            undefined: [None; 3],
            place: None,
            line: 0,
            homes: TryVec::new(),
            taken: TryVec::new(),
            near: TryVec::new(),
            stretch: 1,
        };
        let first = builder.block()?;
        let mut params = TryVec::new();
        match entry {
            Entry::Function => {
                params.push(builder.param(first, Type::Obj)?)?;
                for _ in 0..3 {
                    params.push(builder.param(first, Type::Word)?)?;
                }
            }
            Entry::Resume => {
                params.push(builder.param(first, Type::Word)?)?;
                params.push(builder.param(first, Type::Obj)?)?;
            }
            Entry::Words(n) => {
                for _ in 0..n {
                    params.push(builder.param(first, Type::Word)?)?;
                }
            }
        }
        builder.seal_block(first)?;
        Ok((builder, params))
    }

    /// Makes room for so many blocks and values.
    pub fn reserve(&mut self, blocks: usize, values: usize) -> Built {
        self.blocks.reserve(blocks)?;
        self.func.blocks.reserve(blocks)?;
        self.func.vregs.reserve(values)
    }

    /// The function so far, for looking.
    pub fn func(&self) -> &Func {
        &self.func
    }

    // Blocks.

    /// A new block, not sealed.
    pub fn block(&mut self) -> Built<Block> {
        self.blocks.push(BlockState::default())?;
        self.func.block()
    }

    /// A new block that is rarely run.
    pub fn cold_block(&mut self) -> Built<Block> {
        let block = self.block()?;
        self.func.blocks[block].cold = true;
        Ok(block)
    }

    /// Marks a block as rarely run.
    pub fn set_cold(&mut self, block: Block) {
        self.func.blocks[block].cold = true;
    }

    /// A parameter of a block; every edge to the block has to give it. Before any edge is made.
    pub fn param(&mut self, block: Block, ty: Type) -> Built<Vreg> {
        let vreg = self.vreg(ty)?;
        let mut params = TryVec::from_slice(self.func.items(self.func.blocks[block].params))?;
        params.push(vreg)?;
        self.func.blocks[block].params = self.func.list(&params)?;
        Ok(vreg)
    }

    /// Makes `block` current.
    pub fn switch_to(&mut self, block: Block) {
        let state = &self.blocks[block];
        let goes_on = state.sealed && state.preds.only() == Some(self.current);
        if !goes_on && block != self.current {
            self.stretch = self.stretch.wrapping_add(1);
        }
        self.current = block;
    }

    /// The current block.
    pub fn current(&self) -> Block {
        self.current
    }

    /// Has the current block been ended? Then control never gets here.
    pub fn is_ended(&self) -> bool {
        self.func.blocks[self.current].term != Term::Open
    }

    /// Where a block leads to if it ends in a jump.
    pub fn jumps_to(&self, block: Block) -> Option<Block> {
        match self.func.blocks[block].term {
            Term::Jump(edge) => Some(edge.block),
            _ => None,
        }
    }

    /// Does any edge lead to the block so far?
    pub fn is_reached(&self, block: Block) -> bool {
        block.index() == 0 || self.blocks[block].preds.len > 0
    }

    /// Says that all edges to `block` have been made.
    pub fn seal_block(&mut self, block: Block) -> Built {
        if self.blocks[block].sealed {
            return Ok(());
        }
        self.blocks[block].sealed = true;
        let mut next = self.blocks[block].phis.map(|(first, _)| first);
        while let Some(phi) = next {
            self.waiting.push(phi)?;
            next = self.phis[phi].next;
        }
        self.fill_waiting()
    }

    /// [`Builder::seal_block`] and [`Builder::switch_to`].
    pub fn enter(&mut self, block: Block) -> Built {
        self.seal_block(block)?;
        self.switch_to(block);
        Ok(())
    }

    // Locals.

    /// A new local variable.
    pub fn var(&mut self, ty: Type, name: Qstr) -> Built<Var> {
        self.vars.push((ty, name))
    }

    /// From here on `var` is `value`.
    pub fn write_local(&mut self, var: Var, value: Vreg) -> Built {
        let block = self.current;
        self.set_value(block, var, value)?;
        self.note_near(var, value)
    }

    /// Says that control comes to `block` from the end of `from` or from code that writes none of the locals `kept`: they
    /// need no parameters there.
    pub fn keep_around(&mut self, block: Block, from: Block, kept: BitSet) -> Built {
        let at = self.loops.partition_point(|top| top.block < block);
        self.loops.insert(at, LoopTop { block, from, kept })
    }

    fn note_near(&mut self, var: Var, value: Vreg) -> Built {
        if self.near.len() <= var.index() {
            self.near.resize(var.index() + 1, (0, None))?;
        }
        self.near[var.index()] = (self.stretch, Some(value));
        Ok(())
    }

    /// The value of `var` here. A local that was never written is 0.
    pub fn read_local(&mut self, var: Var) -> Built<Vreg> {
        if let Some((stretch, Some(value))) = self.near.get(var.index())
            && *stretch == self.stretch
        {
            return Ok(self.resolve(*value));
        }
        let value = self.value_at_end(self.current, var)?;
        self.fill_waiting()?;
        let value = self.resolve(value);
        self.note_near(var, value)?;
        Ok(value)
    }

    // Locals between pieces.

    /// From now on `var` has a home, which pieces take it from.
    pub fn give_home(&mut self, var: Var, home: Home) -> Built {
        if self.homes.len() <= var.index() {
            self.homes.resize(var.index() + 1, None)?;
        }
        self.homes[var.index()] = Some(home);
        Ok(())
    }

    fn home(&self, var: Var) -> Option<Home> {
        self.homes.get(var.index()).copied().flatten()
    }

    /// [`Builder::write_local`], also where its home is, if it has one.
    pub fn write_home(&mut self, var: Var, value: Vreg) -> Built {
        self.write_local(var, value)?;
        match self.home(var) {
            None => Ok(()),
            Some(Home::Slot(slot, offset)) => self.slot_store(slot, offset, value),
            Some(Home::Behind(base, offset)) => {
                let base = self.read_local(base)?;
                self.store(Width::Word, base, offset, value)
            }
        }
    }

    /// Puts the value of `var` into its home if this piece has changed it.
    pub fn send_home(&mut self, var: Var) -> Built {
        let value = self.read_local(var)?;
        match self.taken.contains(&(var, value)) {
            true => Ok(()),
            false => self.write_home(var, value),
        }
    }

    /// A value for all of the function, at `home` if it is built in pieces.
    pub fn keep(&mut self, value: Vreg, home: Option<Home>) -> Built<Kept> {
        let Some(home) = home else {
            return Ok(Kept::Value(value));
        };
        let var = self.var(self.ty(value), Qstr::NONE)?;
        self.give_home(var, home)?;
        self.write_home(var, value)?;
        Ok(Kept::Home(var))
    }

    /// The value of [`Builder::keep`].
    pub fn kept(&mut self, kept: Kept) -> Built<Vreg> {
        match kept {
            Kept::Value(value) => Ok(value),
            Kept::Home(var) => self.read_local(var),
        }
    }

    /// Takes `var` from its home, in the entry of the piece.
    fn take_from(&mut self, home: Home, var: Var) -> Built<Vreg> {
        let inst = match home {
            Home::Slot(slot, offset) => Inst {
                imm: offset,
                ..Inst::new(Op::SlotLoad(slot))
            },
            Home::Behind(base, offset) => {
                let entry = Block::from_index(0);
                let address = match (self.blocks[entry].value(base), self.home(base)) {
                    (Some(value), _) => value,
                    (None, Some(home @ Home::Slot(..))) => {
                        let value = self.take_from(home, base)?;
                        self.set_value(entry, base, value)?;
                        value
                    }
                    _ => return self.undefined(var),
                };
                Inst {
                    a: Some(address),
                    imm: offset,
                    ..Inst::new(Op::Load(Width::Word, 0))
                }
            }
        };
        let (ty, name) = self.vars[var];
        let dst = self.func.vregs.push(super::VregData { ty, name })?;
        let inst = Inst {
            dst: Some(dst),
            ..inst
        };
        let at = self.taken.len();
        self.func.blocks[Block::from_index(0)]
            .insts
            .insert(at, inst)?;
        self.taken.push((var, dst))?;
        Ok(dst)
    }

    /// Ends the piece at hand and begins the next one, which knows all locals from their homes. No block may be in use
    /// any more; frame slots stay.
    pub fn take_piece(&mut self) -> Built<Func> {
        self.finish_blocks()?;
        let mut next = Func::new(self.func.name, Entry::Words(0));
        next.slots = self.func.slots.try_clone()?;
        let piece = core::mem::replace(&mut self.func, next);
        self.blocks.clear();
        self.phis.clear();
        self.args.clear();
        self.loops.clear();
        self.links.clear();
        self.phi_of.clear();
        self.waiting.clear();
        self.taken.clear();
        self.near.clear();
        self.undefined = [None; 3];
        let first = self.block()?;
        self.seal_block(first)?;
        self.switch_to(first);
        Ok(piece)
    }

    fn set_value(&mut self, block: Block, var: Var, value: Vreg) -> Built {
        let values = &mut self.blocks[block].values;
        match values.binary_search_by_key(&var, |(var, _)| *var) {
            Ok(at) => values[at].1 = value,
            Err(at) => values.insert(at, (var, value))?,
        }
        Ok(())
    }

    /// The value of `var` at the end of `block`; phis made on the way wait to be filled.
    fn value_at_end(&mut self, block: Block, var: Var) -> Built<Vreg> {
        let mut at = block;
        let mut steps = 0;
        // Walks up while there is one way only.
        let value = loop {
            steps += 1;
            let state = &self.blocks[at];
            if let Some(value) = state.value(var) {
                break value;
            }
            // A ring of such blocks is one that nothing leads into.
            let is_ring = steps > self.blocks.len();
            if let (Some(up), false) = (self.way_up(at, var), is_ring) {
                at = up;
            } else if state.sealed && (state.preds.len == 0 || is_ring) {
                break self.at_start(at, var)?;
            } else if state.sealed
                && let Some(value) = self.same_from_all(at, var)
            {
                break value;
            } else {
                break self.new_phi(at, var)?;
            }
        };
        self.set_value(at, var, value)?;
        // Where the way is short it may be gone again, and the block needs no room for all locals.
        if steps > SHORT_WAY {
            self.set_value(block, var, value)?;
        }
        Ok(value)
    }

    /// The block whose end has the value that `var` has at the start of `block`, if it is known to be one.
    fn way_up(&self, block: Block, var: Var) -> Option<Block> {
        let state = &self.blocks[block];
        if let (true, Some(up)) = (state.sealed, state.preds.only()) {
            return Some(up);
        }
        let at = self.loops.binary_search_by_key(&block, |top| top.block);
        let top = self.loops.get(at.ok()?)?;
        top.kept.contains(var.index()).then_some(top.from)
    }

    /// The value that all ways into a sealed block bring along, if a short look finds it.
    fn same_from_all(&self, block: Block, var: Var) -> Option<Vreg> {
        let mut one = None;
        let mut steps = 0;
        for pred in self.blocks[block].preds.iter(&self.links) {
            let mut at = pred;
            let value = loop {
                let state = &self.blocks[at];
                if let Some(value) = state.value(var) {
                    break self.resolve(value);
                }
                steps += 1;
                match self.way_up(at, var) {
                    Some(up) if steps < SHORT_LOOK => at = up,
                    _ => return None,
                }
            };
            if one.is_some_and(|one| one != value) {
                return None;
            }
            one = Some(value);
        }
        one
    }

    fn new_phi(&mut self, block: Block, var: Var) -> Built<Vreg> {
        let (ty, name) = self.vars[var];
        let vreg = self.vreg(ty)?;
        self.func.vregs[vreg].name = name;
        let phi = self.phis.push(PhiData {
            block,
            var,
            vreg,
            args: NOT_FILLED,
            same: None,
            next: None,
        })?;
        self.phi_of.resize(vreg.index() + 1, None)?;
        self.phi_of[vreg.index()] = Some(phi);
        let state = &mut self.blocks[block];
        state.phis = match state.phis {
            Some((first, last)) => {
                self.phis[last].next = Some(phi);
                Some((first, phi))
            }
            None => Some((phi, phi)),
        };
        if self.blocks[block].sealed {
            self.waiting.push(phi)?;
        }
        Ok(vreg)
    }

    /// The value of a local that nothing in the function, or in the piece of it, has written yet.
    fn at_start(&mut self, block: Block, var: Var) -> Built<Vreg> {
        match self.home(var) {
            Some(home) if block.index() == 0 => self.take_from(home, var),
            _ => self.undefined(var),
        }
    }

    fn undefined(&mut self, var: Var) -> Built<Vreg> {
        let ty = self.vars[var].0;
        let at = match ty {
            Type::Obj | Type::Word => 0,
            Type::F32 => 1,
            Type::F64 => 2,
        };
        if let Some(vreg) = self.undefined[at] {
            return Ok(vreg);
        }
        let ty = if ty.is_float() { ty } else { Type::Word };
        let vreg = self.vreg(ty)?;
        self.undefined[at] = Some(vreg);
        Ok(vreg)
    }

    fn fill_waiting(&mut self) -> Built {
        while let Some(phi) = self.waiting.pop() {
            let PhiData { block, var, .. } = self.phis[phi];
            let mut preds = self.blocks[block].preds;
            let start = self.args.len();
            while let Some(pred) = preds.take(&self.links) {
                let value = self.value_at_end(pred, var)?;
                self.args.push(value)?;
            }
            self.phis[phi].args = start as u32;
            if self.drop_if_trivial(phi) {
                // Nobody asks for them again.
                self.args.truncate(start);
            }
        }
        Ok(())
    }

    fn phi_args(&self, phi: &PhiData) -> &[Vreg] {
        let rest = self.args.get(phi.args as usize..).unwrap_or(&[]);
        let len = self.blocks[phi.block].preds.len as usize;
        rest.get(..len).unwrap_or(&[])
    }

    /// A phi whose arguments are itself and one other value is that value.
    fn drop_if_trivial(&mut self, phi: Phi) -> bool {
        let data = &self.phis[phi];
        if data.same.is_some() || data.args == NOT_FILLED {
            return false;
        }
        let mut one = None;
        for arg in self.phi_args(data) {
            let arg = self.resolve(*arg);
            if arg == data.vreg || Some(arg) == one {
                continue;
            }
            if one.is_some() {
                return false;
            }
            one = Some(arg);
        }
        self.phis[phi].same = one;
        one.is_some()
    }

    /// The value behind phis that turned out to be no parameters.
    fn resolve(&self, mut vreg: Vreg) -> Vreg {
        while let Some(Some(phi)) = self.phi_of.get(vreg.index()) {
            match self.phis[*phi].same {
                Some(same) => vreg = same,
                None => break,
            }
        }
        vreg
    }

    // Instructions.

    fn vreg(&mut self, ty: Type) -> Built<Vreg> {
        self.func.vreg(ty)
    }

    /// What a value is.
    pub fn ty(&self, vreg: Vreg) -> Type {
        self.func.ty(vreg)
    }

    /// Names a value, for listings and the side table.
    pub fn name_value(&mut self, vreg: Vreg, name: Qstr) {
        self.func.vregs[vreg].name = name;
    }

    /// Appends an instruction as it is.
    pub fn push(&mut self, inst: Inst) -> Built {
        self.func.blocks[self.current].insts.push(inst)
    }

    /// Appends an instruction with a result of type `ty`.
    pub fn push_for(&mut self, ty: Type, inst: Inst) -> Built<Vreg> {
        let dst = self.vreg(ty)?;
        self.push(Inst {
            dst: Some(dst),
            ..inst
        })?;
        Ok(dst)
    }

    /// A constant of the given type, `Obj` or `Word`.
    pub fn constant(&mut self, ty: Type, imm: i64) -> Built<Vreg> {
        self.push_for(
            ty,
            Inst {
                imm,
                ..Inst::new(Op::Const)
            },
        )
    }

    /// A word.
    pub fn word(&mut self, imm: i64) -> Built<Vreg> {
        self.constant(Type::Word, imm)
    }

    /// A float with the given bits.
    pub fn float(&mut self, ty: Type, bits: i64) -> Built<Vreg> {
        self.push_for(
            ty,
            Inst {
                imm: bits,
                ..Inst::new(Op::FConst)
            },
        )
    }

    /// The same word as another type.
    pub fn copy(&mut self, ty: Type, a: Vreg) -> Built<Vreg> {
        self.unary(Op::Copy, ty, a)
    }

    /// An op with one operand.
    pub fn unary(&mut self, op: Op, ty: Type, a: Vreg) -> Built<Vreg> {
        self.push_for(
            ty,
            Inst {
                a: Some(a),
                ..Inst::new(op)
            },
        )
    }

    /// An op with two operands; the result is a word.
    pub fn binary(&mut self, op: Op, a: Vreg, b: impl Into<Operand>) -> Built<Vreg> {
        self.binary_to(op, Type::Word, a, b)
    }

    /// An op with two operands and a result of the given type.
    pub fn binary_to(&mut self, op: Op, ty: Type, a: Vreg, b: impl Into<Operand>) -> Built<Vreg> {
        let (b, imm) = b.into().parts();
        self.push_for(
            ty,
            Inst {
                a: Some(a),
                b,
                imm,
                ..Inst::new(op)
            },
        )
    }

    /// `a + b`.
    pub fn add(&mut self, a: Vreg, b: impl Into<Operand>) -> Built<Vreg> {
        self.binary(Op::Add, a, b)
    }

    /// `a - b`.
    pub fn sub(&mut self, a: Vreg, b: impl Into<Operand>) -> Built<Vreg> {
        self.binary(Op::Sub, a, b)
    }

    /// `imm - a`.
    pub fn rev_sub(&mut self, imm: i64, a: Vreg) -> Built<Vreg> {
        self.push_for(
            Type::Word,
            Inst {
                a: Some(a),
                imm,
                ..Inst::new(Op::RevSub)
            },
        )
    }

    /// `a & b`.
    pub fn and(&mut self, a: Vreg, b: impl Into<Operand>) -> Built<Vreg> {
        self.binary(Op::And, a, b)
    }

    /// 1 if the comparison holds, else 0.
    pub fn cmp(&mut self, cond: Cond, a: Vreg, b: impl Into<Operand>) -> Built<Vreg> {
        self.binary(Op::Cmp(cond), a, b)
    }

    /// `a != 0 ? b : c`, with the type of `b`.
    pub fn select(&mut self, a: Vreg, b: Vreg, c: Vreg) -> Built<Vreg> {
        let ty = self.ty(b);
        self.push_for(
            ty,
            Inst {
                a: Some(a),
                b: Some(b),
                c: Some(c),
                ..Inst::new(Op::Select)
            },
        )
    }

    /// Loads from `base + offset`.
    pub fn load(&mut self, ty: Type, width: Width, base: Vreg, offset: i64) -> Built<Vreg> {
        self.load_indexed(ty, width, base, None, 0, offset)
    }

    /// Loads from `base + (index << shift) + offset`.
    pub fn load_indexed(
        &mut self,
        ty: Type,
        width: Width,
        base: Vreg,
        index: Option<Vreg>,
        shift: u8,
        offset: i64,
    ) -> Built<Vreg> {
        self.push_for(
            ty,
            Inst {
                a: Some(base),
                b: index,
                imm: offset,
                ..Inst::new(Op::Load(width, shift))
            },
        )
    }

    /// Stores to `base + offset`.
    pub fn store(&mut self, width: Width, base: Vreg, offset: i64, value: Vreg) -> Built {
        self.store_indexed(width, base, None, 0, offset, value)
    }

    /// Stores to `base + (index << shift) + offset`.
    pub fn store_indexed(
        &mut self,
        width: Width,
        base: Vreg,
        index: Option<Vreg>,
        shift: u8,
        offset: i64,
        value: Vreg,
    ) -> Built {
        self.push(Inst {
            a: Some(base),
            b: index,
            c: Some(value),
            imm: offset,
            ..Inst::new(Op::Store(width, shift))
        })
    }

    /// A new frame slot.
    pub fn slot(&mut self, words: u32) -> Built<Slot> {
        self.func.slot(words)
    }

    /// The address of a byte of a frame slot.
    pub fn slot_addr(&mut self, slot: Slot, offset: i64) -> Built<Vreg> {
        self.push_for(
            Type::Word,
            Inst {
                imm: offset,
                ..Inst::new(Op::SlotAddr(slot))
            },
        )
    }

    /// The word at a byte of a frame slot.
    pub fn slot_load(&mut self, ty: Type, slot: Slot, offset: i64) -> Built<Vreg> {
        self.push_for(
            ty,
            Inst {
                imm: offset,
                ..Inst::new(Op::SlotLoad(slot))
            },
        )
    }

    /// Stores a word at a byte of a frame slot.
    pub fn slot_store(&mut self, slot: Slot, offset: i64, value: Vreg) -> Built {
        self.push(Inst {
            c: Some(value),
            imm: offset,
            ..Inst::new(Op::SlotStore(slot))
        })
    }

    /// An op whose only operand is `imm`, such as [`Op::ConstObj`].
    pub fn number(&mut self, op: Op, ty: Type, imm: i64) -> Built<Vreg> {
        self.push_for(
            ty,
            Inst {
                imm,
                ..Inst::new(op)
            },
        )
    }

    /// An op without operands, such as [`Op::QstrNumber`].
    pub fn nullary(&mut self, op: Op, ty: Type) -> Built<Vreg> {
        self.push_for(ty, Inst::new(op))
    }

    /// Calls a runtime function that gives something.
    ///
    /// One that gives nothing answers with a constant 0, which is dropped if it is not used.
    pub fn call(&mut self, fun: Fun, args: &[Vreg]) -> Built<Vreg> {
        debug_assert_eq!(fun.params().len(), args.len());
        debug_assert!(
            (fun.params().iter().zip(args))
                .all(|(kind, arg)| param_type(*kind).is_float() == self.ty(*arg).is_float())
        );
        self.tell_line(fun)?;
        let args = self.func.list(args)?;
        let inst = Inst {
            args,
            ..Inst::new(Op::Call(fun))
        };
        match result_type(fun.result()) {
            Some(ty) => self.push_for(ty, inst),
            None => {
                self.push(inst)?;
                self.word(0)
            }
        }
    }

    /// Looks up what a cell knows; `value` is what is stored. `cells` are their address, and the offset of this one.
    pub fn cached(
        &mut self,
        (site, name): (Site, Qstr),
        base: Vreg,
        (cells, offset): (Vreg, i64),
        value: Option<Vreg>,
    ) -> Built<Option<Vreg>> {
        let offset = u32::try_from(offset).map_err(|_| OutOfMemory)?;
        let args = match self.place {
            Some(place) => {
                let place = self.kept(place)?;
                self.func.list(&[place])?
            }
            None => List::default(),
        };
        let inst = Inst {
            a: Some(base),
            b: Some(cells),
            c: value,
            imm: Inst::cell_and_line(offset, self.line),
            args,
            ..Inst::new(Op::Cached(site, name))
        };
        if site == Site::Store {
            self.push(inst)?;
            return Ok(None);
        }
        Ok(Some(self.push_for(Type::Obj, inst)?))
    }

    /// Calls a runtime function for its effect only.
    pub fn call_void(&mut self, fun: Fun, args: &[Vreg]) -> Built {
        debug_assert_eq!(fun.params().len(), args.len());
        self.tell_line(fun)?;
        let args = self.func.list(args)?;
        self.push(Inst {
            args,
            ..Inst::new(Op::Call(fun))
        })
    }

    /// Calls the direct entry of function `child` of this module.
    pub fn call_direct(&mut self, child: i64, args: &[Vreg]) -> Built<Vreg> {
        let args = self.func.list(args)?;
        self.push_for(
            Type::Word,
            Inst {
                args,
                imm: child,
                ..Inst::new(Op::CallDirect)
            },
        )
    }

    /// From now on calls that may raise are told the line first: in memory at `place`, 32 bits.
    pub fn tell_lines(&mut self, place: Kept) {
        self.place = Some(place);
    }

    /// The line that calls are told; 0 for none.
    pub fn told_line(&self) -> u32 {
        self.line
    }

    /// Sets the line that calls are told, without a mark.
    pub fn set_told_line(&mut self, line: u32) {
        self.line = line;
    }

    fn tell_line(&mut self, fun: Fun) -> Built {
        match self.place {
            Some(place) if fun.effect() == Effect::Python => {
                let place = self.kept(place)?;
                self.push(Inst {
                    a: Some(place),
                    imm: i64::from(self.line),
                    ..Inst::new(Op::Tell)
                })
            }
            _ => Ok(()),
        }
    }

    /// What follows belongs to source line `line`.
    pub fn line(&mut self, line: u32) -> Built {
        self.line = line;
        self.push(Inst {
            imm: line as i64,
            ..Inst::new(Op::Line)
        })
    }

    // Ends.

    /// An edge with arguments for the parameters asked for by [`Builder::param`].
    fn edge_to(&mut self, block: Block, args: &[Vreg]) -> Built<Edge> {
        debug_assert!(
            !self.blocks[block].sealed,
            "edge to a block that is sealed: {block:?}"
        );
        debug_assert_eq!(self.func.blocks[block].params.len as usize, args.len());
        let from = self.current;
        self.blocks[block].preds.push(&mut self.links, from)?;
        self.func.edge(block, args)
    }

    fn end(&mut self, term: Term) {
        let block = &mut self.func.blocks[self.current];
        debug_assert!(block.term == Term::Open, "ended twice: {:?}", self.current);
        block.term = term;
    }

    /// Goes on in `to`.
    pub fn jump(&mut self, to: Block, args: &[Vreg]) -> Built {
        let edge = self.edge_to(to, args)?;
        self.end(Term::Jump(edge));
        Ok(())
    }

    /// Goes to `then` if the comparison holds, else to `other`.
    pub fn branch(
        &mut self,
        cond: Cond,
        a: Vreg,
        b: impl Into<Operand>,
        then: (Block, &[Vreg]),
        other: (Block, &[Vreg]),
    ) -> Built {
        let (b, imm) = b.into().parts();
        let then = self.edge_to(then.0, then.1)?;
        let other = self.edge_to(other.0, other.1)?;
        self.end(Term::Branch {
            cond,
            a,
            b,
            imm,
            then,
            other,
        });
        Ok(())
    }

    /// Goes to `then` if the comparison of floats holds, else to `other`.
    pub fn float_branch(
        &mut self,
        cond: Cond,
        a: Vreg,
        b: Vreg,
        then: Block,
        other: Block,
    ) -> Built {
        let then = self.edge_to(then, &[])?;
        let other = self.edge_to(other, &[])?;
        self.end(Term::FBranch {
            cond,
            a,
            b,
            then,
            other,
        });
        Ok(())
    }

    /// `a op b` as `ty`; on overflow goes to `over`. Goes on in a new block.
    pub fn checked(
        &mut self,
        op: Overflow,
        ty: Type,
        a: Vreg,
        b: impl Into<Operand>,
        over: (Block, &[Vreg]),
    ) -> Built<Vreg> {
        let (b, imm) = b.into().parts();
        let dst = self.vreg(ty)?;
        let go_on = self.block()?;
        let fits = self.edge_to(go_on, &[])?;
        let over = self.edge_to(over.0, over.1)?;
        self.end(Term::Checked {
            op,
            dst,
            a,
            b,
            imm,
            fits,
            over,
        });
        self.enter(go_on)?;
        Ok(dst)
    }

    /// Links an exception buffer: see [`Term::NlrPush`].
    pub fn nlr_push(&mut self, slot: Slot, normal: Block, caught: Block) -> Built {
        let normal = self.edge_to(normal, &[])?;
        let caught = self.edge_to(caught, &[])?;
        self.end(Term::NlrPush {
            table: None,
            slot,
            normal,
            caught,
        });
        Ok(())
    }

    /// Goes to target number `a`, the last one if there are fewer.
    pub fn switch(&mut self, a: Vreg, targets: &[Block]) -> Built {
        let start = self.func.targets.len() as u32;
        for target in targets {
            let from = self.current;
            self.blocks[*target].preds.push(&mut self.links, from)?;
            self.func.targets.push(*target)?;
        }
        self.end(Term::Switch {
            a,
            start,
            len: targets.len() as u32,
        });
        Ok(())
    }

    /// Returns `a`.
    pub fn ret(&mut self, a: Vreg) -> Built {
        self.end(Term::Return { a });
        Ok(())
    }

    /// Goes on at a label of the function that this is a piece of.
    pub fn leave(&mut self, label: u32) -> Built {
        self.end(Term::Leave(label));
        Ok(())
    }

    /// After a call that does not return.
    pub fn unreachable(&mut self) -> Built {
        self.end(Term::Unreachable);
        Ok(())
    }

    // The end of building.

    /// Seals what is not sealed, turns locals into parameters and arguments, and gives the function.
    ///
    /// Blocks that were never ended and those that nothing leads to end in [`Term::Unreachable`].
    pub fn finish(mut self) -> Built<Func> {
        self.finish_blocks()?;
        Ok(self.func)
    }

    fn finish_blocks(&mut self) -> Built {
        for block in self.blocks.indices() {
            self.seal_block(block)?;
        }
        // What became trivial when its arguments did.
        let mut changed = true;
        while changed {
            changed = false;
            for phi in self.phis.indices() {
                changed |= self.drop_if_trivial(phi);
            }
        }
        self.define_undefined()?;
        self.write_params()?;
        self.write_args()?;
        for at in 0..self.func.pool.len() {
            self.func.pool[at] = self.resolve(self.func.pool[at]);
        }
        let mut blocks = core::mem::take(&mut self.func.blocks);
        for block in blocks.iter_mut() {
            for inst in block.insts.iter_mut() {
                inst.map_operands(|vreg| self.resolve(vreg));
            }
            block.term.map_operands(|vreg| self.resolve(vreg));
            if block.term == Term::Open {
                block.term = Term::Unreachable;
            }
        }
        self.func.blocks = blocks;
        Ok(())
    }

    /// Locals that were read without being written are 0 from the start.
    fn define_undefined(&mut self) -> Built {
        for vreg in self.undefined.into_iter().flatten() {
            let op = if self.ty(vreg).is_float() {
                Op::FConst
            } else {
                Op::Const
            };
            let inst = Inst {
                dst: Some(vreg),
                ..Inst::new(op)
            };
            self.func.blocks[Block::from_index(0)]
                .insts
                .insert(0, inst)?;
        }
        Ok(())
    }

    /// Which of the ways to `block` is the first one from `from`.
    fn pred_number(&self, block: Block, from: Block) -> usize {
        let mut preds = self.blocks[block].preds.iter(&self.links);
        preds.position(|pred| pred == from).unwrap_or(0)
    }

    fn live_phis(&self, block: Block) -> impl Iterator<Item = &PhiData> {
        let mut next = self.blocks[block].phis.map(|(first, _)| first);
        let all = core::iter::from_fn(move || {
            let data = &self.phis[next?];
            next = data.next;
            Some(data)
        });
        // A phi without any argument is in a block that nothing leads to.
        all.filter(|phi| phi.same.is_none())
    }

    fn write_params(&mut self) -> Built {
        let mut params = TryVec::new();
        for block in self.blocks.indices() {
            if self.live_phis(block).next().is_none() {
                continue;
            }
            params.clear();
            params.extend_from_slice(self.func.items(self.func.blocks[block].params))?;
            params.extend(self.live_phis(block).map(|phi| phi.vreg))?;
            self.func.blocks[block].params = self.func.list(&params)?;
        }
        Ok(())
    }

    /// Extends each edge by the arguments for parameters that locals made.
    fn write_args(&mut self) -> Built {
        // All edges from one block to another carry the same values of locals.
        let mut args = TryVec::new();
        for from in self.blocks.indices() {
            let mut term = self.func.blocks[from].term;
            for edge in term.edges_mut() {
                if self.live_phis(edge.block).next().is_none() {
                    continue;
                }
                let at = self.pred_number(edge.block, from);
                args.clear();
                args.extend_from_slice(self.func.items(edge.args))?;
                args.extend(
                    self.live_phis(edge.block)
                        .filter_map(|phi| self.phi_args(phi).get(at).copied()),
                )?;
                edge.args = self.func.list(&args)?;
            }
            self.func.blocks[from].term = term;
            self.split_switch(from)?;
        }
        Ok(())
    }

    /// Targets of switches take no arguments: blocks in between give them.
    fn split_switch(&mut self, from: Block) -> Built {
        let Term::Switch { start, len, .. } = self.func.blocks[from].term else {
            return Ok(());
        };
        for place in start as usize..start as usize + len as usize {
            let target = self.func.targets[place];
            if self.live_phis(target).next().is_none() {
                continue;
            }
            let at = self.pred_number(target, from);
            let args = TryVec::from_items(
                self.live_phis(target)
                    .filter_map(|phi| self.phi_args(phi).get(at).copied()),
            )?;
            let between = self.func.block()?;
            let edge = self.func.edge(target, &args)?;
            self.func.blocks[between].term = Term::Jump(edge);
            self.func.blocks[between].params = List::default();
            self.func.targets[place] = between;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::string::{String, ToString};

    use super::*;
    use crate::nir::verify;

    fn finished(builder: Builder) -> String {
        let func = builder.finish().unwrap();
        let text = func.to_string();
        assert_eq!(verify(&func, 8), Ok(()), "{text}");
        text
    }

    /// `while n: n -= step` with a local that the loop does not change.
    #[test]
    fn only_locals_that_change_become_parameters_of_a_loop() {
        let (mut b, params) = Builder::new(Qstr::NONE, Entry::Words(2)).unwrap();
        let n = b.var(Type::Word, Qstr::NONE).unwrap();
        let step = b.var(Type::Word, Qstr::NONE).unwrap();
        b.write_local(n, params[0]).unwrap();
        b.write_local(step, params[1]).unwrap();
        let head = b.block().unwrap();
        let body = b.block().unwrap();
        let done = b.block().unwrap();
        b.jump(head, &[]).unwrap();
        b.switch_to(head);
        let value = b.read_local(n).unwrap();
        b.branch(Cond::Ne, value, 0, (body, &[]), (done, &[]))
            .unwrap();
        b.enter(body).unwrap();
        let value = b.read_local(n).unwrap();
        let by = b.read_local(step).unwrap();
        let value = b.sub(value, by).unwrap();
        b.write_local(n, value).unwrap();
        b.jump(head, &[]).unwrap();
        b.seal_block(head).unwrap();
        b.enter(done).unwrap();
        let value = b.read_local(n).unwrap();
        b.ret(value).unwrap();
        assert_eq!(
            finished(b),
            "func q0 words 2
b0(v0: word, v1: word):
  jump b1(v0)
b1(v2: word):
  branch ne v2, 0 then b2 else b3
b2:
  v4: word = sub v2, v1
  jump b1(v4)
b3:
  return v2
"
        );
    }

    #[test]
    fn switches_pass_locals_through_blocks_in_between() {
        let (mut b, params) = Builder::new(Qstr::NONE, Entry::Words(1)).unwrap();
        let var = b.var(Type::Word, Qstr::NONE).unwrap();
        let blocks = [b.block().unwrap(), b.block().unwrap()];
        b.switch(params[0], &blocks).unwrap();
        b.enter(blocks[0]).unwrap();
        let one = b.word(1).unwrap();
        b.write_local(var, one).unwrap();
        b.jump(blocks[1], &[]).unwrap();
        b.enter(blocks[1]).unwrap();
        let value = b.read_local(var).unwrap();
        b.ret(value).unwrap();
        assert_eq!(
            finished(b),
            "func q0 words 1
b0(v0: word):
  v3: word = const 0
  switch v0 b1 b3
b1:
  v1: word = const 1
  jump b2(v1)
b2(v2: word):
  return v2
b3:
  jump b2(v3)
"
        );
    }
}
