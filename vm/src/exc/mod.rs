//! Exceptions: the hierarchy, making and raising them, tracebacks.

mod raise;
mod table;
pub mod traceback;

pub use raise::{is_instance, is_subclass, matches, new, new_emergency, raise_no_memory};
pub use table::*;
