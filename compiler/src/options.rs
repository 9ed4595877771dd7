//! What a compilation depends on besides its source.

use ferlance_abi::arch::Arch;
use ferlance_abi::code_kind::CodeKind;
use ferlance_asm::inline::Dialect;
use ferlance_frontend::StackLimit;
use ferlance_frontend::parser::{FloatPower, Mode, ParseOptions};
#[cfg(feature = "native")]
use ferlance_native_emitter::Target;

#[cfg(feature = "native")]
use crate::workers::Workers;

/// What a compilation depends on besides its source.
#[derive(Debug, Clone)]
pub struct Options<'a> {
    /// What kind of text it is.
    pub mode: Mode,
    /// The path of the source, which tracebacks of the parser show.
    pub input_name: &'a [u8],
    /// The name kept in the module, which tracebacks show.
    pub source_name: &'a [u8],
    /// Optimisation level: 0 keeps asserts, 1 and 2 drop them, 3 and more drop line tables too.
    pub optimise: u8,
    /// Bits of the small int range of the target.
    pub small_int_bits: u8,
    /// Whether to write line tables at the levels that have them.
    pub source_lines: bool,
    /// The emitter for code without a decorator.
    pub emit: CodeKind,
    /// The architecture for native code.
    pub arch: Arch,
    /// Features of the architecture that may be used.
    pub arch_flags: u32,
    /// For whom machine code is made; none refuses `native` and `viper`.
    #[cfg(feature = "native")]
    pub target: Option<Target>,
    /// Which viper sources are accepted.
    #[cfg(feature = "native")]
    pub viper: ferlance_viper::Dialect,
    /// Whether viper checks indices of pointers.
    #[cfg(feature = "native")]
    pub sound: bool,
    /// Which spellings inline assembler may use.
    pub asm_dialect: Dialect,
    /// Whether the bodies of modules and classes become machine code too where no loop repeats anything. Files have
    /// always what they ask for.
    pub native_once: bool,
    /// Whether functions without a decorator of their own that are to be native stay bytecode, of which
    /// [`crate::hot::compile`] makes machine code later.
    pub native_when_hot: bool,
    /// Whether native functions become machine code piece by piece, which takes little memory, even if there is memory
    /// for more.
    pub native_pieces: bool,
    /// Whether the module will be written to a file, which needs the text of floats.
    pub for_file: bool,
    /// What `x ** y` of two constant floats is: the runtime's own function, or the C library's for the bytes of upstream's
    /// tool.
    pub float_power: FloatPower,
    /// Where the machine stack ends.
    pub stack: StackLimit,
    /// Threads for machine code; without them functions are compiled one by one.
    #[cfg(feature = "native")]
    pub workers: Option<&'a dyn Workers>,
    /// Called before each function becomes machine code: who measures memory tells the emitter's from the front end's.
    #[cfg(feature = "native")]
    pub before_machine_code: Option<fn()>,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Options {
            mode: Mode::File,
            input_name: b"<stdin>",
            source_name: b"<stdin>",
            optimise: 0,
            small_int_bits: 31,
            source_lines: true,
            emit: CodeKind::Bytecode,
            arch: Arch::None,
            arch_flags: 0,
            #[cfg(feature = "native")]
            target: None,
            #[cfg(feature = "native")]
            viper: ferlance_viper::Dialect::Full,
            #[cfg(feature = "native")]
            sound: false,
            asm_dialect: Dialect::Full,
            native_once: false,
            native_when_hot: false,
            native_pieces: false,
            for_file: true,
            float_power: ParseOptions::default().float_power,
            stack: StackLimit::default(),
            #[cfg(feature = "native")]
            workers: None,
            #[cfg(feature = "native")]
            before_machine_code: None,
        }
    }
}

impl Options<'_> {
    /// Are line tables written?
    pub fn has_lines(&self) -> bool {
        self.source_lines && self.optimise < 3
    }

    /// Is there an emitter for `native` and `viper`?
    pub(crate) fn has_native(&self) -> bool {
        #[cfg(feature = "native")]
        return self.target.is_some();
        #[cfg(not(feature = "native"))]
        false
    }

    /// May annotations of viper name types of two words and floats?
    pub(crate) fn has_wide_types(&self) -> bool {
        #[cfg(feature = "native")]
        return self.viper == ferlance_viper::Dialect::Full;
        #[cfg(not(feature = "native"))]
        false
    }

    /// A function is about to become machine code.
    #[cfg(feature = "native")]
    pub(crate) fn tell_machine_code(&self) {
        if let Some(tell) = self.before_machine_code {
            tell();
        }
    }

    pub(crate) fn parse_options(&self) -> ParseOptions {
        ParseOptions {
            mode: self.mode,
            debug: self.optimise == 0,
            // The compiler of files knows t-strings; what runs at once has no library for them.
            templates: self.for_file,
            upstream_floats: self.for_file,
            float_power: self.float_power,
            stack: self.stack,
            ..ParseOptions::default()
        }
    }
}
