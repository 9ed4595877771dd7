//! Imports: finding modules, loading compiled ones, the hook to the compiler.

pub mod hook;
pub mod load;

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
    /// The compiler, where there is one.
    pub compile: Option<hook::CompileHook>,
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
    rt.interp.main_globals = Some(crate::obj::dict::new(rt)?);
    let limit = rt.hal.stack_bounds().low;
    rt.interp.set_stack_limit(limit);
    Ok(())
}

/// `import name`: the module, or its top package.
pub fn import_name(
    rt: &mut Runtime,
    _name: ferlance_abi::qstr::Qstr,
    _fromlist: Obj,
    _level: Obj,
) -> R<Obj> {
    Err(rt.raise_msg(&crate::exc::IMPORT_ERROR, "import"))
}

/// `from module import name`.
pub fn import_from(rt: &mut Runtime, _module: Obj, _name: ferlance_abi::qstr::Qstr) -> R<Obj> {
    Err(rt.raise_msg(&crate::exc::IMPORT_ERROR, "import"))
}

/// `from module import *`.
pub fn import_star(rt: &mut Runtime, _module: Obj) -> R<()> {
    Err(rt.raise_msg(&crate::exc::IMPORT_ERROR, "import"))
}

/// The contents of a file.
pub fn read_file(rt: &mut Runtime, path: &[u8]) -> R<alloc::vec::Vec<u8>> {
    let mut data = alloc::vec::Vec::new();
    let result = (|| {
        let files = rt.hal.files().ok_or(2)?;
        let fd = files.open(path, b"rb")?;
        let mut chunk = [0u8; 1024];
        loop {
            match files.read(fd, &mut chunk) {
                Ok(0) => break,
                Ok(n) => {
                    if data.try_reserve(n).is_err() {
                        let _ = files.close(fd);
                        return Err(12);
                    }
                    data.extend_from_slice(&chunk[..n]);
                }
                Err(errno) => {
                    let _ = files.close(fd);
                    return Err(errno);
                }
            }
        }
        files.close(fd)
    })();
    match result {
        Ok(()) => Ok(data),
        Err(errno) => Err(rt.os_error(errno)),
    }
}
