//! System calls as the rest of the program wants them: bytes in, bytes or an error number out.
//!
//! Not the standard library's streams: their locks and buffers cost more at start-up than all else we do, and
//! what a program prints must be written at once.

use ferlance_vm::hal::Errno;
use ferlance_vm::sched::ATTENTION;
use std::sync::atomic::Ordering;

/// The error number of the call that just failed.
pub(crate) fn errno() -> Errno {
    std::io::Error::last_os_error()
        .raw_os_error()
        .unwrap_or(libc::EIO)
}

fn interrupted() -> bool {
    ATTENTION.interrupt.load(Ordering::Relaxed)
}

/// Waits until `fd` is ready for `events`.
fn wait(fd: i32, events: i16) {
    let mut poll = libc::pollfd {
        fd,
        events,
        revents: 0,
    };
    // SAFETY: `poll` is one valid entry. Whatever comes of it, the caller tries again.
    unsafe { libc::poll(&mut poll, 1, -1) };
}

/// Waits until `fd`, if one is given, can be read, or until the time is over, if there is one. `EINTR` when the
/// keyboard interrupt is pending.
///
/// The signal is let in only inside the system call that waits: one that comes between the look at the flag and
/// the wait would else be slept through.
pub(crate) fn wait_interruptible(
    fd: Option<i32>,
    time: Option<libc::timespec>,
) -> Result<(), Errno> {
    // SAFETY: sets of numbers in valid places; what is asked for is in them.
    unsafe {
        let mut before: libc::sigset_t = std::mem::zeroed();
        let mut blocked: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&mut blocked);
        libc::sigaddset(&mut blocked, libc::SIGINT);
        libc::sigprocmask(libc::SIG_BLOCK, &blocked, &mut before);
        let mut result = Ok(());
        if interrupted() {
            result = Err(libc::EINTR);
        } else {
            let mut set: libc::fd_set = std::mem::zeroed();
            libc::FD_ZERO(&mut set);
            if let Some(fd) = fd {
                libc::FD_SET(fd, &mut set);
            }
            let null = std::ptr::null_mut();
            let n = fd.map_or(0, |fd| fd + 1);
            let time = time.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
            if libc::pselect(n, &mut set, null, null, time, &before) < 0 {
                result = Err(errno());
            }
        }
        libc::sigprocmask(libc::SIG_SETMASK, &before, std::ptr::null_mut());
        result
    }
}

/// Reads at least one byte from standard input; 0 at the end. `EINTR` only when the keyboard interrupt is pending.
pub(crate) fn read_input(into: &mut [u8]) -> Result<usize, Errno> {
    loop {
        match wait_interruptible(Some(libc::STDIN_FILENO), None) {
            Err(libc::EINTR) if !interrupted() => {}
            Err(libc::EINTR) => return Err(libc::EINTR),
            // Where it cannot be waited for, reading says why.
            _ => return read(libc::STDIN_FILENO, into),
        }
    }
}

/// Reads at least one byte; 0 at the end. `EINTR` only when the keyboard interrupt is pending.
pub(crate) fn read(fd: i32, into: &mut [u8]) -> Result<usize, Errno> {
    loop {
        // SAFETY: `into` is valid for writes of its length.
        let n = unsafe { libc::read(fd, into.as_mut_ptr().cast(), into.len()) };
        if let Ok(n) = usize::try_from(n) {
            return Ok(n);
        }
        match errno() {
            libc::EINTR if !interrupted() => {}
            libc::EAGAIN => wait(fd, libc::POLLIN),
            // The other side of a terminal is gone: that is the end of the input.
            libc::EIO if is_terminal(fd) => return Ok(0),
            errno => return Err(errno),
        }
    }
}

/// Writes once; how many bytes went.
pub(crate) fn write(fd: i32, bytes: &[u8]) -> Result<usize, Errno> {
    loop {
        // SAFETY: `bytes` is valid for reads of its length.
        let n = unsafe { libc::write(fd, bytes.as_ptr().cast(), bytes.len()) };
        if let Ok(n) = usize::try_from(n) {
            return Ok(n);
        }
        match errno() {
            libc::EINTR => {}
            libc::EAGAIN => wait(fd, libc::POLLOUT),
            errno => return Err(errno),
        }
    }
}

/// Writes everything, in one call where the system takes it.
pub(crate) fn write_all(fd: i32, mut bytes: &[u8]) -> Result<(), Errno> {
    while !bytes.is_empty() {
        let n = write(fd, bytes)?;
        bytes = bytes.get(n..).unwrap_or(&[]);
    }
    Ok(())
}

/// Whether `fd` is a terminal.
pub(crate) fn is_terminal(fd: i32) -> bool {
    // SAFETY: any number may be asked about.
    unsafe { libc::isatty(fd) == 1 }
}

/// `text` with the zero that C wants; `None` when it has one inside.
pub(crate) fn c_path(text: &[u8]) -> Option<std::ffi::CString> {
    std::ffi::CString::new(text).ok()
}

/// Opens a file.
pub(crate) fn open(path: &[u8], flags: i32) -> Result<i32, Errno> {
    let path = c_path(path).ok_or(libc::ENOENT)?;
    loop {
        // SAFETY: `path` is a C string.
        let fd = unsafe { libc::open(path.as_ptr(), flags | libc::O_CLOEXEC, 0o666) };
        if fd >= 0 {
            return Ok(fd);
        }
        match errno() {
            libc::EINTR => {}
            errno => return Err(errno),
        }
    }
}

/// Closes a file.
pub(crate) fn close(fd: i32) -> Result<(), Errno> {
    // SAFETY: closing a number that is not open is an error, no more.
    match unsafe { libc::close(fd) } {
        0 => Ok(()),
        _ => Err(errno()),
    }
}

/// All that `fd` still has.
pub(crate) fn read_to_end(fd: i32) -> Result<Vec<u8>, Errno> {
    let mut data = Vec::new();
    loop {
        let used = data.len();
        if data.try_reserve(used.max(2048)).is_err() {
            return Err(libc::ENOMEM);
        }
        data.resize(data.capacity(), 0);
        let n = read(fd, &mut data[used..])?;
        data.truncate(used + n);
        if n == 0 {
            return Ok(data);
        }
    }
}

/// The contents of a file.
pub(crate) fn read_file(path: &[u8]) -> Result<Vec<u8>, Errno> {
    let fd = open(path, libc::O_RDONLY)?;
    let data = read_to_end(fd);
    close(fd)?;
    data
}

/// What the system calls an error.
pub(crate) fn error_text(errno: Errno) -> String {
    // SAFETY: the answer is a C string that lives until the next call; this program has one thread.
    let text = unsafe { std::ffi::CStr::from_ptr(libc::strerror(errno)) };
    text.to_string_lossy().into_owned()
}

/// A variable of the environment.
pub(crate) fn env(name: &std::ffi::CStr) -> Option<&'static [u8]> {
    // SAFETY: `name` is a C string, and nothing in this program changes the environment while the answer is in use:
    // it is read at the start only.
    unsafe {
        let value = libc::getenv(name.as_ptr());
        (!value.is_null()).then(|| std::ffi::CStr::from_ptr(value).to_bytes())
    }
}

/// Makes the contents of a file that nobody else should read.
pub(crate) fn write_file(path: &[u8], data: &[u8]) -> Result<(), Errno> {
    let fd = open(path, libc::O_WRONLY | libc::O_CREAT | libc::O_TRUNC)?;
    // SAFETY: numbers only. Where it fails the file keeps the rights it has.
    unsafe { libc::fchmod(fd, 0o600) };
    let written = write_all(fd, data);
    close(fd)?;
    written
}
