//! An inline-assembler function in progress: what the assemblers share.
//!
//! Labels by name, the directives `label`, `align` and `data`, and which statement each fixup
//! belongs to, so that a target that is missing or too far is reported where it is used.

use ferlance_collections::TryVec;
use ferlance_collections::oom::OutOfMemory;

use crate::buffer::CodeBuffer;
use crate::error::{AsmError, BufferError, Message};
use crate::fixup::Fixup;
use crate::inline::{Body, Dialect, Function, Names, Operand, Statement};
use crate::label::Label;
use crate::lines::{LineMark, line_marks};

/// What is wrong with a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// The label is used and never bound.
    Unbound,
    /// The label is bound where the instruction cannot name it.
    OutOfReach {
        /// Where the instruction stands.
        at: u32,
        /// Where the label stands.
        target: u32,
    },
}

/// A function that is being assembled.
#[derive(Debug)]
pub struct Assembly<'a, 'b, F> {
    /// The code so far.
    pub buffer: CodeBuffer<F>,
    body: &'b Body<'a>,
    dialect: Dialect,
    names: Names<'a>,
    /// Position of the statement at work.
    statement: u32,
    /// For each site of the buffer, the statement that made it.
    makers: TryVec<u32>,
    /// From where on code is of which line.
    marks: TryVec<(Label, u32)>,
}

impl<'a, 'b, F: Fixup> Assembly<'a, 'b, F> {
    /// Starts with what `buffer` holds, a prologue perhaps.
    pub fn new(buffer: CodeBuffer<F>, body: &'b Body<'a>, dialect: Dialect) -> Self {
        Assembly {
            buffer,
            body,
            dialect,
            names: Names::default(),
            statement: 0,
            makers: TryVec::new(),
            marks: TryVec::new(),
        }
    }

    /// The function.
    pub fn body(&self) -> &'b Body<'a> {
        self.body
    }

    /// Which spellings are accepted.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Goes to the statement of that position.
    pub fn at(&mut self, position: usize, statement: &Statement<'a>) -> Result<(), Message<'a>> {
        self.statement = position as u32;
        self.mark(statement.line)
    }

    /// What is appended from here on is of that line; 0 for what belongs to no statement.
    pub fn mark(&mut self, line: u32) -> Result<(), Message<'a>> {
        if !self.body.marks_lines {
            return Ok(());
        }
        let here = self.buffer.here()?;
        Ok(self.marks.push((here, line))?)
    }

    /// The label of that name, bound or not.
    pub fn label(&mut self, name: &'a str) -> Result<Label, Message<'a>> {
        if let Some(label) = self.names.get(name) {
            return Ok(label);
        }
        let label = self.buffer.new_label()?;
        self.names.add(name, label)?;
        Ok(label)
    }

    /// Appends an instruction that refers to the label `name`.
    pub fn fixup(&mut self, form: F, name: &'a str) -> Result<(), Message<'a>> {
        let label = self.label(name)?;
        self.buffer.fixup(form, label)?;
        self.note()
    }

    /// Notes that sites made since the last note are the current statement's.
    pub fn note(&mut self) -> Result<(), Message<'a>> {
        while self.makers.len() < self.buffer.site_count() {
            self.makers.push(self.statement)?;
        }
        Ok(())
    }

    /// Carries out a statement if it is a directive. Returns whether it is.
    pub fn directive(&mut self, statement: &Statement<'a>) -> Result<bool, Message<'a>> {
        let operands = self.body.operands(statement.operands);
        match statement.op {
            "label" => {
                let &[Operand::Name(name)] = operands else {
                    return Err(Message::LabelArguments);
                };
                let label = self.label(name)?;
                if self.buffer.is_bound(label) {
                    return Err(Message::LabelRedefined);
                }
                self.buffer.bind(label);
            }
            "align" => {
                let &[Operand::Int(to)] = operands else {
                    return Err(Message::AlignArguments);
                };
                // Stock takes any number, and misplaces or destroys the code for these.
                if !(1..=1 << 16).contains(&to) || to & (to - 1) != 0 {
                    return Err(Message::AlignPowerOfTwo);
                }
                self.buffer.align(to.trailing_zeros() as u8)?;
            }
            "data" => self.data(operands)?,
            _ => return Ok(false),
        }
        self.note()?;
        Ok(true)
    }

    fn data(&mut self, operands: &[Operand<'a>]) -> Result<(), Message<'a>> {
        let [Operand::Int(size), values @ ..] = operands else {
            return Err(Message::DataArguments);
        };
        let Ok(size) = u32::try_from(*size) else {
            return Err(Message::DataArguments);
        };
        if values.is_empty() {
            return Err(Message::DataArguments);
        }
        for value in values {
            match *value {
                Operand::Int(value) => {
                    let bytes = value.to_le_bytes();
                    let kept = bytes.get(..size as usize).unwrap_or(&bytes);
                    self.buffer.put_bytes(kept)?;
                    self.buffer.put_zeros(size.saturating_sub(8))?;
                }
                Operand::Name(name) if self.dialect == Dialect::Full => {
                    self.difference(name, None, size)?;
                }
                Operand::Sub(span) if self.dialect == Dialect::Full => {
                    let &[Operand::Name(to), Operand::Name(from)] = self.body.operands(span) else {
                        return Err(Message::DataIntegers);
                    };
                    self.difference(to, Some(from), size)?;
                }
                _ => return Err(Message::DataIntegers),
            }
        }
        Ok(())
    }

    fn difference(
        &mut self,
        to: &'a str,
        from: Option<&'a str>,
        size: u32,
    ) -> Result<(), Message<'a>> {
        let to = self.label(to)?;
        let from = match from {
            Some(name) => Some(self.label(name)?),
            None => None,
        };
        self.buffer.difference(to, from, size.min(8) as u8)?;
        self.buffer.put_zeros(size.saturating_sub(8))?;
        self.note()
    }

    /// Lays the code out, of a function with so many parameters. `explain` words what is wrong with a statement's target.
    pub fn finish(
        self,
        parameters: u8,
        explain: impl Fn(&Statement<'a>, &'a str, Trouble) -> Message<'a>,
    ) -> Result<Function, AsmError<'a>> {
        let Assembly {
            buffer,
            body,
            names,
            makers,
            marks,
            ..
        } = self;
        let no_memory = |_| AsmError {
            line: 0,
            message: Message::OutOfMemory,
        };
        let (label, site, trouble) = match buffer.finish() {
            Ok(code) => {
                let lines = marks.iter().map(|&(label, line)| LineMark {
                    offset: code.offset_of(label).unwrap_or(0),
                    line,
                });
                return Ok(Function {
                    lines: line_marks(lines).map_err(no_memory)?,
                    code: code.bytes,
                    parameters,
                });
            }
            Err(BufferError::OutOfMemory) => return Err(no_memory(OutOfMemory)),
            Err(BufferError::TooLong) => {
                let message = Message::TooLong;
                return Err(AsmError { line: 0, message });
            }
            Err(BufferError::Unbound { label, site }) => (label, site, Trouble::Unbound),
            Err(BufferError::OutOfReach {
                label,
                site,
                at,
                target,
            }) => (label, site, Trouble::OutOfReach { at, target }),
        };
        let maker = makers.get(site).copied().unwrap_or(0);
        let Some(statement) = body.statements().get(maker as usize) else {
            let message = Message::BranchRange;
            return Err(AsmError { line: 0, message });
        };
        Err(AsmError {
            line: statement.line,
            message: explain(statement, names.name(label), trouble),
        })
    }
}

impl From<OutOfMemory> for Message<'_> {
    fn from(_: OutOfMemory) -> Self {
        Message::OutOfMemory
    }
}
