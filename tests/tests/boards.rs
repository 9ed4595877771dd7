//! Back ends of boards: random functions of the native IR, compiled and run under emulators, give what the IR means.

use ferlance_abi::Fun;
use ferlance_abi::arch::Arch as Name;
use ferlance_abi::fun_table::Kind;
use ferlance_native_emitter::arch::{
    Arch, Emit, riscv::Riscv, thumb::Thumb, x86::X86, xtensa::Xtensa,
};
use ferlance_native_emitter::emit::emit;
use ferlance_native_emitter::nir::{Func, Op, verify};
use ferlance_native_emitter::opt::{legalise::legalise, optimise};
use ferlance_native_emitter::{Fpu, Target};
use ferlance_tests::emulator::{self, MEMORY, Program};
use ferlance_tests::nir::interp::{World, run};
use ferlance_tests::nir::random::{Dice, Shape, function};

/// Bytes of memory that functions may use, from `MEMORY` on.
const BYTES: u32 = 256;
/// Where the fun table is.
const TABLE: u32 = MEMORY + 0x8000;
/// Functions of one program; each has memory of its own.
const BATCH: u32 = 100;

/// What the runtime's functions do here: something that depends on each argument.
fn runtime(arch: Name, start: u32) -> impl FnMut(&mut [u8], Fun, &[u64]) -> Result<u64, u64> {
    let word = arch.word_bytes() as u32;
    move |memory, fun, args| {
        let three = |a: u64, b: u64, c: u64| a.wrapping_sub(b).wrapping_add(c).wrapping_add(c);
        let value = match args[..] {
            [a] => a.wrapping_add(11),
            [a, b] => a.wrapping_sub(b).wrapping_sub(b),
            [a, b, c] => three(a, b, c),
            [a, b, c, to] => {
                let (at, bytes) = ((to - u64::from(start)) as usize, word as usize);
                memory[at..at + bytes].copy_from_slice(&three(a, b, c).to_le_bytes()[..bytes]);
                0
            }
            _ => panic!("{fun:?}"),
        };
        // A C bool is one byte there, so code looks at no more of it.
        let is_byte = arch == Name::X86 && fun.result() == Kind::Bool;
        Ok(value & if is_byte { 0xff } else { of_word(word) })
    }
}

/// All bits of a word.
fn of_word(bytes: u32) -> u64 {
    u64::MAX >> (64 - 8 * bytes)
}

/// The shims, by number of arguments. They spoil all that a callee may.
fn shims(arch: Name) -> [Vec<u8>; 4] {
    match arch {
        Name::X86 => X86_SHIMS.map(<[u8]>::to_vec),
        _ => assembled_shims(arch).map(|body| emulator::assemble(arch, &body)),
    }
}

/// The programs that the comments spell. The arguments' places are the callee's to spoil as well.
#[rustfmt::skip]
const X86_SHIMS: [&[u8]; 4] = [
    &[
        0x8b, 0x44, 0x24, 0x04, // mov eax, [esp + 4]
        0x83, 0xc0, 0x0b, // add eax, 11
        0xba, 0x77, 0x07, 0x00, 0x00, // mov edx, 0x777
        0x89, 0xd1, // mov ecx, edx
        0x89, 0x54, 0x24, 0x04, // mov [esp + 4], edx
        0xc3, // ret
    ],
    &[
        0x8b, 0x44, 0x24, 0x04, // mov eax, [esp + 4]
        0x2b, 0x44, 0x24, 0x08, // sub eax, [esp + 8]
        0x2b, 0x44, 0x24, 0x08, // sub eax, [esp + 8]
        0xba, 0x77, 0x07, 0x00, 0x00, // mov edx, 0x777
        0x89, 0xd1, // mov ecx, edx
        0x89, 0x54, 0x24, 0x04, // mov [esp + 4], edx
        0x89, 0x54, 0x24, 0x08, // mov [esp + 8], edx
        0xc3, // ret
    ],
    &[
        0x8b, 0x44, 0x24, 0x04, // mov eax, [esp + 4]
        0x2b, 0x44, 0x24, 0x08, // sub eax, [esp + 8]
        0x03, 0x44, 0x24, 0x0c, // add eax, [esp + 12]
        0x03, 0x44, 0x24, 0x0c, // add eax, [esp + 12]
        0xba, 0x77, 0x07, 0x00, 0x00, // mov edx, 0x777
        0x89, 0xd1, // mov ecx, edx
        0x89, 0x54, 0x24, 0x04, // mov [esp + 4], edx
        0x89, 0x54, 0x24, 0x0c, // mov [esp + 12], edx
        0xc3, // ret
    ],
    &[
        0x8b, 0x44, 0x24, 0x04, // mov eax, [esp + 4]
        0x2b, 0x44, 0x24, 0x08, // sub eax, [esp + 8]
        0x03, 0x44, 0x24, 0x0c, // add eax, [esp + 12]
        0x03, 0x44, 0x24, 0x0c, // add eax, [esp + 12]
        0x8b, 0x4c, 0x24, 0x10, // mov ecx, [esp + 16]
        0x89, 0x01, // mov [ecx], eax
        0xba, 0x77, 0x07, 0x00, 0x00, // mov edx, 0x777
        0x89, 0xd1, // mov ecx, edx
        0x89, 0x54, 0x24, 0x10, // mov [esp + 16], edx
        0xc3, // ret
    ],
];

/// The same in inline assembler.
fn assembled_shims(arch: Name) -> [String; 4] {
    let (names, add, sub, store, spoil): ([&str; 4], _, _, _, Vec<String>) = match arch {
        Name::Rv32imc | Name::Rv64imc => (
            ["a0", "a1", "a2", "a3"],
            "add",
            "sub",
            match arch {
                Name::Rv64imc => "sd(a0, 0(a3))",
                _ => "sw(a0, 0(a3))",
            },
            [
                "a1", "a2", "a3", "a4", "a5", "a6", "a7", "t0", "t1", "t2", "t3", "t4", "t5", "t6",
            ]
            .iter()
            .map(|name| format!("li({name}, 0x777)"))
            .collect(),
        ),
        Name::Xtensa | Name::Xtensawin => (
            ["a2", "a3", "a4", "a5"],
            "add",
            "sub",
            "s32i(a2, a5, 0)",
            match arch {
                Name::Xtensa => (3..12).map(|n| format!("movi_n(a{n}, 77)")).collect(),
                _ => (3..16).map(|n| format!("movi_n(a{n}, 77)")).collect(),
            },
        ),
        _ => (
            ["r0", "r1", "r2", "r3"],
            "add",
            "sub",
            "str(r0, [r3, 0])",
            // The rest is pushed and popped by the assembler's own frame.
            vec!["mov(r2, 77)", "mov(r3, 78)", "mov(r12, r2)"]
                .into_iter()
                .map(str::to_owned)
                .collect(),
        ),
    };
    let [a, b, c, _] = names;
    let eleven = match arch {
        Name::Rv32imc | Name::Rv64imc | Name::Xtensa | Name::Xtensawin => {
            format!("addi({a}, {a}, 11)")
        }
        _ => format!("add({a}, 11)"),
    };
    let minus = format!("{sub}({a}, {a}, {b})");
    let plus = format!("{add}({a}, {a}, {c})");
    let three = vec![minus.clone(), plus.clone(), plus];
    let mut four = three.clone();
    four.push(store.to_owned());
    [vec![eleven], vec![minus.clone(), minus], three, four].map(|mut lines| {
        lines.extend(spoil.iter().cloned());
        lines.iter().map(|line| format!("    {line}\n")).collect()
    })
}

/// What random functions for `arch` may have.
fn shape(dice: &mut Dice, arch: &dyn Arch, calls: bool) -> Shape {
    let arch_name = arch.target().arch;
    Shape {
        locals: 2 + dice.below(14),
        statements: 10 + dice.below(60),
        division: arch.has(Op::DivFloor),
        floats: false,
        // Some cores count large factors as an overflow; the emulated windowed one lacks `mulsh`, which LX6 has.
        products: !matches!(arch_name, Name::Armv6m | Name::Xtensa | Name::Xtensawin),
        calls,
        handlers: false,
        word: arch.target().word(),
        memory: BYTES,
    }
}

fn memory() -> Vec<u8> {
    (0..BYTES).map(|at| (at * 37 + 11) as u8).collect()
}

/// Compiles and runs `count` random functions.
fn compare<A: Emit>(arch: &A, seed: u64, count: u32) {
    let name = arch.target().arch;
    if !emulator::is_there(name) {
        return;
    }
    let word = arch.target().word();
    let mut dice = Dice::new(seed);
    let high = of_word(word) ^ of_word(word) >> 1;
    let args = [
        [5, 7],
        [high | 1, of_word(word) - 15],
        [1_000_000, 3],
        [0, of_word(word)],
    ];
    for batch in 0..count.div_ceil(BATCH) {
        let mut program = Program::new(name);
        let shims = shims(name).map(|code| program.function(&code));
        for _ in 0..BATCH {
            program.memory.extend(memory());
        }
        program.memory.resize((TABLE - MEMORY) as usize, 0);
        for fun in Fun::ALL {
            let arity = fun.params().len().clamp(1, 4);
            let address = u64::from(shims[arity - 1]).to_le_bytes();
            program.memory.extend_from_slice(&address[..word as usize]);
        }
        let mut cases = Vec::new();
        for number in 0..BATCH {
            let shape = shape(&mut dice, arch, number % 3 == 0);
            let mut func = function(&mut dice, shape);
            assert_eq!(verify(&func, word), Ok(()), "{func}");
            let text = func.to_string();
            let start = MEMORY + number * BYTES;
            let meaning = |func: &Func| {
                let mut call = runtime(name, start);
                let mut world = World {
                    word,
                    start: start.into(),
                    memory: memory(),
                    call: &mut call,
                    fuel: 0,
                };
                // What one call leaves in memory the next one finds.
                let results: Vec<u64> = args
                    .iter()
                    .map(|[a, b]| {
                        world.fuel = 1_000_000;
                        let words = [TABLE.into(), start.into(), *a, *b];
                        run(func, &mut world, &words).expect("it ends") & of_word(word)
                    })
                    .collect();
                (results, world.memory)
            };
            let (results, memory) = meaning(&func);
            // The optimiser may hide what a back end is asked for, so it is left out now and then.
            match number % 4 {
                0 => legalise(&mut func, arch).unwrap(),
                _ => optimise(&mut func, arch).unwrap(),
            }
            assert_eq!(
                meaning(&func),
                (results.clone(), memory.clone()),
                "{text}\n{func}"
            );
            let text = format!("{text}\n{func}");
            let machine = emit(&mut func, arch).unwrap_or_else(|error| panic!("{error:?}\n{text}"));
            let address = program.function(&machine.bytes);
            for [a, b] in args {
                program.call(address, [TABLE.into(), start.into(), a, b]);
            }
            let text = format!("{text}\n{}", hex(&machine.bytes));
            cases.push((text, address, start, results, memory));
        }
        let ran = program.run().unwrap_or_else(|error| {
            for (text, address, start, ..) in &cases {
                let mut one = program.clone();
                one.clear_calls();
                for [a, b] in args {
                    one.call(*address, [TABLE.into(), (*start).into(), a, b]);
                }
                if let Err(error) = one.run() {
                    panic!("{name:?}: {error}\n{text}");
                }
            }
            panic!("{name:?}, batch {batch}: {error}");
        });
        let results = ran.results.chunks(args.len());
        let kept = ran.kept.chunks(args.len());
        for ((case, ours), kept) in cases.iter().zip(results).zip(kept) {
            let (text, _, start, results, memory) = case;
            assert!(kept.iter().all(|kept| *kept), "{name:?}: registers\n{text}");
            assert_eq!(ours, results, "{name:?}\n{text}");
            let at = (start - MEMORY) as usize;
            assert!(
                ran.memory[at..at + BYTES as usize] == *memory,
                "{name:?}: memory\n{text}"
            );
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn target(arch: Name, flags: u8) -> Target {
    Target {
        fpu: Fpu::None,
        ..Target::stock(arch, flags)
    }
}

#[test]
fn armv7m() {
    let arch = Thumb::new(target(Name::Armv7m, 0)).unwrap();
    compare(&arch, 1, 200);
}

#[test]
fn armv6m() {
    let arch = Thumb::new(target(Name::Armv6m, 0)).unwrap();
    compare(&arch, 2, 200);
}

#[test]
fn rv32imc() {
    for flags in [0, 1] {
        let arch = Riscv::new(target(Name::Rv32imc, flags)).unwrap();
        compare(&arch, 3 + u64::from(flags), 100);
    }
}

#[test]
fn rv64imc() {
    let arch = Riscv::new(target(Name::Rv64imc, 0)).unwrap();
    compare(&arch, 7, 200);
}

#[test]
fn x86() {
    let arch = X86::new(target(Name::X86, 0)).unwrap();
    compare(&arch, 8, 300);
}

#[test]
fn xtensa() {
    let arch = Xtensa::new(target(Name::Xtensa, 0)).unwrap();
    compare(&arch, 5, 200);
}

#[test]
fn xtensawin() {
    let arch = Xtensa::new(target(Name::Xtensawin, 0)).unwrap();
    compare(&arch, 6, 200);
}
