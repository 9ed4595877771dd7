//! Multiplication and division.

use ferlance_asm::rows;

use crate::encode::*;
use crate::inst::{Inst, M, RV64};

rows! {
    /// The M extension.
    MULDIV: Class -> Inst;

    // M.
    "mul"        mul(rd: Rd, rs1: Rs1, rs2: Rs2) = 0x02000033, M;
    "mulh"       mulh(rd: Rd, rs1: Rs1, rs2: Rs2) = 0x02001033, M;
    "mulhsu"     mulhsu(rd: Rd, rs1: Rs1, rs2: Rs2) = 0x02002033, M;
    "mulhu"      mulhu(rd: Rd, rs1: Rs1, rs2: Rs2) = 0x02003033, M;
    "div"        div(rd: Rd, rs1: Rs1, rs2: Rs2) = 0x02004033, M;
    "divu"       divu(rd: Rd, rs1: Rs1, rs2: Rs2) = 0x02005033, M;
    "rem"        rem(rd: Rd, rs1: Rs1, rs2: Rs2) = 0x02006033, M;
    "remu"       remu(rd: Rd, rs1: Rs1, rs2: Rs2) = 0x02007033, M;
    "mulw"       mulw(rd: Rd, rs1: Rs1, rs2: Rs2) = 0x0200003b, M | RV64;
    "divw"       divw(rd: Rd, rs1: Rs1, rs2: Rs2) = 0x0200403b, M | RV64;
    "divuw"      divuw(rd: Rd, rs1: Rs1, rs2: Rs2) = 0x0200503b, M | RV64;
    "remw"       remw(rd: Rd, rs1: Rs1, rs2: Rs2) = 0x0200603b, M | RV64;
    "remuw"      remuw(rd: Rd, rs1: Rs1, rs2: Rs2) = 0x0200703b, M | RV64;
}
