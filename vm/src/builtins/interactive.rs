//! What people call at a prompt: `input`; `help` has a file of its own.

use ferlance_abi::qstr;
use ferlance_collections::TryVec;

use crate::call::Args;
use crate::exc;
use crate::hal::{EINTR, LineEnd};
use crate::obj::builtin_fun::BuiltinFun;
use crate::obj::ty::PrintKind;
use crate::obj::word::Obj;
use crate::runtime::{R, Runtime};

/// `input([prompt])`
pub static INPUT: BuiltinFun = BuiltinFun::var(qstr!("input"), 0, 1, input);

fn input(rt: &mut Runtime, args: Args<'_>) -> R<Obj> {
    let prompt = match args.get(0) {
        Some(prompt) => Some(rt.text_of(prompt, PrintKind::Str)?),
        None => None,
    };
    let prompt = prompt.as_ref().map_or(&b""[..], |text| text.bytes());
    let mut line = TryVec::new();
    match rt.hal.console().read_line(prompt, &mut line) {
        Ok(LineEnd::Line) => rt.new_str(&line),
        Ok(LineEnd::EndOfInput) => Err(rt.raise(&exc::EOF_ERROR, &[])),
        Ok(LineEnd::Interrupted) => Err(rt.raise(&exc::KEYBOARD_INTERRUPT, &[])),
        Err(EINTR) if rt.pending.take_interrupt() => Err(rt.raise(&exc::KEYBOARD_INTERRUPT, &[])),
        Err(errno) => Err(rt.os_error(errno)),
    }
}
