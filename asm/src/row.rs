//! What a table of machine instructions is made of.
//!
//! A [`Row`] is one encoding: mnemonic, fixed bits, operands, what the core must have. An
//! operand's [`Kind`] says what it looks like, which values it takes, and where their bits go.
//! From a row come, without another word about it:
//!
//! - a typed function that makes the instruction (the native emitter's way),
//! - a search by mnemonic and operands (the inline assembler's way),
//! - a search by bits and its text (listings),
//! - its tests: every row is assembled at the edges of its operands by a foreign assembler.
//!
//! ```text
//! rows! { T16: Class -> Inst;
//!     "cmp" cmp_ri(rn: Lo8, imm: U8) = 0x2800, V6M, STOCK;
//! }
//! ```
//!
//! An operand's value is an `i32` as the manual writes it: a register's number, a distance in
//! bytes, a constant. Its bits may lie in up to eight pieces, after a transformation where the
//! manual has one (`32 - n`, a table of constants).

/// Some bits of a value and their place in the instruction.
#[derive(Debug, Clone, Copy)]
pub struct Piece {
    from: u8,
    width: u8,
    to: u8,
}

impl Piece {
    const NONE: Piece = Piece::new(0, 0, 0);

    /// `width` bits of the value, from bit `from` up, stand at bit `to` of the instruction.
    pub const fn new(from: u8, width: u8, to: u8) -> Self {
        Piece { from, width, to }
    }

    const fn ones(self) -> u32 {
        (((1u64 << self.width) - 1) & 0xffff_ffff) as u32
    }

    #[inline(always)]
    const fn put(self, value: u32) -> u32 {
        (value >> self.from & self.ones()) << self.to
    }

    #[inline(always)]
    const fn take(self, word: u32) -> u32 {
        (word >> self.to & self.ones()) << self.from
    }
}

/// How a value becomes the number whose bits are stored.
#[derive(Debug, Clone, Copy)]
pub enum By {
    /// As it is.
    Itself,
    /// `value - k` is stored.
    Less(i32),
    /// `k - value` is stored.
    From(i32),
    /// The value `k` is stored as 0, others as they are.
    ZeroIs(i32),
    /// The operand is always `k` and takes no bits.
    Fixed(i32),
    /// The value's position in a list is stored.
    Table(&'static [i32]),
    /// Two functions know.
    Code {
        /// The number to store, if the value has one.
        put: fn(i32) -> Option<u32>,
        /// The value of a stored number.
        take: fn(u32) -> i32,
    },
}

/// One kind of operand: look, values, bits. `C` is the architecture's set of looks.
#[derive(Debug, Clone, Copy)]
pub struct Kind<C> {
    /// What it looks like.
    pub class: C,
    /// Least value.
    pub min: i32,
    /// Greatest value.
    pub max: i32,
    deny: u32,
    by: By,
    pieces: [Piece; 8],
}

impl<C> Kind<C> {
    /// A kind whose values from `min` to `max` are stored as they are.
    pub const fn new(class: C, min: i32, max: i32, pieces: &[Piece]) -> Self {
        let mut all = [Piece::NONE; 8];
        let mut i = 0;
        while i < pieces.len() {
            all[i] = pieces[i];
            i += 1;
        }
        Kind {
            class,
            min,
            max,
            deny: 0,
            by: By::Itself,
            pieces: all,
        }
    }

    /// Excludes values below 32 by their bit.
    pub const fn deny(mut self, values: u32) -> Self {
        self.deny = values;
        self
    }

    /// Stores values in another way.
    pub const fn by(mut self, by: By) -> Self {
        self.by = by;
        self
    }

    /// The bits of a value that the caller knows to be one of the kind's.
    #[inline(always)]
    pub fn put(&self, value: i32) -> u32 {
        debug_assert!(
            matches!(self.by, By::Fixed(_)) || self.encode(value).is_some(),
            "operand {value} out of range {}..{}",
            self.min,
            self.max
        );
        self.scatter(self.number(value).unwrap_or(0))
    }

    /// The bits of a value, if it is one of the kind's.
    pub fn encode(&self, value: i32) -> Option<u32> {
        if value < self.min || value > self.max {
            return None;
        }
        if (0..32).contains(&value) && self.deny >> value & 1 != 0 {
            return None;
        }
        let bits = self.scatter(self.number(value)?);
        (self.take(bits) == value).then_some(bits)
    }

    #[inline(always)]
    fn number(&self, value: i32) -> Option<u32> {
        match self.by {
            By::Itself | By::ZeroIs(_) => Some(value as u32),
            By::Less(k) => Some(value.wrapping_sub(k) as u32),
            By::From(k) => Some(k.wrapping_sub(value) as u32),
            By::Fixed(_) => Some(0),
            By::Table(values) => position(values, value),
            By::Code { put, .. } => put(value),
        }
    }

    #[inline(always)]
    fn scatter(&self, number: u32) -> u32 {
        let [a, b, c, d, e, f, g, h] = self.pieces;
        a.put(number)
            | b.put(number)
            | c.put(number)
            | d.put(number)
            | e.put(number)
            | f.put(number)
            | g.put(number)
            | h.put(number)
    }

    /// The value that an instruction's bits stand for.
    pub fn take(&self, word: u32) -> i32 {
        let mut number = 0;
        let mut top = 0;
        for piece in self.pieces {
            number |= piece.take(word);
            if piece.width != 0 {
                top = top.max(u32::from(piece.from + piece.width));
            }
        }
        match self.by {
            By::Itself if self.min < 0 && (1..32).contains(&top) => {
                (number << (32 - top)) as i32 >> (32 - top)
            }
            By::Itself => number as i32,
            By::Less(k) => k.wrapping_add(number as i32),
            By::From(k) => k.wrapping_sub(number as i32),
            By::ZeroIs(k) if number == 0 => k,
            By::ZeroIs(_) => number as i32,
            By::Fixed(k) => k,
            By::Table(values) => values.get(number as usize).copied().unwrap_or(i32::MIN),
            By::Code { take, .. } => take(number),
        }
    }

    /// Whether these bits stand for a value that the kind takes.
    pub fn accepts(&self, word: u32) -> bool {
        let value = self.take(word);
        let fixed = matches!(self.by, By::Fixed(_));
        let denied = (0..32).contains(&value) && self.deny >> value & 1 != 0;
        fixed || (value >= self.min && value <= self.max && !denied)
    }

    /// The instruction bits that the kind takes.
    pub const fn bits(&self) -> u32 {
        let mut bits = 0;
        let mut i = 0;
        while i < 8 {
            bits |= self.pieces[i].ones() << self.pieces[i].to;
            i += 1;
        }
        bits
    }

    /// The bits that a value may have: what stock Thumb calls the mask of an operand.
    pub const fn value_mask(&self) -> u32 {
        let mut mask = 0;
        let mut i = 0;
        while i < 8 {
            mask |= self.pieces[i].ones() << self.pieces[i].from;
            i += 1;
        }
        mask
    }

    /// What values must be a multiple of.
    pub const fn step(&self) -> i32 {
        match self.value_mask() {
            0 => 1,
            mask => 1 << mask.trailing_zeros(),
        }
    }

    /// Whether values are stored as they are, so that masks and steps mean something.
    pub const fn is_plain(&self) -> bool {
        matches!(self.by, By::Itself)
    }

    /// Values worth testing: the ends, their neighbours, zero, single bits; all legal.
    pub fn edges(&self) -> impl Iterator<Item = i32> {
        let step = self.step();
        let ends = [
            self.min,
            self.min.saturating_add(step),
            -step,
            0,
            step,
            self.max.saturating_sub(step),
            self.max,
        ];
        let bits = (0..31).flat_map(|bit| [1 << bit, -(1 << bit)]);
        let listed = match self.by {
            By::Table(values) => values,
            _ => &[],
        };
        ends.into_iter()
            .chain(bits)
            .chain(listed.iter().copied())
            .filter(move |&value| self.encode(value).is_some())
    }
}

fn position(values: &[i32], value: i32) -> Option<u32> {
    values
        .iter()
        .position(|&listed| listed == value)
        .map(|at| at as u32)
}

/// A kind as a type, which ties it to the Rust type of its values.
pub trait Slot<C: 'static> {
    /// What a typed encoder function takes.
    type Value: Raw;
    /// The kind.
    const KIND: &'static Kind<C>;
}

/// Types of operand values.
pub trait Raw: Copy {
    /// The value as kinds count it.
    fn raw(self) -> i32;
}

impl Raw for i32 {
    #[inline(always)]
    fn raw(self) -> i32 {
        self
    }
}

impl Raw for crate::RegSet {
    #[inline(always)]
    fn raw(self) -> i32 {
        self.0 as i32
    }
}

/// The value of a fixed operand.
impl Raw for () {
    #[inline(always)]
    fn raw(self) -> i32 {
        0
    }
}

/// One encoding of one instruction.
#[derive(Debug)]
pub struct Row<C: 'static> {
    /// The manual's mnemonic, in lower case. See [`names_instruction`](crate::inline::names_instruction).
    pub name: &'static str,
    /// All bits that are not an operand's.
    pub bits: u32,
    /// The operands, in the order in which the manual writes them.
    pub operands: &'static [&'static Kind<C>],
    /// What the core must have, as the architecture's crate counts it.
    pub need: u16,
    /// How it is written, as the architecture's crate counts it.
    pub flags: u16,
}

impl<C> Row<C> {
    /// The bits that tell this encoding from others.
    pub fn fixed(&self) -> u32 {
        !self
            .operands
            .iter()
            .fold(0, |bits, kind| bits | kind.bits())
    }

    /// Whether the instruction `word` is of this encoding.
    pub fn matches(&self, word: u32) -> bool {
        word & self.fixed() == self.bits && self.operands.iter().all(|kind| kind.accepts(word))
    }

    /// The instruction with these operand values, if all of them are legal and agree where two
    /// operands share bits.
    pub fn encode(&self, values: &[i32]) -> Option<u32> {
        if values.len() != self.operands.len() {
            return None;
        }
        let mut word = self.bits;
        for (kind, &value) in self.operands.iter().zip(values) {
            word |= kind.encode(value)?;
        }
        let agree = |(kind, &value): (&&Kind<C>, &i32)| kind.take(word) == value;
        self.operands.iter().zip(values).all(agree).then_some(word)
    }

    /// Whether the core that `have` describes has it.
    #[inline]
    pub const fn is_in(&self, have: u16) -> bool {
        self.need & !have == 0
    }
}

/// The encoding of the instruction `word`: of all that match, the one with most fixed bits.
pub fn find<C>(tables: &[&'static [Row<C>]], word: u32, have: u16) -> Option<&'static Row<C>> {
    let mut found: Option<&'static Row<C>> = None;
    for table in tables {
        for row in *table {
            let closer = match found {
                Some(known) => row.fixed().count_ones() > known.fixed().count_ones(),
                None => true,
            };
            if closer && row.is_in(have) && row.matches(word) {
                found = Some(row);
            }
        }
    }
    found
}

/// Declares operand kinds.
///
/// `Name(type of value) = look, least, greatest, [(bit of value, width, bit of instruction), …]`,
/// then perhaps `deny` a set of small values, and `by` a [`By`].
#[macro_export]
macro_rules! kinds {
    ($class:ident; $(
        $(#[$doc:meta])*
        $name:ident($value:ty) = $look:ident, $min:expr, $max:expr,
            [$(($from:expr, $width:expr, $to:expr)),*]
            $(, deny $deny:expr)? $(, by $by:expr)?;
    )*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        pub struct $name;

        impl $crate::row::Slot<$class> for $name {
            type Value = $value;
            const KIND: &'static $crate::row::Kind<$class> = &$crate::row::Kind::new(
                $class::$look, $min, $max, &[$($crate::row::Piece::new($from, $width, $to)),*],
            )$(.deny($deny))?$(.by($by))?;
        }
    )*};
}

/// Declares a table of instructions and a typed function for each.
///
/// `"mnemonic" function(operand: Kind, …) = bits, needs` and, after another comma, flags.
#[macro_export]
macro_rules! rows {
    ($(#[$table_doc:meta])* $table:ident: $class:ident -> $inst:ident; $(
        $(#[$doc:meta])*
        $name:literal $function:ident($($operand:ident: $slot:ident),*) = $bits:expr, $need:expr
            $(, $flags:expr)?;
    )*) => {
        $(#[$table_doc])*
        pub static $table: &[$crate::row::Row<$class>] = &[$(
            $crate::row::Row {
                name: $name,
                bits: $bits,
                operands: &[$(<$slot as $crate::row::Slot<$class>>::KIND),*],
                need: $need,
                flags: 0 $(| $flags)?,
            },
        )*];
        $(
            #[doc = concat!("`", $name, "`")]
            $(#[$doc])*
            #[inline]
            #[must_use]
            pub fn $function($($operand: <$slot as $crate::row::Slot<$class>>::Value),*) -> $inst {
                $inst($bits $(
                    | <$slot as $crate::row::Slot<$class>>::KIND.put($crate::row::Raw::raw($operand))
                )*)
            }
        )*
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    /// A signed immediate in two pieces, as branches have them.
    const SPLIT: Kind<()> = Kind::new((), -64, 62, &[Piece::new(1, 3, 8), Piece::new(4, 3, 0)]);

    #[test]
    fn pieces_go_apart_and_come_together() {
        for value in (-64..=62).step_by(2) {
            let bits = SPLIT.encode(value).unwrap();
            assert_eq!(bits & !SPLIT.bits(), 0);
            assert_eq!(SPLIT.take(bits), value);
        }
        assert_eq!(SPLIT.bits(), 0b111_0000_0111);
        assert_eq!(SPLIT.step(), 2);
    }

    #[test]
    fn values_out_of_range_or_between_steps_are_refused() {
        assert_eq!(SPLIT.encode(64), None);
        assert_eq!(SPLIT.encode(-66), None);
        assert_eq!(SPLIT.encode(3), None);
    }

    #[test]
    fn transformed_values_come_back() {
        let shift = Kind::new((), 1, 32, &[Piece::new(0, 5, 4)]).by(By::ZeroIs(32));
        assert_eq!(shift.encode(32), Some(0));
        assert_eq!(shift.take(0), 32);
        assert_eq!(shift.encode(31), Some(31 << 4));
        assert_eq!(shift.encode(0), None);
        let listed = Kind::new((), -1, 100, &[Piece::new(0, 2, 0)]).by(By::Table(&[-1, 7, 100]));
        assert_eq!(listed.encode(100), Some(2));
        assert_eq!(listed.encode(8), None);
        assert!(!listed.accepts(3));
    }

    #[test]
    fn edges_are_legal_values_and_hold_the_ends() {
        let edges: Vec<i32> = SPLIT.edges().collect();
        assert!(edges.contains(&-64) && edges.contains(&62) && edges.contains(&0));
        assert!(edges.iter().all(|&value| SPLIT.encode(value).is_some()));
    }
}
