//! Making exception instances and matching them.

use crate::obj::exception::Exception;
use crate::obj::ptr::Ptr;
use crate::obj::tuple;
use crate::obj::ty::Type;
use crate::obj::word::Obj;
use crate::runtime::{R, Raised, Runtime};

use super::table::MEMORY_ERROR;
use crate::text::print::Dec;

/// A new instance of the built-in exception class `ty`.
pub fn new(rt: &mut Runtime, ty: &'static Type, args: &[Obj]) -> R<Obj> {
    let args = if args.is_empty() {
        None
    } else {
        Some(tuple::from_slice(rt, args)?)
    };
    Ok(rt.new_obj(Exception::new(ty, args))?.obj())
}

/// The instance that is raised when nothing can be allocated.
pub fn new_emergency(rt: &mut Runtime) -> R<Obj> {
    Ok(rt.new_obj(Exception::new(&MEMORY_ERROR, None))?.obj())
}

/// `MemoryError: memory allocation failed, allocating N bytes`, or the instance without text.
#[cold]
pub fn raise_no_memory(rt: &mut Runtime, emergency: Option<Obj>, bytes: usize) -> Raised {
    let locked = rt.heap.is_locked();
    // Building the message allocates; a second failure in there must not come back here.
    if !locked && rt.pending.enter_no_memory() {
        let made = {
            let mut buf = crate::text::print::FmtBuf::default();
            let _ = core::fmt::Write::write_fmt(
                &mut buf,
                format_args!(
                    "memory allocation failed, allocating {} bytes",
                    Dec(bytes as isize)
                ),
            );
            rt.new_str(buf.bytes())
                .and_then(|text| new(rt, &MEMORY_ERROR, &[text]))
        };
        rt.pending.leave_no_memory();
        if let Ok(exc) = made {
            return rt.raise_obj(exc);
        }
    }
    let exc = match rt.state.heap_locked_error {
        Some(exc) if locked => exc,
        _ => emergency.unwrap_or(Obj::NONE),
    };
    if let Some(exc) = exc.as_ptr() {
        // SAFETY: the emergency instance is an `Exception`.
        let exc: Ptr<Exception> = unsafe { exc.cast() };
        exc.clear_traceback();
    }
    rt.raise_obj(exc)
}

/// Whether `ty` is `base` or a subclass of it.
pub fn is_subclass(ty: &'static Type, base: &'static Type) -> bool {
    crate::obj::class::is_subclass(ty, base)
}

/// Whether `obj` is an instance of `base` or of a subclass.
pub fn is_instance(obj: Obj, base: &'static Type) -> bool {
    is_subclass(obj.ty(), base)
}

/// Whether the exception `exc` is caught by the class or tuple of classes `what`; `None` when `what` is
/// no class (spec bytecode section 6, operator 8).
pub fn matches(exc: Obj, what: Obj) -> Option<bool> {
    let one = |class: Obj| {
        let class = class.as_type()?;
        is_subclass(class, &super::table::BASE_EXCEPTION).then(|| is_instance(exc, class))
    };
    if let Some(classes) = what.cast::<tuple::Tuple>() {
        for class in classes.items() {
            if one(class.get())? {
                return Some(true);
            }
        }
        return Some(false);
    }
    one(what)
}
