//! The border to native code: machine code made by stock tools or by our own emitters, and linked C modules.
//!
//! ```text
//!  Rust:  call_args ─▶ fun_obj ─▶ trampoline ──┐          ┌── Err(Raised) ◀── the jump arrives in the trampoline
//!  ───────────────────────────────────────────▼──────────┴──────────────────────────────────────────────────
//!  native:                          machine code, plain C calling convention
//!  ───────────────────────────────────────────┬──────────▲──────────────────────────────────────────────────
//!  Rust:  fun_table ─▶ shim ─▶ entry::* ◀──────┘          └── Err(Raised): the shim jumps to the newest buffer
//! ```
//!
//! The rules that keep this sound:
//!
//! - **No Rust frame with anything to drop is ever jumped over.** An entry function returns `Result`; when it fails
//!   its frames are gone, and the shim, which owns nothing, jumps. A call *into* native code goes through
//!   [`trampoline`], which puts a buffer of its own into the chain: a jump past native frames ends there.
//! - **The chain is balanced at each crossing.** The trampoline puts back what was the newest buffer, whatever the
//!   native code left.
//! - **C signatures carry no runtime**, so [`current`] holds the pointer while native code runs.
//! - **Native code is trusted.** What frames it (offsets, counts, indices) is checked when it is loaded, see
//!   [`load`]; what it does is not.
//!
//! What the two sides agree on, fact by fact, is in `docs/abi.md`.

mod activation;
mod c_fun;
mod c_stream;
pub(crate) mod c_type;
mod code_state;
mod current;
mod direct;
mod entry;
mod fun_obj;
pub mod fun_table;
mod generator;
pub(crate) mod hot;
mod lines;
pub mod load;
mod nlr;
mod relocate;
mod step;
mod trampoline;

use ferlance_abi::Arch;

use crate::runtime::Runtime;

pub(crate) use activation::being_handled;
pub(crate) use fun_obj::{NativeFun, make};
pub(crate) use generator::{NativeGenerator, resume};
pub(crate) use load::CodeBlock;

/// The architecture of the code that this build can call.
pub const ARCH: Arch = if cfg!(all(target_arch = "x86_64", not(windows))) {
    Arch::X64
} else if cfg!(all(target_arch = "x86", not(windows))) {
    Arch::X86
} else if cfg!(target_arch = "riscv32") {
    Arch::Rv32imc
} else if cfg!(target_arch = "riscv64") {
    Arch::Rv64imc
} else if cfg!(all(target_arch = "arm", target_abi = "eabihf")) {
    // Double precision is the port's to know: see `hal::ExecMemory::arch`.
    Arch::Armv7emsp
} else if cfg!(all(target_arch = "arm", target_has_atomic = "32")) {
    Arch::Armv7em
} else if cfg!(target_arch = "arm") {
    Arch::Armv6m
} else if cfg!(target_arch = "xtensa") {
    Arch::Xtensa
} else {
    Arch::None
};

/// What a runtime remembers about native code.
pub struct State {
    /// The newest exception buffer, of native code or of a trampoline.
    pub(crate) newest: *mut nlr::Buf,
    /// What sites find that see several types, see `entry::cached`. Keeps nothing alive.
    lookups: ferlance_collections::TryVec<crate::interp::code::Cache>,
    /// The innermost call of native code.
    innermost: *const activation::Activation,
    /// What the running code tells; null before any was loaded.
    position: *mut activation::Position,
    /// Blocks of linked modules, by address: they live as long as the runtime.
    pub(crate) linked: ferlance_collections::TryVec<usize>,
}

impl State {
    /// Nothing runs, nothing is linked.
    pub const fn new() -> State {
        State {
            newest: core::ptr::null_mut(),
            lookups: ferlance_collections::TryVec::new(),
            innermost: core::ptr::null(),
            position: core::ptr::null_mut(),
            linked: ferlance_collections::TryVec::new(),
        }
    }

    pub(crate) fn each_root(&self, f: &mut impl FnMut(usize)) {
        for block in &self.linked {
            f(*block);
        }
        f(self.position.expose_provenance());
    }
}

impl Default for State {
    fn default() -> Self {
        State::new()
    }
}

/// The architecture whose code this runtime takes; `Arch::None` where the port has no memory for code.
pub fn arch(rt: &mut Runtime) -> Arch {
    rt.hal
        .exec_memory()
        .map_or(Arch::None, |memory| memory.arch())
}

/// The architecture features that code may use.
pub fn arch_flags(rt: &mut Runtime) -> u32 {
    rt.hal.exec_memory().map_or(0, |memory| memory.arch_flags())
}
