//! Numbers and strings.

use super::Soup;

const PIECES: &[&str] = &[
    "a",
    "bc",
    "\\n",
    "\\\\",
    "\\'",
    "\\x41",
    "\\x4",
    "\\101",
    "\\400",
    "\\8",
    "\\u0041",
    "\\U0001F600",
    "\\U00110000",
    "\\N{DASH}",
    "é",
    "\\\n",
    "{",
    "}",
    "{{",
    "}}",
    "\\",
    "\"",
    "😀",
    "\\0",
    "\\q",
    "\\x80",
    "\\xe9",
    "\t",
    "%",
    " ",
    "a text longer than most names are, ",
    "\\ud800",
];
const TAME_PIECES: &[&str] = &[
    "\\n",
    "\\\\",
    "\\x41",
    "\\101",
    "\\u0041",
    "é",
    "\\\n",
    "{",
    "\\0",
    "\\q",
    "\t",
    "%",
    "😀",
    "\\U0001F600",
];
const PREFIXES: &[&str] = &[
    "", "", "", "", "b", "r", "u", "B", "R", "rb", "bR", "f", "F", "rf", "fr", "t", "rt", "bu",
    "fb", "U",
];

impl Soup {
    pub(super) fn number(&mut self) {
        match self.below(12) {
            0..4 => {
                let value = self.below(300).to_string();
                self.put(&value);
            }
            4 => {
                let bits = self.below(70);
                let value = (1u128 << bits).wrapping_add_signed(self.below(5) as i128 - 2);
                let text = match self.below(4) {
                    0 => format!("{value:#x}"),
                    1 => format!("{value:#o}"),
                    2 => format!("{value:#b}"),
                    _ => value.to_string(),
                };
                self.put(&text);
            }
            5 if !self.tame => {
                for _ in 0..1 + self.below(30) {
                    self.pick(&["0", "1", "9", "7", "5", "_"]);
                }
            }
            6 | 7 => {
                let digits = self.below(18);
                for at in 0..=digits {
                    let digit = self.below(10).to_string();
                    self.put(&digit);
                    if at == digits / 2 {
                        self.put(".");
                    }
                }
                if self.one_in(2) {
                    let exponent = format!("e{}", self.below(40) as i64 - 20);
                    self.put(&exponent);
                }
            }
            8 => self.pick(&[
                "1j", "2.5j", "0j", "1e3j", "1e400", "1e-400", "0.0", "-0.0", "1e308", "5e-324",
            ]),
            9 if !self.tame => self.pick(&[
                "0x", "0b2", "0o8", "00", "007", "1e", "1.e5", ".5", "1.2.3", "0xfg", "1_", "1__0",
                "0_0", "1_j", "1e+", "0b", "0B1", "0O7", "0XF", "9a", "1if", "1.0_1",
            ]),
            _ => {
                let value = (self.below(1 << 20) as u64) << self.below(44);
                self.put(&value.to_string());
            }
        }
    }

    pub(super) fn string(&mut self) {
        self.one_string();
        while self.one_in(8) {
            self.pick(&[" ", "", " \\\n"]);
            self.one_string();
        }
    }

    fn one_string(&mut self) {
        let prefix = match self.tame {
            true => ["", "", "", "r", "f", "rf"][self.below(6)],
            false => PREFIXES[self.below(PREFIXES.len())],
        };
        let quote = ["'", "'", "'", "\"", "'''", "\"\"\""][self.below(6)];
        let fields = prefix.contains(['f', 'F', 't']);
        self.put(prefix);
        self.put(quote);
        for _ in 0..self.below(4) {
            if fields && self.one_in(2) && !self.spend() {
                self.field();
            } else if self.tame && self.one_in(2) {
                self.pick(if fields {
                    &["{{", "é", " "]
                } else {
                    TAME_PIECES
                });
            } else if self.odd(3) {
                self.pick(PIECES);
            } else {
                self.pick(&["a", "text ", "_", "1"]);
            }
        }
        if quote.len() == 3 && self.one_in(2) {
            self.put("\n x");
        }
        self.put(quote);
    }

    fn field(&mut self) {
        self.put("{");
        match self.odd(4) {
            true => self.expr(),
            false => self.name(),
        }
        if self.one_in(6) {
            self.pick(&["=", " = "]);
        }
        if self.odd(5) {
            self.pick(&["!r", "!s", "!a", "!x", "! r"]);
        }
        if self.one_in(4) {
            self.put(":");
            match self.tame {
                true => self.pick(&[">3", "", "^{a}", "{b}.{c}", "x"]),
                false => self.pick(&[">3", "", "^{a}", "{b}.{c}", "x", "{a!r:{b}}"]),
            }
        }
        self.put("}");
    }
}
