//! The golden `.mpy` files of the stock cross compiler: read, verified, written back to the same bytes; damaged ones
//! refused.
use std::fs;
use std::path::{Path, PathBuf};

use ferlance_abi::Arch;
use ferlance_abi::qstr::Pool;
use ferlance_bytecode::disasm::{Listing, Options};
use ferlance_bytecode::lift::lift;
use ferlance_bytecode::mpy::{self, Host};
use ferlance_bytecode::text::{Display, parse};
use ferlance_bytecode::{Assembler, NameTable, RawKind, verify};
use mpy_cross::machine::Machines;

fn vectors(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("vectors")
        .join(folder)
}

/// All `.mpy` files below `folder`, sorted, those in `bad/` left out.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("bad") {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "mpy") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn golden() -> Vec<(PathBuf, Vec<u8>)> {
    let mut paths = files(&vectors("mpy"));
    paths.extend(files(&vectors("natmod")));
    assert!(paths.len() > 180, "{} files", paths.len());
    paths
        .into_iter()
        .map(|path| (path.clone(), fs::read(path).unwrap()))
        .collect()
}

#[test]
fn every_golden_file_is_written_back_to_the_same_bytes() {
    for (path, data) in golden() {
        let mut pool = Pool::new();
        let module = mpy::read(&data, &mut pool, &Host::TOOL)
            .unwrap_or_else(|error| panic!("{path:?}: {error}"));
        let written = mpy::write(&module, &pool).unwrap();
        assert!(written[..] == data[..], "{path:?}");
    }
}

#[test]
fn every_golden_file_passes_the_verifier() {
    for (path, data) in golden() {
        let mut pool = Pool::new();
        let module = mpy::read(&data, &mut pool, &Host::TOOL).unwrap();
        if let Err(error) = verify(module) {
            panic!("{path:?}: {error}");
        }
    }
}

#[test]
fn listings_of_the_worked_examples_are_those_of_the_manual() {
    let mut seen = 0;
    for entry in fs::read_dir(vectors("listings")).unwrap() {
        let path = entry.unwrap().path();
        let wanted = fs::read_to_string(&path).unwrap();
        // The bytes stand on the left of each line.
        let bytes = wanted
            .lines()
            .flat_map(|line| line.get(..34).unwrap_or(line).split_whitespace());
        let data: Vec<u8> = bytes
            .map(|hex| u8::from_str_radix(hex, 16).unwrap())
            .collect();
        let mut pool = Pool::new();
        let module = mpy::read(&data, &mut pool, &Host::TOOL).unwrap();
        let listing = Listing {
            module: &module,
            pool: &pool,
            options: Options::default(),
            machine: None,
        };
        assert_eq!(listing.to_string(), wanted, "{path:?}");
        seen += 1;
    }
    assert_eq!(seen, 10);
}

#[test]
fn listings_hold_every_byte_and_name_the_instructions() {
    let mut listed = String::new();
    for (path, data) in golden() {
        let mut pool = Pool::new();
        let module = mpy::read(&data, &mut pool, &Host::TOOL).unwrap();
        let listing = Listing {
            module: &module,
            pool: &pool,
            options: Options { source_lines: true },
            machine: Some(&Machines),
        };
        let text = listing.to_string();
        let bytes = text
            .lines()
            .flat_map(|line| line.get(..34).unwrap_or(line).split_whitespace());
        let shown: Vec<u8> = bytes
            .map(|hex| u8::from_str_radix(hex, 16).unwrap_or_else(|_| panic!("{path:?}: {hex}")))
            .collect();
        assert!(shown == data, "{path:?}:\n{text}");
        listed.push_str(&text);
    }
    // One of each: bytecode, x86-64, Thumb, RISC-V, Xtensa with windows and without.
    for instruction in [
        "LOAD_CONST_SMALL_INT",
        "push rbp",
        "push {r",
        "addi sp, sp, -",
        "entry a1, ",
        "s32i.n a0, a1, 0",
    ] {
        assert!(listed.contains(instruction), "{instruction}");
    }
}

#[test]
fn every_bytecode_function_assembles_to_its_bytes_again() {
    let mut functions = 0;
    for (path, data) in golden() {
        let mut pool = Pool::new();
        let module = mpy::read(&data, &mut pool, &Host::TOOL).unwrap();
        let verified = verify(module).unwrap();
        let module = verified.module();
        let mut assembler = Assembler::new();
        for (id, raw) in module.codes.iter_enumerated() {
            if raw.kind != RawKind::Bytecode {
                continue;
            }
            let info = verified.info(id);
            let code = lift(raw, &module.names, info.n_locals, info.n_free).unwrap();
            let text = Display {
                code: &code,
                pool: &pool,
            }
            .to_string();
            let code = parse(&text, &mut pool)
                .unwrap_or_else(|error| panic!("{path:?} {error:?}\n{text}"));
            let mut names = NameTable::default();
            for name in &module.names {
                names.index_of(*name).unwrap();
            }
            let bytes = assembler.assemble(&code, &mut names, true).unwrap();
            assert!(bytes[..] == raw.bytes[..], "{path:?}\n{text}");
            functions += 1;
        }
    }
    assert!(functions > 500, "{functions} functions");
}

/// What becomes of the files in `bad/` on a 64-bit host that takes native code for x64.
#[test]
fn damaged_files_are_refused_and_odd_ones_are_not() {
    let refused = [
        ("empty", "incompatible .mpy file"),
        ("bad_magic", "incompatible .mpy file"),
        ("version_5", "incompatible .mpy file"),
        ("version_7", "incompatible .mpy file"),
        ("small_int_64", "incompatible .mpy file"),
        ("sub_version_2_x64", "incompatible .mpy file"),
        ("arch_armv7m", "incompatible .mpy arch"),
        ("arch_15", "incompatible .mpy arch"),
        ("bit7_set", "incompatible .mpy file"),
        ("bit7_set_sub3", "incompatible .mpy arch"),
        ("flags_bit_no_rv32", "incompatible .mpy file"),
        ("bad_int_text", "invalid syntax for integer with base 10: "),
        (
            "empty_int_text",
            "invalid syntax for integer with base 10: ",
        ),
        ("bad_float_text", "invalid syntax for number"),
        // Upstream reads an unknown tag as a float, loads text that is not UTF-8, a name out of range and an
        // unassigned opcode, and never ends when a table is cut. We refuse.
        ("unknown_object_tag", "incompatible .mpy file"),
        ("str_not_utf8", "incompatible .mpy file"),
        ("static_qstr_out_of_range", "incompatible .mpy file"),
        ("unassigned_opcode", "incompatible .mpy file"),
        ("cut_in_code", "incompatible .mpy file"),
        ("cut_after_header", "incompatible .mpy file"),
        ("cut_in_tables", "incompatible .mpy file"),
    ];
    // Harmless, and upstream takes them.
    let taken = [
        "sub_version_2_no_native",
        "arch_x64",
        "trailing_bytes",
        "overlong_vuint",
        "inline_static_name",
    ];

    let folder = vectors("mpy").join("bad");
    let load = |name: &str| {
        let data = fs::read(folder.join(name).with_extension("mpy")).unwrap();
        let mut pool = Pool::new();
        let host = Host {
            small_int_bits: 63,
            ..Host::running(Arch::X64)
        };
        let module = mpy::read(&data, &mut pool, &host).map_err(|error| error.message())?;
        verify(module).map(|_| ()).map_err(|error| error.message())
    };
    for (name, message) in refused {
        assert_eq!(load(name), Err(message), "{name}");
    }
    for name in taken {
        assert_eq!(load(name), Ok(()), "{name}");
    }
    assert_eq!(
        fs::read_dir(&folder).unwrap().count(),
        refused.len() + taken.len()
    );
}

#[test]
fn every_prefix_of_a_golden_file_is_refused() {
    for (path, data) in golden() {
        // Long files: every 23rd length, and all at the end.
        let lengths = (0..data.len()).filter(|len| len % 23 == 0 || len + 100 > data.len());
        for len in lengths {
            let mut pool = Pool::new();
            let error = mpy::read(&data[..len], &mut pool, &Host::TOOL)
                .map(|_| ())
                .unwrap_err();
            assert_eq!(
                error.message(),
                "incompatible .mpy file",
                "{path:?} cut at {len}"
            );
        }
    }
}

#[test]
fn flipped_bits_never_panic() {
    let mut taken = 0;
    let mut random = 1u32;
    for (_, data) in golden() {
        for round in 0..30 {
            let mut data = data.clone();
            for _ in 0..=random % 3 {
                random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let at = (random >> 8) as usize % data.len();
                data[at] ^= 1 << (random >> 5 & 7);
            }
            let mut pool = Pool::new();
            let Ok(module) = mpy::read(&data, &mut pool, &Host::TOOL) else {
                continue;
            };
            let listing = Listing {
                module: &module,
                pool: &pool,
                options: Options { source_lines: true },
                // Once for each file: finding the rows of instructions takes its time.
                machine: (round == 0).then_some(&Machines),
            };
            assert!(!listing.to_string().is_empty());
            assert!(mpy::write(&module, &pool).is_ok());
            taken += verify(module).is_ok() as u32;
        }
    }
    assert!(taken > 30, "{taken} survived");
}
