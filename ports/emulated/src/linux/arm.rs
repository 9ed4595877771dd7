//! Arm, Thumb state, EABI.

use core::arch::naked_asm;

pub(super) use super::time_of_day as epoch;

/// Numbers of system calls.
pub(super) mod number {
    pub(crate) const EXIT: usize = 248;
    pub(crate) const READ: usize = 3;
    pub(crate) const WRITE: usize = 4;
    pub(crate) const OPEN: usize = 5;
    pub(crate) const OPEN_IS_AT: bool = false;
    pub(crate) const CLOSE: usize = 6;
    pub(crate) const GETTIMEOFDAY: usize = 78;
    pub(crate) const MUNMAP: usize = 91;
    pub(crate) const MPROTECT: usize = 125;
    pub(crate) const SEEK: usize = 140;
    pub(crate) const MMAP: usize = 192;
    pub(crate) const MAP_ANONYMOUS: usize = 0x20;
}

#[unsafe(no_mangle)]
#[unsafe(naked)]
unsafe extern "C" fn _start() -> ! {
    naked_asm!(
        "mov r0, sp",
        // Aligned to eight already: the system's promise.
        "bl {start}",
        start = sym crate::ferlance_start,
    )
}

/// A system call; the answer is negative if it failed.
///
/// # Safety
/// As the call.
pub(super) unsafe fn syscall(number: usize, args: [usize; 6]) -> isize {
    // SAFETY: the caller's.
    unsafe { call(&args, number) }
}

#[unsafe(naked)]
unsafe extern "C" fn call(args: &[usize; 6], number: usize) -> isize {
    naked_asm!(
        "push {{r4-r7, lr}}",
        "mov r7, r1",
        "mov r6, r0",
        "ldr r0, [r6]",
        "ldr r1, [r6, #4]",
        "ldr r2, [r6, #8]",
        "ldr r3, [r6, #12]",
        "ldr r4, [r6, #16]",
        "ldr r5, [r6, #20]",
        "svc #0",
        "pop {{r4-r7, pc}}",
    )
}

/// QEMU's processor has all that boards have.
pub(super) fn complete_processor() {}
