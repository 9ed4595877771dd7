//! Class statements.

use ferlance_abi::qstr;
use ferlance_bytecode::{Local, Op};

use super::call::Callee;
use super::{Lower, Walk};
use crate::ast::{ClassDef, Rec};
use crate::hir::{Body, NameKind, ScopeKind};
use crate::source::Pos;

impl Lower<'_> {
    pub(super) fn class_def(&mut self, class: Rec<ClassDef>, pos: Pos) -> Walk {
        let def = self.ast.get(class);
        let (emit, calls) = self.decorators(def.decorators)?;
        let child = self.open_scope(ScopeKind::Class, Body::Class(class), def.name, emit)?;
        self.op(Op::LoadBuildClass)?;
        self.make_function(child, false, pos)?;
        self.load_str(def.name)?;
        self.call(def.args, Callee::ClassBuilder)?;
        self.apply_decorators(calls)?;
        self.store_name(def.name)
    }

    /// The body of a class scope.
    pub(super) fn class_body(&mut self, class: Rec<ClassDef>) -> Walk {
        let def = self.ast.get(class);
        if !self.emitting {
            // The hidden variable that holds the class; a cell if a method wants it.
            self.scopes[self.scope].add(qstr!("__class__"), NameKind::Local)?;
        }
        self.load_name(qstr!("__name__"))?;
        self.store_name(qstr!("__module__"))?;
        self.load_str(def.name)?;
        self.store_name(qstr!("__qualname__"))?;
        self.suite(def.body)?;
        let hidden = self.scopes[self.scope].get(qstr!("__class__")).copied();
        match hidden {
            Some(name) if name.kind == NameKind::Cell => {
                self.op(Op::LoadFast(Local(u32::from(name.slot))))?;
            }
            _ => self.load_none()?,
        }
        self.op(Op::ReturnValue)
    }
}
