//! The parts of nodes that have more of them than fit beside the kind.

use ferlance_abi::qstr::Qstr;
use ferlance_collections::{OutOfMemory, TryVec};

use super::BinaryOp;
use super::node::{ExprId, Suite};
use super::words::{List, Words, word};
use crate::source::Pos;

macro_rules! record {
    ($(#[$doc:meta])* $name:ident { $($(#[$fdoc:meta])* $field:ident: $ty:ty,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq)]
        pub struct $name {
            $($(#[$fdoc])* pub $field: $ty,)*
        }

        impl Words for $name {
            const LEN: usize = 0 $(+ <$ty as Words>::LEN)*;
            fn read(words: &[u32]) -> Self {
                let mut at = 0;
                $(
                    let $field = <$ty as Words>::read(words.get(at..).unwrap_or(&[]));
                    at += <$ty as Words>::LEN;
                )*
                let _ = at;
                $name { $($field,)* }
            }
            fn write(self, out: &mut TryVec<u32>) -> Result<(), OutOfMemory> {
                $(self.$field.write(out)?;)*
                Ok(())
            }
        }
    };
}

record! {
    /// An operator, also a comparison, and the operand to its right.
    BinaryStep {
        /// The operator.
        op: BinaryOp,
        /// Its right operand.
        right: ExprId,
    }
}

record! {
    /// `then if test else other`
    IfElse {
        /// Evaluated first.
        test: ExprId,
        /// The value if it is true.
        then: ExprId,
        /// The value if it is false.
        other: ExprId,
    }
}

record! {
    /// `lower:upper:step`; `a[b:c:]` has no step.
    Slice {
        /// The start.
        lower: Option<ExprId>,
        /// The end.
        upper: Option<ExprId>,
        /// The step.
        step: Option<ExprId>,
    }
}

record! {
    /// `key: value`
    DictItem {
        /// Its first token, where the item is noted.
        pos: Pos,
        /// The key.
        key: ExprId,
        /// The value.
        value: ExprId,
    }
}

record! {
    /// The parts of a comprehension.
    Comp {
        /// The element, or the key of a dict comprehension.
        element: ExprId,
        /// The value of a dict comprehension.
        value: Option<ExprId>,
        /// First token of the element: where the comprehension's scope starts.
        scope_pos: Pos,
        /// `for` and `if` clauses; the first is a `for`.
        clauses: List<CompClause>,
    }
}

/// A clause of a comprehension.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum CompClause {
    /// `for target in iter`
    For {
        /// The loop variable.
        target: ExprId,
        /// What is iterated.
        iter: ExprId,
    },
    /// `if test`
    If(ExprId),
}

impl Words for CompClause {
    const LEN: usize = 2;
    fn read(words: &[u32]) -> Self {
        let second = ExprId::read(words.get(1..).unwrap_or(&[]));
        match <Option<ExprId>>::read(words) {
            Some(target) => CompClause::For {
                target,
                iter: second,
            },
            None => CompClause::If(second),
        }
    }
    fn write(self, out: &mut TryVec<u32>) -> Result<(), OutOfMemory> {
        match self {
            CompClause::For { target, iter } => {
                target.write(out)?;
                iter.write(out)
            }
            CompClause::If(test) => {
                out.push(0)?;
                test.write(out)
            }
        }
    }
}

/// What a parameter takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ParamKind {
    /// One argument.
    Plain,
    /// `*`: all other positional ones.
    Star,
    /// `**`: all other keywords.
    DoubleStar,
}

impl Words for ParamKind {
    const LEN: usize = 1;
    fn read(words: &[u32]) -> Self {
        match word(words, 0) {
            0 => ParamKind::Plain,
            1 => ParamKind::Star,
            _ => ParamKind::DoubleStar,
        }
    }
    fn write(self, out: &mut TryVec<u32>) -> Result<(), OutOfMemory> {
        out.push(self as u32)
    }
}

record! {
    /// A parameter. Plain ones after a `Star` one are keyword-only.
    Param {
        /// Its name; none for a bare `*`.
        name: Option<Qstr>,
        /// What it takes.
        kind: ParamKind,
        /// Its first token (the star, if it has one).
        pos: Pos,
        /// What stands after `:`; only viper looks at it.
        annotation: Option<ExprId>,
        /// What stands after `=`.
        default: Option<ExprId>,
    }
}

record! {
    /// `a.b.c as name`
    ImportModule {
        /// The dotted name. The whole of it is not interned yet.
        path: List<Qstr>,
        /// The name it is bound to.
        alias: Option<Qstr>,
    }
}

record! {
    /// `from ..a.b import names`
    ImportFrom {
        /// Number of leading dots.
        level: u32,
        /// The dotted name; may be empty if there are dots.
        path: List<Qstr>,
        /// The names; none for `*`.
        names: Option<List<ImportName>>,
    }
}

record! {
    /// `name as alias`
    ImportName {
        /// The name in the module.
        name: Qstr,
        /// The name it is bound to.
        alias: Option<Qstr>,
    }
}

record! {
    /// `if test:` or `elif test:` and its block.
    IfArm {
        /// The test.
        test: ExprId,
        /// The block.
        body: Suite,
    }
}

record! {
    /// `while test: body else: orelse`
    While {
        /// The test.
        test: ExprId,
        /// The block.
        body: Suite,
        /// The `else` block.
        orelse: Option<Suite>,
    }
}

record! {
    /// `for target in iter: body else: orelse`
    For {
        /// The loop variable.
        target: ExprId,
        /// What is iterated.
        iter: ExprId,
        /// The block.
        body: Suite,
        /// The `else` block.
        orelse: Option<Suite>,
    }
}

record! {
    /// `try: body except…: else: orelse finally: finalbody`
    Try {
        /// The block.
        body: Suite,
        /// The `except` clauses; may be empty if there is a `finally` block.
        handlers: List<Handler>,
        /// The `else` block.
        orelse: Option<Suite>,
        /// The `finally` block.
        finalbody: Option<Suite>,
    }
}

record! {
    /// `except exc as name: body`
    Handler {
        /// The token `except`.
        pos: Pos,
        /// What is caught; none for a bare `except`.
        exc: Option<ExprId>,
        /// The name it is bound to.
        name: Option<Qstr>,
        /// The block.
        body: Suite,
    }
}

record! {
    /// `context as target`
    WithItem {
        /// What is entered.
        context: ExprId,
        /// Where its value goes.
        target: Option<ExprId>,
    }
}

record! {
    /// `@path(args)`
    Decorator {
        /// The first name.
        pos: Pos,
        /// The dotted name.
        path: List<Qstr>,
        /// The arguments, if it is called.
        args: Option<List<ExprId>>,
        /// The opening bracket, if it is called.
        paren: Pos,
    }
}

record! {
    /// `def name(params) -> returns: body`
    FunctionDef {
        /// Its name.
        name: Qstr,
        /// The token `def` (or `async`).
        pos: Pos,
        /// Whether `async` stands before it.
        is_async: bool,
        /// The parameters.
        params: List<Param>,
        /// What stands after `->`; only viper looks at it.
        returns: Option<ExprId>,
        /// The block.
        body: Suite,
        /// The decorators, top to bottom.
        decorators: List<Decorator>,
    }
}

record! {
    /// `class name(args): body`
    ClassDef {
        /// Its name.
        name: Qstr,
        /// The token `class`.
        pos: Pos,
        /// Bases and keywords.
        args: List<ExprId>,
        /// The block.
        body: Suite,
        /// The decorators, top to bottom.
        decorators: List<Decorator>,
    }
}
