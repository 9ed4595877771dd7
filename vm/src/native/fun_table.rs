//! The function table that native code calls through, made from `abi`'s one table.
//!
//! Each function row becomes a shim with the C signature that the row's kinds say. The shim takes the runtime from
//! [`current`], turns words into what the entry function of the same name in [`super::entry`] wants (a null object
//! where there has to be one is an unbound local: `NameError`), and jumps to the newest exception buffer if the
//! entry fails. Data rows are constants in `entry::data`.
//!
//! Behind the 87 stock entries there is room for ours: see `docs/abi.md`.

use super::entry::{self, data};
use super::{current, nlr};
use crate::exc;
use crate::obj::word::Obj;
use crate::runtime::{R, Runtime};
use ferlance_abi::qstr::Qstr;

/// What an entry function takes from a word of native code.
pub(super) trait Take<C>: Sized {
    /// The value.
    ///
    /// # Safety
    /// The word is what the row says: an object that is alive or zero, a pointer, a number.
    unsafe fn take(rt: &mut Runtime, word: C) -> R<Self>;
}

impl Take<usize> for Obj {
    #[cfg_attr(not(feature = "small"), inline(always))]
    unsafe fn take(rt: &mut Runtime, word: usize) -> R<Obj> {
        // SAFETY: the caller's.
        match unsafe { Obj::from_raw(word) } {
            Some(obj) => Ok(obj),
            None => Err(unbound(rt)),
        }
    }
}

/// A null word where an object has to be: native code does not check whether a local is bound.
#[cold]
#[inline(never)]
pub(super) fn unbound(rt: &mut Runtime) -> crate::Raised {
    rt.raise_msg(
        &exc::NAME_ERROR,
        "local variable referenced before assignment",
    )
}

impl Take<usize> for Option<Obj> {
    #[cfg_attr(not(feature = "small"), inline(always))]
    unsafe fn take(_: &mut Runtime, word: usize) -> R<Option<Obj>> {
        // SAFETY: the caller's.
        Ok(unsafe { Obj::from_raw(word) })
    }
}

impl Take<usize> for Qstr {
    #[cfg_attr(not(feature = "small"), inline(always))]
    unsafe fn take(_: &mut Runtime, word: usize) -> R<Qstr> {
        Ok(Qstr::new(word as u32))
    }
}

impl Take<usize> for isize {
    #[cfg_attr(not(feature = "small"), inline(always))]
    unsafe fn take(_: &mut Runtime, word: usize) -> R<isize> {
        Ok(word as isize)
    }
}

impl<T> Take<*mut ()> for *mut T {
    #[cfg_attr(not(feature = "small"), inline(always))]
    unsafe fn take(_: &mut Runtime, word: *mut ()) -> R<*mut T> {
        Ok(word.cast())
    }
}

impl Take<u8> for bool {
    #[cfg_attr(not(feature = "small"), inline(always))]
    unsafe fn take(_: &mut Runtime, word: u8) -> R<bool> {
        Ok(word != 0)
    }
}

macro_rules! as_it_is {
    ($($ty:ty)*) => {$(
        impl Take<$ty> for $ty {
            #[cfg_attr(not(feature = "small"), inline(always))]
            unsafe fn take(_: &mut Runtime, word: $ty) -> R<$ty> {
                Ok(word)
            }
        }
    )*};
}
as_it_is! { usize u8 u32 f32 f64 }

/// What native code gets for the result of an entry function.
pub(super) trait Give<C> {
    /// The C value.
    fn give(self) -> C;
}

impl Give<usize> for Obj {
    #[cfg_attr(not(feature = "small"), inline(always))]
    fn give(self) -> usize {
        self.raw()
    }
}

impl Give<usize> for Option<Obj> {
    #[cfg_attr(not(feature = "small"), inline(always))]
    fn give(self) -> usize {
        self.map_or(0, Obj::raw)
    }
}

impl Give<usize> for isize {
    #[cfg_attr(not(feature = "small"), inline(always))]
    fn give(self) -> usize {
        self as usize
    }
}

impl<T> Give<*mut ()> for *mut T {
    #[cfg_attr(not(feature = "small"), inline(always))]
    fn give(self) -> *mut () {
        self.cast()
    }
}

macro_rules! given_as_it_is {
    ($($ty:ty)*) => {$(
        impl Give<$ty> for $ty {
            #[cfg_attr(not(feature = "small"), inline(always))]
            fn give(self) -> $ty {
                self
            }
        }
    )*};
}
given_as_it_is! { usize bool f32 f64 }

impl Give<()> for () {
    #[cfg_attr(not(feature = "small"), inline(always))]
    fn give(self) {}
}

/// The C type of a kind of `abi::fun_table`.
macro_rules! c {
    (Obj) => { usize };
    (Qstr) => { usize };
    (Size) => { usize };
    (Word) => { usize };
    (Ptr) => { *mut () };
    (VaList) => { *mut () };
    (Byte) => { u8 };
    (U32) => { u32 };
    (F32) => { f32 };
    (F64) => { f64 };
    (Void) => { () };
}

/// The C type of a parameter. Of a bool only the low byte is defined.
macro_rules! param {
    (Bool) => {
        u8
    };
    ($kind:ident) => {
        c!($kind)
    };
}

/// One shim. Rows that cannot be plain functions, and data, have none.
macro_rules! shim {
    (nlr_push $($rest:tt)*) => {};
    (setjmp $($rest:tt)*) => {};
    (printf $($rest:tt)*) => {};
    ($name:ident() -> $result:ident, Data) => {};
    ($name:ident($($param:ident: $kind:ident),*) -> Never, $effect:ident) => {
        pub(in crate::native) unsafe extern "C" fn $name($($param: param!($kind)),*) -> ! {
            // SAFETY: native code calls with what the row says; nothing here has a destructor.
            unsafe {
                let rt = current::runtime();
                $(let $param = match Take::take(rt, $param) {
                    Ok(value) => value,
                    Err(raised) => nlr::throw(raised),
                };)*
                let raised = entry::$name(rt, $($param),*);
                nlr::throw(raised)
            }
        }
    };
    ($name:ident($($param:ident: $kind:ident),*) -> Bool, $effect:ident) => {
        shim!(@body $name($($param: $kind),*) -> bool);
    };
    ($name:ident($($param:ident: $kind:ident),*) -> $result:ident, $effect:ident) => {
        shim!(@body $name($($param: $kind),*) -> c!($result));
    };
    (@body $name:ident($($param:ident: $kind:ident),*) -> $result:ty) => {
        pub(in crate::native) unsafe extern "C" fn $name($($param: param!($kind)),*) -> $result {
            // SAFETY: native code calls with what the row says; nothing here has a destructor, and the runtime's
            // reference is not used any more when control goes back.
            unsafe {
                let rt = current::runtime();
                $(let $param = match Take::take(rt, $param) {
                    Ok(value) => value,
                    Err(raised) => nlr::throw(raised),
                };)*
                match entry::$name(rt, $($param),*) {
                    Ok(value) => Give::<$result>::give(value),
                    Err(raised) => nlr::throw(raised),
                }
            }
        }
    };
}

macro_rules! shims {
    ($($(#[$doc:meta])* $fun:ident = $slot:literal,
       $name:ident($($param:ident: $kind:ident),*) -> $result:ident, $effect:ident;)*) => {
        /// The shims, by C name.
        pub(super) mod shims {
            use super::*;
            $(shim!($name($($param: $kind),*) -> $result, $effect);)*
        }
    };
}
ferlance_abi::for_each_fun!(shims);

/// A thunk that aligns the stack: RV32 emitted code keeps it aligned to four bytes only.
#[cfg(target_arch = "riscv32")]
macro_rules! thunk {
    ($name:ident) => {
        thunk!($name in shims)
    };
    ($name:ident in $($path:ident)::+) => {{
        #[unsafe(naked)]
        unsafe extern "C" fn thunk() {
            core::arch::naked_asm!(
                "mv t0, sp",
                "addi sp, sp, -16",
                "andi sp, sp, -16",
                // Right below the caller's frame: see `super::lines`.
                "sw ra, -4(t0)",
                "sw t0, 0(sp)",
                "call {shim}",
                "lw sp, 0(sp)",
                "lw ra, -4(sp)",
                "ret",
                shim = sym $($path)::+::$name,
            )
        }
        thunk as *const ()
    }};
}
#[cfg(not(target_arch = "riscv32"))]
macro_rules! thunk {
    ($name:ident) => {
        shims::$name as *const ()
    };
    ($name:ident in $($path:ident)::+) => {
        $($path)::+::$name as *const ()
    };
}

/// Code for windowed Xtensa only is based on C's `setjmp`.
#[cfg(target_arch = "xtensa")]
const SETJMP: *const () = nlr::setjmp as *const ();
#[cfg(not(target_arch = "xtensa"))]
const SETJMP: *const () = core::ptr::null();

/// The word of one row.
macro_rules! word {
    (nlr_push, $effect:ident) => {
        nlr::push as *const ()
    };
    (setjmp, $effect:ident) => {
        SETJMP
    };
    (printf, $effect:ident) => {
        entry::printf as *const ()
    };
    (call_function_n_kw, $effect:ident) => {
        thunk!(call_function_n_kw in super::direct)
    };
    (call_method_n_kw, $effect:ident) => {
        thunk!(call_method_n_kw in super::direct)
    };
    (call_method_n_kw_var, $effect:ident) => {
        thunk!(call_method_n_kw_var in super::direct)
    };
    (load_attr_cached, $effect:ident) => {
        thunk!(load_attr_cached in super::direct)
    };
    (store_attr_cached, $effect:ident) => {
        thunk!(store_attr_cached in super::direct)
    };
    (iternext, $effect:ident) => {
        thunk!(iternext in super::step)
    };
    (yield_from, $effect:ident) => {
        thunk!(yield_from in super::step)
    };
    ($name:ident, Data) => {
        data::$name
    };
    ($name:ident, $effect:ident) => {
        thunk!($name)
    };
}

/// The table.
#[repr(transparent)]
pub(crate) struct Table([*const (); ferlance_abi::fun_table::LEN]);

// SAFETY: never written.
unsafe impl Sync for Table {}

macro_rules! table {
    ($($(#[$doc:meta])* $fun:ident = $slot:literal,
       $name:ident($($param:ident: $kind:ident),*) -> $result:ident, $effect:ident;)*) => {
        /// The one table: what a module's constant of kind "function table" holds the address of.
        #[cfg_attr(target_arch = "xtensa", unsafe(export_name = "ferlance_fun_table"))]
        pub(crate) static TABLE: Table = Table([$(word!($name, $effect)),*]);
    };
}
ferlance_abi::for_each_fun!(table);

/// Address of the table.
pub fn address() -> usize {
    (&raw const TABLE).expose_provenance()
}

/// Address of a table for code whose lines are known: where calls do not save where they return to themselves, their
/// entries see to it ([`super::lines`]).
#[cfg(target_arch = "xtensa")]
pub(super) fn address_for_lines(rt: &mut Runtime) -> R<usize> {
    use ferlance_abi::fun_table::{Effect, Fun, LEN};
    if nlr::entries(0).is_none() {
        return Ok(address());
    }
    let table = rt.alloc_block(LEN * size_of::<usize>(), true)?.cast();
    for (slot, word) in TABLE.0.iter().enumerate() {
        let saves = Fun::from_slot(slot)
            .is_some_and(|fun| fun.effect() == Effect::Python && fun != Fun::Printf);
        let entry = nlr::entries(slot).filter(|_| saves);
        // SAFETY: the block has a word for each.
        unsafe {
            table
                .add(slot)
                .write(entry.unwrap_or(word.expose_provenance()))
        };
    }
    Ok(table.expose_provenance().get())
}

/// The same, as these machines have it.
#[cfg(not(target_arch = "xtensa"))]
pub(super) fn address_for_lines(_: &mut Runtime) -> R<usize> {
    Ok(address())
}

/// What an entry holds.
pub(crate) fn content(slot: usize) -> Option<usize> {
    TABLE.0.get(slot).map(|word| word.expose_provenance())
}
