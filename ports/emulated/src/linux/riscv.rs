//! RISC-V, 32 or 64 bits.

use core::arch::{asm, naked_asm};

/// Numbers of system calls.
pub(super) mod number {
    pub(crate) const EXIT: usize = 94;
    pub(crate) const READ: usize = 63;
    pub(crate) const WRITE: usize = 64;
    pub(crate) const OPEN: usize = 56;
    pub(crate) const OPEN_IS_AT: bool = true;
    pub(crate) const CLOSE: usize = 57;
    /// With 64 bits the offset is one word, and the answer comes as that of all calls.
    pub(crate) const SEEK: usize = 62;
    pub(crate) const MUNMAP: usize = 215;
    pub(crate) const MMAP: usize = 222;
    pub(crate) const MPROTECT: usize = 226;
    pub(crate) const CLOCK_GETTIME: usize = if cfg!(target_pointer_width = "64") {
        113
    } else {
        403
    };
    pub(crate) const MAP_ANONYMOUS: usize = 0x20;
}

#[unsafe(no_mangle)]
#[unsafe(naked)]
unsafe extern "C" fn _start() -> ! {
    naked_asm!(
        "mv a0, sp",
        "call {start}",
        start = sym crate::ferlance_start,
    )
}

/// A system call; the answer is negative if it failed.
///
/// # Safety
/// As the call.
pub(super) unsafe fn syscall(number: usize, args: [usize; 6]) -> isize {
    let [a, b, c, d, e, f] = args;
    let answer: isize;
    // SAFETY: the caller's; the system keeps all other registers.
    unsafe {
        asm!(
            "ecall",
            inlateout("a0") a => answer,
            in("a1") b,
            in("a2") c,
            in("a3") d,
            in("a4") e,
            in("a5") f,
            in("a7") number,
            options(nostack),
        );
    }
    answer
}

/// Microseconds since the epoch.
pub(super) fn epoch() -> u64 {
    let mut time = [0u64; 2];
    let at = (&raw mut time).expose_provenance();
    // SAFETY: `time` is a valid place for the answer: seconds, nanoseconds.
    unsafe { syscall(number::CLOCK_GETTIME, [0, at, 0, 0, 0, 0]) };
    time[0] * 1_000_000 + time[1] / 1000
}

/// QEMU's processor has all that boards have.
pub(super) fn complete_processor() {}
