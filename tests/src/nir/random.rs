//! Random functions: locals that loops and branches change, calls, memory, checked arithmetic, many values at once.
use ferlance_abi::{Fun, Qstr};
use ferlance_native_emitter::nir::{
    Block, Builder, Cond, Entry, Func, Inst, Op, Overflow, Slot, Term, Type, Var, Vreg, Width,
};

/// Numbers by xorshift.
#[derive(Debug)]
pub struct Dice(u64);

impl Dice {
    /// Dice that always fall the same way for a seed.
    pub fn new(seed: u64) -> Dice {
        Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// The next number.
    pub fn draw(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below `limit`.
    pub fn below(&mut self, limit: usize) -> usize {
        ((self.draw() >> 33) as usize) % limit
    }

    /// True once in so many times.
    pub fn one_in(&mut self, many: usize) -> bool {
        self.below(many) == 0
    }

    /// A constant that is somehow at an edge.
    pub fn constant(&mut self) -> i64 {
        let shift = self.below(64);
        let near = self.below(5) as i64 - 2;
        match self.below(4) {
            0 => near,
            1 => self.below(256) as i64 - 128,
            2 => (1i64 << shift).wrapping_add(near),
            _ => self.draw() as i64 >> shift,
        }
    }
}

/// What random functions may have.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// Local variables.
    pub locals: usize,
    /// Statements, nested ones included.
    pub statements: usize,
    /// Division.
    pub division: bool,
    /// Doubles.
    pub floats: bool,
    /// Checked products.
    pub products: bool,
    /// Calls of the runtime.
    pub calls: bool,
    /// Blocks that catch exceptions.
    pub handlers: bool,
    /// Bytes of a word.
    pub word: u32,
    /// Bytes of memory, a power of two; the second argument is its address.
    pub memory: u32,
}

impl Shape {
    fn wrap(&self, value: i64) -> i64 {
        let unused = 64 - self.word * 8;
        value << unused >> unused
    }
}

struct Maker<'a> {
    b: Builder,
    dice: &'a mut Dice,
    shape: Shape,
    words: Vec<Var>,
    floats: Vec<Var>,
    memory: Vreg,
    slot: Slot,
    /// An exception buffer for each depth of handlers.
    buffers: Vec<Slot>,
    handlers: usize,
    left: usize,
    depth: u32,
}

/// A function of four words: address of the fun table, address of memory, two numbers.
pub fn function(dice: &mut Dice, shape: Shape) -> Func {
    let (mut b, params) = Builder::new(Qstr::NONE, Entry::Words(4)).unwrap();
    let mut words = Vec::new();
    for at in 0..shape.locals {
        let var = b.var(Type::Word, Qstr::NONE).unwrap();
        let value = match at {
            0 => params[2],
            1 => params[3],
            _ => {
                let imm = shape.wrap(dice.constant());
                b.word(imm).unwrap()
            }
        };
        b.write_local(var, value).unwrap();
        words.push(var);
    }
    let mut floats = Vec::new();
    for at in 0..if shape.floats { shape.locals / 2 } else { 0 } {
        let var = b.var(Type::F64, Qstr::NONE).unwrap();
        let value = b
            .float(Type::F64, (at as f64 * 1.25 - 2.0).to_bits() as i64)
            .unwrap();
        b.write_local(var, value).unwrap();
        floats.push(var);
    }
    let slot = b.slot(4).unwrap();
    for word in 0..4 {
        b.slot_store(slot, i64::from(word * shape.word), params[2])
            .unwrap();
    }
    let nests = if shape.handlers { 2 } else { 0 };
    let buffers = (0..nests).map(|_| b.slot(20).unwrap()).collect();
    let mut maker = Maker {
        b,
        dice,
        shape,
        words,
        floats,
        memory: params[1],
        slot,
        buffers,
        handlers: 0,
        left: shape.statements,
        depth: 0,
    };
    while maker.left > 0 {
        maker.statement();
    }
    // All locals count for the result.
    let mut sum = maker.b.word(0).unwrap();
    for var in maker.words.clone() {
        let value = maker.b.read_local(var).unwrap();
        let product = maker.b.binary(Op::Mul, sum, 31).unwrap();
        sum = maker.b.binary(Op::Add, product, value).unwrap();
    }
    for var in maker.floats.clone() {
        let value = maker.b.read_local(var).unwrap();
        let word = maker.float_word(value);
        sum = maker.b.binary(Op::Xor, sum, word).unwrap();
    }
    maker.b.ret(sum).unwrap();
    let mut func = maker.b.finish().unwrap();
    set_table(&mut func);
    func
}

const CONDS: [Cond; 12] = [
    Cond::Eq,
    Cond::Ne,
    Cond::Lt,
    Cond::Le,
    Cond::Gt,
    Cond::Ge,
    Cond::Below,
    Cond::BelowEq,
    Cond::Above,
    Cond::AboveEq,
    Cond::TestZero,
    Cond::TestNonZero,
];

impl Maker<'_> {
    fn any(&mut self) -> Vreg {
        let var = self.words[self.dice.below(self.words.len())];
        self.b.read_local(var).unwrap()
    }

    fn any_float(&mut self) -> Vreg {
        let var = self.floats[self.dice.below(self.floats.len())];
        self.b.read_local(var).unwrap()
    }

    fn set(&mut self, value: Vreg) {
        let var = self.words[self.dice.below(self.words.len())];
        self.b.write_local(var, value).unwrap();
    }

    fn constant(&mut self) -> i64 {
        self.shape.wrap(self.dice.constant())
    }

    fn cond(&mut self) -> Cond {
        CONDS[self.dice.below(CONDS.len())]
    }

    /// The bits of a double, through a frame slot; 32-bit words get half of it.
    fn float_word(&mut self, value: Vreg) -> Vreg {
        let inst = Inst {
            c: Some(value),
            a: Some(self.memory),
            imm: 0,
            ..Inst::new(Op::Store(Width::F64, 0))
        };
        self.b.push(inst).unwrap();
        self.b
            .load(Type::Word, Width::Word, self.memory, 0)
            .unwrap()
    }

    fn binary(&mut self) {
        const OPS: [Op; 7] = [
            Op::Add,
            Op::Sub,
            Op::Mul,
            Op::And,
            Op::Or,
            Op::Xor,
            Op::AndNot,
        ];
        let a = self.any();
        let op = OPS[self.dice.below(OPS.len())];
        let value = if self.dice.one_in(2) {
            let b = self.any();
            self.b.binary(op, a, b)
        } else {
            let imm = self.constant();
            self.b.binary(op, a, imm)
        };
        self.set(value.unwrap());
    }

    fn shift(&mut self) {
        let op = [Op::Shl, Op::Shr, Op::Sar][self.dice.below(3)];
        let a = self.any();
        let bits = i64::from(self.shape.word * 8 - 1);
        let value = if self.dice.one_in(2) {
            let count = self.any();
            let count = self.b.binary(Op::And, count, bits).unwrap();
            self.b.binary(op, a, count)
        } else {
            let imm = self.dice.below(bits as usize + 1) as i64;
            self.b.binary(op, a, imm)
        };
        self.set(value.unwrap());
    }

    fn unary(&mut self) {
        let a = self.any();
        const WIDTHS: [Width; 6] = [
            Width::U8,
            Width::I8,
            Width::U16,
            Width::I16,
            Width::U32,
            Width::I32,
        ];
        let value = match self.dice.below(4) {
            0 => self.b.unary(Op::Not, Type::Word, a).unwrap(),
            1 => {
                let imm = self.constant();
                let inst = Inst {
                    a: Some(a),
                    imm,
                    ..Inst::new(Op::RevSub)
                };
                self.b.push_for(Type::Word, inst).unwrap()
            }
            2 => self.b.copy(Type::Word, a).unwrap(),
            _ => {
                let width = WIDTHS[self.dice.below(WIDTHS.len())];
                self.b.unary(Op::Extend(width), Type::Word, a).unwrap()
            }
        };
        self.set(value);
    }

    fn divide(&mut self) {
        const OPS: [Op; 4] = [Op::DivFloor, Op::ModFloor, Op::DivUnsigned, Op::ModUnsigned];
        let op = OPS[self.dice.below(4)];
        let (a, b) = (self.any(), self.any());
        // Neither 0 nor -1.
        let b = self.b.binary(Op::Or, b, 2).unwrap();
        let b = self.b.binary(Op::AndNot, b, 1).unwrap();
        let value = self.b.binary(op, a, b).unwrap();
        self.set(value);
    }

    fn compare(&mut self) {
        let cond = self.cond();
        let a = self.any();
        let truth = if self.dice.one_in(2) {
            let b = self.any();
            self.b.cmp(cond, a, b).unwrap()
        } else {
            let imm = self.constant();
            self.b.cmp(cond, a, imm).unwrap()
        };
        let value = if self.dice.one_in(2) {
            let (b, c) = (self.any(), self.any());
            self.b.select(truth, b, c).unwrap()
        } else {
            truth
        };
        self.set(value);
    }

    fn memory(&mut self) {
        const WIDTHS: [Width; 7] = [
            Width::U8,
            Width::I8,
            Width::U16,
            Width::I16,
            Width::U32,
            Width::I32,
            Width::Word,
        ];
        let width = WIDTHS[self.dice.below(WIDTHS.len())];
        let bytes = width.bytes(self.shape.word);
        let limit = i64::from(self.shape.memory);
        // Half of memory by the index, the other by the offset.
        let (index, shift, offset) = if self.dice.one_in(2) {
            let at = self.dice.below((limit / i64::from(bytes)) as usize) as i64;
            (None, 0, at * i64::from(bytes))
        } else {
            let shift = self.dice.below(bytes.trailing_zeros() as usize + 1) as u8;
            let index = self.any();
            // Aligned, once it is shifted.
            let mask =
                (limit / 2 / i64::from(bytes) - 1) << (bytes.trailing_zeros() - u32::from(shift));
            let index = self.b.binary(Op::And, index, mask).unwrap();
            let offset = self.dice.below((limit / 2 / i64::from(bytes)) as usize) as i64;
            (Some(index), shift, offset * i64::from(bytes))
        };
        if self.dice.one_in(2) {
            let value = self
                .b
                .load_indexed(Type::Word, width, self.memory, index, shift, offset)
                .unwrap();
            self.set(value);
        } else {
            let value = if self.dice.one_in(4) {
                let imm = self.constant();
                self.b.word(imm).unwrap()
            } else {
                self.any()
            };
            self.b
                .store_indexed(width, self.memory, index, shift, offset, value)
                .unwrap();
        }
    }

    fn slot(&mut self) {
        let at = self.dice.below(4) as i64 * i64::from(self.shape.word);
        if self.dice.one_in(2) {
            let value = self.b.slot_load(Type::Word, self.slot, at).unwrap();
            self.set(value);
        } else {
            let value = self.any();
            self.b.slot_store(self.slot, at, value).unwrap();
        }
    }

    fn call(&mut self) {
        const FUNS: [Fun; 4] = [
            Fun::ObjIsTrue,
            Fun::NativeToObj,
            Fun::BinaryOp,
            Fun::SetupCodeStateNative,
        ];
        let fun = FUNS[self.dice.below(FUNS.len())];
        let mut args: Vec<Vreg> = fun
            .params()
            .iter()
            .map(|_| {
                if self.dice.one_in(3) {
                    let imm = self.constant();
                    self.b.word(imm).unwrap()
                } else {
                    self.any()
                }
            })
            .collect();
        if fun == Fun::SetupCodeStateNative {
            // What it writes to.
            let words = (self.shape.memory / self.shape.word) as usize;
            let at = self.dice.below(words) as i64 * i64::from(self.shape.word);
            args[3] = self.b.add(self.memory, at).unwrap();
            self.b.call_void(fun, &args).unwrap();
        } else {
            let value = self.b.call(fun, &args).unwrap();
            self.set(value);
        }
    }

    fn checked(&mut self) {
        let ops = if self.shape.products { 3 } else { 2 };
        let op = [Overflow::Add, Overflow::Sub, Overflow::Mul][self.dice.below(ops)];
        let a = self.any();
        let over = self.b.cold_block().unwrap();
        let join = self.b.block().unwrap();
        let var = self.words[self.dice.below(self.words.len())];
        let value = if self.dice.one_in(2) {
            let b = self.any();
            self.b.checked(op, Type::Word, a, b, (over, &[]))
        } else {
            let imm = self.constant();
            self.b.checked(op, Type::Word, a, imm, (over, &[]))
        };
        self.b.write_local(var, value.unwrap()).unwrap();
        self.b.jump(join, &[]).unwrap();
        self.b.enter(over).unwrap();
        if self.shape.calls && self.dice.one_in(2) {
            self.call();
        }
        let back = self.b.binary(Op::Xor, a, 0x55).unwrap();
        self.b.write_local(var, back).unwrap();
        self.b.jump(join, &[]).unwrap();
        self.b.enter(join).unwrap();
    }

    fn float(&mut self) {
        const OPS: [Op; 4] = [Op::FAdd, Op::FSub, Op::FMul, Op::FDiv];
        const UNARY: [Op; 3] = [Op::FNeg, Op::FAbs, Op::FSqrt];
        let a = self.any_float();
        match self.dice.below(6) {
            0 => {
                let word = self.any();
                let word = self.b.binary(Op::And, word, 0xffff).unwrap();
                let value = self.b.unary(Op::FloatOfInt, Type::F64, word).unwrap();
                self.set_float(value);
            }
            1 => {
                let cond = CONDS[self.dice.below(6)];
                let b = self.any_float();
                let inst = Inst {
                    a: Some(a),
                    b: Some(b),
                    ..Inst::new(Op::FCmp(cond))
                };
                let value = self.b.push_for(Type::Word, inst).unwrap();
                self.set(value);
            }
            2 => {
                let op = UNARY[self.dice.below(3)];
                // Roots of negative numbers have signs of their own.
                let a = if op == Op::FSqrt {
                    self.b.unary(Op::FAbs, Type::F64, a).unwrap()
                } else {
                    a
                };
                let value = self.b.unary(op, Type::F64, a).unwrap();
                self.set_float(value);
            }
            3 => {
                let cond = CONDS[self.dice.below(6)];
                let b = self.any_float();
                let (then, other, join) = (
                    self.b.block().unwrap(),
                    self.b.block().unwrap(),
                    self.b.block().unwrap(),
                );
                self.b.float_branch(cond, a, b, then, other).unwrap();
                for block in [then, other] {
                    self.b.enter(block).unwrap();
                    self.unary();
                    self.b.jump(join, &[]).unwrap();
                }
                self.b.enter(join).unwrap();
            }
            _ => {
                let op = OPS[self.dice.below(4)];
                let b = self.any_float();
                let value = self.b.binary_to(op, Type::F64, a, b).unwrap();
                self.set_float(value);
            }
        }
    }

    /// Numbers only: the bits of what is not a number depend on the order of operands.
    fn set_float(&mut self, value: Vreg) {
        let var = self.floats[self.dice.below(self.floats.len())];
        let zero = self.b.float(Type::F64, 1.5f64.to_bits() as i64).unwrap();
        let inst = Inst {
            a: Some(value),
            b: Some(value),
            ..Inst::new(Op::FCmp(Cond::Eq))
        };
        let number = self.b.push_for(Type::Word, inst).unwrap();
        let value = self.b.select(number, value, zero).unwrap();
        self.b.write_local(var, value).unwrap();
    }

    fn branch(&mut self) {
        let cond = self.cond();
        let a = self.any();
        let then = self.b.block().unwrap();
        let other = if self.dice.one_in(3) {
            self.b.cold_block().unwrap()
        } else {
            self.b.block().unwrap()
        };
        let join = self.b.block().unwrap();
        if self.dice.one_in(2) {
            let b = self.any();
            self.b
                .branch(cond, a, b, (then, &[]), (other, &[]))
                .unwrap();
        } else {
            let imm = self.constant();
            self.b
                .branch(cond, a, imm, (then, &[]), (other, &[]))
                .unwrap();
        }
        for block in [then, other] {
            self.b.enter(block).unwrap();
            for _ in 0..self.dice.below(4) {
                self.statement();
            }
            self.b.jump(join, &[]).unwrap();
        }
        self.b.enter(join).unwrap();
    }

    fn switch(&mut self) {
        let a = self.any();
        let a = self.b.binary(Op::And, a, 7).unwrap();
        let targets: Vec<Block> = (0..self.dice.below(7) + 1)
            .map(|_| self.b.block().unwrap())
            .collect();
        let join = self.b.block().unwrap();
        self.b.switch(a, &targets).unwrap();
        for block in targets {
            self.b.enter(block).unwrap();
            self.unary();
            self.b.jump(join, &[]).unwrap();
        }
        self.b.enter(join).unwrap();
    }

    /// A loop of up to three rounds.
    fn repeat(&mut self) {
        let counter = self.b.var(Type::Word, Qstr::NONE).unwrap();
        let rounds = self.dice.below(3) as i64 + 1;
        let start = self.b.word(rounds).unwrap();
        self.b.write_local(counter, start).unwrap();
        let (body, exit) = (self.b.block().unwrap(), self.b.block().unwrap());
        self.b.jump(body, &[]).unwrap();
        self.b.switch_to(body);
        for _ in 0..self.dice.below(5) + 1 {
            self.statement();
        }
        let value = self.b.read_local(counter).unwrap();
        let value = self.b.binary(Op::Sub, value, 1).unwrap();
        self.b.write_local(counter, value).unwrap();
        self.b
            .branch(Cond::Ne, value, 0, (body, &[]), (exit, &[]))
            .unwrap();
        self.b.seal_block(body).unwrap();
        self.b.enter(exit).unwrap();
    }

    /// A block that an exception may leave; behind it, everything is as before unless memory says otherwise.
    fn handler(&mut self) {
        let buffer = self.buffers[self.handlers];
        self.handlers += 1;
        let normal = self.b.block().unwrap();
        let caught = self.b.cold_block().unwrap();
        let join = self.b.block().unwrap();
        self.b.nlr_push(buffer, normal, caught).unwrap();
        self.b.enter(normal).unwrap();
        for _ in 0..self.dice.below(5) + 1 {
            self.statement();
        }
        self.b.call_void(Fun::NlrPop, &[]).unwrap();
        self.b.jump(join, &[]).unwrap();
        self.b.enter(caught).unwrap();
        let word = i64::from(self.shape.word);
        let exception = self.b.slot_load(Type::Word, buffer, word).unwrap();
        self.set(exception);
        self.b.jump(join, &[]).unwrap();
        self.b.enter(join).unwrap();
        self.handlers -= 1;
    }

    fn statement(&mut self) {
        self.left = self.left.saturating_sub(1);
        let nest = self.depth < 4 && self.left > 0;
        self.depth += 1;
        match self.dice.below(17) {
            0..3 => self.binary(),
            3 => self.shift(),
            4 => self.unary(),
            5 if self.shape.division => self.divide(),
            6 | 7 => self.compare(),
            8 => self.memory(),
            9 => self.slot(),
            10 if self.shape.calls => self.call(),
            11 => self.checked(),
            12 if self.shape.floats => self.float(),
            13 if nest => self.branch(),
            14 if nest => self.repeat(),
            15 => self.switch(),
            16 if nest && self.handlers < self.buffers.len() => self.handler(),
            _ => self.binary(),
        }
        self.depth -= 1;
    }
}

/// Gives all calls of a function its first parameter as the fun table.
fn set_table(func: &mut Func) {
    let table = func
        .items(func.blocks[Block::from_index(0)].params)
        .first()
        .copied();
    for block in func.blocks.iter_mut() {
        for inst in block.insts.iter_mut() {
            if matches!(inst.op, Op::Call(_)) {
                inst.a = table;
            }
        }
        if let Term::NlrPush { table: of, .. } = &mut block.term {
            *of = table;
        }
    }
}
