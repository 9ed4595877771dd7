//! System calls, and what differs between processors: their numbers, how they are made, where a program starts.

#[cfg(target_arch = "arm")]
#[path = "arm.rs"]
mod processor;
#[cfg(any(target_arch = "riscv32", target_arch = "riscv64"))]
#[path = "riscv.rs"]
mod processor;
#[cfg(target_arch = "x86")]
#[path = "x86.rs"]
mod processor;
#[cfg(target_arch = "xtensa")]
#[path = "xtensa.rs"]
mod processor;

use alloc::vec::Vec;
use core::ptr::NonNull;

use ferlance_vm::hal::{ENOMEM, Errno};
use processor::{epoch, number, syscall};

pub(crate) const STDIN: i32 = 0;
pub(crate) const STDOUT: i32 = 1;
pub(crate) const STDERR: i32 = 2;

/// Error number: the path names a directory.
pub(crate) const EISDIR: Errno = 21;
const ENOENT: Errno = 2;

const PROT_READ: usize = 1;
const PROT_WRITE: usize = 2;
const PROT_EXEC: usize = 4;
const MAP_PRIVATE: usize = 2;

/// How a file is opened.
#[derive(Clone, Copy)]
pub(crate) enum Access {
    Read,
    Write,
    Append,
    ReadWrite,
}

/// Teaches the emulated processor what it lacks of those on boards.
pub(crate) fn complete_processor() {
    processor::complete_processor();
}

/// What a system call answered.
fn answer(value: isize) -> Result<usize, Errno> {
    match value {
        -4095..=-1 => Err(-value as Errno),
        _ => Ok(value as usize),
    }
}

/// Ends the program.
pub(crate) fn exit(code: u8) -> ! {
    loop {
        // SAFETY: numbers only.
        unsafe { syscall(number::EXIT, [usize::from(code), 0, 0, 0, 0, 0]) };
    }
}

/// Reads; 0 at the end.
pub(crate) fn read(fd: i32, into: &mut [u8]) -> Result<usize, Errno> {
    let at = into.as_mut_ptr().expose_provenance();
    // SAFETY: `into` is valid for writes of its length.
    answer(unsafe { syscall(number::READ, [fd as usize, at, into.len(), 0, 0, 0]) })
}

/// Writes once; how many bytes went.
pub(crate) fn write(fd: i32, bytes: &[u8]) -> Result<usize, Errno> {
    let at = bytes.as_ptr().expose_provenance();
    // SAFETY: `bytes` is valid for reads of its length.
    answer(unsafe { syscall(number::WRITE, [fd as usize, at, bytes.len(), 0, 0, 0]) })
}

/// Writes everything.
pub(crate) fn write_all(fd: i32, mut bytes: &[u8]) -> Result<(), Errno> {
    while !bytes.is_empty() {
        let n = write(fd, bytes)?;
        bytes = bytes.get(n..).unwrap_or(&[]);
    }
    Ok(())
}

/// Opens a file.
pub(crate) fn open(path: &[u8], access: Access) -> Result<i32, Errno> {
    let mut name = Vec::new();
    name.try_reserve(path.len() + 1).map_err(|_| ENOMEM)?;
    name.extend_from_slice(path);
    name.push(0);
    if path.contains(&0) {
        return Err(ENOENT);
    }
    // As all processors here have them.
    const O_WRONLY: usize = 1;
    const O_RDWR: usize = 2;
    const O_CREAT: usize = 0o100;
    const O_TRUNC: usize = 0o1000;
    const O_APPEND: usize = 0o2000;
    let flags = match access {
        Access::Read => 0,
        Access::Write => O_WRONLY | O_CREAT | O_TRUNC,
        Access::Append => O_WRONLY | O_CREAT | O_APPEND,
        Access::ReadWrite => O_RDWR,
    };
    let at = name.as_ptr().expose_provenance();
    let rights = 0o666;
    let args = if number::OPEN_IS_AT {
        const HERE: isize = -100;
        [HERE as usize, at, flags, rights, 0, 0]
    } else {
        [at, flags, rights, 0, 0, 0]
    };
    // SAFETY: `name` ends with a zero.
    answer(unsafe { syscall(number::OPEN, args) }).map(|fd| fd as i32)
}

/// Closes a file.
pub(crate) fn close(fd: i32) -> Result<(), Errno> {
    // SAFETY: numbers only.
    answer(unsafe { syscall(number::CLOSE, [fd as usize, 0, 0, 0, 0, 0]) }).map(|_| ())
}

/// Moves in a file; the new offset.
pub(crate) fn seek(fd: i32, offset: i64, whence: i32) -> Result<i64, Errno> {
    if cfg!(target_pointer_width = "64") {
        let args = [fd as usize, offset as usize, whence as usize, 0, 0, 0];
        // SAFETY: numbers only.
        return answer(unsafe { syscall(number::SEEK, args) }).map(|to| to as i64);
    }
    let mut to = 0i64;
    let [high, low] = [(offset >> 32) as usize, offset as usize];
    let at = (&raw mut to).expose_provenance();
    // SAFETY: `to` is a valid place for the answer.
    answer(unsafe {
        syscall(
            number::SEEK,
            [fd as usize, high, low, at, whence as usize, 0],
        )
    })
    .map(|_| to)
}

/// The contents of a file.
pub(crate) fn read_file(path: &[u8]) -> Result<Vec<u8>, Errno> {
    let fd = open(path, Access::Read)?;
    let mut data = Vec::new();
    let mut piece = [0; 4096];
    let result = loop {
        match read(fd, &mut piece) {
            Ok(0) => break Ok(data),
            Ok(n) if data.try_reserve(n).is_ok() => data.extend_from_slice(&piece[..n]),
            Ok(_) => break Err(ENOMEM),
            Err(errno) => break Err(errno),
        }
    };
    close(fd)?;
    result
}

/// Microseconds since the epoch, of systems that tell the time in 32 bits.
#[cfg(not(any(target_arch = "riscv32", target_arch = "riscv64")))]
fn time_of_day() -> u64 {
    let mut time = [0u32; 2];
    let at = (&raw mut time).expose_provenance();
    // SAFETY: `time` is a valid place for the answer: seconds, microseconds.
    unsafe { syscall(number::GETTIMEOFDAY, [at, 0, 0, 0, 0, 0]) };
    u64::from(time[0]) * 1_000_000 + u64::from(time[1])
}

/// Microseconds since the epoch.
pub(crate) fn epoch_us() -> u64 {
    epoch()
}

/// Fresh memory, zeroed, from a page boundary on.
pub(crate) fn map(len: usize) -> Option<NonNull<u8>> {
    let args = [
        0,
        len,
        PROT_READ | PROT_WRITE,
        MAP_PRIVATE | number::MAP_ANONYMOUS,
        usize::MAX,
        0,
    ];
    // SAFETY: a fresh private mapping touches nothing that exists.
    let at = answer(unsafe { syscall(number::MMAP, args) }).ok()?;
    NonNull::new(core::ptr::with_exposed_provenance_mut(at))
}

/// Makes a mapping executable and no longer writable; whether that went well.
///
/// # Safety
/// The mapping is ours, and nobody writes to it any more.
pub(crate) unsafe fn make_executable(at: NonNull<u8>, len: usize) -> bool {
    let args = [at.addr().get(), len, PROT_READ | PROT_EXEC, 0, 0, 0];
    // SAFETY: the caller's.
    answer(unsafe { syscall(number::MPROTECT, args) }).is_ok()
}

/// Gives a mapping back.
///
/// # Safety
/// The mapping is ours, and nobody uses it any more.
pub(crate) unsafe fn unmap(at: NonNull<u8>, len: usize) {
    // SAFETY: the caller's.
    unsafe { syscall(number::MUNMAP, [at.addr().get(), len, 0, 0, 0, 0]) };
}
