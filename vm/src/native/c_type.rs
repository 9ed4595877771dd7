//! Types that linked modules build: only the C part (spec native-abi 3.1). What such a type can do is in its slots,
//! C functions, which these functions call; and the other way round, C functions in the slots of our own types that
//! linked modules borrow (`Exception`, `bytes`).

use core::ptr::NonNull;

use ferlance_abi::layout::TypeSlot;
use ferlance_abi::ops::{BinaryOp, UnaryOp};
use ferlance_abi::qstr::Qstr;

use super::c_stream::{self, Protocol};
use super::entry::{BufferInfo, Printer};
use super::{current, nlr, trampoline};
use crate::call::Args;
use crate::interp::frame::Slot;
use crate::obj::dict::Dict;
use crate::obj::ptr::Ptr;
use crate::obj::static_method::{CLASS_METHOD, StaticMethod};
use crate::obj::tuple::Tuple;
use crate::obj::ty::{Access, Attr, Buffer, PrintKind, Type, TypeFlags, VTable};
use crate::obj::word::Obj;
use crate::obj::{bytes, exception, object};
use crate::runtime::{R, Runtime};
use crate::stream::{self, IoResult, Ioctl, StreamVTable};
use crate::text::print::Print;

/// The word that stands for "load", "store", "go on looking".
const SENTINEL: usize = 4;

/// Behaviour of all types that have only the C part.
pub(crate) static VT: VTable = VTable {
    make_new: Some(make_new),
    print: Some(print),
    call: Some(call),
    unary: Some(unary),
    binary: Some(binary),
    attr: Some(attr),
    set_attr: Some(set_attr),
    subscr: Some(subscr),
    iter: Some(iter),
    next: Some(next),
    buffer: Some(buffer),
    ..VTable::NEW
};

/// What a slot of a C type holds.
pub(crate) fn slot(ty: &Type, slot: TypeSlot) -> Option<NonNull<()>> {
    NonNull::new(ty.c_slot(slot).cast_mut())
}

/// The parent of a C type (the first of several).
pub(crate) fn parent(ty: &Type) -> Option<&'static Type> {
    let parent = slot(ty, TypeSlot::Parent)?;
    // SAFETY: the slot holds a type or a tuple of types, which live as long as the module.
    let parent: Obj = unsafe { Ptr::<()>::from_non_null(parent) }.obj();
    match parent.cast::<Tuple>() {
        Some(several) => several.item(0)?.as_type(),
        None => parent.as_type(),
    }
}

/// The methods and constants of a C type.
pub(crate) fn locals(ty: &Type) -> Option<Ptr<Dict>> {
    let dict = slot(ty, TypeSlot::LocalsDict)?;
    // SAFETY: the slot holds a dict object.
    Some(unsafe { Ptr::from_non_null(dict.cast()) })
}

/// The member `name` of a C type, bound to `this`; its parents are the caller's affair.
pub(crate) fn member(rt: &Runtime, ty: &'static Type, this: Obj, name: Qstr) -> Attr {
    let Some(found) = locals(ty).and_then(|dict| dict.map.get_name(rt, name)) else {
        return Attr::None;
    };
    if let Some(fun) = found.cast_static() {
        return Attr::Value(fun);
    }
    if found.is_ptr() && found.ty().same(&CLASS_METHOD) {
        return Attr::Method {
            fun: StaticMethod::of(found).fun,
            this: this.ty().obj(),
        };
    }
    if found.is_ptr() && found.ty().has(TypeFlags::BINDS_SELF) {
        return Attr::Method { fun: found, this };
    }
    Attr::Value(found)
}

/// The stream functions of a C type.
pub(crate) fn protocol(ty: &Type) -> Option<&'static Protocol> {
    let protocol = slot(ty, TypeSlot::Protocol)?;
    // SAFETY: the slot of a stream type holds such a structure, which lives as long as the module.
    Some(unsafe { protocol.cast().as_ref() })
}

/// The stream functions of a C type, as ours.
pub(crate) fn stream(ty: &Type) -> Option<&'static StreamVTable> {
    let text = protocol(ty)?.is_text & 1 != 0;
    Some(if text { &TEXT } else { &BINARY })
}

/// Calls a slot's C function.
fn invoke(rt: &mut Runtime, keep: Obj, code: NonNull<()>, words: [usize; 4]) -> R<usize> {
    let code = code.expose_provenance().get();
    // SAFETY: the slots of a type hold functions of their kind.
    unsafe { trampoline::call(rt, keep, code, words) }
}

/// The object in a word that a C function answered.
fn answer(word: usize) -> Option<Obj> {
    // SAFETY: such functions answer objects or null.
    unsafe { Obj::from_raw(word) }
}

fn address<T>(of: &mut T) -> usize {
    (&raw mut *of).expose_provenance()
}

fn make_new(rt: &mut Runtime, ty: &'static Type, args: Args<'_>) -> R<Obj> {
    let Some(code) = slot(ty, TypeSlot::MakeNew) else {
        let name = rt.name_str(ty.name());
        return Err(rt.type_error_fmt(format_args!("can't create '{name}' instances")));
    };
    let values = args.values().as_ptr().expose_provenance();
    let words = [ty.obj().raw(), args.n_pos(), args.n_kw(), values];
    let made = invoke(rt, ty.obj(), code, words)?;
    // SAFETY: an object or null.
    unsafe { trampoline::result(rt, made) }
}

/// A printer for C functions that hands on to one of ours.
unsafe extern "C" fn hand_on(out: *mut (), text: *const u8, n: usize) {
    // SAFETY: `print` below made the printer; native code gives `n` bytes. Nothing here has a destructor.
    unsafe {
        let rt = current::runtime();
        let out: &mut &mut dyn Print = &mut *out.cast();
        let text: &[u8] = if n == 0 {
            &[]
        } else {
            core::slice::from_raw_parts(text, n)
        };
        if let Err(raised) = out.write(rt, text) {
            nlr::throw(raised);
        }
    }
}

fn print(rt: &mut Runtime, obj: Obj, kind: PrintKind, mut out: &mut dyn Print) -> R<()> {
    let Some(code) = slot(obj.ty(), TypeSlot::Print) else {
        let ty = rt.type_name(obj);
        out.write(rt, b"<")?;
        out.write(rt, ty.as_bytes())?;
        return out.write(rt, b">");
    };
    let kind = match kind {
        PrintKind::Str => 0,
        PrintKind::Repr => 1,
        PrintKind::Exc => 2,
        PrintKind::Json => 3,
    };
    let mut printer = Printer {
        data: (&raw mut out).cast(),
        strn: hand_on,
    };
    let words = [address(&mut printer), obj.raw(), kind, 0];
    invoke(rt, obj, code, words).map(|_| ())
}

fn call(rt: &mut Runtime, obj: Obj, args: Args<'_>) -> R<Obj> {
    let Some(code) = slot(obj.ty(), TypeSlot::Call) else {
        return Err(rt.not_callable(obj));
    };
    let values = args.values().as_ptr().expose_provenance();
    let words = [obj.raw(), args.n_pos(), args.n_kw(), values];
    let value = invoke(rt, obj, code, words)?;
    // SAFETY: an object or null.
    unsafe { trampoline::result(rt, value) }
}

fn unary(rt: &mut Runtime, op: UnaryOp, obj: Obj) -> R<Option<Obj>> {
    let value = match slot(obj.ty(), TypeSlot::UnaryOp) {
        Some(code) => answer(invoke(
            rt,
            obj,
            code,
            [op.number().into(), obj.raw(), 0, 0],
        )?),
        None => None,
    };
    if value.is_none() && op == UnaryOp::Hash {
        return Ok(Some(object::identity_hash(obj)));
    }
    Ok(value)
}

fn binary(rt: &mut Runtime, op: BinaryOp, lhs: Obj, rhs: Obj) -> R<Option<Obj>> {
    match slot(lhs.ty(), TypeSlot::BinaryOp) {
        Some(code) => {
            let words = [op.number().into(), lhs.raw(), rhs.raw(), 0];
            Ok(answer(invoke(rt, lhs, code, words)?))
        }
        None => Ok(None),
    }
}

fn attr(rt: &mut Runtime, obj: Obj, name: Qstr) -> R<Attr> {
    let Some(code) = slot(obj.ty(), TypeSlot::Attr) else {
        return Ok(Attr::None);
    };
    let mut dest = [0usize; 2];
    let words = [obj.raw(), name.number() as usize, address(&mut dest), 0];
    invoke(rt, obj, code, words)?;
    Ok(match (answer(dest[0]), dest[1]) {
        (Some(value), 0) => Attr::Value(value),
        (Some(fun), this) => match answer(this) {
            Some(this) => Attr::Method { fun, this },
            None => Attr::Value(fun),
        },
        // With the sentinel the lookup goes on; without it, stock stops here.
        (None, SENTINEL) => Attr::None,
        (None, _) => return Err(rt.no_attribute(obj, name)),
    })
}

fn set_attr(rt: &mut Runtime, obj: Obj, name: Qstr, value: Option<Obj>) -> R<bool> {
    let Some(code) = slot(obj.ty(), TypeSlot::Attr) else {
        return Ok(false);
    };
    let mut dest = [SENTINEL, value.map_or(0, Obj::raw)];
    let words = [obj.raw(), name.number() as usize, address(&mut dest), 0];
    invoke(rt, obj, code, words)?;
    Ok(dest[0] == 0)
}

fn subscr(rt: &mut Runtime, obj: Obj, index: Obj, access: Access) -> R<Option<Obj>> {
    let Some(code) = slot(obj.ty(), TypeSlot::Subscr) else {
        return Ok(None);
    };
    let value = match access {
        Access::Load => SENTINEL,
        Access::Store(value) => value.raw(),
        Access::Delete => 0,
    };
    Ok(answer(invoke(
        rt,
        obj,
        code,
        [obj.raw(), index.raw(), value, 0],
    )?))
}

/// The pair of a type with a custom iterator.
#[repr(C)]
struct Pair {
    getiter: Option<NonNull<()>>,
    iternext: Option<NonNull<()>>,
}

fn pair(ty: &Type) -> Option<&'static Pair> {
    let pair = slot(ty, TypeSlot::Iter)?;
    // SAFETY: with its flag, the slot holds such a pair, which lives as long as the module.
    Some(unsafe { pair.cast().as_ref() })
}

/// How a type iterates: bits of its flags.
fn iter_kind(ty: &Type) -> u16 {
    ty.flags() & (TypeFlags::ITER_IS_NEXT | TypeFlags::ITER_CUSTOM)
}
const STREAM: u16 = TypeFlags::ITER_IS_NEXT | TypeFlags::ITER_CUSTOM;

fn iter(rt: &mut Runtime, obj: Obj) -> R<Obj> {
    let ty = obj.ty();
    let getiter = match iter_kind(ty) {
        STREAM | TypeFlags::ITER_IS_NEXT => return Ok(obj),
        TypeFlags::ITER_CUSTOM => pair(ty).and_then(|pair| pair.getiter),
        _ => slot(ty, TypeSlot::Iter),
    };
    let Some(code) = getiter else {
        return Err(rt.not_iterable(obj));
    };
    // The iterator may be built in the buffer, so that has to last.
    let buf = rt.alloc_words(ferlance_abi::layout::ITER_BUF_WORDS, false)?;
    for i in 0..ferlance_abi::layout::ITER_BUF_WORDS {
        // SAFETY: the block has these words.
        unsafe { buf.add(i).write(0) };
    }
    let words = [obj.raw(), buf.expose_provenance().get(), 0, 0];
    let made = invoke(rt, obj, code, words)?;
    // SAFETY: an object or null.
    unsafe { trampoline::result(rt, made) }
}

fn next(rt: &mut Runtime, obj: Obj) -> R<Option<Obj>> {
    let ty = obj.ty();
    let iternext = match iter_kind(ty) {
        STREAM => return stream::next_line(rt, obj),
        TypeFlags::ITER_IS_NEXT => slot(ty, TypeSlot::Iter),
        TypeFlags::ITER_CUSTOM => pair(ty).and_then(|pair| pair.iternext),
        _ => None,
    };
    match iternext {
        Some(code) => Ok(answer(invoke(rt, obj, code, [obj.raw(), 0, 0, 0])?)),
        None => Err(rt.type_error_of("'{}' object isn't an iterator", obj)),
    }
}

fn buffer(rt: &mut Runtime, obj: Obj, write: bool) -> Option<Buffer> {
    let code = slot(obj.ty(), TypeSlot::Buffer)?;
    let mut info = BufferInfo {
        data: core::ptr::null_mut(),
        len: 0,
        typecode: 0,
    };
    let flags = if write { 2 } else { 1 };
    let words = [obj.raw(), address(&mut info), flags, 0];
    match invoke(rt, obj, code, words) {
        Ok(0) => Some(Buffer {
            data: info.data,
            len: info.len,
            typecode: info.typecode as u8,
        }),
        Ok(_) => None,
        Err(raised) => {
            // There is no buffer, and no way to say more.
            rt.take_exception(raised);
            None
        }
    }
}

static BINARY: StreamVTable = StreamVTable {
    read: Some(read),
    write: Some(write),
    ioctl: Some(ioctl),
    is_text: false,
};
static TEXT: StreamVTable = StreamVTable {
    is_text: true,
    ..BINARY
};

/// Calls a function of the protocol, if the type has it.
fn ask(
    rt: &mut Runtime,
    obj: Obj,
    code: Option<*const ()>,
    first: usize,
    second: usize,
) -> R<IoResult> {
    let Some(code) = code.and_then(|code| NonNull::new(code.cast_mut())) else {
        return Err(stream::not_supported(rt));
    };
    let mut errno = 0i32;
    let words = [obj.raw(), first, second, address(&mut errno)];
    Ok(match invoke(rt, obj, code, words)? {
        c_stream::ERROR => Err(errno),
        n => Ok(n),
    })
}

fn read(rt: &mut Runtime, obj: Obj, into: &mut [u8]) -> R<IoResult> {
    let code = protocol(obj.ty())
        .and_then(|p| p.read)
        .map(|f| f as *const ());
    ask(
        rt,
        obj,
        code,
        into.as_mut_ptr().expose_provenance(),
        into.len(),
    )
}

fn write(rt: &mut Runtime, obj: Obj, bytes: &[u8]) -> R<IoResult> {
    let code = protocol(obj.ty())
        .and_then(|p| p.write)
        .map(|f| f as *const ());
    ask(
        rt,
        obj,
        code,
        bytes.as_ptr().expose_provenance(),
        bytes.len(),
    )
}

fn ioctl(rt: &mut Runtime, obj: Obj, request: Ioctl) -> R<IoResult> {
    let code = protocol(obj.ty())
        .and_then(|p| p.ioctl)
        .map(|f| f as *const ());
    let (number, arg) = match request {
        Ioctl::Flush => (1, 0),
        Ioctl::Seek { offset, whence } => {
            let mut seek = c_stream::Seek {
                offset: offset as isize,
                whence,
            };
            let result = ask(rt, obj, code, 2, address(&mut seek))?;
            // The answer is where the argument was.
            let at = (&raw const seek.offset).cast::<usize>();
            // SAFETY: our own structure, which the C function may have written to.
            return Ok(result.map(|_| unsafe { at.read_volatile() }));
        }
        Ioctl::Poll(bits) => (3, bits),
        Ioctl::Close => (4, 0),
        Ioctl::FileNo => (10, 0),
        Ioctl::Other { request, arg } => (request, arg as usize),
    };
    ask(rt, obj, code, number, arg)
}

// ---- C functions of our own types ----

/// Ends a C function with an object.
///
/// # Safety
/// Called last in such a function: nothing is left to drop.
unsafe fn finish(result: R<Obj>) -> Obj {
    match result {
        Ok(value) => value,
        // SAFETY: the caller's.
        Err(raised) => unsafe { nlr::throw(raised) },
    }
}

/// The arguments of a C call.
///
/// # Safety
/// `n_pos + 2 * n_kw` objects stand at `args`.
unsafe fn args<'a>(n_pos: usize, n_kw: usize, args: *const Obj) -> Args<'a> {
    let n = n_pos + 2 * n_kw;
    if n == 0 {
        return Args::NONE;
    }
    // SAFETY: the caller's.
    Args::new(unsafe { core::slice::from_raw_parts(args, n) }, n_pos)
}

/// The `make_new` slot of exceptions; types of linked modules borrow it.
pub(crate) unsafe extern "C" fn exception_make_new(
    ty: &'static Type,
    n_pos: usize,
    n_kw: usize,
    at: *const Obj,
) -> Obj {
    // SAFETY: as for every shim (see `fun_table`).
    unsafe {
        let rt = current::runtime();
        finish(exception::make_new(rt, ty, args(n_pos, n_kw, at)))
    }
}

/// The `print` slot of exceptions.
pub(crate) unsafe extern "C" fn exception_print(printer: *const Printer, obj: Obj, kind: usize) {
    let kind = match kind & 0x7f {
        1 => PrintKind::Repr,
        2 => PrintKind::Exc,
        _ => PrintKind::Str,
    };
    // SAFETY: as above.
    unsafe {
        let rt = current::runtime();
        if let Err(raised) = exception::print(rt, obj, kind, &mut CPrint(printer)) {
            nlr::throw(raised);
        }
    }
}

/// The `attr` slot of exceptions.
pub(crate) unsafe extern "C" fn exception_attr(obj: Obj, name: usize, dest: *mut Slot) {
    let name = Qstr::new(name as u32);
    // SAFETY: as above; two words stand at `dest`.
    unsafe {
        let rt = current::runtime();
        if (*dest).is_none() {
            match exception::attr(rt, obj, name) {
                Ok(Attr::Value(value)) => dest.write(Some(value)),
                Ok(Attr::Method { fun, this }) => {
                    dest.write(Some(fun));
                    dest.add(1).write(Some(this));
                }
                // The lookup may go on.
                Ok(Attr::None) => dest.add(1).cast::<usize>().write(SENTINEL),
                Err(raised) => nlr::throw(raised),
            }
            return;
        }
        match exception::set_attr(rt, obj, name, *dest.add(1)) {
            Ok(true) => dest.write(None),
            Ok(false) => {}
            Err(raised) => nlr::throw(raised),
        }
    }
}

/// The `make_new` slot of `bytes`.
pub(crate) unsafe extern "C" fn bytes_make_new(
    ty: &'static Type,
    n_pos: usize,
    n_kw: usize,
    at: *const Obj,
) -> Obj {
    // SAFETY: as above.
    unsafe {
        let rt = current::runtime();
        finish(bytes::make_new(rt, ty, args(n_pos, n_kw, at)))
    }
}

/// A printer of native code as one of ours.
struct CPrint(*const Printer);

impl Print for CPrint {
    fn write(&mut self, rt: &mut Runtime, text: &[u8]) -> R<()> {
        // SAFETY: native code gave the printer for the length of a call.
        unsafe { (*self.0).print(rt, text) }
    }
}
