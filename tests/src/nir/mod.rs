//! NIR that is run: an interpreter that says what is right, and random functions.
pub mod interp;
pub mod random;
