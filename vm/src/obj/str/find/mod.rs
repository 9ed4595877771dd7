//! Searching in bytes.

#[cfg(not(feature = "small"))]
mod linear;
#[cfg(feature = "small")]
mod plain;

#[cfg(not(feature = "small"))]
pub use linear::{find, find_byte, rfind};
#[cfg(feature = "small")]
pub use plain::{find, find_byte, rfind};

/// Number of places of `needle` that do not overlap; `needle` is not empty.
pub fn count(text: &[u8], needle: &[u8]) -> usize {
    if let [byte] = needle {
        return text.iter().filter(|b| *b == byte).count();
    }
    let mut places = Places::new(text, needle);
    let mut n = 0;
    while places.next().is_some() {
        n += 1;
    }
    n
}

/// Places of a needle that do not overlap, from the front.
pub struct Places<'a> {
    text: &'a [u8],
    needle: &'a [u8],
    at: usize,
}

impl<'a> Places<'a> {
    /// `needle` is not empty.
    pub fn new(text: &'a [u8], needle: &'a [u8]) -> Places<'a> {
        Places {
            text,
            needle,
            at: 0,
        }
    }
}

impl Iterator for Places<'_> {
    type Item = usize;
    #[inline]
    fn next(&mut self) -> Option<usize> {
        let found = self.at + find(self.text.get(self.at..)?, self.needle)?;
        self.at = found + self.needle.len().max(1);
        Some(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn naive(text: &[u8], needle: &[u8]) -> Option<usize> {
        (0..=text.len().checked_sub(needle.len())?).find(|at| text[*at..].starts_with(needle))
    }

    fn rnaive(text: &[u8], needle: &[u8]) -> Option<usize> {
        (0..=text.len().checked_sub(needle.len())?)
            .rev()
            .find(|at| text[*at..].starts_with(needle))
    }

    #[test]
    fn every_method_finds_what_a_plain_search_finds() {
        let mut seed = 1u32;
        let mut random = |n: u32| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 16) % n
        };
        for _ in 0..20_000 {
            let letters = 1 + random(3);
            let mut word = |most: u32| -> alloc::vec::Vec<u8> {
                let len = random(most);
                (0..len).map(|_| b'a' + random(letters) as u8).collect()
            };
            let (text, needle) = (word(60), word(9));
            assert_eq!(find(&text, &needle), naive(&text, &needle));
            assert_eq!(rfind(&text, &needle), rnaive(&text, &needle));
            #[cfg(not(feature = "small"))]
            if !needle.is_empty() {
                let two_way = linear::two_way;
                assert_eq!(two_way(&text, &needle, 0, false), naive(&text, &needle));
                assert_eq!(two_way(&text, &needle, 0, true), rnaive(&text, &needle));
            }
        }
    }

    #[cfg(not(feature = "small"))]
    #[test]
    fn the_worst_case_is_linear() {
        let text = alloc::vec![b'a'; 1_000_000];
        let mut needle = alloc::vec![b'a'; 100_000];
        needle.push(b'b');
        assert_eq!(find(&text, &needle), None);
        assert_eq!(count(&text, &needle), 0);
        needle.insert(0, b'b');
        needle.pop();
        assert_eq!(rfind(&text, &needle), None);
        assert_eq!(find(&text, &text[..500_000]), Some(0));
    }
}
