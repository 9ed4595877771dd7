//! What passes ask about functions. Nothing here changes one.
pub mod cfg;
pub mod dominators;
pub mod lines;
pub mod liveness;
pub mod loops;

pub use cfg::Cfg;
pub use dominators::Dominators;
pub use lines::entry_lines;
pub use liveness::{Liveness, homes};
pub use loops::Loops;
