//! The compressed form of an instruction, where there is one.
//!
//! Source: the manual's chapter on C, table of what each 16-bit instruction expands to. Branches
//! and jumps are not here: their fixups choose by distance.

use crate::base;
use crate::compressed as c;
use crate::encode::*;
use crate::inst::{C, Features, Inst, M, RV64, ZBA, ZBB, ZCB};
use crate::reg::Reg;
use ferlance_asm::row::Slot;

/// The shortest encoding of `inst` on a core with these features: 16 bits or itself.
pub fn shortest(inst: Inst, features: Features) -> Inst {
    if features & C == 0 || inst.size() == 2 {
        return inst;
    }
    compress(inst, features).unwrap_or(inst)
}

struct Fields {
    rd: Reg,
    rs1: Reg,
    rs2: Reg,
    imm: i32,
}

fn compress(inst: Inst, features: Features) -> Option<Inst> {
    let word = inst.0;
    let register = |at: u32| Reg::new((word >> at & 31) as u8);
    let f = Fields {
        rd: register(7),
        rs1: register(15),
        rs2: register(20),
        imm: word as i32 >> 20,
    };
    let wide = features & RV64 != 0;
    let function = word >> 12 & 7;
    match (word & 0x7f, function) {
        (0x13, 0) => addi(&f),
        (0x13, 1 | 5) => shift(word, &f, wide),
        (0x13, 7) if f.imm == 0xff && features & ZCB != 0 => two(&f).then(|| c::c_zext_b(f.rd)),
        (0x13, 7) => (two(&f) && C6::KIND.encode(f.imm).is_some()).then(|| c::c_andi(f.rd, f.imm)),
        (0x13, 4) if f.imm == -1 && features & ZCB != 0 => two(&f).then(|| c::c_not(f.rd)),
        (0x1b, 0) if wide && f.rd != Reg::ZERO && C6::KIND.encode(f.imm).is_some() => {
            if f.rs1 == Reg::ZERO {
                Some(c::c_li(f.rd, f.imm))
            } else {
                (f.rd == f.rs1).then(|| c::c_addiw(f.rd, f.imm))
            }
        }
        (0x37, _) => {
            let upper = U20::KIND.take(word);
            let fits = f.rd != Reg::ZERO && f.rd != Reg::SP && CUpper::KIND.encode(upper).is_some();
            fits.then(|| c::c_lui(f.rd, upper))
        }
        (0x03, _) => load(&f, function, features),
        (0x23, _) => store(word, &f, function, features),
        (0x33 | 0x3b, _) => registers(word, &f, features),
        (0x67, 0) if f.imm == 0 && f.rs1 != Reg::ZERO => match f.rd {
            Reg::ZERO => Some(c::c_jr(f.rs1)),
            Reg::RA => Some(c::c_jalr(f.rs1)),
            _ => None,
        },
        _ if inst == base::ebreak() => Some(c::c_ebreak()),
        _ => None,
    }
    .or_else(|| bit_manipulation(word, &f, features))
}

/// Whether the instruction works in place on one of the eight registers.
fn two(f: &Fields) -> bool {
    f.rd == f.rs1 && f.rd.is_popular()
}

fn addi(f: &Fields) -> Option<Inst> {
    let small = C6::KIND.encode(f.imm).is_some();
    match (f.rd, f.rs1, f.imm) {
        (Reg::ZERO, Reg::ZERO, 0) => Some(c::c_nop()),
        (Reg::ZERO, ..) => None,
        (rd, Reg::ZERO, imm) if small => Some(c::c_li(rd, imm)),
        (_, Reg::ZERO, _) => None,
        (rd, rs1, 0) => Some(c::c_mv(rd, rs1)),
        (rd, rs1, imm) if rd == rs1 && small => Some(c::c_addi(rd, imm)),
        (Reg::SP, Reg::SP, imm) => C16Sp::KIND.encode(imm).map(|_| c::c_addi16sp((), imm)),
        (rd, Reg::SP, imm) if rd.is_popular() => {
            C4Spn::KIND.encode(imm).map(|_| c::c_addi4spn(rd, (), imm))
        }
        _ => None,
    }
}

fn shift(word: u32, f: &Fields, wide: bool) -> Option<Inst> {
    let by = (word >> 20 & if wide { 63 } else { 31 }) as i32;
    let kind = word & !(0x3f << 20) & 0xfe00_7000;
    if by == 0 || f.rd != f.rs1 || f.rd == Reg::ZERO {
        return None;
    }
    // A 64-bit row with the same bits serves both widths: the sixth bit is zero in narrow ones.
    match kind {
        0x1000 => Some(c::c_slli_64(f.rd, by)),
        0x5000 if f.rd.is_popular() => Some(c::c_srli_64(f.rd, by)),
        0x4000_5000 if f.rd.is_popular() => Some(c::c_srai_64(f.rd, by)),
        _ => None,
    }
}

fn load(f: &Fields, function: u32, features: Features) -> Option<Inst> {
    let wide = features & RV64 != 0;
    let popular = f.rd.is_popular() && f.rs1.is_popular();
    let stack = f.rs1 == Reg::SP && f.rd != Reg::ZERO;
    let zcb = features & ZCB != 0 && popular;
    match function {
        2 if stack && CSpWord::KIND.encode(f.imm).is_some() => Some(c::c_lwsp(f.rd, f.imm)),
        2 if popular && COffWord::KIND.encode(f.imm).is_some() => Some(c::c_lw(f.rd, f.imm, f.rs1)),
        3 if wide && stack && CSpDouble::KIND.encode(f.imm).is_some() => {
            Some(c::c_ldsp(f.rd, f.imm))
        }
        3 if wide && popular && COffDouble::KIND.encode(f.imm).is_some() => {
            Some(c::c_ld(f.rd, f.imm, f.rs1))
        }
        4 if zcb && COffByte::KIND.encode(f.imm).is_some() => Some(c::c_lbu(f.rd, f.imm, f.rs1)),
        5 if zcb && COffHalf::KIND.encode(f.imm).is_some() => Some(c::c_lhu(f.rd, f.imm, f.rs1)),
        1 if zcb && COffHalf::KIND.encode(f.imm).is_some() => Some(c::c_lh(f.rd, f.imm, f.rs1)),
        _ => None,
    }
}

fn store(word: u32, f: &Fields, function: u32, features: Features) -> Option<Inst> {
    let wide = features & RV64 != 0;
    let offset = OffS12::KIND.take(word);
    let popular = f.rs2.is_popular() && f.rs1.is_popular();
    let stack = f.rs1 == Reg::SP;
    let zcb = features & ZCB != 0 && popular;
    match function {
        2 if stack && CSpWordS::KIND.encode(offset).is_some() => Some(c::c_swsp(f.rs2, offset)),
        2 if popular && COffWord::KIND.encode(offset).is_some() => {
            Some(c::c_sw(f.rs2, offset, f.rs1))
        }
        3 if wide && stack && CSpDoubleS::KIND.encode(offset).is_some() => {
            Some(c::c_sdsp(f.rs2, offset))
        }
        3 if wide && popular && COffDouble::KIND.encode(offset).is_some() => {
            Some(c::c_sd(f.rs2, offset, f.rs1))
        }
        0 if zcb && COffByte::KIND.encode(offset).is_some() => Some(c::c_sb(f.rs2, offset, f.rs1)),
        1 if zcb && COffHalf::KIND.encode(offset).is_some() => Some(c::c_sh(f.rs2, offset, f.rs1)),
        _ => None,
    }
}

fn registers(word: u32, f: &Fields, features: Features) -> Option<Inst> {
    if word & 0xfe00_707f == 0x33 && f.rd != Reg::ZERO {
        // add: a move if one side is zero, else in place.
        return match (f.rs1, f.rs2) {
            (Reg::ZERO, Reg::ZERO) => None,
            (Reg::ZERO, rs) | (rs, Reg::ZERO) => Some(c::c_mv(f.rd, rs)),
            (rs1, rs2) if rs1 == f.rd => Some(c::c_add(f.rd, rs2)),
            (rs1, rs2) if rs2 == f.rd => Some(c::c_add(f.rd, rs1)),
            _ => None,
        };
    }
    if !f.rd.is_popular() {
        return None;
    }
    let (form, commutes): (fn(Reg, Reg) -> Inst, bool) = match word & 0xfe00_707f {
        0x4000_0033 => (c::c_sub, false),
        0x0000_4033 => (c::c_xor, true),
        0x0000_6033 => (c::c_or, true),
        0x0000_7033 => (c::c_and, true),
        0x4000_003b if features & RV64 != 0 => (c::c_subw, false),
        0x0000_003b if features & RV64 != 0 => (c::c_addw, true),
        0x0200_0033 if features & (ZCB | M) == ZCB | M => (c::c_mul, true),
        _ => return None,
    };
    if f.rs1 == f.rd && f.rs2.is_popular() {
        Some(form(f.rd, f.rs2))
    } else if commutes && f.rs2 == f.rd && f.rs1.is_popular() {
        Some(form(f.rd, f.rs1))
    } else {
        None
    }
}

/// Zcb's forms of Zbb and Zba.
fn bit_manipulation(word: u32, f: &Fields, features: Features) -> Option<Inst> {
    if features & ZCB == 0 || !two(f) {
        return None;
    }
    let zbb = features & ZBB == ZBB;
    match word & 0xfff0_707f {
        0x6040_1013 if zbb => Some(c::c_sext_b(f.rd)),
        0x6050_1013 if zbb => Some(c::c_sext_h(f.rd)),
        0x0800_4033 if zbb && features & RV64 == 0 => Some(c::c_zext_h(f.rd)),
        0x0800_403b if zbb && features & RV64 != 0 => Some(c::c_zext_h(f.rd)),
        0x0800_003b if features & (ZBA | RV64) == ZBA | RV64 => Some(c::c_zext_w(f.rd)),
        _ => None,
    }
}
