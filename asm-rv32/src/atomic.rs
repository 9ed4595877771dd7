//! Atomics.

use ferlance_asm::rows;

use crate::encode::*;
use crate::inst::{A, Inst, RV64};

rows! {
    /// The A extension.
    ATOMIC: Class -> Inst;

    // Words.
    "lr.w"       lr_w(rd: Rd, rs1: At1) = 0x1000202f, A;
    "sc.w"       sc_w(rd: Rd, rs2: Rs2, rs1: At1) = 0x1800202f, A;
    "amoswap.w"  amoswap_w(rd: Rd, rs2: Rs2, rs1: At1) = 0x0800202f, A;
    "amoadd.w"   amoadd_w(rd: Rd, rs2: Rs2, rs1: At1) = 0x0000202f, A;
    "amoxor.w"   amoxor_w(rd: Rd, rs2: Rs2, rs1: At1) = 0x2000202f, A;
    "amoand.w"   amoand_w(rd: Rd, rs2: Rs2, rs1: At1) = 0x6000202f, A;
    "amoor.w"    amoor_w(rd: Rd, rs2: Rs2, rs1: At1) = 0x4000202f, A;
    "amomin.w"   amomin_w(rd: Rd, rs2: Rs2, rs1: At1) = 0x8000202f, A;
    "amomax.w"   amomax_w(rd: Rd, rs2: Rs2, rs1: At1) = 0xa000202f, A;
    "amominu.w"  amominu_w(rd: Rd, rs2: Rs2, rs1: At1) = 0xc000202f, A;
    "amomaxu.w"  amomaxu_w(rd: Rd, rs2: Rs2, rs1: At1) = 0xe000202f, A;
    "lr.w.aq"    lr_w_aq(rd: Rd, rs1: At1) = 0x1400202f, A;
    "sc.w.aq"    sc_w_aq(rd: Rd, rs2: Rs2, rs1: At1) = 0x1c00202f, A;
    "amoswap.w.aq" amoswap_w_aq(rd: Rd, rs2: Rs2, rs1: At1) = 0x0c00202f, A;
    "amoadd.w.aq" amoadd_w_aq(rd: Rd, rs2: Rs2, rs1: At1) = 0x0400202f, A;
    "amoxor.w.aq" amoxor_w_aq(rd: Rd, rs2: Rs2, rs1: At1) = 0x2400202f, A;
    "amoand.w.aq" amoand_w_aq(rd: Rd, rs2: Rs2, rs1: At1) = 0x6400202f, A;
    "amoor.w.aq" amoor_w_aq(rd: Rd, rs2: Rs2, rs1: At1) = 0x4400202f, A;
    "amomin.w.aq" amomin_w_aq(rd: Rd, rs2: Rs2, rs1: At1) = 0x8400202f, A;
    "amomax.w.aq" amomax_w_aq(rd: Rd, rs2: Rs2, rs1: At1) = 0xa400202f, A;
    "amominu.w.aq" amominu_w_aq(rd: Rd, rs2: Rs2, rs1: At1) = 0xc400202f, A;
    "amomaxu.w.aq" amomaxu_w_aq(rd: Rd, rs2: Rs2, rs1: At1) = 0xe400202f, A;
    "lr.w.rl"    lr_w_rl(rd: Rd, rs1: At1) = 0x1200202f, A;
    "sc.w.rl"    sc_w_rl(rd: Rd, rs2: Rs2, rs1: At1) = 0x1a00202f, A;
    "amoswap.w.rl" amoswap_w_rl(rd: Rd, rs2: Rs2, rs1: At1) = 0x0a00202f, A;
    "amoadd.w.rl" amoadd_w_rl(rd: Rd, rs2: Rs2, rs1: At1) = 0x0200202f, A;
    "amoxor.w.rl" amoxor_w_rl(rd: Rd, rs2: Rs2, rs1: At1) = 0x2200202f, A;
    "amoand.w.rl" amoand_w_rl(rd: Rd, rs2: Rs2, rs1: At1) = 0x6200202f, A;
    "amoor.w.rl" amoor_w_rl(rd: Rd, rs2: Rs2, rs1: At1) = 0x4200202f, A;
    "amomin.w.rl" amomin_w_rl(rd: Rd, rs2: Rs2, rs1: At1) = 0x8200202f, A;
    "amomax.w.rl" amomax_w_rl(rd: Rd, rs2: Rs2, rs1: At1) = 0xa200202f, A;
    "amominu.w.rl" amominu_w_rl(rd: Rd, rs2: Rs2, rs1: At1) = 0xc200202f, A;
    "amomaxu.w.rl" amomaxu_w_rl(rd: Rd, rs2: Rs2, rs1: At1) = 0xe200202f, A;
    "lr.w.aqrl"  lr_w_aqrl(rd: Rd, rs1: At1) = 0x1600202f, A;
    "sc.w.aqrl"  sc_w_aqrl(rd: Rd, rs2: Rs2, rs1: At1) = 0x1e00202f, A;
    "amoswap.w.aqrl" amoswap_w_aqrl(rd: Rd, rs2: Rs2, rs1: At1) = 0x0e00202f, A;
    "amoadd.w.aqrl" amoadd_w_aqrl(rd: Rd, rs2: Rs2, rs1: At1) = 0x0600202f, A;
    "amoxor.w.aqrl" amoxor_w_aqrl(rd: Rd, rs2: Rs2, rs1: At1) = 0x2600202f, A;
    "amoand.w.aqrl" amoand_w_aqrl(rd: Rd, rs2: Rs2, rs1: At1) = 0x6600202f, A;
    "amoor.w.aqrl" amoor_w_aqrl(rd: Rd, rs2: Rs2, rs1: At1) = 0x4600202f, A;
    "amomin.w.aqrl" amomin_w_aqrl(rd: Rd, rs2: Rs2, rs1: At1) = 0x8600202f, A;
    "amomax.w.aqrl" amomax_w_aqrl(rd: Rd, rs2: Rs2, rs1: At1) = 0xa600202f, A;
    "amominu.w.aqrl" amominu_w_aqrl(rd: Rd, rs2: Rs2, rs1: At1) = 0xc600202f, A;
    "amomaxu.w.aqrl" amomaxu_w_aqrl(rd: Rd, rs2: Rs2, rs1: At1) = 0xe600202f, A;

    // Double words.
    "lr.d"       lr_d(rd: Rd, rs1: At1) = 0x1000302f, A | RV64;
    "sc.d"       sc_d(rd: Rd, rs2: Rs2, rs1: At1) = 0x1800302f, A | RV64;
    "amoswap.d"  amoswap_d(rd: Rd, rs2: Rs2, rs1: At1) = 0x0800302f, A | RV64;
    "amoadd.d"   amoadd_d(rd: Rd, rs2: Rs2, rs1: At1) = 0x0000302f, A | RV64;
    "amoxor.d"   amoxor_d(rd: Rd, rs2: Rs2, rs1: At1) = 0x2000302f, A | RV64;
    "amoand.d"   amoand_d(rd: Rd, rs2: Rs2, rs1: At1) = 0x6000302f, A | RV64;
    "amoor.d"    amoor_d(rd: Rd, rs2: Rs2, rs1: At1) = 0x4000302f, A | RV64;
    "amomin.d"   amomin_d(rd: Rd, rs2: Rs2, rs1: At1) = 0x8000302f, A | RV64;
    "amomax.d"   amomax_d(rd: Rd, rs2: Rs2, rs1: At1) = 0xa000302f, A | RV64;
    "amominu.d"  amominu_d(rd: Rd, rs2: Rs2, rs1: At1) = 0xc000302f, A | RV64;
    "amomaxu.d"  amomaxu_d(rd: Rd, rs2: Rs2, rs1: At1) = 0xe000302f, A | RV64;
    "lr.d.aq"    lr_d_aq(rd: Rd, rs1: At1) = 0x1400302f, A | RV64;
    "sc.d.aq"    sc_d_aq(rd: Rd, rs2: Rs2, rs1: At1) = 0x1c00302f, A | RV64;
    "amoswap.d.aq" amoswap_d_aq(rd: Rd, rs2: Rs2, rs1: At1) = 0x0c00302f, A | RV64;
    "amoadd.d.aq" amoadd_d_aq(rd: Rd, rs2: Rs2, rs1: At1) = 0x0400302f, A | RV64;
    "amoxor.d.aq" amoxor_d_aq(rd: Rd, rs2: Rs2, rs1: At1) = 0x2400302f, A | RV64;
    "amoand.d.aq" amoand_d_aq(rd: Rd, rs2: Rs2, rs1: At1) = 0x6400302f, A | RV64;
    "amoor.d.aq" amoor_d_aq(rd: Rd, rs2: Rs2, rs1: At1) = 0x4400302f, A | RV64;
    "amomin.d.aq" amomin_d_aq(rd: Rd, rs2: Rs2, rs1: At1) = 0x8400302f, A | RV64;
    "amomax.d.aq" amomax_d_aq(rd: Rd, rs2: Rs2, rs1: At1) = 0xa400302f, A | RV64;
    "amominu.d.aq" amominu_d_aq(rd: Rd, rs2: Rs2, rs1: At1) = 0xc400302f, A | RV64;
    "amomaxu.d.aq" amomaxu_d_aq(rd: Rd, rs2: Rs2, rs1: At1) = 0xe400302f, A | RV64;
    "lr.d.rl"    lr_d_rl(rd: Rd, rs1: At1) = 0x1200302f, A | RV64;
    "sc.d.rl"    sc_d_rl(rd: Rd, rs2: Rs2, rs1: At1) = 0x1a00302f, A | RV64;
    "amoswap.d.rl" amoswap_d_rl(rd: Rd, rs2: Rs2, rs1: At1) = 0x0a00302f, A | RV64;
    "amoadd.d.rl" amoadd_d_rl(rd: Rd, rs2: Rs2, rs1: At1) = 0x0200302f, A | RV64;
    "amoxor.d.rl" amoxor_d_rl(rd: Rd, rs2: Rs2, rs1: At1) = 0x2200302f, A | RV64;
    "amoand.d.rl" amoand_d_rl(rd: Rd, rs2: Rs2, rs1: At1) = 0x6200302f, A | RV64;
    "amoor.d.rl" amoor_d_rl(rd: Rd, rs2: Rs2, rs1: At1) = 0x4200302f, A | RV64;
    "amomin.d.rl" amomin_d_rl(rd: Rd, rs2: Rs2, rs1: At1) = 0x8200302f, A | RV64;
    "amomax.d.rl" amomax_d_rl(rd: Rd, rs2: Rs2, rs1: At1) = 0xa200302f, A | RV64;
    "amominu.d.rl" amominu_d_rl(rd: Rd, rs2: Rs2, rs1: At1) = 0xc200302f, A | RV64;
    "amomaxu.d.rl" amomaxu_d_rl(rd: Rd, rs2: Rs2, rs1: At1) = 0xe200302f, A | RV64;
    "lr.d.aqrl"  lr_d_aqrl(rd: Rd, rs1: At1) = 0x1600302f, A | RV64;
    "sc.d.aqrl"  sc_d_aqrl(rd: Rd, rs2: Rs2, rs1: At1) = 0x1e00302f, A | RV64;
    "amoswap.d.aqrl" amoswap_d_aqrl(rd: Rd, rs2: Rs2, rs1: At1) = 0x0e00302f, A | RV64;
    "amoadd.d.aqrl" amoadd_d_aqrl(rd: Rd, rs2: Rs2, rs1: At1) = 0x0600302f, A | RV64;
    "amoxor.d.aqrl" amoxor_d_aqrl(rd: Rd, rs2: Rs2, rs1: At1) = 0x2600302f, A | RV64;
    "amoand.d.aqrl" amoand_d_aqrl(rd: Rd, rs2: Rs2, rs1: At1) = 0x6600302f, A | RV64;
    "amoor.d.aqrl" amoor_d_aqrl(rd: Rd, rs2: Rs2, rs1: At1) = 0x4600302f, A | RV64;
    "amomin.d.aqrl" amomin_d_aqrl(rd: Rd, rs2: Rs2, rs1: At1) = 0x8600302f, A | RV64;
    "amomax.d.aqrl" amomax_d_aqrl(rd: Rd, rs2: Rs2, rs1: At1) = 0xa600302f, A | RV64;
    "amominu.d.aqrl" amominu_d_aqrl(rd: Rd, rs2: Rs2, rs1: At1) = 0xc600302f, A | RV64;
    "amomaxu.d.aqrl" amomaxu_d_aqrl(rd: Rd, rs2: Rs2, rs1: At1) = 0xe600302f, A | RV64;
}
