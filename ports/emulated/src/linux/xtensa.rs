//! Xtensa, both conventions: what has to be in assembly is in the files of `xtensa/`, since Rust has none for it.

/// Numbers of system calls.
pub(super) mod number {
    pub(crate) const EXIT: usize = 118;
    pub(crate) const READ: usize = 12;
    pub(crate) const WRITE: usize = 13;
    pub(crate) const OPEN: usize = 8;
    pub(crate) const OPEN_IS_AT: bool = false;
    pub(crate) const CLOSE: usize = 9;
    pub(crate) const LLSEEK: usize = 17;
    pub(crate) const MMAP: usize = 80;
    pub(crate) const MUNMAP: usize = 81;
    pub(crate) const MPROTECT: usize = 82;
    pub(crate) const GETTIMEOFDAY: usize = 192;
    pub(crate) const MAP_ANONYMOUS: usize = 0x800;
}

unsafe extern "C" {
    fn ferlance_syscall(args: &[usize; 6], number: usize) -> isize;
}

/// A system call; the answer is negative if it failed.
///
/// # Safety
/// As the call.
pub(super) unsafe fn syscall(number: usize, args: [usize; 6]) -> isize {
    // SAFETY: the caller's.
    unsafe { ferlance_syscall(&args, number) }
}

/// Microseconds since the epoch.
pub(super) fn epoch() -> u64 {
    let mut time = [0u32; 2];
    let at = (&raw mut time).expose_provenance();
    // SAFETY: `time` is a valid place for the answer: seconds, microseconds.
    unsafe { syscall(number::GETTIMEOFDAY, [at, 0, 0, 0, 0, 0]) };
    u64::from(time[0]) * 1_000_000 + u64::from(time[1])
}
