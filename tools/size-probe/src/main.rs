//! A program without a board: a heap in a static, a console that is one address, and either a source that is
//! compiled here or a `.mpy` file that is loaded. The input comes from an address that the compiler cannot know, so
//! nothing of the machine is optimised away.
#![no_std]
#![no_main]

extern crate alloc;

mod allocator;
#[cfg(target_arch = "arm")]
mod division;
mod hal;
#[cfg(target_arch = "arm")]
mod mem;

use alloc::boxed::Box;
use core::ptr::{NonNull, addr_of_mut};

use ferlance_vm::Runtime;
use ferlance_vm::config::Settings;
use ferlance_vm::gc::{Heap, Policy, Region};

/// Bytes of the heap: what a small board has. It is in no file, so it does not count.
const HEAP: usize = 64 * 1024;

static mut MEMORY: [u8; HEAP] = [0; HEAP];

/// What to run.
fn input() -> &'static [u8] {
    let start = core::hint::black_box(0x1000_0000 as *const u8);
    // SAFETY: nothing runs this program; on a board a file would be there.
    unsafe { core::slice::from_raw_parts(start, core::hint::black_box(1000)) }
}

#[unsafe(no_mangle)]
extern "C" fn _start() -> ! {
    if let Some(mut rt) = runtime() {
        run(&mut rt);
    }
    loop {}
}

fn runtime() -> Option<Runtime> {
    let base = NonNull::new(addr_of_mut!(MEMORY).cast::<u8>())?;
    // SAFETY: the array is ours alone, and lives as long as the program.
    let region = unsafe { Region::fixed(base, HEAP) };
    let heap = Heap::new(region, Policy::WHEN_FULL)?;
    #[cfg_attr(not(feature = "compiler"), allow(unused_mut))]
    let mut rt = Runtime::new(heap, Box::new(hal::Board), Settings::default()).ok()?;
    #[cfg(feature = "compiler")]
    {
        rt.imports.compile = Some(compile::compile);
    }
    Some(rt)
}

#[cfg(feature = "compiler")]
fn run(rt: &mut Runtime) {
    use ferlance_vm::import::hook::{Mode, run_main};
    let result = rt
        .intern(b"main")
        .and_then(|name| run_main(rt, input(), name, Mode::Exec));
    report(rt, result);
}

#[cfg(not(feature = "compiler"))]
fn run(rt: &mut Runtime) {
    use ferlance_abi::Arch;
    use ferlance_bytecode::mpy::{Host, read};
    use ferlance_vm::import::load::load;
    let Ok(module) = read(input(), &mut rt.pool, &Host::running(Arch::None)) else {
        return;
    };
    let result = ferlance_vm::obj::dict::new(rt).and_then(|globals| {
        let loaded = load(rt, &module, globals)?;
        ferlance_vm::interp::call_module_body(rt, loaded.context, loaded.body, globals)
    });
    report(rt, result.map(|_| ()));
}

/// Show what was not caught.
fn report(rt: &mut Runtime, result: ferlance_vm::R<()>) {
    if let Err(raised) = result {
        let exc = rt.take_exception(raised);
        let _ = ferlance_vm::exc::traceback::print(rt, exc, &mut ferlance_vm::text::print::Stdout);
    }
}

#[cfg(feature = "compiler")]
mod compile {
    //! The compiler behind the runtime's hook.

    use ferlance_collections::TryString;
    use ferlance_compiler::{Mode, Options};
    use ferlance_vm::exc;
    use ferlance_vm::import::hook::{self, Request};
    use ferlance_vm::import::load::{self, Loaded};
    use ferlance_vm::{R, Runtime};

    pub(crate) fn compile(rt: &mut Runtime, request: Request<'_>) -> R<Loaded> {
        let name = rt.name(request.name);
        let options = Options {
            mode: match request.mode {
                hook::Mode::Exec => Mode::File,
                hook::Mode::Eval => Mode::Eval,
                hook::Mode::Single => Mode::Single,
            },
            input_name: name,
            source_name: name,
            small_int_bits: (usize::BITS - 1) as u8,
            for_file: false,
            stack: ferlance_compiler::StackLimit::at(rt.interp.stack_limit()),
            ..Options::default()
        };
        match ferlance_compiler::compile(request.source, &mut rt.pool, &options) {
            Ok(module) => load::load(rt, &module, request.globals),
            Err(diag) => {
                let mut text = TryString::default();
                let _ = diag.write_text(&mut text, &|name| rt.pool.text(name));
                Err(rt.raise_msg(&exc::SYNTAX_ERROR, &text))
            }
        }
    }
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}
