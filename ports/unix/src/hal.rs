//! The host behind the runtime's traits.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use ferlance_vm::hal::{
    Clock, Console, Errno, ExecMemory, Files, Hal, Launch, PathKind, StackBounds,
};

use crate::console::Streams;
use crate::exec::Exec;
use crate::launch::Start;
use crate::{memory, sys};

/// The host.
pub(crate) struct Host {
    begin: Instant,
    exec: Exec,
    stack: StackBounds,
    start: Start,
    streams: Streams,
}

impl Host {
    /// The host as it is now. `top` is the address of a local variable of `main`, which bounds the stack.
    pub(crate) fn new(start: Start, top: usize) -> Host {
        Host {
            begin: Instant::now(),
            exec: Exec::new(),
            stack: memory::stack_bounds(top),
            start,
            streams: Streams::default(),
        }
    }
}

impl Clock for Host {
    fn ticks_us(&mut self) -> u64 {
        self.begin.elapsed().as_micros() as u64
    }
    fn ticks_cpu(&mut self) -> u64 {
        self.begin.elapsed().as_nanos() as u64
    }
    fn cpu_us(&mut self) -> u64 {
        let mut time = libc::timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        // SAFETY: `time` is a valid place for the answer.
        unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut time) };
        time.tv_sec as u64 * 1_000_000 + time.tv_nsec as u64 / 1000
    }
    fn epoch_ns(&mut self) -> u64 {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |d| d.as_nanos() as u64)
    }
    fn sleep_us(&mut self, us: u64) {
        let length = Duration::from_micros(us);
        let time = libc::timespec {
            tv_sec: length.as_secs() as libc::time_t,
            tv_nsec: libc::c_long::from(length.subsec_nanos()),
        };
        // Not the standard library's sleep, which goes on after a signal: the caller sees to the rest.
        let _ = sys::wait_interruptible(None, Some(time));
    }
    fn utc_offset(&mut self, seconds: i64) -> i32 {
        // SAFETY: all fields are numbers and a pointer that is not followed.
        let mut parts: libc::tm = unsafe { std::mem::zeroed() };
        let seconds = seconds as libc::time_t;
        // SAFETY: both are valid places.
        let known = unsafe { libc::localtime_r(&seconds, &mut parts) };
        if known.is_null() {
            return 0;
        }
        parts.tm_gmtoff as i32
    }
}

impl Files for Host {
    fn stat(&mut self, name: &[u8]) -> PathKind {
        // The empty name is the current directory, as in `sys.path`.
        let name = if name.is_empty() { b"." } else { name };
        let Some(name) = sys::c_path(name) else {
            return PathKind::Missing;
        };
        // SAFETY: all fields are numbers.
        let mut stat: libc::stat = unsafe { std::mem::zeroed() };
        // SAFETY: a C string and a valid place for the answer.
        match unsafe { libc::stat(name.as_ptr(), &mut stat) } {
            0 if stat.st_mode & libc::S_IFMT == libc::S_IFDIR => PathKind::Directory,
            0 => PathKind::File,
            _ => PathKind::Missing,
        }
    }
    fn open(&mut self, name: &[u8], mode: &[u8]) -> Result<i32, Errno> {
        let mut flags = libc::O_RDONLY;
        let mut access = libc::O_RDONLY;
        for letter in mode {
            match letter {
                b'w' => (access, flags) = (libc::O_WRONLY, flags | libc::O_CREAT | libc::O_TRUNC),
                b'a' => (access, flags) = (libc::O_WRONLY, flags | libc::O_CREAT | libc::O_APPEND),
                b'x' => (access, flags) = (libc::O_WRONLY, flags | libc::O_CREAT | libc::O_EXCL),
                _ => {}
            }
        }
        if mode.contains(&b'+') {
            access = libc::O_RDWR;
        }
        sys::open(name, access | flags)
    }
    fn read(&mut self, fd: i32, into: &mut [u8]) -> Result<usize, Errno> {
        match fd {
            libc::STDIN_FILENO => sys::read_input(into),
            fd => sys::read(fd, into),
        }
    }
    fn write(&mut self, fd: i32, bytes: &[u8]) -> Result<usize, Errno> {
        sys::write(fd, bytes)
    }
    fn seek(&mut self, fd: i32, offset: i64, whence: i32) -> Result<i64, Errno> {
        let whence = match whence {
            0 => libc::SEEK_SET,
            1 => libc::SEEK_CUR,
            2 => libc::SEEK_END,
            _ => return Err(libc::EINVAL),
        };
        // SAFETY: numbers only.
        match unsafe { libc::lseek(fd, offset as libc::off_t, whence) } {
            -1 => Err(sys::errno()),
            at => Ok(at),
        }
    }
    fn flush(&mut self, _: i32) -> Result<(), Errno> {
        // Nothing is held back.
        Ok(())
    }
    fn close(&mut self, fd: i32) -> Result<(), Errno> {
        sys::close(fd)
    }
}

impl Launch for Host {
    fn argument(&mut self, i: usize) -> Option<&'static [u8]> {
        self.start.argv.get(i).copied()
    }
    fn search_path(&mut self, i: usize) -> Option<&'static [u8]> {
        self.start.search_path().get(i).copied()
    }
    fn executable(&mut self) -> Option<&'static [u8]> {
        self.start.executable()
    }
}

impl Hal for Host {
    fn console(&mut self) -> &mut dyn Console {
        &mut self.streams
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
        Some(&mut self.exec)
    }
    fn stack_bounds(&self) -> StackBounds {
        self.stack
    }
    fn entropy(&mut self, into: &mut [u8]) -> bool {
        let Ok(fd) = sys::open(b"/dev/urandom", libc::O_RDONLY) else {
            return false;
        };
        let mut filled = 0;
        while let Some(rest @ [_, ..]) = into.get_mut(filled..) {
            match sys::read(fd, rest) {
                Ok(n) if n > 0 => filled += n,
                _ => break,
            }
        }
        let _ = sys::close(fd);
        filled == into.len()
    }
}
