//! The syntax tree: one arena per kind of node, 32-bit ids, a side array for lists and records.
//!
//! The parser appends, children before parents; afterwards the tree does not change. Everything is reached
//! through [`Ast`]: `ast[expr]`, `ast[stmt]`, `ast.items(list)`, `ast.get(record)`.

pub mod dump;
pub mod node;
pub mod record;
pub mod words;

use core::num::NonZeroU32;
use core::ops::Index;

pub use ferlance_abi::ops::{BinaryOp, UnaryOp};
pub use ferlance_abi::qstr::Qstr;
pub use node::*;
pub use record::*;
pub use words::{Items, List, Rec, Words};

use ferlance_collections::{OutOfMemory, TryVec};
use ferlance_num::BigInt;

use crate::source::{LineMap, Pos};

/// What was parsed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Root {
    /// A file: its statements.
    File(Suite),
    /// The text of `eval`.
    Eval(ExprId),
    /// One interactive statement: what it leaves is printed.
    Single(Suite),
}

/// A parsed source.
#[derive(Debug)]
pub struct Ast {
    exprs: TryVec<Expr>,
    stmts: TryVec<Stmt>,
    words: TryVec<u32>,
    consts: TryVec<Const>,
    bytes: TryVec<u8>,
    bigs: TryVec<BigInt>,
    lines: LineMap,
    /// First tokens of the lines with a semicolon, in order.
    joined: TryVec<Pos>,
    root: Root,
}

impl Ast {
    /// What was parsed.
    pub fn root(&self) -> Root {
        self.root
    }

    /// The elements of a list.
    pub fn items<T: Words>(&self, list: List<T>) -> Items<'_, T> {
        let at = list.at.get() as usize;
        let len = self
            .words
            .get(at)
            .map_or(0, |&n| n as usize)
            .saturating_mul(T::LEN);
        let start = at.saturating_add(1);
        Items::new(
            self.words
                .get(start..start.saturating_add(len))
                .unwrap_or(&[]),
        )
    }

    /// The fields of a record.
    pub fn get<T: Words>(&self, record: Rec<T>) -> T {
        T::read(self.words.get(record.at.get() as usize..).unwrap_or(&[]))
    }

    /// The text of a str or bytes constant.
    pub fn bytes(&self, range: Bytes) -> &[u8] {
        let start = range.start as usize;
        self.bytes
            .get(start..start.saturating_add(range.len as usize))
            .unwrap_or(&[])
    }

    /// The integer of a `Const::BigInt`.
    pub fn big_int(&self, index: u32) -> &BigInt {
        // Indices are made by the builder only.
        &self.bigs[index as usize]
    }

    /// The line upstream notes for `pos`.
    pub fn line(&self, pos: Pos) -> u32 {
        self.lines.line(pos)
    }

    /// Lines and columns.
    pub fn lines(&self) -> &LineMap {
        &self.lines
    }

    /// The first token of a line of statements with a semicolon, behind `after` and not behind `last`, if there is one.
    pub fn joined_line(&self, after: Option<Pos>, last: Pos) -> Option<Pos> {
        let from = self.joined.partition_point(|&pos| Some(pos) <= after);
        self.joined.get(from).copied().filter(|&pos| pos <= last)
    }

    /// The first token of `expr`: its own position, except for trailers, whose atom it is.
    pub fn first(&self, mut expr: ExprId) -> Pos {
        loop {
            let node = self[expr];
            match node.kind {
                ExprKind::Attr { base, .. } | ExprKind::Index { base, .. } => expr = base,
                ExprKind::Call { func, .. } => expr = func,
                _ => return node.pos,
            }
        }
    }
}

impl Index<ExprId> for Ast {
    type Output = Expr;
    fn index(&self, id: ExprId) -> &Expr {
        // Ids are made by the builder only, one past the index of a node that exists.
        &self.exprs[id.0.get() as usize - 1]
    }
}

impl Index<StmtId> for Ast {
    type Output = Stmt;
    fn index(&self, id: StmtId) -> &Stmt {
        // As for expressions.
        &self.stmts[id.0.get() as usize - 1]
    }
}

impl Index<ConstId> for Ast {
    type Output = Const;
    fn index(&self, id: ConstId) -> &Const {
        // As for expressions, without the one.
        &self.consts[id.0 as usize]
    }
}

/// A tree under construction.
#[derive(Debug)]
pub(crate) struct Builder {
    pub(crate) ast: Ast,
    /// Elements of lists that are not finished yet.
    stack: TryVec<u32>,
}

/// How much of a tree there is: what was added since can be dropped again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mark {
    exprs: usize,
    words: usize,
}

impl Builder {
    /// An empty tree.
    pub(crate) fn new() -> Result<Builder, OutOfMemory> {
        let mut words = TryVec::new();
        words.extend([0, 0])?; // index 0 is never used, index 1 is the empty list
        Ok(Builder {
            ast: Ast {
                exprs: TryVec::new(),
                stmts: TryVec::new(),
                words,
                consts: TryVec::new(),
                bytes: TryVec::new(),
                bigs: TryVec::new(),
                lines: LineMap::default(),
                joined: TryVec::new(),
                root: Root::File(List::EMPTY),
            },
            stack: TryVec::new(),
        })
    }

    /// Adds an expression.
    #[inline]
    pub(crate) fn expr(&mut self, kind: ExprKind, pos: Pos) -> Result<ExprId, OutOfMemory> {
        self.ast.exprs.push(Expr { kind, pos })?;
        next_index(self.ast.exprs.len()).map(ExprId)
    }

    /// Adds a statement.
    pub(crate) fn stmt(&mut self, kind: StmtKind, pos: Pos) -> Result<StmtId, OutOfMemory> {
        self.ast.stmts.push(Stmt { kind, pos })?;
        next_index(self.ast.stmts.len()).map(StmtId)
    }

    /// Adds a constant.
    pub(crate) fn constant(&mut self, value: Const) -> Result<ConstId, OutOfMemory> {
        let at = u32::try_from(self.ast.consts.len()).map_err(|_| OutOfMemory)?;
        self.ast.consts.push(value)?;
        Ok(ConstId(at))
    }

    /// Adds the text of a str or bytes constant.
    pub(crate) fn text(&mut self, text: &[u8]) -> Result<Bytes, OutOfMemory> {
        let start = u32::try_from(self.ast.bytes.len()).map_err(|_| OutOfMemory)?;
        self.ast.bytes.extend_from_slice(text)?;
        Ok(Bytes {
            start,
            len: text.len() as u32,
        })
    }

    /// Adds an integer beyond 64 bits.
    pub(crate) fn big_int(&mut self, value: BigInt) -> Result<Const, OutOfMemory> {
        let at = u32::try_from(self.ast.bigs.len()).map_err(|_| OutOfMemory)?;
        self.ast.bigs.push(value)?;
        Ok(Const::BigInt(at))
    }

    /// Adds a record.
    pub(crate) fn record<T: Words>(&mut self, value: T) -> Result<Rec<T>, OutOfMemory> {
        let at = next_index(self.ast.words.len())?;
        value.write(&mut self.ast.words)?;
        Ok(Rec::new(at))
    }

    /// Begins a list: its elements are those pushed from now on.
    #[inline]
    pub(crate) fn begin(&self) -> usize {
        self.stack.len()
    }

    /// Adds an element to the list begun last.
    #[inline]
    pub(crate) fn push<T: Words>(&mut self, item: T) -> Result<(), OutOfMemory> {
        item.write(&mut self.stack)
    }

    /// How many elements were pushed since `begin` gave `from`.
    pub(crate) fn pushed<T: Words>(&self, from: usize) -> usize {
        self.stack.len().saturating_sub(from) / T::LEN
    }

    /// The elements pushed since `begin` gave `from`.
    pub(crate) fn pending<T: Words>(&self, from: usize) -> Items<'_, T> {
        Items::new(self.stack.get(from..).unwrap_or(&[]))
    }

    /// Drops the elements pushed since `begin` gave `from`.
    pub(crate) fn abandon(&mut self, from: usize) {
        self.stack.truncate(from);
    }

    /// Ends the list begun when `begin` gave `from`.
    pub(crate) fn end<T: Words>(&mut self, from: usize) -> Result<List<T>, OutOfMemory> {
        let count = self.pushed::<T>(from);
        if count == 0 {
            return Ok(List::EMPTY);
        }
        let at = next_index(self.ast.words.len())?;
        self.ast
            .words
            .push(u32::try_from(count).map_err(|_| OutOfMemory)?)?;
        self.ast
            .words
            .extend_from_slice(self.stack.get(from..).unwrap_or(&[]))?;
        self.stack.truncate(from);
        Ok(List::new(at))
    }

    /// Notes that statements on the line that begins at `first` are separated by semicolons.
    pub(crate) fn join_line(&mut self, first: Pos) -> Result<(), OutOfMemory> {
        // Bodies of functions are parsed in order, so this is sorted.
        self.ast.joined.push(first)
    }

    /// How much there is.
    pub(crate) fn mark(&self) -> Mark {
        Mark {
            exprs: self.ast.exprs.len(),
            words: self.ast.words.len(),
        }
    }

    /// Drops the expressions and lists added since `mark`. Nothing kept may refer to them.
    pub(crate) fn drop_since(&mut self, mark: Mark) {
        self.ast.exprs.truncate(mark.exprs);
        self.ast.words.truncate(mark.words);
    }

    /// Drops the expressions added since `mark`, but not the lists: constant tuples may be among them.
    pub(crate) fn drop_exprs_since(&mut self, mark: Mark) {
        self.ast.exprs.truncate(mark.exprs);
    }

    /// Drops a constant that was added last, and its text: a doc string.
    pub(crate) fn drop_constant(&mut self, id: ConstId) {
        if id.0 as usize + 1 != self.ast.consts.len() {
            return;
        }
        if let Some(Const::Str(text) | Const::Bytes(text)) = self.ast.consts.pop() {
            self.ast.bytes.truncate(text.start as usize);
        }
    }

    /// The finished tree.
    pub(crate) fn finish(mut self, root: Root, lines: LineMap) -> Ast {
        self.ast.root = root;
        self.ast.lines = lines;
        self.ast
    }
}

/// The index of what a vector of length `len` gets next, or, where indices count from one, of what it got last.
fn next_index(len: usize) -> Result<NonZeroU32, OutOfMemory> {
    u32::try_from(len)
        .ok()
        .and_then(NonZeroU32::new)
        .ok_or(OutOfMemory)
}
