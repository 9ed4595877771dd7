//! Iterators over ranges, whose next value, end and step are in registers.
use ferlance_abi::layout;
use ferlance_bytecode::op::Label;
use ferlance_collections::TryVec;

use crate::lower::arith::SMALL;
use crate::lower::kinds::Kind;
use crate::lower::{Done, Lowering};
use crate::nir::{Block, Cond, Overflow, Type, Vreg, Width};

impl Lowering<'_, '_> {
    /// Iterators over ranges in the first `depth` places of the stack: the depth of each, and its next value.
    pub(super) fn ranges(&mut self, depth: u32) -> Done<TryVec<(u32, Vreg)>> {
        let mut ranges = TryVec::new();
        for at in 0..depth {
            if self.kind_at(self.n_locals() + at as usize) == Kind::Range {
                ranges.push((at, self.read_stack(at + layout::ITER_SEQ as u32)?))?;
            }
        }
        Ok(ranges)
    }

    /// Puts the next value of an iterator over a range into its memory.
    pub(super) fn put_range(&mut self, depth: u32, next: Vreg) -> Done {
        let address = self.iter_address(depth)?;
        let offset = layout::ITER_SEQ as i64 * self.word();
        Ok(self.b.store(Width::Word, address, offset, next)?)
    }

    /// Goes to `other` unless the iterator at `depth` is over a range that rises; gives next value, end and step.
    pub(super) fn require_range(&mut self, depth: u32, other: Block) -> Done<[Vreg; 3]> {
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
    pub(in crate::lower) fn next_of_range(&mut self, depth: u32, to: Label) -> Done {
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
    pub(in crate::lower) fn is_range(&self, depth: u32) -> bool {
        self.is_numeric() && self.kind_at(self.n_locals() + depth as usize) == Kind::Range
    }
}
