//! Constants: what is known of them when compiling, and their entries in the object table.

use core::ops::RangeInclusive;

use ferlance_bytecode::module::Number;
use ferlance_bytecode::{Bytes, Const as Object, ConstId, Op};
use ferlance_collections::{OutOfMemory, TryVec};
use ferlance_num::{mpy_text, mpy_text_bare};

use super::{Lower, Walk};
use crate::ast::{self, Const, ExprId, ExprKind};

/// Deepest nesting of constant tuples; the parser's own limit is lower.
const MAX_DEPTH: u32 = 250;

/// The small ints of a target with `bits` bits, as stock takes them: the number of bits counts modulo 64, and its own
/// small ints (63 bits, of which it never makes the lowest from a literal) are the limit.
pub(super) fn small_ints(bits: u8) -> RangeInclusive<i64> {
    const OWN: i64 = (1 << 62) - 1;
    let bits = (u32::from(bits).wrapping_sub(1) & 63) + 1;
    let (min, max) = ferlance_abi::small_int::range(bits);
    min.max(-OWN)..=max.min(OWN)
}

impl Lower<'_> {
    /// Is `value` a small int on the target?
    pub(super) fn is_small_int(&self, value: i64) -> bool {
        self.small_ints.contains(&value)
    }

    /// The value of an expression that is a small int literal.
    pub(super) fn small_int_of(&self, expr: ExprId) -> Option<i64> {
        match self.ast[expr].kind {
            ExprKind::Int { value, .. } if self.is_small_int(value.get()) => Some(value.get()),
            _ => None,
        }
    }

    /// Is it a constant, which as a statement does nothing?
    pub(super) fn is_constant(&self, expr: ExprId) -> bool {
        use ExprKind::*;
        matches!(
            self.ast[expr].kind,
            Int { .. } | Str(_) | None | True | False | Ellipsis | Const { .. }
        )
    }

    /// Whether a constant is true; `None` if it is not constant.
    pub(super) fn truth(&self, expr: ExprId) -> Option<bool> {
        Some(match self.ast[expr].kind {
            ExprKind::Int { value, .. } => value.get() != 0,
            ExprKind::Str(text) => !self.pool.text(text).is_empty(),
            ExprKind::None | ExprKind::False => false,
            ExprKind::True | ExprKind::Ellipsis => true,
            ExprKind::Const { id, .. } => self.object_truth(&self.ast[id]),
            ExprKind::Tuple { items, .. } if self.ast.items(items).is_empty() => false,
            _ => return Option::None,
        })
    }

    fn object_truth(&self, object: &Const) -> bool {
        match *object {
            Const::None | Const::False => false,
            Const::True | Const::Ellipsis | Const::BigInt(_) => true,
            Const::Int(value) => value != 0,
            Const::Float(value) | Const::Imaginary(value) => value != 0.0,
            Const::Qstr(text) => !self.pool.text(text).is_empty(),
            Const::Str(range) | Const::Bytes(range) => !self.ast.bytes(range).is_empty(),
            Const::Tuple(items) => !self.ast.items(items).is_empty(),
        }
    }

    /// Loads an int.
    pub(super) fn load_int(&mut self, value: i64) -> Walk {
        if self.is_small_int(value) {
            return self.load_small_int(value);
        }
        let object = self.consts.index_of(Object::Int(decimal(value)?))?;
        self.op(Op::LoadConstObj(object))
    }

    /// Loads an entry of the object table.
    pub(super) fn load_object(&mut self, id: ast::ConstId) -> Walk {
        let object = self.object_of(id)?;
        self.op(Op::LoadConstObj(object))
    }

    fn object_of(&mut self, id: ast::ConstId) -> Walk<ConstId> {
        if let Some(Some(known)) = self.objects.get(id.index()) {
            return Ok(*known);
        }
        let object = self.make_object(id, MAX_DEPTH)?;
        let object = self.consts.index_of(object)?;
        if self.objects.len() <= id.index() {
            self.objects.resize(id.index() + 1, None)?;
        }
        if let Some(slot) = self.objects.get_mut(id.index()) {
            *slot = Some(object);
        }
        Ok(object)
    }

    /// Loads `...`.
    pub(super) fn load_ellipsis(&mut self) -> Walk {
        let object = self.consts.index_of(Object::Ellipsis)?;
        self.op(Op::LoadConstObj(object))
    }

    fn make_object(&self, id: ast::ConstId, depth: u32) -> Result<Object<'static>, OutOfMemory> {
        Ok(match self.ast[id] {
            Const::None => Object::None,
            Const::True => Object::True,
            Const::False => Object::False,
            Const::Ellipsis => Object::Ellipsis,
            Const::Int(value) => Object::Int(decimal(value)?),
            Const::BigInt(at) => {
                let text = self.ast.big_int(at).as_ref().to_text(10);
                Object::Int(text.map_err(|_| OutOfMemory)?.into())
            }
            Const::Float(value) => Object::Float(self.number(value, false)?),
            Const::Imaginary(value) => Object::Complex {
                re: 0.0,
                im: self.number(value, true)?,
            },
            Const::Qstr(text) => Object::Str(Bytes::copied(self.pool.text(text))?),
            Const::Str(range) => Object::Str(Bytes::copied(self.ast.bytes(range))?),
            Const::Bytes(range) => Object::Bytes(Bytes::copied(self.ast.bytes(range))?),
            Const::Tuple(items) => {
                let items = self.ast.items(items);
                let mut objects = TryVec::with_capacity(items.len())?;
                let depth = depth.checked_sub(1).ok_or(OutOfMemory)?;
                for item in items {
                    objects.push(self.make_object(item, depth)?)?;
                }
                Object::Tuple(objects)
            }
        })
    }

    fn number(&self, value: f64, imaginary: bool) -> Result<Number<'static>, OutOfMemory> {
        let mut text = TryVec::new();
        if cfg!(feature = "files") && self.options.float_text {
            let number = match imaginary {
                true => mpy_text_bare(value),
                false => mpy_text(value),
            };
            text.extend_from_slice(number.as_bytes())?;
            if imaginary {
                text.push(b'j')?;
            }
        }
        let text = text.into();
        Ok(Number { value, text })
    }
}

/// The decimal text of an int.
fn decimal(value: i64) -> Result<Bytes<'static>, OutOfMemory> {
    let mut digits = [0; 20];
    let mut at = digits.len();
    let mut rest = value.unsigned_abs();
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8; // 20 digits hold any u64
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    let mut text = TryVec::with_capacity(21)?;
    if value < 0 {
        text.push(b'-')?;
    }
    text.extend_from_slice(&digits[at..])?;
    Ok(text.into())
}
