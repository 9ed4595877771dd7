//! What can be wrong with an operation on numbers.

use core::fmt;

use ferlance_collections::OutOfMemory;

/// Why an operation on numbers has no result. The operands' fault, or memory's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumError {
    /// Not enough memory for the result or on the way to it.
    OutOfMemory,
    /// Division by zero, or a modulus of zero.
    DivideByZero,
    /// A shift by a negative number of bits.
    NegativeShift,
    /// A power with a negative exponent, which is no integer.
    NegativeExponent,
    /// The result has more bits than any memory can hold.
    TooLarge,
    /// The value does not fit the bytes or the word it is wanted in.
    Overflow,
    /// A negative value is wanted in unsigned bytes.
    NegativeUnsigned,
    /// Infinity is no integer.
    Infinite,
    /// "Not a number" is no integer.
    NotANumber,
}

impl fmt::Display for NumError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            NumError::OutOfMemory => "memory allocation failed",
            NumError::DivideByZero => "divide by zero",
            NumError::NegativeShift => "negative shift count",
            NumError::NegativeExponent => "negative exponent",
            NumError::TooLarge => "integer too large",
            NumError::Overflow => "value does not fit",
            NumError::NegativeUnsigned => "can't convert negative int to unsigned",
            NumError::Infinite => "can't convert inf to int",
            NumError::NotANumber => "can't convert NaN to int",
        })
    }
}

impl core::error::Error for NumError {}

impl From<OutOfMemory> for NumError {
    fn from(_: OutOfMemory) -> Self {
        NumError::OutOfMemory
    }
}
