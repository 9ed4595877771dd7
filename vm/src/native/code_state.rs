//! The code state of a native function or generator, and its set-up: entry 45 (spec native-abi 3.10, 6.2).

use core::cell::Cell;
use core::mem::offset_of;

use ferlance_abi::layout;

use super::fun_obj::NativeFun;
use crate::exc;
use crate::interp::bind::{self, Locals};
use crate::interp::frame::Slot;
use crate::obj::dict::Dict;
use crate::obj::ptr::Ptr;
use crate::obj::word::Obj;
use crate::runtime::{R, Runtime};

/// The head of a code state; `n_state` words follow. Local `i` is the word `n_state - 1 - i`.
#[repr(C)]
pub(crate) struct CodeState {
    /// The function object; written by the emitted code itself, or by the maker of the generator.
    pub fun: Option<Ptr<NativeFun>>,
    /// Resume address of a generator. Emitted functions keep the saved globals here.
    pub ip: Cell<usize>,
    /// The top value.
    pub sp: Cell<*mut Slot>,
    /// Number of words that follow.
    pub n_state: Cell<u16>,
    /// 0xffff in generators.
    pub exc_sp_idx: Cell<u16>,
    /// What the globals were before a generator was resumed.
    pub old_globals: Cell<Option<Ptr<Dict>>>,
}

const _: () = {
    let word = size_of::<usize>();
    assert!(offset_of!(CodeState, fun) == layout::CODE_STATE_FUN * word);
    assert!(offset_of!(CodeState, ip) == layout::CODE_STATE_IP * word);
    assert!(offset_of!(CodeState, sp) == layout::CODE_STATE_SP * word);
    assert!(offset_of!(CodeState, n_state) == layout::CODE_STATE_N_STATE * word);
    assert!(offset_of!(CodeState, exc_sp_idx) == layout::CODE_STATE_N_STATE * word + 2);
    assert!(offset_of!(CodeState, old_globals) == layout::CODE_STATE_OLD_GLOBALS * word);
    assert!(size_of::<CodeState>() == layout::CODE_STATE_STATE * word);
};

/// The words of a code state.
pub(super) fn words(state: *mut CodeState) -> *mut Slot {
    state.wrapping_add(1).cast()
}

/// Binds the arguments of a call into the code state that native code made in its frame.
pub(crate) fn setup_code_state_native(
    rt: &mut Runtime,
    state: *mut CodeState,
    n_args: usize,
    n_kw: usize,
    args: *mut Slot,
) -> R<()> {
    // SAFETY: emitted code has written function and size, gives the words behind them, and passes on the arguments
    // that it was called with.
    unsafe {
        let Some(fun) = (*state).fun else {
            return Err(super::entry::unbound(rt));
        };
        let n_state = (*state).n_state.get();
        set_up(rt, state, fun, n_state, n_args, n_kw, args)
    }
}

/// Writes all words before it allocates anything.
///
/// # Safety
/// `state` is followed by `n_state` words; the arguments stand at `args`.
pub(super) unsafe fn set_up(
    rt: &mut Runtime,
    state: *mut CodeState,
    fun: Ptr<NativeFun>,
    n_state: u16,
    n_args: usize,
    n_kw: usize,
    args: *const Slot,
) -> R<()> {
    // SAFETY: the caller's; a native function has a descriptor, whose slots are below its `n_state`.
    unsafe {
        let code = fun.descriptor();
        if code.n_state != n_state {
            return Err(rt.raise_msg(&exc::VALUE_ERROR, "incompatible .mpy file"));
        }
        let n_state = n_state as usize;
        let local = words(state);
        (*state).sp.set(local.wrapping_sub(1));
        (*state).exc_sp_idx.set(0);
        // From local 0 downwards.
        let top = local.wrapping_add(n_state).wrapping_sub(1);
        if code.simple && n_args == code.n_pos as usize && n_kw == 0 {
            for i in 0..n_state - n_args {
                local.add(i).write(None);
            }
            for i in 0..n_args {
                top.sub(i).write(*args.add(i));
            }
            return Ok(());
        }
        for i in 0..n_state {
            local.add(i).write(None);
        }
        // Defaults are in the same place as in a function of bytecode.
        let given = super::entry::objects(rt, args, n_args + 2 * n_kw)?;
        bind::native(rt, code, fun.cast(), Locals::down(top), given, n_args)
    }
}

/// An argument list as the slots of a call.
pub(super) fn slots(values: &[Obj]) -> *const Slot {
    values.as_ptr().cast()
}
