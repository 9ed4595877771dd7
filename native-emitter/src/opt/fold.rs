//! Constants, algebra, and comparisons that become branches.
//!
//! An instruction becomes a constant, another value, or a simpler instruction; constants become immediate operands,
//! whether they fit the machine's instruction or not (`legalise` undoes that where they do not). Branches on the
//! result of a comparison become that comparison; branches on constants become jumps.
use ferlance_collections::{IndexVec, OutOfMemory};

use super::branch::holds;
use super::subst::Subst;
use super::uses::{constant, definitions};
use crate::arch::Arch;
use crate::nir::{Cond, Effort, Func, Inst, Op, Overflow, Shape, Term, Vreg, Width};

/// Folds until nothing changes in one walk.
pub(super) fn fold(func: &mut Func, arch: &dyn Arch) -> Result<bool, OutOfMemory> {
    let bits = arch.target().word_bits();
    let mut any = false;
    // The last rounds find little.
    let rounds = if func.effort == Effort::Full { 4 } else { 1 };
    for _ in 0..rounds {
        let mut folder = Folder {
            bits,
            defs: definitions(func)?,
            subst: Subst::new(func)?,
        };
        let mut changed = false;
        let mut blocks = core::mem::take(&mut func.blocks);
        for block in blocks.iter_mut() {
            for inst in block.insts.iter_mut() {
                inst.map_operands(|vreg| folder.subst.get(vreg));
                changed |= folder.inst(inst, func);
                if let Some(dst) = inst.dst {
                    folder.defs[dst] = Some(*inst);
                }
            }
            let term = &mut block.term;
            term.map_operands(|vreg| folder.subst.get(vreg));
            changed |= folder.term(term, &mut block.insts)?;
        }
        func.blocks = blocks;
        changed |= folder.subst.apply(func);
        any |= changed;
        if !changed {
            break;
        }
    }
    Ok(any)
}

struct Folder {
    bits: u32,
    defs: IndexVec<Vreg, Option<Inst>>,
    subst: Subst,
}

impl Folder {
    /// A number as words of the target hold it, sign-extended.
    fn wrap(&self, value: i64) -> i64 {
        let shift = 64 - self.bits;
        value << shift >> shift
    }

    fn unsigned(&self, value: i64) -> u64 {
        let shift = 64 - self.bits;
        (value as u64) << shift >> shift
    }

    fn def(&self, vreg: Option<Vreg>) -> Option<Inst> {
        vreg.and_then(|vreg| self.defs[vreg])
    }

    fn value(&self, vreg: Option<Vreg>) -> Option<i64> {
        constant(self.def(vreg))
    }

    /// Simplifies one instruction; says whether it did.
    fn inst(&mut self, inst: &mut Inst, func: &Func) -> bool {
        let shape = inst.op.shape();
        if !matches!(
            shape,
            Shape::Binary | Shape::UnaryImm | Shape::Unary | Shape::Select
        ) {
            return false;
        }
        let before = *inst;
        match shape {
            Shape::Binary => self.binary(inst),
            Shape::UnaryImm => {
                if let Some(a) = self.value(inst.a) {
                    self.make_const(inst, inst.imm.wrapping_sub(a));
                }
            }
            Shape::Unary => self.unary(inst, func),
            Shape::Select => self.select(inst),
            _ => {}
        }
        *inst != before
    }

    fn make_const(&self, inst: &mut Inst, value: i64) {
        let dst = inst.dst;
        *inst = Inst {
            dst,
            imm: self.wrap(value),
            ..Inst::new(Op::Const)
        };
    }

    /// The instruction's result is `a`; the instruction stays as a copy that nobody uses.
    fn make_copy(&mut self, inst: &mut Inst, a: Vreg) {
        if let Some(dst) = inst.dst {
            self.subst.replace(dst, a);
        }
        let dst = inst.dst;
        *inst = Inst {
            dst,
            a: Some(a),
            ..Inst::new(Op::Copy)
        };
    }

    fn unary(&mut self, inst: &mut Inst, func: &Func) {
        let Some(a) = inst.a else { return };
        match inst.op {
            Op::Copy => {
                if let Some(dst) = inst.dst
                    && func.ty(dst).is_float() == func.ty(a).is_float()
                {
                    self.subst.replace(dst, a);
                }
            }
            Op::Not => {
                if let Some(value) = self.value(inst.a) {
                    self.make_const(inst, !value);
                } else if let Some(Inst {
                    op: Op::Not,
                    a: Some(inner),
                    ..
                }) = self.def(inst.a)
                {
                    self.make_copy(inst, inner);
                }
            }
            Op::Extend(width) => {
                if let Some(value) = self.value(inst.a) {
                    self.make_const(inst, extend(width, value));
                } else if let Some(def) = self.def(inst.a) {
                    let is_done = match def.op {
                        Op::Extend(inner) | Op::Load(inner, _) => inner == width,
                        Op::And => {
                            def.b.is_none()
                                && match width {
                                    Width::U8 => def.imm & !0xff == 0,
                                    Width::U16 => def.imm & !0xffff == 0,
                                    Width::I8 => def.imm & !0x7f == 0,
                                    Width::I16 => def.imm & !0x7fff == 0,
                                    _ => false,
                                }
                        }
                        Op::Cmp(_) => true,
                        _ => false,
                    };
                    if is_done {
                        self.make_copy(inst, a);
                    }
                }
            }
            _ => {}
        }
    }

    fn binary(&mut self, inst: &mut Inst) {
        // Constants go right.
        if let Some(a) = self.value(inst.a)
            && let Some(b) = inst.b
            && self.value(inst.b).is_none()
        {
            match inst.op {
                op if op.is_commutative() => (inst.a, inst.b, inst.imm) = (Some(b), None, a),
                Op::Sub => {
                    let dst = inst.dst;
                    *inst = Inst {
                        dst,
                        a: Some(b),
                        imm: a,
                        ..Inst::new(Op::RevSub)
                    };
                    return;
                }
                Op::Cmp(cond) => {
                    inst.op = Op::Cmp(cond.swapped());
                    (inst.a, inst.b, inst.imm) = (Some(b), None, a);
                }
                _ => {}
            }
        }
        if let Some(b) = self.value(inst.b) {
            (inst.b, inst.imm) = (None, b);
        }
        if inst.op == Op::Sub && inst.b.is_none() {
            inst.op = Op::Add;
            inst.imm = self.wrap(inst.imm.wrapping_neg());
        }
        let Some(a) = inst.a else { return };
        if let Some(b) = inst.b {
            if a == b {
                match inst.op {
                    Op::Sub | Op::Xor | Op::AndNot => self.make_const(inst, 0),
                    Op::And | Op::Or => self.make_copy(inst, a),
                    _ => {}
                }
            }
            return;
        }
        let imm = inst.imm;
        if let Some(value) = self.value(inst.a) {
            if let Some(result) = self.compute(inst.op, value, imm) {
                self.make_const(inst, result);
            }
            return;
        }
        let all = self.wrap(-1);
        match (inst.op, imm) {
            (Op::Add | Op::Or | Op::Xor | Op::Shl | Op::Shr | Op::Sar | Op::AndNot, 0)
            | (Op::Mul | Op::DivFloor | Op::DivUnsigned, 1) => return self.make_copy(inst, a),
            (Op::And, imm) if self.wrap(imm) == all => return self.make_copy(inst, a),
            (Op::Mul | Op::And, 0) | (Op::ModFloor | Op::ModUnsigned, 1) => {
                return self.make_const(inst, 0);
            }
            (Op::Or, imm) if self.wrap(imm) == all => return self.make_const(inst, -1),
            (Op::AndNot, imm) => {
                inst.op = Op::And;
                inst.imm = !imm;
            }
            (Op::Mul, imm) if imm > 0 && imm & (imm - 1) == 0 => {
                inst.op = Op::Shl;
                inst.imm = i64::from(imm.trailing_zeros());
            }
            (Op::DivUnsigned, imm) if imm > 0 && imm & (imm - 1) == 0 => {
                inst.op = Op::Shr;
                inst.imm = i64::from(imm.trailing_zeros());
            }
            (Op::DivFloor, imm) if imm > 0 && imm & (imm - 1) == 0 => {
                inst.op = Op::Sar;
                inst.imm = i64::from(imm.trailing_zeros());
            }
            (Op::ModFloor | Op::ModUnsigned, imm) if imm > 0 && imm & (imm - 1) == 0 => {
                inst.op = Op::And;
                inst.imm = imm - 1;
            }
            _ => {}
        }
        self.reassociate(inst);
    }

    /// Two constants one after the other become one.
    fn reassociate(&mut self, inst: &mut Inst) {
        let Some(inner) = self.def(inst.a) else {
            return;
        };
        if inner.b.is_some() {
            return;
        }
        let (one, two) = (inner.imm, inst.imm);
        let most = i64::from(self.bits) - 1;
        match (inner.op, inst.op) {
            (Op::Add, Op::Add) => inst.imm = self.wrap(one.wrapping_add(two)),
            (Op::RevSub, Op::Add) => {
                inst.op = Op::RevSub;
                inst.imm = self.wrap(one.wrapping_add(two));
            }
            (Op::And, Op::And) => inst.imm = one & two,
            (Op::Or, Op::Or) => inst.imm = one | two,
            (Op::Xor, Op::Xor) => inst.imm = one ^ two,
            (Op::Shl, Op::Shl) | (Op::Shr, Op::Shr) | (Op::Sar, Op::Sar) => {
                if !(0..=most).contains(&one) || !(0..=most).contains(&two) || one + two > most {
                    return;
                }
                inst.imm = one + two;
            }
            // A load or shift that leaves few bits needs no mask.
            (Op::Shr, Op::And) if (0..=most).contains(&one) => {
                let left = self.unsigned(-1) >> one;
                if self.unsigned(two) & left != left {
                    return;
                }
                if let Some(a) = inst.a {
                    self.make_copy(inst, a);
                }
                return;
            }
            (Op::Load(width, _), Op::And) => {
                let left = match width {
                    Width::U8 => 0xff,
                    Width::U16 => 0xffff,
                    _ => return,
                };
                if two & left == left
                    && let Some(a) = inst.a
                {
                    self.make_copy(inst, a);
                }
                return;
            }
            _ => return,
        }
        inst.a = inner.a;
    }

    /// The result of a binary op on constants, where there is one.
    fn compute(&self, op: Op, a: i64, b: i64) -> Option<i64> {
        let count = || u32::try_from(b).ok().filter(|count| *count < self.bits);
        Some(match op {
            Op::Add => a.wrapping_add(b),
            Op::Sub => a.wrapping_sub(b),
            Op::Mul => a.wrapping_mul(b),
            Op::And => a & b,
            Op::Or => a | b,
            Op::Xor => a ^ b,
            Op::AndNot => a & !b,
            Op::Shl => a << count()?,
            Op::Sar => self.wrap(a) >> count()?,
            Op::Shr => (self.unsigned(a) >> count()?) as i64,
            Op::Cmp(cond) => holds(cond, a, b, self.bits).into(),
            _ => return None,
        })
    }

    fn select(&mut self, inst: &mut Inst) {
        let (Some(b), Some(c)) = (inst.b, inst.c) else {
            return;
        };
        if b == c {
            self.make_copy(inst, b);
        } else if let Some(value) = self.value(inst.a) {
            self.make_copy(inst, if value != 0 { b } else { c });
        }
    }

    /// Simplifies the end of a block; says whether it did.
    fn term(
        &mut self,
        term: &mut Term,
        insts: &mut ferlance_collections::TryVec<Inst>,
    ) -> Result<bool, OutOfMemory> {
        let before = *term;
        match term {
            Term::Branch { .. } => {
                for _ in 0..8 {
                    if !self.branch(term) {
                        break;
                    }
                }
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
                if self.value(Some(*a)).is_some()
                    && let Some(right) = *b
                    && self.value(*b).is_none()
                    && *op != Overflow::Sub
                {
                    *imm = self.value(Some(*a)).unwrap_or(0);
                    *a = right;
                    *b = None;
                }
                if let Some(value) = self.value(*b) {
                    (*b, *imm) = (None, value);
                }
                if b.is_none()
                    && let Some(value) = self.value(Some(*a))
                {
                    let result = match op {
                        Overflow::Add => value.checked_add(*imm),
                        Overflow::Sub => value.checked_sub(*imm),
                        Overflow::Mul => value.checked_mul(*imm),
                    };
                    match result.filter(|result| self.wrap(*result) == *result) {
                        Some(result) => {
                            let inst = Inst {
                                dst: Some(*dst),
                                imm: result,
                                ..Inst::new(Op::Const)
                            };
                            insts.push(inst)?;
                            self.defs[*dst] = Some(inst);
                            *term = Term::Jump(*fits);
                        }
                        None => *term = Term::Jump(*over),
                    }
                }
            }
            _ => {}
        }
        Ok(*term != before)
    }

    /// One step of simplifying a branch; says whether there was one.
    fn branch(&mut self, term: &mut Term) -> bool {
        let Term::Branch {
            cond,
            a,
            b,
            imm,
            then,
            other,
        } = term
        else {
            return false;
        };
        if let Some(value) = self.value(*b) {
            (*b, *imm) = (None, value);
            return true;
        }
        if let Some(right) = *b {
            if *a == right {
                let always = match cond {
                    Cond::Eq | Cond::Le | Cond::Ge | Cond::BelowEq | Cond::AboveEq => true,
                    Cond::Ne | Cond::Lt | Cond::Gt | Cond::Below | Cond::Above => false,
                    Cond::TestZero | Cond::TestNonZero => return self.bool_branch(term),
                };
                *term = Term::Jump(if always { *then } else { *other });
                return true;
            }
            if let Some(value) = self.value(Some(*a)) {
                *cond = cond.swapped();
                (*a, *b, *imm) = (right, None, value);
                return true;
            }
            return self.bool_branch(term);
        }
        if let Some(value) = self.value(Some(*a)) {
            let holds = holds(*cond, value, *imm, self.bits);
            *term = Term::Jump(if holds { *then } else { *other });
            return true;
        }
        if *cond == Cond::TestNonZero && self.wrap(*imm) == -1 {
            (*cond, *imm) = (Cond::Ne, 0);
            return true;
        }
        if *cond == Cond::TestZero && self.wrap(*imm) == -1 {
            (*cond, *imm) = (Cond::Eq, 0);
            return true;
        }
        let Some(def) = self.def(Some(*a)) else {
            return false;
        };
        // A truth value, tested: the test that made it.
        let when_set = match (*cond, *imm) {
            (Cond::Ne, 0) | (Cond::Eq, 1) => Some(true),
            (Cond::Eq, 0) | (Cond::Ne, 1) => Some(false),
            (Cond::TestNonZero, imm) if imm & 1 != 0 => Some(true),
            (Cond::TestZero, imm) if imm & 1 != 0 => Some(false),
            _ => None,
        };
        if let (Op::Cmp(test), Some(when_set), Some(left)) = (def.op, when_set, def.a) {
            *cond = if when_set { test } else { test.negated() };
            (*a, *b, *imm) = (left, def.b, def.imm);
            return true;
        }
        // Bits, tested.
        if let (Op::And, 0, Some(left)) = (def.op, *imm, def.a)
            && matches!(cond, Cond::Eq | Cond::Ne)
        {
            *cond = if *cond == Cond::Eq {
                Cond::TestZero
            } else {
                Cond::TestNonZero
            };
            (*a, *b, *imm) = (left, def.b, def.imm);
            return true;
        }
        if let (Op::And, None, Some(left)) = (def.op, def.b, def.a)
            && matches!(cond, Cond::TestZero | Cond::TestNonZero)
        {
            *imm &= def.imm;
            *a = left;
            return true;
        }
        // Differences, tested.
        if let (Op::Sub | Op::Xor, 0, Some(left)) = (def.op, *imm, def.a)
            && matches!(cond, Cond::Eq | Cond::Ne)
        {
            (*a, *b, *imm) = (left, def.b, def.imm);
            return true;
        }
        false
    }

    /// A branch on whether a selected word is one of the two: the branch on what selected it.
    fn bool_branch(&mut self, term: &mut Term) -> bool {
        let Term::Branch {
            cond,
            a,
            b: b @ Some(_),
            imm,
            then,
            other,
        } = term
        else {
            return false;
        };
        let (Some(right), true) = (*b, matches!(cond, Cond::Eq | Cond::Ne)) else {
            return false;
        };
        let (Some(left), other_side) = (self.defs[*a], self.defs[right]) else {
            return false;
        };
        let (Op::Select, Some(test), Some(yes), Some(no)) = (left.op, left.a, left.b, left.c)
        else {
            return false;
        };
        let is = |side: Vreg| self.same(self.defs[side], other_side);
        let differ = |side: Vreg| self.differ(self.defs[side], other_side);
        let is_yes = if is(yes) && differ(no) {
            true
        } else if is(no) && differ(yes) {
            false
        } else {
            return false;
        };
        if is_yes != (*cond == Cond::Eq) {
            core::mem::swap(then, other);
        }
        (*cond, *a, *b, *imm) = (Cond::Ne, test, None, 0);
        true
    }

    /// Certainly the same word of the fun table?
    fn same(&self, one: Option<Inst>, two: Option<Inst>) -> bool {
        matches!((one, two), (Some(one), Some(two))
            if one.op == Op::FunTableWord && two.op == Op::FunTableWord && one.imm == two.imm)
    }

    /// Certainly two of None, True and False?
    fn differ(&self, one: Option<Inst>, two: Option<Inst>) -> bool {
        matches!((one, two), (Some(one), Some(two))
            if one.op == Op::FunTableWord && two.op == Op::FunTableWord && one.imm != two.imm)
    }
}

fn extend(width: Width, value: i64) -> i64 {
    match width {
        Width::U8 => value & 0xff,
        Width::I8 => i64::from(value as i8),
        Width::U16 => value & 0xffff,
        Width::I16 => i64::from(value as i16),
        Width::U32 => value & 0xffff_ffff,
        Width::I32 => i64::from(value as i32),
        Width::Word | Width::F32 | Width::F64 => value,
    }
}
