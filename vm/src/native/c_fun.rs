//! Function objects that linked modules bring: a type of ours, and a C function (layout: spec native-abi 3.5).

use ferlance_abi::layout;
use ferlance_abi::qstr;

use super::trampoline;
use crate::call::Args;
use crate::interp::frame::Slot;
use crate::obj::builtin_fun::check_count;
use crate::obj::map::Map;
use crate::obj::ty::{Header, PrintKind, Type, TypeFlags, VTable};
use crate::obj::word::Obj;
use crate::runtime::{R, Runtime};
use crate::text::print::Print;

const FLAGS: u16 = TypeFlags::BINDS_SELF | TypeFlags::BUILTIN_FUN;

macro_rules! fixed {
    ($($name:ident $n:literal;)*) => {$(
        #[doc = concat!("Functions of ", $n, " arguments.")]
        pub(crate) static $name: Type = Type::builtin(qstr!("function"), FLAGS, {
            static V: VTable = VTable {
                print: Some(print),
                call: Some(|rt, fun, args| call_fixed(rt, fun, args, $n)),
                ..VTable::NEW
            };
            &V
        });
    )*};
}
fixed! { FUN_0 0; FUN_1 1; FUN_2 2; FUN_3 3; }

/// Functions of variable arity.
pub(crate) static FUN_VAR: Type = Type::builtin(qstr!("function"), FLAGS, &VAR_VT);
static VAR_VT: VTable = VTable {
    print: Some(print),
    call: Some(call_var),
    ..VTable::NEW
};

#[repr(C)]
struct Fixed {
    base: Header,
    code: usize,
}

#[repr(C)]
struct Var {
    base: Header,
    sig: u32,
    code: usize,
}

const _: () = {
    use core::mem::offset_of;
    let word = size_of::<usize>();
    assert!(offset_of!(Fixed, code) == layout::BUILTIN_FIXED_CODE * word);
    assert!(offset_of!(Var, sig) == layout::BUILTIN_VAR_SIG * word);
    assert!(offset_of!(Var, code) == layout::BUILTIN_VAR_CODE * word);
};

fn print(rt: &mut Runtime, _: Obj, _: PrintKind, out: &mut dyn Print) -> R<()> {
    out.write(rt, b"<function>")
}

fn call_fixed(rt: &mut Runtime, fun: Obj, args: Args<'_>, n: usize) -> R<Obj> {
    if args.n_pos() != n || args.n_kw() != 0 {
        return Err(check_count(rt, args.n_pos(), args.n_kw(), n, n, false));
    }
    let mut words = [0; 4];
    for (word, arg) in words.iter_mut().zip(args.pos()) {
        *word = arg.raw();
    }
    // SAFETY: reached through the vtables above only, whose objects are made by linked modules with this layout.
    unsafe {
        let code = fun.cast_unchecked::<Fixed>().code;
        let value = trampoline::call(rt, fun, code, words)?;
        trampoline::result(rt, value)
    }
}

fn call_var(rt: &mut Runtime, fun: Obj, args: Args<'_>) -> R<Obj> {
    // SAFETY: as above.
    let fun_ptr = unsafe { fun.cast_unchecked::<Var>() };
    let sig = fun_ptr.sig;
    let takes_kw = sig & 1 != 0;
    super::entry::arg_check_num_sig(rt, args.n_pos(), args.n_kw(), sig)?;
    let values: *const Obj = args.values().as_ptr();
    // The keywords as a map: fixed, over the pairs where they are.
    let pairs: *const Slot = values.wrapping_add(args.n_pos()).cast();
    // SAFETY: the pairs stay where they are until the call is over.
    let map = unsafe { Map::fixed(pairs, args.n_kw()) };
    let words = [
        args.n_pos(),
        values.expose_provenance(),
        if takes_kw {
            (&raw const map).expose_provenance()
        } else {
            0
        },
        0,
    ];
    // SAFETY: as above.
    unsafe {
        let value = trampoline::call(rt, fun, fun_ptr.code, words)?;
        trampoline::result(rt, value)
    }
}
