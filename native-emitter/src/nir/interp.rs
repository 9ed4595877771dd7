//! Runs NIR, for tests: what a pass makes of a function must do the same as the function.
//!
//! The runtime is replaced by functions whose results are made up from their arguments, and that raise now and then.
//! What a run gives is its result and everything it has done on the way. Values from before an exception buffer was
//! linked are put back when an exception arrives, the others are taken away.
use std::collections::HashMap;
use std::vec::Vec;

use ferlance_abi::fun_table::Fun;

use super::{Block, Cond, Func, Inst, Op, Overflow, Slot, Term, Vreg, Width};

/// Bytes of memory; addresses wrap around.
const MEMORY: usize = 1 << 12;

/// What a run has done.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Outcome {
    /// How it ended.
    pub(crate) end: End,
    /// Calls with their arguments.
    pub(crate) calls: Vec<(Fun, Vec<u64>)>,
    /// Memory afterwards.
    pub(crate) memory: Vec<u8>,
    /// Instructions and ends of blocks run.
    pub(crate) steps: u64,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum End {
    /// With this result.
    Returned(u64),
    /// An exception left it.
    Raised(u64),
    /// At an end that is never reached.
    Unreachable,
    /// It went on for too long.
    Endless,
}

/// An nlr buffer: its slot, the handler and its arguments, the values when it was pushed.
type Buffer = (Slot, Block, Vec<Vreg>, HashMap<Vreg, u64>);

struct Machine<'a> {
    func: &'a Func,
    bits: u32,
    values: HashMap<Vreg, u64>,
    slots: HashMap<(Slot, i64), u64>,
    buffers: Vec<Buffer>,
    out: Outcome,
    /// Whether runtime functions raise now and then.
    raises: bool,
}

/// Runs `func` on words of `bits`.
pub(crate) fn run(func: &Func, bits: u32, args: &[u64], raises: bool) -> Outcome {
    let mut machine = Machine {
        func,
        bits,
        values: HashMap::new(),
        slots: HashMap::new(),
        buffers: Vec::new(),
        out: Outcome {
            end: End::Endless,
            calls: Vec::new(),
            memory: (0..MEMORY).map(|at| (at * 7 + at / 13) as u8).collect(),
            steps: 0,
        },
        raises,
    };
    let mut block = Block::from_index(0);
    let mut values: Vec<u64> = args.to_vec();
    while machine.out.steps < 30_000 {
        match machine.block(block, &values) {
            Ok((to, args)) => (block, values) = (to, args),
            Err(end) => {
                machine.out.end = end;
                break;
            }
        }
    }
    machine.out
}

/// Where to go on with which arguments, or how it ended.
type Next = Result<(Block, Vec<u64>), End>;

fn mix(seed: u64, value: u64) -> u64 {
    let mixed = (seed ^ value).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed ^ mixed >> 29
}

impl Machine<'_> {
    fn wrap(&self, value: u64) -> u64 {
        if self.bits == 64 {
            value
        } else {
            value & ((1 << self.bits) - 1)
        }
    }

    fn signed(&self, value: u64) -> i64 {
        let shift = 64 - self.bits;
        (value as i64) << shift >> shift
    }

    fn get(&self, vreg: Vreg) -> u64 {
        *self
            .values
            .get(&vreg)
            .unwrap_or_else(|| panic!("v{} is not there\n{}", vreg.index(), self.func))
    }

    fn set(&mut self, vreg: Vreg, value: u64) {
        let value = if self.func.ty(vreg).is_float() {
            value
        } else {
            self.wrap(value)
        };
        self.values.insert(vreg, value);
    }

    fn operand(&self, b: Option<Vreg>, imm: i64) -> u64 {
        match b {
            Some(b) => self.get(b),
            None => self.wrap(imm as u64),
        }
    }

    fn block(&mut self, block: Block, args: &[u64]) -> Next {
        let data = &self.func.blocks[block];
        let params = self.func.items(data.params);
        assert_eq!(params.len(), args.len());
        for (param, arg) in params.iter().zip(args) {
            self.set(*param, *arg);
        }
        for inst in &data.insts {
            self.out.steps += 1;
            if let Err(exception) = self.inst(inst) {
                return self.arrive(exception);
            }
        }
        self.out.steps += 1;
        self.term(&data.term)
    }

    fn arrive(&mut self, exception: u64) -> Next {
        let Some((slot, caught, _, before)) = self.buffers.pop() else {
            return Err(End::Raised(exception));
        };
        self.values = before;
        let word = i64::from(self.bits / 8);
        self.slots.insert((slot, word), exception);
        Ok((caught, Vec::new()))
    }

    fn edge(&self, edge: super::Edge) -> Next {
        let args = self.func.items(edge.args);
        Ok((edge.block, args.iter().map(|arg| self.get(*arg)).collect()))
    }

    fn holds(&self, cond: Cond, a: u64, b: u64) -> bool {
        let (sa, sb) = (self.signed(a), self.signed(b));
        match cond {
            Cond::Eq => a == b,
            Cond::Ne => a != b,
            Cond::Lt => sa < sb,
            Cond::Le => sa <= sb,
            Cond::Gt => sa > sb,
            Cond::Ge => sa >= sb,
            Cond::Below => a < b,
            Cond::BelowEq => a <= b,
            Cond::Above => a > b,
            Cond::AboveEq => a >= b,
            Cond::TestZero => a & b == 0,
            Cond::TestNonZero => a & b != 0,
        }
    }

    fn float_holds(cond: Cond, a: u64, b: u64) -> bool {
        let (a, b) = (f64::from_bits(a), f64::from_bits(b));
        match cond {
            Cond::Eq => a == b,
            Cond::Ne => a != b,
            Cond::Lt => a < b,
            Cond::Le => a <= b,
            Cond::Gt => a > b,
            _ => a >= b,
        }
    }

    fn term(&mut self, term: &Term) -> Next {
        match *term {
            Term::Open => panic!("open block"),
            Term::Jump(to) => self.edge(to),
            Term::Branch {
                cond,
                a,
                b,
                imm,
                then,
                other,
            } => {
                let holds = self.holds(cond, self.get(a), self.operand(b, imm));
                self.edge(if holds { then } else { other })
            }
            Term::FBranch {
                cond,
                a,
                b,
                then,
                other,
            } => {
                let holds = Self::float_holds(cond, self.get(a), self.get(b));
                self.edge(if holds { then } else { other })
            }
            Term::Checked {
                op,
                dst,
                a,
                b,
                imm,
                fits,
                over,
            } => {
                let a = i128::from(self.signed(self.get(a)));
                let b = i128::from(self.signed(self.operand(b, imm)));
                let exact = match op {
                    Overflow::Add => a + b,
                    Overflow::Sub => a - b,
                    Overflow::Mul => a * b,
                };
                let value = self.wrap(exact as u64);
                if i128::from(self.signed(value)) == exact {
                    self.set(dst, value);
                    self.edge(fits)
                } else {
                    self.edge(over)
                }
            }
            Term::NlrPush {
                slot,
                normal,
                caught,
                ..
            } => {
                let before = self.values.clone();
                self.buffers.push((slot, caught.block, Vec::new(), before));
                self.edge(normal)
            }
            Term::Switch { a, start, len } => {
                let at = self.get(a).min(u64::from(len) - 1) as usize;
                Ok((self.func.targets[start as usize + at], Vec::new()))
            }
            Term::Return { a } => Err(End::Returned(self.get(a))),
            Term::Unreachable => Err(End::Unreachable),
        }
    }

    fn address(&self, inst: &Inst, shift: u8) -> usize {
        let base = self.get(inst.a.unwrap());
        let index = inst.b.map_or(0, |b| self.get(b) << shift);
        let address = base.wrapping_add(index).wrapping_add(inst.imm as u64);
        self.wrap(address) as usize % MEMORY
    }

    /// Runs one instruction; an error is an exception.
    fn inst(&mut self, inst: &Inst) -> Result<(), u64> {
        let a = inst.a.map_or(0, |a| self.get(a));
        let b = self.operand(inst.b, inst.imm);
        let float = |value: f64| value.to_bits();
        let (fa, fb) = (f64::from_bits(a), f64::from_bits(b));
        let mask = u64::from(self.bits) - 1;
        let value = match inst.op {
            Op::Const | Op::FConst => inst.imm as u64,
            Op::Copy => a,
            Op::Add => a.wrapping_add(b),
            Op::Sub => a.wrapping_sub(b),
            Op::RevSub => (inst.imm as u64).wrapping_sub(a),
            Op::Mul => a.wrapping_mul(b),
            Op::And => a & b,
            Op::Or => a | b,
            Op::Xor => a ^ b,
            Op::AndNot => a & !b,
            Op::Shl => a << (b & mask),
            Op::Shr => a >> (b & mask),
            Op::Sar => (self.signed(a) >> (b & mask)) as u64,
            Op::Not => !a,
            Op::DivFloor => self.signed(a).wrapping_div_euclid_floor(self.signed(b)) as u64,
            Op::ModFloor => {
                let (a, b) = (self.signed(a), self.signed(b));
                a.wrapping_sub(a.wrapping_div_euclid_floor(b).wrapping_mul(b)) as u64
            }
            Op::DivUnsigned => a.checked_div(b).unwrap_or(0),
            Op::ModUnsigned => a.checked_rem(b).unwrap_or(0),
            Op::Extend(width) => match width {
                Width::U8 => a & 0xff,
                Width::I8 => a as i8 as u64,
                Width::U16 => a & 0xffff,
                Width::I16 => a as i16 as u64,
                Width::U32 => a & 0xffff_ffff,
                Width::I32 => a as i32 as u64,
                _ => a,
            },
            Op::Cmp(cond) => self.holds(cond, a, b).into(),
            Op::Select => {
                if a != 0 {
                    b
                } else {
                    self.get(inst.c.unwrap())
                }
            }
            Op::Load(width, shift) => {
                let at = self.address(inst, shift);
                let bytes = width.bytes(self.bits / 8) as usize;
                let mut value = 0u64;
                for byte in 0..bytes {
                    value |= u64::from(self.out.memory[(at + byte) % MEMORY]) << (8 * byte);
                }
                match width {
                    Width::I8 => value as i8 as u64,
                    Width::I16 => value as i16 as u64,
                    Width::I32 => value as i32 as u64,
                    _ => value,
                }
            }
            Op::Store(width, shift) => {
                let at = self.address(inst, shift);
                let value = self.get(inst.c.unwrap());
                for byte in 0..width.bytes(self.bits / 8) as usize {
                    self.out.memory[(at + byte) % MEMORY] = (value >> (8 * byte)) as u8;
                }
                return Ok(());
            }
            Op::SlotAddr(slot) => 0x4000 + slot.index() as u64 * 256 + inst.imm as u64,
            Op::SlotLoad(slot) => *self.slots.get(&(slot, inst.imm)).unwrap_or(&0),
            Op::SlotStore(slot) => {
                let value = self.get(inst.c.unwrap());
                self.slots.insert((slot, inst.imm), value);
                return Ok(());
            }
            Op::FunTableWord => 0x1000 + inst.imm as u64 * 16,
            Op::ConstObj => 0x2000 + inst.imm as u64 * 16,
            Op::QstrNumber(name) => name.number().into(),
            Op::QstrObj(name) => u64::from(name.number()) << 3 | 2,
            Op::Child | Op::Context => 0x3000 + inst.imm as u64,
            Op::Call(Fun::NlrPop) => {
                self.buffers.pop();
                return Ok(());
            }
            Op::Call(fun) => self.call(fun, inst)?,
            Op::CallDirect => mix(b, a),
            Op::FAdd => float(fa + fb),
            Op::FSub => float(fa - fb),
            Op::FMul => float(fa * fb),
            Op::FDiv => float(fa / fb),
            Op::FNeg => float(-fa),
            Op::FAbs => float(fa.abs()),
            Op::FSqrt => float(fa.sqrt()),
            Op::FCmp(cond) => Self::float_holds(cond, a, b).into(),
            Op::FloatOfInt => float(self.signed(a) as f64),
            Op::IntOfFloat => fa as i64 as u64,
            Op::FConvert => a,
            Op::Line => return Ok(()),
        };
        if let Some(dst) = inst.dst {
            self.set(dst, value);
        }
        Ok(())
    }

    fn call(&mut self, fun: Fun, inst: &Inst) -> Result<u64, u64> {
        let args: Vec<u64> = self
            .func
            .items(inst.args)
            .iter()
            .map(|arg| self.get(*arg))
            .collect();
        let seed = mix(fun.slot() as u64 + 1, self.out.calls.len() as u64);
        let made = args.iter().fold(seed, |seed, arg| mix(seed, *arg));
        self.out.calls.push((fun, args));
        if self.raises && fun.may_raise() && made % 7 == 3 {
            return Err(self.wrap(made | 4));
        }
        Ok(made)
    }
}

trait FloorDiv {
    fn wrapping_div_euclid_floor(self, by: Self) -> Self;
}

impl FloorDiv for i64 {
    /// Rounded down; 0 for division by zero, which no machine agrees on.
    fn wrapping_div_euclid_floor(self, by: i64) -> i64 {
        if by == 0 {
            return 0;
        }
        let quotient = self.wrapping_div(by);
        if (self ^ by) < 0 && quotient.wrapping_mul(by) != self {
            quotient - 1
        } else {
            quotient
        }
    }
}
