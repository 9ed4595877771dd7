//! `array`: the type of that name.

use ferlance_abi::qstr;

use crate::members;
use crate::obj::array::ARRAY;
use crate::obj::module::ModuleDef;

/// `array`.
pub static MODULE: ModuleDef = ModuleDef {
    name: qstr!("array"),
    members: members! { "array" => Type(&ARRAY) },
    extensible: true,
    attr: None,
    set_attr: None,
};
