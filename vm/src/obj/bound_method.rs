//! Bound methods: a function and its first argument (layout: spec native-abi 3.5).

use ferlance_abi::ops::{BinaryOp, UnaryOp};
use ferlance_abi::qstr;
use ferlance_abi::qstr::Qstr;

use super::object::identity_hash;
use super::ptr::{Ptr, PyType};
use super::ty::{Attr, Header, PrintKind, Type, VTable};
use super::word::Obj;
use crate::call::Args;
use crate::runtime::{R, Runtime};
use crate::text::print::{Hex, Print};

/// `bound_method`.
pub static BOUND_METHOD: Type = Type::builtin(qstr!("bound_method"), 0, &VT);
static VT: VTable = VTable {
    print: Some(print),
    call: Some(call),
    unary: Some(unary),
    binary: Some(binary),
    attr: Some(attr),
    ..VTable::NEW
};

fn this(obj: Obj) -> Ptr<BoundMethod> {
    // SAFETY: reached through the vtable of `BOUND_METHOD` only.
    unsafe { obj.cast_unchecked() }
}

fn print(rt: &mut Runtime, obj: Obj, _: PrintKind, out: &mut dyn Print) -> R<()> {
    let method = this(obj);
    crate::text::print::write_fmt(rt, out, format_args!("<bound_method {} ", Hex(obj.raw())))?;
    rt.print(method.this, PrintKind::Repr, out)?;
    out.write(rt, b".")?;
    rt.print(method.fun, PrintKind::Repr, out)?;
    out.write(rt, b">")
}

fn call(rt: &mut Runtime, obj: Obj, args: Args<'_>) -> R<Obj> {
    let method = this(obj);
    crate::obj::class::instance::call_in_front(rt, method.fun, method.this, args)
}

fn unary(_: &mut Runtime, op: UnaryOp, obj: Obj) -> R<Option<Obj>> {
    let method = this(obj);
    Ok((op == UnaryOp::Hash).then(|| {
        let (a, b) = (
            identity_hash(method.fun).small_value(),
            identity_hash(method.this).small_value(),
        );
        // One of them mixed, so that differences of the two do not make up for each other.
        Obj::int((a ^ b.wrapping_mul(0x9e37_79b1_u32 as isize)) >> 1)
    }))
}

fn binary(_: &mut Runtime, op: BinaryOp, lhs: Obj, rhs: Obj) -> R<Option<Obj>> {
    let (a, Some(b)) = (this(lhs), rhs.cast::<BoundMethod>()) else {
        return Ok(None);
    };
    Ok((op == BinaryOp::Equal).then(|| Obj::bool(a.this == b.this && a.fun == b.fun)))
}

fn attr(rt: &mut Runtime, obj: Obj, name: Qstr) -> R<Attr> {
    // Only the name: `__self__` and `__func__` belong to no level of ours.
    if name == qstr!("__name__") {
        rt.find_attr(this(obj).fun, name)
    } else {
        Ok(Attr::None)
    }
}

/// A bound method.
#[repr(C)]
pub struct BoundMethod {
    base: Header,
    /// The function.
    pub fun: Obj,
    /// Its first argument.
    pub this: Obj,
}

// SAFETY: every structure of type BOUND_METHOD is a `BoundMethod`.
unsafe impl PyType for BoundMethod {
    fn ty() -> &'static Type {
        &BOUND_METHOD
    }
}

/// `fun` with `this` in front.
pub fn new(rt: &mut Runtime, fun: Obj, this: Obj) -> R<Obj> {
    Ok(rt
        .new_obj(BoundMethod {
            base: Header::new(&BOUND_METHOD),
            fun,
            this,
        })?
        .obj())
}
