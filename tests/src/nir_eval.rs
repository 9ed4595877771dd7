//! What a function of the native IR means, by walking it: the judge of back ends.
//!
//! Words have 32 bits. Memory is one range of addresses; frame slots lie elsewhere, at addresses that no function under
//! test may show.

use std::collections::HashMap;

use ferlance_abi::Fun;
use ferlance_native_emitter::nir::{
    Block, Cond, Edge, Func, Inst, Op, Overflow, Slot, Term, Type, Vreg, Width,
};

/// Memory and the runtime that a function under test sees.
#[derive(Debug)]
pub struct World<'a> {
    /// First address of the memory.
    pub start: u32,
    /// Its bytes.
    pub memory: Vec<u8>,
    /// What a runtime function does.
    pub call: fn(&mut [u8], u32, Fun, &[u32]) -> u32,
    /// The function.
    pub func: &'a Func,
}

/// Where frame slots are.
const FRAME: u32 = 0x7000_0000;

struct Frame {
    values: HashMap<Vreg, u64>,
    slots: Vec<u8>,
    first: Vec<u32>,
}

impl World<'_> {
    /// Calls the function; `None` if it takes more than `fuel` instructions.
    pub fn run(&mut self, args: &[u32], mut fuel: u32) -> Option<u32> {
        let func = self.func;
        let mut frame = Frame {
            values: HashMap::new(),
            slots: Vec::new(),
            first: Vec::new(),
        };
        for slot in &func.slots {
            frame.first.push(frame.slots.len() as u32);
            frame
                .slots
                .resize(frame.slots.len() + 4 * slot.words as usize, 0);
        }
        let mut block = Block::from_index(0);
        for (param, arg) in func.items(func.blocks[block].params).iter().zip(args) {
            frame.values.insert(*param, u64::from(*arg));
        }
        loop {
            let data = &func.blocks[block];
            for inst in &data.insts {
                fuel = fuel.checked_sub(1)?;
                self.inst(&mut frame, inst);
            }
            fuel = fuel.checked_sub(1)?;
            let word = |vreg: Vreg| frame.values[&vreg] as u32;
            let second = |b: Option<Vreg>, imm: i64| b.map_or(imm as u32, word);
            let edge = match data.term {
                Term::Jump(edge) => edge,
                Term::Branch {
                    cond,
                    a,
                    b,
                    imm,
                    then,
                    other,
                } => match holds(cond, word(a), second(b, imm)) {
                    true => then,
                    false => other,
                },
                Term::FBranch {
                    cond,
                    a,
                    b,
                    then,
                    other,
                } => match float_holds(cond, frame.float(func, a), frame.float(func, b)) {
                    true => then,
                    false => other,
                },
                Term::Checked {
                    op,
                    dst,
                    a,
                    b,
                    imm,
                    fits,
                    over,
                } => {
                    let (a, b) = (word(a) as i32, second(b, imm) as i32);
                    let result = match op {
                        Overflow::Add => a.checked_add(b),
                        Overflow::Sub => a.checked_sub(b),
                        Overflow::Mul => a.checked_mul(b),
                    };
                    match result {
                        Some(result) => {
                            frame.values.insert(dst, u64::from(result as u32));
                            fits
                        }
                        None => over,
                    }
                }
                Term::Switch { a, start, len } => {
                    let number = word(a).min(len - 1);
                    Edge {
                        block: func.targets[(start + number) as usize],
                        args: Default::default(),
                    }
                }
                Term::Return { a } => return Some(word(a)),
                Term::Open | Term::NlrPush { .. } | Term::Unreachable => {
                    panic!("{:?} is not for this judge", data.term)
                }
            };
            let args: Vec<u64> = func
                .items(edge.args)
                .iter()
                .map(|arg| frame.values[arg])
                .collect();
            block = edge.block;
            for (param, arg) in func.items(func.blocks[block].params).iter().zip(args) {
                frame.values.insert(*param, arg);
            }
        }
    }

    fn bytes<'m>(&'m mut self, frame: &'m mut Frame, address: u32, len: u32) -> &'m mut [u8] {
        let (memory, start) = match address >= FRAME {
            true => (&mut frame.slots, FRAME),
            false => (&mut self.memory, self.start),
        };
        let at = (address - start) as usize;
        &mut memory[at..at + len as usize]
    }

    fn inst(&mut self, frame: &mut Frame, inst: &Inst) {
        let func = self.func;
        let word = |vreg: Option<Vreg>| vreg.map_or(0, |vreg| frame.values[&vreg] as u32);
        let a = word(inst.a);
        let b = inst
            .b
            .map_or(inst.imm as u32, |vreg| frame.values[&vreg] as u32);
        let slot_at =
            |frame: &Frame, slot: Slot| FRAME + frame.first[slot.index()] + inst.imm as u32;
        let wide = |vreg: Option<Vreg>| vreg.is_some_and(|vreg| func.ty(vreg) == Type::F64);
        let address = |shift: u8| {
            let index = inst.b.map_or(0, |vreg| frame.values[&vreg] as u32);
            a.wrapping_add(index << shift).wrapping_add(inst.imm as u32)
        };
        let value: u64 = match inst.op {
            Op::Line => return,
            Op::Const => u64::from(inst.imm as u32),
            Op::FConst => inst.imm as u64,
            Op::Copy => frame.values[&inst.a.expect("an operand")],
            Op::Load(width, shift) => {
                let bytes = self.bytes(frame, address(shift), width.bytes(4));
                extend(width, bytes)
            }
            Op::Store(width, shift) => {
                let (address, len) = (address(shift), width.bytes(4));
                let value = frame.values[&inst.c.expect("a value")].to_le_bytes();
                self.bytes(frame, address, len)
                    .copy_from_slice(&value[..len as usize]);
                return;
            }
            Op::SlotAddr(slot) => u64::from(slot_at(frame, slot)),
            Op::SlotLoad(slot) => {
                let len = if wide(inst.dst) { 8 } else { 4 };
                let width = if len == 8 { Width::F64 } else { Width::Word };
                let at = slot_at(frame, slot);
                extend(width, self.bytes(frame, at, len))
            }
            Op::SlotStore(slot) => {
                let len = if wide(inst.c) { 8 } else { 4 };
                let value = frame.values[&inst.c.expect("a value")].to_le_bytes();
                let at = slot_at(frame, slot);
                self.bytes(frame, at, len)
                    .copy_from_slice(&value[..len as usize]);
                return;
            }
            Op::Call(fun) => {
                let args: Vec<u32> = func
                    .items(inst.args)
                    .iter()
                    .map(|arg| frame.values[arg] as u32)
                    .collect();
                u64::from((self.call)(&mut self.memory, self.start, fun, &args))
            }
            Op::FAdd | Op::FSub | Op::FMul | Op::FDiv => {
                let dst = inst.dst.expect("a result");
                let [a, b] = [inst.a, inst.b].map(|it| frame.float(func, it.expect("an operand")));
                let exact = |f: fn(f64, f64) -> f64, g: fn(f32, f32) -> f32| match wide(Some(dst)) {
                    true => f(a, b).to_bits(),
                    false => u64::from(g(a as f32, b as f32).to_bits()),
                };
                match inst.op {
                    Op::FAdd => exact(|a, b| a + b, |a, b| a + b),
                    Op::FSub => exact(|a, b| a - b, |a, b| a - b),
                    Op::FMul => exact(|a, b| a * b, |a, b| a * b),
                    _ => exact(|a, b| a / b, |a, b| a / b),
                }
            }
            Op::FNeg | Op::FAbs | Op::FSqrt | Op::FConvert | Op::FloatOfInt => {
                let a = match inst.op {
                    Op::FloatOfInt => f64::from(a as i32),
                    _ => frame.float(func, inst.a.expect("an operand")),
                };
                let result = match inst.op {
                    Op::FNeg => -a,
                    Op::FAbs => a.abs(),
                    Op::FSqrt => a.sqrt(),
                    _ => a,
                };
                match wide(inst.dst) {
                    true => result.to_bits(),
                    // The square root of a single in double precision rounds to the same.
                    false => u64::from((result as f32).to_bits()),
                }
            }
            Op::IntOfFloat => {
                let a = frame.float(func, inst.a.expect("an operand"));
                u64::from(a as i32 as u32)
            }
            Op::FCmp(cond) => {
                let [a, b] = [inst.a, inst.b].map(|it| frame.float(func, it.expect("an operand")));
                u64::from(float_holds(cond, a, b))
            }
            Op::Select => frame.values[&if a != 0 { inst.b } else { inst.c }.expect("an operand")],
            op => u64::from(arithmetic(op, a, b, inst.imm as u32)),
        };
        if let Some(dst) = inst.dst {
            frame.values.insert(dst, value);
        }
    }
}

impl Frame {
    fn float(&self, func: &Func, vreg: Vreg) -> f64 {
        let bits = self.values[&vreg];
        match func.ty(vreg) {
            Type::F32 => f64::from(f32::from_bits(bits as u32)),
            _ => f64::from_bits(bits),
        }
    }
}

fn extend(width: Width, bytes: &[u8]) -> u64 {
    let mut whole = [0; 8];
    whole[..bytes.len()].copy_from_slice(bytes);
    let value = u64::from_le_bytes(whole);
    match width {
        Width::I8 => u64::from(value as i8 as u32),
        Width::I16 => u64::from(value as i16 as u32),
        _ => value,
    }
}

fn arithmetic(op: Op, a: u32, b: u32, imm: u32) -> u32 {
    let (sa, sb) = (a as i32, b as i32);
    match op {
        Op::Add => a.wrapping_add(b),
        Op::Sub => a.wrapping_sub(b),
        Op::RevSub => imm.wrapping_sub(a),
        Op::Mul => a.wrapping_mul(b),
        Op::And => a & b,
        Op::Or => a | b,
        Op::Xor => a ^ b,
        Op::AndNot => a & !b,
        Op::Shl => a.checked_shl(b).expect("a count below 32"),
        Op::Shr => a.checked_shr(b).expect("a count below 32"),
        Op::Sar => sa.checked_shr(b).expect("a count below 32") as u32,
        Op::Not => !a,
        Op::DivFloor => {
            let (quotient, rest) = (sa.wrapping_div(sb), sa.wrapping_rem(sb));
            let less = rest != 0 && (rest ^ sb) < 0;
            quotient.wrapping_sub(i32::from(less)) as u32
        }
        Op::ModFloor => {
            let rest = sa.wrapping_rem(sb);
            let less = rest != 0 && (rest ^ sb) < 0;
            (if less { rest.wrapping_add(sb) } else { rest }) as u32
        }
        Op::DivUnsigned => a / b,
        Op::ModUnsigned => a % b,
        Op::Extend(Width::U8) => a & 0xff,
        Op::Extend(Width::I8) => a as i8 as u32,
        Op::Extend(Width::U16) => a & 0xffff,
        Op::Extend(Width::I16) => a as i16 as u32,
        Op::Extend(_) => a,
        Op::Cmp(cond) => u32::from(holds(cond, a, b)),
        op => panic!("{op:?} is not for this judge"),
    }
}

/// Does a comparison of words hold?
fn holds(cond: Cond, a: u32, b: u32) -> bool {
    let (sa, sb) = (a as i32, b as i32);
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

fn float_holds(cond: Cond, a: f64, b: f64) -> bool {
    match cond {
        Cond::Eq => a == b,
        Cond::Ne => a != b,
        Cond::Lt => a < b,
        Cond::Le => a <= b,
        Cond::Gt => a > b,
        Cond::Ge => a >= b,
        _ => panic!("floats have no {cond:?}"),
    }
}
