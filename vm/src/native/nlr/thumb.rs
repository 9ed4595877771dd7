//! Thumb. Words of a buffer: 2 lr, 3 r4 (the starred one), 4 r5 … 10 r11, 11 sp; with hard float 12 to 17 s16 to s21,
//! which is all that fits into a stock buffer and more than emitted code, which uses no such registers, can lose.
//!
//! Only instructions that a Cortex-M0 has, but for those of the floating point unit.

use core::arch::naked_asm;

use super::{Buf, link};

/// The word of a buffer with the stack pointer.
pub(in crate::native) const SP: usize = 11;

/// See the module header.
#[unsafe(naked)]
pub(in crate::native) unsafe extern "C" fn push(buf: *mut Buf) -> usize {
    naked_asm!(
        "mov r1, lr",
        "str r1, [r0, #8]",
        "str r4, [r0, #12]",
        "str r5, [r0, #16]",
        "str r6, [r0, #20]",
        "str r7, [r0, #24]",
        "mov r1, r8",
        "str r1, [r0, #28]",
        "mov r1, r9",
        "str r1, [r0, #32]",
        "mov r1, r10",
        "str r1, [r0, #36]",
        "mov r1, r11",
        "str r1, [r0, #40]",
        "mov r1, sp",
        "str r1, [r0, #44]",
        ".if {hard}",
        // Naked functions are not told about the unit.
        ".fpu fpv4-sp-d16",
        "mov r1, r0",
        "adds r1, #48",
        "vstmia r1, {{s16-s21}}",
        ".endif",
        "ldr r1, 2f",
        "bx r1",
        ".p2align 2",
        "2: .word {link}",
        link = sym link,
        hard = const cfg!(target_abi = "eabihf") as usize,
    )
}

/// See the module header.
#[unsafe(naked)]
pub(in crate::native) unsafe extern "C" fn jump(buf: *mut Buf) -> ! {
    naked_asm!(
        ".if {hard}",
        ".fpu fpv4-sp-d16",
        "mov r1, r0",
        "adds r1, #48",
        "vldmia r1, {{s16-s21}}",
        ".endif",
        "ldr r1, [r0, #28]",
        "mov r8, r1",
        "ldr r1, [r0, #32]",
        "mov r9, r1",
        "ldr r1, [r0, #36]",
        "mov r10, r1",
        "ldr r1, [r0, #40]",
        "mov r11, r1",
        "ldr r1, [r0, #44]",
        "mov sp, r1",
        "ldr r4, [r0, #12]",
        "ldr r5, [r0, #16]",
        "ldr r6, [r0, #20]",
        "ldr r7, [r0, #24]",
        "ldr r1, [r0, #8]",
        "movs r0, #1",
        "bx r1",
        hard = const cfg!(target_abi = "eabihf") as usize,
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
        "push {{r4-r7, lr}}",
        "mov r4, r8",
        "mov r5, r9",
        "mov r6, r10",
        "mov r7, r11",
        "push {{r4-r7}}",
        ".if {hard}",
        ".fpu fpv4-sp-d16",
        "vpush {{s16-s31}}",
        ".endif",
        // Ten words (and sixteen): the stack stays aligned to eight.
        "push {{r0}}",
        "mov r4, sp",
        "str r4, [r0, #44]",
        // The link register is the address behind the branch, as Thumb: that is where jumps arrive.
        "bl 2f",
        "pop {{r1}}",
        "b 3f",
        "2:",
        "mov r4, lr",
        "str r4, [r0, #8]",
        "mov r4, r1",
        "mov r0, r2",
        "mov r1, r3",
        "ldr r2, [sp, #{third}]",
        "ldr r3, [sp, #{third} + 4]",
        "blx r4",
        "pop {{r1}}",
        "str r0, [r1, #4]",
        "movs r0, #0",
        "3:",
        ".if {hard}",
        "vpop {{s16-s31}}",
        ".endif",
        "pop {{r4-r7}}",
        "mov r8, r4",
        "mov r9, r5",
        "mov r10, r6",
        "mov r11, r7",
        "pop {{r4-r7, pc}}",
        hard = const cfg!(target_abi = "eabihf") as usize,
        third = const if cfg!(target_abi = "eabihf") { 104 } else { 40 },
    )
}
