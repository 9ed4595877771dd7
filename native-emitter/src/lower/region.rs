//! What a loop does with numbers: found out before its numeric copy is made, see `numeric`.
//!
//! A forward analysis over the ops of a loop and those inside it, by local and stack place. It is optimistic: what a
//! loop carries is what its body makes of it, whatever it was before; a value from before that is not known to be
//! that is tested where the loop is entered. Locals that nobody will read have no kind, so nothing is done for them.
use ferlance_abi::{BinaryOp, qstr};
use ferlance_bytecode::Code;
use ferlance_bytecode::module::Const;
use ferlance_bytecode::op::{ITER_SLOTS, Label, Op};
use ferlance_collections::{BitSet, TryVec};

use super::counted::pattern;
use super::flow::{Flow, LowerError};
use super::kinds::{Class, Kind, Numbers};

/// Functions with more locals have no numeric copies: a set of locals is a word here.
const MAX_LOCALS: u32 = 64;

/// By op: the locals that may be read from there on before they are written. `None` if the function is not one that
/// is looked at: what handlers read is not followed, nor what a generator keeps.
pub(super) fn live_locals(code: &Code, flow: &Flow) -> Result<Option<TryVec<u64>>, LowerError> {
    let ops = code.ops();
    let has_transfers = ops.iter().any(|op| {
        matches!(
            op,
            Op::SetupExcept(_)
                | Op::SetupFinally(_)
                | Op::SetupWith(_)
                | Op::UnwindJump(..)
                | Op::YieldValue
                | Op::YieldFrom
        )
    });
    if has_transfers || flow.n_locals > MAX_LOCALS {
        return Ok(None);
    }
    let mut live: TryVec<u64> = TryVec::filled(0, ops.len() + 1)?;
    let mut changed = true;
    while changed {
        changed = false;
        for (at, op) in ops.iter().enumerate().rev() {
            let mut here = if op.ends_flow() { 0 } else { live[at + 1] };
            if let Some(to) = op.target() {
                let to = flow.label_at.get(to.index()).map(|at| *at as usize);
                here |= to.and_then(|to| live.get(to)).copied().unwrap_or(0);
            }
            match *op {
                Op::LoadFast(local)
                | Op::DeleteFast(local)
                | Op::LoadDeref(local)
                | Op::StoreDeref(local)
                | Op::DeleteDeref(local) => here |= bit(local.index()),
                Op::StoreFast(local) => here &= !bit(local.index()),
                _ => {}
            }
            changed |= live[at] != here;
            live[at] = here;
        }
    }
    Ok(Some(live))
}

/// A local as a member of a set.
pub(super) fn bit(local: usize) -> u64 {
    1u64.checked_shl(local as u32).unwrap_or(0)
}

/// The number of a constant that fits an unsigned word of 32 bits and is no small int there.
pub(super) fn wide_number(object: &Const<'_>) -> Option<u32> {
    let Const::Int(text) = object else {
        return None;
    };
    core::str::from_utf8(text).ok()?.parse().ok()
}

/// A loop that has a numeric copy.
#[derive(Debug)]
pub(super) struct Region {
    /// The first op: the label that jumps back lead to.
    pub(super) from: usize,
    /// Behind the last of these jumps.
    pub(super) to: usize,
    /// The label where it is entered.
    pub(super) entry: Label,
    /// By label of the loop that control reaches: what is known there, by place.
    pub(super) states: TryVec<Option<TryVec<Kind>>>,
    /// Ops that add the step to a counter that has not reached its end, so that there is one more small int.
    pub(super) steps: BitSet,
    /// Operators on words, and loads of items that are wanted as words: see [`Numbers::Wide`].
    pub(super) wide: BitSet,
}

/// A loop in the region.
struct Inner {
    from: usize,
    to: usize,
    entry: Label,
    /// Locals that it writes.
    writes: u64,
    /// Of these, those whose kind before the loop counts, since the loop itself gives none.
    firm: u64,
    /// Is there a counter on the stack at the entry, and its end below?
    counts: Option<bool>,
    /// Is there an iterator over a `range` at the entry?
    iterates: bool,
}

/// Does the loop whose first op is at `from` iterate over what a call of `range` has given?
fn is_over_range(ops: &[Op], from: usize) -> bool {
    let is_code = |op: &&Op| !matches!(op, Op::Line(_));
    let first = ops.get(from + 1..).and_then(|ops| ops.iter().find(is_code));
    let mut before = ops
        .get(..from)
        .unwrap_or_default()
        .iter()
        .rev()
        .filter(is_code);
    let (Some(Op::ForIter(_)), Some(Op::GetIterStack)) = (first, before.next()) else {
        return false;
    };
    let Some(Op::CallFunction(args)) = before.next() else {
        return false;
    };
    // Back over what makes the arguments, to what makes the function.
    let mut wanted = args.slots() + 1;
    for op in before {
        if matches!(op, Op::Label(_)) || op.target().is_some() {
            return false;
        }
        let (pops, pushes) = op.stack_effect();
        if pushes >= wanted {
            return matches!(op, Op::LoadGlobal(name) | Op::LoadName(name) if *name == qstr!("range"));
        }
        wanted = wanted - pushes + pops;
    }
    false
}

/// What the analysis of a region needs.
pub(super) struct Scene<'a> {
    pub(super) code: &'a Code,
    pub(super) flow: &'a Flow,
    pub(super) live: &'a [u64],
    pub(super) consts: &'a [Const<'static>],
    /// Locals that may be unbound where they are read.
    pub(super) unsure: u64,
    pub(super) numbers: Numbers,
    /// Is op so many the load of an item of what has been asked for its type?
    pub(super) is_site: &'a dyn Fn(usize) -> bool,
}

/// The bounds of the loop that begins at op `at`, a jump to its test or its first label: first op, op behind it,
/// entry. `None` if it can be entered elsewhere.
pub(super) fn bounds(code: &Code, flow: &Flow, at: usize) -> Option<(usize, usize, Label)> {
    let ops = code.ops();
    let (from, entry) = match (*ops.get(at)?, ops.get(at + 1)) {
        (Op::Jump(test), Some(Op::Label(_))) => (at + 1, Some(test)),
        (Op::Label(_), _) => (at, None),
        _ => return None,
    };
    let Op::Label(top) = *ops.get(from)? else {
        return None;
    };
    if !*flow.is_loop.get(top.index())? {
        return None;
    }
    let goes_to_top = |op: &Op| op.target() == Some(top);
    let to = from + ops.get(from..)?.iter().rposition(goes_to_top)? + 1;
    let is_inside = |label: Label| {
        let at = flow.label_at.get(label.index()).copied();
        at.is_some_and(|at| (from..to).contains(&(at as usize)))
    };
    let entry = entry.unwrap_or(top);
    if !is_inside(entry) {
        return None;
    }
    let enters = |(by, op): (usize, &Op)| {
        !(from..to).contains(&by)
            && op.target().is_some_and(is_inside)
            && (by, by + 1) != (at, from)
    };
    (!ops.iter().enumerate().any(enters)).then_some((from, to, entry))
}

impl Scene<'_> {
    /// Analyses the loop with these bounds. `entry` tells what is known of each place before it. `None` if the loop
    /// gains nothing by a copy.
    pub(super) fn analyse(
        &self,
        (from, to, entry): (usize, usize, Label),
        before: &[Kind],
    ) -> Result<Option<Region>, LowerError> {
        let (mut inners, steps) = self.inners(from, to)?;
        for _ in 0..MAX_ROUNDS {
            let mut states = TryVec::new();
            states.resize_with(self.flow.at_label.len(), || None)?;
            let mut pass = Pass {
                scene: self,
                inners: &inners,
                states,
                gains: 0,
                wide: BitSet::with_limit(self.code.ops().len())?,
            };
            pass.arrive(from.wrapping_sub(1), entry, before)?;
            let mut rounds = 0;
            while pass.walk(from, to)? {
                rounds += 1;
                if rounds > MAX_ROUNDS {
                    return Ok(None);
                }
            }
            // A counter is known to be one without a numeric copy.
            let counters = inners.iter().filter(|inner| inner.counts.is_some()).count() as u32;
            let gains = match self.numbers {
                Numbers::Floats => pass.gains.saturating_sub(2 * counters),
                Numbers::Wide => pass.gains,
            };
            let (mut states, wide) = (pass.states, pass.wide);
            let is_copied_anyway = inners.first().is_some_and(|outer| outer.counts.is_some());
            if !is_worth_it(gains, to - from, is_copied_anyway) {
                return Ok(None);
            }
            if !self.firm_up(&mut inners, &states) {
                for (label, state) in states.iter_mut().enumerate() {
                    if let Some(state) = state {
                        self.complete(label, state);
                    }
                }
                return Ok(Some(Region {
                    from,
                    to,
                    entry,
                    states,
                    steps,
                    wide,
                }));
            }
        }
        Ok(None)
    }

    /// An object from elsewhere.
    pub(super) fn unknown(&self) -> Kind {
        match self.numbers {
            Numbers::Floats => Kind::Any,
            Numbers::Wide => Kind::Likely,
        }
    }

    fn n_locals(&self) -> usize {
        self.flow.n_locals as usize
    }

    fn live_at(&self, label: Label) -> u64 {
        let at = self.flow.label_at.get(label.index());
        at.and_then(|at| self.live.get(*at as usize))
            .copied()
            .unwrap_or(u64::MAX)
    }

    /// The loops between two ops, and the ops of [`Region::steps`].
    fn inners(&self, from: usize, to: usize) -> Result<(TryVec<Inner>, BitSet), LowerError> {
        let ops = self.code.ops();
        let mut inners = TryVec::new();
        let mut steps = BitSet::with_limit(ops.len())?;
        for at in from.saturating_sub(1)..to {
            let is_label = matches!(ops[at], Op::Label(_));
            // A loop that a jump leads into has been met at the jump.
            if is_label && at > from.saturating_sub(1) && matches!(ops[at - 1], Op::Jump(_)) {
                continue;
            }
            let Some((from, to, entry)) = bounds(self.code, self.flow, at) else {
                continue;
            };
            let mut writes = 0;
            for op in &ops[from..to] {
                if let Op::StoreFast(local) | Op::DeleteFast(local) = op {
                    writes |= bit(local.index());
                }
            }
            let counted = pattern(self.code, self.flow, at);
            if let Some(counted) = counted
                && counted.step.unsigned_abs() == 1
            {
                steps.insert(counted.add)?;
            }
            inners.push(Inner {
                from,
                to,
                entry,
                writes,
                firm: self.unsure,
                counts: counted.map(|counted| counted.has_end),
                iterates: self.numbers == Numbers::Floats && is_over_range(ops, from),
            })?;
        }
        Ok((inners, steps))
    }

    /// Where a loop gives a local no kind, what it was before counts. Has that changed anything?
    fn firm_up(&self, inners: &mut [Inner], states: &[Option<TryVec<Kind>>]) -> bool {
        let mut changed = false;
        for inner in inners {
            let Some(Some(state)) = states.get(inner.entry.index()) else {
                continue;
            };
            let live = self.live_at(inner.entry) & inner.writes & !inner.firm;
            for (local, kind) in state.iter().enumerate().take(self.n_locals()) {
                if *kind == Kind::None && live & bit(local) != 0 {
                    inner.firm |= bit(local);
                    changed = true;
                }
            }
        }
        changed
    }

    /// Live places of no kind may be anything.
    fn complete(&self, label: usize, state: &mut [Kind]) {
        let live = self.live_at(Label::from_index(label));
        for (place, kind) in state.iter_mut().enumerate() {
            *kind = kind.known();
            if *kind == Kind::None && (place >= self.n_locals() || live & bit(place) != 0) {
                *kind = Kind::Any;
            }
        }
    }
}

/// Rounds until nothing changes are few; code that needs more has no copy.
const MAX_ROUNDS: u32 = 12;
/// A loop of whose ops not one in so many is an operator on numbers is not worth a copy of its own.
const LEAST_GAIN: u32 = 6;
/// The same of loops that have two copies anyway, since they count.
const LEAST_GAIN_OF_COUNTED: u32 = 10;
/// A step of a range is worth so many operators.
const RANGE_GAIN: u32 = 3;
/// As is an item of a container of a known type.
const ITEM_GAIN: u32 = 2;
/// An operator that makes no big int is worth more than one that makes no float.
const WIDE_GAIN: u32 = 3;

fn is_worth_it(gains: u32, ops: usize, is_counted: bool) -> bool {
    let least = match is_counted {
        true => LEAST_GAIN_OF_COUNTED,
        false => LEAST_GAIN,
    };
    gains > 0 && gains as usize * least as usize >= ops
}

/// May a loop of these ops be worth a copy? Most are not, which this tells at little cost.
pub(super) fn may_be_worth_it(ops: &[Op], is_counted: bool, has_seen: bool) -> bool {
    let gains = ops.iter().map(|op| match op {
        Op::Binary(op) if Class::of(*op) != Class::Other => 1,
        Op::Unary(_) => 1,
        Op::ForIter(_) => RANGE_GAIN,
        Op::LoadSubscr | Op::StoreSubscr if has_seen => ITEM_GAIN,
        _ => 0,
    });
    is_worth_it(gains.sum(), ops.len(), is_counted)
}

struct Pass<'a, 's> {
    scene: &'a Scene<'s>,
    inners: &'a [Inner],
    states: TryVec<Option<TryVec<Kind>>>,
    /// Operators on numbers.
    gains: u32,
    /// See [`Region::wide`].
    wide: BitSet,
}

impl Pass<'_, '_> {
    /// What an operator gives where numbers are wide, and whether it is news that an operand is wanted as a word.
    fn wide_binary(
        &mut self,
        (at, op): (usize, BinaryOp),
        (mut l, mut r): (Kind, Kind),
        constant: Option<i64>,
    ) -> Result<(Kind, bool), LowerError> {
        let before = self.wide.len();
        if let (Kind::Item(load), Kind::Wide) = (l, r)
            && Kind::of_wide(op, Kind::Wide, r, None).1
        {
            self.wide.insert(load as usize)?;
            l = Kind::Wide;
        }
        if let (Kind::Wide, Kind::Item(load)) = (l, r)
            && Kind::of_wide(op, l, Kind::Wide, None).1
        {
            self.wide.insert(load as usize)?;
            r = Kind::Wide;
        }
        let is_new = self.wide.len() > before;
        let (kind, on_words) = Kind::of_wide(op, l, r, constant);
        match on_words {
            true => {
                self.wide.insert(at)?;
                self.gains += WIDE_GAIN;
            }
            false => {
                self.wide.remove(at);
            }
        }
        Ok((kind, is_new))
    }

    /// Control goes from op `from` to a label. Has that told anything?
    fn arrive(&mut self, from: usize, to: Label, kinds: &[Kind]) -> Result<bool, LowerError> {
        let scene = self.scene;
        let (Some(Some(there)), Some(known)) = (
            scene.flow.at_label.get(to.index()),
            self.states.get_mut(to.index()),
        ) else {
            return Ok(false);
        };
        let n_locals = scene.n_locals();
        let live = scene.live_at(to);
        let depth = there.depth as usize;
        let mut changed = false;
        if known.is_none() {
            *known = Some(TryVec::filled(Kind::None, n_locals + depth)?);
            changed = true;
        }
        let Some(known) = known else {
            return Ok(false);
        };
        let entered = self
            .inners
            .iter()
            .find(|inner| inner.entry == to && !(inner.from..inner.to).contains(&from));
        for (place, known) in known.iter_mut().enumerate() {
            let mut kind = kinds.get(place).copied().unwrap_or(Kind::Any);
            if let Kind::Item(_) = kind {
                kind = Kind::Any;
            }
            if place < n_locals {
                if live & bit(place) == 0 {
                    continue;
                }
                if let Some(inner) = entered
                    && kind.known() == Kind::Any
                    && inner.writes & !inner.firm & bit(place) != 0
                {
                    continue;
                }
            } else if let Some(has_end) = entered.and_then(|inner| inner.counts)
                && (place + 1 == n_locals + depth || has_end && place + 2 == n_locals + depth)
            {
                kind = Kind::Small;
            } else if entered.is_some_and(|inner| inner.iterates)
                && place + ITER_SLOTS as usize >= n_locals + depth
            {
                kind = match place + ITER_SLOTS as usize == n_locals + depth {
                    true => Kind::Range,
                    false => Kind::Small,
                };
            }
            let joined = known.join(kind);
            changed |= *known != joined;
            *known = joined;
        }
        Ok(changed)
    }

    /// Goes over all ops once.
    fn walk(&mut self, from: usize, to: usize) -> Result<bool, LowerError> {
        let scene = self.scene;
        let n_locals = scene.n_locals();
        let mut changed = false;
        let mut alive = false;
        let mut kinds: TryVec<Kind> = TryVec::new();
        // The small int that the last op has pushed.
        let mut constant = None;
        self.gains = 0;
        for (at, op) in scene.code.ops().iter().enumerate().take(to).skip(from) {
            if let Op::Label(label) = *op {
                constant = None;
                if alive {
                    changed |= self.arrive(at.wrapping_sub(1), label, &kinds)?;
                }
                alive = false;
                if let Some(Some(known)) = self.states.get(label.index()) {
                    kinds = known.try_clone()?;
                    alive = true;
                }
                continue;
            }
            if !alive || matches!(op, Op::Line(_)) {
                continue;
            }
            let known = constant.take();
            let top = |below: usize| {
                let at = kinds.len().checked_sub(below + 1);
                at.and_then(|at| kinds.get(at)).copied().unwrap_or_default()
            };
            match *op {
                Op::LoadConstSmallInt(value) => {
                    constant = Some(scene.code.int_value(value));
                    kinds.push(Kind::Small)?;
                }
                Op::LoadConstObj(id) => {
                    let object = scene.consts.get(id.0 as usize);
                    kinds.push(match (object, scene.numbers) {
                        (Some(Const::Float(_)), Numbers::Floats) => Kind::Float,
                        (Some(object), Numbers::Wide) if wide_number(object).is_some() => {
                            Kind::Wide
                        }
                        _ => Kind::Any,
                    })?;
                }
                Op::LoadFast(local) => {
                    let kind = kinds.get(local.index()).copied().unwrap_or(Kind::Any);
                    kinds.push(kind)?;
                }
                Op::StoreFast(local) => {
                    let kind = kinds.pop().unwrap_or_default();
                    if let Some(place) = kinds.get_mut(local.index()) {
                        *place = kind;
                    }
                }
                Op::DeleteFast(local) => {
                    if let Some(place) = kinds.get_mut(local.index()) {
                        *place = Kind::Any;
                    }
                }
                Op::DupTop => {
                    let kind = top(0);
                    kinds.push(kind)?;
                }
                Op::DupTopTwo => {
                    let two = [top(1), top(0)];
                    kinds.extend_from_slice(&two)?;
                }
                Op::RotTwo => {
                    if let [.., below, top] = kinds.as_mut_slice() {
                        core::mem::swap(below, top);
                    }
                }
                Op::RotThree => {
                    if let [.., two, one, top] = kinds.as_mut_slice() {
                        (*two, *one, *top) = (*top, *two, *one);
                    }
                }
                Op::Binary(op) => {
                    let (r, l) = (kinds.pop(), kinds.pop());
                    let (l, r) = (l.unwrap_or_default(), r.unwrap_or_default());
                    if scene.numbers == Numbers::Wide {
                        let (kind, is_new) = self.wide_binary((at, op), (l, r), known)?;
                        changed |= is_new;
                        kinds.push(kind)?;
                        continue;
                    }
                    let kind = Kind::of_binary(op, l, r);
                    let is_order = Class::of(op) == Class::Order && l.is_number() && r.is_number();
                    self.gains += (kind.is_number() || is_order) as u32;
                    kinds.push(kind)?;
                }
                Op::Unary(op) => {
                    let kind = Kind::of_unary(op, kinds.pop().unwrap_or_default());
                    let counts = kind.is_number() && scene.numbers == Numbers::Floats;
                    self.gains += counts as u32;
                    kinds.push(kind)?;
                }
                Op::JumpIfTrueOrPop(to) | Op::JumpIfFalseOrPop(to) => {
                    changed |= self.arrive(at, to, &kinds)?;
                    kinds.pop();
                }
                Op::ForIter(to) => {
                    let done = kinds.len().saturating_sub(ITER_SLOTS as usize);
                    changed |= self.arrive(at, to, &kinds[..done])?;
                    let kind = match kinds.get(done) {
                        Some(Kind::Range) => Kind::Small,
                        _ => scene.unknown(),
                    };
                    self.gains += kind.is_number() as u32 * RANGE_GAIN;
                    kinds.push(kind)?;
                }
                Op::LoadSubscr => {
                    let (_, container) = (kinds.pop(), kinds.pop());
                    kinds.push(match container {
                        Some(Kind::Items(items)) => {
                            self.gains += ITEM_GAIN;
                            items.kind()
                        }
                        Some(Kind::None) => Kind::None,
                        _ if self.wide.contains(at) => {
                            self.gains += ITEM_GAIN;
                            Kind::Wide
                        }
                        _ if scene.numbers == Numbers::Wide && (scene.is_site)(at) => {
                            Kind::Item(at as u32)
                        }
                        _ => Kind::Any,
                    })?;
                }
                Op::CallFunction(_) | Op::CallMethod(_) => {
                    let (pops, _) = op.stack_effect();
                    kinds.truncate(kinds.len().saturating_sub(pops as usize).max(n_locals));
                    kinds.push(scene.unknown())?;
                }
                Op::StoreSubscr => {
                    self.gains += matches!(top(1), Kind::Items(_)) as u32 * ITEM_GAIN;
                    kinds.truncate(kinds.len().saturating_sub(3).max(n_locals));
                }
                op => {
                    let (pops, pushes) = op.stack_effect();
                    let below = kinds.len().saturating_sub(pops as usize).max(n_locals);
                    kinds.truncate(below);
                    kinds.resize(below + pushes as usize, Kind::Any)?;
                    if let Some(to) = op.target() {
                        changed |= self.arrive(at, to, &kinds)?;
                    }
                    alive = !op.ends_flow();
                }
            }
        }
        Ok(changed)
    }
}
