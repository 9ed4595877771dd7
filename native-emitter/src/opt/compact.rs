//! Numbers without gaps. Passes make values and lists and leave the old ones behind, so that in the end most numbers
//! stand for nothing; but what is known of each value takes memory and time by its number.
use ferlance_collections::{BitSet, IndexVec, OutOfMemory, SCARCE_MEMORY, TryVec};

use crate::nir::{Func, List, Vreg};

/// Renumbers values and lists, in their order, and gives back the room.
pub(super) fn compact(func: &mut Func) -> Result<(), OutOfMemory> {
    let kept = kept(func)?;
    let count = kept.len();
    if count == func.vregs.len() {
        return lists(func, |vreg| vreg);
    }
    let numbers = Numbers::new(&kept)?;
    let mut vregs = TryVec::with_capacity(count)?;
    vregs.extend(kept.iter().map(|old| func.vregs[Vreg::from_index(old)]))?;
    func.vregs = IndexVec::from_items(vregs);
    for data in func.blocks.iter_mut() {
        for inst in data.insts.iter_mut() {
            inst.dst = inst.dst.map(|dst| numbers.of(&kept, dst));
            inst.map_operands(|vreg| numbers.of(&kept, vreg));
        }
        data.term.map_operands(|vreg| numbers.of(&kept, vreg));
        data.term.map_def(|vreg| numbers.of(&kept, vreg));
    }
    lists(func, |vreg| numbers.of(&kept, vreg))?;
    match SCARCE_MEMORY {
        true => tighten(func),
        false => Ok(()),
    }
}

/// Gives back the room that lists of instructions have to grow.
fn tighten(func: &mut Func) -> Result<(), OutOfMemory> {
    for data in func.blocks.iter_mut() {
        if data.insts.capacity() > data.insts.len() + data.insts.len() / 8 {
            data.insts = TryVec::from_slice(&data.insts)?;
        }
    }
    Ok(())
}

/// The values that something defines or uses.
fn kept(func: &Func) -> Result<BitSet, OutOfMemory> {
    let mut kept = BitSet::with_limit(func.vregs.len())?;
    for data in &func.blocks {
        for vreg in func.items(data.params) {
            kept.insert(vreg.index())?;
        }
        for inst in &data.insts {
            let args = func.items(inst.args).iter().copied();
            for vreg in inst.dst.into_iter().chain(inst.operands()).chain(args) {
                kept.insert(vreg.index())?;
            }
        }
        for vreg in data.term.def().into_iter().chain(data.term.operands()) {
            kept.insert(vreg.index())?;
        }
        for edge in data.term.edges() {
            for vreg in func.items(edge.args) {
                kept.insert(vreg.index())?;
            }
        }
    }
    Ok(kept)
}

/// New numbers of values: how many are kept before them.
struct Numbers {
    /// Of the first value of each [`BitSet::RUN`].
    starts: TryVec<u32>,
}

impl Numbers {
    fn new(kept: &BitSet) -> Result<Numbers, OutOfMemory> {
        let mut starts = TryVec::new();
        let mut before = 0;
        for count in kept.runs() {
            starts.push(before as u32)?;
            before += count;
        }
        Ok(Numbers { starts })
    }

    fn of(&self, kept: &BitSet, vreg: Vreg) -> Vreg {
        let start = self.starts.get(vreg.index() / BitSet::RUN);
        let start = start.copied().unwrap_or(0) as usize;
        Vreg::from_index(kept.rank(vreg.index(), start))
    }
}

/// A pool of the lists that are used, with other numbers in them.
fn lists(func: &mut Func, map: impl Fn(Vreg) -> Vreg) -> Result<(), OutOfMemory> {
    let mut room = 0;
    for data in &func.blocks {
        let args = data.insts.iter().map(|inst| inst.args);
        let edges = data.term.edges().map(|edge| edge.args);
        room += args
            .chain(edges)
            .map(|list| list.len as usize)
            .sum::<usize>();
        room += data.params.len as usize;
    }
    let mut pool = TryVec::with_capacity(room)?;
    let old = core::mem::take(&mut func.pool);
    let mut moved = |list: &mut List| {
        let start = list.start as usize;
        let items = old.get(start..start + list.len as usize).unwrap_or(&[]);
        list.start = u32::try_from(pool.len()).map_err(|_| OutOfMemory)?;
        for item in items {
            pool.push(map(*item))?;
        }
        Ok::<(), OutOfMemory>(())
    };
    for data in func.blocks.iter_mut() {
        moved(&mut data.params)?;
        for inst in data.insts.iter_mut() {
            moved(&mut inst.args)?;
        }
        for edge in data.term.edges_mut() {
            moved(&mut edge.args)?;
        }
    }
    func.pool = pool;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use super::*;
    use crate::nir::text::parse;

    #[test]
    fn numbers_and_lists_that_nobody_uses_are_gone() {
        let mut func = parse(
            "func q0 words 2
            b0(v3: word, v9: word):
              branch ne v9, 0 then b1(v3) else b2
            b1(v20: word):
              v31: word = add v20, v9
              return v31
            b2:
              return v3",
        )
        .unwrap();
        func.list(&[Vreg::from_index(3)]).unwrap();
        compact(&mut func).unwrap();
        assert_eq!(func.vregs.len(), 4);
        assert_eq!(func.pool.len(), 4);
        let same = parse(
            "func q0 words 2
            b0(v0: word, v1: word):
              branch ne v1, 0 then b1(v0) else b2
            b1(v2: word):
              v3: word = add v2, v1
              return v3
            b2:
              return v0",
        )
        .unwrap();
        assert_eq!(func.to_string(), same.to_string());
    }
}
