//! Is a function well formed? Passes are checked with it after each step in debug builds and tests.
use core::fmt;

use ferlance_collections::{IndexVec, OutOfMemory, TryVec};

use super::shape::{Shape, param_type, result_type};
use super::{Block, Entry, Func, Inst, Op, Site, Slot, Term, Type, Vreg};
use crate::analysis::{Cfg, Dominators};

/// What is wrong. Always our own fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    /// A block or number that does not exist.
    Missing,
    /// A block without an end.
    Open,
    /// Defined twice.
    DefinedTwice(Vreg),
    /// Used where its definition has not been passed on every way.
    NotDefined(Vreg),
    /// Operands or result that the op does not have, or lacks.
    Operands,
    /// Of the wrong type.
    Type(Vreg),
    /// An edge with another number of arguments than the block has parameters.
    Arity(Block),
    /// The entry block has other parameters than the entry says, or is jumped to.
    EntryParams,
    /// A frame slot accessed outside its words.
    SlotRange(Slot),
    /// No memory to check.
    OutOfMemory,
}

/// What is wrong, and in which block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VerifyError {
    /// Where.
    pub block: Block,
    /// What.
    pub wrong: Wrong,
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "b{}: {:?}", self.block.index(), self.wrong)
    }
}

impl core::error::Error for VerifyError {}

impl From<OutOfMemory> for Wrong {
    fn from(_: OutOfMemory) -> Wrong {
        Wrong::OutOfMemory
    }
}

/// Checks `func` for a target with words of `word` bytes.
pub fn verify(func: &Func, word: u32) -> Result<(), VerifyError> {
    let at = |block, wrong| VerifyError { block, wrong };
    let entry = Block::from_index(0);
    for (block, data) in func.blocks.iter_enumerated() {
        if data.term == Term::Open {
            return Err(at(block, Wrong::Open));
        }
        if let Term::Switch { start, len, .. } = data.term {
            let start = start as usize;
            if len == 0 || start + len as usize > func.targets.len() {
                return Err(at(block, Wrong::Missing));
            }
        }
        for to in func.successors(block) {
            if to.index() >= func.blocks.len() {
                return Err(at(block, Wrong::Missing));
            }
            if to == entry {
                return Err(at(block, Wrong::EntryParams));
            }
        }
    }
    entry_params(func).map_err(|wrong| at(entry, wrong))?;
    let oom = |_| at(entry, Wrong::OutOfMemory);
    let cfg = Cfg::new(func).map_err(oom)?;
    let dominators = Dominators::new(&cfg).map_err(oom)?;
    let mut verifier = Verifier {
        func,
        word,
        defined: IndexVec::filled(None, func.vregs.len()).map_err(oom)?,
    };
    for block in &cfg.order {
        verifier.define(*block).map_err(|wrong| at(*block, wrong))?;
    }
    for block in &cfg.order {
        verifier
            .check(*block, &dominators)
            .map_err(|wrong| at(*block, wrong))?;
    }
    Ok(())
}

fn entry_params(func: &Func) -> Result<(), Wrong> {
    let first = func
        .blocks
        .get(Block::from_index(0))
        .ok_or(Wrong::Missing)?;
    let params = func.items(first.params);
    let fits = match func.entry {
        Entry::Function => types_are(
            func,
            params,
            &[Type::Obj, Type::Word, Type::Word, Type::Word],
        ),
        Entry::Resume => types_are(func, params, &[Type::Word, Type::Obj]),
        Entry::Words(n) => params.len() == n as usize,
    };
    if fits {
        Ok(())
    } else {
        Err(Wrong::EntryParams)
    }
}

fn types_are(func: &Func, vregs: &[Vreg], types: &[Type]) -> bool {
    vregs.len() == types.len()
        && vregs
            .iter()
            .zip(types)
            .all(|(vreg, ty)| func.vregs.get(*vreg).is_some_and(|data| data.ty == *ty))
}

/// The place of a definition behind all instructions of its block: a terminator's.
const AT_END: u32 = u32::MAX;

struct Verifier<'a> {
    func: &'a Func,
    word: u32,
    /// Block and place in it: 0 is a parameter, instruction `i` is `i + 1`.
    defined: IndexVec<Vreg, Option<(Block, u32)>>,
}

impl Verifier<'_> {
    fn define(&mut self, block: Block) -> Result<(), Wrong> {
        let func = self.func;
        let data = &func.blocks[block];
        for param in func.items(data.params) {
            self.define_one(*param, (block, 0))?;
        }
        for (at, inst) in data.insts.iter().enumerate() {
            if let Some(dst) = inst.dst {
                self.define_one(dst, (block, at as u32 + 1))?;
            }
        }
        match data.term.def() {
            Some(dst) => self.define_one(dst, (block, AT_END)),
            None => Ok(()),
        }
    }

    fn define_one(&mut self, vreg: Vreg, place: (Block, u32)) -> Result<(), Wrong> {
        let slot = self.defined.get_mut(vreg).ok_or(Wrong::Missing)?;
        if slot.replace(place).is_some() {
            return Err(Wrong::DefinedTwice(vreg));
        }
        Ok(())
    }

    /// Is `vreg` there at place `at` of `block`?
    fn used(
        &self,
        vreg: Vreg,
        block: Block,
        at: u32,
        dominators: &Dominators,
    ) -> Result<(), Wrong> {
        let place = self.defined.get(vreg).ok_or(Wrong::Missing)?;
        match place {
            Some((home, from)) if *home == block && *from < at => Ok(()),
            // What a terminator defines is there on its first edge only: a block that has no other way in.
            Some((home, AT_END)) if *home != block => match self.func.blocks[*home].term {
                Term::Checked { fits, .. } if dominators.dominates(fits.block, block) => Ok(()),
                _ => Err(Wrong::NotDefined(vreg)),
            },
            Some((home, _)) if *home != block && dominators.dominates(*home, block) => Ok(()),
            _ => Err(Wrong::NotDefined(vreg)),
        }
    }

    fn check(&self, block: Block, dominators: &Dominators) -> Result<(), Wrong> {
        let data = &self.func.blocks[block];
        for (at, inst) in data.insts.iter().enumerate() {
            let at = at as u32 + 1;
            for operand in inst.operands() {
                self.used(operand, block, at, dominators)?;
            }
            for arg in self.func.items(inst.args) {
                self.used(*arg, block, at, dominators)?;
            }
            self.inst(inst)?;
        }
        for operand in data.term.operands() {
            self.used(operand, block, AT_END, dominators)?;
        }
        for (at, edge) in data.term.edges().enumerate() {
            for arg in self.func.items(edge.args) {
                // The result of a checked op may go along its first edge.
                if at == 0 && data.term.def() == Some(*arg) {
                    continue;
                }
                self.used(*arg, block, AT_END, dominators)?;
            }
            let params = self.func.items(self.func.blocks[edge.block].params);
            let args = self.func.items(edge.args);
            if params.len() != args.len() {
                return Err(Wrong::Arity(edge.block));
            }
            for (param, arg) in params.iter().zip(args) {
                self.same_kind(*arg, self.func.ty(*param))?;
            }
        }
        self.term(&data.term)
    }

    /// Words and objects may stand for each other; floats are only themselves.
    fn same_kind(&self, vreg: Vreg, ty: Type) -> Result<(), Wrong> {
        let found = self.func.ty(vreg);
        if found == ty || (!found.is_float() && !ty.is_float()) {
            Ok(())
        } else {
            Err(Wrong::Type(vreg))
        }
    }

    fn words(&self, vregs: impl Iterator<Item = Vreg>) -> Result<(), Wrong> {
        for vreg in vregs {
            self.same_kind(vreg, Type::Word)?;
        }
        Ok(())
    }

    fn term(&self, term: &Term) -> Result<(), Wrong> {
        match *term {
            Term::FBranch { a, b, .. } => {
                if !self.func.ty(a).is_float() {
                    return Err(Wrong::Type(a));
                }
                self.same_kind(b, self.func.ty(a))
            }
            Term::NlrPush { slot, .. } => match self.func.slots.get(slot) {
                Some(_) => Ok(()),
                None => Err(Wrong::Missing),
            },
            Term::Checked { dst, .. } => self.words(term.operands().chain([dst])),
            Term::Switch { start, len, .. } => {
                let start = start as usize;
                for target in &self.func.targets[start..start + len as usize] {
                    if self.func.blocks[*target].params.len != 0 {
                        return Err(Wrong::Arity(*target));
                    }
                }
                self.words(term.operands())
            }
            _ => self.words(term.operands()),
        }
    }

    fn inst(&self, inst: &Inst) -> Result<(), Wrong> {
        let given = (
            inst.dst.is_some(),
            inst.a.is_some(),
            inst.b.is_some(),
            inst.c.is_some(),
        );
        let shape = inst.op.shape();
        let fits = match shape {
            Shape::Number | Shape::Nothing => given.0 && !given.2 && !given.3,
            Shape::Slot => given == (true, false, false, false),
            Shape::Unary | Shape::UnaryImm => given == (true, true, false, false),
            Shape::Binary | Shape::Load => given.0 && given.1 && !given.3,
            Shape::FloatBinary | Shape::Shifted => given == (true, true, true, false),
            Shape::Select => given == (true, true, true, true),
            Shape::Store => !given.0 && given.1 && given.3,
            Shape::SlotStore => given == (false, false, false, true),
            Shape::Call => !given.2 && !given.3,
            Shape::Cached => match inst.op {
                Op::Cached(Site::Store, _) => given == (false, true, true, true),
                _ => given == (true, true, true, false),
            },
            Shape::Mark => given == (false, false, false, false),
            Shape::Tell => given == (false, true, false, false),
        };
        if !fits || (inst.args.len > 0 && !matches!(shape, Shape::Call | Shape::Cached)) {
            return Err(Wrong::Operands);
        }
        self.types(inst)?;
        if let Op::SlotAddr(slot) | Op::SlotLoad(slot) | Op::SlotStore(slot) = inst.op {
            let data = self.func.slots.get(slot).ok_or(Wrong::Missing)?;
            let end = i64::from(data.words) * i64::from(self.word);
            // An address may stand right behind the slot: an empty array's.
            let needed = if matches!(inst.op, Op::SlotAddr(_)) {
                0
            } else {
                i64::from(self.word)
            };
            if inst.imm < 0 || inst.imm > end - needed {
                return Err(Wrong::SlotRange(slot));
            }
        }
        Ok(())
    }

    fn types(&self, inst: &Inst) -> Result<(), Wrong> {
        let dst = inst.dst;
        let is = |vreg: Option<Vreg>, ty: Type| match vreg {
            Some(vreg) => self.same_kind(vreg, ty),
            None => Ok(()),
        };
        let is_float = |vreg: Option<Vreg>| match vreg {
            Some(vreg) if !self.func.ty(vreg).is_float() => Err(Wrong::Type(vreg)),
            _ => Ok(()),
        };
        let like = |vreg: Option<Vreg>| vreg.map_or(Type::Word, |vreg| self.func.ty(vreg));
        match inst.op {
            Op::Call(fun) => {
                let mut args = TryVec::new();
                args.extend_from_slice(self.func.items(inst.args))?;
                if args.len() != fun.params().len() && !fun.is_data() {
                    return Err(Wrong::Operands);
                }
                for (kind, arg) in fun.params().iter().zip(&args) {
                    self.same_kind(*arg, param_type(*kind))?;
                }
                match (dst, result_type(fun.result())) {
                    (Some(_), None) => Err(Wrong::Operands),
                    (dst, Some(ty)) => is(dst, ty),
                    (None, None) => Ok(()),
                }
            }
            Op::FAdd | Op::FSub | Op::FMul | Op::FDiv => {
                is_float(dst)?;
                is(inst.a, like(dst))?;
                is(inst.b, like(dst))
            }
            Op::FNeg | Op::FAbs | Op::FSqrt => {
                is_float(dst)?;
                is(inst.a, like(dst))
            }
            Op::FCmp(_) => {
                is(dst, Type::Word)?;
                is_float(inst.a)?;
                is(inst.b, like(inst.a))
            }
            Op::FConst => is_float(dst),
            Op::FloatOfInt => {
                is_float(dst)?;
                is(inst.a, Type::Word)
            }
            Op::IntOfFloat => {
                is_float(inst.a)?;
                is(dst, Type::Word)
            }
            Op::FConvert => {
                is_float(inst.a)?;
                is_float(dst)
            }
            Op::Copy => is(inst.a, like(dst)),
            Op::Select => {
                is(inst.a, Type::Word)?;
                is(inst.b, like(dst))?;
                is(inst.c, like(dst))
            }
            Op::Load(width, _) => {
                self.words(inst.operands())?;
                is(dst, width.loaded())
            }
            Op::Store(width, _) => {
                is(inst.a, Type::Word)?;
                is(inst.b, Type::Word)?;
                is(inst.c, width.loaded())
            }
            // A float may be kept in a slot.
            Op::SlotLoad(_) | Op::SlotStore(_) => Ok(()),
            _ => {
                self.words(inst.operands())?;
                is(dst, Type::Word)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nir::text::parse;

    fn wrong(body: &str) -> Option<Wrong> {
        let text = std::format!("func q0 words 2\nslot s0 2\nb0(v0: word, v1: word):\n{body}");
        let func = parse(&text).unwrap_or_else(|error| panic!("{error:?}\n{text}"));
        verify(&func, 8).err().map(|error| error.wrong)
    }

    fn v(number: usize) -> Vreg {
        Vreg::from_index(number)
    }

    #[test]
    fn good_functions_pass() {
        assert_eq!(wrong("return v0"), None);
        assert_eq!(
            wrong(
                "checked add v2: word = v0, v1 fits b1(v2) over b2
                b1(v3: word):
                return v3
                b2:
                return v1"
            ),
            None
        );
    }

    #[test]
    fn a_use_needs_a_definition_on_every_way() {
        assert_eq!(wrong("return v2"), Some(Wrong::NotDefined(v(2))));
        assert_eq!(
            wrong("v2: word = add v2, 1\nreturn v2"),
            Some(Wrong::NotDefined(v(2)))
        );
        assert_eq!(
            wrong(
                "branch eq v0, 0 then b1 else b2
                b1:
                v2: word = const 1
                jump b2
                b2:
                return v2"
            ),
            Some(Wrong::NotDefined(v(2)))
        );
        assert_eq!(
            wrong(
                "checked add v2: word = v0, v1 fits b1 over b2
                b1:
                return v2
                b2:
                return v2"
            ),
            Some(Wrong::NotDefined(v(2)))
        );
    }

    #[test]
    fn shapes_types_and_edges_are_checked() {
        assert_eq!(
            wrong("v1: word = const 1\nreturn v1"),
            Some(Wrong::DefinedTwice(v(1)))
        );
        assert_eq!(
            wrong("jump b1\nb1(v2: word):\nreturn v2"),
            Some(Wrong::Arity(Block::from_index(1)))
        );
        assert_eq!(wrong("jump b0"), Some(Wrong::EntryParams));
        assert_eq!(
            wrong("v2: f64 = fadd v0, v1\nreturn v0"),
            Some(Wrong::Type(v(0)))
        );
        assert_eq!(
            wrong("v2: obj = call binary_op(v0)\nreturn v0"),
            Some(Wrong::Operands)
        );
        assert_eq!(
            wrong("v2: word = slot_load s0 + 16\nreturn v0"),
            Some(Wrong::SlotRange(Slot::from_index(0)))
        );
        assert_eq!(wrong("open"), Some(Wrong::Open));
    }
}
