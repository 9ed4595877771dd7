//! Calls: the arguments as they lie on the value stack, and the one way to call anything.

mod args;

pub use args::Args;
