//! Which registers somebody has at which points: the answer for all registers at once.
//!
//! Points come in runs. What has a register all through a run is noted once for the run, so that long lives take few
//! steps, and a run that tells nothing new is passed over.
use ferlance_collections::{OutOfMemory, TryVec};

use super::intervals::Range;
use crate::arch::{Preg, PregSet};

/// Points of a run.
const RUN: usize = 64;

#[derive(Debug, Default, Clone, Copy)]
struct Run {
    /// Taken at all points.
    all: PregSet,
    /// Taken at any point.
    any: PregSet,
}

/// Registers by point.
#[derive(Debug, Default)]
pub(super) struct Busy {
    /// Those that are not taken all through the run.
    points: TryVec<PregSet>,
    runs: TryVec<Run>,
}

impl Busy {
    /// Nobody has a register at any of so many points.
    pub(super) fn reset(&mut self, points: u32) -> Result<(), OutOfMemory> {
        let runs = points as usize / RUN + 1;
        self.points.clear();
        if self.points.capacity() < runs * RUN {
            // Nothing in it is to be moved along.
            self.points = TryVec::new();
        }
        self.points.resize(runs * RUN, PregSet::EMPTY)?;
        self.runs.clear();
        self.runs.resize(runs, Run::default())
    }

    /// Is nothing noted here, since memory is scarce?
    pub(super) fn is_off(&self) -> bool {
        self.runs.is_empty()
    }

    /// Notes that a register is taken, or free again.
    pub(super) fn mark(&mut self, preg: Preg, range: &Range, is_taken: bool) {
        let (mut from, to) = (range.from as usize, range.to as usize);
        while from < to {
            let at = from / RUN;
            let end = (at + 1) * RUN;
            let (Some(run), Some(points)) = (
                self.runs.get_mut(at),
                self.points.get_mut(from..end.min(to)),
            ) else {
                return;
            };
            match (points.len() == RUN, is_taken) {
                (true, true) => run.all.insert(preg),
                (true, false) => run.all.remove(preg),
                (false, true) => points.iter_mut().for_each(|set| set.insert(preg)),
                (false, false) => points.iter_mut().for_each(|set| set.remove(preg)),
            }
            if is_taken {
                run.any.insert(preg);
            } else {
                let points = self.points.get(end - RUN..end).unwrap_or(&[]);
                run.any = points.iter().fold(run.all, |any, set| any.union(*set));
            }
            from = end;
        }
    }

    /// Those of `wanted` that are free all the while.
    pub(super) fn free(&self, wanted: PregSet, ranges: &[Range]) -> PregSet {
        let mut free = wanted;
        for range in ranges {
            let (mut from, to) = (range.from as usize, range.to as usize);
            while from < to {
                let at = from / RUN;
                let end = (at + 1) * RUN;
                let Some(run) = self.runs.get(at) else {
                    break;
                };
                if !run.any.intersection(free).is_empty() {
                    let points = self.points.get(from..end.min(to)).unwrap_or(&[]);
                    let taken = match points.len() == RUN {
                        true => run.any,
                        false => points.iter().fold(run.all, |any, set| any.union(*set)),
                    };
                    free = free.difference(taken);
                    if free.is_empty() {
                        return free;
                    }
                }
                from = end;
            }
        }
        free
    }
}
