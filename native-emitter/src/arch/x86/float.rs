//! Floats, in 64-bit code only: SSE2.
use ferlance_asm_x64::encode;
use ferlance_asm_x64::inst::{self, Opcode};
use ferlance_asm_x64::{Cond as Flag, Rm, Size};

use super::compare::set_flag;
use super::words::{
    E, FLOAT_SCRATCH, SCRATCH, load, mov_imm, mov_place, number_of, put, reg_of, rm_of,
};
use crate::arch::{Emitted, Operands, Place};
use crate::nir::{Cond, Op, Type, Width};

pub(super) fn move_float(e: &mut E<'_>, to: u8, from: u8) -> Emitted {
    if to == from {
        return Ok(());
    }
    put(e, encode::rm(Size::D, inst::MOVAPS, to, Rm::Reg(from)))
}

pub(super) fn float_imm(e: &mut E<'_>, to: u8, imm: i64) -> Emitted {
    if imm == 0 {
        return put(e, encode::rm(Size::D, inst::XORPS, to, Rm::Reg(to)));
    }
    mov_imm(e, SCRATCH, imm)?;
    put(e, encode::rm(Size::Q, inst::MOVQ_XR, to, SCRATCH))
}

pub(super) const fn pick(ty: Type, single: Opcode, double: Opcode) -> Opcode {
    match ty {
        Type::F32 => single,
        _ => double,
    }
}

/// `dst = a op b` of floats.
pub(super) fn float_two(e: &mut E<'_>, code: Opcode, commutes: bool, o: &Operands) -> Emitted {
    let dst = number_of(o.dst);
    let other = if commutes && o.b == o.dst {
        o.a
    } else {
        move_float(e, dst, number_of(o.a))?;
        o.b
    };
    let rm = rm_of(e, other);
    put(e, encode::rm(Size::D, code, dst, rm))
}

/// Sign: flipped (`xorps`) or cleared (`andps`).
pub(super) fn float_sign(e: &mut E<'_>, op: Op, ty: Type, o: &Operands) -> Emitted {
    let sign = match ty {
        Type::F32 => 1i64 << 31,
        _ => i64::MIN,
    };
    let (code, mask) = match op {
        Op::FNeg => (inst::XORPS, sign),
        _ => (inst::ANDPS, !sign),
    };
    float_imm(e, FLOAT_SCRATCH, mask)?;
    let dst = number_of(o.dst);
    move_float(e, dst, number_of(o.a))?;
    put(e, encode::rm(Size::D, code, dst, Rm::Reg(FLOAT_SCRATCH)))
}

/// Compares floats. Returns the flag that says so; equality is not one flag and comes as `E`, `NE`: the parity flag
/// says that they are unordered.
pub(super) fn float_compare(
    e: &mut E<'_>,
    cond: Cond,
    ty: Type,
    a: Place,
    b: Place,
) -> Emitted<Flag> {
    let code = pick(ty, inst::UCOMISS, inst::UCOMISD);
    // Above is false for unordered operands, so less is asked the other way round.
    let (left, right, flag) = match cond {
        Cond::Lt => (b, a, Flag::A),
        Cond::Le => (b, a, Flag::AE),
        Cond::Gt => (a, b, Flag::A),
        Cond::Ge => (a, b, Flag::AE),
        Cond::Eq => (a, b, Flag::E),
        _ => (a, b, Flag::NE),
    };
    put(e, encode::rm(Size::D, code, number_of(left), reg_of(right)))?;
    Ok(flag)
}

pub(super) fn float_set(e: &mut E<'_>, cond: Cond, ty: Type, o: &Operands) -> Emitted {
    let flag = float_compare(e, cond, ty, o.a, o.b)?;
    let dst = reg_of(o.dst);
    let joined = match flag {
        Flag::E => Some((Flag::NP, inst::AND_RM)),
        Flag::NE => Some((Flag::P, inst::OR_RM)),
        _ => None,
    };
    let Some((parity, join)) = joined else {
        return set_flag(e, flag, dst, false);
    };
    put(e, encode::rm(Size::D, inst::setcc(parity), 0, SCRATCH))?;
    put(e, encode::rm(Size::D, inst::setcc(flag), 0, dst))?;
    put(e, encode::rm(Size::D, join, dst.number(), SCRATCH))?;
    put(e, encode::rm(Size::D, inst::MOVZX8, dst.number(), dst))
}

pub(super) fn width_of(ty: Type) -> Width {
    match ty {
        Type::F32 => Width::F32,
        Type::F64 => Width::F64,
        _ => Width::Word,
    }
}

pub(super) fn move_any_float(e: &mut E<'_>, dst: Place, src: Place, ty: Type) -> Emitted {
    let width = width_of(ty);
    match (dst, src) {
        (Place::Reg(to), Place::Reg(from)) => move_float(e, to.number(), from.number()),
        (Place::Reg(to), Place::Const(imm)) => float_imm(e, to.number(), imm),
        (Place::Reg(_), _) => {
            let from = rm_of(e, src);
            load(e, width, dst, from)
        }
        (_, Place::Reg(from)) => {
            let code = pick(ty, inst::MOVSS_MR, inst::MOVSD_MR);
            let rm = rm_of(e, dst);
            put(e, encode::rm(Size::D, code, from.number(), rm))
        }
        _ => {
            // Words have been moved already: their scratch register is free.
            mov_place(e, SCRATCH, src)?;
            let rm = rm_of(e, dst);
            put(e, encode::rm(Size::Q, inst::MOV_MR, SCRATCH.number(), rm))
        }
    }
}
