//! What the verifier promises holds: a machine with tagged values and no mercy runs verified functions, damaged ones
//! included, with random branches and exceptions, and stops at the first thing that an interpreter with raw pointers
//! must never meet.
use std::collections::HashMap;
use std::fs;
use std::path::Path;

use ferlance_abi::qstr::Pool;
use ferlance_abi::{BinaryOp, ScopeFlags};
use ferlance_bytecode::decode::{Decoder, Instr};
use ferlance_bytecode::mpy::{self, Host};
use ferlance_bytecode::op::{CompKind, UNWIND_DROPS_LOOP};
use ferlance_bytecode::{Bytes, CodeId, CodeInfo, CompiledModule, Op, Prelude, RawKind, verify};

/// What lies in a stack slot.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Value {
    Object,
    None,
    Exception,
    Null,
    List,
    Dict,
    Set,
    Tuple,
    /// The answer to "is the finally state an exception".
    Test(bool),
    /// Slot of an iterator: which of the four, of which iterator.
    Iter(u8, u32),
    /// Data of an interrupted transfer: a return value, or where a jump goes.
    Returned,
    Destination(u32),
    /// -1 or the blocks still to leave.
    Marker(i16),
}

impl Value {
    fn is_object(self) -> bool {
        !matches!(
            self,
            Value::Null
                | Value::Iter(..)
                | Value::Returned
                | Value::Destination(_)
                | Value::Marker(_)
        )
    }
}

struct Block {
    handler: u32,
    saved: usize,
    is_finally: bool,
}

struct Random(u64);

impl Random {
    fn below(&mut self, limit: u32) -> u32 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as u32) % limit
    }

    fn one_in(&mut self, chances: u32) -> bool {
        self.below(chances) == 0
    }
}

/// Where control goes.
enum Next {
    At(u32),
    Raise,
    Return,
    Jump { to: u32, blocks: u8 },
    Leave,
}

type Checked<T> = Result<T, String>;

struct Machine<'a> {
    code: &'a HashMap<u32, Instr>,
    info: CodeInfo,
    is_generator: bool,
    n_exc_stack: u32,
    stack: Vec<Value>,
    blocks: Vec<Block>,
    iterators: u32,
    random: Random,
}

impl Machine<'_> {
    fn run(&mut self, steps: u32) -> Checked<()> {
        let mut pc = 0;
        for _ in 0..steps {
            let instr = *self
                .code
                .get(&pc)
                .ok_or_else(|| format!("no instruction at {pc}"))?;
            let next = self
                .step(&instr)
                .map_err(|what| format!("{pc} {:?}: {what} in {:?}", instr.op, self.stack))?;
            pc = match self
                .go(next, &instr)
                .map_err(|what| format!("{pc} {:?}: {what}", instr.op))?
            {
                Some(pc) => pc,
                None => return Ok(()),
            };
            if self.stack.len() > self.info.max_stack as usize {
                return Err(format!("{pc}: stack of {}", self.stack.len()));
            }
        }
        Ok(())
    }

    fn pop(&mut self) -> Checked<Value> {
        self.stack.pop().ok_or_else(|| "underflow".into())
    }

    fn object(&mut self) -> Checked<Value> {
        let value = self.pop()?;
        if value.is_object() {
            Ok(value)
        } else {
            Err(format!("{value:?} is no object"))
        }
    }

    fn objects(&mut self, count: u32) -> Checked<()> {
        (0..count).try_for_each(|_| self.object().map(|_| ()))
    }

    fn object_or_null(&mut self) -> Checked<()> {
        match self.pop()? {
            Value::Null => Ok(()),
            value if value.is_object() => Ok(()),
            value => Err(format!("{value:?} is neither object nor null")),
        }
    }

    fn cut(&mut self, depth: usize) -> Checked<()> {
        if self.stack.len() < depth {
            return Err(format!("cut of {} to {depth}", self.stack.len()));
        }
        self.stack.truncate(depth);
        Ok(())
    }

    fn go(&mut self, next: Next, instr: &Instr) -> Checked<Option<u32>> {
        match next {
            Next::At(pc) => Ok(Some(pc)),
            Next::Leave => Ok(None),
            Next::Raise => {
                while self
                    .blocks
                    .pop_if(|block| block.handler <= instr.offset)
                    .is_some()
                {}
                let Some(block) = self.blocks.last() else {
                    return Ok(None);
                };
                let handler = block.handler;
                self.cut(self.blocks[self.blocks.len() - 1].saved)?;
                self.stack.push(Value::Exception);
                Ok(Some(handler))
            }
            Next::Return => {
                while let Some(block) = self.blocks.last() {
                    if block.is_finally && block.handler >= instr.next {
                        let handler = block.handler;
                        self.cut(self.blocks[self.blocks.len() - 1].saved)?;
                        self.stack.extend([Value::Returned, Value::Marker(-1)]);
                        return Ok(Some(handler));
                    }
                    self.blocks.pop();
                }
                Ok(None)
            }
            Next::Jump { to, blocks } => {
                for left in (0..blocks & !UNWIND_DROPS_LOOP).rev() {
                    let block = self.blocks.last().ok_or("no block to leave")?;
                    let (handler, saved) = (block.handler, block.saved);
                    if block.is_finally {
                        self.cut(saved)?;
                        if handler >= instr.next {
                            let marker = (left | blocks & UNWIND_DROPS_LOOP) as i16;
                            self.stack
                                .extend([Value::Destination(to), Value::Marker(marker)]);
                            return Ok(Some(handler));
                        }
                    }
                    self.blocks.pop();
                }
                if blocks & UNWIND_DROPS_LOOP != 0 {
                    self.iterator()?;
                }
                Ok(Some(to))
            }
        }
    }

    /// Drops an iterator.
    fn iterator(&mut self) -> Checked<u32> {
        let slots: [Value; 4] = *self.stack.last_chunk().ok_or("underflow")?;
        self.stack.truncate(self.stack.len() - 4);
        match slots {
            [
                Value::Iter(0, a),
                Value::Iter(1, b),
                Value::Iter(2, c),
                Value::Iter(3, d),
            ] if a == b && b == c && c == d => Ok(a),
            [Value::Null, value, Value::Null, Value::Null] if value.is_object() => {
                self.iterators += 1;
                Ok(self.iterators)
            }
            _ => Err(format!("{slots:?} is no iterator")),
        }
    }

    fn push_iterator(&mut self, number: u32) {
        self.stack
            .extend((0..4).map(|slot| Value::Iter(slot, number)));
    }

    fn set_up(&mut self, handler: u32, is_finally: bool) -> Checked<()> {
        self.blocks.push(Block {
            handler,
            saved: self.stack.len(),
            is_finally,
        });
        if self.blocks.len() > self.n_exc_stack as usize {
            Err("too many blocks".into())
        } else {
            Ok(())
        }
    }

    fn defaults(&mut self) -> Checked<()> {
        let (keywords, positional) = (self.pop()?, self.pop()?);
        if !matches!(keywords, Value::Dict | Value::Null)
            || !matches!(positional, Value::Tuple | Value::Null)
        {
            return Err(format!("defaults {positional:?} {keywords:?}"));
        }
        self.stack.push(Value::Object);
        Ok(())
    }

    fn step(&mut self, instr: &Instr) -> Checked<Next> {
        let (pops, pushes) = instr.op.stack_effect();
        let moves = matches!(
            instr.op,
            Op::RotTwo | Op::RotThree | Op::EndFinally | Op::PopTop
        );
        // Anything may raise, before it has done something or with its operands gone.
        if self.random.one_in(12) {
            if !moves && !matches!(instr.op, Op::DupTop | Op::DupTopTwo) && self.random.one_in(2) {
                self.cut(
                    self.stack
                        .len()
                        .checked_sub(pops as usize)
                        .ok_or("underflow")?,
                )?;
            }
            return Ok(Next::Raise);
        }
        let mut next = instr.next;
        match instr.op {
            Op::LoadConstNone => self.stack.push(Value::None),
            Op::LoadNull => self.stack.push(Value::Null),
            Op::LoadMethod(_) | Op::LoadSuperMethod(_) => {
                self.objects(pops)?;
                self.stack.push(Value::Object);
                let has_self = self.random.one_in(2);
                self.stack
                    .push(if has_self { Value::Object } else { Value::Null });
            }
            Op::StoreAttr(_) => {
                self.objects(1)?;
                self.object_or_null()?;
            }
            Op::StoreSubscr => {
                self.objects(2)?;
                self.object_or_null()?;
            }
            Op::MakeClosureDefargs(_, cells) => {
                self.objects(cells as u32)?;
                self.defaults()?;
            }
            Op::MakeFunctionDefargs(_) => self.defaults()?,
            Op::BuildTuple(_) | Op::BuildList(_) | Op::BuildSet(_) | Op::BuildMap(_) => {
                self.objects(pops)?;
                self.stack.push(match instr.op {
                    Op::BuildTuple(_) => Value::Tuple,
                    Op::BuildList(_) => Value::List,
                    Op::BuildSet(_) => Value::Set,
                    _ => Value::Dict,
                });
            }
            Op::StoreComp(comp) => {
                let at = self
                    .stack
                    .len()
                    .checked_sub(1 + comp.depth() as usize)
                    .ok_or("underflow")?;
                let wanted = match comp.kind() {
                    Some(CompKind::List) => Value::List,
                    Some(CompKind::Dict) => Value::Dict,
                    Some(CompKind::Set) => Value::Set,
                    None => return Err("kind".into()),
                };
                if self.stack[at] != wanted {
                    return Err(format!("adding to {:?}", self.stack[at]));
                }
                self.objects(pops)?;
            }
            Op::StoreMap => {
                self.objects(2)?;
                let dict = self.object()?;
                self.stack.push(dict);
            }
            Op::CallMethod(args) => {
                self.objects(args.slots())?;
                self.object_or_null()?;
                self.objects(1)?;
                self.stack.push(Value::Object);
            }
            Op::CallFunctionVarKw(args) | Op::CallMethodVarKw(args) => {
                self.objects(1)?;
                for _ in 0..args.keyword() {
                    self.objects(1)?;
                    self.object_or_null()?;
                }
                self.objects(args.positional())?;
                if matches!(instr.op, Op::CallMethodVarKw(_)) {
                    self.object_or_null()?;
                }
                self.objects(1)?;
                self.stack.push(Value::Object);
            }
            Op::UnwindJump(to, blocks) => return Ok(Next::Jump { to: to.0, blocks }),
            Op::Jump(to) => next = to.0,
            Op::PopJumpIfTrue(to) | Op::PopJumpIfFalse(to) => {
                let truth = match self.object()? {
                    Value::Test(truth) => truth,
                    _ => self.random.one_in(2),
                };
                if truth == matches!(instr.op, Op::PopJumpIfTrue(_)) {
                    next = to.0;
                }
            }
            Op::JumpIfTrueOrPop(to) | Op::JumpIfFalseOrPop(to) => {
                let value = self.object()?;
                if self.random.one_in(2) {
                    self.stack.push(value);
                    next = to.0;
                }
            }
            Op::SetupWith(to) => {
                self.objects(1)?;
                let has_self = self.random.one_in(2);
                self.stack.extend([
                    Value::Object,
                    if has_self { Value::Object } else { Value::Null },
                ]);
                self.set_up(to.0, true)?;
                self.stack.push(Value::Object);
            }
            Op::SetupExcept(to) => self.set_up(to.0, false)?,
            Op::SetupFinally(to) => self.set_up(to.0, true)?,
            Op::PopExceptJump(to) => {
                self.blocks.pop().ok_or("no block")?;
                next = to.0;
            }
            Op::ForIter(to) => {
                let iterator = self.iterator()?;
                if self.random.one_in(3) {
                    next = to.0;
                } else {
                    self.push_iterator(iterator);
                    self.stack.push(Value::Object);
                }
            }
            Op::DupTop => match *self.stack.last().ok_or("underflow")? {
                Value::Marker(_) => self.stack.push(Value::Object),
                Value::Test(_) => self.stack.push(Value::Object),
                value if value.is_object() => self.stack.push(value),
                value => return Err(format!("copying {value:?}")),
            },
            Op::DupTopTwo => {
                let [a, b]: [Value; 2] = *self.stack.last_chunk().ok_or("underflow")?;
                if !a.is_object() || !b.is_object() {
                    return Err("copying".into());
                }
                self.stack.extend([a, b]);
            }
            Op::PopTop => match self.pop()? {
                Value::Returned | Value::Destination(_) | Value::Marker(_) => {
                    return Err("dropping a transfer".into());
                }
                _ => {}
            },
            Op::RotTwo | Op::RotThree => {
                let count = pops as usize;
                let low = self.stack.len().checked_sub(count).ok_or("underflow")?;
                let top = &mut self.stack[low..];
                if top.iter().any(|value| matches!(value, Value::Iter(..))) {
                    return Err("moving an iterator".into());
                }
                top.rotate_right(1);
            }
            Op::WithCleanup => {
                let state = self.pop()?;
                let data = if matches!(state, Value::Marker(_)) {
                    Some(self.pop()?)
                } else {
                    None
                };
                self.object_or_null()?;
                self.objects(1)?;
                match (data, state) {
                    (Some(data @ (Value::Returned | Value::Destination(_))), _) => {
                        self.stack.extend([data, state])
                    }
                    (None, Value::None) => self.stack.push(Value::None),
                    (None, Value::Exception) => {
                        let swallowed = self.random.one_in(2);
                        self.stack.push(if swallowed {
                            Value::None
                        } else {
                            Value::Exception
                        });
                    }
                    _ => return Err(format!("state {data:?} {state:?}")),
                }
            }
            Op::EndFinally => {
                let block = self.blocks.pop().ok_or("no block")?;
                if block.handler > instr.offset {
                    return Err("block does not run".into());
                }
                match self.pop()? {
                    Value::None => {}
                    Value::Exception => return Ok(Next::Raise),
                    Value::Marker(-1) => match self.pop()? {
                        Value::Returned => return Ok(Next::Return),
                        value => return Err(format!("returning {value:?}")),
                    },
                    Value::Marker(left) => match self.pop()? {
                        Value::Destination(to) => {
                            return Ok(Next::Jump {
                                to,
                                blocks: left as u8,
                            });
                        }
                        value => return Err(format!("jumping to {value:?}")),
                    },
                    value => return Err(format!("state {value:?}")),
                }
            }
            Op::GetIterStack => {
                self.objects(1)?;
                self.iterators += 1;
                self.push_iterator(self.iterators);
            }
            Op::ReturnValue => {
                self.objects(1)?;
                return Ok(Next::Return);
            }
            Op::RaiseLast | Op::RaiseObj | Op::RaiseFrom => {
                self.objects(pops)?;
                return Ok(Next::Raise);
            }
            Op::YieldValue | Op::YieldFrom => {
                if !self.is_generator {
                    return Err("yield".into());
                }
                self.objects(pops)?;
                self.stack.push(Value::Object);
                if self.random.one_in(30) {
                    return Ok(Next::Leave);
                }
            }
            Op::Binary(BinaryOp::ExceptionMatch) => {
                self.objects(1)?;
                let left = self.object()?;
                let in_finally = self
                    .blocks
                    .last()
                    .is_some_and(|block| block.is_finally && block.handler <= instr.offset);
                self.stack.push(if in_finally {
                    Value::Test(left == Value::Exception)
                } else {
                    Value::Object
                });
            }
            // All others take objects and leave objects.
            _ => {
                self.objects(pops)?;
                self.stack.extend((0..pushes).map(|_| Value::Object));
            }
        }
        Ok(Next::At(next))
    }
}

/// Runs all bytecode functions of a verified module a few times. Gives how many there were.
fn run_all(module: CompiledModule<'_>, seed: u64, runs: u32, only: Option<CodeId>) -> Option<u32> {
    let verified = verify(module).ok()?;
    let module = verified.module();
    let mut count = 0;
    for (id, raw) in module.codes.iter_enumerated() {
        if raw.kind != RawKind::Bytecode || only.is_some_and(|only| only != id) {
            continue;
        }
        let parts = Prelude::split(&raw.bytes).unwrap();
        let code: HashMap<u32, Instr> = Decoder::new(parts.code, &module.names)
            .map(|instr| instr.unwrap())
            .map(|instr| (instr.offset, instr))
            .collect();
        for run in 0..runs {
            let mut machine = Machine {
                code: &code,
                info: verified.info(id),
                is_generator: parts.prelude.flags.has(ScopeFlags::GENERATOR),
                n_exc_stack: parts.prelude.n_exc_stack,
                stack: Vec::new(),
                blocks: Vec::new(),
                iterators: 0,
                random: Random(seed ^ (run as u64) << 32 ^ id.0 as u64),
            };
            if let Err(what) = machine.run(400) {
                let mut instrs: Vec<_> = code.values().collect();
                instrs.sort_by_key(|instr| instr.offset);
                for instr in instrs {
                    eprintln!("{:4} {:?}", instr.offset, instr.op);
                }
                panic!("{what} (seed {seed}, {:?})", parts.prelude);
            }
        }
        count += 1;
    }
    Some(count)
}

fn golden() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/mpy");
    let mut paths: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "mpy"));
    paths.sort();
    paths
        .into_iter()
        .map(|path| fs::read(path).unwrap())
        .collect()
}

#[test]
fn stock_code_keeps_the_promises() {
    let mut functions = 0;
    for (seed, data) in golden().iter().enumerate() {
        let mut pool = Pool::new();
        let module = mpy::read(data, &mut pool, &Host::TOOL).unwrap();
        functions += run_all(module, seed as u64, 20, None).unwrap();
    }
    assert!(functions > 500, "{functions}");
}

/// Instructions worth writing over others: those with blocks, states, iterators and nulls.
const INTERESTING: [u8; 40] = [
    0x51, 0x53, 0x57, 0x58, 0x59, 0x5a, 0x5b, 0x5c, 0x5d, 0x5e, 0x5f, 0x62, 0x63, 0x64, 0x65, 0x67,
    0x68, 0xdf, 0xb0, 0xc0, 0xd3, 0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x47, 0x48, 0x49, 0x4a, 0x4b,
    0x2f, 0x34, 0x36, 0x14, 0x2b, 0x16, 0x81, 0x3f,
];

/// The bytecode functions; those with exception blocks count ten times.
fn worth_damaging(module: &CompiledModule<'_>) -> Vec<CodeId> {
    let mut ids = Vec::new();
    for (id, raw) in module
        .codes
        .iter_enumerated()
        .filter(|(_, raw)| raw.kind == RawKind::Bytecode)
    {
        let has_blocks = Prelude::split(&raw.bytes).unwrap().prelude.n_exc_stack > 0;
        ids.extend(std::iter::repeat_n(id, if has_blocks { 10 } else { 1 }));
    }
    ids
}

#[test]
fn damaged_code_that_is_taken_keeps_the_promises() {
    let rounds = std::env::var("FERLANCE_ROUNDS")
        .ok()
        .and_then(|rounds| rounds.parse().ok())
        .unwrap_or(30u32);
    let (mut tried, mut taken) = (0u32, 0u32);
    for (file, data) in golden().iter().enumerate() {
        let mut random = Random(file as u64 + 77);
        let mut pool = Pool::new();
        let ids = worth_damaging(&mpy::read(data, &mut pool, &Host::TOOL).unwrap());
        for round in 0..rounds {
            let mut module = mpy::read(data, &mut pool, &Host::TOOL).unwrap();
            let Some(id) = ids
                .get(random.below(ids.len().max(1) as u32) as usize)
                .copied()
            else {
                break;
            };
            let raw = &mut module.codes[id];
            let start = Prelude::split(&raw.bytes).unwrap().code_offset;
            let mut bytes = raw.bytes.to_vec();
            let length = (bytes.len() - start) as u32;
            for _ in 0..1 + random.below(3) {
                let at = start + random.below(length) as usize;
                match random.below(5) {
                    0 => bytes[at] = INTERESTING[random.below(INTERESTING.len() as u32) as usize],
                    1 => bytes[at] ^= 1 << random.below(8),
                    2 => bytes[at] = bytes[start + random.below(length) as usize],
                    3 => bytes.swap(at, start + random.below(length) as usize),
                    _ => {
                        // A piece of the function once more elsewhere.
                        let from = start + random.below(length) as usize;
                        let len = (1 + random.below(6) as usize)
                            .min(bytes.len() - from)
                            .min(bytes.len() - at);
                        bytes.copy_within(from..from + len, at);
                    }
                }
            }
            module.codes[id].bytes = Bytes::copied(&bytes).unwrap();
            tried += 1;
            let seed = (file as u64) << 20 | round as u64;
            taken += run_all(module, seed, 30, Some(id)).is_some() as u32;
        }
    }
    println!("{taken} of {tried} damaged functions were taken");
    assert!(taken > tried / 50, "{taken} of {tried}");
}
