//! Searching in time linear in the length of the text, whatever is sought: by the first byte as long as that serves, then
//! by the two-way method.

/// The first place of `needle` in `text`; an empty one is found at once.
#[inline]
pub fn find(text: &[u8], needle: &[u8]) -> Option<usize> {
    match needle {
        [] => Some(0),
        [byte] => find_byte(text, *byte),
        _ if needle.len() > text.len() => None,
        _ => find_long(text, needle),
    }
}

/// The last place of `needle` in `text`; an empty one is found at the end.
pub fn rfind(text: &[u8], needle: &[u8]) -> Option<usize> {
    match needle {
        [] => Some(text.len()),
        [byte] => text.iter().rposition(|b| b == byte),
        _ if needle.len() > text.len() => None,
        _ => rfind_long(text, needle),
    }
}

/// The first place of a byte.
#[inline]
pub fn find_byte(text: &[u8], byte: u8) -> Option<usize> {
    // Eight bytes at a time: a byte that is zero after the exclusive or sets its top bit.
    const LOW: u64 = 0x0101_0101_0101_0101;
    let pattern = LOW.wrapping_mul(u64::from(byte));
    let (words, tail) = text.as_chunks::<8>();
    for (i, word) in words.iter().enumerate() {
        let diff = u64::from_le_bytes(*word) ^ pattern;
        let zero = diff.wrapping_sub(LOW) & !diff & (LOW << 7);
        if zero != 0 {
            return Some(i * 8 + zero.trailing_zeros() as usize / 8);
        }
    }
    let at = tail.iter().position(|b| *b == byte)?;
    Some(words.len() * 8 + at)
}

/// How many bytes may be compared in vain, beyond those passed over, before the search changes its method.
const PATIENCE: usize = 64;

fn find_long(text: &[u8], needle: &[u8]) -> Option<usize> {
    let first = *needle.first()?;
    let last_start = text.len() - needle.len();
    let mut at = 0;
    let mut wasted = 0;
    while at <= last_start {
        at += find_byte(text.get(at..=last_start)?, first)?;
        let window = text.get(at..at + needle.len())?;
        let same = agreement(window, needle);
        if same == needle.len() {
            return Some(at);
        }
        wasted += same;
        at += 1;
        if wasted > 4 * at + PATIENCE {
            return two_way(text, needle, at, false);
        }
    }
    None
}

/// How many bytes at the start of both are the same.
fn agreement(a: &[u8], b: &[u8]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}

fn rfind_long(text: &[u8], needle: &[u8]) -> Option<usize> {
    let first = *needle.first()?;
    let mut wasted = 0;
    let mut passed = 0;
    for at in (0..=text.len() - needle.len()).rev() {
        passed += 1;
        if text.get(at) != Some(&first) {
            continue;
        }
        let window = text.get(at..at + needle.len())?;
        let same = agreement(window, needle);
        if same == needle.len() {
            return Some(at);
        }
        wasted += same;
        if wasted > 4 * passed + PATIENCE {
            // What was searched already holds no match, but a window that begins before it may reach into it.
            let end = (at + needle.len() - 1).min(text.len());
            return two_way(text.get(..end)?, needle, 0, true);
        }
    }
    None
}

/// Bytes seen from the front or from the back.
#[derive(Clone, Copy)]
struct View<'a> {
    bytes: &'a [u8],
    reversed: bool,
}

impl View<'_> {
    #[inline(always)]
    fn at(self, i: usize) -> Option<u8> {
        if self.reversed {
            let i = self.bytes.len().checked_sub(i + 1)?;
            self.bytes.get(i).copied()
        } else {
            self.bytes.get(i).copied()
        }
    }
}

/// The maximal suffix of the needle for an order of bytes, and its period (Crochemore and Perrin).
fn maximal_suffix(needle: View<'_>, greater: bool) -> (usize, usize) {
    let (mut left, mut right, mut offset, mut period) = (0, 1, 0, 1);
    while let Some(a) = needle.at(right + offset) {
        let b = needle.at(left + offset).unwrap_or(0);
        if (a < b && !greater) || (a > b && greater) {
            right += offset + 1;
            offset = 0;
            period = right - left;
        } else if a == b {
            if offset + 1 == period {
                right += offset + 1;
                offset = 0;
            } else {
                offset += 1;
            }
        } else {
            left = right;
            right += 1;
            offset = 0;
            period = 1;
        }
    }
    (left, period)
}

/// The two-way search: linear, without tables. From `start`, or from the end when `reversed`.
pub(super) fn two_way(text: &[u8], needle: &[u8], start: usize, reversed: bool) -> Option<usize> {
    let n = needle.len();
    let (text, pattern) = (
        View {
            bytes: text,
            reversed,
        },
        View {
            bytes: needle,
            reversed,
        },
    );
    let (small, large) = (
        maximal_suffix(pattern, false),
        maximal_suffix(pattern, true),
    );
    let (cut, period) = if small.0 > large.0 { small } else { large };
    let periodic = (0..cut).all(|i| i + period < n && pattern.at(i) == pattern.at(i + period));
    let shift = if periodic {
        period
    } else {
        cut.max(n - cut) + 1
    };
    let (mut at, mut known) = (start, 0);
    while at + n <= text.bytes.len() {
        let mut i = if periodic { cut.max(known) } else { cut };
        while i < n && pattern.at(i) == text.at(at + i) {
            i += 1;
        }
        if i < n {
            at += i - cut + 1;
            known = 0;
            continue;
        }
        let mut j = cut;
        while j > known && pattern.at(j - 1) == text.at(at + j - 1) {
            j -= 1;
        }
        if j <= known {
            return Some(if reversed {
                text.bytes.len() - at - n
            } else {
                at
            });
        }
        at += shift;
        known = if periodic { n - period } else { 0 };
    }
    None
}
