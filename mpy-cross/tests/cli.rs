//! The commands from outside: outputs, texts, exit statuses.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use std::io::Write;

fn run_in(folder: &Path, args: &[&str], stdin: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_mpy-cross"))
        .args(args)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    // It may end without reading.
    let _ = child.stdin.take().expect("it is piped").write_all(stdin);
    child.wait_with_output().expect("it ends")
}

fn dump(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_mpy-dump"))
        .args(args)
        .output()
        .expect("the program starts")
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder for the test");
    fs::write(folder.path().join("t.py"), "x = 1\n").expect("it is writable");
    folder
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Status, what standard output begins with, and all of standard error.
fn check(args: &[&str], status: i32, stdout: &str, stderr: &str) {
    let folder = folder();
    let output = run_in(folder.path(), args, b"");
    assert_eq!(output.status.code(), Some(status), "{args:?}");
    assert!(
        text(&output.stdout).starts_with(stdout),
        "{args:?}: {:?}",
        text(&output.stdout)
    );
    assert_eq!(text(&output.stderr), stderr, "{args:?}");
}

#[test]
fn the_version_names_the_format() {
    check(&["--version"], 0, "MicroPython v1.29.0 on ", "");
    let output = run_in(folder().path(), &["--version"], b"");
    assert!(text(&output.stdout).ends_with("; mpy-cross emitting mpy v6.3\n"));
}

#[test]
fn what_is_not_understood_shows_the_usage_on_standard_output() {
    for args in [
        &["-h"][..],
        &["-q", "t.py"],
        &["-o"],
        &["-X", "foo", "t.py"],
        &["-march=z80", "t.py"],
    ] {
        check(args, 1, "usage: ", "");
    }
    check(&["--help"], 0, "Compile Python source", "");
}

#[test]
fn missing_and_surplus_files_are_told() {
    check(&[], 1, "", "no input file\n");
    check(&["t.py", "t.py"], 1, "", "multiple input files\n");
    check(
        &["-X", "emit=native", "t.py"],
        1,
        "",
        "arch not specified\n",
    );
    check(
        &["-march=x64", "-march-flags=1", "t.py"],
        1,
        "",
        "unrecognised arch flags\n",
    );
}

#[test]
fn files_that_cannot_be_opened_are_told_with_their_error_number() {
    check(&["no.py"], 1, "", "OSError: (2, \"can't open no.py\")\n");
    check(
        &["-o", "no/x.mpy", "t.py"],
        1,
        "",
        "OSError: (2, \"can't open no/x.mpy\")\n",
    );
    check(
        &["-o", ".", "t.py"],
        1,
        "",
        "OSError: (21, \"can't open .\")\n",
    );
    check(&["."], 1, "", "OSError: 21\n");
}

#[test]
fn each_of_several_files_is_compiled_whatever_is_wrong_with_others() {
    let folder = folder();
    let path = |name: &str| folder.path().join(name);
    let mut names: Vec<String> = (0..20).map(|number| format!("m{number}.py")).collect();
    for (number, name) in names.iter().enumerate() {
        fs::write(path(name), format!("def f(a):\n return a + {number}\n"))
            .expect("it is writable");
    }
    fs::write(path("bad.py"), "x = = 1\n").expect("it is writable");
    names.insert(3, "bad.py".to_owned());
    names.insert(7, "no.py".to_owned());
    fs::create_dir(path("folder")).expect("it is writable");
    names.insert(9, "folder".to_owned());
    let options = ["--each", "-march=rv32imc", "-X", "emit=native"];
    let with = |more: &[&str]| run_in(folder.path(), &[&options[1..], more].concat(), b"");
    let wrong = |name| text(&with(&[name]).stderr);

    let args: Vec<&str> = options
        .into_iter()
        .chain(names.iter().map(|name| &**name))
        .collect();
    let output = run_in(folder.path(), &args, b"");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text(&output.stdout), "");
    assert_eq!(
        text(&output.stderr),
        wrong("bad.py") + &wrong("no.py") + "folder: " + &wrong("folder")
    );
    for name in names.iter().filter(|name| name.starts_with('m')) {
        let alone = with(&["-o", "-", name]).stdout;
        let made = fs::read(path(name).with_extension("mpy")).expect("it was written");
        assert!(made == alone && !made.is_empty(), "{name}");
    }
    assert!(!path("bad.mpy").exists());

    let output = run_in(folder.path(), &["--each", "m0.py", "m1.py"], b"");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn lines_go_beside_the_output_if_there_is_machine_code() {
    let folder = folder();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("n.py"), "@micropython.native\ndef f(a):\n return a\n").expect("it is writable");
    let run = |args: &[&str]| {
        let output = run_in(folder.path(), args, b"");
        assert!(
            output.status.success(),
            "{args:?}: {}",
            text(&output.stderr)
        );
    };
    run(&["--lines", "t.py"]);
    run(&["-march=x64", "n.py"]);
    assert!(!path("t.mpy.lines").exists() && !path("n.mpy.lines").exists());
    run(&["--lines", "-march=x64", "-o", "out", "n.py"]);
    assert!(path("out.lines").exists());
    assert_eq!(
        fs::read(path("out")).expect("it was written"),
        fs::read(path("n.mpy")).expect("it was written")
    );
    run(&["--lines", "--each", "-march=x64", "n.py", "t.py"]);
    assert!(path("n.mpy.lines").exists() && !path("t.mpy.lines").exists());
}

#[test]
fn output_goes_beside_the_input_or_where_it_is_told() {
    let folder = folder();
    let path = |name: &str| folder.path().join(name);
    assert!(run_in(folder.path(), &["t.py"], b"").status.success());
    let bytes = fs::read(path("t.mpy")).expect("it was written");
    assert!(
        run_in(folder.path(), &["-o", "out", "t.py"], b"")
            .status
            .success()
    );
    assert_eq!(fs::read(path("out")).expect("it was written"), bytes);
    let output = run_in(folder.path(), &["-o", "-", "t.py"], b"");
    assert_eq!(output.stdout, bytes);

    fs::write(path("a.txt"), "").expect("it is writable");
    assert!(run_in(folder.path(), &["a.txt"], b"").status.success());
    assert!(path("a.tmpy").exists());

    let output = run_in(folder.path(), &["-"], b"x = 1\n");
    assert!(output.status.success());
    assert!(text(&output.stdout).contains("<stdin>"));
    let leftovers = fs::read_dir(folder.path()).expect("it is there").flatten();
    assert!(
        leftovers
            .into_iter()
            .all(|entry| !text(entry.file_name().as_encoded_bytes()).starts_with('.'))
    );
}

#[test]
fn refusals_leave_the_old_output_alone() {
    let folder = folder();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("t.py"), "x = (\n").expect("it is writable");
    fs::write(path("t.mpy"), "old").expect("it is writable");
    let output = run_in(folder.path(), &["-s", "name.py", "t.py"], b"");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        text(&output.stderr),
        "Traceback (most recent call last):\n  File \"t.py\", line 2\nSyntaxError: invalid syntax\n"
    );
    assert_eq!(fs::read(path("t.mpy")).expect("it is there"), b"old");

    fs::write(path("t.py"), "def f():\n  break\n").expect("it is writable");
    let output = run_in(folder.path(), &["-s", "name.py", "t.py"], b"");
    assert_eq!(
        text(&output.stderr),
        "Traceback (most recent call last):\n  File \"name.py\", line 2, in f\n\
         SyntaxError: 'break'/'continue' outside loop\n"
    );
}

#[test]
fn back_slashes_in_names_become_slashes() {
    let output = run_in(
        folder().path(),
        &["-s", "dir\\back.py", "-o", "-", "t.py"],
        b"",
    );
    assert!(text(&output.stdout).contains("dir/back.py"));
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_noticed() {
    check(
        &["-o", "/dev/full", "t.py"],
        1,
        "",
        "OSError: (28, \"can't write /dev/full\")\n",
    );
    let full = File::options()
        .write(true)
        .open("/dev/full")
        .expect("linux has it");
    let folder = folder();
    let status = Command::new(env!("CARGO_BIN_EXE_mpy-cross"))
        .args(["-o", "-", "t.py"])
        .current_dir(folder.path())
        .stdout(full)
        .stderr(Stdio::null())
        .status()
        .expect("the program starts");
    assert_eq!(status.code(), Some(1));
}

#[test]
fn what_is_compiled_cannot_be_explained() {
    let folder = folder();
    std::fs::write(folder.path().join("m.mpy"), b"M\x06\x00\x1f\x00").expect("it is ours");
    let output = Command::new(env!("CARGO_BIN_EXE_mpy-cross"))
        .args(["--explain", "m.mpy"])
        .current_dir(folder.path())
        .output()
        .expect("the program starts");
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "m.mpy is compiled; --explain takes the source that it is made of\n"
    );
    assert_eq!(output.status.code(), Some(1));
}

#[test]
#[cfg(unix)]
fn a_closed_pipe_is_noticed() {
    let folder = folder();
    for args in [
        &["-o", "-", "t.py"][..],
        &["--help"],
        &["--version"],
        &["--explain", "t.py"],
        &["--completions=bash"],
    ] {
        let (reader, writer) = std::io::pipe().expect("the system has pipes");
        drop(reader);
        let output = Command::new(env!("CARGO_BIN_EXE_mpy-cross"))
            .args(args)
            .current_dir(folder.path())
            .stdout(writer)
            .stderr(Stdio::piped())
            .output()
            .expect("the program starts");
        assert_eq!(output.status.code(), Some(1), "{args:?}");
    }
    // Files that are not open at all read as empty and swallow what is written.
    for missing in [">&-", "<&-", "2>&-"] {
        let output = closed(folder.path(), &format!("exec \"$0\" -o - t.py {missing}"));
        assert_eq!(output.status.code(), Some(0), "{missing}");
    }
    // Nobody reads the complaint: the status still tells.
    let output = closed(folder.path(), "exec \"$0\" missing.py 2>&-");
    assert_eq!(output.status.code(), Some(1));
}

/// Runs the program, `$0`, as a shell is told.
#[cfg(unix)]
fn closed(folder: &Path, script: &str) -> Output {
    Command::new("sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_mpy-cross")])
        .current_dir(folder)
        .output()
        .expect("there is a shell")
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_leaves_the_old_output_and_nothing_beside_it() {
    let folder = folder();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("t.mpy"), "old").expect("it is writable");
    fs::write(path("t.py"), "x = 'a long text'\n".repeat(40_000)).expect("it is writable");
    // No file of this shell's children may grow beyond 8 blocks of 512 or 1024 bytes.
    let output = closed(folder.path(), "ulimit -f 8; trap '' XFSZ; exec \"$0\" t.py");
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    assert_eq!(
        text(&output.stderr),
        "OSError: (27, \"can't write t.mpy\")\n"
    );
    assert_eq!(fs::read(path("t.mpy")).expect("it is there"), b"old");
    let names = fs::read_dir(folder.path()).expect("it is there").flatten();
    assert_eq!(names.count(), 2, "no half file is left");
}

#[test]
#[cfg(target_os = "linux")]
fn the_old_output_survives_a_run_that_is_killed_while_it_writes() {
    use std::os::unix::process::ExitStatusExt;
    let folder = folder();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("t.mpy"), "old").expect("it is writable");
    fs::write(path("t.py"), "x = 'a long text'\n".repeat(40_000)).expect("it is writable");
    // The write that goes beyond the limit ends the program.
    let output = closed(folder.path(), "ulimit -f 8; ulimit -c 0; exec \"$0\" t.py");
    assert_eq!(
        output.status.signal(),
        Some(rustix::process::Signal::XFSZ.as_raw())
    );
    assert_eq!(fs::read(path("t.mpy")).expect("it is there"), b"old");
}

#[test]
#[cfg(target_os = "linux")]
fn dumps_that_cannot_be_printed_say_so() {
    let folder = folder();
    assert!(run_in(folder.path(), &["t.py"], b"").status.success());
    for args in [&["t.mpy"][..], &["--summary", "t.mpy"], &["--help"]] {
        let full = File::options().write(true).open("/dev/full");
        let (reader, writer) = std::io::pipe().expect("the system has pipes");
        drop(reader);
        for out in [full.expect("linux has it").into(), Stdio::from(writer)] {
            let output = Command::new(env!("CARGO_BIN_EXE_mpy-dump"))
                .args(args)
                .current_dir(folder.path())
                .stdout(out)
                .stderr(Stdio::piped())
                .output()
                .expect("the program starts");
            assert_eq!(output.status.code(), Some(1), "{args:?}");
            assert!(!text(&output.stderr).contains("panicked"), "{args:?}");
        }
    }
}

#[test]
#[cfg(unix)]
fn links_and_permissions_survive() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = folder();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("real"), "old").expect("it is writable");
    symlink("real", path("t.mpy")).expect("links can be made");
    assert!(run_in(folder.path(), &["t.py"], b"").status.success());
    assert!(path("t.mpy").is_symlink());
    assert_ne!(fs::read(path("real")).expect("it is there"), b"old");

    fs::set_permissions(path("real"), fs::Permissions::from_mode(0o600)).expect("they can be set");
    assert!(
        run_in(folder.path(), &["-o", "real", "t.py"], b"")
            .status
            .success()
    );
    let mode = fs::metadata(path("real"))
        .expect("it is there")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn completions_are_written_for_three_shells() {
    for shell in ["bash", "zsh", "fish"] {
        let option = format!("--completions={shell}");
        let output = run_in(folder().path(), &[&option], b"");
        assert!(output.status.success());
        assert!(text(&output.stdout).contains("march"), "{shell}");
    }
    check(&["--completions=tcsh"], 1, "usage: ", "");
}

#[test]
fn dumps_show_and_verify_what_was_compiled() {
    let folder = folder();
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    assert!(run_in(folder.path(), &["t.py"], b"").status.success());
    let listing = dump(&[&path("t.mpy")]);
    assert!(listing.status.success());
    assert!(text(&listing.stdout).contains("STORE_NAME x"));
    let summary = dump(&["--summary", &path("t.mpy")]);
    assert!(text(&summary.stdout).contains("bytecode         1 functions"));
    let verified = dump(&["--verify", &path("t.mpy")]);
    assert!(verified.status.success() && verified.stdout.is_empty());

    fs::write(path("bad"), b"M\x06\x00\x1f\x05").expect("it is writable");
    let refused = dump(&["--verify", &path("bad")]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(!refused.stderr.is_empty());
    assert_eq!(dump(&[]).status.code(), Some(1));
    assert_eq!(dump(&["--nonsense"]).status.code(), Some(1));
}

#[test]
fn machine_code_is_listed() {
    let folder = folder();
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let source = "@micropython.viper\ndef f(a: int) -> int:\n    return a + 1\n";
    fs::write(path("n.py"), source).expect("it is writable");
    for (march, instruction) in [
        ("x64", "ret"),
        ("armv7m", "pop {"),
        ("rv32imc", "c.jr ra"),
        ("rv64imc", "c.jr ra"),
        ("xtensawin", "entry a1, "),
    ] {
        let output = run_in(folder.path(), &[&format!("-march={march}"), "n.py"], b"");
        assert!(output.status.success(), "{march}: {}", text(&output.stderr));
        let listing = text(&dump(&["--lines", &path("n.mpy")]).stdout);
        let (_, code) = listing.split_once("machine code, ").expect("there is some");
        assert!(code.contains(instruction), "{march}:\n{listing}");
    }
}

/// What comes out of a terminal on which the program complains.
#[cfg(unix)]
fn on_terminal(folder: &Path, args: &[&str], is_coloured: bool) -> String {
    use std::io::Read;
    let pty = rustix_openpty::openpty(None, None).expect("there are terminals");
    let mut line = File::from(pty.controller);
    let mut command = Command::new(env!("CARGO_BIN_EXE_mpy-cross"));
    command
        .args(args)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(pty.user);
    match is_coloured {
        true => command.env_remove("NO_COLOR"),
        false => command.env("NO_COLOR", "1"),
    };
    let mut child = command.spawn().expect("the program starts");
    drop(command); // and with it our copy of the other end
    let mut seen = Vec::new();
    // When nobody holds the other end any more, reading is an error.
    let _ = line.read_to_end(&mut seen);
    assert_eq!(child.wait().expect("it ends").code(), Some(1));
    text(&seen).replace("\r\n", "\n")
}

#[test]
#[cfg(unix)]
fn a_terminal_shows_the_place_the_hint_and_the_code() {
    let folder = folder();
    fs::write(folder.path().join("t.py"), "x = 1\ny = f(a=1, *x)\n").expect("it is writable");
    let plain = on_terminal(folder.path(), &["t.py"], false);
    let stock = "Traceback (most recent call last):\n  File \"t.py\", line 2, in <module>\n\
                 SyntaxError: * arg after kwarg\n";
    let (_, shown) = plain.split_once(stock).expect("stock's text comes first");
    for part in [
        "[StarAfterKeyword]",
        "--> t.py:2:",
        "2 | y = f(a=1, *x)\n",
        "^ A starred argument stands after a keyword argument.",
        "help: Put *args before keyword arguments.",
    ] {
        assert!(shown.contains(part), "{part:?} is not in\n{shown}");
    }
    assert!(!plain.contains('\x1b'));
    let coloured = on_terminal(folder.path(), &["t.py"], true);
    assert!(coloured.contains("\x1b["), "{coloured}");
    let piped = run_in(folder.path(), &["t.py"], b"");
    assert_eq!(text(&piped.stderr), stock);
}

#[test]
fn arch_flags_are_taken_and_refused_as_in_the_vectors() {
    let vectors = include_str!("../../tests/vectors/inlineasm/rv32.json");
    let field = |record: &str, name: &str| {
        let at = record.find(&format!("\"{name}\": \""))?;
        record[at..].split('"').nth(3).map(str::to_owned)
    };
    let folder = folder();
    let mut judged = 0;
    for record in vectors
        .lines()
        .filter(|line| line.contains("\"group\": \"flags\""))
    {
        let decorator = field(record, "decorator").unwrap_or("asm_rv32".to_owned());
        let body = if decorator == "asm_rv32" {
            "c_nop()"
        } else {
            "nop()"
        };
        assert!(record.contains(&format!("[\"{body}\"]")), "{record}");
        let source = format!("@micropython.{decorator}\ndef f():\n    {body}\n");
        fs::write(folder.path().join("f.py"), source).expect("it is writable");
        let march = field(record, "march").expect("all have one");
        let flags = field(record, "march_flags").expect("all have some");
        let (march, flags) = (format!("-march={march}"), format!("-march-flags={flags}"));
        let output = run_in(folder.path(), &[&march, &flags, "f.py"], b"");
        match field(record, "stderr") {
            None => assert!(output.status.success(), "{record}"),
            Some(stderr) => {
                assert_eq!(output.status.code(), Some(1), "{record}");
                assert_eq!(text(&output.stderr).trim_end(), stderr, "{record}");
            }
        }
        judged += 1;
    }
    assert_eq!(judged, 20);
}
