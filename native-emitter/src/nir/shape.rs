//! Which operands an op has, and what running it does besides giving its result.
use ferlance_abi::fun_table::Kind;

use super::inst::{Inst, Op, Term};
use super::types::{Block, Type, Vreg, Width};
use super::{Edge, List};

/// Which fields of an instruction mean something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// `dst`, `imm`.
    Number,
    /// `dst`.
    Nothing,
    /// `dst`, `a`.
    Unary,
    /// `dst`, `a`, `imm`.
    UnaryImm,
    /// `dst`, `a`, `b` or `imm`.
    Binary,
    /// `dst`, `a`, `b`.
    FloatBinary,
    /// `dst`, `a`, `b`, `c`.
    Select,
    /// `dst`, `a`, `b`, `imm`.
    Shifted,
    /// `dst`, `a`, perhaps `b`, `imm`.
    Load,
    /// `a`, perhaps `b`, `imm`, `c`.
    Store,
    /// `dst`, `imm`; the slot is in the op.
    Slot,
    /// `imm`, `c`; the slot is in the op.
    SlotStore,
    /// Perhaps `dst`, perhaps `a`, `args`, `imm`.
    Call,
    /// Perhaps `dst`, `a`, `b`, perhaps `c`, `args`, `imm`.
    Cached,
    /// `imm`.
    Mark,
    /// `a`, `imm`.
    Tell,
}

impl Op {
    /// Which fields mean something.
    pub const fn shape(self) -> Shape {
        match self {
            Op::Const | Op::FunTableWord | Op::ConstObj | Op::Child | Op::FConst => Shape::Number,
            Op::QstrNumber(_) | Op::QstrObj(_) | Op::Context => Shape::Nothing,
            Op::Copy
            | Op::Not
            | Op::Extend(_)
            | Op::FNeg
            | Op::FAbs
            | Op::FSqrt
            | Op::FloatOfInt
            | Op::IntOfFloat
            | Op::FConvert => Shape::Unary,
            Op::RevSub => Shape::UnaryImm,
            Op::Add
            | Op::Sub
            | Op::Mul
            | Op::And
            | Op::Or
            | Op::Xor
            | Op::AndNot
            | Op::Shl
            | Op::Shr
            | Op::Sar
            | Op::DivFloor
            | Op::ModFloor
            | Op::DivUnsigned
            | Op::ModUnsigned
            | Op::Cmp(_) => Shape::Binary,
            Op::FAdd | Op::FSub | Op::FMul | Op::FDiv | Op::FCmp(_) => Shape::FloatBinary,
            Op::Select | Op::MulAdd => Shape::Select,
            Op::Shifted(..) => Shape::Shifted,
            Op::Load(..) => Shape::Load,
            Op::Store(..) => Shape::Store,
            Op::SlotAddr(_) | Op::SlotLoad(_) => Shape::Slot,
            Op::SlotStore(_) => Shape::SlotStore,
            Op::Call(_) | Op::CallDirect => Shape::Call,
            Op::Cached(..) => Shape::Cached,
            Op::Line => Shape::Mark,
            Op::Tell => Shape::Tell,
        }
    }

    /// Is the result a function of the operands alone, and running it harmless? Such an instruction may be dropped
    /// if unused, run earlier, or shared.
    ///
    /// Division is not: the operand that is not zero here may be zero earlier. [`Op::is_droppable`] covers it.
    pub const fn is_pure(self) -> bool {
        match self.shape() {
            Shape::Number | Shape::Nothing | Shape::Unary | Shape::UnaryImm => true,
            Shape::Binary => !matches!(
                self,
                Op::DivFloor | Op::ModFloor | Op::DivUnsigned | Op::ModUnsigned
            ),
            Shape::FloatBinary | Shape::Select | Shape::Shifted => true,
            Shape::Slot => matches!(self, Op::SlotAddr(_)),
            Shape::Load | Shape::Store | Shape::SlotStore => false,
            Shape::Call | Shape::Cached | Shape::Mark | Shape::Tell => false,
        }
    }

    /// May the instruction be dropped if its result is not used?
    pub const fn is_droppable(self) -> bool {
        match self {
            Op::DivFloor | Op::ModFloor | Op::DivUnsigned | Op::ModUnsigned => true,
            Op::Load(..) | Op::SlotLoad(_) => true,
            Op::Call(fun) => fun.is_data(),
            op => op.is_pure(),
        }
    }

    /// May operands `a` and `b` trade places?
    pub const fn is_commutative(self) -> bool {
        matches!(
            self,
            Op::Add | Op::Mul | Op::And | Op::Or | Op::Xor | Op::FAdd | Op::FMul
        )
    }

    /// Does it call something, or may it?
    pub const fn may_call(self) -> bool {
        self.is_call() || matches!(self, Op::Cached(..))
    }

    /// Does it call something, and so clobber the registers that calls clobber? (What a cell knows is looked up without
    /// that: the registers are kept over the call that it may need.)
    pub const fn is_call(self) -> bool {
        matches!(self, Op::Call(_) | Op::CallDirect)
    }
}

impl Width {
    /// The type of what a load of this width gives.
    pub const fn loaded(self) -> Type {
        match self {
            Width::F32 => Type::F32,
            Width::F64 => Type::F64,
            _ => Type::Word,
        }
    }
}

/// The type of a runtime function's result; `None` if it gives nothing.
pub const fn result_type(kind: Kind) -> Option<Type> {
    match kind {
        Kind::Obj => Some(Type::Obj),
        Kind::F32 => Some(Type::F32),
        Kind::F64 => Some(Type::F64),
        Kind::Void | Kind::Never => None,
        _ => Some(Type::Word),
    }
}

/// The type of a runtime function's parameter.
pub const fn param_type(kind: Kind) -> Type {
    match kind {
        Kind::Obj => Type::Obj,
        Kind::F32 => Type::F32,
        Kind::F64 => Type::F64,
        _ => Type::Word,
    }
}

/// Up to `N` items.
#[derive(Debug, Clone, Copy)]
pub struct Few<T, const N: usize> {
    items: [Option<T>; N],
    at: usize,
}

impl<T: Copy, const N: usize> Few<T, N> {
    #[inline]
    const fn new(items: [Option<T>; N]) -> Self {
        Few { items, at: 0 }
    }
}

impl<T: Copy, const N: usize> Iterator for Few<T, N> {
    type Item = T;

    #[inline]
    fn next(&mut self) -> Option<T> {
        while let Some(item) = self.items.get(self.at) {
            self.at += 1;
            if item.is_some() {
                return *item;
            }
        }
        None
    }

    #[inline]
    fn fold<B, F: FnMut(B, T) -> B>(self, init: B, mut each: F) -> B {
        let mut made = init;
        for item in self.items.into_iter().skip(self.at).flatten() {
            made = each(made, item);
        }
        made
    }
}

impl Inst {
    /// The operands outside the list.
    #[inline]
    pub fn operands(&self) -> Few<Vreg, 3> {
        Few::new([self.a, self.b, self.c])
    }

    /// Puts other operands in the place of those outside the list.
    pub fn map_operands(&mut self, mut map: impl FnMut(Vreg) -> Vreg) {
        for operand in [&mut self.a, &mut self.b, &mut self.c] {
            *operand = operand.map(&mut map);
        }
    }
}

impl Term {
    /// The edges with their arguments; the targets of a switch are not among them.
    #[inline]
    pub fn edges(&self) -> Few<Edge, 2> {
        Few::new(match *self {
            Term::Jump(to) => [Some(to), None],
            Term::Branch { then, other, .. } | Term::FBranch { then, other, .. } => {
                [Some(then), Some(other)]
            }
            Term::Checked { fits, over, .. } => [Some(fits), Some(over)],
            Term::NlrPush { normal, caught, .. } => [Some(normal), Some(caught)],
            Term::Open
            | Term::Switch { .. }
            | Term::Return { .. }
            | Term::Leave(_)
            | Term::Unreachable => [None, None],
        })
    }

    /// The edges, to be changed.
    pub fn edges_mut(&mut self) -> impl Iterator<Item = &mut Edge> {
        let [one, two] = match self {
            Term::Jump(to) => [Some(to), None],
            Term::Branch { then, other, .. } | Term::FBranch { then, other, .. } => {
                [Some(then), Some(other)]
            }
            Term::Checked { fits, over, .. } => [Some(fits), Some(over)],
            Term::NlrPush { normal, caught, .. } => [Some(normal), Some(caught)],
            Term::Open
            | Term::Switch { .. }
            | Term::Return { .. }
            | Term::Leave(_)
            | Term::Unreachable => [None, None],
        };
        one.into_iter().chain(two)
    }

    /// The operands that are not arguments of edges.
    #[inline]
    pub fn operands(&self) -> Few<Vreg, 2> {
        Few::new(match *self {
            Term::Branch { a, b, .. } | Term::Checked { a, b, .. } => [Some(a), b],
            Term::FBranch { a, b, .. } => [Some(a), Some(b)],
            Term::Switch { a, .. } | Term::Return { a } => [Some(a), None],
            Term::NlrPush { table, .. } => [table, None],
            Term::Open | Term::Jump(_) | Term::Leave(_) | Term::Unreachable => [None, None],
        })
    }

    /// Puts other operands in the place of those that are not arguments of edges.
    pub fn map_operands(&mut self, mut map: impl FnMut(Vreg) -> Vreg) {
        match self {
            Term::Branch { a, b, .. } | Term::Checked { a, b, .. } => {
                *a = map(*a);
                *b = b.map(map);
            }
            Term::FBranch { a, b, .. } => {
                *a = map(*a);
                *b = map(*b);
            }
            Term::Switch { a, .. } | Term::Return { a } => *a = map(*a),
            Term::NlrPush { table, .. } => *table = table.map(map),
            Term::Open | Term::Jump(_) | Term::Leave(_) | Term::Unreachable => {}
        }
    }

    /// Puts another value in the place of what it defines.
    pub fn map_def(&mut self, map: impl FnOnce(Vreg) -> Vreg) {
        if let Term::Checked { dst, .. } = self {
            *dst = map(*dst);
        }
    }

    /// What it defines.
    pub const fn def(&self) -> Option<Vreg> {
        match *self {
            Term::Checked { dst, .. } => Some(dst),
            _ => None,
        }
    }
}

impl super::Func {
    /// Where control may go from the end of a block, in the order of the edges, repetitions included.
    #[inline]
    pub fn successors(&self, block: Block) -> Successors<'_> {
        let term = &self.blocks[block].term;
        let mut few = [None, None];
        let mut more: &[Block] = &[];
        match term {
            Term::Jump(to) => few[0] = Some(to.block),
            Term::Branch { then, other, .. } | Term::FBranch { then, other, .. } => {
                few = [Some(then.block), Some(other.block)];
            }
            Term::Checked { fits, over, .. } => few = [Some(fits.block), Some(over.block)],
            Term::NlrPush { normal, caught, .. } => {
                few = [Some(normal.block), Some(caught.block)];
            }
            Term::Switch { start, len, .. } => {
                let start = *start as usize;
                let targets = self.targets.get(start..start + *len as usize);
                more = targets.unwrap_or(&[]);
            }
            Term::Open | Term::Return { .. } | Term::Leave(_) | Term::Unreachable => {}
        }
        Successors { few, more }
    }

    /// The operands of a list, to be changed.
    pub fn items_mut(&mut self, list: List) -> &mut [Vreg] {
        let start = list.start as usize;
        self.pool
            .get_mut(start..start + list.len as usize)
            .unwrap_or(&mut [])
    }
}

/// Where control may go from the end of a block.
#[derive(Debug, Clone)]
pub struct Successors<'a> {
    few: [Option<Block>; 2],
    more: &'a [Block],
}

impl Iterator for Successors<'_> {
    type Item = Block;

    #[inline]
    fn next(&mut self) -> Option<Block> {
        if let Some(first) = self.few[0] {
            self.few = [self.few[1], None];
            return Some(first);
        }
        let (first, rest) = self.more.split_first()?;
        self.more = rest;
        Some(*first)
    }
}
