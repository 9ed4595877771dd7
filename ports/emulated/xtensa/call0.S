// Start of the program, system calls and the end, call0 convention.

    .section .text.start, "ax", @progbits
    .p2align 2
    .literal_position
    .literal .Lstart, ferlance_start
    .p2align 2
    .global _start
_start:
    mov a2, a1
    movi a3, -16
    and a1, a1, a3
    l32r a0, .Lstart
    callx0 a0

// a2 six words of arguments, a3 the number.
    .p2align 2
    .global ferlance_syscall
    .type ferlance_syscall, @function
ferlance_syscall:
    mov a7, a2
    mov a2, a3
    l32i a6, a7, 0
    l32i a3, a7, 4
    l32i a4, a7, 8
    l32i a5, a7, 12
    l32i a8, a7, 16
    l32i a9, a7, 20
    syscall
    ret

    .p2align 2
    .global abort
    .type abort, @function
abort:
    movi a2, 118
    movi a6, 99
    syscall

    .section .note.GNU-stack, "", @progbits
