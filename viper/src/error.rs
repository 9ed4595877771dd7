//! Why a function is refused.
use ferlance_abi::{BinaryOp, Qstr};
use ferlance_collections::OutOfMemory;

use crate::types::Ty;

/// A refusal. Always the program's fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Error {
    /// What is wrong.
    pub problem: Problem,
    /// The index of the op.
    pub at: u32,
    /// Where the statement starts that stock tools report; none: report the scope.
    pub stmt: Option<u32>,
}

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// A local is read above its first assignment, or is captured by an inner function.
    UntypedLocal(Qstr),
    /// A local of one type is assigned another: name, its type, the other.
    LocalType(Qstr, Ty, Ty),
    /// A condition that is neither object nor number.
    Condition(Ty),
    /// The result has another type: declared, given.
    Return(Ty, Ty),
    /// A unary operator that the type lacks.
    Unary(Ty),
    /// `not` of a number as a value.
    Not,
    /// A binary operator between types that do not go together.
    Binary(Ty, Ty),
    /// A comparison of signed with unsigned.
    MixedCompare,
    /// Division of an unsigned number.
    UnsignedDivision,
    /// A binary operator that numbers lack.
    BinaryOp(BinaryOp),
    /// An item of what is no pointer.
    LoadFrom(Ty),
    /// An item of a pointer at what is no number.
    LoadIndex(Ty),
    /// A store to an item of what is no pointer.
    StoreTo(Ty),
    /// A store through a pointer at what is no number.
    StoreIndex(Ty),
    /// A store of what is no number through a pointer.
    StoreValue(Ty),
    /// A conversion between a float and an address: from, to.
    Cast(Ty, Ty),
    /// `raise` of what is no object.
    RaiseNative,
    /// `raise` without an exception, or with a cause.
    BareRaise,
    /// Anything that makes a generator.
    Yield,
    /// An immediate pointer or a cast name as an object.
    Boxing,
    /// A cast name as the argument of a cast.
    CastOfCast,

    // What stock tools abort on, or compile to nonsense.
    /// An attribute of what is no object.
    Attr(Ty),
    /// A call of what is no object.
    Call(Ty),
    /// What is no object in a call with starred arguments.
    StarCall(Ty),
    /// Iteration over what is no object.
    Iterate(Ty),
    /// A bound of a slice that is no object.
    SliceBound(Ty),
    /// Deleting an item of what is no object, or at what is no object.
    DeleteItem(Ty),
    /// A key or value of a dict display that is no object.
    DictItem(Ty),
    /// A class variable that is no object.
    ClassVariable(Ty),
    /// A cast with other than one plain argument.
    CastArguments,
    /// `*args`, `**kwargs` or keyword-only parameters.
    StarParameters,
    /// The stack does not fit where paths join; front ends do not make such code.
    Malformed,
}

impl Problem {
    /// Does it end the compilation at once, without a traceback?
    pub const fn is_fatal(self) -> bool {
        matches!(
            self,
            Problem::BareRaise
                | Problem::Yield
                | Problem::Boxing
                | Problem::CastOfCast
                | Problem::Malformed
        )
    }
}

/// Why nothing came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// The program is refused.
    Refused(Error),
    /// No memory.
    OutOfMemory,
}

impl From<OutOfMemory> for Stop {
    fn from(_: OutOfMemory) -> Stop {
        Stop::OutOfMemory
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Stop {
        Stop::Refused(error)
    }
}
