//! Which arm of the loop serves which opcode.

use ferlance_abi::ops::BinaryOp;
use ferlance_bytecode::op::{
    LOAD_FAST_MULTI, SMALL_INT_MULTI, STORE_FAST_MULTI, long_form, opcode,
};

/// The `BINARY_OP` byte of an operator.
pub(super) const fn binary(op: BinaryOp) -> u8 {
    opcode::BINARY_OP + op.number()
}
pub(super) const LT: u8 = binary(BinaryOp::Less);
pub(super) const GT: u8 = binary(BinaryOp::More);
pub(super) const LE: u8 = binary(BinaryOp::LessEqual);
pub(super) const GE: u8 = binary(BinaryOp::MoreEqual);
pub(super) const EQ: u8 = binary(BinaryOp::Equal);
pub(super) const NE: u8 = binary(BinaryOp::NotEqual);
pub(super) const IS: u8 = binary(BinaryOp::Is);
pub(super) const EXC_MATCH: u8 = binary(BinaryOp::ExceptionMatch);
pub(super) const ADD: u8 = binary(BinaryOp::Add);
pub(super) const IADD: u8 = binary(BinaryOp::InplaceAdd);
pub(super) const SUB: u8 = binary(BinaryOp::Subtract);
pub(super) const ISUB: u8 = binary(BinaryOp::InplaceSubtract);
pub(super) const AND: u8 = binary(BinaryOp::And);
pub(super) const OR: u8 = binary(BinaryOp::Or);
pub(super) const XOR: u8 = binary(BinaryOp::Xor);
pub(super) const MUL: u8 = binary(BinaryOp::Multiply);
pub(super) const SHR: u8 = binary(BinaryOp::ShiftRight);
pub(super) const SHL: u8 = binary(BinaryOp::ShiftLeft);
pub(super) const MOD: u8 = binary(BinaryOp::Modulo);
pub(super) const DIV: u8 = binary(BinaryOp::FloorDivide);
/// Stands for all operators without an arm of their own.
pub(super) const ANY_BINARY: u8 = binary(BinaryOp::In);

/// The arm of the match below that serves an opcode: itself, or one that stands for its range. The table turns the
/// match into a single indirect jump.
pub(super) static ARM: [u8; 256] = {
    let mut arms = [0; 256];
    let mut op = 0;
    while op < 256 {
        let byte = op as u8;
        arms[op] = match byte {
            LT | GT | LE | GE | EQ | NE | IS | EXC_MATCH | ADD | IADD | SUB | ISUB | AND | OR
            | XOR | MUL | SHR | SHL | MOD | DIV => byte,
            _ => match long_form(byte) {
                opcode::LOAD_FAST if byte != opcode::LOAD_FAST => LOAD_FAST_MULTI,
                opcode::STORE_FAST if byte != opcode::STORE_FAST => STORE_FAST_MULTI,
                opcode::LOAD_CONST_SMALL_INT if byte != opcode::LOAD_CONST_SMALL_INT => {
                    SMALL_INT_MULTI
                }
                opcode::BINARY_OP => ANY_BINARY,
                long => long,
            },
        };
        op += 1;
    }
    arms
};
