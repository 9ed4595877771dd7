//! The built-in modules, one file each, and the objects they keep.

pub mod builtins;
pub mod collections;
pub mod errno;
pub mod heapq;
pub mod math;

use crate::obj::word::Obj;

/// Objects that modules keep between calls. Every field is a root.
#[derive(Default)]
pub struct State {
    /// `sys.ps1`, `sys.ps2`.
    pub prompts: [Option<Obj>; 2],
    /// The function given to `sys.atexit`.
    pub atexit: Option<Obj>,
    /// Names assigned in `builtins` (a dict).
    pub builtins: Option<Obj>,
    /// `sys.argv`.
    pub argv: Option<Obj>,
    /// Room for the result of an operation on big ints.
    pub scratch: ferlance_num::bigint::BigInt,
    /// The `GeneratorExit` that `close()` raises.
    pub generator_exit: Option<Obj>,
}

impl State {
    /// Nothing kept.
    pub fn new() -> State {
        State::default()
    }

    pub(crate) fn each_root(&self, f: &mut impl FnMut(usize)) {
        for obj in [
            self.prompts[0],
            self.prompts[1],
            self.atexit,
            self.builtins,
            self.argv,
            self.generator_exit,
        ]
        .into_iter()
        .flatten()
        {
            f(obj.raw());
        }
    }
}
