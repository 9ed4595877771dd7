//! Equality and hashing.

use ferlance_abi::ops::{BinaryOp, UnaryOp};

use crate::obj::ty::TypeFlags;
use crate::obj::word::Obj;
use crate::runtime::{R, Runtime};

impl Runtime {
    /// `a == b`.
    #[inline]
    pub fn equal(&mut self, a: Obj, b: Obj) -> R<bool> {
        if a == b && (!a.is_ptr() || !a.ty().has(TypeFlags::EQ_NOT_REFLEXIVE)) {
            return Ok(true);
        }
        if (a.is_small() && b.is_small()) || (a.is_qstr() && b.is_qstr()) {
            return Ok(false);
        }
        let value = self.equal_or_not(BinaryOp::Equal, a, b)?;
        self.is_true(value)
    }

    /// The full comparison behind `==` and `!=`: what `__eq__` or `__ne__` answers, be it a bool or not.
    pub(crate) fn equal_or_not(&mut self, op: BinaryOp, a: Obj, b: Obj) -> R<Obj> {
        let not = op == BinaryOp::NotEqual;
        if a == b && (!a.is_ptr() || !a.ty().has(TypeFlags::EQ_NOT_REFLEXIVE)) {
            return Ok(Obj::bool(!not));
        }
        self.check_stack()?;
        for (x, y) in [(a, b), (b, a)] {
            let ty = x.ty();
            let Some(binary) = ty.vt().binary else {
                continue;
            };
            if not
                && ty.has(TypeFlags::EQ_HAS_NE)
                && let Some(value) = binary(self, BinaryOp::NotEqual, x, y)?
            {
                return Ok(value);
            }
            if (ty.same(y.ty()) || ty.has(TypeFlags::EQ_CHECKS_OTHER_TYPE))
                && let Some(value) = binary(self, BinaryOp::Equal, x, y)?
            {
                return Ok(if not {
                    Obj::bool(!self.is_true(value)?)
                } else {
                    value
                });
            }
        }
        Ok(Obj::bool(not))
    }

    /// `hash(obj)`, mixed enough to index a table with its low bits.
    pub fn hash(&mut self, obj: Obj) -> R<usize> {
        if let Some(name) = obj.as_qstr() {
            return Ok(self.pool.hash(name) as usize);
        }
        let hash = self.unary_op(UnaryOp::Hash, obj)?;
        Ok(match hash.as_small() {
            Some(hash) => hash as usize,
            None => crate::obj::int::low_word(hash),
        })
    }
}
