//! x86-64, System V. Words of a buffer: 2 rip, 3 rbp, 4 rsp, 5 rbx (the starred one), 6 r12 … 9 r15.

use core::arch::naked_asm;

use super::{Buf, link};

/// The word of a buffer with the stack pointer.
pub(in crate::native) const SP: usize = 4;

/// See the module header.
#[unsafe(naked)]
pub(in crate::native) unsafe extern "C" fn push(buf: *mut Buf) -> usize {
    naked_asm!(
        "mov rax, [rsp]",
        "mov [rdi + 16], rax",
        "mov [rdi + 24], rbp",
        // The stack as it is after the return.
        "lea rax, [rsp + 8]",
        "mov [rdi + 32], rax",
        "mov [rdi + 40], rbx",
        "mov [rdi + 48], r12",
        "mov [rdi + 56], r13",
        "mov [rdi + 64], r14",
        "mov [rdi + 72], r15",
        "jmp {link}",
        link = sym link,
    )
}

/// See the module header.
#[unsafe(naked)]
pub(in crate::native) unsafe extern "C" fn jump(buf: *mut Buf) -> ! {
    naked_asm!(
        "mov rbp, [rdi + 24]",
        "mov rsp, [rdi + 32]",
        "mov rbx, [rdi + 40]",
        "mov r12, [rdi + 48]",
        "mov r13, [rdi + 56]",
        "mov r14, [rdi + 64]",
        "mov r15, [rdi + 72]",
        "mov eax, 1",
        "jmp [rdi + 16]",
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
        "push rbp",
        "push rbx",
        "push r12",
        "push r13",
        "push r14",
        "push r15",
        // Seven words and the return address: the stack is aligned again.
        "push rdi",
        "lea rax, [rip + 2f]",
        "mov [rdi + 16], rax",
        "mov [rdi + 32], rsp",
        "mov rax, rsi",
        "mov rdi, rdx",
        "mov rsi, rcx",
        "mov rdx, r8",
        "mov rcx, r9",
        "call rax",
        "pop rdi",
        "mov [rdi + 8], rax",
        "xor eax, eax",
        "3:",
        "pop r15",
        "pop r14",
        "pop r13",
        "pop r12",
        "pop rbx",
        "pop rbp",
        "ret",
        // Jumps arrive here with 1 in eax and the stack as remembered.
        "2:",
        "pop rdi",
        "jmp 3b",
    )
}
