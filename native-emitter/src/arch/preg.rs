//! Machine registers and where values are.
use core::fmt;

/// A machine register: 0 to 31 are integer registers, 32 to 63 float registers, numbered as the machine does.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Preg(pub u8);

impl Preg {
    /// Integer register `number`.
    pub const fn int(number: u8) -> Preg {
        Preg(number & 31)
    }

    /// Float register `number`.
    pub const fn float(number: u8) -> Preg {
        Preg(32 | number & 31)
    }

    /// Is it a float register?
    pub const fn is_float(self) -> bool {
        self.0 >= 32
    }

    /// The machine's number, within its kind.
    pub const fn number(self) -> u8 {
        self.0 & 31
    }

    /// The place in a list of all registers.
    pub const fn index(self) -> usize {
        (self.0 & 63) as usize
    }
}

impl fmt::Debug for Preg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}{}",
            if self.is_float() { 'f' } else { 'r' },
            self.number()
        )
    }
}

/// A set of machine registers. Boards know one for each value: it goes without the gaps that words of eight bytes want.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
#[repr(Rust, packed(4))]
pub struct PregSet(pub u64);

impl PregSet {
    /// None.
    pub const EMPTY: PregSet = PregSet(0);
    /// All integer registers.
    pub const INTS: PregSet = PregSet(0xffff_ffff);
    /// All float registers.
    pub const FLOATS: PregSet = PregSet(0xffff_ffff_0000_0000);
    /// All registers.
    pub const ALL: PregSet = PregSet(u64::MAX);

    /// The set of these.
    pub const fn of(registers: &[Preg]) -> PregSet {
        let mut bits = 0;
        let mut i = 0;
        while i < registers.len() {
            bits |= 1 << registers[i].index();
            i += 1;
        }
        PregSet(bits)
    }

    /// The set of these integer registers.
    pub const fn ints(numbers: &[u8]) -> PregSet {
        let mut bits = 0;
        let mut i = 0;
        while i < numbers.len() {
            bits |= 1 << (numbers[i] & 31);
            i += 1;
        }
        PregSet(bits)
    }

    /// Is it in the set?
    pub const fn contains(self, preg: Preg) -> bool {
        self.0 >> preg.index() & 1 != 0
    }

    /// Adds a register.
    pub fn insert(&mut self, preg: Preg) {
        self.0 |= 1 << preg.index();
    }

    /// Takes a register out.
    pub fn remove(&mut self, preg: Preg) {
        self.0 &= !(1 << preg.index());
    }

    /// Members of either.
    pub const fn union(self, other: PregSet) -> PregSet {
        PregSet(self.0 | other.0)
    }

    /// Members of both.
    pub const fn intersection(self, other: PregSet) -> PregSet {
        PregSet(self.0 & other.0)
    }

    /// Members that `other` lacks.
    pub const fn difference(self, other: PregSet) -> PregSet {
        PregSet(self.0 & !other.0)
    }

    /// No members?
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// How many members.
    pub const fn len(self) -> u32 {
        self.0.count_ones()
    }

    /// The members, lowest first.
    pub fn iter(self) -> impl Iterator<Item = Preg> {
        let mut rest = self.0;
        core::iter::from_fn(move || {
            if rest == 0 {
                return None;
            }
            let at = rest.trailing_zeros();
            rest &= rest - 1;
            Some(Preg(at as u8))
        })
    }
}

impl fmt::Debug for PregSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// Where a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    /// Nowhere: it is never used.
    None,
    /// In a register.
    Reg(Preg),
    /// In word `n` of the frame's spill area (a double on a 32-bit machine: words `n` and `n + 1`).
    Spill(u32),
    /// It is this constant and is made where it is wanted.
    Const(i64),
    /// In word `n` of the arguments that the caller passes on the stack.
    In(u32),
    /// In word `n` of the arguments that this function passes on the stack to what it calls.
    Out(u32),
}

impl Place {
    /// Words of the frame for cycles of moves, with room for any value.
    pub const SCRATCH_WORD: Place = Place::Spill(u32::MAX);

    /// The register, if it is in one.
    pub const fn reg(self) -> Option<Preg> {
        match self {
            Place::Reg(preg) => Some(preg),
            _ => None,
        }
    }
}
