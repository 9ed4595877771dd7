//! What was typed before.

use ferlance_collections::{OutOfMemory, TryVec};

/// Stands for a line break inside an entry of a saved history, which has one entry per line.
const BREAK: u8 = 0x1e;

/// The last entries, oldest first.
pub struct History {
    entries: TryVec<TryVec<u8>>,
    capacity: usize,
}

impl History {
    /// No entries yet; at most `capacity`.
    pub fn new(capacity: usize) -> History {
        History {
            entries: TryVec::new(),
            capacity,
        }
    }

    /// Adds a text, unless it is blank or just what was added last.
    ///
    /// # Errors
    /// Out of memory: the history stays as it is.
    pub fn add(&mut self, text: &[u8]) -> Result<(), OutOfMemory> {
        let text = text.trim_ascii_end();
        if text.is_empty() || self.capacity == 0 || self.back(0) == Some(text) {
            return Ok(());
        }
        let entry = TryVec::from_slice(text)?;
        if self.entries.len() >= self.capacity {
            self.entries.remove(0);
        }
        self.entries.push(entry)
    }

    /// The entry before `steps` newer ones.
    pub fn back(&self, steps: usize) -> Option<&[u8]> {
        let at = self.entries.len().checked_sub(steps.checked_add(1)?)?;
        Some(self.entries.get(at)?)
    }

    /// Takes up a saved history.
    ///
    /// # Errors
    /// Out of memory.
    pub fn load(&mut self, saved: &[u8]) -> Result<(), OutOfMemory> {
        let mut entry = TryVec::new();
        for line in saved.split(|c| *c == b'\n') {
            entry.clear();
            entry.extend(line.iter().map(|c| if *c == BREAK { b'\n' } else { *c }))?;
            self.add(&entry)?;
        }
        Ok(())
    }

    /// The history as `load` takes it.
    ///
    /// # Errors
    /// Out of memory.
    pub fn save(&self) -> Result<TryVec<u8>, OutOfMemory> {
        let mut saved = TryVec::new();
        for entry in self.entries.iter() {
            saved.extend(entry.iter().map(|c| if *c == b'\n' { BREAK } else { *c }))?;
            saved.push(b'\n')?;
        }
        Ok(saved)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_entries_go_first_and_repeats_are_not_kept() {
        let mut history = History::new(2);
        for text in ["a", "b", "b", "  ", "c"] {
            history.add(text.as_bytes()).unwrap();
        }
        assert_eq!(history.back(0), Some(&b"c"[..]));
        assert_eq!(history.back(1), Some(&b"b"[..]));
        assert_eq!(history.back(2), None);
        assert_eq!(history.back(usize::MAX), None);
    }

    #[test]
    fn a_saved_history_comes_back_with_its_line_breaks() {
        let mut history = History::new(8);
        history.add(b"for i in x:\n    i\n").unwrap();
        history.add(b"1").unwrap();
        let saved = history.save().unwrap();
        assert_eq!(&saved[..], b"for i in x:\x1e    i\n1\n");
        let mut again = History::new(8);
        again.load(&saved).unwrap();
        assert_eq!(again.back(1), Some(&b"for i in x:\n    i"[..]));
    }
}
