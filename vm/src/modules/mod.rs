//! The built-in modules, one file each, and the objects they keep.

pub mod array;
pub mod builtins;
#[cfg(feature = "special-math")]
pub mod cmath;
pub mod collections;
pub mod errno;
pub mod gc;
pub mod heapq;
pub mod io;
pub mod math;
pub mod micropython;
pub mod random;
mod ring_io;
pub mod structs;
pub mod sys;
pub mod time;
#[cfg(any(test, feature = "small"))]
mod trig;

use ferlance_abi::qstr::Qstr;

use crate::obj::module::ModuleDef;
use crate::obj::word::Obj;
use crate::runtime::Runtime;

/// Every module of the runtime itself.
static ALL: &[&ModuleDef] = &[
    &array::MODULE,
    &builtins::MODULE,
    #[cfg(feature = "special-math")]
    &cmath::MODULE,
    &collections::MODULE,
    &errno::MODULE,
    &gc::MODULE,
    &heapq::MODULE,
    &io::MODULE,
    &math::MODULE,
    &micropython::MODULE,
    &random::MODULE,
    &structs::MODULE,
    &sys::MODULE,
    &time::MODULE,
];

/// Every built-in module: the runtime's own, then those that the port adds.
pub fn all(rt: &Runtime) -> impl Iterator<Item = &'static ModuleDef> + use<> {
    ALL.iter().chain(rt.imports.extra).copied()
}

/// The built-in module `name`.
pub fn find_builtin(rt: &Runtime, name: Qstr) -> Option<&'static ModuleDef> {
    all(rt).find(|def| def.name == name)
}

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
    /// `sys.executable`.
    pub executable: Option<Obj>,
    /// The generator behind `random`.
    pub random: random::Yasmarang,
    /// Whether automatic collection is off.
    pub gc_disabled: bool,
    /// Room for the result of an operation on big ints.
    pub scratch: ferlance_num::bigint::BigInt,
    /// Memory for text being put together; see [`crate::text::print::TextBuf::take`].
    pub text: alloc::vec::Vec<u8>,
    /// Where a character of a text that is not ASCII stands.
    pub chars: crate::obj::str::CharCache,
    /// The `GeneratorExit` that `close()` raises.
    pub generator_exit: Option<Obj>,
    /// The `MemoryError` of a locked heap, made when it is locked for the first time.
    pub heap_locked_error: Option<Obj>,
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
            self.executable,
            self.generator_exit,
            self.heap_locked_error,
        ]
        .into_iter()
        .flatten()
        {
            f(obj.raw());
        }
    }
}
