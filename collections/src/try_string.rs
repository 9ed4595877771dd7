//! Text whose growth can fail.

use alloc::string::String;
use core::fmt;
use core::ops::Deref;

use crate::oom::{self, OutOfMemory};
use crate::try_vec::TryVec;

/// A growable UTF-8 text; reading goes through the `str` it dereferences to.
#[derive(PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct TryString(String);

impl TryString {
    /// An empty text. Does not allocate.
    #[inline]
    pub const fn new() -> Self {
        TryString(String::new())
    }

    /// A copy of `text`.
    pub fn from_text(text: &str) -> Result<Self, OutOfMemory> {
        let mut made = TryString::new();
        made.push_str(text)?;
        Ok(made)
    }

    /// The text that `value` prints as.
    pub fn format(value: fmt::Arguments<'_>) -> Result<Self, OutOfMemory> {
        let mut made = TryString::new();
        fmt::write(&mut made, value).map_err(|_| OutOfMemory)?;
        Ok(made)
    }

    /// Makes room for `additional` more bytes.
    pub fn reserve(&mut self, additional: usize) -> Result<(), OutOfMemory> {
        if additional > self.0.capacity() - self.0.len() {
            oom::permit()?;
            self.0.try_reserve(additional)?;
        }
        Ok(())
    }

    /// Appends `text`.
    #[inline]
    pub fn push_str(&mut self, text: &str) -> Result<(), OutOfMemory> {
        self.reserve(text.len())?;
        self.0.push_str(text);
        Ok(())
    }

    /// Appends one character.
    #[inline]
    pub fn push(&mut self, c: char) -> Result<(), OutOfMemory> {
        self.reserve(c.len_utf8())?;
        self.0.push(c);
        Ok(())
    }

    /// Drops all text, keeps the room.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Drops what lies beyond byte `len`.
    ///
    /// # Panics
    /// If `len` lies inside a character.
    pub fn truncate(&mut self, len: usize) {
        self.0.truncate(len);
    }

    /// The text.
    #[inline]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A copy of the text. (There is no `Clone`: it could not fail.)
    pub fn try_clone(&self) -> Result<Self, OutOfMemory> {
        TryString::from_text(self)
    }

    /// Gives up the plain string.
    pub fn into_string(self) -> String {
        self.0
    }

    /// Gives up the bytes.
    pub fn into_bytes(self) -> TryVec<u8> {
        TryVec::from_vec(self.0.into_bytes())
    }
}

impl Deref for TryString {
    type Target = str;
    #[inline]
    fn deref(&self) -> &str {
        &self.0
    }
}

impl From<String> for TryString {
    fn from(text: String) -> Self {
        TryString(text)
    }
}

impl fmt::Write for TryString {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push_str(text).map_err(|_| fmt::Error)
    }
}

impl fmt::Display for TryString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for TryString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl PartialEq<str> for TryString {
    fn eq(&self, other: &str) -> bool {
        self.0 == *other
    }
}

impl PartialEq<&str> for TryString {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_grows_and_is_read_as_str() {
        let mut text = TryString::from_text("ab").unwrap();
        text.push('é').unwrap();
        text.push_str("!").unwrap();
        assert_eq!(text, "abé!");
        assert_eq!(text.find('é'), Some(2));
        text.truncate(2);
        assert_eq!(text.into_bytes(), *b"ab");
        assert_eq!(
            TryString::format(format_args!("{}+{}", 1, 2)).unwrap(),
            "1+2"
        );
    }

    #[test]
    fn failing_to_grow_is_an_error() {
        let failing = oom::failing::Failing::at(0);
        assert_eq!(TryString::from_text("x"), Err(OutOfMemory));
        assert_eq!(failing.seen(), 1);
    }
}
