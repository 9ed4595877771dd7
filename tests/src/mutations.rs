//! Inputs for fuzz bodies without a fuzzer: known good files, damaged in a repeatable way.

/// A small generator (xorshift), the same on every machine.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// A generator; any seed will do.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below `limit`; 0 if that is 0.
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % limit.max(1)
    }
}

/// Words whose presence changes what a Python parser does.
const WORDS: &[&str] = &[
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ":",
    ",",
    ";",
    "=",
    "\n",
    "\n ",
    "\n    ",
    "\t",
    "#",
    "\\\n",
    "'",
    "\"",
    "'''",
    "f'{",
    "}'",
    "b'",
    "lambda",
    "yield",
    "await",
    "async",
    "def f():",
    "class C:",
    "if",
    "else",
    "for x in",
    "while",
    "try:",
    "except",
    "finally:",
    "with",
    "as",
    "import",
    "from",
    "return",
    "del",
    "global",
    "nonlocal",
    "not",
    "and",
    "or",
    "in",
    "is",
    "*",
    "**",
    "->",
    ":=",
    "==",
    "...",
    ".",
    "@",
    "0x",
    "1e9",
    "1_0",
    "9999999999999999999999",
    "1.5j",
    "\0",
    "é",
    "x",
];

/// One of `seeds`, damaged in a few places: bytes changed, taken out, doubled; words put in; parts of another seed.
pub fn damaged(seeds: &[Vec<u8>], random: &mut Random, words: bool) -> Vec<u8> {
    let mut data = seeds[random.below(seeds.len())].clone();
    // Short inputs reach odd states sooner.
    if data.len() > 600 {
        let start = if words {
            random.below(data.len() - 500)
        } else {
            0
        };
        let end = (start + 100 + random.below(500)).min(data.len());
        data = data[start..end].to_vec();
    }
    for _ in 0..1 + random.below(5) {
        let at = random.below(data.len() + 1);
        let end = (at + random.below(12)).min(data.len());
        match random.below(if words { 7 } else { 5 }) {
            0 if at < data.len() => data[at] ^= 1 << random.below(8),
            1 if at < data.len() => data[at] = random.below(256) as u8,
            2 => drop(data.drain(at..end)),
            3 => {
                // Now and then very often: whatever nests must be bounded.
                let times = if random.below(8) == 0 { 3000 } else { 1 };
                let doubled = data[at..end].repeat(times);
                data.splice(at..at, doubled);
            }
            4 => {
                let other = &seeds[random.below(seeds.len())];
                let from = random.below(other.len() + 1);
                let to = (from + random.below(40)).min(other.len());
                data.splice(at..end, other[from..to].iter().copied());
            }
            5 | 6 => {
                let word = WORDS[random.below(WORDS.len())].as_bytes();
                data.splice(at..at, [b" ", word, b" "].concat());
            }
            _ => data.truncate(at),
        }
    }
    data
}
