//! Text: printing, formatting, Unicode.

pub mod print;
