//! What the architectures have in common: the traits that each implements.
//!
//! Each folder has `regs` (register file), `abi` (who saves what, how calls and frames look), `isel` (what fits into
//! one instruction, which registers an instruction is tied to) and `emit` (the instructions themselves).
//!
//! [`Arch`] is what passes ask before there is code: which constants fit, what an instruction does to registers.
//! It is object-safe, so that optimiser and allocator exist once for all machines. [`Emit`] writes instructions for
//! values whose places are known.
//!
//! ```text
//!  lower ─ opt ─ legalise ─ regalloc ─────── emit::emit ─────────────▶ Machine
//!          asks Arch::has,  asks Arch::       calls Emit::prologue, inst, branch, call, move_ …
//!          fits, address    constraints
//! ```
//!
//! **Points.** An instruction reads its operands, then clobbers, then writes its result. An operand that must
//! survive until the result is written, because the instructions behind one op write the result first, is `late`.
pub mod preg;
pub mod riscv;
pub mod thumb;
pub mod x86;
pub mod xtensa;

use ferlance_asm::{CodeBuffer, Fixup, Label};
use ferlance_collections::{OutOfMemory, TryVec};

use crate::emit::Emitter;
use crate::frame::FrameShape;
use crate::nir::{Cond, Func, Inst, Op, Overflow, Slot, Term, Type, Width};
use crate::outline::Sizes;
use crate::target::Target;

pub use preg::{Place, Preg, PregSet};

/// The registers of a machine under its calling convention.
#[derive(Debug)]
pub struct RegFile {
    /// Integer registers that values may get, the preferred ones first: those that cost least to encode and need
    /// not be saved.
    pub ints: &'static [Preg],
    /// Float registers that values may get.
    pub floats: &'static [Preg],
    /// What a call leaves alone. Registers outside the lists above may be in it.
    pub callee_saved: PregSet,
    /// Where a function finds its words; further ones are in [`Place::In`].
    pub params: &'static [Preg],
    /// Where a function leaves its word.
    pub ret: Preg,
    /// Where a caller puts words; further ones go to [`Place::Out`].
    pub args: &'static [Preg],
    /// Where a caller finds the word.
    pub result: Preg,
    /// Where a caller puts floats; where the callee finds them.
    pub float_args: &'static [Preg],
    /// Where a callee leaves its float.
    pub float_result: Preg,
    /// Where the fun table's address goes before a call if an argument needs its register: not a register of an
    /// argument, and clobbered by calls.
    pub callee: Preg,
    /// Breaks cycles of moves; never holds a value across an instruction. May be [`Place::SCRATCH_WORD`].
    pub scratch: Place,
    /// The same for floats.
    pub float_scratch: Place,
    /// Moves to and from memory may use the registers above, so that cycles with memory in them are broken by
    /// [`Place::SCRATCH_WORD`].
    pub moves_use_scratch: bool,
}

impl RegFile {
    /// All registers that values may get.
    pub fn allocatable(&self) -> PregSet {
        PregSet::of(self.ints).union(PregSet::of(self.floats))
    }
}

/// What an instruction asks of an operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Use {
    /// Registers it may be in.
    pub regs: PregSet,
    /// It must survive until the result is written: the result gets another register.
    pub late: bool,
    /// It may be in a spill slot or, if `constant` is set too, be a constant. At most one operand is left in memory.
    pub memory: bool,
    /// A value made by [`Op::Const`] need not be in a register: the instruction makes it, or has room for it.
    pub constant: bool,
    /// A register it would best be in.
    pub hint: Option<Preg>,
}

impl Use {
    /// Any register.
    pub const ANY: Use = Use {
        regs: PregSet::ALL,
        late: false,
        memory: false,
        constant: false,
        hint: None,
    };
    /// Any register other than the result's.
    pub const LATE: Use = Use {
        late: true,
        ..Use::ANY
    };
}

/// One of an instruction's operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// The first.
    A,
    /// The second.
    B,
    /// The third.
    C,
}

/// What an instruction asks of registers and does to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Constraints {
    /// First operand.
    pub a: Use,
    /// Second operand.
    pub b: Use,
    /// Third operand.
    pub c: Use,
    /// Registers the result may be in.
    pub dst: PregSet,
    /// A register the result would best be in.
    pub dst_hint: Option<Preg>,
    /// The result wants the register of this operand, which the instruction overwrites.
    pub tied: Option<Which>,
    /// Operand `b` is as good for that.
    pub commutes: bool,
    /// Overwritten after the operands are read; the result may be in one of them.
    pub clobbers: PregSet,
    /// Overwritten, and the result may not be in one of them.
    pub busy: PregSet,
    /// How many integer registers the instruction needs for itself, distinct from operands and result.
    pub temps: u8,
    /// Which registers these may be.
    pub temp_regs: PregSet,
}

impl Constraints {
    /// Asks for nothing, does nothing.
    pub const NONE: Constraints = Constraints {
        a: Use::ANY,
        b: Use::ANY,
        c: Use::ANY,
        dst: PregSet::ALL,
        dst_hint: None,
        tied: None,
        commutes: false,
        clobbers: PregSet::EMPTY,
        busy: PregSet::EMPTY,
        temps: 0,
        temp_regs: PregSet::INTS,
    };
}

/// Registers that an instruction may use for itself: as many as it asked for.
pub type Temps = [Option<Preg>; MAX_TEMPS];

/// Most registers that an instruction may ask for.
pub const MAX_TEMPS: usize = 3;

/// Questions that passes ask about a machine.
pub trait Arch {
    /// For whom code is made.
    fn target(&self) -> &Target;

    /// The registers.
    fn regs(&self) -> &RegFile;

    /// What a frame looks like.
    fn frame_shape(&self) -> &FrameShape;

    /// Is there code for the op? Lowering calls the runtime for what is not there: [`Op::DivFloor`] for one.
    /// Word arithmetic other than division, loads and stores are always there.
    ///
    /// [`Op::MulAdd`] and [`Op::Shifted`] are there only if they are one instruction; lowering never makes them.
    fn has(&self, op: Op) -> bool;

    /// Can the second operand of `op` be this constant? Branches ask for [`Op::Cmp`].
    fn fits(&self, op: Op, imm: i64) -> bool;

    /// Can the second operand of checked arithmetic be this constant?
    fn fits_checked(&self, op: Overflow, imm: i64) -> bool;

    /// Can a load or store of this width have this offset, with an index shifted by this much or without one?
    fn address(&self, width: Width, index: Option<u8>, offset: i64) -> bool;

    /// Do loads and stores add an index for nothing? Where not, [`Arch::address`] takes one all the same.
    fn adds_index(&self) -> bool {
        true
    }

    /// Can a load or store of this width add this to the register of its address behind the access?
    fn post_increment(&self, _width: Width, _step: i64) -> bool {
        false
    }

    /// Is making this constant no dearer than copying a register?
    fn is_cheap(&self, imm: i64) -> bool;

    /// What an instruction asks of registers. Not asked for calls, whose convention is in [`RegFile`].
    fn constraints(&self, func: &Func, inst: &Inst) -> Constraints;

    /// What the end of a block asks of registers. Not asked for [`Term::NlrPush`], which is a call.
    fn term_constraints(&self, func: &Func, term: &Term) -> Constraints;

    /// What saving one more register costs, in sixty-fourths of an access to memory.
    fn save_cost(&self) -> i64 {
        2 * 64
    }

    /// Registers that a call destroys.
    fn call_clobbers(&self) -> PregSet {
        let all = self.regs().allocatable();
        all.difference(self.regs().callee_saved)
    }
}

/// Where the operands of an instruction are. A missing second operand is [`Place::Const`] of `imm`.
#[derive(Debug, Clone, Copy)]
pub struct Operands {
    /// The result; [`Place::None`] if there is none or nobody uses it.
    pub dst: Place,
    /// First operand.
    pub a: Place,
    /// Second operand.
    pub b: Place,
    /// Third operand.
    pub c: Place,
    /// Registers for the instruction itself.
    pub temps: Temps,
}

/// Who is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Callee {
    /// Entry `slot` of the fun table, whose address is there.
    Table {
        /// Where the table's address is: a register or a spill slot.
        table: Place,
        /// Number of the entry.
        slot: usize,
    },
    /// The function at this address.
    Address(i64),
    /// The function of this number in the module.
    Direct(u32),
}

/// What writing instructions returns: memory may run out, nothing else can go wrong.
pub type Emitted<T = ()> = Result<T, OutOfMemory>;

/// Writes instructions. Registers and constants are as [`Arch`] asked for.
pub trait Emit: Arch {
    /// The machine's branches and literals.
    type Fixup: Fixup + core::fmt::Debug;

    /// A buffer to write to.
    fn buffer(&self) -> Emitted<CodeBuffer<Self::Fixup>>;

    /// Saves registers and makes the frame, as [`Emitter::frame`] says.
    fn prologue(&self, e: &mut Emitter<'_, Self::Fixup>) -> Emitted;

    /// Undoes the prologue and returns. The result is in its register.
    fn epilogue(&self, e: &mut Emitter<'_, Self::Fixup>) -> Emitted;

    /// Copies a value of type `ty` from any place to any other: registers, spill slots, stack arguments, from
    /// constants. May use scratch registers that no value is ever in; [`RegFile::scratch`] between registers never, and
    /// else as [`RegFile::moves_use_scratch`] says.
    fn move_(&self, e: &mut Emitter<'_, Self::Fixup>, dst: Place, src: Place, ty: Type) -> Emitted;

    /// One instruction. Not asked for calls, [`Op::Const`], [`Op::FConst`], [`Op::Copy`] (these are moves) and
    /// [`Op::Line`].
    fn inst(&self, e: &mut Emitter<'_, Self::Fixup>, inst: &Inst, operands: &Operands) -> Emitted;

    /// A load or store without index and offset, then `step` added to the register of its address. Only where
    /// [`Arch::post_increment`] says so; not into the register of the address.
    fn access_and_step(
        &self,
        e: &mut Emitter<'_, Self::Fixup>,
        inst: &Inst,
        operands: &Operands,
        _step: i64,
    ) -> Emitted {
        debug_assert!(false, "no such instruction");
        self.inst(e, inst, operands)
    }

    /// A call. The arguments are in their places; all registers that a call clobbers are free but for those.
    fn call(&self, e: &mut Emitter<'_, Self::Fixup>, callee: Callee) -> Emitted;

    /// Bytes of a call of a thunk, if the machine has such: see [`crate::outline`].
    fn outlines(&self) -> Option<Sizes> {
        None
    }

    /// Where thunks may begin in plain code that ends with a call.
    fn thunk_starts(&self, _code: &[u8], _out: &mut TryVec<u32>) -> Emitted {
        Ok(())
    }

    /// Calls a thunk.
    fn call_thunk(&self, e: &mut Emitter<'_, Self::Fixup>, _thunk: Label) -> Emitted {
        self.unreachable(e)
    }

    /// Writes a thunk: `code`, but for its last instruction, a call, which becomes a jump.
    fn thunk(&self, e: &mut Emitter<'_, Self::Fixup>, _code: &[u8]) -> Emitted {
        self.unreachable(e)
    }

    /// Links the exception buffer, by a call of `nlr_push`, and goes on behind or, with an exception, at `caught`.
    fn nlr_push(
        &self,
        e: &mut Emitter<'_, Self::Fixup>,
        table: Place,
        slot: Slot,
        caught: Label,
    ) -> Emitted;

    /// Goes to `to`.
    fn jump(&self, e: &mut Emitter<'_, Self::Fixup>, to: Label) -> Emitted;

    /// Goes to `to` if the comparison of words holds; else on behind.
    fn branch(
        &self,
        e: &mut Emitter<'_, Self::Fixup>,
        cond: Cond,
        operands: &Operands,
        to: Label,
    ) -> Emitted;

    /// Goes to `to` if the comparison of floats is `holds`; else on behind. Unordered: only `Ne` holds.
    fn float_branch(
        &self,
        e: &mut Emitter<'_, Self::Fixup>,
        cond: Cond,
        holds: bool,
        operands: &Operands,
        ty: Type,
        to: Label,
    ) -> Emitted;

    /// Writes `dst = a op b`; goes to `over` if it does not fit.
    fn checked(
        &self,
        e: &mut Emitter<'_, Self::Fixup>,
        op: Overflow,
        operands: &Operands,
        over: Label,
    ) -> Emitted;

    /// Goes to label number `a`, the last one if there are fewer.
    fn switch(
        &self,
        e: &mut Emitter<'_, Self::Fixup>,
        operands: &Operands,
        to: &[Label],
    ) -> Emitted;

    /// Registers kept over a call in cold code go to their places in the frame, see [`crate::frame::Frame::kept`],
    /// or come back from there.
    fn keep(&self, e: &mut Emitter<'_, Self::Fixup>, preg: Preg, back: bool) -> Emitted;

    /// A trap, or nothing: control never comes here.
    fn unreachable(&self, e: &mut Emitter<'_, Self::Fixup>) -> Emitted;

    /// Writes the distance to function `target` into the call that [`Emitter::direct_call`] noted. `bytes` is all
    /// code; false if it is out of reach.
    fn patch_call(&self, bytes: &mut [u8], at: u32, target: u32) -> bool;
}
