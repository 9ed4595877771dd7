//! 32-bit x86, System V. Words of a buffer: 2 eip, 3 ebp, 4 esp, 5 ebx (the starred one), 6 edi, 7 esi.

use core::arch::naked_asm;

use super::{Buf, link};

/// The word of a buffer with the stack pointer.
pub(in crate::native) const SP: usize = 4;

/// See the module header.
#[unsafe(naked)]
pub(in crate::native) unsafe extern "C" fn push(buf: *mut Buf) -> usize {
    naked_asm!(
        "mov edx, [esp + 4]",
        "mov eax, [esp]",
        "mov [edx + 8], eax",
        "mov [edx + 12], ebp",
        // The stack as it is after the return.
        "lea eax, [esp + 4]",
        "mov [edx + 16], eax",
        "mov [edx + 20], ebx",
        "mov [edx + 24], edi",
        "mov [edx + 28], esi",
        "jmp {link}",
        link = sym link,
    )
}

/// See the module header.
#[unsafe(naked)]
pub(in crate::native) unsafe extern "C" fn jump(buf: *mut Buf) -> ! {
    naked_asm!(
        "mov edx, [esp + 4]",
        "mov ebp, [edx + 12]",
        "mov esp, [edx + 16]",
        "mov ebx, [edx + 20]",
        "mov edi, [edx + 24]",
        "mov esi, [edx + 28]",
        "mov eax, 1",
        "jmp [edx + 8]",
    )
}

/// See the module header.
#[unsafe(naked)]
pub(in crate::native) unsafe extern "C" fn call(
    buf: *mut Buf,
    code: usize,
    a: usize,
    b: usize,
    c: usize,
    d: usize,
) -> usize {
    naked_asm!(
        "push ebp",
        "push ebx",
        "push edi",
        "push esi",
        // Four words for arguments, below a stack that is aligned again.
        "sub esp, 28",
        "mov edx, [esp + 48]",
        "mov [edx + 16], esp",
        // What the call pushes is where jumps to the buffer arrive.
        "call 2f",
        "jmp 3f",
        "2:",
        "pop eax",
        "mov [edx + 8], eax",
        "mov eax, [esp + 56]",
        "mov [esp], eax",
        "mov eax, [esp + 60]",
        "mov [esp + 4], eax",
        "mov eax, [esp + 64]",
        "mov [esp + 8], eax",
        "mov eax, [esp + 68]",
        "mov [esp + 12], eax",
        "call [esp + 52]",
        "mov edx, [esp + 48]",
        "mov [edx + 4], eax",
        "xor eax, eax",
        "3:",
        "add esp, 28",
        "pop esi",
        "pop edi",
        "pop ebx",
        "pop ebp",
        "ret",
    )
}
