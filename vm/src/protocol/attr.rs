//! Attributes of any object.

use ferlance_abi::qstr::Qstr;

use crate::exc;
use crate::obj::bound_method;
use crate::obj::ty::{Attr, Member, Type, TypeFlags};
use crate::obj::word::Obj;
use crate::runtime::{R, Raised, Runtime};
use crate::text::print::Word;

impl Runtime {
    /// `obj.name`, as a value or a method that is not bound yet.
    pub fn find_attr(&mut self, obj: Obj, name: Qstr) -> R<Attr> {
        let ty = obj.ty();
        if name == ferlance_abi::qstr!("__class__") {
            return Ok(Attr::Value(ty.shown().obj()));
        }
        if let Some(attr) = ty.vt().attr {
            match attr(self, obj, name)? {
                Attr::None => {}
                found => return Ok(found),
            }
        }
        self.find_member(obj, ty, name)
    }

    /// Looks `name` up in the member tables of a built-in type and its ancestors.
    pub fn find_member(&mut self, obj: Obj, ty: &'static Type, name: Qstr) -> R<Attr> {
        let mut at = Some(ty);
        while let Some(ty) = at {
            #[cfg(feature = "native")]
            if !ty.has(TypeFlags::RUST) {
                match crate::native::c_type::member(self, ty, obj, name) {
                    Attr::None => {
                        at = ty.parent();
                        continue;
                    }
                    found => return Ok(found),
                }
            }
            match ty.vt().members.get(name) {
                Some(member @ Member::Fun(_)) => {
                    return Ok(Attr::Method {
                        fun: member.value(self)?,
                        this: obj,
                    });
                }
                Some(member @ Member::Class(_)) => {
                    return Ok(Attr::Method {
                        fun: member.value(self)?,
                        this: obj.ty().obj(),
                    });
                }
                Some(member) => return Ok(Attr::Value(member.value(self)?)),
                None => at = ty.parent(),
            }
        }
        Ok(Attr::None)
    }

    /// `obj.name`.
    pub fn load_attr(&mut self, obj: Obj, name: Qstr) -> R<Obj> {
        match self.find_attr(obj, name)? {
            Attr::Value(value) => Ok(value),
            Attr::Method { fun, this } => bound_method::new(self, fun, this),
            Attr::None => Err(self.no_attribute(obj, name)),
        }
    }

    /// `obj.name` for a call: the function, and its first argument if there is one.
    pub fn load_method(&mut self, obj: Obj, name: Qstr) -> R<(Obj, Option<Obj>)> {
        match self.find_attr(obj, name)? {
            Attr::Value(value) => Ok((value, None)),
            Attr::Method { fun, this } => Ok((fun, Some(this))),
            Attr::None => Err(self.no_attribute(obj, name)),
        }
    }

    /// `getattr(obj, name)`, `None` when there is no such attribute (an `AttributeError` raised on the way counts).
    pub fn load_attr_maybe(&mut self, obj: Obj, name: Qstr) -> R<Option<Obj>> {
        match self.load_attr(obj, name) {
            Ok(value) => Ok(Some(value)),
            Err(raised) if self.is_raised(&exc::ATTRIBUTE_ERROR) => {
                self.take_exception(raised);
                Ok(None)
            }
            Err(raised) => Err(raised),
        }
    }

    /// `obj.name = value`, or `del obj.name` for `None`.
    pub fn store_attr(&mut self, obj: Obj, name: Qstr, value: Option<Obj>) -> R<()> {
        if let Some(set) = obj.ty().vt().set_attr
            && set(self, obj, name, value)?
        {
            return Ok(());
        }
        let (ty, name) = (self.type_name(obj), self.name_str(name));
        Err(self.raise_fmt(
            &exc::ATTRIBUTE_ERROR,
            format_args!("'{ty}' object has no attribute '{name}'"),
        ))
    }

    /// The `AttributeError` for a read of a missing attribute (spec language 14.2).
    #[cold]
    pub fn no_attribute(&mut self, obj: Obj, name: Qstr) -> Raised {
        let attr = self.name_str(name);
        if let Some(ty) = obj.as_type() {
            let ty = self.name_str(ty.name());
            return self.raise_fmt(
                &exc::ATTRIBUTE_ERROR,
                format_args!("type object '{ty}' has no attribute '{attr}'"),
            );
        }
        if let Some(module) = crate::obj::module::name(self, obj) {
            let module = self
                .str_bytes(module)
                .and_then(|text| core::str::from_utf8(text).ok())
                .map_or(Word("?"), Word);
            return self.raise_fmt(
                &exc::ATTRIBUTE_ERROR,
                format_args!("module '{module}' has no attribute '{attr}'"),
            );
        }
        let ty = self.type_name(obj);
        self.raise_fmt(
            &exc::ATTRIBUTE_ERROR,
            format_args!("'{ty}' object has no attribute '{attr}'"),
        )
    }

    /// The attribute name that a str object stands for.
    pub fn attr_name(&mut self, name: Obj) -> R<Qstr> {
        if let Some(name) = name.as_qstr() {
            return Ok(name);
        }
        match self.str_bytes(name) {
            Some(text) => self.intern(text),
            None => Err(self.type_error_of("can't convert '{}' object to str implicitly", name)),
        }
    }
}
