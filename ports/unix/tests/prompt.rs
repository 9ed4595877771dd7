//! The program on a terminal, its prompt byte for byte (spec language, sections 16 and 17).

use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};

const PROGRAM: &str = env!("CARGO_BIN_EXE_ferlance");
const BANNER_TAIL: &str = "\r\nType \"help()\" for more information.\r\n>>> ";
/// Longest wait for what must come: far more than a loaded machine needs.
const LIMIT: Duration = Duration::from_secs(120);

/// A program on a pseudo terminal.
struct Session {
    child: Child,
    line: File,
    _home: Option<tempfile::TempDir>,
}

impl Session {
    fn start(args: &[&str], is_raw: bool) -> Session {
        let home = tempfile::tempdir().unwrap();
        let mut session = Session::start_at(home.path(), args, is_raw);
        session._home = Some(home);
        session
    }

    fn start_at(home: &Path, args: &[&str], is_raw: bool) -> Session {
        Session::start_with(home, args, is_raw, &[])
    }

    fn start_with(home: &Path, args: &[&str], is_raw: bool, env: &[(&str, &str)]) -> Session {
        let pty = rustix_openpty::openpty(None, None).unwrap();
        let (line, end) = (File::from(pty.controller), pty.user);
        if is_raw {
            let mut modes = tcgetattr(&end).unwrap();
            modes.make_raw();
            tcsetattr(&end, OptionalActions::Now, &modes).unwrap();
        }
        let mut command = Command::new(PROGRAM);
        command
            .args(args)
            .env_clear()
            .env("HOME", home)
            .envs(env.iter().copied())
            .stdin(end.try_clone().unwrap())
            .stdout(end.try_clone().unwrap())
            .stderr(end);
        // SAFETY: only system calls between fork and exec.
        unsafe {
            command.pre_exec(|| {
                rustix::process::setsid()?;
                rustix::process::ioctl_tiocsctty(rustix::stdio::stdin())?;
                Ok(())
            })
        };
        Session {
            child: command.spawn().unwrap(),
            line,
            _home: None,
        }
    }

    fn send(&mut self, keys: &str) {
        self.line.write_all(keys.as_bytes()).unwrap();
    }

    /// Reads up to and with `end`.
    fn until(&mut self, end: &str) -> String {
        let deadline = Instant::now() + LIMIT;
        let mut seen = Vec::new();
        while !seen.ends_with(end.as_bytes()) {
            let left = deadline.saturating_duration_since(Instant::now());
            let left = Timespec::try_from(left).unwrap();
            let ready = poll(&mut [PollFd::new(&self.line, PollFlags::IN)], Some(&left)).unwrap();
            let mut byte = [0];
            if ready != 1 || self.line.read(&mut byte).unwrap_or(0) == 0 {
                panic!("no {end:?} after {:?}", String::from_utf8_lossy(&seen));
            }
            seen.push(byte[0]);
        }
        String::from_utf8(seen).unwrap()
    }

    /// What comes must be exactly this.
    fn expect(&mut self, wanted: &str) {
        assert_eq!(self.until(wanted), wanted);
    }

    /// All that comes until the program ends.
    fn rest(&mut self) -> String {
        let mut seen = Vec::new();
        // When nobody holds the other end any more, reading is an error.
        let _ = self.line.read_to_end(&mut seen);
        String::from_utf8(seen).unwrap().replace("\r\n", "\n")
    }

    fn exit_code(&mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn statements_run_and_values_are_shown() {
    let mut session = Session::start(&[], false);
    session.until(BANNER_TAIL);
    for (keys, answer) in [
        ("1 + 1\r", "1 + 1\r\n2\r\n>>> "),
        ("_ * 2\r", "_ * 2\r\n4\r\n>>> "),
        ("None\r", "None\r\n>>> "),
        ("\r", "\r\n>>> "),
        ("x = [1,\r2]\r", "x = [1,\r\n... 2]\r\n>>> "),
        ("x\r", "x\r\n[1, 2]\r\n>>> "),
        (
            "1/0\r",
            "1/0\r\nTraceback (most recent call last):\r\n  File \"<stdin>\", line 1, in <module>\r\nZeroDivisionError: divide by zero\r\n>>> ",
        ),
        (
            "import sys; sys.ps1 = '$ '\r",
            "import sys; sys.ps1 = '$ '\r\n$ ",
        ),
    ] {
        session.send(keys);
        session.expect(answer);
    }
    session.send("\x04");
    session.expect("\r\n");
    assert_eq!(session.exit_code(), Some(0));
}

#[test]
fn a_block_is_indented_and_runs_after_an_empty_line() {
    let mut session = Session::start(&[], false);
    session.until(BANNER_TAIL);
    session.send("for i in range(2):\ri\r\r\r\r");
    session.expect(
        "for i in range(2):\r\n...     i\r\n...     \r\n...     \r\n... \r\n0\r\n1\r\n>>> ",
    );
    session.send("def f():\r    return 7\r\x7f\r");
    session.expect("def f():\r\n...     ");
    // The typed indentation replaces the one that was given.
    session.until("return 7\r\n...     ");
    session.until("\r\n>>> ");
    session.send("f()\r");
    session.expect("f()\r\n7\r\n>>> ");
}

#[test]
fn keys_interrupt_and_leave() {
    let mut session = Session::start(&[], false);
    session.until(BANNER_TAIL);
    session.send("abc\x03");
    session.expect("abc\r\n>>> ");
    session.send("exec('print(5)\\nwhile True: pass')\r");
    session.until("\r\n5\r\n");
    session.send("\x03");
    session.until("KeyboardInterrupt: \r\n>>> ");
    session.send("\x02");
    session.until(BANNER_TAIL);
    session.send("raise SystemExit(5)\r");
    session.until("\r\n");
    assert_eq!(session.exit_code(), Some(5));
}

#[test]
fn names_are_completed() {
    let mut session = Session::start(&[], false);
    session.until(BANNER_TAIL);
    session.send("imp\tmat\t\r");
    session.expect("import math\r\n>>> ");
    session.send("math.isi\t\x03");
    session.expect("math.isinf\r\n>>> ");
    session.send("re\t");
    session.expect("re\r\nrepr            reversed\r\n>>> re");
}

#[test]
fn history_is_kept_between_runs() {
    let home = tempfile::tempdir().unwrap();
    let mut first = Session::start_at(home.path(), &[], false);
    first.until(BANNER_TAIL);
    first.send("20 + 3\r");
    first.until("23\r\n>>> ");
    first.send("\x04");
    assert_eq!(first.exit_code(), Some(0));
    let mut second = Session::start_at(home.path(), &[], false);
    second.until(BANNER_TAIL);
    second.send("\x1b[A\r");
    second.until("23\r\n>>> ");
}

#[test]
fn paste_mode_runs_a_text_as_a_file() {
    let mut session = Session::start(&[], false);
    session.until(BANNER_TAIL);
    session.send("\x05");
    session.expect("\r\npaste mode; Ctrl-C to cancel, Ctrl-D to finish\r\n=== ");
    session.send("if 1:\r  print(8)\r9\x04");
    session.expect("if 1:\r\n===   print(8)\r\n=== 9\r\n8\r\n>>> ");
    session.send("\x05x");
    session.until("=== x");
    session.send("\x03");
    session.expect("\r\n>>> ");
}

#[test]
fn errors_are_red_where_the_terminal_has_colours() {
    let home = tempfile::tempdir().unwrap();
    let red = "\x1b[31mZeroDivisionError: divide by zero\x1b[m\r\n>>> ";
    let plain = "\"<stdin>\", line 1, in <module>\r\nZeroDivisionError: divide by zero\r\n>>> ";
    for (env, wanted) in [
        (&[("TERM", "xterm")][..], red),
        (&[("TERM", "dumb")], plain),
        (&[("TERM", "xterm"), ("NO_COLOR", "1")], plain),
        (&[], plain),
    ] {
        let mut session = Session::start_with(home.path(), &[], false, env);
        session.until(BANNER_TAIL);
        session.send("1/0\r");
        session.until(wanted);
    }
}

#[test]
fn a_refused_source_is_shown_in_its_line_with_reason_and_hint() {
    let home = tempfile::tempdir().unwrap();
    let path = |name: &str| home.path().join(name).to_str().unwrap().to_owned();
    for (name, source) in [
        (
            "viper.py",
            "import micropython\n@micropython.viper\ndef f(p: ptr8, x):\n    y = p + x\n",
        ),
        ("imports.py", "import viper\n"),
        ("runs.py", "exec('x = = 1')\n"),
        ("raises.py", "raise SyntaxError('mine')\n"),
    ] {
        std::fs::write(path(name), source).unwrap();
    }
    let run = |args: &[&str], env: &[(&str, &str)]| {
        let mut session = Session::start_with(home.path(), args, false, env);
        let seen = session.rest();
        assert_eq!(session.exit_code(), Some(1), "{seen}");
        seen
    };
    let viper = format!(
        "error[ViperBinary]: can't do binary op between 'ptr8' and 'object'\n --> {}:4:9\n",
        path("viper.py")
    );
    let hint = "help: Convert one operand: int(x) makes a number of an object. Compute pointers as ptr8(int(p) + 1).\n";
    for args in [
        &[&*path("viper.py")][..],
        &[&path("imports.py")],
        &["explain", &path("viper.py")],
    ] {
        let seen = run(args, &[]);
        let (_, shown) = seen
            .split_once("ViperTypeError: can't do binary op between 'ptr8' and 'object'\n")
            .unwrap_or_else(|| panic!("the traceback comes first: {seen:?}"));
        assert!(shown.contains(&viper), "{shown}");
        assert!(shown.contains("4 |     y = p + x\n"), "{shown}");
        assert!(shown.ends_with(hint), "{shown}");
    }
    let text = run(&["-c", "x = = 1"], &[]);
    assert!(text.contains("--> <stdin>:1:5\n"), "{text}");
    let coloured = run(&["-c", "x = = 1"], &[("TERM", "xterm")]);
    assert!(
        coloured.contains("\x1b[1m\x1b[91merror[InvalidSyntax]"),
        "{coloured}"
    );
    // There is no source to show, or nothing wrong with it.
    for name in ["runs.py", "raises.py"] {
        let seen = run(&[&path(name)], &[]);
        assert!(
            seen.contains("SyntaxError: ") && !seen.contains("error["),
            "{seen}"
        );
    }
}

#[test]
fn lines_for_the_program_are_edited() {
    let mut session = Session::start(&["-c", "print([input('? ')])"], false);
    session.expect("? ");
    session.send("ac\x02b\r");
    session.until("['abc']\r\n");
    assert_eq!(session.exit_code(), Some(0));
}

#[test]
fn the_prompt_comes_after_a_program_that_failed() {
    let mut session = Session::start(&["-i", "-c", "x = 6\n1/0"], false);
    session.until("ZeroDivisionError: divide by zero\r\n");
    session.until(BANNER_TAIL);
    session.send("x\r");
    session.expect("x\r\n6\r\n>>> ");
}

/// A raw prompt on a raw terminal, as host tools have it.
fn raw() -> Session {
    let mut session = Session::start(&["-i"], true);
    session.until(BANNER_TAIL);
    session.send("\x01");
    session.expect("\r\nraw REPL; CTRL-B to exit\r\n>");
    session
}

#[test]
fn the_raw_prompt_answers_byte_for_byte() {
    let mut session = raw();
    for (text, answer) in [
        ("print(1)\x04", "OK1\r\n\x04\x04>"),
        ("1\x04", "OK\x04\x04>"),
        ("lost\x03print(2)\r\nprint(3)\x04", "OK2\r\n3\r\n\x04\x04>"),
        ("\x01", "raw REPL; CTRL-B to exit\r\n>"),
        (
            "print(1)\n1/0\x04",
            "OK1\r\n\x04Traceback (most recent call last):\r\n  File \"<stdin>\", line 2, in <module>\r\nZeroDivisionError: divide by zero\r\n\x04>",
        ),
        (
            "x = = 1\x04",
            "OK\x04Traceback (most recent call last):\r\n  File \"<stdin>\", line 1\r\nSyntaxError: invalid syntax\r\n\x04>",
        ),
    ] {
        session.send(text);
        session.expect(answer);
    }
    session.send("print(5)\nwhile True: pass\x04");
    session.expect("OK5\r\n");
    session.send("\x03");
    session.until("KeyboardInterrupt: \r\n\x04>");
    session.send("\x02");
    assert!(session.until(BANNER_TAIL).starts_with("\r\nMicroPython "));
    session.send("\x01");
    session.expect("\r\nraw REPL; CTRL-B to exit\r\n>");
    session.send("\x04");
    session.expect("OK\r\n");
    assert_eq!(session.exit_code(), Some(0));
}

#[test]
fn an_exit_ends_the_raw_prompt() {
    let mut session = raw();
    session.send("print(1); raise SystemExit(3)\x04");
    session.expect("OK1\r\n\x04\x04");
    assert_eq!(session.exit_code(), Some(3));
}

#[test]
fn raw_paste_grants_windows() {
    let mut session = raw();
    session.send("\x05B\x01");
    session.expect("R\x00>");
    session.send("\x05A\x01");
    let mut answer = [0; 5];
    session.line.read_exact(&mut answer).unwrap();
    assert_eq!(answer, [b'R', 1, 0x80, 0, 1]);
    // Two windows may be sent before more is granted: one grant for each that was taken.
    let text = format!("{:128}", "print(1)\n");
    session.send(&text);
    session.expect("\x01");
    session.send(&"#".repeat(128));
    session.expect("\x01");
    session.send("\nprint(2)\x04");
    session.expect("\x041\r\n2\r\n\x04\x04>");
    session.send("\x05A\x01");
    session.line.read_exact(&mut [0; 5]).unwrap();
    session.send("print(");
    session.send("\x03");
    session.expect("\x04\x04KeyboardInterrupt: \r\n\x04>");
}
