//! A compiled module becomes objects: a context with names and constants, and a tree of [`Code`].
//!
//! All of it lies on the heap, so that a module compiled by `exec` goes away with its functions. The context
//! holds the name and constant tables; each code holds its bytes, children and caches.

use core::cell::Cell;
use core::ptr::NonNull;

use ferlance_abi::ScopeFlags;
use ferlance_abi::qstr::Qstr;
use ferlance_bytecode::bytes::Bytes;
use ferlance_bytecode::decode::Decoder;
use ferlance_bytecode::module::{CodeId, CompiledModule, Const, RawCode, RawKind};
use ferlance_bytecode::op::Op;
use ferlance_bytecode::prelude::{Prelude, PreludeParts};
use ferlance_collections::{BitSet, TryVec};

use crate::config;
use crate::exc;
use crate::interp::code::{Cache, Code};
use crate::interp::{quick, region};
#[cfg(feature = "native")]
use crate::native;
use crate::obj::dict::Dict;
use crate::obj::module::Module;
use crate::obj::ptr::Ptr;
use crate::obj::word::Obj;
use crate::obj::{bytes, complex, ellipsis, float, int, tuple};
use crate::runtime::{R, Raised, Runtime};

/// A module's code with its context: what [`crate::interp::call_module_body`] runs.
pub struct Loaded {
    /// The context of all its functions.
    pub context: Ptr<Module>,
    /// The module body.
    pub body: Ptr<Code>,
}

/// `ValueError: incompatible .mpy file`: for whatever the verifier or the loader refuses.
#[cold]
fn refuse(rt: &mut Runtime) -> Raised {
    rt.raise_msg(&exc::VALUE_ERROR, "incompatible .mpy file")
}

/// Makes objects of a module whose functions will see `globals`. The caller has verified it.
pub fn load(rt: &mut Runtime, module: &CompiledModule<'_>, globals: Ptr<Dict>) -> R<Loaded> {
    load_module(rt, module, globals, false)
}

/// The same for a module that stays where it is, in flash for instance: where code is not rewritten
/// ([`config::QUICKEN`]), what the module borrows is run in place.
pub fn load_static(
    rt: &mut Runtime,
    module: &CompiledModule<'static>,
    globals: Ptr<Dict>,
) -> R<Loaded> {
    load_module(rt, module, globals, !config::QUICKEN)
}

fn load_module(
    rt: &mut Runtime,
    module: &CompiledModule<'_>,
    globals: Ptr<Dict>,
    in_place: bool,
) -> R<Loaded> {
    let context = rt.new_obj(Module::new(Some(globals), None))?;
    let names = copy_slice(rt, &module.names, true)?;
    context.names.set(Some(names));
    let consts = rt
        .alloc_words(module.consts.len().max(1), false)?
        .cast::<Obj>();
    for i in 0..module.consts.len() {
        // SAFETY: the block has a word for each constant; filled before anything can look at them.
        unsafe { consts.add(i).write(Obj::NONE) };
    }
    context.obj_table.set(Some(consts));
    #[cfg(feature = "native")]
    let placed_code = module.has_machine_code();
    for (i, constant) in module.consts.iter().enumerate() {
        let value = match constant {
            #[cfg(feature = "native")]
            Const::FunTable | Const::Caches(_) if placed_code => {
                native::load::constant(rt, module, constant)?
            }
            constant => make_const(rt, constant)?,
        };
        // SAFETY: as above.
        unsafe { consts.add(i).write(value) };
    }
    #[cfg(feature = "native")]
    let machine = Machine {
        placed: native::load::place(rt, module, context)?,
        common: native::hot::common(rt, module, context)?,
    };
    #[cfg(not(feature = "native"))]
    let machine = Machine;
    let body = load_code(rt, module, CodeId::ROOT, context, &machine, in_place)?;
    Ok(Loaded { context, body })
}

/// The object of a constant.
pub fn make_const(rt: &mut Runtime, constant: &Const<'_>) -> R<Obj> {
    Ok(match constant {
        Const::FunTable | Const::Caches(_) | Const::None => Obj::NONE,
        Const::False => Obj::FALSE,
        Const::True => Obj::TRUE,
        Const::Ellipsis => ellipsis::object(),
        Const::Str(text) => rt.new_str(text)?,
        Const::Bytes(data) => bytes::new(rt, data)?,
        Const::Int(text) => int::from_decimal(rt, text)?,
        Const::Float(number) => float::new(rt, number.value)?,
        Const::Complex { re, im } => complex::new(rt, *re, im.value)?,
        Const::Tuple(items) => {
            rt.check_stack()?;
            let made = tuple::of_len(rt, items.len())?;
            for (slot, item) in made.items().iter().zip(items.iter()) {
                slot.set(make_const(rt, item)?);
            }
            made.obj()
        }
    })
}

/// A block with a copy of `items`; `leaf` as in [`Runtime::alloc_block`].
pub(crate) fn copy_slice<T: Copy>(rt: &mut Runtime, items: &[T], leaf: bool) -> R<NonNull<T>> {
    let at = rt.alloc_block(size_of_val(items).max(1), leaf)?.cast::<T>();
    // SAFETY: the block holds `items.len()` values; blocks are aligned to two words.
    unsafe { core::ptr::copy_nonoverlapping(items.as_ptr(), at.as_ptr(), items.len()) };
    Ok(at)
}

/// Bytes on the heap, or themselves if they stay where they are for ever.
fn copy_unless(stays: bool, rt: &mut Runtime, bytes: &[u8]) -> R<NonNull<u8>> {
    if stays {
        return Ok(NonNull::from(bytes).cast());
    }
    copy_slice(rt, bytes, true)
}

/// What a module has of machine code.
#[cfg(feature = "native")]
struct Machine {
    /// What it has now.
    placed: Option<native::load::Placed>,
    /// What it is going to have.
    common: Option<Ptr<native::hot::Common>>,
}
#[cfg(not(feature = "native"))]
struct Machine;

fn load_code(
    rt: &mut Runtime,
    module: &CompiledModule<'_>,
    id: CodeId,
    context: Ptr<Module>,
    machine: &Machine,
    in_place: bool,
) -> R<Ptr<Code>> {
    rt.check_stack()?;
    let Some(raw) = module.codes.get(id) else {
        return Err(refuse(rt));
    };
    let n_children = raw.children.len();
    // A word more, for what native functions find there.
    let children = rt.alloc_words(n_children + 1, false)?.cast::<Ptr<Code>>();
    // SAFETY: the block has these words, zeroed so that the collector sees nothing stale.
    unsafe { core::ptr::write_bytes(children.cast::<usize>().as_ptr(), 0, n_children + 1) };
    for (i, child) in raw.children.iter().enumerate() {
        let child = load_code(rt, module, *child, context, machine, in_place)?;
        // SAFETY: as above.
        unsafe { children.add(i).write(child) };
    }
    #[cfg(feature = "native")]
    let hot = machine
        .common
        .filter(|_| config::QUICKEN && native::hot::is_meant(module, id));
    match raw.kind {
        #[cfg(feature = "native")]
        RawKind::Bytecode => bytecode(rt, module, raw, context, children, in_place, hot),
        #[cfg(not(feature = "native"))]
        RawKind::Bytecode => bytecode(rt, module, raw, context, children, in_place),
        #[cfg(feature = "native")]
        RawKind::Native { .. } | RawKind::Viper { .. } | RawKind::Asm { .. } => {
            let placed = machine.placed.as_ref();
            native::load::descriptor(rt, module, id.0 as usize, context, children, placed)
        }
        #[cfg(not(feature = "native"))]
        _ => Err(rt.raise_msg(&exc::VALUE_ERROR, "native code in .mpy unsupported")),
    }
}

fn bytecode(
    rt: &mut Runtime,
    module: &CompiledModule<'_>,
    raw: &RawCode<'_>,
    context: Ptr<Module>,
    children: NonNull<Ptr<Code>>,
    in_place: bool,
    #[cfg(feature = "native")] hot: Option<Ptr<native::hot::Common>>,
) -> R<Ptr<Code>> {
    let stays = in_place && matches!(raw.bytes, Bytes::Borrowed(_));
    let Some(parts) = Prelude::split(&raw.bytes) else {
        return Err(refuse(rt));
    };
    let PreludeParts {
        prelude,
        cells,
        code,
        ..
    } = parts;
    let lines = parts.line_table().unwrap_or(&[]);

    let n_params = (prelude.n_pos_args + prelude.n_kwonly_args) as usize;
    let params = rt
        .alloc_block((n_params.max(1)) * size_of::<Qstr>(), true)?
        .cast::<Qstr>();
    let mut name = Qstr::EMPTY;
    for (i, index) in parts.names().enumerate() {
        let Some(text) = module.names.get(index as usize) else {
            return Err(refuse(rt));
        };
        match i.checked_sub(1) {
            None => name = *text,
            // SAFETY: `names` gives one name and then at most `n_params`.
            Some(i) => unsafe { params.add(i).write(*text) },
        }
    }
    #[cfg(feature = "native")]
    let bytes = match hot {
        Some(_) => native::hot::copy_code(rt, code)?,
        None => copy_unless(stays, rt, code)?,
    };
    #[cfg(not(feature = "native"))]
    let bytes = copy_unless(stays, rt, code)?;
    let private: &mut [u8] = if stays {
        &mut []
    } else {
        // SAFETY: the copy is ours alone.
        unsafe { core::slice::from_raw_parts_mut(bytes.as_ptr(), code.len()) }
    };
    let (n_locals, cached) = survey(rt, module, code, lines, private)?;
    let caches = rt
        .alloc_block((cached.len().max(1)) * size_of::<Cache>(), true)?
        .cast::<Cache>();
    for (i, name) in cached.iter().enumerate() {
        // SAFETY: the block has room for each.
        unsafe { caches.add(i).write(Cache::new(*name)) };
    }
    let n_cell_slots = cells.iter().max().map_or(0, |slot| *slot as usize + 1);
    let n_locals = n_locals
        .max(prelude.n_bound_slots() as usize)
        .max(n_cell_slots);
    if n_locals > prelude.n_state as usize {
        return Err(refuse(rt));
    }
    let lines_copy = copy_unless(stays, rt, lines)?;
    let cells_copy = copy_unless(stays, rt, cells)?;
    let narrow = |n: u32| u16::try_from(n).ok();
    let (Some(n_state), Some(n_exc), Some(n_pos), Some(n_kwonly), Some(n_def_pos), Some(n_cells)) = (
        narrow(prelude.frame_slots(n_locals as u32)),
        narrow(prelude.n_exc_stack),
        narrow(prelude.n_pos_args),
        narrow(prelude.n_kwonly_args),
        narrow(prelude.n_def_pos_args),
        narrow(prelude.n_cell),
    ) else {
        return Err(refuse(rt));
    };
    let head = u32::from_le_bytes([0, 0, 2, u8::from(prelude.flags.has(ScopeFlags::GENERATOR))]);
    let (names, consts) = (context.names.get(), context.obj_table.get());
    let code = Code {
        head: head as usize,
        bytes: bytes.as_ptr(),
        n_bytes: code.len() as u32,
        n_state,
        n_exc,
        n_locals: n_locals as u16,
        n_pos,
        n_kwonly,
        n_def_pos,
        flags: prelude.flags,
        simple: prelude.flags == ScopeFlags::NONE && n_kwonly == 0 && n_cells == 0,
        n_cells,
        cells: cells_copy.as_ptr(),
        children: children.as_ptr(),
        n_children: raw.children.len() as u32,
        n_caches: cached.len() as u32,
        caches: caches.as_ptr(),
        names: names.map_or(core::ptr::null(), |names| names.as_ptr()),
        consts: consts.map_or(core::ptr::null(), |consts| consts.as_ptr()),
        params: params.as_ptr(),
        name,
        file: module.source_name(),
        lines: lines_copy.as_ptr(),
        n_lines: lines.len() as u32,
        heat: Cell::new(region::HOT),
        regions: Cell::new(None),
    };
    #[cfg(feature = "native")]
    if let Some(common) = hot {
        return native::hot::new(rt, code, raw, &module.names, common);
    }
    rt.new_obj(code)
}

/// Walks the instructions: counts local slots, gives lookups a cache and fuses groups in the private copy of the bytes.
fn survey(
    rt: &mut Runtime,
    module: &CompiledModule<'_>,
    code: &[u8],
    lines: &[u8],
    private: &mut [u8],
) -> R<(usize, TryVec<Qstr>)> {
    let mut n_locals = 0usize;
    let mut cached = TryVec::new();
    // Where a group must not go on: at instructions that something jumps to, and where a line begins.
    let mut breaks = match BitSet::with_limit(code.len() + 1) {
        Ok(breaks) => breaks,
        Err(_) => return Err(rt.no_memory(code.len())),
    };
    let mut starts = TryVec::new();
    let mut grown = Ok(());
    for instr in Decoder::new(code, &module.names) {
        let Ok(instr) = instr else {
            return Err(refuse(rt));
        };
        if config::QUICKEN {
            grown = grown.and_then(|()| starts.push(instr.offset));
            if let Some(target) = instr.op.target() {
                grown = grown.and_then(|()| breaks.insert(target.0 as usize).map(|_| ()));
            }
        }
        if let Op::LoadConstObj(id) = instr.op
            && matches!(
                module.consts.get(id.0 as usize),
                Some(Const::FunTable | Const::Caches(_))
            )
        {
            // The function table is no object.
            return Err(refuse(rt));
        }
        let local = match instr.op {
            Op::LoadFast(l) | Op::StoreFast(l) | Op::DeleteFast(l) => Some(l),
            Op::LoadDeref(l) | Op::StoreDeref(l) | Op::DeleteDeref(l) => Some(l),
            _ => None,
        };
        if let Some(local) = local {
            n_locals = n_locals.max(local.0 as usize + 1);
        }
        let name = match instr.op {
            Op::LoadGlobal(name)
            | Op::LoadAttr(name)
            | Op::LoadMethod(name)
            | Op::StoreAttr(name) => name,
            _ => continue,
        };
        let at = instr.offset as usize;
        if instr.next as usize == at + 2
            && config::QUICKEN
            && cached.len() < config::MAX_CACHES as usize
            && let Some(quick) = private.get(at).and_then(|op| quick::cached_form(*op))
        {
            private[at] = quick;
            private[at + 1] = cached.len() as u8;
            grown = grown.and_then(|()| cached.push(name));
        }
    }
    if grown.is_err() {
        return Err(rt.no_memory(code.len()));
    }
    let mut at = 0;
    for (bytes, _) in ferlance_bytecode::line_info::steps(lines) {
        at += bytes as usize;
        if at <= code.len() && breaks.insert(at).is_err() {
            return Err(rt.no_memory(code.len()));
        }
    }
    let mut done = 0;
    for start in starts.iter().map(|start| *start as usize) {
        if start < done {
            continue;
        }
        let joined = |from: usize, to: usize| {
            to <= code.len() && (from + 1..to).all(|i| !breaks.contains(i))
        };
        if let Some(len) = quick::fuse(private, start, joined) {
            done = start + len;
        }
    }
    Ok((n_locals, cached))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferlance_abi::Arch;
    use ferlance_bytecode::mpy;

    /// `def f(x): return x * 3` and `y = f(14)`, as `mpy-cross` writes it.
    static FILE: &[u8] = b"M\x06\x00\x1f\x05\x00\x08t.py\x00\x0f\x02f\x00\x02y\x00\x02x\x00\x81\x14\x08\x06\x01d 2\x00\x16\x02\x11\x02\x8e4\x01\x16\x03Qc\x01H\x11\x06\x02\x04 \xb0\x83\xf4c";

    #[test]
    fn code_that_stays_is_run_in_place() {
        let rt = &mut crate::testing::runtime();
        let module = mpy::read(FILE, &mut rt.pool, &mpy::Host::running(Arch::None)).unwrap();
        let globals = crate::obj::dict::new(rt).unwrap();
        let loaded = load_module(rt, &module, globals, true).unwrap();
        assert!(FILE.as_ptr_range().contains(&loaded.body.bytes));
        crate::interp::call_module_body(rt, loaded.context, loaded.body, globals).unwrap();
        let y = rt.intern(b"y").unwrap();
        assert_eq!(globals.map.get_name(rt, y), Some(Obj::int(42)));
    }
}
