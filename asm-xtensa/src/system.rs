//! System instructions: special registers, synchronisation, exceptions, caches, translation.

use ferlance_asm::rows;

use crate::encode::*;
use crate::inst::{CACHE, CORE, Inst, WINDOWED};

rows! {
    /// System instructions.
    SYSTEM: Class -> Inst;

    // Special and user registers.
    "rsr"        rsr(rt: At, special: Sr) = 0x030000, CORE;
    "wsr"        wsr(rt: At, special: Sr) = 0x130000, CORE;
    "xsr"        xsr(rt: At, special: Sr) = 0x610000, CORE;
    "rur"        rur(ar: Ar, user: UrRead) = 0xe30000, CORE;
    "wur"        wur(rt: At, user: UrWrite) = 0xf30000, CORE;
    "rer"        rer(rt: At, rs: As) = 0x406000, CORE;
    "wer"        wer(rt: At, rs: As) = 0x407000, CORE;

    // Synchronisation.
    "isync"      isync() = 0x002000, CORE;
    "rsync"      rsync() = 0x002010, CORE;
    "esync"      esync() = 0x002020, CORE;
    "dsync"      dsync() = 0x002030, CORE;
    "excw"       excw() = 0x002080, CORE;
    "memw"       memw() = 0x0020c0, CORE;
    "extw"       extw() = 0x0020d0, CORE;

    // Exceptions and interrupts.
    "rfe"        rfe() = 0x003000, CORE;
    "rfde"       rfde() = 0x003200, CORE;
    "rfwo"       rfwo() = 0x003400, WINDOWED;
    "rfwu"       rfwu() = 0x003500, WINDOWED;
    "rfi"        rfi(level: U4s) = 0x003010, CORE;
    "break"      break_(one: U4s, two: U4t) = 0x004000, CORE;
    "syscall"    syscall() = 0x005000, CORE;
    "simcall"    simcall() = 0x005100, CORE;
    "rsil"       rsil(rt: At, level: U4s) = 0x006000, CORE;
    "waiti"      waiti(level: U4s) = 0x007000, CORE;

    // Caches.
    "dpfr"       dpfr(rs: As, offset: U8Word) = 0x007002, CACHE;
    "dpfw"       dpfw(rs: As, offset: U8Word) = 0x007012, CACHE;
    "dpfro"      dpfro(rs: As, offset: U8Word) = 0x007022, CACHE;
    "dpfwo"      dpfwo(rs: As, offset: U8Word) = 0x007032, CACHE;
    "dhwb"       dhwb(rs: As, offset: U8Word) = 0x007042, CACHE;
    "dhwbi"      dhwbi(rs: As, offset: U8Word) = 0x007052, CACHE;
    "dhi"        dhi(rs: As, offset: U8Word) = 0x007062, CACHE;
    "dii"        dii(rs: As, offset: U8Word) = 0x007072, CACHE;
    "ipf"        ipf(rs: As, offset: U8Word) = 0x0070c2, CACHE;
    "ihi"        ihi(rs: As, offset: U8Word) = 0x0070e2, CACHE;
    "iii"        iii(rs: As, offset: U8Word) = 0x0070f2, CACHE;

    // Locked lines and write-back by index.
    "dpfl"       dpfl(rs: As, offset: U4Line) = 0x007082, CACHE;
    "dhu"        dhu(rs: As, offset: U4Line) = 0x027082, CACHE;
    "diu"        diu(rs: As, offset: U4Line) = 0x037082, CACHE;
    "diwb"       diwb(rs: As, offset: U4Line) = 0x047082, CACHE;
    "diwbi"      diwbi(rs: As, offset: U4Line) = 0x057082, CACHE;
    "ipfl"       ipfl(rs: As, offset: U4Line) = 0x0070d2, CACHE;
    "ihu"        ihu(rs: As, offset: U4Line) = 0x0270d2, CACHE;
    "iiu"        iiu(rs: As, offset: U4Line) = 0x0370d2, CACHE;

    // Address translation.
    "ritlb0"     ritlb0(rt: At, rs: As) = 0x503000, CACHE;
    "pitlb"      pitlb(rt: At, rs: As) = 0x505000, CACHE;
    "witlb"      witlb(rt: At, rs: As) = 0x506000, CACHE;
    "ritlb1"     ritlb1(rt: At, rs: As) = 0x507000, CACHE;
    "rdtlb0"     rdtlb0(rt: At, rs: As) = 0x50b000, CACHE;
    "pdtlb"      pdtlb(rt: At, rs: As) = 0x50d000, CACHE;
    "wdtlb"      wdtlb(rt: At, rs: As) = 0x50e000, CACHE;
    "rdtlb1"     rdtlb1(rt: At, rs: As) = 0x50f000, CACHE;
    "iitlb"      iitlb(rs: As) = 0x504000, CACHE;
    "idtlb"      idtlb(rs: As) = 0x50c000, CACHE;
}
