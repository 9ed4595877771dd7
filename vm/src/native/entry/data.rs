//! Entries that are words to be loaded, not functions.

use ferlance_abi::qstr::rom::{CHARS, ROM_COUNT};

use super::print::PLAT_PRINT;
use crate::builtins::{iteration, text};
use crate::config::QUICKEN;
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

/// For each name known at build time the ASCII character that it is, or zero.
static NAME_CHARS: [u8; ROM_COUNT + 1] = {
    let mut all = [0; ROM_COUNT + 1];
    let mut ch = 0;
    while ch < CHARS.len() {
        if CHARS[ch] != 0 {
            all[CHARS[ch] as usize] = ch as u8;
        }
        ch += 1;
    }
    all
};

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
    // Code for machines of 64 bits looks here, whatever the interpreter does.
    pub(crate) const name_chars: *const () = match QUICKEN || cfg!(target_pointer_width = "64") {
        true => (&raw const NAME_CHARS).cast(),
        false => core::ptr::null(),
    };
    pub(crate) const fun_len: *const () = fun(&iteration::LEN);
    pub(crate) const fun_ord: *const () = fun(&text::ORD);
    pub(crate) const type_array: *const () = ty(&array::ARRAY);
}
pub(crate) use named::*;
