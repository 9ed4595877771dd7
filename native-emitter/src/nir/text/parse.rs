//! The function that a text describes.

use ferlance_abi::{Fun, Qstr};
use ferlance_collections::{OutOfMemory, TryVec};

use super::{CONDS, OVERFLOWS, PLAIN, SITES, TYPES, WIDTHS, item_in};
use crate::nir::shape::Shape;
use crate::nir::{
    Block, Edge, Entry, Func, Inst, List, Op, Slot, SlotData, Term, Type, Vreg, VregData,
};

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
            "cached" => {
                let site = self.suffix(SITES)?;
                Op::Cached(site, Qstr::new(self.numbered('q')? as u32))
            }
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
            Shape::UnaryImm | Shape::Tell => {
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
            Shape::Cached => {
                inst.a = Some(self.vreg()?);
                self.expect(",")?;
                inst.b = Some(self.vreg()?);
                let cell = self.int()? as u32;
                self.expect_word("line")?;
                inst.imm = Inst::cell_and_line(cell, self.int()? as u32);
                inst.args = self.list()?;
                if self.eat("=") {
                    inst.c = Some(self.vreg()?);
                }
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
