//! `object[index]`.

use crate::obj::ty::Access;
use crate::obj::word::Obj;
use crate::runtime::{R, Runtime};
use crate::text::print::Word;

impl Runtime {
    /// `base[index]`.
    pub fn get_item(&mut self, base: Obj, index: Obj) -> R<Obj> {
        self.subscr(base, index, Access::Load)
    }

    /// `base[index] = value`.
    pub fn set_item(&mut self, base: Obj, index: Obj, value: Obj) -> R<()> {
        self.subscr(base, index, Access::Store(value)).map(|_| ())
    }

    /// `del base[index]`.
    pub fn del_item(&mut self, base: Obj, index: Obj) -> R<()> {
        self.subscr(base, index, Access::Delete).map(|_| ())
    }

    /// Reads, stores or deletes an item.
    pub fn subscr(&mut self, base: Obj, index: Obj, access: Access) -> R<Obj> {
        if let Some(subscr) = base.ty().vt().subscr
            && let Some(value) = subscr(self, base, index, access)?
        {
            return Ok(value);
        }
        let ty = self.type_name(base);
        Err(match access {
            Access::Load => self.type_error_fmt(format_args!("'{ty}' object isn't subscriptable")),
            Access::Store(_) => self.type_error_fmt(format_args!(
                "'{ty}' object doesn't support item assignment"
            )),
            Access::Delete => {
                self.type_error_fmt(format_args!("'{ty}' object doesn't support item deletion"))
            }
        })
    }

    /// The position `index` means in a sequence of `len` items; `what` names the sequence in messages
    /// (`list index out of range`).
    pub fn index_of(&mut self, what: &str, len: usize, index: Obj) -> R<usize> {
        let Some(i) = self.int_maybe(index)? else {
            let ty = self.type_name(index);
            return Err(self.type_error_fmt(format_args!(
                "{} indices must be integers, not {ty}",
                Word(what)
            )));
        };
        let at = if i < 0 {
            i.checked_add_unsigned(len)
        } else {
            Some(i)
        };
        match at.and_then(|at| usize::try_from(at).ok()) {
            Some(at) if at < len => Ok(at),
            _ => Err(self.raise_fmt(
                &crate::exc::INDEX_ERROR,
                format_args!("{} index out of range", Word(what)),
            )),
        }
    }

    /// The machine integer that `obj` stands for, if it is an int, a bool, or converts itself.
    pub fn int_maybe(&mut self, obj: Obj) -> R<Option<isize>> {
        crate::obj::int::word_maybe(self, obj)
    }

    /// The machine integer that `obj` stands for.
    ///
    /// # Errors
    /// `TypeError: can't convert T to int`; `OverflowError` when it needs more than a word.
    pub fn int(&mut self, obj: Obj) -> R<isize> {
        if let Some(value) = obj.as_small() {
            return Ok(value);
        }
        match self.int_maybe(obj)? {
            Some(value) => Ok(value),
            None => Err(self.type_error_of("can't convert {} to int", obj)),
        }
    }

    /// The buffer of an object.
    ///
    /// # Errors
    /// `TypeError: object with buffer protocol required`.
    pub fn buffer_of(&mut self, obj: Obj, write: bool) -> R<crate::obj::ty::Buffer> {
        if let Some(buffer) = obj.ty().vt().buffer
            && let Some(view) = buffer(self, obj, write)
        {
            return Ok(view);
        }
        Err(self.type_error("object with buffer protocol required"))
    }
}
