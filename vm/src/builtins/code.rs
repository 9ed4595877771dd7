//! `compile`, `eval`, `exec`, `execfile`, `globals`, `locals`, `__import__`.

use ferlance_abi::qstr;
use ferlance_abi::qstr::Qstr;

use crate::call::Args;
use crate::exc;
use crate::import::hook::{self, Mode, Request};
use crate::import::load::Loaded;
use crate::obj::builtin_fun::BuiltinFun;
use crate::obj::code::CodeObj;
use crate::obj::dict::Dict;
use crate::obj::ptr::Ptr;
use crate::obj::word::Obj;
use crate::runtime::{R, Runtime};

/// `compile(source, name, mode)`
pub static COMPILE: BuiltinFun = BuiltinFun::var(qstr!("compile"), 3, 6, compile);
/// `eval(source[, globals[, locals]])`
pub static EVAL: BuiltinFun =
    BuiltinFun::var(qstr!("eval"), 1, 3, |rt, args| run(rt, args, Mode::Eval));
/// `exec(source[, globals[, locals]])`
pub static EXEC: BuiltinFun =
    BuiltinFun::var(qstr!("exec"), 1, 3, |rt, args| run(rt, args, Mode::Exec));
/// `execfile(path[, globals[, locals]])`
pub static EXECFILE: BuiltinFun = BuiltinFun::var(qstr!("execfile"), 1, 3, execfile);
/// `globals()`
pub static GLOBALS: BuiltinFun = BuiltinFun::f0(qstr!("globals"), |rt| Ok(globals(rt)?.obj()));
/// `locals()`
pub static LOCALS: BuiltinFun = BuiltinFun::f0(qstr!("locals"), |rt| {
    let globals = globals(rt)?;
    Ok(rt.interp.locals.unwrap_or(globals).obj())
});
/// `__import__(name, globals, locals, fromlist, level)`
pub static IMPORT: BuiltinFun = BuiltinFun::var(qstr!("__import__"), 1, 5, import);

fn globals(rt: &mut Runtime) -> R<Ptr<Dict>> {
    match rt.interp.globals() {
        Some(globals) => Ok(globals),
        None => crate::obj::dict::new(rt),
    }
}

/// The text of a source argument.
fn source<'a>(rt: &mut Runtime, obj: Obj) -> R<&'a [u8]> {
    match rt.str_bytes(obj) {
        Some(text) => Ok(text),
        None => Ok(rt.buffer_of(obj, false)?.bytes()),
    }
}

fn compile(rt: &mut Runtime, args: Args<'_>) -> R<Obj> {
    let text = source(rt, args.pos()[0])?;
    let name = rt.attr_name(args.pos()[1])?;
    let mode = match rt.str_bytes(args.pos()[2]) {
        Some(b"exec") => Mode::Exec,
        Some(b"eval") => Mode::Eval,
        Some(b"single") => Mode::Single,
        _ => return Err(rt.value_error("bad compile mode")),
    };
    let globals = globals(rt)?;
    let loaded = hook::compile(
        rt,
        Request {
            source: text,
            name,
            mode,
            globals,
        },
    )?;
    Ok(rt.new_obj(CodeObj::new(loaded))?.obj())
}

/// The globals and locals that `exec` and `eval` were given.
fn namespaces(rt: &mut Runtime, args: Args<'_>) -> R<(Ptr<Dict>, Ptr<Dict>)> {
    let current = globals(rt)?;
    let mut spaces = (current, rt.interp.locals.unwrap_or(current));
    for (i, arg) in args.pos().iter().enumerate().skip(1) {
        if arg.is_none() {
            continue;
        }
        let Some(dict) = arg.cast::<Dict>() else {
            return Err(rt.raise(&exc::TYPE_ERROR, &[]));
        };
        if i == 1 {
            spaces = (dict, dict);
        } else {
            spaces.1 = dict;
        }
    }
    Ok(spaces)
}

fn run(rt: &mut Runtime, args: Args<'_>, mode: Mode) -> R<Obj> {
    let (globals, locals) = namespaces(rt, args)?;
    let what = args.pos()[0];
    let loaded = match what.cast::<CodeObj>() {
        Some(code) => code.over(rt, globals)?,
        None => {
            let text = source(rt, what)?;
            hook::compile(
                rt,
                Request {
                    source: text,
                    name: qstr!("<string>"),
                    mode,
                    globals,
                },
            )?
        }
    };
    run_loaded(rt, loaded, locals)
}

fn run_loaded(rt: &mut Runtime, loaded: Loaded, locals: Ptr<Dict>) -> R<Obj> {
    crate::interp::call_module_body(rt, loaded.context, loaded.body, locals)
}

fn execfile(rt: &mut Runtime, args: Args<'_>) -> R<Obj> {
    let (globals, locals) = namespaces(rt, args)?;
    let path = args.pos()[0];
    let name: Qstr = rt.attr_name(path)?;
    let text = crate::import::read_file(rt, rt.name(name))?;
    let loaded = hook::compile(
        rt,
        Request {
            source: &text,
            name,
            mode: Mode::Exec,
            globals,
        },
    )?;
    drop(text);
    run_loaded(rt, loaded, locals)
}

fn import(rt: &mut Runtime, args: Args<'_>) -> R<Obj> {
    let name = rt.attr_name(args.pos()[0])?;
    let fromlist = args.get(3).unwrap_or(Obj::NONE);
    let level = args.get(4).unwrap_or(Obj::int(0));
    crate::import::import_name(rt, name, fromlist, level)
}
