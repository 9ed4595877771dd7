//! The small types of NIR.
use ferlance_collections::{index_type, niche_index_type};

niche_index_type! {
    /// A virtual register: one value, defined once.
    pub struct Vreg;
}

index_type! {
    /// A basic block. Block 0 is the entry.
    pub struct Block(u32);
}

/// What a virtual register holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Type {
    /// An object word.
    Obj,
    /// A machine word: a number, an address, a truth value.
    Word,
    /// A single-precision number in a float register; only on targets that have them.
    F32,
    /// A double-precision number in a float register; only on targets that have them.
    F64,
}

impl Type {
    /// Held in a float register?
    pub const fn is_float(self) -> bool {
        matches!(self, Type::F32 | Type::F64)
    }
}

/// How much memory a load or store touches, and how a load extends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Width {
    /// A byte, zero-extended.
    U8,
    /// A byte, sign-extended.
    I8,
    /// Two bytes, zero-extended.
    U16,
    /// Two bytes, sign-extended.
    I16,
    /// Four bytes, zero-extended where a word is wider.
    U32,
    /// Four bytes, sign-extended where a word is wider.
    I32,
    /// A machine word.
    Word,
    /// A single-precision number.
    F32,
    /// A double-precision number.
    F64,
}

impl Width {
    /// Bytes in memory, on a target whose word has `word` bytes.
    pub const fn bytes(self, word: u32) -> u32 {
        match self {
            Width::U8 | Width::I8 => 1,
            Width::U16 | Width::I16 => 2,
            Width::U32 | Width::I32 | Width::F32 => 4,
            Width::Word => word,
            Width::F64 => 8,
        }
    }
}

/// A comparison of two words or of two floats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cond {
    /// Equal.
    Eq,
    /// Not equal; true for unordered floats.
    Ne,
    /// Signed or float: less.
    Lt,
    /// Signed or float: at most.
    Le,
    /// Signed or float: greater.
    Gt,
    /// Signed or float: at least.
    Ge,
    /// Unsigned: less.
    Below,
    /// Unsigned: at most.
    BelowEq,
    /// Unsigned: greater.
    Above,
    /// Unsigned: at least.
    AboveEq,
    /// `a & b` is zero.
    TestZero,
    /// `a & b` is not zero.
    TestNonZero,
}

impl Cond {
    /// The opposite, for words. The opposite of a float order is not an order: swap the edges there.
    pub const fn negated(self) -> Cond {
        match self {
            Cond::Eq => Cond::Ne,
            Cond::Ne => Cond::Eq,
            Cond::Lt => Cond::Ge,
            Cond::Le => Cond::Gt,
            Cond::Gt => Cond::Le,
            Cond::Ge => Cond::Lt,
            Cond::Below => Cond::AboveEq,
            Cond::BelowEq => Cond::Above,
            Cond::Above => Cond::BelowEq,
            Cond::AboveEq => Cond::Below,
            Cond::TestZero => Cond::TestNonZero,
            Cond::TestNonZero => Cond::TestZero,
        }
    }

    /// The condition with the same truth when the operands trade places.
    pub const fn swapped(self) -> Cond {
        match self {
            Cond::Lt => Cond::Gt,
            Cond::Le => Cond::Ge,
            Cond::Gt => Cond::Lt,
            Cond::Ge => Cond::Le,
            Cond::Below => Cond::Above,
            Cond::BelowEq => Cond::AboveEq,
            Cond::Above => Cond::Below,
            Cond::AboveEq => Cond::BelowEq,
            Cond::Eq | Cond::Ne | Cond::TestZero | Cond::TestNonZero => self,
        }
    }
}

/// How a function is called from outside, and so what the parameters of its entry block are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Entry {
    /// `obj (function object, size n_args, size n_kw, const obj *args)`: native and viper functions.
    Function,
    /// `uint (native code state, obj thrown)`: a generator's resume entry.
    Resume,
    /// That many words in the argument registers, one word out: a direct entry for calls inside a module.
    Words(u8),
}
