//! Building functions: a cursor with a method per kind of instruction, and local variables that become values.
//!
//! Locals are written and read by name; the builder finds out where block parameters are needed, as in Braun,
//! Buchwald and others, *Simple and Efficient Construction of Static Single Assignment Form*. A block is *sealed*
//! once all jumps to it have been made; reading a local in a block that is not sealed makes a parameter whose
//! arguments are filled in later. Nothing recurses: what has to be looked up in predecessors waits in a list.
mod homes;
mod insts;
mod locals;

use ferlance_abi::Qstr;
use ferlance_collections::{IndexVec, OutOfMemory, TryVec, index_type};

use self::locals::{BlockState, LoopTop, Phi, PhiData};
use super::{Block, Cond, Edge, Entry, Func, Inst, Op, Overflow, Slot, Term, Type, Vreg};

pub use homes::{Home, Kept};
pub use insts::Operand;

index_type! {
    /// A local variable while building.
    pub struct Var(u32);
}

/// Result of everything here: only memory can fail.
type Built<T = ()> = Result<T, OutOfMemory>;

/// Builds one function. Instructions go to the current block.
pub struct Builder {
    func: Func,
    current: Block,
    blocks: IndexVec<Block, BlockState>,
    vars: IndexVec<Var, (Type, Qstr)>,
    phis: IndexVec<Phi, PhiData>,
    /// Arguments of phis.
    args: TryVec<Vreg>,
    /// By rising block.
    loops: TryVec<LoopTop>,
    /// Predecessors of blocks that have several.
    links: TryVec<(Block, u32)>,
    /// By virtual register: the phi that it is.
    phi_of: TryVec<Option<Phi>>,
    waiting: TryVec<Phi>,
    /// For locals read before they are written.
    undefined: [Option<Vreg>; 3],
    /// Where the runtime finds the line, and the line at hand.
    place: Option<Kept>,
    line: u32,
    /// By local, in a function that is built in pieces.
    homes: TryVec<Option<Home>>,
    /// What the piece at hand has taken from homes: the first instructions of its entry.
    taken: TryVec<(Var, Vreg)>,
    /// By local: its value here, if it was last read or written in this stretch of code without other ways in.
    near: TryVec<(u32, Option<Vreg>)>,
    stretch: u32,
}

impl Builder {
    /// A function with its entry block, which is current and sealed; gives its parameters too.
    pub fn new(name: Qstr, entry: Entry) -> Built<(Builder, TryVec<Vreg>)> {
        let mut builder = Builder {
            func: Func::new(name, entry),
            current: Block::from_index(0),
            blocks: IndexVec::new(),
            vars: IndexVec::new(),
            phis: IndexVec::new(),
            args: TryVec::new(),
            loops: TryVec::new(),
            links: TryVec::new(),
            phi_of: TryVec::new(),
            waiting: TryVec::new(),
            undefined: [None; 3],
            place: None,
            line: 0,
            homes: TryVec::new(),
            taken: TryVec::new(),
            near: TryVec::new(),
            stretch: 1,
        };
        let first = builder.block()?;
        let mut params = TryVec::new();
        match entry {
            Entry::Function => {
                params.push(builder.param(first, Type::Obj)?)?;
                for _ in 0..3 {
                    params.push(builder.param(first, Type::Word)?)?;
                }
            }
            Entry::Resume => {
                params.push(builder.param(first, Type::Word)?)?;
                params.push(builder.param(first, Type::Obj)?)?;
            }
            Entry::Words(n) => {
                for _ in 0..n {
                    params.push(builder.param(first, Type::Word)?)?;
                }
            }
        }
        builder.seal_block(first)?;
        Ok((builder, params))
    }

    /// Makes room for so many blocks and values.
    pub fn reserve(&mut self, blocks: usize, values: usize) -> Built {
        self.blocks.reserve(blocks)?;
        self.func.blocks.reserve(blocks)?;
        self.func.vregs.reserve(values)
    }

    /// The function so far, for looking.
    pub fn func(&self) -> &Func {
        &self.func
    }

    // Blocks.

    /// A new block, not sealed.
    pub fn block(&mut self) -> Built<Block> {
        self.blocks.push(BlockState::default())?;
        self.func.block()
    }

    /// A new block that is rarely run.
    pub fn cold_block(&mut self) -> Built<Block> {
        let block = self.block()?;
        self.func.blocks[block].cold = true;
        Ok(block)
    }

    /// Marks a block as rarely run.
    pub fn set_cold(&mut self, block: Block) {
        self.func.blocks[block].cold = true;
    }

    /// A parameter of a block; every edge to the block has to give it. Before any edge is made.
    pub fn param(&mut self, block: Block, ty: Type) -> Built<Vreg> {
        let vreg = self.vreg(ty)?;
        let mut params = TryVec::from_slice(self.func.items(self.func.blocks[block].params))?;
        params.push(vreg)?;
        self.func.blocks[block].params = self.func.list(&params)?;
        Ok(vreg)
    }

    /// Makes `block` current.
    pub fn switch_to(&mut self, block: Block) {
        let state = &self.blocks[block];
        let goes_on = state.sealed && state.preds.only() == Some(self.current);
        if !goes_on && block != self.current {
            self.stretch = self.stretch.wrapping_add(1);
        }
        let data = &mut self.func.blocks[block];
        if data.insts.is_empty() {
            data.line = self.line;
        }
        self.current = block;
    }

    /// The current block.
    pub fn current(&self) -> Block {
        self.current
    }

    /// Has the current block been ended? Then control never gets here.
    pub fn is_ended(&self) -> bool {
        self.func.blocks[self.current].term != Term::Open
    }

    /// Where a block leads to if it ends in a jump.
    pub fn jumps_to(&self, block: Block) -> Option<Block> {
        match self.func.blocks[block].term {
            Term::Jump(edge) => Some(edge.block),
            _ => None,
        }
    }

    /// Does any edge lead to the block so far?
    pub fn is_reached(&self, block: Block) -> bool {
        block.index() == 0 || self.blocks[block].preds.len > 0
    }

    /// [`Builder::seal_block`] and [`Builder::switch_to`].
    pub fn enter(&mut self, block: Block) -> Built {
        self.seal_block(block)?;
        self.switch_to(block);
        Ok(())
    }

    // Ends.

    /// An edge with arguments for the parameters asked for by [`Builder::param`].
    fn edge_to(&mut self, block: Block, args: &[Vreg]) -> Built<Edge> {
        debug_assert!(
            !self.blocks[block].sealed,
            "edge to a block that is sealed: {block:?}"
        );
        debug_assert_eq!(self.func.blocks[block].params.len as usize, args.len());
        let from = self.current;
        self.blocks[block].preds.push(&mut self.links, from)?;
        self.func.edge(block, args)
    }

    fn end(&mut self, term: Term) {
        let block = &mut self.func.blocks[self.current];
        debug_assert!(block.term == Term::Open, "ended twice: {:?}", self.current);
        block.term = term;
    }

    /// Goes on in `to`.
    pub fn jump(&mut self, to: Block, args: &[Vreg]) -> Built {
        let edge = self.edge_to(to, args)?;
        self.end(Term::Jump(edge));
        Ok(())
    }

    /// Goes to `then` if the comparison holds, else to `other`.
    pub fn branch(
        &mut self,
        cond: Cond,
        a: Vreg,
        b: impl Into<Operand>,
        then: (Block, &[Vreg]),
        other: (Block, &[Vreg]),
    ) -> Built {
        let (b, imm) = b.into().parts();
        let then = self.edge_to(then.0, then.1)?;
        let other = self.edge_to(other.0, other.1)?;
        self.end(Term::Branch {
            cond,
            a,
            b,
            imm,
            then,
            other,
        });
        Ok(())
    }

    /// Goes to `then` if the comparison of floats holds, else to `other`.
    pub fn float_branch(
        &mut self,
        cond: Cond,
        a: Vreg,
        b: Vreg,
        then: Block,
        other: Block,
    ) -> Built {
        let then = self.edge_to(then, &[])?;
        let other = self.edge_to(other, &[])?;
        self.end(Term::FBranch {
            cond,
            a,
            b,
            then,
            other,
        });
        Ok(())
    }

    /// `a op b` as `ty`; on overflow goes to `over`. Goes on in a new block.
    pub fn checked(
        &mut self,
        op: Overflow,
        ty: Type,
        a: Vreg,
        b: impl Into<Operand>,
        over: (Block, &[Vreg]),
    ) -> Built<Vreg> {
        let (b, imm) = b.into().parts();
        let dst = self.vreg(ty)?;
        let go_on = self.block()?;
        let fits = self.edge_to(go_on, &[])?;
        let over = self.edge_to(over.0, over.1)?;
        self.end(Term::Checked {
            op,
            dst,
            a,
            b,
            imm,
            fits,
            over,
        });
        self.enter(go_on)?;
        Ok(dst)
    }

    /// Links an exception buffer: see [`Term::NlrPush`].
    pub fn nlr_push(&mut self, slot: Slot, normal: Block, caught: Block) -> Built {
        let normal = self.edge_to(normal, &[])?;
        let caught = self.edge_to(caught, &[])?;
        self.end(Term::NlrPush {
            table: None,
            slot,
            normal,
            caught,
        });
        Ok(())
    }

    /// Goes to target number `a`, the last one if there are fewer.
    pub fn switch(&mut self, a: Vreg, targets: &[Block]) -> Built {
        let start = self.func.targets.len() as u32;
        for target in targets {
            let from = self.current;
            self.blocks[*target].preds.push(&mut self.links, from)?;
            self.func.targets.push(*target)?;
        }
        self.end(Term::Switch {
            a,
            start,
            len: targets.len() as u32,
        });
        Ok(())
    }

    /// Returns `a`.
    pub fn ret(&mut self, a: Vreg) -> Built {
        self.end(Term::Return { a });
        Ok(())
    }

    /// Goes on at a label of the function that this is a piece of.
    pub fn leave(&mut self, label: u32) -> Built {
        self.end(Term::Leave(label));
        Ok(())
    }

    /// After a call that does not return.
    pub fn unreachable(&mut self) -> Built {
        self.end(Term::Unreachable);
        Ok(())
    }

    // The end of building.

    /// Seals what is not sealed, turns locals into parameters and arguments, and gives the function.
    ///
    /// Blocks that were never ended and those that nothing leads to end in [`Term::Unreachable`].
    pub fn finish(mut self) -> Built<Func> {
        self.finish_blocks()?;
        Ok(self.func)
    }

    fn finish_blocks(&mut self) -> Built {
        for block in self.blocks.indices() {
            self.seal_block(block)?;
        }
        // What became trivial when its arguments did.
        let mut changed = true;
        while changed {
            changed = false;
            for phi in self.phis.indices() {
                changed |= self.drop_if_trivial(phi);
            }
        }
        self.define_undefined()?;
        self.write_params()?;
        self.write_args()?;
        for at in 0..self.func.pool.len() {
            self.func.pool[at] = self.resolve(self.func.pool[at]);
        }
        let mut blocks = core::mem::take(&mut self.func.blocks);
        for block in blocks.iter_mut() {
            for inst in block.insts.iter_mut() {
                inst.map_operands(|vreg| self.resolve(vreg));
            }
            block.term.map_operands(|vreg| self.resolve(vreg));
            if block.term == Term::Open {
                block.term = Term::Unreachable;
            }
        }
        self.func.blocks = blocks;
        Ok(())
    }

    /// Locals that were read without being written are 0 from the start.
    fn define_undefined(&mut self) -> Built {
        for vreg in self.undefined.into_iter().flatten() {
            let op = if self.ty(vreg).is_float() {
                Op::FConst
            } else {
                Op::Const
            };
            let inst = Inst {
                dst: Some(vreg),
                ..Inst::new(op)
            };
            self.func.blocks[Block::from_index(0)]
                .insts
                .insert(0, inst)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::string::{String, ToString};

    use super::*;
    use crate::nir::verify;

    fn finished(builder: Builder) -> String {
        let func = builder.finish().unwrap();
        let text = func.to_string();
        assert_eq!(verify(&func, 8), Ok(()), "{text}");
        text
    }

    /// `while n: n -= step` with a local that the loop does not change.
    #[test]
    fn only_locals_that_change_become_parameters_of_a_loop() {
        let (mut b, params) = Builder::new(Qstr::NONE, Entry::Words(2)).unwrap();
        let n = b.var(Type::Word, Qstr::NONE).unwrap();
        let step = b.var(Type::Word, Qstr::NONE).unwrap();
        b.write_local(n, params[0]).unwrap();
        b.write_local(step, params[1]).unwrap();
        let head = b.block().unwrap();
        let body = b.block().unwrap();
        let done = b.block().unwrap();
        b.jump(head, &[]).unwrap();
        b.switch_to(head);
        let value = b.read_local(n).unwrap();
        b.branch(Cond::Ne, value, 0, (body, &[]), (done, &[]))
            .unwrap();
        b.enter(body).unwrap();
        let value = b.read_local(n).unwrap();
        let by = b.read_local(step).unwrap();
        let value = b.sub(value, by).unwrap();
        b.write_local(n, value).unwrap();
        b.jump(head, &[]).unwrap();
        b.seal_block(head).unwrap();
        b.enter(done).unwrap();
        let value = b.read_local(n).unwrap();
        b.ret(value).unwrap();
        assert_eq!(
            finished(b),
            "func q0 words 2
b0(v0: word, v1: word):
  jump b1(v0)
b1(v2: word):
  branch ne v2, 0 then b2 else b3
b2:
  v4: word = sub v2, v1
  jump b1(v4)
b3:
  return v2
"
        );
    }

    #[test]
    fn switches_pass_locals_through_blocks_in_between() {
        let (mut b, params) = Builder::new(Qstr::NONE, Entry::Words(1)).unwrap();
        let var = b.var(Type::Word, Qstr::NONE).unwrap();
        let blocks = [b.block().unwrap(), b.block().unwrap()];
        b.switch(params[0], &blocks).unwrap();
        b.enter(blocks[0]).unwrap();
        let one = b.word(1).unwrap();
        b.write_local(var, one).unwrap();
        b.jump(blocks[1], &[]).unwrap();
        b.enter(blocks[1]).unwrap();
        let value = b.read_local(var).unwrap();
        b.ret(value).unwrap();
        assert_eq!(
            finished(b),
            "func q0 words 1
b0(v0: word):
  v3: word = const 0
  switch v0 b1 b3
b1:
  v1: word = const 1
  jump b2(v1)
b2(v2: word):
  return v2
b3:
  jump b2(v3)
"
        );
    }
}
