//! Frames and calls, System V: arguments in registers in 64-bit code, on the stack in 32-bit code. Calls push the return
//! address; sp is a multiple of 16 at calls.
use ferlance_abi::Fun;
use ferlance_abi::fun_table::Kind;
use ferlance_asm::Label;
use ferlance_asm_x64::encode::{self, RET};
use ferlance_asm_x64::inst;
use ferlance_asm_x64::{Cond as Flag, Jump, Mem, Reg, Size};

use super::arith::{ADD, SUB, alu_imm};
use super::regs::{RAX, RCX};
use super::words::{E, is_wide, lea_sp, mov_imm, mov_place, put, reg};
use crate::arch::{Callee, Emitted, Place};
use crate::frame::FrameShape;
use crate::nir::Slot;

pub(super) static WIDE: FrameShape = FrameShape {
    align: 16,
    above_entry: 8,
    extra: 0,
    link: None,
    saved_bytes: [8, 8],
    saved_align: 8,
};

/// No register is spared for moves.
pub(super) static NARROW: FrameShape = FrameShape {
    align: 16,
    above_entry: 4,
    extra: 0,
    link: None,
    saved_bytes: [4, 4],
    saved_align: 4,
};

pub(super) fn enter(e: &mut E<'_>) -> Emitted {
    for preg in e.frame.saved.iter() {
        put(e, encode::push(reg(preg)))?;
    }
    match e.frame.locals as i64 {
        0 => Ok(()),
        locals => alu_imm(e, SUB, Reg::RSP.into(), locals),
    }
}

pub(super) fn leave(e: &mut E<'_>) -> Emitted {
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

pub(super) fn call(e: &mut E<'_>, callee: Callee) -> Emitted {
    match callee {
        Callee::Table { table, slot } => {
            let base = match table {
                Place::Reg(preg) => reg(preg),
                _ => {
                    mov_place(e, Reg::RAX, table)?;
                    Reg::RAX
                }
            };
            let mem = Mem::base(base, slot as i32 * e.frame.word as i32);
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

pub(super) fn push_handler(e: &mut E<'_>, table: Place, slot: Slot, caught: Label) -> Emitted {
    let byte = e.frame.slot(slot, 0);
    let table = if is_wide(e) {
        // The table may be in the argument's register.
        mov_place(e, Reg::RAX, table)?;
        lea_sp(e, Reg::RDI, byte)?;
        RAX
    } else {
        let table = match table {
            Place::Reg(preg) => preg,
            _ => {
                mov_place(e, Reg::RAX, table)?;
                RAX
            }
        };
        let buffer = reg(if table == RAX { RCX } else { RAX });
        lea_sp(e, buffer, byte)?;
        let argument = Mem::base(Reg::RSP, e.frame.outgoing(0));
        put(
            e,
            encode::rm(Size::D, inst::MOV_MR, buffer.number(), argument),
        )?;
        table
    };
    let table = Place::Reg(table);
    let slot = Fun::NlrPush.slot();
    call(e, Callee::Table { table, slot })?;
    put(e, encode::rm(Size::D, inst::TEST_MR, 0, Reg::RAX))?;
    e.buffer.fixup(Jump::when(Flag::NE), caught)?;
    Ok(())
}
