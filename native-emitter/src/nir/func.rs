//! A function: its blocks, virtual registers and frame slots.
use ferlance_abi::Qstr;
use ferlance_collections::{IndexVec, OutOfMemory, TryVec, index_type};

use super::inst::{Edge, Inst, List, Op, Term};
use super::types::{Block, Entry, Type, Vreg};

index_type! {
    /// Memory in the frame whose address may be taken: argument arrays, exception buffers, code states, locals
    /// that handlers see.
    pub struct Slot(u32);
}

/// What is known of a virtual register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VregData {
    /// What it holds.
    pub ty: Type,
    /// The local variable it is a value of, for listings and tracebacks; null if none.
    pub name: Qstr,
}

/// A piece of the frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SlotData {
    /// Its size in words.
    pub words: u32,
}

/// How much is done for code to be good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effort {
    /// Little, so that it is there soon: each pass about once, registers in one try.
    Little,
    /// Each pass about once, registers with care: what calls the runtime for most of its work gains nothing by more.
    Fair,
    /// Passes as often as they find something.
    Full,
}

/// A basic block.
#[derive(Debug, PartialEq)]
pub struct BlockData {
    /// Its parameters, in the function's pool.
    pub params: List,
    /// Its instructions.
    pub insts: TryVec<Inst>,
    /// Its end.
    pub term: Term,
    /// The source line that it begins in, 0 if that of what leads to it. Marks may be on ways that are made shorter.
    pub line: u32,
    /// Rarely run: goes behind everything else.
    pub cold: bool,
    /// How many loops it is in; set by analysis.
    pub depth: u8,
}

/// A function.
#[derive(Debug, PartialEq)]
pub struct Func {
    /// Its name, for listings.
    pub name: Qstr,
    /// How it is called.
    pub entry: Entry,
    /// The blocks; block 0 is the entry.
    pub blocks: IndexVec<Block, BlockData>,
    /// The virtual registers.
    pub vregs: IndexVec<Vreg, VregData>,
    /// The frame slots.
    pub slots: IndexVec<Slot, SlotData>,
    /// Operands of calls and blocks.
    pub pool: TryVec<Vreg>,
    /// Targets of switches.
    pub targets: TryVec<Block>,
    /// How much is done for its code.
    pub effort: Effort,
    /// Must calls keep their lines? Marks that are made for that shift the numbers of instructions, and so may change
    /// the code.
    pub keeps_lines: bool,
}

impl Func {
    /// A function without blocks.
    pub fn new(name: Qstr, entry: Entry) -> Func {
        Func {
            name,
            entry,
            blocks: IndexVec::new(),
            vregs: IndexVec::new(),
            slots: IndexVec::new(),
            pool: TryVec::new(),
            targets: TryVec::new(),
            effort: Effort::Full,
            keeps_lines: false,
        }
    }

    /// A new virtual register.
    pub fn vreg(&mut self, ty: Type) -> Result<Vreg, OutOfMemory> {
        self.vregs.push(VregData {
            ty,
            name: Qstr::NONE,
        })
    }

    /// A new frame slot.
    pub fn slot(&mut self, words: u32) -> Result<Slot, OutOfMemory> {
        self.slots.push(SlotData { words })
    }

    /// A new empty block without parameters.
    pub fn block(&mut self) -> Result<Block, OutOfMemory> {
        self.blocks.push(BlockData {
            params: List::default(),
            insts: TryVec::new(),
            term: Term::Open,
            line: 0,
            cold: false,
            depth: 0,
        })
    }

    /// Puts operands into the pool.
    pub fn list(&mut self, items: &[Vreg]) -> Result<List, OutOfMemory> {
        let start = u32::try_from(self.pool.len()).map_err(|_| OutOfMemory)?;
        let len = u32::try_from(items.len()).map_err(|_| OutOfMemory)?;
        self.pool.extend_from_slice(items)?;
        Ok(List { start, len })
    }

    /// The operands of a list.
    pub fn items(&self, list: List) -> &[Vreg] {
        let start = list.start as usize;
        self.pool
            .get(start..start + list.len as usize)
            .unwrap_or(&[])
    }

    /// An edge with arguments.
    pub fn edge(&mut self, block: Block, args: &[Vreg]) -> Result<Edge, OutOfMemory> {
        Ok(Edge {
            block,
            args: self.list(args)?,
        })
    }

    /// What a virtual register holds.
    pub fn ty(&self, vreg: Vreg) -> Type {
        self.vregs[vreg].ty
    }
}

impl Inst {
    /// An instruction without operands.
    pub const fn new(op: Op) -> Inst {
        Inst {
            op,
            dst: None,
            a: None,
            b: None,
            c: None,
            imm: 0,
            args: List { start: 0, len: 0 },
        }
    }
}
