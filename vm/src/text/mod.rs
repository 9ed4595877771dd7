//! Text: printing, formatting, Unicode.

pub mod format;
pub mod format_spec;
pub mod percent;
pub mod print;
pub mod repr;
pub mod unicode;
