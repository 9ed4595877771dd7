//! `collections`.

use ferlance_abi::qstr;

use crate::members;
use crate::obj::builtin_fun::BuiltinFun;
use crate::obj::deque::DEQUE;
use crate::obj::module::ModuleDef;
use crate::obj::namedtuple;
use crate::obj::ordered_dict::ORDERED_DICT;

/// `collections`.
pub static MODULE: ModuleDef = ModuleDef {
    name: qstr!("collections"),
    members: members! {
        "OrderedDict" => Type(&ORDERED_DICT),
        "deque" => Type(&DEQUE),
        "namedtuple" => Fun(&NAMEDTUPLE),
    },
    extensible: true,
    attr: None,
    set_attr: None,
};

static NAMEDTUPLE: BuiltinFun = BuiltinFun::f2(qstr!("namedtuple"), namedtuple::new_type);
