//! `code`: what `compile` makes.

use ferlance_abi::qstr;

use super::dict::Dict;
use super::module::Module;
use super::ptr::{Ptr, PyType};
use super::ty::{Header, Type, VTable};
use crate::import::load::Loaded;
use crate::interp::code::Code;
use crate::runtime::{R, Runtime};

/// `code`.
pub static CODE: Type = Type::builtin(qstr!("code"), 0, &VT);
static VT: VTable = VTable::NEW;

/// A module body with its context.
#[repr(C)]
pub struct CodeObj {
    base: Header,
    context: Ptr<Module>,
    body: Ptr<Code>,
}

// SAFETY: every structure of type CODE is a `CodeObj`.
unsafe impl PyType for CodeObj {
    fn ty() -> &'static Type {
        &CODE
    }
}

impl CodeObj {
    /// The object of what was loaded.
    pub fn new(loaded: Loaded) -> CodeObj {
        CodeObj {
            base: Header::new(&CODE),
            context: loaded.context,
            body: loaded.body,
        }
    }

    /// The code, to run over `globals`: functions it makes will see those.
    pub fn over(&self, rt: &mut Runtime, globals: Ptr<Dict>) -> R<Loaded> {
        if self.context.globals() == Some(globals) {
            return Ok(Loaded {
                context: self.context,
                body: self.body,
            });
        }
        let context = rt.new_obj(Module::new(Some(globals), None))?;
        context.names.set(self.context.names.get());
        context.obj_table.set(self.context.obj_table.get());
        context.qstr_table.set(self.context.qstr_table.get());
        #[cfg(feature = "native")]
        context.code.set(self.context.code.get());
        Ok(Loaded {
            context,
            body: self.body,
        })
    }
}
