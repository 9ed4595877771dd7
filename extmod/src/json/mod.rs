//! `json`: `dump`, `dumps`, `load`, `loads` (spec library, "json").

mod read;
#[cfg(test)]
mod tests;
mod write;

use ferlance_abi::qstr;
use ferlance_vm::call::{Args, named};
use ferlance_vm::members;
use ferlance_vm::obj::builtin_fun::BuiltinFun;
use ferlance_vm::obj::bytes::BYTES;
use ferlance_vm::obj::module::ModuleDef;
use ferlance_vm::obj::seq;
use ferlance_vm::obj::word::Obj;
use ferlance_vm::stream;
use ferlance_vm::{R, Runtime};

use write::{Separators, Writer};

/// `json`.
pub static MODULE: ModuleDef = ModuleDef {
    name: qstr!("json"),
    members: members! {
        "dump" => Fun(&DUMP),
        "dumps" => Fun(&DUMPS),
        "load" => Fun(&LOAD),
        "loads" => Fun(&LOADS),
    },
    extensible: true,
    attr: None,
    set_attr: None,
};

static DUMP: BuiltinFun = BuiltinFun::kw(qstr!("dump"), 2, u16::MAX, dump);
static DUMPS: BuiltinFun = BuiltinFun::kw(qstr!("dumps"), 1, u16::MAX, dumps);
static LOAD: BuiltinFun = BuiltinFun::f1(qstr!("load"), load);
static LOADS: BuiltinFun = BuiltinFun::f1(qstr!("loads"), loads);

fn dumps(rt: &mut Runtime, args: Args<'_>) -> R<Obj> {
    let separators = separators(rt, args.skip(1))?;
    let mut writer = Writer::new(rt, separators, None);
    writer.value(rt, args.get(0).unwrap_or(Obj::NONE))?;
    writer.into_str(rt)
}

fn dump(rt: &mut Runtime, args: Args<'_>) -> R<Obj> {
    let separators = separators(rt, args.skip(2))?;
    let mut writer = Writer::new(rt, separators, args.get(1));
    writer.value(rt, args.get(0).unwrap_or(Obj::NONE))?;
    writer.finish(rt)?;
    Ok(Obj::NONE)
}

/// The argument `separators`, which can only be given by name.
fn separators<'a>(rt: &mut Runtime, args: Args<'_>) -> R<Separators<'a>> {
    let [given] = named(rt, args, [qstr!("separators")], 0, 0)?;
    let Some(given) = given.filter(|given| !given.is_none()) else {
        return Ok(Separators::DEFAULT);
    };
    let items = seq::expect_items(rt, given)?;
    let [item, key] = items else {
        let len = items.len();
        return Err(rt.value_error_fmt(format_args!(
            "requested length 2 but object has length {len}"
        )));
    };
    let (item, key) = (item.get(), key.get());
    Ok(Separators {
        item: text(rt, item)?,
        key: text(rt, key)?,
    })
}

/// The text of a str or bytes.
fn text<'a>(rt: &mut Runtime, obj: Obj) -> R<&'a [u8]> {
    if obj.ty().same(&BYTES) {
        return Ok(rt.buffer_of(obj, false)?.bytes());
    }
    rt.expect_str(obj)
}

fn loads(rt: &mut Runtime, source: Obj) -> R<Obj> {
    if let Some(text) = rt.str_bytes(source) {
        return read::document(rt, text, true);
    }
    let bytes = rt.buffer_of(source, false)?.bytes();
    if source.ty().same(&BYTES) {
        return read::document(rt, bytes, false);
    }
    // A collection while reading may run finalisers, which may resize a bytearray.
    let mut copy = ferlance_collections::TryVec::new();
    if copy.extend_from_slice(bytes).is_err() {
        return Err(rt.no_memory(bytes.len()));
    }
    read::document(rt, &copy, false)
}

fn load(rt: &mut Runtime, source: Obj) -> R<Obj> {
    let bytes = stream::read_all(rt, source)?;
    read::document(rt, &bytes, false)
}
