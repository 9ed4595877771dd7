//! What the optimiser makes of random functions does what they do, for every architecture, in fewer steps.
use ferlance_abi::{Arch as Name, Fun};
use ferlance_native_emitter::Target;
use ferlance_native_emitter::arch::{Arch, riscv::Riscv, thumb::Thumb, x86::X86, xtensa::Xtensa};
use ferlance_native_emitter::nir::{Func, Op, verify};
use ferlance_native_emitter::opt::optimise;
use ferlance_tests::nir::interp::{Stop, World, run};
use ferlance_tests::nir::random::{Dice, Shape, function};

const START: u64 = 0x1000;
const MEMORY: u32 = 1024;
const FUEL: u64 = 30_000;

/// All that shows of a run.
#[derive(Debug, PartialEq)]
struct Outcome {
    end: Result<u64, Stop>,
    calls: Vec<(Fun, Vec<u64>)>,
    memory: Vec<u8>,
}

fn mix(seed: u64, value: u64) -> u64 {
    let mixed = (seed ^ value).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed ^ mixed >> 29
}

/// What a run shows, and the steps it took.
fn outcome(func: &Func, word: u32, args: [u64; 2], raises: bool) -> (Outcome, u64) {
    let mut calls: Vec<(Fun, Vec<u64>)> = Vec::new();
    let mut call = |_: &mut [u8], fun: Fun, args: &[u64]| {
        let seed = mix(fun.slot() as u64 + 1, calls.len() as u64);
        let made = args.iter().fold(seed, |seed, arg| mix(seed, *arg));
        calls.push((fun, args.to_vec()));
        match raises && fun.may_raise() && made % 7 == 3 {
            true => Err(made & 0xffff | 4),
            false => Ok(made),
        }
    };
    let mut world = World {
        word,
        start: START,
        memory: (0..MEMORY).map(|at| (at * 7 + at / 13) as u8).collect(),
        call: &mut call,
        fuel: FUEL,
    };
    let end = run(func, &mut world, &[0, START, args[0], args[1]]);
    let (memory, left) = (world.memory, world.fuel);
    let outcome = Outcome { end, calls, memory };
    (outcome, FUEL - left)
}

/// Optimises random functions; gives the steps they took before and after.
fn compare(arch: &dyn Arch, seed: u64) -> [u64; 2] {
    let word = arch.target().word_bits() / 8;
    let mut steps = [0, 0];
    for seed in seed..seed + 100 {
        let mut dice = Dice::new(seed);
        let shape = Shape {
            locals: 3 + dice.below(6),
            statements: 5 + dice.below(40),
            division: arch.has(Op::DivFloor),
            floats: arch.has(Op::FAdd),
            products: true,
            calls: true,
            handlers: true,
            word,
            memory: MEMORY,
        };
        let mut func = function(&mut dice, shape);
        assert_eq!(verify(&func, word), Ok(()), "seed {seed}\n{func}");
        let args: [[u64; 2]; 4] =
            std::array::from_fn(|round| [0; 2].map(|_| dice.below(1 << (1 + round * 10)) as u64));
        let run = |func: &Func| {
            let round = |(round, args)| outcome(func, word, args, round % 2 == 1);
            args.into_iter().enumerate().map(round).collect::<Vec<_>>()
        };
        let (text, before) = (func.to_string(), run(&func));
        optimise(&mut func, arch).unwrap();
        assert_eq!(verify(&func, word), Ok(()), "seed {seed}\n{func}");
        for ((before, took), (after, takes)) in before.into_iter().zip(run(&func)) {
            if before.end != Err(Stop::Fuel) {
                assert!(
                    before == after,
                    "seed {seed}: {before:?}\n{after:?}\n{text}\n{func}"
                );
                steps[0] += took;
                steps[1] += takes;
            }
        }
    }
    steps
}

#[test]
fn optimised_functions_do_the_same_in_fewer_steps() {
    let target = |name| Target::stock(name, 0);
    let arches: [&dyn Arch; 7] = [
        &X86::new(target(Name::X64)).unwrap(),
        &X86::new(target(Name::X86)).unwrap(),
        &Thumb::new(target(Name::Armv6m)).unwrap(),
        &Thumb::new(target(Name::Armv7m)).unwrap(),
        &Riscv::new(target(Name::Rv32imc)).unwrap(),
        &Xtensa::new(target(Name::Xtensawin)).unwrap(),
        &Riscv::new(target(Name::Rv64imc)).unwrap(),
    ];
    for (number, arch) in arches.into_iter().enumerate() {
        let [before, after] = compare(arch, 1000 * number as u64);
        let name = arch.target().arch;
        assert!(after < before, "{name:?}: {after} steps, {before} before");
    }
}
