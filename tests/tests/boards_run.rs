//! Whole programs on emulated boards: the runtime itself, built for each architecture, with machine code calling the
//! real function table.
//!
//! | trials | what runs on each board |
//! | --- | --- |
//! | `stock::mpy`, `stock::emit` | what the stock compiler made for it: `tests/vectors/mpy`, `tests/vectors/natmod/emit` |
//! | `ours::emit` | the sources of these, compiled by our compiler for stock firmware |
//! | `file` | `tests/native` and some of `tests/lang`, compiled to a file by our compiler, natively, with its lines beside it |
//! | `small` | the same and `tests/lang` with `-X native=small`, where there are bars for bytes |
//! | `viper`, `kernels` | the calls of `tests/vectors/viper/runtime.json`, the kernels by each emitter, compiled there |
//! | `inline_asm` | the calls of `tests/vectors/inlineasm/runtime.json`, assembled there |
//! | `typed`, `typed_file` | `tests/viper`, what stock lacks: compiled there, and to a file for stock firmware |
//! | `bytecode`, `native` | `tests/lang`, `tests/native` and the behaviour vectors, compiled there |
//! | `pieces`, `pieces_file`, `pieces_gc` | the native ones of these, piece by piece |
//! | `gc` | native programs with a collection at each allocation |
//!
//! Trials whose emulator is not installed show as ignored (`cargo xtask setup`).

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use ferlance_abi::{Arch, CodeKind};
use ferlance_tests::{
    board, calls,
    interpreter::{End, Interpreter, LIMIT, Outcome, compare},
    own_files::{self, How, OwnFile},
    programs::{self, expected},
    scope,
    stock_files::{self, stem},
    workspace,
};
use libtest_mimic::{Arguments, Failed, Trial};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    for arch in board::ARCHS {
        of_board(arch, &mut trials);
    }
    if arguments.filter.is_none() && !arguments.list {
        // These take longest to build, and come last.
        for arch in [Arch::Xtensa, Arch::Xtensawin] {
            if board::is_there(arch) {
                // The trials report what goes wrong.
                std::thread::spawn(move || board::interpreter(arch));
            }
        }
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// What a trial does with the interpreter of a board.
type OnBoard = Box<dyn FnOnce(&Interpreter) -> Result<(), Failed> + Send>;

fn of_board(arch: Arch, trials: &mut Vec<Trial>) {
    let root = workspace::root();
    let there = board::is_there(arch);
    let mut add = |name: String, run: OnBoard| {
        let trial = Trial::test(format!("{}::{name}", arch.name()), move || {
            run(&board::interpreter(arch)?)
        });
        trials.push(trial.with_ignored_flag(!there));
    };
    for path in stock_files(arch) {
        let stem = stem(&path);
        add(
            format!("stock::mpy::{stem}"),
            Box::new(move |board| stock_files::import(board, &path)),
        );
    }
    for name in emitted_sources(arch) {
        // Stock has no emitter for 64-bit RISC-V.
        if arch != Arch::Rv64imc {
            add(
                format!("stock::emit::{name}"),
                Box::new(move |board| emitted(board, arch, name, false)),
            );
        }
        add(
            format!("ours::emit::{name}"),
            Box::new(move |board| emitted(board, arch, name, true)),
        );
    }
    add(
        "foreign".to_owned(),
        Box::new(move |board| foreign(board, arch)),
    );
    add(
        "viper::runtime".to_owned(),
        Box::new(move |board| viper_calls(board, arch)),
    );
    if !assembler_processors(arch).is_empty() {
        add(
            "inline_asm::runtime".to_owned(),
            Box::new(move |board| inline_asm_calls(board, arch)),
        );
    }
    add(
        "kernels::agree".to_owned(),
        Box::new(move |board| kernels(board, arch)),
    );
    let typed = programs::list(&root.join("tests/viper")).expect("the programs are readable");
    for program in typed {
        let (a, b) = (program.path.clone(), program.path.clone());
        // Lengths of pointers are asked for on the command line, which a board has not.
        if program.name != "sound" {
            add(
                format!("typed::{}", program.name),
                Box::new(move |board| whole_program(board, &a, "bytecode", None)),
            );
        }
        add(
            format!("typed_file::{}", program.name),
            Box::new(move |board| own_files::run(board, arch, (CodeKind::Bytecode, How::Fast), &b)),
        );
    }
    let own = programs::list(&root.join("tests/native")).expect("the programs are readable");
    for program in own {
        let (a, b) = (program.path.clone(), program.path.clone());
        add(
            format!("file::{}", program.name),
            Box::new(move |board| own_files::run(board, arch, (CodeKind::Native, How::Fast), &a)),
        );
        let path = program.path.clone();
        add(
            format!("pieces_file::{}", program.name),
            Box::new(move |board| {
                own_files::run(board, arch, (CodeKind::Native, How::Pieces), &path)
            }),
        );
        let path = program.path.clone();
        add(
            format!("pieces_gc::{}", program.name),
            Box::new(move |board| {
                let board = board.clone().with_options(&["-X", "native=pieces"]);
                let stressed = board.with_env("FERLANCE_GC_STRESS", "1");
                whole_program(&stressed, &path, "native", None)
            }),
        );
        if matches!(arch, Arch::Armv7m | Arch::Rv32imc) {
            let path = program.path.clone();
            add(
                format!("small::{}", program.name),
                Box::new(move |board| {
                    own_files::run(board, arch, (CodeKind::Native, How::Small), &path)
                }),
            );
        }
        add(
            format!("gc::{}", program.name),
            Box::new(move |board| {
                let stressed = board.clone().with_env("FERLANCE_GC_STRESS", "1");
                whole_program(&stressed, &b, "native", None)
            }),
        );
    }
    for (group, how) in [("file", How::Fast), ("pieces_file", How::Pieces)] {
        for (name, path) in own_files::of_language(root) {
            add(
                format!("{group}::{name}"),
                Box::new(move |board| own_files::run(board, arch, (CodeKind::Native, how), &path)),
            );
        }
    }
    // Bytecode is the same where the build is.
    let emits = match arch {
        Arch::Armv7m | Arch::Armv7emsp | Arch::Rv64imc | Arch::X86 => &["native"][..],
        _ => &["bytecode", "native"],
    };
    let out_of_scope = scope::load(root).expect("out_of_scope.txt is a list");
    let on_boards = differing("tests/native/differs_boards.txt");
    // These two share their emitters with others: their own are frames, calls, and what a word is.
    let folders = match arch {
        Arch::Rv64imc | Arch::X86 => &["tests/lang", "tests/native"][..],
        _ => &["tests/lang", "tests/native", "tests/vectors/behaviour"],
    };
    for folder in folders.iter().copied() {
        for program in programs::list(&root.join(folder)).expect("the programs are readable") {
            if out_of_scope.contains_key(&program.name) {
                continue;
            }
            if folder == "tests/lang" && matches!(arch, Arch::Armv7m | Arch::Rv32imc) {
                let path = program.path.clone();
                // From files, `sys.exc_info` is told nothing.
                if program.name != "handled" && !on_boards.contains_key(&program.name) {
                    add(
                        format!("small::{}", program.name),
                        Box::new(move |board| {
                            own_files::run(board, arch, (CodeKind::Native, How::Small), &path)
                        }),
                    );
                }
            }
            let reason = on_boards.get(&program.name).cloned();
            let path = program.path.clone();
            add(
                format!("pieces::{}", program.name),
                Box::new(move |board| {
                    let board = board.clone().with_options(&["-X", "native=pieces"]);
                    whole_program(&board, &path, "native", reason)
                }),
            );
            for emit in emits.iter().copied() {
                let reason = on_boards.get(&program.name).cloned();
                let path = program.path.clone();
                add(
                    format!("{emit}::{}", program.name),
                    Box::new(move |board| whole_program(board, &path, emit, reason)),
                );
            }
        }
    }
}

fn differing(list: &str) -> scope::OutOfScope {
    let text = fs::read_to_string(workspace::root().join(list)).expect("the list exists");
    scope::parse(&text).expect("the list has a reason for each")
}

/// The files of `tests/vectors/mpy` that the board takes, native code of lesser Thumbs included, and that print
/// something that is known. Those with `-march-flags` need a processor with these instructions.
fn stock_files(arch: Arch) -> Vec<PathBuf> {
    let folder = workspace::root().join("tests/vectors/mpy");
    let fits = |path: &Path| {
        let stem = stem(path);
        let mut parts = stem.rsplit('.');
        let file = parts.next().and_then(Arch::from_name);
        let module = stem.split('.').next().unwrap_or_default();
        file.is_some_and(|file| arch.accepts(file))
            && path.extension().is_some_and(|extension| extension == "mpy")
            && folder.join(format!("{module}.exp")).exists()
    };
    workspace::files(&folder, &fits).expect("the vectors are readable")
}

/// The sources of `tests/vectors/natmod/emit` for an architecture.
fn emitted_sources(arch: Arch) -> Vec<&'static str> {
    let assembler = match arch {
        Arch::Xtensa | Arch::Xtensawin => Some("nat_asm_xtensa"),
        Arch::Rv32imc => Some("nat_asm_rv32"),
        Arch::X86 | Arch::Rv64imc => None,
        _ => Some("nat_asm_thumb"),
    };
    ["nat_emit", "nat_whole"]
        .into_iter()
        .chain(assembler)
        .collect()
}

/// What the stock compiler, or ours for stock firmware, makes of a source of `emit`.
fn emitted(board: &Interpreter, arch: Arch, name: &str, ours: bool) -> Result<(), Failed> {
    let folder = workspace::root().join("tests/vectors/natmod/emit");
    let scratch = tempfile::tempdir()?;
    let module = format!("{name}.mpy");
    let to = scratch.path().join(&module);
    if ours {
        let emit = match name {
            "nat_whole" => CodeKind::Native,
            _ => CodeKind::Bytecode,
        };
        let source = folder.join(format!("{name}.py"));
        OwnFile::new(arch, emit, &source, How::Fast)?.write(&to)?;
    } else {
        // Assembler functions of armv7m are those of all greater Thumbs.
        let mut from = folder.join(arch.name()).join(&module);
        if !from.exists() {
            from = folder.join("armv7m").join(&module);
        }
        fs::copy(from, &to)?;
    }
    let (test, out) = match name {
        "nat_asm_thumb" | "nat_asm_rv32" => {
            ("test_nat_asm.py".to_owned(), "test_nat_asm".to_owned())
        }
        "nat_asm_xtensa" => ("test_nat_asm.py".to_owned(), "test_nat_asm".to_owned()),
        _ => (format!("test_{name}.py"), format!("test_{name}")),
    };
    let script = fs::read_to_string(folder.join(&test))?;
    // The script knows the modules of two architectures; the functions are the same in the third.
    let script = script.replace(
        "nat_asm_rv32",
        if name == "nat_asm_xtensa" {
            name
        } else {
            "nat_asm_rv32"
        },
    );
    fs::write(scratch.path().join(&test), script)?;
    let outcome = board.run_in(scratch.path(), &[&test], LIMIT)?;
    compare(&outcome, &fs::read(folder.join(format!("{out}.out")))?)
}

/// Machine code for others is refused, and whoever started the program is told what to do.
fn foreign(board: &Interpreter, arch: Arch) -> Result<(), Failed> {
    let scratch = tempfile::tempdir()?;
    let vectors = workspace::root().join("tests/vectors/mpy");
    fs::copy(vectors.join("native.x64.mpy"), scratch.path().join("m.mpy"))?;
    let outcome = board.run_in(scratch.path(), &["-c", "import m"], LIMIT)?;
    let name = arch.name();
    let hint = format!(
        "hint: m.mpy holds machine code for x64; this program runs {name}. `mpy-cross -march={name} m.py` makes one that does.\n"
    );
    let said = String::from_utf8_lossy(&outcome.stderr);
    let refused = outcome
        .stdout
        .ends_with(b"ValueError: incompatible .mpy arch\n");
    match said == hint && refused && outcome.end == End::Exit(1) {
        true => Ok(()),
        false => Err(format!("{said}{}", String::from_utf8_lossy(&outcome.stdout)).into()),
    }
}

fn whole_program(
    board: &Interpreter,
    source: &Path,
    emit: &str,
    differs: Option<String>,
) -> Result<(), Failed> {
    let scratch = tempfile::tempdir()?;
    let name = source.file_name().unwrap_or_default();
    fs::copy(source, scratch.path().join(name))?;
    let emit = format!("emit={emit}");
    let args = ["-X".into(), emit.into(), name.to_owned()];
    let outcome = board.run_in(scratch.path(), &args, LIMIT)?;
    match (compare(&outcome, &expected(source)?), differs) {
        (result, None) => result,
        // What is listed has to end in an orderly way all the same.
        (_, Some(_)) => outcome
            .disorder()
            .map_or(Ok(()), |disorder| Err(disorder.into())),
    }
}

fn run_text(board: &Interpreter, text: &str) -> Result<Outcome, Failed> {
    run_text_with(board, &[], text)
}

fn run_text_with(board: &Interpreter, options: &[&str], text: &str) -> Result<Outcome, Failed> {
    let scratch = tempfile::tempdir()?;
    fs::write(scratch.path().join("driver.py"), text)?;
    let args = [options, &["driver.py"]].concat();
    Ok(board.run_in(scratch.path(), &args, LIMIT)?)
}

fn viper_calls(board: &Interpreter, arch: Arch) -> Result<(), Failed> {
    let family = match arch {
        // All of these take the low bits of a count.
        Arch::Rv32imc | Arch::Rv64imc | Arch::X86 => "rv32",
        Arch::Xtensa | Arch::Xtensawin => "xtensa",
        _ => "thumb",
    };
    let word = if arch.word_bytes() == 8 {
        "word64"
    } else {
        "word32"
    };
    let calls = calls::viper(&["all", word, family]);
    compare(&run_text(board, &calls.program)?, calls.expected.as_bytes())
}

/// The processors of the vectors whose instructions the board has.
fn assembler_processors(arch: Arch) -> &'static [&'static str] {
    match arch {
        Arch::Armv7m => &["cortex-m3"],
        Arch::Armv7emsp | Arch::Armv7emdp => &["cortex-m3", "cortex-m7"],
        Arch::Rv32imc => &["rv32imac+zba"],
        // Armv6-M lacks much of what they use; there are none for Xtensa but those of `emit`.
        _ => &[],
    }
}

fn inline_asm_calls(board: &Interpreter, arch: Arch) -> Result<(), Failed> {
    let calls = calls::inline_asm(assembler_processors(arch));
    // The processor of the vectors has Zba, as the emulated one.
    let flags: &[&str] = match arch {
        Arch::Rv32imc => &["-X", "arch-flags=1"],
        _ => &[],
    };
    let outcome = run_text_with(board, flags, &calls.program)?;
    compare(&outcome, calls.expected.as_bytes())
}

fn kernels(board: &Interpreter, arch: Arch) -> Result<(), Failed> {
    let calls = calls::kernels(arch.word_bytes() as u32 * 8);
    compare(&run_text(board, &calls.program)?, calls.expected.as_bytes())
}
