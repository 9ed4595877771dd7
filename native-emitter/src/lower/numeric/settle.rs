//! Values as they are wanted at a label: floats made objects, objects found to be floats.
use ferlance_bytecode::op::{ITER_SLOTS, Label};
use ferlance_collections::TryVec;

use super::SMALL_TAG;
use crate::lower::flow::LowerError;
use crate::lower::kinds::Kind;
use crate::lower::region::bit;
use crate::lower::{Done, Lowering};
use crate::nir::{Cond, Type};

impl Lowering<'_, '_> {
    // Ways from one place in the code to another.

    /// What is wanted of each place at a label.
    fn wanted(&self, to: Label) -> Done<TryVec<Kind>> {
        let Some(numeric) = &self.numeric else {
            return Ok(TryVec::new());
        };
        let depth = self.flow.state(to).ok_or(LowerError::BadCode)?.depth;
        let at = self.flow.label_at[to.index()] as usize;
        if (numeric.region.from..numeric.region.to).contains(&at) {
            return Ok(match &numeric.region.states[to.index()] {
                Some(state) => state.try_clone()?,
                None => self.objects_at(at, depth)?,
            });
        }
        self.objects_at(at, depth)
    }

    /// Objects wherever there is something that somebody will want.
    pub(super) fn objects_at(&self, at: usize, depth: u32) -> Done<TryVec<Kind>> {
        let live = self.live_before(at);
        let mut wanted = TryVec::filled(Kind::Any, self.n_locals() + depth as usize)?;
        for (local, kind) in wanted.iter_mut().enumerate().take(self.n_locals()) {
            if live & bit(local) == 0 {
                *kind = Kind::None;
            }
        }
        Ok(wanted)
    }

    /// Must anything be done on the way to a label?
    pub(in crate::lower) fn needs_settling(&self, to: Label) -> Done<bool> {
        if !self.is_numeric() {
            return Ok(false);
        }
        let wanted = self.wanted(to)?;
        let needs = |(place, wanted): (usize, &Kind)| needs(self.kind_at(place), *wanted);
        Ok(wanted.iter().enumerate().any(needs))
    }

    /// Brings values into the kinds that a label wants; if they are others, goes on in the rare copy.
    pub(in crate::lower) fn settle(&mut self, to: Label) -> Done {
        if !self.is_numeric() {
            return Ok(());
        }
        let wanted = self.wanted(to)?;
        self.settle_as(&wanted, Some(to))
    }

    pub(super) fn settle_as(&mut self, wanted: &[Kind], to: Option<Label>) -> Done {
        let (mut tested, mut boxed, mut kept) = (TryVec::new(), TryVec::new(), TryVec::new());
        let (mut wide, mut constants) = (TryVec::new(), TryVec::new());
        for (place, wanted) in wanted.iter().enumerate() {
            let kind = self.kind_at(place);
            match (kind, wanted) {
                (Kind::Float, Kind::Float) => kept.push(place)?,
                (Kind::Float, Kind::Any | Kind::Small) => boxed.push(place)?,
                (Kind::Wide, Kind::Any | Kind::Small) => wide.push(place)?,
                _ => {}
            }
            if *wanted == Kind::Wide && kind == Kind::Any {
                let var = self.object_var(place)?;
                let value = self.b.read_local(var)?;
                if let Some(number) = self.wide_const(value) {
                    constants.push((place, number))?;
                    continue;
                }
            }
            if *wanted != Kind::Any && needs(kind, *wanted) {
                tested.push((place, *wanted))?;
            }
        }
        let rare = match (tested.is_empty(), to) {
            (false, Some(to)) => {
                let at = self.flow.label_at[to.index()] as usize;
                let depth = self.flow.state(to).ok_or(LowerError::BadCode)?.depth;
                let numeric = self.numeric.as_ref().ok_or(LowerError::BadCode)?;
                let block = numeric.rare.get(to.index()).copied().flatten();
                let block = block.ok_or(LowerError::BadCode)?;
                Some(self.leave_to(block, self.live_before(at), depth)?)
            }
            _ => None,
        };
        self.box_places(&boxed, &kept)?;
        for place in wide {
            let value = self.read_place(place)?;
            let object = self.box_wide(value)?;
            let var = self.object_var(place)?;
            self.b.write_local(var, object)?;
        }
        for (depth, next) in self.ranges((wanted.len() - self.n_locals()) as u32)? {
            if wanted[self.n_locals() + depth as usize] != Kind::Range {
                self.put_range(depth, next)?;
            }
        }
        let mut found = TryVec::new();
        for (place, number) in constants {
            found.push((place, Kind::Wide, self.wide_word(number)?))?;
        }
        if let Some(rare) = rare {
            let mut done = 0;
            for (place, wanted) in tested {
                if place < done {
                    continue;
                }
                if wanted == Kind::Range {
                    let depth = (place - self.n_locals()) as u32;
                    for (at, word) in self.require_range(depth, rare)?.into_iter().enumerate() {
                        found.push((place + 1 + at, Kind::Range, word))?;
                    }
                    done = place + ITER_SLOTS as usize;
                    continue;
                }
                let var = self.object_var(place)?;
                let value = self.b.read_local(var)?;
                if wanted == Kind::Wide {
                    let is_small = self.kind_at(place) == Kind::Small;
                    let word = self.require_wide(value, is_small, rare)?;
                    found.push((place, wanted, word))?;
                    continue;
                }
                match wanted {
                    Kind::Float => self.require_float(value, rare)?,
                    Kind::Items(items) => self.require_items(value, items, rare)?,
                    _ => self.require(Cond::TestNonZero, value, SMALL_TAG, rare)?,
                }
                found.push((place, wanted, value))?;
            }
        }
        for (place, wanted, value) in found {
            let known = match wanted {
                Kind::Float => self.float_value(value)?,
                Kind::Range | Kind::Wide => value,
                _ => self.b.copy(Type::Obj, value)?,
            };
            let var = match wanted {
                Kind::Float | Kind::Wide => self.number_var(place)?,
                _ => self.object_var(place)?,
            };
            self.b.write_local(var, known)?;
        }
        Ok(())
    }

    /// Makes objects of the floats in `places`; those in `kept` stay numbers.
    fn box_places(&mut self, places: &[usize], kept: &[usize]) -> Done {
        if let ([place], []) = (places, kept) {
            let var = self.number_var(*place)?;
            let value = self.b.read_local(var)?;
            let object = self.object(value)?;
            let var = self.object_var(*place)?;
            return Ok(self.b.write_local(var, object)?);
        }
        if places.is_empty() {
            return Ok(());
        }
        let all = TryVec::from_items(places.iter().chain(kept).copied())?;
        let aside = self.put_floats(&all)?;
        let (boxed, kept) = aside.split_at(places.len());
        for (place, offset) in boxed {
            let value = self.take_float(*offset)?;
            let object = self.object(value)?;
            let var = self.object_var(*place)?;
            self.b.write_local(var, object)?;
        }
        for (place, offset) in kept {
            let value = self.take_float(*offset)?;
            let var = self.number_var(*place)?;
            self.b.write_local(var, value)?;
        }
        Ok(())
    }
}

/// Must a value of one kind be tested or changed to be of the other?
fn needs(kind: Kind, wanted: Kind) -> bool {
    match wanted {
        Kind::None => false,
        Kind::Any => matches!(kind, Kind::Float | Kind::Wide | Kind::Range),
        wanted => kind != wanted,
    }
}
