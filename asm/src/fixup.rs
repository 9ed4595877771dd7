//! Instructions whose bytes depend on where a label ends up.

/// How far from an instruction's first byte its target may lie, in bytes, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reach {
    /// The least distance, zero or negative.
    pub back: i32,
    /// The greatest distance.
    pub ahead: i32,
}

impl Reach {
    /// Whether a target this many bytes away is within reach.
    #[inline]
    pub const fn holds(self, distance: i64) -> bool {
        distance >= self.back as i64 && distance <= self.ahead as i64
    }
}

/// One architecture's forms of branches, address and literal loads.
///
/// A value says everything about the instruction but its target: the operation, the registers and
/// the length. The buffer keeps one per place, lengthens it by [`widen`](Fixup::widen) until it
/// reaches, and has it written by [`patch`](Fixup::patch) once nothing moves any more.
///
/// A form that stands for several instructions (an inverted branch over a jump, the veneer of a
/// conditional branch) is one form: its length covers all of them.
pub trait Fixup: Copy {
    /// Bytes that the form takes.
    fn size(self) -> u32;

    /// How far it reaches. Forms that count from a rounded position give the least they can.
    fn reach(self) -> Reach;

    /// Whether it can stand at `at` and refer to `target`; both count from the code's first byte.
    fn fits(self, at: u32, target: u32) -> bool {
        self.reach().holds(i64::from(target) - i64::from(at))
    }

    /// The next longer form of the same operation.
    fn widen(self) -> Option<Self>;

    /// Writes the form. `out` has exactly `size` bytes, and `fits` holds.
    fn patch(self, at: u32, target: u32, out: &mut [u8]);
}

/// Writes the low bytes of `word`, least significant first, as many as `out` has.
#[inline]
pub fn write_le(out: &mut [u8], word: u32) {
    for (byte, value) in out.iter_mut().zip(word.to_le_bytes()) {
        *byte = value;
    }
}
