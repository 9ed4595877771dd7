//! What decorators tell the emitters. (Annotations of viper functions are read with their parameters, in
//! `lower/scope.rs`.)

use ferlance_abi::code_kind::CodeKind;
use ferlance_abi::qstr;
use ferlance_abi::qstr::Qstr;

use crate::ast::Items;

/// What a decorator is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EmitDecorator {
    /// An expression to be called with the function.
    Ordinary,
    /// `@micropython.native` and its kin: emits nothing, selects the emitter.
    Emit(CodeKind),
    /// Any other name in `micropython`, or `micropython` alone.
    Unknown,
}

/// Looks at the dotted name of a decorator.
pub fn emit_decorator(mut path: Items<'_, Qstr>) -> EmitDecorator {
    if path.next() != Some(qstr!("micropython")) {
        return EmitDecorator::Ordinary;
    }
    let (Some(name), None) = (path.next(), path.next()) else {
        return EmitDecorator::Unknown;
    };
    if name == qstr!("bytecode") {
        EmitDecorator::Emit(CodeKind::Bytecode)
    } else if name == qstr!("native") {
        EmitDecorator::Emit(CodeKind::Native)
    } else if name == qstr!("viper") {
        EmitDecorator::Emit(CodeKind::Viper)
    } else if name == qstr!("asm_thumb")
        || name == qstr!("asm_xtensa")
        || name == qstr!("asm_rv32")
        || name == qstr!("asm_rv64")
    {
        EmitDecorator::Emit(CodeKind::Asm)
    } else {
        EmitDecorator::Unknown
    }
}
