//! The flags of a function: what its prelude tells about binding and calling.
use core::fmt;
use core::ops::{BitOr, BitOrAssign};

/// A set of function properties, as bits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
#[repr(transparent)]
pub struct ScopeFlags(u8);

impl ScopeFlags {
    /// None of them.
    pub const NONE: ScopeFlags = ScopeFlags(0);
    /// Calling it makes a generator (also every `async def`).
    pub const GENERATOR: ScopeFlags = ScopeFlags(1);
    /// Takes `**kwargs`.
    pub const VAR_KEYWORDS: ScopeFlags = ScopeFlags(2);
    /// Takes `*args`.
    pub const VAR_ARGS: ScopeFlags = ScopeFlags(4);
    /// Has keyword-only parameters with defaults.
    pub const KW_DEFAULTS: ScopeFlags = ScopeFlags(8);

    /// The flags with these bits; only the low four exist.
    #[inline]
    pub const fn from_bits(bits: u8) -> ScopeFlags {
        ScopeFlags(bits & 15)
    }

    /// The bits, as the prelude holds them.
    #[inline]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Are all of `flags` set?
    #[inline]
    pub const fn has(self, flags: ScopeFlags) -> bool {
        self.0 & flags.0 == flags.0
    }
}

impl BitOr for ScopeFlags {
    type Output = ScopeFlags;

    fn bitor(self, other: ScopeFlags) -> ScopeFlags {
        ScopeFlags(self.0 | other.0)
    }
}

impl BitOrAssign for ScopeFlags {
    fn bitor_assign(&mut self, other: ScopeFlags) {
        self.0 |= other.0;
    }
}

impl fmt::Debug for ScopeFlags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut set = f.debug_set();
        for (flag, name) in [
            (ScopeFlags::GENERATOR, "generator"),
            (ScopeFlags::VAR_KEYWORDS, "**"),
            (ScopeFlags::VAR_ARGS, "*"),
            (ScopeFlags::KW_DEFAULTS, "keyword defaults"),
        ] {
            if self.has(flag) {
                set.entry(&format_args!("{name}"));
            }
        }
        set.finish()
    }
}
