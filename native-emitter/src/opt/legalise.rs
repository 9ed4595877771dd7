//! Constants that do not fit their instruction become values of their own, so that loops get them hoisted.
//!
//! Ops that the machine has no code for become calls of the runtime.
use ferlance_abi::fun_table::Fun;
use ferlance_collections::{OutOfMemory, TryVec};

use crate::arch::Arch;
use crate::nir::{Func, Inst, Op, Shape, Term, Type, Vreg, Width};

/// Makes every instruction one that the machine has.
pub fn legalise(func: &mut Func, arch: &dyn Arch) -> Result<(), OutOfMemory> {
    let table = fun_table(func);
    let mut made = TryVec::new();
    for block in func.blocks.indices() {
        let mut insts = core::mem::take(&mut func.blocks[block].insts);
        // Most blocks stay as long as they are.
        let mut longer: Option<TryVec<Inst>> = None;
        for at in 0..insts.len() {
            if is_legal(&insts[at], arch) {
                if let Some(longer) = &mut longer {
                    longer.push(insts[at])?;
                }
                continue;
            }
            let mut inst = insts[at];
            legalise_inst(func, arch, table, &mut made, &mut inst)?;
            if !made.is_empty() && longer.is_none() {
                let mut before = TryVec::with_capacity(insts.len() + 4)?;
                before.extend_from_slice(&insts[..at])?;
                longer = Some(before);
            }
            match &mut longer {
                None => insts[at] = inst,
                Some(longer) => {
                    longer.append(&mut made)?;
                    longer.push(inst)?;
                }
            }
        }
        insts = longer.unwrap_or(insts);
        let mut term = func.blocks[block].term;
        match &mut term {
            Term::Branch {
                cond,
                b: b @ None,
                imm,
                ..
            } if !arch.fits(Op::Cmp(*cond), *imm) => {
                *b = Some(constant(func, &mut insts, *imm)?);
                *imm = 0;
            }
            Term::Checked {
                op,
                b: b @ None,
                imm,
                ..
            } if !arch.fits_checked(*op, *imm) => {
                *b = Some(constant(func, &mut insts, *imm)?);
                *imm = 0;
            }
            _ => {}
        }
        func.blocks[block].term = term;
        func.blocks[block].insts = insts;
    }
    Ok(())
}

/// Is the instruction certainly one that stays as it is? Most are.
fn is_legal(inst: &Inst, arch: &dyn Arch) -> bool {
    match inst.op {
        Op::Load(width, _) | Op::Store(width, _) if inst.b.is_none() => {
            arch.address(width, None, inst.imm)
        }
        Op::Const | Op::Call(_) | Op::CallDirect | Op::Line | Op::Tell | Op::Copy => true,
        Op::SlotAddr(_) | Op::SlotLoad(_) | Op::SlotStore(_) => true,
        _ => false,
    }
}

/// The value that calls find the fun table in.
fn fun_table(func: &Func) -> Option<Vreg> {
    func.blocks
        .iter()
        .flat_map(|block| block.insts.iter())
        .find(|inst| inst.op.is_call())
        .and_then(|inst| inst.a)
}

fn constant(func: &mut Func, insts: &mut TryVec<Inst>, imm: i64) -> Result<Vreg, OutOfMemory> {
    let dst = func.vreg(Type::Word)?;
    insts.push(Inst {
        dst: Some(dst),
        imm,
        ..Inst::new(Op::Const)
    })?;
    Ok(dst)
}

fn legalise_inst(
    func: &mut Func,
    arch: &dyn Arch,
    table: Option<Vreg>,
    insts: &mut TryVec<Inst>,
    inst: &mut Inst,
) -> Result<(), OutOfMemory> {
    if let (Op::DivFloor | Op::ModFloor, Some(table), false) = (inst.op, table, arch.has(inst.op)) {
        let fun = match inst.op {
            Op::DivFloor => Fun::SmallIntFloorDivide,
            _ => Fun::SmallIntModulo,
        };
        let b = match inst.b {
            Some(b) => b,
            None => constant(func, insts, inst.imm)?,
        };
        let Some(a) = inst.a else { return Ok(()) };
        let args = func.list(&[a, b])?;
        let dst = inst.dst;
        *inst = Inst {
            dst,
            a: Some(table),
            args,
            ..Inst::new(Op::Call(fun))
        };
        return Ok(());
    }
    match inst.op.shape() {
        Shape::Binary if inst.b.is_none() && !arch.fits(inst.op, inst.imm) => {
            // A subtraction may fit where the addition does not.
            let negated = inst.imm.wrapping_neg();
            if inst.op == Op::Add && arch.fits(Op::Sub, negated) {
                inst.op = Op::Sub;
                inst.imm = negated;
                return Ok(());
            }
            if inst.op == Op::And && arch.fits(Op::AndNot, !inst.imm) {
                inst.op = Op::AndNot;
                inst.imm = !inst.imm;
                return Ok(());
            }
            inst.b = Some(constant(func, insts, inst.imm)?);
            inst.imm = 0;
        }
        Shape::UnaryImm if inst.imm != 0 && !arch.fits(inst.op, inst.imm) => {
            // imm - a
            let imm = constant(func, insts, inst.imm)?;
            let (dst, a) = (inst.dst, inst.a);
            *inst = Inst {
                dst,
                a: Some(imm),
                b: a,
                ..Inst::new(Op::Sub)
            };
        }
        Shape::Load | Shape::Store => {
            let (Op::Load(width, shift) | Op::Store(width, shift)) = inst.op else {
                return Ok(());
            };
            legalise_address(func, arch, insts, inst, width, shift)?;
        }
        _ => {}
    }
    Ok(())
}

/// Splits an address until the machine has it.
fn legalise_address(
    func: &mut Func,
    arch: &dyn Arch,
    insts: &mut TryVec<Inst>,
    inst: &mut Inst,
    width: Width,
    shift: u8,
) -> Result<(), OutOfMemory> {
    let Some(base) = inst.a else { return Ok(()) };
    let index = inst.b.map(|_| shift);
    if arch.address(width, index, inst.imm) {
        return Ok(());
    }
    let mut word = |func: &mut Func, new: Inst| {
        let dst = func.vreg(Type::Word)?;
        let mut new = Inst {
            dst: Some(dst),
            ..new
        };
        // The offset of an addition may not fit either.
        if new.b.is_none() && !arch.fits(new.op, new.imm) {
            new.b = Some(constant(func, insts, new.imm)?);
            new.imm = 0;
        }
        insts.push(new)?;
        Ok::<Vreg, OutOfMemory>(dst)
    };
    if let Some(at) = inst.b {
        if inst.imm != 0 && arch.address(width, index, 0) {
            // What does not change in a loop is base and offset, as a rule.
            inst.a = Some(word(
                func,
                Inst {
                    a: Some(base),
                    imm: inst.imm,
                    ..Inst::new(Op::Add)
                },
            )?);
            inst.imm = 0;
            return Ok(());
        }
        let scaled = match shift {
            0 => at,
            shift => word(
                func,
                Inst {
                    a: Some(at),
                    imm: shift.into(),
                    ..Inst::new(Op::Shl)
                },
            )?,
        };
        if shift != 0 && inst.imm == 0 && arch.address(width, Some(0), 0) {
            inst.b = Some(scaled);
            match &mut inst.op {
                Op::Load(_, shift) | Op::Store(_, shift) => *shift = 0,
                _ => {}
            }
            return Ok(());
        }
        inst.a = Some(word(
            func,
            Inst {
                a: Some(base),
                b: Some(scaled),
                ..Inst::new(Op::Add)
            },
        )?);
        inst.b = None;
        match &mut inst.op {
            Op::Load(_, shift) | Op::Store(_, shift) => *shift = 0,
            _ => {}
        }
    }
    if !arch.address(width, None, inst.imm) {
        inst.a = Some(word(
            func,
            Inst {
                a: inst.a,
                imm: inst.imm,
                ..Inst::new(Op::Add)
            },
        )?);
        inst.imm = 0;
    }
    Ok(())
}
