//! The `.mpy` container, version 6.
//!
//! ```text
//! header          4 bytes, then the arch flags if bit 6 of byte 2 says so
//! n_qstr, n_obj   numbers
//! qstr table      odd: static name; even: length, text, 00
//! object table    tag, payload
//! raw code        (length << 3 | has children << 2 | kind), code, extra, children, relocations
//! ```
//!
//! [`read`] trusts nothing; [`write`] gives the bytes that the stock compiler gives for the same module.
mod error;
mod lines;
mod read;
pub mod reloc;
mod write;

pub use error::MpyError;
pub use lines::{LINES_SUFFIX, read_lines, write_lines};
pub use read::{Host, read};
pub use write::write;
pub(crate) use write::{write_code_head, write_const, write_header, write_name};

/// Does this look like a `.mpy` file of any version, rather than like a source? A version is no character of a text.
pub fn is_one(bytes: &[u8]) -> bool {
    matches!(bytes, [ferlance_abi::mpy::MAGIC, 0..=8, ..])
}

/// Tags of the object table.
pub(crate) mod tag {
    pub(crate) const FUN_TABLE: u8 = 0;
    pub(crate) const NONE: u8 = 1;
    pub(crate) const FALSE: u8 = 2;
    pub(crate) const TRUE: u8 = 3;
    pub(crate) const ELLIPSIS: u8 = 4;
    pub(crate) const STR: u8 = 5;
    pub(crate) const BYTES: u8 = 6;
    pub(crate) const INT: u8 = 7;
    pub(crate) const FLOAT: u8 = 8;
    pub(crate) const COMPLEX: u8 = 9;
    pub(crate) const TUPLE: u8 = 10;
}
