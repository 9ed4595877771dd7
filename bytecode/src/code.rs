//! Symbolic bytecode of one scope: the seam between the front end and every emitter.
//!
//! It is the bytecode machine with names instead of numbers: ops with labels, names and slots, the scope's shape,
//! its children. A scope's `Code` is built, consumed (assembled, or lowered to native code) and dropped or reused
//! before the next one, so only one exists at a time. `text` prints it and parses it back.
//!
//! Ops after an unconditional transfer stay in the list: upstream drops their bytes, but they have claimed their
//! places in the name and object tables. The assembler does the dropping.
//!
//! Stack accounting happens while ops are pushed, in their order, dead ones included, as upstream counts;
//! where the true depth at a label differs, the builder says so with [`Code::adjust_stack`].
use ferlance_abi::{CodeKind, NativeType, Qstr, ScopeFlags};
use ferlance_collections::{OutOfMemory, TryVec};

use crate::module::CodeId;
use crate::op::{Label, Local, Op, SmallInt};
use crate::trace::{Adjust, StmtEnd, Trace};

/// The symbolic bytecode of one scope.
#[derive(Debug, Default, PartialEq)]
pub struct Code {
    /// The emitter that the source asks for; never `Asm`.
    pub kind: CodeKind,
    /// The simple name.
    pub name: Qstr,
    /// The line of the scope's first token.
    pub line: u32,
    /// Generator, star arguments, keyword defaults.
    pub flags: ScopeFlags,
    /// Positional parameters, free variables included.
    pub n_pos_args: u32,
    /// Keyword-only parameters.
    pub n_kwonly_args: u32,
    /// Positional parameters with a default.
    pub n_def_pos_args: u32,
    /// Free variables: the first positional parameters, each a cell.
    pub n_free: u32,
    /// The name of each parameter slot; `*` for those that cannot be passed by keyword.
    pub param_names: TryVec<Qstr>,
    /// Local slots, parameters included.
    pub n_locals: u32,
    /// Source names by slot, for messages; may be shorter than `n_locals` or empty.
    pub local_names: TryVec<Qstr>,
    /// Slots whose value moves into a new cell on entry.
    pub cells: TryVec<u8>,
    /// Viper: annotated types by parameter slot; missing ones are objects.
    pub param_types: TryVec<NativeType>,
    /// Viper: the annotated type of the result.
    pub return_type: Option<NativeType>,
    /// The functions and classes defined inside, in order of evaluation.
    pub children: TryVec<CodeId>,
    /// Where ops come from; recorded if it is on.
    pub trace: Trace,
    /// The ops.
    ops: TryVec<Op>,
    /// Small ints of more than 31 bits.
    wide_ints: TryVec<i64>,
    n_labels: u32,
    last_line: u32,
    depth: i32,
    max_depth: i32,
    blocks: u32,
    max_blocks: u32,
}

impl Code {
    /// An empty scope. Does not allocate.
    pub fn new() -> Code {
        Code {
            last_line: 1,
            ..Code::default()
        }
    }

    /// Empties it for the next scope, keeping the memory.
    pub fn clear(&mut self) {
        let Code {
            kind,
            name,
            line,
            flags,
            n_pos_args,
            n_kwonly_args,
            n_def_pos_args,
            n_free,
            param_names,
            n_locals,
            local_names,
            cells,
            param_types,
            return_type,
            children,
            trace,
            ops,
            wide_ints,
            n_labels,
            last_line,
            depth,
            max_depth,
            blocks,
            max_blocks,
        } = self;
        (*kind, *name, *flags) = Default::default();
        (*line, *n_pos_args, *n_kwonly_args, *n_def_pos_args) = Default::default();
        (*n_free, *n_locals, *n_labels) = Default::default();
        (*depth, *max_depth, *blocks, *max_blocks) = Default::default();
        *return_type = None;
        *last_line = 1;
        param_names.clear();
        local_names.clear();
        cells.clear();
        param_types.clear();
        children.clear();
        trace.clear();
        ops.clear();
        wide_ints.clear();
    }

    /// The ops in order.
    #[inline]
    pub fn ops(&self) -> &[Op] {
        &self.ops
    }

    /// How many labels were made; their numbers are below.
    #[inline]
    pub fn n_labels(&self) -> u32 {
        self.n_labels
    }

    /// A new label, to be placed with [`Code::place`].
    #[inline]
    pub fn new_label(&mut self) -> Label {
        let label = Label(self.n_labels);
        self.n_labels += 1;
        label
    }

    /// Makes `label` stand here.
    #[inline]
    pub fn place(&mut self, label: Label) -> Result<(), OutOfMemory> {
        self.ops.push(Op::Label(label))
    }

    /// Appends an op and counts its stack effect.
    #[inline]
    pub fn push(&mut self, op: Op) -> Result<(), OutOfMemory> {
        let delta = op.stack_delta();
        if matches!(op, Op::WithCleanup) {
            // Upstream counts room for the arguments of the exit function.
            self.note_depth(self.depth + 2);
        }
        self.depth += delta;
        self.note_depth(self.depth);
        self.ops.push(op)
    }

    #[inline]
    fn note_depth(&mut self, depth: i32) {
        if depth > self.max_depth {
            self.max_depth = depth;
        }
    }

    /// Appends a push of a small int of any width.
    pub fn push_small_int(&mut self, value: i64) -> Result<(), OutOfMemory> {
        let operand = self.small_int(value)?;
        self.push(Op::LoadConstSmallInt(operand))
    }

    /// The operand for a small int.
    #[inline]
    pub fn small_int(&mut self, value: i64) -> Result<SmallInt, OutOfMemory> {
        if let Some(operand) = SmallInt::inline(value) {
            return Ok(operand);
        }
        let at = u32::try_from(self.wide_ints.len()).map_err(|_| OutOfMemory)?;
        self.wide_ints.push(value)?;
        Ok(SmallInt::wide(at))
    }

    /// The value of a small int operand of this code.
    #[inline]
    pub fn int_value(&self, operand: SmallInt) -> i64 {
        operand.value(&self.wide_ints)
    }

    /// Notes that what follows belongs to source line `line`; earlier lines than the last noted are ignored.
    #[inline]
    pub fn mark_line(&mut self, line: u32) -> Result<(), OutOfMemory> {
        if line <= self.last_line {
            return Ok(());
        }
        self.last_line = line;
        self.ops.push(Op::Line(line))
    }

    /// Reserves stack slots for what the run time puts there, or gives them back.
    #[inline]
    pub fn reserve_stack(&mut self, delta: i32) {
        self.depth += delta;
        self.note_depth(self.depth);
    }

    /// Corrects the running stack depth where control arrives from elsewhere.
    #[inline]
    pub fn adjust_stack(&mut self, delta: i32) -> Result<(), OutOfMemory> {
        self.reserve_stack(delta);
        if self.trace.is_on() {
            let at = self.next_index();
            self.trace.adjusts.push(Adjust { at, delta })?;
        }
        Ok(())
    }

    /// The index of the next op. (Ops are eight bytes: there are fewer than 2^32.)
    fn next_index(&self) -> u32 {
        self.ops.len() as u32
    }

    /// Notes, if the trace is on, that what follows belongs to byte `pos` of the source.
    #[inline]
    pub fn mark_spot(&mut self, pos: u32) -> Result<(), OutOfMemory> {
        if self.trace.is_on() {
            let at = self.next_index();
            self.trace.spot(at, pos)?;
        }
        Ok(())
    }

    /// Notes, if the trace is on, that a statement of a block of several ends here, or the block if `stmt` is `None`.
    pub fn mark_stmt_end(&mut self, depth: u32, stmt: Option<u32>) -> Result<(), OutOfMemory> {
        if self.trace.is_on() {
            let at = self.next_index();
            self.trace.stmts.push(StmtEnd { at, depth, stmt })?;
        }
        Ok(())
    }

    /// The running stack depth.
    #[inline]
    pub fn stack_depth(&self) -> i32 {
        self.depth
    }

    /// Notes that an exception block begins.
    #[inline]
    pub fn enter_block(&mut self) {
        self.blocks += 1;
        self.max_blocks = self.max_blocks.max(self.blocks);
    }

    /// Notes that the innermost exception block ends.
    #[inline]
    pub fn leave_block(&mut self) {
        self.blocks = self.blocks.saturating_sub(1);
    }

    /// Slots of the frame: locals plus greatest stack depth, at least 1.
    #[inline]
    pub fn n_state(&self) -> u32 {
        (self.n_locals + self.max_depth.max(0) as u32).max(1)
    }

    /// Greatest nesting of exception blocks.
    #[inline]
    pub fn n_exc_stack(&self) -> u32 {
        self.max_blocks
    }

    /// The local slots that become cells on entry.
    pub fn cell_slots(&self) -> impl Iterator<Item = Local> + '_ {
        self.cells.iter().map(|slot| Local(*slot as u32))
    }

    /// Sets what counting found; for producers that know it, such as the parser of `text`.
    pub(crate) fn set_limits(&mut self, n_state: u32, n_exc_stack: u32, n_labels: u32) {
        self.max_depth = n_state.saturating_sub(self.n_locals) as i32;
        self.max_blocks = n_exc_stack;
        self.n_labels = n_labels;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_frame_has_room_for_locals_and_the_deepest_stack() {
        let mut code = Code::new();
        code.n_locals = 2;
        for op in [Op::LoadConstNone, Op::DupTop, Op::DupTopTwo, Op::PopTop] {
            code.push(op).unwrap();
        }
        code.adjust_stack(-3).unwrap();
        assert_eq!((code.n_state(), code.stack_depth()), (6, 0));
        code.clear();
        assert_eq!(code.n_state(), 1);
    }

    #[test]
    fn lines_never_go_back() {
        let mut code = Code::new();
        for line in [1, 3, 2, 3, 4] {
            code.mark_line(line).unwrap();
        }
        assert_eq!(code.ops(), [Op::Line(3), Op::Line(4)]);
    }

    #[test]
    fn wide_small_ints_keep_their_value() {
        let mut code = Code::new();
        let operand = code.small_int(1 << 60).unwrap();
        assert_eq!(code.int_value(operand), 1 << 60);
    }
}
