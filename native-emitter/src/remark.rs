//! What the code of a function still leaves to the runtime, and why: for `explain`.
//!
//! Remarks are read off the function that is emitted, after all passes, so they tell what runs and not what was meant.
//! A call in a cold block is the rare half of something done inline.
use core::fmt;

use ferlance_abi::fun_table::Fun;
use ferlance_abi::{BinaryOp, UnaryOp};
use ferlance_collections::{IndexVec, OutOfMemory, TryVec};

use crate::analysis::{Cfg, entry_lines};
use crate::nir::{Func, Op, Term, Vreg};

/// One thing about one source line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Remark {
    /// The source line; 0 if unknown.
    pub line: u32,
    /// What happens.
    pub what: What,
    /// Only in the rare case.
    pub rare: bool,
    /// How often the line has it.
    pub count: u32,
}

/// What happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// A runtime function is called.
    Call(Fun),
    /// An operator on objects.
    Binary(BinaryOp),
    /// An operator on an object.
    Unary(UnaryOp),
    /// An exception buffer is linked.
    Handler,
}

/// How a remark is sorted for readers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// A number becomes an object.
    Boxed,
    /// An object becomes a number.
    Unboxed,
    /// Memory is taken from the heap.
    Allocates,
    /// The runtime does the work.
    Runtime,
}

impl Group {
    /// The word that begins the remark.
    pub const fn name(self) -> &'static str {
        match self {
            Group::Boxed => "boxed",
            Group::Unboxed => "unboxed",
            Group::Allocates => "allocates",
            Group::Runtime => "runtime",
        }
    }
}

/// All remarks about a function, by line.
pub fn remarks(func: &Func) -> Result<TryVec<Remark>, OutOfMemory> {
    let cfg = Cfg::new(func)?;
    let lines = entry_lines(func, &cfg)?;
    let mut found: TryVec<Remark> = TryVec::new();
    let mut consts: IndexVec<Vreg, Option<i64>> = IndexVec::filled(None, func.vregs.len())?;
    for block in func.blocks.iter() {
        for inst in &block.insts {
            if let (Op::Const, Some(dst)) = (inst.op, inst.dst) {
                consts[dst] = Some(inst.imm);
            }
        }
    }
    for block in cfg.order.iter() {
        let data = &func.blocks[*block];
        let mut line = lines[*block];
        let mut note = |rare, line, what| -> Result<(), OutOfMemory> {
            let same = found
                .iter_mut()
                .find(|known| (known.line, known.what, known.rare) == (line, what, rare));
            match same {
                Some(known) => known.count += 1,
                None => found.push(Remark {
                    line,
                    what,
                    rare,
                    count: 1,
                })?,
            }
            Ok(())
        };
        for inst in &data.insts {
            match inst.op {
                Op::Line if inst.imm != 0 => line = inst.imm as u32,
                Op::Call(fun) => {
                    let first = func.items(inst.args).first();
                    let number = first.and_then(|first| consts[*first]).unwrap_or(-1);
                    note(data.cold, line, operator(fun, number))?;
                }
                Op::Cached(site, _) => note(true, line, What::Call(site.fun()))?,
                _ => {}
            }
        }
        if let Term::NlrPush { .. } = data.term {
            note(data.cold, line, What::Handler)?;
        }
    }
    found.sort_by_key(|remark| (remark.line, remark.rare));
    Ok(found)
}

fn operator(fun: Fun, number: i64) -> What {
    let number = u8::try_from(number).ok();
    match fun {
        Fun::BinaryOp => number
            .and_then(BinaryOp::from_number)
            .map_or(What::Call(fun), What::Binary),
        Fun::UnaryOp => number
            .and_then(UnaryOp::from_number)
            .map_or(What::Call(fun), What::Unary),
        fun => What::Call(fun),
    }
}

impl Remark {
    /// How it is sorted for readers.
    pub const fn group(&self) -> Group {
        match self.what {
            What::Call(Fun::NativeToObj | Fun::ObjNewFloatFromF | Fun::ObjNewFloatFromD) => {
                Group::Boxed
            }
            What::Call(Fun::NativeFromObj | Fun::ObjGetFloatToF | Fun::ObjGetFloatToD) => {
                Group::Unboxed
            }
            What::Call(
                Fun::NewTuple
                | Fun::NewList
                | Fun::NewDict
                | Fun::NewSet
                | Fun::NewSlice
                | Fun::NewClosure
                | Fun::MakeFunctionFromProtoFun,
            ) => Group::Allocates,
            _ => Group::Runtime,
        }
    }
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.what {
            What::Binary(op) => write!(f, "operator `{}` on objects", op.symbol())?,
            What::Unary(op) => write!(f, "operator `{}` on an object", op.symbol())?,
            What::Handler => f.write_str("links an exception buffer")?,
            What::Call(fun) => f.write_str(reason(fun))?,
        }
        if self.count > 1 {
            write!(f, ", {} times", self.count)?;
        }
        if self.rare {
            f.write_str(match self.what {
                What::Call(Fun::NativeToObj | Fun::NativeFromObj) => {
                    "; inline for small ints, this call for others"
                }
                What::Binary(_) | What::Unary(_) => "; inline for small ints",
                _ => "; only in the rare case",
            })?;
        }
        Ok(())
    }
}

/// Why a runtime function is called.
const fn reason(fun: Fun) -> &'static str {
    match fun {
        Fun::ObjNewFloatFromF | Fun::ObjNewFloatFromD => "a float becomes an object",
        Fun::ObjGetFloatToF | Fun::ObjGetFloatToD => "an object becomes a float",
        Fun::ObjGetType => "asks an object for its type",
        Fun::GetBuffer => "asks an object for its buffer",
        Fun::RaiseUnbound => "raises, since a local is not bound",
        Fun::WarnCause => "warns that the cause of an exception is dropped",
        Fun::Poll => "lets callbacks and the keyboard interrupt in",
        Fun::NativeToObj => "a number becomes an object",
        Fun::NativeFromObj => "an object becomes a number or an address",
        Fun::SwapGlobals => "puts the module's globals in place, since names are looked up",
        Fun::LoadName | Fun::LoadGlobal => "looks a name up",
        Fun::StoreName | Fun::StoreGlobal => "stores a name",
        Fun::DeleteName | Fun::DeleteGlobal => "deletes a name",
        Fun::LoadBuildClass => "begins a class",
        Fun::LoadAttr => "looks an attribute up",
        Fun::LoadMethod | Fun::LoadSuperMethod => "looks a method up",
        Fun::StoreAttr => "stores an attribute",
        Fun::ObjSubscr => "an item of an object",
        Fun::ObjIsTrue => "asks an object for its truth",
        Fun::NewTuple => "a tuple",
        Fun::NewList => "a list",
        Fun::NewDict => "a dict",
        Fun::NewSet => "a set",
        Fun::NewSlice => "a slice",
        Fun::NewClosure => "a closure",
        Fun::MakeFunctionFromProtoFun => "a function object",
        Fun::SetStore | Fun::ListAppend | Fun::DictStore => "adds to a collection",
        Fun::CallFunctionNKw => "calls an object; arguments are objects in an array",
        Fun::CallMethodNKw => "calls a method; arguments are objects in an array",
        Fun::CallMethodNKwVar => "calls with starred arguments",
        Fun::GetIter => "asks an object for its iterator",
        Fun::IterNext => "asks an iterator for the next item",
        Fun::NlrPop => "unlinks an exception buffer",
        Fun::Raise => "raises",
        Fun::ImportName | Fun::ImportFrom | Fun::ImportAll => "imports",
        Fun::UnpackSequence | Fun::UnpackEx => "unpacks an object",
        Fun::ArgCheckNumSig => "refuses a wrong number of arguments",
        Fun::SetupCodeStateNative => "binds the arguments",
        Fun::SmallIntFloorDivide | Fun::SmallIntModulo => "divides; the machine cannot",
        Fun::YieldFrom => "resumes an inner generator",
        Fun::BinaryOp | Fun::UnaryOp => "an operator on objects",
        _ => "calls the runtime",
    }
}
