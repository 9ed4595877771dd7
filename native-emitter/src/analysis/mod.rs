//! What passes ask about functions. Nothing here changes one.
pub mod cfg;
pub mod dominators;
pub mod lines;
pub mod liveness;
pub mod loops;

pub use cfg::Cfg;
pub use dominators::Dominators;
pub use lines::{entry_lines, last_line};
pub use liveness::{Liveness, homes};
pub use loops::Loops;

use ferlance_collections::OutOfMemory;

use crate::nir::Func;

/// Control flow, dominance and loops.
#[derive(Debug)]
pub struct Flow {
    /// The graph.
    pub cfg: Cfg,
    /// Its dominator tree.
    pub dominators: Dominators,
    /// Its loops.
    pub loops: Loops,
}

impl Flow {
    /// Of a function.
    pub fn new(func: &Func) -> Result<Flow, OutOfMemory> {
        Flow::of(func, Cfg::new(func)?)
    }

    /// Of a function with this graph.
    pub fn of(func: &Func, cfg: Cfg) -> Result<Flow, OutOfMemory> {
        let dominators = Dominators::new(&cfg)?;
        let loops = Loops::new(func, &cfg, &dominators)?;
        Ok(Flow {
            cfg,
            dominators,
            loops,
        })
    }
}
