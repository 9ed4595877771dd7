//! The buffer that machine code is collected in.
//!
//! Code is written from front to back. What depends on a label (a branch, a literal load, a
//! difference of labels) leaves zeros of its shortest length and a *site*; so does alignment.
//! [`CodeBuffer::finish`], in `layout.rs`, then finds the layout:
//!
//! 1. every site is given its length, shortest first, and with the lengths its address;
//! 2. a site that does not reach its target takes the next longer form, and 1 is repeated;
//! 3. when all reach, bytes are moved to their places and the sites are written.
//!
//! Forms only ever lengthen, so this ends, after few rounds in practice, and it gives the
//! shortest code that monotone relaxation can give. Cost: 20 to 24 bytes a site and 8 a label
//! while the function is being written; one move of the bytes if anything grew.
//!
//! Invariants:
//! - sites are in order of `at`, and no two overlap;
//! - `slack` is the sum of what all sites may still grow by: `offset() + slack` is an upper bound
//!   of the final offset of the next byte. Deadlines of literal pools are kept in these
//!   worst-case bytes, so no later growth can break them;
//! - a label's `site` is the number of sites recorded when it was bound.
//!
//! ```text
//!   raw       [....bytes....][site 0][..bytes..][site 1]…
//!   final     [....bytes....][site 0, longer...][..bytes..][site 1]…
//!                            └ at + shift       └ label: offset + shift of the next site
//! ```

use ferlance_collections::TryVec;
use ferlance_collections::oom::OutOfMemory;

use crate::fixup::Fixup;
use crate::label::{Label, Place};
use crate::literal::LiteralPool;

/// Longest code that one buffer takes. Distances then fit an `i32` with room to spare.
pub(crate) const MAX_BYTES: u32 = 1 << 26;

/// Number of a site, in order of writing. Lets a caller say which of its statements went wrong.
pub type SiteIndex = usize;

#[derive(Debug, Clone, Copy)]
pub(crate) enum Item<F> {
    /// An instruction that refers to a label.
    Fixup { form: F, label: Label },
    /// Zeros up to a multiple of `1 << log2`.
    Align { log2: u8 },
    /// A jump over the words of `front`, and these words; nothing when there are none.
    Front { jump: F },
    /// The distance in bytes from `base` (or the code's start) to `label`, as data.
    Difference {
        label: Label,
        base: Option<Label>,
        size: u8,
    },
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Site<F> {
    /// Offset into the bytes as first written.
    pub(crate) at: u32,
    /// Bytes left for it there.
    pub(crate) room: u8,
    /// How much everything before it grows. Set by layout.
    pub(crate) shift: u32,
    pub(crate) item: Item<F>,
}

/// Machine code in the making, with labels, fixups and literals.
#[derive(Debug)]
pub struct CodeBuffer<F> {
    pub(crate) bytes: TryVec<u8>,
    pub(crate) labels: TryVec<Place>,
    pub(crate) sites: TryVec<Site<F>>,
    pool: LiteralPool,
    /// Words to stand before all code. See [`CodeBuffer::with_front_pool`].
    pub(crate) front: TryVec<u32>,
    slack: u32,
    /// Where a label was bound last.
    bound: u32,
}

impl<F: Fixup> Default for CodeBuffer<F> {
    fn default() -> Self {
        Self::new()
    }
}

impl<F: Fixup> CodeBuffer<F> {
    /// An empty buffer. Does not allocate.
    pub const fn new() -> Self {
        CodeBuffer {
            bytes: TryVec::new(),
            labels: TryVec::new(),
            sites: TryVec::new(),
            pool: LiteralPool::new(),
            front: TryVec::new(),
            slack: 0,
            bound: u32::MAX,
        }
    }

    /// A buffer whose code begins with the words asked for by [`front_literal`](Self::front_literal),
    /// and, if there are any, with `jump` over them: for machines whose literal loads reach
    /// backwards only.
    pub fn with_front_pool(jump: F) -> Result<Self, OutOfMemory> {
        let mut made = Self::new();
        made.push_site(0, Item::Front { jump })?;
        Ok(made)
    }

    /// Bytes written so far. The final offset of the next byte is this, plus what sites grow by.
    #[inline]
    pub fn offset(&self) -> u32 {
        self.bytes.len() as u32
    }

    /// Whether [`offset`](Self::offset) is the final offset, since nothing before it can grow.
    #[inline]
    pub fn is_settled(&self) -> bool {
        self.slack == 0
            && !matches!(self.sites.first(), Some(site) if matches!(site.item, Item::Front { .. }))
    }

    /// How many sites were recorded: fixups, differences, alignments that layout decides.
    #[inline]
    pub fn site_count(&self) -> usize {
        self.sites.len()
    }

    /// What has been written so far; instructions that refer to labels are zeros there.
    #[inline]
    pub fn written(&self) -> &[u8] {
        &self.bytes
    }

    /// Takes back what was written behind `offset`: plain bytes, without labels or sites among them.
    pub fn take_back(&mut self, offset: u32) {
        debug_assert!(
            self.sites
                .last()
                .is_none_or(|site| { site.at + u32::from(site.room) <= offset })
        );
        self.bytes.truncate(offset as usize);
    }

    /// Whether nothing was written yet.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty() && self.sites.is_empty()
    }

    /// Appends bytes as they are.
    #[inline]
    pub fn put_bytes(&mut self, bytes: &[u8]) -> Result<(), OutOfMemory> {
        self.bytes.extend_from_slice(bytes)
    }

    /// Appends the low `len` bytes of `word`, least significant first. `len` is at most 4.
    #[inline]
    pub fn put(&mut self, word: u32, len: u32) -> Result<(), OutOfMemory> {
        let bytes = word.to_le_bytes();
        self.put_bytes(bytes.get(..len as usize).unwrap_or(&bytes))
    }

    /// Appends `count` zero bytes. More than the buffer takes are refused at once.
    pub fn put_zeros(&mut self, count: u32) -> Result<(), OutOfMemory> {
        if count > MAX_BYTES - self.offset().min(MAX_BYTES) {
            return Err(OutOfMemory);
        }
        let len = self.bytes.len() + count as usize;
        self.bytes.resize(len, 0)
    }

    /// A new label, not bound yet.
    pub fn new_label(&mut self) -> Result<Label, OutOfMemory> {
        let label = Label(self.labels.len() as u32);
        self.labels.push(Place::UNBOUND)?;
        Ok(label)
    }

    /// Binds `label` to the place of the next byte. A label is bound once.
    pub fn bind(&mut self, label: Label) {
        let place = Place {
            offset: self.offset(),
            site: self.sites.len() as u32,
        };
        self.bound = place.offset;
        if let Some(slot) = self.labels.get_mut(label.index()) {
            debug_assert!(!slot.is_bound(), "label bound twice");
            *slot = place;
        }
    }

    /// Whether control may come here from elsewhere: a label is bound to the place of the next byte.
    #[inline]
    pub fn is_target_here(&self) -> bool {
        self.bound == self.offset()
    }

    /// A new label, bound to the place of the next byte.
    pub fn here(&mut self) -> Result<Label, OutOfMemory> {
        let label = self.new_label()?;
        self.bind(label);
        Ok(label)
    }

    /// Whether `label` is bound.
    pub fn is_bound(&self, label: Label) -> bool {
        self.labels
            .get(label.index())
            .is_some_and(|place| place.is_bound())
    }

    /// Offset of a bound label in the bytes as first written.
    pub fn offset_of(&self, label: Label) -> Option<u32> {
        let place = self.labels.get(label.index())?;
        place.is_bound().then_some(place.offset)
    }

    /// Appends an instruction that refers to `label`, in the shortest form from `form` on that
    /// will reach.
    pub fn fixup(&mut self, form: F, label: Label) -> Result<SiteIndex, OutOfMemory> {
        let len = form.size();
        let mut longest = form;
        while let Some(wider) = longest.widen() {
            longest = wider;
        }
        let index = self.push_site(len as u8, Item::Fixup { form, label })?;
        self.put_zeros(len)?;
        self.slack = self
            .slack
            .saturating_add(longest.size().saturating_sub(len));
        Ok(index)
    }

    /// Appends zeros up to the next multiple of `1 << log2`, counted from the code's first byte.
    pub fn align(&mut self, log2: u8) -> Result<(), OutOfMemory> {
        let log2 = log2.min(24);
        let mask = (1u32 << log2) - 1;
        if self.is_settled() {
            return self.put_zeros(self.offset().wrapping_neg() & mask);
        }
        self.push_site(0, Item::Align { log2 })?;
        self.slack = self.slack.saturating_add(mask);
        Ok(())
    }

    /// Appends the distance in bytes from `base`, or from the code's first byte, to `label`, as
    /// `size` bytes of data (at most 8, the upper ones by sign).
    pub fn difference(
        &mut self,
        label: Label,
        base: Option<Label>,
        size: u8,
    ) -> Result<SiteIndex, OutOfMemory> {
        let size = size.min(8);
        let index = self.push_site(size, Item::Difference { label, base, size })?;
        self.put_zeros(u32::from(size))?;
        Ok(index)
    }

    /// Appends an instruction that loads the word `value` from a literal pool further on. The
    /// pool is written by [`place_pool`](Self::place_pool), at the latest by `finish`.
    pub fn literal(&mut self, form: F, value: u32) -> Result<SiteIndex, OutOfMemory> {
        let label = match self.pool.find(value) {
            Some(label) => label,
            None => {
                let label = self.new_label()?;
                self.pool.add(value, label)?;
                label
            }
        };
        let mut reach = form.reach().ahead;
        let mut longest = form;
        while let Some(wider) = longest.widen() {
            longest = wider;
            reach = reach.max(wider.reach().ahead);
        }
        let limit = self.worst_offset().saturating_add_signed(reach);
        self.pool.limit(limit);
        self.fixup(form, label)
    }

    /// Whether waiting literals must be placed before `upcoming` more bytes are written. The
    /// caller then branches over [`place_pool`](Self::place_pool) or finds a place where control
    /// does not come by; `upcoming` includes that branch.
    pub fn pool_is_due(&self, upcoming: u32) -> bool {
        self.pool
            .is_due(self.worst_offset().saturating_add(upcoming))
    }

    /// Writes the waiting literals here, aligned to 4 bytes. Control must not run into them.
    pub fn place_pool(&mut self) -> Result<(), OutOfMemory> {
        if self.pool.words().is_empty() {
            return Ok(());
        }
        self.align(2)?;
        let mut pool = core::mem::replace(&mut self.pool, LiteralPool::new());
        for literal in pool.words() {
            self.bind(literal.label);
            self.put(literal.value, 4)?;
        }
        pool.clear();
        self.pool = pool;
        Ok(())
    }

    /// Appends an instruction that loads the word `value` from before the code. With `share`,
    /// equal words are stored once. Only for buffers made by [`with_front_pool`](Self::with_front_pool).
    pub fn front_literal(
        &mut self,
        form: F,
        value: u32,
        share: bool,
    ) -> Result<SiteIndex, OutOfMemory> {
        let known = if share {
            self.front.iter().position(|&word| word == value)
        } else {
            None
        };
        let index = match known {
            Some(index) => index,
            None => {
                self.front.push(value)?;
                self.front.len() - 1
            }
        };
        let label = self.new_label()?;
        if let Some(slot) = self.labels.get_mut(label.index()) {
            // Before the first site, so nothing shifts it; the jump takes the first word.
            *slot = Place {
                offset: 4 + 4 * index as u32,
                site: 0,
            };
        }
        self.fixup(form, label)
    }

    /// Upper bound of the final offset of the next byte, the front pool apart.
    pub(crate) fn worst_offset(&self) -> u32 {
        self.offset().saturating_add(self.slack)
    }

    fn push_site(&mut self, room: u8, item: Item<F>) -> Result<SiteIndex, OutOfMemory> {
        self.sites.push(Site {
            at: self.offset(),
            room,
            shift: 0,
            item,
        })?;
        Ok(self.sites.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::BufferError;
    use crate::fixup::Reach;
    use std::vec::Vec;

    /// A toy machine: one-byte branches reach 15 bytes, two-byte ones 100, literal loads of one
    /// byte reach 20 ahead. The first byte is a letter, the last the distance.
    #[derive(Debug, Clone, Copy)]
    enum Toy {
        Near,
        Far,
        Load,
        Back,
    }

    impl Fixup for Toy {
        fn size(self) -> u32 {
            match self {
                Toy::Near | Toy::Load | Toy::Back => 1,
                Toy::Far => 2,
            }
        }
        fn reach(self) -> Reach {
            match self {
                Toy::Near => Reach {
                    back: -16,
                    ahead: 15,
                },
                Toy::Far => Reach {
                    back: -100,
                    ahead: 100,
                },
                Toy::Load => Reach { back: 0, ahead: 20 },
                Toy::Back => Reach {
                    back: -100,
                    ahead: 0,
                },
            }
        }
        fn widen(self) -> Option<Self> {
            matches!(self, Toy::Near).then_some(Toy::Far)
        }
        fn patch(self, at: u32, target: u32, out: &mut [u8]) {
            assert!(self.fits(at, target));
            out[0] = b'F';
            *out.last_mut().unwrap() = (target as i32 - at as i32) as u8;
        }
    }

    fn bytes(buffer: CodeBuffer<Toy>) -> Vec<u8> {
        buffer.finish().unwrap().bytes.to_vec()
    }

    #[test]
    fn a_near_branch_stays_short() {
        let mut buffer = CodeBuffer::new();
        let end = buffer.new_label().unwrap();
        buffer.fixup(Toy::Near, end).unwrap();
        buffer.put_bytes(&[0xaa; 14]).unwrap();
        buffer.bind(end);
        let mut expected = std::vec![15];
        expected.extend([0xaa; 14]);
        assert_eq!(bytes(buffer), expected);
    }

    #[test]
    fn a_far_branch_grows_and_moves_what_follows() {
        let mut buffer = CodeBuffer::new();
        let end = buffer.new_label().unwrap();
        buffer.put(0x11, 1).unwrap();
        buffer.fixup(Toy::Near, end).unwrap();
        buffer.put_bytes(&[0xaa; 15]).unwrap();
        buffer.bind(end);
        buffer.put(0x22, 1).unwrap();
        let code = buffer.finish().unwrap();
        assert_eq!(code.bytes[..3], [0x11, b'F', 17]);
        assert_eq!(code.bytes[3..18], [0xaa; 15]);
        assert_eq!(code.bytes[18..], [0x22]);
        assert_eq!(code.offset_of(end), Some(18));
    }

    #[test]
    fn growth_of_one_branch_pushes_another_out_of_reach() {
        let mut buffer = CodeBuffer::new();
        let start = buffer.here().unwrap();
        let end = buffer.new_label().unwrap();
        buffer.fixup(Toy::Near, end).unwrap();
        buffer.put_bytes(&[0; 15]).unwrap();
        // 16 back as long as the branch above is short, 17 once it is long.
        buffer.fixup(Toy::Near, start).unwrap();
        buffer.bind(end);
        let code = buffer.finish().unwrap();
        assert_eq!(code.bytes.len(), 2 + 15 + 2);
        assert_eq!(code.bytes[..2], [b'F', 19]);
        assert_eq!(code.bytes[17..], [b'F', (-17i8) as u8]);
    }

    #[test]
    fn alignment_follows_growth() {
        let mut buffer = CodeBuffer::new();
        let end = buffer.new_label().unwrap();
        buffer.fixup(Toy::Near, end).unwrap();
        buffer.put_bytes(&[7; 3]).unwrap();
        buffer.align(2).unwrap();
        let aligned = buffer.here().unwrap();
        buffer.put_bytes(&[9; 20]).unwrap();
        buffer.bind(end);
        let code = buffer.finish().unwrap();
        assert_eq!(code.offset_of(aligned), Some(8));
        assert_eq!(code.bytes[..9], [b'F', 28, 7, 7, 7, 0, 0, 0, 9]);
    }

    #[test]
    fn unbound_and_unreachable_targets_are_named() {
        let mut buffer = CodeBuffer::new();
        let nowhere = buffer.new_label().unwrap();
        buffer.fixup(Toy::Near, nowhere).unwrap();
        let error = buffer.finish().unwrap_err();
        assert_eq!(
            error,
            BufferError::Unbound {
                label: nowhere,
                site: 0
            }
        );

        let mut buffer = CodeBuffer::new();
        let far = buffer.new_label().unwrap();
        buffer.fixup(Toy::Near, far).unwrap();
        buffer.put_zeros(100).unwrap();
        buffer.bind(far);
        let error = buffer.finish().unwrap_err();
        assert_eq!(
            error,
            BufferError::OutOfReach {
                label: far,
                site: 0,
                at: 0,
                target: 102,
            }
        );
    }

    #[test]
    fn equal_literals_are_stored_once_and_placed_in_time() {
        let mut buffer = CodeBuffer::new();
        buffer.literal(Toy::Load, 0x01020304).unwrap();
        buffer.literal(Toy::Load, 0x01020304).unwrap();
        assert!(!buffer.pool_is_due(11));
        assert!(buffer.pool_is_due(12));
        buffer.place_pool().unwrap();
        assert!(!buffer.pool_is_due(1000));
        assert_eq!(bytes(buffer), [4, 3, 0, 0, 4, 3, 2, 1]);
    }

    #[test]
    fn a_pool_deadline_counts_branches_that_may_grow() {
        let mut buffer = CodeBuffer::new();
        let end = buffer.new_label().unwrap();
        buffer.literal(Toy::Load, 5).unwrap();
        for _ in 0..4 {
            buffer.fixup(Toy::Near, end).unwrap();
        }
        // 5 bytes written, 4 of slack, 7 of pool: 4 more and the load could not see it.
        assert!(!buffer.pool_is_due(4));
        assert!(buffer.pool_is_due(5));
    }

    #[test]
    fn literals_in_front_are_jumped_over() {
        let mut buffer = CodeBuffer::with_front_pool(Toy::Near).unwrap();
        buffer.put(0x11, 1).unwrap();
        buffer.front_literal(Toy::Back, 0xa1, false).unwrap();
        buffer.front_literal(Toy::Back, 0xa1, true).unwrap();
        buffer.front_literal(Toy::Back, 0xa1, false).unwrap();
        let expected = [
            12, 0, 0, 0, 0xa1, 0, 0, 0, 0xa1, 0, 0, 0, 0x11, 247, 246, 249,
        ];
        assert_eq!(bytes(buffer), expected);
    }

    #[test]
    fn without_literals_there_is_nothing_in_front() {
        let mut buffer = CodeBuffer::with_front_pool(Toy::Near).unwrap();
        buffer.put(0x11, 1).unwrap();
        assert_eq!(bytes(buffer), [0x11]);
    }

    #[test]
    fn differences_of_labels_are_data() {
        let mut buffer: CodeBuffer<Toy> = CodeBuffer::new();
        let start = buffer.new_label().unwrap();
        let end = buffer.new_label().unwrap();
        buffer.difference(end, Some(start), 1).unwrap();
        buffer.difference(end, None, 2).unwrap();
        buffer.bind(start);
        buffer.put_zeros(5).unwrap();
        buffer.bind(end);
        assert_eq!(bytes(buffer)[..3], [5, 8, 0]);
    }
}
