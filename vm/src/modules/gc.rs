//! `gc`: the collector from Python.

use ferlance_abi::qstr;

use crate::call::Args;
use crate::members;
use crate::obj::builtin_fun::BuiltinFun;
use crate::obj::int;
use crate::obj::module::ModuleDef;
use crate::obj::word::Obj;
use crate::runtime::{R, Runtime};

static COLLECT: BuiltinFun = BuiltinFun::f0(qstr!("collect"), |rt| {
    let before = rt.heap.used();
    rt.collect();
    int::from_usize(
        rt,
        before.saturating_sub(rt.heap.used()) / crate::gc::GRANULE,
    )
});
static ENABLE: BuiltinFun = BuiltinFun::f0(qstr!("enable"), |rt| {
    rt.state.gc_disabled = false;
    Ok(Obj::NONE)
});
static DISABLE: BuiltinFun = BuiltinFun::f0(qstr!("disable"), |rt| {
    rt.state.gc_disabled = true;
    Ok(Obj::NONE)
});
static ISENABLED: BuiltinFun = BuiltinFun::f0(qstr!("isenabled"), |rt| {
    Ok(Obj::bool(!rt.state.gc_disabled))
});
static MEM_ALLOC: BuiltinFun =
    BuiltinFun::f0(qstr!("mem_alloc"), |rt| int::from_usize(rt, rt.heap.used()));
static MEM_FREE: BuiltinFun = BuiltinFun::f0(qstr!("mem_free"), |rt| {
    int::from_usize(rt, rt.heap.free_bytes())
});
static THRESHOLD: BuiltinFun = BuiltinFun::var(qstr!("threshold"), 0, 1, threshold);

/// `gc`.
pub static MODULE: ModuleDef = ModuleDef {
    name: qstr!("gc"),
    members: members! {
        "collect" => Fun(&COLLECT),
        "disable" => Fun(&DISABLE),
        "enable" => Fun(&ENABLE),
        "isenabled" => Fun(&ISENABLED),
        "mem_alloc" => Fun(&MEM_ALLOC),
        "mem_free" => Fun(&MEM_FREE),
        "threshold" => Fun(&THRESHOLD),
    },
    extensible: false,
    attr: None,
    set_attr: None,
};

fn threshold(rt: &mut Runtime, args: Args<'_>) -> R<Obj> {
    match args.get(0) {
        Some(bytes) => {
            let bytes = rt.int(bytes)?;
            rt.heap.set_threshold(usize::try_from(bytes).ok());
            Ok(Obj::NONE)
        }
        None => match rt.heap.threshold() {
            Some(bytes) => int::from_usize(rt, bytes),
            None => Ok(Obj::int(-1)),
        },
    }
}
