//! Escapes: ways from the numeric copy of a loop to the rare one.
use ferlance_collections::TryVec;

use super::{IS_HERE, Resume};
use crate::lower::flow::LowerError;
use crate::lower::kinds::Kind;
use crate::lower::region::bit;
use crate::lower::{Done, Lowering};
use crate::nir::Block;

impl Lowering<'_, '_> {
    /// Places of live floats.
    pub(super) fn live_floats(&self, live: u64, depth: u32) -> Done<TryVec<usize>> {
        let places = (0..self.n_locals() + depth as usize)
            .filter(|place| *place >= self.n_locals() || live & bit(*place) != 0)
            .filter(|place| self.kind_at(*place) == Kind::Float);
        Ok(TryVec::from_items(places)?)
    }

    /// Locals that are live before op `at`: a bit each.
    pub(in crate::lower) fn live_before(&self, at: usize) -> u64 {
        let live = self.live.as_ref().and_then(|live| live.get(at));
        live.copied().unwrap_or(u64::MAX)
    }

    /// The op at hand begins: `keeps` if it does nothing that could not be done again.
    pub(in crate::lower) fn begin_op(&mut self, keeps: bool) {
        let (at, depth) = (self.at, self.depth);
        if let Some(numeric) = &mut self.numeric {
            (numeric.at, numeric.depth) = (at, depth);
            if !keeps {
                numeric.escape = None;
            }
        }
    }

    /// What is done from here on must not be done again.
    pub(in crate::lower) fn end_escape(&mut self) {
        if let Some(numeric) = &mut self.numeric {
            numeric.escape = None;
        }
    }

    /// Where to go if the op at hand is not one for the numeric copy. Nothing has been written yet.
    pub(in crate::lower) fn escape(&mut self) -> Done<Block> {
        let Some(numeric) = &self.numeric else {
            return Err(LowerError::BadCode);
        };
        if let Some(escape) = numeric.escape {
            return Ok(escape);
        }
        let (at, depth) = (numeric.at, numeric.depth);
        let known = numeric.resumes.iter().find(|resume| resume.at == at);
        let known = known.map(|resume| resume.block);
        let block = match known {
            Some(block) => block,
            None => self.b.cold_block()?,
        };
        let escape = self.leave_to(block, self.live_before(at as usize), depth)?;
        let resume = Resume {
            at,
            depth,
            iter: self.iter,
            block,
        };
        if let Some(numeric) = &mut self.numeric {
            numeric.escape = Some(escape);
            if known.is_none() {
                numeric.resumes.push(resume)?;
            }
        }
        Ok(escape)
    }

    /// A block that goes to `to` in the rare copy with the values of now: live locals, `depth` places of the stack.
    pub(super) fn leave_to(&mut self, to: Block, live: u64, depth: u32) -> Done<Block> {
        let ranges = self.ranges(depth)?;
        let (mut objects, mut wide) = (TryVec::new(), TryVec::new());
        let floats = self.live_floats(live, depth)?;
        for place in 0..self.n_locals() + depth as usize {
            let is_live = place >= self.n_locals() || live & bit(place) != 0;
            let kind = self.kind_at(place);
            if is_live && kind == Kind::Wide {
                wide.push((self.object_var(place)?, self.read_place(place)?))?;
            } else if is_live && kind != Kind::Float {
                let var = self.object_var(place)?;
                objects.push((var, self.b.read_local(var)?))?;
            }
        }
        let mut numbers = TryVec::new();
        for place in &floats {
            let var = self.number_var(*place)?;
            numbers.push(self.b.read_local(var)?)?;
        }
        let current = self.b.current();
        let block = self.b.cold_block()?;
        self.b.switch_to(block);
        for (depth, next) in ranges {
            self.put_range(depth, next)?;
        }
        for (var, value) in objects {
            self.b.write_local(var, value)?;
        }
        for (var, value) in wide {
            let object = self.box_by_call(value)?;
            self.b.write_local(var, object)?;
        }
        if let ([place], [number]) = (floats.as_slice(), numbers.as_slice()) {
            let object = self.object(*number)?;
            let var = self.object_var(*place)?;
            self.b.write_local(var, object)?;
        } else {
            let area = self.float_area(floats.len() as u32)?;
            for (at, number) in numbers.iter().enumerate() {
                self.b.slot_store(area, at as i64 * self.word(), *number)?;
            }
            for (at, place) in floats.iter().enumerate() {
                let number = self.take_float(at as i64 * self.word())?;
                let object = self.object(number)?;
                let var = self.object_var(*place)?;
                self.b.write_local(var, object)?;
            }
        }
        self.b.jump(to, &[])?;
        self.b.switch_to(current);
        Ok(block)
    }

    /// Where an escape arrives before op `at` of the rare copy.
    pub(in crate::lower) fn resume_at(&mut self, at: usize, alive: bool) -> Done<bool> {
        if !IS_HERE {
            return Ok(alive);
        }
        let found = self.resumes.iter().find(|resume| resume.at as usize == at);
        let Some(resume) = found.copied() else {
            return Ok(alive);
        };
        if alive {
            self.b.jump(resume.block, &[])?;
        }
        (self.depth, self.block, self.iter) = (resume.depth, None, resume.iter);
        self.b.enter(resume.block)?;
        Ok(true)
    }
}
