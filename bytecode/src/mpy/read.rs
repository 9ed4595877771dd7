//! Reading a `.mpy` file: header checks in upstream's order, then tables and raw codes.
//!
//! Nothing in the file is trusted: counts are compared with what is left before memory is asked for, indices and tags
//! are checked, nesting is bounded or walked with a stack of our own. Texts and code are borrowed from the data.
use core::str;

use ferlance_abi::qstr::{Pool, rom};
use ferlance_abi::{Arch, CodeKind, Qstr, mpy};
use ferlance_collections::TryVec;

use super::{MpyError, reloc, tag};
use crate::bytes::Bytes;
use crate::module::{
    CodeId, CompiledModule, Const, Header, Linked, MAX_TUPLE_DEPTH, Number, RawCode, RawKind,
};
use crate::varint::read_uint;

/// What the reader of a file can run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Host {
    /// Its own architecture; `Arch::None` if it takes no native code.
    pub arch: Arch,
    /// The architecture features it has; means something on `Arch::Rv32imc` only.
    pub arch_flags: u32,
    /// Bits of its small int range.
    pub small_int_bits: u8,
    /// A tool: takes files for every architecture.
    pub takes_all: bool,
}

impl Host {
    /// A tool that reads files of all kinds.
    pub const TOOL: Host = Host {
        arch: Arch::None,
        arch_flags: !0,
        small_int_bits: 255,
        takes_all: true,
    };

    /// A runtime of the architecture `arch`, with word-tagged objects of this machine's width.
    pub const fn running(arch: Arch) -> Host {
        let small_int_bits = ferlance_abi::small_int::BITS as u8;
        Host {
            arch,
            arch_flags: 0,
            small_int_bits,
            takes_all: false,
        }
    }
}

/// Reads a file. Names go into `pool`.
///
/// Bytes after the outer raw code are ignored, as upstream does.
pub fn read<'a>(
    data: &'a [u8],
    pool: &mut Pool,
    host: &Host,
) -> Result<CompiledModule<'a>, MpyError> {
    let mut reader = Reader { data, at: 0 };
    let header = reader.header(host)?;
    let n_names = reader.count()?;
    let n_consts = reader.count()?;
    let mut module = CompiledModule {
        header,
        ..CompiledModule::default()
    };
    module.names.reserve_exact(n_names)?;
    for _ in 0..n_names {
        module.names.push(reader.name(pool)?)?;
    }
    module.consts.reserve_exact(n_consts)?;
    for _ in 0..n_consts {
        module.consts.push(reader.constant(0)?)?;
    }
    reader.raw_codes(&mut module)?;
    Ok(module)
}

struct Reader<'a> {
    data: &'a [u8],
    at: usize,
}

/// A raw code whose children are being read.
struct Open {
    id: CodeId,
    children_left: usize,
    linked: Option<u32>,
}

impl<'a> Reader<'a> {
    fn header(&mut self, host: &Host) -> Result<Header, MpyError> {
        let [magic, version, features, small_int_bits] = *self
            .take(mpy::HEADER_BYTES)?
            .first_chunk()
            .ok_or(MpyError::Truncated { at: 0 })?;
        if magic != mpy::MAGIC {
            return Err(MpyError::Magic);
        }
        if version != mpy::VERSION {
            return Err(MpyError::Version { found: version });
        }
        let number = mpy::arch_number(features);
        if number != 0 && mpy::sub_version(features) != mpy::SUB_VERSION {
            return Err(MpyError::SubVersion {
                found: mpy::sub_version(features),
            });
        }
        if small_int_bits > host.small_int_bits {
            return Err(MpyError::SmallIntBits {
                found: small_int_bits,
            });
        }
        let arch = match Arch::from_number(number) {
            Some(Arch::None) => Arch::None,
            Some(arch) if host.takes_all || host.arch.accepts(arch) => arch,
            _ if host.arch == Arch::None && !host.takes_all => return Err(MpyError::NoNative),
            _ => return Err(MpyError::Arch { found: number }),
        };
        let mut arch_flags = 0;
        if features & mpy::ARCH_FLAGS_FOLLOW != 0 {
            // Firmware for other architectures does not even read the word.
            if host.arch != Arch::Rv32imc && !host.takes_all {
                return Err(MpyError::ArchFlags { found: 0 });
            }
            let found = self.uint()?;
            arch_flags = u32::try_from(found).map_err(|_| MpyError::ArchFlags { found })?;
            if arch_flags & !host.arch_flags != 0 {
                return Err(MpyError::ArchFlags { found });
            }
        }
        Ok(Header {
            arch,
            arch_flags,
            small_int_bits,
        })
    }

    fn name(&mut self, pool: &mut Pool) -> Result<Qstr, MpyError> {
        let at = self.at;
        let head = self.uint()?;
        if head & 1 == 1 {
            let number = head >> 1;
            if number == 0 || number > rom::STATIC_COUNT as u64 {
                return Err(MpyError::StaticName { at });
            }
            return Ok(Qstr::new(number as u32));
        }
        let text = self.text(head >> 1)?;
        Ok(pool.intern(text)?)
    }

    /// UTF-8 text of `len` bytes and the terminator behind it. Surrogates may be in it, as `"\\ud800"` makes them.
    fn text(&mut self, len: u64) -> Result<&'a [u8], MpyError> {
        let at = self.at;
        let text = self.take_u64(len)?;
        self.terminator()?;
        if !is_utf8(text) {
            return Err(MpyError::NotUtf8 { at });
        }
        Ok(text)
    }

    fn terminator(&mut self) -> Result<(), MpyError> {
        let at = self.at;
        if self.byte()? != 0 {
            return Err(MpyError::Terminator { at });
        }
        Ok(())
    }

    fn constant(&mut self, depth: u32) -> Result<Const<'a>, MpyError> {
        let at = self.at;
        Ok(match self.byte()? {
            tag::FUN_TABLE => Const::FunTable,
            tag::NONE => Const::None,
            tag::FALSE => Const::False,
            tag::TRUE => Const::True,
            tag::ELLIPSIS => Const::Ellipsis,
            tag::STR => {
                let len = self.uint()?;
                Const::Str(Bytes::Borrowed(self.text(len)?))
            }
            tag::BYTES => {
                let len = self.uint()?;
                let bytes = self.take_u64(len)?;
                self.terminator()?;
                Const::Bytes(Bytes::Borrowed(bytes))
            }
            tag::INT => {
                let len = self.uint()?;
                let at = self.at;
                let text = self.take_u64(len)?;
                let digits = text.strip_prefix(b"-").unwrap_or(text);
                if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
                    return Err(MpyError::IntText {
                        at,
                        len: text.len(),
                    });
                }
                Const::Int(Bytes::Borrowed(text))
            }
            tag::FLOAT => {
                let (at, text) = self.number_text()?;
                let value = parse_float(text).ok_or(MpyError::NumberText { at })?;
                Const::Float(Number {
                    value,
                    text: Bytes::Borrowed(text),
                })
            }
            tag::COMPLEX => {
                let (at, text) = self.number_text()?;
                let (re, value) = parse_complex(text).ok_or(MpyError::NumberText { at })?;
                Const::Complex {
                    re,
                    im: Number {
                        value,
                        text: Bytes::Borrowed(text),
                    },
                }
            }
            tag::TUPLE => {
                if depth >= MAX_TUPLE_DEPTH {
                    return Err(MpyError::TooDeep { at });
                }
                let n_items = self.count()?;
                let mut items = TryVec::with_capacity(n_items)?;
                for _ in 0..n_items {
                    items.push(self.constant(depth + 1)?)?;
                }
                Const::Tuple(items)
            }
            _ => return Err(MpyError::Tag { at }),
        })
    }

    fn number_text(&mut self) -> Result<(usize, &'a [u8]), MpyError> {
        let len = self.uint()?;
        let at = self.at;
        Ok((at, self.take_u64(len)?))
    }

    /// The outer raw code and all inside it, in the order of the file.
    fn raw_codes(&mut self, module: &mut CompiledModule<'a>) -> Result<(), MpyError> {
        let mut open: TryVec<Open> = TryVec::new();
        loop {
            let frame = self.raw_code(module)?;
            if let Some(parent) = open.last()
                && let Some(code) = module.codes.get_mut(parent.id)
            {
                code.children.push(frame.id)?;
            }
            open.push(frame)?;
            // Close what has all its children; relocations come after those.
            while let Some(done) = open.last()
                && done.children_left == 0
            {
                if let Some(linked) = done.linked {
                    self.relocs(module, done.id, linked)?;
                }
                open.pop();
            }
            match open.last_mut() {
                Some(parent) => parent.children_left -= 1,
                None => return Ok(()),
            }
        }
    }

    /// One raw code without its children and relocations.
    fn raw_code(&mut self, module: &mut CompiledModule<'a>) -> Result<Open, MpyError> {
        let at = self.at;
        let head = self.uint()?;
        let kind = CodeKind::from_number((head & 3) as u8).ok_or(MpyError::Tag { at })?;
        if kind.is_native() && module.header.arch == Arch::None {
            // Upstream tells a firmware without native support apart; both are the same failure.
            return Err(MpyError::Tag { at });
        }
        let bytes = Bytes::Borrowed(self.take_u64(head >> 3)?);
        let mut has_relocs = None;
        let kind = match kind {
            CodeKind::Bytecode => RawKind::Bytecode,
            CodeKind::Native => RawKind::Native {
                prelude_offset: self.narrow()?,
            },
            CodeKind::Viper => {
                let linked = self.linked(module)?;
                has_relocs = linked.filter(|index| {
                    let linked = module.linked.get(*index as usize);
                    linked.is_some_and(|linked| linked.flags & Linked::HAS_RELOCS != 0)
                });
                RawKind::Viper { linked }
            }
            CodeKind::Asm => {
                let at = self.at;
                if self.uint()? != 0 {
                    return Err(MpyError::TooLarge { at });
                }
                let at = self.at;
                let n_pos_args =
                    u8::try_from(self.uint()?).map_err(|_| MpyError::TooLarge { at })?;
                RawKind::Asm {
                    n_pos_args,
                    type_sig: self.narrow()?,
                }
            }
        };
        let mut children = TryVec::new();
        let mut children_left = 0;
        if head & 4 != 0 {
            children_left = self.count()?;
            children.reserve_exact(children_left)?;
        }
        let id = module.codes.push(RawCode {
            bytes,
            children,
            kind,
            lines: Bytes::EMPTY,
        })?;
        Ok(Open {
            id,
            children_left,
            linked: has_relocs,
        })
    }

    /// What a linked module has besides code; `None` for viper functions.
    fn linked(&mut self, module: &mut CompiledModule<'a>) -> Result<Option<u32>, MpyError> {
        let at = self.at;
        let flags = self.narrow()?;
        if flags & !(Linked::HAS_RELOCS | Linked::HAS_RODATA | Linked::HAS_BSS) != 0 {
            return Err(MpyError::TooLarge { at });
        }
        if flags == 0 {
            return Ok(None);
        }
        let rodata_len = if flags & Linked::HAS_RODATA != 0 {
            self.uint()?
        } else {
            0
        };
        let bss_len = if flags & Linked::HAS_BSS != 0 {
            self.narrow()?
        } else {
            0
        };
        let rodata = Bytes::Borrowed(self.take_u64(rodata_len)?);
        let index = module.linked.len() as u32;
        module.linked.push(Linked {
            flags,
            rodata,
            bss_len,
            relocs: Bytes::EMPTY,
        })?;
        Ok(Some(index))
    }

    fn relocs(
        &mut self,
        module: &mut CompiledModule<'a>,
        id: CodeId,
        linked: u32,
    ) -> Result<(), MpyError> {
        let start = self.at;
        let word = module.header.arch.word_bytes();
        let code_len = module.codes.get(id).map_or(0, |code| code.bytes.len());
        let Some(linked) = module.linked.get_mut(linked as usize) else {
            return Ok(());
        };
        let limits = reloc::Limits {
            word,
            code_len,
            rodata_len: linked.rodata.len(),
        };
        let rest = self.data.get(start..).unwrap_or(&[]);
        let len = reloc::check(rest, limits).map_err(|error| match error {
            reloc::Error::Truncated => MpyError::Truncated { at: start },
            reloc::Error::Bad { at } => MpyError::Reloc { at: start + at },
        })?;
        linked.relocs = Bytes::Borrowed(self.take(len)?);
        Ok(())
    }

    fn byte(&mut self) -> Result<u8, MpyError> {
        let byte = *self
            .data
            .get(self.at)
            .ok_or(MpyError::Truncated { at: self.at })?;
        self.at += 1;
        Ok(byte)
    }

    fn uint(&mut self) -> Result<u64, MpyError> {
        let at = self.at;
        let rest = self.data.get(at..).unwrap_or(&[]);
        match read_uint(rest) {
            Some((value, len)) => {
                self.at += len;
                Ok(value)
            }
            None if rest.iter().all(|byte| byte & 0x80 != 0) => Err(MpyError::Truncated { at }),
            None => Err(MpyError::TooLarge { at }),
        }
    }

    /// A number of 32 bits.
    fn narrow(&mut self) -> Result<u32, MpyError> {
        let at = self.at;
        u32::try_from(self.uint()?).map_err(|_| MpyError::TooLarge { at })
    }

    /// The count of items that take at least a byte each, so it cannot exceed what is left.
    fn count(&mut self) -> Result<usize, MpyError> {
        let count = self.uint()?;
        if count > (self.data.len() - self.at) as u64 {
            return Err(MpyError::Truncated {
                at: self.data.len(),
            });
        }
        Ok(count as usize)
    }

    fn take_u64(&mut self, len: u64) -> Result<&'a [u8], MpyError> {
        let len = usize::try_from(len).map_err(|_| MpyError::Truncated { at: self.at })?;
        self.take(len)
    }

    fn take(&mut self, len: usize) -> Result<&'a [u8], MpyError> {
        let at = self.at;
        let bytes = self
            .data
            .get(at..)
            .and_then(|rest| rest.get(..len))
            .ok_or(MpyError::Truncated { at })?;
        self.at += len;
        Ok(bytes)
    }
}

/// Is it UTF-8, but for surrogates encoded like other characters?
fn is_utf8(mut text: &[u8]) -> bool {
    loop {
        let Err(error) = str::from_utf8(text) else {
            return true;
        };
        let rest = text.get(error.valid_up_to()..).unwrap_or(&[]);
        match rest {
            [0xed, 0xa0..=0xbf, 0x80..=0xbf, after @ ..] => text = after,
            _ => return false,
        }
    }
}

fn parse_float(text: &[u8]) -> Option<f64> {
    let plain = |c: &u8| c.is_ascii_alphanumeric() || matches!(c, b'+' | b'-' | b'.');
    if !text.iter().all(plain) {
        return None;
    }
    ferlance_num::parse_float(text).ok()
}

/// `2j`, `1+2j`, `(1+2j)`: real and imaginary part.
fn parse_complex(text: &[u8]) -> Option<(f64, f64)> {
    let inner = text
        .strip_prefix(b"(")
        .and_then(|rest| rest.strip_suffix(b")"))
        .unwrap_or(text);
    let number = inner.strip_suffix(b"j")?;
    // The sign between the parts is the last one that does not belong to an exponent and does not come first.
    let is_split = |at: usize| {
        matches!(number.get(at), Some(b'+' | b'-'))
            && !matches!(number.get(at.wrapping_sub(1)), None | Some(b'e' | b'E'))
    };
    match (1..number.len()).rev().find(|at| is_split(*at)) {
        Some(at) => {
            let (re, im) = number.split_at_checked(at)?;
            Some((parse_float(re)?, parse_float(im)?))
        }
        None => Some((0.0, parse_float(number)?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mpy::write;

    /// `x = 1` in `a.py`.
    const ONE: [u8; 24] = [
        0x4d, 6, 0, 0x1f, 3, 0, 8, b'a', b'.', b'p', b'y', 0, 0x0f, 2, b'x', 0, 0x40, 0, 2, 1,
        0x81, 0x16, 2, 0x51,
    ];

    fn one() -> TryVec<u8> {
        TryVec::from_items(ONE.into_iter().chain([0x63])).unwrap()
    }

    fn error(data: &[u8]) -> MpyError {
        read(data, &mut Pool::new(), &Host::running(Arch::X64)).unwrap_err()
    }

    #[test]
    fn the_manuals_file_is_read_and_written_back() {
        let data = one();
        let mut pool = Pool::new();
        let module = read(&data, &mut pool, &Host::running(Arch::X64)).unwrap();
        assert_eq!(pool.str(module.source_name()), "a.py");
        assert_eq!(module.names.len(), 3);
        assert_eq!(*module.codes[CodeId::ROOT].bytes, data[17..]);
        assert_eq!(write(&module, &pool).unwrap()[..], data[..]);
    }

    #[test]
    fn every_prefix_is_refused() {
        let data = one();
        for len in 0..data.len() {
            assert_eq!(error(&data[..len]).message(), "incompatible .mpy file");
        }
    }

    #[test]
    fn headers_are_checked_in_upstreams_order() {
        let with = |at: usize, byte: u8| {
            let mut data = one();
            data[at] = byte;
            error(&data)
        };
        assert_eq!(with(0, b'C'), MpyError::Magic);
        assert_eq!(with(1, 5), MpyError::Version { found: 5 });
        assert_eq!(with(2, 0x0a), MpyError::SubVersion { found: 2 });
        assert_eq!(with(2, 0x17), MpyError::Arch { found: 5 });
        assert_eq!(with(2, 0x80), MpyError::SubVersion { found: 0 });
        assert_eq!(with(2, 0x83), MpyError::Arch { found: 32 });
        assert_eq!(with(2, 0x40), MpyError::ArchFlags { found: 0 });
        assert_eq!(with(3, 64), MpyError::SmallIntBits { found: 64 });
        assert_eq!(with(2, 0x17).message(), "incompatible .mpy arch");
        let mut data = one();
        data[2] = 0x0b;
        let no_native = Host {
            arch: Arch::None,
            ..Host::running(Arch::X64)
        };
        let error = read(&data, &mut Pool::new(), &no_native).unwrap_err();
        assert_eq!(error.message(), "native code in .mpy unsupported");
    }

    #[test]
    fn huge_counts_ask_for_no_memory() {
        for at in [4, 5] {
            let mut data = TryVec::from_slice(&ONE[..at]).unwrap();
            data.extend_from_slice(&[0xff, 0xff, 0xff, 0xff, 0x7f, 0, 0])
                .unwrap();
            assert!(matches!(error(&data), MpyError::Truncated { .. }));
        }
    }

    #[test]
    fn complex_texts_have_one_or_two_parts() {
        assert_eq!(parse_complex(b"2j"), Some((0.0, 2.0)));
        assert_eq!(parse_complex(b"2.5e-07j"), Some((0.0, 2.5e-7)));
        assert_eq!(parse_complex(b"(1-2j)"), Some((1.0, -2.0)));
        assert_eq!(parse_complex(b"(1e+16+2e-05j)"), Some((1e16, 2e-5)));
        assert_eq!(parse_complex(b"-1j"), Some((0.0, -1.0)));
        assert_eq!(parse_complex(b"2"), None);
        assert_eq!(parse_complex(b"j"), None);
    }
}
