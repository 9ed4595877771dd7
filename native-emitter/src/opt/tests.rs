//! Passes seen from outside: functions in, better functions out, that do the same.
use std::string::ToString;
use std::vec::Vec;
use std::{println, string::String};

use ferlance_abi::fun_table::Fun;
use ferlance_abi::{Arch as Isa, Qstr};

use super::*;
use crate::arch::{Constraints, PregSet, RegFile};
use crate::frame::FrameShape;
use crate::nir::builder::Var;
use crate::nir::interp::{End, Outcome, run};
use crate::nir::text::parse;
use crate::nir::{Block, Builder, Cond, Entry, Inst, Op, Overflow, Slot, Term, Type, Vreg, Width};
use crate::target::Target;

/// A machine as passes see it: without registers.
struct Fake {
    target: Target,
    /// Are indices in addresses free?
    indexed: bool,
    /// Greatest immediate operand.
    greatest: i64,
}

impl Arch for Fake {
    fn target(&self) -> &Target {
        &self.target
    }
    fn regs(&self) -> &RegFile {
        unreachable!("passes do not ask for registers")
    }
    fn frame_shape(&self) -> &FrameShape {
        unreachable!("passes do not ask for the frame")
    }
    fn has(&self, op: Op) -> bool {
        !matches!(op, Op::DivFloor | Op::ModFloor)
    }
    fn fits(&self, _: Op, imm: i64) -> bool {
        (-self.greatest..=self.greatest).contains(&imm)
    }
    fn fits_checked(&self, _: Overflow, imm: i64) -> bool {
        (-self.greatest..=self.greatest).contains(&imm)
    }
    fn address(&self, _: Width, index: Option<u8>, offset: i64) -> bool {
        match index {
            Some(shift) => self.indexed && shift <= 2 && offset == 0,
            None => (0..=self.greatest).contains(&offset),
        }
    }
    fn is_cheap(&self, imm: i64) -> bool {
        (0..=self.greatest).contains(&imm)
    }
    fn constraints(&self, _: &Func, _: &Inst) -> Constraints {
        Constraints::NONE
    }
    fn term_constraints(&self, _: &Func, _: &Term) -> Constraints {
        Constraints::NONE
    }
    fn call_clobbers(&self) -> PregSet {
        PregSet::EMPTY
    }
}

fn fake(isa: Isa, indexed: bool) -> Fake {
    Fake {
        target: Target::stock(isa, 0),
        indexed,
        greatest: if indexed { 4095 } else { 31 },
    }
}

/// What `pass` makes of a function.
fn after(text: &str, pass: impl FnOnce(&mut Func)) -> String {
    let mut func = parse(text).unwrap_or_else(|error| panic!("{error:?}"));
    verify(&func, 4).unwrap();
    pass(&mut func);
    verify(&func, 4).unwrap_or_else(|error| panic!("{error}\n{func}"));
    func.to_string()
}

#[test]
fn constants_fold_and_comparisons_become_branches() {
    let text = after(
        "func q0 words 2
        b0(v0: word, v1: word):
          v2: word = const 5
          v3: word = add v2, v0
          v4: word = add v3, 7
          v5: word = cmp.lt v4, v1
          branch ne v5, 0 then b1 else b2
        b1:
          v6: word = mul v4, 8
          return v6
        b2:
          v7: word = sub v1, v1
          return v7",
        |func| {
            fold::fold(func, &fake(Isa::Armv7m, true)).unwrap();
            clean(func, 4).unwrap();
        },
    );
    assert_eq!(
        text,
        "func q0 words 2
b0(v0: word, v1: word):
  v4: word = add v0, 12
  branch lt v4, v1 then b1 else b2
b1:
  v6: word = shl v4, 3
  return v6
b2:
  v7: word = const 0
  return v7
"
    );
}

#[test]
fn a_tag_is_tested_once() {
    let text = after(
        "func q0 words 1
        b0(v0: word):
          branch test_zero v0, 1 then b1 else b2
        b1 cold:
          unreachable
        b2:
          branch test_zero v0, 1 then b1 else b3
        b3:
          branch test_non_zero v0, 1 then b4 else b1
        b4:
          return v0",
        |func| {
            gvn::gvn(func, &fake(Isa::Armv7m, true)).unwrap();
            clean(func, 4).unwrap();
        },
    );
    assert_eq!(
        text,
        "func q0 words 1
b0(v0: word):
  branch test_zero v0, 1 then b1 else b2
b1 cold:
  unreachable
b2:
  return v0
"
    );
}

/// `for i in range(n): s += p[i]`, as viper lowers it.
const SUM: &str = "func q0 words 2
b0(v0: word, v1: word):
  v2: word = const 0
  v3: word = const 0
  jump b1(v2, v3)
b1(v4: word, v5: word):
  branch lt v4, v1 then b2 else b3
b2:
  v6: word = load.u32 v0 + v4 << 2
  v7: word = add v5, v6
  v8: word = add v4, 1
  jump b1(v8, v7)
b3:
  return v5
";

#[test]
fn a_loop_ends_in_its_test() {
    let text = after(SUM, |func| {
        optimise(func, &fake(Isa::Armv7m, true)).unwrap();
    });
    assert_eq!(
        text,
        "func q0 words 2
b0(v0: word, v1: word):
  v2: word = const 0
  v3: word = const 0
  jump b2(v2, v3)
b1:
  v6: word = load.u32 v0 + v4 << 2
  v7: word = add v5, v6
  v8: word = add v4, 1
  jump b2(v8, v7)
b2(v4: word, v5: word):
  branch lt v4, v1 then b1 else b3
b3:
  return v5
"
    );
}

#[test]
fn pointers_walk_where_an_index_costs() {
    let text = after(SUM, |func| {
        optimise(func, &fake(Isa::Rv32imc, false)).unwrap();
    });
    assert!(
        text.contains("load.u32 v") && !text.contains("<<"),
        "{text}"
    );
    assert!(!text.contains("shl"), "{text}");
}

#[test]
fn what_does_not_fit_is_made_before_the_loop() {
    let text = after(
        "func q0 words 2
        b0(v0: word, v1: word):
          jump b1(v0)
        b1(v2: word):
          v3: word = xor v2, 305419896
          v4: word = sub v3, 1
          branch ne v4, v1 then b1(v4) else b2
        b2:
          return v4",
        |func| {
            optimise(func, &fake(Isa::Armv7m, true)).unwrap();
        },
    );
    let loop_at = text.find("b1(").unwrap();
    assert!(text.find("const 305419896").unwrap() < loop_at, "{text}");
}

// Random functions.

struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % n
    }

    fn of<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len() as u64) as usize]
    }
}

struct Maker {
    random: Random,
    b: Builder,
    vars: Vec<Var>,
    slot: Slot,
    buffers: Vec<Slot>,
    bits: u32,
}

impl Maker {
    fn function(seed: u64, bits: u32) -> Func {
        let (mut b, params) = Builder::new(Qstr::NONE, Entry::Words(3)).unwrap();
        let mut vars = Vec::new();
        for at in 0..6 {
            let var = b.var(Type::Word, Qstr::NONE).unwrap();
            b.write_local(var, params[at % 3]).unwrap();
            vars.push(var);
        }
        let slot = b.slot(4).unwrap();
        let buffers = (0..2).map(|_| b.slot(20).unwrap()).collect();
        let mut maker = Maker {
            random: Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1),
            b,
            vars,
            slot,
            buffers,
            bits,
        };
        maker.body(4, 0);
        let value = maker.value();
        let other = maker.value();
        let value = maker.b.binary(Op::Xor, value, other).unwrap();
        maker.b.ret(value).unwrap();
        maker.b.finish().unwrap()
    }

    fn value(&mut self) -> Vreg {
        let var = self.random.of(&self.vars);
        self.b.read_local(var).unwrap()
    }

    fn set(&mut self, value: Vreg) {
        let var = self.random.of(&self.vars);
        self.b.write_local(var, value).unwrap();
    }

    fn imm(&mut self) -> i64 {
        let imm = match self.random.below(6) {
            0 => self.random.below(1 << 20) as i64,
            1 => -(self.random.below(300) as i64),
            2 => 1 << self.random.below(30),
            _ => self.random.below(9) as i64,
        };
        imm << (64 - self.bits) >> (64 - self.bits)
    }

    fn cond(&mut self) -> Cond {
        self.random.of(&[
            Cond::Eq,
            Cond::Ne,
            Cond::Lt,
            Cond::Le,
            Cond::Gt,
            Cond::Ge,
            Cond::Below,
            Cond::BelowEq,
            Cond::Above,
            Cond::AboveEq,
            Cond::TestZero,
            Cond::TestNonZero,
        ])
    }

    fn body(&mut self, depth: u32, nest: usize) {
        for _ in 0..1 + self.random.below(5) {
            match self.random.below(if depth == 0 { 5 } else { 9 }) {
                0..=2 => self.arith(),
                3 => self.memory(),
                4 => self.call(),
                5 => self.branch(depth, nest),
                6 => self.counted(depth, nest),
                7 => self.checked(depth),
                _ => self.protected(depth, nest),
            }
        }
    }

    fn arith(&mut self) {
        let op = self.random.of(&[
            Op::Add,
            Op::Sub,
            Op::Mul,
            Op::And,
            Op::Or,
            Op::Xor,
            Op::AndNot,
            Op::Shl,
            Op::Shr,
            Op::Sar,
            Op::DivUnsigned,
        ]);
        let a = self.value();
        let value = match self.random.below(8) {
            0 => {
                let (cond, b) = (self.cond(), self.value());
                self.b.cmp(cond, a, b).unwrap()
            }
            1 => {
                let (b, c) = (self.value(), self.value());
                self.b.select(a, b, c).unwrap()
            }
            2 => {
                let width = self
                    .random
                    .of(&[Width::U8, Width::I8, Width::U16, Width::I16]);
                self.b.unary(Op::Extend(width), Type::Word, a).unwrap()
            }
            3 => {
                let imm = self.imm();
                self.b.rev_sub(imm, a).unwrap()
            }
            4 => self.b.unary(Op::Not, Type::Word, a).unwrap(),
            _ if matches!(op, Op::Shl | Op::Shr | Op::Sar) => {
                let count = self.random.below(self.bits.into()) as i64;
                self.b.binary(op, a, count).unwrap()
            }
            _ if op == Op::DivUnsigned || self.random.below(2) == 0 => {
                let imm = match self.imm() {
                    0 => 1,
                    imm => imm.abs().max(1),
                };
                match self.random.below(2) {
                    0 => self.b.binary(op, a, imm).unwrap(),
                    _ => {
                        let imm = self.b.word(imm).unwrap();
                        self.b.binary(op, a, imm).unwrap()
                    }
                }
            }
            _ => {
                let b = self.value();
                self.b.binary(op, a, b).unwrap()
            }
        };
        self.set(value);
    }

    fn memory(&mut self) {
        let width = self
            .random
            .of(&[Width::U8, Width::I8, Width::U16, Width::U32, Width::Word]);
        let base = self.value();
        let base = match self.random.below(2) {
            0 => base,
            _ => {
                let imm = self.imm();
                self.b.add(base, imm).unwrap()
            }
        };
        let index = (self.random.below(2) == 0).then(|| self.value());
        let shift = self.random.below(3) as u8;
        let offset = self.random.below(40) as i64 - 8;
        match self.random.below(5) {
            0 => {
                let value = self.value();
                self.b.slot_store(self.slot, 0, value).unwrap();
            }
            1 => {
                let value = self.b.slot_load(Type::Word, self.slot, 0).unwrap();
                self.set(value);
            }
            2 => {
                let value = self.value();
                self.b
                    .store_indexed(width, base, index, shift, offset, value)
                    .unwrap();
            }
            _ => {
                let value = self
                    .b
                    .load_indexed(Type::Word, width, base, index, shift, offset)
                    .unwrap();
                self.set(value);
            }
        }
    }

    fn call(&mut self) {
        let args = [self.value(), self.value(), self.value()];
        let value = self.b.call(Fun::BinaryOp, &args).unwrap();
        self.set(value);
    }

    fn condition(&mut self, yes: Block, no: Block) {
        let (cond, a) = (self.cond(), self.value());
        if self.random.below(2) == 0 {
            let b = self.value();
            self.b.branch(cond, a, b, (yes, &[]), (no, &[])).unwrap();
        } else {
            let imm = self.imm();
            self.b.branch(cond, a, imm, (yes, &[]), (no, &[])).unwrap();
        }
    }

    fn branch(&mut self, depth: u32, nest: usize) {
        let (yes, no, join) = (
            self.b.block().unwrap(),
            self.b.block().unwrap(),
            self.b.block().unwrap(),
        );
        self.condition(yes, no);
        for side in [yes, no] {
            self.b.enter(side).unwrap();
            if self.random.below(4) > 0 {
                self.body(depth - 1, nest);
            }
            self.b.jump(join, &[]).unwrap();
        }
        self.b.enter(join).unwrap();
    }

    /// A loop that ends, with a way out in the middle at times.
    fn counted(&mut self, depth: u32, nest: usize) {
        let counter = self.b.var(Type::Word, Qstr::NONE).unwrap();
        let zero = self.b.word(0).unwrap();
        self.b.write_local(counter, zero).unwrap();
        let (head, body, done) = (
            self.b.block().unwrap(),
            self.b.block().unwrap(),
            self.b.block().unwrap(),
        );
        self.b.jump(head, &[]).unwrap();
        self.b.switch_to(head);
        let at = self.b.read_local(counter).unwrap();
        let turns = 1 + self.random.below(4) as i64;
        self.b
            .branch(Cond::Lt, at, turns, (body, &[]), (done, &[]))
            .unwrap();
        self.b.enter(body).unwrap();
        // An access that walks.
        let base = self.value();
        let at = self.b.read_local(counter).unwrap();
        let loaded = self
            .b
            .load_indexed(Type::Word, Width::U16, base, Some(at), 1, 0)
            .unwrap();
        self.set(loaded);
        self.body(depth - 1, nest);
        if self.random.below(3) == 0 {
            let go_on = self.b.block().unwrap();
            self.condition(done, go_on);
            self.b.enter(go_on).unwrap();
        }
        let at = self.b.read_local(counter).unwrap();
        let next = self.b.add(at, 1).unwrap();
        self.b.write_local(counter, next).unwrap();
        self.b.jump(head, &[]).unwrap();
        self.b.enter(head).unwrap();
        self.b.enter(done).unwrap();
    }

    fn checked(&mut self, depth: u32) {
        let (over, join) = (self.b.cold_block().unwrap(), self.b.block().unwrap());
        let result = self.b.param(join, Type::Word).unwrap();
        let op = self
            .random
            .of(&[Overflow::Add, Overflow::Sub, Overflow::Mul]);
        let a = self.value();
        let imm = self.imm();
        let value = self.b.checked(op, Type::Word, a, imm, (over, &[])).unwrap();
        self.set(value);
        let _ = depth;
        self.b.jump(join, &[value]).unwrap();
        self.b.enter(over).unwrap();
        self.call();
        let value = self.value();
        self.b.jump(join, &[value]).unwrap();
        self.b.enter(join).unwrap();
        self.set(result);
    }

    /// A block that an exception may leave; behind it, everything is as before unless the slot says otherwise.
    fn protected(&mut self, depth: u32, nest: usize) {
        let Some(buffer) = self.buffers.get(nest).copied() else {
            return;
        };
        let (normal, caught, join) = (
            self.b.block().unwrap(),
            self.b.cold_block().unwrap(),
            self.b.block().unwrap(),
        );
        self.b.nlr_push(buffer, normal, caught).unwrap();
        self.b.enter(normal).unwrap();
        self.body(depth - 1, nest + 1);
        self.b.call_void(Fun::NlrPop, &[]).unwrap();
        self.b.jump(join, &[]).unwrap();
        self.b.enter(caught).unwrap();
        let word = i64::from(self.bits / 8);
        let exception = self.b.slot_load(Type::Word, buffer, word).unwrap();
        self.set(exception);
        self.b.jump(join, &[]).unwrap();
        self.b.enter(join).unwrap();
    }
}

fn same(one: &Outcome, two: &Outcome) -> bool {
    one.end == two.end && one.calls == two.calls && one.memory == two.memory
}

fn fuzz(first: u64, count: u64) -> (u64, u64) {
    let (mut before_steps, mut after_steps) = (0, 0);
    for seed in first..first + count {
        let bits = if seed % 2 == 0 { 32 } else { 64 };
        let isa = if bits == 32 { Isa::Armv7m } else { Isa::X64 };
        let arch = fake(isa, seed % 3 != 0);
        let before = Maker::function(seed, bits);
        if let Err(error) = verify(&before, bits / 8) {
            panic!("seed {seed}: {error}\n{before}");
        }
        let mut after = Maker::function(seed, bits);
        optimise(&mut after, &arch).unwrap();
        let mut random = Random(seed + 1);
        for round in 0..4 {
            let args: Vec<u64> = (0..3)
                .map(|_| random.below(1 << (1 + round * 10)))
                .collect();
            let raises = round % 2 == 1;
            let one = run(&before, bits, &args, raises);
            if one.end == End::Endless {
                continue;
            }
            let two = run(&after, bits, &args, raises);
            if !same(&one, &two) {
                panic!(
                    "seed {seed}, args {args:?}: {:?} {:?}\n{before}\n{after}",
                    one.end, two.end
                );
            }
            before_steps += one.steps;
            after_steps += two.steps;
        }
    }
    (before_steps, after_steps)
}

#[test]
fn optimised_functions_do_the_same() {
    let (before, after) = fuzz(1, 400);
    println!("{before} steps, then {after}");
    assert!(after < before);
}
