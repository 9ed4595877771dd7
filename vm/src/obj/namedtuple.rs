//! The types that `collections.namedtuple` makes: tuples whose items have names.
//!
//! Such a type is a [`Type`] on the heap with the tuple of its fields' names behind it.

use ferlance_abi::qstr::Qstr;

use super::ptr::Ptr;
use super::seq;
use super::tuple::{self, TUPLE, Tuple};
use super::ty::{Attr, PrintKind, Type, VTable};
use super::word::Obj;
use crate::call::Args;
use crate::exc;
use crate::runtime::{R, Runtime};
use crate::text::print::{Dec, Print};

static VT: VTable = VTable {
    make_new: Some(make_new),
    print: Some(print),
    attr: Some(attr),
    set_attr: Some(set_attr),
    ..tuple::VT
};

#[repr(C)]
struct NamedTupleType {
    ty: Type,
    /// Names, all interned strings.
    fields: Ptr<Tuple>,
}

/// `namedtuple(name, fields)`: fields are a list or tuple of str, or one str with blanks between them.
pub fn new_type(rt: &mut Runtime, name: Obj, fields: Obj) -> R<Obj> {
    let name = name_of(rt, name)?;
    let fields = match rt.str_bytes(fields) {
        Some(text) => {
            let words = || {
                text.split(u8::is_ascii_whitespace)
                    .filter(|w| !w.is_empty())
            };
            let names = tuple::of_len(rt, words().count())?;
            for (slot, word) in names.items().iter().zip(words()) {
                slot.set(Obj::qstr(rt.intern(word)?));
            }
            names
        }
        None => {
            let n = seq::expect_items(rt, fields)?.len();
            let names = tuple::of_len(rt, n)?;
            let items = seq::expect_items(rt, fields)?;
            for (slot, field) in names.items().iter().zip(items) {
                slot.set(Obj::qstr(name_of(rt, field.get())?));
            }
            names
        }
    };
    let ty = Type::builtin(name, tuple::FLAGS, &VT).with_parent(&TUPLE);
    Ok(rt.new_obj(NamedTupleType { ty, fields })?.obj())
}

fn name_of(rt: &mut Runtime, text: Obj) -> R<Qstr> {
    if let Some(name) = text.as_qstr() {
        return Ok(name);
    }
    match rt.str_bytes(text) {
        Some(text) => rt.intern(text),
        None => Err(rt.type_error_of("can't convert '{}' object to str implicitly", text)),
    }
}

/// The names of the fields.
fn fields<'a>(ty: &'static Type) -> &'a [Obj] {
    // SAFETY: a type with this file's vtable was made by `new_type`.
    let ty = unsafe { Ptr::from_ref(ty).cast::<NamedTupleType>() };
    ty.fields.slice()
}

fn make_new(rt: &mut Runtime, ty: &'static Type, args: Args<'_>) -> R<Obj> {
    let names = fields(ty);
    let n = args.n_pos() + args.n_kw();
    if n != names.len() {
        let name = rt.name_str(ty.name());
        let (want, n) = (Dec(names.len() as isize), Dec(n as isize));
        return Err(rt.type_error_fmt(format_args!(
            "{name}() takes {want} positional arguments but {n} were given"
        )));
    }
    let made = tuple::of_type(rt, ty, names.len(), 0)?;
    let slots = made.items();
    for (slot, value) in slots.iter().zip(args.pos()) {
        slot.set(*value);
    }
    for (i, (key, value)) in args.kw().enumerate() {
        let key = Obj::qstr(name_of(rt, key)?);
        let Some(at) = names.iter().position(|name| *name == key) else {
            let key = rt.name_str(key.as_qstr().unwrap_or_default());
            return Err(rt.type_error_fmt(format_args!("unexpected keyword argument '{key}'")));
        };
        let again = args.kw().take(i).any(|(other, _)| other == key);
        if at < args.n_pos() || again {
            let key = rt.name_str(key.as_qstr().unwrap_or_default());
            return Err(rt.type_error_fmt(format_args!(
                "function got multiple values for argument '{key}'"
            )));
        }
        slots[at].set(value);
    }
    Ok(made.obj())
}

fn print(rt: &mut Runtime, obj: Obj, kind: PrintKind, out: &mut dyn Print) -> R<()> {
    let ty = obj.ty();
    let name = rt.name(ty.name());
    if kind != PrintKind::Exc {
        out.write(rt, name)?;
    }
    print_fields(
        rt,
        obj,
        |i| fields(ty).get(i).and_then(|name| name.as_qstr()),
        out,
    )
}

/// Prints `(name=value, …)`.
pub(super) fn print_fields(
    rt: &mut Runtime,
    obj: Obj,
    name_of: impl Fn(usize) -> Option<Qstr>,
    out: &mut dyn Print,
) -> R<()> {
    // SAFETY: called for types with the layout of tuples.
    let this = unsafe { obj.cast_unchecked::<Tuple>() };
    out.write(rt, b"(")?;
    for (i, item) in this.items().iter().enumerate() {
        if i != 0 {
            out.write(rt, b", ")?;
        }
        if let Some(name) = name_of(i) {
            let name = rt.name(name);
            out.write(rt, name)?;
            out.write(rt, b"=")?;
        }
        rt.print(item.get(), PrintKind::Repr, out)?;
    }
    out.write(rt, b")")
}

fn attr(_: &mut Runtime, obj: Obj, name: Qstr) -> R<Attr> {
    let name = Obj::qstr(name);
    let Some(at) = fields(obj.ty()).iter().position(|field| *field == name) else {
        return Ok(Attr::None);
    };
    // SAFETY: reached through this file's vtable only.
    let this = unsafe { obj.cast_unchecked::<Tuple>() };
    Ok(match this.item(at) {
        Some(value) => Attr::Value(value),
        None => Attr::None,
    })
}

fn set_attr(rt: &mut Runtime, _: Obj, _: Qstr, _: Option<Obj>) -> R<bool> {
    Err(rt.raise_msg(&exc::ATTRIBUTE_ERROR, "can't set attribute"))
}
