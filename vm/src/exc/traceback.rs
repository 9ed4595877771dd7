//! Traceback entries: file, line, block; three words each, behind the exception (spec native-abi 3.7).

use ferlance_abi::qstr::Qstr;

use crate::obj::exception::{self, Exception};
use crate::obj::ptr::Ptr;
use crate::obj::word::Obj;
use crate::runtime::Runtime;
use crate::text::print::Dec;

/// One place in a traceback.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Source file name.
    pub file: Qstr,
    /// Line, from 1.
    pub line: u32,
    /// Function, class or `<module>`; number 0 = a place without a block (errors of the parser).
    pub block: Qstr,
}

/// Adds a place to an exception. Out of memory loses the entry, not the exception.
pub fn add(rt: &mut Runtime, exc: Obj, entry: Entry) {
    if let Some(exc) = exception::native_part(exc) {
        push(rt, exc, entry);
    }
}

fn push(rt: &mut Runtime, exc: Ptr<Exception>, entry: Entry) {
    let (len, alloc) = exc.traceback_counts();
    if len + 3 > alloc {
        let new_alloc = if alloc == 0 { 6 } else { alloc * 2 };
        if new_alloc > Exception::MAX_TRACEBACK {
            return;
        }
        // A collection that is due is no reason to lose the entry, and none to collect here.
        let bytes = new_alloc * size_of::<usize>();
        let at = match rt.heap.alloc(bytes, true) {
            Some(at) => Some(at),
            None => rt.heap.alloc_after_collect(bytes, true),
        };
        let Some(at) = at else {
            return;
        };
        let at = at.cast::<usize>();
        // SAFETY: `at` holds `new_alloc` words; the old block holds `len` words.
        unsafe {
            if let Some(old) = exc.traceback_data() {
                core::ptr::copy_nonoverlapping(old.as_ptr(), at.as_ptr(), len);
            }
        }
        exc.set_traceback(Some(at), len, new_alloc);
    }
    let (len, alloc) = exc.traceback_counts();
    if let Some(at) = exc.traceback_data() {
        // SAFETY: `len + 3 <= alloc`, made so above.
        unsafe {
            at.add(len).write(entry.file.number() as usize);
            at.add(len + 1).write(entry.line as usize);
            at.add(len + 2).write(entry.block.number() as usize);
        }
        exc.set_traceback(Some(at), len + 3, alloc);
    }
}

/// The entries, innermost first.
pub fn entries(exc: Ptr<Exception>) -> impl Iterator<Item = Entry> {
    let (len, _) = exc.traceback_counts();
    (0..len / 3).filter_map(move |i| entry(exc, i))
}

/// The entry with number `i`, counted from the innermost.
fn entry(exc: Ptr<Exception>, i: usize) -> Option<Entry> {
    let (len, _) = exc.traceback_counts();
    if i >= len / 3 {
        return None;
    }
    let at = exc.traceback_data()?;
    // SAFETY: `3 * i + 2 < len`, and there are `len` words.
    let word = |k: usize| unsafe { at.add(3 * i + k).read() };
    Some(Entry {
        file: Qstr::new(word(0) as u32),
        line: word(1) as u32,
        block: Qstr::new(word(2) as u32),
    })
}

/// Prints an exception with its traceback as an uncaught one is shown (spec language 13.3).
pub fn print(rt: &mut Runtime, exc: Obj, out: &mut dyn crate::text::print::Print) -> crate::R<()> {
    use crate::obj::ty::PrintKind;
    let Some(native) = exception::native_part(exc) else {
        // `sys.print_exception` takes anything.
        rt.print(exc, PrintKind::Repr, out)?;
        return out.write(rt, b"\n");
    };
    let n = entries(native).count();
    if n > 0 {
        out.write(rt, b"Traceback (most recent call last):\n")?;
    }
    for i in (0..n).rev() {
        // Asked for one by one: a stream written in Python may raise the same exception again meanwhile.
        let Some(place) = entry(native, i) else {
            continue;
        };
        let (file, block) = (rt.name_str(place.file), rt.name_str(place.block));
        out.write(rt, b"  File \"")?;
        out.write(rt, file.as_bytes())?;
        crate::text::print::write_fmt(
            rt,
            out,
            format_args!("\", line {}", Dec(place.line as isize)),
        )?;
        if !place.block.is_none() {
            out.write(rt, b", in ")?;
            out.write(rt, block.as_bytes())?;
        }
        out.write(rt, b"\n")?;
    }
    let name = rt.type_name(exc);
    out.write(rt, name.as_bytes())?;
    out.write(rt, b": ")?;
    rt.print(exc, PrintKind::Exc, out)?;
    out.write(rt, b"\n")
}

/// [`print`] to standard error.
pub fn print_to_stderr(rt: &mut Runtime, exc: Obj) -> crate::R<()> {
    print(rt, exc, &mut crate::text::print::Stderr)
}
