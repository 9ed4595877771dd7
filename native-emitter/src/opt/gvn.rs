//! The same value once, and branches whose outcome a branch above has decided.
//!
//! Blocks are walked so that dominators come first; a pure instruction that a dominator has already is that value.
//! Cheap constants are left where they are: to keep one in a register costs more than to make it again.
//!
//! A branch that is like one above, on a way that only one outcome of that one leads to, is decided. That is what
//! makes the second check of a value's tag vanish.
use ferlance_collections::{HashIndex, OutOfMemory, TryVec};

use super::subst::Subst;
use crate::analysis::{Cfg, Dominators};
use crate::arch::Arch;
use crate::nir::{Block, Cond, Edge, Effort, Func, Inst, Op, Term, Vreg};

/// How far up branches are looked at.
const MAX_STEPS: u32 = 48;

/// Shares values and decides branches.
pub(super) fn gvn(func: &mut Func, arch: &dyn Arch) -> Result<bool, OutOfMemory> {
    let cfg = Cfg::new(func)?;
    let dominators = Dominators::new(&cfg)?;
    let mut subst = Subst::new(func)?;
    let mut known: TryVec<(Block, Inst)> = TryVec::new();
    let mut index = HashIndex::new();
    let mut changed = false;
    // Out of loops what is made by one load is not worth a register, nor even a place in the frame.
    let is_full = func.effort == Effort::Full;
    let shares_words = is_full || cfg.leads_back();
    for block in &cfg.order {
        for at in 0..func.blocks[*block].insts.len() {
            let mut inst = func.blocks[*block].insts[at];
            inst.map_operands(|vreg| subst.get(vreg));
            if inst.op.is_commutative() && inst.b.is_some() && inst.a > inst.b {
                core::mem::swap(&mut inst.a, &mut inst.b);
            }
            func.blocks[*block].insts[at] = inst;
            let Some(dst) = inst.dst else { continue };
            if !inst.op.is_pure()
                || inst.op == Op::Copy
                || is_cheap(&inst, arch)
                || !shares_words && is_word(inst.op)
                || !is_full && matches!(inst.op, Op::SlotAddr(_))
            {
                continue;
            }
            let is_float = func.ty(dst).is_float();
            let found = index.find(hash(&inst), |at| {
                known.get(at as usize).is_some_and(|(home, other)| {
                    is_same(other, &inst)
                        && dominators.dominates(*home, *block)
                        && other.dst.is_some_and(|other| {
                            func.ty(other) == func.ty(dst)
                                || (!is_float && !func.ty(other).is_float())
                        })
                })
            });
            match found.and_then(|at| known[at as usize].1.dst) {
                Some(other) => {
                    subst.replace(dst, other);
                    changed = true;
                }
                None => {
                    let at = known.len() as u32;
                    known.push((*block, inst))?;
                    index.insert(hash(&inst), at)?;
                }
            }
        }
        let mut term = func.blocks[*block].term;
        term.map_operands(|vreg| subst.get(vreg));
        func.blocks[*block].term = term;
        if let Some(to) = decided(func, &cfg, &dominators, *block) {
            func.blocks[*block].term = Term::Jump(to);
            changed = true;
        }
    }
    subst.apply(func);
    Ok(changed)
}

fn is_cheap(inst: &Inst, arch: &dyn Arch) -> bool {
    inst.op == Op::Const && arch.is_cheap(inst.imm)
}

/// A word that is made from a table.
fn is_word(op: Op) -> bool {
    matches!(op, Op::FunTableWord | Op::ConstObj)
}

fn is_same(one: &Inst, two: &Inst) -> bool {
    (one.op, one.a, one.b, one.c, one.imm) == (two.op, two.a, two.b, two.c, two.imm)
}

fn hash(inst: &Inst) -> u32 {
    use core::hash::{Hash, Hasher};
    let mut hasher = Mixer(0);
    (inst.op, inst.a, inst.b, inst.c, inst.imm).hash(&mut hasher);
    hasher.finish() as u32
}

/// Takes numbers as they are: there are few bits in most.
struct Mixer(u32);

impl Mixer {
    fn mix(&mut self, word: u32) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x9e37_79b1);
    }
}

impl core::hash::Hasher for Mixer {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.mix(u32::from(*byte));
        }
    }

    fn write_u8(&mut self, number: u8) {
        self.mix(number.into());
    }

    fn write_u32(&mut self, number: u32) {
        self.mix(number);
    }

    fn write_u64(&mut self, number: u64) {
        self.mix(number as u32 ^ (number >> 32) as u32);
    }

    fn write_usize(&mut self, number: usize) {
        self.write_u64(number as u64);
    }

    fn finish(&self) -> u64 {
        (self.0 ^ self.0 >> 15).into()
    }
}

/// A test: condition, left, right or constant.
type Test = (Cond, Vreg, Option<Vreg>, i64);

/// Where the branch at the end of `block` goes for certain, since a test above has had the same outcome.
fn decided(func: &Func, cfg: &Cfg, dominators: &Dominators, block: Block) -> Option<Edge> {
    let Term::Branch {
        cond,
        a,
        b,
        imm,
        then,
        other,
    } = func.blocks[block].term
    else {
        return None;
    };
    let test = (cond, a, b, imm);
    let mut at = block;
    for _ in 0..MAX_STEPS {
        let up = dominators.parent(at)?;
        // Only if the block above is the one way in does its outcome hold here.
        if let [pred] = cfg.preds(at)
            && *pred == up
            && let Term::Branch {
                cond,
                a,
                b,
                imm,
                then: yes,
                other: no,
            } = func.blocks[up].term
            && yes.block != no.block
        {
            let above = (cond, a, b, imm);
            let held = yes.block == at;
            if let Some(holds) = implied(above, held, test) {
                return Some(if holds { then } else { other });
            }
        }
        at = up;
    }
    None
}

/// What `test` is, given that `above` has held or not.
fn implied(above: Test, held: bool, test: Test) -> Option<bool> {
    let (cond, a, b, imm) = test;
    let (above_cond, above_a, above_b, above_imm) = above;
    if (above_a, above_b, above_imm) == (a, b, imm) {
        let fact = if held {
            above_cond
        } else {
            above_cond.negated()
        };
        if fact == cond {
            return Some(true);
        }
        if fact == cond.negated() {
            return Some(false);
        }
        return None;
    }
    // Equal to one constant: known against any other.
    let is_const_test = above_b.is_none() && b.is_none() && above_a == a;
    let equal = if held { Cond::Eq } else { Cond::Ne };
    if is_const_test
        && above_cond == equal
        && (i64::from(imm as i32), i64::from(above_imm as i32)) == (imm, above_imm)
    {
        return Some(super::branch::holds(cond, above_imm, imm, 32));
    }
    None
}
