//! The tree as text, for tests and for looking at it.
//!
//! One line a statement, blocks indented; expressions in brackets with their kind first. `@L` gives the line upstream
//! notes where it is not that of the statement.
//!
//! ```text
//! assign x (+ a 1)
//! if (< x 10)
//!   expr (call print (* x 2))
//! else
//!   pass
//! ```

use core::fmt;

use ferlance_abi::qstr::{Pool, Qstr};

use super::{
    Ast, Bytes, CompClause, CompKind, Const, ConstId, Decorator, ExprId, ExprKind, List, Param,
    ParamKind, Root, Stmt, StmtId, StmtKind, Suite, WithItem,
};

/// A tree with the names it refers to, to be displayed.
#[derive(Clone, Copy)]
pub struct Dump<'a> {
    /// The tree.
    pub ast: &'a Ast,
    /// The pool it was parsed with.
    pub pool: &'a Pool,
}

impl fmt::Display for Dump<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut printer = Printer {
            ast: self.ast,
            pool: self.pool,
            out: f,
            line: 1,
        };
        match self.ast.root() {
            Root::File(suite) | Root::Single(suite) => printer.suite(suite, 0),
            Root::Eval(expr) => {
                printer.expr(expr)?;
                printer.out.write_str("\n")
            }
        }
    }
}

struct Printer<'a, 'f, 'o> {
    ast: &'a Ast,
    pool: &'a Pool,
    out: &'f mut fmt::Formatter<'o>,
    /// The line of the statement.
    line: u32,
}

impl Printer<'_, '_, '_> {
    fn text(&mut self, text: &str) -> fmt::Result {
        self.out.write_str(text)
    }

    fn name(&mut self, name: Qstr) -> fmt::Result {
        write!(self.out, "{}", self.pool.str(name))
    }

    fn alias(&mut self, alias: Option<Qstr>) -> fmt::Result {
        match alias {
            Some(alias) => {
                self.text(" as ")?;
                self.name(alias)
            }
            None => Ok(()),
        }
    }

    fn path(&mut self, path: List<Qstr>) -> fmt::Result {
        for (i, name) in self.ast.items(path).enumerate() {
            if i > 0 {
                self.text(".")?;
            }
            self.name(name)?;
        }
        Ok(())
    }

    fn indent(&mut self, depth: usize) -> fmt::Result {
        write!(self.out, "{:width$}", "", width = 2 * depth)
    }

    fn suite(&mut self, suite: Suite, depth: usize) -> fmt::Result {
        for stmt in self.ast.items(suite) {
            self.stmt(stmt, depth)?;
        }
        Ok(())
    }

    /// A keyword on a line of its own, and its block.
    fn branch(&mut self, word: &str, suite: Option<Suite>, depth: usize) -> fmt::Result {
        let Some(suite) = suite else { return Ok(()) };
        self.indent(depth)?;
        self.text(word)?;
        self.text("\n")?;
        self.suite(suite, depth + 1)
    }

    fn stmt(&mut self, id: StmtId, depth: usize) -> fmt::Result {
        let Stmt { kind, pos } = self.ast[id];
        self.line = self.ast.line(pos);
        match kind {
            StmtKind::FunctionDef(def) => {
                let def = self.ast.get(def);
                self.decorators(def.decorators, depth)?;
                self.indent(depth)?;
                self.text(if def.is_async { "async def " } else { "def " })?;
                self.name(def.name)?;
                self.params(def.params)?;
                if let Some(returns) = def.returns {
                    self.text(" -> ")?;
                    self.expr(returns)?;
                }
                self.text("\n")?;
                return self.suite(def.body, depth + 1);
            }
            StmtKind::ClassDef(class) => {
                let class = self.ast.get(class);
                self.decorators(class.decorators, depth)?;
                self.indent(depth)?;
                self.text("class ")?;
                self.name(class.name)?;
                self.exprs(class.args)?;
                self.text("\n")?;
                return self.suite(class.body, depth + 1);
            }
            _ => {}
        }
        self.indent(depth)?;
        match kind {
            StmtKind::If { arms, orelse } => {
                for (i, arm) in self.ast.items(arms).enumerate() {
                    if i > 0 {
                        self.indent(depth)?;
                    }
                    self.text(if i == 0 { "if " } else { "elif " })?;
                    self.expr(arm.test)?;
                    self.text("\n")?;
                    self.suite(arm.body, depth + 1)?;
                }
                return self.branch("else", orelse, depth);
            }
            StmtKind::While(parts) => {
                let parts = self.ast.get(parts);
                self.text("while ")?;
                self.expr(parts.test)?;
                self.text("\n")?;
                self.suite(parts.body, depth + 1)?;
                return self.branch("else", parts.orelse, depth);
            }
            StmtKind::For(parts) | StmtKind::AsyncFor(parts) => {
                let is_async = matches!(kind, StmtKind::AsyncFor(_));
                let parts = self.ast.get(parts);
                self.text(if is_async { "async for " } else { "for " })?;
                self.expr(parts.target)?;
                self.text(" in ")?;
                self.expr(parts.iter)?;
                self.text("\n")?;
                self.suite(parts.body, depth + 1)?;
                return self.branch("else", parts.orelse, depth);
            }
            StmtKind::Try(parts) => {
                let parts = self.ast.get(parts);
                self.text("try\n")?;
                self.suite(parts.body, depth + 1)?;
                for handler in self.ast.items(parts.handlers) {
                    self.indent(depth)?;
                    self.text("except")?;
                    self.optional(handler.exc)?;
                    self.alias(handler.name)?;
                    self.text("\n")?;
                    self.suite(handler.body, depth + 1)?;
                }
                self.branch("else", parts.orelse, depth)?;
                return self.branch("finally", parts.finalbody, depth);
            }
            StmtKind::With { items, body } | StmtKind::AsyncWith { items, body } => {
                let is_async = matches!(kind, StmtKind::AsyncWith { .. });
                self.text(if is_async { "async with" } else { "with" })?;
                for WithItem { context, target } in self.ast.items(items) {
                    self.text(" ")?;
                    self.expr(context)?;
                    if let Some(target) = target {
                        self.text(" as ")?;
                        self.expr(target)?;
                    }
                }
                self.text("\n")?;
                return self.suite(body, depth + 1);
            }
            _ => self.simple(kind)?,
        }
        self.text("\n")
    }

    fn simple(&mut self, kind: StmtKind) -> fmt::Result {
        match kind {
            StmtKind::Mark => self.text("mark"),
            StmtKind::Expr(value) => self.word("expr", &[value]),
            StmtKind::Assign { target, value } => self.word("assign", &[target, value]),
            StmtKind::AssignChain { targets, value } => {
                self.text("assign")?;
                self.exprs(targets)?;
                self.optional(Some(value))
            }
            StmtKind::AugAssign { op, target, value } => {
                self.text(op.symbol())?;
                self.word("=", &[target, value])
            }
            StmtKind::AnnAssign { target, value } => {
                self.word("annotated", &[target])?;
                self.optional(value)
            }
            StmtKind::Del(targets) => {
                self.text("del")?;
                self.exprs(targets)
            }
            StmtKind::Pass => self.text("pass"),
            StmtKind::Break => self.text("break"),
            StmtKind::Continue => self.text("continue"),
            StmtKind::Return(value) => {
                self.text("return")?;
                self.optional(value)
            }
            StmtKind::Raise { exc, cause } => {
                self.text("raise")?;
                self.optional(exc)?;
                if cause.is_some() {
                    self.text(" from")?;
                }
                self.optional(cause)
            }
            StmtKind::Global(names) => self.names("global", names),
            StmtKind::Nonlocal(names) => self.names("nonlocal", names),
            StmtKind::Assert { test, message } => {
                self.word("assert", &[test])?;
                self.optional(message)
            }
            StmtKind::Import(modules) => {
                self.text("import")?;
                for module in self.ast.items(modules) {
                    self.text(" ")?;
                    self.path(module.path)?;
                    self.alias(module.alias)?;
                }
                Ok(())
            }
            StmtKind::ImportFrom(import) => {
                let import = self.ast.get(import);
                self.text("from ")?;
                for _ in 0..import.level {
                    self.text(".")?;
                }
                self.path(import.path)?;
                self.text(" import")?;
                let Some(names) = import.names else {
                    return self.text(" *");
                };
                for name in self.ast.items(names) {
                    self.text(" ")?;
                    self.name(name.name)?;
                    self.alias(name.alias)?;
                }
                Ok(())
            }
            // Written by `stmt`.
            StmtKind::If { .. }
            | StmtKind::While(_)
            | StmtKind::For(_)
            | StmtKind::AsyncFor(_)
            | StmtKind::Try(_)
            | StmtKind::With { .. }
            | StmtKind::AsyncWith { .. }
            | StmtKind::FunctionDef(_)
            | StmtKind::ClassDef(_) => Ok(()),
        }
    }

    fn names(&mut self, word: &str, names: List<Qstr>) -> fmt::Result {
        self.text(word)?;
        for name in self.ast.items(names) {
            self.text(" ")?;
            self.name(name)?;
        }
        Ok(())
    }

    fn decorators(&mut self, decorators: List<Decorator>, depth: usize) -> fmt::Result {
        for decorator in self.ast.items(decorators) {
            self.indent(depth)?;
            self.text("@")?;
            self.path(decorator.path)?;
            if let Some(args) = decorator.args {
                self.text(" called with")?;
                self.exprs(args)?;
            }
            self.text("\n")?;
        }
        Ok(())
    }

    fn params(&mut self, params: List<Param>) -> fmt::Result {
        self.text("(")?;
        for (i, param) in self.ast.items(params).enumerate() {
            if i > 0 {
                self.text(", ")?;
            }
            self.text(match param.kind {
                ParamKind::Plain => "",
                ParamKind::Star => "*",
                ParamKind::DoubleStar => "**",
            })?;
            if let Some(name) = param.name {
                self.name(name)?;
            }
            if let Some(annotation) = param.annotation {
                self.text(": ")?;
                self.expr(annotation)?;
            }
            if let Some(default) = param.default {
                self.text("=")?;
                self.expr(default)?;
            }
        }
        self.text(")")
    }

    fn word(&mut self, word: &str, operands: &[ExprId]) -> fmt::Result {
        self.text(word)?;
        for operand in operands {
            self.optional(Some(*operand))?;
        }
        Ok(())
    }

    fn exprs(&mut self, exprs: List<ExprId>) -> fmt::Result {
        for expr in self.ast.items(exprs) {
            self.optional(Some(expr))?;
        }
        Ok(())
    }

    fn optional(&mut self, expr: Option<ExprId>) -> fmt::Result {
        match expr {
            Some(expr) => {
                self.text(" ")?;
                self.expr(expr)
            }
            None => Ok(()),
        }
    }

    fn expr(&mut self, id: ExprId) -> fmt::Result {
        let node = self.ast[id];
        let line = self.ast.line(node.pos);
        match node.kind {
            ExprKind::Name(name) => self.name(name)?,
            ExprKind::Int { value, .. } => write!(self.out, "{}", value.get())?,
            ExprKind::Str(text) => write!(self.out, "{:?}", self.pool.str(text))?,
            ExprKind::None => self.text("None")?,
            ExprKind::True => self.text("True")?,
            ExprKind::False => self.text("False")?,
            ExprKind::Ellipsis => self.text("...")?,
            ExprKind::Const { id, .. } => {
                self.text("const ")?;
                self.constant(id)?;
            }
            kind => {
                self.text("(")?;
                self.compound(kind)?;
                self.text(")")?;
            }
        }
        if line != self.line {
            write!(self.out, "@{line}")
        } else {
            Ok(())
        }
    }

    fn compound(&mut self, kind: ExprKind) -> fmt::Result {
        match kind {
            ExprKind::Tuple { items, .. } => {
                self.text("tuple")?;
                self.exprs(items)
            }
            ExprKind::List(items) => {
                self.text("list")?;
                self.exprs(items)
            }
            ExprKind::Set(items) => {
                self.text("set")?;
                self.exprs(items)
            }
            ExprKind::Dict(items) | ExprKind::MixedDisplay { items, .. } => {
                let mixed = matches!(kind, ExprKind::MixedDisplay { .. });
                self.text(if mixed { "mixed" } else { "dict" })?;
                for item in self.ast.items(items) {
                    self.text(" ")?;
                    self.expr(item.key)?;
                    self.text(": ")?;
                    self.expr(item.value)?;
                }
                Ok(())
            }
            ExprKind::Comp { kind, comp } => {
                self.text(match kind {
                    CompKind::List => "listcomp ",
                    CompKind::Set => "setcomp ",
                    CompKind::Dict => "dictcomp ",
                    CompKind::Generator => "genexpr ",
                    CompKind::BareGenerator => "bare genexpr ",
                })?;
                let comp = self.ast.get(comp);
                self.expr(comp.element)?;
                if let Some(value) = comp.value {
                    self.text(": ")?;
                    self.expr(value)?;
                }
                for clause in self.ast.items(comp.clauses) {
                    match clause {
                        CompClause::For { target, iter } => {
                            self.word(" for", &[target])?;
                            self.word(" in", &[iter])?;
                        }
                        CompClause::If(test) => self.word(" if", &[test])?,
                    }
                }
                Ok(())
            }
            ExprKind::Attr { base, name } => {
                self.word(".", &[base])?;
                self.text(" ")?;
                self.name(name)
            }
            ExprKind::Index { base, index } => self.word("[]", &[base, index]),
            ExprKind::Call { func, args } => {
                self.word("call", &[func])?;
                self.exprs(args)
            }
            ExprKind::Slice(parts) => {
                let parts = self.ast.get(parts);
                self.text("slice")?;
                for part in [parts.lower, parts.upper, parts.step] {
                    match part {
                        Some(part) => self.optional(Some(part))?,
                        None => self.text(" _")?,
                    }
                }
                Ok(())
            }
            ExprKind::Paren(inner) => self.word("brackets", &[inner]),
            ExprKind::Unary { op, operand } => self.word(op.symbol(), &[operand]),
            ExprKind::Binary { op, left, right } | ExprKind::Compare { op, left, right } => {
                self.word(op.symbol(), &[left, right])
            }
            ExprKind::BinaryChain { first, rest } | ExprKind::CompareChain { first, rest } => {
                self.word("chain", &[first])?;
                for step in self.ast.items(rest) {
                    self.text(" ")?;
                    self.word(step.op.symbol(), &[step.right])?;
                }
                Ok(())
            }
            ExprKind::And(operands) => {
                self.text("and")?;
                self.exprs(operands)
            }
            ExprKind::Or(operands) => {
                self.text("or")?;
                self.exprs(operands)
            }
            ExprKind::IfElse(parts) => {
                let parts = self.ast.get(parts);
                self.word("if", &[parts.test, parts.then, parts.other])
            }
            ExprKind::Lambda { params, body } => {
                self.text("lambda ")?;
                self.params(params)?;
                self.optional(Some(body))
            }
            ExprKind::Named { target, value } => self.word(":=", &[target, value]),
            ExprKind::Await(value) => self.word("await", &[value]),
            ExprKind::Yield(value) => {
                self.text("yield")?;
                self.optional(value)
            }
            ExprKind::YieldFrom(value) => self.word("yield from", &[value]),
            ExprKind::Star(value) => self.word("*", &[value]),
            ExprKind::DoubleStar(value) => self.word("**", &[value]),
            ExprKind::Keyword { name, value } => {
                self.name(name)?;
                self.word(" =", &[value])
            }
            ExprKind::KeywordExpr { left, value } => self.word("=", &[left, value]),
            // Written by `expr`.
            ExprKind::Name(_)
            | ExprKind::Int { .. }
            | ExprKind::Str(_)
            | ExprKind::None
            | ExprKind::True
            | ExprKind::False
            | ExprKind::Ellipsis
            | ExprKind::Const { .. } => Ok(()),
        }
    }

    fn constant(&mut self, id: ConstId) -> fmt::Result {
        match self.ast[id] {
            Const::None => self.text("None"),
            Const::True => self.text("True"),
            Const::False => self.text("False"),
            Const::Ellipsis => self.text("..."),
            Const::Int(value) => write!(self.out, "{value}"),
            Const::BigInt(index) => {
                let digits = self
                    .ast
                    .big_int(index)
                    .as_ref()
                    .to_text(10)
                    .map_err(|_| fmt::Error)?;
                self.text(core::str::from_utf8(&digits).unwrap_or("?"))
            }
            Const::Float(value) => write!(self.out, "{value:?}"),
            Const::Imaginary(value) => write!(self.out, "{value:?}j"),
            Const::Qstr(text) => write!(self.out, "{:?}", self.pool.str(text)),
            Const::Str(text) => self.literal("", text),
            Const::Bytes(text) => self.literal("b", text),
            Const::Tuple(items) => {
                self.text("(")?;
                for (i, item) in self.ast.items(items).enumerate() {
                    if i > 0 {
                        self.text(", ")?;
                    }
                    self.constant(item)?;
                }
                self.text(")")
            }
        }
    }

    fn literal(&mut self, prefix: &str, text: Bytes) -> fmt::Result {
        write!(
            self.out,
            "{prefix}\"{}\"",
            self.ast.bytes(text).escape_ascii()
        )
    }
}
