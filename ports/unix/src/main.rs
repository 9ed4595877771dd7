//! The `ferlance` program for Unix-like hosts: it stands in for the stock unix binary, options, exit codes,
//! streams and prompt included.
#![cfg_attr(not(test), no_main)]

mod args;
mod console;
mod diagnosis;
mod dump;
mod exec;
mod explain;
mod hal;
mod interrupt;
mod launch;
mod memory;
mod modules;
mod prompt;
mod sys;
mod terminal;
mod usage;

use ferlance_vm::config::Settings;
use ferlance_vm::gc::{Heap, Policy};
use ferlance_vm::modules::micropython;
use ferlance_vm::{R, Runtime};

// Finding a library, mapping it and binding its names takes longer than all else we do at the start: what we need
// of this one becomes part of the program.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[link(name = "gcc_eh", kind = "static", modifiers = "-bundle")]
unsafe extern "C" {}

use args::{Command, Invocation, What};
use diagnosis::NO_FILE;
use ferlance_port::program::{self as run, Report};

// What the standard library would do before a `main` of Rust costs a third of our start: it reads the memory map
// of the process to find the guard page of the stack. So C's `main` is ours.
#[cfg_attr(not(test), unsafe(no_mangle))]
extern "C" fn main(count: i32, words: *const *const std::ffi::c_char) -> i32 {
    let top = (&raw const count).addr();
    let count = usize::try_from(count).unwrap_or(0);
    let mut words = (0..count).map(|i| {
        // SAFETY: C hands over `count` pointers to C strings, which live as long as the program.
        unsafe { std::ffi::CStr::from_ptr(words.add(i).read()).to_bytes() }
    });
    // A reader that went away is an error of the write, not the end.
    // SAFETY: nothing runs in the signal's context.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_IGN) };
    let program = words.next().unwrap_or(b"ferlance");
    let code = match args::parse(words) {
        Command::Run(invocation) => start(program, invocation, top),
        Command::Say(text) => match sys::write_all(libc::STDOUT_FILENO, text.as_bytes()) {
            Ok(()) => 0,
            Err(_) => 1,
        },
        Command::Invalid => complain(usage::INVALID),
    };
    i32::from(code)
}

/// Says why there is no run; the exit code.
fn complain(text: &str) -> u8 {
    let _ = sys::write_all(libc::STDERR_FILENO, text.as_bytes());
    1
}

/// Makes the runtime and runs what the command line says; the exit code. Not inlined: its frame and those below
/// it are searched for references, up to `top` in the frame of `main`.
#[inline(never)]
fn start(program: &[u8], invocation: Invocation, top: usize) -> u8 {
    // A missing file is found out before there is anything to take down.
    let file = match invocation.what {
        What::File(file) => match sys::read_file(file) {
            Ok(source) => Some(source),
            // No such file: a word that explains another one.
            Err(libc::ENOENT) if file == b"explain" && invocation.argv.len() > 1 => {
                return explain::explain(&invocation);
            }
            Err(libc::ENOENT) if file == b"dump" && invocation.argv.len() > 1 => {
                return dump::dump(&invocation);
            }
            Err(errno) => {
                let file = String::from_utf8_lossy(file);
                let program = String::from_utf8_lossy(program);
                let why = sys::error_text(errno);
                complain(&format!(
                    "{program}: can't open file '{file}': [Errno {errno}] {why}\n"
                ));
                return 2;
            }
        },
        _ => None,
    };
    let script_dir = match invocation.what {
        What::File(file) => launch::directory_of(file),
        _ => b"",
    };
    let host = hal::Host::new(launch::Start::new(invocation.argv, script_dir), top);
    let settings = Settings {
        opt_level: invocation.opt_level,
        emit: invocation.emit,
        native_small: invocation.native_small,
        native_pieces: invocation.native_pieces,
        native_eager: invocation.native_eager,
        native_once: invocation.native_once,
        sound: invocation.sound,
        ..Settings::default()
    };
    let heap = memory::region(invocation.heap_bytes)
        .and_then(|region| Heap::new(region, Policy::GROWING))
        .inspect(memory::prefer_large_pages)
        .map(|heap| Runtime::new(heap, Box::new(host), settings));
    let Some(Ok(mut rt)) = heap else {
        return complain("ferlance: no memory for the heap\n");
    };
    rt.imports.compile = Some(ferlance_port::compile::compile);
    rt.imports.hot = Some(ferlance_port::compile::compile_hot);
    rt.imports.extra = modules::EXTRA;
    interrupt::install();
    #[cfg(any(debug_assertions, feature = "sweeps"))]
    memory::test_switches(&mut rt);

    let inspect =
        invocation.inspect || sys::env(c"MICROPYINSPECT").is_some_and(|value| !value.is_empty());
    let mut code = 0;
    let mut prompts = inspect;
    if invocation.what == What::Input && (inspect || sys::is_terminal(libc::STDIN_FILENO)) {
        prompts = true;
    } else {
        let (result, report) = run(&mut rt, &invocation.what, file, invocation.compile_only);
        let diagnosis = match result {
            Ok(()) => None,
            Err(_) => diagnosis::of(&mut rt, &invocation.what),
        };
        code = run::exit_code(&mut rt, result, report);
        if let Some(text) = diagnosis {
            // If standard error is gone, the traceback still tells.
            let _ = sys::write_all(libc::STDERR_FILENO, text.as_bytes());
        }
    }
    if prompts {
        code = prompt::run(&mut rt);
    }
    let code = run::at_exit(&mut rt, code);
    if invocation.verbose > 0 && micropython::print_mem_info(&mut rt).is_err() {
        return 1;
    }
    // The program ends here: see `main`.
    std::mem::forget(rt);
    code
}

/// Runs the program; where its traceback would go.
fn run(
    rt: &mut Runtime,
    what: &What,
    file: Option<Vec<u8>>,
    compile_only: bool,
) -> (R<()>, Report) {
    match *what {
        What::Text(source) => (run::text(rt, source, NO_FILE, compile_only), out()),
        What::File(name) => {
            let source = file.unwrap_or_default();
            let result =
                run::set_file(rt, name).and_then(|()| run::text(rt, &source, name, compile_only));
            (result, out())
        }
        What::Module(name) => (run::module(rt, name), Report::Err),
        What::Input => {
            let result = match sys::read_to_end(libc::STDIN_FILENO) {
                Ok(source) => run::text(rt, &source, NO_FILE, compile_only),
                Err(errno) => Err(rt.os_error(errno)),
            };
            (result, Report::Err)
        }
    }
}

/// How tracebacks go to standard output.
fn out() -> Report {
    if prompt::is_coloured(libc::STDOUT_FILENO) {
        Report::Coloured
    } else {
        Report::Out
    }
}
