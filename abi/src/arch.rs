//! Native architectures: number in the header, name, word size, shape of the exception buffer.

/// One row per architecture: variant, number, `-march` name, word bytes, registers saved in a stock exception
/// buffer, word of that buffer which emitted code overwrites with a handler address.
#[macro_export]
macro_rules! for_each_arch {
    ($then:path) => {
        $then! {
            /// Bytecode only.
            None      = 0,  "",          word 0, nlr_regs 0,  nlr_resume 0;
            /// 32-bit x86, System V.
            X86       = 1,  "x86",       word 4, nlr_regs 6,  nlr_resume 5;
            /// x86-64, System V.
            X64       = 2,  "x64",       word 8, nlr_regs 10, nlr_resume 5;
            /// ARM (not Thumb) instructions.
            Armv6     = 3,  "armv6",     word 4, nlr_regs 16, nlr_resume 3;
            /// Thumb-1.
            Armv6m    = 4,  "armv6m",    word 4, nlr_regs 16, nlr_resume 3;
            /// Thumb-2.
            Armv7m    = 5,  "armv7m",    word 4, nlr_regs 16, nlr_resume 3;
            /// Thumb-2 with DSP instructions.
            Armv7em   = 6,  "armv7em",   word 4, nlr_regs 16, nlr_resume 3;
            /// Thumb-2, single precision FPU.
            Armv7emsp = 7,  "armv7emsp", word 4, nlr_regs 16, nlr_resume 3;
            /// Thumb-2, double precision FPU.
            Armv7emdp = 8,  "armv7emdp", word 4, nlr_regs 16, nlr_resume 3;
            /// Xtensa, call0 ABI.
            Xtensa    = 9,  "xtensa",    word 4, nlr_regs 10, nlr_resume 8;
            /// Xtensa, windowed ABI.
            Xtensawin = 10, "xtensawin", word 4, nlr_regs 17, nlr_resume 6;
            /// RISC-V, 32 bits.
            Rv32imc   = 11, "rv32imc",   word 4, nlr_regs 14, nlr_resume 6;
            /// RISC-V, 64 bits; only linked C modules.
            Rv64imc   = 12, "rv64imc",   word 8, nlr_regs 14, nlr_resume 6;
        }
    };
}

macro_rules! define {
    ($($(#[$doc:meta])* $arch:ident = $number:literal, $name:literal, word $word:literal,
       nlr_regs $regs:literal, nlr_resume $resume:literal;)*) => {
        /// A native architecture.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Arch {
            $($(#[$doc])* $arch = $number,)*
        }

        impl Arch {
            /// All of them, [`Arch::None`] first.
            pub const ALL: &[Arch] = &[$(Arch::$arch),*];

            /// The architecture of a header number.
            pub const fn from_number(number: u8) -> Option<Arch> {
                match number {
                    $($number => Some(Arch::$arch),)*
                    _ => Option::None,
                }
            }

            /// The name that `-march` takes; empty for [`Arch::None`].
            pub const fn name(self) -> &'static str {
                match self { $(Arch::$arch => $name,)* }
            }

            /// Bytes of a machine word; 0 for [`Arch::None`].
            pub const fn word_bytes(self) -> usize {
                match self { $(Arch::$arch => $word,)* }
            }

            /// Registers for which stock compilers reserve room in an exception buffer.
            pub const fn nlr_regs(self) -> usize {
                match self { $(Arch::$arch => $regs,)* }
            }

            /// The word of an exception buffer in which emitted code puts a handler's address.
            pub const fn nlr_resume_word(self) -> usize {
                match self { $(Arch::$arch => $resume,)* }
            }
        }
    };
}
for_each_arch!(define);

#[expect(clippy::derivable_impls, reason = "the variants come from the table")]
impl Default for Arch {
    fn default() -> Arch {
        Arch::None
    }
}

impl Arch {
    /// The number in a file's header.
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The architecture that `-march=name` means.
    pub fn from_name(name: &str) -> Option<Arch> {
        Arch::ALL
            .iter()
            .copied()
            .find(|arch| *arch != Arch::None && arch.name() == name)
    }

    /// Words that stock compilers reserve for an exception buffer.
    pub const fn nlr_reserved_words(self) -> usize {
        self.nlr_regs() + 3
    }

    /// Is the code in it Thumb?
    pub const fn is_thumb(self) -> bool {
        self as u8 >= Arch::Armv6m as u8 && self as u8 <= Arch::Armv7emdp as u8
    }

    /// Does a runtime whose own architecture is `self` take files made for `file`?
    pub const fn accepts(self, file: Arch) -> bool {
        if self.is_thumb() {
            return file as u8 >= Arch::Armv6m as u8 && file as u8 <= self as u8;
        }
        file as u8 == self as u8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thumb_hosts_take_every_lesser_thumb() {
        assert!(Arch::Armv7em.accepts(Arch::Armv6m) && Arch::Armv7em.accepts(Arch::Armv7m));
        assert!(!Arch::Armv7em.accepts(Arch::Armv7emsp) && !Arch::Armv7em.accepts(Arch::Armv6));
        assert!(Arch::X64.accepts(Arch::X64) && !Arch::X64.accepts(Arch::X86));
    }

    #[test]
    fn exception_buffers_have_the_sizes_of_stock_code() {
        let words: [usize; 5] = [9, 13, 19, 20, 17];
        let archs = [
            Arch::X86,
            Arch::X64,
            Arch::Armv7m,
            Arch::Xtensawin,
            Arch::Rv32imc,
        ];
        assert_eq!(archs.map(Arch::nlr_reserved_words), words);
    }

    #[test]
    fn names_and_numbers_lead_back() {
        for arch in Arch::ALL {
            assert_eq!(Arch::from_number(arch.number()), Some(*arch));
        }
        assert_eq!(Arch::from_name("xtensawin"), Some(Arch::Xtensawin));
        assert_eq!(Arch::from_name(""), None);
        assert_eq!(Arch::from_number(13), None);
    }
}
