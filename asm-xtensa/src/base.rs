//! The core architecture, windows, loops, booleans, multiplication and division.

use ferlance_asm::rows;

use crate::encode::*;
use crate::inst::{BOOL, CORE, DIV, Inst, LOOP, MISC, MUL16, MUL32, MULHIGH, SYNC, WINDOWED};

rows! {
    /// 24-bit encodings but those of coprocessors and the system.
    BASE_ROWS: Class -> Inst;

    // Arithmetic and logic.
    "and"        and(ar: Ar, rs: As, rt: At) = 0x100000, CORE;
    "or"         or(ar: Ar, rs: As, rt: At) = 0x200000, CORE;
    "xor"        xor(ar: Ar, rs: As, rt: At) = 0x300000, CORE;
    "add"        add(ar: Ar, rs: As, rt: At) = 0x800000, CORE;
    "addx2"      addx2(ar: Ar, rs: As, rt: At) = 0x900000, CORE;
    "addx4"      addx4(ar: Ar, rs: As, rt: At) = 0xa00000, CORE;
    "addx8"      addx8(ar: Ar, rs: As, rt: At) = 0xb00000, CORE;
    "sub"        sub(ar: Ar, rs: As, rt: At) = 0xc00000, CORE;
    "subx2"      subx2(ar: Ar, rs: As, rt: At) = 0xd00000, CORE;
    "subx4"      subx4(ar: Ar, rs: As, rt: At) = 0xe00000, CORE;
    "subx8"      subx8(ar: Ar, rs: As, rt: At) = 0xf00000, CORE;
    "neg"        neg(ar: Ar, rt: At) = 0x600000, CORE;
    "abs"        abs(ar: Ar, rt: At) = 0x600100, CORE;
    "mov"        mov(ar: Ar, rs: AsTwice) = 0x200000, CORE;
    "addi"       addi(rt: At, rs: As, imm: I8) = 0x00c002, CORE;
    "addmi"      addmi(rt: At, rs: As, imm: I8Hundred) = 0x00d002, CORE;
    "movi"       movi(rt: At, imm: I12) = 0x00a002, CORE;
    "nsa"        nsa(rt: At, rs: As) = 0x40e000, CORE;
    "nsau"       nsau(rt: At, rs: As) = 0x40f000, CORE;
    "extui"      extui(ar: Ar, rt: At, lsb: Lsb, width: Width) = 0x040000, CORE;
    "sext"       sext(ar: Ar, rs: As, bit: SignBit) = 0x230000, MISC;
    "clamps"     clamps(ar: Ar, rs: As, bit: SignBit) = 0x330000, MISC;
    "min"        min(ar: Ar, rs: As, rt: At) = 0x430000, MISC;
    "max"        max(ar: Ar, rs: As, rt: At) = 0x530000, MISC;
    "minu"       minu(ar: Ar, rs: As, rt: At) = 0x630000, MISC;
    "maxu"       maxu(ar: Ar, rs: As, rt: At) = 0x730000, MISC;
    "moveqz"     moveqz(ar: Ar, rs: As, rt: At) = 0x830000, CORE;
    "movnez"     movnez(ar: Ar, rs: As, rt: At) = 0x930000, CORE;
    "movltz"     movltz(ar: Ar, rs: As, rt: At) = 0xa30000, CORE;
    "movgez"     movgez(ar: Ar, rs: As, rt: At) = 0xb30000, CORE;

    // Shifts.
    "slli"       slli(ar: Ar, rs: As, by: Left) = 0x010000, CORE;
    "srai"       srai(ar: Ar, rt: At, by: Right) = 0x210000, CORE;
    "srli"       srli(ar: Ar, rt: At, by: Right4) = 0x410000, CORE;
    "src"        src(ar: Ar, rs: As, rt: At) = 0x810000, CORE;
    "srl"        srl(ar: Ar, rt: At) = 0x910000, CORE;
    "sll"        sll(ar: Ar, rs: As) = 0xa10000, CORE;
    "sra"        sra(ar: Ar, rt: At) = 0xb10000, CORE;
    "ssr"        ssr(rs: As) = 0x400000, CORE;
    "ssl"        ssl(rs: As) = 0x401000, CORE;
    "ssa8l"      ssa8l(rs: As) = 0x402000, CORE;
    "ssa8b"      ssa8b(rs: As) = 0x403000, CORE;
    "ssai"       ssai(by: ShiftAmount) = 0x404000, CORE;

    // Multiplication and division.
    "mul16u"     mul16u(ar: Ar, rs: As, rt: At) = 0xc10000, MUL16;
    "mul16s"     mul16s(ar: Ar, rs: As, rt: At) = 0xd10000, MUL16;
    "mull"       mull(ar: Ar, rs: As, rt: At) = 0x820000, MUL32;
    "muluh"      muluh(ar: Ar, rs: As, rt: At) = 0xa20000, MULHIGH;
    "mulsh"      mulsh(ar: Ar, rs: As, rt: At) = 0xb20000, MULHIGH;
    "quou"       quou(ar: Ar, rs: As, rt: At) = 0xc20000, DIV;
    "quos"       quos(ar: Ar, rs: As, rt: At) = 0xd20000, DIV;
    "remu"       remu(ar: Ar, rs: As, rt: At) = 0xe20000, DIV;
    "rems"       rems(ar: Ar, rs: As, rt: At) = 0xf20000, DIV;

    // Loads and stores.
    "l8ui"       l8ui(rt: At, rs: As, offset: U8) = 0x000002, CORE;
    "l16ui"      l16ui(rt: At, rs: As, offset: U8Half) = 0x001002, CORE;
    "l16si"      l16si(rt: At, rs: As, offset: U8Half) = 0x009002, CORE;
    "l32i"       l32i(rt: At, rs: As, offset: U8Word) = 0x002002, CORE;
    "s8i"        s8i(rt: At, rs: As, offset: U8) = 0x004002, CORE;
    "s16i"       s16i(rt: At, rs: As, offset: U8Half) = 0x005002, CORE;
    "s32i"       s32i(rt: At, rs: As, offset: U8Word) = 0x006002, CORE;
    "l32ai"      l32ai(rt: At, rs: As, offset: U8Word) = 0x00b002, SYNC;
    "s32c1i"     s32c1i(rt: At, rs: As, offset: U8Word) = 0x00e002, SYNC;
    "s32ri"      s32ri(rt: At, rs: As, offset: U8Word) = 0x00f002, SYNC;
    "l32r"       l32r(rt: At, to: ToLiteral) = 0x000001, CORE;

    // Jumps and calls.
    "j"          j(to: To18) = 0x000006, CORE;
    "jx"         jx(rs: As) = 0x0000a0, CORE;
    "call0"      call0(to: ToCall) = 0x000005, CORE;
    "callx0"     callx0(rs: As) = 0x0000c0, CORE;
    "ret"        ret() = 0x000080, CORE;
    "call4"      call4(to: ToCall) = 0x000015, WINDOWED;
    "call8"      call8(to: ToCall) = 0x000025, WINDOWED;
    "call12"     call12(to: ToCall) = 0x000035, WINDOWED;
    "callx4"     callx4(rs: As) = 0x0000d0, WINDOWED;
    "callx8"     callx8(rs: As) = 0x0000e0, WINDOWED;
    "callx12"    callx12(rs: As) = 0x0000f0, WINDOWED;
    "retw"       retw() = 0x000090, WINDOWED;
    "entry"      entry(rs: As, size: Frame) = 0x000036, WINDOWED;
    "movsp"      movsp(rt: At, rs: As) = 0x001000, WINDOWED;
    "rotw"       rotw(by: Rotation) = 0x408000, WINDOWED;
    "l32e"       l32e(rt: At, rs: As, offset: Below64) = 0x090000, WINDOWED;
    "s32e"       s32e(rt: At, rs: As, offset: Below64) = 0x490000, WINDOWED;

    // Branches.
    "bnone"      bnone(rs: As, rt: At, to: To8) = 0x000007, CORE;
    "beq"        beq(rs: As, rt: At, to: To8) = 0x001007, CORE;
    "blt"        blt(rs: As, rt: At, to: To8) = 0x002007, CORE;
    "bltu"       bltu(rs: As, rt: At, to: To8) = 0x003007, CORE;
    "ball"       ball(rs: As, rt: At, to: To8) = 0x004007, CORE;
    "bbc"        bbc(rs: As, rt: At, to: To8) = 0x005007, CORE;
    "bany"       bany(rs: As, rt: At, to: To8) = 0x008007, CORE;
    "bne"        bne(rs: As, rt: At, to: To8) = 0x009007, CORE;
    "bge"        bge(rs: As, rt: At, to: To8) = 0x00a007, CORE;
    "bgeu"       bgeu(rs: As, rt: At, to: To8) = 0x00b007, CORE;
    "bnall"      bnall(rs: As, rt: At, to: To8) = 0x00c007, CORE;
    "bbs"        bbs(rs: As, rt: At, to: To8) = 0x00d007, CORE;
    "bbci"       bbci(rs: As, bit: Bit, to: To8) = 0x006007, CORE;
    "bbsi"       bbsi(rs: As, bit: Bit, to: To8) = 0x00e007, CORE;
    "beqz"       beqz(rs: As, to: To12) = 0x000016, CORE;
    "bnez"       bnez(rs: As, to: To12) = 0x000056, CORE;
    "bltz"       bltz(rs: As, to: To12) = 0x000096, CORE;
    "bgez"       bgez(rs: As, to: To12) = 0x0000d6, CORE;
    "beqi"       beqi(rs: As, with: Signed, to: To8) = 0x000026, CORE;
    "bnei"       bnei(rs: As, with: Signed, to: To8) = 0x000066, CORE;
    "blti"       blti(rs: As, with: Signed, to: To8) = 0x0000a6, CORE;
    "bgei"       bgei(rs: As, with: Signed, to: To8) = 0x0000e6, CORE;
    "bltui"      bltui(rs: As, with: Unsigned, to: To8) = 0x0000b6, CORE;
    "bgeui"      bgeui(rs: As, with: Unsigned, to: To8) = 0x0000f6, CORE;

    // Loops.
    "loop"       loop_(rs: As, to: ToEnd) = 0x008076, LOOP;
    "loopnez"    loopnez(rs: As, to: ToEnd) = 0x009076, LOOP;
    "loopgtz"    loopgtz(rs: As, to: ToEnd) = 0x00a076, LOOP;

    // Booleans.
    "bf"         bf(bs: Bs, to: To8) = 0x000076, BOOL;
    "bt"         bt(bs: Bs, to: To8) = 0x001076, BOOL;
    "movf"       movf(ar: Ar, rs: As, bt: Bt) = 0xc30000, BOOL;
    "movt"       movt(ar: Ar, rs: As, bt: Bt) = 0xd30000, BOOL;
    "andb"       andb(br: Br, bs: Bs, bt: Bt) = 0x020000, BOOL;
    "andbc"      andbc(br: Br, bs: Bs, bt: Bt) = 0x120000, BOOL;
    "orb"        orb(br: Br, bs: Bs, bt: Bt) = 0x220000, BOOL;
    "orbc"       orbc(br: Br, bs: Bs, bt: Bt) = 0x320000, BOOL;
    "xorb"       xorb(br: Br, bs: Bs, bt: Bt) = 0x420000, BOOL;
    "any4"       any4(bt: Bt, bs: Bs4) = 0x008000, BOOL;
    "all4"       all4(bt: Bt, bs: Bs4) = 0x009000, BOOL;
    "any8"       any8(bt: Bt, bs: Bs8) = 0x00a000, BOOL;
    "all8"       all8(bt: Bt, bs: Bs8) = 0x00b000, BOOL;

    // Nothing.
    "nop"        nop() = 0x0020f0, CORE;
    "ill"        ill() = 0x000000, CORE;
}
