//! From an allocated function to bytes.
//!
//! Blocks come in the allocator's order. What control only passes through, because all its moves vanished, has no
//! code: edges to it lead on to where it leads. A jump to what comes next has none either.
mod cached;
mod calls;
mod ends;
mod pieces;

use ferlance_asm::lines::{LineMark, line_marks};
use ferlance_asm::{BufferError, CodeBuffer, Fixup, Label};
use ferlance_collections::{IndexVec, OutOfMemory, TryVec};

use crate::arch::{Emit, MAX_TEMPS, Operands, Place, Preg};
use crate::frame::Frame;
use crate::lower::LowerError;
use crate::nir::{Block, Func, Inst, Op, Term, Vreg};
use crate::outline::{self, Plan, Site};
use crate::regalloc::moves::Move;
use crate::regalloc::{AllocateError, Allocation, Extra, allocate};

use cached::Aside;
pub use pieces::{Made, emit_in_pieces};

/// A call of another function of the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DirectCall {
    /// Bytes from the function's first byte to the call.
    pub offset: u32,
    /// Whom it calls: see [`crate::nir::Op::CallDirect`].
    pub callee: u32,
}

/// A finished function.
#[derive(Debug)]
pub struct Machine {
    /// The code. It begins with the function's entry.
    pub bytes: TryVec<u8>,
    /// Source lines, by rising offset; 0 for a call that raises what has left a trace of this function already.
    pub lines: TryVec<LineMark>,
    /// Calls whose distance is written when the callee's place is known.
    pub calls: TryVec<DirectCall>,
    /// Bytes of stack from its call on that the function takes.
    pub frame_bytes: u32,
}

/// Why there is no code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EmitError {
    /// No memory.
    OutOfMemory,
    /// The function is longer than the machine's branches reach, or than a buffer takes.
    TooLong,
    /// The bytecode is not well formed.
    BadCode,
    /// Nothing writes code for that machine.
    NoEmitter,
    /// Our own fault: an instruction asks for more registers than there are.
    Stuck,
}

impl From<OutOfMemory> for EmitError {
    fn from(_: OutOfMemory) -> EmitError {
        EmitError::OutOfMemory
    }
}

impl From<LowerError> for EmitError {
    fn from(error: LowerError) -> EmitError {
        match error {
            LowerError::OutOfMemory => EmitError::OutOfMemory,
            LowerError::BadCode | LowerError::Refused => EmitError::BadCode,
        }
    }
}

impl From<AllocateError> for EmitError {
    fn from(error: AllocateError) -> EmitError {
        match error {
            AllocateError::OutOfMemory => EmitError::OutOfMemory,
            AllocateError::Stuck => EmitError::Stuck,
        }
    }
}

impl From<BufferError> for EmitError {
    fn from(error: BufferError) -> EmitError {
        match error {
            BufferError::OutOfMemory => EmitError::OutOfMemory,
            _ => EmitError::TooLong,
        }
    }
}

/// A function being written.
#[derive(Debug)]
pub struct Emitter<'a, F> {
    /// The function.
    pub func: &'a Func,
    /// Where its values are.
    pub allocation: &'a Allocation,
    /// Its frame.
    pub frame: &'a Frame,
    /// The code so far.
    pub buffer: CodeBuffer<F>,
    /// A register whose value the condition flags tell, and how many bytes there were behind the instruction that
    /// set them: as long as no more are written, a comparison with zero can be left out.
    pub flags: Option<(Preg, u32)>,
    /// A spill slot that has just been stored from a register, and how many bytes there were behind that.
    stored: Option<(Place, Preg, u32)>,
    labels: IndexVec<Block, Label>,
    lines: TryVec<(Label, u32)>,
    calls: TryVec<(Label, u32)>,
}

/// Where a block without code leads to.
fn leads_to(func: &Func, allocation: &Allocation, block: Block) -> Option<Block> {
    let data = &func.blocks[block];
    let Term::Jump(edge) = data.term else {
        return None;
    };
    let place = |vreg: Vreg| allocation.places[vreg];
    let silent = |inst: &Inst| {
        matches!(inst.op, Op::Const | Op::FConst)
            && inst
                .dst
                .is_none_or(|dst| matches!(place(dst), Place::Const(_) | Place::None))
    };
    let params = func.items(func.blocks[edge.block].params);
    let args = func.items(edge.args);
    let moves = params.iter().zip(args).any(|(param, arg)| {
        let to = place(*param);
        to != Place::None && to != place(*arg)
    });
    let empty = !moves && edge.block != block && data.insts.iter().all(silent);
    (empty && block.index() != 0).then_some(edge.block)
}

impl<F: Fixup> Emitter<'_, F> {
    /// The place of a value.
    pub fn place(&self, vreg: Vreg) -> Place {
        self.allocation.places[vreg]
    }

    /// Notes that the instruction just written set the flags by the value of this register.
    pub fn set_flags(&mut self, preg: Preg) {
        self.flags = Some((preg, self.buffer.offset()));
    }

    /// Do the flags tell of this register's value?
    pub fn has_flags(&self, preg: Preg) -> bool {
        self.flags == Some((preg, self.buffer.offset()))
    }

    /// Notes that the call that is written next has no distance yet.
    pub fn direct_call(&mut self, callee: u32) -> Result<(), OutOfMemory> {
        let here = self.buffer.here()?;
        self.calls.push((here, callee))
    }
}

/// Makes machine code of a function. `func` must be legal for `arch`: see [`crate::opt::legalise`].
///
/// Debug builds check the allocation and panic with a listing if it is unsound: tests are to find that. Release builds,
/// and so boards, have neither the checker nor the panic. What cannot be emitted is an [`EmitError`], which the compiler
/// turns into an error at the function's place in the source.
pub fn emit<A: Emit>(func: &mut Func, arch: &A) -> Result<Machine, EmitError> {
    let allocation = allocate(func, arch)?;
    #[cfg(debug_assertions)]
    if let Err(unsound) = crate::regalloc::check(func, arch, &allocation) {
        panic!("{unsound:?} in\n{func}\n{:?}", allocation.places);
    }
    let frame = Frame::new(func, &allocation, arch)?;
    let mut writer = Writer::new(func, arch, &allocation, &frame, None, arch.buffer()?)?;
    writer.function()?;
    if let (true, Some(sizes)) = (arch.target().small, arch.outlines()) {
        let starts = |code: &[u8], out: &mut TryVec<u32>| arch.thunk_starts(code, out);
        let plan = outline::plan(writer.e.buffer.written(), &writer.sites, sizes, starts)?;
        if plan.is_some() {
            writer = Writer::new(func, arch, &allocation, &frame, plan, arch.buffer()?)?;
            writer.function()?;
        }
    }
    let Emitter {
        buffer,
        lines,
        calls,
        ..
    } = writer.e;
    finish(buffer, &lines, &calls, &frame)
}

/// The code of a buffer, with its marks.
fn finish<F: Fixup>(
    buffer: CodeBuffer<F>,
    lines: &[(Label, u32)],
    calls: &[(Label, u32)],
    frame: &Frame,
) -> Result<Machine, EmitError> {
    let code = buffer.finish()?;
    let offset = |label| code.offset_of(label).unwrap_or(0);
    Ok(Machine {
        lines: line_marks(lines.iter().map(|(label, line)| LineMark {
            offset: offset(*label),
            line: *line,
        }))?,
        calls: TryVec::from_items(calls.iter().map(|(label, callee)| DirectCall {
            offset: offset(*label),
            callee: *callee,
        }))?,
        bytes: code.bytes,
        frame_bytes: frame.from_caller(),
    })
}

struct Writer<'a, A: Emit> {
    arch: &'a A,
    /// Of blocks without code: where they lead to.
    leads_to: IndexVec<Block, Option<Block>>,
    e: Emitter<'a, A::Fixup>,
    extras: &'a [Extra],
    /// Of the instruction at work.
    number: u32,
    /// Room for moves, and for them in their order.
    moves: TryVec<Move>,
    ready: TryVec<Move>,
    /// The calls so far.
    sites: TryVec<Site>,
    /// Since here there are plain instructions only; and how many sites the buffer had then.
    plain: (u32, usize),
    /// Calls of thunks, and the thunks' labels.
    plan: Option<(Plan, TryVec<Label>)>,
    /// The first epilogue, and its bytes.
    epilogue: Option<(Label, u32)>,
    /// The line that was marked last.
    line: u32,
    /// Of a piece of a function: the label of the code behind it.
    next: Option<u32>,
    /// Calls that lookups may need, which are not written yet.
    asides: TryVec<Aside>,
    /// The function's labels.
    ways: TryVec<Option<Label>>,
}

/// The code's label for a label of a function in pieces.
fn way<F: Fixup>(
    ways: &mut TryVec<Option<Label>>,
    buffer: &mut CodeBuffer<F>,
    label: u32,
) -> Result<Label, OutOfMemory> {
    let at = label as usize;
    if let Some(Some(known)) = ways.get(at) {
        return Ok(*known);
    }
    if ways.len() <= at {
        ways.resize(at + 1, None)?;
    }
    let new = buffer.new_label()?;
    ways[at] = Some(new);
    Ok(new)
}

impl<'a, A: Emit> Writer<'a, A> {
    fn new(
        func: &'a Func,
        arch: &'a A,
        allocation: &'a Allocation,
        frame: &'a Frame,
        plan: Option<Plan>,
        mut buffer: CodeBuffer<A::Fixup>,
    ) -> Result<Writer<'a, A>, OutOfMemory> {
        let mut labels = IndexVec::with_capacity(func.blocks.len())?;
        let mut ways = IndexVec::with_capacity(func.blocks.len())?;
        for block in func.blocks.indices() {
            labels.push(buffer.new_label()?)?;
            ways.push(leads_to(func, allocation, block))?;
        }
        let plan = match plan {
            Some(plan) => {
                let mut thunks = TryVec::new();
                for _ in &plan.thunks {
                    thunks.push(buffer.new_label()?)?;
                }
                Some((plan, thunks))
            }
            None => None,
        };
        Ok(Writer {
            arch,
            leads_to: ways,
            e: Emitter {
                func,
                allocation,
                frame,
                buffer,
                flags: None,
                stored: None,
                labels,
                lines: TryVec::new(),
                calls: TryVec::new(),
            },
            extras: &allocation.extras,
            number: 0,
            moves: TryVec::new(),
            ready: TryVec::new(),
            sites: TryVec::new(),
            plain: (0, 0),
            plan,
            epilogue: None,
            line: 0,
            next: None,
            asides: TryVec::new(),
            ways: TryVec::new(),
        })
    }
}

impl<A: Emit> Writer<'_, A> {
    fn function(&mut self) -> Result<(), OutOfMemory> {
        self.arch.prologue(&mut self.e)?;
        self.params()?;
        self.blocks()?;
        self.asides()?;
        if let Some((plan, labels)) = &self.plan {
            for (thunk, label) in plan.thunks.iter().zip(labels) {
                self.e.buffer.bind(*label);
                self.arch.thunk(&mut self.e, thunk)?;
            }
        }
        Ok(())
    }

    fn blocks(&mut self) -> Result<(), OutOfMemory> {
        let allocation = self.e.allocation;
        let order = &allocation.order;
        for (at, block) in order.iter().enumerate() {
            let label = self.e.labels[*block];
            self.e.buffer.bind(label);
            if self.leads_to[*block].is_some() && at > 0 {
                // Nobody jumps here; if control falls in, it was laid out that way.
                self.number += self.e.func.blocks[*block].insts.len() as u32 + 2;
                continue;
            }
            let next = order[at + 1..]
                .iter()
                .find(|next| self.leads_to[**next].is_none());
            self.block(*block, next.copied())?;
        }
        Ok(())
    }

    /// Notes whether something other than plain instructions has been written.
    fn look_back(&mut self) {
        let buffer = &self.e.buffer;
        if buffer.is_target_here() || buffer.site_count() != self.plain.1 {
            self.plain = (buffer.offset(), buffer.site_count());
        }
    }

    /// A call has been written: makes a call of a thunk of it if that is planned.
    fn called(&mut self) -> Result<(), OutOfMemory> {
        self.look_back();
        let to = self.e.buffer.offset();
        let call = self.sites.len();
        let from = self.plain.0;
        self.sites.push(Site { from, to })?;
        if let Some((plan, labels)) = &self.plan
            && let Some(Some(thunk)) = plan.of_call.get(call)
            && let (Some(code), Some(label)) = (
                plan.thunks.get(*thunk as usize),
                labels.get(*thunk as usize),
            )
            && self
                .e
                .buffer
                .written()
                .get(from as usize..)
                .is_some_and(|written| written.ends_with(code))
        {
            self.e.buffer.take_back(to - code.len() as u32);
            self.e.flags = None;
            self.e.stored = None;
            self.arch.call_thunk(&mut self.e, *label)?;
        }
        self.plain = (self.e.buffer.offset(), self.e.buffer.site_count());
        Ok(())
    }

    /// Where an edge to `block` really leads.
    fn target(&self, mut block: Block) -> Block {
        // Empty blocks that lead to each other are a loop without end: any of them will do, but it needs code.
        for _ in 0..self.e.func.blocks.len() {
            match self.leads_to[block] {
                Some(next) => block = next,
                None => return block,
            }
        }
        block
    }

    fn label(&self, block: Block) -> Label {
        self.e.labels[self.target(block)]
    }

    fn extra(&mut self) -> Option<Extra> {
        while let Some((first, rest)) = self.extras.split_first() {
            if first.at > self.number {
                return None;
            }
            if first.at == self.number {
                return Some(*first);
            }
            self.extras = rest;
        }
        None
    }

    fn block(&mut self, block: Block, next: Option<Block>) -> Result<(), OutOfMemory> {
        let func = self.e.func;
        let data = &func.blocks[block];
        self.e.flags = None;
        self.e.stored = None;
        if self.e.allocation.entry_lines[block] != 0 {
            self.mark_line(self.e.allocation.entry_lines[block])?;
        }
        self.number += 1;
        let mut done: Option<usize> = None;
        self.plain = (self.e.buffer.offset(), self.e.buffer.site_count());
        for (at, inst) in data.insts.iter().enumerate() {
            self.look_back();
            if done == Some(at) {
                // The access before has done it.
                done = None;
            } else if let (None, Some((later, step))) = (done, self.later_step(&data.insts, at)) {
                let operands = self.operands([inst.dst, inst.a, inst.b, inst.c], inst.imm);
                self.arch
                    .access_and_step(&mut self.e, inst, &operands, step)?;
                done = Some(later);
            } else {
                self.inst(inst)?;
            }
            self.number += 1;
        }
        self.end(&data.term, next)?;
        self.number += 1;
        Ok(())
    }

    /// Where the register of this access' address gets a constant added further down, with nothing in between that
    /// wants it: the machine may do both at once.
    fn later_step(&self, insts: &[Inst], at: usize) -> Option<(usize, i64)> {
        let inst = insts.get(at)?;
        let (Op::Load(width, _) | Op::Store(width, _)) = inst.op else {
            return None;
        };
        let (Some(pointer), None, 0) = (inst.a, inst.b, inst.imm) else {
            return None;
        };
        let place = self.e.place(pointer);
        let is_here = |vreg: Option<Vreg>| vreg.is_some_and(|vreg| self.e.place(vreg) == place);
        if !matches!(place, Place::Reg(_)) || is_here(inst.dst) || is_here(inst.c) {
            return None;
        }
        for (later, next) in insts.iter().enumerate().skip(at + 1) {
            if next.op.may_call() {
                return None;
            }
            if next.op == Op::Add && next.a == Some(pointer) && is_here(next.dst) {
                let fits = next.b.is_none() && self.arch.post_increment(width, next.imm);
                return fits.then_some((later, next.imm));
            }
            if is_here(next.dst) || next.operands().any(|vreg| is_here(Some(vreg))) {
                return None;
            }
        }
        None
    }

    fn operands(&mut self, inst: [Option<Vreg>; 4], imm: i64) -> Operands {
        let place = |vreg: Option<Vreg>| vreg.map(|vreg| self.e.place(vreg));
        let [dst, a, b, c] = inst.map(place);
        let temps = self.extra().map_or([None; MAX_TEMPS], |extra| extra.temps);
        Operands {
            dst: dst.unwrap_or(Place::None),
            a: a.unwrap_or(Place::None),
            b: b.unwrap_or(Place::Const(imm)),
            c: c.unwrap_or(Place::None),
            temps,
        }
    }

    /// What follows belongs to this line.
    fn mark_line(&mut self, line: u32) -> Result<(), OutOfMemory> {
        if line == self.line {
            return Ok(());
        }
        self.line = line;
        let here = self.e.buffer.here()?;
        self.e.lines.push((here, line))
    }

    fn inst(&mut self, inst: &Inst) -> Result<(), OutOfMemory> {
        match inst.op {
            Op::Line => self.mark_line(inst.imm as u32),
            Op::Const | Op::FConst => match inst.dst {
                Some(dst) => {
                    let place = self.e.place(dst);
                    if matches!(place, Place::Const(_) | Place::None) {
                        return Ok(());
                    }
                    let ty = self.e.func.ty(dst);
                    self.arch
                        .move_(&mut self.e, place, Place::Const(inst.imm), ty)
                }
                None => Ok(()),
            },
            Op::Copy => {
                let (Some(dst), Some(a)) = (inst.dst, inst.a) else {
                    return Ok(());
                };
                let (dst, src, ty) = (self.e.place(dst), self.e.place(a), self.e.func.ty(dst));
                if dst == src || dst == Place::None {
                    return Ok(());
                }
                self.move_(dst, src, ty)
            }
            Op::Call(_) | Op::CallDirect => self.call(inst),
            Op::Tell => self.tell(inst),
            Op::Cached(site, name) => self.cached(inst, site, name),
            _ => {
                let operands = self.operands([inst.dst, inst.a, inst.b, inst.c], inst.imm);
                self.arch.inst(&mut self.e, inst, &operands)
            }
        }
    }
}
