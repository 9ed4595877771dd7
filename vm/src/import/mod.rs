//! Imports: finding modules, loading compiled ones, the hook to the compiler.

use crate::obj::dict::Dict;
use crate::obj::ptr::Ptr;
use crate::obj::word::Obj;
use crate::runtime::{R, Runtime};

/// What imports need to remember.
#[derive(Default)]
pub struct Imports {
    /// `sys.modules`.
    pub modules: Option<Ptr<Dict>>,
    /// `sys.path`, a list.
    pub path: Option<Obj>,
}

impl Imports {
    /// Nothing imported.
    pub fn new() -> Imports {
        Imports::default()
    }

    pub(crate) fn each_root(&self, f: &mut impl FnMut(usize)) {
        for obj in [self.modules.map(Ptr::obj), self.path]
            .into_iter()
            .flatten()
        {
            f(obj.raw());
        }
    }
}

/// Makes `sys.modules` and `__main__`.
pub fn start(rt: &mut Runtime) -> R<()> {
    rt.imports.modules = Some(crate::obj::dict::new(rt)?);
    Ok(())
}
