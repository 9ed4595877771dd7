//! Block parameters that are always the same value.
use ferlance_collections::{BitSet, IndexVec, OutOfMemory, TryVec};

use super::subst::Subst;
use crate::analysis::{Cfg, Dominators};
use crate::nir::{Block, Edge, Func, Vreg};

/// The edges that lead to each block, and the place of each parameter.
pub(super) struct Incoming {
    /// Those to block `b` are `edges[first[b]..first[b + 1]]`.
    edges: TryVec<Edge>,
    first: TryVec<u32>,
    params: IndexVec<Vreg, Option<(Block, u32)>>,
}

impl Incoming {
    /// Of all blocks, reachable or not.
    pub(super) fn new(func: &Func) -> Result<Incoming, OutOfMemory> {
        let count = func.blocks.len();
        let mut first = TryVec::filled(0u32, count + 1)?;
        let mut params = IndexVec::filled(None, func.vregs.len())?;
        for (block, data) in func.blocks.iter_enumerated() {
            for (at, param) in func.items(data.params).iter().enumerate() {
                params[*param] = Some((block, at as u32));
            }
            for edge in data.term.edges() {
                first[edge.block.index()] += 1;
            }
        }
        // Ends of the runs; filling them from behind makes starts of them.
        let mut sum = 0;
        for at in first.iter_mut() {
            sum += *at;
            *at = sum;
        }
        let nothing = Edge {
            block: Block::from_index(0),
            args: Default::default(),
        };
        let mut edges = TryVec::filled(nothing, sum as usize)?;
        for data in func.blocks.iter() {
            for edge in data.term.edges() {
                let at = &mut first[edge.block.index()];
                *at -= 1;
                edges[*at as usize] = edge;
            }
        }
        Ok(Incoming {
            edges,
            first,
            params,
        })
    }

    /// The edges that lead to a block.
    pub(super) fn edges(&self, block: Block) -> &[Edge] {
        let at = block.index();
        &self.edges[self.first[at] as usize..self.first[at + 1] as usize]
    }

    /// Block and place, if the value is a parameter.
    pub(super) fn param(&self, vreg: Vreg) -> Option<(Block, usize)> {
        self.params[vreg].map(|(block, at)| (block, at as usize))
    }
}

/// Is there a parameter whose arguments are all one value, or the parameter itself? Quickly told.
fn has_trivial(func: &Func, incoming: &Incoming) -> bool {
    func.blocks.iter_enumerated().skip(1).any(|(block, data)| {
        let edges = incoming.edges(block);
        func.items(data.params)
            .iter()
            .enumerate()
            .any(|(at, param)| {
                let mut one = None;
                edges
                    .iter()
                    .all(|edge| match func.items(edge.args).get(at) {
                        None => false,
                        Some(arg) if arg == param || one == Some(*arg) => true,
                        Some(arg) => one.replace(*arg).is_none(),
                    })
                    && one.is_some()
            })
    })
}

/// Drops parameters whose arguments are all one value, or the parameter itself.
pub(super) fn drop_trivial(func: &mut Func) -> Result<bool, OutOfMemory> {
    let mut any = false;
    loop {
        let incoming = Incoming::new(func)?;
        if !has_trivial(func, &incoming) {
            return Ok(any);
        }
        let cfg = Cfg::new(func)?;
        let dominators = Dominators::new(&cfg)?;
        let homes = super::uses::homes(func)?;
        let mut subst = Subst::new(func)?;
        let mut gone = BitSet::with_limit(func.vregs.len())?;
        for block in cfg.order.iter().skip(1) {
            for (at, param) in func.items(func.blocks[*block].params).iter().enumerate() {
                let mut one = None;
                let mut is_trivial = true;
                for edge in incoming.edges(*block) {
                    let Some(arg) = func.items(edge.args).get(at) else {
                        is_trivial = false;
                        break;
                    };
                    let arg = subst.get(*arg);
                    if arg == *param || one == Some(arg) {
                        continue;
                    }
                    is_trivial &= one.is_none();
                    one = Some(arg);
                }
                let Some(one) = one.filter(|_| is_trivial) else {
                    continue;
                };
                // The result of a checked op is there only behind one of its edges.
                let home = homes[one];
                if func.ty(one).is_float() == func.ty(*param).is_float()
                    && home.is_some_and(|home| dominators.dominates(home, *block))
                    && is_there(func, &dominators, one, home, *block)
                {
                    subst.replace(*param, one);
                    gone.insert(param.index())?;
                }
            }
        }
        if gone.is_empty() {
            return Ok(any);
        }
        any = true;
        remove(func, &gone)?;
        subst.apply(func);
    }
}

/// Is a value that the end of its block defines there in `block`?
fn is_there(
    func: &Func,
    dominators: &Dominators,
    vreg: Vreg,
    home: Option<Block>,
    block: Block,
) -> bool {
    let Some(home) = home else { return false };
    match func.blocks[home].term {
        crate::nir::Term::Checked { dst, fits, .. } if dst == vreg => {
            dominators.dominates(fits.block, block)
        }
        _ => true,
    }
}

/// Takes parameters and their arguments out.
pub(super) fn remove(func: &mut Func, gone: &BitSet) -> Result<(), OutOfMemory> {
    for block in func.blocks.indices() {
        let mut term = func.blocks[block].term;
        for edge in term.edges_mut() {
            let params = func.items(func.blocks[edge.block].params);
            if !params.iter().any(|param| gone.contains(param.index())) {
                continue;
            }
            let args = TryVec::from_items(
                params
                    .iter()
                    .zip(func.items(edge.args))
                    .filter(|(param, _)| !gone.contains(param.index()))
                    .map(|(_, arg)| *arg),
            )?;
            edge.args = func.list(&args)?;
        }
        func.blocks[block].term = term;
    }
    for block in func.blocks.indices() {
        let params = func.items(func.blocks[block].params);
        if params.iter().any(|param| gone.contains(param.index())) {
            let kept = TryVec::from_items(
                params
                    .iter()
                    .copied()
                    .filter(|param| !gone.contains(param.index())),
            )?;
            func.blocks[block].params = func.list(&kept)?;
        }
    }
    Ok(())
}
