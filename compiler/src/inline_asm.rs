//! Functions in inline assembler: from the tree of a decorated function to machine code.
//!
//! ```text
//! def f(r0): mov(r0, 1)  ─▶  FunctionDef  ─▶  asm::inline::Body  ─▶  assemble of the architecture  ─▶  RawKind::Asm
//! ```
//!
//! The architecture, not the decorator's name, selects the assembler. Operands come as the parser folded them, so names
//! bound by `const()` are integers here. What is not an instruction is refused with upstream's message; the operands
//! of instructions are the assembler's business.
//!
//! Errors are reported at the statement at fault, also for Xtensa, where upstream names the `def` line.

use core::fmt::Write;

use ferlance_abi::arch::Arch;
use ferlance_abi::ops::{BinaryOp, UnaryOp};
#[cfg(any(feature = "rv32", feature = "thumb", feature = "xtensa"))]
use ferlance_abi::qstr;
use ferlance_abi::qstr::{Pool, Qstr};
use ferlance_asm::error::Fault;
use ferlance_asm::inline::{self, Body, Operand, Parameter, Span};
use ferlance_asm::{AsmError, Message};
use ferlance_bytecode::module::{RawCode, RawKind};
use ferlance_collections::{OutOfMemory, TryVec};
use ferlance_frontend::Diag;
use ferlance_frontend::ast::{
    Ast, Const, ExprId, ExprKind, FunctionDef, Items, Param, ParamKind, StmtId, StmtKind,
};
use ferlance_frontend::diag::Code;
use ferlance_frontend::error::Arg;
use ferlance_frontend::hir::{self, ScopeId};
use ferlance_frontend::lower::Lower;
use ferlance_frontend::source::Pos;

use crate::options::Options;
use crate::scope_driver::Notes;

/// Operands nested more deeply mean nothing to any assembler.
const MAX_DEPTH: u32 = 8;

/// The decorator that the compiler on a device of this architecture knows; `None` where there is no assembler.
pub(crate) fn decorator(arch: Arch) -> Option<Qstr> {
    match arch {
        #[cfg(feature = "thumb")]
        Arch::Armv6
        | Arch::Armv6m
        | Arch::Armv7m
        | Arch::Armv7em
        | Arch::Armv7emsp
        | Arch::Armv7emdp => Some(qstr!("asm_thumb")),
        #[cfg(feature = "xtensa")]
        Arch::Xtensa | Arch::Xtensawin => Some(qstr!("asm_xtensa")),
        #[cfg(feature = "rv32")]
        Arch::Rv32imc => Some(qstr!("asm_rv32")),
        #[cfg(feature = "rv32")]
        Arch::Rv64imc => Some(qstr!("asm_rv64")),
        _ => None,
    }
}

/// Assembles the function of `scope`.
pub(crate) fn emit(
    lower: &Lower<'_>,
    scope: ScopeId,
    options: &Options<'_>,
    notes: Option<&mut Notes>,
) -> Result<RawCode<'static>, Diag> {
    // Without an assembler lowering lets no such function through, and none of this is needed.
    if !cfg!(any(feature = "rv32", feature = "thumb", feature = "xtensa")) {
        return Err(lower.scope_error(scope, Code::AsmNotFunction));
    }
    let hir::Body::Function(function) = lower.scopes()[scope].body else {
        return Err(lower.scope_error(scope, Code::AsmNotFunction));
    };
    let def = lower.ast().get(function);
    let result_type = result_type(lower, scope, &def)?;
    let mut reader = Reader {
        ast: lower.ast(),
        pool: lower.pool(),
        body: Body::new(),
        places: TryVec::new(),
    };
    reader.body.marks_lines = notes.is_some();
    for param in reader.ast.items(def.params) {
        reader.parameter(&param)?;
    }
    let no_instruction = match reader.statements(reader.ast.items(def.body), def.pos) {
        Ok(()) => None,
        Err(Stop::OutOfMemory) => return Err(Diag::from(OutOfMemory)),
        Err(Stop::NoInstruction(pos)) => {
            Some(lower.error_within(scope, Code::AsmExpectingInstruction, pos))
        }
    };
    let assembled = match (assemble(&reader.body, options), no_instruction) {
        (Ok(assembled), None) => assembled,
        // The signature and what stands before it are judged first; labels are looked up last.
        (Err(error), Some(diag)) if is_about_labels(&error.message) => return Err(diag),
        (Err(error), _) => return Err(explain(lower, scope, &error, &reader.places)),
        (Ok(_), Some(diag)) => return Err(diag),
    };
    #[cfg(feature = "native")]
    if let Some(notes) = notes {
        let line = reader.ast.line(def.pos);
        let line_of = |number: u32| match number.checked_sub(1) {
            Some(at) => reader
                .places
                .get(at as usize)
                .map(|place| reader.ast.line(*place)),
            None => Some(line),
        };
        let statements = reader.body.statements().iter();
        let data = statements.filter(|statement| matches!(statement.op, "data" | "align"));
        let data = TryVec::from_items(data.map(|statement| statement.line))?;
        let name = lower.scopes()[scope].name;
        crate::explain::note_assembled(notes, (name, line), &assembled, &line_of, &data)?;
    }
    #[cfg(not(feature = "native"))]
    let _ = notes;
    Ok(RawCode {
        bytes: assembled.code.into(),
        kind: RawKind::Asm {
            n_pos_args: assembled.parameters,
            type_sig: u32::from(result_type),
        },
        ..RawCode::default()
    })
}

/// Is it known only when the whole function is?
fn is_about_labels(message: &Message<'_>) -> bool {
    matches!(
        code_of(message),
        Code::AsmLabelNotDefined
            | Code::AsmOutOfReach
            | Code::AsmTargetRange
            | Code::AsmTargetPlace
    )
}

/// The type code of the result.
fn result_type(lower: &Lower<'_>, scope: ScopeId, def: &FunctionDef) -> Result<u8, Diag> {
    let ast = lower.ast();
    let name = match def.returns.map(|returns| ast[returns].kind) {
        None => None,
        Some(ExprKind::Name(name)) => Some(lower.pool().str(name)),
        Some(_) => {
            // Upstream has come as far as the first statement that has a line.
            let first = ast
                .items(def.body)
                .map(|stmt| ast[stmt])
                .find(|stmt| matches!(stmt.kind, StmtKind::Expr(_)));
            let pos = first.map_or(def.pos, |stmt| stmt.pos);
            return Err(lower.error_within(scope, Code::AsmReturnNotName, pos));
        }
    };
    inline::result_type(name)
        .ok_or_else(|| lower.error_within(scope, Code::AsmUnknownType, def.pos))
}

fn assemble<'a>(body: &Body<'a>, options: &Options<'_>) -> Result<inline::Function, AsmError<'a>> {
    let dialect = options.asm_dialect;
    #[cfg(feature = "thumb")]
    if let Some(options) = ferlance_asm_thumb::inline::Options::for_arch(options.arch, dialect) {
        return ferlance_asm_thumb::inline::assemble(body, &options);
    }
    #[cfg(feature = "xtensa")]
    if let Some(options) = ferlance_asm_xtensa::inline::Options::for_arch(options.arch, dialect) {
        return ferlance_asm_xtensa::inline::assemble(body, &options);
    }
    #[cfg(feature = "rv32")]
    if let Some(options) =
        ferlance_asm_rv32::inline::Options::for_arch(options.arch, options.arch_flags, dialect)
    {
        return ferlance_asm_rv32::inline::assemble(body, &options);
    }
    // Lowering refuses the decorator where there is no assembler.
    debug_assert!(false, "no assembler for {:?} {dialect:?}", options.arch);
    Ok(inline::Function {
        code: TryVec::new(),
        lines: TryVec::new(),
        parameters: body.parameters.len() as u8,
    })
}

/// Why reading a body stops.
enum Stop {
    /// No memory.
    OutOfMemory,
    /// What stands here is no instruction.
    NoInstruction(Pos),
}

impl From<OutOfMemory> for Stop {
    fn from(_: OutOfMemory) -> Stop {
        Stop::OutOfMemory
    }
}

/// Translates a function's tree.
struct Reader<'a> {
    ast: &'a Ast,
    pool: &'a Pool,
    body: Body<'a>,
    /// Where each instruction stands. The assembler gets numbers of instructions for lines, from 1.
    places: TryVec<Pos>,
}

impl<'a> Reader<'a> {
    fn parameter(&mut self, param: &Param) -> Result<(), OutOfMemory> {
        let parameter = match param {
            Param {
                name: Some(name),
                kind: ParamKind::Plain,
                annotation: None,
                default: None,
                ..
            } => Parameter::Plain(self.pool.str(*name)),
            _ => Parameter::Other,
        };
        self.body.parameters.push(parameter)
    }

    fn statements(&mut self, body: Items<'_, StmtId>, mut behind: Pos) -> Result<(), Stop> {
        for stmt in body {
            let stmt = self.ast[stmt];
            if let Some(first) = self.ast.joined_line(Some(behind), stmt.pos) {
                return Err(Stop::NoInstruction(first));
            }
            behind = stmt.pos;
            match stmt.kind {
                StmtKind::Pass | StmtKind::Mark => {}
                StmtKind::Expr(expr) => self.statement(expr, stmt.pos)?,
                _ => return Err(Stop::NoInstruction(stmt.pos)),
            }
        }
        Ok(())
    }

    /// An instruction, or a constant, which emits nothing.
    fn statement(&mut self, expr: ExprId, pos: Pos) -> Result<(), Stop> {
        use ExprKind::*;
        match self.ast[expr].kind {
            Int { .. } | Str(_) | None | True | False | Ellipsis | Const { .. } => Ok(()),
            Call { func, args } => {
                let Name(op) = self.bare(func) else {
                    return Err(Stop::NoInstruction(pos));
                };
                let operands = self.operands(Option::None, self.ast.items(args), MAX_DEPTH)?;
                // The bracket may stand on a later line than the statement's own first one.
                self.places.push(self.ast.first(expr))?;
                let number = self.places.len() as u32;
                Ok(self.body.push(self.pool.str(op), operands, number)?)
            }
            _ => Err(Stop::NoInstruction(pos)),
        }
    }

    /// An expression without brackets around it.
    fn bare(&self, mut expr: ExprId) -> ExprKind {
        while let ExprKind::Paren(inner) = self.ast[expr].kind {
            expr = inner;
        }
        self.ast[expr].kind
    }

    /// Neighbouring operands: `head`, if there is one, then `items`.
    fn operands(
        &mut self,
        head: Option<ExprId>,
        items: Items<'_, ExprId>,
        depth: u32,
    ) -> Result<Span, OutOfMemory> {
        let count = items.len().saturating_add(usize::from(head.is_some()));
        let span = self.body.reserve(count)?;
        for (index, expr) in head.into_iter().chain(items).enumerate() {
            let operand = self.operand(expr, depth)?;
            self.body.set(span, index, operand);
        }
        Ok(span)
    }

    fn few<const N: usize>(&mut self, exprs: [ExprId; N], depth: u32) -> Result<Span, OutOfMemory> {
        let span = self.body.reserve(N)?;
        for (index, expr) in exprs.into_iter().enumerate() {
            let operand = self.operand(expr, depth)?;
            self.body.set(span, index, operand);
        }
        Ok(span)
    }

    fn operand(&mut self, expr: ExprId, depth: u32) -> Result<Operand<'a>, OutOfMemory> {
        let Some(depth) = depth.checked_sub(1) else {
            return Ok(Operand::Other);
        };
        Ok(match self.bare(expr) {
            ExprKind::Int { value, .. } => Operand::Int(value.get()),
            ExprKind::Name(name) => Operand::Name(self.pool.str(name)),
            ExprKind::Str(text) => Operand::Str(self.pool.str(text)),
            ExprKind::Const { id, .. } => self.constant(&self.ast[id]),
            ExprKind::List(items) => {
                Operand::List(self.operands(None, self.ast.items(items), depth)?)
            }
            ExprKind::Set(items) => {
                Operand::Set(self.operands(None, self.ast.items(items), depth)?)
            }
            ExprKind::Dict(items) if self.ast.items(items).is_empty() => {
                Operand::Set(Span::default())
            }
            ExprKind::Call { func, args } => {
                Operand::Call(self.operands(Some(func), self.ast.items(args), depth)?)
            }
            ExprKind::Index { base, index } => Operand::Index(self.few([base, index], depth)?),
            ExprKind::Unary {
                op: UnaryOp::Negative,
                operand,
            } => Operand::Neg(self.few([operand], depth)?),
            ExprKind::Unary {
                op: UnaryOp::Positive,
                operand,
            } => Operand::Pos(self.few([operand], depth)?),
            ExprKind::Binary {
                op: BinaryOp::Subtract,
                left,
                right,
            } => Operand::Sub(self.few([left, right], depth)?),
            _ => Operand::Other,
        })
    }

    fn constant(&self, value: &Const) -> Operand<'a> {
        match *value {
            Const::Int(value) => Operand::Int(value),
            Const::BigInt(index) => {
                Operand::Int(self.ast.big_int(index).as_ref().to_u64_wrapping() as i64)
            }
            Const::Float(value) => Operand::Float(value),
            Const::Qstr(text) => Operand::Str(self.pool.str(text)),
            Const::Str(text) => match core::str::from_utf8(self.ast.bytes(text)) {
                Ok(text) => Operand::Str(text),
                Err(_) => Operand::Other,
            },
            _ => Operand::Other,
        }
    }
}

/// The assembler's refusal, with its place and its page.
fn explain(lower: &Lower<'_>, scope: ScopeId, error: &AsmError<'_>, places: &[Pos]) -> Diag {
    let code = code_of(&error.message);
    if code == Code::OutOfMemory {
        return Diag::from(OutOfMemory);
    }
    let place = (error.line as usize).checked_sub(1);
    let mut diag = match place.and_then(|at| places.get(at)) {
        Some(&pos) => lower.error_within(scope, code, pos),
        None => lower.scope_error(scope, code),
    };
    let mut text = TryVec::new();
    if write!(text, "{error}").is_err() {
        return Diag::from(OutOfMemory);
    }
    diag.arg = Arg::Whole(text);
    diag
}

fn code_of(message: &Message<'_>) -> Code {
    use Message::*;
    match message {
        TooManyParameters { .. } => Code::AsmTooManyParameters,
        ParameterNames { .. } => Code::AsmParameterNames,
        LabelArguments => Code::AsmLabel,
        LabelRedefined => Code::AsmLabelRedefined,
        AlignArguments => Code::AsmAlign,
        AlignPowerOfTwo => Code::AsmAlignPower,
        DataArguments => Code::AsmData,
        DataIntegers => Code::AsmDataIntegers,
        LabelNotDefined { .. } | UndefinedLabel { .. } => Code::AsmLabelNotDefined,
        BranchRange => Code::AsmOutOfReach,
        Unsupported { .. } | InvalidRv32 { .. } => Code::AsmUnknownInstruction,
        ExpectsRegister { .. }
        | ExpectsFpuRegister { .. }
        | ExpectsSpecialRegister { .. }
        | ExpectsRegisterList { .. }
        | ExpectsAddress { .. }
        | ExpectsInteger { .. }
        | ExpectsLabel { .. }
        | BadOperands { .. } => Code::AsmOperandKind,
        AtMost { .. } => Code::AsmOperandRegister,
        DoesNotFit { .. } | NotWithin { .. } | NotMultiple { .. } => Code::AsmOperandRange,
        ArgumentCount { .. } => Code::AsmOperandCount,
        Argument { fault, .. } => match fault {
            Fault::ExpectingRegister
            | Fault::ExpectingInteger
            | Fault::ExpectingLabel
            | Fault::ExpectingOffset => Code::AsmOperandKind,
            Fault::UnknownRegister => Code::AsmOperandRegister,
            Fault::OutOfRange | Fault::MustNotBeZero => Code::AsmOperandRange,
        },
        XtensaBccRange | XtensaBcczRange | XtensaBitBranchRange | XtensaCall0Range
        | XtensaL32rRange | XtensaJumpRange => Code::AsmTargetRange,
        XtensaCall0Target | XtensaL32rTarget | XtensaL32rPlace => Code::AsmTargetPlace,
        TooLong => Code::AsmTooLong,
        OutOfMemory => Code::OutOfMemory,
    }
}
