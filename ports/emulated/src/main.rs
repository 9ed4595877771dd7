//! The runtime as on a board, under user-mode QEMU: see the README beside this folder.
//!
//! ```text
//! linux/<processor>  _start ─▶ main::start ─▶ args ─▶ Runtime ─▶ the program
//! linux/             system calls ◀── hal: console, clock, files, memory for code
//! memory             the allocator and the heap's region
//! ```
#![no_std]
#![no_main]

extern crate alloc;

mod args;
mod compile_memory;
mod hal;
mod linux;
mod memory;

use alloc::boxed::Box;

use ferlance_extmod::json;
use ferlance_port::program::{self, Report};
use ferlance_vm::config::Settings;
use ferlance_vm::gc::{Heap, Policy};
use ferlance_vm::obj::module::ModuleDef;
use ferlance_vm::{R, Runtime};

use args::{Invocation, What};

/// Modules beyond those of the runtime.
static EXTRA: &[&ModuleDef] = &[&json::MODULE];

/// What `_start` calls: `words` is the initial stack, the number of arguments first. Its address bounds the stack.
#[unsafe(no_mangle)]
extern "C" fn ferlance_start(words: *const usize) -> ! {
    // SAFETY: the system's promise about the initial stack.
    let process = unsafe { args::Process::new(words) };
    linux::complete_processor();
    let code = match args::parse(&process) {
        Some(invocation) => run(invocation, &process, words.addr()),
        None => complain(b"ferlance: no such option\n"),
    };
    linux::exit(code)
}

fn complain(text: &[u8]) -> u8 {
    let _ = linux::write_all(linux::STDERR, text);
    1
}

#[inline(never)]
fn run(invocation: Invocation, process: &args::Process, top: usize) -> u8 {
    let file = match invocation.what {
        What::File(name) => match linux::read_file(name) {
            Ok(source) => Some(source),
            Err(_) => {
                complain(b"ferlance: no such file\n");
                return 2;
            }
        },
        _ => None,
    };
    if invocation.tells_memory {
        return compile_memory::tell(&invocation, file.as_deref().unwrap_or_default());
    }
    let board = hal::Board::new(&invocation, top);
    let settings = Settings {
        opt_level: invocation.opt_level,
        emit: invocation.emit,
        native_small: invocation.native_small,
        native_pieces: invocation.native_pieces,
        // As the hosts have them: the programs that are run here are theirs.
        value_stack_words: 1 << 18,
        max_frames: 1 << 14,
        ..Settings::default()
    };
    let heap = memory::region(invocation.heap_bytes)
        .and_then(|region| Heap::new(region, Policy::GROWING))
        .map(|heap| Runtime::new(heap, Box::new(board), settings));
    let Some(Ok(mut rt)) = heap else {
        return complain(b"ferlance: no memory for the heap\n");
    };
    rt.imports.compile = Some(ferlance_port::compile::compile);
    rt.imports.extra = EXTRA;
    if process.env(b"FERLANCE_GC_STRESS") == Some(b"1") {
        rt.heap.set_collect_always(true);
    }
    let (result, report) = main_program(&mut rt, invocation.what, file.as_deref());
    let code = program::exit_code(&mut rt, result, report);
    program::at_exit(&mut rt, code)
}

fn main_program(rt: &mut Runtime, what: What, file: Option<&[u8]>) -> (R<()>, Report) {
    match what {
        What::Text(source) => (program::text(rt, source, b"<stdin>", false), Report::Out),
        What::File(name) => {
            let result = program::set_file(rt, name)
                .and_then(|()| program::text(rt, file.unwrap_or_default(), name, false));
            (result, Report::Out)
        }
        What::Module(name) => (program::module(rt, name), Report::Err),
    }
}

#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    use core::fmt::Write;
    struct Err;
    impl Write for Err {
        fn write_str(&mut self, text: &str) -> core::fmt::Result {
            linux::write_all(linux::STDERR, text.as_bytes()).map_err(|_| core::fmt::Error)
        }
    }
    let _ = writeln!(Err, "{info}");
    linux::exit(101)
}
