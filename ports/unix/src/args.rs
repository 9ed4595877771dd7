//! The command line (spec language, section 18), read by hand: a parser crate would cost more than the rest of
//! the start.

use ferlance_abi::CodeKind;

use crate::usage;

/// What to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    /// `-c TEXT`
    Text(&'static [u8]),
    /// `-m MODULE`
    Module(&'static [u8]),
    /// A file.
    File(&'static [u8]),
    /// Standard input: a prompt on a terminal, else a program.
    Input,
}

/// A command line that means a run.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Invocation {
    /// What to run.
    pub(crate) what: What,
    /// `sys.argv`.
    pub(crate) argv: Vec<&'static [u8]>,
    /// `-i`
    pub(crate) inspect: bool,
    /// `-O`
    pub(crate) opt_level: u8,
    /// `-v`, how often.
    pub(crate) verbose: u8,
    /// `-X compile-only`
    pub(crate) compile_only: bool,
    /// `-X emit=…`
    pub(crate) emit: CodeKind,
    /// `-X native=small`
    pub(crate) native_small: bool,
    /// `-X native=pieces`
    pub(crate) native_pieces: bool,
    /// `-X native=eager`
    pub(crate) native_eager: bool,
    /// `-X native=once`
    pub(crate) native_once: bool,
    /// `-X viper=sound`
    pub(crate) sound: bool,
    /// `-X heapsize=…`
    pub(crate) heap_bytes: Option<usize>,
}

/// What a command line asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// Run something.
    Run(Invocation),
    /// Print this and end.
    Say(&'static str),
    /// A command line that means nothing.
    Invalid,
}

/// Reads the arguments that follow the program's name.
pub(crate) fn parse(args: impl IntoIterator<Item = &'static [u8]>) -> Command {
    parse_run(args).unwrap_or_else(|command| command)
}

fn parse_run(args: impl IntoIterator<Item = &'static [u8]>) -> Result<Command, Command> {
    let mut args = args.into_iter();
    let mut run = Invocation {
        what: What::Input,
        argv: Vec::new(),
        inspect: false,
        opt_level: 0,
        verbose: 0,
        compile_only: false,
        emit: CodeKind::Bytecode,
        native_small: false,
        native_pieces: false,
        native_eager: false,
        native_once: false,
        sound: false,
        heap_bytes: None,
    };
    while let Some(arg) = args.next() {
        match arg {
            b"-c" => {
                run.what = What::Text(args.next().ok_or(Command::Invalid)?);
                run.argv.push(arg);
                break;
            }
            b"-m" => {
                let module = args.next().ok_or(Command::Invalid)?;
                run.what = What::Module(module);
                run.argv.push(module);
                break;
            }
            b"-X" => run.set_option(args.next().ok_or(Command::Invalid)?)?,
            b"-i" => run.inspect = true,
            b"-h" => return Ok(Command::Say(usage::SHORT)),
            b"--help" => return Ok(Command::Say(usage::LONG)),
            b"--version" => return Ok(Command::Say(usage::BANNER)),
            [b'-', b'O', level @ ..] => run.opt_level = opt_level(level).ok_or(Command::Invalid)?,
            [b'-', b'v', more @ ..] if more.iter().all(|c| *c == b'v') => {
                run.verbose = run
                    .verbose
                    .saturating_add(1)
                    .saturating_add(more.len() as u8);
            }
            [b'-', ..] => return Err(Command::Invalid),
            file => {
                run.what = What::File(file);
                run.argv.push(file);
                break;
            }
        }
    }
    run.argv.extend(args);
    Ok(Command::Run(run))
}

impl Invocation {
    fn set_option(&mut self, option: &[u8]) -> Result<(), Command> {
        match option {
            b"compile-only" => self.compile_only = true,
            b"emit=bytecode" => self.emit = CodeKind::Bytecode,
            b"emit=native" => self.emit = CodeKind::Native,
            b"emit=viper" => self.emit = CodeKind::Viper,
            b"native=fast" => self.native_small = false,
            b"native=small" => self.native_small = true,
            b"native=pieces" => self.native_pieces = true,
            b"native=eager" => self.native_eager = true,
            b"native=once" => self.native_once = true,
            b"viper=sound" => self.sound = true,
            b"realtime" if cfg!(target_os = "macos") => {}
            _ => {
                let size = option.strip_prefix(b"heapsize=").and_then(heap_bytes);
                self.heap_bytes = Some(size.ok_or(Command::Invalid)?);
            }
        }
        Ok(())
    }
}

/// `-O`: nothing more, more of the letter, or a digit.
fn opt_level(rest: &[u8]) -> Option<u8> {
    match rest {
        [digit @ b'0'..=b'9'] => Some(digit - b'0'),
        _ if rest.iter().all(|c| *c == b'O') => u8::try_from(rest.len() + 1).ok(),
        _ => None,
    }
}

/// `N[w][K|M]`, at least [`usage::MIN_HEAP`].
fn heap_bytes(text: &[u8]) -> Option<usize> {
    let digits = text.iter().take_while(|c| c.is_ascii_digit()).count();
    let (digits, mut rest) = text.split_at(digits);
    let mut bytes: usize = std::str::from_utf8(digits).ok()?.parse().ok()?;
    if let Some(after) = rest.strip_prefix(b"w") {
        bytes = bytes.checked_mul(size_of::<usize>())? / 4;
        rest = after;
    }
    let shift = match rest {
        b"" => 0,
        b"k" | b"K" => 10,
        b"m" | b"M" => 20,
        _ => return None,
    };
    let bytes = bytes.checked_mul(1 << shift)?;
    (bytes >= usage::MIN_HEAP).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(line: &'static str) -> Invocation {
        match parse(line.split(' ').map(str::as_bytes)) {
            Command::Run(run) => run,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn arguments_end_the_options() {
        let file = run("-v -v a.py -i x");
        assert_eq!(file.what, What::File(b"a.py"));
        assert_eq!(file.argv, [&b"a.py"[..], b"-i", b"x"]);
        assert_eq!((file.verbose, file.inspect), (2, false));
        let text = run("-i -OO -c 1 -c");
        assert_eq!(text.what, What::Text(b"1"));
        assert_eq!(text.argv, [&b"-c"[..], b"-c"]);
        assert_eq!((text.opt_level, text.inspect), (2, true));
        let module = run("-O3 -m m -X");
        assert_eq!(module.what, What::Module(b"m"));
        assert_eq!(module.argv, [&b"m"[..], b"-X"]);
        assert_eq!(module.opt_level, 3);
    }

    #[test]
    fn the_heap_size_has_units() {
        for (text, bytes) in [
            ("700", Some(700)),
            ("699", None),
            ("1K", Some(1024)),
            ("2M", Some(2 << 20)),
            ("1wk", Some(256 * size_of::<usize>())),
            ("x", None),
            ("1g", None),
            ("99999999999999999999", None),
            ("9999999999999999M", None),
        ] {
            assert_eq!(heap_bytes(text.as_bytes()), bytes, "{text}");
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for line in [
            "-", "-c", "-m", "-X", "-X nope", "-Ox", "-q", "--nope", "-vx",
        ] {
            let args = line.split(' ').map(str::as_bytes);
            assert_eq!(parse(args), Command::Invalid, "{line}");
        }
    }
}
