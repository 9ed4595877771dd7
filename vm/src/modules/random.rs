//! `random`: the Yasmarang generator (spec library, random); programs see the stock sequence.

use ferlance_abi::qstr;

use crate::call::Args;
use crate::exc;
use crate::members;
use crate::obj::builtin_fun::BuiltinFun;
use crate::obj::int::Wide;
use crate::obj::module::ModuleDef;
use crate::obj::word::Obj;
use crate::obj::{float, int};
use crate::runtime::{R, Raised, Runtime};

/// The generator's state.
#[derive(Clone, Copy, Debug)]
pub struct Yasmarang {
    pad: u32,
    n: u32,
    d: u32,
    dat: u8,
}

impl Default for Yasmarang {
    fn default() -> Self {
        Yasmarang::seeded(0xeda4_baba)
    }
}

impl Yasmarang {
    /// The generator after `seed(seed)`.
    pub fn seeded(seed: u32) -> Yasmarang {
        Yasmarang {
            pad: seed,
            n: 69,
            d: 233,
            dat: 0,
        }
    }

    /// The next 32 bits.
    pub fn draw(&mut self) -> u32 {
        self.pad = self
            .pad
            .wrapping_add(u32::from(self.dat))
            .wrapping_add(self.d.wrapping_mul(self.n));
        self.pad = (self.pad << 3).wrapping_add(self.pad >> 29);
        self.n = self.pad | 2;
        self.d ^= (self.pad << 31).wrapping_add(self.pad >> 1);
        self.dat ^= (self.pad as u8) ^ ((self.d >> 8) as u8) ^ 1;
        self.pad ^ (self.d << 5) ^ (self.pad >> 18) ^ (u32::from(self.dat) << 1)
    }

    /// A number in `0..n`; `n` is not 0.
    fn below(&mut self, n: u64) -> u64 {
        let mask = n.next_power_of_two().wrapping_sub(1) | (n - 1);
        let mask = if n > 1 << 63 { u64::MAX } else { mask };
        loop {
            let mut value = u64::from(self.draw());
            if mask > u64::from(u32::MAX) {
                value = value << 32 | u64::from(self.draw());
            }
            if value & mask < n {
                return value & mask;
            }
        }
    }

    /// A float in 0…1.
    fn float(&mut self) -> f64 {
        let high = u64::from(self.draw());
        let bits = high << 32 | u64::from(self.draw());
        f64::from_bits(bits & ((1 << 52) - 1) | 0x3ff << 52) - 1.0
    }
}

static SEED: BuiltinFun = BuiltinFun::var(qstr!("seed"), 0, 1, seed);
static GETRANDBITS: BuiltinFun = BuiltinFun::f1(qstr!("getrandbits"), getrandbits);
static RANDRANGE: BuiltinFun = BuiltinFun::var(qstr!("randrange"), 1, 3, randrange);
static RANDINT: BuiltinFun = BuiltinFun::f2(qstr!("randint"), randint);
static CHOICE: BuiltinFun = BuiltinFun::f1(qstr!("choice"), choice);
static RANDOM: BuiltinFun = BuiltinFun::f0(qstr!("random"), |rt| {
    let value = rt.state.random.float();
    float::new(rt, value)
});
static UNIFORM: BuiltinFun = BuiltinFun::f2(qstr!("uniform"), uniform);
static INIT: BuiltinFun = BuiltinFun::f0(qstr!("__init__"), |_| Ok(Obj::NONE));

/// `random`.
pub static MODULE: ModuleDef = ModuleDef {
    name: qstr!("random"),
    members: members! {
        "__init__" => Fun(&INIT),
        "choice" => Fun(&CHOICE),
        "getrandbits" => Fun(&GETRANDBITS),
        "randint" => Fun(&RANDINT),
        "random" => Fun(&RANDOM),
        "randrange" => Fun(&RANDRANGE),
        "seed" => Fun(&SEED),
        "uniform" => Fun(&UNIFORM),
    },
    extensible: true,
    attr: None,
    set_attr: None,
};

#[cold]
fn empty(rt: &mut Runtime) -> Raised {
    rt.raise(&exc::VALUE_ERROR, &[])
}

fn seed(rt: &mut Runtime, args: Args<'_>) -> R<Obj> {
    let seed = match args.get(0) {
        Some(seed) if int::is_int(seed) => int::low_word(seed) as u32,
        Some(seed) if !seed.is_none() => rt.int(seed)? as u32,
        _ => {
            let mut bytes = [0u8; 4];
            if rt.hal.entropy(&mut bytes) {
                u32::from_le_bytes(bytes)
            } else {
                rt.hal.clock().ticks_us() as u32
            }
        }
    };
    rt.state.random = Yasmarang::seeded(seed);
    Ok(Obj::NONE)
}

fn getrandbits(rt: &mut Runtime, bits: Obj) -> R<Obj> {
    let bits = rt.int(bits)?;
    if !(0..=32).contains(&bits) {
        return Err(rt.value_error("bits must be 32 or less"));
    }
    if bits == 0 {
        return Ok(Obj::int(0));
    }
    let value = rt.state.random.draw() & (u32::MAX >> (32 - bits));
    int::from_u64(rt, u64::from(value))
}

fn randrange(rt: &mut Runtime, args: Args<'_>) -> R<Obj> {
    let start = rt.int(args.pos()[0])?;
    let Some(stop) = args.get(1) else {
        if start <= 0 {
            return Err(empty(rt));
        }
        let value = rt.state.random.below(start as u64);
        return int::from_u64(rt, value);
    };
    let stop = rt.int(stop)?;
    let step = match args.get(2) {
        Some(step) => rt.int(step)? as Wide,
        None => 1,
    };
    let width = stop as Wide - start as Wide;
    let n = match step {
        0 => 0,
        step if step > 0 => (width + step - 1).div_euclid(step),
        step => (width + step + 1) / step,
    };
    if n <= 0 {
        return Err(empty(rt));
    }
    let value = rt.state.random.below(n as u64);
    int::from_wide(rt, start as Wide + step * value as Wide)
}

fn randint(rt: &mut Runtime, a: Obj, b: Obj) -> R<Obj> {
    let (a, b) = (rt.int(a)? as Wide, rt.int(b)? as Wide);
    if a > b {
        return Err(empty(rt));
    }
    let Ok(n) = u64::try_from(b - a + 1) else {
        return Err(empty(rt));
    };
    let value = rt.state.random.below(n);
    int::from_wide(rt, a + value as Wide)
}

fn choice(rt: &mut Runtime, seq: Obj) -> R<Obj> {
    let n = rt.len(seq)?;
    match n.as_small() {
        Some(n) if n > 0 => {
            let i = rt.state.random.below(n as u64) as isize;
            rt.get_item(seq, Obj::int(i))
        }
        _ => Err(rt.raise(&exc::INDEX_ERROR, &[])),
    }
}

fn uniform(rt: &mut Runtime, a: Obj, b: Obj) -> R<Obj> {
    let (a, b) = (rt.float(a)?, rt.float(b)?);
    let x = rt.state.random.float();
    float::new(rt, a + (b - a) * x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_cover_their_ends() {
        let mut g = Yasmarang::seeded(1);
        let mut seen = [false; 5];
        for _ in 0..200 {
            seen[g.below(5) as usize] = true;
        }
        assert_eq!(seen, [true; 5]);
        assert_eq!(g.below(1), 0);
    }
}
