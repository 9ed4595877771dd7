//! For whom code is made.
use ferlance_abi::Arch;

/// Which runtime the code will meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Host {
    /// Any MicroPython firmware of the right architecture: only the 87 stock entries of the fun table and the
    /// layouts that `abi` lists.
    Stock,
    /// A Ferlance runtime in this process or on this board: its further entries may be used too.
    Ferlance,
}

/// Floating-point registers that code may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fpu {
    /// None.
    None,
    /// Single precision.
    Single,
    /// Single and double precision.
    Double,
}

/// For whom code is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Target {
    /// The architecture.
    pub arch: Arch,
    /// The `-march-flags` of the architecture.
    pub flags: u8,
    /// The float unit.
    pub fpu: Fpu,
    /// The runtime.
    pub host: Host,
    /// Calls instead of inlined fast paths wherever that is shorter.
    pub small: bool,
    /// Calls that may raise stand each at a line of their own, for a table of lines beside the code. Code for Ferlance
    /// tells its lines itself.
    pub lines: bool,
}

impl Target {
    /// Code for any firmware of `arch`.
    pub const fn stock(arch: Arch, flags: u8) -> Target {
        let fpu = match arch {
            Arch::X64 | Arch::Armv7emdp => Fpu::Double,
            Arch::Armv7emsp => Fpu::Single,
            _ => Fpu::None,
        };
        Target {
            arch,
            flags,
            fpu,
            host: Host::Stock,
            small: false,
            lines: false,
        }
    }

    /// Bytes of a machine word.
    pub const fn word(&self) -> u32 {
        self.arch.word_bytes() as u32
    }

    /// Has the machine a division? Else the runtime divides.
    pub const fn divides(&self) -> bool {
        !matches!(self.arch, Arch::Armv6 | Arch::Armv6m | Arch::Xtensa)
    }

    /// Bits of a machine word.
    pub const fn word_bits(&self) -> u32 {
        self.word() * 8
    }
}
