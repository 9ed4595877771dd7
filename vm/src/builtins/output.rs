//! `print` and what shows values.

use ferlance_abi::qstr;

use crate::call::Args;
use crate::obj::builtin_fun::BuiltinFun;
use crate::obj::ty::PrintKind;
use crate::obj::word::Obj;
use crate::runtime::{R, Runtime};
use crate::text::print::{Print, Stdout, TextBuf};

/// `print(*values, sep=' ', end='\n', file=sys.stdout)`
pub static PRINT: BuiltinFun = BuiltinFun::kw(qstr!("print"), 0, u16::MAX, print);
/// `repr(obj)`
pub static REPR: BuiltinFun = BuiltinFun::f1(qstr!("repr"), |rt, obj| {
    let text = rt.text_of(obj, PrintKind::Repr)?;
    text.into_str(rt)
});
/// `__repl_print__(obj)`: shows the value of an expression at the prompt, and keeps it in `_`.
pub static REPL_PRINT: BuiltinFun = BuiltinFun::f1(qstr!("__repl_print__"), repl_print);

/// Text for a Python stream, handed over in pieces of some size.
pub struct StreamOut {
    stream: Obj,
}

impl StreamOut {
    /// Writes to `stream`.
    pub fn new(stream: Obj) -> StreamOut {
        StreamOut { stream }
    }
}

impl Print for StreamOut {
    fn write(&mut self, rt: &mut Runtime, text: &[u8]) -> R<()> {
        crate::stream::write_all(rt, self.stream, text)
    }
}

fn print(rt: &mut Runtime, args: Args<'_>) -> R<Obj> {
    let mut sep: &[u8] = b" ";
    let mut end: &[u8] = b"\n";
    let mut file = None;
    for (key, value) in args.kw() {
        match rt.str_bytes(key) {
            Some(b"sep") => sep = rt.expect_str(value)?,
            Some(b"end") => end = rt.expect_str(value)?,
            Some(b"file") => file = Some(value).filter(|file| !file.is_none()),
            _ => return Err(rt.type_error("extra keyword arguments given")),
        }
    }
    // One write for the whole line, so that lines of several programs do not mix.
    let mut line = TextBuf::default();
    let filled = fill(rt, args.pos(), sep, end, &mut line);
    let failed = match filled {
        Ok(()) => None,
        // What stands before an exception is shown.
        Err(raised) => Some(rt.take_exception(raised)),
    };
    if !line.bytes().is_empty() {
        match file {
            None => Stdout.write(rt, line.bytes())?,
            Some(stream) => StreamOut::new(stream).write(rt, line.bytes())?,
        }
    }
    match failed {
        None => Ok(Obj::NONE),
        Some(exc) => Err(rt.raise_obj(exc)),
    }
}

fn fill(rt: &mut Runtime, values: &[Obj], sep: &[u8], end: &[u8], line: &mut TextBuf) -> R<()> {
    for (i, value) in values.iter().enumerate() {
        if i > 0 {
            line.push_bytes(rt, sep)?;
        }
        rt.print(*value, PrintKind::Str, line)?;
    }
    line.push_bytes(rt, end)
}

fn repl_print(rt: &mut Runtime, obj: Obj) -> R<Obj> {
    if !obj.is_none() {
        let mut line = rt.text_of(obj, PrintKind::Repr)?;
        line.push_bytes(rt, b"\n")?;
        Stdout.write(rt, line.bytes())?;
        crate::modules::builtins::set(rt, qstr!("_"), Some(obj))?;
    }
    Ok(Obj::NONE)
}
