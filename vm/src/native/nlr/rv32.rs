//! RV32. Words of a buffer: 2 ra, 3 s0, 4 s1, 5 s2, 6 s3 (the starred one), 7 s4 … 14 s11, 15 sp.

use core::arch::naked_asm;

use super::{Buf, link};

/// The word of a buffer with the stack pointer.
pub(in crate::native) const SP: usize = 15;

/// See the module header.
#[unsafe(naked)]
pub(in crate::native) unsafe extern "C" fn push(buf: *mut Buf) -> usize {
    naked_asm!(
        "sw ra, 8(a0)",
        "sw s0, 12(a0)",
        "sw s1, 16(a0)",
        "sw s2, 20(a0)",
        "sw s3, 24(a0)",
        "sw s4, 28(a0)",
        "sw s5, 32(a0)",
        "sw s6, 36(a0)",
        "sw s7, 40(a0)",
        "sw s8, 44(a0)",
        "sw s9, 48(a0)",
        "sw s10, 52(a0)",
        "sw s11, 56(a0)",
        "sw sp, 60(a0)",
        "tail {link}",
        link = sym link,
    )
}

/// See the module header.
#[unsafe(naked)]
pub(in crate::native) unsafe extern "C" fn jump(buf: *mut Buf) -> ! {
    naked_asm!(
        "lw ra, 8(a0)",
        "lw s0, 12(a0)",
        "lw s1, 16(a0)",
        "lw s2, 20(a0)",
        "lw s3, 24(a0)",
        "lw s4, 28(a0)",
        "lw s5, 32(a0)",
        "lw s6, 36(a0)",
        "lw s7, 40(a0)",
        "lw s8, 44(a0)",
        "lw s9, 48(a0)",
        "lw s10, 52(a0)",
        "lw s11, 56(a0)",
        "lw sp, 60(a0)",
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
        "addi sp, sp, -64",
        "sw ra, 0(sp)",
        "sw s0, 4(sp)",
        "sw s1, 8(sp)",
        "sw s2, 12(sp)",
        "sw s3, 16(sp)",
        "sw s4, 20(sp)",
        "sw s5, 24(sp)",
        "sw s6, 28(sp)",
        "sw s7, 32(sp)",
        "sw s8, 36(sp)",
        "sw s9, 40(sp)",
        "sw s10, 44(sp)",
        "sw s11, 48(sp)",
        "sw a0, 52(sp)",
        "sw sp, 60(a0)",
        // The link register is the address behind the jump: that is where jumps to the buffer arrive.
        "jal ra, 2f",
        "j 3f",
        "2:",
        "sw ra, 8(a0)",
        "mv t0, a1",
        "mv a0, a2",
        "mv a1, a3",
        "mv a2, a4",
        "mv a3, a5",
        "jalr t0",
        "lw a1, 52(sp)",
        "sw a0, 4(a1)",
        "li a0, 0",
        "3:",
        "lw ra, 0(sp)",
        "lw s0, 4(sp)",
        "lw s1, 8(sp)",
        "lw s2, 12(sp)",
        "lw s3, 16(sp)",
        "lw s4, 20(sp)",
        "lw s5, 24(sp)",
        "lw s6, 28(sp)",
        "lw s7, 32(sp)",
        "lw s8, 36(sp)",
        "lw s9, 40(sp)",
        "lw s10, 44(sp)",
        "lw s11, 48(sp)",
        "addi sp, sp, 64",
        "ret",
    )
}
