//! Iteration.

use crate::obj::word::Obj;
use crate::runtime::{R, Raised, Runtime};

impl Runtime {
    /// `iter(obj)`.
    pub fn get_iter(&mut self, obj: Obj) -> R<Obj> {
        let vt = obj.ty().vt();
        if let Some(iter) = vt.iter {
            return iter(self, obj);
        }
        if vt.next.is_some() {
            return Ok(obj);
        }
        Err(self.not_iterable(obj))
    }

    /// `TypeError: 'T' object isn't iterable`.
    #[cold]
    pub fn not_iterable(&mut self, obj: Obj) -> Raised {
        self.type_error_of("'{}' object isn't iterable", obj)
    }

    /// `next(iter)`; `None` at the end. A `StopIteration` raised by a Python `__next__` is the end, too;
    /// its value is lost.
    pub fn next(&mut self, iter: Obj) -> R<Option<Obj>> {
        let Some(next) = iter.ty().vt().next else {
            return Err(self.type_error_of("'{}' object isn't an iterator", iter));
        };
        match next(self, iter) {
            Err(raised) if self.is_raised(&crate::exc::STOP_ITERATION) => {
                self.take_exception(raised);
                Ok(None)
            }
            other => other,
        }
    }

    /// Whether the exception being raised is an instance of `class`.
    pub fn is_raised(&self, class: &'static crate::obj::ty::Type) -> bool {
        self.exception()
            .is_some_and(|exc| crate::exc::is_instance(exc, class))
    }

    /// Calls `f` with each item of an iterable.
    pub fn for_each(
        &mut self,
        iterable: Obj,
        mut f: impl FnMut(&mut Runtime, Obj) -> R<()>,
    ) -> R<()> {
        let iter = self.get_iter(iterable)?;
        while let Some(item) = self.next(iter)? {
            f(self, item)?;
        }
        Ok(())
    }
}
