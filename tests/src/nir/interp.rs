//! What NIR means, as plainly as can be: the judge of passes and back ends.
use std::collections::HashMap;

use ferlance_abi::Fun;
use ferlance_native_emitter::nir::{
    Block, Cond, Edge, Func, Inst, Op, Overflow, Site, Slot, Term, Type, Vreg, Width,
};

/// What a function of the runtime does, given memory and its arguments: its result, or the exception it raises.
pub type Call<'a> = &'a mut dyn FnMut(&mut [u8], Fun, &[u64]) -> Result<u64, u64>;

/// The world of a run. Words are kept without a sign, singles and doubles as their bits.
pub struct World<'a> {
    /// Bytes of a machine word.
    pub word: u32,
    /// The address of `memory`.
    pub start: u64,
    /// All memory there is besides frame slots.
    pub memory: Vec<u8>,
    /// The runtime.
    pub call: Call<'a>,
    /// How many instructions may run; what is left afterwards.
    pub fuel: u64,
}

/// Why a run has no result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// It takes too long.
    Fuel,
    /// It reads or writes where there is nothing.
    Memory(u64),
    /// It divides by zero.
    Zero,
    /// An exception left it.
    Raised(u64),
    /// It comes to an end that control never comes to.
    Unreachable,
    /// It has an instruction that means nothing outside of a runtime.
    Unknown,
}

/// Where frame slots are; no function under test may show such an address.
const FRAME: u64 = 0x7000_0000;

struct Buffer {
    slot: Slot,
    caught: Edge,
    /// The values from before the push: all that the handler may use.
    before: HashMap<Vreg, u64>,
}

struct Run<'a, 'w> {
    func: &'a Func,
    world: &'a mut World<'w>,
    values: HashMap<Vreg, u64>,
    frame: Vec<u8>,
    /// Where each slot begins in `frame`.
    slots: Vec<u64>,
    buffers: Vec<Buffer>,
}

enum Next {
    Go(Block, Vec<u64>),
    Return(u64),
}

/// Runs a function with words as arguments.
pub fn run(func: &Func, world: &mut World<'_>, args: &[u64]) -> Result<u64, Stop> {
    let mut run = Run {
        func,
        values: HashMap::new(),
        frame: Vec::new(),
        slots: Vec::new(),
        buffers: Vec::new(),
        world,
    };
    for slot in &func.slots {
        run.slots.push(run.frame.len() as u64);
        let bytes = run.world.word * slot.words;
        run.frame.resize(run.frame.len() + bytes as usize, 0);
    }
    let (mut block, mut args) = (Block::from_index(0), args.to_vec());
    loop {
        match run.block(block, &args) {
            Ok(Next::Go(to, with)) => (block, args) = (to, with),
            Ok(Next::Return(value)) => return Ok(value),
            Err(Stop::Raised(exception)) => match run.arrive(exception)? {
                Next::Go(to, with) => (block, args) = (to, with),
                Next::Return(value) => return Ok(value),
            },
            Err(stop) => return Err(stop),
        }
    }
}

impl Run<'_, '_> {
    fn block(&mut self, block: Block, args: &[u64]) -> Result<Next, Stop> {
        let data = &self.func.blocks[block];
        for (param, arg) in self.func.items(data.params).iter().zip(args) {
            self.set(*param, *arg);
        }
        for inst in &data.insts {
            self.tick()?;
            self.inst(inst)?;
        }
        self.tick()?;
        self.end(&data.term)
    }

    /// Goes on in the handler of the newest buffer.
    fn arrive(&mut self, exception: u64) -> Result<Next, Stop> {
        let buffer = self.buffers.pop().ok_or(Stop::Raised(exception))?;
        self.values = buffer.before;
        let at = self.slot_address(buffer.slot, i64::from(self.world.word));
        self.store(Width::Word, at, exception)?;
        self.go(buffer.caught)
    }

    fn tick(&mut self) -> Result<(), Stop> {
        self.world.fuel = self.world.fuel.checked_sub(1).ok_or(Stop::Fuel)?;
        Ok(())
    }

    fn unused(&self) -> u32 {
        64 - self.world.word * 8
    }

    fn wrap(&self, value: u64) -> u64 {
        value << self.unused() >> self.unused()
    }

    fn signed(&self, value: u64) -> i64 {
        (value as i64) << self.unused() >> self.unused()
    }

    fn set(&mut self, vreg: Vreg, value: u64) {
        let value = match self.func.ty(vreg) {
            Type::F32 | Type::F64 => value,
            _ => self.wrap(value),
        };
        self.values.insert(vreg, value);
    }

    fn get(&self, vreg: Vreg) -> u64 {
        match self.values.get(&vreg) {
            Some(value) => *value,
            None => panic!("v{} is not there\n{}", vreg.index(), self.func),
        }
    }

    fn operand(&self, vreg: Option<Vreg>) -> u64 {
        vreg.map_or(0, |vreg| self.get(vreg))
    }

    fn operand_or(&self, vreg: Option<Vreg>, imm: i64) -> u64 {
        vreg.map_or(self.wrap(imm as u64), |vreg| self.get(vreg))
    }

    fn items(&self, list: &[Vreg]) -> Vec<u64> {
        list.iter().map(|vreg| self.get(*vreg)).collect()
    }

    /// A single in double precision is the same number.
    fn float(&self, vreg: Option<Vreg>) -> f64 {
        let bits = self.operand(vreg);
        match vreg.map(|vreg| self.func.ty(vreg)) {
            Some(Type::F32) => f32::from_bits(bits as u32).into(),
            _ => f64::from_bits(bits),
        }
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

    fn bytes(&mut self, at: u64, width: Width) -> Result<&mut [u8], Stop> {
        let len = width.bytes(self.world.word) as usize;
        let in_frame = at.wrapping_sub(FRAME) < self.frame.len() as u64;
        let (memory, start) = match in_frame {
            true => (&mut self.frame, FRAME),
            false => (&mut self.world.memory, self.world.start),
        };
        let from = at.wrapping_sub(start) as usize;
        memory
            .get_mut(from..from.wrapping_add(len))
            .ok_or(Stop::Memory(at))
    }

    fn load(&mut self, width: Width, at: u64) -> Result<u64, Stop> {
        let mut whole = [0; 8];
        let bytes = self.bytes(at, width)?;
        whole[..bytes.len()].copy_from_slice(bytes);
        Ok(extend(width, u64::from_le_bytes(whole)))
    }

    fn store(&mut self, width: Width, at: u64, value: u64) -> Result<(), Stop> {
        let bytes = self.bytes(at, width)?;
        bytes.copy_from_slice(&value.to_le_bytes()[..bytes.len()]);
        Ok(())
    }

    fn address(&self, inst: &Inst, shift: u8) -> u64 {
        let index = self.operand(inst.b) << shift;
        let sum = self.operand(inst.a).wrapping_add(index);
        self.wrap(sum.wrapping_add(inst.imm as u64))
    }

    fn slot_address(&self, slot: Slot, offset: i64) -> u64 {
        FRAME + self.slots[slot.index()] + offset as u64
    }

    fn width_of(&self, vreg: Option<Vreg>) -> Width {
        match vreg.map(|vreg| self.func.ty(vreg)) {
            Some(Type::F64) => Width::F64,
            Some(Type::F32) => Width::F32,
            _ => Width::Word,
        }
    }

    fn inst(&mut self, inst: &Inst) -> Result<(), Stop> {
        let a = self.operand(inst.a);
        let value = match inst.op {
            Op::Line => return Ok(()),
            Op::Tell => return self.store(Width::U32, a, inst.imm as u64),
            Op::Const | Op::FConst => inst.imm as u64,
            Op::Copy => a,
            Op::Extend(width) => extend(width, a),
            Op::Select => self.operand(if a != 0 { inst.b } else { inst.c }),
            Op::MulAdd => {
                let product = a.wrapping_mul(self.operand(inst.b));
                product.wrapping_add(self.operand(inst.c))
            }
            Op::Shifted(alu, shift) => {
                let b = self.operand(inst.b) as i64;
                let b = shift.run(b, inst.imm, self.world.word * 8);
                alu.run(a as i64, b) as u64
            }
            Op::Load(width, shift) => self.load(width, self.address(inst, shift))?,
            Op::Store(width, shift) => {
                let value = self.operand(inst.c);
                return self.store(width, self.address(inst, shift), value);
            }
            Op::SlotAddr(slot) => self.slot_address(slot, inst.imm),
            Op::SlotLoad(slot) => {
                self.load(self.width_of(inst.dst), self.slot_address(slot, inst.imm))?
            }
            Op::SlotStore(slot) => {
                let at = self.slot_address(slot, inst.imm);
                return self.store(self.width_of(inst.c), at, self.operand(inst.c));
            }
            Op::Call(Fun::NlrPop) => {
                self.buffers.pop();
                return Ok(());
            }
            Op::Cached(site, _) => {
                let cell = self.operand(inst.b).wrapping_add(inst.cell_offset() as u64);
                let args = match site {
                    Site::Global => vec![cell],
                    Site::Load => vec![a, cell],
                    Site::Store => vec![a, cell, self.operand(inst.c)],
                };
                let (memory, fun) = (&mut self.world.memory, site.fun());
                (self.world.call)(memory, fun, &args).map_err(Stop::Raised)?
            }
            Op::Call(fun) => {
                let args = self.items(self.func.items(inst.args));
                (self.world.call)(&mut self.world.memory, fun, &args).map_err(Stop::Raised)?
            }
            Op::FAdd
            | Op::FSub
            | Op::FMul
            | Op::FDiv
            | Op::FNeg
            | Op::FAbs
            | Op::FSqrt
            | Op::FConvert
            | Op::FloatOfInt => self.float_bits(inst),
            // Saturates, to the width of a word.
            Op::IntOfFloat => match self.world.word {
                4 => self.float(inst.a) as i32 as u64,
                _ => self.float(inst.a) as i64 as u64,
            },
            Op::FCmp(cond) => {
                Self::float_holds(cond, self.float(inst.a), self.float(inst.b))?.into()
            }
            _ => self.arithmetic(inst.op, a, self.operand_or(inst.b, inst.imm))?,
        };
        if let Some(dst) = inst.dst {
            self.set(dst, value);
        }
        Ok(())
    }

    /// One operation in double precision, then rounded to a single, gives what single precision gives.
    fn float_bits(&self, inst: &Inst) -> u64 {
        let (a, b) = (self.float(inst.a), self.float(inst.b));
        let result = match inst.op {
            Op::FAdd => a + b,
            Op::FSub => a - b,
            Op::FMul => a * b,
            Op::FDiv => a / b,
            Op::FNeg => -a,
            Op::FAbs => a.abs(),
            Op::FSqrt => a.sqrt(),
            Op::FloatOfInt => self.signed(self.operand(inst.a)) as f64,
            _ => a,
        };
        match self.width_of(inst.dst) {
            Width::F32 => (result as f32).to_bits().into(),
            _ => result.to_bits(),
        }
    }

    fn arithmetic(&self, op: Op, a: u64, b: u64) -> Result<u64, Stop> {
        let (sa, sb) = (self.signed(a), self.signed(b));
        let count = b as u32 & (self.world.word * 8 - 1);
        let divides = matches!(
            op,
            Op::DivFloor | Op::ModFloor | Op::DivUnsigned | Op::ModUnsigned
        );
        if divides && b == 0 {
            return Err(Stop::Zero);
        }
        Ok(match op {
            Op::Add => a.wrapping_add(b),
            Op::Sub => a.wrapping_sub(b),
            Op::RevSub => b.wrapping_sub(a),
            Op::Mul => a.wrapping_mul(b),
            Op::And => a & b,
            Op::Or => a | b,
            Op::Xor => a ^ b,
            Op::AndNot => a & !b,
            Op::Shl => a << count,
            Op::Shr => a >> count,
            Op::Sar => (sa >> count) as u64,
            Op::Not => !a,
            Op::DivFloor | Op::ModFloor => {
                let (quotient, rest) = (sa.wrapping_div(sb), sa.wrapping_rem(sb));
                let low = rest != 0 && (rest < 0) != (sb < 0);
                match op {
                    Op::DivFloor => quotient.wrapping_sub(low.into()) as u64,
                    _ => (rest + if low { sb } else { 0 }) as u64,
                }
            }
            Op::DivUnsigned => a / b,
            Op::ModUnsigned => a % b,
            Op::Cmp(cond) => self.holds(cond, a, b).into(),
            _ => return Err(Stop::Unknown),
        })
    }

    fn go(&self, edge: Edge) -> Result<Next, Stop> {
        Ok(Next::Go(edge.block, self.items(self.func.items(edge.args))))
    }

    fn end(&mut self, term: &Term) -> Result<Next, Stop> {
        match *term {
            Term::Jump(edge) => self.go(edge),
            Term::Branch {
                cond,
                a,
                b,
                imm,
                then,
                other,
            } => {
                let holds = self.holds(cond, self.get(a), self.operand_or(b, imm));
                self.go(if holds { then } else { other })
            }
            Term::FBranch {
                cond,
                a,
                b,
                then,
                other,
            } => {
                let holds = Self::float_holds(cond, self.float(Some(a)), self.float(Some(b)))?;
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
                let a = i128::from(self.signed(self.get(a)));
                let b = i128::from(self.signed(self.operand_or(b, imm)));
                let exact = match op {
                    Overflow::Add => a + b,
                    Overflow::Sub => a - b,
                    Overflow::Mul => a * b,
                };
                if i128::from(self.signed(exact as u64)) == exact {
                    self.set(dst, exact as u64);
                    self.go(fits)
                } else {
                    self.go(over)
                }
            }
            Term::NlrPush {
                slot,
                normal,
                caught,
                ..
            } => {
                self.buffers.push(Buffer {
                    slot,
                    caught,
                    before: self.values.clone(),
                });
                self.go(normal)
            }
            Term::Switch { a, start, len } => {
                let at = self.get(a).min(u64::from(len) - 1) as usize;
                Ok(Next::Go(self.func.targets[start as usize + at], Vec::new()))
            }
            Term::Return { a } => Ok(Next::Return(self.get(a))),
            Term::Open | Term::Leave(_) | Term::Unreachable => Err(Stop::Unreachable),
        }
    }
}

fn extend(width: Width, value: u64) -> u64 {
    match width {
        Width::U8 => u64::from(value as u8),
        Width::I8 => value as i8 as u64,
        Width::U16 => u64::from(value as u16),
        Width::I16 => value as i16 as u64,
        Width::U32 => u64::from(value as u32),
        Width::I32 => value as i32 as u64,
        Width::Word | Width::F64 | Width::F32 => value,
    }
}
