//! Writing a `.mpy` file.
use ferlance_abi::qstr::Pool;
use ferlance_abi::{Qstr, mpy};
use ferlance_collections::{OutOfMemory, TryVec};

use super::tag;
use crate::module::{CodeId, CompiledModule, Const, Header, Linked, RawCode, RawKind};
use crate::varint::write_uint;

/// The bytes of the file.
pub fn write(module: &CompiledModule<'_>, pool: &Pool) -> Result<TryVec<u8>, OutOfMemory> {
    let mut out = TryVec::new();
    write_header(&mut out, &module.header)?;
    write_uint(&mut out, module.names.len() as u64)?;
    write_uint(&mut out, module.consts.len() as u64)?;
    for name in &module.names {
        write_name(&mut out, *name, pool)?;
    }
    for object in &module.consts {
        write_const(&mut out, object)?;
    }
    write_codes(&mut out, module)?;
    Ok(out)
}

pub(crate) fn write_header(out: &mut TryVec<u8>, header: &Header) -> Result<(), OutOfMemory> {
    out.extend_from_slice(&[
        mpy::MAGIC,
        mpy::VERSION,
        mpy::feature_byte(header.arch, header.arch_flags != 0),
        header.small_int_bits,
    ])?;
    if header.arch_flags != 0 {
        write_uint(out, header.arch_flags as u64)?;
    }
    Ok(())
}

pub(crate) fn write_name(out: &mut TryVec<u8>, name: Qstr, pool: &Pool) -> Result<(), OutOfMemory> {
    if name.is_static() {
        return write_uint(out, (name.number() as u64) << 1 | 1);
    }
    let text = pool.text(name);
    write_uint(out, (text.len() as u64) << 1)?;
    out.extend_from_slice(text)?;
    out.push(0)
}

pub(crate) fn write_const(out: &mut TryVec<u8>, object: &Const<'_>) -> Result<(), OutOfMemory> {
    match object {
        Const::FunTable => out.push(tag::FUN_TABLE),
        // Never in what is made for files.
        Const::Caches(_) => out.push(tag::NONE),
        Const::None => out.push(tag::NONE),
        Const::False => out.push(tag::FALSE),
        Const::True => out.push(tag::TRUE),
        Const::Ellipsis => out.push(tag::ELLIPSIS),
        Const::Str(text) => {
            write_text(out, tag::STR, text)?;
            out.push(0)
        }
        Const::Bytes(bytes) => {
            write_text(out, tag::BYTES, bytes)?;
            out.push(0)
        }
        Const::Int(text) => write_text(out, tag::INT, text),
        Const::Float(number) => write_text(out, tag::FLOAT, &number.text),
        Const::Complex { im, .. } => write_text(out, tag::COMPLEX, &im.text),
        Const::Tuple(items) => {
            out.push(tag::TUPLE)?;
            write_uint(out, items.len() as u64)?;
            // As deep as the producer nested it, which bounds nesting.
            items.iter().try_for_each(|item| write_const(out, item))
        }
    }
}

fn write_text(out: &mut TryVec<u8>, tag: u8, text: &[u8]) -> Result<(), OutOfMemory> {
    out.push(tag)?;
    write_uint(out, text.len() as u64)?;
    out.extend_from_slice(text)
}

/// The root and all below it, each before its children.
fn write_codes(out: &mut TryVec<u8>, module: &CompiledModule<'_>) -> Result<(), OutOfMemory> {
    // (raw code, children written so far)
    let mut open: TryVec<(CodeId, usize)> = TryVec::new();
    let mut next = Some(CodeId::ROOT);
    loop {
        if let Some(id) = next.take() {
            let Some(code) = module.codes.get(id) else {
                return Ok(());
            };
            write_code(out, module, code)?;
            open.push((id, 0))?;
        }
        let Some((id, done)) = open.last_mut() else {
            return Ok(());
        };
        let Some(code) = module.codes.get(*id) else {
            return Ok(());
        };
        match code.children.get(*done) {
            Some(child) => {
                *done += 1;
                next = Some(*child);
            }
            None => {
                if let Some(linked) = linked_of(module, code)
                    && linked.flags & Linked::HAS_RELOCS != 0
                {
                    out.extend_from_slice(&linked.relocs)?;
                }
                open.pop();
            }
        }
    }
}

fn linked_of<'m, 'a>(module: &'m CompiledModule<'a>, code: &RawCode<'_>) -> Option<&'m Linked<'a>> {
    match code.kind {
        RawKind::Viper {
            linked: Some(linked),
        } => module.linked.get(linked as usize),
        _ => None,
    }
}

/// The word that a raw code begins with.
pub(crate) fn write_code_head(out: &mut TryVec<u8>, code: &RawCode<'_>) -> Result<(), OutOfMemory> {
    let has_children = !code.children.is_empty() as u64;
    let kind = code.kind.code_kind() as u64;
    write_uint(
        out,
        (code.bytes.len() as u64) << 3 | has_children << 2 | kind,
    )
}

/// One raw code up to its children's count.
fn write_code(
    out: &mut TryVec<u8>,
    module: &CompiledModule<'_>,
    code: &RawCode<'_>,
) -> Result<(), OutOfMemory> {
    write_code_head(out, code)?;
    out.extend_from_slice(&code.bytes)?;
    match code.kind {
        RawKind::Bytecode => {}
        RawKind::Native { prelude_offset } => write_uint(out, prelude_offset as u64)?,
        RawKind::Viper { .. } => match linked_of(module, code) {
            None => out.push(0)?,
            Some(linked) => {
                write_uint(out, linked.flags as u64)?;
                if linked.flags & Linked::HAS_RODATA != 0 {
                    write_uint(out, linked.rodata.len() as u64)?;
                }
                if linked.flags & Linked::HAS_BSS != 0 {
                    write_uint(out, linked.bss_len as u64)?;
                }
                out.extend_from_slice(&linked.rodata)?;
            }
        },
        RawKind::Asm {
            n_pos_args,
            type_sig,
        } => {
            out.push(0)?;
            write_uint(out, n_pos_args as u64)?;
            write_uint(out, type_sig as u64)?;
        }
    }
    if !code.children.is_empty() {
        write_uint(out, code.children.len() as u64)?;
    }
    Ok(())
}
