//! Functions that make no sense, of operations that exist: an assembler must refuse or accept
//! them, and neither panic nor stop at a failing allocation halfway.

use std::collections::BTreeSet;

use ferlance_asm::inline::{Body, Dialect, Function, Operand, Parameter};
use ferlance_asm::{AsmError, Message};
use ferlance_collections::oom::failing;

/// Assembles a function in a dialect, for one of the processors that a number stands for.
pub(crate) trait Assemble:
    for<'a> Fn(&Body<'a>, Dialect, usize) -> Result<Function, AsmError<'a>>
{
}

impl<F: for<'a> Fn(&Body<'a>, Dialect, usize) -> Result<Function, AsmError<'a>>> Assemble for F {}

/// A linear congruential generator: the same functions every time.
struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Self {
        Dice(seed)
    }

    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(0x5851_f42d_4c95_7f2d)
            .wrapping_add(0x1405_7b7e_f767_814f);
        (self.0 >> 33) as usize % limit
    }

    fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }
}

const INTEGERS: &[i64] = &[
    0,
    1,
    -1,
    2,
    3,
    4,
    5,
    7,
    8,
    15,
    16,
    17,
    31,
    32,
    33,
    -16,
    -32,
    63,
    64,
    95,
    96,
    124,
    127,
    128,
    255,
    256,
    257,
    -128,
    -129,
    -255,
    -256,
    508,
    510,
    1020,
    1021,
    1024,
    2047,
    2048,
    -2048,
    -2049,
    4095,
    4096,
    32767,
    32768,
    65535,
    65536,
    0xf_ffff,
    0xff00_ff00,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    -0x8000_0000,
    1 << 40,
    i64::MAX,
    i64::MIN,
];

/// An operand of any shape, of these names, nested at most `depth` deep.
fn operand<'a>(body: &mut Body<'a>, names: &[&'a str], dice: &mut Dice, depth: u32) -> Operand<'a> {
    let leaf = depth == 0 || dice.below(6) != 0;
    match leaf {
        true => match dice.below(12) {
            0..=5 => Operand::Name(dice.pick(names)),
            6..=9 => Operand::Int(dice.pick(INTEGERS)),
            10 => Operand::Float(dice.pick(&[0.0, 1.0, -2.5, 0.1, f64::NAN, f64::INFINITY])),
            _ => dice.pick(&[Operand::Str("!"), Operand::Str("x"), Operand::Other]),
        },
        false => {
            let shape = dice.below(7);
            let len = match shape {
                0 | 1 => dice.below(4),
                2 => 1 + dice.below(2),
                3 | 6 => 2,
                _ => 1,
            };
            let span = body.reserve(len).unwrap();
            for index in 0..len {
                let value = operand(body, names, dice, depth - 1);
                body.set(span, index, value);
            }
            match shape {
                0 => Operand::List(span),
                1 => Operand::Set(span),
                2 => Operand::Call(span),
                3 => Operand::Index(span),
                4 => Operand::Neg(span),
                5 => Operand::Pos(span),
                _ => Operand::Sub(span),
            }
        }
    }
}

/// A function of one to four such statements. `label(L)` and `label(M)` stand at its ends.
fn body<'a>(ops: &[&'a str], names: &[&'a str], dice: &mut Dice) -> Body<'a> {
    let mut body = Body::new();
    if dice.below(8) == 0 {
        body.parameters
            .push(Parameter::Plain(dice.pick(names)))
            .unwrap();
    }
    let label = |body: &mut Body<'a>, name| {
        let span = body.reserve(1).unwrap();
        body.set(span, 0, Operand::Name(name));
        body.push("label", span, 1).unwrap();
    };
    label(&mut body, "L");
    for line in 0..1 + dice.below(8) / 7 {
        let count = dice.below(5);
        let span = body.reserve(count).unwrap();
        for index in 0..count {
            let value = operand(&mut body, names, dice, 3);
            body.set(span, index, value);
        }
        body.push(dice.pick(ops), span, line as u32 + 2).unwrap();
    }
    label(&mut body, "M");
    body
}

/// Checks that functions of these operations are assembled, or refused with a message.
pub(crate) fn check_refusals(ops: &BTreeSet<String>, names: &[&str], assemble: impl Assemble) {
    let ops: Vec<&str> = ops.iter().map(String::as_str).collect();
    let mut dice = Dice::new(1);
    let (mut accepted, mut refused) = (0, 0);
    for round in 0..40_000 {
        let dialect = match round % 2 {
            0 => Dialect::Stock,
            _ => Dialect::Full,
        };
        match assemble(&body(&ops, names, &mut dice), dialect, round) {
            Ok(_) => accepted += 1,
            Err(error) => {
                assert!(!error.to_string().is_empty());
                refused += 1;
            }
        }
    }
    assert!(
        accepted > 100 && refused > 10_000,
        "{accepted} accepted, {refused} refused"
    );
}

/// Checks that a function with a far `jump` tells of every allocation that fails.
pub(crate) fn check_failing_allocations(jump: &'static str, assemble: impl Assemble) {
    let mut body = Body::new();
    let far = body.reserve(1).unwrap();
    body.set(far, 0, Operand::Name("FAR"));
    let data = body.reserve(2).unwrap();
    body.set(data, 0, Operand::Int(100));
    body.set(data, 1, Operand::Int(1));
    body.push(jump, far, 3).unwrap();
    for line in 4..20 {
        body.push("data", data, line).unwrap();
    }
    body.push("label", far, 20).unwrap();
    let allocations = failing::sweep(|| match assemble(&body, Dialect::Full, 1) {
        Ok(_) => Ok(()),
        Err(error) => {
            assert_eq!(error.message, Message::OutOfMemory);
            Err(())
        }
    });
    assert!(allocations > 3, "{allocations}");
}
