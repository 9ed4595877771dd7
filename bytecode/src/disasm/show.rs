//! The parts of a module as text.

use core::fmt::{self, Write};

use ferlance_abi::arch::Arch;

use super::{Disassembler, Listing};
use crate::decode::Instr;
use crate::line_info;
use crate::module::Const;
use crate::op::{CompKind, Op, OperatorName, name_of, ops_with};
use crate::prelude::PreludeParts;

/// A word, or the bytes in front of the first word.
pub(super) struct Constant<'a>(pub(super) &'a [u8]);

impl fmt::Display for Constant<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self.0 {
            [a, b, c, d] => write!(f, ".word {:#010x}", u32::from_le_bytes([a, b, c, d])),
            _ => f.write_str(".align 4"),
        }
    }
}

pub(super) struct Instruction<'a> {
    pub(super) machine: &'a dyn Disassembler,
    pub(super) arch: Arch,
    pub(super) bytes: &'a [u8],
    pub(super) place: u32,
}

impl fmt::Display for Instruction<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.machine.write(self.arch, self.bytes, self.place, f)
    }
}

/// A name as it is, but for line breaks and bytes that are not text.
pub(super) struct Name<'a>(pub(super) &'a [u8]);

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_text(f, self.0, None)
    }
}

/// Text with escapes; `quote` is escaped too.
fn write_text(f: &mut fmt::Formatter<'_>, text: &[u8], quote: Option<char>) -> fmt::Result {
    for chunk in text.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\n' => f.write_str("\\n")?,
                '\r' => f.write_str("\\r")?,
                '\t' => f.write_str("\\t")?,
                '\\' if quote.is_some() => f.write_str("\\\\")?,
                c if Some(c) == quote => write!(f, "\\{c}")?,
                c if c < ' ' || c == '\x7f' => write!(f, "\\x{:02x}", c as u32)?,
                c => f.write_char(c)?,
            }
        }
        for byte in chunk.invalid() {
            write!(f, "\\x{byte:02x}")?;
        }
    }
    Ok(())
}

/// The quote that Python would choose.
fn quote_for(text: &[u8]) -> char {
    if text.contains(&b'\'') && !text.contains(&b'"') {
        '"'
    } else {
        '\''
    }
}

/// A constant as Python shows it.
pub(super) struct Repr<'a>(pub(super) &'a Const<'a>);

impl fmt::Display for Repr<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Const::FunTable => f.write_str("native function table"),
            Const::Caches(_) => f.write_str("inline caches"),
            Const::None => f.write_str("None"),
            Const::False => f.write_str("False"),
            Const::True => f.write_str("True"),
            Const::Ellipsis => f.write_str("Ellipsis"),
            Const::Str(text) => {
                let quote = quote_for(text);
                f.write_char(quote)?;
                write_text(f, text, Some(quote))?;
                f.write_char(quote)
            }
            Const::Bytes(bytes) => {
                let quote = quote_for(bytes);
                write!(f, "b{quote}")?;
                for byte in bytes.iter() {
                    match byte {
                        b'\n' => f.write_str("\\n")?,
                        b'\r' => f.write_str("\\r")?,
                        b'\t' => f.write_str("\\t")?,
                        b'\\' => f.write_str("\\\\")?,
                        b' '..=b'~' if *byte as char == quote => write!(f, "\\{quote}")?,
                        b' '..=b'~' => f.write_char(*byte as char)?,
                        _ => write!(f, "\\x{byte:02x}")?,
                    }
                }
                f.write_char(quote)
            }
            Const::Int(text) => write!(f, "{}", Name(text)),
            Const::Float(number) => write!(f, "{}", Name(&number.text)),
            Const::Complex { im, .. } => write!(f, "{}", Name(&im.text)),
            Const::Tuple(items) => {
                f.write_char('(')?;
                for (i, item) in items.iter().enumerate() {
                    let gap = if i == 0 { "" } else { ", " };
                    write!(f, "{gap}{}", Repr(item))?;
                }
                f.write_str(if items.len() == 1 { ",)" } else { ")" })
            }
        }
    }
}

pub(super) struct PreludeNames<'a>(pub(super) &'a Listing<'a>, pub(super) &'a PreludeParts<'a>);

impl fmt::Display for PreludeNames<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let PreludeNames(listing, parts) = self;
        for (i, index) in parts.names().enumerate() {
            let gap = if i == 0 { "" } else { ", " };
            match listing.module.names.get(index as usize) {
                Some(name) => write!(f, "{gap}{}", Name(listing.pool.text(*name)))?,
                None => write!(f, "{gap}no qstr {index}")?,
            }
        }
        Ok(())
    }
}

pub(super) struct Steps<'a>(pub(super) &'a [u8]);

impl fmt::Display for Steps<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        line_info::steps(self.0).try_for_each(|(bytes, lines)| write!(f, " +{bytes}/{lines}"))
    }
}

pub(super) struct Joined<'a>(pub(super) &'a [u8]);

impl fmt::Display for Joined<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, number) in self.0.iter().enumerate() {
            let gap = if i == 0 { "" } else { ", " };
            write!(f, "{gap}{number}")?;
        }
        Ok(())
    }
}

pub(super) struct ShownInstr<'a> {
    pub(super) listing: &'a Listing<'a>,
    pub(super) instr: &'a Instr,
    pub(super) opcode: u8,
}

impl fmt::Display for ShownInstr<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Listing { module, pool, .. } = self.listing;
        f.write_str(name_of(self.opcode).unwrap_or("?"))?;
        match self.instr.op {
            ops_with!(name name) => write!(f, " {}", Name(pool.text(name))),
            Op::MakeClosure(child, cells) | Op::MakeClosureDefargs(child, cells) => {
                write!(f, " {}, {cells}", child.0)
            }
            Op::LoadConstSmallInt(value) => write!(f, " {}", self.instr.int_value(value)),
            Op::LoadConstObj(object) => match module.consts.get(object.index()) {
                Some(object) => write!(f, " {}", Repr(object)),
                None => write!(f, " no object {}", object.0),
            },
            ops_with!(local local) => write!(f, " {}", local.0),
            ops_with!(count count) => write!(f, " {count}"),
            Op::StoreComp(comp) => {
                let kind = match comp.kind() {
                    Some(CompKind::List) => "list",
                    Some(CompKind::Dict) => "dict",
                    Some(CompKind::Set) => "set",
                    None => "?",
                };
                write!(f, " {kind} {}", comp.depth())
            }
            Op::UnpackEx(counts) => write!(f, " {} left, {} right", counts.left(), counts.right()),
            Op::MakeFunction(child) | Op::MakeFunctionDefargs(child) => write!(f, " {}", child.0),
            ops_with!(args args) => {
                write!(f, " {} pos, {} kw", args.positional(), args.keyword())
            }
            Op::UnwindJump(to, blocks) => write!(f, " to {}, {blocks}", to.0),
            ops_with!(signed target to) | ops_with!(forward target to) => write!(f, " to {}", to.0),
            op @ (Op::Unary(_) | Op::Binary(_)) => write!(f, " {}", OperatorName(op)),
            ops_with!(nothing) | Op::Label(_) | Op::Line(_) => Ok(()),
        }
    }
}
