//! The host behind the runtime's traits.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use ferlance_vm::hal::{Clock, Console, Errno, Files, Hal, PathKind, StackBounds};

use crate::memory;

/// The host.
pub struct Host {
    start: Instant,
    stack: StackBounds,
    files: HashMap<i32, File>,
    next: i32,
}

impl Host {
    /// The host as it is now; called from `main`, whose frame bounds the stack.
    pub fn new() -> Host {
        Host {
            start: Instant::now(),
            stack: memory::stack_bounds(),
            files: HashMap::new(),
            next: 3,
        }
    }
}

fn errno(error: &std::io::Error) -> Errno {
    error.raw_os_error().unwrap_or(libc::EIO)
}

fn path(bytes: &[u8]) -> &Path {
    Path::new(std::ffi::OsStr::from_bytes(bytes))
}

fn write_all(mut to: impl Write, bytes: &[u8]) -> Result<(), Errno> {
    to.write_all(bytes)
        .and_then(|()| to.flush())
        .map_err(|e| errno(&e))
}

impl Console for Host {
    fn write_out(&mut self, bytes: &[u8]) -> Result<(), Errno> {
        write_all(std::io::stdout().lock(), bytes)
    }
    fn write_err(&mut self, bytes: &[u8]) -> Result<(), Errno> {
        write_all(std::io::stderr().lock(), bytes)
    }
    fn read(&mut self, into: &mut [u8]) -> Result<usize, Errno> {
        std::io::stdin().lock().read(into).map_err(|e| errno(&e))
    }
}

impl Clock for Host {
    fn ticks_us(&mut self) -> u64 {
        self.start.elapsed().as_micros() as u64
    }
    fn ticks_cpu(&mut self) -> u64 {
        self.start.elapsed().as_nanos() as u64
    }
    fn epoch_ns(&mut self) -> u64 {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |d| d.as_nanos() as u64)
    }
    fn sleep_us(&mut self, us: u64) {
        std::thread::sleep(Duration::from_micros(us));
    }
}

impl Files for Host {
    fn stat(&mut self, name: &[u8]) -> PathKind {
        match std::fs::metadata(path(name)) {
            Ok(meta) if meta.is_dir() => PathKind::Directory,
            Ok(_) => PathKind::File,
            Err(_) => PathKind::Missing,
        }
    }
    fn open(&mut self, name: &[u8], mode: &[u8]) -> Result<i32, Errno> {
        let mut options = OpenOptions::new();
        for letter in mode {
            match letter {
                b'r' => options.read(true),
                b'w' => options.write(true).create(true).truncate(true),
                b'a' => options.append(true).create(true),
                b'x' => options.write(true).create_new(true),
                b'+' => options.read(true).write(true),
                _ => &mut options,
            };
        }
        let file = options.open(path(name)).map_err(|e| errno(&e))?;
        let fd = self.next;
        self.next += 1;
        self.files.insert(fd, file);
        Ok(fd)
    }
    fn read(&mut self, fd: i32, into: &mut [u8]) -> Result<usize, Errno> {
        self.files
            .get_mut(&fd)
            .ok_or(libc::EBADF)?
            .read(into)
            .map_err(|e| errno(&e))
    }
    fn write(&mut self, fd: i32, bytes: &[u8]) -> Result<usize, Errno> {
        self.files
            .get_mut(&fd)
            .ok_or(libc::EBADF)?
            .write(bytes)
            .map_err(|e| errno(&e))
    }
    fn seek(&mut self, fd: i32, offset: i64, whence: i32) -> Result<i64, Errno> {
        let to = match whence {
            0 => SeekFrom::Start(u64::try_from(offset).map_err(|_| libc::EINVAL)?),
            1 => SeekFrom::Current(offset),
            2 => SeekFrom::End(offset),
            _ => return Err(libc::EINVAL),
        };
        self.files
            .get_mut(&fd)
            .ok_or(libc::EBADF)?
            .seek(to)
            .map(|at| at as i64)
            .map_err(|e| errno(&e))
    }
    fn flush(&mut self, fd: i32) -> Result<(), Errno> {
        self.files
            .get_mut(&fd)
            .ok_or(libc::EBADF)?
            .flush()
            .map_err(|e| errno(&e))
    }
    fn close(&mut self, fd: i32) -> Result<(), Errno> {
        self.files.remove(&fd).map(|_| ()).ok_or(libc::EBADF)
    }
}

impl Hal for Host {
    fn console(&mut self) -> &mut dyn Console {
        self
    }
    fn clock(&mut self) -> &mut dyn Clock {
        self
    }
    fn files(&mut self) -> Option<&mut dyn Files> {
        Some(self)
    }
    fn stack_bounds(&self) -> StackBounds {
        self.stack
    }
    fn entropy(&mut self, into: &mut [u8]) -> bool {
        File::open("/dev/urandom")
            .and_then(|mut f| f.read_exact(into))
            .is_ok()
    }
}
