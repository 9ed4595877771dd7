//! Names of files as the bytes that a `.mpy` file stores. They need not be UTF-8.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

/// The bytes of a name.
pub(crate) fn bytes(name: &OsStr) -> Vec<u8> {
    name.as_encoded_bytes().to_vec()
}

/// The name with slashes for backslashes: what is opened and what is stored.
pub(crate) fn with_slashes(name: &OsStr) -> OsString {
    let mut bytes = bytes(name);
    for byte in &mut bytes {
        if *byte == b'\\' {
            *byte = b'/';
        }
    }
    from_bytes(bytes)
}

/// The input without its last two bytes, plus `mpy`.
pub(crate) fn default_output(input: &OsStr) -> PathBuf {
    let mut bytes = bytes(input);
    bytes.truncate(bytes.len().saturating_sub(2));
    bytes.extend_from_slice(b"mpy");
    PathBuf::from(from_bytes(bytes))
}

#[cfg(unix)]
fn from_bytes(bytes: Vec<u8>) -> OsString {
    std::os::unix::ffi::OsStringExt::from_vec(bytes)
}

#[cfg(not(unix))]
fn from_bytes(bytes: Vec<u8>) -> OsString {
    OsString::from(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backslashes_become_slashes_in_what_is_opened_too() {
        assert_eq!(with_slashes(OsStr::new("a\\b\\c.py")), "a/b/c.py");
    }

    #[test]
    fn two_bytes_give_way_to_the_extension() {
        for (input, output) in [
            ("a.py", "a.mpy"),
            ("a", "mpy"),
            ("", "mpy"),
            ("x/abc", "x/ampy"),
        ] {
            assert_eq!(default_output(OsStr::new(input)), PathBuf::from(output));
        }
    }

    #[cfg(unix)]
    #[test]
    fn names_need_not_be_text() {
        use std::os::unix::ffi::OsStrExt;
        let name = OsStr::from_bytes(b"\xff.py");
        assert_eq!(bytes(name), b"\xff.py");
        assert_eq!(bytes(default_output(name).as_os_str()), b"\xff.mpy");
        assert_eq!(
            bytes(default_output(OsStr::new("n\u{e9}")).as_os_str()),
            b"nmpy"
        );
    }
}
