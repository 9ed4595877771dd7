//! Texts about the program itself.

/// The smallest heap that may be asked for.
pub(crate) const MIN_HEAP: usize = 700;

/// What a command line that means nothing is answered with.
pub(crate) const INVALID: &str = "Invalid command line arguments. Use -h option for help.\n";

#[cfg(target_os = "macos")]
macro_rules! system {
    () => {
        "darwin"
    };
}
#[cfg(not(target_os = "macos"))]
macro_rules! system {
    () => {
        "linux"
    };
}

/// `--version` and the head of the prompt.
pub(crate) const BANNER: &str = concat!(
    "MicroPython v1.29.0 on Ferlance ",
    env!("CARGO_PKG_VERSION"),
    "; ",
    system!(),
    " version\n"
);

macro_rules! usage {
    () => {
        "\
usage: ferlance [OPTIONS] [-c COMMAND | -m MODULE | FILE] [ARGUMENTS...]

Options:
  -h            show this and exit
  --help        show this with examples and exit
  --version     show the version and exit
  -i            prompt after the program, even if it failed
  -O[N]         optimise: -O drops asserts, -OO debug code, -OOO line numbers
  -v            memory statistics at the end; repeat for more

Options of the implementation:
  -X compile-only        compile, do not run
  -X emit=bytecode       compile to bytecode (emit=native, emit=viper: machine code)
  -X native=eager        all functions at once, not when they are hot (native=once: and what runs once)
  -X native=small        machine code small rather than fast
  -X native=pieces       native functions compiled piece by piece, as where memory is scarce
  -X viper=sound         viper functions check indices of pointers
  -X heapsize=N[w][K|M]  limit the heap to N bytes; without it the heap grows on demand

Environment:
  MICROPYPATH     directories to import from, separated by colons
  MICROPYINSPECT  prompt after the program, as -i
"
    };
}

/// `-h`
pub(crate) const SHORT: &str = usage!();

/// `--help`
pub(crate) const LONG: &str = concat!(
    usage!(),
    "
Examples:
  ferlance                              the prompt
  ferlance main.py one two              run a file; sys.argv is ['main.py', 'one', 'two']
  ferlance -c 'print(2 ** 100)'         run a line
  echo 'print(1)' | ferlance            run standard input
  ferlance -m unittest                  run a module of sys.path
  ferlance -i main.py                   run a file, then prompt with its names
  ferlance -X heapsize=64K main.py      run in as little memory as a board has
  ferlance -X compile-only main.py      check the syntax
  ferlance explain [--asm] main.py      show what its machine code leaves to the runtime, and why
  ferlance dump main.mpy                show what is in a compiled file
"
);
