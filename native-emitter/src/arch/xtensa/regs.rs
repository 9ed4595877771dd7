//! The registers of Xtensa cores under both conventions.
use crate::arch::{Place, Preg, PregSet, RegFile};

const fn a(number: u8) -> Preg {
    Preg::int(number)
}

/// `a0`.
pub(super) const A0: Preg = a(0);

static CALL0_ARGS: [Preg; 6] = [a(2), a(3), a(4), a(5), a(6), a(7)];
static CALL0_INTS: [Preg; 13] = [
    a(2),
    a(3),
    a(4),
    a(5),
    a(6),
    a(7),
    a(9),
    a(10),
    a(11),
    a(12),
    a(13),
    a(14),
    a(15),
];

/// call0: `a12` to `a15` are the callee's to save, `a0` has the return address.
pub(super) static CALL0: RegFile = RegFile {
    ints: &CALL0_INTS,
    floats: &[],
    callee_saved: PregSet(0xf000),
    params: &CALL0_ARGS,
    ret: a(2),
    args: &CALL0_ARGS,
    result: a(2),
    float_args: &[],
    float_result: Preg::float(0),
    callee: A0,
    scratch: Place::Reg(a(8)),
    float_scratch: Place::Reg(Preg::float(15)),
    moves_use_scratch: true,
};

static WINDOWED_ARGS: [Preg; 6] = [a(10), a(11), a(12), a(13), a(14), a(15)];
static WINDOWED_INTS: [Preg; 12] = [
    a(2),
    a(3),
    a(4),
    a(5),
    a(6),
    a(7),
    a(10),
    a(11),
    a(12),
    a(13),
    a(14),
    a(15),
];

/// Register windows, moved by eight at calls: `a2` to `a7` are saved by nobody and kept.
pub(super) static WINDOWED: RegFile = RegFile {
    ints: &WINDOWED_INTS,
    floats: &[],
    callee_saved: PregSet(0xfc),
    params: &CALL0_ARGS,
    ret: a(2),
    args: &WINDOWED_ARGS,
    result: a(10),
    float_args: &[],
    float_result: Preg::float(0),
    callee: a(9),
    scratch: Place::Reg(a(8)),
    float_scratch: Place::Reg(Preg::float(15)),
    moves_use_scratch: true,
};
