//! The registers of RISC-V cores (ilp32, lp64).
use crate::arch::{Place, Preg, PregSet, RegFile};

const fn x(number: u8) -> Preg {
    Preg::int(number)
}

/// `ra`.
pub(super) const RA: Preg = x(1);

static ARGS: [Preg; 8] = [x(10), x(11), x(12), x(13), x(14), x(15), x(16), x(17)];
/// `a0` to `a7`, `t1` to `t5`, then `s0` to `s11`.
static INTS: [Preg; 25] = [
    x(10),
    x(11),
    x(12),
    x(13),
    x(14),
    x(15),
    x(16),
    x(17),
    x(6),
    x(7),
    x(28),
    x(29),
    x(30),
    x(8),
    x(9),
    x(18),
    x(19),
    x(20),
    x(21),
    x(22),
    x(23),
    x(24),
    x(25),
    x(26),
    x(27),
];

/// All registers that values get.
pub(super) static FILE: RegFile = RegFile {
    ints: &INTS,
    floats: &[],
    callee_saved: PregSet(0x0ffc_0300),
    params: &ARGS,
    ret: x(10),
    args: &ARGS,
    result: x(10),
    float_args: &[],
    float_result: Preg::float(10),
    callee: x(5),
    scratch: Place::Reg(x(31)),
    float_scratch: Place::Reg(Preg::float(31)),
    moves_use_scratch: true,
};
