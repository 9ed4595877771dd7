//! Finding a module: built in, or a directory, `.py` or `.mpy` on the path.

use ferlance_abi::qstr;
use ferlance_abi::qstr::Qstr;
#[cfg(feature = "native")]
use ferlance_bytecode::module::CompiledModule;
use ferlance_bytecode::mpy;
#[cfg(feature = "verify")]
use ferlance_bytecode::verify::verify;
use ferlance_collections::{OutOfMemory, TryVec};

use super::hook::{self, Mode, Request};
use super::load::{self, Loaded};
use super::modules;
use crate::exc;
use crate::hal::{Errno, PathKind};
use crate::modules::find_builtin;
use crate::obj::dict::{self, Dict};
use crate::obj::module::{Module, ModuleDef};
use crate::obj::ptr::Ptr;
use crate::obj::word::Obj;
use crate::runtime::{R, Raised, Runtime};

/// `ImportError: no module named 'a.b'`.
#[cold]
pub(super) fn not_found(rt: &mut Runtime, full: Qstr) -> Raised {
    let name = rt.name_str(full);
    rt.raise_fmt(&exc::IMPORT_ERROR, format_args!("no module named '{name}'"))
}

/// Imports the module `full`, the last part of whose name is `part`, inside `parent`.
pub(super) fn import_one(rt: &mut Runtime, full: Qstr, part: Qstr, parent: Option<Obj>) -> R<Obj> {
    if let Some(parent) = parent {
        if let Some(dir) = package_path(rt, parent)
            && let Some(found) = find_in(rt, dir, part)?
        {
            return load_found(rt, full, found);
        }
        // A built-in module may have built-in parts.
        if let Some(value) = rt.load_attr_maybe(parent, part)?
            && value.is::<Module>()
        {
            return Ok(value);
        }
        return Err(not_found(rt, full));
    }
    let text = rt.name(part);
    let builtin = find_builtin(rt, part);
    if let Some(def) = builtin
        && !def.extensible
    {
        return Ok(builtin_module(rt, def)?.obj());
    }
    // A leading `u` asks for the built-in, whatever the files say.
    if builtin.is_none()
        && let Some(plain) = text.strip_prefix(b"u")
        && let Some(plain) = rt.pool.find(plain)
        && let Some(def) = find_builtin(rt, plain)
        && (def.extensible || plain == qstr!("sys"))
    {
        return Ok(builtin_module(rt, def)?.obj());
    }
    if let Some(found) = find_on_path(rt, part)? {
        return load_found(rt, full, found);
    }
    match builtin {
        Some(def) => Ok(builtin_module(rt, def)?.obj()),
        None => Err(not_found(rt, full)),
    }
}

/// What stands under the name `part` in the first entry of `sys.path` that has it.
fn find_on_path(rt: &mut Runtime, part: Qstr) -> R<Option<Found>> {
    let path = super::path(rt)?;
    let mut i = 0;
    while let Some(entry) = path.item(i) {
        i += 1;
        let dir = super::text(rt, entry)?;
        if dir == b".frozen" {
            continue;
        }
        if let Some(found) = find_in(rt, dir, part)? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// The module object of a built-in module, made when first asked for.
fn builtin_module(rt: &mut Runtime, def: &'static ModuleDef) -> R<Ptr<Module>> {
    let modules = match rt.imports.builtins {
        Some(modules) => modules,
        None => {
            let modules = dict::new(rt)?;
            rt.imports.builtins = Some(modules);
            modules
        }
    };
    if let Some(module) = modules
        .map
        .get_name(rt, def.name)
        .and_then(Obj::cast::<Module>)
    {
        return Ok(module);
    }
    let module = rt.new_obj(Module::new(None, Some(def)))?;
    modules.map.set_name(rt, def.name, module.obj())?;
    Ok(module)
}

enum Found {
    Package(TryVec<u8>),
    Source(TryVec<u8>),
    Compiled(TryVec<u8>),
}

fn join(dir: &[u8], part: &[u8], tail: &[u8]) -> Result<TryVec<u8>, OutOfMemory> {
    let mut path = TryVec::new();
    path.extend_from_slice(dir)?;
    if !dir.is_empty() && !dir.ends_with(b"/") {
        path.push(b'/')?;
    }
    path.extend_from_slice(part)?;
    path.extend_from_slice(tail)?;
    Ok(path)
}

fn joined(rt: &mut Runtime, dir: &[u8], part: &[u8], tail: &[u8]) -> R<TryVec<u8>> {
    match join(dir, part, tail) {
        Ok(path) => Ok(path),
        Err(OutOfMemory) => Err(rt.no_memory(dir.len() + part.len())),
    }
}

/// What stands in `dir` under the name `part`: a directory, a source, a compiled file, in this order.
fn find_in(rt: &mut Runtime, dir: &[u8], part: Qstr) -> R<Option<Found>> {
    let part = rt.name(part);
    let plain = joined(rt, dir, part, b"")?;
    let source = joined(rt, dir, part, b".py")?;
    let compiled = joined(rt, dir, part, b".mpy")?;
    let Some(files) = rt.hal.files() else {
        return Ok(None);
    };
    if files.stat(&plain) == PathKind::Directory {
        return Ok(Some(Found::Package(plain)));
    }
    if files.stat(&source) == PathKind::File {
        return Ok(Some(Found::Source(source)));
    }
    if files.stat(&compiled) == PathKind::File {
        return Ok(Some(Found::Compiled(compiled)));
    }
    Ok(None)
}

fn load_found(rt: &mut Runtime, full: Qstr, found: Found) -> R<Obj> {
    let modules = modules(rt)?;
    let globals = dict::new(rt)?;
    let module = rt.new_obj(Module::new(Some(globals), None))?;
    globals
        .map
        .set_name(rt, qstr!("__name__"), Obj::qstr(full))?;
    modules.map.set_name(rt, full, module.obj())?;
    let result = match found {
        Found::Package(dir) => {
            let path = rt.new_str(&dir)?;
            globals.map.set_name(rt, qstr!("__path__"), path)?;
            match find_in(rt, &dir, qstr!("__init__")) {
                Ok(Some(found)) => run_file(rt, globals, found),
                Ok(None) => Ok(()),
                Err(raised) => Err(raised),
            }
        }
        found => run_file(rt, globals, found),
    };
    if let Err(raised) = result {
        // A module that failed is not there.
        modules.map.remove_name(rt, full);
        return Err(raised);
    }
    // The module may have replaced itself.
    Ok(modules.map.get_name(rt, full).unwrap_or(module.obj()))
}

/// Runs the module `name` as the main program (`-m`): a file under the name `__main__`, or a package and then
/// the `__main__` in it.
pub fn run_as_main(rt: &mut Runtime, name: Qstr) -> R<()> {
    let whole = rt.name(name);
    let (parent, part) = match whole.iter().rposition(|b| *b == b'.') {
        Some(dot) => {
            let parent = rt.intern(&whole[..dot])?;
            let parent = super::import_dotted(rt, parent)?;
            (Some(parent), rt.intern(&whole[dot + 1..])?)
        }
        None => (None, name),
    };
    let found = match parent {
        Some(parent) => match package_path(rt, parent) {
            Some(dir) => find_in(rt, dir, part)?,
            None => None,
        },
        None => find_on_path(rt, part)?,
    };
    match found {
        // Not a file: perhaps built in.
        None => super::import_dotted(rt, name).map(|_| ()),
        Some(Found::Package(dir)) => {
            super::import_dotted(rt, name)?;
            match find_in(rt, &dir, qstr!("__main__"))? {
                Some(found) => run_main_file(rt, found),
                None => Ok(()),
            }
        }
        Some(found) => run_main_file(rt, found),
    }
}

/// `__path__` of a package.
fn package_path<'a>(rt: &mut Runtime, package: Obj) -> Option<&'a [u8]> {
    let globals = package.cast::<Module>()?.globals()?;
    let path = globals.map.get_name(rt, qstr!("__path__"))?;
    rt.str_bytes(path)
}

fn run_main_file(rt: &mut Runtime, found: Found) -> R<()> {
    let globals = match rt.interp.main_globals {
        Some(globals) => globals,
        None => dict::new(rt)?,
    };
    run_file(rt, globals, found)
}

fn run_file(rt: &mut Runtime, globals: Ptr<Dict>, found: Found) -> R<()> {
    let (path, is_source) = match found {
        Found::Source(path) => (path, true),
        Found::Compiled(path) => (path, false),
        // A directory named `__init__` is no module.
        Found::Package(_) => return Ok(()),
    };
    let file = rt.new_str(&path)?;
    globals.map.set_name(rt, qstr!("__file__"), file)?;
    let data = read_file(rt, &path)?;
    let loaded = if is_source {
        let name = rt.intern(&path)?;
        hook::compile(
            rt,
            Request {
                source: &data,
                name,
                mode: Mode::Exec,
                globals,
            },
        )?
    } else {
        load_mpy(rt, &data, globals, &path)?
    };
    drop(data);
    crate::interp::call_module_body(rt, loaded.context, loaded.body, globals)?;
    Ok(())
}

/// Reads, verifies and loads the contents of a `.mpy` file.
pub(super) fn load_mpy(
    rt: &mut Runtime,
    data: &[u8],
    globals: Ptr<Dict>,
    path: &[u8],
) -> R<Loaded> {
    let host = mpy::Host {
        arch_flags: crate::native::arch_flags(rt),
        ..mpy::Host::running(crate::native::arch(rt))
    };
    #[cfg(feature = "native")]
    let lines;
    let read = mpy::read(data, &mut rt.pool, &host);
    #[cfg(feature = "native")]
    let read = match read {
        Ok(mut module) => {
            lines = lines_beside(rt, &module, path);
            mpy::read_lines(&mut module, data, &lines);
            Ok(module)
        }
        refused => refused,
    };
    match read {
        #[cfg(feature = "verify")]
        Ok(module) if rt.config.verify => match verify(module) {
            Ok(verified) => load::load(rt, verified.module(), globals),
            Err(error) => Err(rt.value_error(error.message())),
        },
        Ok(module) => load::load(rt, &module, globals),
        Err(mpy::MpyError::OutOfMemory) => Err(rt.no_memory(data.len())),
        Err(mpy::MpyError::IntText { at, len }) => {
            let text = data.get(at..).and_then(|rest| rest.get(..len));
            crate::obj::int::bad_text(rt, 10, text.unwrap_or(b""))
        }
        Err(error) => {
            let found = match error {
                mpy::MpyError::Arch { found } => super::Found::Arch(found),
                mpy::MpyError::ArchFlags { found } => super::Found::Flags(found),
                mpy::MpyError::SmallIntBits { found } => super::Found::SmallIntBits(found),
                mpy::MpyError::Version { found } => super::Found::Version(found),
                mpy::MpyError::SubVersion { found } => super::Found::SubVersion(found),
                mpy::MpyError::NoNative => super::Found::Any,
                _ => super::Found::Damage,
            };
            rt.imports.refused = Some(super::Refused {
                file: rt.intern(path)?,
                found,
                needed: host.arch,
            });
            Err(rt.value_error(error.message()))
        }
    }
}

/// What the file with the lines of a module holds, if there is one: a module without machine code needs none.
#[cfg(feature = "native")]
fn lines_beside(rt: &mut Runtime, module: &CompiledModule<'_>, path: &[u8]) -> TryVec<u8> {
    let mut lines = TryVec::new();
    if module.has_machine_code()
        && let Ok(path) = join(b"", path, mpy::LINES_SUFFIX.as_bytes())
        // Without them the module is the same; only tracebacks show less.
        && read_into(rt, &path, &mut lines).is_err()
    {
        lines.clear();
    }
    lines
}

/// The contents of a file.
pub fn read_file(rt: &mut Runtime, path: &[u8]) -> R<TryVec<u8>> {
    let mut data = TryVec::new();
    match read_into(rt, path, &mut data) {
        Ok(()) => Ok(data),
        Err(errno) => Err(rt.os_error(errno)),
    }
}

fn read_into(rt: &mut Runtime, path: &[u8], data: &mut TryVec<u8>) -> Result<(), Errno> {
    const ENOENT: Errno = 2;
    const ENOMEM: Errno = 12;
    let files = rt.hal.files().ok_or(ENOENT)?;
    let fd = files.open(path, b"rb")?;
    let mut chunk = [0u8; 1024];
    let result = loop {
        match files.read(fd, &mut chunk) {
            Ok(0) => break Ok(()),
            Ok(n) => {
                if data.extend_from_slice(&chunk[..n]).is_err() {
                    break Err(ENOMEM);
                }
            }
            Err(errno) => break Err(errno),
        }
    };
    files.close(fd)?;
    result
}
