// The non-local return for Xtensa, windowed convention: see mod.rs and xtensa.rs beside this file. Assemble it with
// the port (`llvm-mc --triple=xtensa --mcpu=esp32`), in place of xtensa.S.
//
// A function sees the registers of its caller only in memory, where the window overflow handlers put them:
//
//   caller's a0 to a3     below the callee's own stack pointer, at a1 - 16
//   caller's a4 to a7     in the caller's frame, 32 bytes below the stack pointer of the caller's caller, which is
//                         the second word below the caller's stack pointer (its a1 was saved as said above)
//
// So both setjmp and jump first push all windows out. setjmp copies the caller's registers from there; jump puts them
// back, takes the stack pointer and the return address that setjmp had, and returns: no window but its own is in the
// registers, so the return loads what memory says.
//
// Words of the registers in a buffer: 0 to 3 a0 to a3, 4 the starred one (never touched), 5 to 7 a5 to a7, 8 a4,
// 9 and 10 setjmp's own return address and stack pointer.

    .text
    .p2align 2
    .literal_position
    .literal .Llink, ferlance_nlr_link
    .literal .Lsetjmp, ferlance_nlr_setjmp
    .literal .Lspill, spill

// Calls itself a2 times. 64 registers are eight windows of such calls.
    .p2align 2
    .type spill, @function
spill:
    entry a1, 32
    addi a10, a2, -1
    beqz a2, 1f
    l32r a8, .Lspill
    callx8 a8
1:  retw

// a2: the stack pointer of a frame. Goes out from frame to frame, by the registers of the callers, to what that one has
// called: a4 is where the frame at hand returns to, a3 its stack pointer.
    .p2align 2
    .global ferlance_nlr_returned
    .type ferlance_nlr_returned, @function
ferlance_nlr_returned:
    entry a1, 32
    movi a10, 16
    l32r a8, .Lspill
    callx8 a8
    mov a3, a1
    movi a4, 0
1:  addi a5, a3, -16
    l32i a6, a5, 4
    beq a6, a2, 2f
    bgeu a6, a2, 3f
    l32i a4, a5, 0
    mov a3, a6
    j 1b
2:  mov a2, a4
    retw
3:  movi a2, 0
    retw

// What is called saves where it returns to by itself.
    .global ferlance_nlr_entries
    .set ferlance_nlr_entries, 0
    .global ferlance_nlr_entries_end
    .set ferlance_nlr_entries_end, 0

// Links the buffer, no more: emitted code calls setjmp next.
    .p2align 2
    .global ferlance_nlr_push
    .type ferlance_nlr_push, @function
ferlance_nlr_push:
    entry a1, 32
    mov a10, a2
    l32r a8, .Llink
    callx8 a8
    mov a2, a10
    retw

// a2: the registers of a buffer.
    .p2align 2
    .global ferlance_nlr_setjmp
    .type ferlance_nlr_setjmp, @function
ferlance_nlr_setjmp:
    entry a1, 32
    movi a10, 16
    l32r a8, .Lspill
    callx8 a8
    addi a3, a1, -16
    l32i a4, a3, 0
    s32i a4, a2, 0
    l32i a5, a3, 4
    s32i a5, a2, 4
    l32i a4, a3, 8
    s32i a4, a2, 8
    l32i a4, a3, 12
    s32i a4, a2, 12
    addi a5, a5, -16
    l32i a5, a5, 4
    addi a5, a5, -32
    l32i a4, a5, 0
    s32i a4, a2, 32
    l32i a4, a5, 4
    s32i a4, a2, 20
    l32i a4, a5, 8
    s32i a4, a2, 24
    l32i a4, a5, 12
    s32i a4, a2, 28
    s32i a0, a2, 36
    s32i a1, a2, 40
    movi a2, 0
    retw

// a2: the buffer.
    .p2align 2
    .global ferlance_nlr_jump
    .type ferlance_nlr_jump, @function
ferlance_nlr_jump:
    entry a1, 32
    movi a10, 16
    l32r a8, .Lspill
    callx8 a8
    addi a2, a2, 8
    l32i a0, a2, 36
    l32i a3, a2, 40
    addi a4, a3, -16
    l32i a5, a2, 0
    s32i a5, a4, 0
    l32i a6, a2, 4
    s32i a6, a4, 4
    l32i a5, a2, 8
    s32i a5, a4, 8
    l32i a5, a2, 12
    s32i a5, a4, 12
    addi a6, a6, -16
    l32i a6, a6, 4
    addi a6, a6, -32
    l32i a5, a2, 32
    s32i a5, a6, 0
    l32i a5, a2, 20
    s32i a5, a6, 4
    l32i a5, a2, 24
    s32i a5, a6, 8
    l32i a5, a2, 28
    s32i a5, a6, 12
    // A plain move: there is nothing below that would have to move along.
    mov a1, a3
    movi a2, 1
    retw

// a2 buffer, a3 code, a4 to a7 arguments.
    .p2align 2
    .global ferlance_nlr_call
    .type ferlance_nlr_call, @function
ferlance_nlr_call:
    entry a1, 32
    addi a10, a2, 8
    l32r a8, .Lsetjmp
    callx8 a8
    bnez a10, 1f
    mov a10, a4
    mov a11, a5
    mov a12, a6
    mov a13, a7
    callx8 a3
    s32i a10, a2, 4
    movi a2, 0
    retw
1:  movi a2, 1
    retw

    .section .note.GNU-stack, "", @progbits
