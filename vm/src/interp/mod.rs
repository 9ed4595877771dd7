//! The interpreter: frames on one contiguous value stack, and the loop.

pub mod code;

use ferlance_collections::OutOfMemory;

use crate::config::Settings;
use crate::obj::dict::Dict;
use crate::obj::ptr::Ptr;

/// State of the interpreter.
pub struct Interp {
    stack_limit: usize,
    globals: Option<Ptr<Dict>>,
    /// Changes whenever a map of names loses entries from its count (compaction, clear, pop of the newest), and
    /// with each collection: what was remembered about an absent name is void then. See
    /// [`crate::obj::map::Map::is_names`].
    pub map_epoch: usize,
    /// Changes whenever positions in any map are no longer what they were.
    pub map_moves: usize,
}

impl Interp {
    /// Empty stacks.
    pub fn new(_settings: &Settings) -> Result<Interp, OutOfMemory> {
        Ok(Interp {
            stack_limit: 0,
            globals: None,
            map_epoch: 0,
            map_moves: 0,
        })
    }

    /// Lowest address the machine stack may reach.
    #[inline(always)]
    pub fn stack_limit(&self) -> usize {
        self.stack_limit
    }

    /// The globals of the running code.
    pub fn globals(&self) -> Ptr<Dict> {
        self.globals.expect("set before any code runs")
    }

    pub(crate) fn each_root(&self, _f: &mut impl FnMut(usize)) {}

    pub(crate) fn each_range(&self, _f: impl FnMut(*const usize, usize)) {}
}
