//! The terminal on standard input: one mode while keys are read, another while a program runs.

use std::mem::MaybeUninit;

/// Ctrl-C.
const INTERRUPT: libc::cc_t = 3;

/// The terminal, with the modes that it had when the program started.
#[derive(Clone, Copy)]
pub(crate) struct Terminal {
    original: libc::termios,
}

impl Terminal {
    /// The terminal on standard input, if there is one.
    pub(crate) fn of_input() -> Option<Terminal> {
        let mut original = MaybeUninit::<libc::termios>::uninit();
        // SAFETY: a valid place for the answer, which is filled in when the call says so.
        unsafe {
            match libc::tcgetattr(libc::STDIN_FILENO, original.as_mut_ptr()) {
                0 => Some(Terminal {
                    original: original.assume_init(),
                }),
                _ => None,
            }
        }
    }

    fn set(modes: &libc::termios) {
        // SAFETY: modes that `tcgetattr` gave, changed in flags only. A terminal that refuses stays as it is.
        unsafe { libc::tcsetattr(libc::STDIN_FILENO, libc::TCSANOW, modes) };
    }

    /// Keys come one by one, unseen; bytes go out as they are.
    pub(crate) fn read_keys(&self) {
        let mut modes = self.original;
        modes.c_iflag &= !(libc::BRKINT
            | libc::ICRNL
            | libc::INLCR
            | libc::IGNCR
            | libc::INPCK
            | libc::ISTRIP
            | libc::IXON);
        modes.c_oflag &= !libc::OPOST;
        modes.c_cflag |= libc::CS8;
        modes.c_lflag &= !(libc::ECHO | libc::ICANON | libc::IEXTEN | libc::ISIG);
        modes.c_cc[libc::VMIN] = 1;
        modes.c_cc[libc::VTIME] = 0;
        Terminal::set(&modes);
    }

    /// As before we came, but Ctrl-C interrupts even on a terminal that was raw: a host tool's end of a pty.
    pub(crate) fn run_program(&self) {
        let mut modes = self.original;
        if modes.c_lflag & libc::ISIG == 0 {
            modes.c_lflag |= libc::ISIG | libc::NOFLSH;
            modes.c_cc[libc::VINTR] = INTERRUPT;
            // Only this key: the others stay data.
            modes.c_cc[libc::VQUIT] = libc::_POSIX_VDISABLE;
            modes.c_cc[libc::VSUSP] = libc::_POSIX_VDISABLE;
        }
        Terminal::set(&modes);
    }

    /// As before we came.
    pub(crate) fn restore(&self) {
        Terminal::set(&self.original);
    }

    /// Whether the terminal itself turns `\n` into `\r\n`.
    pub(crate) fn returns(&self) -> bool {
        let both = libc::OPOST | libc::ONLCR;
        self.original.c_oflag & both == both
    }
}
