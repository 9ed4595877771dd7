//! What NIR means, as plainly as can be.
use std::collections::HashMap;

use ferlance_native_emitter::nir::{
    Block, Cond, Edge, Func, Inst, Op, Overflow, Slot, Term, Type, Vreg, Width,
};

/// The world of a run.
pub struct World<'a> {
    /// Bytes of a machine word.
    pub word: u32,
    /// The address of `memory`.
    pub base: u64,
    /// All memory there is besides frame slots.
    pub memory: Vec<u8>,
    /// What functions of the runtime give: slot of the fun table, arguments.
    pub call: &'a mut dyn FnMut(usize, &[i64]) -> i64,
    /// How many instructions may run.
    pub fuel: u64,
}

/// Why a run has no result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// Took too long.
    Fuel,
    /// Read or wrote where there is nothing.
    Memory(i64),
    /// Divided by zero.
    Zero,
    /// Came to an end that control never comes to.
    Unreachable,
    /// What the interpreter does not know.
    Unknown,
}

struct Run<'a, 'w> {
    func: &'a Func,
    world: &'a mut World<'w>,
    values: Vec<i64>,
    slots: HashMap<(usize, i64), i64>,
}

/// Runs a function with words as arguments.
pub fn run(func: &Func, world: &mut World<'_>, args: &[i64]) -> Result<i64, Stop> {
    let mut run = Run {
        func,
        values: vec![0; func.vregs.len()],
        slots: HashMap::new(),
        world,
    };
    let entry = Block::from_index(0);
    for (param, arg) in func.items(func.blocks[entry].params).iter().zip(args) {
        run.values[param.index()] = run.wrap(*arg);
    }
    let mut block = entry;
    loop {
        for inst in &func.blocks[block].insts {
            run.inst(inst)?;
        }
        match run.end(&func.blocks[block].term)? {
            Next::Block(next) => block = next,
            Next::Return(value) => return Ok(value),
        }
    }
}

enum Next {
    Block(Block),
    Return(i64),
}

fn float(value: i64) -> f64 {
    f64::from_bits(value as u64)
}

fn bits(value: f64) -> i64 {
    value.to_bits() as i64
}

impl Run<'_, '_> {
    fn bits(&self) -> u32 {
        self.world.word * 8
    }

    /// The word of a number, with its sign.
    fn wrap(&self, value: i64) -> i64 {
        let unused = 64 - self.bits();
        value << unused >> unused
    }

    fn unsigned(&self, value: i64) -> u64 {
        let unused = 64 - self.bits();
        (value as u64) << unused >> unused
    }

    fn get(&self, vreg: Option<Vreg>) -> i64 {
        vreg.map_or(0, |vreg| self.values[vreg.index()])
    }

    fn get_or(&self, vreg: Option<Vreg>, imm: i64) -> i64 {
        vreg.map_or(self.wrap(imm), |vreg| self.values[vreg.index()])
    }

    fn tick(&mut self) -> Result<(), Stop> {
        self.world.fuel = self.world.fuel.checked_sub(1).ok_or(Stop::Fuel)?;
        Ok(())
    }

    fn holds(&self, cond: Cond, a: i64, b: i64) -> bool {
        let (ua, ub) = (self.unsigned(a), self.unsigned(b));
        match cond {
            Cond::Eq => a == b,
            Cond::Ne => a != b,
            Cond::Lt => a < b,
            Cond::Le => a <= b,
            Cond::Gt => a > b,
            Cond::Ge => a >= b,
            Cond::Below => ua < ub,
            Cond::BelowEq => ua <= ub,
            Cond::Above => ua > ub,
            Cond::AboveEq => ua >= ub,
            Cond::TestZero => a & b == 0,
            Cond::TestNonZero => a & b != 0,
        }
    }

    fn float_holds(cond: Cond, a: f64, b: f64) -> Result<bool, Stop> {
        Ok(match cond {
            Cond::Eq => a == b,
            Cond::Ne => a != b,
            Cond::Lt => a < b,
            Cond::Le => a <= b,
            Cond::Gt => a > b,
            Cond::Ge => a >= b,
            _ => return Err(Stop::Unknown),
        })
    }

    fn range(&self, at: i64, width: Width) -> Result<std::ops::Range<usize>, Stop> {
        let start = self.unsigned(at).wrapping_sub(self.world.base) as usize;
        let end = start.wrapping_add(width.bytes(self.world.word) as usize);
        if start < end && end <= self.world.memory.len() {
            Ok(start..end)
        } else {
            Err(Stop::Memory(at))
        }
    }

    fn address(&self, inst: &Inst, shift: u8) -> i64 {
        let index = self.get(inst.b) << shift;
        self.wrap(self.get(inst.a).wrapping_add(index).wrapping_add(inst.imm))
    }

    fn extend(&self, width: Width, value: i64) -> i64 {
        let value = match width {
            Width::U8 => i64::from(value as u8),
            Width::I8 => i64::from(value as i8),
            Width::U16 => i64::from(value as u16),
            Width::I16 => i64::from(value as i16),
            Width::U32 => i64::from(value as u32),
            Width::I32 => i64::from(value as i32),
            Width::Word | Width::F64 | Width::F32 => value,
        };
        if width == Width::F64 {
            value
        } else {
            self.wrap(value)
        }
    }

    fn slot_key(slot: Slot, at: i64) -> (usize, i64) {
        (slot.index(), at)
    }

    fn inst(&mut self, inst: &Inst) -> Result<(), Stop> {
        self.tick()?;
        let (a, b, c) = (
            self.get(inst.a),
            self.get_or(inst.b, inst.imm),
            self.get(inst.c),
        );
        let (fa, fb) = (float(a), float(b));
        let is_float = inst.dst.is_some_and(|dst| self.func.ty(dst) == Type::F64);
        let count = (b as u32) & (self.bits() - 1);
        let value = match inst.op {
            Op::Const => inst.imm,
            Op::Copy => a,
            Op::Add => a.wrapping_add(b),
            Op::Sub => a.wrapping_sub(b),
            Op::RevSub => inst.imm.wrapping_sub(a),
            Op::Mul => a.wrapping_mul(b),
            Op::And => a & b,
            Op::Or => a | b,
            Op::Xor => a ^ b,
            Op::AndNot => a & !b,
            Op::Shl => a << count,
            Op::Shr => (self.unsigned(a) >> count) as i64,
            Op::Sar => a >> count,
            Op::Not => !a,
            Op::DivFloor | Op::ModFloor => {
                if b == 0 {
                    return Err(Stop::Zero);
                }
                let (quotient, rest) = (a.wrapping_div(b), a.wrapping_rem(b));
                let low = rest != 0 && (rest < 0) != (b < 0);
                match inst.op {
                    Op::DivFloor => quotient - i64::from(low),
                    _ => rest + if low { b } else { 0 },
                }
            }
            Op::DivUnsigned | Op::ModUnsigned => {
                let (a, b) = (self.unsigned(a), self.unsigned(b));
                if b == 0 {
                    return Err(Stop::Zero);
                }
                (if inst.op == Op::DivUnsigned {
                    a / b
                } else {
                    a % b
                }) as i64
            }
            Op::Extend(width) => self.extend(width, a),
            Op::Cmp(cond) => i64::from(self.holds(cond, a, b)),
            Op::Select => {
                if a != 0 {
                    self.get(inst.b)
                } else {
                    c
                }
            }
            Op::Load(width, shift) => {
                let range = self.range(self.address(inst, shift), width)?;
                let mut bytes = [0; 8];
                let source = &self.world.memory[range];
                bytes[..source.len()].copy_from_slice(source);
                self.extend(width, i64::from_le_bytes(bytes))
            }
            Op::Store(width, shift) => {
                let range = self.range(self.address(inst, shift), width)?;
                let bytes = c.to_le_bytes();
                let len = range.len();
                self.world.memory[range].copy_from_slice(&bytes[..len]);
                0
            }
            Op::SlotLoad(slot) => *self
                .slots
                .get(&Self::slot_key(slot, inst.imm))
                .unwrap_or(&0),
            Op::SlotStore(slot) => {
                self.slots.insert(Self::slot_key(slot, inst.imm), c);
                0
            }
            Op::Call(fun) => {
                let args: Vec<i64> = self
                    .func
                    .items(inst.args)
                    .iter()
                    .map(|arg| self.values[arg.index()])
                    .collect();
                (self.world.call)(fun.slot(), &args)
            }
            Op::FAdd => bits(fa + fb),
            Op::FSub => bits(fa - fb),
            Op::FMul => bits(fa * fb),
            Op::FDiv => bits(fa / fb),
            Op::FNeg => bits(-fa),
            Op::FAbs => bits(fa.abs()),
            Op::FSqrt => bits(fa.sqrt()),
            Op::FCmp(cond) => i64::from(Self::float_holds(cond, fa, fb)?),
            Op::FConst => inst.imm,
            Op::FloatOfInt => bits(a as f64),
            Op::IntOfFloat => fa as i64,
            Op::Line => 0,
            _ => return Err(Stop::Unknown),
        };
        if let Some(dst) = inst.dst {
            self.values[dst.index()] = if is_float { value } else { self.wrap(value) };
        }
        Ok(())
    }

    fn go(&mut self, edge: Edge) -> Next {
        let args: Vec<i64> = self
            .func
            .items(edge.args)
            .iter()
            .map(|arg| self.values[arg.index()])
            .collect();
        let params = self.func.items(self.func.blocks[edge.block].params);
        for (param, arg) in params.iter().zip(args) {
            self.values[param.index()] = arg;
        }
        Next::Block(edge.block)
    }

    fn end(&mut self, term: &Term) -> Result<Next, Stop> {
        self.tick()?;
        Ok(match *term {
            Term::Jump(edge) => self.go(edge),
            Term::Branch {
                cond,
                a,
                b,
                imm,
                then,
                other,
            } => {
                let holds = self.holds(cond, self.get(Some(a)), self.get_or(b, imm));
                self.go(if holds { then } else { other })
            }
            Term::FBranch {
                cond,
                a,
                b,
                then,
                other,
            } => {
                let (a, b) = (float(self.get(Some(a))), float(self.get(Some(b))));
                let holds = Self::float_holds(cond, a, b)?;
                self.go(if holds { then } else { other })
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
                let (a, b) = (self.get(Some(a)), self.get_or(b, imm));
                let (a, b) = (i128::from(a), i128::from(b));
                let value = match op {
                    Overflow::Add => a + b,
                    Overflow::Sub => a - b,
                    Overflow::Mul => a * b,
                };
                let wrapped = self.wrap(value as i64);
                if i128::from(wrapped) == value {
                    self.values[dst.index()] = wrapped;
                    self.go(fits)
                } else {
                    self.go(over)
                }
            }
            Term::NlrPush { normal, .. } => self.go(normal),
            Term::Switch { a, start, len } => {
                let at = self.unsigned(self.get(Some(a))).min(u64::from(len) - 1);
                Next::Block(self.func.targets[start as usize + at as usize])
            }
            Term::Return { a } => Next::Return(self.get(Some(a))),
            Term::Open | Term::Unreachable => return Err(Stop::Unreachable),
        })
    }
}
