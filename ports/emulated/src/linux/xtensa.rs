//! Xtensa, both conventions: what has to be in assembly is in the files of `xtensa/`, since Rust has none for it.

pub(super) use super::time_of_day as epoch;

/// Numbers of system calls.
pub(super) mod number {
    pub(crate) const EXIT: usize = 118;
    pub(crate) const READ: usize = 12;
    pub(crate) const WRITE: usize = 13;
    pub(crate) const OPEN: usize = 8;
    pub(crate) const OPEN_IS_AT: bool = false;
    pub(crate) const CLOSE: usize = 9;
    pub(crate) const SEEK: usize = 17;
    pub(crate) const MMAP: usize = 80;
    pub(crate) const MUNMAP: usize = 81;
    pub(crate) const MPROTECT: usize = 82;
    pub(crate) const GETTIMEOFDAY: usize = 192;
    pub(super) const RT_SIGACTION: usize = 226;
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

const SIGILL: usize = 4;
const SA_SIGINFO: usize = 4;

/// What a processor does at a signal, as the kernel has it.
#[repr(C)]
struct Action {
    handler: usize,
    flags: usize,
    restorer: usize,
    mask: [usize; 2],
}

/// What was interrupted, as the kernel has it, up to the registers.
#[repr(C)]
struct Context {
    flags: usize,
    link: usize,
    stack: [usize; 3],
    pc: usize,
    ps: usize,
    loop_begin: usize,
    loop_end: usize,
    loop_count: usize,
    sar: usize,
    acc: [usize; 2],
    a: [u32; 16],
}

/// Gives the processor the long products (`muluh`, `mulsh`) that boards with register windows have, and none that
/// QEMU knows.
pub(super) fn complete_processor() {
    let handler = illegal_instruction as extern "C" fn(usize, usize, &mut Context);
    set_action(handler as usize, SA_SIGINFO);
}

fn set_action(handler: usize, flags: usize) {
    let action = Action {
        handler,
        flags,
        restorer: 0,
        mask: [0; 2],
    };
    let at = (&raw const action).expose_provenance();
    // SAFETY: `action` is valid for reads; a handler takes what the kernel passes.
    unsafe { syscall(number::RT_SIGACTION, [SIGILL, at, 0, 8, 0, 0]) };
}

extern "C" fn illegal_instruction(_signal: usize, _info: usize, context: &mut Context) {
    let at = core::ptr::with_exposed_provenance::<[u8; 3]>(context.pc);
    // SAFETY: the processor has read the instruction there.
    let [low, middle, high] = unsafe { at.read() };
    let register = |number: u8| context.a[usize::from(number & 15)];
    let (s, t) = (register(middle), register(low >> 4));
    let product = match (low & 15, high) {
        (0, 0xa2) => u64::from(s) * u64::from(t),
        (0, 0xb2) => (i64::from(s.cast_signed()) * i64::from(t.cast_signed())).cast_unsigned(),
        // Illegal on boards too: this time it ends the program.
        _ => return set_action(0, 0),
    };
    context.a[usize::from(middle >> 4)] = (product >> 32) as u32;
    context.pc += 3;
}
