//! Symbolic bytecode as text, both ways: for snapshots, for tests that say what they mean, and for looking.
//!
//! ```text
//! code "bump" bytecode line 2
//! args 2 kwonly 0 defaults 1 free 1 flags 0
//! params "*" "by"
//! locals 2 state 4 blocks 0
//! cells
//! children
//!   line 3
//! L0:
//!   LOAD_DEREF 0
//!   LOAD_ATTR "x"
//!   UNWIND_JUMP L0 1
//! end
//! ```
//!
//! Names are quoted with `\"`, `\\`, `\n`, `\r` and `\xNN` (a byte) as escapes. Blank lines and what follows `;` are ignored.
use core::fmt::{self, Write};

use ferlance_abi::qstr::Pool;
use ferlance_abi::{BinaryOp, CodeKind, NativeType, Qstr, ScopeFlags, UnaryOp};
use ferlance_collections::{OutOfMemory, TryVec};

use crate::code::Code;
use crate::for_each_op;
use crate::module::CodeId;
use crate::op::{CallArgs, Child, Comp, ConstId, Label, Local, Op, SmallInt, Unpack};

/// Displays a `Code`; see the header of this file.
pub struct Display<'a> {
    /// The code.
    pub code: &'a Code,
    /// Where its names are.
    pub pool: &'a Pool,
}

impl fmt::Display for Display<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Display { code, pool } = self;
        f.write_str("code ")?;
        write_name(f, pool, code.name)?;
        writeln!(f, " {} line {}", kind_name(code.kind), code.line)?;
        writeln!(
            f,
            "args {} kwonly {} defaults {} free {} flags {}",
            code.n_pos_args,
            code.n_kwonly_args,
            code.n_def_pos_args,
            code.n_free,
            code.flags.bits()
        )?;
        write_names(f, pool, "params", &code.param_names)?;
        writeln!(
            f,
            "locals {} state {} blocks {}",
            code.n_locals,
            code.n_state(),
            code.n_exc_stack()
        )?;
        if !code.local_names.is_empty() {
            write_names(f, pool, "local-names", &code.local_names)?;
        }
        if !code.param_types.is_empty() {
            write_list(
                f,
                "param-types",
                code.param_types.iter().map(|ty| ty.name()),
            )?;
        }
        if let Some(ty) = code.return_type {
            writeln!(f, "returns {}", ty.name())?;
        }
        write_list(f, "cells", code.cells.iter())?;
        write_list(f, "children", code.children.iter().map(|child| child.0))?;
        for op in code.ops() {
            match op {
                Op::Label(label) => writeln!(f, "L{}:", label.0)?,
                Op::Line(line) => writeln!(f, "  line {line}")?,
                op => {
                    write!(f, "  {}", op.name())?;
                    write_operands(f, self, *op)?;
                    f.write_char('\n')?;
                }
            }
        }
        f.write_str("end\n")
    }
}

fn kind_name(kind: CodeKind) -> &'static str {
    match kind {
        CodeKind::Bytecode => "bytecode",
        CodeKind::Native => "native",
        CodeKind::Viper => "viper",
        CodeKind::Asm => "asm",
    }
}

fn write_list<T: fmt::Display>(
    f: &mut fmt::Formatter<'_>,
    head: &str,
    items: impl Iterator<Item = T>,
) -> fmt::Result {
    f.write_str(head)?;
    for item in items {
        write!(f, " {item}")?;
    }
    f.write_char('\n')
}

fn write_names(f: &mut fmt::Formatter<'_>, pool: &Pool, head: &str, names: &[Qstr]) -> fmt::Result {
    f.write_str(head)?;
    for name in names {
        f.write_char(' ')?;
        write_name(f, pool, *name)?;
    }
    f.write_char('\n')
}

fn write_name(f: &mut fmt::Formatter<'_>, pool: &Pool, name: Qstr) -> fmt::Result {
    f.write_char('"')?;
    for chunk in pool.text(name).utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '"' => f.write_str("\\\"")?,
                '\\' => f.write_str("\\\\")?,
                '\n' => f.write_str("\\n")?,
                '\r' => f.write_str("\\r")?,
                c if c < ' ' => write!(f, "\\x{:02x}", c as u32)?,
                c => f.write_char(c)?,
            }
        }
        for byte in chunk.invalid() {
            write!(f, "\\x{byte:02x}")?;
        }
    }
    f.write_char('"')
}

/// An operand as text: how it is written and how it is read.
trait Operand: Sized {
    fn write(self, f: &mut fmt::Formatter<'_>, with: &Display<'_>) -> fmt::Result;
    fn parse(parser: &mut Parser<'_>, code: &mut Code) -> Result<Self, Problem>;
}

macro_rules! numeric_operands {
    ($($ty:ident),*) => {$(
        impl Operand for $ty {
            fn write(self, f: &mut fmt::Formatter<'_>, _: &Display<'_>) -> fmt::Result {
                write!(f, " {}", self.0)
            }

            fn parse(parser: &mut Parser<'_>, _: &mut Code) -> Result<Self, Problem> {
                parser.number().map($ty)
            }
        }
    )*};
}
numeric_operands!(Local, Child, ConstId, Comp, CallArgs, Unpack);

impl Operand for u32 {
    fn write(self, f: &mut fmt::Formatter<'_>, _: &Display<'_>) -> fmt::Result {
        write!(f, " {self}")
    }

    fn parse(parser: &mut Parser<'_>, _: &mut Code) -> Result<Self, Problem> {
        parser.number()
    }
}

impl Operand for u8 {
    fn write(self, f: &mut fmt::Formatter<'_>, _: &Display<'_>) -> fmt::Result {
        write!(f, " {self}")
    }

    fn parse(parser: &mut Parser<'_>, _: &mut Code) -> Result<Self, Problem> {
        parser.number()
    }
}

impl Operand for Label {
    fn write(self, f: &mut fmt::Formatter<'_>, _: &Display<'_>) -> fmt::Result {
        write!(f, " L{}", self.0)
    }

    fn parse(parser: &mut Parser<'_>, _: &mut Code) -> Result<Self, Problem> {
        let word = parser.word()?;
        parser.label(word)
    }
}

impl Operand for Qstr {
    fn write(self, f: &mut fmt::Formatter<'_>, with: &Display<'_>) -> fmt::Result {
        f.write_char(' ')?;
        write_name(f, with.pool, self)
    }

    fn parse(parser: &mut Parser<'_>, _: &mut Code) -> Result<Self, Problem> {
        parser.name()
    }
}

impl Operand for SmallInt {
    fn write(self, f: &mut fmt::Formatter<'_>, with: &Display<'_>) -> fmt::Result {
        write!(f, " {}", with.code.int_value(self))
    }

    fn parse(parser: &mut Parser<'_>, code: &mut Code) -> Result<Self, Problem> {
        let value = parser.number()?;
        Ok(code.small_int(value)?)
    }
}

impl Operand for UnaryOp {
    fn write(self, f: &mut fmt::Formatter<'_>, _: &Display<'_>) -> fmt::Result {
        write!(f, " {}", self.symbol())
    }

    fn parse(parser: &mut Parser<'_>, _: &mut Code) -> Result<Self, Problem> {
        let word = parser.word()?;
        UnaryOp::ALL
            .iter()
            .copied()
            .find(|op| op.symbol() == word)
            .ok_or(Problem::Syntax)
    }
}

impl Operand for BinaryOp {
    fn write(self, f: &mut fmt::Formatter<'_>, _: &Display<'_>) -> fmt::Result {
        match self {
            BinaryOp::ExceptionMatch => f.write_str(" except"),
            op => write!(f, " {}", op.symbol()),
        }
    }

    fn parse(parser: &mut Parser<'_>, _: &mut Code) -> Result<Self, Problem> {
        let word = parser.word()?;
        if word == "except" {
            return Ok(BinaryOp::ExceptionMatch);
        }
        let mut all = BinaryOp::ALL.iter().copied();
        all.find(|op| op.symbol() == word && BinaryOp::from_bytecode(op.number()).is_some())
            .ok_or(Problem::Syntax)
    }
}

macro_rules! define {
    ($($(#[$doc:meta])* $op:ident = $name:ident $number:literal $(($($operand:ident: $ty:ident),+))?
       pops $pops:expr, pushes $pushes:expr;)*) => {
        fn write_operands(f: &mut fmt::Formatter<'_>, with: &Display<'_>, op: Op) -> fmt::Result {
            match op {
                $(Op::$op $(($($operand),+))? => {
                    $($($operand.write(f, with)?;)+)?
                })*
                Op::Label(_) | Op::Line(_) => {}
            }
            Ok(())
        }

        fn parse_op(name: &str, parser: &mut Parser<'_>, code: &mut Code) -> Result<Op, Problem> {
            Ok(match name {
                $(stringify!($name) => {
                    $($(let $operand = <$ty as Operand>::parse(parser, code)?;)+)?
                    Op::$op $(($($operand),+))?
                })*
                _ => return Err(Problem::Syntax),
            })
        }
    };
}
for_each_op!(define);

/// Why text was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParseError {
    /// The line in the text, from 1.
    pub line: u32,
    /// What is wrong there.
    pub problem: Problem,
}

/// What is wrong with a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// It is not what is expected there.
    Syntax,
    /// No memory.
    OutOfMemory,
}

impl From<OutOfMemory> for Problem {
    fn from(_: OutOfMemory) -> Self {
        Problem::OutOfMemory
    }
}

/// Reads one `Code` back. Names go into `pool`.
pub fn parse(text: &str, pool: &mut Pool) -> Result<Code, ParseError> {
    let mut parser = Parser {
        lines: text,
        rest: "",
        line: 0,
        pool,
    };
    parse_code(&mut parser).map_err(|problem| ParseError {
        line: parser.line,
        problem,
    })
}

fn parse_code(parser: &mut Parser<'_>) -> Result<Code, Problem> {
    let mut code = Code::new();
    parser.next_line("code")?;
    code.name = parser.name()?;
    let kind = parser.word()?;
    let kinds = [
        CodeKind::Bytecode,
        CodeKind::Native,
        CodeKind::Viper,
        CodeKind::Asm,
    ];
    code.kind = kinds
        .into_iter()
        .find(|known| kind_name(*known) == kind)
        .ok_or(Problem::Syntax)?;
    code.line = parser.field("line")?;
    parser.next_line("args")?;
    code.n_pos_args = parser.number()?;
    code.n_kwonly_args = parser.field("kwonly")?;
    code.n_def_pos_args = parser.field("defaults")?;
    code.n_free = parser.field("free")?;
    code.flags = ScopeFlags::from_bits(parser.field("flags")?);
    parser.next_line("params")?;
    while !parser.at_line_end() {
        code.param_names.push(parser.name()?)?;
    }
    parser.next_line("locals")?;
    code.n_locals = parser.number()?;
    let n_state = parser.field("state")?;
    let n_exc_stack = parser.field("blocks")?;
    let mut n_labels = 0;
    loop {
        match parser.next_word()? {
            "local-names" => {
                while !parser.at_line_end() {
                    code.local_names.push(parser.name()?)?;
                }
            }
            "param-types" => {
                while !parser.at_line_end() {
                    code.param_types.push(parser.native_type()?)?;
                }
            }
            "returns" => code.return_type = Some(parser.native_type()?),
            "cells" => {
                while !parser.at_line_end() {
                    code.cells.push(parser.number()?)?;
                }
            }
            "children" => {
                while !parser.at_line_end() {
                    code.children.push(CodeId(parser.number()?))?;
                }
            }
            "line" => code.mark_line(parser.number()?)?,
            "end" => break,
            word => match word.strip_suffix(':') {
                Some(label) => {
                    let label = parser.label(label)?;
                    n_labels = n_labels.max(label.0.saturating_add(1));
                    code.place(label)?;
                }
                None => {
                    let op = parse_op(word, parser, &mut code)?;
                    n_labels = n_labels.max(op.target().map_or(0, |to| to.0.saturating_add(1)));
                    code.push(op)?;
                }
            },
        }
        if !parser.at_line_end() {
            return Err(Problem::Syntax);
        }
    }
    code.set_limits(n_state, n_exc_stack, n_labels);
    Ok(code)
}

struct Parser<'a> {
    lines: &'a str,
    rest: &'a str,
    line: u32,
    pool: &'a mut Pool,
}

impl<'a> Parser<'a> {
    /// The first word of the next line that has one.
    fn next_word(&mut self) -> Result<&'a str, Problem> {
        while self.at_line_end() {
            if self.lines.is_empty() {
                return Err(Problem::Syntax);
            }
            let (line, lines) = self.lines.split_once('\n').unwrap_or((self.lines, ""));
            self.rest = line;
            self.lines = lines;
            self.line += 1;
        }
        self.word()
    }

    /// The next line must begin with `head`.
    fn next_line(&mut self, head: &str) -> Result<(), Problem> {
        if self.at_line_end() && self.next_word()? == head {
            Ok(())
        } else {
            Err(Problem::Syntax)
        }
    }

    fn at_line_end(&mut self) -> bool {
        self.rest = self.rest.trim_start();
        self.rest.is_empty() || self.rest.starts_with(';')
    }

    fn word(&mut self) -> Result<&'a str, Problem> {
        if self.at_line_end() {
            return Err(Problem::Syntax);
        }
        let end = self
            .rest
            .find(char::is_whitespace)
            .unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at_checked(end).ok_or(Problem::Syntax)?;
        self.rest = rest;
        Ok(word)
    }

    fn number<T: core::str::FromStr>(&mut self) -> Result<T, Problem> {
        self.word()?.parse().map_err(|_| Problem::Syntax)
    }

    /// A word that must be `head`, and a number.
    fn field<T: core::str::FromStr>(&mut self, head: &str) -> Result<T, Problem> {
        if self.word()? == head {
            self.number()
        } else {
            Err(Problem::Syntax)
        }
    }

    fn label(&self, word: &str) -> Result<Label, Problem> {
        let number = word
            .strip_prefix('L')
            .and_then(|number| number.parse().ok());
        number.map(Label).ok_or(Problem::Syntax)
    }

    fn native_type(&mut self) -> Result<NativeType, Problem> {
        NativeType::from_name(self.word()?.as_bytes()).ok_or(Problem::Syntax)
    }

    fn name(&mut self) -> Result<Qstr, Problem> {
        if self.at_line_end() {
            return Err(Problem::Syntax);
        }
        let mut bytes: TryVec<u8> = TryVec::new();
        let mut chars = self.rest.strip_prefix('"').ok_or(Problem::Syntax)?.chars();
        loop {
            match chars.next().ok_or(Problem::Syntax)? {
                '"' => break,
                '\\' => match chars.next().ok_or(Problem::Syntax)? {
                    'n' => bytes.push(b'\n')?,
                    'r' => bytes.push(b'\r')?,
                    'x' => {
                        let mut digit = || {
                            chars
                                .next()
                                .and_then(|c| c.to_digit(16))
                                .ok_or(Problem::Syntax)
                        };
                        let byte = digit()? << 4 | digit()?;
                        bytes.push(byte as u8)?;
                    }
                    c @ ('"' | '\\') => bytes.push(c as u8)?,
                    _ => return Err(Problem::Syntax),
                },
                c => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes())?,
            }
        }
        self.rest = chars.as_str();
        Ok(self.pool.intern(&bytes)?)
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::{String, ToString};

    use super::*;

    fn again(text: &str) -> Result<String, ParseError> {
        let mut pool = Pool::new();
        let code = parse(text, &mut pool)?;
        Ok(Display {
            code: &code,
            pool: &pool,
        }
        .to_string())
    }

    const BUMP: &str = r#"code "bump" bytecode line 2
args 2 kwonly 0 defaults 1 free 1 flags 5
params "*" "b\"y\\\n\x01é"
locals 2 state 4 blocks 1
cells 0 1
children 3 4
  line 3
L0:
  LOAD_DEREF 0
  LOAD_ATTR "x"
  LOAD_CONST_SMALL_INT -5
  LOAD_CONST_SMALL_INT 4611686018427387903
  BINARY_OP +=
  BINARY_OP except
  UNARY_OP not
  MAKE_CLOSURE 1 2
  UNWIND_JUMP L1 129
L1:
end
"#;

    #[test]
    fn parsing_undoes_printing() {
        assert_eq!(again(BUMP).as_deref(), Ok(BUMP));
        let viper = BUMP.replace("bytecode", "viper").replace(
            "cells 0 1",
            "local-names \"a\" \"b\"\nparam-types int ptr8\nreturns object\ncells",
        );
        assert_eq!(again(&viper), Ok(viper));
    }

    #[test]
    fn blank_lines_and_remarks_are_ignored() {
        let remarked = BUMP.replace("L0:", "\n  ; a remark\nL0: ; another");
        assert_eq!(again(&remarked).as_deref(), Ok(BUMP));
    }

    #[test]
    fn every_op_that_is_printed_is_read_back() {
        let mut pool = Pool::new();
        let mut code = parse(BUMP, &mut pool).unwrap();
        for op in [
            Op::SetupWith(Label(0)),
            Op::StoreComp(Comp(21)),
            Op::UnpackEx(Unpack(257)),
            Op::PopTop,
        ] {
            code.push(op).unwrap();
        }
        let text = Display {
            code: &code,
            pool: &pool,
        }
        .to_string();
        assert_eq!(again(&text), Ok(text));
    }

    #[test]
    fn errors_name_the_line() {
        let error = |from: &str, to: &str| again(&BUMP.replace(from, to)).unwrap_err();
        let at = |line| ParseError {
            line,
            problem: Problem::Syntax,
        };
        assert_eq!(error("LOAD_DEREF 0", "LOAD_DEREF"), at(9));
        assert_eq!(error("LOAD_DEREF 0", "LOAD_DEREF 0 0"), at(9));
        assert_eq!(error("LOAD_DEREF", "LOAD_WHAT"), at(9));
        assert_eq!(error("kwonly", "kwony"), at(2));
        assert_eq!(error("\nend\n", "\n"), at(18));
        assert_eq!(error("\"x\"", "\"x"), at(10));
        assert_eq!(format!("{}", CallArgs::new(1, 2).0), "513");
    }
}
