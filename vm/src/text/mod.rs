//! Text: printing, formatting, Unicode.

pub mod percent;
pub mod print;
pub mod repr;
pub mod unicode;
