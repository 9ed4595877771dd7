//! NIR made into x86-64 code, run in this process, against the interpreter.
#![cfg(all(target_arch = "x86_64", target_os = "linux"))]
use std::arch::asm;

use ferlance_abi::{Arch, Fun};
use ferlance_native_emitter::arch::x86::X86;
use ferlance_native_emitter::emit::emit;
use ferlance_native_emitter::nir::verify;
use ferlance_native_emitter::nir::{Func, text::parse};
use ferlance_native_emitter::opt::{legalise::legalise, optimise};
use ferlance_native_emitter::{Machine, Target};
use ferlance_tests::nir::interp::{Stop, World, run};
use ferlance_tests::nir::random::{Dice, Shape, function};

unsafe extern "C" {
    fn mmap(at: *mut u8, len: usize, prot: i32, flags: i32, fd: i32, offset: i64) -> *mut u8;
    fn munmap(at: *mut u8, len: usize) -> i32;
    fn mprotect(at: *mut u8, len: usize, prot: i32) -> i32;
}

const READ_WRITE: i32 = 3;
const READ_EXECUTE: i32 = 5;
const PRIVATE_ANONYMOUS: i32 = 0x22;

/// Code in memory that may be run.
struct Code {
    at: *mut u8,
    len: usize,
}

impl Code {
    fn new(bytes: &[u8]) -> Code {
        let len = bytes.len().next_multiple_of(4096);
        // SAFETY: a fresh mapping of its own, written within its length before it becomes read-only.
        unsafe {
            let at = mmap(
                std::ptr::null_mut(),
                len,
                READ_WRITE,
                PRIVATE_ANONYMOUS,
                -1,
                0,
            );
            assert!(at as isize != -1, "no memory for code");
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), at, bytes.len());
            assert_eq!(mprotect(at, len, READ_EXECUTE), 0);
            Code { at, len }
        }
    }

    /// Calls the code with up to four words. Checks that it keeps what callees keep.
    fn call(&self, args: [i64; 4]) -> i64 {
        let result: i64;
        let kept: i64;
        // SAFETY: the code follows the C convention and touches only memory that it is given. `rbx` and `rbp` cannot
        // be operands, so they are pushed here; an even number of pushes keeps the stack aligned.
        unsafe {
            asm!(
                "push rbx",
                "push rbp",
                "mov rbx, 0x1111",
                "mov rbp, 0x2222",
                "mov r12, 0x3333",
                "mov r13, 0x4444",
                "mov r14, 0x5555",
                "mov r15, 0x6666",
                "call rax",
                "lea rbx, [rbx + rbp]",
                "lea r12, [r12 + r13]",
                "lea r14, [r14 + r15]",
                "add rbx, r12",
                "add rbx, r14",
                "mov rcx, rbx",
                "pop rbp",
                "pop rbx",
                inout("rax") self.at => result,
                inout("rdi") args[0] => _,
                inout("rsi") args[1] => _,
                inout("rdx") args[2] => _,
                inout("rcx") args[3] => kept,
                out("r12") _, out("r13") _, out("r14") _, out("r15") _,
                clobber_abi("C"),
            );
        }
        assert_eq!(kept, 0x1111 + 0x2222 + 0x3333 + 0x4444 + 0x5555 + 0x6666);
        result
    }
}

impl Drop for Code {
    fn drop(&mut self) {
        // SAFETY: made by `new`, nobody runs it any more.
        unsafe { munmap(self.at, self.len) };
    }
}

/// What functions of the runtime give in these tests.
fn mix(slot: usize, args: &[i64]) -> i64 {
    let mut sum = slot as i64;
    for arg in args {
        sum = sum.wrapping_mul(0x0100_0193).rotate_left(7) ^ arg;
    }
    // A truth is one byte.
    if slot == 16 { sum & 1 } else { sum }
}

/// Destroys all registers that a callee may destroy.
fn trample() {
    // SAFETY: all registers written are declared.
    unsafe {
        asm!(
            "mov rcx, 0x77770001", "mov rdx, 0x77770002", "mov rsi, 0x77770003", "mov rdi, 0x77770004",
            "mov r8, 0x77770005", "mov r9, 0x77770006", "mov r10, 0x77770007", "mov r11, 0x77770008",
            "movq xmm0, rcx", "movq xmm1, rcx", "movq xmm2, rcx", "movq xmm3, rcx", "movq xmm4, rcx",
            "movq xmm5, rcx", "movq xmm6, rcx", "movq xmm7, rcx", "movq xmm8, rcx", "movq xmm9, rcx",
            "movq xmm10, rcx", "movq xmm11, rcx", "movq xmm12, rcx", "movq xmm13, rcx", "movq xmm14, rcx",
            "movq xmm15, rcx",
            out("rcx") _, out("rdx") _, out("rsi") _, out("rdi") _, out("r8") _, out("r9") _, out("r10") _,
            out("r11") _, out("xmm0") _, out("xmm1") _, out("xmm2") _, out("xmm3") _, out("xmm4") _,
            out("xmm5") _, out("xmm6") _, out("xmm7") _, out("xmm8") _, out("xmm9") _, out("xmm10") _,
            out("xmm11") _, out("xmm12") _, out("xmm13") _, out("xmm14") _, out("xmm15") _,
        );
    }
}

/// The upper bits of a C bool are anything.
extern "C" fn truth(a: i64) -> i64 {
    trample();
    mix(16, &[a]) | 0x5a00
}

extern "C" fn two(a: i64, b: i64) -> i64 {
    trample();
    mix(4, &[a, b])
}

extern "C" fn three(a: i64, b: i64, c: i64) -> i64 {
    trample();
    mix(18, &[a, b, c])
}

extern "C" fn four(a: i64, b: i64, c: i64, to: *mut i64) {
    trample();
    // SAFETY: the functions under test pass an aligned address in their memory.
    unsafe { to.write(mix(45, &[a, b, c])) };
}

/// The same for the interpreter, whose memory is a copy.
fn runtime(start: u64) -> impl FnMut(&mut [u8], Fun, &[u64]) -> Result<u64, u64> {
    move |memory, fun, args| {
        let args: Vec<i64> = args.iter().map(|arg| *arg as i64).collect();
        let [args @ .., to] = &args[..] else {
            return Ok(mix(fun.slot(), &args) as u64);
        };
        if fun != Fun::SetupCodeStateNative {
            return Ok(mix(fun.slot(), &[args, &[*to]].concat()) as u64);
        }
        let at = (*to as u64 - start) as usize;
        memory[at..at + 8].copy_from_slice(&mix(45, args).to_le_bytes());
        Ok(0)
    }
}

fn table() -> [usize; 87] {
    let mut table = [0; 87];
    table[4] = two as *const () as usize;
    table[16] = truth as *const () as usize;
    table[18] = three as *const () as usize;
    table[45] = four as *const () as usize;
    table
}

fn machine(func: &mut Func) -> Machine {
    let arch = X86::new(Target::stock(Arch::X64, 0)).unwrap();
    // Half of the functions as they are, half of them as the optimiser makes them.
    if func.vregs.len().is_multiple_of(2) {
        optimise(func, &arch).unwrap();
    }
    legalise(func, &arch).unwrap();
    verify(func, 8).unwrap();
    emit(func, &arch).unwrap()
}

const MEMORY: u32 = 1024;

/// Result and memory of both.
fn both(func: &mut Func, a: i64, b: i64) -> [(Result<i64, Stop>, Vec<u8>); 2] {
    let table = table();
    let mut memory: Vec<u8> = (0..MEMORY).map(|at| (at * 7) as u8).collect();
    let args = [table.as_ptr() as i64, memory.as_mut_ptr() as i64, a, b];
    let mut call = runtime(memory.as_ptr() as u64);
    let mut world = World {
        word: 8,
        start: memory.as_ptr() as u64,
        memory: memory.clone(),
        call: &mut call,
        fuel: 1_000_000,
    };
    let wanted = run(func, &mut world, &args.map(|arg| arg as u64)).map(|value| value as i64);
    let wanted_memory = world.memory;
    if matches!(wanted, Err(Stop::Fuel)) {
        return [(wanted, Vec::new()), (wanted, Vec::new())];
    }
    let code = Code::new(&machine(func).bytes);
    let found = code.call(args);
    [(wanted, wanted_memory), (Ok(found), memory)]
}

fn check(seed: u64, shape: Shape) {
    let mut dice = Dice::new(seed);
    let mut func = function(&mut dice, shape);
    verify(&func, 8).unwrap();
    let text = func.to_string();
    let (a, b) = (dice.constant(), dice.constant());
    let [wanted, found] = both(&mut func, a, b);
    assert!(
        wanted.0 == found.0,
        "seed {seed}: {:?} is {:?}\n{text}",
        found.0,
        wanted.0
    );
    assert!(wanted.1 == found.1, "seed {seed}: memory differs\n{text}");
}

#[test]
fn random_functions_compute_what_the_interpreter_does() {
    for seed in 0..600 {
        let shape = Shape {
            locals: 3 + (seed % 5) as usize,
            statements: 5 + (seed % 40) as usize,
            division: true,
            floats: true,
            products: true,
            calls: true,
            handlers: false,
            word: 8,
            memory: MEMORY,
        };
        check(seed, shape);
    }
}

#[test]
fn functions_with_more_values_than_registers_spill() {
    for seed in 1000..1200 {
        let shape = Shape {
            locals: 40,
            statements: 60,
            division: true,
            floats: true,
            products: true,
            calls: seed % 2 == 0,
            handlers: false,
            word: 8,
            memory: MEMORY,
        };
        check(seed, shape);
    }
}

/// The result of a function written as text.
fn result(text: &str, a: i64, b: i64) -> i64 {
    let mut func = parse(text).unwrap();
    verify(&func, 8).unwrap();
    let [wanted, found] = both(&mut func, a, b);
    assert_eq!(wanted.0, found.0);
    found.0.unwrap()
}

#[test]
fn a_loop_without_end_that_does_nothing_is_left_alone() {
    let mut func = parse(
        "func q0 words 4
        b0(v0: word, v1: word, v2: word, v3: word):
          branch eq v2, 1 then b1 else b3
        b1:
          jump b2
        b2:
          jump b1
        b3:
          return v2",
    )
    .unwrap();
    let code = Code::new(&machine(&mut func).bytes);
    assert_eq!(code.call([0, 0, 7, 0]), 7);
}

#[test]
fn values_trade_places_around_a_loop() {
    let fibonacci = "func q0 words 4
        b0(v0: word, v1: word, v2: word, v3: word):
          v10: word = const 0
          v11: word = const 1
          jump b1(v10, v11, v2)
        b1(v4: word, v5: word, v6: word):
          v7: word = add v4, v5
          v8: word = sub v6, 1
          branch ne v8, 0 then b1(v5, v7, v8) else b2
        b2:
          return v4";
    assert_eq!(result(fibonacci, 10, 0), 34);
    let swap = "func q0 words 4
        b0(v0: word, v1: word, v2: word, v3: word):
          v9: word = const 5
          jump b1(v2, v3, v9)
        b1(v4: word, v5: word, v6: word):
          v8: word = sub v6, 1
          branch ne v8, 0 then b1(v5, v4, v8) else b2
        b2:
          v7: word = shl v4, 8
          v10: word = or v7, v5
          return v10";
    assert_eq!(result(swap, 1, 2), 0x102);
}

#[test]
fn division_rounds_down() {
    let text = |op: &str| {
        format!(
            "func q0 words 4
            b0(v0: word, v1: word, v2: word, v3: word):
              v4: word = {op} v2, v3
              return v4"
        )
    };
    for (a, b) in [
        (7, 2),
        (-7, 2),
        (7, -2),
        (-7, -2),
        (6, -3),
        (i64::MIN, 2),
        (5, i64::MIN),
    ] {
        result(&text("div_floor"), a, b);
        result(&text("mod_floor"), a, b);
    }
    assert_eq!(result(&text("div_floor"), -7, 2), -4);
    assert_eq!(result(&text("mod_floor"), -7, 2), 1);
    assert_eq!(result(&text("div_unsigned"), -1, 2), i64::MAX);
}
