//! `for` over `range`: loops that count.
//!
//! Bytecode keeps end and counter on the stack and asks the general operators to compare and to add:
//!
//! ```text
//!     <end> <start> JUMP N
//!  T: DUP_TOP STORE v  body
//!  K: <step> +=
//!  N: DUP_TOP_TWO ROT_TWO < POP_JUMP_IF_TRUE T
//! ```
//!
//! If start and end are small ints, the counter is one all the while: it stays below the end, and a step that leaves
//! the range of small ints has also left the loop. So the loop is lowered twice, chosen by one test before it: once
//! as it stands, rarely run, and once with a counter that is known to be a small int, for which no check is left. The
//! rare one makes no further copies of loops inside it, so that code grows with the depth of loops and not faster.
use ferlance_abi::BinaryOp;
use ferlance_bytecode::Code;
use ferlance_bytecode::op::{Label, Op};

use super::flow::Flow;
use super::prologue::Frame;
use super::{Done, Facts, Lowering};
use crate::nir::{Block, Overflow, Type};

/// Longer loops are lowered once.
pub(super) const MAX_OPS: usize = 600;
/// The same in code for any firmware, where bytes count.
const MAX_OPS_ANYWHERE: usize = 40;

/// A loop that counts.
#[derive(Clone, Copy)]
pub(super) struct Counted {
    /// First op of the body: a label.
    from: usize,
    /// The op that adds the step.
    pub(super) add: usize,
    /// Behind the jump at the end.
    to: usize,
    test: Label,
    pub(super) step: i64,
    /// Is the end on the stack, below the counter?
    pub(super) has_end: bool,
}

/// The loop that the jump at op `at` begins, if it counts.
pub(super) fn pattern(code: &Code, flow: &Flow, at: usize) -> Option<Counted> {
    let ops = code.ops();
    let (Op::Jump(test), Op::Label(top)) = (*ops.get(at)?, *ops.get(at + 1)?) else {
        return None;
    };
    let n = *flow.label_at.get(test.index())? as usize;
    if n <= at + 4 {
        return None;
    }
    let [
        Op::LoadConstSmallInt(step),
        Op::Binary(BinaryOp::InplaceAdd),
    ] = *ops.get(n - 2..n)?
    else {
        return None;
    };
    let step = code.int_value(step);
    let (has_end, op, back) = match *ops.get(n + 1..n + 5)? {
        [
            Op::DupTopTwo,
            Op::RotTwo,
            Op::Binary(op),
            Op::PopJumpIfTrue(back),
        ] => (true, op, back),
        [
            Op::DupTop,
            Op::LoadConstSmallInt(_),
            Op::Binary(op),
            Op::PopJumpIfTrue(back),
        ] => (false, op, back),
        _ => return None,
    };
    let fits = back == top
        && match op {
            BinaryOp::Less => step > 0,
            BinaryOp::More => step < 0,
            _ => false,
        };
    fits.then_some(Counted {
        from: at + 1,
        add: n - 1,
        to: n + 5,
        test,
        step,
        has_end,
    })
}

/// A loop that is being lowered for small ints.
#[derive(Clone, Copy)]
pub(super) struct Counting {
    counted: Counted,
    /// Where the counter is on the stack.
    depth: u32,
    /// Where to when the loop is done.
    exit: Block,
}

impl Lowering<'_, '_> {
    /// The loop that the jump at op `at` begins.
    pub(super) fn counted(&self, at: usize) -> Option<Counted> {
        // A yield goes on in one place.
        if self.is_copied || self.target.small || matches!(self.frame, Frame::Generator { .. }) {
            return None;
        }
        let most = match self.is_ours() {
            true => MAX_OPS,
            false => MAX_OPS_ANYWHERE,
        };
        let counted = pattern(self.code, &self.flow, at)?;
        (counted.to <= at + most + 5).then_some(counted)
    }

    /// Lowers a loop that counts; gives the op behind it.
    pub(super) fn count(&mut self, counted: Counted) -> Done<usize> {
        let slow = self.b.cold_block()?;
        let exit = self.b.block()?;
        let before = (self.depth, self.block, self.iter);
        let line = self.b.told_line();
        let labels = self.label_blocks.try_clone()?;

        // The test that tells which of the two loops it is.
        let start = self.peek(0)?;
        let end = if counted.has_end {
            self.peek(1)?
        } else {
            start
        };
        self.guard(start, end, slow)?;

        let fast = self.b.current();
        if self.b.is_reached(slow) {
            let first = self.b.func().blocks.len();
            self.b.enter(slow)?;
            self.is_copied = true;
            self.loop_once(counted, exit)?;
            self.is_copied = false;
            for at in first..self.b.func().blocks.len() {
                self.b.set_cold(Block::from_index(at));
            }
        }

        for at in counted.from..counted.to {
            if let Op::Label(label) = self.code.ops()[at]
                && let Some(rare) = self.label_blocks[label.index()]
            {
                self.b.set_cold(rare);
                self.label_blocks[label.index()] = Some(self.b.block()?);
            }
        }
        (self.depth, self.block, self.iter) = before;
        self.b.switch_to(fast);
        self.b.set_told_line(line);
        self.copies += 1;
        // Values of their own, since what is known of them is known here only.
        let start = self.b.copy(Type::Obj, start)?;
        self.b
            .write_local(self.stack[self.depth as usize - 1], start)?;
        if counted.has_end {
            let end = self.b.copy(Type::Obj, end)?;
            self.b
                .write_local(self.stack[self.depth as usize - 2], end)?;
        }
        self.counting.push(Counting {
            counted,
            depth: self.depth - 1,
            exit,
        })?;
        self.loop_once(counted, exit)?;
        self.counting.pop();
        self.copies += 1;

        self.label_blocks = labels;
        (self.depth, self.block, self.iter) = before;
        self.b.enter(exit)?;
        Ok(counted.to)
    }

    fn loop_once(&mut self, counted: Counted, exit: Block) -> Done {
        self.at = counted.from as u32 - 1;
        self.go_to(counted.test)?;
        let is_alive = self.ops_between(counted.from, counted.to, false)?;
        if is_alive {
            self.b.jump(exit, &[])?;
        }
        Ok(())
    }

    /// What is known of a stack entry because a loop counts there.
    pub(super) fn counts_at(&self, depth: u32) -> bool {
        self.counting.iter().any(|counting| {
            depth == counting.depth || counting.counted.has_end && depth + 1 == counting.depth
        })
    }

    /// Adds the step to the counter if the op at hand does that.
    pub(super) fn count_on(&mut self) -> Done<bool> {
        let Some(Counting {
            counted,
            depth,
            exit,
        }) = self.counting.last().copied()
        else {
            return Ok(false);
        };
        if self.at as usize != counted.add || self.depth != depth + 2 {
            return Ok(false);
        }
        self.pop()?;
        let counter = self.pop()?;
        let by = counted.step << 1;
        let next = if counted.step.unsigned_abs() == 1 {
            // The counter has not reached the end, so there is one more small int.
            self.b
                .binary_to(crate::nir::Op::Add, Type::Obj, counter, by)?
        } else {
            self.b
                .checked(Overflow::Add, Type::Obj, counter, by, (exit, &[]))?
        };
        self.note(
            next,
            Facts {
                is_small: true,
                ..Facts::default()
            },
        )?;
        self.push(next)?;
        Ok(true)
    }
}
