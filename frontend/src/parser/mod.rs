//! Tokens to the syntax tree: recursive descent with one token of look-ahead, folding as it goes.
//!
//! What is accepted is what upstream accepts, which is more than Python in some places (any expression can be annotated or
//! be the name of a keyword argument) and less in others; lowering refuses the rest, with upstream's other messages.
//! An error is reported at the token where no rule goes on.
//!
//! Start reading at [`parse`]; `stmt.rs` and `compound.rs` have the statements, `expr.rs` the operators, `atom.rs` the
//! operands, `params.rs` parameters and arguments.

mod atom;
mod compound;
mod consts;
mod expr;
mod folding;
mod params;
mod stmt;
#[cfg(test)]
mod tests;

use ferlance_abi::qstr::{Pool, Qstr};
use ferlance_collections::OutOfMemory;

use crate::ast::{Ast, Builder, ConstId, ExprId, List, Root};
use crate::diag::Code;
use crate::error::{Arg, Diag};
use crate::lexer::{Lexer, NumberError, Stop, Tok};
use crate::source::Pos;
use crate::stack::StackLimit;
use crate::token::Token;
use consts::Consts;

/// What a source is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// A file: statements.
    #[default]
    File,
    /// An expression, for `eval`.
    Eval,
    /// One interactive statement.
    Single,
}

/// How `x ** y` of floats is computed, which differs in the last bit: as the runtime does, where it compiles for itself, as
/// the C library does, where upstream's tool is to write the same bytes.
pub type FloatPower = fn(f64, f64) -> f64;

/// How to parse.
#[derive(Debug, Clone, Copy)]
pub struct ParseOptions {
    /// What the source is.
    pub mode: Mode,
    /// What `__debug__` stands for.
    pub debug: bool,
    /// Whether `math.pi` and the like are replaced by their values.
    pub math_constants: bool,
    /// Whether there are t-strings.
    pub templates: bool,
    /// Whether float literals are rounded as upstream's compiler of files rounds them: not always to the nearest float.
    pub upstream_floats: bool,
    /// What `x ** y` of two floats is.
    pub float_power: FloatPower,
    /// How deeply brackets, operators and blocks may nest.
    pub max_depth: u16,
    /// Where the machine stack ends.
    pub stack: StackLimit,
}

impl Default for ParseOptions {
    fn default() -> Self {
        ParseOptions {
            mode: Mode::File,
            debug: true,
            math_constants: true,
            templates: true,
            upstream_floats: true,
            float_power: libm::pow,
            max_depth: 200,
            stack: StackLimit::default(),
        }
    }
}

/// Parses `source`. Names go to `pool` in source order.
pub fn parse(source: &[u8], pool: &mut Pool, options: &ParseOptions) -> Result<Ast, Diag> {
    let lexer = Lexer::new(source, pool, options.templates).map_err(stopped)?;
    let mut parser = Parser {
        lexer,
        pool,
        tree: Builder::new()?,
        depth: 0,
        options: *options,
        consts: Consts::default(),
        math_nan: None,
        block: Block::default(),
        error: None,
    };
    let root = match options.mode {
        Mode::File => parser.file(),
        Mode::Eval => parser.eval(),
        Mode::Single => parser.single(),
    };
    match root {
        Ok(root) => Ok(parser.tree.finish(root, parser.lexer.into_lines())),
        Err(Failed) => Err(parser.error.unwrap_or_else(|| OutOfMemory.into())),
    }
}

/// Parsing cannot go on; the reason is in `Parser::error`, or else memory ran out.
#[derive(Debug, Clone, Copy)]
struct Failed;

impl From<OutOfMemory> for Failed {
    fn from(_: OutOfMemory) -> Failed {
        Failed
    }
}

type Parse<T> = Result<T, Failed>;

struct Parser<'s, 'p> {
    lexer: Lexer<'s>,
    pool: &'p mut Pool,
    tree: Builder,
    depth: u16,
    options: ParseOptions,
    consts: Consts,
    /// The object of `math.nan`.
    math_nan: Option<ConstId>,
    block: Block,
    error: Option<Diag>,
}

/// The block being parsed, as far as `_NAME = const(…)` matters: the statement is dropped, but upstream notes the line of
/// a dropped statement that is the first of several.
#[derive(Debug, Clone, Copy, Default)]
struct Block {
    /// Where its statements begin.
    from: usize,
    /// Whether its first statement was dropped: a `Mark` stands for it.
    dropped_first: bool,
    /// Whether another one was dropped.
    dropped_more: bool,
}

fn stopped(stop: Stop) -> Diag {
    match stop {
        // Upstream prints no traceback, so no line, for this one.
        Stop::UnicodeName => Diag::new(Code::UnicodeNameEscape, Pos(0), 0),
        Stop::OutOfMemory => OutOfMemory.into(),
    }
}

impl Parser<'_, '_> {
    fn file(&mut self) -> Parse<Root> {
        let outer = self.begin_block();
        if self.lexer.blank_start {
            // Upstream notes a source that has nothing, or a line end that is the first of several things in it.
            self.note_nothing()?;
        }
        loop {
            match self.kind() {
                Token::Newline => self.advance()?,
                Token::End => break,
                _ => self.statement()?,
            }
        }
        Ok(Root::File(self.end_block(outer)?))
    }

    fn eval(&mut self) -> Parse<Root> {
        let expr = self.expr_list()?;
        while self.eat(Token::Newline)? {}
        self.expect_here(Token::End)?;
        Ok(Root::Eval(expr))
    }

    fn single(&mut self) -> Parse<Root> {
        let outer = self.begin_block();
        if self.at(Token::Newline) || self.at(Token::End) {
            return Ok(Root::Single(List::EMPTY));
        }
        self.statement()?;
        while self.eat(Token::Newline)? {}
        self.expect_here(Token::End)?;
        Ok(Root::Single(self.end_block(outer)?))
    }

    // Tokens.

    #[inline]
    fn tok(&self) -> Tok {
        self.lexer.tok
    }

    #[inline]
    fn kind(&self) -> Token {
        self.lexer.tok.kind
    }

    #[inline]
    fn pos(&self) -> Pos {
        self.lexer.tok.pos
    }

    #[inline]
    fn at(&self, kind: Token) -> bool {
        self.kind() == kind
    }

    #[inline]
    fn advance(&mut self) -> Parse<()> {
        match self.lexer.advance(self.pool) {
            Ok(()) => Ok(()),
            Err(stop) => Err(self.stop(stop)),
        }
    }

    #[cold]
    fn stop(&mut self, stop: Stop) -> Failed {
        self.error = Some(stopped(stop));
        Failed
    }

    /// Passes the token if it is `kind`.
    #[inline]
    fn eat(&mut self, kind: Token) -> Parse<bool> {
        if self.kind() == kind {
            self.advance()?;
            return Ok(true);
        }
        Ok(false)
    }

    #[inline]
    fn expect_here(&mut self, kind: Token) -> Parse<()> {
        if self.kind() == kind {
            Ok(())
        } else {
            Err(self.unexpected())
        }
    }

    #[inline]
    fn expect(&mut self, kind: Token) -> Parse<()> {
        self.expect_here(kind)?;
        self.advance()
    }

    /// Passes a name.
    #[inline]
    fn expect_name(&mut self) -> Parse<Qstr> {
        self.expect_here(Token::Name)?;
        let name = self.name_here()?;
        self.advance()?;
        Ok(name)
    }

    /// The name the current token is.
    #[inline]
    fn name_here(&mut self) -> Parse<Qstr> {
        let name = Qstr::new(self.tok().value as u32);
        if name.is_none() {
            // Upstream prints no traceback for this one.
            return Err(self.fail(Code::NameTooLong, self.pos(), 0));
        }
        Ok(name)
    }

    // Errors.

    #[cold]
    fn fail(&mut self, code: Code, pos: Pos, line: u32) -> Failed {
        self.error = Some(Diag::new(code, pos, line));
        Failed
    }

    /// No rule goes on with the current token.
    #[cold]
    fn unexpected(&mut self) -> Failed {
        let Tok {
            kind, pos, line, ..
        } = self.tok();
        let code = match kind {
            Token::Indent => Code::UnexpectedIndent,
            Token::Unindent => Code::UnindentMismatch,
            Token::MalformedFString => Code::MalformedFString,
            _ => Code::InvalidSyntax,
        };
        self.fail(code, pos, line)
    }

    #[cold]
    fn number_error(&mut self, error: NumberError) -> Failed {
        let Tok { pos, line, .. } = self.tok();
        self.error = match error {
            NumberError::Int { base, text } => {
                let mut diag = Diag::new(Code::IntSyntax, pos, line);
                diag.arg = Arg::Int { base, text };
                Some(diag)
            }
            NumberError::Number => Some(Diag::new(Code::NumberSyntax, pos, line)),
            NumberError::OutOfMemory => None,
        };
        Failed
    }

    /// Goes one level deeper; the caller takes the level off again, unless it fails.
    #[inline]
    fn enter(&mut self) -> Parse<()> {
        if self.depth >= self.options.max_depth || self.options.stack.passed() {
            let Tok { pos, line, .. } = self.tok();
            return Err(self.fail(Code::TooDeep, pos, line));
        }
        self.depth += 1;
        Ok(())
    }

    #[inline]
    fn leave(&mut self) {
        self.depth -= 1;
    }

    /// Whether the current token can begin an expression.
    #[inline]
    fn starts_expr(&self) -> bool {
        use Token::*;
        matches!(
            self.kind(),
            Name | Int
                | Number
                | Str
                | LongStr
                | Bytes
                | None
                | True
                | False
                | Debug
                | Ellipsis
                | LParen
                | LBracket
                | LBrace
                | Plus
                | Minus
                | Tilde
                | Not
                | Lambda
                | Await
        )
    }

    /// The kind of an expression.
    #[inline]
    fn kind_of(&self, expr: ExprId) -> crate::ast::ExprKind {
        self.tree.ast[expr].kind
    }
}
