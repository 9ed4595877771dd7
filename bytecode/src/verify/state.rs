//! What the verifier knows about a value, and how knowledge from two paths joins.
//!
//! A [`Ty`] is a set of possible shapes, as bits, or one of a few special kinds that only certain instructions may touch.
use ferlance_collections::{OutOfMemory, TryVec};

/// What is known about a stack slot.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Ty(u32);

// Shapes of plain values.
const NONE: u32 = 1;
const EXC: u32 = 2;
/// Data and marker of an interrupted transfer: *two* slots, counted as one.
const MARK: u32 = 4;
const OTHER: u32 = 8;
const NULL: u32 = 16;
const LIST: u32 = 32;
const DICT: u32 = 64;
const SET: u32 = 128;
const TUPLE: u32 = 256;
const SHAPES: u32 = 0x7fff;
/// A special kind instead of a set of shapes.
const SPECIAL: u32 = 0x8000;
/// Where the block's number stands in those that belong to a block.
const BLOCK_SHIFT: u32 = 16;

impl Ty {
    /// None.
    pub(super) const NONE: Ty = Ty(NONE);
    /// An exception instance.
    pub(super) const EXC: Ty = Ty(EXC);
    /// Any object.
    pub(super) const OBJECT: Ty = Ty(OTHER);
    /// Null.
    pub(super) const NULL: Ty = Ty(NULL);
    /// An object or null.
    pub(super) const MAYBE_NULL: Ty = Ty(OTHER | NULL);
    /// A list from `BUILD_LIST`.
    pub(super) const LIST: Ty = Ty(LIST);
    /// A dict from `BUILD_MAP`.
    pub(super) const DICT: Ty = Ty(DICT);
    /// A set from `BUILD_SET`.
    pub(super) const SET: Ty = Ty(SET);
    /// A tuple from `BUILD_TUPLE`.
    pub(super) const TUPLE: Ty = Ty(TUPLE);
    /// The slots of an iterator, deepest first.
    pub(super) const ITER: [Ty; 4] = [
        Ty(SPECIAL),
        Ty(SPECIAL | 1),
        Ty(SPECIAL | 2),
        Ty(SPECIAL | 3),
    ];
    /// An iterator as generator expressions push it.
    pub(super) const RAW_ITER: [Ty; 4] = [Ty::NULL, Ty::OBJECT, Ty::NULL, Ty::NULL];
    /// A copy of the top word of a finally state.
    pub(super) const STATE_TOP: Ty = Ty(SPECIAL | 4);
    /// True if the finally state below is an exception, false if it is data and marker.
    pub(super) const STATE_TEST: Ty = Ty(SPECIAL | 5);

    /// The state that a finally handler of `block` starts with: an exception, or data and marker.
    pub(super) const fn handler_state(block: u16) -> Ty {
        Ty(EXC | MARK | (block as u32) << BLOCK_SHIFT)
    }

    /// The data of an interrupted transfer through `block`, taken apart from its marker.
    pub(super) const fn data(block: u16) -> Ty {
        Ty(SPECIAL | 6 | (block as u32) << BLOCK_SHIFT)
    }

    /// The marker of an interrupted transfer through `block`.
    pub(super) const fn marker(block: u16) -> Ty {
        Ty(SPECIAL | 7 | (block as u32) << BLOCK_SHIFT)
    }

    const fn block(self) -> u16 {
        (self.0 >> BLOCK_SHIFT) as u16
    }

    const fn is_special(self) -> bool {
        self.0 & SPECIAL != 0
    }

    const fn is_kind(self, kind: Ty) -> bool {
        self.0 & (SPECIAL | SHAPES) == kind.0
    }

    pub(super) const fn is_data(self) -> bool {
        self.is_kind(Ty::data(0))
    }

    pub(super) const fn is_marker(self) -> bool {
        self.is_kind(Ty::marker(0))
    }

    const fn is_iter(self) -> bool {
        self.is_special() && self.0 & SHAPES < 4
    }

    /// Certainly an object.
    pub(super) const fn is_object(self) -> bool {
        match self {
            Ty::STATE_TOP | Ty::STATE_TEST => true,
            _ => !self.is_special() && self.0 & (MARK | NULL) == 0,
        }
    }

    /// An object or null.
    pub(super) const fn is_object_or_null(self) -> bool {
        !self.is_special() && self.0 & MARK == 0 || self.is_object()
    }

    /// Certainly null, or certainly one of `shapes`.
    pub(super) const fn is_null_or(self, shapes: Ty) -> bool {
        !self.is_special() && self.0 & !(shapes.0 | NULL) == 0
    }

    /// May be data and marker, so two slots.
    pub(super) const fn may_be_mark(self) -> bool {
        !self.is_special() && self.0 & MARK != 0
    }

    /// A finally state: None, exception, or data and marker, and nothing else.
    pub(super) const fn is_state(self) -> bool {
        !self.is_special() && self.0 & SHAPES & !(NONE | EXC | MARK) == 0
    }

    /// A finally state of this block, if it may be data and marker at all.
    pub(super) const fn is_state_of(self, block: u16) -> bool {
        self.is_state() && (self.0 & MARK == 0 || self.block() == block)
    }

    /// May be None.
    pub(super) const fn may_be_none(self) -> bool {
        !self.is_special() && self.0 & NONE != 0
    }

    /// What `WITH_CLEANUP` leaves: an exception may have been swallowed.
    pub(super) const fn after_cleanup(self) -> Ty {
        Ty(self.0 | if self.0 & EXC != 0 { NONE } else { 0 })
    }

    /// The block of a state that is an exception or data and marker, but not None: one that can be tested.
    pub(super) const fn testable(self) -> Option<u16> {
        if self.is_state() && self.0 & MARK != 0 && self.0 & NONE == 0 {
            Some(self.block())
        } else {
            None
        }
    }

    /// May be rotated: one word, not an iterator's.
    pub(super) const fn is_movable(self) -> bool {
        !self.may_be_mark() && !self.is_iter()
    }

    /// May be dropped: one word, and not half of an interrupted transfer.
    pub(super) const fn is_droppable(self) -> bool {
        self.is_object_or_null() || self.is_iter()
    }

    /// What a copy of it is.
    pub(super) const fn copied(self) -> Ty {
        match self {
            Ty::STATE_TOP | Ty::STATE_TEST => Ty::OBJECT,
            // A second name for it may let it be changed otherwise, but it stays what it is.
            _ => self,
        }
    }

    /// What is known when it is `self` on one path and `other` on another. `None` if the paths cannot join.
    fn join(self, other: Ty) -> Option<Ty> {
        if self == other {
            return Some(self);
        }
        let plain = |ty: Ty| {
            if ty == Ty::STATE_TOP || ty == Ty::STATE_TEST {
                Ty::OBJECT
            } else {
                ty
            }
        };
        let (a, b) = (plain(self), plain(other));
        if a.is_special() || b.is_special() {
            return None;
        }
        if a.may_be_mark() && b.may_be_mark() && a.block() != b.block() {
            return None;
        }
        let joined = Ty(a.0 | b.0);
        // One slot here and two there is fine for a finally state only.
        if joined.may_be_mark() && !joined.is_state() {
            None
        } else {
            Some(joined)
        }
    }
}

/// Joins `from` into `into`; says whether that changed it. `Err(())` if they cannot join.
pub(super) fn join_stacks(into: &mut [Ty], from: &[Ty]) -> Result<bool, ()> {
    if into.len() != from.len() {
        return Err(());
    }
    let mut changed = false;
    let mut at = 0;
    while let (Some(a), Some(b)) = (into.get(at).copied(), from.get(at).copied()) {
        if a == b {
            at += 1;
            continue;
        }
        // Iterators join as a whole or not at all.
        let group = at..at + 4;
        if let (Some(ours), Some(theirs)) = (into.get_mut(group.clone()), from.get(group)) {
            if *ours == Ty::ITER && *theirs == Ty::RAW_ITER {
                at += 4;
                continue;
            }
            if *ours == Ty::RAW_ITER && *theirs == Ty::ITER {
                ours.copy_from_slice(&Ty::ITER);
                changed = true;
                at += 4;
                continue;
            }
        }
        let joined = a.join(b).ok_or(())?;
        if joined != a
            && let Some(slot) = into.get_mut(at)
        {
            *slot = joined;
            changed = true;
        }
        at += 1;
    }
    Ok(changed)
}

/// Puts data and marker that stand side by side back together; gives the new length.
pub(super) fn collapse(stack: &mut [Ty]) -> usize {
    let mut kept = 0;
    let mut at = 0;
    while let Some(ty) = stack.get(at).copied() {
        at += 1;
        let mut ty = ty;
        if ty.is_data() && stack.get(at) == Some(&Ty::marker(ty.block())) {
            at += 1;
            ty = Ty(MARK | (ty.block() as u32) << BLOCK_SHIFT);
        }
        if let Some(slot) = stack.get_mut(kept) {
            *slot = ty;
            kept += 1;
        }
    }
    kept
}

/// Slots that a stack takes at most.
pub(super) fn slots(stack: &[Ty]) -> u32 {
    stack.len() as u32 + stack.iter().filter(|ty| ty.may_be_mark()).count() as u32
}

/// Appends a stack to an arena; gives where it begins.
pub(super) fn store(arena: &mut TryVec<Ty>, stack: &[Ty]) -> Result<u32, OutOfMemory> {
    let start = arena.len() as u32;
    arena.extend_from_slice(stack)?;
    Ok(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joins_forget_what_differs() {
        assert_eq!(Ty::NULL.join(Ty::OBJECT), Some(Ty::MAYBE_NULL));
        assert!(Ty::NONE.join(Ty::OBJECT).unwrap().is_object());
        assert!(Ty::LIST.join(Ty::OBJECT).unwrap() != Ty::LIST);
        assert!(Ty::NONE.join(Ty::handler_state(3)).unwrap().is_state_of(3));
        assert_eq!(Ty::handler_state(3).join(Ty::handler_state(4)), None);
        assert_eq!(Ty::handler_state(3).join(Ty::OBJECT), None);
        assert_eq!(Ty::ITER[0].join(Ty::NULL), None);
        assert_eq!(Ty::STATE_TEST.join(Ty::NONE).map(Ty::is_object), Some(true));
    }

    #[test]
    fn iterators_join_as_a_whole() {
        let mut into = Ty::RAW_ITER;
        assert_eq!(join_stacks(&mut into, &Ty::ITER), Ok(true));
        assert_eq!(into, Ty::ITER);
        assert_eq!(join_stacks(&mut into, &Ty::RAW_ITER), Ok(false));
        let mut part = [Ty::ITER[0], Ty::ITER[1], Ty::ITER[2], Ty::NULL];
        assert_eq!(join_stacks(&mut part, &Ty::ITER), Err(()));
    }

    #[test]
    fn data_and_marker_become_a_state_again() {
        let mut stack = [Ty::data(2), Ty::marker(2), Ty::OBJECT];
        assert_eq!(collapse(&mut stack), 2);
        assert!(stack[0].is_state_of(2) && stack[0].may_be_mark() && !stack[0].may_be_none());
        assert_eq!(slots(&stack[..2]), 3);
        let mut crossed = [Ty::data(2), Ty::marker(3)];
        assert_eq!(collapse(&mut crossed), 2);
    }
}
