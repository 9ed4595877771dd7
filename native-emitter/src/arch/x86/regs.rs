//! Which registers values get. In 64-bit code `r11` and `xmm15` are kept for moves and for constants that have no room in
//! an instruction; else everything but the stack pointer is for values.
use crate::arch::{Place, Preg, PregSet, RegFile};

pub(super) const RAX: Preg = Preg::int(0);
pub(super) const RCX: Preg = Preg::int(1);
pub(super) const RDX: Preg = Preg::int(2);
const RBX: Preg = Preg::int(3);
const RBP: Preg = Preg::int(5);
const RSI: Preg = Preg::int(6);
const RDI: Preg = Preg::int(7);

macro_rules! numbered {
    ($kind:ident: $($number:literal)*) => {
        &[$(Preg::$kind($number)),*]
    };
}

pub(super) static WIDE: RegFile = RegFile {
    ints: &[
        RAX,
        RCX,
        RDX,
        RSI,
        RDI,
        Preg::int(8),
        Preg::int(9),
        Preg::int(10),
        RBX,
        RBP,
        Preg::int(14),
        Preg::int(15),
        // As bases these two are a byte longer.
        Preg::int(12),
        Preg::int(13),
    ],
    floats: numbered!(float: 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14),
    callee_saved: PregSet::ints(&[3, 5, 12, 13, 14, 15]),
    params: ARGS,
    ret: RAX,
    args: ARGS,
    result: RAX,
    float_args: numbered!(float: 0 1 2 3 4 5 6 7),
    float_result: Preg::float(0),
    callee: RAX,
    scratch: Place::Reg(Preg::int(11)),
    float_scratch: Place::Reg(Preg::float(15)),
    moves_use_scratch: false,
};

/// 32-bit code. A word of the frame is the scratch place.
pub(super) static NARROW: RegFile = RegFile {
    ints: &[RAX, RCX, RDX, RBX, RSI, RDI, RBP],
    floats: &[],
    callee_saved: PregSet::ints(&[3, 5, 6, 7]),
    params: &[],
    ret: RAX,
    args: &[],
    result: RAX,
    float_args: &[],
    float_result: Preg::float(0),
    callee: RAX,
    scratch: Place::SCRATCH_WORD,
    float_scratch: Place::SCRATCH_WORD,
    moves_use_scratch: false,
};

/// The registers whose low bytes 32-bit code can name.
pub(super) const BYTES: PregSet = PregSet::ints(&[0, 1, 2, 3]);

const ARGS: &[Preg] = &[RDI, RSI, RDX, RCX, Preg::int(8), Preg::int(9)];

const _: () = assert!(RCX.number() == 1 && RDX.number() == 2);
