//! What is left of the border to native code in a build without it: no architecture, nothing to remember.

use ferlance_abi::Arch;

use crate::interp;
use crate::obj::word::Obj;
use crate::runtime::Runtime;

/// The architecture of the code that this build can call.
pub const ARCH: Arch = Arch::None;

/// What a runtime remembers about native code: nothing.
#[derive(Default)]
pub struct State;

impl State {
    /// Nothing runs, nothing is linked.
    pub const fn new() -> State {
        State
    }

    pub(crate) fn each_root(&self, _: &mut impl FnMut(usize)) {}
}

/// The architecture whose code this runtime takes.
pub fn arch(_: &mut Runtime) -> Arch {
    Arch::None
}

/// The architecture features that code may use.
pub fn arch_flags(_: &mut Runtime) -> u32 {
    0
}

impl Runtime {
    /// There is no native code to be told.
    pub(crate) fn tell_changes(&self) {}
}

/// The exception that the innermost handler handles, all of which are of bytecode.
pub(crate) fn being_handled(rt: &Runtime) -> Option<Obj> {
    interp::handled_between(rt, 0, usize::MAX)
}
