//! Formatted printing for linked modules: entries 53, 54, 72.
//!
//! `printf` is variadic, which Rust cannot define: a naked thunk spills the argument registers as the convention's
//! `va_list` wants them and calls `vprintf`.

use core::ffi::CStr;

use ferlance_abi::qstr::Qstr;

use crate::native::{current, nlr, trampoline};
use crate::obj::word::Obj;
use crate::obj::{float, int};
use crate::runtime::{R, Runtime};
use crate::text::print::{Print, Stdout, TextBuf};

/// Where text goes: a C structure.
#[repr(C)]
pub(crate) struct Printer {
    pub(in crate::native) data: *mut (),
    pub(in crate::native) strn: unsafe extern "C" fn(*mut (), *const u8, usize),
}

// SAFETY: the one static is never written, and its data pointer is null.
unsafe impl Sync for Printer {}

const _: () = {
    use core::mem::offset_of;
    use ferlance_abi::layout;
    assert!(offset_of!(Printer, data) == layout::PRINT_DATA * size_of::<usize>());
    assert!(offset_of!(Printer, strn) == layout::PRINT_STRN * size_of::<usize>());
};

impl Printer {
    /// Prints through the C function, which may be native code.
    ///
    /// # Safety
    /// The printer is whole.
    pub(crate) unsafe fn print(&self, rt: &mut Runtime, text: &[u8]) -> R<()> {
        let words = [
            self.data.expose_provenance(),
            text.as_ptr().expose_provenance(),
            text.len(),
            0,
        ];
        let code = (self.strn as *const ()).expose_provenance();
        // SAFETY: the caller's.
        unsafe { trampoline::call(rt, Obj::NONE, code, words) }.map(|_| ())
    }
}

/// The platform's console.
pub(crate) static PLAT_PRINT: Printer = Printer {
    data: core::ptr::null_mut(),
    strn: plat_strn,
};

unsafe extern "C" fn plat_strn(_: *mut (), text: *const u8, n: usize) {
    // SAFETY: called by native code with text of `n` bytes; nothing here has a destructor.
    unsafe {
        let rt = current::runtime();
        let text = core::slice::from_raw_parts(text, n);
        if let Err(raised) = Stdout.write(rt, text) {
            nlr::throw(raised);
        }
    }
}

/// The next arguments of a C call.
struct VaList(*mut ());

/// `va_list` of System V x86-64.
#[cfg(target_arch = "x86_64")]
#[repr(C)]
struct SysV {
    gp_offset: u32,
    fp_offset: u32,
    overflow: *mut usize,
    saved: *mut u8,
}

#[cfg(target_arch = "x86_64")]
impl VaList {
    unsafe fn word(&mut self) -> usize {
        // SAFETY: the list has another argument, says the format.
        unsafe {
            let list = &mut *self.0.cast::<SysV>();
            if list.gp_offset < 48 {
                let at = list.saved.add(list.gp_offset as usize).cast::<usize>();
                list.gp_offset += 8;
                *at
            } else {
                let at = list.overflow;
                list.overflow = at.add(1);
                *at
            }
        }
    }

    unsafe fn double(&mut self) -> f64 {
        // SAFETY: as above.
        unsafe {
            let list = &mut *self.0.cast::<SysV>();
            if list.fp_offset < 176 {
                let at = list.saved.add(list.fp_offset as usize).cast::<f64>();
                list.fp_offset += 16;
                *at
            } else {
                let at = list.overflow;
                list.overflow = at.add(1);
                f64::from_bits(*at as u64)
            }
        }
    }
}

#[cfg(not(target_arch = "x86_64"))]
impl VaList {
    unsafe fn word(&mut self) -> usize {
        let at = self.0.cast::<usize>();
        // SAFETY: the list, a pointer to words, has another argument, says the format.
        unsafe {
            self.0 = at.add(1).cast();
            *at
        }
    }

    unsafe fn double(&mut self) -> f64 {
        let align = if cfg!(target_arch = "x86") { 4 } else { 8 };
        let skip = self.0.align_offset(align);
        let at = self.0.cast::<u8>().wrapping_add(skip).cast::<f64>();
        // SAFETY: as above.
        unsafe {
            self.0 = at.add(1).cast();
            at.read_unaligned()
        }
    }
}

#[derive(Default)]
struct Flags {
    left: bool,
    zero: bool,
    plus: bool,
    space: bool,
    alternate: bool,
    width: usize,
    precision: Option<usize>,
}

/// Widest field that is filled: what asks for more is a damaged format.
const WIDEST: usize = 1 << 16;

/// Adds `body` with its sign in front, filled up to the width.
fn field(rt: &mut Runtime, out: &mut TextBuf, flags: &Flags, sign: &[u8], body: &[u8]) -> R<()> {
    let fill = flags
        .width
        .min(WIDEST)
        .saturating_sub(sign.len() + body.len());
    if flags.left {
        out.push_bytes(rt, sign)?;
        out.push_bytes(rt, body)?;
        return out.push_fill(rt, b' ', fill);
    }
    if flags.zero {
        out.push_bytes(rt, sign)?;
        out.push_fill(rt, b'0', fill)?;
    } else {
        out.push_fill(rt, b' ', fill)?;
        out.push_bytes(rt, sign)?;
    }
    out.push_bytes(rt, body)
}

fn sign_of(flags: &Flags, negative: bool) -> &'static [u8] {
    match (negative, flags.plus, flags.space) {
        (true, ..) => b"-",
        (_, true, _) => b"+",
        (_, _, true) => b" ",
        _ => b"",
    }
}

/// The digits of a number in a base.
fn digits(mut value: u64, base: u64, upper: bool, buf: &mut [u8; 64]) -> &[u8] {
    let mut at = buf.len();
    loop {
        at -= 1;
        let digit = (value % base) as u8;
        buf[at] = match digit {
            0..=9 => b'0' + digit,
            _ if upper => b'A' + digit - 10,
            _ => b'a' + digit - 10,
        };
        value /= base;
        if value == 0 {
            return &buf[at..];
        }
    }
}

fn number(
    rt: &mut Runtime,
    out: &mut TextBuf,
    flags: &Flags,
    value: i64,
    base: u64,
    letter: u8,
) -> R<()> {
    let mut buf = [0; 64];
    let upper = letter.is_ascii_uppercase();
    let body = digits(value.unsigned_abs(), base, upper, &mut buf);
    field(rt, out, flags, sign_of(flags, value < 0), body)
}

fn unsigned(
    rt: &mut Runtime,
    out: &mut TextBuf,
    flags: &Flags,
    value: u64,
    base: u64,
    letter: u8,
) -> R<()> {
    let mut buf = [0; 64];
    let upper = letter.is_ascii_uppercase();
    let body = digits(value, base, upper, &mut buf);
    let prefix: &[u8] = match (flags.alternate, letter) {
        (true, b'x') => b"0x",
        (true, b'X') => b"0X",
        _ => b"",
    };
    field(rt, out, flags, prefix, body)
}

/// Decimal digits of the format at `at`; `None` if there are none.
fn decimal(format: &[u8], at: &mut usize) -> Option<usize> {
    let mut value = None;
    while let Some(digit @ b'0'..=b'9') = format.get(*at) {
        let next = value.unwrap_or(0usize).saturating_mul(10);
        value = Some(next.saturating_add(usize::from(digit - b'0')));
        *at += 1;
    }
    value
}

/// Formats as spec native-abi 4.5 says.
///
/// # Safety
/// The list holds the arguments that the format asks for.
unsafe fn format(rt: &mut Runtime, format: &[u8], list: &mut VaList, out: &mut TextBuf) -> R<()> {
    let mut at = 0;
    while let Some(byte) = format.get(at) {
        at += 1;
        if *byte != b'%' {
            out.push_bytes(rt, &[*byte])?;
            continue;
        }
        let mut flags = Flags::default();
        while let Some(flag) = format.get(at) {
            match flag {
                b'-' => flags.left = true,
                b'+' => flags.plus = true,
                b' ' => flags.space = true,
                b'0' => flags.zero = true,
                b'#' => flags.alternate = true,
                _ => break,
            }
            at += 1;
        }
        // SAFETY: the caller's, here and below.
        unsafe {
            if format.get(at) == Some(&b'*') {
                at += 1;
                let width = list.word() as i32;
                flags.left |= width < 0;
                flags.width = width.unsigned_abs() as usize;
            } else {
                flags.width = decimal(format, &mut at).unwrap_or(0);
            }
            if format.get(at) == Some(&b'.') {
                at += 1;
                flags.precision = if format.get(at) == Some(&b'*') {
                    at += 1;
                    usize::try_from(list.word() as i32).ok()
                } else {
                    Some(decimal(format, &mut at).unwrap_or(0))
                };
            }
            let mut long = false;
            while format.get(at) == Some(&b'l') {
                at += 1;
                long = true;
            }
            let Some(letter) = format.get(at).copied() else {
                return Ok(());
            };
            at += 1;
            match letter {
                b'%' => out.push_bytes(rt, b"%")?,
                b'c' => {
                    let c = list.word() as u8;
                    field(rt, out, &flags, b"", &[c])?;
                }
                b's' => {
                    let text = core::ptr::with_exposed_provenance::<core::ffi::c_char>(list.word());
                    let text = if text.is_null() {
                        b"(null)"
                    } else if let Some(most) = flags.precision {
                        let mut n = 0;
                        while n < most && text.add(n).read() != 0 {
                            n += 1;
                        }
                        core::slice::from_raw_parts(text.cast(), n)
                    } else {
                        CStr::from_ptr(text).to_bytes()
                    };
                    let shown = flags
                        .precision
                        .map_or(text, |most| text.get(..most).unwrap_or(text));
                    field(rt, out, &flags, b"", shown)?;
                }
                b'q' => {
                    let text = rt.name(Qstr::new(list.word() as u32));
                    let shown = flags
                        .precision
                        .map_or(text, |most| text.get(..most).unwrap_or(text));
                    field(rt, out, &flags, b"", shown)?;
                }
                b'b' => {
                    let text: &[u8] = if list.word() as u32 != 0 {
                        b"true"
                    } else {
                        b"false"
                    };
                    field(rt, out, &flags, b"", text)?;
                }
                b'd' | b'i' => {
                    let word = list.word();
                    let value = if long {
                        word as isize as i64
                    } else {
                        i64::from(word as i32)
                    };
                    number(rt, out, &flags, value, 10, letter)?;
                }
                b'u' | b'x' | b'X' => {
                    let word = list.word();
                    let value = if long {
                        word as u64
                    } else {
                        u64::from(word as u32)
                    };
                    let base = if letter == b'u' { 10 } else { 16 };
                    unsigned(rt, out, &flags, value, base, letter)?;
                }
                b'p' | b'P' => {
                    let value = list.word() as u64;
                    unsigned(
                        rt,
                        out,
                        &flags,
                        value,
                        16,
                        if letter == b'p' { b'x' } else { b'X' },
                    )?;
                }
                b'e' | b'E' | b'f' | b'F' | b'g' | b'G' => {
                    let value = list.double();
                    double(rt, out, &flags, value, letter)?;
                }
                other => out.push_bytes(rt, &[other])?,
            }
        }
    }
    Ok(())
}

/// A float in the way of the `%` operator of str, which knows all of it.
fn double(rt: &mut Runtime, out: &mut TextBuf, flags: &Flags, value: f64, letter: u8) -> R<()> {
    let mut spec = [0u8; 24];
    let mut n = 0;
    let mut put = |byte: u8| {
        if let Some(slot) = spec.get_mut(n) {
            *slot = byte;
            n += 1;
        }
    };
    put(b'%');
    if flags.plus {
        put(b'+');
    } else if flags.space {
        put(b' ');
    }
    put(b'.');
    let precision = flags.precision.unwrap_or(6).min(WIDEST) as isize;
    let mut text = [0; 24];
    for digit in int::decimal(precision, &mut text) {
        put(*digit);
    }
    put(letter);
    let spec = rt.new_str(spec.get(..n).unwrap_or(b"%g"))?;
    let value = float::new(rt, value)?;
    let made = rt.binary_op(ferlance_abi::BinaryOp::Modulo, spec, value)?;
    let body = rt.str_bytes(made).unwrap_or(b"");
    let (sign, body) = match body.split_first() {
        Some((b'-' | b'+' | b' ', rest)) => body.split_at(body.len() - rest.len()),
        _ => (&b""[..], body),
    };
    field(rt, out, flags, sign, body)
}

/// Prints; the number of bytes.
pub(crate) fn vprintf(
    rt: &mut Runtime,
    printer: *mut Printer,
    text: *mut u8,
    list: *mut (),
) -> R<isize> {
    let mut out = TextBuf::default();
    // SAFETY: linked modules pass a printer, a text with an end, and the arguments that the text asks for. The
    // printer's function may be the module's own.
    unsafe {
        let text = CStr::from_ptr(text.cast()).to_bytes();
        format(rt, text, &mut VaList(list), &mut out)?;
        let bytes = out.bytes();
        if !bytes.is_empty() {
            (*printer).print(rt, bytes)?;
        }
        Ok(bytes.len() as isize)
    }
}

/// What `vprintf` is called with from the thunk.
unsafe extern "C" fn from_thunk(printer: *mut Printer, text: *mut u8, list: *mut ()) -> isize {
    // SAFETY: as for every shim (see `fun_table`).
    unsafe {
        let rt = current::runtime();
        match vprintf(rt, printer, text, list) {
            Ok(n) => n,
            Err(raised) => nlr::throw(raised),
        }
    }
}

/// `int printf(printer, format, ...)`
#[cfg(target_arch = "x86_64")]
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn printf() {
    core::arch::naked_asm!(
        // 0 va_list; 24 saved registers, 176 bytes; the stack stays aligned.
        "lea r10, [rsp + 8]",
        "sub rsp, 216",
        "mov [rsp + 24], rdi",
        "mov [rsp + 32], rsi",
        "mov [rsp + 40], rdx",
        "mov [rsp + 48], rcx",
        "mov [rsp + 56], r8",
        "mov [rsp + 64], r9",
        "movups [rsp + 72], xmm0",
        "movups [rsp + 88], xmm1",
        "movups [rsp + 104], xmm2",
        "movups [rsp + 120], xmm3",
        "movups [rsp + 136], xmm4",
        "movups [rsp + 152], xmm5",
        "movups [rsp + 168], xmm6",
        "movups [rsp + 184], xmm7",
        // Two of the general registers are taken.
        "mov dword ptr [rsp], 16",
        "mov dword ptr [rsp + 4], 48",
        "mov [rsp + 8], r10",
        "lea rax, [rsp + 24]",
        "mov [rsp + 16], rax",
        "mov rdx, rsp",
        "call {vprintf}",
        "add rsp, 216",
        "ret",
        vprintf = sym from_thunk,
    )
}

/// `int printf(printer, format, ...)`
#[cfg(target_arch = "arm")]
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn printf() {
    core::arch::naked_asm!(
        "push {{r0-r3}}",
        "push {{r4, lr}}",
        "add r2, sp, #16",
        "bl {vprintf}",
        "pop {{r4}}",
        "pop {{r3}}",
        "add sp, #16",
        "bx r3",
        vprintf = sym from_thunk,
    )
}

/// `int printf(printer, format, ...)`
#[cfg(target_arch = "riscv32")]
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn printf() {
    core::arch::naked_asm!(
        "addi sp, sp, -32",
        "sw ra, 0(sp)",
        "sw a2, 8(sp)",
        "sw a3, 12(sp)",
        "sw a4, 16(sp)",
        "sw a5, 20(sp)",
        "sw a6, 24(sp)",
        "sw a7, 28(sp)",
        "addi a2, sp, 8",
        "call {vprintf}",
        "lw ra, 0(sp)",
        "addi sp, sp, 32",
        "ret",
        vprintf = sym from_thunk,
    )
}

/// `int printf(printer, format, ...)`
#[cfg(target_arch = "riscv64")]
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn printf() {
    core::arch::naked_asm!(
        "addi sp, sp, -64",
        "sd ra, 0(sp)",
        "sd a2, 16(sp)",
        "sd a3, 24(sp)",
        "sd a4, 32(sp)",
        "sd a5, 40(sp)",
        "sd a6, 48(sp)",
        "sd a7, 56(sp)",
        "addi a2, sp, 16",
        "call {vprintf}",
        "ld ra, 0(sp)",
        "addi sp, sp, 64",
        "ret",
        vprintf = sym from_thunk,
    )
}

/// `int printf(printer, format, ...)`
#[cfg(target_arch = "x86")]
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn printf() {
    core::arch::naked_asm!(
        "sub esp, 28",
        "mov eax, [esp + 32]",
        "mov [esp], eax",
        "mov eax, [esp + 36]",
        "mov [esp + 4], eax",
        "lea eax, [esp + 40]",
        "mov [esp + 8], eax",
        "call {vprintf}",
        "add esp, 28",
        "ret",
        vprintf = sym from_thunk,
    )
}

/// Without a thunk for the convention: says so instead of printing nonsense.
#[cfg(not(any(
    target_arch = "x86",
    target_arch = "x86_64",
    target_arch = "arm",
    target_arch = "riscv32",
    target_arch = "riscv64"
)))]
pub(crate) unsafe extern "C" fn printf() {
    let _ = from_thunk;
    // SAFETY: as for every shim.
    unsafe {
        let rt = current::runtime();
        let raised = rt.raise_msg(&crate::exc::NOT_IMPLEMENTED_ERROR, "printf");
        nlr::throw(raised)
    }
}
