//! Machine code of boards, run under user-mode QEMU.
//!
//! A run is one program, made here: an ELF file with one segment at fixed addresses, so that a test can hand out
//! pointers. Its start code, written in our own inline assembler, calls functions one after the other with up to four
//! words each, checks that they keep the registers that callees save, and writes results and memory to standard
//! output.
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
const MAX_CALLS: usize = ((MEMORY - CALLS) / 32) as usize;

/// A program in the making.
#[derive(Debug, Clone)]
pub struct Program {
    arch: Arch,
    code: Vec<u8>,
    calls: Vec<[u32; 5]>,
    /// What functions find at [`MEMORY`]; the rest of it is zeros.
    pub memory: Vec<u8>,
}

/// What came of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Results, by call.
    pub results: Vec<u32>,
    /// By call: whether the registers that a callee saves were kept.
    pub kept: Vec<bool>,
    /// [`MEMORY`] after the last call.
    pub memory: Vec<u8>,
}

/// How to run an architecture: emulator, its CPU, the ELF machine and flags, start code, bytes that the inline
/// assembler puts before it.
struct Machine {
    emulator: &'static str,
    cpu: Option<&'static str>,
    elf: u16,
    elf_flags: u32,
    start: &'static str,
    prologue: usize,
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
    pub fn call(&mut self, function: u32, args: [u32; 4]) {
        assert!(self.calls.len() < MAX_CALLS, "too many calls in one run");
        self.calls
            .push([function, args[0], args[1], args[2], args[3]]);
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
        let word = |at: usize| {
            let bytes = written[at..at + 4].try_into().expect("four bytes");
            u32::from_le_bytes(bytes)
        };
        let calls = 0..self.calls.len();
        Ok(Run {
            results: calls.clone().map(|call| word(32 * call + 20)).collect(),
            kept: calls.map(|call| word(32 * call + 24) == 0).collect(),
            memory: written[(MEMORY - CALLS) as usize..].to_vec(),
        })
    }

    fn elf(&self, machine: &Machine) -> Vec<u8> {
        let start = assemble(self.arch, machine.start);
        let start = &start[machine.prologue..];
        let mut image = vec![0; (CODE - BASE) as usize];
        let entry = (BASE + 0x100) | self.thumb_bit();
        let header: [(usize, u32); 4] = [
            (0x00, u32::from_le_bytes(*b"\x7fELF")),
            (0x18, entry),
            (0x1c, 0x34),
            (0x24, machine.elf_flags),
        ];
        let program_header: [u32; 8] = [1, 0, BASE, BASE, 0, END - BASE, 7, 0x1000];
        let mut put = |at: usize, word: u32| image[at..at + 4].copy_from_slice(&word.to_le_bytes());
        for (at, word) in header {
            put(at, word);
        }
        put(0x04, 0x0001_0101); // 32 bits, little endian, version
        put(0x10, 2 | u32::from(machine.elf) << 16);
        put(0x14, 1);
        put(0x28, 0x34 | 32 << 16);
        put(0x2c, 1 | 40 << 16);
        for (at, word) in program_header.into_iter().enumerate() {
            put(0x34 + 4 * at, word);
        }
        let file_bytes = CODE - BASE + self.code.len() as u32;
        put(0x34 + 16, file_bytes);
        let params = [
            self.calls.len() as u32,
            CALLS,
            CALLS,
            MEMORY - CALLS + MEMORY_BYTES,
        ];
        for (at, word) in params.into_iter().enumerate() {
            put((PARAMS - BASE) as usize + 4 * at, word);
        }
        for (call, words) in self.calls.iter().enumerate() {
            for (at, word) in words.iter().enumerate() {
                put((CALLS - BASE) as usize + 32 * call + 4 * at, *word);
            }
        }
        image[0x100..0x100 + start.len()].copy_from_slice(start);
        let memory = (MEMORY - BASE) as usize;
        image[memory..memory + self.memory.len()].copy_from_slice(&self.memory);
        image.extend_from_slice(&self.code);
        assert!(file_bytes <= END - BASE);
        image
    }
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
                start: THUMB,
                prologue: 0,
            }
        }
        Arch::Rv32imc => Machine {
            emulator: "qemu-riscv32",
            cpu: None,
            elf: 243,
            elf_flags: 1,
            start: RV32,
            prologue: 0,
        },
        Arch::Xtensa => Machine {
            emulator: "qemu-xtensa",
            cpu: Some("lx106"),
            elf: 94,
            elf_flags: 0x300,
            start: XTENSA,
            prologue: 13,
        },
        Arch::Xtensawin => Machine {
            emulator: "qemu-xtensa",
            cpu: Some("dc233c"),
            elf: 94,
            elf_flags: 0x300,
            start: XTENSAWIN,
            prologue: 5,
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

const RV32: &str = "
    lui(s0, 0x110)
    lw(s1, 0(s0))
    lw(s2, 4(s0))
    label(NEXT)
    beq(s1, zero, DONE)
    addi(sp, sp, -16)
    sw(s1, 0(sp))
    sw(s2, 4(sp))
    lw(a0, 4(s2))
    lw(a1, 8(s2))
    lw(a2, 12(s2))
    lw(a3, 16(s2))
    lw(t0, 0(s2))
    li(s0, 100)
    li(s1, 101)
    li(s2, 102)
    li(s3, 103)
    li(s4, 104)
    li(s5, 105)
    li(s6, 106)
    li(s7, 107)
    li(s8, 108)
    li(s9, 109)
    li(s10, 110)
    li(s11, 111)
    jalr(ra, t0, 0)
    xori(s0, s0, 100)
    xori(s1, s1, 101)
    or_(s0, s0, s1)
    xori(s2, s2, 102)
    or_(s0, s0, s2)
    xori(s3, s3, 103)
    or_(s0, s0, s3)
    xori(s4, s4, 104)
    or_(s0, s0, s4)
    xori(s5, s5, 105)
    or_(s0, s0, s5)
    xori(s6, s6, 106)
    or_(s0, s0, s6)
    xori(s7, s7, 107)
    or_(s0, s0, s7)
    xori(s8, s8, 108)
    or_(s0, s0, s8)
    xori(s9, s9, 109)
    or_(s0, s0, s9)
    xori(s10, s10, 110)
    or_(s0, s0, s10)
    xori(s11, s11, 111)
    or_(s0, s0, s11)
    lw(s1, 0(sp))
    lw(s2, 4(sp))
    addi(sp, sp, 16)
    sw(a0, 20(s2))
    sw(s0, 24(s2))
    addi(s2, s2, 32)
    addi(s1, s1, -1)
    jal(zero, NEXT)
    label(DONE)
    lui(s0, 0x110)
    li(a0, 1)
    lw(a1, 8(s0))
    lw(a2, 12(s0))
    li(a7, 64)
    ecall()
    li(a0, 0)
    li(a7, 93)
    ecall()
";

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
            program.call(add, [40, 2, MEMORY + 8, 0]);
            program.call(spoil_at, [77, 0, 0, 0]);
            program.call(add, [1, u32::MAX, MEMORY + 12, 0]);
            program.memory = vec![0xaa; 16];
            let run = program
                .run()
                .unwrap_or_else(|error| panic!("{arch:?}: {error}"));
            assert_eq!(run.results, [42, 77, 0], "{arch:?}");
            assert_eq!(run.kept, [true, spoil.contains("nop"), true], "{arch:?}");
            assert_eq!(
                run.memory[..16],
                [
                    0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 42, 0, 0, 0, 0, 0, 0, 0
                ]
            );
        }
    }
}
