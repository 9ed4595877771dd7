//! What a board or host must provide.

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
    /// True random bytes, or `false`.
    fn entropy(&mut self, _into: &mut [u8]) -> bool {
        false
    }
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
}

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
    /// Makes `code` executable; its address.
    fn commit(&mut self, code: &[u8]) -> Option<core::ptr::NonNull<u8>>;
    /// Gives back what `commit` made.
    fn release(&mut self, at: core::ptr::NonNull<u8>, len: usize);
}
