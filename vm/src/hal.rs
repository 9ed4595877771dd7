//! What a board or host must provide.

use ferlance_collections::TryVec;

/// Everything a port gives the runtime. Each part is a small trait of its own.
pub trait Hal {
    /// Standard input, output and error.
    fn console(&mut self) -> &mut dyn Console;
    /// Time.
    fn clock(&mut self) -> &mut dyn Clock;
    /// The file system, where there is one.
    fn files(&mut self) -> Option<&mut dyn Files> {
        None
    }
    /// Memory that machine code can run from, where there is some.
    fn exec_memory(&mut self) -> Option<&mut dyn ExecMemory> {
        None
    }
    /// Lowest address that the machine stack may reach, and the address it started from.
    fn stack_bounds(&self) -> StackBounds;
    /// What the program was started with: arguments, search path.
    fn launch(&mut self) -> Option<&mut dyn Launch> {
        None
    }
    /// What `help()` says.
    fn help_text(&self) -> &'static str {
        if cfg!(feature = "help") { HELP } else { "" }
    }
    /// True random bytes, or `false`.
    fn entropy(&mut self, _into: &mut [u8]) -> bool {
        false
    }
}

/// What `help()` says where the port has nothing of its own to say.
pub const HELP: &str = "\
Welcome to Ferlance, a Python for small machines!

Control commands:
  CTRL-A        -- on a blank line, enter raw REPL mode
  CTRL-B        -- on a blank line, enter normal REPL mode
  CTRL-C        -- interrupt a running program
  CTRL-D        -- on a blank line, exit or do a soft reset
  CTRL-E        -- on a blank line, enter paste mode

For further help on a specific object, type help(obj)
";

/// What a program was started with. Lists are asked for item by item, when Python code first looks at them, so
/// that they cost nothing before. The texts live as long as the program.
pub trait Launch {
    /// `sys.argv[i]`.
    fn argument(&mut self, i: usize) -> Option<&'static [u8]>;
    /// `sys.path[i]` at the start.
    fn search_path(&mut self, i: usize) -> Option<&'static [u8]>;
    /// `sys.executable`, where there is such a thing.
    fn executable(&mut self) -> Option<&'static [u8]>;
}

/// The machine stack: grows down from `high`, must not pass `low`.
#[derive(Clone, Copy, Debug)]
pub struct StackBounds {
    /// Lowest usable address, with a margin for functions that do not check.
    pub low: usize,
    /// Where the stack starts; scanning for references ends here.
    pub high: usize,
}

/// Error number as in C's `errno`.
pub type Errno = i32;

/// Standard streams.
pub trait Console {
    /// Writes all bytes to standard output.
    fn write_out(&mut self, bytes: &[u8]) -> Result<(), Errno>;
    /// Writes all bytes to standard error.
    fn write_err(&mut self, bytes: &[u8]) -> Result<(), Errno>;
    /// Reads at least one byte from standard input; 0 at the end.
    fn read(&mut self, into: &mut [u8]) -> Result<usize, Errno>;
    /// Shows `prompt` and adds a line of standard input to `line`, without its end, with such editing as the port
    /// has. What `input()` does.
    fn read_line(&mut self, prompt: &[u8], line: &mut TryVec<u8>) -> Result<LineEnd, Errno> {
        if !prompt.is_empty() {
            self.write_out(prompt)?;
        }
        let mut byte = [0];
        loop {
            if self.read(&mut byte)? == 0 {
                return Ok(match line.is_empty() {
                    true => LineEnd::EndOfInput,
                    false => LineEnd::Line,
                });
            }
            match byte[0] {
                b'\n' => {
                    if line.last() == Some(&b'\r') {
                        line.pop();
                    }
                    return Ok(LineEnd::Line);
                }
                c => line.push(c).map_err(|_| ENOMEM)?,
            }
        }
    }
    /// Keys are about to be read one by one and echoed by us (`true`), or a program is about to run (`false`).
    fn set_key_mode(&mut self, _on: bool) {}
}

/// How reading a line ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LineEnd {
    /// With a line, perhaps empty.
    Line,
    /// With the end of the input, before anything was read.
    EndOfInput,
    /// With the interrupt key.
    Interrupted,
}

/// Error number of a failed allocation.
pub const ENOMEM: Errno = 12;
/// Error number of a system call that a signal cut short.
pub const EINTR: Errno = 4;

/// Clocks and sleeping.
pub trait Clock {
    /// Microseconds of a clock that never goes back.
    fn ticks_us(&mut self) -> u64;
    /// Finest counter there is.
    fn ticks_cpu(&mut self) -> u64 {
        self.ticks_us()
    }
    /// Microseconds of processor time used.
    fn cpu_us(&mut self) -> u64 {
        self.ticks_us()
    }
    /// Nanoseconds since the epoch (1970), if the time of day is known.
    fn epoch_ns(&mut self) -> u64;
    /// Sleeps; returns early when an interrupt is pending.
    fn sleep_us(&mut self, us: u64);
    /// Seconds east of UTC at the epoch time `seconds`.
    fn utc_offset(&mut self, _seconds: i64) -> i32 {
        0
    }
}

/// What a path names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PathKind {
    /// Nothing.
    Missing,
    /// A directory.
    Directory,
    /// A file (or anything that can be opened).
    File,
}

/// Files by descriptor. Everything else of `os` and `vfs` is built on more traits elsewhere.
pub trait Files {
    /// What `path` names.
    fn stat(&mut self, path: &[u8]) -> PathKind;
    /// Opens a file. `mode` as Python's: letters of `rwaxb+t`.
    fn open(&mut self, path: &[u8], mode: &[u8]) -> Result<i32, Errno>;
    /// Reads; 0 at the end.
    fn read(&mut self, fd: i32, into: &mut [u8]) -> Result<usize, Errno>;
    /// Writes; how many bytes went.
    fn write(&mut self, fd: i32, bytes: &[u8]) -> Result<usize, Errno>;
    /// Moves; `whence` 0 start, 1 here, 2 end. The new offset.
    fn seek(&mut self, fd: i32, offset: i64, whence: i32) -> Result<i64, Errno>;
    /// Flushes to the device.
    fn flush(&mut self, fd: i32) -> Result<(), Errno>;
    /// Closes.
    fn close(&mut self, fd: i32) -> Result<(), Errno>;
}

/// Memory for machine code.
pub trait ExecMemory {
    /// Whose machine code runs here. A port that knows more than the build, for instance that there is a double
    /// precision unit, says so.
    fn arch(&self) -> ferlance_abi::Arch {
        crate::native::ARCH
    }
    /// Features of the architecture that code may use (`-march-flags`).
    fn arch_flags(&self) -> u32 {
        0
    }
    /// Takes `len` bytes, aligned to 16, has `write` fill them, makes them executable; their address. `write` gets
    /// the bytes, zeroed, and the address at which they will run, to which code is relocated. Where memory cannot
    /// be written and executed at a time, it is writable first and executable afterwards, never both.
    ///
    /// # Errors
    /// Why not: the text of the `MemoryError`.
    fn commit(
        &mut self,
        len: usize,
        write: &mut dyn FnMut(&mut [u8], usize),
    ) -> Result<core::ptr::NonNull<u8>, &'static str>;
    /// Gives back what `commit` made.
    fn release(&mut self, at: core::ptr::NonNull<u8>, len: usize);
}
