//! Operands, and how they are put to an opcode.
use core::ops::Deref;

use crate::inst::{Kind, Opcode};
use crate::reg::{Reg, Xmm};

/// Size of operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// 16 bits.
    W,
    /// 32 bits; the upper half of a 64-bit register becomes zero.
    D,
    /// 64 bits.
    Q,
}

/// `[base + index * 2^scale + disp]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mem {
    /// The base; without one the address is absolute or only an index.
    pub base: Option<Reg>,
    /// The index, not `rsp`, and the power of two it is multiplied by, up to 3.
    pub index: Option<(Reg, u8)>,
    /// The displacement.
    pub disp: i32,
}

impl Mem {
    /// `[base + disp]`.
    pub const fn base(base: Reg, disp: i32) -> Mem {
        Mem {
            base: Some(base),
            index: None,
            disp,
        }
    }
}

/// A register or memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rm {
    /// A register, general or vector, by number.
    Reg(u8),
    /// Memory.
    Mem(Mem),
}

impl From<Reg> for Rm {
    fn from(reg: Reg) -> Rm {
        Rm::Reg(reg.number())
    }
}

impl From<Xmm> for Rm {
    fn from(reg: Xmm) -> Rm {
        Rm::Reg(reg.number())
    }
}

impl From<Mem> for Rm {
    fn from(mem: Mem) -> Rm {
        Rm::Mem(mem)
    }
}

/// The bytes of one instruction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bytes {
    bytes: [u8; 16],
    len: u8,
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or(&[])
    }
}

impl Bytes {
    const fn new() -> Bytes {
        Bytes {
            bytes: [0; 16],
            len: 0,
        }
    }

    /// No instruction has more than 15 bytes.
    fn put(&mut self, byte: u8) {
        if let Some(slot) = self.bytes.get_mut(usize::from(self.len)) {
            *slot = byte;
            self.len += 1;
        }
    }

    fn put_le(&mut self, value: i64, count: usize) {
        for byte in value.to_le_bytes().into_iter().take(count) {
            self.put(byte);
        }
    }

    /// Prefixes, opcode and operands.
    fn head(&mut self, size: Size, op: &Opcode, reg: u8, rm: Rm, byte_reg: bool) {
        let reg = if op.digit < 8 { op.digit } else { reg };
        if size == Size::W {
            self.put(0x66);
        }
        if op.prefix != 0 {
            self.put(op.prefix);
        }
        let mut rex = reg >> 3 << 2;
        if size == Size::Q && op.kind != Kind::RmWord {
            rex |= 8;
        }
        match rm {
            Rm::Reg(number) => rex |= number >> 3,
            Rm::Mem(mem) => {
                rex |= mem.index.map_or(0, |(index, _)| index.number() >> 3 << 1);
                rex |= mem.base.map_or(0, |base| base.number() >> 3);
            }
        }
        if rex != 0 || byte_reg {
            self.put(0x40 | rex);
        }
        if op.map != 0 {
            self.put(op.map);
        }
        self.put(op.byte);
        self.operand(reg & 7, rm);
    }

    fn operand(&mut self, reg: u8, rm: Rm) {
        let mem = match rm {
            Rm::Reg(number) => return self.put(0xc0 | reg << 3 | number & 7),
            Rm::Mem(mem) => mem,
        };
        let disp = mem.disp;
        let Some(base) = mem.base else {
            // No base: a SIB byte that says so, and 32 bits.
            let (index, scale) = mem
                .index
                .map_or((4, 0), |(index, scale)| (index.number(), scale));
            self.put(reg << 3 | 4);
            self.put((scale & 3) << 6 | (index & 7) << 3 | 5);
            return self.put_le(i64::from(disp), 4);
        };
        // Bases 5 and 13 without displacement would mean something else.
        let (mode, bytes) = match i8::try_from(disp) {
            Ok(0) if base.number() & 7 != 5 => (0, 0),
            Ok(_) => (0x40, 1),
            Err(_) => (0x80, 4),
        };
        match mem.index {
            Some((index, scale)) => {
                self.put(mode | reg << 3 | 4);
                self.put((scale & 3) << 6 | (index.number() & 7) << 3 | base.number() & 7);
            }
            // Bases 4 and 12 need a SIB byte.
            None if base.number() & 7 == 4 => {
                self.put(mode | reg << 3 | 4);
                self.put(0x24);
            }
            None => self.put(mode | reg << 3 | base.number() & 7),
        }
        self.put_le(i64::from(disp), bytes);
    }
}

/// Whether a byte operand in this register needs a REX prefix: without one it means `ah` and so on.
const fn is_new_byte(number: u8) -> bool {
    number >= 4 && number < 8
}

/// An instruction with a register and a register or memory. The register is not looked at if the opcode has a digit.
pub fn rm(size: Size, op: Opcode, reg: u8, operand: impl Into<Rm>) -> Bytes {
    let operand = operand.into();
    let byte_reg = match (op.kind, operand) {
        (Kind::RmReg8, Rm::Reg(other)) => is_new_byte(reg) || is_new_byte(other),
        (Kind::RmReg8, Rm::Mem(_)) => is_new_byte(reg),
        (Kind::RegRm8 | Kind::Rm8 | Kind::Rm8Imm8, Rm::Reg(number)) => is_new_byte(number),
        _ => false,
    };
    let mut bytes = Bytes::new();
    bytes.head(size, &op, reg, operand, byte_reg);
    bytes
}

/// An instruction with a constant behind its operands. The constant has as many bits as the opcode says.
pub fn rm_imm(size: Size, op: Opcode, reg: u8, operand: impl Into<Rm>, imm: i32) -> Bytes {
    let mut bytes = rm(size, op, reg, operand);
    let count = match op.kind {
        Kind::RmImm8 | Kind::Rm8Imm8 | Kind::RegRmImm8 => 1,
        _ if size == Size::W => 2,
        _ => 4,
    };
    bytes.put_le(i64::from(imm), count);
    bytes
}

/// `mov reg, imm` of all 64 bits.
pub fn mov_imm64(reg: Reg, imm: i64) -> Bytes {
    let mut bytes = Bytes::new();
    bytes.put(0x48 | reg.number() >> 3);
    bytes.put(0xb8 | reg.number() & 7);
    bytes.put_le(imm, 8);
    bytes
}

/// `mov reg, imm` of 32 bits; the upper half becomes zero.
pub fn mov_imm32(reg: Reg, imm: u32) -> Bytes {
    let mut bytes = Bytes::new();
    if reg.number() >= 8 {
        bytes.put(0x41);
    }
    bytes.put(0xb8 | reg.number() & 7);
    bytes.put_le(i64::from(imm), 4);
    bytes
}

/// An instruction with a register in its opcode.
const fn short(byte: u8, reg: Reg) -> Bytes {
    let mut bytes = Bytes::new();
    let mut at = 0;
    if reg.number() >= 8 {
        bytes.bytes[0] = 0x41;
        at = 1;
    }
    bytes.bytes[at] = byte | reg.number() & 7;
    bytes.len = at as u8 + 1;
    bytes
}

/// `push reg`.
pub const fn push(reg: Reg) -> Bytes {
    short(0x50, reg)
}

/// `pop reg`.
pub const fn pop(reg: Reg) -> Bytes {
    short(0x58, reg)
}

/// An instruction without operands.
const fn plain(list: &[u8]) -> Bytes {
    let mut bytes = Bytes::new();
    let mut at = 0;
    while at < list.len() {
        bytes.bytes[at] = list[at];
        at += 1;
    }
    bytes.len = at as u8;
    bytes
}

/// `ret`.
pub const RET: Bytes = plain(&[0xc3]);
/// `ud2`: a trap.
pub const UD2: Bytes = plain(&[0x0f, 0x0b]);
/// `cdq`: the sign of `eax` into all of `edx`.
pub const CDQ: Bytes = plain(&[0x99]);
/// `cqo`: the sign of `rax` into all of `rdx`.
pub const CQO: Bytes = plain(&[0x48, 0x99]);
