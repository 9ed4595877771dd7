//! What a program sees of how it was started: `sys.argv`, `sys.path`, `sys.executable`.

use std::os::unix::ffi::OsStringExt;

use crate::sys;

/// What the program was started with.
pub(crate) struct Start {
    /// `sys.argv`.
    pub(crate) argv: Vec<&'static [u8]>,
    /// `sys.path[0]`.
    pub(crate) script_dir: &'static [u8],
    path: Option<Vec<&'static [u8]>>,
    executable: Option<&'static [u8]>,
}

/// Keeps a text for the rest of the program's life.
pub(crate) fn keep(text: Vec<u8>) -> &'static [u8] {
    Vec::leak(text)
}

impl Start {
    /// A start with these arguments, of a script in this directory.
    pub(crate) fn new(argv: Vec<&'static [u8]>, script_dir: &'static [u8]) -> Start {
        Start {
            argv,
            script_dir,
            path: None,
            executable: None,
        }
    }

    /// `sys.path`, worked out when first asked for.
    pub(crate) fn search_path(&mut self) -> &[&'static [u8]] {
        let first = self.script_dir;
        self.path.get_or_insert_with(|| {
            let rest = sys::env(c"MICROPYPATH")
                .unwrap_or(b".frozen:~/.micropython/lib:/usr/lib/micropython");
            let home = sys::env(c"HOME");
            let mut path = vec![first];
            for (i, entry) in rest.split(|c| *c == b':').enumerate() {
                match (entry.strip_prefix(b"~/"), home) {
                    (Some(below), Some(home)) => path.push(keep([home, b"/", below].concat())),
                    // The empty first entry is there already.
                    _ if i == 0 && entry.is_empty() => {}
                    _ => path.push(entry),
                }
            }
            path
        })
    }

    /// The path of this program.
    pub(crate) fn executable(&mut self) -> Option<&'static [u8]> {
        if self.executable.is_none() {
            let path = std::env::current_exe().ok()?;
            self.executable = Some(keep(path.into_os_string().into_vec()));
        }
        self.executable
    }
}

/// The real path of the directory that `script` is in.
pub(crate) fn directory_of(script: &[u8]) -> &'static [u8] {
    let real = sys::c_path(script).and_then(|script| {
        // SAFETY: a C string; the answer is a C string of malloc's, or null.
        unsafe {
            let real = libc::realpath(script.as_ptr(), std::ptr::null_mut());
            if real.is_null() {
                return None;
            }
            let text = std::ffi::CStr::from_ptr(real).to_bytes().to_vec();
            libc::free(real.cast());
            Some(text)
        }
    });
    let Some(mut path) = real else {
        return b"";
    };
    match path.iter().rposition(|c| *c == b'/') {
        // The root's own slash stays.
        Some(slash) => path.truncate(slash.max(1)),
        None => path.clear(),
    }
    keep(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_search_path_starts_where_the_script_is() {
        let mut start = Start::new(Vec::new(), b"/x");
        assert_eq!(start.search_path()[0], b"/x");
        assert!(start.search_path().len() > 1);
    }

    #[test]
    fn a_missing_script_has_no_directory() {
        assert_eq!(directory_of(b"/nowhere/at/all.py"), b"");
    }
}
