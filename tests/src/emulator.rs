//! Machine code of boards, run under user-mode QEMU.
//!
//! A run is one program, made here: an ELF file with one segment at fixed addresses, so that a test can hand out
//! pointers. Its start code, written in our own inline assembler where there is one, calls functions one after the
//! other with up to four words each, checks that they keep the registers that callees save, and writes results and
//! memory to standard output.
//!
//! ```text
//! BASE    ELF header, start code
//! PARAMS  number of calls, address of the calls, address and length of what is written at the end
//! CALLS   per call 8 words: function, 4 arguments, result, registers not kept, unused
//! MEMORY  bytes for functions to read and write
//! CODE    the functions, at multiples of 16
//! ```

use std::path::PathBuf;
use std::process::Command;

use ferlance_abi::arch::Arch;
use ferlance_abi::qstr::Pool;
use ferlance_bytecode::module::RawKind;
use ferlance_compiler::{Options, compile};

const BASE: u32 = 0x10_0000;
const PARAMS: u32 = 0x11_0000;
const CALLS: u32 = 0x12_0000;
/// Where functions find memory.
pub const MEMORY: u32 = 0x13_0000;
/// Bytes of it.
pub const MEMORY_BYTES: u32 = 0x1_0000;
const CODE: u32 = MEMORY + MEMORY_BYTES;
/// Bytes of the segment.
const END: u32 = 0x40_0000;
/// Most calls of one run.
const MAX_CALLS: usize = ((MEMORY - CALLS) / 64) as usize;

/// A program in the making.
#[derive(Debug, Clone)]
pub struct Program {
    arch: Arch,
    code: Vec<u8>,
    calls: Vec<[u64; 5]>,
    /// What functions find at [`MEMORY`]; the rest of it is zeros.
    pub memory: Vec<u8>,
}

/// What came of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Results, by call.
    pub results: Vec<u64>,
    /// By call: whether the registers that a callee saves were kept.
    pub kept: Vec<bool>,
    /// [`MEMORY`] after the last call.
    pub memory: Vec<u8>,
}

/// How to run an architecture: emulator, its CPU, the ELF machine and flags, start code.
struct Machine {
    emulator: &'static str,
    cpu: Option<&'static str>,
    elf: u16,
    elf_flags: u32,
    start: Start,
}

enum Start {
    /// In inline assembler; with so many bytes of the assembler's own before it.
    Assembler(&'static str, usize),
    /// RISC-V, where only loads, stores and the bytes of a word differ.
    Riscv,
    /// Bytes.
    Code(&'static [u8]),
}

impl Program {
    /// A program without calls.
    pub fn new(arch: Arch) -> Program {
        Program {
            arch,
            code: Vec::new(),
            calls: Vec::new(),
            memory: Vec::new(),
        }
    }

    /// Adds a function; gives its address, as calls take it.
    pub fn function(&mut self, code: &[u8]) -> u32 {
        self.code.resize(self.code.len().next_multiple_of(16), 0);
        let address = CODE + self.code.len() as u32;
        self.code.extend_from_slice(code);
        address | self.thumb_bit()
    }

    /// Where the next function will stand.
    pub fn next_address(&self) -> u32 {
        CODE + self.code.len().next_multiple_of(16) as u32
    }

    /// Adds a call of a function that was added.
    pub fn call(&mut self, function: u32, args: [u64; 4]) {
        assert!(self.calls.len() < MAX_CALLS, "too many calls in one run");
        self.calls
            .push([function.into(), args[0], args[1], args[2], args[3]]);
    }

    /// Bytes of a word.
    pub fn word(&self) -> u32 {
        self.arch.word_bytes() as u32
    }

    /// Writes a word of the machine to memory that functions will find.
    pub fn put_word(&mut self, address: u32, word: u64) {
        let (at, bytes) = ((address - MEMORY) as usize, self.word() as usize);
        self.memory[at..at + bytes].copy_from_slice(&word.to_le_bytes()[..bytes]);
    }

    /// Drops all calls, but no function.
    pub fn clear_calls(&mut self) {
        self.calls.clear();
    }

    fn thumb_bit(&self) -> u32 {
        u32::from(self.arch.is_thumb())
    }

    /// Runs it. `Err` tells how the emulator ended.
    pub fn run(&self) -> Result<Run, String> {
        let machine = machine(self.arch);
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let path = folder.path().join("program");
        std::fs::write(&path, self.elf(&machine)).map_err(|error| error.to_string())?;
        make_executable(&path)?;
        let mut command = Command::new("timeout");
        command.arg("60").arg(machine.emulator);
        if let Some(cpu) = machine.cpu {
            command.args(["-cpu", cpu]);
        }
        let output = command
            .arg(&path)
            .output()
            .map_err(|error| error.to_string())?;
        let written = output.stdout;
        let expected = (MEMORY - CALLS + MEMORY_BYTES) as usize;
        if !output.status.success() || written.len() != expected {
            return Err(format!(
                "{} ended with {} after {} bytes: {}",
                machine.emulator,
                output.status,
                written.len(),
                String::from_utf8_lossy(&output.stderr)
            ));
        }
        let bytes = self.word() as usize;
        let word = |at: usize| {
            let word = written[at * bytes..][..bytes].iter().rev();
            word.fold(0, |word, byte| word << 8 | u64::from(*byte))
        };
        let calls = 0..self.calls.len();
        Ok(Run {
            results: calls.clone().map(|call| word(8 * call + 5)).collect(),
            kept: calls.map(|call| word(8 * call + 6) == 0).collect(),
            memory: written[(MEMORY - CALLS) as usize..].to_vec(),
        })
    }

    fn elf(&self, machine: &Machine) -> Vec<u8> {
        let start = match machine.start {
            Start::Assembler(text, own) => assemble(self.arch, text).split_off(own),
            Start::Riscv => assemble(self.arch, &riscv(self.word())),
            Start::Code(code) => code.to_vec(),
        };
        let word = self.word() as usize;
        let file_bytes = CODE - BASE + self.code.len() as u32;
        assert!(file_bytes <= END - BASE);
        let mut image = elf_header(machine, word, self.thumb_bit(), file_bytes);
        image.resize((CODE - BASE) as usize, 0);
        let mut put = |address: u32, number: u32, value: u64| {
            let at = (address - BASE) as usize + number as usize * word;
            image[at..at + word].copy_from_slice(&value.to_le_bytes()[..word]);
        };
        let params = [
            self.calls.len() as u32,
            CALLS,
            CALLS,
            MEMORY - CALLS + MEMORY_BYTES,
        ];
        for (number, param) in (0..).zip(params) {
            put(PARAMS, number, param.into());
        }
        for (call, words) in (0..).zip(&self.calls) {
            for (number, value) in (0..).zip(words) {
                put(CALLS, 8 * call + number, *value);
            }
        }
        image[0x100..0x100 + start.len()].copy_from_slice(&start);
        let memory = (MEMORY - BASE) as usize;
        image[memory..memory + self.memory.len()].copy_from_slice(&self.memory);
        image.extend_from_slice(&self.code);
        image
    }
}

/// The header of a file with one segment, all of which may be read, written and run.
fn elf_header(machine: &Machine, word: usize, thumb_bit: u32, file_bytes: u32) -> Vec<u8> {
    let wide = word == 8;
    let mut bytes = b"\x7fELF".to_vec();
    bytes.extend([if wide { 2 } else { 1 }, 1, 1]);
    bytes.resize(16, 0);
    let mut put = |value: u32, count: usize| {
        bytes.extend_from_slice(&u64::from(value).to_le_bytes()[..count]);
    };
    let (header_bytes, row_bytes) = if wide { (64, 56) } else { (52, 32) };
    put(2, 2); // a program
    put(machine.elf.into(), 2);
    put(1, 4);
    put((BASE + 0x100) | thumb_bit, word);
    put(header_bytes, word); // where the table of segments is
    put(0, word);
    put(machine.elf_flags, 4);
    for value in [header_bytes, row_bytes, 1, 40, 0, 0] {
        put(value, 2);
    }
    put(1, 4);
    if wide {
        put(7, 4);
    }
    for value in [0, BASE, BASE, file_bytes, END - BASE] {
        put(value, word);
    }
    if !wide {
        put(7, 4);
    }
    put(0x1000, word);
    bytes
}

/// Is the emulator for `arch` installed?
pub fn is_there(arch: Arch) -> bool {
    let emulator = machine(arch).emulator;
    let found = std::env::var_os("PATH").is_some_and(|path| {
        std::env::split_paths(&path).any(|folder: PathBuf| folder.join(emulator).exists())
    });
    // A test that runs nothing must say so.
    if !found {
        eprintln!("{emulator} is not installed: nothing was run");
    }
    found
}

#[cfg(unix)]
fn make_executable(path: &std::path::Path) -> Result<(), String> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755))
        .map_err(|error| error.to_string())
}

#[cfg(not(unix))]
fn make_executable(_: &std::path::Path) -> Result<(), String> {
    Err("user-mode emulators run on Unix only".to_owned())
}

/// The bytes of an inline-assembler function with this body.
pub fn assemble(arch: Arch, body: &str) -> Vec<u8> {
    let mut pool = Pool::new();
    let options = Options {
        arch,
        ..Options::default()
    };
    let source = format!("@micropython.asm_thumb\ndef start():\n{body}");
    let module = compile(source.as_bytes(), &mut pool, &options)
        .unwrap_or_else(|diag| panic!("{source}\n{diag}"));
    let mut functions = module.codes.iter();
    let function = functions.find(|code| matches!(code.kind, RawKind::Asm { .. }));
    function.expect("it is one").bytes.to_vec()
}

fn machine(arch: Arch) -> Machine {
    match arch {
        Arch::Armv6m | Arch::Armv7m | Arch::Armv7em | Arch::Armv7emsp | Arch::Armv7emdp => {
            Machine {
                emulator: "qemu-arm",
                cpu: None,
                elf: 40,
                elf_flags: 0x0500_0400,
                start: Start::Assembler(THUMB, 0),
            }
        }
        Arch::Rv32imc => Machine {
            emulator: "qemu-riscv32",
            cpu: None,
            elf: 243,
            elf_flags: 1,
            start: Start::Riscv,
        },
        Arch::Rv64imc => Machine {
            emulator: "qemu-riscv64",
            cpu: None,
            elf: 243,
            elf_flags: 1,
            start: Start::Riscv,
        },
        Arch::X86 => Machine {
            emulator: "qemu-i386",
            cpu: None,
            elf: 3,
            elf_flags: 0,
            start: Start::Code(X86),
        },
        Arch::Xtensa => Machine {
            emulator: "qemu-xtensa",
            cpu: Some("lx106"),
            elf: 94,
            elf_flags: 0x300,
            start: Start::Assembler(XTENSA, 13),
        },
        Arch::Xtensawin => Machine {
            emulator: "qemu-xtensa",
            cpu: Some("dc233c"),
            elf: 94,
            elf_flags: 0x300,
            start: Start::Assembler(XTENSAWIN, 5),
        },
        _ => panic!("no emulator for {arch:?}"),
    }
}

// The start code may use any instruction, also for Armv6-M: the emulated core is an A-profile one.
const THUMB: &str = "
    mov(r4, 0x11)
    lsl(r4, r4, 16)
    ldr(r5, [r4, 0])
    ldr(r6, [r4, 4])
    label(NEXT)
    cmp(r5, 0)
    beq(DONE)
    push({r4, r5, r6, r7})
    ldr(r0, [r6, 4])
    ldr(r1, [r6, 8])
    ldr(r2, [r6, 12])
    ldr(r3, [r6, 16])
    ldr(r6, [r6, 0])
    mov(r12, r6)
    mov(r4, 8)
    mov(r8, r4)
    mov(r4, 9)
    mov(r9, r4)
    mov(r4, 10)
    mov(r10, r4)
    mov(r4, 11)
    mov(r11, r4)
    mov(r4, 4)
    mov(r5, 5)
    mov(r6, 6)
    mov(r7, 7)
    data(2, 0x47e0) # blx r12
    sub(r4, 4)
    sub(r5, 5)
    sub(r6, 6)
    sub(r7, 7)
    orr(r4, r5)
    orr(r4, r6)
    orr(r4, r7)
    mov(r3, r4)
    mov(r4, r8)
    sub(r4, 8)
    orr(r3, r4)
    mov(r4, r9)
    sub(r4, 9)
    orr(r3, r4)
    mov(r4, r10)
    sub(r4, 10)
    orr(r3, r4)
    mov(r4, r11)
    sub(r4, 11)
    orr(r3, r4)
    pop({r4, r5, r6, r7})
    str(r0, [r6, 20])
    str(r3, [r6, 24])
    add(r6, 32)
    sub(r5, 1)
    b(NEXT)
    label(DONE)
    mov(r0, 1)
    ldr(r1, [r4, 8])
    ldr(r2, [r4, 12])
    mov(r7, 4)
    data(2, 0xdf00) # svc 0
    mov(r0, 0)
    mov(r7, 1)
    data(2, 0xdf00)
";

/// The start code of RISC-V for words of so many bytes.
fn riscv(word: u32) -> String {
    let (load, store) = if word == 8 {
        ("ld", "sd")
    } else {
        ("lw", "sw")
    };
    let saved: Vec<String> = (0..12).map(|number| format!("s{number}")).collect();
    let mut lines = vec![
        "lui(s0, 0x110)".to_owned(),
        format!("{load}(s1, 0(s0))"),
        format!("{load}(s2, {word}(s0))"),
        "label(NEXT)".to_owned(),
        "beq(s1, zero, DONE)".to_owned(),
        "addi(sp, sp, -16)".to_owned(),
        format!("{store}(s1, 0(sp))"),
        format!("{store}(s2, {word}(sp))"),
        format!("{load}(a0, {}(s2))", word),
        format!("{load}(a1, {}(s2))", 2 * word),
        format!("{load}(a2, {}(s2))", 3 * word),
        format!("{load}(a3, {}(s2))", 4 * word),
        format!("{load}(t0, 0(s2))"),
    ];
    lines.extend(
        (100..)
            .zip(&saved)
            .map(|(n, name)| format!("li({name}, {n})")),
    );
    lines.push("jalr(ra, t0, 0)".to_owned());
    lines.push("xori(s0, s0, 100)".to_owned());
    for (number, name) in (101..).zip(&saved[1..]) {
        lines.push(format!("xori({name}, {name}, {number})"));
        lines.push(format!("or_(s0, s0, {name})"));
    }
    lines.extend([
        format!("{load}(s1, 0(sp))"),
        format!("{load}(s2, {word}(sp))"),
        "addi(sp, sp, 16)".to_owned(),
        format!("{store}(a0, {}(s2))", 5 * word),
        format!("{store}(s0, {}(s2))", 6 * word),
        format!("addi(s2, s2, {})", 8 * word),
        "addi(s1, s1, -1)".to_owned(),
        "jal(zero, NEXT)".to_owned(),
        "label(DONE)".to_owned(),
        "lui(s0, 0x110)".to_owned(),
        "li(a0, 1)".to_owned(),
        format!("{load}(a1, {}(s0))", 2 * word),
        format!("{load}(a2, {}(s0))", 3 * word),
        "li(a7, 64)".to_owned(),
        "ecall()".to_owned(),
        "li(a0, 0)".to_owned(),
        "li(a7, 93)".to_owned(),
        "ecall()".to_owned(),
    ]);
    lines.iter().map(|line| format!("    {line}\n")).collect()
}

/// The program that the comments spell.
#[rustfmt::skip]
const X86: &[u8] = &[
    0x83, 0xe4, 0xf0, // and esp, -0x10
    0xbe, 0x00, 0x00, 0x11, 0x00, // mov esi, 0x110000
    0x8b, 0x3e, // mov edi, [esi]
    0x8b, 0x76, 0x04, // mov esi, [esi + 0x4]
    0x85, 0xff, // test edi, edi
    0x74, 0x58, // je 0x69
    0x56, // push esi
    0x57, // push edi
    0x83, 0xec, 0x08, // sub esp, 0x8
    0xff, 0x76, 0x10, // push [esi + 0x10]
    0xff, 0x76, 0x0c, // push [esi + 0xc]
    0xff, 0x76, 0x08, // push [esi + 0x8]
    0xff, 0x76, 0x04, // push [esi + 0x4]
    0x8b, 0x06, // mov eax, [esi]
    0xbb, 0x01, 0x01, 0x00, 0x00, // mov ebx, 0x101
    0xbe, 0x02, 0x01, 0x00, 0x00, // mov esi, 0x102
    0xbf, 0x03, 0x01, 0x00, 0x00, // mov edi, 0x103
    0xbd, 0x04, 0x01, 0x00, 0x00, // mov ebp, 0x104
    0xff, 0xd0, // call eax
    0x81, 0xf3, 0x01, 0x01, 0x00, 0x00, // xor ebx, 0x101
    0x81, 0xf6, 0x02, 0x01, 0x00, 0x00, // xor esi, 0x102
    0x81, 0xf7, 0x03, 0x01, 0x00, 0x00, // xor edi, 0x103
    0x81, 0xf5, 0x04, 0x01, 0x00, 0x00, // xor ebp, 0x104
    0x09, 0xf3, // or ebx, esi
    0x09, 0xfb, // or ebx, edi
    0x09, 0xeb, // or ebx, ebp
    0x83, 0xc4, 0x18, // add esp, 0x18
    0x5f, // pop edi
    0x5e, // pop esi
    0x89, 0x46, 0x14, // mov [esi + 0x14], eax
    0x89, 0x5e, 0x18, // mov [esi + 0x18], ebx
    0x83, 0xc6, 0x20, // add esi, 0x20
    0x4f, // dec edi
    0xeb, 0xa4, // jmp 0xd
    0xb8, 0x04, 0x00, 0x00, 0x00, // mov eax, 0x4
    0xbb, 0x01, 0x00, 0x00, 0x00, // mov ebx, 0x1
    0x8b, 0x0d, 0x08, 0x00, 0x11, 0x00, // mov ecx, [0x110008]
    0x8b, 0x15, 0x0c, 0x00, 0x11, 0x00, // mov edx, [0x11000c]
    0xcd, 0x80, // int 0x80
    0xb8, 0x01, 0x00, 0x00, 0x00, // mov eax, 0x1
    0x31, 0xdb, // xor ebx, ebx
    0xcd, 0x80, // int 0x80
];

const XTENSA: &str = "
    movi_n(a3, -16)
    and_(a1, a1, a3)
    movi_n(a12, 0x11)
    slli(a12, a12, 16)
    l32i(a13, a12, 0)
    l32i(a14, a12, 4)
    label(NEXT)
    beqz(a13, DONE)
    addi(a1, a1, -32)
    s32i(a13, a1, 0)
    s32i(a14, a1, 4)
    l32i(a2, a14, 4)
    l32i(a3, a14, 8)
    l32i(a4, a14, 12)
    l32i(a5, a14, 16)
    l32i(a8, a14, 0)
    movi_n(a12, 12)
    movi_n(a13, 13)
    movi_n(a14, 14)
    movi_n(a15, 15)
    callx0(a8)
    addi(a12, a12, -12)
    addi(a13, a13, -13)
    addi(a14, a14, -14)
    addi(a15, a15, -15)
    or_(a12, a12, a13)
    or_(a12, a12, a14)
    or_(a12, a12, a15)
    l32i(a13, a1, 0)
    l32i(a14, a1, 4)
    addi(a1, a1, 32)
    s32i(a2, a14, 20)
    s32i(a12, a14, 24)
    addi(a14, a14, 32)
    addi(a13, a13, -1)
    j(NEXT)
    label(DONE)
    movi_n(a12, 0x11)
    slli(a12, a12, 16)
    l32i(a3, a12, 8)
    l32i(a4, a12, 12)
    movi_n(a6, 1)
    movi_n(a2, 13)
    data(1, 0, 0x50, 0) # syscall
    movi_n(a6, 0)
    movi_n(a2, 59)
    addi(a2, a2, 59)
    data(1, 0, 0x50, 0)
";

// Not entered by a call, so it has no caller: what window overflow saves of that goes below a stack pointer of its own.
const XTENSAWIN: &str = "
    movi_n(a3, -16)
    and_(a1, a1, a3)
    addi(a1, a1, -96)
    addi(a8, a1, 72)
    addi(a9, a1, -16)
    s32i(a8, a9, 4)
    movi_n(a2, 0x11)
    slli(a2, a2, 16)
    l32i(a3, a2, 0)
    l32i(a4, a2, 4)
    label(NEXT)
    beqz(a3, DONE)
    s32i(a3, a1, 0)
    s32i(a4, a1, 4)
    l32i(a10, a4, 4)
    l32i(a11, a4, 8)
    l32i(a12, a4, 12)
    l32i(a13, a4, 16)
    l32i(a8, a4, 0)
    movi_n(a2, 2)
    movi_n(a3, 3)
    movi_n(a4, 4)
    movi_n(a5, 5)
    movi_n(a6, 6)
    movi_n(a7, 7)
    data(1, 0xe0, 0x08, 0) # callx8 a8
    addi(a2, a2, -2)
    addi(a3, a3, -3)
    addi(a4, a4, -4)
    addi(a5, a5, -5)
    addi(a6, a6, -6)
    addi(a7, a7, -7)
    or_(a5, a5, a2)
    or_(a5, a5, a3)
    or_(a5, a5, a4)
    or_(a5, a5, a6)
    or_(a5, a5, a7)
    l32i(a3, a1, 0)
    l32i(a4, a1, 4)
    s32i(a10, a4, 20)
    s32i(a5, a4, 24)
    addi(a4, a4, 32)
    addi(a3, a3, -1)
    j(NEXT)
    label(DONE)
    movi_n(a2, 0x11)
    slli(a2, a2, 16)
    l32i(a3, a2, 8)
    l32i(a4, a2, 12)
    movi_n(a6, 1)
    movi_n(a2, 13)
    data(1, 0, 0x50, 0)
    movi_n(a6, 0)
    movi_n(a2, 59)
    addi(a2, a2, 59)
    data(1, 0, 0x50, 0)
";

#[cfg(test)]
mod tests {
    use super::*;

    /// `a + b`, and a store of it, on each machine; and one function that keeps no register.
    #[test]
    fn functions_run_and_are_watched() {
        let archs = [
            (
                Arch::Armv7m,
                "    add(r0, r0, r1)\n    str(r0, [r2, 0])\n",
                "    mov(r8, r0)\n",
            ),
            (
                Arch::Armv6m,
                "    add(r0, r0, r1)\n    str(r0, [r2, 0])\n",
                "    mov(r9, r0)\n",
            ),
            (
                Arch::Rv32imc,
                "    add(a0, a0, a1)\n    sw(a0, 0(a2))\n",
                "    mv(s11, a0)\n",
            ),
            (
                Arch::Rv64imc,
                "    add(a0, a0, a1)\n    sd(a0, 0(a2))\n",
                "    mv(s11, a0)\n",
            ),
            (
                Arch::Xtensa,
                "    add(a2, a2, a3)\n    s32i(a2, a4, 0)\n",
                "    nop()\n",
            ),
            (
                Arch::Xtensawin,
                "    add(a2, a2, a3)\n    s32i(a2, a4, 0)\n",
                "    nop()\n",
            ),
        ];
        for (arch, add, spoil) in archs {
            if !is_there(arch) {
                continue;
            }
            let mut program = Program::new(arch);
            let add = program.function(&assemble(arch, add));
            let spoil_at = program.function(&assemble(arch, spoil));
            let memory = u64::from(MEMORY);
            let bytes = program.word() as usize;
            program.call(add, [40, 2, memory + 8, 0]);
            program.call(spoil_at, [77, 0, 0, 0]);
            program.call(add, [1, u64::MAX, memory + 16, 0]);
            program.memory = vec![0xaa; 24];
            let run = program
                .run()
                .unwrap_or_else(|error| panic!("{arch:?}: {error}"));
            assert_eq!(run.results, [42, 77, 0], "{arch:?}");
            assert_eq!(run.kept, [true, spoil.contains("nop"), true], "{arch:?}");
            let mut memory = vec![0xaa; 24];
            memory[8..8 + bytes].fill(0);
            memory[8] = 42;
            memory[16..16 + bytes].fill(0);
            assert_eq!(run.memory[..24], memory, "{arch:?}");
        }
    }
}
