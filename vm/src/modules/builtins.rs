//! `builtins`: the names that every module sees.

use ferlance_abi::qstr;
use ferlance_abi::qstr::Qstr;

#[cfg(feature = "help")]
use crate::builtins::help;
use crate::builtins::{code, interactive, iteration, numeric, objects, output, text};
use crate::exc;
use crate::members;
use crate::obj::dict::{self, Dict};
use crate::obj::module::ModuleDef;
use crate::obj::word::Obj;
use crate::obj::{
    bool, bytearray, bytes, class, complex, ellipsis, enumerate, filter, float, frozenset, int,
    list, map_iter, memoryview, not_implemented, object, property, range, reversed, set, slice,
    static_method, str, super_type, tuple, type_type, zip,
};
use crate::runtime::{R, Runtime};

/// `builtins`.
pub static MODULE: ModuleDef = ModuleDef {
    name: qstr!("builtins"),
    members: members! {
        "bin" => Fun(&text::BIN),
        "chr" => Fun(&text::CHR),
        "hex" => Fun(&text::HEX),
        "oct" => Fun(&text::OCT),
        "open" => Fun(&crate::modules::io::OPEN),
        "ord" => Fun(&text::ORD),
        "memoryview" => Type(&memoryview::MEMORYVIEW),
        "bytearray" => Type(&bytearray::BYTEARRAY),
        "__build_class__" => Fun(&class::BUILD_CLASS),
        "__import__" => Fun(&code::IMPORT),
        "__repl_print__" => Fun(&output::REPL_PRINT),
        "abs" => Fun(&numeric::ABS),
        "all" => Fun(&iteration::ALL),
        "any" => Fun(&iteration::ANY),
        "bool" => Type(&bool::BOOL),
        "bytes" => Type(&bytes::BYTES),
        "callable" => Fun(&objects::CALLABLE),
        "classmethod" => Type(&static_method::CLASS_METHOD),
        "compile" => Fun(&code::COMPILE),
        "complex" => Type(&complex::COMPLEX),
        "delattr" => Fun(&objects::DELATTR),
        "dict" => Type(&dict::DICT),
        "dir" => Fun(&objects::DIR),
        "divmod" => Fun(&numeric::DIVMOD),
        "Ellipsis" => Get(|_| Ok(ellipsis::object())),
        "enumerate" => Type(&enumerate::ENUMERATE),
        "eval" => Fun(&code::EVAL),
        "exec" => Fun(&code::EXEC),
        "execfile" => Fun(&code::EXECFILE),
        "filter" => Type(&filter::FILTER),
        "float" => Type(&float::FLOAT),
        "frozenset" => Type(&frozenset::FROZENSET),
        "getattr" => Fun(&objects::GETATTR),
        "globals" => Fun(&code::GLOBALS),
        "hasattr" => Fun(&objects::HASATTR),
        "hash" => Fun(&objects::HASH),
        #[cfg(feature = "help")]
        "help" => Fun(&help::HELP),
        "id" => Fun(&objects::ID),
        "input" => Fun(&interactive::INPUT),
        "int" => Type(&int::INT),
        "isinstance" => Fun(&objects::ISINSTANCE),
        "issubclass" => Fun(&objects::ISSUBCLASS),
        "iter" => Fun(&iteration::ITER),
        "len" => Fun(&iteration::LEN),
        "list" => Type(&list::LIST),
        "locals" => Fun(&code::LOCALS),
        "map" => Type(&map_iter::MAP),
        "max" => Fun(&iteration::MAX),
        "min" => Fun(&iteration::MIN),
        "next" => Fun(&iteration::NEXT),
        "NotImplemented" => Get(|_| Ok(not_implemented::object())),
        "object" => Type(&object::OBJECT),
        "pow" => Fun(&numeric::POW),
        "print" => Fun(&output::PRINT),
        "property" => Type(&property::PROPERTY),
        "range" => Type(&range::RANGE),
        "repr" => Fun(&output::REPR),
        "reversed" => Type(&reversed::REVERSED),
        "round" => Fun(&numeric::ROUND),
        "set" => Type(&set::SET),
        "setattr" => Fun(&objects::SETATTR),
        "slice" => Type(&slice::SLICE),
        "sorted" => Fun(&iteration::SORTED),
        "staticmethod" => Type(&static_method::STATIC_METHOD),
        "str" => Type(&str::STR),
        "sum" => Fun(&iteration::SUM),
        "super" => Type(&super_type::SUPER),
        "tuple" => Type(&tuple::TUPLE),
        "type" => Type(&type_type::TYPE),
        "zip" => Type(&zip::ZIP),
    },
    extensible: false,
    attr: Some(lookup),
    set_attr: Some(set),
};

/// A built-in name: one assigned in `builtins`, else one of the runtime's own.
pub fn lookup(rt: &mut Runtime, name: Qstr) -> R<Option<Obj>> {
    if let Some(value) = rt
        .state
        .builtins
        .and_then(Obj::cast::<Dict>)
        .and_then(|dict| dict.map.get_name(rt, name))
    {
        return Ok(Some(value));
    }
    if let Some(member) = MODULE.members.get(name) {
        return member.value(rt).map(Some);
    }
    // Code without a `__name__` of its own, as `exec` with a bare dict runs it, sees this one.
    if name == qstr!("__name__") {
        return Ok(Some(Obj::qstr(MODULE.name)));
    }
    let exception = exc::ALL.iter().find(|ty| ty.name() == name);
    Ok(exception.map(|ty| ty.obj()))
}

/// Assigns a name in `builtins` (or takes it back, for `None`): every module sees it.
pub fn set(rt: &mut Runtime, name: Qstr, value: Option<Obj>) -> R<bool> {
    let dict = match rt.state.builtins.and_then(Obj::cast::<Dict>) {
        Some(dict) => dict,
        None => {
            let dict = dict::new(rt)?;
            rt.state.builtins = Some(dict.obj());
            dict
        }
    };
    // Caches may hold what the name stood for.
    rt.names_changed();
    match value {
        Some(value) => {
            dict.map.set_name(rt, name, value)?;
            Ok(true)
        }
        None => crate::obj::module::remove_global(rt, dict, name),
    }
}
