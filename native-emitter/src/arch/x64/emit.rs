//! The instructions.
use ferlance_abi::Fun;
use ferlance_abi::fun_table::Kind;
use ferlance_asm::{CodeBuffer, Label};
use ferlance_asm_x64::encode::{self, Bytes, CQO, RET, UD2};
use ferlance_asm_x64::inst::{self, Opcode};
use ferlance_asm_x64::{Cond as Flag, Jump, Mem, Reg, Rm, Size};

use super::{X64, regs};
use crate::arch::{Callee, Emit, Emitted, Operands, Place, Preg};
use crate::emit::Emitter;
use crate::nir::{Cond, Inst, Op, Overflow, Slot, Type, Width};

type E<'a> = Emitter<'a, Jump>;

/// For constants and addresses that have no room in an instruction.
const SCRATCH: Reg = Reg::R11;
/// The same for floats.
const FLOAT_SCRATCH: u8 = 15;

fn put(e: &mut E<'_>, bytes: Bytes) -> Emitted {
    e.buffer.put_bytes(&bytes)
}

fn reg(preg: Preg) -> Reg {
    Reg::new(preg.number())
}

/// The register of a place that is one: the allocator's word.
fn reg_of(place: Place) -> Reg {
    debug_assert!(matches!(place, Place::Reg(_)), "{place:?}");
    place.reg().map_or(SCRATCH, reg)
}

fn number_of(place: Place) -> u8 {
    reg_of(place).number()
}

/// A place as an operand: a register or a word of the frame.
fn rm_of(e: &E<'_>, place: Place) -> Rm {
    let at = match place {
        Place::Spill(word) => e.frame.spill(word),
        Place::In(word) => e.frame.incoming(word),
        Place::Out(word) => e.frame.outgoing(word),
        _ => return reg_of(place).into(),
    };
    Mem::base(Reg::RSP, at).into()
}

/// The quick opcodes of one arithmetic operation.
#[derive(Clone, Copy)]
struct Alu {
    rm: Opcode,
    imm8: Opcode,
    imm32: Opcode,
}

macro_rules! alu {
    ($($name:ident: $rm:ident $imm8:ident $imm32:ident;)*) => {
        $(const $name: Alu = Alu { rm: inst::$rm, imm8: inst::$imm8, imm32: inst::$imm32 };)*
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
fn alu_imm(e: &mut E<'_>, op: Alu, rm: Rm, imm: i64) -> Emitted {
    if let (Rm::Reg(number), true) = (rm, op.rm == inst::AND_RM) {
        // What is cleared anyway need not be looked at.
        let code = match imm {
            0xff => Some(inst::MOVZX8),
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
        return put(e, encode::rm(Size::Q, code, 0, rm));
    }
    let size = if i32::try_from(imm).is_ok() {
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
            put(e, encode::rm(Size::Q, op.rm, to.number(), rm))
        }
    }
}

fn mov(e: &mut E<'_>, to: Reg, from: Reg) -> Emitted {
    if to == from {
        return Ok(());
    }
    put(e, encode::rm(Size::Q, inst::MOV_RM, to.number(), from))
}

/// Loads an operand that may be in memory.
fn mov_place(e: &mut E<'_>, to: Reg, from: Place) -> Emitted {
    if from.reg().map(reg) == Some(to) {
        return Ok(());
    }
    match from {
        Place::Const(imm) => mov_imm(e, to, imm),
        _ => {
            let rm = rm_of(e, from);
            put(e, encode::rm(Size::Q, inst::MOV_RM, to.number(), rm))
        }
    }
}

/// Overwrites the flags if `imm` is 0.
fn mov_imm(e: &mut E<'_>, to: Reg, imm: i64) -> Emitted {
    let bytes = if imm == 0 {
        encode::rm(Size::D, inst::XOR_RM, to.number(), to)
    } else if let Ok(imm) = u32::try_from(imm) {
        encode::mov_imm32(to, imm)
    } else if let Ok(imm) = i32::try_from(imm) {
        encode::rm_imm(Size::Q, inst::MOV_IMM32, 0, to, imm)
    } else {
        encode::mov_imm64(to, imm)
    };
    put(e, bytes)
}

/// `jCC` over what comes next, to a label that the caller binds.
fn skip(e: &mut E<'_>, flag: Flag) -> Emitted<Label> {
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
fn compare(e: &mut E<'_>, cond: Cond, a: Place, b: Place) -> Emitted<Flag> {
    if let (Place::Reg(preg), Cond::Eq | Cond::Ne, Place::Const(0)) = (a, cond, b)
        && e.has_flags(preg)
    {
        return Ok(flag(cond));
    }
    let left = rm_of(e, a);
    let test = matches!(cond, Cond::TestZero | Cond::TestNonZero);
    match (left, b) {
        (_, Place::Const(imm)) if test => test_imm(e, left, imm)?,
        (Rm::Reg(number), Place::Const(0)) => {
            put(e, encode::rm(Size::Q, inst::TEST_MR, number, left))?;
        }
        (_, Place::Const(imm)) => alu_imm(e, CMP, left, imm)?,
        (Rm::Reg(number), _) => {
            let right = rm_of(e, b);
            let code = if test { inst::TEST_MR } else { inst::CMP_RM };
            put(e, encode::rm(Size::Q, code, number, right))?;
        }
        (Rm::Mem(_), _) => {
            let code = if test { inst::TEST_MR } else { inst::CMP_MR };
            put(e, encode::rm(Size::Q, code, number_of(b), left))?;
        }
    }
    Ok(flag(cond))
}

fn test_imm(e: &mut E<'_>, left: Rm, imm: i64) -> Emitted {
    // Little endian: the low byte is where the word is. Only with a clear sign bit the flags are the same.
    let bytes = if (0..0x80).contains(&imm) {
        encode::rm_imm(Size::D, inst::TEST_IMM8, 0, left, imm as i32)
    } else if u32::try_from(imm).is_ok() {
        encode::rm_imm(Size::D, inst::TEST_IMM32, 0, left, imm as i32)
    } else {
        encode::rm_imm(Size::Q, inst::TEST_IMM32, 0, left, imm as i32)
    };
    put(e, bytes)
}

/// `dst = a op b`, where the machine overwrites its first operand.
fn two(e: &mut E<'_>, op: Alu, commutes: bool, o: &Operands) -> Emitted {
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

fn add(e: &mut E<'_>, o: &Operands) -> Emitted {
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
    put(e, encode::rm(Size::Q, inst::LEA, dst.number(), mem))
}

fn multiply(e: &mut E<'_>, o: &Operands) -> Emitted {
    let dst = number_of(o.dst);
    if let Place::Const(imm) = o.b {
        let rm = rm_of(e, o.a);
        let code = match i8::try_from(imm) {
            Ok(_) => inst::IMUL_IMM8,
            Err(_) => inst::IMUL_IMM32,
        };
        return put(e, encode::rm_imm(Size::Q, code, dst, rm, imm as i32));
    }
    let other = if o.b == o.dst {
        o.a
    } else {
        mov_place(e, reg_of(o.dst), o.a)?;
        o.b
    };
    let rm = rm_of(e, other);
    put(e, encode::rm(Size::Q, inst::IMUL_RM, dst, rm))
}

fn shift(e: &mut E<'_>, op: Op, o: &Operands) -> Emitted {
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
        put(e, encode::rm_imm(Size::Q, by_imm, 0, dst, imm as i32 & 63))?;
        // A shift by nothing leaves the flags alone.
        if let (Place::Reg(preg), true) = (o.dst, imm & 63 != 0) {
            e.set_flags(preg);
        }
        return Ok(());
    }
    let b = reg_of(o.b);
    if b == Reg::RCX {
        mov(e, dst, a)?;
    } else if a == Reg::RCX {
        if dst == b {
            put(e, encode::rm(Size::Q, inst::XCHG_MR, 1, dst))?;
        } else {
            mov(e, dst, a)?;
            put(e, encode::rm(Size::D, inst::MOV_RM, 1, b))?;
        }
    } else {
        put(e, encode::rm(Size::D, inst::MOV_RM, 1, b))?;
        mov(e, dst, a)?;
    }
    put(e, encode::rm(Size::Q, by_cl, 0, dst))
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
fn divide(e: &mut E<'_>, op: Op, o: &Operands) -> Emitted {
    let b = reg_of(o.b);
    mov_place(e, Reg::RAX, o.a)?;
    let quotient = matches!(op, Op::DivFloor | Op::DivUnsigned);
    if matches!(op, Op::DivUnsigned | Op::ModUnsigned) {
        mov_imm(e, Reg::RDX, 0)?;
        put(e, encode::rm(Size::Q, inst::DIV, 0, b))?;
    } else {
        let rdx = Reg::RDX.number();
        put(e, CQO)?;
        put(e, encode::rm(Size::Q, inst::IDIV, 0, b))?;
        put(e, encode::rm(Size::Q, inst::TEST_MR, rdx, Reg::RDX))?;
        let done = skip(e, Flag::E)?;
        if quotient {
            put(e, encode::rm(Size::Q, inst::XOR_RM, rdx, b))?;
            put(e, encode::rm_imm(Size::Q, inst::SAR_IMM8, 0, Reg::RDX, 63))?;
            put(e, encode::rm(Size::Q, inst::ADD_RM, 0, Reg::RDX))?;
        } else {
            mov(e, Reg::RAX, Reg::RDX)?;
            put(e, encode::rm(Size::Q, inst::XOR_RM, 0, b))?;
            e.buffer.fixup(Jump::when(Flag::NS), done)?;
            put(e, encode::rm(Size::Q, inst::ADD_RM, rdx, b))?;
        }
        e.buffer.bind(done);
    }
    let result = if quotient { Reg::RAX } else { Reg::RDX };
    mov(e, reg_of(o.dst), result)
}

fn set(e: &mut E<'_>, cond: Cond, o: &Operands) -> Emitted {
    let dst = reg_of(o.dst);
    // Zeroed first where that is possible: no wait for the register's upper part.
    let clear = o.a != o.dst && o.b != o.dst;
    if clear {
        mov_imm(e, dst, 0)?;
    }
    let flag = compare(e, cond, o.a, o.b)?;
    set_flag(e, flag, dst, clear)
}

fn set_flag(e: &mut E<'_>, flag: Flag, dst: Reg, cleared: bool) -> Emitted {
    put(e, encode::rm(Size::D, inst::setcc(flag), 0, dst))?;
    if cleared {
        return Ok(());
    }
    put(e, encode::rm(Size::D, inst::MOVZX8, dst.number(), dst))
}

fn select(e: &mut E<'_>, o: &Operands, float: bool) -> Emitted {
    let (dst, a, b, c) = (number_of(o.dst), reg_of(o.a), reg_of(o.b), reg_of(o.c));
    let test = encode::rm(Size::Q, inst::TEST_MR, a.number(), a);
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
    put(e, encode::rm(Size::Q, inst::cmovcc(flag), dst, other))
}

fn memory(inst: &Inst, shift: u8, o: &Operands) -> Mem {
    let index = inst.b.map(|_| (reg_of(o.b), shift));
    Mem {
        base: Some(reg_of(o.a)),
        index,
        disp: inst.imm as i32,
    }
}

fn load(e: &mut E<'_>, width: Width, dst: Place, mem: Rm) -> Emitted {
    let (size, code) = match width {
        Width::U8 => (Size::D, inst::MOVZX8),
        Width::I8 => (Size::Q, inst::MOVSX8),
        Width::U16 => (Size::D, inst::MOVZX16),
        Width::I16 => (Size::Q, inst::MOVSX16),
        Width::U32 => (Size::D, inst::MOV_RM),
        Width::I32 => (Size::Q, inst::MOVSXD),
        Width::Word => (Size::Q, inst::MOV_RM),
        Width::F32 => (Size::D, inst::MOVSS_RM),
        Width::F64 => (Size::D, inst::MOVSD_RM),
    };
    put(e, encode::rm(size, code, number_of(dst), mem))
}

fn store(e: &mut E<'_>, width: Width, mem: Mem, value: Place) -> Emitted {
    let size = match width {
        Width::U8 | Width::I8 | Width::U32 | Width::I32 => Size::D,
        Width::U16 | Width::I16 => Size::W,
        _ => Size::Q,
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

fn move_float(e: &mut E<'_>, to: u8, from: u8) -> Emitted {
    if to == from {
        return Ok(());
    }
    put(e, encode::rm(Size::D, inst::MOVAPS, to, Rm::Reg(from)))
}

fn float_imm(e: &mut E<'_>, to: u8, imm: i64) -> Emitted {
    if imm == 0 {
        return put(e, encode::rm(Size::D, inst::XORPS, to, Rm::Reg(to)));
    }
    mov_imm(e, SCRATCH, imm)?;
    put(e, encode::rm(Size::Q, inst::MOVQ_XR, to, SCRATCH))
}

const fn pick(ty: Type, single: Opcode, double: Opcode) -> Opcode {
    match ty {
        Type::F32 => single,
        _ => double,
    }
}

/// `dst = a op b` of floats.
fn float_two(e: &mut E<'_>, code: Opcode, commutes: bool, o: &Operands) -> Emitted {
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
fn float_sign(e: &mut E<'_>, op: Op, ty: Type, o: &Operands) -> Emitted {
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
fn float_compare(e: &mut E<'_>, cond: Cond, ty: Type, a: Place, b: Place) -> Emitted<Flag> {
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

fn float_set(e: &mut E<'_>, cond: Cond, ty: Type, o: &Operands) -> Emitted {
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

impl Emit for X64 {
    type Fixup = Jump;

    fn buffer(&self) -> Emitted<CodeBuffer<Jump>> {
        Ok(CodeBuffer::new())
    }

    fn prologue(&self, e: &mut E<'_>) -> Emitted {
        for preg in e.frame.saved.iter() {
            put(e, encode::push(reg(preg)))?;
        }
        match e.frame.locals as i64 {
            0 => Ok(()),
            locals => alu_imm(e, SUB, Reg::RSP.into(), locals),
        }
    }

    fn epilogue(&self, e: &mut E<'_>) -> Emitted {
        match e.frame.locals as i64 {
            0 => {}
            locals => alu_imm(e, ADD, Reg::RSP.into(), locals)?,
        }
        let mut saved = e.frame.saved;
        while let Some(last) = saved.iter().last() {
            put(e, encode::pop(reg(last)))?;
            saved.remove(last);
        }
        put(e, RET)
    }

    fn move_(&self, e: &mut E<'_>, dst: Place, src: Place, ty: Type) -> Emitted {
        if ty.is_float() {
            return move_any_float(e, dst, src, ty);
        }
        match (dst, src) {
            (Place::Reg(to), Place::Const(imm)) => mov_imm(e, reg(to), imm),
            (Place::Reg(to), _) => mov_place(e, reg(to), src),
            (_, Place::Reg(from)) => {
                let rm = rm_of(e, dst);
                put(e, encode::rm(Size::Q, inst::MOV_MR, from.number(), rm))
            }
            (_, Place::Const(imm)) => match (i32::try_from(imm), rm_of(e, dst)) {
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
                (_, rm) => put(
                    e,
                    encode::rm_imm(Size::Q, inst::MOV_IMM32, 0, rm, imm as i32),
                ),
            },
            _ => {
                let (from, to) = (rm_of(e, src), rm_of(e, dst));
                put(e, encode::rm(Size::D, inst::MOVSD_RM, FLOAT_SCRATCH, from))?;
                put(e, encode::rm(Size::D, inst::MOVSD_MR, FLOAT_SCRATCH, to))
            }
        }
    }

    fn inst(&self, e: &mut E<'_>, inst: &Inst, o: &Operands) -> Emitted {
        let float = |vreg: Option<_>| vreg.map_or(Type::Word, |vreg| e.func.ty(vreg));
        match inst.op {
            Op::Add => add(e, o),
            Op::Sub => match o.b {
                Place::Const(imm) => {
                    let b = Place::Const(imm.wrapping_neg());
                    add(e, &Operands { b, ..*o })
                }
                _ => two(e, SUB, false, o),
            },
            Op::And => two(e, AND, true, o),
            Op::Or => two(e, OR, true, o),
            Op::Xor => two(e, XOR, true, o),
            Op::AndNot => match o.b {
                Place::Const(imm) => {
                    let b = Place::Const(!imm);
                    two(e, AND, true, &Operands { b, ..*o })
                }
                b => {
                    mov_place(e, SCRATCH, b)?;
                    put(e, encode::rm(Size::Q, inst::NOT, 0, SCRATCH))?;
                    let dst = reg_of(o.dst);
                    mov(e, dst, reg_of(o.a))?;
                    put(e, encode::rm(Size::Q, inst::AND_RM, dst.number(), SCRATCH))
                }
            },
            Op::RevSub => {
                let dst = reg_of(o.dst);
                mov(e, dst, reg_of(o.a))?;
                put(e, encode::rm(Size::Q, inst::NEG, 0, dst))?;
                match inst.imm {
                    0 => Ok(()),
                    imm => alu_imm(e, ADD, dst.into(), imm),
                }
            }
            Op::Not => {
                let dst = reg_of(o.dst);
                mov(e, dst, reg_of(o.a))?;
                put(e, encode::rm(Size::Q, inst::NOT, 0, dst))
            }
            Op::Mul => multiply(e, o),
            Op::Shl | Op::Shr | Op::Sar => shift(e, inst.op, o),
            Op::DivFloor | Op::ModFloor | Op::DivUnsigned | Op::ModUnsigned => {
                divide(e, inst.op, o)
            }
            Op::Extend(width) => {
                let from = rm_of(e, o.a);
                load(e, width, o.dst, from)
            }
            Op::Cmp(cond) => set(e, cond, o),
            Op::Shifted(..) => {
                let mem = Mem {
                    base: Some(reg_of(o.a)),
                    index: Some((reg_of(o.b), inst.imm as u8)),
                    disp: 0,
                };
                put(e, encode::rm(Size::Q, inst::LEA, number_of(o.dst), mem))
            }
            Op::Select => {
                let is_float = float(inst.dst).is_float();
                select(e, o, is_float)
            }
            Op::Load(width, shift) => load(e, width, o.dst, memory(inst, shift, o).into()),
            Op::Store(width, shift) => store(e, width, memory(inst, shift, o), o.c),
            Op::SlotAddr(slot) => {
                let mem = Mem::base(Reg::RSP, e.frame.slot(slot, inst.imm));
                put(e, encode::rm(Size::Q, inst::LEA, number_of(o.dst), mem))
            }
            Op::SlotLoad(slot) => {
                let width = width_of(float(inst.dst));
                let mem = Mem::base(Reg::RSP, e.frame.slot(slot, inst.imm));
                load(e, width, o.dst, mem.into())
            }
            Op::SlotStore(slot) => {
                let width = width_of(float(inst.c));
                let mem = Mem::base(Reg::RSP, e.frame.slot(slot, inst.imm));
                store(e, width, mem, o.c)
            }
            Op::FAdd => {
                let code = pick(float(inst.a), inst::ADDSS, inst::ADDSD);
                float_two(e, code, true, o)
            }
            Op::FMul => {
                let code = pick(float(inst.a), inst::MULSS, inst::MULSD);
                float_two(e, code, true, o)
            }
            Op::FSub => {
                let code = pick(float(inst.a), inst::SUBSS, inst::SUBSD);
                float_two(e, code, false, o)
            }
            Op::FDiv => {
                let code = pick(float(inst.a), inst::DIVSS, inst::DIVSD);
                float_two(e, code, false, o)
            }
            Op::FNeg | Op::FAbs => {
                let ty = float(inst.a);
                float_sign(e, inst.op, ty, o)
            }
            Op::FSqrt => {
                let code = pick(float(inst.a), inst::SQRTSS, inst::SQRTSD);
                let from = rm_of(e, o.a);
                put(e, encode::rm(Size::D, code, number_of(o.dst), from))
            }
            Op::FCmp(cond) => {
                let ty = float(inst.a);
                float_set(e, cond, ty, o)
            }
            Op::FloatOfInt => {
                let dst = number_of(o.dst);
                let code = pick(float(inst.dst), inst::CVTSI2SS, inst::CVTSI2SD);
                // The conversion leaves the upper half alone, and would wait for it.
                put(e, encode::rm(Size::D, inst::XORPS, dst, Rm::Reg(dst)))?;
                put(e, encode::rm(Size::Q, code, dst, reg_of(o.a)))
            }
            Op::IntOfFloat => {
                let code = pick(float(inst.a), inst::CVTTSS2SI, inst::CVTTSD2SI);
                put(e, encode::rm(Size::Q, code, number_of(o.dst), reg_of(o.a)))
            }
            Op::FConvert => {
                let code = pick(float(inst.a), inst::CVTSS2SD, inst::CVTSD2SS);
                put(e, encode::rm(Size::D, code, number_of(o.dst), reg_of(o.a)))
            }
            // Moves, calls and what `lower_env` replaced: never asked for.
            Op::Const
            | Op::FConst
            | Op::Copy
            | Op::Line
            | Op::MulAdd
            | Op::Call(_)
            | Op::CallDirect
            | Op::FunTableWord
            | Op::ConstObj
            | Op::QstrNumber(_)
            | Op::QstrObj(_)
            | Op::Child
            | Op::Context => {
                debug_assert!(false, "no instruction: {inst:?}");
                put(e, UD2)
            }
        }
    }

    fn call(&self, e: &mut E<'_>, callee: Callee) -> Emitted {
        match callee {
            Callee::Table { table, slot } => {
                let base = match table {
                    Place::Reg(preg) => reg(preg),
                    _ => {
                        mov_place(e, Reg::RAX, table)?;
                        Reg::RAX
                    }
                };
                let mem = Mem::base(base, slot as i32 * 8);
                put(e, encode::rm(Size::D, inst::CALL, 0, mem))?;
                // A C bool is one byte, the rest of the register is anything.
                if Fun::from_slot(slot).is_some_and(|fun| fun.result() == Kind::Bool) {
                    put(e, encode::rm(Size::D, inst::MOVZX8, 0, Reg::RAX))?;
                }
                Ok(())
            }
            Callee::Address(address) => {
                mov_imm(e, Reg::RAX, address)?;
                put(e, encode::rm(Size::D, inst::CALL, 0, Reg::RAX))
            }
            Callee::Direct(callee) => {
                e.direct_call(callee)?;
                e.buffer.put_bytes(&[0xe8, 0, 0, 0, 0])
            }
        }
    }

    fn nlr_push(&self, e: &mut E<'_>, table: Place, slot: Slot, caught: Label) -> Emitted {
        mov_place(e, Reg::RAX, table)?;
        let mem = Mem::base(Reg::RSP, e.frame.slot(slot, 0));
        put(e, encode::rm(Size::Q, inst::LEA, Reg::RDI.number(), mem))?;
        let table = Place::Reg(regs::RAX);
        let slot = Fun::NlrPush.slot();
        self.call(e, Callee::Table { table, slot })?;
        put(e, encode::rm(Size::D, inst::TEST_MR, 0, Reg::RAX))?;
        e.buffer.fixup(Jump::when(Flag::NE), caught)?;
        Ok(())
    }

    fn jump(&self, e: &mut E<'_>, to: Label) -> Emitted {
        e.buffer.fixup(Jump::ALWAYS, to)?;
        Ok(())
    }

    fn branch(&self, e: &mut E<'_>, cond: Cond, o: &Operands, to: Label) -> Emitted {
        let flag = compare(e, cond, o.a, o.b)?;
        e.buffer.fixup(Jump::when(flag), to)?;
        Ok(())
    }

    fn float_branch(
        &self,
        e: &mut E<'_>,
        cond: Cond,
        holds: bool,
        o: &Operands,
        ty: Type,
        to: Label,
    ) -> Emitted {
        let flag = float_compare(e, cond, ty, o.a, o.b)?;
        let equality = matches!(flag, Flag::E | Flag::NE);
        if !equality {
            let flag = if holds { flag } else { flag.negated() };
            e.buffer.fixup(Jump::when(flag), to)?;
        } else if (flag == Flag::NE) == holds {
            // Different, or unordered.
            e.buffer.fixup(Jump::when(Flag::NE), to)?;
            e.buffer.fixup(Jump::when(Flag::P), to)?;
        } else {
            let end = skip(e, Flag::P)?;
            e.buffer.fixup(Jump::when(Flag::E), to)?;
            e.buffer.bind(end);
        }
        Ok(())
    }

    fn checked(&self, e: &mut E<'_>, op: Overflow, o: &Operands, over: Label) -> Emitted {
        match op {
            Overflow::Add => two(e, ADD, true, o)?,
            Overflow::Sub => two(e, SUB, false, o)?,
            Overflow::Mul => multiply(e, o)?,
        }
        e.buffer.fixup(Jump::when(Flag::O), over)?;
        Ok(())
    }

    fn switch(&self, e: &mut E<'_>, o: &Operands, to: &[Label]) -> Emitted {
        let Some((last, rest)) = to.split_last() else {
            return put(e, UD2);
        };
        let a = reg_of(o.a);
        if rest.len() <= 4 {
            for (number, label) in rest.iter().enumerate() {
                let flag = compare(e, Cond::Eq, o.a, Place::Const(number as i64))?;
                e.buffer.fixup(Jump::when(flag), *label)?;
            }
            e.buffer.fixup(Jump::ALWAYS, *last)?;
            return Ok(());
        }
        let Some(temp) = o.temps[0] else {
            return put(e, UD2);
        };
        let temp = reg(temp);
        alu_imm(e, CMP, a.into(), rest.len() as i64)?;
        e.buffer.fixup(Jump::when(Flag::AE), *last)?;
        let table = e.buffer.new_label()?;
        e.buffer.fixup(Jump::lea(SCRATCH), table)?;
        let entry = Mem {
            base: Some(SCRATCH),
            index: Some((a, 2)),
            disp: 0,
        };
        put(e, encode::rm(Size::Q, inst::MOVSXD, temp.number(), entry))?;
        put(e, encode::rm(Size::Q, inst::ADD_RM, temp.number(), SCRATCH))?;
        put(e, encode::rm(Size::D, inst::JMP, 0, temp))?;
        e.buffer.bind(table);
        for label in rest {
            e.buffer.difference(*label, Some(table), 4)?;
        }
        Ok(())
    }

    fn keep(&self, e: &mut E<'_>, preg: Preg, back: bool) -> Emitted {
        let mem = Mem::base(Reg::RSP, e.frame.kept(preg));
        let code = match (preg.is_float(), back) {
            (false, false) => inst::MOV_MR,
            (false, true) => inst::MOV_RM,
            (true, false) => inst::MOVSD_MR,
            (true, true) => inst::MOVSD_RM,
        };
        let size = if preg.is_float() { Size::D } else { Size::Q };
        put(e, encode::rm(size, code, preg.number(), mem))
    }

    fn unreachable(&self, e: &mut E<'_>) -> Emitted {
        put(e, UD2)
    }

    fn patch_call(&self, bytes: &mut [u8], at: u32, target: u32) -> bool {
        let distance = target.wrapping_sub(at).wrapping_sub(5);
        let at = at as usize + 1;
        match bytes.get_mut(at..at + 4) {
            Some(field) => field.copy_from_slice(&distance.to_le_bytes()),
            None => return false,
        }
        true
    }
}

fn width_of(ty: Type) -> Width {
    match ty {
        Type::F32 => Width::F32,
        Type::F64 => Width::F64,
        _ => Width::Word,
    }
}

fn move_any_float(e: &mut E<'_>, dst: Place, src: Place, ty: Type) -> Emitted {
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

const _: () = assert!(regs::RCX.number() == 1 && regs::RDX.number() == 2);
