//! 32-bit x86, System V.

use core::arch::naked_asm;

pub(super) use super::time_of_day as epoch;

/// Numbers of system calls.
pub(super) mod number {
    pub(crate) const EXIT: usize = 252;
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
        "mov eax, esp",
        "and esp, -16",
        "sub esp, 16",
        "mov [esp], eax",
        "call {start}",
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
        "push ebp",
        "push ebx",
        "push esi",
        "push edi",
        "mov eax, [esp + 24]",
        "mov ebp, [esp + 20]",
        "mov ebx, [ebp]",
        "mov ecx, [ebp + 4]",
        "mov edx, [ebp + 8]",
        "mov esi, [ebp + 12]",
        "mov edi, [ebp + 16]",
        "mov ebp, [ebp + 20]",
        "int 0x80",
        "pop edi",
        "pop esi",
        "pop ebx",
        "pop ebp",
        "ret",
    )
}

/// QEMU's processor has all that boards have.
pub(super) fn complete_processor() {}

/// What the compiler calls, and on this target expects of a C library; the first two by code that is ready for unwinding,
/// which does not happen here.
mod c {
    use core::arch::naked_asm;

    #[unsafe(no_mangle)]
    extern "C" fn _Unwind_Resume() -> ! {
        crate::linux::exit(101)
    }

    #[unsafe(no_mangle)]
    extern "C" fn rust_eh_personality() {}

    #[unsafe(no_mangle)]
    #[unsafe(naked)]
    unsafe extern "C" fn memcpy(to: *mut u8, from: *const u8, n: usize) -> *mut u8 {
        naked_asm!(
            "push esi",
            "push edi",
            "mov edi, [esp + 12]",
            "mov esi, [esp + 16]",
            "mov ecx, [esp + 20]",
            "mov eax, edi",
            "rep movsb",
            "pop edi",
            "pop esi",
            "ret",
        )
    }

    #[unsafe(no_mangle)]
    #[unsafe(naked)]
    unsafe extern "C" fn memmove(to: *mut u8, from: *const u8, n: usize) -> *mut u8 {
        naked_asm!(
            "push esi",
            "push edi",
            "mov edi, [esp + 12]",
            "mov esi, [esp + 16]",
            "mov ecx, [esp + 20]",
            "mov eax, edi",
            "mov edx, edi",
            "sub edx, esi",
            "cmp edx, ecx",
            "jae 2f",
            // The end of what is copied lies in the beginning of where it goes: from the end, then.
            "lea esi, [esi + ecx - 1]",
            "lea edi, [edi + ecx - 1]",
            "std",
            "2:",
            "rep movsb",
            "cld",
            "pop edi",
            "pop esi",
            "ret",
        )
    }

    #[unsafe(no_mangle)]
    #[unsafe(naked)]
    unsafe extern "C" fn memset(to: *mut u8, byte: i32, n: usize) -> *mut u8 {
        naked_asm!(
            "push edi",
            "mov edi, [esp + 8]",
            "mov eax, [esp + 12]",
            "mov ecx, [esp + 16]",
            "rep stosb",
            "mov eax, [esp + 8]",
            "pop edi",
            "ret",
        )
    }

    #[unsafe(no_mangle)]
    #[unsafe(naked)]
    unsafe extern "C" fn memcmp(a: *const u8, b: *const u8, n: usize) -> i32 {
        naked_asm!(
            "push esi",
            "push edi",
            "mov esi, [esp + 12]",
            "mov edi, [esp + 16]",
            "mov ecx, [esp + 20]",
            "xor eax, eax",
            "xor edx, edx",
            // With no bytes the flags stay: equal.
            "cmp eax, edx",
            "repe cmpsb",
            "je 2f",
            "movzx eax, byte ptr [esi - 1]",
            "movzx edx, byte ptr [edi - 1]",
            "sub eax, edx",
            "2:",
            "pop edi",
            "pop esi",
            "ret",
        )
    }

    #[unsafe(no_mangle)]
    #[unsafe(naked)]
    unsafe extern "C" fn bcmp(a: *const u8, b: *const u8, n: usize) -> i32 {
        naked_asm!("jmp {memcmp}", memcmp = sym memcmp)
    }

    #[unsafe(no_mangle)]
    #[unsafe(naked)]
    unsafe extern "C" fn strlen(text: *const u8) -> usize {
        naked_asm!(
            "mov edx, [esp + 4]",
            "mov eax, edx",
            "2:",
            "cmp byte ptr [eax], 0",
            "lea eax, [eax + 1]",
            "jne 2b",
            "dec eax",
            "sub eax, edx",
            "ret",
        )
    }
}
