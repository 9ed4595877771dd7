//! The hook to the compiler: the runtime never names it. A port that can compile installs one; a runtime-only
//! image does not, and `compile`, `exec`, `eval` and imports of source raise.

use ferlance_abi::qstr::Qstr;
use ferlance_bytecode::module::{CompiledModule, HotFunction};

use super::load::Loaded;
use crate::obj::dict::Dict;
use crate::obj::ptr::Ptr;
use crate::runtime::{R, Runtime};

/// What is being compiled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// A file: statements.
    Exec,
    /// One expression.
    Eval,
    /// One line of the prompt: values of expressions are shown.
    Single,
}

/// One thing to compile.
pub struct Request<'a> {
    /// The text.
    pub source: &'a [u8],
    /// The file name that tracebacks show.
    pub name: Qstr,
    /// What it is.
    pub mode: Mode,
    /// The globals of the functions in it.
    pub globals: Ptr<Dict>,
}

/// Compiles and loads.
pub type CompileHook = fn(&mut Runtime, Request<'_>) -> R<Loaded>;

/// Compiles a hot function: a module of it alone, whose constants begin with those that it came with. Raises nothing.
pub type HotHook = fn(&mut Runtime, HotFunction<'_>) -> Option<CompiledModule<'static>>;

/// Compiles and loads through the installed hook.
pub fn compile(rt: &mut Runtime, request: Request<'_>) -> R<Loaded> {
    match rt.imports.compile {
        Some(hook) => hook(rt, request),
        None => Err(rt.raise_msg(
            &crate::exc::RUNTIME_ERROR,
            "script compilation not supported",
        )),
    }
}

/// Compiles and runs a text as the main program.
pub fn run_main(rt: &mut Runtime, source: &[u8], name: Qstr, mode: Mode) -> R<()> {
    let globals = match rt.interp.main_globals {
        Some(globals) => globals,
        None => {
            let globals = crate::obj::dict::new(rt)?;
            rt.interp.main_globals = Some(globals);
            globals
        }
    };
    let loaded = compile(
        rt,
        Request {
            source,
            name,
            mode,
            globals,
        },
    )?;
    crate::interp::call_module_body(rt, loaded.context, loaded.body, globals)?;
    Ok(())
}
