//! Why code could not be laid out, and why an inline-assembler function was refused.
//!
//! Messages are MicroPython's, letter for letter; [`Message`]'s `Display` is the table of them.

use core::fmt;

use ferlance_collections::oom::OutOfMemory;

use crate::label::Label;

/// Why a buffer could not be finished.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BufferError {
    /// No memory for the bytes.
    OutOfMemory,
    /// A label is used and never bound: its user's fault, named by the site.
    Unbound {
        /// The label.
        label: Label,
        /// The first site that refers to it.
        site: usize,
    },
    /// No form of the instruction reaches its target.
    OutOfReach {
        /// The target.
        label: Label,
        /// The site.
        site: usize,
        /// Where the site stands.
        at: u32,
        /// Where the target stands.
        target: u32,
    },
    /// The code is longer than any branch could span.
    TooLong,
}

impl From<OutOfMemory> for BufferError {
    fn from(_: OutOfMemory) -> Self {
        BufferError::OutOfMemory
    }
}

impl fmt::Display for BufferError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            BufferError::OutOfMemory => "memory allocation failed",
            BufferError::Unbound { .. } => "label not defined",
            BufferError::OutOfReach { .. } => "branch not in range",
            BufferError::TooLong => "code too long",
        })
    }
}

impl core::error::Error for BufferError {}

/// The Python exception that a refusal is raised as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exception {
    /// The usual one.
    SyntaxError,
    /// Raised without a traceback entry, by Xtensa's branch and alignment checks.
    RuntimeError,
    /// No memory.
    MemoryError,
}

/// What is wrong with one operand, in RV32's messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the texts below say it")]
pub enum Fault {
    ExpectingRegister,
    ExpectingInteger,
    ExpectingLabel,
    ExpectingOffset,
    UnknownRegister,
    OutOfRange,
    MustNotBeZero,
}

/// Why an inline-assembler function was refused. Always the program's fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "the texts below say it; `op` is the operation's name as written"
)]
pub enum Message<'a> {
    TooManyParameters {
        arch: &'static str,
    },
    ParameterNames {
        first: &'static str,
        last: &'static str,
    },
    LabelArguments,
    LabelRedefined,
    AlignArguments,
    AlignPowerOfTwo,
    DataArguments,
    DataIntegers,
    LabelNotDefined {
        name: &'a str,
    },
    BranchRange,
    Unsupported {
        arch: &'static str,
        op: &'a str,
        count: u32,
    },
    ExpectsRegister {
        op: &'a str,
    },
    ExpectsFpuRegister {
        op: &'a str,
    },
    ExpectsSpecialRegister {
        op: &'a str,
    },
    ExpectsRegisterList {
        op: &'a str,
    },
    ExpectsAddress {
        op: &'a str,
    },
    ExpectsInteger {
        op: &'a str,
    },
    ExpectsLabel {
        op: &'a str,
    },
    AtMost {
        op: &'a str,
        register: u8,
    },
    DoesNotFit {
        op: &'a str,
        value: u32,
        mask: u32,
    },
    NotWithin {
        op: &'a str,
        value: i32,
        min: i32,
        max: i32,
    },
    NotMultiple {
        value: i32,
        of: i32,
    },
    BadOperands {
        op: &'a str,
    },
    InvalidRv32 {
        op: &'a str,
    },
    ArgumentCount {
        op: &'a str,
        count: u32,
    },
    Argument {
        op: &'a str,
        index: u32,
        fault: Fault,
    },
    UndefinedLabel {
        op: &'a str,
        index: u32,
        name: &'a str,
    },
    XtensaBccRange,
    XtensaBcczRange,
    XtensaBitBranchRange,
    XtensaCall0Range,
    XtensaCall0Target,
    XtensaL32rRange,
    XtensaL32rTarget,
    XtensaL32rPlace,
    XtensaJumpRange,
    TooLong,
    OutOfMemory,
}

impl fmt::Display for Message<'_> {
    #[rustfmt::skip]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use Message::*;
        match *self {
            TooManyParameters { arch: "RV32" } => f.write_str("can only have up to 4 parameters for RV32 assembly"),
            TooManyParameters { arch } => write!(f, "can only have up to 4 parameters to {arch} assembly"),
            ParameterNames { first, last } => write!(f, "parameters must be registers in sequence {first} to {last}"),
            LabelArguments => f.write_str("'label' requires 1 argument"),
            LabelRedefined => f.write_str("label redefined"),
            AlignArguments => f.write_str("'align' requires 1 argument"),
            AlignPowerOfTwo => f.write_str("'align' requires a power of 2"),
            DataArguments => f.write_str("'data' requires at least 2 arguments"),
            DataIntegers => f.write_str("'data' requires integer arguments"),
            LabelNotDefined { name } => write!(f, "label '{name}' not defined"),
            BranchRange => f.write_str("branch not in range"),
            Unsupported { arch, op, count } => write!(f, "unsupported {arch} instruction '{op}' with {count} arguments"),
            ExpectsRegister { op } => write!(f, "'{op}' expects a register"),
            ExpectsFpuRegister { op } => write!(f, "'{op}' expects an FPU register"),
            ExpectsSpecialRegister { op } => write!(f, "'{op}' expects a special register"),
            ExpectsRegisterList { op } => write!(f, "'{op}' expects {{r0, r1, ...}}"),
            ExpectsAddress { op } => write!(f, "'{op}' expects an address of the form [a, b]"),
            ExpectsInteger { op } => write!(f, "'{op}' expects an integer"),
            ExpectsLabel { op } => write!(f, "'{op}' expects a label"),
            AtMost { op, register } => write!(f, "'{op}' expects at most r{register}"),
            DoesNotFit { op, value, mask } => write!(f, "'{op}' integer {value:#x} doesn't fit in mask {mask:#x}"),
            NotWithin { op, value, min, max } => write!(f, "'{op}' integer {value} isn't within range {min}..{max}"),
            NotMultiple { value, of } => write!(f, "{value} is not a multiple of {of}"),
            BadOperands { op } => write!(f, "'{op}' does not take these operands"),
            InvalidRv32 { op } => write!(f, "invalid RV32 instruction '{op}'"),
            ArgumentCount { op, count } => write!(f, "opcode '{op}': expecting {count} arguments"),
            Argument { op, index, fault } => write!(f, "opcode '{op}' argument {index}: {}", fault.text()),
            UndefinedLabel { op, index, name } => write!(f, "opcode '{op}' argument {index}: undefined label '{name}'"),
            XtensaBccRange => f.write_str("ERROR: xtensa bcc out of range"),
            XtensaBcczRange => f.write_str("ERROR: xtensa bccz out of range"),
            XtensaBitBranchRange => f.write_str("ERROR: xtensa bit_branch out of range"),
            XtensaCall0Range => f.write_str("ERROR: xtensa call0 out of range"),
            XtensaCall0Target => f.write_str("ERROR: call0 target not word-aligned"),
            XtensaL32rRange => f.write_str("ERROR: xtensa l32r out of range"),
            XtensaL32rPlace => f.write_str("ERROR: l32r location not word-aligned"),
            XtensaL32rTarget => f.write_str("ERROR: l32r target not word-aligned"),
            XtensaJumpRange => f.write_str("ERROR: xtensa jump out of range"),
            TooLong => f.write_str("code too long"),
            OutOfMemory => f.write_str("memory allocation failed"),
        }
    }
}

impl Fault {
    fn text(self) -> &'static str {
        match self {
            Fault::ExpectingRegister => "expecting register",
            Fault::ExpectingInteger => "expecting integer",
            Fault::ExpectingLabel => "expecting label",
            Fault::ExpectingOffset => "expecting offset",
            Fault::UnknownRegister => "unknown register",
            Fault::OutOfRange => "out of range",
            Fault::MustNotBeZero => "must not be zero",
        }
    }
}

impl Message<'_> {
    /// The exception that stock tools raise for it.
    pub fn exception(&self) -> Exception {
        use Message::*;
        match self {
            XtensaBccRange | XtensaBcczRange | XtensaBitBranchRange | XtensaCall0Range
            | XtensaCall0Target | XtensaL32rRange | XtensaL32rPlace | XtensaL32rTarget
            | XtensaJumpRange => Exception::RuntimeError,
            OutOfMemory => Exception::MemoryError,
            _ => Exception::SyntaxError,
        }
    }
}

/// A refused inline-assembler function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AsmError<'a> {
    /// Line of the statement at fault; 0 for the signature.
    ///
    /// Stock Xtensa reports everything but undefined labels on the `def` line, and `RuntimeError`s
    /// on none; a front end that wants that maps it by [`Message::exception`].
    pub line: u32,
    /// What is wrong.
    pub message: Message<'a>,
}

impl fmt::Display for AsmError<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.message.fmt(f)
    }
}

impl core::error::Error for AsmError<'_> {}
