//! What linked modules use: streams and argument parsing, entries 66 to 68.

use crate::call::Args;
use crate::interp::frame::Slot;
use crate::native::c_stream::{self, Protocol};
use crate::native::c_type;
use crate::obj::map::Map;
use crate::obj::ty::TypeFlags;
use crate::obj::word::Obj;
use crate::runtime::{R, Runtime};
use crate::stream;
use ferlance_abi::layout;
use ferlance_abi::qstr::Qstr;

/// The stream functions of an object that has those asked for: 1 read, 2 write, 4 other requests.
pub(crate) fn get_stream_raise(rt: &mut Runtime, value: Obj, ops: usize) -> R<*mut Protocol> {
    if !value.ty().has(TypeFlags::RUST)
        && let Some(own) = c_type::protocol(value.ty())
        && (ops & 1 == 0 || own.read.is_some())
        && (ops & 2 == 0 || own.write.is_some())
        && (ops & 4 == 0 || own.ioctl.is_some())
    {
        return Ok(core::ptr::from_ref(own).cast_mut());
    }
    let found = stream::of(value).filter(|(_, vt)| {
        (ops & 1 == 0 || vt.read.is_some())
            && (ops & 2 == 0 || vt.write.is_some())
            && (ops & 4 == 0 || vt.ioctl.is_some())
    });
    match found {
        Some((_, vt)) => Ok(c_stream::protocol(value, vt).cast_mut()),
        None => Err(stream::not_supported(rt)),
    }
}

/// What an argument may be, and its default.
#[repr(C)]
pub(crate) struct Spec {
    name: u16,
    flags: u16,
    default: usize,
}

const _: () = assert!(size_of::<Spec>() == layout::ARG_SPEC_WORDS * size_of::<usize>());

const BOOL: u16 = 1;
const INT: u16 = 2;
const KINDS: u16 = 0xff;
const REQUIRED: u16 = 0x100;
const KEYWORD_ONLY: u16 = 0x200;

fn parse(rt: &mut Runtime, args: Args<'_>, specs: &[Spec], out: *mut usize) -> R<()> {
    let (mut n_pos, mut n_kw) = (0, 0);
    for (i, spec) in specs.iter().enumerate() {
        let name = Qstr::new(u32::from(spec.name));
        let given = match args.get(i) {
            Some(_) if spec.flags & KEYWORD_ONLY != 0 => {
                return Err(rt.type_error("extra positional arguments given"));
            }
            Some(value) => {
                n_pos += 1;
                Some(value)
            }
            None => {
                let value = args.keyword(name);
                n_kw += usize::from(value.is_some());
                value
            }
        };
        let word = match given {
            Some(value) => match spec.flags & KINDS {
                BOOL => usize::from(rt.is_true(value)?),
                INT => rt.int(value)? as usize,
                _ => value.raw(),
            },
            None if spec.flags & REQUIRED != 0 => {
                let name = rt.name_str(name);
                return Err(rt.type_error_fmt(format_args!("'{name}' argument required")));
            }
            None => spec.default,
        };
        // SAFETY: native code gives a word for each spec.
        unsafe { out.add(i).write(word) };
    }
    if args.n_pos() > n_pos {
        return Err(rt.type_error("extra positional arguments given"));
    }
    if args.n_kw() > n_kw {
        return Err(rt.type_error("extra keyword arguments given"));
    }
    Ok(())
}

fn specs<'a>(specs: *mut Spec, n: usize) -> &'a [Spec] {
    if n == 0 {
        return &[];
    }
    // SAFETY: native code says that so many stand there.
    unsafe { core::slice::from_raw_parts(specs, n) }
}

/// Values by position, keywords in a map.
pub(crate) fn arg_parse_all(
    rt: &mut Runtime,
    n_pos: usize,
    pos: *mut Slot,
    kw: *mut Map,
    n_allowed: usize,
    allowed: *mut Spec,
    out: *mut usize,
) -> R<()> {
    let mut all = ferlance_collections::TryVec::new();
    // SAFETY: native code says that the values stand there; the map is the one that the function was called with.
    let result = unsafe {
        let mut result = all.extend_from_slice(super::objects(rt, pos, n_pos)?);
        if let Some(map) = kw.as_ref() {
            let mut at = 0;
            while let Some((i, key, value)) = map.next_from(at) {
                result = result
                    .and_then(|()| all.push(key))
                    .and_then(|()| all.push(value));
                at = i + 1;
            }
        }
        result
    };
    if result.is_err() {
        return Err(rt.no_memory(all.len()));
    }
    // The values are the caller's, whose frame keeps them alive.
    parse(rt, Args::new(&all, n_pos), specs(allowed, n_allowed), out)
}

/// Values by position, then keys and values.
pub(crate) fn arg_parse_all_kw_array(
    rt: &mut Runtime,
    n_pos: usize,
    n_kw: usize,
    args: *mut Slot,
    n_allowed: usize,
    allowed: *mut Spec,
    out: *mut usize,
) -> R<()> {
    // SAFETY: native code says that the values stand there.
    let values = unsafe { super::objects(rt, args, n_pos + 2 * n_kw)? };
    parse(rt, Args::new(values, n_pos), specs(allowed, n_allowed), out)
}
