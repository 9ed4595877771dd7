//! The string hash: names, run-time strings and bytes share it.
//!
//! Four bytes a step with good mixing (the public-domain Murmur3 function, 32 bits, seed 0), because names are
//! hashed once per token by the lexer and a table probed with a weak hash is what makes interning slow.
//! Zero is kept free as "not computed yet" for string objects. Upstream's hash is 8 or 16 bits wide and its
//! value is not part of any file, so nothing else depends on the function chosen.

/// Significant bits of a hash: a string object of a 32-bit board keeps its hash and three flags in one word.
pub const HASH_BITS: u32 = 29;

/// The hash of `text`, never 0.
#[inline]
pub const fn hash_bytes(text: &[u8]) -> u32 {
    let mut hash = 0u32;
    let mut rest = text;
    while let Some((word, tail)) = rest.split_first_chunk::<4>() {
        hash ^= scramble(u32::from_le_bytes(*word));
        hash = hash
            .rotate_left(13)
            .wrapping_mul(5)
            .wrapping_add(0xe654_6b64);
        rest = tail;
    }
    let mut last = 0u32;
    while let Some((byte, head)) = rest.split_last() {
        last = last << 8 | *byte as u32;
        rest = head;
    }
    hash ^= scramble(last);
    hash ^= text.len() as u32;
    hash ^= hash >> 16;
    hash = hash.wrapping_mul(0x85eb_ca6b);
    hash ^= hash >> 13;
    hash = hash.wrapping_mul(0xc2b2_ae35);
    hash ^= hash >> 16;
    hash &= (1 << HASH_BITS) - 1;
    if hash == 0 { 1 } else { hash }
}

const fn scramble(word: u32) -> u32 {
    word.wrapping_mul(0xcc9e_2d51)
        .rotate_left(15)
        .wrapping_mul(0x1b87_3593)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_the_low_bits_of_murmur3() {
        assert_eq!(hash_bytes(b"test"), 0x1a6b_d213);
        assert_eq!(hash_bytes(b"Hello, world!"), 0x0036_3e43);
        // Its value for nothing is 0, which is kept free.
        assert_eq!(hash_bytes(b""), 1);
    }
}
