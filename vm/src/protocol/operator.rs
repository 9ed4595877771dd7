//! Unary and binary operators (spec bytecode section 6, native-abi 4.4, language 10.3 and 14.4).

use ferlance_abi::ops::{BinaryOp, UnaryOp};

use crate::obj::class::{binary_text, unary_text};
use crate::obj::tuple::Tuple;
use crate::obj::word::Obj;
use crate::runtime::{R, Raised, Runtime};

impl Runtime {
    /// Applies a unary operator.
    pub fn unary_op(&mut self, op: UnaryOp, arg: Obj) -> R<Obj> {
        if op == UnaryOp::Not {
            return Ok(Obj::bool(!self.is_true(arg)?));
        }
        if let Some(unary) = arg.ty().vt().unary
            && let Some(value) = unary(self, op, arg)?
        {
            return Ok(value);
        }
        if op == UnaryOp::Hash && arg.ty().vt().unary.is_none() {
            return Ok(crate::obj::object::identity_hash(arg));
        }
        Err(self.unsupported_unary(op, arg))
    }

    /// Applies a unary operator, answering `None` when the type has none.
    pub fn unary_maybe(&mut self, op: UnaryOp, arg: Obj) -> R<Option<Obj>> {
        match arg.ty().vt().unary {
            Some(unary) => unary(self, op, arg),
            None => Ok(None),
        }
    }

    #[cold]
    fn unsupported_unary(&mut self, op: UnaryOp, arg: Obj) -> Raised {
        let ty = self.type_name(arg);
        match op {
            UnaryOp::Len => self.type_error_fmt(format_args!("object of type '{ty}' has no len()")),
            _ => self.type_error_fmt(format_args!(
                "unsupported type for {}: '{ty}'",
                unary_text(self, op)
            )),
        }
    }

    /// The truth of an object.
    #[inline]
    pub fn is_true(&mut self, obj: Obj) -> R<bool> {
        match obj {
            Obj::TRUE => Ok(true),
            Obj::FALSE | Obj::NONE => Ok(false),
            _ => match obj.as_small() {
                Some(value) => Ok(value != 0),
                None => self.is_true_slow(obj),
            },
        }
    }

    fn is_true_slow(&mut self, obj: Obj) -> R<bool> {
        let Some(unary) = obj.ty().vt().unary else {
            return Ok(true);
        };
        if let Some(value) = unary(self, UnaryOp::Bool, obj)? {
            return Ok(value == Obj::TRUE);
        }
        match unary(self, UnaryOp::Len, obj)? {
            Some(len) => Ok(len != Obj::int(0)),
            None => Ok(true),
        }
    }

    /// `len(obj)` as an object.
    pub fn len(&mut self, obj: Obj) -> R<Obj> {
        self.unary_op(UnaryOp::Len, obj)
    }

    /// `len(obj)` when it is a small int; `None` when the object has no length.
    pub fn len_maybe(&mut self, obj: Obj) -> R<Option<usize>> {
        Ok(self
            .unary_maybe(UnaryOp::Len, obj)?
            .and_then(Obj::as_small)
            .and_then(|n| usize::try_from(n).ok()))
    }

    /// Applies a binary operator to `lhs` and `rhs` in source order.
    pub fn binary_op(&mut self, op: BinaryOp, lhs: Obj, rhs: Obj) -> R<Obj> {
        match op {
            BinaryOp::Is => return Ok(Obj::bool(lhs == rhs)),
            BinaryOp::Equal | BinaryOp::NotEqual => return self.equal_or_not(op, lhs, rhs),
            BinaryOp::In => return self.contains(rhs, lhs),
            BinaryOp::ExceptionMatch => {
                return match crate::exc::matches(lhs, rhs) {
                    Some(hit) => Ok(Obj::bool(hit)),
                    None => Err(self.bad_exception_match(lhs, rhs)),
                };
            }
            _ => {}
        }
        if let Some(binary) = lhs.ty().vt().binary
            && let Some(value) = binary(self, op, lhs, rhs)?
        {
            return Ok(value);
        }
        self.binary_fallback(op, lhs, rhs)
    }

    /// The plain form of an in-place operator, then the reflected one, then `TypeError`.
    fn binary_fallback(&mut self, op: BinaryOp, lhs: Obj, rhs: Obj) -> R<Obj> {
        let mut plain = op;
        if let Some(of) = op.from_inplace() {
            plain = of;
            if let Some(binary) = lhs.ty().vt().binary
                && let Some(value) = binary(self, plain, lhs, rhs)?
            {
                return Ok(value);
            }
        }
        if let Some(reverse) = plain.to_reverse()
            && let Some(binary) = rhs.ty().vt().binary
            && let Some(value) = binary(self, reverse, rhs, lhs)?
        {
            return Ok(value);
        }
        Err(self.unsupported_binary(plain, lhs, rhs))
    }

    /// The error of `except` with something that is no exception class; in a tuple the first such item counts.
    #[cold]
    fn bad_exception_match(&mut self, exc: Obj, what: Obj) -> Raised {
        let culprit = what.cast::<Tuple>().and_then(|classes| {
            let mut items = classes.items().iter().map(|item| item.get());
            items.find(|item| {
                !item
                    .as_type()
                    .is_some_and(|ty| crate::exc::is_subclass(ty, &crate::exc::BASE_EXCEPTION))
            })
        });
        self.unsupported_binary(BinaryOp::ExceptionMatch, exc, culprit.unwrap_or(what))
    }

    /// `TypeError: unsupported types for __add__: 'int', 'str'`.
    #[cold]
    pub fn unsupported_binary(&mut self, op: BinaryOp, lhs: Obj, rhs: Obj) -> Raised {
        let (l, r) = (self.type_name(lhs), self.type_name(rhs));
        let name = binary_text(self, op);
        self.type_error_fmt(format_args!("unsupported types for {name}: '{l}', '{r}'"))
    }

    /// `item in container`.
    pub fn contains(&mut self, container: Obj, item: Obj) -> R<Obj> {
        if let Some(binary) = container.ty().vt().binary
            && let Some(value) = binary(self, BinaryOp::Contains, container, item)?
        {
            return Ok(Obj::bool(self.is_true(value)?));
        }
        let iter = self.get_iter(container)?;
        while let Some(x) = self.next(iter)? {
            if self.equal(x, item)? {
                return Ok(Obj::TRUE);
            }
        }
        Ok(Obj::FALSE)
    }
}
