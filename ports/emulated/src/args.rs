//! The command line and the environment.

use alloc::vec::Vec;
use core::ffi::CStr;

use ferlance_abi::{Arch, CodeKind};
use ferlance_vm::native;

/// What the system tells a program at its start.
pub(crate) struct Process {
    words: *const usize,
}

/// What to run.
#[derive(Clone, Copy)]
pub(crate) enum What {
    /// `-c TEXT`
    Text(&'static [u8]),
    /// `-m MODULE`
    Module(&'static [u8]),
    /// A file.
    File(&'static [u8]),
}

/// A command line that means a run.
pub(crate) struct Invocation {
    pub(crate) what: What,
    /// `sys.argv`.
    pub(crate) argv: Vec<&'static [u8]>,
    /// `-O`
    pub(crate) opt_level: u8,
    /// `-X emit=…`
    pub(crate) emit: CodeKind,
    /// `-X heapsize=…`
    pub(crate) heap_bytes: Option<usize>,
    /// `-X compile-memory`: compile only, and tell the memory that it took.
    pub(crate) tells_memory: bool,
    /// `-X native=small`: machine code is to be short.
    pub(crate) native_small: bool,
    /// `-X native=pieces`: native functions are compiled piece by piece.
    pub(crate) native_pieces: bool,
    /// `-X arch=…`: whose machine code this board takes.
    pub(crate) arch: Arch,
    /// `-X arch-flags=…`: extensions of the architecture that code may use.
    pub(crate) arch_flags: u32,
}

impl Process {
    /// # Safety
    /// `words` is the stack that the system starts a program with.
    pub(crate) unsafe fn new(words: *const usize) -> Process {
        Process { words }
    }

    /// The string at a word of the initial stack.
    fn string(&self, at: usize) -> Option<&'static [u8]> {
        // SAFETY: the caller stays below the null that ends a list; its strings live as long as the program.
        unsafe {
            let text = self.words.add(at).cast::<*const core::ffi::c_char>().read();
            (!text.is_null()).then(|| CStr::from_ptr(text).to_bytes())
        }
    }

    fn count(&self) -> usize {
        // SAFETY: the first word is the number of arguments.
        unsafe { self.words.read() }
    }

    /// A variable of the environment.
    pub(crate) fn env(&self, name: &[u8]) -> Option<&'static [u8]> {
        let first = self.count() + 2;
        (first..)
            .map_while(|at| self.string(at))
            .find_map(|entry| entry.strip_prefix(name)?.strip_prefix(b"="))
    }
}

/// Reads the command line; `None` if it means nothing.
pub(crate) fn parse(process: &Process) -> Option<Invocation> {
    let mut args = (2..=process.count()).map_while(|at| process.string(at));
    let mut opt_level = 0;
    let mut emit = CodeKind::Bytecode;
    let mut heap_bytes = None;
    let mut tells_memory = false;
    let mut native_small = false;
    let mut native_pieces = false;
    let mut arch = native::ARCH;
    let mut arch_flags = 0;
    let (what, shown) = loop {
        let arg = args.next()?;
        match arg {
            b"-c" => break (What::Text(args.next()?), arg),
            b"-m" => {
                let module = args.next()?;
                break (What::Module(module), module);
            }
            b"-X" => match args.next()? {
                b"emit=bytecode" => emit = CodeKind::Bytecode,
                b"emit=native" => emit = CodeKind::Native,
                b"emit=viper" => emit = CodeKind::Viper,
                b"compile-memory" => tells_memory = true,
                b"native=small" => native_small = true,
                b"native=pieces" => native_pieces = true,
                option => {
                    if let Some(name) = option.strip_prefix(b"arch=") {
                        arch = Arch::from_name(core::str::from_utf8(name).ok()?)?;
                    } else if let Some(flags) = option.strip_prefix(b"arch-flags=") {
                        arch_flags = u32::try_from(bytes(flags)?).ok()?;
                    } else {
                        heap_bytes = Some(bytes(option.strip_prefix(b"heapsize=")?)?);
                    }
                }
            },
            [b'-', b'O', digit @ b'0'..=b'9'] => opt_level = digit - b'0',
            [b'-', ..] => return None,
            file => break (What::File(file), file),
        }
    };
    let mut argv = Vec::new();
    argv.push(shown);
    argv.extend(args);
    Some(Invocation {
        what,
        argv,
        opt_level,
        emit,
        heap_bytes,
        tells_memory,
        native_small,
        native_pieces,
        arch,
        arch_flags,
    })
}

/// `N[K|M]`
fn bytes(text: &[u8]) -> Option<usize> {
    let (digits, shift) = match text {
        [digits @ .., b'k' | b'K'] => (digits, 10),
        [digits @ .., b'm' | b'M'] => (digits, 20),
        digits => (digits, 0),
    };
    let number: usize = core::str::from_utf8(digits).ok()?.parse().ok()?;
    number.checked_mul(1 << shift)
}
