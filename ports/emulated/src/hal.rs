//! The board behind the runtime's traits.

use alloc::vec::Vec;
use core::ptr::NonNull;

use ferlance_abi::Arch;
use ferlance_vm::hal::{
    Clock, Console, Errno, ExecMemory, Files, Hal, Launch, PathKind, StackBounds,
};

use crate::args::{Invocation, What};
use crate::linux;

/// Machine stack that QEMU gives a program.
const STACK: usize = 8 << 20;
/// Machine stack left for functions that do not check.
const MARGIN: usize = 256 << 10;

/// The board.
pub(crate) struct Board {
    arch: Arch,
    arch_flags: u32,
    argv: Vec<&'static [u8]>,
    script_dir: &'static [u8],
    begin_us: u64,
    top: usize,
}

impl Board {
    /// The board at its start; the stack lies below `top`.
    pub(crate) fn new(invocation: &Invocation, top: usize) -> Board {
        let script_dir = match invocation.what {
            What::File(name) => match name.iter().rposition(|c| *c == b'/') {
                Some(slash) => &name[..slash.max(1)],
                None => b"",
            },
            _ => b"",
        };
        Board {
            arch: invocation.arch,
            arch_flags: invocation.arch_flags,
            argv: invocation.argv.clone(),
            script_dir,
            begin_us: linux::epoch_us(),
            top,
        }
    }
}

impl Hal for Board {
    fn console(&mut self) -> &mut dyn Console {
        self
    }
    fn clock(&mut self) -> &mut dyn Clock {
        self
    }
    fn files(&mut self) -> Option<&mut dyn Files> {
        Some(self)
    }
    fn launch(&mut self) -> Option<&mut dyn Launch> {
        Some(self)
    }
    fn exec_memory(&mut self) -> Option<&mut dyn ExecMemory> {
        Some(self)
    }
    fn stack_bounds(&self) -> StackBounds {
        StackBounds {
            low: self.top.saturating_sub(STACK - MARGIN),
            high: self.top,
        }
    }
}

impl Console for Board {
    fn write_out(&mut self, bytes: &[u8]) -> Result<(), Errno> {
        linux::write_all(linux::STDOUT, bytes)
    }
    fn write_err(&mut self, bytes: &[u8]) -> Result<(), Errno> {
        linux::write_all(linux::STDERR, bytes)
    }
    fn read(&mut self, into: &mut [u8]) -> Result<usize, Errno> {
        linux::read(linux::STDIN, into)
    }
}

impl Clock for Board {
    fn ticks_us(&mut self) -> u64 {
        linux::epoch_us().wrapping_sub(self.begin_us)
    }
    fn epoch_ns(&mut self) -> u64 {
        linux::epoch_us().wrapping_mul(1000)
    }
    // A board without an operating system waits like this too.
    fn sleep_us(&mut self, us: u64) {
        let end = self.ticks_us().saturating_add(us);
        while self.ticks_us() < end {}
    }
}

impl Files for Board {
    fn stat(&mut self, path: &[u8]) -> PathKind {
        // The empty name is the current directory, as in `sys.path`.
        let path = if path.is_empty() { b"." } else { path };
        let Ok(fd) = linux::open(path, linux::Access::Read) else {
            return PathKind::Missing;
        };
        // Directories open, but cannot be read.
        let kind = match linux::read(fd, &mut [0]) {
            Err(linux::EISDIR) => PathKind::Directory,
            _ => PathKind::File,
        };
        let _ = linux::close(fd);
        kind
    }
    fn open(&mut self, path: &[u8], mode: &[u8]) -> Result<i32, Errno> {
        let access = if mode.contains(&b'w') {
            linux::Access::Write
        } else if mode.contains(&b'a') {
            linux::Access::Append
        } else if mode.contains(&b'+') {
            linux::Access::ReadWrite
        } else {
            linux::Access::Read
        };
        linux::open(path, access)
    }
    fn read(&mut self, fd: i32, into: &mut [u8]) -> Result<usize, Errno> {
        linux::read(fd, into)
    }
    fn write(&mut self, fd: i32, bytes: &[u8]) -> Result<usize, Errno> {
        linux::write(fd, bytes)
    }
    fn seek(&mut self, fd: i32, offset: i64, whence: i32) -> Result<i64, Errno> {
        linux::seek(fd, offset, whence)
    }
    fn flush(&mut self, _: i32) -> Result<(), Errno> {
        Ok(())
    }
    fn close(&mut self, fd: i32) -> Result<(), Errno> {
        linux::close(fd)
    }
}

impl Launch for Board {
    fn argument(&mut self, i: usize) -> Option<&'static [u8]> {
        self.argv.get(i).copied()
    }
    fn search_path(&mut self, i: usize) -> Option<&'static [u8]> {
        match i {
            0 => Some(self.script_dir),
            1 => Some(b".frozen"),
            _ => None,
        }
    }
    fn executable(&mut self) -> Option<&'static [u8]> {
        None
    }
}

impl ExecMemory for Board {
    fn arch(&self) -> Arch {
        self.arch
    }
    fn arch_flags(&self) -> u32 {
        self.arch_flags
    }
    fn commit(
        &mut self,
        len: usize,
        write: &mut dyn FnMut(&mut [u8], usize),
    ) -> Result<NonNull<u8>, &'static str> {
        let len = len.max(1);
        let at = linux::map(len).ok_or("no memory for native code")?;
        // SAFETY: the mapping is ours, writable, zeroed, and as long.
        write(
            unsafe { core::slice::from_raw_parts_mut(at.as_ptr(), len) },
            at.as_ptr().expose_provenance(),
        );
        // SAFETY: our mapping, which nothing refers to yet.
        if unsafe { linux::make_executable(at, len) } {
            Ok(at)
        } else {
            // SAFETY: as above.
            unsafe { linux::unmap(at, len) };
            Err("the system refuses to make native code executable")
        }
    }
    fn release(&mut self, at: NonNull<u8>, len: usize) {
        // SAFETY: what `commit` made, which nothing runs any more.
        unsafe { linux::unmap(at, len.max(1)) };
    }
}
