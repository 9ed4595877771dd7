//! Back ends of boards: random functions of the native IR, compiled and run under emulators, give what the IR means.

use ferlance_abi::arch::Arch as Name;
use ferlance_abi::{Fun, Qstr};
use ferlance_native_emitter::arch::{Arch, Emit, rv32::Rv32, thumb::Thumb, xtensa::Xtensa};
use ferlance_native_emitter::emit::emit;
use ferlance_native_emitter::nir::builder::{Builder, Operand, Var};
use ferlance_native_emitter::nir::{
    Block, Cond, Entry, Func, Op, Overflow, Slot, Type, Vreg, Width, verify,
};
use ferlance_native_emitter::opt::{legalise::legalise, optimise};
use ferlance_native_emitter::{Fpu, Target};
use ferlance_tests::emulator::{self, MEMORY, Program};
use ferlance_tests::nir_eval::World;

/// Bytes of memory that functions may use, from `MEMORY` on.
const BYTES: u32 = 256;
/// Where the fun table is.
const TABLE: u32 = MEMORY + 0x8000;
/// Functions of one program; each has memory of its own.
const BATCH: u32 = 100;

/// A linear congruential generator: the same functions every time.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u32 {
        self.0 = (self.0)
            .wrapping_mul(0x5851_f42d_4c95_7f2d)
            .wrapping_add(0x1405_7b7e_f767_814f);
        (self.0 >> 32) as u32
    }

    fn below(&mut self, limit: u32) -> u32 {
        self.next() % limit
    }

    fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len() as u32) as usize]
    }

    fn constant(&mut self) -> i64 {
        let shift = self.below(32);
        let bits = self.pick(&[
            0,
            1,
            2,
            3,
            0xff,
            0x1ff,
            0x555,
            -1,
            -2,
            -3,
            -128,
            0x7fff_ffff,
        ]);
        match self.below(3) {
            0 => i64::from(self.below(300)) - 150,
            1 => i64::from(bits << shift),
            _ => i64::from(self.next() as i32 >> shift),
        }
    }
}

/// What the runtime's functions do here: something that depends on each argument.
fn shim(memory: &mut [u8], start: u32, fun: Fun, args: &[u32]) -> u32 {
    match *args {
        [a] => a.wrapping_add(11),
        [a, b] => a.wrapping_sub(b).wrapping_sub(b),
        [a, b, c] => a.wrapping_sub(b).wrapping_add(c).wrapping_add(c),
        [a, b, c, d] => {
            let value = a.wrapping_sub(b).wrapping_add(c).wrapping_add(c);
            let at = (d - start) as usize;
            memory[at..at + 4].copy_from_slice(&value.to_le_bytes());
            0
        }
        _ => panic!("{fun:?}"),
    }
}

/// The shims in inline assembler, by number of arguments. They spoil all that a callee may.
fn shims(arch: Name) -> [String; 4] {
    let (names, add, sub, store, spoil): ([&str; 4], _, _, _, Vec<String>) = match arch {
        Name::Rv32imc => (
            ["a0", "a1", "a2", "a3"],
            "add",
            "sub",
            "sw(a0, 0(a3))",
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
        Name::Rv32imc => format!("addi({a}, {a}, 11)"),
        Name::Xtensa | Name::Xtensawin => format!("addi({a}, {a}, 11)"),
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

/// Makes a random function: parameters are two numbers, `MEMORY` and the fun table.
struct Maker<'d> {
    b: Builder,
    dice: &'d mut Dice,
    vars: Vec<Var>,
    memory: Vreg,
    slot: Slot,
    calls: bool,
    divides: bool,
    products: bool,
    budget: u32,
}

impl Maker<'_> {
    fn value(&mut self) -> Vreg {
        let var = self.dice.pick(&self.vars);
        self.b.read_local(var).unwrap()
    }

    fn operand(&mut self) -> Operand {
        match self.dice.below(3) {
            0 => Operand::Imm(self.dice.constant()),
            _ => Operand::Reg(self.value()),
        }
    }

    fn set(&mut self, value: Vreg) {
        let var = self.dice.pick(&self.vars);
        self.b.write_local(var, value).unwrap();
    }

    fn cond(&mut self) -> Cond {
        use Cond::*;
        self.dice.pick(&[
            Eq,
            Ne,
            Lt,
            Le,
            Gt,
            Ge,
            Below,
            BelowEq,
            Above,
            AboveEq,
            TestZero,
            TestNonZero,
        ])
    }

    /// A word that is a multiple of `1 << shift` once shifted, and stays in memory with `offset`.
    fn index(&mut self, shift: u8, offset: u32, bytes: u32) -> Vreg {
        let value = self.value();
        let room = (BYTES - offset - bytes) >> shift;
        let mask = (room + 1).next_power_of_two() / 2 - 1;
        let mask = mask & !((bytes >> shift).max(1) - 1);
        self.b.and(value, i64::from(mask)).unwrap()
    }

    fn simple(&mut self) {
        let a = self.value();
        let result = match self.dice.below(22) {
            0..=6 => {
                let op = self.dice.pick(&[
                    Op::Add,
                    Op::Sub,
                    Op::Mul,
                    Op::And,
                    Op::Or,
                    Op::Xor,
                    Op::AndNot,
                ]);
                let b = self.operand();
                self.b.binary(op, a, b).unwrap()
            }
            7 | 8 => {
                let op = self.dice.pick(&[Op::Shl, Op::Shr, Op::Sar]);
                let by = match self.dice.below(2) {
                    0 => Operand::Imm(i64::from(self.dice.below(32))),
                    _ => {
                        let by = self.value();
                        Operand::Reg(self.b.and(by, 31).unwrap())
                    }
                };
                self.b.binary(op, a, by).unwrap()
            }
            9 => {
                let op = self.dice.pick(&[
                    Op::Not,
                    Op::Extend(Width::U8),
                    Op::Extend(Width::I8),
                    Op::Extend(Width::U16),
                    Op::Extend(Width::I16),
                ]);
                self.b.unary(op, Type::Word, a).unwrap()
            }
            10 => {
                let imm = self.dice.constant();
                self.b.rev_sub(imm, a).unwrap()
            }
            11 | 12 => {
                let (cond, b) = (self.cond(), self.operand());
                self.b.cmp(cond, a, b).unwrap()
            }
            13 => {
                let (b, c) = (self.value(), self.value());
                self.b.select(a, b, c).unwrap()
            }
            14 if self.divides => {
                let op =
                    self.dice
                        .pick(&[Op::DivFloor, Op::ModFloor, Op::DivUnsigned, Op::ModUnsigned]);
                let b = self.value();
                // Neither zero nor -1, which overflows.
                let b = self.b.binary(Op::Or, b, 2).unwrap();
                let b = self.b.binary(Op::AndNot, b, 1).unwrap();
                self.b.binary(op, a, b).unwrap()
            }
            15 | 16 => {
                use Width::*;
                let width = self.dice.pick(&[U8, I8, U16, I16, U32, Word]);
                let bytes = width.bytes(4);
                let shift = self.dice.below(bytes.trailing_zeros() + 1) as u8;
                match self.dice.below(3) {
                    0 => {
                        let offset = self.dice.below(BYTES / bytes) * bytes;
                        let base = self.memory;
                        self.b
                            .load(Type::Word, width, base, i64::from(offset))
                            .unwrap()
                    }
                    _ => {
                        let offset = self.dice.below(4) * bytes;
                        let index = self.index(shift, offset, bytes);
                        let base = self.memory;
                        self.b
                            .load_indexed(
                                Type::Word,
                                width,
                                base,
                                Some(index),
                                shift,
                                i64::from(offset),
                            )
                            .unwrap()
                    }
                }
            }
            17 | 18 => {
                use Width::*;
                let width = self.dice.pick(&[U8, U16, Word]);
                let bytes = width.bytes(4);
                let shift = self.dice.below(bytes.trailing_zeros() + 1) as u8;
                let base = self.memory;
                match self.dice.below(3) {
                    0 => {
                        let offset = self.dice.below(BYTES / bytes) * bytes;
                        self.b.store(width, base, i64::from(offset), a).unwrap();
                    }
                    _ => {
                        let offset = self.dice.below(4) * bytes;
                        let index = self.index(shift, offset, bytes);
                        self.b
                            .store_indexed(width, base, Some(index), shift, i64::from(offset), a)
                            .unwrap();
                    }
                }
                return;
            }
            19 => {
                let at = i64::from(4 * self.dice.below(3));
                self.b.slot_store(self.slot, at, a).unwrap();
                let at = i64::from(4 * self.dice.below(3));
                self.b.slot_load(Type::Word, self.slot, at).unwrap()
            }
            20 | 21 if self.calls => {
                let args: Vec<Vreg> = (0..4).map(|_| self.value()).collect();
                match self.dice.below(4) {
                    0 => self.b.call(Fun::ObjIsTrue, &args[..1]).unwrap(),
                    1 => self.b.call(Fun::SmallIntModulo, &args[..2]).unwrap(),
                    2 => self.b.call(Fun::BinaryOp, &args[..3]).unwrap(),
                    _ => {
                        let offset = i64::from(4 * self.dice.below(60));
                        let to = self.b.add(self.memory, offset).unwrap();
                        let args = [args[0], args[1], args[2], to];
                        self.b.call_void(Fun::SetupCodeStateNative, &args).unwrap();
                        return;
                    }
                }
            }
            _ => self.b.word(self.dice.constant()).unwrap(),
        };
        self.set(result);
    }

    fn statements(&mut self, depth: u32) {
        for _ in 0..1 + self.dice.below(6) {
            if self.budget == 0 {
                return;
            }
            self.budget -= 1;
            match self.dice.below(12) {
                0 | 1 if depth > 0 => self.either(depth),
                2 if depth > 0 => self.repeat(depth),
                3 if depth > 0 => self.cases(depth),
                4 => self.checked(),
                _ => self.simple(),
            }
        }
    }

    fn either(&mut self, depth: u32) {
        let [then, other, end] = [0; 3].map(|_| self.b.block().unwrap());
        if self.dice.below(3) == 0 {
            self.b.set_cold(other);
        }
        let (cond, a, b) = (self.cond(), self.value(), self.operand());
        self.b
            .branch(cond, a, b, (then, &[]), (other, &[]))
            .unwrap();
        for block in [then, other] {
            self.b.enter(block).unwrap();
            self.statements(depth - 1);
            self.b.jump(end, &[]).unwrap();
        }
        self.b.enter(end).unwrap();
    }

    fn repeat(&mut self, depth: u32) {
        let [head, body, end] = [0; 3].map(|_| self.b.block().unwrap());
        let counter = self.b.var(Type::Word, Qstr::NONE).unwrap();
        let times = self.b.word(i64::from(self.dice.below(4))).unwrap();
        self.b.write_local(counter, times).unwrap();
        self.b.jump(head, &[]).unwrap();
        self.b.switch_to(head);
        let left = self.b.read_local(counter).unwrap();
        self.b
            .branch(Cond::Ne, left, 0, (body, &[]), (end, &[]))
            .unwrap();
        self.b.enter(body).unwrap();
        self.statements(depth - 1);
        let left = self.b.read_local(counter).unwrap();
        let left = self.b.sub(left, 1).unwrap();
        self.b.write_local(counter, left).unwrap();
        self.b.jump(head, &[]).unwrap();
        self.b.seal_block(head).unwrap();
        self.b.enter(end).unwrap();
    }

    fn cases(&mut self, depth: u32) {
        let cases: Vec<Block> = (0..3).map(|_| self.b.block().unwrap()).collect();
        let end = self.b.block().unwrap();
        let a = self.value();
        let a = self.b.and(a, 3).unwrap();
        self.b.switch(a, &cases).unwrap();
        for case in cases {
            self.b.enter(case).unwrap();
            self.statements(depth - 1);
            self.b.jump(end, &[]).unwrap();
        }
        self.b.enter(end).unwrap();
    }

    fn checked(&mut self) {
        let [over, end] = [0; 2].map(|_| self.b.block().unwrap());
        let op = match self.products {
            true => self
                .dice
                .pick(&[Overflow::Add, Overflow::Sub, Overflow::Mul]),
            false => self.dice.pick(&[Overflow::Add, Overflow::Sub]),
        };
        let (a, b) = (self.value(), self.operand());
        let sum = self.b.checked(op, Type::Word, a, b, (over, &[])).unwrap();
        self.set(sum);
        self.b.jump(end, &[]).unwrap();
        self.b.enter(over).unwrap();
        self.simple();
        self.b.jump(end, &[]).unwrap();
        self.b.enter(end).unwrap();
    }
}

/// A random function for `arch`.
fn random(dice: &mut Dice, arch: &dyn Arch, calls: bool) -> Func {
    let (mut b, params) = Builder::new(Qstr::NONE, Entry::Words(4)).unwrap();
    let slot = b.slot(3).unwrap();
    let zero = b.word(0).unwrap();
    for at in [0, 4, 8] {
        b.slot_store(slot, at, zero).unwrap();
    }
    let count = 2 + dice.below(14);
    let vars: Vec<Var> = (0..count)
        .map(|at| {
            let var = b.var(Type::Word, Qstr::NONE).unwrap();
            let first = match at {
                0 | 1 => params[at as usize],
                _ => b.word(dice.constant()).unwrap(),
            };
            b.write_local(var, first).unwrap();
            var
        })
        .collect();
    let divides = arch.has(Op::DivFloor);
    // Some cores count large factors as an overflow; the emulated windowed one lacks `mulsh`, which LX6 has.
    let products = !matches!(
        arch.target().arch,
        Name::Armv6m | Name::Xtensa | Name::Xtensawin
    );
    let budget = 10 + dice.below(60);
    let mut maker = Maker {
        b,
        dice,
        vars,
        memory: params[2],
        slot,
        calls,
        divides,
        products,
        budget,
    };
    maker.statements(3);
    // All that is left counts.
    let mut all = maker.value();
    for var in maker.vars.clone() {
        let value = maker.b.read_local(var).unwrap();
        let turned = maker.b.binary(Op::Shl, all, 1).unwrap();
        all = maker.b.binary(Op::Xor, turned, value).unwrap();
    }
    maker.b.ret(all).unwrap();
    let mut func = maker.b.finish().unwrap();
    for block in func.blocks.indices() {
        for inst in func.blocks[block].insts.iter_mut() {
            if matches!(inst.op, Op::Call(_)) {
                inst.a = Some(params[3]);
            }
        }
    }
    func
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
    let mut dice = Dice(seed);
    let args = [
        [5, 7],
        [0x8000_0001, 0xffff_fff0],
        [1_000_000, 3],
        [0, u32::MAX],
    ];
    for batch in 0..count.div_ceil(BATCH) {
        let mut program = Program::new(name);
        let shims = shims(name).map(|body| program.function(&emulator::assemble(name, &body)));
        for _ in 0..BATCH {
            program.memory.extend(memory());
        }
        program.memory.resize((TABLE - MEMORY) as usize, 0);
        for fun in Fun::ALL {
            let arity = fun.params().len().clamp(1, 4);
            program
                .memory
                .extend_from_slice(&shims[arity - 1].to_le_bytes());
        }
        let mut cases = Vec::new();
        for number in 0..BATCH {
            let mut func = random(&mut dice, arch, number % 3 == 0);
            assert_eq!(verify(&func, 4), Ok(()), "{func}");
            let text = func.to_string();
            let start = MEMORY + number * BYTES;
            let meaning = |func: &Func| {
                let mut world = World {
                    start,
                    memory: memory(),
                    call: shim,
                    func,
                };
                // What one call leaves in memory the next one finds.
                let results: Vec<u32> = args
                    .iter()
                    .map(|[a, b]| {
                        let result = world.run(&[*a, *b, start, TABLE], 1_000_000);
                        result.expect("it ends")
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
                program.call(address, [a, b, start, TABLE]);
            }
            let text = format!("{text}\n{}", hex(&machine.bytes));
            cases.push((text, address, start, results, memory));
        }
        let run = program.run().unwrap_or_else(|error| {
            for (text, address, start, ..) in &cases {
                let mut one = program.clone();
                one.clear_calls();
                for [a, b] in args {
                    one.call(*address, [a, b, *start, TABLE]);
                }
                if let Err(error) = one.run() {
                    panic!("{name:?}: {error}\n{text}");
                }
            }
            panic!("{name:?}, batch {batch}: {error}");
        });
        let results = run.results.chunks(args.len());
        let kept = run.kept.chunks(args.len());
        for ((case, ours), kept) in cases.iter().zip(results).zip(kept) {
            let (text, _, start, results, memory) = case;
            assert!(kept.iter().all(|kept| *kept), "{name:?}: registers\n{text}");
            assert_eq!(ours, results, "{name:?}\n{text}");
            let at = (start - MEMORY) as usize;
            assert!(
                run.memory[at..at + BYTES as usize] == *memory,
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
        let arch = Rv32::new(target(Name::Rv32imc, flags)).unwrap();
        compare(&arch, 3 + u64::from(flags), 100);
    }
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
