//! The inline assembler.
//!
//! All operands of a stock instruction are looked at, and the last mistake is the one reported.
//! Stock's choices that cost only space are kept in its dialect, byte for byte: `movi` always
//! loads a literal from before the prologue, and a conditional branch is short only backwards.
//! [`Options::tight`] gives both their short forms. What stock encodes wrongly (`addi_n` of -1,
//! `call0`) is encoded as the manual says, and offsets that it would round are refused.
//!
//! The full dialect adds all other rows under the manual's mnemonic, with `rsr(a2, sar)`,
//! `loop(a3, END)`, and literal loads from any place.

use ferlance_abi::arch::Arch;
use ferlance_asm::assembly::{Assembly, Trouble};
use ferlance_asm::inline::{self, Body, Dialect, Function, Operand, Span, Statement};
use ferlance_asm::label::Label;
use ferlance_asm::row::{Kind, Row, Slot};
use ferlance_asm::{AsmError, CodeBuffer, Fixup, Message};
use ferlance_collections::TryVec;

use crate::base;
use crate::density::{l32i_n, ret_n, retw_n, s32i_n};
use crate::encode::{Class, I12};
use crate::fixup::Branch;
use crate::inst::{CORE, DENSITY, Features, Inst, MUL32, TABLES, emit};
use crate::level;
use crate::reg::{BReg, FReg, MReg, Reg, SPECIAL_REGISTERS, USER_REGISTERS};

/// For whom and how to assemble.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// What the core has. Stock knows the core, `DENSITY` and `MUL32`, whatever is said here.
    pub features: Features,
    /// Which spellings are accepted.
    pub dialect: Dialect,
    /// Whether functions use register windows (`xtensawin`).
    pub windowed: bool,
    /// Whether `movi` and branches take their shortest forms. Stock's do not.
    pub tight: bool,
}

impl Options {
    /// As `mpy-cross -march` of that architecture has it: an ESP8266, or an ESP32; `None` if it is
    /// not Xtensa's.
    pub fn for_arch(arch: Arch, dialect: Dialect) -> Option<Options> {
        let windowed = match arch {
            Arch::Xtensa => false,
            Arch::Xtensawin => true,
            _ => return None,
        };
        Some(Options {
            features: if windowed { level::LX6 } else { level::LX106 },
            dialect,
            windowed,
            tight: false,
        })
    }
}

/// Bytes of the frame that holds the saved registers (call0).
const FRAME: i32 = 32;

/// Assembles a function.
pub fn assemble<'a>(body: &Body<'a>, options: &Options) -> Result<Function, AsmError<'a>> {
    let names = ["a2", "a3", "a4", "a5"];
    let parameters = inline::check_parameters(body, "Xtensa", names, names)?;
    let mut assembler = Assembler {
        assembly: Assembly::new(CodeBuffer::new(), body, options.dialect),
        options: *options,
        literals: TryVec::new(),
        next_literal: 0,
    };
    let at = |line| move |message| AsmError { line, message };
    assembler.enter().map_err(at(0))?;
    for (index, statement) in body.statements().iter().enumerate() {
        let at = at(statement.line);
        assembler.assembly.at(index, statement).map_err(at)?;
        assembler.statement(statement).map_err(at)?;
    }
    assembler.assembly.mark(0).map_err(at(0))?;
    assembler.leave().map_err(at(0))?;
    assembler.assembly.finish(parameters, explain)
}

fn explain<'a>(statement: &Statement<'a>, name: &'a str, trouble: Trouble) -> Message<'a> {
    match (statement.op, trouble) {
        // Stock takes an unbound label for a misaligned one in these two.
        ("call0", Trouble::Unbound) => Message::XtensaCall0Target,
        ("l32r", Trouble::Unbound) => Message::XtensaL32rTarget,
        (_, Trouble::Unbound) => Message::LabelNotDefined { name },
        ("l32r", Trouble::OutOfReach { target, .. }) if target & 3 != 0 => {
            Message::XtensaL32rTarget
        }
        ("l32r", Trouble::OutOfReach { at, target }) => {
            let here = Branch::l32r(Reg::A0);
            if here.fits(at, target) || at & 3 != 0 {
                Message::XtensaL32rPlace
            } else {
                Message::XtensaL32rRange
            }
        }
        (op, Trouble::OutOfReach { target, .. }) if op.starts_with("call") => {
            if target & 3 != 0 {
                Message::XtensaCall0Target
            } else {
                Message::XtensaCall0Range
            }
        }
        ("bbci" | "bbsi", _) => Message::XtensaBitBranchRange,
        ("beqz" | "bnez" | "bltz" | "bgez" | "beqz_n" | "bnez_n", _) => Message::XtensaBcczRange,
        ("j", _) => Message::XtensaJumpRange,
        (op, _) if op.starts_with('b') => Message::XtensaBccRange,
        _ => Message::BranchRange,
    }
}

/// Stock's instructions that are rows: its name, and the row's if it is another one's.
#[rustfmt::skip]
const STOCK: &[(&str, &str)] = &[
    ("add", "add"), ("addx2", "addx2"), ("addx4", "addx4"), ("addx8", "addx8"),
    ("sub", "sub"), ("subx2", "subx2"), ("subx4", "subx4"), ("subx8", "subx8"),
    ("and_", "and"), ("or_", "or"), ("xor", "xor"), ("mull", "mull"), ("src", "src"),
    ("abs_", "abs"), ("neg", "neg"), ("nsa", "nsa"), ("nsau", "nsau"), ("sll", "sll"), ("sra", "sra"), ("srl", "srl"),
    ("slli", "slli"), ("srai", "srai"), ("srli", "srli"),
    ("ssl", "ssl"), ("ssr", "ssr"), ("ssa8b", "ssa8b"), ("ssa8l", "ssa8l"), ("ssai", "ssai"),
    ("addi", "addi"), ("addmi", "addmi"), ("l8ui", "l8ui"), ("s8i", "s8i"),
    ("l16ui", "l16ui"), ("l16si", "l16si"), ("s16i", "s16i"), ("l32i", "l32i"), ("s32i", "s32i"),
    ("add_n", "add.n"), ("addi_n", "addi.n"), ("mov", "mov.n"), ("mov_n", "mov.n"), ("movi_n", "movi.n"),
    ("l32i_n", "l32i.n"), ("s32i_n", "s32i.n"), ("l32r", "l32r"),
    ("nop", "nop"), ("nop_n", "nop.n"), ("ret", "ret.n"), ("ret_n", "ret.n"),
    ("callx0", "callx0"), ("jx", "jx"), ("call0", "call0"), ("j", "j"),
    ("beq", "beq"), ("bne", "bne"), ("blt", "blt"), ("bge", "bge"), ("bltu", "bltu"), ("bgeu", "bgeu"),
    ("bany", "bany"), ("bnone", "bnone"), ("ball", "ball"), ("bnall", "bnall"), ("bbc", "bbc"), ("bbs", "bbs"),
    ("bbci", "bbci"), ("bbsi", "bbsi"), ("beqz", "beqz"), ("bnez", "bnez"), ("bltz", "bltz"), ("bgez", "bgez"),
    ("beqz_n", "beqz"), ("bnez_n", "bnez"),
];

struct Assembler<'a, 'b> {
    assembly: Assembly<'a, 'b, Branch>,
    options: Options,
    /// Labels of the literals, in the order of the `movi`s that load them.
    literals: TryVec<Label>,
    next_literal: usize,
}

impl<'a, 'b> Assembler<'a, 'b> {
    fn emit(&mut self, inst: Inst) -> Result<(), Message<'a>> {
        emit(&mut self.assembly.buffer, inst).map_err(Message::from)
    }

    fn operands(&self, span: Span) -> &'b [Operand<'a>] {
        self.assembly.body().operands(span)
    }

    /// Whether a `movi` of this value takes a literal.
    fn takes_literal(&self, value: i32) -> bool {
        !(self.options.tight && I12::KIND.encode(value).is_some())
    }

    /// Literals with a jump over them, then the prologue.
    fn enter(&mut self) -> Result<(), Message<'a>> {
        let mut words = TryVec::new();
        for statement in self.assembly.body().statements() {
            if let ("movi", &[_, Operand::Int(value)]) =
                (statement.op, self.operands(statement.operands))
                && self.takes_literal(value as i32)
            {
                words.push(value as u32)?;
            }
        }
        if !words.is_empty() {
            let start = self.assembly.buffer.new_label()?;
            self.assembly.buffer.fixup(Branch::j(), start)?;
            self.assembly.buffer.put(0, 1)?;
            for &word in words.iter() {
                let label = self.assembly.buffer.here()?;
                self.literals.push(label)?;
                self.assembly.buffer.put(word, 4)?;
            }
            self.assembly.buffer.bind(start);
            self.assembly.note()?;
        }
        self.assembly.mark(0)?;
        let (sp, ra) = (Reg::A1, Reg::A0);
        if self.options.windowed {
            self.emit(base::entry(sp, 48))?;
            return self.emit(s32i_n(ra, sp, 0));
        }
        self.emit(base::addi(sp, sp, -FRAME))?;
        for (register, offset) in SAVED {
            self.emit(s32i_n(register, sp, offset))?;
        }
        Ok(())
    }

    fn leave(&mut self) -> Result<(), Message<'a>> {
        let (sp, ra) = (Reg::A1, Reg::A0);
        if self.options.windowed {
            self.emit(l32i_n(ra, sp, 0))?;
            return self.emit(retw_n());
        }
        for (register, offset) in SAVED.into_iter().rev() {
            self.emit(l32i_n(register, sp, offset))?;
        }
        self.emit(base::addi(sp, sp, FRAME))?;
        self.emit(ret_n())
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
        let unsupported = Message::Unsupported {
            arch: "Xtensa",
            op,
            count: operands.len() as u32,
        };
        if op == "movi" {
            let &[rt, value] = operands else {
                return Err(unsupported);
            };
            return self.movi(op, rt, value);
        }
        let Some((_, name)) = STOCK.iter().find(|(written, _)| *written == op) else {
            return Err(unsupported);
        };
        let named = |row: &&Row<Class>| row.name == *name && row.is_in(CORE | DENSITY | MUL32);
        let Some(row) = TABLES.into_iter().flatten().find(named) else {
            return Err(unsupported);
        };
        if row.operands.len() != operands.len() {
            return Err(unsupported);
        }
        let mut error = None;
        let mut word = row.bits;
        let mut label = None;
        // The last mistake is reported. These judge their constant first.
        let constant_first = CONSTANT_FIRST.contains(&op);
        let is_late = |kind: &Kind<Class>| constant_first && kind.class == Class::R;
        let pairs = || row.operands.iter().zip(operands);
        let early = pairs().filter(|(kind, _)| !is_late(kind));
        for (kind, &operand) in early.chain(pairs().filter(|(kind, _)| is_late(kind))) {
            match stock_operand(op, kind, operand) {
                Ok(Value::Number(value)) => word |= kind.put(value),
                Ok(Value::Place(name)) => label = Some((name, *kind)),
                Err(message) => error = Some(message),
            }
        }
        match (error, label) {
            (Some(message), _) => Err(message),
            (None, None) => self.emit(Inst(word)),
            (None, Some((name, kind))) => {
                let form = self.stock_form(op, Inst(word), name, kind)?;
                self.assembly.fixup(form, name)
            }
        }
    }

    fn movi(
        &mut self,
        op: &'a str,
        rt: Operand<'a>,
        value: Operand<'a>,
    ) -> Result<(), Message<'a>> {
        // The last mistake is reported, so the second operand is judged first.
        let Operand::Int(value) = value else {
            return Err(Message::ExpectsInteger { op });
        };
        let Some(rt) = register(rt) else {
            return Err(Message::ExpectsRegister { op });
        };
        if !self.takes_literal(value as i32) {
            return self.emit(base::movi(rt, value as i32));
        }
        let literal = self.literals.get(self.next_literal).copied();
        self.next_literal += 1;
        let Some(literal) = literal else {
            return Err(Message::XtensaL32rRange);
        };
        self.assembly.buffer.fixup(Branch::l32r(rt), literal)?;
        self.assembly.note()
    }

    /// The form of a branch, jump, call or literal load.
    fn stock_form(
        &mut self,
        op: &'a str,
        inst: Inst,
        name: &'a str,
        kind: &'static Kind<Class>,
    ) -> Result<Branch, Message<'a>> {
        if op == "l32r" {
            let rt = Reg::new((inst.0 >> 4 & 15) as u8);
            return Ok(match self.assembly.dialect() {
                Dialect::Stock => Branch::l32r_at_word(rt),
                Dialect::Full => Branch::l32r(rt),
            });
        }
        let unsupported = Message::Unsupported {
            arch: "Xtensa",
            op,
            count: 0,
        };
        let conditional = kind.class == Class::Label && op != "j";
        if conditional && self.options.tight && !matches!(op, "bbci" | "bbsi") {
            return Ok(Branch::conditional(inst, self.options.features));
        }
        let exact = Branch::of_row(inst.0, kind.class, kind.bits(), false).ok_or(unsupported)?;
        if !conditional || matches!(op, "bbci" | "bbsi") {
            return Ok(exact);
        }
        // Short only back to a label that is bound already and near.
        let label = self.assembly.label(name)?;
        let here = self.assembly.buffer.offset();
        let near = match self.assembly.buffer.offset_of(label) {
            Some(target) => target < here && exact.fits(here, target) || target == here,
            None => false,
        };
        Ok(if near {
            exact
        } else {
            Branch::inverted_over_jump(inst)
        })
    }

    // The full dialect.

    fn look_up(&mut self, statement: &Statement<'a>) -> Result<bool, Message<'a>> {
        let operands = self.operands(statement.operands);
        for row in TABLES.into_iter().flatten() {
            let named = inline::names_instruction(statement.op, row.name);
            if !named || !row.is_in(self.options.features) || row.operands.len() != operands.len() {
                continue;
            }
            let mut values = [0i32; 4];
            let mut label = None;
            let mut good = true;
            let mut word = row.bits;
            for ((kind, &operand), slot) in row.operands.iter().zip(operands).zip(&mut values) {
                match (value(kind, operand), operand) {
                    (Some(value), _) => {
                        *slot = value;
                        word |= kind.encode(value).unwrap_or(0);
                        good &= kind.encode(value).is_some();
                    }
                    (None, Operand::Name(name)) if is_place(kind.class) => {
                        label = Some((name, *kind));
                    }
                    _ => good = false,
                }
            }
            if !good {
                continue;
            }
            match label {
                None => self.emit(Inst(word))?,
                Some((name, kind)) => {
                    let form = Branch::of_row(word, kind.class, kind.bits(), true);
                    let Some(form) = form else { continue };
                    self.assembly.fixup(form, name)?;
                }
            }
            return Ok(true);
        }
        Ok(false)
    }
}

/// Stock judges the constants of these before their registers.
const CONSTANT_FIRST: [&str; 8] = [
    "addi", "l8ui", "l16ui", "l16si", "l32i", "s8i", "s16i", "s32i",
];

/// What a call0 function saves, and where.
const SAVED: [(Reg, i32); 5] = [
    (Reg::A0, 0),
    (Reg::A12, 4),
    (Reg::A13, 8),
    (Reg::A14, 12),
    (Reg::A15, 16),
];

enum Value<'a> {
    Number(i32),
    Place(&'a str),
}

/// An operand as stock reads it.
fn stock_operand<'a>(
    op: &'a str,
    kind: &Kind<Class>,
    operand: Operand<'a>,
) -> Result<Value<'a>, Message<'a>> {
    match (kind.class, operand) {
        (Class::R, _) => match register(operand) {
            Some(register) => Ok(Value::Number(i32::from(register.number()))),
            None => Err(Message::ExpectsRegister { op }),
        },
        (class, Operand::Name(name)) if is_place(class) => Ok(Value::Place(name)),
        (class, _) if is_place(class) => Err(Message::ExpectsLabel { op }),
        (_, Operand::Int(value)) => {
            let value = value as i32;
            let (min, max) = (kind.min, kind.max);
            if value < min || value > max {
                return Err(Message::NotWithin {
                    op,
                    value,
                    min,
                    max,
                });
            }
            if kind.is_plain() && value % kind.step() != 0 {
                let of = kind.step();
                return Err(Message::NotMultiple { value, of });
            }
            match kind.encode(value) {
                Some(_) => Ok(Value::Number(value)),
                None => Err(Message::BadOperands { op }),
            }
        }
        _ => Err(Message::ExpectsInteger { op }),
    }
}

fn is_place(class: Class) -> bool {
    matches!(class, Class::Label | Class::LabelCall | Class::LabelLiteral)
}

fn register(operand: Operand<'_>) -> Option<Reg> {
    match operand {
        Operand::Name(name) => Reg::from_name(name),
        _ => None,
    }
}

/// An operand as the manual writes it; `None` also for places.
fn value(kind: &Kind<Class>, operand: Operand<'_>) -> Option<i32> {
    let by_name = |names: &[(&str, i32)], name: &str| {
        let same = |known: &&(&str, i32)| known.0.eq_ignore_ascii_case(name);
        names.iter().find(same).map(|&(_, number)| number)
    };
    match (kind.class, operand) {
        (Class::R, Operand::Name(name)) => Reg::from_name(name).map(|r| i32::from(r.number())),
        (Class::F, Operand::Name(name)) => FReg::from_name(name).map(|r| i32::from(r.number())),
        (Class::B, Operand::Name(name)) => BReg::from_name(name).map(|r| i32::from(r.number())),
        (Class::M, Operand::Name(name)) => MReg::from_name(name).map(|r| i32::from(r.number())),
        (Class::Special, Operand::Name(name)) => by_name(SPECIAL_REGISTERS, name),
        (Class::User, Operand::Name(name)) => by_name(USER_REGISTERS, name),
        (Class::Int | Class::Special | Class::User, Operand::Int(value)) => {
            i32::try_from(value).ok()
        }
        _ => None,
    }
}
