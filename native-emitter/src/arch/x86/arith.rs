//! Arithmetic of words.
use ferlance_asm_x64::encode::{self, CDQ, CQO};
use ferlance_asm_x64::inst::{self, Opcode};
use ferlance_asm_x64::{Cond as Flag, Jump, Mem, Reg, Rm, Size};

use super::compare::skip;
use super::words::{
    E, is_wide, mov, mov_imm, mov_place, number_of, of_word, put, put_word, put_word_imm, reg,
    reg_of, rm_of,
};
use crate::arch::{Emitted, Operands, Place};
use crate::nir::Op;

/// The quick opcodes of one arithmetic operation.
#[derive(Clone, Copy)]
pub(super) struct Alu {
    pub(super) rm: Opcode,
    imm8: Opcode,
    imm32: Opcode,
}

macro_rules! alu {
    ($($name:ident: $rm:ident $imm8:ident $imm32:ident;)*) => {
        $(pub(super) const $name: Alu = Alu { rm: inst::$rm, imm8: inst::$imm8, imm32: inst::$imm32 };)*
    };
}
alu! {
    ADD: ADD_RM ADD_IMM8 ADD_IMM32;
    OR: OR_RM OR_IMM8 OR_IMM32;
    AND: AND_RM AND_IMM8 AND_IMM32;
    SUB: SUB_RM SUB_IMM8 SUB_IMM32;
    XOR: XOR_RM XOR_IMM8 XOR_IMM32;
    CMP: CMP_RM CMP_IMM8 CMP_IMM32;
}

/// `op rm, imm`. A constant of 32 bits without sign makes it a 32-bit operation.
pub(super) fn alu_imm(e: &mut E<'_>, op: Alu, rm: Rm, imm: i64) -> Emitted {
    let (imm, wide) = (of_word(e, imm), is_wide(e));
    if let (Rm::Reg(number), true) = (rm, op.rm == inst::AND_RM) {
        // What is cleared anyway need not be looked at.
        let code = match imm {
            0xff if wide || number < 4 => Some(inst::MOVZX8),
            0xffff => Some(inst::MOVZX16),
            _ => None,
        };
        if let Some(code) = code {
            return put(e, encode::rm(Size::D, code, number, rm));
        }
        if u32::try_from(imm).is_ok() {
            let code = match i8::try_from(imm) {
                Ok(_) => op.imm8,
                Err(_) => op.imm32,
            };
            return put(e, encode::rm_imm(Size::D, code, 0, rm, imm as i32));
        }
    }
    if let (Rm::Reg(_), 1 | -1, true) = (rm, imm, op.rm == inst::ADD_RM || op.rm == inst::SUB_RM) {
        let up = (imm == 1) == (op.rm == inst::ADD_RM);
        let code = if up { inst::INC } else { inst::DEC };
        return put_word(e, code, 0, rm);
    }
    let size = if wide && i32::try_from(imm).is_ok() {
        Size::Q
    } else {
        Size::D
    };
    let code = match i8::try_from(imm) {
        Ok(_) => op.imm8,
        Err(_) => op.imm32,
    };
    put(e, encode::rm_imm(size, code, 0, rm, imm as i32))
}

/// `op reg, place`.
fn alu(e: &mut E<'_>, op: Alu, to: Reg, from: Place) -> Emitted {
    match from {
        Place::Const(imm) => alu_imm(e, op, to.into(), imm),
        _ => {
            let rm = rm_of(e, from);
            put_word(e, op.rm, to.number(), rm)
        }
    }
}

/// `dst = a op b`, where the machine overwrites its first operand.
pub(super) fn two(e: &mut E<'_>, op: Alu, commutes: bool, o: &Operands) -> Emitted {
    let dst = reg_of(o.dst);
    if commutes && o.b == o.dst && o.a != o.dst {
        alu(e, op, dst, o.a)?;
    } else {
        mov_place(e, dst, o.a)?;
        alu(e, op, dst, o.b)?;
    }
    // `movzx` sets none.
    let none = op.rm == inst::AND_RM && matches!(o.b, Place::Const(0xff | 0xffff));
    if let (Place::Reg(preg), false) = (o.dst, none) {
        e.set_flags(preg);
    }
    Ok(())
}

pub(super) fn add(e: &mut E<'_>, o: &Operands) -> Emitted {
    let (dst, a) = (reg_of(o.dst), reg_of(o.a));
    // `lea` adds without overwriting.
    let mem = match o.b {
        _ if o.a == o.dst || o.b == o.dst => return two(e, ADD, true, o),
        Place::Const(imm) => Mem::base(a, imm as i32),
        // With base r13 or rbp a displacement would be needed.
        Place::Reg(b) if a.number() & 7 == 5 => Mem {
            base: Some(reg(b)),
            index: Some((a, 0)),
            disp: 0,
        },
        Place::Reg(b) => Mem {
            base: Some(a),
            index: Some((reg(b), 0)),
            disp: 0,
        },
        _ => return two(e, ADD, true, o),
    };
    put_word(e, inst::LEA, dst.number(), mem)
}

pub(super) fn multiply(e: &mut E<'_>, o: &Operands) -> Emitted {
    let dst = number_of(o.dst);
    if let Place::Const(imm) = o.b {
        let rm = rm_of(e, o.a);
        let code = match i8::try_from(imm) {
            Ok(_) => inst::IMUL_IMM8,
            Err(_) => inst::IMUL_IMM32,
        };
        return put_word_imm(e, code, dst, rm, imm as i32);
    }
    let other = if o.b == o.dst {
        o.a
    } else {
        mov_place(e, reg_of(o.dst), o.a)?;
        o.b
    };
    let rm = rm_of(e, other);
    put_word(e, inst::IMUL_RM, dst, rm)
}

/// The number of the sign bit.
fn last_bit(e: &E<'_>) -> i32 {
    if is_wide(e) { 63 } else { 31 }
}

pub(super) fn shift(e: &mut E<'_>, op: Op, o: &Operands) -> Emitted {
    let (by_imm, by_cl) = match op {
        Op::Shl => (inst::SHL_IMM8, inst::SHL_CL),
        Op::Shr => (inst::SHR_IMM8, inst::SHR_CL),
        _ => (inst::SAR_IMM8, inst::SAR_CL),
    };
    let (dst, a) = (reg_of(o.dst), reg_of(o.a));
    if let Place::Const(imm) = o.b {
        if op == Op::Shl && imm == 1 {
            // `add` is shorter; `lea` needs no copy.
            return add(e, &Operands { b: o.a, ..*o });
        }
        mov(e, dst, a)?;
        let count = imm as i32 & last_bit(e);
        put_word_imm(e, by_imm, 0, dst, count)?;
        // A shift by nothing leaves the flags alone.
        if let (Place::Reg(preg), true) = (o.dst, count != 0) {
            e.set_flags(preg);
        }
        return Ok(());
    }
    let b = reg_of(o.b);
    if b == Reg::RCX {
        mov(e, dst, a)?;
    } else if a == Reg::RCX {
        if dst == b {
            put_word(e, inst::XCHG_MR, 1, dst)?;
        } else {
            mov(e, dst, a)?;
            put(e, encode::rm(Size::D, inst::MOV_RM, 1, b))?;
        }
    } else {
        put(e, encode::rm(Size::D, inst::MOV_RM, 1, b))?;
        mov(e, dst, a)?;
    }
    put_word(e, by_cl, 0, dst)
}

/// Quotient and remainder rounded down. The machine rounds towards zero.
///
/// ```text
///     mov rax, a / cqo / idiv b
///     test rdx, rdx / je done             exact
///     xor rdx, b / sar rdx, 63            -1 if the signs of remainder and divisor differ
///     add rax, rdx                        (remainder: b is added to it)
///     done:
/// ```
pub(super) fn divide(e: &mut E<'_>, op: Op, o: &Operands) -> Emitted {
    let b = reg_of(o.b);
    mov_place(e, Reg::RAX, o.a)?;
    let quotient = matches!(op, Op::DivFloor | Op::DivUnsigned);
    if matches!(op, Op::DivUnsigned | Op::ModUnsigned) {
        mov_imm(e, Reg::RDX, 0)?;
        put_word(e, inst::DIV, 0, b)?;
    } else {
        let rdx = Reg::RDX.number();
        put(e, if is_wide(e) { CQO } else { CDQ })?;
        put_word(e, inst::IDIV, 0, b)?;
        put_word(e, inst::TEST_MR, rdx, Reg::RDX)?;
        let done = skip(e, Flag::E)?;
        if quotient {
            put_word(e, inst::XOR_RM, rdx, b)?;
            put_word_imm(e, inst::SAR_IMM8, 0, Reg::RDX, last_bit(e))?;
            put_word(e, inst::ADD_RM, 0, Reg::RDX)?;
        } else {
            mov(e, Reg::RAX, Reg::RDX)?;
            put_word(e, inst::XOR_RM, 0, b)?;
            e.buffer.fixup(Jump::when(Flag::NS), done)?;
            put_word(e, inst::ADD_RM, rdx, b)?;
        }
        e.buffer.bind(done);
    }
    let result = if quotient { Reg::RAX } else { Reg::RDX };
    mov(e, reg_of(o.dst), result)
}
