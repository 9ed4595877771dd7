//! `micropython`: what the runtime tells about itself.

use ferlance_abi::qstr;

use crate::call::Args;
use crate::exc;
use crate::members;
use crate::obj::builtin_fun::BuiltinFun;
use crate::obj::int;
use crate::obj::module::ModuleDef;
use crate::obj::word::Obj;
use crate::runtime::{R, Runtime};
use crate::text::print::{Dec, Stdout, write_fmt};

static CONST: BuiltinFun = BuiltinFun::f1(qstr!("const"), |_, value| Ok(value));
static OPT_LEVEL: BuiltinFun = BuiltinFun::var(qstr!("opt_level"), 0, 1, opt_level);
static HEAP_LOCK: BuiltinFun = BuiltinFun::f0(qstr!("heap_lock"), |rt| {
    // Nothing can be made while the heap is locked, not even what tells so.
    if rt.state.heap_locked_error.is_none() {
        let text = rt.new_str(b"memory allocation failed, heap is locked")?;
        rt.state.heap_locked_error = Some(exc::new(rt, &exc::MEMORY_ERROR, &[text])?);
    }
    rt.heap.lock();
    Ok(Obj::NONE)
});
static HEAP_UNLOCK: BuiltinFun = BuiltinFun::f0(qstr!("heap_unlock"), |rt| {
    let depth = rt.heap.unlock();
    int::from_usize(rt, depth)
});
static KBD_INTR: BuiltinFun = BuiltinFun::f1(qstr!("kbd_intr"), |rt, c| {
    let c = rt.int(c)?;
    rt.pending.set_interrupt_char(c);
    Ok(Obj::NONE)
});
static SCHEDULE: BuiltinFun = BuiltinFun::f2(qstr!("schedule"), |rt, fun, arg| {
    if rt.pending.schedule(fun, arg) {
        return Ok(Obj::NONE);
    }
    Err(rt.raise_msg(&exc::RUNTIME_ERROR, "schedule queue full"))
});
static STACK_USE: BuiltinFun = BuiltinFun::f0(qstr!("stack_use"), |rt| {
    let used = stack_use(rt);
    int::from_usize(rt, used)
});
static MEM_TOTAL: BuiltinFun =
    BuiltinFun::f0(qstr!("mem_total"), |rt| int::from_usize(rt, rt.heap.peak()));
static MEM_CURRENT: BuiltinFun = BuiltinFun::f0(qstr!("mem_current"), |rt| {
    int::from_usize(rt, rt.heap.used())
});
static MEM_PEAK: BuiltinFun =
    BuiltinFun::f0(qstr!("mem_peak"), |rt| int::from_usize(rt, rt.heap.peak()));
static MEM_INFO: BuiltinFun = BuiltinFun::var(qstr!("mem_info"), 0, 1, mem_info);
static QSTR_INFO: BuiltinFun = BuiltinFun::var(qstr!("qstr_info"), 0, 1, qstr_info);

/// `micropython`.
pub static MODULE: ModuleDef = ModuleDef {
    name: qstr!("micropython"),
    members: members! {
        "RingIO" => Type(&super::ring_io::RING_IO),
        "const" => Fun(&CONST),
        "heap_lock" => Fun(&HEAP_LOCK),
        "heap_unlock" => Fun(&HEAP_UNLOCK),
        "kbd_intr" => Fun(&KBD_INTR),
        "mem_current" => Fun(&MEM_CURRENT),
        "mem_info" => Fun(&MEM_INFO),
        "mem_peak" => Fun(&MEM_PEAK),
        "mem_total" => Fun(&MEM_TOTAL),
        "opt_level" => Fun(&OPT_LEVEL),
        "qstr_info" => Fun(&QSTR_INFO),
        "schedule" => Fun(&SCHEDULE),
        "stack_use" => Fun(&STACK_USE),
    },
    extensible: false,
    attr: None,
    set_attr: None,
};

fn opt_level(rt: &mut Runtime, args: Args<'_>) -> R<Obj> {
    match args.get(0) {
        Some(level) => {
            rt.config.opt_level = rt.int(level)?.clamp(0, 3) as u8;
            Ok(Obj::NONE)
        }
        None => Ok(Obj::int(isize::from(rt.config.opt_level))),
    }
}

fn stack_use(rt: &Runtime) -> usize {
    let here = 0u8;
    rt.hal
        .stack_bounds()
        .high
        .saturating_sub((&raw const here).addr())
}

fn mem_info(rt: &mut Runtime, _: Args<'_>) -> R<Obj> {
    print_mem_info(rt)?;
    Ok(Obj::NONE)
}

/// What `micropython.mem_info()` prints.
pub fn print_mem_info(rt: &mut Runtime) -> R<()> {
    let (used, free, peak) = (rt.heap.used(), rt.heap.free_bytes(), rt.heap.peak());
    let info = rt.heap.info();
    let bounds = rt.hal.stack_bounds();
    let out = &mut Stdout;
    write_fmt(
        rt,
        out,
        format_args!(
            "mem: total={peak}, current={used}, peak={peak}\n",
            peak = Dec(peak as isize),
            used = Dec(used as isize)
        ),
    )?;
    let stack = stack_use(rt);
    write_fmt(
        rt,
        out,
        format_args!(
            "stack: {} out of {}\n",
            Dec(stack as isize),
            Dec(bounds.high.saturating_sub(bounds.low) as isize)
        ),
    )?;
    write_fmt(
        rt,
        out,
        format_args!(
            "GC: total: {}, used: {}, free: {}\n",
            Dec((used + free) as isize),
            Dec(used as isize),
            Dec(free as isize)
        ),
    )?;
    write_fmt(
        rt,
        out,
        format_args!(
            " No. of 1-blocks: {}, 2-blocks: {}, max blk sz: {}, max free sz: {}\n",
            Dec(info.blocks_of_1 as isize),
            Dec(info.blocks_of_2 as isize),
            Dec(info.max_block as isize),
            Dec(info.max_free as isize)
        ),
    )
}

fn qstr_info(rt: &mut Runtime, args: Args<'_>) -> R<Obj> {
    let (text, total) = rt.pool.heap_bytes();
    let n = rt.pool.run_time_names().count();
    let out = &mut Stdout;
    write_fmt(
        rt,
        out,
        format_args!(
            "qstr pool: n_pool=1, n_qstr={}, n_str_data_bytes={}, n_total_bytes={}\n",
            Dec(n as isize),
            Dec(text as isize),
            Dec(total as isize)
        ),
    )?;
    if args.n_pos() > 0 {
        let mut at = 0;
        loop {
            let Some(name) = rt.pool.run_time_names().nth(at).map(|(name, _)| name) else {
                break;
            };
            let name = rt.name_str(name);
            write_fmt(rt, out, format_args!("Q({name})\n"))?;
            at += 1;
        }
    }
    Ok(Obj::NONE)
}
