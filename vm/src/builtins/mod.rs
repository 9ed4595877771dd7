//! Built-in functions, by subject. The table of names is in [`crate::modules::builtins`].

pub mod code;
#[cfg(feature = "help")]
pub mod help;
pub mod interactive;
pub mod iteration;
pub mod numeric;
pub mod objects;
pub mod output;
pub mod text;
