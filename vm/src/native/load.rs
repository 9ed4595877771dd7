//! Loading machine code (spec native-abi section 11): checks, placement, descriptors.
//!
//! All raw codes of a module go into executable memory in one piece, which lives as long as the module's context:
//! every function object refers to that. Each gets a descriptor, a [`Code`] like those of bytecode, whose `bytes`
//! are the machine code. The child table of a native function has one word more than it has children; in place of
//! the prelude's address, which only runtimes look at, it holds the function's own descriptor.
//!
//! What a file says about its code is checked before anything runs: lengths, the prelude and its indices, where a
//! generator starts, relocations. What the code does is not: running native code is trusting it.

use core::ptr::NonNull;

use ferlance_abi::qstr;
use ferlance_abi::qstr::Qstr;
use ferlance_abi::{Arch, ScopeFlags, layout};
use ferlance_bytecode::module::{CompiledModule, Const, RawCode, RawKind};
use ferlance_bytecode::prelude::{Prelude, PreludeParts};
use ferlance_collections::TryVec;

use super::activation::Position;
use super::entry::Cell;
use super::{fun_table, relocate};
use crate::exc;
use crate::import::load::{copy_slice, make_const};
use crate::interp::code::Code;
use crate::obj::module::Module;
use crate::obj::ptr::{Ptr, PyType};
use crate::obj::ty::{Header, Type, VTable};
use crate::obj::word::Obj;
use crate::runtime::{R, Raised, Runtime};

/// Code is placed at multiples of this: enough for every architecture's literals and vectors.
const ALIGN: usize = 16;
const WORD: usize = size_of::<usize>();

/// The type of [`CodeBlock`].
static CODE_BLOCK: Type = Type::builtin(qstr!("code"), 0, &CODE_BLOCK_VT);
static CODE_BLOCK_VT: VTable = VTable::NEW;

/// A module's executable memory. Given back when the module's context, and so the last function, is gone.
#[repr(C)]
pub(crate) struct CodeBlock {
    base: Header,
    at: NonNull<u8>,
    len: usize,
}

// SAFETY: every structure of type CODE_BLOCK is a `CodeBlock`.
unsafe impl PyType for CodeBlock {
    fn ty() -> &'static Type {
        &CODE_BLOCK
    }
}

impl CodeBlock {
    /// The finaliser: gives the memory back.
    pub(crate) fn release(&self, rt: &mut Runtime) {
        if let Some(memory) = rt.hal.exec_memory() {
            memory.release(self.at, self.len);
        }
    }
}

/// Where the machine code of a module is.
pub(crate) struct Placed {
    base: NonNull<u8>,
    /// By raw code.
    offsets: TryVec<usize>,
}

#[cold]
fn refuse(rt: &mut Runtime) -> Raised {
    rt.raise_msg(&exc::VALUE_ERROR, "incompatible .mpy file")
}

/// Puts the machine code of a module into executable memory; `None` if there is none.
pub(crate) fn place(
    rt: &mut Runtime,
    module: &CompiledModule<'_>,
    context: Ptr<Module>,
) -> R<Option<Placed>> {
    if !module.has_machine_code() {
        return Ok(None);
    }
    let own = super::arch(rt);
    if own == Arch::None {
        return Err(rt.raise_msg(&exc::VALUE_ERROR, "native code in .mpy unsupported"));
    }
    let unknown_flags = module.header.arch_flags & !super::arch_flags(rt);
    if !own.accepts(module.header.arch) || unknown_flags != 0 {
        return Err(rt.raise_msg(&exc::VALUE_ERROR, "incompatible .mpy arch"));
    }
    make_name_table(rt, module, context)?;
    let (placed, block) = commit(rt, module, context)?;
    context.code.set(Some(block));
    Ok(Some(placed))
}

/// Puts the machine code of a module into executable memory, which lives as long as the block.
pub(super) fn commit(
    rt: &mut Runtime,
    module: &CompiledModule<'_>,
    context: Ptr<Module>,
) -> R<(Placed, Ptr<CodeBlock>)> {
    let mut offsets = TryVec::new();
    let mut len = 0usize;
    for code in module.codes.iter() {
        let at = len;
        if !matches!(code.kind, RawKind::Bytecode) {
            check(rt, module, code)?;
            len = code
                .bytes
                .len()
                .checked_next_multiple_of(ALIGN)
                .and_then(|bytes| len.checked_add(bytes))
                .ok_or_else(|| rt.no_memory(usize::MAX))?;
        }
        if offsets.push(at).is_err() {
            return Err(rt.no_memory(module.codes.len() * WORD));
        }
    }
    let data = relocate::data_of(rt, module, context)?;
    // The block's owner comes first: nothing may fail once there is memory to be given back.
    let block = rt.new_obj(CodeBlock {
        base: Header::of::<CodeBlock>(),
        at: NonNull::dangling(),
        len: 0,
    })?;
    // SAFETY: a block of the heap that begins with its type; the finaliser knows it.
    if !unsafe { rt.heap.register_finaliser(block.as_non_null().cast()) } {
        return Err(rt.no_memory(WORD));
    }
    let tables = relocate::Tables::of(context);
    let mut write = |bytes: &mut [u8], at: usize| {
        for (code, offset) in module.codes.iter().zip(offsets.iter()) {
            if matches!(code.kind, RawKind::Bytecode) {
                continue;
            }
            let Some(to) = bytes
                .get_mut(*offset..)
                .and_then(|rest| rest.get_mut(..code.bytes.len()))
            else {
                continue;
            };
            to.copy_from_slice(&code.bytes);
            if let RawKind::Viper {
                linked: Some(index),
            } = code.kind
                && let (Some(linked), Some(data)) =
                    (module.linked.get(index as usize), data.get(index as usize))
            {
                relocate::apply(linked, to, at + offset, data, &tables);
            }
        }
    };
    let committed = match rt.hal.exec_memory() {
        Some(memory) => memory.commit(len, &mut write),
        None => Err("no memory for native code"),
    };
    let base = match committed {
        Ok(base) => base,
        Err(reason) => {
            rt.heap.unregister_finaliser(block.as_non_null().cast());
            return Err(rt.raise_msg(&exc::MEMORY_ERROR, reason));
        }
    };
    // SAFETY: nobody else looks at the block yet.
    unsafe {
        block.as_non_null().write(CodeBlock {
            base: Header::of::<CodeBlock>(),
            at: base,
            len,
        });
    }
    Ok((Placed { base, offsets }, block))
}

/// The word for a constant of a module with machine code.
pub(crate) fn constant(
    rt: &mut Runtime,
    module: &CompiledModule<'_>,
    constant: &Const<'_>,
) -> R<Obj> {
    let word = match constant {
        Const::FunTable if module.has_lines() => fun_table::address_for_lines(rt)?,
        Const::FunTable => fun_table::address(),
        Const::Caches(names) => cells(rt, names)?,
        constant => return make_const(rt, constant),
    };
    // SAFETY: not an object: only native code loads it.
    Ok(unsafe { Obj::from_raw(word) }.unwrap_or(Obj::NONE))
}

/// Makes the inline caches of a function, behind the address of what it tells: their address. They keep nothing alive; the object table keeps them.
fn cells(rt: &mut Runtime, names: &[Qstr]) -> R<usize> {
    let position = rt.native_position()?;
    let head = layout::CELLS_HEAD_BYTES;
    let at = rt.alloc_block(head + names.len() * size_of::<Cell>(), true)?;
    // SAFETY: the block has room for head and cells; blocks are aligned to two words, the head has eight bytes.
    unsafe {
        at.cast::<*mut Position>().write(position);
        let first = at.add(head).cast::<Cell>();
        for (i, name) in names.iter().enumerate() {
            first.add(i).write(Cell::new(*name));
        }
    }
    Ok(at.expose_provenance().get())
}

/// The 16-bit numbers of a module's names, for native code.
fn make_name_table(rt: &mut Runtime, module: &CompiledModule<'_>, context: Ptr<Module>) -> R<()> {
    let n = module.names.len();
    let table = rt.alloc_block((2 * n).max(1), true)?.cast::<u16>();
    for (i, name) in module.names.iter().enumerate() {
        let Ok(number) = u16::try_from(name.number()) else {
            return Err(rt.raise_msg(&exc::RUNTIME_ERROR, "too many names for native code"));
        };
        // SAFETY: the block has room for each.
        unsafe { table.add(i).write(number) };
    }
    context.qstr_table.set(Some(table));
    Ok(())
}

/// A word of function data.
fn word(code: &RawCode<'_>, i: usize) -> Option<usize> {
    let bytes = code.bytes.get(i * WORD..)?.first_chunk()?;
    Some(usize::from_le_bytes(*bytes))
}

fn prelude<'a>(code: &'a RawCode<'_>, offset: u32) -> Option<PreludeParts<'a>> {
    Prelude::split(code.bytes.get(offset as usize..)?)
}

/// Whether function data and prelude fit together.
fn fits(module: &CompiledModule<'_>, code: &RawCode<'_>, offset: u32) -> Option<()> {
    let parts = prelude(code, offset)?;
    let head = &parts.prelude;
    (word(code, 0)? == code.children.len()).then_some(())?;
    let end = offset as usize;
    if head.flags.has(ScopeFlags::GENERATOR) {
        let start = word(code, 1)?;
        (start >= 2 * WORD && start < end && end > 2 * WORD).then_some(())?;
    } else {
        (end > WORD).then_some(())?;
    }
    let n_state = head.n_state;
    u16::try_from(n_state).ok()?;
    (head.n_def_pos_args <= head.n_pos_args && head.n_bound_slots() <= u64::from(n_state))
        .then_some(())?;
    parts
        .cells
        .iter()
        .all(|slot| u32::from(*slot) < n_state)
        .then_some(())?;
    let mut names = 0;
    for name in parts.names() {
        (name < module.names.len() as u64).then_some(())?;
        names += 1;
    }
    (names == head.n_names()).then_some(())
}

fn check(rt: &mut Runtime, module: &CompiledModule<'_>, code: &RawCode<'_>) -> R<()> {
    let good = match code.kind {
        RawKind::Bytecode => true,
        RawKind::Native { prelude_offset } => fits(module, code, prelude_offset).is_some(),
        RawKind::Viper { .. } => !code.bytes.is_empty(),
        RawKind::Asm { n_pos_args, .. } => !code.bytes.is_empty() && n_pos_args <= 4,
    };
    if good { Ok(()) } else { Err(refuse(rt)) }
}

/// The descriptor of a raw code of machine code. `children` has a word more than there are children.
pub(crate) fn descriptor(
    rt: &mut Runtime,
    module: &CompiledModule<'_>,
    index: usize,
    context: Ptr<Module>,
    children: NonNull<Ptr<Code>>,
    placed: Option<&Placed>,
) -> R<Ptr<Code>> {
    let (Some(raw), Some(placed)) = (module.codes.iter().nth(index), placed) else {
        return Err(refuse(rt));
    };
    let Some(offset) = placed.offsets.get(index).copied() else {
        return Err(refuse(rt));
    };
    let parts = match raw.kind {
        RawKind::Native { prelude_offset } => match prelude(raw, prelude_offset) {
            Some(parts) => Some(parts),
            None => return Err(refuse(rt)),
        },
        _ => None,
    };
    let head = parts
        .as_ref()
        .map(|parts| parts.prelude)
        .unwrap_or_default();
    let n_params = (head.n_pos_args + head.n_kwonly_args) as usize;
    let params = rt
        .alloc_block(n_params.max(1) * size_of::<Qstr>(), true)?
        .cast::<Qstr>();
    let mut name = Qstr::EMPTY;
    let names = parts.as_ref().map(|parts| parts.names());
    for (i, at) in names.into_iter().flatten().enumerate() {
        let text = module
            .names
            .get(at as usize)
            .copied()
            .unwrap_or(Qstr::EMPTY);
        match i.checked_sub(1) {
            None => name = text,
            // SAFETY: `names` gives one name and then at most `n_params`.
            Some(i) => unsafe { params.add(i).write(text) },
        }
    }
    let cells = parts.as_ref().map_or(&[][..], |parts| parts.cells);
    let cells_copy = rt.alloc_block(cells.len().max(1), true)?;
    // SAFETY: the block holds them all.
    unsafe { cells_copy.copy_from_nonoverlapping(NonNull::from(cells).cast(), cells.len()) };
    let lines = match raw.lines.is_empty() {
        true => None,
        false => Some(copy_slice(rt, &raw.lines, true)?),
    };
    // Arguments bound in the way of bytecode take these slots.
    let n_cell_slots = cells.iter().max().map_or(0, |slot| *slot as usize + 1);
    let n_locals = (head.n_bound_slots() as usize).max(n_cell_slots);
    let (n_pos, result) = match raw.kind {
        RawKind::Asm {
            n_pos_args,
            type_sig,
        } => (u16::from(n_pos_args), type_sig as u16 & 3),
        _ => (head.n_pos_args as u16, 0),
    };
    let first = u32::from_le_bytes([
        0,
        0,
        raw.kind.code_kind().raw_code_number(),
        u8::from(head.flags.has(ScopeFlags::GENERATOR)),
    ]);
    let plain = ScopeFlags::VAR_ARGS.bits()
        | ScopeFlags::VAR_KEYWORDS.bits()
        | ScopeFlags::KW_DEFAULTS.bits();
    let code = rt.new_obj(Code {
        head: first as usize,
        bytes: placed.base.as_ptr().wrapping_add(offset),
        children: children.as_ptr(),
        n_bytes: raw.bytes.len() as u32,
        n_state: head.n_state as u16,
        n_exc: result,
        n_locals: n_locals as u16,
        n_pos,
        n_kwonly: head.n_kwonly_args as u16,
        n_def_pos: head.n_def_pos_args as u16,
        flags: head.flags,
        simple: head.flags.bits() & plain == 0 && head.n_kwonly_args == 0 && cells.is_empty(),
        n_cells: cells.len() as u16,
        cells: cells_copy.as_ptr(),
        n_children: raw.children.len() as u32,
        n_caches: 0,
        caches: core::ptr::null_mut(),
        names: context
            .names
            .get()
            .map_or(core::ptr::null(), |names| names.as_ptr()),
        consts: context
            .obj_table
            .get()
            .map_or(core::ptr::null(), |consts| consts.as_ptr()),
        params: params.as_ptr(),
        name,
        file: module.source_name(),
        lines: lines.map_or(core::ptr::null(), |lines| lines.as_ptr()),
        n_lines: raw.lines.len() as u32,
        heat: Default::default(),
        regions: Default::default(),
    })?;
    // SAFETY: the table has a word behind the children.
    unsafe { children.add(raw.children.len()).write(code) };
    Ok(code)
}
