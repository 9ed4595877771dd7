//! What a raw code contains.

/// The kind of a raw code, numbered as in a `.mpy` file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[repr(u8)]
pub enum CodeKind {
    /// Prelude and instructions.
    #[default]
    Bytecode = 0,
    /// Machine code of an ordinary Python function, with a prelude.
    Native = 1,
    /// Typed machine code, or a linked C module.
    Viper = 2,
    /// Inline assembler.
    Asm = 3,
}

impl CodeKind {
    /// The kind with this number in a file.
    pub const fn from_number(number: u8) -> Option<CodeKind> {
        match number {
            0 => Some(CodeKind::Bytecode),
            1 => Some(CodeKind::Native),
            2 => Some(CodeKind::Viper),
            3 => Some(CodeKind::Asm),
            _ => None,
        }
    }

    /// The number in the raw code header of the native ABI (`layout::RAW_CODE_KIND_BYTE`).
    pub const fn raw_code_number(self) -> u8 {
        self as u8 + 2
    }

    /// Is it machine code?
    pub const fn is_native(self) -> bool {
        !matches!(self, CodeKind::Bytecode)
    }
}
