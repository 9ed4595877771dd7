//! Viper kernels on boards: compiled from source, called as a runtime calls them, under emulators.
//!
//! `FERLANCE_SIZES=1 cargo test --test board_kernels -- --nocapture` prints the bytes of each function.

use ferlance_abi::arch::Arch;
use ferlance_abi::qstr::Pool;
use ferlance_abi::{Fun, layout};
use ferlance_bytecode::module::{Const, RawKind};
use ferlance_compiler::{Options, compile};
use ferlance_native_emitter::Target;
use ferlance_tests::emulator::{self, MEMORY, Program};

/// Data of a kernel, from `MEMORY` on.
const DATA_BYTES: u32 = 0x8000;
const TABLE: u32 = MEMORY + DATA_BYTES;
const CONTEXT: u32 = TABLE + 0x400;
const OBJECTS: u32 = CONTEXT + 0x40;
const FUNCTION: u32 = CONTEXT + 0x80;
const ARGS: u32 = CONTEXT + 0xc0;

/// A kernel: its source, its arguments as objects or numbers, its data, what it returns.
struct Kernel {
    name: &'static str,
    source: &'static str,
    args: Vec<Arg>,
    data: Vec<u8>,
    result: u32,
    divides: bool,
}

#[derive(Clone, Copy)]
enum Arg {
    /// A small int.
    Int(u32),
    /// The address of this byte of the data.
    Data(u32),
}

fn words(items: impl IntoIterator<Item = i32>) -> Vec<u8> {
    items.into_iter().flat_map(i32::to_le_bytes).collect()
}

fn crc32() -> Kernel {
    let table: Vec<u32> = (0..256u32)
        .map(|i| {
            (0..8).fold(i, |c, _| {
                if c & 1 != 0 {
                    c >> 1 ^ 0xedb8_8320
                } else {
                    c >> 1
                }
            })
        })
        .collect();
    let bytes: Vec<u8> = (0..256u32).map(|i| (i * 7 + (i >> 3)) as u8).collect();
    let crc = bytes.iter().cycle().take(512).fold(u32::MAX, |crc, byte| {
        table[((crc ^ u32::from(*byte)) & 0xff) as usize] ^ crc >> 8
    });
    let mut data = bytes;
    data.extend(words(table.into_iter().map(|word| word as i32)));
    Kernel {
        name: "crc32",
        source: "
@micropython.viper
def kernel(buf_in, n: int, table_in, rounds: int) -> uint:
    buf = ptr8(buf_in)
    table = ptr32(table_in)
    crc = uint(0xFFFFFFFF)
    for _ in range(rounds):
        for i in range(n):
            crc = uint(table[(crc ^ uint(buf[i])) & uint(0xFF)]) ^ (crc >> uint(8))
    return crc ^ uint(0xFFFFFFFF)
",
        args: vec![Arg::Data(0), Arg::Int(256), Arg::Data(256), Arg::Int(2)],
        data,
        result: !crc,
        divides: false,
    }
}

fn sieve() -> Kernel {
    const N: usize = 1000;
    let mut composite = [false; N];
    let (mut count, mut total) = (0, 0);
    for i in 2..N {
        if !composite[i] {
            count += 1;
            total += i;
            composite[(i * i).min(N)..]
                .iter_mut()
                .step_by(i)
                .for_each(|it| *it = true);
        }
    }
    Kernel {
        name: "sieve",
        source: "
@micropython.viper
def kernel(flags_in, n: int) -> int:
    flags = ptr8(flags_in)
    count = 0
    total = 0
    i = 2
    while i < n:
        if not flags[i]:
            count += 1
            total += i
            j = i * i
            while j < n:
                flags[j] = 1
                j += i
        i += 1
    return total ^ count
",
        args: vec![Arg::Data(0), Arg::Int(N as u32)],
        data: vec![0; N],
        result: (total ^ count) as u32,
        divides: false,
    }
}

fn mandel() -> Kernel {
    let (w, h, limit) = (8, 6, 20);
    let mut acc = 0i32;
    for py in 0..h {
        let y0 = (py * 8192i32).div_euclid(h) - 4096;
        for px in 0..w {
            let x0 = (px * 12288i32).div_euclid(w) - 8192;
            let (mut x, mut y, mut n) = (0i32, 0i32, 0);
            while n < limit {
                let (xx, yy) = ((x * x) >> 12, (y * y) >> 12);
                if xx + yy > 16384 {
                    break;
                }
                y = ((x * y) >> 11) + y0;
                x = xx - yy + x0;
                n += 1;
            }
            acc = (acc * 3 + n) & 0xff_ffff;
        }
    }
    Kernel {
        name: "mandel",
        source: "
@micropython.viper
def kernel(w: int, h: int, limit: int) -> int:
    acc = 0
    for py in range(h):
        y0 = (py * 8192) // h - 4096
        for px in range(w):
            x0 = (px * 12288) // w - 8192
            x = 0
            y = 0
            n = 0
            while n < limit:
                xx = x * x >> 12
                yy = y * y >> 12
                if xx + yy > 16384:
                    break
                y = (x * y >> 11) + y0
                x = xx - yy + x0
                n += 1
            acc = (acc * 3 + n) & 0xFFFFFF
    return acc
",
        args: vec![
            Arg::Int(w as u32),
            Arg::Int(h as u32),
            Arg::Int(limit as u32),
        ],
        data: Vec::new(),
        result: acc as u32,
        divides: true,
    }
}

fn matmul() -> Kernel {
    const N: usize = 10;
    let a: Vec<i32> = (0..N * N).map(|i| (i as i32 * 7) % 31 - 15).collect();
    let b: Vec<i32> = (0..N * N).map(|i| (i as i32 * 5) % 29 - 14).collect();
    let mut check = 0;
    for i in 0..N {
        for j in 0..N {
            let s: i32 = (0..N).map(|k| a[i * N + k] * b[k * N + j]).sum();
            check = (check * 5 + s) & 0xff_ffff;
        }
    }
    let len = 4 * (N * N) as u32;
    Kernel {
        name: "matmul",
        source: "
@micropython.viper
def kernel(a_in, b_in, c_in, n: int) -> int:
    a = ptr32(a_in)
    b = ptr32(b_in)
    c = ptr32(c_in)
    check = 0
    for i in range(n):
        for j in range(n):
            s = 0
            for k in range(n):
                s += a[i * n + k] * b[k * n + j]
            c[i * n + j] = s
            check = (check * 5 + s) & 0xFFFFFF
    return check
",
        args: vec![
            Arg::Data(0),
            Arg::Data(len),
            Arg::Data(2 * len),
            Arg::Int(N as u32),
        ],
        data: words(a.into_iter().chain(b)),
        result: check as u32,
        divides: false,
    }
}

fn fir() -> Kernel {
    let taps = [
        12, 40, 110, 240, 430, 700, 1100, 1464, 1464, 1100, 700, 430, 240, 110, 40, 12,
    ];
    let x: Vec<i32> = (0..144).map(|i| (i * 1103 + 123) & 0xfff).collect();
    let mut check = 0;
    for i in 0..128 {
        let acc: i32 = (0..16).map(|j| taps[j] * x[i + j]).sum();
        check = (check * 5 + (acc >> 13).clamp(1500, 2500)) & 0xff_ffff;
    }
    Kernel {
        name: "fir",
        source: "
@micropython.viper
def kernel(taps_in, ntaps: int, x_in, out_in, n: int) -> int:
    taps = ptr32(taps_in)
    x = ptr32(x_in)
    out = ptr32(out_in)
    check = 0
    for i in range(n):
        acc = 0
        for j in range(ntaps):
            acc += taps[j] * x[i + j]
        acc >>= 13
        if acc > 2500:
            acc = 2500
        elif acc < 1500:
            acc = 1500
        out[i] = acc
        check = (check * 5 + acc) & 0xFFFFFF
    return check
",
        args: vec![
            Arg::Data(0),
            Arg::Int(16),
            Arg::Data(64),
            Arg::Data(1024),
            Arg::Int(128),
        ],
        data: words(taps.into_iter().chain(x)),
        result: check as u32,
        divides: false,
    }
}

/// `native_from_obj` for small ints and addresses, and `native_to_obj` that leaves words as they are.
fn shims(arch: Arch) -> [Vec<u8>; 2] {
    let [from, to] = match arch {
        Arch::X86 => {
            let from: &[u8] = &[
                0x8b, 0x44, 0x24, 0x04, // mov eax, [esp + 4]
                0xa8, 0x01, // test al, 1
                0x74, 0x02, // jz end
                0xd1, 0xf8, // sar eax, 1
                0xc3, // end: ret
            ];
            let to: &[u8] = &[
                0x8b, 0x44, 0x24, 0x04, // mov eax, [esp + 4]
                0xc3, // ret
            ];
            return [from.to_vec(), to.to_vec()];
        }
        Arch::Rv32imc | Arch::Rv64imc => [
            "    andi(a2, a0, 1)\n    beq(a2, zero, END)\n    srai(a0, a0, 1)\n    label(END)\n",
            "    pass\n",
        ],
        Arch::Xtensa | Arch::Xtensawin => [
            "    bbci(a2, 0, END)\n    srai(a2, a2, 1)\n    label(END)\n",
            "    pass\n",
        ],
        _ => [
            "    asr(r1, r0, 1)\n    bcc(END)\n    mov(r0, r1)\n    label(END)\n",
            "    pass\n",
        ],
    };
    [from, to].map(|body| emulator::assemble(arch, body))
}

fn run(arch: Arch, flags: u8) {
    if !emulator::is_there(arch) {
        return;
    }
    for kernel in [crc32(), sieve(), mandel(), matmul(), fir()] {
        if kernel.divides && matches!(arch, Arch::Armv6m | Arch::Xtensa) {
            continue; // they call the runtime for that
        }
        let mut pool = Pool::new();
        let options = Options {
            arch,
            arch_flags: u32::from(flags),
            target: Some(Target::stock(arch, flags)),
            ..Options::default()
        };
        let module = compile(kernel.source.as_bytes(), &mut pool, &options)
            .unwrap_or_else(|diag| panic!("{arch:?} {}: {diag}", kernel.name));
        let is_viper = |kind| matches!(kind, RawKind::Viper { .. });
        let mut codes = module.codes.iter();
        let code = codes
            .find(|code| is_viper(code.kind))
            .expect("a viper function");
        if std::env::var_os("FERLANCE_SIZES").is_some() {
            println!(
                "{arch:?} {flags} {} {} bytes",
                kernel.name,
                code.bytes.len()
            );
        }
        let mut program = Program::new(arch);
        let [from_obj, to_obj] = shims(arch).map(|code| u64::from(program.function(&code)));
        program.memory = kernel.data.clone();
        program.memory.resize((ARGS - MEMORY) as usize + 64, 0);
        let mut put = |area: u32, number: usize, value: u64| {
            program.put_word(area + program.word() * number as u32, value);
        };
        put(TABLE, Fun::NativeFromObj.slot(), from_obj);
        put(TABLE, Fun::NativeToObj.slot(), to_obj);
        put(CONTEXT, layout::CONTEXT_OBJ_TABLE, OBJECTS.into());
        for (at, value) in module.consts.iter().enumerate() {
            match value {
                Const::FunTable => put(OBJECTS, at, TABLE.into()),
                // What is beyond small ints of 32 bits arrives as an object; here, as its number. Wider words have
                // small ints for all of these.
                Const::Int(text) => {
                    let text = std::str::from_utf8(text).expect("digits");
                    let value: i64 = text.parse().expect("a number");
                    assert!(value as u32 & 1 == 0 || value as u32 == u32::MAX);
                    let wide = arch.word_bytes() == 8;
                    put(
                        OBJECTS,
                        at,
                        if wide { value << 1 | 1 } else { value } as u64,
                    );
                }
                other => panic!("{other:?}"),
            }
        }
        put(FUNCTION, layout::FUN_BC_CONTEXT, CONTEXT.into());
        for (at, arg) in kernel.args.iter().enumerate() {
            let word = match *arg {
                Arg::Int(value) => u64::from(value) << 1 | 1,
                Arg::Data(offset) => u64::from(MEMORY + offset),
            };
            put(ARGS, at, word);
        }
        let function = program.function(&code.bytes);
        let times: u32 = std::env::var("FERLANCE_CALLS").map_or(1, |n| n.parse().unwrap());
        for _ in 0..times {
            let arguments = kernel.args.len() as u64;
            program.call(function, [FUNCTION.into(), arguments, 0, ARGS.into()]);
        }
        let run = program
            .run()
            .unwrap_or_else(|error| panic!("{arch:?} {}: {error}", kernel.name));
        if times == 1 {
            // Small ints are made in place; the shim leaves what is beyond them as it is.
            let result = u64::from(kernel.result);
            let result = match arch.word_bytes() == 8 || result < 1 << 30 {
                true => result << 1 | 1,
                false => result,
            };
            assert_eq!(run.results, [result], "{arch:?} {}", kernel.name);
            assert_eq!(run.kept, [true], "{arch:?} {}", kernel.name);
        }
    }
}

#[test]
fn armv6m() {
    run(Arch::Armv6m, 0);
}

#[test]
fn armv7m() {
    run(Arch::Armv7m, 0);
    run(Arch::Armv7emdp, 0);
}

#[test]
fn rv32imc() {
    run(Arch::Rv32imc, 0);
    run(Arch::Rv32imc, 1);
}

#[test]
fn rv64imc() {
    run(Arch::Rv64imc, 0);
}

#[test]
fn x86() {
    run(Arch::X86, 0);
}

#[test]
fn xtensa() {
    run(Arch::Xtensa, 0);
}

#[test]
fn xtensawin() {
    run(Arch::Xtensawin, 0);
}
