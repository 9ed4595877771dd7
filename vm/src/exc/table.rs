//! **The** exception hierarchy: static name, Python name, parent. One row each, parents first.

use ferlance_abi::qstr;

use crate::obj::exception::VT;
use crate::obj::ty::Type;

/// Calls `$then!` with every row.
#[macro_export]
macro_rules! for_each_exception {
    ($then:path) => {
        $then! {
            BASE_EXCEPTION "BaseException" : $crate::obj::object::OBJECT;
            SYSTEM_EXIT "SystemExit" : BASE_EXCEPTION;
            KEYBOARD_INTERRUPT "KeyboardInterrupt" : BASE_EXCEPTION;
            GENERATOR_EXIT "GeneratorExit" : BASE_EXCEPTION;
            EXCEPTION "Exception" : BASE_EXCEPTION;
            STOP_ITERATION "StopIteration" : EXCEPTION;
            STOP_ASYNC_ITERATION "StopAsyncIteration" : EXCEPTION;
            ARITHMETIC_ERROR "ArithmeticError" : EXCEPTION;
            OVERFLOW_ERROR "OverflowError" : ARITHMETIC_ERROR;
            ZERO_DIVISION_ERROR "ZeroDivisionError" : ARITHMETIC_ERROR;
            ASSERTION_ERROR "AssertionError" : EXCEPTION;
            ATTRIBUTE_ERROR "AttributeError" : EXCEPTION;
            EOF_ERROR "EOFError" : EXCEPTION;
            IMPORT_ERROR "ImportError" : EXCEPTION;
            MEMORY_ERROR "MemoryError" : EXCEPTION;
            NAME_ERROR "NameError" : EXCEPTION;
            LOOKUP_ERROR "LookupError" : EXCEPTION;
            INDEX_ERROR "IndexError" : LOOKUP_ERROR;
            KEY_ERROR "KeyError" : LOOKUP_ERROR;
            OS_ERROR "OSError" : EXCEPTION;
            RUNTIME_ERROR "RuntimeError" : EXCEPTION;
            NOT_IMPLEMENTED_ERROR "NotImplementedError" : RUNTIME_ERROR;
            SYNTAX_ERROR "SyntaxError" : EXCEPTION;
            INDENTATION_ERROR "IndentationError" : SYNTAX_ERROR;
            TYPE_ERROR "TypeError" : EXCEPTION;
            VALUE_ERROR "ValueError" : EXCEPTION;
            UNICODE_ERROR "UnicodeError" : VALUE_ERROR;
            VIPER_TYPE_ERROR "ViperTypeError" : TYPE_ERROR;
        }
    };
}

/// An exception class with what linked modules borrow of it.
#[cfg(feature = "native")]
const fn with_slots(ty: Type) -> Type {
    use crate::native::c_type;
    use ferlance_abi::layout::TypeSlot;
    ty.with_slot(
        TypeSlot::MakeNew,
        0,
        c_type::exception_make_new as *const (),
    )
    .with_slot(TypeSlot::Print, 1, c_type::exception_print as *const ())
    .with_slot(TypeSlot::Attr, 2, c_type::exception_attr as *const ())
}

/// An exception class.
#[cfg(not(feature = "native"))]
const fn with_slots(ty: Type) -> Type {
    ty
}

macro_rules! statics {
    ($($id:ident $name:literal : $parent:path;)*) => {
        $(
            #[doc = concat!("`", $name, "`.")]
            pub static $id: Type = with_slots(Type::builtin(qstr!($name), 0, &VT).with_parent(&$parent));
        )*
        /// Every exception class, as the `builtins` module shows them.
        pub static ALL: &[&Type] = &[$(&$id),*];
    };
}
for_each_exception!(statics);
