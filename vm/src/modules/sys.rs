//! `sys`.

use ferlance_abi::mpy;
use ferlance_abi::qstr;
use ferlance_abi::qstr::Qstr;

use crate::builtins::output::StreamOut;
use crate::call::Args;
use crate::exc::{self, traceback};
use crate::import;
use crate::members;
use crate::native;
use crate::obj::attrtuple::{self, Fields};
use crate::obj::builtin_fun::BuiltinFun;
use crate::obj::module::ModuleDef;
use crate::obj::ptr::Ptr;
use crate::obj::word::{Obj, SMALL_MAX};
use crate::obj::{int, list, tuple};
use crate::runtime::{R, Runtime};
use crate::text::print::Stdout;

/// What `sys.version` says.
const VERSION: &str = concat!(
    "3.4.0; MicroPython v1.29.0 on Ferlance ",
    env!("CARGO_PKG_VERSION")
);

static EXIT: BuiltinFun = BuiltinFun::var(qstr!("exit"), 0, 1, |rt, args| {
    Err(rt.raise(&exc::SYSTEM_EXIT, args.pos()))
});
static EXC_INFO: BuiltinFun = BuiltinFun::f0(qstr!("exc_info"), exc_info);
static PRINT_EXCEPTION: BuiltinFun =
    BuiltinFun::var(qstr!("print_exception"), 1, 2, print_exception);
static ATEXIT: BuiltinFun = BuiltinFun::f1(qstr!("atexit"), |rt, fun| {
    let before = rt.state.atexit.replace(fun);
    Ok(before.unwrap_or(Obj::NONE))
});

/// `sys`.
pub static MODULE: ModuleDef = ModuleDef {
    name: qstr!("sys"),
    members: members! {
        "atexit" => Fun(&ATEXIT),
        "byteorder" => Str(qstr!("little")),
        "exc_info" => Fun(&EXC_INFO),
        "exit" => Fun(&EXIT),
        "implementation" => Get(implementation),
        "maxsize" => Get(|rt| int::from_wide(rt, (SMALL_MAX as int::Wide) * 2 + 1)),
        "platform" => Str(qstr!("linux")),
        "print_exception" => Fun(&PRINT_EXCEPTION),
        "stderr" => Get(|_| Ok(crate::modules::io::standard(2))),
        "stdin" => Get(|_| Ok(crate::modules::io::standard(0))),
        "stdout" => Get(|_| Ok(crate::modules::io::standard(1))),
        "version" => Get(|rt| rt.new_str(VERSION.as_bytes())),
        "version_info" => Get(|rt| Ok(tuple::from_slice(rt, &[Obj::int(3), Obj::int(4), Obj::int(0)])?.obj())),
    },
    extensible: false,
    attr: Some(attr),
    set_attr: Some(set_attr),
};

static IMPLEMENTATION: Fields = Fields(&[
    qstr!("name"),
    qstr!("version"),
    qstr!("_machine"),
    qstr!("_mpy"),
    qstr!("_build"),
]);

/// Name, version, machine, the `.mpy` files that can be loaded, and the build.
fn implementation(rt: &mut Runtime) -> R<Obj> {
    let (version, machine, build) = (
        [
            Obj::int(1),
            Obj::int(29),
            Obj::int(0),
            Obj::qstr(Qstr::EMPTY),
        ],
        rt.new_str(concat!("linux with Ferlance ", env!("CARGO_PKG_VERSION")).as_bytes())?,
        rt.new_str(b"standard")?,
    );
    let version = tuple::from_slice(rt, &version)?.obj();
    let (arch, flags) = (native::arch(rt), native::arch_flags(rt));
    let mpy = mpy::sys_implementation_mpy(arch, flags) as isize;
    let name = Obj::qstr(qstr!("micropython"));
    attrtuple::new(
        rt,
        &IMPLEMENTATION,
        &[name, version, machine, Obj::int(mpy), build],
    )
}

fn attr(rt: &mut Runtime, name: Qstr) -> R<Option<Obj>> {
    Ok(Some(if name == qstr!("path") {
        import::path(rt)?.obj()
    } else if name == qstr!("modules") {
        import::modules(rt)?.obj()
    } else if name == qstr!("argv") {
        argv(rt)?.obj()
    } else if name == qstr!("ps1") {
        rt.state.prompts[0].unwrap_or(Obj::qstr(qstr!(">>> ")))
    } else if name == qstr!("ps2") {
        rt.state.prompts[1].unwrap_or(Obj::qstr(qstr!("... ")))
    } else if name == qstr!("executable") {
        match executable(rt)? {
            Some(path) => path,
            None => return Ok(None),
        }
    } else {
        return Ok(None);
    }))
}

fn set_attr(rt: &mut Runtime, name: Qstr, value: Option<Obj>) -> R<bool> {
    let at = if name == qstr!("ps1") {
        0
    } else if name == qstr!("ps2") {
        1
    } else if name == qstr!("path")
        && let Some(list) = value.and_then(Obj::cast::<list::List>)
    {
        rt.imports.path = Some(list);
        return Ok(true);
    } else {
        return Ok(false);
    };
    rt.state.prompts[at] = value;
    Ok(true)
}

/// `sys.argv`, made when first asked for.
pub fn argv(rt: &mut Runtime) -> R<Ptr<list::List>> {
    if let Some(argv) = rt.state.argv.and_then(Obj::cast::<list::List>) {
        return Ok(argv);
    }
    let argv = list::with_capacity(rt, 0)?;
    rt.state.argv = Some(argv.obj());
    let mut i = 0;
    while let Some(text) = rt.hal.launch().and_then(|launch| launch.argument(i)) {
        let text = rt.new_str(text)?;
        argv.push(rt, text)?;
        i += 1;
    }
    Ok(argv)
}

/// `sys.executable`, made when first asked for.
fn executable(rt: &mut Runtime) -> R<Option<Obj>> {
    if rt.state.executable.is_none()
        && let Some(path) = rt.hal.launch().and_then(|launch| launch.executable())
    {
        rt.state.executable = Some(rt.new_str(path)?);
    }
    Ok(rt.state.executable)
}

fn exc_info(rt: &mut Runtime) -> R<Obj> {
    let items = match crate::interp::exception_being_handled(rt) {
        Some(exc) => [exc.ty().obj(), exc, Obj::NONE],
        None => [Obj::NONE; 3],
    };
    Ok(tuple::from_slice(rt, &items)?.obj())
}

fn print_exception(rt: &mut Runtime, args: Args<'_>) -> R<Obj> {
    let exc = args.pos()[0];
    match args.get(1) {
        Some(stream) => traceback::print(rt, exc, &mut StreamOut::new(stream))?,
        None => traceback::print(rt, exc, &mut Stdout)?,
    }
    Ok(Obj::NONE)
}
