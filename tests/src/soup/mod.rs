//! Python sources of no meaning: everything the grammar has, in odd places, from a seed. What compilers are
//! compared on where no real program goes.
//!
//! Those of even seeds are refused or nearly so; that is wanted, as refusals have a message and a line to agree on.
//! Those of odd seeds are tame: they keep to what mostly compiles.

mod expressions;
mod literals;
mod statements;

use crate::mutations::{Random, damaged};

/// The source of `seed`.
pub fn source(seed: u64) -> Vec<u8> {
    let mut soup = Soup {
        random: Random::new(seed),
        text: String::new(),
        room: 60,
        functions: 0,
        loops: 0,
        tame: seed % 2 == 1,
    };
    // The first numbers of near seeds are alike.
    for _ in 0..8 {
        soup.random.below(2);
    }
    let statements = 1 + soup.below(5);
    for _ in 0..statements {
        soup.statement(0);
    }
    if soup.one_in(8) {
        soup.text.pop();
    }
    if soup.one_in(12) {
        soup.text = soup.text.replace('\n', "\r\n");
    }
    let tame = soup.tame;
    let mut random = soup.random;
    let text = soup.text.into_bytes();
    match random.below(3) {
        0 if !tame => damaged(&[text], &mut random, true),
        _ => text,
    }
}

struct Soup {
    random: Random,
    text: String,
    /// Constructs that may still be made: programs stay small.
    room: usize,
    /// Functions around the statement.
    functions: usize,
    /// Loops around it in the same function.
    loops: usize,
    /// Whether to keep to what compiles.
    tame: bool,
}

impl Soup {
    fn below(&mut self, limit: usize) -> usize {
        self.random.below(limit)
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    /// As `one_in`, for what is refused in most places.
    fn odd(&mut self, n: usize) -> bool {
        !self.tame && self.one_in(n)
    }

    fn put(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn pick(&mut self, texts: &[&str]) {
        let text = texts[self.below(texts.len())];
        self.put(text);
    }

    fn spend(&mut self) -> bool {
        self.room = self.room.saturating_sub(1);
        self.room == 0
    }
}

#[cfg(test)]
mod tests {
    use super::source;

    #[test]
    fn a_seed_has_one_source_and_seeds_differ() {
        assert_eq!(source(7), source(7));
        let mut sources: Vec<_> = (0..500).map(source).collect();
        sources.sort();
        sources.dedup();
        assert!(sources.len() > 450, "{}", sources.len());
        assert!(sources.iter().all(|source| source.len() < 100_000));
    }
}
