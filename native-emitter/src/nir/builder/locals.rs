//! Locals as values: which block knows which, parameters where ways meet, and what turns out to be none.
use ferlance_abi::Qstr;
use ferlance_collections::{BitSet, TryVec, niche_index_type};

use super::{Builder, Built, Var};
use crate::nir::{Block, List, Term, Type, Vreg};

niche_index_type! {
    pub(super) struct Phi;
}

#[derive(Default)]
pub(super) struct BlockState {
    /// Parameters that locals need, behind those asked for by the user: the first one, and the last.
    phis: Option<(Phi, Phi)>,
    /// One entry per edge that leads here.
    pub(super) preds: Preds,
    /// Values of locals at the end of what is there so far, by rising local: most blocks know few.
    values: TryVec<(Var, Vreg)>,
    pub(super) sealed: bool,
}

/// Where edges to a block come from: a list in [`Builder::links`], of which the first is here.
#[derive(Clone, Copy, Default)]
pub(super) struct Preds {
    pub(super) len: u32,
    /// The number of the first.
    first: u32,
    /// The second, and the last.
    next: u32,
    last: u32,
}

impl Preds {
    pub(super) fn push(&mut self, links: &mut TryVec<(Block, u32)>, block: Block) -> Built {
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
    pub(super) fn only(self) -> Option<Block> {
        (self.len == 1).then(|| Block::from_index(self.first as usize))
    }
}

impl BlockState {
    pub(super) fn value(&self, var: Var) -> Option<Vreg> {
        let at = self.values.binary_search_by_key(&var, |(var, _)| *var);
        let (_, value) = self.values.get(at.ok()?)?;
        Some(*value)
    }
}

pub(super) struct PhiData {
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
pub(super) struct LoopTop {
    block: Block,
    /// Where control comes from when the loop begins.
    from: Block,
    kept: BitSet,
}

/// Blocks on the way to a value that are looked at each time rather than remembering it.
const SHORT_WAY: usize = 8;

/// Blocks that are looked at for a value that all ways into a block bring along.
const SHORT_LOOK: usize = 40;

impl Builder {
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

    pub(super) fn set_value(&mut self, block: Block, var: Var, value: Vreg) -> Built {
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

    pub(super) fn undefined(&mut self, var: Var) -> Built<Vreg> {
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

    pub(super) fn fill_waiting(&mut self) -> Built {
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
    pub(super) fn drop_if_trivial(&mut self, phi: Phi) -> bool {
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
    pub(super) fn resolve(&self, mut vreg: Vreg) -> Vreg {
        while let Some(Some(phi)) = self.phi_of.get(vreg.index()) {
            match self.phis[*phi].same {
                Some(same) => vreg = same,
                None => break,
            }
        }
        vreg
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

    pub(super) fn write_params(&mut self) -> Built {
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
    pub(super) fn write_args(&mut self) -> Built {
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
