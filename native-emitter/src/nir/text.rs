//! NIR as text, both ways: for listings and for tests that say what they mean.
//!
//! ```text
//! func q12 words 2
//! slot s0 3
//! b0(v0: word, v1: word):
//!   v2: word = add v0, 4
//!   v3: word = load.u8 v2 + v1 << 2 + 8
//!   store.word v2 - 8 = v3
//!   v4: word = slot_load s0 + 8
//!   slot_store s0 = v4
//!   v5: obj = call binary_op(v0, v2, v3)
//!   branch lt v3, 5 then b1(v3) else b2
//! b1(v6: word):
//!   checked add v7: word = v6, 1 fits b2 over b3
//! b2 cold:
//!   return v0
//! b3:
//!   unreachable
//! ```
//!
//! Names are numbers of qstrs, since NIR does not own the pool. Blank lines and what follows `;` are ignored.
use core::fmt::{self, Write};

use ferlance_abi::{Fun, Qstr};
use ferlance_collections::{OutOfMemory, TryVec};

use super::shape::Shape;
use super::{
    Alu, Block, Cond, Edge, Entry, Func, Inst, List, Op, Overflow, Shift, Slot, SlotData, Term,
    Type, Vreg, VregData, Width,
};

/// Ops without anything inside, by name.
const PLAIN: &[(&str, Op)] = &[
    ("const", Op::Const),
    ("copy", Op::Copy),
    ("add", Op::Add),
    ("sub", Op::Sub),
    ("revsub", Op::RevSub),
    ("mul", Op::Mul),
    ("and", Op::And),
    ("or", Op::Or),
    ("xor", Op::Xor),
    ("andnot", Op::AndNot),
    ("shl", Op::Shl),
    ("shr", Op::Shr),
    ("sar", Op::Sar),
    ("not", Op::Not),
    ("div_floor", Op::DivFloor),
    ("mod_floor", Op::ModFloor),
    ("div_unsigned", Op::DivUnsigned),
    ("mod_unsigned", Op::ModUnsigned),
    ("select", Op::Select),
    ("mul_add", Op::MulAdd),
    ("add_shl", Op::Shifted(Alu::Add, Shift::Shl)),
    ("add_shr", Op::Shifted(Alu::Add, Shift::Shr)),
    ("add_sar", Op::Shifted(Alu::Add, Shift::Sar)),
    ("sub_shl", Op::Shifted(Alu::Sub, Shift::Shl)),
    ("sub_shr", Op::Shifted(Alu::Sub, Shift::Shr)),
    ("sub_sar", Op::Shifted(Alu::Sub, Shift::Sar)),
    ("and_shl", Op::Shifted(Alu::And, Shift::Shl)),
    ("and_shr", Op::Shifted(Alu::And, Shift::Shr)),
    ("and_sar", Op::Shifted(Alu::And, Shift::Sar)),
    ("or_shl", Op::Shifted(Alu::Or, Shift::Shl)),
    ("or_shr", Op::Shifted(Alu::Or, Shift::Shr)),
    ("or_sar", Op::Shifted(Alu::Or, Shift::Sar)),
    ("xor_shl", Op::Shifted(Alu::Xor, Shift::Shl)),
    ("xor_shr", Op::Shifted(Alu::Xor, Shift::Shr)),
    ("xor_sar", Op::Shifted(Alu::Xor, Shift::Sar)),
    ("andnot_shl", Op::Shifted(Alu::AndNot, Shift::Shl)),
    ("andnot_shr", Op::Shifted(Alu::AndNot, Shift::Shr)),
    ("andnot_sar", Op::Shifted(Alu::AndNot, Shift::Sar)),
    ("fun_table_word", Op::FunTableWord),
    ("const_obj", Op::ConstObj),
    ("child", Op::Child),
    ("context", Op::Context),
    ("call_direct", Op::CallDirect),
    ("fadd", Op::FAdd),
    ("fsub", Op::FSub),
    ("fmul", Op::FMul),
    ("fdiv", Op::FDiv),
    ("fneg", Op::FNeg),
    ("fabs", Op::FAbs),
    ("fsqrt", Op::FSqrt),
    ("fconst", Op::FConst),
    ("float_of_int", Op::FloatOfInt),
    ("int_of_float", Op::IntOfFloat),
    ("fconvert", Op::FConvert),
    ("line", Op::Line),
];

const WIDTHS: &[(&str, Width)] = &[
    ("u8", Width::U8),
    ("i8", Width::I8),
    ("u16", Width::U16),
    ("i16", Width::I16),
    ("u32", Width::U32),
    ("i32", Width::I32),
    ("word", Width::Word),
    ("f32", Width::F32),
    ("f64", Width::F64),
];

const CONDS: &[(&str, Cond)] = &[
    ("eq", Cond::Eq),
    ("ne", Cond::Ne),
    ("lt", Cond::Lt),
    ("le", Cond::Le),
    ("gt", Cond::Gt),
    ("ge", Cond::Ge),
    ("below", Cond::Below),
    ("below_eq", Cond::BelowEq),
    ("above", Cond::Above),
    ("above_eq", Cond::AboveEq),
    ("test_zero", Cond::TestZero),
    ("test_non_zero", Cond::TestNonZero),
];

const TYPES: &[(&str, Type)] = &[
    ("obj", Type::Obj),
    ("word", Type::Word),
    ("f32", Type::F32),
    ("f64", Type::F64),
];

const OVERFLOWS: &[(&str, Overflow)] = &[
    ("add", Overflow::Add),
    ("sub", Overflow::Sub),
    ("mul", Overflow::Mul),
];

fn name_in<T: PartialEq>(table: &[(&'static str, T)], item: T) -> &'static str {
    table
        .iter()
        .find(|(_, known)| *known == item)
        .map_or("?", |(name, _)| name)
}

fn item_in<T: Copy>(table: &[(&'static str, T)], name: &str) -> Option<T> {
    table
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, item)| *item)
}

impl fmt::Display for Func {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "func q{} ", self.name.number())?;
        match self.entry {
            Entry::Function => writeln!(f, "function")?,
            Entry::Resume => writeln!(f, "resume")?,
            Entry::Words(n) => writeln!(f, "words {n}")?,
        }
        for (slot, data) in self.slots.iter_enumerated() {
            writeln!(f, "slot s{} {}", slot.index(), data.words)?;
        }
        for (block, data) in self.blocks.iter_enumerated() {
            write!(f, "b{}", block.index())?;
            for (at, param) in self.items(data.params).iter().enumerate() {
                f.write_str(if at == 0 { "(" } else { ", " })?;
                self.write_def(f, *param)?;
            }
            if data.params.len > 0 {
                f.write_char(')')?;
            }
            writeln!(f, "{}:", if data.cold { " cold" } else { "" })?;
            for inst in &data.insts {
                self.write_inst(f, inst)?;
            }
            self.write_term(f, &data.term)?;
        }
        Ok(())
    }
}

impl Func {
    fn write_def(&self, f: &mut fmt::Formatter<'_>, vreg: Vreg) -> fmt::Result {
        write!(f, "v{}: {}", vreg.index(), name_in(TYPES, self.ty(vreg)))
    }

    fn write_list(&self, f: &mut fmt::Formatter<'_>, list: List) -> fmt::Result {
        for (at, item) in self.items(list).iter().enumerate() {
            write!(f, "{}v{}", if at == 0 { "" } else { ", " }, item.index())?;
        }
        Ok(())
    }

    fn write_edge(&self, f: &mut fmt::Formatter<'_>, edge: Edge) -> fmt::Result {
        write!(f, "b{}", edge.block.index())?;
        if edge.args.len > 0 {
            f.write_char('(')?;
            self.write_list(f, edge.args)?;
            f.write_char(')')?;
        }
        Ok(())
    }

    fn write_inst(&self, f: &mut fmt::Formatter<'_>, inst: &Inst) -> fmt::Result {
        f.write_str("  ")?;
        if let Some(dst) = inst.dst {
            self.write_def(f, dst)?;
            f.write_str(" = ")?;
        }
        match inst.op {
            Op::Extend(width) => write!(f, "extend.{}", name_in(WIDTHS, width))?,
            Op::Load(width, _) => write!(f, "load.{}", name_in(WIDTHS, width))?,
            Op::Store(width, _) => write!(f, "store.{}", name_in(WIDTHS, width))?,
            Op::Cmp(cond) => write!(f, "cmp.{}", name_in(CONDS, cond))?,
            Op::FCmp(cond) => write!(f, "fcmp.{}", name_in(CONDS, cond))?,
            Op::SlotAddr(slot) => write!(f, "slot_addr s{}", slot.index())?,
            Op::SlotLoad(slot) => write!(f, "slot_load s{}", slot.index())?,
            Op::SlotStore(slot) => write!(f, "slot_store s{}", slot.index())?,
            Op::QstrNumber(name) => write!(f, "qstr_number q{}", name.number())?,
            Op::QstrObj(name) => write!(f, "qstr_obj q{}", name.number())?,
            Op::Call(fun) => write!(f, "call {}", fun.name())?,
            op => f.write_str(name_in(PLAIN, op))?,
        }
        let (a, b) = (inst.a, inst.b);
        match inst.op.shape() {
            Shape::Number | Shape::Mark => write!(f, " {}", inst.imm)?,
            Shape::Nothing => {}
            Shape::Unary => write!(f, " {}", Reg(a))?,
            Shape::UnaryImm => write!(f, " {}, {}", Reg(a), inst.imm)?,
            Shape::Binary => write!(f, " {}, {}", Reg(a), RegOrImm(b, inst.imm))?,
            Shape::FloatBinary => write!(f, " {}, {}", Reg(a), Reg(b))?,
            Shape::Shifted => write!(f, " {}, {}, {}", Reg(a), Reg(b), inst.imm)?,
            Shape::Select => write!(f, " {}, {}, {}", Reg(a), Reg(b), Reg(inst.c))?,
            Shape::Load | Shape::Store => {
                write!(f, " {}", Reg(a))?;
                if b.is_some() {
                    write!(f, " + {}", Reg(b))?;
                }
                if let Op::Load(_, shift @ 1..) | Op::Store(_, shift @ 1..) = inst.op
                    && b.is_some()
                {
                    write!(f, " << {shift}")?;
                }
                write_offset(f, inst.imm)?;
                if inst.c.is_some() {
                    write!(f, " = {}", Reg(inst.c))?;
                }
            }
            Shape::Slot => write_offset(f, inst.imm)?,
            Shape::SlotStore => {
                write_offset(f, inst.imm)?;
                write!(f, " = {}", Reg(inst.c))?;
            }
            Shape::Call => {
                if inst.op == Op::CallDirect {
                    write!(f, " {}", inst.imm)?;
                }
                write_table(f, a)?;
                f.write_char('(')?;
                self.write_list(f, inst.args)?;
                f.write_char(')')?;
            }
        }
        f.write_char('\n')
    }

    fn write_term(&self, f: &mut fmt::Formatter<'_>, term: &Term) -> fmt::Result {
        f.write_str("  ")?;
        match *term {
            Term::Open => f.write_str("open")?,
            Term::Jump(to) => {
                f.write_str("jump ")?;
                self.write_edge(f, to)?;
            }
            Term::Branch {
                cond,
                a,
                b,
                imm,
                then,
                other,
            } => {
                let cond = name_in(CONDS, cond);
                write!(f, "branch {cond} {}, {}", Reg(Some(a)), RegOrImm(b, imm))?;
                self.write_two(f, "then", then, "else", other)?;
            }
            Term::FBranch {
                cond,
                a,
                b,
                then,
                other,
            } => {
                let cond = name_in(CONDS, cond);
                write!(f, "fbranch {cond} {}, {}", Reg(Some(a)), Reg(Some(b)))?;
                self.write_two(f, "then", then, "else", other)?;
            }
            Term::Checked {
                op,
                dst,
                a,
                b,
                imm,
                fits,
                over,
            } => {
                write!(f, "checked {} ", name_in(OVERFLOWS, op))?;
                self.write_def(f, dst)?;
                write!(f, " = {}, {}", Reg(Some(a)), RegOrImm(b, imm))?;
                self.write_two(f, "fits", fits, "over", over)?;
            }
            Term::NlrPush {
                table,
                slot,
                normal,
                caught,
            } => {
                write!(f, "nlr_push s{}", slot.index())?;
                write_table(f, table)?;
                self.write_two(f, "normal", normal, "caught", caught)?;
            }
            Term::Switch { a, start, len } => {
                write!(f, "switch {}", Reg(Some(a)))?;
                let start = start as usize;
                for target in self.targets.get(start..start + len as usize).unwrap_or(&[]) {
                    write!(f, " b{}", target.index())?;
                }
            }
            Term::Return { a } => write!(f, "return {}", Reg(Some(a)))?,
            Term::Leave(label) => write!(f, "leave {label}")?,
            Term::Unreachable => f.write_str("unreachable")?,
        }
        f.write_char('\n')
    }

    fn write_two(
        &self,
        f: &mut fmt::Formatter<'_>,
        one: &str,
        to: Edge,
        two: &str,
        or: Edge,
    ) -> fmt::Result {
        write!(f, " {one} ")?;
        self.write_edge(f, to)?;
        write!(f, " {two} ")?;
        self.write_edge(f, or)
    }
}

fn write_table(f: &mut fmt::Formatter<'_>, table: Option<Vreg>) -> fmt::Result {
    match table {
        Some(table) => write!(f, " via v{}", table.index()),
        None => Ok(()),
    }
}

fn write_offset(f: &mut fmt::Formatter<'_>, imm: i64) -> fmt::Result {
    match imm {
        0 => Ok(()),
        1.. => write!(f, " + {imm}"),
        _ => write!(f, " - {}", imm.unsigned_abs()),
    }
}

struct Reg(Option<Vreg>);

impl fmt::Display for Reg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(vreg) => write!(f, "v{}", vreg.index()),
            None => f.write_char('?'),
        }
    }
}

struct RegOrImm(Option<Vreg>, i64);

impl fmt::Display for RegOrImm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(vreg) => write!(f, "v{}", vreg.index()),
            None => write!(f, "{}", self.1),
        }
    }
}

/// Why a text is not a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParseError {
    /// Line `line`, counted from 1, is not understood.
    Line {
        /// Which.
        line: usize,
    },
    /// No memory.
    OutOfMemory,
}

impl From<OutOfMemory> for ParseError {
    fn from(_: OutOfMemory) -> ParseError {
        ParseError::OutOfMemory
    }
}

/// Why one line is not understood.
enum Bad {
    Text,
    OutOfMemory,
}

impl From<OutOfMemory> for Bad {
    fn from(_: OutOfMemory) -> Bad {
        Bad::OutOfMemory
    }
}

type Parsed<T = ()> = Result<T, Bad>;

/// The function that a text describes.
pub fn parse(text: &str) -> Result<Func, ParseError> {
    let mut parser = Parser {
        func: Func::new(Qstr::NONE, Entry::Words(0)),
        block: None,
        rest: "",
    };
    for (at, line) in text.lines().enumerate() {
        let line = line.split(';').next().unwrap_or("").trim();
        if line.is_empty() {
            continue;
        }
        parser.rest = line;
        parser.line().map_err(|bad| match bad {
            Bad::Text => ParseError::Line { line: at + 1 },
            Bad::OutOfMemory => ParseError::OutOfMemory,
        })?;
    }
    Ok(parser.func)
}

/// Numbers in texts above this are refused: tables are as long as the greatest number.
const MAX_NUMBER: usize = 100_000;

struct Parser<'a> {
    func: Func,
    block: Option<Block>,
    rest: &'a str,
}

impl<'a> Parser<'a> {
    fn line(&mut self) -> Parsed {
        if self.eat_word("func") {
            self.func.name = Qstr::new(self.numbered('q')? as u32);
            self.func.entry = match self.word()? {
                "function" => Entry::Function,
                "resume" => Entry::Resume,
                "words" => Entry::Words(self.int()? as u8),
                _ => return Err(Bad::Text),
            };
        } else if self.eat_word("slot") {
            let slot = self.slot()?;
            self.func.slots[slot].words = self.int()? as u32;
        } else if self.rest.ends_with(':') {
            self.header()?;
        } else {
            let block = self.block.ok_or(Bad::Text)?;
            if self.func.blocks[block].term != Term::Open {
                return Err(Bad::Text);
            }
            match self.term()? {
                Some(term) => self.func.blocks[block].term = term,
                None => {
                    let inst = self.inst()?;
                    self.func.blocks[block].insts.push(inst)?;
                }
            }
        }
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(Bad::Text)
        }
    }

    fn header(&mut self) -> Parsed {
        let block = self.block_name()?;
        self.block = Some(block);
        let mut params = TryVec::new();
        if self.eat("(") {
            loop {
                params.push(self.def()?)?;
                if !self.eat(",") {
                    break;
                }
            }
            self.expect(")")?;
        }
        self.func.blocks[block].params = self.func.list(&params)?;
        self.func.blocks[block].cold = self.eat_word("cold");
        self.expect(":")
    }

    fn term(&mut self) -> Parsed<Option<Term>> {
        let before = self.rest;
        let Ok(word) = self.word() else {
            self.rest = before;
            return Ok(None);
        };
        Ok(Some(match word {
            "open" => Term::Open,
            "unreachable" => Term::Unreachable,
            "leave" => Term::Leave(self.int()? as u32),
            "jump" => Term::Jump(self.edge()?),
            "return" => Term::Return { a: self.vreg()? },
            "branch" => {
                let cond = self.item(CONDS)?;
                let a = self.vreg()?;
                self.expect(",")?;
                let (b, imm) = self.operand()?;
                let (then, other) = self.two("then", "else")?;
                Term::Branch {
                    cond,
                    a,
                    b,
                    imm,
                    then,
                    other,
                }
            }
            "fbranch" => {
                let cond = self.item(CONDS)?;
                let a = self.vreg()?;
                self.expect(",")?;
                let b = self.vreg()?;
                let (then, other) = self.two("then", "else")?;
                Term::FBranch {
                    cond,
                    a,
                    b,
                    then,
                    other,
                }
            }
            "checked" => {
                let op = self.item(OVERFLOWS)?;
                let dst = self.def()?;
                self.expect("=")?;
                let a = self.vreg()?;
                self.expect(",")?;
                let (b, imm) = self.operand()?;
                let (fits, over) = self.two("fits", "over")?;
                Term::Checked {
                    op,
                    dst,
                    a,
                    b,
                    imm,
                    fits,
                    over,
                }
            }
            "nlr_push" => {
                let slot = self.slot()?;
                let table = self.via()?;
                let (normal, caught) = self.two("normal", "caught")?;
                Term::NlrPush {
                    table,
                    slot,
                    normal,
                    caught,
                }
            }
            "switch" => {
                let a = self.vreg()?;
                let start = self.func.targets.len() as u32;
                while !self.rest.is_empty() {
                    let target = self.block_name()?;
                    self.func.targets.push(target)?;
                }
                Term::Switch {
                    a,
                    start,
                    len: self.func.targets.len() as u32 - start,
                }
            }
            _ => {
                self.rest = before;
                return Ok(None);
            }
        }))
    }

    fn two(&mut self, one: &str, two: &str) -> Parsed<(Edge, Edge)> {
        self.expect_word(one)?;
        let to = self.edge()?;
        self.expect_word(two)?;
        Ok((to, self.edge()?))
    }

    fn inst(&mut self) -> Parsed<Inst> {
        let mut dst = None;
        if self.rest.starts_with('v') && self.rest.contains(" = ") && self.rest.contains(": ") {
            dst = Some(self.def()?);
            self.expect("=")?;
        }
        let word = self.word()?;
        let mut inst = Inst::new(match word {
            "extend" => Op::Extend(self.suffix(WIDTHS)?),
            "load" => Op::Load(self.suffix(WIDTHS)?, 0),
            "store" => Op::Store(self.suffix(WIDTHS)?, 0),
            "cmp" => Op::Cmp(self.suffix(CONDS)?),
            "fcmp" => Op::FCmp(self.suffix(CONDS)?),
            "slot_addr" => Op::SlotAddr(self.slot()?),
            "slot_load" => Op::SlotLoad(self.slot()?),
            "slot_store" => Op::SlotStore(self.slot()?),
            "qstr_number" => Op::QstrNumber(Qstr::new(self.numbered('q')? as u32)),
            "qstr_obj" => Op::QstrObj(Qstr::new(self.numbered('q')? as u32)),
            "call" => {
                let name = self.word()?;
                let fun = Fun::ALL.iter().find(|fun| fun.name() == name);
                Op::Call(*fun.ok_or(Bad::Text)?)
            }
            word => item_in(PLAIN, word).ok_or(Bad::Text)?,
        });
        inst.dst = dst;
        match inst.op.shape() {
            Shape::Number | Shape::Mark => inst.imm = self.int()?,
            Shape::Nothing => {}
            Shape::Unary => inst.a = Some(self.vreg()?),
            Shape::UnaryImm => {
                inst.a = Some(self.vreg()?);
                self.expect(",")?;
                inst.imm = self.int()?;
            }
            Shape::Binary => {
                inst.a = Some(self.vreg()?);
                self.expect(",")?;
                (inst.b, inst.imm) = self.operand()?;
            }
            Shape::FloatBinary => {
                inst.a = Some(self.vreg()?);
                self.expect(",")?;
                inst.b = Some(self.vreg()?);
            }
            Shape::Shifted => {
                inst.a = Some(self.vreg()?);
                self.expect(",")?;
                inst.b = Some(self.vreg()?);
                self.expect(",")?;
                inst.imm = self.int()?;
            }
            Shape::Select => {
                inst.a = Some(self.vreg()?);
                self.expect(",")?;
                inst.b = Some(self.vreg()?);
                self.expect(",")?;
                inst.c = Some(self.vreg()?);
            }
            Shape::Load | Shape::Store => self.address(&mut inst)?,
            Shape::Slot => inst.imm = self.offset()?,
            Shape::SlotStore => {
                inst.imm = self.offset()?;
                self.expect("=")?;
                inst.c = Some(self.vreg()?);
            }
            Shape::Call => {
                if inst.op == Op::CallDirect {
                    inst.imm = self.int()?;
                }
                inst.a = self.via()?;
                inst.args = self.list()?;
            }
        }
        Ok(inst)
    }

    /// The fun table of a call, if it is a value.
    fn via(&mut self) -> Parsed<Option<Vreg>> {
        Ok(if self.eat_word("via") {
            Some(self.vreg()?)
        } else {
            None
        })
    }

    fn address(&mut self, inst: &mut Inst) -> Parsed {
        inst.a = Some(self.vreg()?);
        if self.rest.starts_with("+ v") {
            self.expect("+")?;
            inst.b = Some(self.vreg()?);
            if self.eat("<<") {
                let by = self.int()? as u8;
                if let Op::Load(_, shift) | Op::Store(_, shift) = &mut inst.op {
                    *shift = by;
                }
            }
        }
        inst.imm = self.offset()?;
        if matches!(inst.op, Op::Store(..)) {
            self.expect("=")?;
            inst.c = Some(self.vreg()?);
        }
        Ok(())
    }

    fn offset(&mut self) -> Parsed<i64> {
        if self.eat("+") {
            return self.int();
        }
        if self.rest.starts_with("- ") {
            self.expect("-")?;
            return Ok(self.int()?.wrapping_neg());
        }
        Ok(0)
    }

    fn operand(&mut self) -> Parsed<(Option<Vreg>, i64)> {
        if self.rest.starts_with('v') {
            Ok((Some(self.vreg()?), 0))
        } else {
            Ok((None, self.int()?))
        }
    }

    fn edge(&mut self) -> Parsed<Edge> {
        let block = self.block_name()?;
        let args = if self.rest.starts_with('(') {
            self.list()?
        } else {
            self.func.list(&[])?
        };
        Ok(Edge { block, args })
    }

    fn list(&mut self) -> Parsed<List> {
        self.expect("(")?;
        let mut items = TryVec::new();
        while !self.eat(")") {
            if !items.is_empty() {
                self.expect(",")?;
            }
            items.push(self.vreg()?)?;
        }
        Ok(self.func.list(&items)?)
    }

    /// `v3: word`
    fn def(&mut self) -> Parsed<Vreg> {
        let vreg = self.vreg()?;
        self.expect(":")?;
        self.func.vregs[vreg].ty = self.item(TYPES)?;
        Ok(vreg)
    }

    fn vreg(&mut self) -> Parsed<Vreg> {
        let at = self.numbered('v')?;
        let unknown = VregData {
            ty: Type::Word,
            name: Qstr::NONE,
        };
        if at >= self.func.vregs.len() {
            self.func.vregs.resize(at + 1, unknown)?;
        }
        Ok(Vreg::from_index(at))
    }

    fn slot(&mut self) -> Parsed<Slot> {
        let at = self.numbered('s')?;
        if at >= self.func.slots.len() {
            self.func.slots.resize(at + 1, SlotData { words: 1 })?;
        }
        Ok(Slot::from_index(at))
    }

    fn block_name(&mut self) -> Parsed<Block> {
        let at = self.numbered('b')?;
        while at >= self.func.blocks.len() {
            self.func.block()?;
        }
        Ok(Block::from_index(at))
    }

    fn numbered(&mut self, letter: char) -> Parsed<usize> {
        let word = self.word()?;
        let number = word.strip_prefix(letter).ok_or(Bad::Text)?;
        match number.parse() {
            Ok(number) if number < MAX_NUMBER => Ok(number),
            _ => Err(Bad::Text),
        }
    }

    fn suffix<T: Copy>(&mut self, table: &[(&'static str, T)]) -> Parsed<T> {
        self.expect(".")?;
        self.item(table)
    }

    fn item<T: Copy>(&mut self, table: &[(&'static str, T)]) -> Parsed<T> {
        item_in(table, self.word()?).ok_or(Bad::Text)
    }

    fn int(&mut self) -> Parsed<i64> {
        let end = self
            .rest
            .find(|c: char| c != '-' && !c.is_ascii_digit())
            .unwrap_or(self.rest.len());
        let (number, rest) = self.rest.split_at(end);
        self.rest = rest.trim_start();
        number.parse().map_err(|_| Bad::Text)
    }

    fn word(&mut self) -> Parsed<&'a str> {
        let end = self
            .rest
            .find(|c: char| c != '_' && !c.is_ascii_alphanumeric())
            .unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        if word.is_empty() {
            return Err(Bad::Text);
        }
        self.rest = rest.trim_start();
        Ok(word)
    }

    fn eat_word(&mut self, word: &str) -> bool {
        let before = self.rest;
        if self.word().is_ok_and(|found| found == word) {
            return true;
        }
        self.rest = before;
        false
    }

    fn expect_word(&mut self, word: &str) -> Parsed {
        if self.eat_word(word) {
            Ok(())
        } else {
            Err(Bad::Text)
        }
    }

    fn eat(&mut self, text: &str) -> bool {
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest.trim_start();
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, text: &str) -> Parsed {
        if self.eat(text) {
            Ok(())
        } else {
            Err(Bad::Text)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use super::*;

    const ALL: &str = "\
func q12 words 2
slot s0 3
b0(v0: word, v1: word):
  line 7
  v2: word = add v0, -4
  v3: word = load.u8 v2 + v1 << 2 + 8
  store.word v2 - 8 = v3
  v4: obj = slot_load s0 + 8
  slot_store s0 = v4
  v5: word = slot_addr s0
  v8: word = qstr_number q3
  v9: word = cmp.lt v3, v8
  v10: word = select v9, v3, v8
  v11: obj = call binary_op(v0, v4, v4)
  call nlr_pop()
  v12: f64 = fconst 4607182418800017408
  v13: f64 = fadd v12, v12
  v14: word = revsub v3, 5
  v15: word = call_direct 2(v14, v0)
  v16: word = extend.i16 v15
  branch lt v3, 5 then b1(v3, v4) else b2
b1(v6: word, v17: obj):
  checked add v7: word = v6, 1 fits b2 over b3
b2 cold:
  nlr_push s0 normal b3 caught b4
b3:
  fbranch ne v12, v13 then b4 else b5
b4:
  switch v0 b1 b5
b5:
  return v0
b6:
  unreachable
b7:
  jump b0(v1, v2)
";

    #[test]
    fn text_leads_back_to_itself() {
        assert_eq!(parse(ALL).unwrap().to_string(), ALL);
    }

    #[test]
    fn wrong_lines_are_named() {
        for bad in [
            "func q1 words 0\nb0:\n  v1 = add",
            "func q1 words 0\nb0:\n  frobnicate v1",
            "func q1 words 0\nb0:\n  return v1 v2",
            "func q1 words 0\nb0:\n  v1: word = add v999999999, 1",
        ] {
            assert_eq!(
                parse(bad).unwrap_err(),
                ParseError::Line { line: 3 },
                "{bad}"
            );
        }
        assert_eq!(
            parse("  return v1").unwrap_err(),
            ParseError::Line { line: 1 }
        );
    }
}
