//! Searching by looking at each place, for small builds, whose texts are short.

/// The first place of `needle` in `text`; an empty one is found at once.
pub fn find(text: &[u8], needle: &[u8]) -> Option<usize> {
    let mut places = 0..=text.len().checked_sub(needle.len())?;
    places.find(|&at| is_at(text, needle, at))
}

/// The last place of `needle` in `text`; an empty one is found at the end.
pub fn rfind(text: &[u8], needle: &[u8]) -> Option<usize> {
    let mut places = (0..=text.len().checked_sub(needle.len())?).rev();
    places.find(|&at| is_at(text, needle, at))
}

/// The first place of a byte.
pub fn find_byte(text: &[u8], byte: u8) -> Option<usize> {
    find(text, &[byte])
}

fn is_at(text: &[u8], needle: &[u8], at: usize) -> bool {
    text.get(at..at + needle.len()) == Some(needle)
}
