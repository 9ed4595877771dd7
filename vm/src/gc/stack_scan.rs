//! Getting the caller's registers onto the stack, where they can be scanned.
//!
//! A block may be known to nobody but a register that a caller of the collector expects to keep.
//! The registers that a call preserves are therefore stored into the frame of
//! `with_registers_on_stack`, and the stack pointer of that frame is the low end of what to scan.
//!
//! WebAssembly has no addressable registers or operand stack: there, and only there, the caller
//! must collect at points where nothing but named roots holds references.

use core::hint::black_box;

/// Calls `then` with the lowest address of the machine stack to be scanned: from there to the
/// stack's base lie all values that the callers of this function will ever use again.
pub fn with_stack(then: impl FnOnce(usize)) {
    let mut then = Some(then);
    save(&mut |low| {
        if let Some(then) = then.take() {
            then(low);
        }
    });
}

/// Registers that a call preserves, or more.
const SAVED: usize = 16;

/// Stores the preserved registers in an array in this frame and calls `then` with the stack pointer.
#[cfg(any(
    target_arch = "x86",
    target_arch = "x86_64",
    target_arch = "aarch64",
    target_arch = "arm",
    target_arch = "riscv32",
    target_arch = "riscv64"
))]
#[inline(never)]
fn save(then: &mut dyn FnMut(usize)) {
    let mut registers = [0usize; SAVED];
    let low = store(&mut registers);
    then(low.min(registers.as_ptr().expose_provenance()));
    // The array must stay in the frame, and the call must not become a jump.
    black_box(&registers);
}

#[cfg(target_arch = "x86_64")]
#[cfg_attr(not(feature = "small"), inline(always))]
fn store(registers: &mut [usize; SAVED]) -> usize {
    let low: usize;
    // SAFETY: writes inside the array; rdi and rsi are preserved by calls on Windows.
    unsafe {
        core::arch::asm!(
            "mov [{to}], rbx", "mov [{to} + 8], rbp",
            "mov [{to} + 16], r12", "mov [{to} + 24], r13",
            "mov [{to} + 32], r14", "mov [{to} + 40], r15",
            "mov [{to} + 48], rdi", "mov [{to} + 56], rsi",
            "mov {low}, rsp",
            to = in(reg) registers.as_mut_ptr(),
            low = lateout(reg) low,
            options(nostack, preserves_flags),
        );
    }
    low
}

#[cfg(target_arch = "x86")]
#[inline(always)]
fn store(registers: &mut [usize; SAVED]) -> usize {
    let low: usize;
    // SAFETY: writes inside the array.
    unsafe {
        core::arch::asm!(
            "mov [{to}], ebx", "mov [{to} + 4], ebp",
            "mov [{to} + 8], esi", "mov [{to} + 12], edi",
            "mov {low}, esp",
            to = in(reg) registers.as_mut_ptr(),
            low = lateout(reg) low,
            options(nostack, preserves_flags),
        );
    }
    low
}

#[cfg(target_arch = "aarch64")]
#[cfg_attr(not(feature = "small"), inline(always))]
fn store(registers: &mut [usize; SAVED]) -> usize {
    let low: usize;
    // SAFETY: writes inside the array.
    unsafe {
        core::arch::asm!(
            "stp x19, x20, [{to}]", "stp x21, x22, [{to}, #16]",
            "stp x23, x24, [{to}, #32]", "stp x25, x26, [{to}, #48]",
            "stp x27, x28, [{to}, #64]", "stp x29, x30, [{to}, #80]",
            "mov {low}, sp",
            to = in(reg) registers.as_mut_ptr(),
            low = lateout(reg) low,
            options(nostack, preserves_flags),
        );
    }
    low
}

#[cfg(target_arch = "arm")]
#[cfg_attr(not(feature = "small"), inline(always))]
fn store(registers: &mut [usize; SAVED]) -> usize {
    let low: usize;
    // The high registers move by way of a low one: Thumb-1 stores only those.
    // SAFETY: writes inside the array.
    unsafe {
        core::arch::asm!(
            "str r4, [{to}]", "str r5, [{to}, #4]", "str r6, [{to}, #8]", "str r7, [{to}, #12]",
            "mov {low}, r8", "str {low}, [{to}, #16]",
            "mov {low}, r9", "str {low}, [{to}, #20]",
            "mov {low}, r10", "str {low}, [{to}, #24]",
            "mov {low}, r11", "str {low}, [{to}, #28]",
            "mov {low}, sp",
            to = in(reg) registers.as_mut_ptr(),
            low = out(reg) low,
            options(nostack, preserves_flags),
        );
    }
    low
}

#[cfg(target_arch = "riscv32")]
macro_rules! put {
    ($reg:literal, $i:literal) => {
        concat!("sw ", $reg, ", 4*", $i, "({to})")
    };
}
#[cfg(target_arch = "riscv64")]
macro_rules! put {
    ($reg:literal, $i:literal) => {
        concat!("sd ", $reg, ", 8*", $i, "({to})")
    };
}

#[cfg(any(target_arch = "riscv32", target_arch = "riscv64"))]
#[cfg_attr(not(feature = "small"), inline(always))]
fn store(registers: &mut [usize; SAVED]) -> usize {
    let low: usize;
    // SAFETY: writes inside the array.
    unsafe {
        core::arch::asm!(
            put!("s0", "0"), put!("s1", "1"), put!("s2", "2"), put!("s3", "3"),
            put!("s4", "4"), put!("s5", "5"), put!("s6", "6"), put!("s7", "7"),
            put!("s8", "8"), put!("s9", "9"), put!("s10", "10"), put!("s11", "11"),
            "mv {low}, sp",
            to = in(reg) registers.as_mut_ptr(),
            low = lateout(reg) low,
            options(nostack, preserves_flags),
        );
    }
    low
}

/// Without assembly (Xtensa, whose assembly needs unstable Rust): calls deep enough for all register
/// windows to be spilled, each with more values live across it than there are preserved registers.
#[cfg(not(any(
    target_arch = "x86",
    target_arch = "x86_64",
    target_arch = "aarch64",
    target_arch = "arm",
    target_arch = "riscv32",
    target_arch = "riscv64"
)))]
fn save(then: &mut dyn FnMut(usize)) {
    // 64 address registers hold 16 frames at most.
    press(16, &black_box([0; SAVED]), then);
}

#[cfg(not(any(
    target_arch = "x86",
    target_arch = "x86_64",
    target_arch = "aarch64",
    target_arch = "arm",
    target_arch = "riscv32",
    target_arch = "riscv64"
)))]
#[inline(never)]
fn press(depth: usize, values: &[usize; SAVED], then: &mut dyn FnMut(usize)) {
    let [a, b, c, d, e, f, g, h, ..] = *values;
    let mut sums = black_box([a ^ 1, b ^ 2, c ^ 3, d ^ 4, e ^ 5, f ^ 6, g ^ 7, h ^ 8]);
    if black_box(depth) == 0 {
        then(sums.as_ptr().expose_provenance());
    } else {
        press(depth - 1, values, then);
    }
    // Uses of what was loaded before the call.
    for (sum, value) in sums.iter_mut().zip([a, b, c, d, e, f, g, h]) {
        *sum = value;
    }
    black_box(&sums);
}
