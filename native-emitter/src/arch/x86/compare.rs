//! Comparisons, and what is done with flags.
use ferlance_asm::Label;
use ferlance_asm_x64::encode;
use ferlance_asm_x64::inst;
use ferlance_asm_x64::{Cond as Flag, Jump, Reg, Rm, Size};

use super::arith::{CMP, alu_imm};
use super::float::move_float;
use super::words::{
    E, is_wide, mov, mov_imm, number_of, of_word, put, put_word, reg_of, rm_of, word,
};
use crate::arch::{Emitted, Operands, Place};
use crate::nir::Cond;

/// `jCC` over what comes next, to a label that the caller binds.
pub(super) fn skip(e: &mut E<'_>, flag: Flag) -> Emitted<Label> {
    let label = e.buffer.new_label()?;
    e.buffer.fixup(Jump::when(flag), label)?;
    Ok(label)
}

const fn flag(cond: Cond) -> Flag {
    match cond {
        Cond::Eq | Cond::TestZero => Flag::E,
        Cond::Ne | Cond::TestNonZero => Flag::NE,
        Cond::Lt => Flag::L,
        Cond::Le => Flag::LE,
        Cond::Gt => Flag::G,
        Cond::Ge => Flag::GE,
        Cond::Below => Flag::B,
        Cond::BelowEq => Flag::BE,
        Cond::Above => Flag::A,
        Cond::AboveEq => Flag::AE,
    }
}

/// Compares two operands, of which one may be in memory: `cmp` or `test`.
pub(super) fn compare(e: &mut E<'_>, cond: Cond, a: Place, b: Place) -> Emitted<Flag> {
    let known = match cond {
        Cond::Eq | Cond::Ne => Some(flag(cond)),
        Cond::Lt => Some(Flag::S),
        Cond::Ge => Some(Flag::NS),
        _ => None,
    };
    if let (Place::Reg(preg), Some(known), Place::Const(0)) = (a, known, b)
        && e.has_flags(preg)
    {
        return Ok(known);
    }
    let left = rm_of(e, a);
    let test = matches!(cond, Cond::TestZero | Cond::TestNonZero);
    match (left, b) {
        (_, Place::Const(imm)) if test => test_imm(e, left, imm)?,
        (Rm::Reg(number), Place::Const(0)) => {
            put_word(e, inst::TEST_MR, number, left)?;
        }
        (_, Place::Const(imm)) => alu_imm(e, CMP, left, imm)?,
        (Rm::Reg(number), _) => {
            let right = rm_of(e, b);
            let code = if test { inst::TEST_MR } else { inst::CMP_RM };
            put_word(e, code, number, right)?;
        }
        (Rm::Mem(_), _) => {
            let code = if test { inst::TEST_MR } else { inst::CMP_MR };
            put_word(e, code, number_of(b), left)?;
        }
    }
    Ok(flag(cond))
}

fn test_imm(e: &mut E<'_>, left: Rm, imm: i64) -> Emitted {
    let (imm, wide) = (of_word(e, imm), is_wide(e));
    let has_byte = wide || !matches!(left, Rm::Reg(4..));
    // Little endian: the low byte is where the word is. Only with a clear sign bit the flags are the same.
    let bytes = if (0..0x80).contains(&imm) && has_byte {
        encode::rm_imm(Size::D, inst::TEST_IMM8, 0, left, imm as i32)
    } else if u32::try_from(imm).is_ok() || !wide {
        encode::rm_imm(Size::D, inst::TEST_IMM32, 0, left, imm as i32)
    } else {
        encode::rm_imm(Size::Q, inst::TEST_IMM32, 0, left, imm as i32)
    };
    put(e, bytes)
}

pub(super) fn set(e: &mut E<'_>, cond: Cond, o: &Operands) -> Emitted {
    let dst = reg_of(o.dst);
    // Zeroed first where that is possible: no wait for the register's upper part.
    let clear = o.a != o.dst && o.b != o.dst;
    if clear {
        mov_imm(e, dst, 0)?;
    }
    let flag = compare(e, cond, o.a, o.b)?;
    set_flag(e, flag, dst, clear)
}

pub(super) fn set_flag(e: &mut E<'_>, flag: Flag, dst: Reg, cleared: bool) -> Emitted {
    put(e, encode::rm(Size::D, inst::setcc(flag), 0, dst))?;
    if cleared {
        return Ok(());
    }
    put(e, encode::rm(Size::D, inst::MOVZX8, dst.number(), dst))
}

pub(super) fn select(e: &mut E<'_>, o: &Operands, float: bool) -> Emitted {
    let (dst, a, b, c) = (number_of(o.dst), reg_of(o.a), reg_of(o.b), reg_of(o.c));
    let test = encode::rm(word(e), inst::TEST_MR, a.number(), a);
    let over = o.dst == o.b;
    // Start from one of the two and take the other if it is wanted.
    let (start, other, flag) = if over {
        (b, c, Flag::E)
    } else {
        (c, b, Flag::NE)
    };
    if float {
        move_float(e, dst, start.number())?;
        put(e, test)?;
        let end = skip(e, flag.negated())?;
        move_float(e, dst, other.number())?;
        e.buffer.bind(end);
        return Ok(());
    }
    put(e, test)?;
    mov(e, Reg::new(dst), start)?;
    put_word(e, inst::cmovcc(flag), dst, other)
}
