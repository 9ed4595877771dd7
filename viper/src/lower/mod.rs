//! Typed functions to the native IR.
//!
//! The ops are walked once, in their order, with a stack of values that exists only here: what an op pushes is a
//! virtual register, a constant, or a comparison that waits for its branch. Where paths join, each place of the stack
//! is a variable of the IR's builder, so that only what differs becomes a block parameter.
//!
//! ```text
//! value.rs    values and their conversions: boxing, casts
//! label.rs    labels, jumps, joins
//! control.rs  conditions, loops, return
//! handler.rs  try, with, finally
//! direct.rs   calls inside the module
//! range.rs    loops over ranges of any step
//! view.rs     checks of indices
//! wide.rs     floats, numbers of 64 bits
//! memory.rs   locals, cells, items, attributes, names
//! arith.rs    operators
//! call.rs     calls, displays, functions, imports
//! entry.rs    arguments, globals, exits
//! ```
//!
//! **Handlers.** An exception buffer is linked where a block is entered and unlinked on each way out. A local that is
//! assigned inside such a block lives in a frame slot, other locals in registers. A finally block gets, beside the
//! exception, a number that says how it was reached: 0 from above, 1 by an exception, from 2 on by the n-th jump or
//! return that goes through it; behind it stands a switch on that number.
mod arith;
mod call;
mod control;
mod direct;
mod entry;
mod float;
mod handler;
mod label;
mod memory;
mod pair;
mod range;
mod reach;
mod value;
mod view;
mod wide;

use ferlance_abi::fun_table::Fun;
use ferlance_abi::ops::BinaryOp;
use ferlance_abi::{Qstr, obj_word, qstr};
use ferlance_bytecode::code::Code;
use ferlance_bytecode::module::Const;
use ferlance_bytecode::op::{ConstId, ITER_SLOTS};
use ferlance_bytecode::{Bytes, ConstTable, Op};
use ferlance_collections::{BitSet, OutOfMemory, TryVec};
use ferlance_native_emitter::nir::{self, Builder, Func, Slot, Type, Vreg};
use ferlance_native_emitter::target::Target;

use crate::direct::{Default, Form, Signature};
use crate::error::{Error, Problem, Stop};
use crate::infer::{Callee, Scene, Types};
use crate::types::{Literal, Ty};
use entry::Globals;
use handler::Block;
use label::LabelState;
use range::Range;
use value::{Item, Value};

/// What lowering needs besides the function.
pub struct Env<'a, 'p> {
    /// For whom.
    pub target: &'a Target,
    /// What inference knew.
    pub scene: Scene<'a, 'p>,
    /// The defaults of the last parameters, if the source tells all of them.
    pub defaults: &'a [Default],
    /// The function's own signature, if others may call it directly.
    pub own: Option<&'a Signature>,
    /// Is somebody going to ask which line an instruction is of? The machine code itself says nothing of lines.
    pub lines: bool,
    /// The module's objects, to which messages are added.
    pub consts: &'a mut ConstTable,
}

/// Where a local variable is.
#[derive(Debug, Clone, Copy)]
enum Place {
    /// A value in registers.
    Var(nir::Var),
    /// A frame slot, since a handler may look.
    Slot(Slot),
    /// Nowhere: its type has one value.
    Nowhere,
}

struct Lower<'a, 'p> {
    code: &'a Code,
    types: &'a Types,
    env: Env<'a, 'p>,
    b: Builder,
    /// The function object.
    fun: Vreg,
    stack: TryVec<Item>,
    /// Operators that were left undone: see [`value::Value::Sum`].
    sums: TryVec<(BinaryOp, Item, Item)>,
    labels: TryVec<LabelState>,
    blocks: TryVec<Block>,
    locals: TryVec<Place>,
    /// Where second words of values are kept, by slot.
    seconds: TryVec<Option<Place>>,
    /// Locals that have a value on every way here.
    bound: BitSet,
    /// Locals that are deleted somewhere, which are never taken for bound: ways back to a loop are not known when it begins.
    deleted: BitSet,
    /// By place of the stack: its variables for objects, for words and for floats.
    joins: TryVec<[Option<nir::Var>; 3]>,
    /// By place of the stack: the second word of a value.
    join_seconds: TryVec<Option<nir::Var>>,
    /// What the runtime tells of a buffer.
    info: Option<Slot>,
    /// Arrays of arguments and results of runtime functions.
    array: Option<Slot>,
    /// By depth: buffers of iterators, of exceptions.
    iters: TryVec<Option<Slot>>,
    buffers: TryVec<Option<Slot>>,
    globals: Option<Globals>,
    /// Where returns meet, if there is something left to do.
    exit: Option<(nir::Block, Vreg)>,
    /// What is to be returned, on the way through finally blocks.
    result: Option<Slot>,
    /// How the function is entered.
    form: Form,
    /// What direct calls that are nested in this one may still take of the stack.
    nested: Option<Vreg>,
    ranges: TryVec<Range>,
    /// Control does not get here.
    dead: bool,
    at: u32,
}

type Walk<T = ()> = Result<T, Stop>;

/// Lowers a function whose types are known.
pub fn lower(code: &Code, types: &Types, env: Env<'_, '_>, form: Form) -> Result<Func, Stop> {
    let entry = match (form, env.own) {
        (Form::Direct, Some(own)) => nir::Entry::Words(own.words() as u8),
        (Form::Direct, None) => return Err(malformed(0)),
        _ => nir::Entry::Function,
    };
    let (builder, params) = Builder::new(code.name, entry)?;
    let Some(&fun) = params.first() else {
        return Err(malformed(0));
    };
    let mut lower = Lower {
        code,
        types,
        env,
        b: builder,
        fun,
        stack: TryVec::new(),
        sums: TryVec::new(),
        labels: TryVec::new(),
        blocks: TryVec::new(),
        locals: TryVec::new(),
        seconds: TryVec::new(),
        bound: BitSet::new(),
        deleted: BitSet::new(),
        joins: TryVec::new(),
        join_seconds: TryVec::new(),
        info: None,
        array: None,
        iters: TryVec::new(),
        buffers: TryVec::new(),
        globals: None,
        exit: None,
        result: None,
        form,
        nested: None,
        ranges: TryVec::new(),
        dead: false,
        at: 0,
    };
    lower.prepare()?;
    match (form, params.as_slice()) {
        (Form::Direct, [_, words @ ..]) => lower.enter_directed(words)?,
        (Form::Function, &[_, n_args, n_kw, args]) => lower.enter(n_args, n_kw, args)?,
        (Form::Wrapper, &[_, n_args, n_kw, args]) => {
            lower.wrap(n_args, n_kw, args)?;
            return Ok(lower.b.finish()?);
        }
        _ => return lower.malformed(),
    }
    for (at, op) in code.ops().iter().enumerate() {
        lower.at = at as u32;
        lower.op(*op)?;
    }
    lower.leave()?;
    lower.count_frame();
    Ok(lower.b.finish()?)
}

fn malformed(at: u32) -> Stop {
    Stop::Refused(Error {
        problem: Problem::Malformed,
        at,
        stmt: None,
    })
}

impl Lower<'_, '_> {
    fn malformed<T>(&self) -> Walk<T> {
        Err(malformed(self.at))
    }

    /// Bytes of a word.
    fn word_bytes(&self) -> i64 {
        i64::from(self.env.target.word())
    }

    fn cast_of(&self, name: Qstr) -> Option<ferlance_abi::NativeType> {
        self.env.scene.cast(self.code, name)
    }

    fn push(&mut self, ty: Ty, value: Value) -> Result<(), OutOfMemory> {
        self.stack.push(Item { ty, value })
    }

    fn push_object(&mut self, object: Vreg) -> Result<(), OutOfMemory> {
        self.push(Ty::Object, Value::Reg(object))
    }

    fn pop(&mut self) -> Walk<Item> {
        match self.stack.pop() {
            Some(item) => Ok(item),
            None => self.malformed(),
        }
    }

    /// Pops a value as an object.
    fn pop_object(&mut self) -> Walk<Vreg> {
        let item = self.pop()?;
        Ok(self.object(item)?)
    }

    /// The last `count` values, taken off; the lowest first.
    fn pop_many(&mut self, count: u32) -> Walk<TryVec<Item>> {
        let Some(start) = self.stack.len().checked_sub(count as usize) else {
            return self.malformed();
        };
        let items = TryVec::from_slice(self.stack.get(start..).unwrap_or(&[]))?;
        self.stack.truncate(start);
        Ok(items)
    }

    /// Calls a runtime function.
    fn call_fun(&mut self, fun: Fun, args: &[Vreg]) -> Result<Vreg, OutOfMemory> {
        self.b.call(fun, args)
    }

    fn qstr_number(&mut self, name: Qstr) -> Result<Vreg, OutOfMemory> {
        self.b.nullary(nir::Op::QstrNumber(name), Type::Word)
    }

    fn null(&mut self) -> Result<Vreg, OutOfMemory> {
        self.b.constant(Type::Obj, obj_word::NULL as i64)
    }

    fn none(&mut self) -> Result<Vreg, OutOfMemory> {
        self.fun_table_word(Fun::ConstNone)
    }

    fn fun_table_word(&mut self, fun: Fun) -> Result<Vreg, OutOfMemory> {
        self.b
            .number(nir::Op::FunTableWord, Type::Obj, fun.slot() as i64)
    }

    /// Raises `NameError: local variable referenced before assignment`; ends the block.
    fn raise_unbound(&mut self) -> Result<(), OutOfMemory> {
        let text = b"local variable referenced before assignment";
        self.raise_text(qstr!("NameError"), text)
    }

    /// Raises an exception of the class with this name; ends the block.
    fn raise_text(&mut self, class: Qstr, text: &'static [u8]) -> Result<(), OutOfMemory> {
        let text = Bytes::Borrowed(text);
        let text = self.env.consts.index_of(Const::Str(text))?;
        let text = self
            .b
            .number(nir::Op::ConstObj, Type::Obj, i64::from(text.0))?;
        let name = self.qstr_number(class)?;
        let class = self.call_fun(Fun::LoadGlobal, &[name])?;
        let array = self.array(1)?;
        self.b.slot_store(array, 0, text)?;
        let args = self.b.slot_addr(array, 0)?;
        let count = self.b.word(1)?;
        let exc = self.call_fun(Fun::CallFunctionNKw, &[class, count, args])?;
        self.b.call_void(Fun::Raise, &[exc])?;
        self.b.unreachable()
    }

    #[inline(never)]
    fn load_const(&mut self, object: ConstId) -> Walk {
        let literal = match self.env.scene.has_wide(self.code) {
            true => Literal::of(self.env.consts.consts(), object),
            false => None,
        };
        match literal {
            Some(Literal::Float(value)) => self.push(Ty::Float, Value::Float(value, object))?,
            Some(Literal::Int(value, ty)) => self.push(ty, Value::Imm(value))?,
            None => {
                let object = self.const_object(object)?;
                self.push_object(object)?;
            }
        }
        Ok(())
    }

    fn op(&mut self, op: Op) -> Walk {
        match op {
            Op::Label(label) => return self.place_label(label),
            Op::EndFinally => return self.end_finally(),
            Op::Line(line) if !self.dead && self.env.lines => return Ok(self.b.line(line)?),
            Op::SetupWith(_) | Op::SetupExcept(_) | Op::SetupFinally(_) if self.dead => {
                self.blocks.push(Block::dead())?;
                return self.skip(op);
            }
            _ if self.dead => return self.skip(op),
            _ => {}
        }
        match op {
            Op::Label(_) | Op::EndFinally | Op::Line(_) => {}

            Op::LoadConstString(text) => {
                let text = self.b.nullary(nir::Op::QstrObj(text), Type::Obj)?;
                self.push_object(text)?;
            }
            Op::LoadConstObj(object) => self.load_const(object)?,
            Op::LoadBuildClass => {
                let builder = self.call_fun(Fun::LoadBuildClass, &[])?;
                self.push_object(builder)?;
            }
            Op::LoadConstSmallInt(value) => {
                self.push(Ty::Int, Value::Imm(self.code.int_value(value)))?;
            }
            Op::LoadConstFalse => self.push(Ty::Bool, Value::Imm(0))?,
            Op::LoadConstTrue => self.push(Ty::Bool, Value::Imm(1))?,
            Op::LoadConstNone => self.push(Ty::None, Value::Nothing)?,
            Op::LoadNull => self.push(Ty::Null, Value::Nothing)?,

            Op::LoadName(name) => self.load_name(Fun::LoadName, name)?,
            Op::LoadGlobal(name) => self.load_name(Fun::LoadGlobal, name)?,
            Op::StoreName(name) => self.store_name(Fun::StoreName, name)?,
            Op::StoreGlobal(name) => self.store_name(Fun::StoreGlobal, name)?,
            Op::DeleteName(name) => self.delete_name(Fun::DeleteName, name)?,
            Op::DeleteGlobal(name) => self.delete_name(Fun::DeleteGlobal, name)?,
            Op::LoadFast(local) => self.load_fast(local)?,
            Op::StoreFast(local) => self.store_fast(local)?,
            Op::DeleteFast(local) => self.delete_fast(local)?,
            Op::LoadDeref(local) => self.load_deref(local)?,
            Op::StoreDeref(local) => self.store_deref(local)?,
            Op::DeleteDeref(local) => self.delete_deref(local)?,

            Op::LoadAttr(name) => {
                let base = self.pop_object()?;
                let name = self.qstr_number(name)?;
                let value = self.call_fun(Fun::LoadAttr, &[base, name])?;
                self.push_object(value)?;
            }
            Op::LoadMethod(name) => self.load_method(name)?,
            Op::LoadSuperMethod(name) => self.load_super_method(name)?,
            Op::StoreAttr(name) => {
                let base = self.pop_object()?;
                let value = self.pop_object()?;
                let name = self.qstr_number(name)?;
                self.b.call_void(Fun::StoreAttr, &[base, name, value])?;
            }
            Op::LoadSubscr => self.load_item()?,
            Op::StoreSubscr => self.store_item()?,

            Op::BuildTuple(count) => self.display(Fun::NewTuple, count)?,
            Op::BuildList(count) => self.display(Fun::NewList, count)?,
            Op::BuildSet(count) => self.display(Fun::NewSet, count)?,
            Op::BuildMap(count) => {
                let count = self.b.word(i64::from(count))?;
                let dict = self.call_fun(Fun::NewDict, &[count])?;
                self.push_object(dict)?;
            }
            Op::BuildSlice(count) => self.slice(count)?,
            Op::StoreMap => {
                let key = self.pop_object()?;
                let value = self.pop_object()?;
                let dict = self.pop_object()?;
                let dict = self.call_fun(Fun::DictStore, &[dict, key, value])?;
                self.push_object(dict)?;
            }
            Op::StoreComp(comp) => self.store_comp(comp)?,
            Op::UnpackSequence(count) => self.unpack(Fun::UnpackSequence, count, count)?,
            Op::UnpackEx(counts) => {
                let dest = counts.left() + counts.right() + 1;
                self.unpack(Fun::UnpackEx, counts.0, dest)?;
            }

            Op::MakeFunction(child) => self.make_function(child, false)?,
            Op::MakeFunctionDefargs(child) => self.make_function(child, true)?,
            Op::MakeClosure(child, cells) => self.make_closure(child, cells, false)?,
            Op::MakeClosureDefargs(child, cells) => self.make_closure(child, cells, true)?,
            Op::CallFunction(args) => match self.known_call(self.at).map(|known| known.callee) {
                Some(Callee::Direct(callee)) => self.call_direct(callee)?,
                Some(Callee::Typed(result)) => self.call_typed(args, result)?,
                Some(Callee::Range(ty)) => self.range(ty)?,
                None => self.call_function(args)?,
            },
            Op::CallMethod(args) => self.call_method(args)?,
            Op::CallFunctionVarKw(args) => self.call_star(args, false)?,
            Op::CallMethodVarKw(args) => self.call_star(args, true)?,

            Op::Jump(to) => self.jump(to)?,
            Op::PopExceptJump(to) => self.pop_except_jump(to)?,
            Op::UnwindJump(to, crossed) => self.unwind_jump(to, crossed)?,
            Op::PopJumpIfTrue(to) => self.pop_jump_if(true, to)?,
            Op::PopJumpIfFalse(to) => self.pop_jump_if(false, to)?,
            Op::JumpIfTrueOrPop(to) => self.jump_if_or_pop(true, to)?,
            Op::JumpIfFalseOrPop(to) => self.jump_if_or_pop(false, to)?,
            Op::SetupWith(to) => self.setup_with(to)?,
            Op::SetupExcept(to) => self.setup(to, handler::Kind::Except)?,
            Op::SetupFinally(to) => self.setup(to, handler::Kind::Finally)?,
            Op::WithCleanup => self.with_cleanup()?,
            Op::GetIter => {
                let value = self.pop_object()?;
                let nowhere = self.b.word(0)?;
                let iter = self.call_fun(Fun::GetIter, &[value, nowhere])?;
                self.push_object(iter)?;
            }
            Op::GetIterStack => {
                if let Some(&Item {
                    value: Value::Range(number),
                    ..
                }) = self.stack.last()
                {
                    return self.iterate_range(number);
                }
                let value = self.pop_object()?;
                let slot = self.iter_slot()?;
                let buffer = self.b.slot_addr(slot, 0)?;
                self.call_fun(Fun::GetIter, &[value, buffer])?;
                for _ in 0..ITER_SLOTS {
                    self.push(Ty::Object, Value::Iter(slot))?;
                }
            }
            Op::ForIter(to) => self.for_iter(to)?,
            Op::ImportName(name) => self.import_name(name)?,
            Op::ImportFrom(name) => {
                let module = self.pop_object()?;
                let name = self.qstr_number(name)?;
                let value = self.call_fun(Fun::ImportFrom, &[module, name])?;
                self.push_object(module)?;
                self.push_object(value)?;
            }
            Op::ImportStar => {
                let module = self.pop_object()?;
                self.b.call_void(Fun::ImportAll, &[module])?;
            }

            Op::DupTop => {
                let top = self.pop()?;
                self.stack.push(top)?;
                self.stack.push(top)?;
            }
            Op::DupTopTwo => {
                let top = self.pop()?;
                let below = self.pop()?;
                self.stack.extend([below, top, below, top])?;
            }
            Op::PopTop => {
                self.pop()?;
            }
            Op::RotTwo => {
                let top = self.pop()?;
                let below = self.pop()?;
                self.stack.extend([top, below])?;
            }
            Op::RotThree => {
                let top = self.pop()?;
                let middle = self.pop()?;
                let below = self.pop()?;
                self.stack.extend([top, below, middle])?;
            }

            Op::ReturnValue => self.return_value()?,
            Op::RaiseObj => self.raise()?,
            Op::Unary(op) => self.unary(op)?,
            Op::Binary(op) => self.binary(op)?,
            // Inference refuses these.
            Op::RaiseLast | Op::RaiseFrom | Op::YieldValue | Op::YieldFrom => {
                return self.malformed();
            }
        }
        if op.ends_flow() {
            self.dead = true;
        }
        Ok(())
    }
}
