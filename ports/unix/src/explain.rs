//! `ferlance explain FILE`: the source with what its machine code leaves to the runtime, and why.

use ferlance_abi::Arch;
use ferlance_abi::qstr::Pool;
use ferlance_compiler::target::Host;
use ferlance_compiler::{Options, Target, explain, write_report};
use mpy_cross::listing::listing;
use mpy_cross::machine::Boards;

use crate::args::Invocation;
use crate::{diagnosis, sys};

/// Explains the files that follow the word `explain`; `--asm` among them shows machine code too. The exit code.
pub(crate) fn explain(invocation: &Invocation) -> u8 {
    let arch = ferlance_vm::native::ARCH;
    if arch == Arch::None {
        return crate::complain("ferlance: explain: no machine code here\n");
    }
    let target = Target {
        host: Host::Ferlance,
        small: invocation.native_small,
        ..Target::stock(arch, 0)
    };
    let words = invocation.argv.get(1..).unwrap_or(&[]);
    if words.iter().all(|word| *word == b"--asm") {
        return crate::complain("usage: ferlance explain [--asm] FILE...\n");
    }
    let listing: Option<explain::Listing<'_>> = match words.contains(&b"--asm".as_slice()) {
        // Machine code of x86 is shown as bytes here: `mpy-cross --explain --asm` brings a disassembler for it.
        true => Some(&|target, code, at, out| listing(&Boards, target, code, at, out)),
        false => None,
    };
    let mut text = String::new();
    for file in words.iter().filter(|word| **word != b"--asm") {
        let name = String::from_utf8_lossy(file);
        let source = match sys::read_file(file) {
            Ok(source) => source,
            Err(errno) => {
                let why = sys::error_text(errno);
                return crate::complain(&format!(
                    "ferlance: can't open file '{name}': [Errno {errno}] {why}\n"
                ));
            }
        };
        if ferlance_bytecode::mpy::is_one(&source) {
            return crate::complain(&format!(
                "ferlance: {name} is compiled; explain takes the source that it is made of\n"
            ));
        }
        let mut pool = Pool::new();
        let options = Options {
            input_name: file,
            source_name: file,
            optimise: invocation.opt_level,
            small_int_bits: (usize::BITS - 1) as u8,
            emit: invocation.emit,
            sound: invocation.sound,
            arch,
            target: Some(target),
            for_file: false,
            ..Options::default()
        };
        match explain::explain(&source, &mut pool, &options) {
            Ok(functions) => {
                let source = String::from_utf8_lossy(&source);
                // Strings take any text.
                let _ = explain::write_explained(
                    &mut text, &source, &functions, &pool, &target, listing,
                );
            }
            Err(diag) => {
                let _ = write_report(&mut text, &diag, &pool, &name, &name);
                text.push_str(&diagnosis::shown(&diag, &pool, &source, file));
                return crate::complain(&text);
            }
        }
    }
    match sys::write_all(libc::STDOUT_FILENO, text.as_bytes()) {
        Ok(()) => 0,
        Err(_) => 1,
    }
}
