// Start of the program, system calls and the end, windowed convention. There is no caller: what window overflow saves
// of one goes below a stack pointer of its own.

    .section .text.start, "ax", @progbits
    .p2align 2
    .literal_position
    .literal .Lstart, ferlance_start
    .p2align 2
    .global _start
_start:
    mov a10, a1
    addi a1, a1, -64
    movi a2, -16
    and a1, a1, a2
    addi a2, a1, 48
    addi a3, a1, -16
    s32i a2, a3, 4
    l32r a8, .Lstart
    callx8 a8

// a2 six words of arguments, a3 the number.
    .p2align 2
    .global ferlance_syscall
    .type ferlance_syscall, @function
ferlance_syscall:
    entry a1, 32
    mov a7, a2
    mov a2, a3
    l32i a6, a7, 0
    l32i a3, a7, 4
    l32i a4, a7, 8
    l32i a5, a7, 12
    l32i a8, a7, 16
    l32i a9, a7, 20
    syscall
    retw

    .p2align 2
    .global abort
    .type abort, @function
abort:
    movi a2, 118
    movi a6, 99
    syscall

    .section .note.GNU-stack, "", @progbits
