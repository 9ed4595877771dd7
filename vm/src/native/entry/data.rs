//! Entries that are words to be loaded, not functions.

use ferlance_abi::qstr::rom::CHARS;

use super::print::PLAT_PRINT;
use crate::exc;
use crate::native::c_fun;
use crate::obj::builtin_fun::BuiltinFun;
use crate::obj::ty::Type;
use crate::obj::word::Obj;
use crate::obj::{array, bytearray, dict, float, list, str, type_type};
use crate::sched::ATTENTION;
use crate::stream;

const fn word(obj: Obj) -> *const () {
    core::ptr::without_provenance(obj.raw())
}

const fn ty(ty: &'static Type) -> *const () {
    core::ptr::from_ref(ty).cast()
}

const fn fun(fun: &'static BuiltinFun) -> *const () {
    core::ptr::from_ref(fun).cast()
}

#[allow(non_upper_case_globals, reason = "named as the rows of the table are")]
mod named {
    use super::*;

    pub(crate) const const_none: *const () = word(Obj::NONE);
    pub(crate) const const_false: *const () = word(Obj::FALSE);
    pub(crate) const const_true: *const () = word(Obj::TRUE);
    pub(crate) const plat_print: *const () = (&raw const PLAT_PRINT).cast();
    pub(crate) const type_type: *const () = ty(&type_type::TYPE);
    pub(crate) const type_str: *const () = ty(&str::STR);
    pub(crate) const type_list: *const () = ty(&list::LIST);
    pub(crate) const type_dict: *const () = ty(&dict::DICT);
    pub(crate) const type_fun_builtin_0: *const () = ty(&c_fun::FUN_0);
    pub(crate) const type_fun_builtin_1: *const () = ty(&c_fun::FUN_1);
    pub(crate) const type_fun_builtin_2: *const () = ty(&c_fun::FUN_2);
    pub(crate) const type_fun_builtin_3: *const () = ty(&c_fun::FUN_3);
    pub(crate) const type_fun_builtin_var: *const () = ty(&c_fun::FUN_VAR);
    pub(crate) const type_exception: *const () = ty(&exc::EXCEPTION);
    pub(crate) const stream_read_obj: *const () = fun(&stream::READ);
    pub(crate) const stream_readinto_obj: *const () = fun(&stream::READINTO);
    pub(crate) const stream_unbuffered_readline_obj: *const () = fun(&stream::READLINE);
    pub(crate) const stream_write_obj: *const () = fun(&stream::WRITE);
    pub(crate) const attention: *const () = (&raw const ATTENTION).cast();
    pub(crate) const type_float: *const () = ty(&float::FLOAT);
    pub(crate) const type_bytearray: *const () = ty(&bytearray::BYTEARRAY);
    pub(crate) const char_names: *const () = (&raw const CHARS).cast();
    pub(crate) const type_array: *const () = ty(&array::ARRAY);
}
pub(crate) use named::*;
