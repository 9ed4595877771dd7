//! Feature levels and limits, as constants; and the settings that can change at run time.

/// Words of the value stack: locals and temporaries of all active frames.
pub const VALUE_STACK_WORDS: usize = if cfg!(feature = "std") {
    1 << 18
} else {
    1 << 10
};
/// Active Python frames.
pub const MAX_FRAMES: usize = if cfg!(feature = "std") { 1 << 14 } else { 64 };
/// Whether code is copied to RAM and rewritten there: inline caches, fused groups.
pub const QUICKEN: bool = cfg!(all(feature = "std", not(feature = "small")));
/// Most inline caches a code object may have: their numbers take one byte with the top bit clear.
pub const MAX_CACHES: u8 = 127;

/// Lookups in classes that are remembered, a power of two; 0 switches that off.
pub const CLASS_LOOKUPS: usize = if cfg!(feature = "std") { 512 } else { 0 };

/// Settings of one runtime.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Optimisation level of source compiled at run time.
    pub opt_level: u8,
    /// The emitter of source compiled at run time, where no decorator chooses one.
    pub emit: ferlance_abi::CodeKind,
    /// Whether machine code is to be small rather than fast.
    pub native_small: bool,
    /// Native functions become machine code piece by piece, whatever memory there is.
    pub native_pieces: bool,
    /// Whether functions without a decorator that are to be native become that at once, rather than when they are hot
    /// (which is for runtimes whose port has installed the hook for it).
    pub native_eager: bool,
    /// Whether the bodies of modules and classes become machine code too where no loop repeats anything.
    pub native_once: bool,
    /// Whether viper functions compiled at run time check indices of pointers.
    pub sound: bool,
    /// Whether bytecode is verified when it is loaded: only where the build can (`verify`).
    pub verify: bool,
    /// Words of the value stack.
    pub value_stack_words: usize,
    /// Active Python frames.
    pub max_frames: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            opt_level: 0,
            emit: ferlance_abi::CodeKind::Bytecode,
            native_small: false,
            native_pieces: false,
            native_eager: false,
            native_once: false,
            sound: false,
            verify: cfg!(feature = "verify"),
            value_stack_words: VALUE_STACK_WORDS,
            max_frames: MAX_FRAMES,
        }
    }
}

/// Most memory that is kept between two uses for text being put together, in bytes.
pub const KEPT_TEXT: usize = if size_of::<usize>() == 4 {
    256
} else {
    64 * 1024
};
