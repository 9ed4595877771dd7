//! Why a `.mpy` file was refused.
use core::fmt;

use ferlance_collections::OutOfMemory;

/// Why a `.mpy` file was refused. Always the file's fault, but for `OutOfMemory`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MpyError {
    /// The data ends before the item at byte `at` is complete.
    Truncated {
        /// Byte offset in the file.
        at: usize,
    },
    /// The first byte is not `M`.
    Magic,
    /// Made for another format version.
    Version {
        /// The version found.
        found: u8,
    },
    /// Native code for another native interface.
    SubVersion {
        /// The sub-version found.
        found: u8,
    },
    /// Made for a wider small int range than the host has.
    SmallIntBits {
        /// The bits asked for.
        found: u8,
    },
    /// The host takes no native code.
    NoNative,
    /// Native code for an architecture that the host does not take.
    Arch {
        /// The number in the header.
        found: u8,
    },
    /// Native code with features that the host does not have.
    ArchFlags {
        /// The flags asked for.
        found: u64,
    },
    /// A static name outside the list.
    StaticName {
        /// Byte offset in the file.
        at: usize,
    },
    /// A name or str that is not UTF-8.
    NotUtf8 {
        /// Byte offset in the file.
        at: usize,
    },
    /// A text without its 00 byte.
    Terminator {
        /// Byte offset in the file.
        at: usize,
    },
    /// An object of unknown kind.
    Tag {
        /// Byte offset in the file.
        at: usize,
    },
    /// An int whose text is not a decimal number.
    IntText {
        /// Byte offset of the text.
        at: usize,
        /// Its length; upstream quotes it in the message.
        len: usize,
    },
    /// A float or complex whose text is not a number.
    NumberText {
        /// Byte offset of the text.
        at: usize,
    },
    /// A number larger than any that means something.
    TooLarge {
        /// Byte offset in the file.
        at: usize,
    },
    /// Tuples or raw codes nested too deep.
    TooDeep {
        /// Byte offset in the file.
        at: usize,
    },
    /// A relocation that the format does not know, or outside the data.
    Reloc {
        /// Byte offset in the file.
        at: usize,
    },
    /// No memory.
    OutOfMemory,
}

impl MpyError {
    /// The text of the `ValueError` that Python programs see (for [`MpyError::OutOfMemory`], a `MemoryError`).
    ///
    /// [`MpyError::IntText`] is the start of upstream's message: the text, quoted, follows.
    pub const fn message(self) -> &'static str {
        match self {
            MpyError::NoNative => "native code in .mpy unsupported",
            MpyError::Arch { .. } => "incompatible .mpy arch",
            MpyError::IntText { .. } => "invalid syntax for integer with base 10: ",
            MpyError::NumberText { .. } => "invalid syntax for number",
            MpyError::OutOfMemory => "memory allocation failed",
            _ => "incompatible .mpy file",
        }
    }

    /// The byte offset of the trouble, if it has one.
    pub const fn offset(self) -> Option<usize> {
        match self {
            MpyError::Truncated { at }
            | MpyError::StaticName { at }
            | MpyError::NotUtf8 { at }
            | MpyError::Terminator { at }
            | MpyError::Tag { at }
            | MpyError::IntText { at, .. }
            | MpyError::NumberText { at }
            | MpyError::TooLarge { at }
            | MpyError::TooDeep { at }
            | MpyError::Reloc { at } => Some(at),
            _ => None,
        }
    }
}

impl fmt::Display for MpyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self {
            MpyError::Truncated { .. } => "the file ends too early",
            MpyError::Magic => "not a .mpy file",
            MpyError::Version { found } => return write!(f, "format version {found}, not 6"),
            MpyError::SubVersion { found } => {
                return write!(f, "native interface 6.{found}, not 6.3");
            }
            MpyError::SmallIntBits { found } => {
                return write!(f, "made for small ints of {found} bits");
            }
            MpyError::NoNative => "native code, which this host does not take",
            MpyError::Arch { found } => return write!(f, "native code for architecture {found}"),
            MpyError::ArchFlags { found } => {
                return write!(f, "needs architecture features {found:#x}");
            }
            MpyError::StaticName { .. } => "no such static name",
            MpyError::NotUtf8 { .. } => "text that is not UTF-8",
            MpyError::Terminator { .. } => "text without its terminator",
            MpyError::Tag { .. } => "unknown kind of object",
            MpyError::IntText { .. } => "bad text of an int",
            MpyError::NumberText { .. } => "bad text of a number",
            MpyError::TooLarge { .. } => "number too large",
            MpyError::TooDeep { .. } => "nested too deep",
            MpyError::Reloc { .. } => "bad relocation",
            MpyError::OutOfMemory => "out of memory",
        };
        f.write_str(what)?;
        match self.offset() {
            Some(at) => write!(f, " (byte {at})"),
            None => Ok(()),
        }
    }
}

impl core::error::Error for MpyError {}

impl From<OutOfMemory> for MpyError {
    fn from(_: OutOfMemory) -> Self {
        MpyError::OutOfMemory
    }
}
