//! Memory and machine values: entries 50 to 52, 69 to 71.

use core::ptr::NonNull;

use crate::obj::typecode;
use crate::obj::word::Obj;
use crate::runtime::{R, Runtime};

pub(crate) fn memset(_: &mut Runtime, dest: *mut u8, value: usize, n: usize) -> R<*mut u8> {
    // SAFETY: native code says that `n` bytes stand there.
    unsafe { dest.write_bytes(value as u8, n) };
    Ok(dest)
}

pub(crate) fn memmove(_: &mut Runtime, dest: *mut u8, source: *mut u8, n: usize) -> R<*mut u8> {
    // SAFETY: as above.
    unsafe { dest.copy_from(source, n) };
    Ok(dest)
}

/// Allocates, resizes, frees; null on failure. The memory is scanned for references.
pub(crate) fn realloc(rt: &mut Runtime, p: *mut u8, n: usize, may_move: bool) -> R<*mut u8> {
    let null = core::ptr::null_mut();
    let made = match NonNull::new(p) {
        None if n == 0 => return Ok(null),
        None => rt.alloc_block(n, false),
        Some(at) if n == 0 => {
            if !rt.heap.is_locked() {
                rt.free_block(at);
            }
            return Ok(null);
        }
        Some(_) if rt.heap.is_locked() => return Ok(null),
        // Blocks do not grow in place.
        Some(_) if !may_move => return Ok(null),
        Some(at) => rt.realloc_block(at, 0, n, false),
    };
    match made {
        Ok(at) => Ok(at.as_ptr()),
        Err(raised) => {
            rt.take_exception(raised);
            Ok(null)
        }
    }
}

/// Size and alignment of an item: native for `@`, standard else.
fn size_of(rt: &mut Runtime, struct_type: u8, val_type: u8) -> R<(usize, usize)> {
    let found = match struct_type {
        b'@' => typecode::native_size(val_type),
        _ => typecode::standard_size(val_type).map(|size| (size, 1)),
    };
    match found {
        Some(found) => Ok(found),
        None => Err(rt.value_error("bad typecode")),
    }
}

pub(crate) fn binary_get_size(
    rt: &mut Runtime,
    struct_type: u8,
    val_type: u8,
    align: *mut usize,
) -> R<usize> {
    let (size, alignment) = size_of(rt, struct_type, val_type)?;
    if !align.is_null() {
        // SAFETY: native code gives a word.
        unsafe { align.write(alignment) };
    }
    Ok(size)
}

/// The item `index` of an array of machine values: address and bytes.
fn item(rt: &mut Runtime, typecode: u8, p: *mut u8, index: usize) -> R<(*mut u8, usize)> {
    let (size, _) = size_of(rt, b'@', typecode)?;
    Ok((p.wrapping_add(index.wrapping_mul(size)), size))
}

pub(crate) fn binary_get_val_array(
    rt: &mut Runtime,
    typecode: u8,
    p: *mut u8,
    index: usize,
) -> R<Obj> {
    let (at, size) = item(rt, typecode, p, index)?;
    if typecode == b'O' {
        // SAFETY: native code says that objects stand there.
        return Ok(unsafe { at.cast::<Option<Obj>>().read_unaligned() }.unwrap_or(Obj::NONE));
    }
    // SAFETY: native code says that the item is there.
    let bytes = unsafe { core::slice::from_raw_parts(at, size) };
    typecode::load(rt, typecode, bytes, false)
}

pub(crate) fn binary_set_val_array(
    rt: &mut Runtime,
    typecode: u8,
    p: *mut u8,
    index: usize,
    value: Obj,
) -> R<()> {
    let (at, size) = item(rt, typecode, p, index)?;
    let bytes = if typecode == b'O' {
        (value.raw() as u64).to_le_bytes()
    } else {
        typecode::to_bytes(rt, typecode, value)?
    };
    // SAFETY: as above; items are eight bytes at most.
    unsafe { at.copy_from(bytes.as_ptr(), size) };
    Ok(())
}
