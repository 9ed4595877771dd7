//! Imports: the `import` statement, finding modules, loading compiled ones, the hook to the compiler
//! (spec language, section 15).

mod find;
pub mod hook;
pub mod load;

use ferlance_abi::Arch;
use ferlance_abi::qstr;
use ferlance_abi::qstr::Qstr;

use crate::exc;
use crate::obj::dict::{self, Dict};
use crate::obj::list::{self, List};
use crate::obj::module::{self, Module};
use crate::obj::ptr::Ptr;
use crate::obj::ty::Attr;
use crate::obj::word::Obj;
use crate::runtime::{R, Raised, Runtime};

pub use find::{read_file, run_as_main};

/// What imports need to remember.
#[derive(Default)]
pub struct Imports {
    /// `sys.modules`.
    pub modules: Option<Ptr<Dict>>,
    /// The module objects of built-in modules, by name. Stock keeps no such modules in `sys.modules`.
    pub builtins: Option<Ptr<Dict>>,
    /// `sys.path`, a list.
    pub path: Option<Ptr<List>>,
    /// The compiler, where there is one.
    pub compile: Option<hook::CompileHook>,
    /// The compiler of functions that have turned out to be hot, where there is one.
    pub hot: Option<hook::HotHook>,
    /// The last file that was refused because of what it is, for a hint to whoever started the program.
    pub refused: Option<Refused>,
    /// Built-in modules that the port adds to those of the runtime.
    pub extra: &'static [&'static module::ModuleDef],
}

/// A `.mpy` file that was made for others, or is damaged.
#[derive(Clone, Copy)]
pub struct Refused {
    /// Path of the file.
    pub file: Qstr,
    /// What is in it.
    pub found: Found,
    /// What would run here; `Arch::None` if no machine code does.
    pub needed: Arch,
}

/// For whom a file was made, if for anyone.
#[derive(Clone, Copy)]
pub enum Found {
    /// That of another architecture, by its number in the header.
    Arch(u8),
    /// Code that needs features of the architecture we do not have.
    Flags(u64),
    /// Small ints of so many bits.
    SmallIntBits(u8),
    /// Another version of the format.
    Version(u8),
    /// Another version of the interface of machine code.
    SubVersion(u8),
    /// Some.
    Any,
    /// What no compiler makes: the file is cut or damaged.
    Damage,
}

impl Imports {
    /// Nothing imported.
    pub fn new() -> Imports {
        Imports::default()
    }

    pub(crate) fn each_root(&self, f: &mut impl FnMut(usize)) {
        let dicts = [self.modules, self.builtins].into_iter().flatten();
        for obj in dicts.map(Ptr::obj).chain(self.path.map(Ptr::obj)) {
            f(obj.raw());
        }
    }
}

/// Makes `__main__` and the stack limit.
pub fn start(rt: &mut Runtime) -> R<()> {
    let globals = dict::new(rt)?;
    globals
        .map
        .set_name(rt, qstr!("__name__"), Obj::qstr(qstr!("__main__")))?;
    rt.interp.main_globals = Some(globals);
    let limit = rt.hal.stack_bounds().low;
    rt.interp.set_stack_limit(limit);
    Ok(())
}

/// `sys.modules`, made when first asked for.
pub fn modules(rt: &mut Runtime) -> R<Ptr<Dict>> {
    if let Some(modules) = rt.imports.modules {
        return Ok(modules);
    }
    let modules = dict::new(rt)?;
    rt.imports.modules = Some(modules);
    if let Some(globals) = rt.interp.main_globals {
        let main = rt.new_obj(Module::new(Some(globals), None))?;
        modules.map.set_name(rt, qstr!("__main__"), main.obj())?;
    }
    Ok(modules)
}

/// `sys.path`, made when first asked for.
pub fn path(rt: &mut Runtime) -> R<Ptr<List>> {
    if let Some(path) = rt.imports.path {
        return Ok(path);
    }
    let path = list::with_capacity(rt, 0)?;
    rt.imports.path = Some(path);
    let mut i = 0;
    while let Some(entry) = rt.hal.launch().and_then(|launch| launch.search_path(i)) {
        let entry = rt.new_str(entry)?;
        path.push(rt, entry)?;
        i += 1;
    }
    if i == 0 {
        path.push(rt, Obj::qstr(Qstr::EMPTY))?;
    }
    Ok(path)
}

fn text<'a>(rt: &mut Runtime, obj: Obj) -> R<&'a [u8]> {
    match rt.str_bytes(obj) {
        Some(text) => Ok(text),
        None => Err(rt.type_error_of("can't convert '{}' object to str implicitly", obj)),
    }
}

/// `import name` with a list of names (or None) and a level: the module, or without a list its top package.
pub fn import_name(rt: &mut Runtime, name: Qstr, fromlist: Obj, level: Obj) -> R<Obj> {
    rt.check_stack()?;
    let level = rt.int(level)?;
    let mut full = name;
    if level > 0 {
        full = resolve_relative(rt, name, level)?;
    } else if name == Qstr::EMPTY {
        return Err(rt.raise(&exc::VALUE_ERROR, &[]));
    }
    let leaf = import_dotted(rt, full)?;
    if !fromlist.is_none() && fromlist != Obj::FALSE {
        return Ok(leaf);
    }
    let whole = rt.name(full);
    match whole.iter().position(|b| *b == b'.') {
        None => Ok(leaf),
        Some(dot) => {
            let top = rt.intern(&whole[..dot])?;
            import_dotted(rt, top)
        }
    }
}

#[cold]
fn bad_relative(rt: &mut Runtime) -> Raised {
    rt.raise_msg(&exc::IMPORT_ERROR, "can't perform relative import")
}

/// The absolute name of a relative import from the running module.
fn resolve_relative(rt: &mut Runtime, name: Qstr, level: isize) -> R<Qstr> {
    let Some(globals) = rt.interp.globals() else {
        return Err(bad_relative(rt));
    };
    let Some(own) = globals.map.get_name(rt, qstr!("__name__")) else {
        return Err(bad_relative(rt));
    };
    let mut base = text(rt, own)?;
    let mut up = level;
    if globals.map.get_name(rt, qstr!("__path__")).is_some() {
        up -= 1;
    }
    for _ in 0..up {
        match base.iter().rposition(|b| *b == b'.') {
            Some(dot) => base = &base[..dot],
            None if base.is_empty() => return Err(bad_relative(rt)),
            None => base = b"",
        }
    }
    if base.is_empty() {
        return Err(bad_relative(rt));
    }
    let name = rt.name(name);
    if name.is_empty() {
        return rt.intern(base);
    }
    let mut full = ferlance_collections::TryVec::new();
    let joined = full
        .extend_from_slice(base)
        .and_then(|()| full.push(b'.'))
        .and_then(|()| full.extend_from_slice(name));
    match joined {
        Ok(()) => rt.intern(&full),
        Err(_) => Err(rt.no_memory(full.len())),
    }
}

/// Imports each part of a dotted name; the leaf.
fn import_dotted(rt: &mut Runtime, full: Qstr) -> R<Obj> {
    let modules = modules(rt)?;
    if let Some(module) = modules.map.get_name(rt, full) {
        return Ok(module);
    }
    let whole = rt.name(full);
    let mut parent: Option<Obj> = None;
    let mut start = 0;
    while start <= whole.len() {
        let end = whole[start..]
            .iter()
            .position(|b| *b == b'.')
            .map_or(whole.len(), |dot| start + dot);
        let so_far = rt.intern(&whole[..end])?;
        let part = rt.intern(&whole[start..end])?;
        let module = match modules.map.get_name(rt, so_far) {
            Some(module) => module,
            None => {
                let module = find::import_one(rt, so_far, part, parent)?;
                if let Some(parent) = parent {
                    rt.store_attr(parent, part, Some(module))?;
                }
                module
            }
        };
        parent = Some(module);
        start = end + 1;
    }
    match parent {
        Some(module) => Ok(module),
        None => Err(find::not_found(rt, full)),
    }
}

/// `from module import name`: an attribute, else a submodule.
pub fn import_from(rt: &mut Runtime, module: Obj, name: Qstr) -> R<Obj> {
    match rt.find_attr(module, name) {
        Ok(Attr::Value(value)) => return Ok(value),
        Ok(Attr::Method { fun, this }) => return crate::obj::bound_method::new(rt, fun, this),
        Ok(Attr::None) => {}
        Err(raised) if rt.is_raised(&exc::ATTRIBUTE_ERROR) => {
            rt.take_exception(raised);
        }
        Err(raised) => return Err(raised),
    }
    let is_package = module
        .cast::<Module>()
        .and_then(|m| m.globals())
        .is_some_and(|globals| globals.map.get_name(rt, qstr!("__path__")).is_some());
    if is_package && let Some(package) = module::name(rt, module) {
        let mut full = ferlance_collections::TryVec::new();
        let package = text(rt, package)?;
        let joined = full
            .extend_from_slice(package)
            .and_then(|()| full.push(b'.'))
            .and_then(|()| full.extend_from_slice(rt.name(name)));
        if joined.is_err() {
            return Err(rt.no_memory(full.len()));
        }
        let full = rt.intern(&full)?;
        match import_dotted(rt, full) {
            Ok(module) => return Ok(module),
            Err(raised) if is_missing(rt, full) => {
                rt.take_exception(raised);
            }
            Err(raised) => return Err(raised),
        }
    }
    let name = rt.name_str(name);
    Err(rt.raise_fmt(&exc::IMPORT_ERROR, format_args!("can't import name {name}")))
}

/// Whether the `ImportError` being raised says that module `name` itself was not found.
fn is_missing(rt: &Runtime, name: Qstr) -> bool {
    rt.is_raised(&exc::IMPORT_ERROR)
        && rt
            .exception()
            .and_then(crate::obj::exception::native_part)
            .and_then(|exc| exc.arg(0))
            .and_then(|text| rt.str_bytes(text))
            .is_some_and(|text| {
                text.ends_with(b"'") && text[..text.len() - 1].ends_with(rt.name(name))
            })
}

/// `from module import *`.
pub fn import_star(rt: &mut Runtime, module: Obj) -> R<()> {
    let Some(into) = rt.interp.locals.or(rt.interp.globals()) else {
        return Ok(());
    };
    let Some(source) = module.cast::<Module>() else {
        // Anything can stand in `sys.modules`; only modules have names to give.
        return Err(rt.raise_msg(
            &exc::IMPORT_ERROR,
            "can't import * from an object that is no module",
        ));
    };
    if let Some(all) = rt.load_attr_maybe(module, qstr!("__all__"))? {
        return rt.for_each(all, |rt, name| {
            let name = rt.attr_name(name)?;
            let value = import_from(rt, module, name)?;
            into.map.set_name(rt, name, value)
        });
    }
    if let Some(def) = source.def {
        for (name, member) in def.members.iter() {
            if !rt.name(name).starts_with(b"_") {
                let value = member.value(rt)?;
                into.map.set_name(rt, name, value)?;
            }
        }
    }
    if let Some(globals) = source.globals() {
        let mut at = 0;
        while let Some((i, key, value)) = globals.map.next_from(at) {
            at = i + 1;
            if let Some(name) = key.as_qstr()
                && !rt.name(name).starts_with(b"_")
            {
                into.map.set_name(rt, name, value)?;
            }
        }
    }
    Ok(())
}
