//! The inline assembler.
//!
//! Operands are looked at from left to right, and the first mistake is the one reported. A stock
//! instruction is a row of the tables under its mnemonic, with stock's own limits where they are
//! narrower. The full dialect adds all other rows, the manual's pseudo-instructions, names of
//! control and status registers, and branches that grow:
//!
//! | the manual writes | a program writes |
//! | --- | --- |
//! | `lw a0, 4(a1)` | `lw(a0, 4(a1))` |
//! | `c.lwsp ra, 12(sp)` | `c_lwsp(ra, 12)` or `c_lwsp(ra, 12(sp))` |
//! | `c.addi16sp sp, -32` | `c_addi16sp(-32)` or `c_addi16sp(sp, -32)` |
//! | `amoadd.w a0, a1, (a2)` | `amoadd_w(a0, a1, [a2])` |
//! | `csrrw a0, mscratch, a1` | `csrrw(a0, mscratch, a1)`; stock: `csrrw(a0, a1, 0x340)` |
//! | `fence rw, w` | `fence(rw, w)` |
//! | `fadd.s fa0, fa1, fa2, rtz` | `fadd_s(fa0, fa1, fa2, rtz)` |
//! | `cm.push {ra, s0-s3}, -48` | `cm_push({ra, s0-s3}, -48)` |
//! | `call f`, `lw a0, table` | `call(f)`, `lw(a0, table)` |

use ferlance_abi::arch::Arch;
use ferlance_abi::mpy::{RV32_ZBA, RV32_ZCMP};
use ferlance_asm::assembly::{Assembly, Trouble};
use ferlance_asm::error::Fault;
use ferlance_asm::inline::{self, Body, Dialect, Function, Operand, Span, Statement};
use ferlance_asm::row::{Kind, Row, Slot};
use ferlance_asm::{AsmError, CodeBuffer, Message};

use crate::base;
use crate::compress::shortest;
use crate::compressed::{c_jr, c_mv};
use crate::encode::{Class, DYNAMIC, List4, is_legal, list_bytes};
use crate::fixup::Branch;
use crate::inst::{ALIAS, C, Features, Inst, M, RV32, RV64, TABLES, ZBA, ZCMP, emit};
use crate::pseudo;
use crate::reg::{CSR_NAMES, FReg, Reg};

/// For whom and how to assemble.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// What the core has. Stock knows `RV32 | M | C`, `ZBA` and `ZCMP`.
    pub features: Features,
    /// Which spellings are accepted.
    pub dialect: Dialect,
}

impl Options {
    /// As `mpy-cross -march=rv32imc` with these `-march-flags` has it, or as there for 64 bits,
    /// where stock has no assembler; `None` for another architecture.
    pub fn for_arch(arch: Arch, flags: u32, dialect: Dialect) -> Option<Options> {
        let features = match arch {
            Arch::Rv32imc => {
                let zba = if flags & RV32_ZBA != 0 { ZBA } else { 0 };
                let zcmp = if flags & RV32_ZCMP != 0 { ZCMP } else { 0 };
                RV32IMC | zba | zcmp
            }
            Arch::Rv64imc => RV64IMC,
            _ => return None,
        };
        Some(Options { features, dialect })
    }
}

/// What `-march=rv32imc` has, without flags.
pub const RV32IMC: Features = RV32 | M | C;
/// What `-march=rv64imc` has.
pub const RV64IMC: Features = RV64 | M | C;

/// Assembles a function.
pub fn assemble<'a>(body: &Body<'a>, options: &Options) -> Result<Function, AsmError<'a>> {
    let names = ["a0", "a1", "a2", "a3"];
    let numbers = ["x10", "x11", "x12", "x13"];
    let core = match options.features & RV64 {
        0 => "RV32",
        _ => "RV64",
    };
    let parameters = inline::check_parameters(body, core, names, numbers)?;
    let mut assembler = Assembler {
        assembly: Assembly::new(CodeBuffer::new(), body, options.dialect),
        features: options.features,
    };
    let at = |line| move |message| AsmError { line, message };
    for (index, statement) in body.statements().iter().enumerate() {
        let at = at(statement.line);
        assembler.assembly.at(index, statement).map_err(at)?;
        assembler.statement(statement).map_err(at)?;
    }
    assembler.assembly.mark(0).map_err(at(0))?;
    assembler.emit(c_jr(Reg::RA)).map_err(at(0))?;
    assembler.assembly.finish(parameters, explain)
}

fn explain<'a>(statement: &Statement<'a>, name: &'a str, trouble: Trouble) -> Message<'a> {
    let op = statement.op;
    // A label is the last operand.
    let index = statement.operands.len();
    match trouble {
        Trouble::Unbound => Message::UndefinedLabel { op, index, name },
        Trouble::OutOfReach { .. } => {
            let fault = Fault::OutOfRange;
            Message::Argument { op, index, fault }
        }
    }
}

/// Stock's instructions that are rows, by mnemonic.
#[rustfmt::skip]
const STOCK: &[&str] = &[
    "add", "sub", "and", "or", "xor", "sll", "srl", "sra", "slt", "sltu",
    "mul", "mulh", "mulhsu", "mulhu", "div", "divu", "rem", "remu",
    "addi", "andi", "ori", "xori", "slti", "sltiu", "jalr", "slli", "srli", "srai", "lui", "auipc",
    "lb", "lbu", "lh", "lhu", "lw", "sb", "sh", "sw", "beq", "bne", "blt", "bge", "bltu", "bgeu", "jal",
    "csrrw", "csrrs", "csrrc", "csrrwi", "csrrsi", "csrrci", "ecall", "ebreak",
    "c.add", "c.mv", "c.addi", "c.li", "c.lui", "c.addi4spn", "c.slli", "c.srli", "c.srai", "c.andi",
    "c.and", "c.or", "c.xor", "c.sub", "c.lw", "c.sw", "c.lwsp", "c.swsp", "c.beqz", "c.bnez",
    "c.j", "c.jal", "c.jr", "c.jalr", "c.nop", "c.ebreak",
    "sh1add", "sh2add", "sh3add",
    "cm.push", "cm.pop", "cm.popret", "cm.popretz", "cm.mva01s", "cm.mvsa01",
];

/// The largest immediate that stock takes, where it takes less than the row.
fn stock_limit(name: &str) -> i32 {
    match name {
        "c.lw" | "c.sw" => 60,
        "c.lwsp" | "c.swsp" => 124,
        "c.lui" => 31,
        _ => i32::MAX,
    }
}

/// A row's instruction from a statement's operands, and the label it wants, if any.
struct Read<'a> {
    word: u32,
    label: Option<(&'a str, &'static Kind<Class>)>,
}

struct Assembler<'a, 'b> {
    assembly: Assembly<'a, 'b, Branch>,
    features: Features,
}

impl<'a, 'b> Assembler<'a, 'b> {
    fn emit(&mut self, inst: Inst) -> Result<(), Message<'a>> {
        emit(&mut self.assembly.buffer, inst).map_err(Message::from)
    }

    fn operands(&self, span: Span) -> &'b [Operand<'a>] {
        self.assembly.body().operands(span)
    }

    fn statement(&mut self, statement: &Statement<'a>) -> Result<(), Message<'a>> {
        if self.assembly.directive(statement)? {
            return Ok(());
        }
        match self.stock(statement) {
            Err(Message::OutOfMemory) => Err(Message::OutOfMemory),
            Err(refusal) if self.assembly.dialect() == Dialect::Full => {
                match self.look_up(statement)? {
                    true => Ok(()),
                    false => Err(refusal),
                }
            }
            outcome => outcome,
        }
    }

    // Stock.

    fn stock(&mut self, statement: &Statement<'a>) -> Result<(), Message<'a>> {
        let op = statement.op;
        let operands = self.operands(statement.operands);
        if let "li" | "la" | "mv" = op {
            let &[rd, second] = operands else {
                return Err(Message::ArgumentCount { op, count: 2 });
            };
            let rd = self.register(op, 1, rd)?;
            return match op {
                "li" => {
                    let value = integer(op, 2, second)?;
                    if self.features & RV64 != 0 {
                        let mut code = [Inst(0); 8];
                        let used = pseudo::li64(rd, value.into(), &mut code);
                        return code
                            .iter()
                            .take(used)
                            .try_for_each(|inst| self.emit(shortest(*inst, self.features)));
                    }
                    let (first, second) = pseudo::li(rd, value);
                    self.emit(first)?;
                    second.map_or(Ok(()), |second| self.emit(second))
                }
                "la" => {
                    let name = label(op, 2, second)?;
                    self.assembly.fixup(Branch::la(rd), name)
                }
                _ => {
                    let rs = self.register(op, 2, second)?;
                    self.emit(match (rd, rs) {
                        // Stock's bytes would be a jump.
                        (_, Reg::ZERO) => base::addi(rd, rs, 0),
                        // A hint.
                        (Reg::ZERO, _) => Inst(c_mv(Reg::RA, rs).0 & !(31 << 7)),
                        _ => c_mv(rd, rs),
                    })
                }
            };
        }
        let found = TABLES.into_iter().flatten().find(|row| {
            STOCK.contains(&row.name)
                && row.flags & ALIAS == 0
                && row.is_in(self.features & (RV32IMC | ZBA | ZCMP))
                && inline::names_instruction(op, row.name)
        });
        let Some(row) = found else {
            return Err(Message::InvalidRv32 { op });
        };
        if row.name.starts_with("cm.") {
            // Stock has finer messages for these, and never shows them.
            let word = self.pair_or_list(row, operands, true);
            return match word {
                Some(word) => self.emit(Inst(word)),
                None => Err(Message::InvalidRv32 { op }),
            };
        }
        let read = self.read_stock(row, op, operands)?;
        match read.label {
            None => self.emit(Inst(read.word)),
            Some((name, kind)) => {
                let relax = self.assembly.dialect() == Dialect::Full && row.need & C == 0;
                match Branch::of_row(read.word, kind.class, kind.bits(), relax) {
                    Some(form) => self.assembly.fixup(form, name),
                    None => Err(Message::InvalidRv32 { op }),
                }
            }
        }
    }

    /// Reads operands as stock does, with stock's messages.
    fn read_stock(
        &self,
        row: &'static Row<Class>,
        op: &'a str,
        operands: &[Operand<'a>],
    ) -> Result<Read<'a>, Message<'a>> {
        let written = |kind: &&&Kind<Class>| !matches!(kind.class, Class::Sp | Class::Base);
        let count = row.operands.iter().filter(written).count();
        if operands.len() != count {
            let count = count as u32;
            return Err(Message::ArgumentCount { op, count });
        }
        // Stock names the register before the number, the manual after it.
        let csr_last = matches!(row.name, "csrrw" | "csrrs" | "csrrc");
        let mut read = Read {
            word: row.bits,
            label: None,
        };
        let mut kinds = row.operands.iter().filter(written);
        let mut order = [kinds.next(), kinds.next(), kinds.next()];
        if csr_last {
            order.swap(1, 2);
        }
        for (at, (kind, &operand)) in order.into_iter().flatten().zip(operands).enumerate() {
            let index = at as u32 + 1;
            let value = match kind.class {
                Class::R => {
                    let register = self.register(op, index, operand)?;
                    self.allowed(op, index, kind, register)?
                }
                Class::Offset => {
                    let (offset, base) = self.memory(op, index, operand)?;
                    let offset = self.in_range(op, index, kind, row, offset)?;
                    let base = self.register(op, index + 1, base)?;
                    let base_kind = row.operands.iter().find(|kind| kind.class == Class::Base);
                    if let Some(kind) = base_kind {
                        let number = self.allowed(op, index + 1, kind, base)?;
                        read.word |= kind.put(number);
                    }
                    offset
                }
                Class::Label => {
                    read.label = Some((label(op, index, operand)?, kind));
                    continue;
                }
                Class::Upper => integer(op, index, operand)? & 0xf_ffff,
                _ => {
                    // What has no sign is judged whole, as by stock; of the rest the low 32 bits count.
                    let value = match operand {
                        Operand::Int(value) if kind.min >= 0 => i32::try_from(value).unwrap_or(-1),
                        _ => integer(op, index, operand)?,
                    };
                    self.in_range(op, index, kind, row, value)?
                }
            };
            read.word |= kind.put(value);
        }
        Ok(read)
    }

    fn register(&self, op: &'a str, index: u32, operand: Operand<'a>) -> Result<Reg, Message<'a>> {
        let register = match operand {
            Operand::Name(name) => Reg::from_name(name),
            _ => None,
        };
        let fault = Fault::ExpectingRegister;
        register.ok_or(Message::Argument { op, index, fault })
    }

    fn allowed(
        &self,
        op: &'a str,
        index: u32,
        kind: &Kind<Class>,
        register: Reg,
    ) -> Result<i32, Message<'a>> {
        let number = i32::from(register.number());
        let fault = Fault::UnknownRegister;
        match kind.encode(number) {
            Some(_) => Ok(number),
            None => Err(Message::Argument { op, index, fault }),
        }
    }

    fn in_range(
        &self,
        op: &'a str,
        index: u32,
        kind: &Kind<Class>,
        row: &Row<Class>,
        value: i32,
    ) -> Result<i32, Message<'a>> {
        if kind.encode(value).is_some() && value <= stock_limit(row.name) {
            return Ok(value);
        }
        let never_zero = ["c.addi", "c.lui", "c.addi4spn"].contains(&row.name);
        let fault = if value == 0 && never_zero {
            Fault::MustNotBeZero
        } else {
            Fault::OutOfRange
        };
        Err(Message::Argument { op, index, fault })
    }

    /// `4(a0)`, `-4(a0)`; stock does not look at the kind of brackets.
    fn memory(
        &self,
        op: &'a str,
        index: u32,
        operand: Operand<'a>,
    ) -> Result<(i32, Operand<'a>), Message<'a>> {
        let fault = Fault::ExpectingOffset;
        let no_offset = Message::Argument { op, index, fault };
        let body = self.assembly.body();
        let (operand, negative) = match operand {
            Operand::Neg(inner) => (body.only(inner), true),
            Operand::Pos(inner) => (body.only(inner), false),
            other => (Some(other), false),
        };
        let Some(Operand::Call(parts) | Operand::Index(parts)) = operand else {
            return Err(no_offset);
        };
        let [offset, inside @ ..] = body.operands(parts) else {
            return Err(no_offset);
        };
        let offset = integer(op, index, *offset)?;
        let offset = if negative {
            offset.wrapping_neg()
        } else {
            offset
        };
        let base = match inside {
            &[base] => base,
            _ => Operand::Other,
        };
        Ok((offset, base))
    }

    /// The instructions of Zcmp. With `stock`, an adjustment of 0 to 48 bytes that is less than
    /// the list takes means the least there is, as stock has it.
    fn pair_or_list(&self, row: &Row<Class>, operands: &[Operand<'a>], stock: bool) -> Option<u32> {
        let &[first, second] = operands else {
            return None;
        };
        if row
            .operands
            .first()
            .is_some_and(|kind| kind.class == Class::R)
        {
            let mut values = [0; 2];
            for (value, operand) in values.iter_mut().zip([first, second]) {
                let Operand::Name(name) = operand else {
                    return None;
                };
                *value = i32::from(Reg::from_name(name)?.number());
            }
            // The manual has no such rule for `cm.mva01s`.
            let same = values[0] == values[1];
            return row
                .encode(&values)
                .filter(|&word| is_legal(word) && !(stock && same));
        }
        let (Operand::Set(list), Operand::Int(size)) = (first, second) else {
            return None;
        };
        let code = self.list_code(list)?;
        let bytes = i64::from(list_bytes(code as u32, self.features & RV64 != 0));
        let sign = if row.name == "cm.push" { -1 } else { 1 };
        let size = i64::from(size as i32) * sign;
        if stock && ![0, 16, 32, 48].contains(&size) || size % 16 != 0 {
            return None;
        }
        let extra = match size {
            0 => 0,
            1..=48 if stock => (size - bytes).max(0) / 16,
            _ => (size - bytes) / 16,
        };
        row.encode(&[code, i32::try_from(extra).ok()?])
    }

    /// The code of a register list: `{ra}`, `{ra, s0}`, `{ra, s0-s3}`.
    fn list_code(&self, list: Span) -> Option<i32> {
        let body = self.assembly.body();
        let number = |operand: &Operand<'a>| match operand {
            Operand::Name(name) => Reg::from_name(name).map(Reg::number),
            _ => None,
        };
        let (ra, rest) = body.operands(list).split_first()?;
        if number(ra)? != 1 {
            return None;
        }
        let last = match rest {
            [] => return Some(4),
            [Operand::Sub(ends)] => {
                let [first, last] = body.operands(*ends) else {
                    return None;
                };
                if number(first)? != 8 {
                    return None;
                }
                // A range holds at least two.
                number(last).filter(|&last| last != 8)?
            }
            [one] => number(one).filter(|&one| one == 8)?,
            _ => return None,
        };
        match last {
            8 | 9 => Some(i32::from(last) - 3),
            // s2 to s9; a list that ends with s10 does not exist.
            18..=25 => Some(i32::from(last) - 11),
            27 => Some(List4::KIND.max),
            _ => None,
        }
    }

    // The full dialect.

    fn look_up(&mut self, statement: &Statement<'a>) -> Result<bool, Message<'a>> {
        let operands = self.operands(statement.operands);
        if self.pseudo(statement.op, operands)? {
            return Ok(true);
        }
        for row in TABLES.into_iter().flatten() {
            if !row.is_in(self.features) || !inline::names_instruction(statement.op, row.name) {
                continue;
            }
            let read = if row.name.starts_with("cm.") {
                let word = self.pair_or_list(row, operands, false);
                word.map(|word| Read { word, label: None })
            } else {
                self.read(row, operands)
            };
            let Some(read) = read else {
                continue;
            };
            match read.label {
                None => self.emit(Inst(read.word))?,
                Some((name, kind)) => {
                    let relax = row.need & C == 0;
                    let form = Branch::of_row(read.word, kind.class, kind.bits(), relax);
                    let Some(form) = form else { continue };
                    self.assembly.fixup(form, name)?;
                }
            }
            return Ok(true);
        }
        Ok(false)
    }

    /// Pseudo-instructions of two instructions: calls, and loads from a label.
    fn pseudo(&mut self, op: &str, operands: &[Operand<'a>]) -> Result<bool, Message<'a>> {
        let (form, name) = match (op, operands) {
            ("call", &[Operand::Name(name)]) => (Branch::call(Reg::RA), name),
            ("tail", &[Operand::Name(name)]) => {
                let jump = base::jalr(Reg::ZERO, Reg::T1, 0);
                (Branch::load(jump), name)
            }
            (_, &[Operand::Name(rd), Operand::Name(name)]) => {
                let load: fn(Reg, i32, Reg) -> Inst = match op {
                    "lb" => base::lb,
                    "lbu" => base::lbu,
                    "lh" => base::lh,
                    "lhu" => base::lhu,
                    "lw" => base::lw,
                    "lwu" if self.features & RV64 != 0 => base::lwu,
                    "ld" if self.features & RV64 != 0 => base::ld,
                    _ => return Ok(false),
                };
                match Reg::from_name(rd) {
                    Some(rd) if rd != Reg::ZERO => (Branch::load(load(rd, 0, rd)), name),
                    _ => return Ok(false),
                }
            }
            _ => return Ok(false),
        };
        self.assembly.fixup(form, name)?;
        Ok(true)
    }

    /// Reads operands as the manual writes them.
    fn read(&self, row: &'static Row<Class>, operands: &[Operand<'a>]) -> Option<Read<'a>> {
        let mut read = Read {
            word: row.bits,
            label: None,
        };
        let mut rest = operands;
        let mut base = None;
        for kind in row.operands {
            // `sp` where it can only be that may be written or not.
            if kind.class == Class::Sp {
                if let [Operand::Name("sp"), tail @ ..] = rest {
                    rest = tail;
                }
                continue;
            }
            if kind.class == Class::Rounding && rest.is_empty() {
                read.word |= kind.put(DYNAMIC);
                continue;
            }
            let operand = if kind.class == Class::Base {
                base.take()?
            } else {
                let (&operand, tail) = rest.split_first()?;
                rest = tail;
                operand
            };
            let value = match kind.class {
                Class::Label => {
                    let Operand::Name(name) = operand else {
                        return None;
                    };
                    read.label = Some((name, kind));
                    continue;
                }
                Class::Offset | Class::OffsetSp => match operand {
                    Operand::Int(value) if kind.class == Class::OffsetSp => value as i32,
                    other => {
                        let (offset, register) = self.memory("", 0, other).ok()?;
                        if kind.class == Class::OffsetSp && register != Operand::Name("sp") {
                            return None;
                        }
                        base = Some(register);
                        offset
                    }
                },
                Class::Address => match operand {
                    Operand::List(inner) => self.value(kind, self.assembly.body().only(inner)?)?,
                    other => self.value(kind, other)?,
                },
                _ => self.value(kind, operand)?,
            };
            read.word |= kind.encode(value)?;
        }
        (rest.is_empty() && is_legal(read.word)).then_some(read)
    }

    fn value(&self, kind: &Kind<Class>, operand: Operand<'a>) -> Option<i32> {
        match (kind.class, operand) {
            (Class::R | Class::Base | Class::Address, Operand::Name(name)) => {
                Reg::from_name(name).map(|register| i32::from(register.number()))
            }
            (Class::F, Operand::Name(name)) => {
                FReg::from_name(name).map(|register| i32::from(register.number()))
            }
            (Class::Upper, Operand::Int(value)) => Some(value as i32 & 0xf_ffff),
            (Class::Csr, Operand::Name(name)) => CSR_NAMES
                .iter()
                .find(|(known, _)| *known == name)
                .map(|&(_, number)| number),
            (Class::Fence, Operand::Name(name)) => {
                let mut set = 0;
                for letter in name.chars() {
                    set |= match letter {
                        'i' => 8,
                        'o' => 4,
                        'r' => 2,
                        'w' => 1,
                        _ => return None,
                    };
                }
                Some(set)
            }
            (Class::Rounding, Operand::Name(name)) => Some(match name {
                "rne" => 0,
                "rtz" => 1,
                "rdn" => 2,
                "rup" => 3,
                "rmm" => 4,
                "dyn" => DYNAMIC,
                _ => return None,
            }),
            // `c.lui` is written with its value or with the bits of the value.
            (Class::Int, Operand::Int(value)) if kind.max == 0xf_ffff => {
                Some(value as i32 & 0xf_ffff)
            }
            (Class::Int | Class::Csr | Class::Fence, Operand::Int(value)) => {
                i32::try_from(value).ok()
            }
            _ => None,
        }
    }
}

fn integer<'a>(op: &'a str, index: u32, operand: Operand<'a>) -> Result<i32, Message<'a>> {
    let fault = Fault::ExpectingInteger;
    match operand {
        Operand::Int(value) => Ok(value as i32),
        _ => Err(Message::Argument { op, index, fault }),
    }
}

fn label<'a>(op: &'a str, index: u32, operand: Operand<'a>) -> Result<&'a str, Message<'a>> {
    let fault = Fault::ExpectingLabel;
    match operand {
        Operand::Name(name) => Ok(name),
        _ => Err(Message::Argument { op, index, fault }),
    }
}
