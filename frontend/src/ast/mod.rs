//! The syntax tree: one arena per kind of node, 32-bit ids, a side array for lists and records.
//!
//! The parser appends, children before parents; afterwards the tree does not change. Everything is reached
//! through [`Ast`]: `ast[expr]`, `ast[stmt]`, `ast.items(list)`, `ast.get(record)`.

pub mod node;
pub mod words;

use core::num::NonZeroU32;
use core::ops::Index;

pub use ferlance_abi::ops::{BinaryOp, UnaryOp};
pub use ferlance_abi::qstr::Qstr;
pub use node::*;
pub use words::{Items, List, Rec, Words};

use ferlance_collections::{OutOfMemory, TryVec};

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
    lines: LineMap,
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

    /// The line upstream notes for `pos`.
    pub fn line(&self, pos: Pos) -> u32 {
        self.lines.line(pos)
    }

    /// Lines and columns.
    pub fn lines(&self) -> &LineMap {
        &self.lines
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
    ast: Ast,
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
                lines: LineMap::default(),
                root: Root::File(List::EMPTY),
            },
        })
    }

    /// Adds an expression.
    pub(crate) fn expr(&mut self, kind: ExprKind, pos: Pos) -> Result<ExprId, OutOfMemory> {
        self.ast.exprs.push(Expr { kind, pos })?;
        last_id(self.ast.exprs.len()).map(ExprId)
    }

    /// Adds a statement.
    pub(crate) fn stmt(&mut self, kind: StmtKind, pos: Pos) -> Result<StmtId, OutOfMemory> {
        self.ast.stmts.push(Stmt { kind, pos })?;
        last_id(self.ast.stmts.len()).map(StmtId)
    }

    /// Adds a constant.
    pub(crate) fn constant(&mut self, value: Const) -> Result<ConstId, OutOfMemory> {
        let at = u32::try_from(self.ast.consts.len()).map_err(|_| OutOfMemory)?;
        self.ast.consts.push(value)?;
        Ok(ConstId(at))
    }

    /// Adds a record.
    pub(crate) fn record<T: Words>(&mut self, value: T) -> Result<Rec<T>, OutOfMemory> {
        let at = last_id(self.ast.words.len())?;
        self.ast.words.reserve(T::LEN)?;
        let mut pushed = Ok(());
        value.write(&mut |w| pushed = pushed.and(self.ast.words.push(w)));
        pushed.map(|()| Rec::new(at))
    }

    /// The finished tree.
    pub(crate) fn finish(mut self, root: Root, lines: LineMap) -> Ast {
        self.ast.root = root;
        self.ast.lines = lines;
        self.ast
    }
}

fn last_id(len: usize) -> Result<NonZeroU32, OutOfMemory> {
    u32::try_from(len)
        .ok()
        .and_then(NonZeroU32::new)
        .ok_or(OutOfMemory)
}
