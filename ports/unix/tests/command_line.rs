//! The command line (spec language, section 18): what scripts that drive the stock program rely on.

use std::fs;
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

const PROGRAM: &str = env!("CARGO_BIN_EXE_ferlance");
/// Longest wait for what must come: far more than a loaded machine needs.
const LIMIT: Duration = Duration::from_secs(120);
/// The file of a module that returns None.
const MODULE: &[u8] = b"M\x06\x00\x1f\x01\x00\x0f\x28\x00\x02\x00Qc";

/// Runs the program with these arguments, in `dir`, with `input` on standard input.
fn run_in(dir: &Path, args: &[&str], env: &[(&str, &str)], input: &str) -> Output {
    let mut child = Command::new(PROGRAM)
        .args(args)
        .current_dir(dir)
        .env_clear()
        .env("HOME", "/nowhere")
        .envs(env.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A program that ends without reading closes its end: that is its right.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

/// Output, error output and exit code.
fn run(args: &[&str]) -> (String, String, Option<i32>) {
    seen(&run_in(Path::new("/"), args, &[], ""))
}

fn seen(output: &Output) -> (String, String, Option<i32>) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (
        text(&output.stdout),
        text(&output.stderr),
        output.status.code(),
    )
}

fn out(text: &str) -> (String, String, Option<i32>) {
    (text.to_owned(), String::new(), Some(0))
}

#[test]
fn a_text_sees_its_arguments() {
    assert_eq!(
        run(&["-c", "import sys; print(sys.argv, __name__)", "-x", "y"]),
        out("['-c', '-x', 'y'] __main__\n")
    );
}

#[test]
fn a_damaged_file_is_refused_with_what_is_wrong_in_it() {
    let dir = tempfile::tempdir().unwrap();
    // Header, one name, one object: an int with the text `z'`; a module that returns None.
    fs::write(
        dir.path().join("bad.mpy"),
        b"M\x06\x00\x1f\x01\x01\x03\x07\x02z'\x28\x00\x02\x00Qc",
    )
    .unwrap();
    let (report, _, status) = seen(&run_in(dir.path(), &["-c", "import bad"], &[], ""));
    assert_eq!(status, Some(1));
    assert!(
        report.ends_with("ValueError: invalid syntax for integer with base 10: \"z'\"\n"),
        "{report}"
    );
}

#[test]
fn a_file_sees_its_arguments_and_its_directory() {
    let dir = tempfile::tempdir().unwrap();
    let real = fs::canonicalize(dir.path()).unwrap();
    fs::write(
        real.join("a.py"),
        "import sys; print(sys.argv, sys.path, __file__)",
    )
    .unwrap();
    let output = run_in(&real, &["a.py", "-i"], &[("MICROPYPATH", ":x:~/y")], "");
    let dir = real.display();
    assert_eq!(
        seen(&output),
        out(&format!(
            "['a.py', '-i'] ['{dir}', 'x', '/nowhere/y'] a.py\n"
        ))
    );
}

#[test]
fn the_search_path_has_its_usual_entries() {
    assert_eq!(
        run(&["-c", "import sys; print(sys.path)"]),
        out("['', '.frozen', '/nowhere/.micropython/lib', '/usr/lib/micropython']\n")
    );
}

#[test]
fn modules_and_packages_run_as_main() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("p")).unwrap();
    fs::write(dir.path().join("m.py"), "print(__name__)").unwrap();
    fs::write(dir.path().join("p/__init__.py"), "print(__name__)").unwrap();
    fs::write(dir.path().join("p/__main__.py"), "print(__name__)").unwrap();
    fs::write(
        dir.path().join("p/q.py"),
        "import sys; print(__name__, sys.argv)",
    )
    .unwrap();
    for (args, wanted) in [
        (&["-m", "m"][..], "__main__\n"),
        (&["-m", "p"], "p\n__main__\n"),
        (&["-m", "p.q", "x"], "p\n__main__ ['p.q', 'x']\n"),
        (&["-m", "math"], ""),
    ] {
        let output = run_in(dir.path(), args, &[], "");
        assert_eq!(seen(&output), out(wanted), "{args:?}");
    }
    let missing = seen(&run_in(dir.path(), &["-m", "nope"], &[], ""));
    let text = "ImportError: no module named 'nope'\n";
    assert_eq!(missing, (String::new(), text.to_owned(), Some(1)));
}

#[test]
fn standard_input_is_a_program() {
    let output = run_in(
        Path::new("/"),
        &[],
        &[],
        "import sys\nprint(sys.argv)\nx = 1\nif x:\n  1/0\n",
    );
    let traceback = "Traceback (most recent call last):\n  File \"<stdin>\", line 5, in <module>\nZeroDivisionError: divide by zero\n";
    assert_eq!(
        seen(&output),
        ("[]\n".to_owned(), traceback.to_owned(), Some(1))
    );
}

#[test]
fn tracebacks_of_files_and_texts_go_to_standard_output() {
    let (out, err, code) = run(&["-c", "1/0"]);
    assert!(out.ends_with("ZeroDivisionError: divide by zero\n"));
    assert_eq!((err.as_str(), code), ("", Some(1)));
}

#[test]
fn the_exit_code_is_what_the_program_says() {
    for (text, err, code) in [
        ("pass", "", 0),
        ("raise SystemExit", "", 0),
        ("import sys; sys.exit()", "", 0),
        ("import sys; sys.exit(None)", "", 0),
        ("import sys; sys.exit(300)", "", 44),
        ("import sys; sys.exit(-1)", "", 255),
        ("import sys; sys.exit((1 << 80) + 7)", "", 7),
        ("import sys; sys.exit(True)", "True\n", 1),
        ("import sys; sys.exit('bye')", "bye\n", 1),
        ("raise SystemExit(1.5)", "1.5\n", 1),
        ("import sys\ntry: sys.exit(2)\nfinally: pass", "", 2),
    ] {
        let found = run(&["-c", text]);
        assert_eq!(found, (String::new(), err.to_owned(), Some(code)), "{text}");
    }
    assert_eq!(run(&["-c", "raise KeyboardInterrupt"]).2, Some(130));
}

#[test]
fn the_function_for_the_end_runs_at_the_end() {
    assert_eq!(
        run(&[
            "-c",
            "import sys; sys.atexit(lambda: print('end')); print(1)"
        ]),
        out("1\nend\n")
    );
    let (_, _, code) = run(&["-c", "import sys; sys.atexit(lambda: 1/0)"]);
    assert_eq!(code, Some(1));
}

#[test]
fn a_missing_file_is_said_so() {
    let text = format!("{PROGRAM}: can't open file 'no.py': [Errno 2] No such file or directory\n");
    assert_eq!(run(&["no.py"]), (String::new(), text, Some(2)));
}

#[test]
fn compiled_files_are_shown() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("m.mpy"), MODULE).unwrap();
    let (listing, err, code) = seen(&run_in(dir.path(), &["dump", "m.mpy"], &[], ""));
    assert!(listing.contains("RETURN_VALUE"), "{listing}");
    assert_eq!((err.as_str(), code), ("", Some(0)));
    assert_eq!(
        seen(&run_in(dir.path(), &["dump", "--verify", "m.mpy"], &[], "")),
        out("")
    );
    assert_eq!(
        run_in(dir.path(), &["dump", "no.mpy"], &[], "")
            .status
            .code(),
        Some(1)
    );
    // A program of that name goes first.
    fs::write(dir.path().join("dump"), "print(7)").unwrap();
    assert_eq!(
        seen(&run_in(dir.path(), &["dump", "m.mpy"], &[], "")),
        out("7\n")
    );
}

#[test]
fn nonsense_is_refused() {
    let text = "Invalid command line arguments. Use -h option for help.\n";
    for args in [&["-"][..], &["-q"], &["-c"], &["-X", "heapsize=1"], &["-X"]] {
        assert_eq!(
            run(args),
            (String::new(), text.to_owned(), Some(1)),
            "{args:?}"
        );
    }
}

#[test]
fn usage_and_version_go_to_standard_output() {
    for (arg, start) in [
        ("-h", "usage: ferlance "),
        ("--help", "usage: ferlance "),
        ("--version", "MicroPython v1."),
    ] {
        let (out, err, code) = run(&[arg]);
        assert!(out.starts_with(start), "{arg}: {out}");
        assert_eq!((err.as_str(), code), ("", Some(0)));
    }
}

#[test]
fn compiling_only_runs_nothing() {
    assert_eq!(run(&["-X", "compile-only", "-c", "print(1)"]), out(""));
    let (out, _, code) = run(&["-X", "compile-only", "-c", "x = = 1"]);
    assert!(out.ends_with("SyntaxError: invalid syntax\n"));
    assert_eq!(code, Some(1));
}

#[test]
fn the_optimisation_level_drops_asserts() {
    assert_eq!(run(&["-c", "assert False"]).2, Some(1));
    assert_eq!(run(&["-O", "-c", "assert False"]).2, Some(0));
    let level = "import micropython; print(micropython.opt_level())";
    assert_eq!(run(&["-O2", "-c", level]), out("2\n"));
}

#[test]
fn a_capped_heap_is_a_memory_error_and_an_uncapped_one_grows() {
    let text = "l = []\nfor i in range(50): l.append([i] * 100000)\nprint(len(l))";
    assert_eq!(run(&["-c", text]), out("50\n"));
    let (out, _, code) = run(&["-X", "heapsize=1M", "-c", text]);
    assert!(out.contains("MemoryError: "), "{out}");
    assert_eq!(code, Some(1));
}

#[test]
fn lines_are_read_from_a_pipe() {
    let text = "print([input('? '), input()])\ntry: input()\nexcept EOFError: print('end')";
    let output = run_in(Path::new("/"), &["-c", text], &[], "a b\nc");
    assert_eq!(seen(&output), out("? ['a b', 'c']\nend\n"));
}

#[test]
fn a_stream_that_is_gone_is_an_error_and_no_crash() {
    let full = fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let status = Command::new(PROGRAM)
        .args(["-c", "print(1)"])
        .stdout(full)
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert_eq!((status.code(), status.signal()), (Some(1), None));

    // The reader goes away while the program prints.
    let mut child = Command::new(PROGRAM)
        .args(["-c", "while True: print(1)"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let status = child.wait().unwrap();
    assert_eq!((status.code(), status.signal()), (Some(1), None));
}

/// Whatever prints, and wherever that cannot go: an orderly end whose status tells.
#[test]
fn whatever_prints_says_that_it_could_not() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("t.py"), "print('x' * 100000)").unwrap();
    fs::write(dir.path().join("m.mpy"), MODULE).unwrap();
    let full = || fs::OpenOptions::new().write(true).open("/dev/full");
    for args in [
        &["-c", "print(1)"][..],
        &["-c", "1/0"],
        &["-i", "-c", "print(1)"],
        &["-m", "t"],
        &["t.py"],
        &["--help"],
        &["--version"],
        &["dump", "m.mpy"],
        &["explain", "t.py"],
    ] {
        let ends = |out: Stdio, err: Stdio| {
            let mut command = Command::new(PROGRAM);
            command.args(args).current_dir(dir.path());
            let child = command.stdin(Stdio::null()).stdout(out).stderr(err).spawn();
            let output = child.unwrap().wait_with_output().unwrap();
            let err = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(!err.contains("panicked"), "{args:?}: {err}");
            assert_eq!(output.status.code(), Some(1), "{args:?}: {err}");
        };
        ends(full().unwrap().into(), Stdio::piped());
        ends(full().unwrap().into(), full().unwrap().into());
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        ends(writer.into(), Stdio::piped());
    }
}

/// The machine code that is shown is what the same options make when the program runs.
#[test]
fn explain_takes_sources_and_the_options_of_a_run() {
    let dir = tempfile::tempdir().unwrap();
    let source = "@micropython.native\ndef f(a, b):\n    return a + b\n";
    fs::write(dir.path().join("t.py"), source).unwrap();
    fs::write(dir.path().join("m.mpy"), MODULE).unwrap();
    let explained = |args: &[&str]| {
        let output = Command::new(PROGRAM)
            .args(args)
            .current_dir(dir.path())
            .output()
            .unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (
            output.status.code(),
            text(output.stdout),
            text(output.stderr),
        )
    };
    let (code, fast, _) = explained(&["explain", "t.py"]);
    assert!(code == Some(0) && fast.contains("== native `f`"), "{fast}");
    assert_ne!(
        explained(&["-X", "native=small", "explain", "t.py"]).1,
        fast
    );
    assert_eq!(
        explained(&["explain", "--asm"]),
        (
            Some(1),
            String::new(),
            "usage: ferlance explain [--asm] FILE...\n".into()
        )
    );
    let why = "ferlance: m.mpy is compiled; explain takes the source that it is made of\n";
    assert_eq!(
        explained(&["explain", "m.mpy"]),
        (Some(1), String::new(), why.into())
    );
}

#[test]
fn a_cause_that_is_dropped_is_told_by_machine_code_too() {
    let program = "def f(cause):\n try:\n  raise ValueError(1) from cause\n except ValueError as e:\n  print(e)\nf(None)\nf(OSError())\n";
    let seen = (
        "1\n1\n".to_owned(),
        "Warning: exception chaining not supported\n".to_owned(),
        Some(0),
    );
    assert_eq!(run(&["-c", program]), seen);
    for native in ["native=eager", "native=pieces"] {
        let args = ["-X", "emit=native", "-X", native, "-c", program];
        assert_eq!(run(&args), seen, "{native}");
    }
}

#[test]
fn streams_that_are_closed_from_the_start_are_no_crash() {
    let dir = tempfile::tempdir().unwrap();
    for (shell, code) in [
        ("exec \"$0\" -c 'print(1)' >&-", 1),
        ("exec \"$0\" -c 'pass' >&-", 0),
        ("exec \"$0\" -c '1/0' >&- 2>&-", 1),
        ("exec \"$0\" -c 'print(1)' 2>&-", 0),
        ("exec \"$0\" missing.py 2>&-", 2),
        ("exec \"$0\" -c 'input()' <&-", 1),
        ("exec \"$0\" <&- >&- 2>&-", 1),
    ] {
        let output = Command::new("sh")
            .args(["-c", shell, PROGRAM])
            .current_dir(dir.path())
            .output()
            .unwrap();
        let err = String::from_utf8_lossy(&output.stderr);
        assert!(!err.contains("panicked"), "{shell}: {err}");
        assert_eq!(output.status.code(), Some(code), "{shell}: {err}");
    }
}

#[test]
fn a_full_disk_is_an_exception() {
    let text = "
for size in (1, 100000):
    for close in (True, False):
        f = open('/dev/full', 'w')
        try:
            f.write('x' * size)
            f.flush()
            print('no error')
        except OSError as e:
            print(e.errno)
        if close:
            f.close()
";
    assert_eq!(run(&["-c", text]), out("28\n28\n28\n28\n"));
}

#[test]
fn a_signal_interrupts_loops_and_sleeps() {
    for text in [
        "print(1)\nwhile True: pass",
        "import time\nprint(1)\ntime.sleep(60)",
        "print(1)\ninput()",
    ] {
        let mut child = Command::new(PROGRAM)
            .args(["-c", text])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = child.stdin.take();
        let mut out = child.stdout.take().unwrap();
        // It runs once it has printed, which it does at once.
        std::io::Read::read_exact(&mut out, &mut [0; 2]).unwrap();
        kill_process(Pid::from_child(&child), Signal::INT).unwrap();
        let deadline = Instant::now() + LIMIT;
        let status = loop {
            match child.try_wait().unwrap() {
                Some(status) => break status,
                None if Instant::now() < deadline => std::thread::sleep(Duration::from_millis(5)),
                None => {
                    child.kill().unwrap();
                    child.wait().unwrap();
                    panic!("{text}: nothing was interrupted");
                }
            }
        };
        let mut rest = String::new();
        std::io::Read::read_to_string(&mut out, &mut rest).unwrap();
        assert!(rest.ends_with("KeyboardInterrupt: \n"), "{text}: {rest}");
        assert_eq!(status.code(), Some(130), "{text}");
        drop(input);
    }
}

#[test]
#[cfg(debug_assertions)]
fn a_collection_at_each_allocation_changes_no_traceback() {
    let text = "def f(): 1/0\nf()";
    let stressed = run_in(
        Path::new("/"),
        &["-c", text],
        &[("FERLANCE_GC_STRESS", "1")],
        "",
    );
    assert_eq!(seen(&stressed), run(&["-c", text]));
}
