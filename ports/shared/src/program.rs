//! Running a program, and what its end means to whoever started it: the exit codes and reports of the stock unix
//! binary.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;

use ferlance_abi::{Arch, mpy, qstr};
use ferlance_vm::exc::{self, traceback};
use ferlance_vm::import;
use ferlance_vm::import::hook::{self, Mode, Request};
use ferlance_vm::obj::exception;
use ferlance_vm::obj::int;
use ferlance_vm::obj::ty::PrintKind;
use ferlance_vm::obj::word::Obj;
use ferlance_vm::text::print::{Print, Stderr, Stdout};
use ferlance_vm::{R, Runtime};

use crate::session;

/// Exit code of an uncaught `KeyboardInterrupt`: 128 and the signal.
const INTERRUPTED: u8 = 130;

/// Where the traceback of an uncaught exception goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Report {
    /// Standard output: files and `-c`.
    Out,
    /// Standard error: modules and programs on standard input.
    Err,
    /// Standard output, coloured: a person reads it.
    Coloured,
}

/// Compiles a text and, unless told otherwise, runs it as `__main__`.
pub fn text(rt: &mut Runtime, source: &[u8], name: &[u8], compile_only: bool) -> R<()> {
    let name = rt.intern(name)?;
    match (compile_only, rt.interp.main_globals) {
        (true, Some(globals)) => {
            let request = Request {
                source,
                name,
                mode: Mode::Exec,
                globals,
            };
            hook::compile(rt, request).map(|_| ())
        }
        _ => hook::run_main(rt, source, name, Mode::Exec),
    }
}

/// Runs a module of `sys.path` as `__main__`.
pub fn module(rt: &mut Runtime, name: &[u8]) -> R<()> {
    let name = rt.intern(name)?;
    import::run_as_main(rt, name)
}

/// Shows what is to be shown of a program's end; its exit code.
pub fn exit_code(rt: &mut Runtime, result: R<()>, report: Report) -> u8 {
    let Err(raised) = result else {
        return 0;
    };
    let exc = rt.take_exception(raised);
    if exc::is_instance(exc, &exc::SYSTEM_EXIT) {
        return system_exit(rt, exc);
    }
    // A second failure while showing the first (the stream is closed, memory is out) has nowhere to go.
    let shown = match report {
        Report::Coloured => session::print_in_colour(rt, exc),
        Report::Out => traceback::print(rt, exc, &mut Stdout),
        Report::Err => traceback::print(rt, exc, &mut Stderr),
    };
    if shown.is_err() {
        rt.clear_exception();
    }
    if exc::is_instance(exc, &exc::VALUE_ERROR) {
        hint_at_arch(rt);
    }
    if exc::is_instance(exc, &exc::KEYBOARD_INTERRUPT) {
        INTERRUPTED
    } else {
        1
    }
}

/// Tells on standard error what to do about a file that is damaged or was made for others, if one was refused.
fn hint_at_arch(rt: &mut Runtime) {
    let Some(refused) = rt.imports.refused.take() else {
        return;
    };
    let file = rt.name_str(refused.file).0;
    let source = file.strip_suffix(".mpy").unwrap_or(file);
    let needed = refused.needed.name();
    let arch = match refused.needed {
        Arch::None => String::new(),
        _ => format!("-march={needed} "),
    };
    let holds = match refused.found {
        import::Found::SmallIntBits(bits) => {
            let own = usize::BITS - 1;
            let text = format!(
                "hint: {file} needs small ints of {bits} bits; this program has {own}. `mpy-cross -msmall-int-bits={own} {arch}{source}.py` makes one that does with these.\n"
            );
            return say(rt, &text);
        }
        import::Found::Version(found) => {
            let text = format!(
                "hint: {file} has version {found} of the format; this program reads {}. `mpy-cross {arch}{source}.py` of Ferlance, or of MicroPython 1.23 and later, makes one that has it.\n",
                mpy::VERSION
            );
            return say(rt, &text);
        }
        import::Found::SubVersion(found) => {
            let text = format!(
                "hint: {file} holds machine code for sub-version {found} of the interface; this program has {}. `mpy-cross {arch}{source}.py` of Ferlance, or of MicroPython 1.23 and later, makes one for it.\n",
                mpy::SUB_VERSION
            );
            return say(rt, &text);
        }
        import::Found::Arch(number) => match Arch::from_number(number) {
            Some(arch) => format!("machine code for {}", arch.name()),
            None => format!("machine code for an unknown architecture ({number})"),
        },
        import::Found::Flags(flags) => {
            format!("machine code with features of other processors (-march-flags={flags:#x})")
        }
        import::Found::Any => "machine code".to_owned(),
        import::Found::Damage => {
            let text = format!(
                "hint: {file} is cut or damaged; `mpy-dump {file}` shows where. `mpy-cross {arch}{source}.py` makes it anew.\n"
            );
            return say(rt, &text);
        }
    };
    let hint = if refused.needed == Arch::None {
        format!(
            "hint: {file} holds {holds}; none runs here. `mpy-cross {source}.py` makes bytecode, which does.\n"
        )
    } else {
        format!(
            "hint: {file} holds {holds}; this program runs {needed}. `mpy-cross -march={needed} {source}.py` makes one that does.\n"
        )
    };
    say(rt, &hint);
}

/// Writes to standard error. Where that fails, there is nowhere to say so.
fn say(rt: &mut Runtime, text: &str) {
    if Stderr.write(rt, text.as_bytes()).is_err() {
        rt.clear_exception();
    }
}

/// The exit code that a `SystemExit` carries.
pub fn system_exit(rt: &mut Runtime, exc: Obj) -> u8 {
    let value = exception::native_part(exc).and_then(|exc| exc.arg(0));
    let Some(value) = value.filter(|value| !value.is_none()) else {
        return 0;
    };
    // An int that is no bool.
    if value.as_bool().is_none() && int::is_int(value) {
        return int::low_word(value) as u8;
    }
    let shown = rt
        .print(value, PrintKind::Str, &mut Stderr)
        .and_then(|()| Stderr.write(rt, b"\n"));
    if shown.is_err() {
        rt.clear_exception();
    }
    1
}

/// Calls the function given to `sys.atexit`; the program's exit code.
pub fn at_exit(rt: &mut Runtime, code: u8) -> u8 {
    let Some(fun) = rt.state.atexit.take() else {
        return code;
    };
    if fun.is_none() {
        return code;
    }
    let result = rt.call(fun, &[]).map(|_| ());
    match exit_code(rt, result, Report::Err) {
        0 => code,
        failed => failed,
    }
}

/// Sets `__file__` of the main program. The name costs no heap: tracebacks have it anyway.
pub fn set_file(rt: &mut Runtime, file: &[u8]) -> R<()> {
    let file = rt.intern(file)?;
    match rt.interp.main_globals {
        Some(globals) => globals.map.set_name(rt, qstr!("__file__"), Obj::qstr(file)),
        None => Ok(()),
    }
}
