//! Labels: what is on the stack there; jumps and conditions.
use ferlance_bytecode::Label;
use ferlance_bytecode::op::{ITER_SLOTS, UNWIND_DROPS_LOOP};

use super::{Entry, Infer, Walk};
use crate::error::{Error, Problem, Stop};
use crate::rules;
use crate::types::Ty;

impl Infer<'_, '_> {
    /// The stack less `drop` values, plus `more` objects, goes on at `to`.
    pub(super) fn leads(&mut self, to: Label, keep: usize, more: u32) -> Walk {
        if let Some(first) = self.first_leads.get_mut(to.0 as usize) {
            *first = self.at.min(*first);
        }
        let slot = self.types.labels.get(to.0 as usize).copied();
        if slot.flatten().is_some() {
            return Ok(());
        }
        let start = self.types.pool.len() as u32;
        for entry in self.stack.iter().take(keep) {
            self.types.pool.push(entry.ty)?;
            self.origins.push(entry.origin)?;
        }
        for _ in 0..more {
            self.types.pool.push(Ty::Object)?;
            self.origins.push(None)?;
        }
        self.set_label(to, start)
    }

    pub(super) fn set_label(&mut self, label: Label, start: u32) -> Walk {
        let len = self.types.pool.len() as u32 - start;
        match self.types.labels.get_mut(label.0 as usize) {
            Some(slot) => *slot = Some((start, len)),
            None => return self.refuse(Problem::Malformed),
        }
        Ok(())
    }

    /// `to` gets the whole stack.
    pub(super) fn jump(&mut self, to: Label) -> Walk {
        self.leads(to, self.stack.len(), 0)
    }

    pub(super) fn place(&mut self, label: Label) -> Walk {
        if self.dead {
            if self.bring(label)? {
                return Ok(());
            }
            self.adrift = true;
        } else {
            self.join(label)?;
        }
        self.dead = false;
        // What was there before the ways parted is the same on all of them.
        let first = self.first_lead(label);
        for entry in self.stack.iter_mut() {
            entry.native = None;
            entry.origin = entry.origin.filter(|origin| *origin < first);
        }
        // What stands last in the text counts, also for paths that came from above.
        let start = self.types.pool.len() as u32;
        for entry in self.stack.iter() {
            self.types.pool.push(entry.ty)?;
            self.origins.push(entry.origin)?;
        }
        self.set_label(label, start)
    }

    fn first_lead(&self, label: Label) -> u32 {
        let first = self.first_leads.get(label.0 as usize).copied();
        first.unwrap_or(u32::MAX)
    }

    /// Takes the stack that ways to `label` have brought, if there are any.
    fn bring(&mut self, label: Label) -> Walk<bool> {
        let first = self.first_lead(label);
        let known = self.types.labels.get(label.0 as usize).copied();
        let Some((start, len)) = known.flatten() else {
            return Ok(false);
        };
        self.stack.clear();
        for at in start..start + len {
            let at = at as usize;
            let ty = self.types.pool.get(at).copied().unwrap_or(Ty::Object);
            let origin = self.origins.get(at).copied().flatten();
            self.stack.push(Entry {
                origin: origin.filter(|origin| *origin < first),
                ..Entry::of(ty)
            })?;
        }
        self.dead = false;
        self.adrift = false;
        Ok(true)
    }

    /// None on one way and an object on another is an object, whichever stands last.
    pub(super) fn join(&mut self, label: Label) -> Walk {
        let known = self.types.stack_at(label).unwrap_or(&[]);
        for (entry, known) in self.stack.iter_mut().zip(known) {
            match (entry.ty, *known) {
                (Ty::None, known) if known != Ty::None => entry.ty = Ty::Object,
                (Ty::Cast(a), Ty::Cast(b)) if a == b => {}
                (Ty::Cast(_), _) | (_, Ty::Cast(_)) => {
                    return Err(Stop::Refused(Error {
                        problem: Problem::Boxing,
                        at: self.at,
                        stmt: None,
                    }));
                }
                _ => {}
            }
        }
        Ok(())
    }

    pub(super) fn unwind(&mut self, to: Label, crossed: u8) -> Walk {
        let count = usize::from(crossed & !UNWIND_DROPS_LOOP);
        let outermost = self.blocks.len().checked_sub(count);
        let Some(&base) = outermost.and_then(|at| self.blocks.get(at)) else {
            return self.refuse(Problem::Malformed);
        };
        let dropped = match crossed & UNWIND_DROPS_LOOP {
            0 => 0,
            _ => ITER_SLOTS,
        };
        self.leads(to, base.saturating_sub(dropped) as usize, 0)
    }

    pub(super) fn condition(&mut self, ty: Ty) -> Walk {
        match rules::is_condition(ty) {
            true => Ok(()),
            false => self.note(Problem::Condition(ty)),
        }
    }
}
