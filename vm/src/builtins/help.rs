//! `help`: what there is to call.

use ferlance_abi::qstr;
use ferlance_abi::qstr::Qstr;
use ferlance_collections::TryVec;

use crate::call::Args;
use crate::modules;
use crate::obj::builtin_fun::BuiltinFun;
use crate::obj::module::Module;
use crate::obj::ty::{Member, PrintKind};
use crate::obj::word::Obj;
use crate::runtime::{R, Runtime};
use crate::text::print::{Print, Stdout};

/// `help([obj])`
pub static HELP: BuiltinFun = BuiltinFun::var(qstr!("help"), 0, 1, help);

/// Columns of the list of modules, and how many there are.
const COLUMN: usize = 18;
const COLUMNS: usize = 4;

fn help(rt: &mut Runtime, args: Args<'_>) -> R<Obj> {
    match args.get(0) {
        None => {
            let text = rt.hal.help_text();
            Stdout.write(rt, text.as_bytes())?;
        }
        Some(what) if rt.str_bytes(what) == Some(b"modules") => help_modules(rt)?,
        Some(obj) => help_object(rt, obj)?,
    }
    Ok(Obj::NONE)
}

fn help_modules(rt: &mut Runtime) -> R<()> {
    let mut names = TryVec::new();
    let all = modules::all(rt).map(|def| rt.name(def.name));
    if names.extend(all.chain([&b"__main__"[..]])).is_err() {
        return Err(rt.no_memory(0));
    }
    ferlance_collections::sort_few(names.as_mut_slice());
    let rows = names.len().div_ceil(COLUMNS);
    for row in 0..rows {
        let mut width = 0usize;
        for name in names.iter().skip(row).step_by(rows) {
            // At least one space after the name before.
            let at = if width == 0 {
                0
            } else {
                (width + 1).next_multiple_of(COLUMN)
            };
            while width < at {
                let gap = b"                  ";
                let n = (at - width).min(gap.len());
                Stdout.write(rt, gap.get(..n).unwrap_or(gap))?;
                width += n;
            }
            Stdout.write(rt, name)?;
            width += name.len();
        }
        Stdout.write(rt, b"\n")?;
    }
    Stdout.write(rt, b"Plus any modules on the filesystem\n")
}

fn help_object(rt: &mut Runtime, obj: Obj) -> R<()> {
    let out = &mut Stdout;
    out.write(rt, b"object ")?;
    rt.print(obj, PrintKind::Str, out)?;
    let ty = rt.type_name(obj);
    out.write(rt, b" is of type ")?;
    out.write(rt, ty.as_bytes())?;
    out.write(rt, b"\n")?;
    if let Some(module) = obj.cast::<Module>() {
        if let Some(def) = module.def {
            help_members(rt, def.members.iter())?;
        }
        return match module.globals() {
            Some(globals) => help_map(rt, &globals.map),
            None => Ok(()),
        };
    }
    let ty = obj.as_type().unwrap_or_else(|| obj.ty());
    match ty.class_data() {
        Some(class) => help_map(rt, &class.locals.map),
        None => help_members(rt, ty.vt().members.iter()),
    }
}

fn help_members(rt: &mut Runtime, members: impl Iterator<Item = (Qstr, Member)>) -> R<()> {
    for (name, member) in members {
        let bound: Option<&[u8]> = match member {
            Member::Class(_) => Some(b"<classmethod>"),
            Member::Static(_) => Some(b"<staticmethod>"),
            _ => None,
        };
        let out = &mut Stdout;
        out.write(rt, b"  ")?;
        let text = rt.name(name);
        out.write(rt, text)?;
        out.write(rt, b" -- ")?;
        match bound {
            Some(text) => out.write(rt, text)?,
            None => {
                let value = member.value(rt)?;
                rt.print(value, PrintKind::Str, out)?;
            }
        }
        out.write(rt, b"\n")?;
    }
    Ok(())
}

fn help_map(rt: &mut Runtime, map: &crate::obj::map::Map) -> R<()> {
    let mut at = 0;
    while let Some((i, key, value)) = map.next_from(at) {
        at = i + 1;
        let out = &mut Stdout;
        out.write(rt, b"  ")?;
        rt.print(key, PrintKind::Str, out)?;
        out.write(rt, b" -- ")?;
        rt.print(value, PrintKind::Str, out)?;
        out.write(rt, b"\n")?;
    }
    Ok(())
}
