// The non-local return for Xtensa, call0 convention: see mod.rs and xtensa.rs beside this file.
// Assemble it with the port (`llvm-mc --triple=xtensa`).

    .text
    .p2align 2
    .literal_position
    .literal .Llink, ferlance_nlr_link
    .literal .Ltable, ferlance_fun_table

    .p2align 2
    .global ferlance_nlr_push
    .type ferlance_nlr_push, @function
ferlance_nlr_push:
    s32i a0, a2, 8
    s32i a1, a2, 12
    s32i a8, a2, 16
    s32i a9, a2, 20
    s32i a10, a2, 24
    s32i a11, a2, 28
    s32i a12, a2, 32
    s32i a13, a2, 36
    s32i a14, a2, 40
    s32i a15, a2, 44
    // Farther than a jump reaches, maybe.
    l32r a3, .Llink
    jx a3

    .p2align 2
    .global ferlance_nlr_jump
    .type ferlance_nlr_jump, @function
ferlance_nlr_jump:
    l32i a0, a2, 8
    l32i a1, a2, 12
    l32i a8, a2, 16
    l32i a9, a2, 20
    l32i a10, a2, 24
    l32i a11, a2, 28
    l32i a12, a2, 32
    l32i a13, a2, 36
    l32i a14, a2, 40
    l32i a15, a2, 44
    movi a2, 1
    ret

// a2 buffer, a3 code, a4 to a7 arguments.
    .p2align 2
    .global ferlance_nlr_call
    .type ferlance_nlr_call, @function
ferlance_nlr_call:
    addi a1, a1, -32
    s32i a0, a1, 0
    s32i a12, a1, 4
    s32i a13, a1, 8
    s32i a14, a1, 12
    s32i a15, a1, 16
    s32i a2, a1, 20
    s32i a1, a2, 12
    // The link register is the address behind the call: that is where jumps arrive.
    call0 1f
    j 2f
    .p2align 2
1:  s32i a0, a2, 8
    mov a8, a3
    mov a2, a4
    mov a3, a5
    mov a4, a6
    mov a5, a7
    callx0 a8
    l32i a3, a1, 20
    s32i a2, a3, 4
    movi a2, 0
2:  l32i a0, a1, 0
    l32i a12, a1, 4
    l32i a13, a1, 8
    l32i a14, a1, 12
    l32i a15, a1, 16
    addi a1, a1, 32
    ret

// Entry n calls entry n of the function table, with the return address right below its caller's frame. For those with
// arguments in registers only.
    .p2align 2
    .type saving, @function
saving:
    addi a1, a1, -16
    s32i a0, a1, 12
    l32r a8, .Ltable
    addx4 a8, a9, a8
    l32i a8, a8, 0
    callx0 a8
    l32i a0, a1, 12
    addi a1, a1, 16
    ret

    .p2align 3
    .global ferlance_nlr_entries
ferlance_nlr_entries:
    .set entry, 0
    .rept 128
    movi a9, entry
    j saving
    .p2align 3
    .set entry, entry + 1
    .endr
    .global ferlance_nlr_entries_end
ferlance_nlr_entries_end:

// a2: the stack pointer of a frame that has called one of these.
    .p2align 2
    .global ferlance_nlr_returned
    .type ferlance_nlr_returned, @function
ferlance_nlr_returned:
    addi a2, a2, -4
    l32i a2, a2, 0
    ret

// Nothing in this convention is based on setjmp: the table's entry is null.
    .global ferlance_nlr_setjmp
    .set ferlance_nlr_setjmp, 0

    .section .note.GNU-stack, "", @progbits
