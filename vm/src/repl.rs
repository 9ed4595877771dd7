//! What a prompt needs to know about Python: whether a statement goes on, and what completes a name
//! (spec language, section 16).

use ferlance_abi::qstr;
use ferlance_abi::qstr::Qstr;
use ferlance_collections::{OutOfMemory, TryVec};

use crate::builtins::objects;
use crate::modules;
use crate::obj::list::List;
use crate::obj::word::Obj;
use crate::runtime::{R, Runtime};

/// Words that start a statement with a block.
const BLOCKS: [&[u8]; 8] = [
    b"if", b"while", b"for", b"try", b"with", b"def", b"class", b"async",
];

fn is_name(c: u8) -> bool {
    c.is_ascii_alphanumeric() || c == b'_' || c >= 0x80
}

/// Whether the statement goes on after `text`, of which the last line lacks its end.
pub fn continues(text: &[u8]) -> bool {
    let word = text.iter().take_while(|c| is_name(**c)).count();
    let word = text.get(..word).unwrap_or(b"");
    let is_block = text.starts_with(b"@") || BLOCKS.contains(&word);
    if is_block && !text.ends_with(b"\n") {
        return true;
    }
    is_open(text)
}

/// Whether a bracket, a string of three quotes or a line is open at the end.
fn is_open(text: &[u8]) -> bool {
    let mut depth = 0usize;
    let mut rest = text;
    while let Some((c, after)) = rest.split_first() {
        rest = after;
        match c {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            b'#' => {
                let end = rest.iter().position(|c| *c == b'\n');
                rest = rest.get(end.unwrap_or(rest.len())..).unwrap_or(b"");
            }
            b'\\' => match rest.split_first() {
                Some((_, after)) => rest = after,
                None => return true,
            },
            b'"' | b'\'' => {
                let tripled = [*c, *c];
                let (quotes, is_long): (&[u8], bool) = match rest.strip_prefix(&tripled) {
                    Some(after) => {
                        rest = after;
                        (&[*c, *c, *c], true)
                    }
                    None => (core::slice::from_ref(c), false),
                };
                match behind(rest, quotes, is_long) {
                    Some(after) => rest = after,
                    // An open string of one quote is an error for the compiler to find.
                    None => return is_long || text.ends_with(b"\\"),
                }
            }
            _ => {}
        }
    }
    depth > 0
}

/// What follows the closing quotes of the string that `text` begins in.
fn behind<'a>(text: &'a [u8], quotes: &[u8], is_long: bool) -> Option<&'a [u8]> {
    let mut rest = text;
    loop {
        if let Some(after) = rest.strip_prefix(quotes) {
            return Some(after);
        }
        let (c, after) = rest.split_first()?;
        rest = match c {
            b'\\' => after.get(1..)?,
            b'\n' if !is_long => return None,
            _ => after,
        };
    }
}

/// What completes a name.
pub enum Completion {
    /// Nothing.
    None,
    /// This text comes next.
    Insert(TryVec<u8>),
    /// One of these names, each followed by a line break, in order.
    Choices(TryVec<u8>),
}

/// Names that begin with what was typed.
struct Found<'a> {
    prefix: &'a [u8],
    names: TryVec<&'a [u8]>,
}

impl<'a> Found<'a> {
    fn offer(&mut self, name: &'a [u8]) -> Result<(), OutOfMemory> {
        let is_private = name.starts_with(b"_") && !self.prefix.starts_with(b"_");
        if is_private || !name.starts_with(self.prefix) {
            return Ok(());
        }
        self.names.push(name)
    }

    fn finish(mut self) -> Result<Completion, OutOfMemory> {
        ferlance_collections::sort_few(self.names.as_mut_slice());
        let (Some(first), Some(last)) = (self.names.first(), self.names.last()) else {
            return Ok(Completion::None);
        };
        // Sorted: what the first and the last have in common, all have.
        let common = first.iter().zip(*last).take_while(|(a, b)| a == b).count();
        if let Some(next @ [_, ..]) = first.get(self.prefix.len()..common) {
            return Ok(Completion::Insert(TryVec::from_slice(next)?));
        }
        if first == last {
            return Ok(Completion::None);
        }
        let mut text = TryVec::new();
        let mut before: &[u8] = b"";
        for name in self.names.iter() {
            if *name != before {
                text.extend_from_slice(name)?;
                text.push(b'\n')?;
            }
            before = name;
        }
        Ok(Completion::Choices(text))
    }
}

/// What completes the name at the end of `line`.
///
/// # Errors
/// Out of memory. What the attributes of objects raise counts as not having them.
pub fn complete(rt: &mut Runtime, line: &[u8]) -> R<Completion> {
    let start = line
        .iter()
        .rposition(|c| !is_name(*c) && *c != b'.')
        .map_or(0, |at| at + 1);
    let (before, dotted) = line.split_at(start);
    let (path, prefix) = match dotted.iter().rposition(|c| *c == b'.') {
        Some(dot) => (dotted.get(..dot), dotted.get(dot + 1..).unwrap_or(b"")),
        None => (None, dotted),
    };
    // Names live as long as the runtime; the typed one has to be lent for as long.
    let mut found = Found {
        prefix,
        names: TryVec::new(),
    };
    let collected = match path {
        Some(path) => match object(rt, path) {
            Some(obj) => attributes(rt, obj, &mut found)?,
            None => return Ok(Completion::None),
        },
        None if is_import(before) => {
            modules::all(rt).try_for_each(|def| found.offer(rt.name(def.name)))
        }
        None if before.is_empty() && is_start_of_import(prefix) => found.offer(b"import "),
        None => globals(rt, &mut found),
    };
    match collected.and_then(|()| found.finish()) {
        Ok(completion) => Ok(completion),
        Err(OutOfMemory) => Err(rt.no_memory(0)),
    }
}

fn is_import(before: &[u8]) -> bool {
    matches!(before.trim_ascii_start(), b"import " | b"from ")
}

fn is_start_of_import(prefix: &[u8]) -> bool {
    prefix.len() >= 3 && b"import".starts_with(prefix)
}

/// The object that a dotted path names, without calling or making anything new.
fn object(rt: &mut Runtime, path: &[u8]) -> Option<Obj> {
    let mut at: Option<Obj> = None;
    for part in path.split(|c| *c == b'.') {
        let name = rt.pool.find(part)?;
        at = Some(match at {
            None => lookup(rt, name)?,
            Some(obj) => match rt.load_attr_maybe(obj, name) {
                Ok(value) => value?,
                Err(_) => {
                    rt.clear_exception();
                    return None;
                }
            },
        });
    }
    at
}

fn lookup(rt: &mut Runtime, name: Qstr) -> Option<Obj> {
    let globals = rt.interp.main_globals?;
    if let Some(value) = globals.map.get_name(rt, name) {
        return Some(value);
    }
    match modules::builtins::MODULE.members.get(name)?.value(rt) {
        Ok(value) => Some(value),
        Err(_) => {
            rt.clear_exception();
            None
        }
    }
}

fn globals(rt: &mut Runtime, found: &mut Found<'_>) -> Result<(), OutOfMemory> {
    if let Some(globals) = rt.interp.main_globals {
        let mut at = 0;
        while let Some((i, key, _)) = globals.map.next_from(at) {
            at = i + 1;
            if let Some(name) = key.as_qstr() {
                found.offer(rt.name(name))?;
            }
        }
    }
    for (name, _) in modules::builtins::MODULE.members.iter() {
        found.offer(rt.name(name))?;
    }
    Ok(())
}

fn attributes(rt: &mut Runtime, obj: Obj, found: &mut Found<'_>) -> R<Result<(), OutOfMemory>> {
    let names = match objects::names_of(rt, obj) {
        Ok(names) => names,
        Err(_) => {
            rt.clear_exception();
            return Ok(Ok(()));
        }
    };
    let Some(names) = names.cast::<List>() else {
        return Ok(Ok(()));
    };
    for name in names.items() {
        // A name that is no interned one may go away with the list: leave it out.
        if let Some(name) = name.get().as_qstr()
            && let Err(error) = found.offer(rt.name(name))
        {
            return Ok(Err(error));
        }
    }
    Ok(Ok(()))
}

/// The text of a prompt: `sys.ps1` (0) or `sys.ps2` (1).
///
/// # Errors
/// What printing the object raises.
pub fn prompt(rt: &mut Runtime, which: usize) -> R<TryVec<u8>> {
    let default = if which == 0 {
        qstr!(">>> ")
    } else {
        qstr!("... ")
    };
    let prompt = rt.state.prompts.get(which).copied().flatten();
    let text = rt.text_of(
        prompt.unwrap_or(Obj::qstr(default)),
        crate::obj::ty::PrintKind::Str,
    )?;
    match TryVec::from_slice(text.bytes()) {
        Ok(text) => Ok(text),
        Err(OutOfMemory) => Err(rt.no_memory(0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::runtime;

    #[test]
    fn statements_go_on_while_something_is_open() {
        for text in [
            "if x:",
            "@f",
            "class A:",
            "async def f():",
            "for",
            "try:",
            "f(",
            "[1,\n",
            "{",
            "'''a",
            "\"\"\"\n'''",
            "a = \\",
            "if x:\n    (\n",
            "f(')'",
            "with a:\n  b",
        ] {
            assert!(continues(text.as_bytes()), "{text:?}");
        }
        for text in [
            "",
            "1",
            "iffy",
            "f()",
            "'a",
            "if x:\n    1\n",
            "'''a'''",
            "')('",
            "\"\\\"\"",
            "# (",
            "x))",
            "'\\",
            "a]",
            "'('",
        ] {
            let wanted = text.ends_with('\\');
            assert_eq!(continues(text.as_bytes()), wanted, "{text:?}");
        }
    }

    fn completed(line: &str) -> alloc::string::String {
        let mut rt = runtime();
        let text = match complete(&mut rt, line.as_bytes()).expect("memory") {
            Completion::None => return "-".into(),
            Completion::Insert(text) => text,
            Completion::Choices(names) => names,
        };
        alloc::string::String::from_utf8_lossy(&text).into_owned()
    }

    #[test]
    fn names_are_completed() {
        for (line, wanted) in [
            ("pri", "nt"),
            ("x = isi", "nstance"),
            ("imp", "ort "),
            ("import mat", "h"),
            ("from err", "no"),
            ("int.from", "_bytes"),
            ("re", "repr\nreversed\n"),
            ("nothing", "-"),
            ("nothing.x", "-"),
            ("__imp", "ort__"),
            ("int.", "-"),
        ] {
            let found = completed(line);
            if line == "int." {
                assert!(found.contains("to_bytes\n"), "{found}");
                assert!(!found.contains("__"), "{found}");
            } else {
                assert_eq!(found, wanted, "{line}");
            }
        }
    }
}
