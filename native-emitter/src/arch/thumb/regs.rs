//! The registers of Thumb cores.
//!
//! Float register `n` is `d<n>`, and for single precision its lower half, `s<2n>`: so both types share one file.
use crate::arch::{Place, Preg, PregSet, RegFile};

const fn r(number: u8) -> Preg {
    Preg::int(number)
}

const fn f(number: u8) -> Preg {
    Preg::float(number)
}

/// `r12`.
pub(super) const R12: Preg = r(12);
/// `lr`.
pub(super) const LR: Preg = r(14);

static PARAMS: [Preg; 4] = [r(0), r(1), r(2), r(3)];
static LOW: [Preg; 8] = [r(0), r(1), r(2), r(3), r(4), r(5), r(6), r(7)];
static ALL: [Preg; 12] = [
    r(0),
    r(1),
    r(2),
    r(3),
    r(4),
    r(5),
    r(6),
    r(7),
    r(8),
    r(9),
    r(10),
    r(11),
];
/// All but `d7`, and `d11` to `d15`: an exception buffer keeps those below only, so a jump to a handler would bring
/// back the values that a callee left there.
static FLOATS: [Preg; 10] = [f(0), f(1), f(2), f(3), f(4), f(5), f(6), f(8), f(9), f(10)];
static FLOAT_ARGS: [Preg; 1] = [f(0)];

/// `r4` to `r11`, `d8` to `d15`.
const CALLEE_SAVED: PregSet = PregSet(0xff0 | 0xff00 << 32);

const fn file(ints: &'static [Preg], floats: &'static [Preg]) -> RegFile {
    RegFile {
        ints,
        floats,
        callee_saved: CALLEE_SAVED,
        params: &PARAMS,
        ret: r(0),
        args: &PARAMS,
        result: r(0),
        float_args: &FLOAT_ARGS,
        float_result: f(0),
        callee: LR,
        scratch: Place::Reg(R12),
        float_scratch: Place::Reg(f(7)),
        moves_use_scratch: true,
    }
}

/// Armv6-M.
pub(super) static V6: RegFile = file(&LOW, &[]);
/// Short instructions only, with float registers.
pub(super) static LOW_FP: RegFile = file(&LOW, &FLOATS);
/// Armv7-M without float registers.
pub(super) static V7: RegFile = file(&ALL, &[]);
/// Armv7-M with float registers.
pub(super) static V7_FP: RegFile = file(&ALL, &FLOATS);

/// The registers that 16-bit instructions can name.
pub(super) const LOWS: PregSet = PregSet(0xff);
