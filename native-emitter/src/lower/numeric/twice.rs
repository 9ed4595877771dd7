//! The loop itself, lowered twice.
use ferlance_bytecode::op::{Label, Op as Bytecode};
use ferlance_collections::TryVec;

use super::wide::MAX_WIDE_OPS;
use super::{IS_HERE, Numeric};
use crate::lower::counted::{MAX_OPS, pattern};
use crate::lower::flow::LowerError;
use crate::lower::kinds::{Kind, Numbers};
use crate::lower::prologue::Frame;
use crate::lower::region::{self, Region, Scene, bit};
use crate::lower::{Done, Facts, Lowering};
use crate::nir::Block;

impl Lowering<'_, '_> {
    // The loop.

    /// Is an op one of those of [`Region::steps`]?
    pub(in crate::lower) fn is_step(&self) -> bool {
        self.numeric
            .as_ref()
            .is_some_and(|numeric| numeric.region.steps.contains(self.at as usize))
    }

    /// What is known at a label that the numeric copy has come to.
    pub(in crate::lower) fn begin_label(&mut self, label: Label) {
        if let Some(numeric) = &mut self.numeric {
            numeric.escape = None;
            let state = numeric.region.states.get(label.index());
            let state = state.and_then(Option::as_ref);
            for (place, kind) in numeric.kinds.iter_mut().enumerate() {
                let known = state.and_then(|state| state.get(place));
                *kind = known.copied().unwrap_or(Kind::Any);
            }
        }
    }

    /// Lowers the loop that begins at op `at` twice, if it gains by that: gives the op behind it, and whether control
    /// comes there.
    pub(in crate::lower) fn numeric_loop(&mut self, at: usize) -> Done<Option<(usize, bool)>> {
        let is_fit = self.has_floats() || self.is_wide();
        let is_fit = is_fit && IS_HERE && self.numeric.is_none() && !self.is_copied;
        if !is_fit || matches!(self.frame, Frame::Generator { .. }) {
            return Ok(None);
        }
        let Some(bounds) = region::bounds(self.code, &self.flow, at) else {
            return Ok(None);
        };
        let (from, to, entry) = bounds;
        let is_counted = pattern(self.code, &self.flow, at).is_some();
        let (numbers, most) = match self.is_wide() {
            true => (Numbers::Wide, MAX_WIDE_OPS),
            false => (Numbers::Floats, MAX_OPS),
        };
        let is_fit = to - from <= most
            && region::may_be_worth_it(
                &self.code.ops()[from..to],
                is_counted,
                !self.seen.is_empty(),
            );
        if !is_fit || !self.find_live()? {
            return Ok(None);
        }
        let mut unsure = 0;
        for op in self.unbound.iter() {
            if let Some(Bytecode::LoadFast(local) | Bytecode::DeleteFast(local)) =
                self.code.ops().get(op)
            {
                unsure |= bit(local.index());
            }
        }
        let (before, expected) = self.kinds_before(entry, unsure)?;
        let scene = Scene {
            code: self.code,
            flow: &self.flow,
            live: self.live.as_deref().unwrap_or_default(),
            consts: self.tables.consts.consts(),
            unsure,
            numbers,
            is_site: &|at| self.is_site(at),
        };
        match scene.analyse(bounds, &expected)? {
            Some(region) => self.lower_twice(region, before).map(Some),
            None => Ok(None),
        }
    }

    /// Finds out which locals are live, once; says whether that is known.
    pub(in crate::lower) fn find_live(&mut self) -> Done<bool> {
        if !self.is_live_found {
            self.is_live_found = true;
            self.live = region::live_locals(self.code, &self.flow)?;
        }
        Ok(self.live.is_some())
    }

    /// What is known of each place before the loop that is entered at `entry`, and what is expected.
    /// Tests of what is expected are for objects: nothing is expected of locals that may be unbound.
    fn kinds_before(&mut self, entry: Label, unsure: u64) -> Done<(TryVec<Kind>, TryVec<Kind>)> {
        let at = self.flow.label_at[entry.index()] as usize;
        let live = self.live_before(at);
        let n = self.n_locals() + self.flow.max_depth as usize;
        let mut kinds = TryVec::filled(Kind::Any, n)?;
        let unknown = match self.is_wide() {
            true => Kind::Likely,
            false => Kind::Any,
        };
        let mut expected = TryVec::filled(unknown, n)?;
        for place in 0..n {
            let is_there = match place.checked_sub(self.n_locals()) {
                Some(depth) => depth < self.depth as usize,
                None => live & bit(place) != 0,
            };
            if is_there {
                let var = self.object_var(place)?;
                let value = self.b.read_local(var)?;
                let facts = self.facts(value);
                if facts.is_small {
                    (kinds[place], expected[place]) = (Kind::Small, Kind::Small);
                } else if self.is_wide() && self.is_likely_wide(value) {
                    expected[place] = Kind::Wide;
                } else if facts.is_likely_float {
                    expected[place] = Kind::Float;
                } else if !self.is_wide() && facts == Facts::default() && unsure & bit(place) == 0 {
                    expected[place] = self.seen_at(place);
                }
            }
        }
        Ok((kinds, expected))
    }

    /// What a local most likely is.
    fn seen_at(&self, place: usize) -> Kind {
        let is_cell = self.code.cells.iter().any(|slot| *slot as usize == place);
        match self.seen.get(place) {
            Some(seen) if !is_cell && place < self.n_locals() => Kind::from(*seen),
            _ => Kind::Any,
        }
    }

    fn lower_twice(&mut self, region: Region, before: TryVec<Kind>) -> Done<(usize, bool)> {
        let (from, to, entry) = (region.from, region.to, region.entry);
        let labels = self.label_blocks.try_clone()?;
        let mut rare: TryVec<Option<Block>> = TryVec::new();
        rare.resize_with(labels.len(), || None)?;
        for op in &self.code.ops()[from..to] {
            if let Bytecode::Label(label) = op
                && labels[label.index()].is_some()
            {
                rare[label.index()] = labels[label.index()];
                self.label_blocks[label.index()] = Some(self.b.block()?);
            }
        }
        let exit = self.b.block()?;
        let start = (self.depth, self.block, self.iter);
        let line = self.b.told_line();
        let mut end = None;

        self.copies += 1;
        self.numeric = Some(Numeric {
            region,
            kinds: before,
            rare: rare.try_clone()?,
            resumes: TryVec::new(),
            escape: None,
            at: from as u32,
            depth: self.depth,
        });
        self.at = (from as u32).saturating_sub(1);
        self.go_to(entry)?;
        if self.ops_between(from, to, false)? {
            let wanted = self.objects_at(to, self.depth)?;
            self.settle_as(&wanted, None)?;
            self.b.jump(exit, &[])?;
            end = Some((self.depth, self.block, self.iter));
        }
        self.copies += 1;

        let numeric = self.numeric.take().ok_or(LowerError::BadCode)?;
        let is_reached = |block: &Block| self.b.is_reached(*block);
        if !numeric.resumes.is_empty() || rare.iter().flatten().any(is_reached) {
            let first = self.b.func().blocks.len();
            for (label, block) in rare.iter().enumerate() {
                if let Some(block) = block {
                    self.label_blocks[label] = Some(*block);
                    self.b.set_cold(*block);
                }
            }
            self.resumes = numeric.resumes;
            (self.depth, self.block, self.iter) = start;
            self.b.set_told_line(line);
            self.is_copied = true;
            if self.ops_between(from, to, false)? {
                self.b.jump(exit, &[])?;
                end = Some((self.depth, self.block, self.iter));
            }
            self.is_copied = false;
            self.resumes = TryVec::new();
            for at in first..self.b.func().blocks.len() {
                self.b.set_cold(Block::from_index(at));
            }
            self.copies += 1;
        }
        self.label_blocks = labels;
        if let Some(end) = end {
            (self.depth, self.block, self.iter) = end;
            self.b.enter(exit)?;
        }
        Ok((to, end.is_some()))
    }
}
