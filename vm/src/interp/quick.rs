//! Opcodes of the loop that no file contains: the loader's private copy of the bytes uses them.
//!
//! They stand where a stock opcode of the same length stood, so offsets, lines and jumps stay as they are.

use ferlance_bytecode::op::opcode;

/// `LOAD_GLOBAL` with the number of its cache as operand.
pub const LOAD_GLOBAL: u8 = 0x01;
/// `LOAD_ATTR` with the number of its cache as operand.
pub const LOAD_ATTR: u8 = 0x02;
/// `LOAD_METHOD` with the number of its cache as operand.
pub const LOAD_METHOD: u8 = 0x03;
/// `STORE_ATTR` with the number of its cache as operand.
pub const STORE_ATTR: u8 = 0x04;

/// The cached form of an opcode.
pub fn cached_form(op: u8) -> Option<u8> {
    match op {
        opcode::LOAD_GLOBAL => Some(LOAD_GLOBAL),
        opcode::LOAD_ATTR => Some(LOAD_ATTR),
        opcode::LOAD_METHOD => Some(LOAD_METHOD),
        opcode::STORE_ATTR => Some(STORE_ATTR),
        _ => None,
    }
}
