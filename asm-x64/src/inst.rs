//! **The** table of opcodes.
//!
//! A row: name, prefix (0: none), opcode map (`0x0f` or 0), opcode, digit in the register field (8: a register is
//! there), and what the operands are.

/// What stands in the register field and in the other operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Register, then register or memory: `add r, r/m`.
    RegRm,
    /// Register or memory, then register: `mov r/m, r`.
    RmReg,
    /// Byte register as the second: `mov r/m8, r8`.
    RmReg8,
    /// Register, then byte operand: `movzx r, r/m8`.
    RegRm8,
    /// Register, then 16-bit operand.
    RegRm16,
    /// Register, then 32-bit operand.
    RegRm32,
    /// Register or memory alone.
    Rm,
    /// Register or memory, always of 64 bits in 64-bit code: calls and jumps.
    RmWord,
    /// Byte operand alone.
    Rm8,
    /// Register or memory, then a byte constant.
    RmImm8,
    /// Register or memory, then a constant of 32 bits (16 for 16-bit operands).
    RmImm32,
    /// Byte operand, then a byte constant.
    Rm8Imm8,
    /// Register or memory, then `cl`.
    RmCl,
    /// Register, register or memory, byte constant.
    RegRmImm8,
    /// Register, register or memory, 32-bit constant.
    RegRmImm32,
    /// Vector register, then vector register or memory of 8 bytes.
    XmmRm64,
    /// The same of 4 bytes.
    XmmRm32,
    /// The same of 16 bytes; only registers here.
    XmmXmm,
    /// Memory, then vector register, 8 bytes.
    Rm64Xmm,
    /// Memory, then vector register, 4 bytes.
    Rm32Xmm,
    /// Vector register, then general register.
    XmmReg,
    /// General register, then vector register; the vector register is in the other operand.
    RegXmm,
    /// General register or memory, then vector register; the vector register is in the register field.
    RmXmm,
}

/// One row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opcode {
    /// The mnemonic.
    pub name: &'static str,
    /// `66`, `f2`, `f3`, or 0.
    pub prefix: u8,
    /// `0f`, or 0.
    pub map: u8,
    /// The opcode.
    pub byte: u8,
    /// The digit in the register field, or 8.
    pub digit: u8,
    /// The operands.
    pub kind: Kind,
}

macro_rules! opcodes {
    ($($id:ident $name:literal $prefix:literal $map:literal $byte:literal $digit:literal $kind:ident;)*) => {
        $(
            #[doc = concat!("`", $name, "`.")]
            pub const $id: Opcode = Opcode {
                name: $name,
                prefix: $prefix,
                map: $map,
                byte: $byte,
                digit: $digit,
                kind: Kind::$kind,
            };
        )*
        /// All rows.
        pub const ALL: &[Opcode] = &[$($id),*];
    };
}

#[rustfmt::skip]
opcodes! {
    ADD_RM      "add"   0 0 0x03 8 RegRm;
    OR_RM       "or"    0 0 0x0b 8 RegRm;
    AND_RM      "and"   0 0 0x23 8 RegRm;
    SUB_RM      "sub"   0 0 0x2b 8 RegRm;
    XOR_RM      "xor"   0 0 0x33 8 RegRm;
    CMP_RM      "cmp"   0 0 0x3b 8 RegRm;
    CMP_MR      "cmp"   0 0 0x39 8 RmReg;
    MOV_RM      "mov"   0 0 0x8b 8 RegRm;
    MOV_MR      "mov"   0 0 0x89 8 RmReg;
    MOV_MR8     "mov"   0 0 0x88 8 RmReg8;
    LEA         "lea"   0 0 0x8d 8 RegRm;
    TEST_MR     "test"  0 0 0x85 8 RmReg;
    TEST_MR8    "test"  0 0 0x84 8 RmReg8;
    XCHG_MR     "xchg"  0 0 0x87 8 RmReg;
    MOVSXD      "movsxd" 0 0 0x63 8 RegRm32;
    MOVZX8      "movzx" 0 0x0f 0xb6 8 RegRm8;
    MOVZX16     "movzx" 0 0x0f 0xb7 8 RegRm16;
    MOVSX8      "movsx" 0 0x0f 0xbe 8 RegRm8;
    MOVSX16     "movsx" 0 0x0f 0xbf 8 RegRm16;
    IMUL_RM     "imul"  0 0x0f 0xaf 8 RegRm;
    IMUL_IMM8   "imul"  0 0 0x6b 8 RegRmImm8;
    IMUL_IMM32  "imul"  0 0 0x69 8 RegRmImm32;

    ADD_IMM8    "add"   0 0 0x83 0 RmImm8;
    OR_IMM8     "or"    0 0 0x83 1 RmImm8;
    AND_IMM8    "and"   0 0 0x83 4 RmImm8;
    SUB_IMM8    "sub"   0 0 0x83 5 RmImm8;
    XOR_IMM8    "xor"   0 0 0x83 6 RmImm8;
    CMP_IMM8    "cmp"   0 0 0x83 7 RmImm8;
    ADD_IMM32   "add"   0 0 0x81 0 RmImm32;
    OR_IMM32    "or"    0 0 0x81 1 RmImm32;
    AND_IMM32   "and"   0 0 0x81 4 RmImm32;
    SUB_IMM32   "sub"   0 0 0x81 5 RmImm32;
    XOR_IMM32   "xor"   0 0 0x81 6 RmImm32;
    CMP_IMM32   "cmp"   0 0 0x81 7 RmImm32;
    TEST_IMM8   "test"  0 0 0xf6 0 Rm8Imm8;
    TEST_IMM32  "test"  0 0 0xf7 0 RmImm32;
    CMP8_IMM8   "cmp"   0 0 0x80 7 Rm8Imm8;
    MOV_IMM32   "mov"   0 0 0xc7 0 RmImm32;
    MOV8_IMM8   "mov"   0 0 0xc6 0 Rm8Imm8;

    NOT         "not"   0 0 0xf7 2 Rm;
    NEG         "neg"   0 0 0xf7 3 Rm;
    MUL         "mul"   0 0 0xf7 4 Rm;
    DIV         "div"   0 0 0xf7 6 Rm;
    IDIV        "idiv"  0 0 0xf7 7 Rm;
    INC         "inc"   0 0 0xff 0 Rm;
    DEC         "dec"   0 0 0xff 1 Rm;
    CALL        "call"  0 0 0xff 2 RmWord;
    JMP         "jmp"   0 0 0xff 4 RmWord;
    PUSH        "push"  0 0 0xff 6 RmWord;
    POP         "pop"   0 0 0x8f 0 RmWord;

    SHL_IMM8    "shl"   0 0 0xc1 4 RmImm8;
    SHR_IMM8    "shr"   0 0 0xc1 5 RmImm8;
    SAR_IMM8    "sar"   0 0 0xc1 7 RmImm8;
    SHL_CL      "shl"   0 0 0xd3 4 RmCl;
    SHR_CL      "shr"   0 0 0xd3 5 RmCl;
    SAR_CL      "sar"   0 0 0xd3 7 RmCl;

    MOVSD_RM    "movsd" 0xf2 0x0f 0x10 8 XmmRm64;
    MOVSS_RM    "movss" 0xf3 0x0f 0x10 8 XmmRm32;
    MOVSD_MR    "movsd" 0xf2 0x0f 0x11 8 Rm64Xmm;
    MOVSS_MR    "movss" 0xf3 0x0f 0x11 8 Rm32Xmm;
    ADDSD       "addsd" 0xf2 0x0f 0x58 8 XmmRm64;
    MULSD       "mulsd" 0xf2 0x0f 0x59 8 XmmRm64;
    SUBSD       "subsd" 0xf2 0x0f 0x5c 8 XmmRm64;
    DIVSD       "divsd" 0xf2 0x0f 0x5e 8 XmmRm64;
    SQRTSD      "sqrtsd" 0xf2 0x0f 0x51 8 XmmRm64;
    ADDSS       "addss" 0xf3 0x0f 0x58 8 XmmRm32;
    MULSS       "mulss" 0xf3 0x0f 0x59 8 XmmRm32;
    SUBSS       "subss" 0xf3 0x0f 0x5c 8 XmmRm32;
    DIVSS       "divss" 0xf3 0x0f 0x5e 8 XmmRm32;
    SQRTSS      "sqrtss" 0xf3 0x0f 0x51 8 XmmRm32;
    UCOMISD     "ucomisd" 0x66 0x0f 0x2e 8 XmmRm64;
    UCOMISS     "ucomiss" 0 0x0f 0x2e 8 XmmRm32;
    CVTSD2SS    "cvtsd2ss" 0xf2 0x0f 0x5a 8 XmmRm64;
    CVTSS2SD    "cvtss2sd" 0xf3 0x0f 0x5a 8 XmmRm32;
    CVTSI2SD    "cvtsi2sd" 0xf2 0x0f 0x2a 8 XmmReg;
    CVTSI2SS    "cvtsi2ss" 0xf3 0x0f 0x2a 8 XmmReg;
    CVTTSD2SI   "cvttsd2si" 0xf2 0x0f 0x2c 8 RegXmm;
    CVTTSS2SI   "cvttss2si" 0xf3 0x0f 0x2c 8 RegXmm;
    MOVQ_XR     "movq"  0x66 0x0f 0x6e 8 XmmReg;
    MOVQ_RX     "movq"  0x66 0x0f 0x7e 8 RmXmm;
    MOVAPS      "movaps" 0 0x0f 0x28 8 XmmXmm;
    XORPS       "xorps" 0 0x0f 0x57 8 XmmXmm;
    ANDPS       "andps" 0 0x0f 0x54 8 XmmXmm;
}

use crate::reg::Cond;

/// `setCC r/m8`.
pub const fn setcc(cond: Cond) -> Opcode {
    Opcode {
        name: "set",
        prefix: 0,
        map: 0x0f,
        byte: 0x90 | cond as u8,
        digit: 0,
        kind: Kind::Rm8,
    }
}

/// `cmovCC r, r/m`.
pub const fn cmovcc(cond: Cond) -> Opcode {
    Opcode {
        name: "cmov",
        prefix: 0,
        map: 0x0f,
        byte: 0x40 | cond as u8,
        digit: 8,
        kind: Kind::RegRm,
    }
}
