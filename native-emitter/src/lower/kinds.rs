//! What values are in the numeric copy of a loop, and what operators make of them there; see `numeric`.
use ferlance_abi::{BinaryOp, UnaryOp};
use ferlance_bytecode::module::Seen;

/// What is known of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Kind {
    /// Nothing yet, or nobody wants it.
    #[default]
    None,
    /// A small int.
    Small,
    /// A float, kept as a number.
    Float,
    /// Of the first of an iterator's places: a range that rises. The next value, the end and the step are in the
    /// places behind it, and in the iterator's memory is a next value from before.
    Range,
    /// A container whose items are in its memory.
    Items(Items),
    /// An int from 0 to 2^32 - 1, kept as a word: only where not all of these are small ints.
    Wide,
    /// An item that op so many has loaded from a container of no known type. To the analysis only, as the next one.
    Item(u32),
    /// An object that is most likely a small int.
    Likely,
    /// Any object.
    Any,
}

/// What the numeric copies of a function keep in registers besides small ints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Numbers {
    /// Floats.
    Floats,
    /// [`Kind::Wide`].
    Wide,
}

/// What such a container has in its memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Items {
    /// Objects: a list.
    Objects,
    /// Bytes: a bytearray.
    Bytes,
    /// Integers of 16 bits with a sign, and of 32 bits: arrays.
    Halves,
    Words,
}

impl Items {
    /// What an item is in Python.
    pub(super) fn kind(self) -> Kind {
        match self {
            Items::Objects => Kind::Any,
            Items::Bytes | Items::Halves | Items::Words => Kind::Small,
        }
    }
}

impl From<Seen> for Kind {
    fn from(seen: Seen) -> Kind {
        match seen {
            Seen::Small => Kind::Small,
            Seen::Float => Kind::Float,
            Seen::List => Kind::Items(Items::Objects),
            Seen::Bytearray => Kind::Items(Items::Bytes),
            Seen::Array(b'h') => Kind::Items(Items::Halves),
            Seen::Array(b'i') => Kind::Items(Items::Words),
            Seen::Array(_) | Seen::Other => Kind::Any,
        }
    }
}

impl Kind {
    pub(super) fn join(self, other: Kind) -> Kind {
        match (self, other) {
            (Kind::None, kind) | (kind, Kind::None) => kind,
            (one, two) if one == two => one,
            (Kind::Small, kind @ (Kind::Wide | Kind::Likely))
            | (kind @ (Kind::Wide | Kind::Likely), Kind::Small) => kind,
            _ => Kind::Any,
        }
    }

    /// What the lowering knows of it.
    pub(super) fn known(self) -> Kind {
        match self {
            Kind::Item(_) | Kind::Likely => Kind::Any,
            kind => kind,
        }
    }

    /// Is it certainly a number?
    pub(super) fn is_number(self) -> bool {
        matches!(self, Kind::Small | Kind::Float)
    }

    /// What an operator gives in the numeric copy.
    pub(super) fn of_binary(op: BinaryOp, l: Kind, r: Kind) -> Kind {
        let has_float = l == Kind::Float || r == Kind::Float;
        let has_none = l == Kind::None || r == Kind::None;
        let both_small = l == Kind::Small && r == Kind::Small;
        match Class::of(op) {
            Class::Sum | Class::Quotient if has_float => Kind::Float,
            Class::Sum | Class::Remainder if both_small => Kind::Small,
            Class::Quotient if both_small => Kind::Float,
            Class::Remainder if has_float && l.is_number() && r.is_number() => Kind::Float,
            Class::Bits if has_float => Kind::Any,
            Class::Bits if l == Kind::Small || r == Kind::Small => Kind::Small,
            Class::Sum | Class::Quotient | Class::Remainder | Class::Bits if has_none => Kind::None,
            _ => Kind::Any,
        }
    }

    /// The same where numbers are [`Numbers::Wide`], and whether the operator is one on words; `constant` is the right
    /// operand, if it is a small int that is known.
    pub(super) fn of_wide(op: BinaryOp, l: Kind, r: Kind, constant: Option<i64>) -> (Kind, bool) {
        let is_wide = |kind| matches!(kind, Kind::Wide);
        let is_fit = |kind| matches!(kind, Kind::Wide | Kind::Small | Kind::Likely | Kind::None);
        let has_wide = (is_wide(l) || is_wide(r)) && is_fit(l) && is_fit(r);
        let is_negative = constant.is_some_and(|constant| constant < 0);
        let class = Class::of(op);
        match op {
            BinaryOp::And | BinaryOp::InplaceAnd if has_wide => match constant {
                Some(0..) => (Kind::Small, true),
                _ => (Kind::Wide, true),
            },
            BinaryOp::Or | BinaryOp::InplaceOr | BinaryOp::Xor | BinaryOp::InplaceXor
                if has_wide && !is_negative =>
            {
                (Kind::Wide, true)
            }
            BinaryOp::ShiftRight | BinaryOp::InplaceShiftRight
                if is_wide(l)
                    && match constant {
                        Some(count) => (0..32).contains(&count),
                        None => r == Kind::Small,
                    } =>
            {
                (Kind::Wide, true)
            }
            _ if class == Class::Order && has_wide && !is_negative => (Kind::Any, true),
            _ => match class {
                Class::Order | Class::Other | Class::Quotient => (Kind::Any, false),
                _ if l == Kind::Small && r == Kind::Small => (Kind::Small, false),
                _ if l == Kind::None || r == Kind::None => (Kind::None, false),
                _ => (Kind::Any, false),
            },
        }
    }

    /// The same of an operator with one operand.
    pub(super) fn of_unary(op: UnaryOp, kind: Kind) -> Kind {
        match (op, kind) {
            (_, Kind::None) if op != UnaryOp::Not => Kind::None,
            (UnaryOp::Positive | UnaryOp::Negative, Kind::Small | Kind::Float) => kind,
            (UnaryOp::Invert, Kind::Small) => kind,
            _ => Kind::Any,
        }
    }
}

/// Operators by what they do to numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// `+ - *`: of ints an int, with a float a float.
    Sum,
    /// `/`: a float.
    Quotient,
    /// `// %`: as a sum.
    Remainder,
    /// `& | ^ << >>`: of ints.
    Bits,
    /// `< > == <= >= !=`.
    Order,
    /// Everything else.
    Other,
}

impl Class {
    pub(super) fn of(op: BinaryOp) -> Class {
        match op {
            BinaryOp::Add
            | BinaryOp::InplaceAdd
            | BinaryOp::Subtract
            | BinaryOp::InplaceSubtract
            | BinaryOp::Multiply
            | BinaryOp::InplaceMultiply => Class::Sum,
            BinaryOp::TrueDivide | BinaryOp::InplaceTrueDivide => Class::Quotient,
            BinaryOp::FloorDivide
            | BinaryOp::InplaceFloorDivide
            | BinaryOp::Modulo
            | BinaryOp::InplaceModulo => Class::Remainder,
            BinaryOp::And
            | BinaryOp::InplaceAnd
            | BinaryOp::Or
            | BinaryOp::InplaceOr
            | BinaryOp::Xor
            | BinaryOp::InplaceXor
            | BinaryOp::ShiftLeft
            | BinaryOp::InplaceShiftLeft
            | BinaryOp::ShiftRight
            | BinaryOp::InplaceShiftRight => Class::Bits,
            BinaryOp::Less
            | BinaryOp::More
            | BinaryOp::Equal
            | BinaryOp::LessEqual
            | BinaryOp::MoreEqual
            | BinaryOp::NotEqual => Class::Order,
            _ => Class::Other,
        }
    }
}
