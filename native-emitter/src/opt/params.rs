//! Block parameters that are always the same value.
use ferlance_collections::{BitSet, IndexVec, OutOfMemory, TryVec};

use super::subst::Subst;
use crate::analysis::{Cfg, Dominators};
use crate::nir::{Block, Edge, Func, Vreg};

/// The edges that lead to each block, and the place of each parameter.
pub(super) struct Incoming {
    edges: IndexVec<Block, TryVec<Edge>>,
    params: IndexVec<Vreg, Option<(Block, usize)>>,
}

impl Incoming {
    /// Of all blocks, reachable or not.
    pub(super) fn new(func: &Func) -> Result<Incoming, OutOfMemory> {
        let mut edges = IndexVec::with_capacity(func.blocks.len())?;
        for _ in func.blocks.indices() {
            edges.push(TryVec::new())?;
        }
        let mut params = IndexVec::filled(None, func.vregs.len())?;
        for (block, data) in func.blocks.iter_enumerated() {
            for (at, param) in func.items(data.params).iter().enumerate() {
                params[*param] = Some((block, at));
            }
            for edge in data.term.edges() {
                edges[edge.block].push(edge)?;
            }
        }
        Ok(Incoming { edges, params })
    }

    /// The edges that lead to a block.
    pub(super) fn edges(&self, block: Block) -> &[Edge] {
        &self.edges[block]
    }

    /// Block and place, if the value is a parameter.
    pub(super) fn param(&self, vreg: Vreg) -> Option<(Block, usize)> {
        self.params[vreg]
    }
}

/// Drops parameters whose arguments are all one value, or the parameter itself.
pub(super) fn drop_trivial(func: &mut Func) -> Result<bool, OutOfMemory> {
    let mut any = false;
    loop {
        let incoming = Incoming::new(func)?;
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
