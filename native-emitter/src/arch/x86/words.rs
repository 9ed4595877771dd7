//! Operands: registers, words of the frame, constants; and how values move.
//!
//! Words are as wide as registers: 8 bytes in 64-bit code, 4 in 32-bit code, which has no REX prefix. There only the
//! first four registers have a byte of their own; [`super::isel`] asks for these.
use ferlance_asm_x64::encode::{self, Bytes};
use ferlance_asm_x64::inst::{self, Opcode};
use ferlance_asm_x64::{Jump, Mem, Reg, Rm, Size};

use super::float::move_any_float;
use crate::arch::{Emitted, Operands, Place, Preg};
use crate::emit::Emitter;
use crate::nir::{Inst, Type, Width};

pub(super) type E<'a> = Emitter<'a, Jump>;

/// In 64-bit code, for constants and addresses that have no room in an instruction.
pub(super) const SCRATCH: Reg = Reg::R11;
/// The same for floats.
pub(super) const FLOAT_SCRATCH: u8 = 15;

/// Is it 64-bit code?
pub(super) fn is_wide(e: &E<'_>) -> bool {
    e.frame.word == 8
}

/// The size of a word.
pub(super) fn word(e: &E<'_>) -> Size {
    if is_wide(e) { Size::Q } else { Size::D }
}

/// A constant with the sign of a word.
pub(super) fn of_word(e: &E<'_>, imm: i64) -> i64 {
    if is_wide(e) {
        imm
    } else {
        i64::from(imm as i32)
    }
}

/// Appends an instruction.
pub(super) fn put(e: &mut E<'_>, bytes: Bytes) -> Emitted {
    let opcode = bytes
        .iter()
        .find(|byte| !matches!(byte, 0x66 | 0xf2 | 0xf3));
    debug_assert!(
        is_wide(e) || !matches!(opcode, Some(0x40..=0x4f)),
        "a prefix of 64-bit code"
    );
    e.buffer.put_bytes(&bytes)
}

/// Appends an instruction on words.
pub(super) fn put_word(e: &mut E<'_>, op: Opcode, reg: u8, operand: impl Into<Rm>) -> Emitted {
    let size = word(e);
    put(e, encode::rm(size, op, reg, operand))
}

/// Appends an instruction on words with a constant.
pub(super) fn put_word_imm(
    e: &mut E<'_>,
    op: Opcode,
    reg: u8,
    operand: impl Into<Rm>,
    imm: i32,
) -> Emitted {
    let size = word(e);
    put(e, encode::rm_imm(size, op, reg, operand, imm))
}

pub(super) fn reg(preg: Preg) -> Reg {
    Reg::new(preg.number())
}

/// The register of a place that is one: the allocator's word.
pub(super) fn reg_of(place: Place) -> Reg {
    debug_assert!(matches!(place, Place::Reg(_)), "{place:?}");
    place.reg().map_or(SCRATCH, reg)
}

pub(super) fn number_of(place: Place) -> u8 {
    reg_of(place).number()
}

/// A place as an operand: a register or a word of the frame.
pub(super) fn rm_of(e: &E<'_>, place: Place) -> Rm {
    let at = match place {
        Place::Spill(word) => e.frame.spill(word),
        Place::In(word) => e.frame.incoming(word),
        Place::Out(word) => e.frame.outgoing(word),
        _ => return reg_of(place).into(),
    };
    Mem::base(Reg::RSP, at).into()
}

pub(super) fn mov(e: &mut E<'_>, to: Reg, from: Reg) -> Emitted {
    if to == from {
        return Ok(());
    }
    put_word(e, inst::MOV_RM, to.number(), from)
}

/// Loads an operand that may be in memory.
pub(super) fn mov_place(e: &mut E<'_>, to: Reg, from: Place) -> Emitted {
    if from.reg().map(reg) == Some(to) {
        return Ok(());
    }
    match from {
        Place::Const(imm) => mov_imm(e, to, imm),
        _ => {
            let rm = rm_of(e, from);
            put_word(e, inst::MOV_RM, to.number(), rm)
        }
    }
}

/// Overwrites the flags if `imm` is 0.
pub(super) fn mov_imm(e: &mut E<'_>, to: Reg, imm: i64) -> Emitted {
    let imm = of_word(e, imm);
    let bytes = if imm == 0 {
        encode::rm(Size::D, inst::XOR_RM, to.number(), to)
    } else if u32::try_from(imm).is_ok() || !is_wide(e) {
        encode::mov_imm32(to, imm as u32)
    } else if let Ok(imm) = i32::try_from(imm) {
        encode::rm_imm(Size::Q, inst::MOV_IMM32, 0, to, imm)
    } else {
        encode::mov_imm64(to, imm)
    };
    put(e, bytes)
}

/// The address of word `byte` of the frame.
pub(super) fn lea_sp(e: &mut E<'_>, to: Reg, byte: i32) -> Emitted {
    if byte == 0 {
        return mov(e, to, Reg::RSP);
    }
    let mem = Mem::base(Reg::RSP, byte);
    put_word(e, inst::LEA, to.number(), mem)
}

pub(super) fn memory(inst: &Inst, shift: u8, o: &Operands) -> Mem {
    let index = inst.b.map(|_| (reg_of(o.b), shift));
    Mem {
        base: Some(reg_of(o.a)),
        index,
        disp: inst.imm as i32,
    }
}

/// Loads a value, or extends one that is in a register.
pub(super) fn load(e: &mut E<'_>, width: Width, dst: Place, mem: Rm) -> Emitted {
    let (size, code) = match width {
        Width::U8 => (Size::D, inst::MOVZX8),
        Width::I8 => (word(e), inst::MOVSX8),
        Width::U16 => (Size::D, inst::MOVZX16),
        Width::I16 => (word(e), inst::MOVSX16),
        Width::U32 => (Size::D, inst::MOV_RM),
        Width::I32 if is_wide(e) => (Size::Q, inst::MOVSXD),
        Width::I32 => (Size::D, inst::MOV_RM),
        Width::Word => (word(e), inst::MOV_RM),
        Width::F32 => (Size::D, inst::MOVSS_RM),
        Width::F64 => (Size::D, inst::MOVSD_RM),
    };
    put(e, encode::rm(size, code, number_of(dst), mem))
}

/// Stores a value, or a constant.
pub(super) fn store(e: &mut E<'_>, width: Width, mem: Mem, value: Place) -> Emitted {
    let size = match width {
        Width::U8 | Width::I8 | Width::U32 | Width::I32 => Size::D,
        Width::U16 | Width::I16 => Size::W,
        _ => word(e),
    };
    if let Place::Const(imm) = value {
        let narrow = size != Size::Q || i32::try_from(imm).is_ok();
        let byte = matches!(width, Width::U8 | Width::I8);
        if narrow {
            let code = if byte {
                inst::MOV8_IMM8
            } else {
                inst::MOV_IMM32
            };
            return put(e, encode::rm_imm(size, code, 0, mem, imm as i32));
        }
        put(e, encode::mov_imm64(SCRATCH, imm))?;
        return put(e, encode::rm(size, inst::MOV_MR, SCRATCH.number(), mem));
    }
    let (size, code) = match width {
        Width::U8 | Width::I8 => (Size::D, inst::MOV_MR8),
        Width::F32 => (Size::D, inst::MOVSS_MR),
        Width::F64 => (Size::D, inst::MOVSD_MR),
        _ => (size, inst::MOV_MR),
    };
    put(e, encode::rm(size, code, number_of(value), mem))
}

/// Copies a value from any place to any other.
pub(super) fn move_any(e: &mut E<'_>, dst: Place, src: Place, ty: Type) -> Emitted {
    if ty.is_float() {
        return move_any_float(e, dst, src, ty);
    }
    match (dst, src) {
        (Place::Reg(to), Place::Const(imm)) => mov_imm(e, reg(to), imm),
        (Place::Reg(to), _) => mov_place(e, reg(to), src),
        (_, Place::Reg(from)) => {
            let rm = rm_of(e, dst);
            put_word(e, inst::MOV_MR, from.number(), rm)
        }
        (_, Place::Const(imm)) => match (i32::try_from(of_word(e, imm)), rm_of(e, dst)) {
            (Err(_), Rm::Mem(mem)) => {
                for (part, at) in [(imm, 0), (imm >> 32, 4)] {
                    let mem = Mem {
                        disp: mem.disp.wrapping_add(at),
                        ..mem
                    };
                    put(
                        e,
                        encode::rm_imm(Size::D, inst::MOV_IMM32, 0, mem, part as i32),
                    )?;
                }
                Ok(())
            }
            (_, rm) => put_word_imm(e, inst::MOV_IMM32, 0, rm, imm as i32),
        },
        _ if !is_wide(e) => {
            // No register is spared for this. Popping counts offsets from where the stack pointer was.
            let (from, to) = (rm_of(e, src), rm_of(e, dst));
            put(e, encode::rm(Size::D, inst::PUSH, 0, from))?;
            put(e, encode::rm(Size::D, inst::POP, 0, to))
        }
        _ => {
            let (from, to) = (rm_of(e, src), rm_of(e, dst));
            put(e, encode::rm(Size::D, inst::MOVSD_RM, FLOAT_SCRATCH, from))?;
            put(e, encode::rm(Size::D, inst::MOVSD_MR, FLOAT_SCRATCH, to))
        }
    }
}
