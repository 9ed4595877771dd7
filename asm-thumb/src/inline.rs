//! The inline assembler: functions as they are, and operands against the tables.
//!
//! A statement is tried as stock tools read it ([`crate::stock`]). In the full dialect, what stock
//! refuses is then looked up in the tables under the manual's mnemonic:
//!
//! | the manual writes | a program writes |
//! | --- | --- |
//! | `add.w r0, r1, r2, lsl #3` | `add_w(r0, r1, r2, lsl(3))` |
//! | `ldr r0, [r1, r2, lsl #2]` | `ldr(r0, [r1, r2, lsl(2)])` |
//! | `ldr r0, [r1, #4]!` | `ldr(r0, [r1, 4], "!")` |
//! | `ldr r0, [r1], #4` | `ldr(r0, [r1], 4)` |
//! | `stmdb sp!, {r4, r5}` | `stmdb(sp, "!", {r4, r5})` |
//! | `vldmia r0!, {s4-s7}` | `vldmia(r0, "!", {s4-s7})` |
//! | `ldr r0, table`, `adr r0, table` | `ldr(r0, table)`, `adr(r0, table)` |
//! | `ldr r0, =0x12345678` | `ldr(r0, 0x12345678)` |
//! | `vmov.f32 s0, #1.0` | `vmov_f32(s0, 1.0)` |
//! | `dmb sy`, `cpsid i` | `dmb()` or `dmb(sy)`, `cpsid(i)` |

use ferlance_abi::arch::Arch;
use ferlance_asm::assembly::{Assembly, Trouble};
use ferlance_asm::inline::{self, Body, Dialect, Function, Operand, Span, Statement};
use ferlance_asm::row::{Kind, Row, Slot};
use ferlance_asm::{AsmError, CodeBuffer, Message, RegSet};

use crate::encode::{Class, Lsb, is_predictable};
use crate::fixup::Branch;
use crate::inst::{Features, Inst, POST, PRE, TABLES, V7M, emit};
use crate::listing::SPECIAL_REGISTERS;
use crate::reg::{Cond, DReg, Reg};
use crate::{level, stock, t16};

/// For whom and how to assemble.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// What the core has.
    pub features: Features,
    /// Which spellings are accepted.
    pub dialect: Dialect,
    /// Whether the function is entered in ARM state (`-march=armv6`).
    pub from_arm_state: bool,
}

impl Options {
    /// As `mpy-cross -march` of that architecture has it; `None` if it is not Thumb's.
    pub fn for_arch(arch: Arch, dialect: Dialect) -> Option<Options> {
        let features = match arch {
            Arch::Armv6 | Arch::Armv6m => level::ARMV6M,
            Arch::Armv7m => level::ARMV7M,
            Arch::Armv7em => level::ARMV7EM,
            Arch::Armv7emsp => level::ARMV7EMSP,
            Arch::Armv7emdp => level::ARMV7EMDP,
            _ => return None,
        };
        Some(Options {
            features,
            dialect,
            from_arm_state: arch == Arch::Armv6,
        })
    }
}

/// `push {r4, lr}; add lr, pc, #9; blx lr; pop {r4, lr}; bx lr`, in ARM state, before the rest.
const FROM_ARM_STATE: [u32; 5] = [
    0xe92d_4010,
    0xe28f_e009,
    0xe12f_ff3e,
    0xe8bd_4010,
    0xe12f_ff1e,
];

/// What every function saves: r1 for alignment, r4 to r7, and the return address.
const SAVED: RegSet = RegSet(0xf2);

/// Assembles a function.
pub fn assemble<'a>(body: &Body<'a>, options: &Options) -> Result<Function, AsmError<'a>> {
    let names = ["r0", "r1", "r2", "r3"];
    let parameters = inline::check_parameters(body, "Thumb", names, names)?;
    let mut assembler = Assembler {
        assembly: Assembly::new(CodeBuffer::new(), body, options.dialect),
        features: options.features,
    };
    let at = |line| move |message| AsmError { line, message };
    assembler.enter(options.from_arm_state).map_err(at(0))?;
    for (index, statement) in body.statements().iter().enumerate() {
        let at = at(statement.line);
        assembler.assembly.at(index, statement).map_err(at)?;
        assembler.statement(statement).map_err(at)?;
    }
    assembler.assembly.mark(0).map_err(at(0))?;
    assembler.leave().map_err(at(0))?;
    assembler.assembly.finish(parameters, explain)
}

fn explain<'a>(_: &Statement<'a>, name: &'a str, trouble: Trouble) -> Message<'a> {
    match trouble {
        Trouble::Unbound => Message::LabelNotDefined { name },
        Trouble::OutOfReach { .. } => Message::BranchRange,
    }
}

/// The work on one function.
pub(crate) struct Assembler<'a, 'b> {
    pub(crate) assembly: Assembly<'a, 'b, Branch>,
    pub(crate) features: Features,
}

impl<'a, 'b> Assembler<'a, 'b> {
    fn enter(&mut self, from_arm_state: bool) -> Result<(), Message<'a>> {
        if from_arm_state {
            for word in FROM_ARM_STATE {
                self.assembly.buffer.put(word, 4)?;
            }
        }
        self.assembly.mark(0)?;
        self.emit(t16::push(SAVED.union(RegSet(1 << 14))))
    }

    fn leave(&mut self) -> Result<(), Message<'a>> {
        self.emit(t16::pop(SAVED.union(RegSet(1 << 15))))
    }

    fn statement(&mut self, statement: &Statement<'a>) -> Result<(), Message<'a>> {
        if self.assembly.directive(statement)? {
            return Ok(());
        }
        match stock::instruction(self, statement) {
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

    pub(crate) fn emit(&mut self, inst: Inst) -> Result<(), Message<'a>> {
        emit(&mut self.assembly.buffer, inst).map_err(Message::from)
    }

    pub(crate) fn operands(&self, span: Span) -> &'b [Operand<'a>] {
        self.assembly.body().operands(span)
    }

    /// Assembles by the first row that takes the operands; false if there is none.
    fn look_up(&mut self, statement: &Statement<'a>) -> Result<bool, Message<'a>> {
        let operands = self.operands(statement.operands);
        if let ("ldr", &[Operand::Name(rt), Operand::Int(value)]) = (statement.op, operands)
            && let Some(rt) = Reg::from_name(rt)
            && (rt.is_low() || self.features & V7M != 0)
        {
            let form = Branch::ldr(rt, self.features);
            self.assembly.buffer.literal(form, value as u32)?;
            self.assembly.note()?;
            return Ok(true);
        }
        let (base, suffix) = split_condition(statement.op);
        for row in TABLES.into_iter().flatten() {
            if !row.is_in(self.features) {
                continue;
            }
            let named = if row
                .operands
                .first()
                .is_some_and(|kind| kind.class == Class::Cond)
            {
                matches!(suffix, Some((_, rest)) if conditional_name(row.name, base, rest))
            } else {
                inline::names_instruction(statement.op, row.name)
            };
            if !named {
                continue;
            }
            let mut reader = Reader::new(self.assembly.body(), operands);
            if let Some((cond, _)) = suffix {
                reader.condition = Some(cond);
            }
            let Some(word) = reader.read(row) else {
                continue;
            };
            match reader.label {
                None => self.emit(Inst(word))?,
                Some((name, kind)) => {
                    // Only a mnemonic without a width may change it.
                    let free = !statement.op.ends_with("_n") && !statement.op.ends_with("_w");
                    let relax = (free && self.features & V7M != 0).then_some(self.features);
                    let Some(form) = Branch::of_row(word, kind.class, kind.bits(), relax) else {
                        continue;
                    };
                    self.assembly.fixup(form, name)?;
                }
            }
            return Ok(true);
        }
        Ok(false)
    }
}

/// Splits `beq_w` into `b`, `eq` and `_w`; `vseleq_f32` likewise.
fn split_condition(op: &str) -> (&str, Option<(Cond, &str)>) {
    for base in ["b", "vsel"] {
        if let Some(tail) = op.strip_prefix(base)
            && let Some((name, rest)) = tail.split_at_checked(2)
        {
            let cond = match name {
                "hs" => Some(Cond::Cs),
                "lo" => Some(Cond::Cc),
                _ => Cond::from_name(name),
            };
            if let Some(cond) = cond {
                return (base, Some((cond, rest)));
            }
        }
    }
    (op, None)
}

/// Whether a mnemonic like `b{.n}` is `base` and then `rest`.
fn conditional_name(mnemonic: &str, base: &str, rest: &str) -> bool {
    mnemonic
        .strip_prefix(base)
        .is_some_and(|tail| inline::names_instruction(rest, tail))
}

/// Operands of a statement, read against one row.
struct Reader<'a, 'b> {
    body: &'b Body<'a>,
    operands: &'b [Operand<'a>],
    condition: Option<Cond>,
    label: Option<(&'a str, &'static Kind<Class>)>,
}

impl<'a, 'b> Reader<'a, 'b> {
    fn new(body: &'b Body<'a>, operands: &'b [Operand<'a>]) -> Self {
        Reader {
            body,
            operands,
            condition: None,
            label: None,
        }
    }

    fn next(&mut self) -> Option<Operand<'a>> {
        let (&first, rest) = self.operands.split_first()?;
        self.operands = rest;
        Some(first)
    }

    /// The instruction that the operands make of the row, its target apart.
    fn read(&mut self, row: &'static Row<Class>) -> Option<u32> {
        let mut word = row.bits;
        // What follows an address, while its parts are read.
        let mut outside: Option<&'b [Operand<'a>]> = None;
        let mut values = [0i32; 8];
        for (index, kind) in row.operands.iter().enumerate() {
            if kind.class == Class::Base {
                let Some(Operand::List(parts)) = self.next() else {
                    return None;
                };
                let rest = core::mem::replace(&mut self.operands, self.body.operands(parts));
                outside = Some(rest);
            }
            let value = self.value(kind, word, outside.is_some() && row.flags & POST == 0)?;
            if self
                .label
                .is_some_and(|(_, label)| core::ptr::eq(label, *kind))
            {
                continue;
            }
            word |= kind.encode(value)?;
            if let Some(slot) = values.get_mut(index) {
                *slot = value;
            }
            if kind.class == Class::Base && row.flags & POST != 0 {
                if !self.operands.is_empty() {
                    return None;
                }
                self.operands = outside.take()?;
            }
        }
        if let Some(rest) = outside {
            if !self.operands.is_empty() {
                return None;
            }
            self.operands = rest;
        }
        if row.flags & PRE != 0 && self.next() != Some(Operand::Str("!")) {
            return None;
        }
        // Operands that share bits must agree.
        let agree = row
            .operands
            .iter()
            .zip(values)
            .all(|(kind, value)| kind.take(word) == value || is_place(kind.class));
        (self.operands.is_empty() && agree && is_predictable(word)).then_some(word)
    }

    /// The next operand's value, as `kind` reads it; what may be left out is.
    fn value(&mut self, kind: &'static Kind<Class>, word: u32, inside: bool) -> Option<i32> {
        if let Class::Shift | Class::Lsl | Class::LslAmount | Class::Ror | Class::Barrier =
            kind.class
            && self.operands.is_empty()
        {
            return Some(if kind.class == Class::Barrier { 15 } else { 0 });
        }
        match kind.class {
            Class::Cond => self.condition.map(|cond| cond as i32),
            Class::Int if inside && self.operands.is_empty() => Some(0),
            Class::Int => self.integer(),
            Class::R | Class::Base => self.register(),
            Class::Bang => {
                let register = self.register()?;
                (self.next() == Some(Operand::Str("!"))).then_some(register)
            }
            Class::BangUnlessListed => {
                let register = self.register()?;
                let back = self.operands.first() == Some(&Operand::Str("!"));
                if back {
                    self.next();
                }
                let Some(&Operand::Set(list)) = self.operands.first() else {
                    return None;
                };
                let listed = self.core_list(list)?.contains(register as u8);
                (back != listed).then_some(register)
            }
            Class::List => {
                let list = self.set()?;
                Some(self.core_list(list)?.0 as i32)
            }
            Class::One => {
                let list = self.set()?;
                let list = self.core_list(list)?;
                (list.len() == 1)
                    .then_some(list.first().map(i32::from))
                    .flatten()
            }
            Class::S => single(self.name()?),
            Class::SPair => {
                let first = single(self.name()?)?;
                (single(self.name()?)? == first + 1).then_some(first)
            }
            Class::D => double(self.name()?),
            Class::DLane => match self.next()? {
                Operand::Index(span) => match self.body.operands(span) {
                    &[Operand::Name(name), Operand::Int(half @ 0..=1)] => {
                        Some(double(name)? << 1 | half as i32)
                    }
                    _ => None,
                },
                _ => None,
            },
            Class::SList => {
                let list = self.set()?;
                self.run(list, single)
            }
            Class::DList => {
                let list = self.set()?;
                self.run(list, double)
            }
            Class::Float => match self.next()? {
                Operand::Float(value) => {
                    let short = value as f32;
                    (f64::from(short) == value).then_some(short.to_bits() as i32)
                }
                Operand::Int(value) => Some((value as f32).to_bits() as i32),
                _ => None,
            },
            Class::FloatZero => match self.next()? {
                Operand::Int(0) => Some(0),
                Operand::Float(zero) => (zero == 0.0).then_some(0),
                _ => None,
            },
            // Written in the mnemonic; the stock forms know it.
            Class::ItMask | Class::ItCond => None,
            Class::Sys => {
                let name = self.name()?;
                SPECIAL_REGISTERS
                    .iter()
                    .find(|(known, _)| known.eq_ignore_ascii_case(name))
                    .map(|&(_, number)| number)
            }
            Class::Iflags => match self.name()? {
                "f" => Some(1),
                "i" => Some(2),
                "if_" => Some(3),
                _ => None,
            },
            Class::Barrier => match self.next()? {
                Operand::Name("sy") => Some(15),
                Operand::Int(option) => i32::try_from(option).ok(),
                _ => None,
            },
            Class::Label | Class::LabelWord => {
                self.label = Some((self.name()?, kind));
                Some(0)
            }
            Class::Shift => self.shift(),
            Class::Lsl | Class::LslOne | Class::LslAmount => self.amount("lsl"),
            Class::AsrAmount => self.amount("asr"),
            Class::Ror => self.amount("ror"),
            Class::WidthTo => {
                let last = Lsb::KIND
                    .take(word)
                    .checked_add(self.integer()?)?
                    .checked_sub(1)?;
                Some(last)
            }
            Class::Width => self.integer(),
            Class::P => numbered(self.name()?, 'p'),
            Class::C => numbered(self.name()?, 'c'),
            Class::Fpscr => self.name()?.eq_ignore_ascii_case("fpscr").then_some(0),
            Class::Apsr => (self.name()? == "APSR_nzcv").then_some(0),
        }
    }

    fn name(&mut self) -> Option<&'a str> {
        match self.next()? {
            Operand::Name(name) => Some(name),
            _ => None,
        }
    }

    fn register(&mut self) -> Option<i32> {
        core(self.name()?)
    }

    fn set(&mut self) -> Option<Span> {
        match self.next()? {
            Operand::Set(list) => Some(list),
            _ => None,
        }
    }

    /// An integer as a word: what a program may write for it, signed or unsigned.
    fn integer(&mut self) -> Option<i32> {
        match self.next()? {
            Operand::Int(value) => match i32::try_from(value) {
                Ok(value) => Some(value),
                Err(_) => u32::try_from(value).ok().map(|value| value as i32),
            },
            _ => None,
        }
    }

    fn core_list(&self, list: Span) -> Option<RegSet> {
        let mut set = RegSet::EMPTY;
        self.each(list, core, |first, last| {
            set = set.union(RegSet::range(first as u8, last as u8));
        })?;
        Some(set)
    }

    /// Registers in rising order without gaps: the first, and 256 times how many.
    fn run(&self, list: Span, number: fn(&str) -> Option<i32>) -> Option<i32> {
        let mut run: Option<(i32, i32)> = None;
        let mut gaps = false;
        self.each(list, number, |first, last| {
            run = match run {
                None => Some((first, last)),
                Some((start, end)) => {
                    gaps |= first != end + 1;
                    Some((start, last))
                }
            };
        })?;
        let (first, last) = run.filter(|_| !gaps)?;
        Some(first | (last - first + 1) << 8)
    }

    /// Calls `add` with the ends of each part of a list: a register, or a range of them.
    fn each(
        &self,
        list: Span,
        number: impl Fn(&str) -> Option<i32>,
        mut add: impl FnMut(i32, i32),
    ) -> Option<()> {
        for part in self.body.operands(list) {
            let (first, last) = match *part {
                Operand::Name(name) => (number(name)?, number(name)?),
                Operand::Sub(ends) => match self.body.operands(ends) {
                    &[Operand::Name(first), Operand::Name(last)] => (number(first)?, number(last)?),
                    _ => return None,
                },
                _ => return None,
            };
            if first > last {
                return None;
            }
            add(first, last);
        }
        Some(())
    }

    /// `lsl(3)` and the like, or the bare name `rrx`, as the bits of a shift.
    fn shift(&mut self) -> Option<i32> {
        let call = match self.next()? {
            Operand::Name("rrx") => return Some(3),
            Operand::Call(call) => call,
            _ => return None,
        };
        let &[Operand::Name(name), Operand::Int(by)] = self.body.operands(call) else {
            return None;
        };
        let (kind, allowed) = match name {
            "lsl" => (0, 0..=31),
            "lsr" => (1, 1..=32),
            "asr" => (2, 1..=32),
            "ror" => (3, 1..=31),
            _ => return None,
        };
        allowed
            .contains(&by)
            .then_some(kind | (by as i32 & 31) << 2)
    }

    /// The amount of a shift that can only be `name`.
    fn amount(&mut self, name: &str) -> Option<i32> {
        let Operand::Call(call) = self.next()? else {
            return None;
        };
        match self.body.operands(call) {
            &[Operand::Name(written), Operand::Int(by)] if written == name => by.try_into().ok(),
            _ => None,
        }
    }
}

fn is_place(class: Class) -> bool {
    matches!(class, Class::Label | Class::LabelWord)
}

fn core(name: &str) -> Option<i32> {
    Reg::from_name(name).map(|register| i32::from(register.number()))
}

fn single(name: &str) -> Option<i32> {
    numbered(name, 's').filter(|&number| number < 32)
}

fn double(name: &str) -> Option<i32> {
    DReg::from_name(name).map(|register| i32::from(register.number()))
}

/// A letter and a decimal number.
fn numbered(name: &str, letter: char) -> Option<i32> {
    let digits = name.strip_prefix(letter)?;
    let good = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if good { digits.parse().ok() } else { None }
}
