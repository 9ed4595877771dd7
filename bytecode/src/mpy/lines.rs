//! The file beside a `.mpy` file, with the lines of its native functions. The format of `.mpy` has no place for them.
//!
//! ```text
//! magic           4 bytes, the version among them
//! fingerprint     4 bytes, lowest first: of all bytes of the .mpy file
//! (uint, table)…  for each raw code in the order of the file: length of its table, and that; 0 if it has none
//! ```
//!
//! Whoever reads believes nothing of it: what does not belong to the file at hand, or is damaged, is as if it were not
//! there. It is read for tracebacks only.

use ferlance_collections::{OutOfMemory, TryVec};

use crate::bytes::Bytes;
use crate::module::{CodeId, CompiledModule};
use crate::varint::{read_uint, write_uint};

/// What the name of such a file has behind that of the `.mpy` file.
pub const LINES_SUFFIX: &str = ".lines";

const MAGIC: &[u8; 4] = b"fll\x01";

/// FNV-1a: tells a file from what it was before.
fn fingerprint(file: &[u8]) -> u32 {
    file.iter().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193)
    })
}

/// The lines of a module that has been written as `file`; `None` if it has none.
pub fn write_lines(
    module: &CompiledModule<'_>,
    file: &[u8],
) -> Result<Option<TryVec<u8>>, OutOfMemory> {
    if !module.has_lines() {
        return Ok(None);
    }
    let mut out = TryVec::from_slice(MAGIC)?;
    out.extend_from_slice(&fingerprint(file).to_le_bytes())?;
    let mut open = TryVec::from_slice(&[CodeId::ROOT])?;
    while let Some(code) = open.pop().and_then(|id| module.codes.get(id)) {
        write_uint(&mut out, code.lines.len() as u64)?;
        out.extend_from_slice(&code.lines)?;
        for child in code.children.iter().rev() {
            open.push(*child)?;
        }
    }
    Ok(Some(out))
}

/// Gives the raw codes of a module that was read from `file` their lines, if these are such.
pub fn read_lines<'a>(module: &mut CompiledModule<'a>, file: &[u8], lines: &'a [u8]) -> bool {
    let parse = || {
        let rest = lines.strip_prefix(MAGIC)?;
        let (found, rest) = rest.split_first_chunk()?;
        (u32::from_le_bytes(*found) == fingerprint(file)).then_some(rest)
    };
    let Some(mut rest) = parse() else {
        return false;
    };
    for code in module.codes.iter_mut() {
        let table = read_uint(rest).and_then(|(len, n)| {
            let end = usize::try_from(len).ok()?.checked_add(n)?;
            Some((rest.get(n..end)?, rest.get(end..)?))
        });
        let Some((table, behind)) = table else {
            return false;
        };
        code.lines = Bytes::Borrowed(table);
        rest = behind;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::module::RawCode;

    /// A body with two functions, of which the first has one in it; codes are not in the order of the file.
    fn module(tables: [&[u8]; 4]) -> CompiledModule<'static> {
        let mut module = CompiledModule::default();
        let children: [&[CodeId]; 4] = [&[CodeId(1), CodeId(2)], &[CodeId(3)], &[], &[]];
        for (table, children) in tables.into_iter().zip(children) {
            let code = RawCode {
                children: TryVec::from_slice(children).unwrap(),
                lines: Bytes::copied(table).unwrap(),
                ..RawCode::default()
            };
            module.codes.push(code).unwrap();
        }
        module
    }

    fn read(file: &[u8], lines: &[u8]) -> Option<[TryVec<u8>; 4]> {
        let mut empty = module([&[]; 4]);
        let mut lined = CompiledModule::default();
        core::mem::swap(&mut lined.codes, &mut empty.codes);
        let tables = |module: &CompiledModule<'_>| {
            core::array::from_fn(|at| {
                TryVec::from_slice(&module.codes[CodeId(at as u32)].lines).unwrap()
            })
        };
        read_lines(&mut lined, file, lines).then(|| tables(&lined))
    }

    #[test]
    fn lines_come_back_in_the_order_of_the_file() {
        let lines = write_lines(&module([b"", b"one", b"two", b"inner"]), b"file");
        let lines = lines.unwrap().unwrap();
        let found = read(b"file", &lines).unwrap();
        assert_eq!(
            found.each_ref().map(|table| &**table),
            [&b""[..], b"one", b"inner", b"two"]
        );
        assert!(read(b"another", &lines).is_none());
        for end in 0..lines.len() {
            assert!(read(b"file", &lines[..end]).is_none(), "{end}");
        }
    }

    #[test]
    fn damage_is_none_of_the_runtimes_business() {
        let table = crate::machine_lines::write(16, [(4, 2), (90, 7)].into_iter()).unwrap();
        let lines = write_lines(&module([b"", &table, &table, b""]), b"file").unwrap();
        let lines = lines.unwrap();
        for at in 8..lines.len() {
            for value in 0..=255 {
                let mut damaged = TryVec::from_slice(&lines).unwrap();
                damaged[at] = value;
                for table in read(b"file", &damaged).into_iter().flatten() {
                    let lines = crate::machine_lines::MachineLines::read(&table);
                    lines.map(|lines| lines.line_at(100));
                }
            }
        }
    }

    #[test]
    fn without_lines_there_is_no_file() {
        assert!(write_lines(&module([&[]; 4]), b"file").unwrap().is_none());
    }
}
