//! Instructions and the ends of blocks.
use ferlance_abi::Qstr;
use ferlance_abi::fun_table::Fun;

use super::func::Slot;
use super::types::{Block, Cond, Vreg, Width};

/// A run of virtual registers in the function's pool: call arguments, block arguments, block parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct List {
    /// First place in the pool.
    pub start: u32,
    /// How many.
    pub len: u32,
}

/// One instruction. Operands have the same fields in every instruction, so passes need not know the ops:
/// a missing one is `None`. In ops with two word operands a missing `b` stands for the constant `imm`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Inst {
    /// What to do.
    pub op: Op,
    /// The result.
    pub dst: Option<Vreg>,
    /// First operand.
    pub a: Option<Vreg>,
    /// Second operand, or `imm` if missing.
    pub b: Option<Vreg>,
    /// Third operand: the value of a store.
    pub c: Option<Vreg>,
    /// A constant: second operand, byte offset, or number, as the op says.
    pub imm: i64,
    /// Operands of calls.
    pub args: List,
}

// There are thousands of them.
const _: () = assert!(size_of::<Inst>() == 40);

/// What an instruction does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Op {
    /// `dst = imm`. A word, also as an object (a tagged small int, the null and sentinel objects).
    Const,
    /// `dst = a`, the types may differ between `Obj` and `Word`.
    Copy,
    /// `dst = a + b`, wrapping.
    Add,
    /// `dst = a - b`, wrapping.
    Sub,
    /// `dst = imm - a`, wrapping (`imm` 0: negation).
    RevSub,
    /// `dst = a * b`, wrapping.
    Mul,
    /// `dst = a & b`.
    And,
    /// `dst = a | b`.
    Or,
    /// `dst = a ^ b`.
    Xor,
    /// `dst = a & !b`.
    AndNot,
    /// `dst = a << b`. A count that is not below the word's bits gives what the machine gives.
    Shl,
    /// `dst = a >> b`, zeros enter.
    Shr,
    /// `dst = a >> b`, the sign enters.
    Sar,
    /// `dst = !a`.
    Not,
    /// Quotient rounded down of signed words; `b` is neither 0 nor, since that may overflow, -1.
    DivFloor,
    /// Remainder with the divisor's sign; `b` is neither 0 nor -1.
    ModFloor,
    /// Quotient of unsigned words; `b` is not zero.
    DivUnsigned,
    /// Remainder of unsigned words; `b` is not zero.
    ModUnsigned,
    /// The low byte or half of `a`, extended to a word as the width says.
    Extend(Width),
    /// `dst = 1` if the comparison of `a` with `b` holds, else 0.
    Cmp(Cond),
    /// `dst = a != 0 ? b : c`.
    Select,
    /// `dst = a * b + c`, wrapping. Only where [`crate::arch::Arch::has`] says so, as the next one.
    MulAdd,
    /// `dst = a alu (b shift imm)`.
    Shifted(Alu, Shift),

    /// `dst = memory[a + (b << shift) + imm]`; a missing `b` is no index.
    Load(Width, u8),
    /// `memory[a + (b << shift) + imm] = c`; a missing `b` is no index.
    Store(Width, u8),
    /// The address of byte `imm` of a frame slot.
    SlotAddr(Slot),
    /// `dst =` the word (or float) at byte `imm` of a frame slot.
    SlotLoad(Slot),
    /// The word (or float) at byte `imm` of a frame slot `= c`.
    SlotStore(Slot),

    /// Word `imm` of the fun table as an object: `None`, `False`, `True`.
    FunTableWord,
    /// Object `imm` of the module's object table.
    ConstObj,
    /// The run-time number of a qstr.
    QstrNumber(Qstr),
    /// The object of a qstr (a `str`).
    QstrObj(Qstr),
    /// Child `imm` of the function, for `make_function_from_proto_fun`.
    Child,
    /// The module's context.
    Context,

    /// Calls a runtime function with `args`; its row tells what it returns and whether it may raise. Once
    /// `lower_env` has made the environment explicit, `a` is the fun table; if it stays missing, `imm` is the
    /// function's address.
    Call(Fun),
    /// Calls the direct entry of function `imm` of this module with `args`; may raise.
    CallDirect,

    /// What a cell of the function knows of a name: a lookup in place, and a call of [`Site::fun`] where that fails. `a`
    /// is the object, of a global the globals; `b` the address of the cells; `c` the value of a store. `args` are where the
    /// runtime is told the line and, once `lower_env` has made it explicit, the fun table. In `imm` are the cell's offset
    /// and the line: see [`Inst::cell_offset`].
    Cached(Site, Qstr),

    /// `dst = a + b` of floats.
    FAdd,
    /// `dst = a - b` of floats.
    FSub,
    /// `dst = a * b` of floats.
    FMul,
    /// `dst = a / b` of floats.
    FDiv,
    /// `dst = -a` of a float.
    FNeg,
    /// `dst = |a|` of a float.
    FAbs,
    /// Square root of a float.
    FSqrt,
    /// `dst = 1` if the comparison of floats holds, else 0. Unordered: only `Ne` holds.
    FCmp(Cond),
    /// The float with the bits `imm`.
    FConst,
    /// The nearest float of a signed word.
    FloatOfInt,
    /// The word of a float, cut towards zero.
    IntOfFloat,
    /// The same number in the other float type.
    FConvert,

    /// What follows belongs to source line `imm`. No code.
    Line,
    /// `memory.u32[a] = imm`: tells the runtime the line of the call that comes next. No load of the function sees it.
    Tell,
}

impl Op {
    /// Does it compute with floats?
    pub const fn is_of_floats(self) -> bool {
        matches!(
            self,
            Op::FAdd
                | Op::FSub
                | Op::FMul
                | Op::FDiv
                | Op::FNeg
                | Op::FAbs
                | Op::FSqrt
                | Op::FCmp(_)
                | Op::FConst
                | Op::FloatOfInt
                | Op::IntOfFloat
                | Op::FConvert
        )
    }
}

/// What is looked up by a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Site {
    /// A global, or a built-in.
    Global,
    /// An attribute of an instance.
    Load,
    /// The same, for a new value.
    Store,
}

impl Site {
    /// Who knows it if the cell does not.
    pub const fn fun(self) -> Fun {
        match self {
            Site::Global => Fun::LoadGlobalCached,
            Site::Load => Fun::LoadAttrCached,
            Site::Store => Fun::StoreAttrCached,
        }
    }
}

impl Inst {
    /// The `imm` of [`Op::Cached`].
    pub const fn cell_and_line(offset: u32, line: u32) -> i64 {
        ((line as u64) << 32 | offset as u64) as i64
    }

    /// Of [`Op::Cached`]: byte offset of the cell.
    pub const fn cell_offset(&self) -> i64 {
        self.imm as u32 as i64
    }

    /// Of [`Op::Cached`]: the line that the runtime is told.
    pub const fn cell_line(&self) -> i64 {
        (self.imm as u64 >> 32) as i64
    }
}

/// What is done with a shifted operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Alu {
    /// [`Op::Add`].
    Add,
    /// [`Op::Sub`].
    Sub,
    /// [`Op::And`].
    And,
    /// [`Op::Or`].
    Or,
    /// [`Op::Xor`].
    Xor,
    /// [`Op::AndNot`].
    AndNot,
}

/// How an operand is shifted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shift {
    /// [`Op::Shl`].
    Shl,
    /// [`Op::Shr`].
    Shr,
    /// [`Op::Sar`].
    Sar,
}

impl Alu {
    /// The operation, if it is one of these.
    pub const fn of(op: Op) -> Option<Alu> {
        Some(match op {
            Op::Add => Alu::Add,
            Op::Sub => Alu::Sub,
            Op::And => Alu::And,
            Op::Or => Alu::Or,
            Op::Xor => Alu::Xor,
            Op::AndNot => Alu::AndNot,
            _ => return None,
        })
    }

    /// What it does.
    pub const fn run(self, a: i64, b: i64) -> i64 {
        match self {
            Alu::Add => a.wrapping_add(b),
            Alu::Sub => a.wrapping_sub(b),
            Alu::And => a & b,
            Alu::Or => a | b,
            Alu::Xor => a ^ b,
            Alu::AndNot => a & !b,
        }
    }
}

impl Shift {
    /// The shift, if it is one.
    pub const fn of(op: Op) -> Option<Shift> {
        Some(match op {
            Op::Shl => Shift::Shl,
            Op::Shr => Shift::Shr,
            Op::Sar => Shift::Sar,
            _ => return None,
        })
    }

    /// What it does to the low `bits` of a value. `count` is below `bits`.
    pub const fn run(self, value: i64, count: i64, bits: u32) -> i64 {
        let count = count as u32 & 63;
        let spare = 64 - bits;
        match self {
            Shift::Shl => value << count,
            Shift::Shr => (((value as u64) << spare >> spare) >> count) as i64,
            Shift::Sar => value << spare >> spare >> count,
        }
    }
}

/// An arithmetic op that tells of overflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Overflow {
    /// Signed addition.
    Add,
    /// Signed subtraction.
    Sub,
    /// Signed multiplication.
    Mul,
}

/// Where control goes, with what for the parameters there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edge {
    /// The block.
    pub block: Block,
    /// One value per parameter of the block.
    pub args: List,
}

/// The end of a block.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Term {
    /// Not ended yet; only while building.
    Open,
    /// Goes on elsewhere.
    Jump(Edge),
    /// Compares two words (`b` missing: `imm`).
    Branch {
        /// The comparison.
        cond: Cond,
        /// Left operand.
        a: Vreg,
        /// Right operand, or `imm` if missing.
        b: Option<Vreg>,
        /// Right operand.
        imm: i64,
        /// Where to if it holds.
        then: Edge,
        /// Where to if not.
        other: Edge,
    },
    /// Compares two floats.
    FBranch {
        /// The comparison.
        cond: Cond,
        /// Left operand.
        a: Vreg,
        /// Right operand.
        b: Vreg,
        /// Where to if it holds.
        then: Edge,
        /// Where to if not, or if unordered (`Ne`: holds).
        other: Edge,
    },
    /// `dst = a op b` (`b` missing: `imm`); on overflow goes to `over`, where `dst` must not be used.
    Checked {
        /// The arithmetic.
        op: Overflow,
        /// The result.
        dst: Vreg,
        /// Left operand.
        a: Vreg,
        /// Right operand, or `imm` if missing.
        b: Option<Vreg>,
        /// Right operand.
        imm: i64,
        /// Where to if it fits.
        fits: Edge,
        /// Where to if not.
        over: Edge,
    },
    /// Links the exception buffer in the slot: first `normal`; again `caught` when an exception has arrived.
    NlrPush {
        /// The fun table, once `lower_env` has made it a value; see [`Op::Call`].
        table: Option<Vreg>,
        /// The buffer.
        slot: Slot,
        /// Where to after linking.
        normal: Edge,
        /// Where to when an exception has arrived; the buffer is unlinked then, its word 1 is the exception.
        caught: Edge,
    },
    /// Goes to target number `a` of the list; the last one if there are fewer. Targets have no parameters.
    Switch {
        /// The number.
        a: Vreg,
        /// First place in the function's pool of blocks.
        start: u32,
        /// How many targets.
        len: u32,
    },
    /// Returns `a`.
    Return {
        /// The result.
        a: Vreg,
    },
    /// Goes on at this label of the function that this one is a piece of: see [`crate::lower::Sink`].
    Leave(u32),
    /// Never reached: after a call that does not return.
    Unreachable,
}
