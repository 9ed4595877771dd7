//! Between objects and native values: entries 3, 4, 56 to 63, 65 (spec native-abi section 9).

use ferlance_abi::NativeType;
use ferlance_abi::native_type::QSTR_TYPE_NUMBER;
use ferlance_abi::ops::UnaryOp;
use ferlance_abi::qstr::Qstr;

use crate::obj::ty::{Buffer, Type};
use crate::obj::word::Obj;
use crate::obj::{bytearray, bytes, class, float, int};
use crate::runtime::{R, Runtime};
use crate::text::unicode::is_text;

/// The low word of any int; `None` when the object is none and has no `__int__`.
fn truncated(rt: &mut Runtime, value: Obj) -> R<Option<usize>> {
    let plain = class::unwrap_native(value);
    if int::small_value(plain).is_some() || int::is_int(plain) {
        return Ok(Some(int::low_word(plain)));
    }
    if value.ty().is_class()
        && let Some(made) = rt.unary_maybe(UnaryOp::IntMaybe, value)?
    {
        return Ok(Some(int::low_word(made)));
    }
    Ok(None)
}

fn to_int(rt: &mut Runtime, value: Obj) -> R<usize> {
    if let Some(small) = value.as_small() {
        return Ok(small as usize);
    }
    match truncated(rt, value)? {
        Some(word) => Ok(word),
        None => Err(rt.type_error_of("can't convert {} to int", value)),
    }
}

/// The buffer of an object, if it has one.
pub(crate) fn buffer(rt: &mut Runtime, value: Obj, write: bool) -> Option<Buffer> {
    let get = value.ty().vt().buffer?;
    get(rt, value, write)
}

/// The native value of type `ty`.
pub(crate) fn native_from_obj(rt: &mut Runtime, value: Obj, ty: usize) -> R<usize> {
    match NativeType::from_number(ty as u8 & 0xf) {
        None | Some(NativeType::Object) => Ok(value.raw()),
        Some(NativeType::Bool) => Ok(usize::from(rt.is_true(value)?)),
        Some(NativeType::Int | NativeType::Uint) => to_int(rt, value),
        Some(_) => match buffer(rt, value, false) {
            Some(view) => Ok(view.data.expose_provenance()),
            None => to_int(rt, value),
        },
    }
}

/// The object of a native value of type `ty`.
pub(crate) fn native_to_obj(rt: &mut Runtime, value: usize, ty: usize) -> R<Obj> {
    let number = ty as u8 & 0xf;
    if number == QSTR_TYPE_NUMBER {
        return Ok(Obj::qstr(Qstr::new(value as u32)));
    }
    match NativeType::from_number(number) {
        None | Some(NativeType::Object) => {
            // SAFETY: native code says that this is an object.
            match unsafe { Obj::from_raw(value) } {
                Some(value) => Ok(value),
                None => Err(super::unbound(rt)),
            }
        }
        Some(NativeType::Bool) => Ok(Obj::bool(value != 0)),
        Some(NativeType::Int) => int::from_i64(rt, value as isize as i64),
        Some(_) => int::from_usize(rt, value),
    }
}

pub(crate) fn obj_get_type(_: &mut Runtime, value: Obj) -> R<*mut Type> {
    Ok(core::ptr::from_ref(value.ty()).cast_mut())
}

/// `n` bytes that native code says stand at `data`.
fn given<'a>(data: *mut u8, n: usize) -> &'a [u8] {
    if n == 0 || data.is_null() {
        return &[];
    }
    // SAFETY: native code says so.
    unsafe { core::slice::from_raw_parts(data, n) }
}

pub(crate) fn obj_new_str(rt: &mut Runtime, data: *mut u8, n: usize) -> R<Obj> {
    let text = given(data, n);
    if !is_text(text) {
        return Err(crate::obj::str::unicode_error(rt));
    }
    match rt.pool.find(text) {
        Some(name) => Ok(Obj::qstr(name)),
        None => rt.new_str(text),
    }
}

pub(crate) fn obj_new_bytes(rt: &mut Runtime, data: *mut u8, n: usize) -> R<Obj> {
    bytes::new(rt, given(data, n))
}

pub(crate) fn obj_new_bytearray_by_ref(rt: &mut Runtime, n: usize, data: *mut u8) -> R<Obj> {
    let data = core::ptr::NonNull::new(data).unwrap_or(core::ptr::NonNull::dangling());
    // SAFETY: native code says that `n` bytes stay there.
    unsafe { bytearray::over(rt, data, n) }
}

pub(crate) fn obj_new_float_from_f(rt: &mut Runtime, value: f32) -> R<Obj> {
    float::new(rt, f64::from(value))
}

pub(crate) fn obj_new_float_from_d(rt: &mut Runtime, value: f64) -> R<Obj> {
    float::new(rt, value)
}

pub(crate) fn obj_get_float_to_f(rt: &mut Runtime, value: Obj) -> R<f32> {
    Ok(rt.float(value)? as f32)
}

pub(crate) fn obj_get_float_to_d(rt: &mut Runtime, value: Obj) -> R<f64> {
    rt.float(value)
}

/// Buffer information as C code sees it.
#[repr(C)]
pub(crate) struct BufferInfo {
    pub(in crate::native) data: *mut u8,
    pub(in crate::native) len: usize,
    pub(in crate::native) typecode: i32,
}

const _: () = {
    use core::mem::offset_of;
    use ferlance_abi::layout;
    let word = size_of::<usize>();
    assert!(offset_of!(BufferInfo, data) == layout::BUFFER_DATA * word);
    assert!(offset_of!(BufferInfo, len) == layout::BUFFER_LEN * word);
    assert!(offset_of!(BufferInfo, typecode) == layout::BUFFER_TYPECODE * word);
};

/// Flags 1 read, 2 write, 4 raise if there is none.
pub(crate) fn get_buffer(
    rt: &mut Runtime,
    value: Obj,
    into: *mut BufferInfo,
    flags: usize,
) -> R<bool> {
    let view = if flags & 4 != 0 {
        rt.buffer_of(value, flags & 2 != 0)?
    } else {
        match buffer(rt, value, flags & 2 != 0) {
            Some(view) => view,
            None => return Ok(false),
        }
    };
    // SAFETY: native code gives room for one.
    unsafe {
        into.write(BufferInfo {
            data: view.data,
            len: view.len,
            typecode: i32::from(view.typecode),
        });
    }
    Ok(true)
}
