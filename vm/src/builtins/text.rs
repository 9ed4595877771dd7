//! `chr`, `ord`, `bin`, `hex`, `oct`.

use ferlance_abi::qstr;

use crate::obj::builtin_fun::BuiltinFun;
use crate::obj::word::Obj;
use crate::runtime::{R, Runtime};
use crate::text::format;
use crate::text::print::Dec;
use crate::text::unicode::{decode_char, encode_char};

/// `bin(x)`
pub static BIN: BuiltinFun = BuiltinFun::f1(qstr!("bin"), |rt, x| format::int_text(rt, x, b'b'));
/// `chr(code)`
pub static CHR: BuiltinFun = BuiltinFun::f1(qstr!("chr"), chr);
/// `hex(x)`
pub static HEX: BuiltinFun = BuiltinFun::f1(qstr!("hex"), |rt, x| in_base(rt, x, b'x'));
/// `oct(x)`
pub static OCT: BuiltinFun = BuiltinFun::f1(qstr!("oct"), |rt, x| in_base(rt, x, b'o'));
/// `ord(char)`
pub static ORD: BuiltinFun = BuiltinFun::f1(qstr!("ord"), ord);

fn in_base(rt: &mut Runtime, x: Obj, kind: u8) -> R<Obj> {
    let x = crate::obj::class::unwrap_native(x);
    if !crate::obj::int::is_int(x) && x.as_bool().is_none() {
        return Err(rt.type_error_of("can't convert {} to int", x));
    }
    format::int_text(rt, x, kind)
}

fn chr(rt: &mut Runtime, code: Obj) -> R<Obj> {
    match u32::try_from(rt.int(code)?) {
        Ok(code @ 0..0x11_0000) => {
            let (bytes, len) = encode_char(code);
            rt.new_str(bytes.get(..len).unwrap_or(&[]))
        }
        _ => Err(rt.value_error("char not in range(0x110000)")),
    }
}

fn ord(rt: &mut Runtime, ch: Obj) -> R<Obj> {
    let len = if let Some(text) = rt.str_bytes(ch) {
        let (code, len) = decode_char(text);
        if len == text.len() && len != 0 {
            return Ok(Obj::int(code as isize));
        }
        crate::text::unicode::count_chars(text)
    } else {
        let Some(buffer) = ch.ty().vt().buffer.and_then(|buffer| buffer(rt, ch, false)) else {
            return Err(crate::obj::str::no_implicit(rt, ch, "str"));
        };
        if let [byte] = buffer.bytes() {
            return Ok(Obj::int(isize::from(*byte)));
        }
        buffer.len
    };
    Err(rt.type_error_fmt(format_args!(
        "ord() expected a character, but string of length {} found",
        Dec(len as isize)
    )))
}
