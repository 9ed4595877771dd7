//! The `.mpy` header: version, feature byte.
//!
//! ```text
//! byte 0  'M'
//! byte 1  version, 6
//! byte 2  b7 (0) | b6 arch flags follow | b5..2 arch | b1..0 sub-version
//! byte 3  bits of the small int range the code was made for
//! ```
use crate::Arch;

/// Byte 0 of a file.
pub const MAGIC: u8 = b'M';
/// The format version that we read and write.
pub const VERSION: u8 = 6;
/// The version of the native interface: function table, structures, registers.
pub const SUB_VERSION: u8 = 3;
/// Length of the fixed part of the header.
pub const HEADER_BYTES: usize = 4;
/// Set in the feature byte when an arch-flags number follows the header.
pub const ARCH_FLAGS_FOLLOW: u8 = 0x40;
/// What the compiler writes in byte 3 unless told otherwise.
pub const DEFAULT_SMALL_INT_BITS: u8 = 31;

/// Arch flag of `rv32imc`: uses Zba instructions.
pub const RV32_ZBA: u32 = 1;
/// Arch flag of `rv32imc`: uses Zcmp instructions.
pub const RV32_ZCMP: u32 = 2;

/// The feature byte of a file with native code for `arch`, or of one without (`Arch::None`).
pub const fn feature_byte(arch: Arch, has_arch_flags: bool) -> u8 {
    let flags = if has_arch_flags { ARCH_FLAGS_FOLLOW } else { 0 };
    // Upstream writes no sub-version either when there is no native code.
    let arch = if arch.number() == 0 {
        0
    } else {
        arch.number() << 2 | SUB_VERSION
    };
    arch | flags
}

/// The arch number as loaders decode it: bit 7 counts as bit 5 of the number, bit 6 does not.
pub const fn arch_number(feature_byte: u8) -> u8 {
    feature_byte >> 2 & 0x2f
}

/// The sub-version of a feature byte; means something only if the arch number is not 0.
pub const fn sub_version(feature_byte: u8) -> u8 {
    feature_byte & 3
}

/// The number that a runtime shows as `sys.implementation._mpy`.
pub const fn sys_implementation_mpy(host: Arch, rv32_extensions: u32) -> u32 {
    VERSION as u32
        | (SUB_VERSION as u32) << 8
        | (host.number() as u32) << 10
        | rv32_extensions << 16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn feature_bytes_are_those_of_the_stock_compiler() {
        let archs = [
            (Arch::X86, 0x07),
            (Arch::X64, 0x0b),
            (Arch::Armv6, 0x0f),
            (Arch::Armv6m, 0x13),
            (Arch::Armv7m, 0x17),
            (Arch::Armv7em, 0x1b),
            (Arch::Armv7emsp, 0x1f),
            (Arch::Armv7emdp, 0x23),
            (Arch::Xtensa, 0x27),
            (Arch::Xtensawin, 0x2b),
            (Arch::Rv32imc, 0x2f),
            (Arch::Rv64imc, 0x33),
            (Arch::None, 0),
        ];
        for (arch, byte) in archs {
            assert_eq!(feature_byte(arch, false), byte);
            assert_eq!(feature_byte(arch, true), byte | 0x40);
            assert_eq!(arch_number(byte | 0x40), arch.number());
        }
        assert_eq!(arch_number(0x80), 32);
    }

    #[test]
    fn implementation_number_is_upstreams() {
        assert_eq!(sys_implementation_mpy(Arch::X64, 0), 2822);
        assert_eq!(sys_implementation_mpy(Arch::None, 0), 774);
        assert_eq!(sys_implementation_mpy(Arch::Armv7emsp, 0), 7942);
    }
}
