//! The nodes of the tree.
//!
//! Expressions and statements are sixteen bytes each: kind, operands, position. Three operands or more, and
//! lists, stand in the side array (`words.rs`). What the parser folds is folded here already: constants,
//! `const()` names, joined strings. Flat chains (`a + b - c`, `a < b < c`, `x and y and z`) are one node.
//!
//! ## Positions and line marks
//!
//! `pos` is where upstream notes the construct (bytecode.md section 18): the first token for most, the token
//! `.`, `[` or `(` for trailers, the element that upstream notes for constant tuples. `Ast::line(pos)` gives
//! the line upstream counts. `Ast::first(expr)` walks trailers down to the atom they stand on.
//!
//! ```text
//! x.f(1)[2]   =   Index { Call { Attr { Name x } } }      pos of each trailer = its own token
//! ```

use core::num::NonZeroU32;

use ferlance_abi::ops::{BinaryOp, UnaryOp};
use ferlance_abi::qstr::Qstr;

use super::record::*;
use super::words::{List, Rec};
use crate::source::Pos;

/// An expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ExprId(pub(super) NonZeroU32);

/// A statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StmtId(pub(super) NonZeroU32);

/// A constant object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ConstId(pub(super) u32);

impl ConstId {
    /// Its place among the constants.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A block of statements.
pub type Suite = List<StmtId>;

/// A range of the tree's byte array.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bytes {
    pub(super) start: u32,
    pub(super) len: u32,
}

/// An `i64` that needs the alignment of an `u32` only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Int64([u32; 2]);

impl Int64 {
    /// Packs.
    pub fn new(value: i64) -> Int64 {
        Int64([value as u32, (value >> 32) as u32])
    }

    /// Unpacks.
    pub fn get(self) -> i64 {
        i64::from(self.0[0]) | i64::from(self.0[1] as i32) << 32
    }
}

/// A constant that is an object, not an immediate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Const {
    /// `None`, as an element of a tuple or value of a `const()` name; so for the next three.
    None,
    /// `True`
    True,
    /// `False`
    False,
    /// `...`
    Ellipsis,
    /// An int within 64 bits.
    Int(i64),
    /// An int beyond 64 bits: index for `Ast::big_int`.
    BigInt(u32),
    /// A float.
    Float(f64),
    /// The imaginary part of a complex literal; the real part is 0.
    Imaginary(f64),
    /// A str that is a qstr (short, or interned when it was read).
    Qstr(Qstr),
    /// Any other str: UTF-8, with surrogates allowed.
    Str(Bytes),
    /// A bytes object.
    Bytes(Bytes),
    /// A tuple of constants.
    Tuple(List<ConstId>),
}

/// An expression and where it is noted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where upstream notes it; see the module header.
    pub pos: Pos,
}

/// Kinds of expressions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ExprKind {
    /// A name.
    Name(Qstr),
    /// An int within 64 bits. Whether it is a small int depends on the target. `noted` is false if it was folded
    /// from several tokens: then upstream notes no line even when it is an object.
    Int {
        /// The value.
        value: Int64,
        /// Whether an object made of it notes a line.
        noted: bool,
    },
    /// A str literal that is a qstr.
    Str(Qstr),
    /// `None`
    None,
    /// `True`
    True,
    /// `False`
    False,
    /// `...`
    Ellipsis,
    /// An object: big int, float, complex, bytes, long str, constant tuple, or the value of a `const()` name
    /// (which is loaded from the object table even when it is a short str, None, True or False).
    Const {
        /// The object.
        id: ConstId,
        /// Whether it notes a line (not if folded from several tokens, nor for `math.pi` and the like).
        noted: bool,
    },

    /// `( … )` or bare `a, b`: a tuple not all constant, or the empty tuple.
    Tuple {
        /// The elements.
        items: List<ExprId>,
        /// Whether it has round brackets of its own.
        bracketed: bool,
    },
    /// `[ … ]`
    List(List<ExprId>),
    /// `{ … }` of values.
    Set(List<ExprId>),
    /// `{ … }` of pairs, or `{}`.
    Dict(List<DictItem>),
    /// A display that mixes pairs and values: an error when it is compiled. `pos` is the first token of the display.
    MixedDisplay {
        /// Whether it began as a dict.
        dict: bool,
        /// The items before the first of the wrong sort, then that item (a pair without value has itself as value).
        items: List<DictItem>,
    },
    /// A comprehension.
    Comp {
        /// Its kind.
        kind: CompKind,
        /// Its parts.
        comp: Rec<Comp>,
    },

    /// `base.name`
    Attr {
        /// What stands before the dot.
        base: ExprId,
        /// The attribute.
        name: Qstr,
    },
    /// `base[index]`; the index may be a `Slice` or a tuple with slices.
    Index {
        /// What stands before the bracket.
        base: ExprId,
        /// What stands between.
        index: ExprId,
    },
    /// `func(args)`; an argument may be `Star`, `DoubleStar`, `Keyword`, `KeywordExpr`, `Named`, or a bare generator.
    Call {
        /// What is called.
        func: ExprId,
        /// The arguments in source order.
        args: List<ExprId>,
    },
    /// `a:b:c` inside an index.
    Slice(Rec<Slice>),
    /// Brackets around one expression that trailers follow: `(a.b)(x)`, whose two parts are not one method call, and
    /// whose first token is the bracket. All other brackets around one expression leave no trace.
    Paren(ExprId),

    /// `-a`, `+a`, `~a`, `not a`.
    Unary {
        /// The operator.
        op: UnaryOp,
        /// The operand.
        operand: ExprId,
    },
    /// `a op b`.
    Binary {
        /// The operator.
        op: BinaryOp,
        /// Left operand.
        left: ExprId,
        /// Right operand.
        right: ExprId,
    },
    /// `first op b op c …` of one precedence level: three or more operands, applied from left to right.
    BinaryChain {
        /// The first operand.
        first: ExprId,
        /// Operators and the operands to their right.
        rest: List<BinaryStep>,
    },
    /// `a op b`.
    Compare {
        /// The operator.
        op: BinaryOp,
        /// Left operand.
        left: ExprId,
        /// Right operand.
        right: ExprId,
    },
    /// `first op b op c …`: three or more operands.
    CompareChain {
        /// The first operand.
        first: ExprId,
        /// Operators and the operands to their right.
        rest: List<BinaryStep>,
    },
    /// `a and b and …`
    And(List<ExprId>),
    /// `a or b or …`
    Or(List<ExprId>),
    /// `then if test else other`
    IfElse(Rec<IfElse>),
    /// `lambda params: body`; `pos` is the `lambda` token.
    Lambda {
        /// The parameters.
        params: List<Param>,
        /// The body.
        body: ExprId,
    },
    /// `target := value`. The target may be anything; only a name can be assigned to.
    Named {
        /// What is assigned to.
        target: ExprId,
        /// The value.
        value: ExprId,
    },
    /// `await e`
    Await(ExprId),
    /// `yield`, `yield e`
    Yield(Option<ExprId>),
    /// `yield from e`
    YieldFrom(ExprId),

    /// `*e`: in a list of targets, in a call, or an error.
    Star(ExprId),
    /// `**e` in a call.
    DoubleStar(ExprId),
    /// `name=value` in a call; `pos` is the name.
    Keyword {
        /// The name.
        name: Qstr,
        /// The value.
        value: ExprId,
    },
    /// `expr=value` in a call, where `expr` is not a name: an error when it is compiled.
    KeywordExpr {
        /// What stands before `=`.
        left: ExprId,
        /// The value.
        value: ExprId,
    },
}

const _: () = assert!(size_of::<Expr>() == 16);

/// A statement and where it is noted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stmt {
    /// What it is.
    pub kind: StmtKind,
    /// Its first token; for a decorated `def` or `class` the first decorator.
    pub pos: Pos,
}

/// Kinds of statements.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum StmtKind {
    /// Nothing but a line mark: what is left of `_NAME = const(…)` where upstream notes it as first of a block.
    Mark,
    /// An expression; a constant is dropped by lowering, after its line mark.
    Expr(ExprId),
    /// `target = value`
    Assign {
        /// What is assigned to.
        target: ExprId,
        /// The value.
        value: ExprId,
    },
    /// `t = u = … = value`: two targets or more.
    AssignChain {
        /// The targets, left to right.
        targets: List<ExprId>,
        /// The value.
        value: ExprId,
    },
    /// `target op= value`
    AugAssign {
        /// The operator.
        op: BinaryOp,
        /// What is changed.
        target: ExprId,
        /// The operand.
        value: ExprId,
    },
    /// `target: annotation = value`. Without a value the target may be anything, and a name becomes local in a function.
    /// The annotation was parsed and thrown away.
    AnnAssign {
        /// What is annotated.
        target: ExprId,
        /// The value.
        value: Option<ExprId>,
    },
    /// `del targets`: each in turn; a tuple stands for its items.
    Del(List<ExprId>),
    /// `pass`
    Pass,
    /// `break`
    Break,
    /// `continue`
    Continue,
    /// `return`, `return e`
    Return(Option<ExprId>),
    /// `raise`, `raise e`, `raise e from f`
    Raise {
        /// What is raised.
        exc: Option<ExprId>,
        /// The cause; only with `exc`.
        cause: Option<ExprId>,
    },
    /// `global names`
    Global(List<Qstr>),
    /// `nonlocal names`
    Nonlocal(List<Qstr>),
    /// `assert test`, `assert test, message`
    Assert {
        /// The test.
        test: ExprId,
        /// The message.
        message: Option<ExprId>,
    },
    /// `import modules`
    Import(List<ImportModule>),
    /// `from module import names`
    ImportFrom(Rec<ImportFrom>),
    /// `if`, with all its `elif`s.
    If {
        /// Tests and their blocks.
        arms: List<IfArm>,
        /// The `else` block.
        orelse: Option<Suite>,
    },
    /// `while`
    While(Rec<While>),
    /// `for`
    For(Rec<For>),
    /// `async for`
    AsyncFor(Rec<For>),
    /// `try`
    Try(Rec<Try>),
    /// `with`
    With {
        /// What is entered, left to right.
        items: List<WithItem>,
        /// The block.
        body: Suite,
    },
    /// `async with`
    AsyncWith {
        /// What is entered, left to right.
        items: List<WithItem>,
        /// The block.
        body: Suite,
    },
    /// `def`
    FunctionDef(Rec<FunctionDef>),
    /// `class`
    ClassDef(Rec<ClassDef>),
}

const _: () = assert!(size_of::<Stmt>() == 16);

/// Kinds of comprehensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CompKind {
    /// `[ … ]`
    List,
    /// `{ … }`
    Set,
    /// `{ k: v … }`
    Dict,
    /// `( … )`
    Generator,
    /// A generator expression that shares the brackets of the call it is the only argument of.
    BareGenerator,
}
