//! Modules. A built-in module answers from a read-only table; a loaded one has a globals dict and is the
//! context of its functions (layout: spec native-abi 3.6).

use core::cell::Cell;
use core::ptr::NonNull;

use ferlance_abi::qstr;
use ferlance_abi::qstr::Qstr;

use super::dict::Dict;
use super::ptr::{Ptr, PyType};
use super::ty::{Attr, Header, Members, PrintKind, Type, VTable};
use super::word::Obj;
use crate::runtime::{R, Runtime};
use crate::text::print::Print;

/// `module`.
pub static MODULE: Type = Type::builtin(qstr!("module"), 0, &VT);
static VT: VTable = VTable {
    print: Some(print),
    attr: Some(attr),
    set_attr: Some(set_attr),
    ..VTable::NEW
};

/// Reads a name of a module.
pub type ReadName = fn(&mut Runtime, Qstr) -> R<Option<Obj>>;
/// Stores or deletes a name of a module.
pub type StoreName = fn(&mut Runtime, Qstr, Option<Obj>) -> R<bool>;

/// A module that is part of the runtime.
pub struct ModuleDef {
    /// Its name.
    pub name: Qstr,
    /// What it holds.
    pub members: Members,
    /// Whether a file of that name wins (spec language, section 15).
    pub extensible: bool,
    /// Reads a name that is not in `members`.
    pub attr: Option<ReadName>,
    /// Stores or deletes a name; `false` = refused.
    pub set_attr: Option<StoreName>,
}

/// A module object, and the context that functions of a loaded module refer to.
#[repr(C)]
pub struct Module {
    base: Header,
    globals: Cell<Option<Ptr<Dict>>>,
    /// Run-time numbers of the file's names, for native code.
    pub qstr_table: Cell<Option<NonNull<u16>>>,
    /// The file's constants.
    pub obj_table: Cell<Option<NonNull<Obj>>>,
    /// The built-in module that this is.
    pub def: Option<&'static ModuleDef>,
    /// Run-time names of the file's name table, without native code's limit to 16 bits.
    pub names: Cell<Option<NonNull<Qstr>>>,
    /// Owner of the file's machine code.
    #[cfg(feature = "native")]
    pub(crate) code: Cell<Option<Ptr<crate::native::CodeBlock>>>,
}

// SAFETY: every structure of type MODULE is a `Module`.
unsafe impl PyType for Module {
    fn ty() -> &'static Type {
        &MODULE
    }
}

impl Module {
    /// A module (or only the context of one) over `globals`.
    pub fn new(globals: Option<Ptr<Dict>>, def: Option<&'static ModuleDef>) -> Module {
        Module {
            base: Header::new(&MODULE),
            globals: Cell::new(globals),
            qstr_table: Cell::new(None),
            obj_table: Cell::new(None),
            def,
            names: Cell::new(None),
            #[cfg(feature = "native")]
            code: Cell::new(None),
        }
    }

    /// The namespace; `None` for a built-in module.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub fn globals(&self) -> Option<Ptr<Dict>> {
        self.globals.get()
    }
}

fn this(obj: Obj) -> Ptr<Module> {
    // SAFETY: reached through the vtable of `MODULE` only.
    unsafe { obj.cast_unchecked() }
}

/// A module's name as an object.
pub fn name(rt: &Runtime, obj: Obj) -> Option<Obj> {
    let module = obj.cast::<Module>()?;
    match module.def {
        Some(def) => Some(Obj::qstr(def.name)),
        None => module.globals()?.map.get_name(rt, qstr!("__name__")),
    }
}

fn print(rt: &mut Runtime, obj: Obj, _: PrintKind, out: &mut dyn Print) -> R<()> {
    let module = this(obj);
    let name = name(rt, obj)
        .and_then(|name| rt.str_bytes(name))
        .unwrap_or(b"?");
    let file = module
        .globals()
        .and_then(|globals| globals.map.get_name(rt, qstr!("__file__")));
    out.write(rt, b"<module '")?;
    out.write(rt, name)?;
    out.write(rt, b"'")?;
    if let Some(file) = file {
        out.write(rt, b" from '")?;
        rt.print(file, PrintKind::Str, out)?;
        out.write(rt, b"'")?;
    }
    out.write(rt, b">")
}

fn attr(rt: &mut Runtime, obj: Obj, name: Qstr) -> R<Attr> {
    let module = this(obj);
    if let Some(globals) = module.globals() {
        if let Some(value) = globals.map.get_name(rt, name) {
            return Ok(Attr::Value(value));
        }
        if name == qstr!("__dict__") {
            return Ok(Attr::Value(globals.obj()));
        }
        // A module may compute what it does not hold.
        if let Some(hook) = globals.map.get_name(rt, qstr!("__getattr__")) {
            return Ok(Attr::Value(rt.call(hook, &[Obj::qstr(name)])?));
        }
        return Ok(Attr::None);
    }
    let Some(def) = module.def else {
        return Ok(Attr::None);
    };
    if let Some(read) = def.attr
        && let Some(value) = read(rt, name)?
    {
        return Ok(Attr::Value(value));
    }
    if let Some(member) = def.members.get(name) {
        return Ok(Attr::Value(member.value(rt)?));
    }
    Ok(if name == qstr!("__name__") {
        Attr::Value(Obj::qstr(def.name))
    } else if name == qstr!("__dict__") {
        let copy = super::dict::new(rt)?;
        for (name, member) in def.members.iter() {
            let value = member.value(rt)?;
            copy.map.set_name(rt, name, value)?;
        }
        Attr::Value(copy.obj())
    } else {
        Attr::None
    })
}

/// Deletes a name of a module: `KeyError` when there is none.
pub(crate) fn remove_global(rt: &mut Runtime, globals: Ptr<Dict>, name: Qstr) -> R<bool> {
    match globals.map.remove_name(rt, name) {
        Some(_) => Ok(true),
        None => Err(rt.raise(&crate::exc::KEY_ERROR, &[Obj::qstr(name)])),
    }
}

fn set_attr(rt: &mut Runtime, obj: Obj, name: Qstr, value: Option<Obj>) -> R<bool> {
    let module = this(obj);
    match (module.globals(), value) {
        (Some(globals), Some(value)) => {
            globals.map.set_name(rt, name, value)?;
            Ok(true)
        }
        (Some(globals), None) => remove_global(rt, globals, name),
        (None, _) => match module.def.and_then(|def| def.set_attr) {
            Some(store) => store(rt, name, value),
            None => Ok(false),
        },
    }
}
