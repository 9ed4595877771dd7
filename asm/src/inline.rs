//! What an inline-assembler function is, as plain data.
//!
//! The compiler translates the body of a decorated function into a [`Body`]; an assembler turns
//! it into bytes. Each statement is an operation name and operands. Operands are trees of a few
//! shapes; all of them stand in one vector, and a parent names its children by a [`Span`] of
//! neighbours. So a translator reserves the children's places first and then fills them:
//!
//! ```
//! # use ferlance_asm::inline::{Body, Operand};
//! # fn main() -> Result<(), ferlance_collections::oom::OutOfMemory> {
//! // ldr(r0, [r1, 4])
//! let mut body = Body::new();
//! let outer = body.reserve(2)?;
//! body.set(outer, 0, Operand::Name("r0"));
//! let inner = body.reserve(2)?;
//! body.set(inner, 0, Operand::Name("r1"));
//! body.set(inner, 1, Operand::Int(4));
//! body.set(outer, 1, Operand::List(inner));
//! body.push("ldr", outer, 7)?;
//! # Ok(()) }
//! ```
//!
//! Integers arrive folded: whatever the language calls a constant expression, and names bound by
//! `const()`, are [`Operand::Int`] here.

use ferlance_collections::TryVec;
use ferlance_collections::oom::OutOfMemory;

use crate::error::{AsmError, Message};
use crate::label::Label;
use crate::lines::LineMark;

/// An assembled function.
#[derive(Debug)]
pub struct Function {
    /// Its machine code: literals, prologue and epilogue included.
    pub code: TryVec<u8>,
    /// From where on code is of which statement, by its line; 0 for what is of none. Empty unless [`Body::marks_lines`].
    pub lines: TryVec<LineMark>,
    /// How many parameters it has.
    pub parameters: u8,
}

/// Neighbouring operands of one [`Body`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    start: u32,
    len: u32,
}

impl Span {
    /// How many operands it has.
    #[inline]
    pub const fn len(self) -> u32 {
        self.len
    }

    /// Whether it has none.
    #[inline]
    pub const fn is_empty(self) -> bool {
        self.len == 0
    }
}

/// One operand, as the program spells it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Operand<'a> {
    /// An integer constant; of a bigger one its low 64 bits.
    Int(i64),
    /// A float constant.
    Float(f64),
    /// A bare name: a register, a label, a condition.
    Name(&'a str),
    /// A string constant. `"!"` after an address asks for write-back.
    Str(&'a str),
    /// `[a, b]`
    List(Span),
    /// `{a, b}`; an empty dict display is an empty set here.
    Set(Span),
    /// `f(a, b)`: the callee, then the arguments.
    Call(Span),
    /// `a[b]`: the container, then the index.
    Index(Span),
    /// `-a`, where the operand is no constant.
    Neg(Span),
    /// `+a`, where the operand is no constant.
    Pos(Span),
    /// `a - b`, where they are no constants.
    Sub(Span),
    /// Anything else: a tuple, a starred or keyword argument, `True`.
    Other,
}

/// One statement: a call of an operation, or of `label`, `align`, `data`.
#[derive(Debug, Clone, Copy)]
pub struct Statement<'a> {
    /// The name called.
    pub op: &'a str,
    /// Its arguments.
    pub operands: Span,
    /// The source line of the name.
    pub line: u32,
}

/// One parameter: a plain name, or something an assembler function cannot have (a default, an
/// annotation, a star).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parameter<'a> {
    /// A name and nothing else.
    Plain(&'a str),
    /// Anything else.
    Other,
}

/// A function to assemble.
#[derive(Debug, Default)]
pub struct Body<'a> {
    /// Its parameters, in order.
    pub parameters: TryVec<Parameter<'a>>,
    /// Whether it is wanted which code is of which statement.
    pub marks_lines: bool,
    statements: TryVec<Statement<'a>>,
    operands: TryVec<Operand<'a>>,
}

impl<'a> Body<'a> {
    /// A function without parameters or statements.
    pub const fn new() -> Self {
        Body {
            parameters: TryVec::new(),
            marks_lines: false,
            statements: TryVec::new(),
            operands: TryVec::new(),
        }
    }

    /// Places for `len` neighbouring operands, which are [`Operand::Other`] until set.
    pub fn reserve(&mut self, len: usize) -> Result<Span, OutOfMemory> {
        let start = self.operands.len();
        let end = start.checked_add(len).ok_or(OutOfMemory)?;
        self.operands.resize(end, Operand::Other)?;
        Ok(Span {
            start: start as u32,
            len: len as u32,
        })
    }

    /// Fills place `index` of `span`.
    pub fn set(&mut self, span: Span, index: usize, operand: Operand<'a>) {
        debug_assert!(index < span.len as usize);
        if let Some(slot) = self.operands.get_mut(span.start as usize + index) {
            *slot = operand;
        }
    }

    /// Appends a statement.
    pub fn push(&mut self, op: &'a str, operands: Span, line: u32) -> Result<(), OutOfMemory> {
        self.statements.push(Statement { op, operands, line })
    }

    /// The statements, in order.
    pub fn statements(&self) -> &[Statement<'a>] {
        &self.statements
    }

    /// The operands of a span.
    pub fn operands(&self, span: Span) -> &[Operand<'a>] {
        let start = span.start as usize;
        self.operands
            .get(start..start + span.len as usize)
            .unwrap_or(&[])
    }

    /// The one operand of a span that has one.
    pub fn only(&self, span: Span) -> Option<Operand<'a>> {
        match self.operands(span) {
            &[operand] => Some(operand),
            _ => None,
        }
    }
}

/// Which spellings are accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dialect {
    /// What stock tools accept, and no more.
    Stock,
    /// Also every other instruction in the tables, under its manual's mnemonic, with dots written
    /// as underscores; label differences as data. What stock accepts means the same.
    #[default]
    Full,
}

/// How results of an assembler function are converted, by the name of its return annotation.
/// `None` for an unknown name. The number is the one that a `.mpy` file holds.
pub fn result_type(annotation: Option<&str>) -> Option<u8> {
    match annotation {
        None | Some("int") => Some(2),
        Some("uint") => Some(3),
        Some("bool") => Some(1),
        Some("object") => Some(0),
        Some(_) => None,
    }
}

/// Checks parameters against the names they must have, in order. `alias` gives second names.
pub fn check_parameters<'a>(
    body: &Body<'a>,
    arch: &'static str,
    names: [&'static str; 4],
    alias: [&'static str; 4],
) -> Result<u8, AsmError<'a>> {
    let refuse = |message| Err(AsmError { line: 0, message });
    if body.parameters.len() > names.len() {
        return refuse(Message::TooManyParameters { arch });
    }
    for (index, parameter) in body.parameters.iter().enumerate() {
        let good = matches!(parameter, Parameter::Plain(name)
            if *name == names[index] || *name == alias[index]);
        if !good {
            return refuse(Message::ParameterNames {
                first: names[0],
                last: names[3],
            });
        }
    }
    Ok(body.parameters.len() as u8)
}

/// Labels of one function, by name. Looked up by comparing: functions have few.
#[derive(Debug, Default)]
pub struct Names<'a>(TryVec<(&'a str, Label)>);

impl<'a> Names<'a> {
    /// The label of that name, if the name was seen.
    pub fn get(&self, name: &str) -> Option<Label> {
        self.0
            .iter()
            .find(|(known, _)| *known == name)
            .map(|&(_, label)| label)
    }

    /// Notes the label of a name not seen before.
    pub fn add(&mut self, name: &'a str, label: Label) -> Result<(), OutOfMemory> {
        self.0.push((name, label))
    }

    /// The name of a label.
    pub fn name(&self, label: Label) -> &'a str {
        self.0
            .iter()
            .find(|&&(_, known)| known == label)
            .map_or("", |&(name, _)| name)
    }
}

/// Whether an operation written as `written` names the instruction `mnemonic` of a manual.
///
/// Dots are written as underscores, and a name that is a Python keyword takes a trailing one.
/// Braces in a mnemonic mark what may be left out: `add{s}` is `add` or `adds`, and
/// `vadd{.f32}` is `vadd` or `vadd_f32`.
pub fn names_instruction(written: &str, mnemonic: &str) -> bool {
    let written = match written {
        "and_" => "and",
        "or_" => "or",
        "not_" => "not",
        "abs_" => "abs",
        "break_" => "break",
        "yield_" => "yield",
        other => other,
    };
    let (head, rest) = match mnemonic.split_once('{') {
        Some(parts) => parts,
        None => return equal_but_dots(written, mnemonic),
    };
    let Some((optional, tail)) = rest.split_once('}') else {
        return false;
    };
    let Some(written) = strip_prefix(written, head) else {
        return false;
    };
    equal_but_dots(written, tail)
        || strip_prefix(written, optional).is_some_and(|last| equal_but_dots(last, tail))
}

/// Whether two names are equal when the second's dots are read as underscores.
fn equal_but_dots(written: &str, mnemonic: &str) -> bool {
    written.len() == mnemonic.len() && strip_prefix(written, mnemonic).is_some()
}

fn strip_prefix<'a>(written: &'a str, prefix: &str) -> Option<&'a str> {
    let (head, tail) = written.split_at_checked(prefix.len())?;
    let same = head
        .bytes()
        .zip(prefix.bytes())
        .all(|(w, p)| w == if p == b'.' { b'_' } else { p });
    same.then_some(tail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_are_written_as_underscores() {
        assert!(names_instruction("vcvt_f32_s32", "vcvt.f32.s32"));
        assert!(names_instruction("c_addi", "c.addi"));
        assert!(!names_instruction("c.addi", "c.addi"));
        assert!(!names_instruction("add", "addi"));
    }

    #[test]
    fn keywords_take_a_trailing_underscore() {
        assert!(names_instruction("and_", "and"));
        assert!(!names_instruction("add_", "add"));
    }

    #[test]
    fn braces_may_be_left_out() {
        assert!(names_instruction("and_", "and{s}"));
        assert!(names_instruction("ands", "and{s}"));
        assert!(names_instruction("vadd", "vadd{.f32}"));
        assert!(names_instruction("vadd_f32", "vadd{.f32}"));
        assert!(!names_instruction("vadd_f64", "vadd{.f32}"));
        assert!(!names_instruction("an", "and{s}"));
    }

    #[test]
    fn result_types_are_those_of_the_file_format() {
        assert_eq!(result_type(None), Some(2));
        assert_eq!(result_type(Some("uint")), Some(3));
        assert_eq!(result_type(Some("bool")), Some(1));
        assert_eq!(result_type(Some("object")), Some(0));
        assert_eq!(result_type(Some("ptr")), None);
    }
}
