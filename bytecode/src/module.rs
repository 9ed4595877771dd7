//! A compiled module: what every producer makes (compiler, `.mpy` reader, linker) and every consumer takes
//! (loader, `.mpy` writer, disassembler, verifier).
//!
//! ```text
//! CompiledModule
//!   names   qstr table: index in the bytes -> Qstr      [0] is the source file
//!   consts  object table
//!   codes   raw codes, flat; the root is 0; children are ids into the same list
//! ```
//!
//! Raw codes lie flat in one list instead of owning each other: dropping and walking need no recursion, and a
//! compiler that works breadth-first can name children before it has made them.
use ferlance_abi::{Arch, CodeKind, Qstr, mpy};
use ferlance_collections::{IndexVec, OutOfMemory, TryVec, index_type};

use crate::bytes::Bytes;

index_type! {
    /// A raw code of a module.
    pub struct CodeId(pub u32);
}

impl CodeId {
    /// The module body.
    pub const ROOT: CodeId = CodeId(0);
}

/// A compiled module. See the header of this file.
#[derive(Debug, PartialEq, Default)]
pub struct CompiledModule<'a> {
    /// What the header says.
    pub header: Header,
    /// The qstr table; entry 0 is the source file's name.
    pub names: TryVec<Qstr>,
    /// The object table.
    pub consts: TryVec<Const<'a>>,
    /// All raw codes; [`CodeId::ROOT`] is the module body.
    pub codes: IndexVec<CodeId, RawCode<'a>>,
    /// What linked C modules have besides code; see [`RawKind::Viper`].
    pub linked: TryVec<Linked<'a>>,
    /// Bytecode that is to become machine code where it runs often, in order. Never in a file.
    pub hot: TryVec<CodeId>,
}

/// One of [`CompiledModule::hot`] that is to be machine code now. Runtime and compiler know it, but not each other.
pub struct HotFunction<'a> {
    /// Its raw code; of its children only the number is true.
    pub raw: &'a RawCode<'a>,
    /// The qstr table of its module.
    pub names: &'a [Qstr],
    /// The object table of its module, in which only floats are what they are.
    pub consts: TryVec<Const<'static>>,
    /// Its local slots.
    pub n_locals: u32,
    /// Where the loop begins at which it is to have a second way in, for a frame of bytecode that has come there: a loop
    /// in no block. And whether it has to take any frame, or may refuse one whose words are not what is likely.
    pub midway: Option<(u32, bool)>,
    /// What its first local slots hold now, which is what they most likely will.
    pub seen: &'a [Seen],
}

/// A value by what machine code is quick with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Seen {
    /// None of the others, or none at all.
    #[default]
    Other,
    /// A small int.
    Small,
    /// A float.
    Float,
    /// A list.
    List,
    /// A bytearray.
    Bytearray,
    /// An array with items of this type code.
    Array(u8),
}

/// What the header of a `.mpy` file says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// The architecture of native code; `Arch::None` if there is none.
    pub arch: Arch,
    /// Features of the architecture that the code uses; 0 if none.
    pub arch_flags: u32,
    /// Bits of the small int range that the code was made for.
    pub small_int_bits: u8,
}

impl Default for Header {
    fn default() -> Self {
        Header {
            arch: Arch::None,
            arch_flags: 0,
            small_int_bits: mpy::DEFAULT_SMALL_INT_BITS,
        }
    }
}

/// The code of one scope.
#[derive(Debug, PartialEq, Default)]
pub struct RawCode<'a> {
    /// Bytecode: prelude and instructions. Native: index words, machine code, prelude. Else: machine code.
    pub bytes: Bytes<'a>,
    /// The children, in the order in which instructions number them.
    pub children: TryVec<CodeId>,
    /// The kind, with what it has besides bytes.
    pub kind: RawKind,
    /// Of machine code: its lines, if they are known; see [`crate::machine_lines`]. A `.mpy` file has no place for them.
    pub lines: Bytes<'a>,
}

/// A raw code's kind, with what the kind has besides bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RawKind {
    /// Prelude and instructions.
    #[default]
    Bytecode,
    /// Machine code of an ordinary Python function.
    Native {
        /// Where in the bytes the prelude stands.
        prelude_offset: u32,
    },
    /// Typed machine code, or a linked C module.
    Viper {
        /// The entry of [`CompiledModule::linked`], if it is a linked module.
        linked: Option<u32>,
    },
    /// Inline assembler.
    Asm {
        /// Positional arguments, 0 to 4.
        n_pos_args: u8,
        /// Types; the lowest two bits are the result's.
        type_sig: u32,
    },
}

impl RawKind {
    /// The kind alone.
    pub const fn code_kind(self) -> CodeKind {
        match self {
            RawKind::Bytecode => CodeKind::Bytecode,
            RawKind::Native { .. } => CodeKind::Native,
            RawKind::Viper { .. } => CodeKind::Viper,
            RawKind::Asm { .. } => CodeKind::Asm,
        }
    }
}

/// What a linked C module has besides code.
#[derive(Debug, PartialEq, Eq, Default)]
pub struct Linked<'a> {
    /// The flags as in the file: 10 relocations, 20 read-only data, 40 bss.
    pub flags: u32,
    /// Read-only data.
    pub rodata: Bytes<'a>,
    /// Bytes of zeroed data.
    pub bss_len: u32,
    /// The relocation stream, its end marker included; see `mpy::reloc`.
    pub relocs: Bytes<'a>,
}

impl Linked<'_> {
    /// Flag: relocations follow.
    pub const HAS_RELOCS: u32 = 0x10;
    /// Flag: has read-only data.
    pub const HAS_RODATA: u32 = 0x20;
    /// Flag: has zeroed data.
    pub const HAS_BSS: u32 = 0x40;
}

/// An entry of the object table.
#[derive(Debug, PartialEq)]
pub enum Const<'a> {
    /// The table of runtime functions, for native code.
    FunTable,
    /// Inline caches of a function, one for each of these names: for native code that never leaves the process that
    /// made it, and so never in a file.
    Caches(TryVec<Qstr>),
    /// None.
    None,
    /// False.
    False,
    /// True.
    True,
    /// `...`
    Ellipsis,
    /// A str, UTF-8.
    Str(Bytes<'a>),
    /// A bytes object.
    Bytes(Bytes<'a>),
    /// An int: ASCII decimal with an optional minus.
    Int(Bytes<'a>),
    /// A float.
    Float(Number<'a>),
    /// An imaginary number (the real part is 0 unless the text says otherwise).
    Complex {
        /// The real part.
        re: f64,
        /// The imaginary part, and the text of the whole.
        im: Number<'a>,
    },
    /// A tuple of constants.
    Tuple(TryVec<Const<'a>>),
}

/// A float constant: the value, and the text that a file holds.
///
/// Two are equal if their bits are: 0.0 and -0.0 differ.
#[derive(Debug)]
pub struct Number<'a> {
    /// The value.
    pub value: f64,
    /// As in the file.
    pub text: Bytes<'a>,
}

impl PartialEq for Number<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.value.to_bits() == other.value.to_bits()
    }
}

/// Deepest nesting of constant tuples that is read or compared.
pub const MAX_TUPLE_DEPTH: u32 = 100;

impl CompiledModule<'_> {
    /// The source file's name; [`Qstr::NONE`] if the table is empty.
    pub fn source_name(&self) -> Qstr {
        self.names.first().copied().unwrap_or(Qstr::NONE)
    }

    /// Is any of it machine code?
    pub fn has_machine_code(&self) -> bool {
        self.codes
            .iter()
            .any(|code| code.kind.code_kind().is_native())
    }

    /// Are lines of any of its machine code known?
    pub fn has_lines(&self) -> bool {
        self.codes.iter().any(|code| !code.lines.is_empty())
    }
}

impl<'a> RawCode<'a> {
    /// Bytecode without children.
    pub fn from_bytecode(bytes: TryVec<u8>) -> RawCode<'a> {
        RawCode {
            bytes: bytes.into(),
            ..RawCode::default()
        }
    }
}

impl Const<'_> {
    /// The same constant, owning its bytes.
    pub fn to_owned(&self) -> Result<Const<'static>, OutOfMemory> {
        Ok(match self {
            Const::FunTable => Const::FunTable,
            Const::Caches(names) => Const::Caches(names.try_clone()?),
            Const::None => Const::None,
            Const::False => Const::False,
            Const::True => Const::True,
            Const::Ellipsis => Const::Ellipsis,
            Const::Str(text) => Const::Str(Bytes::copied(text)?),
            Const::Bytes(bytes) => Const::Bytes(Bytes::copied(bytes)?),
            Const::Int(text) => Const::Int(Bytes::copied(text)?),
            Const::Float(number) => Const::Float(number.to_owned()?),
            Const::Complex { re, im } => Const::Complex {
                re: *re,
                im: im.to_owned()?,
            },
            Const::Tuple(items) => {
                let mut copies = TryVec::with_capacity(items.len())?;
                for item in items {
                    copies.push(item.to_owned()?)?;
                }
                Const::Tuple(copies)
            }
        })
    }
}

impl Number<'_> {
    fn to_owned(&self) -> Result<Number<'static>, OutOfMemory> {
        Ok(Number {
            value: self.value,
            text: Bytes::copied(&self.text)?,
        })
    }
}
