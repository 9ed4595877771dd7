//! RV64. Words of a buffer: 2 ra, 3 s0, 4 s1, 5 s2, 6 s3 (the starred one), 7 s4 … 14 s11, 15 sp.

use core::arch::naked_asm;

use super::{Buf, link};

/// The word of a buffer with the stack pointer.
pub(in crate::native) const SP: usize = 15;

/// See the module header.
#[unsafe(naked)]
pub(in crate::native) unsafe extern "C" fn push(buf: *mut Buf) -> usize {
    naked_asm!(
        "sd ra, 16(a0)",
        "sd s0, 24(a0)",
        "sd s1, 32(a0)",
        "sd s2, 40(a0)",
        "sd s3, 48(a0)",
        "sd s4, 56(a0)",
        "sd s5, 64(a0)",
        "sd s6, 72(a0)",
        "sd s7, 80(a0)",
        "sd s8, 88(a0)",
        "sd s9, 96(a0)",
        "sd s10, 104(a0)",
        "sd s11, 112(a0)",
        "sd sp, 120(a0)",
        "tail {link}",
        link = sym link,
    )
}

/// See the module header.
#[unsafe(naked)]
pub(in crate::native) unsafe extern "C" fn jump(buf: *mut Buf) -> ! {
    naked_asm!(
        "ld ra, 16(a0)",
        "ld s0, 24(a0)",
        "ld s1, 32(a0)",
        "ld s2, 40(a0)",
        "ld s3, 48(a0)",
        "ld s4, 56(a0)",
        "ld s5, 64(a0)",
        "ld s6, 72(a0)",
        "ld s7, 80(a0)",
        "ld s8, 88(a0)",
        "ld s9, 96(a0)",
        "ld s10, 104(a0)",
        "ld s11, 112(a0)",
        "ld sp, 120(a0)",
        "li a0, 1",
        "ret",
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
        "addi sp, sp, -112",
        "sd ra, 0(sp)",
        "sd s0, 8(sp)",
        "sd s1, 16(sp)",
        "sd s2, 24(sp)",
        "sd s3, 32(sp)",
        "sd s4, 40(sp)",
        "sd s5, 48(sp)",
        "sd s6, 56(sp)",
        "sd s7, 64(sp)",
        "sd s8, 72(sp)",
        "sd s9, 80(sp)",
        "sd s10, 88(sp)",
        "sd s11, 96(sp)",
        "sd a0, 104(sp)",
        "sd sp, 120(a0)",
        // The link register is the address behind the jump: that is where jumps to the buffer arrive.
        "jal ra, 2f",
        "j 3f",
        "2:",
        "sd ra, 16(a0)",
        "mv t0, a1",
        "mv a0, a2",
        "mv a1, a3",
        "mv a2, a4",
        "mv a3, a5",
        "jalr t0",
        "ld a1, 104(sp)",
        "sd a0, 8(a1)",
        "li a0, 0",
        "3:",
        "ld ra, 0(sp)",
        "ld s0, 8(sp)",
        "ld s1, 16(sp)",
        "ld s2, 24(sp)",
        "ld s3, 32(sp)",
        "ld s4, 40(sp)",
        "ld s5, 48(sp)",
        "ld s6, 56(sp)",
        "ld s7, 64(sp)",
        "ld s8, 72(sp)",
        "ld s9, 80(sp)",
        "ld s10, 88(sp)",
        "ld s11, 96(sp)",
        "addi sp, sp, 112",
        "ret",
    )
}
