//! Python sources of no meaning: everything the grammar has, in odd places, from a seed. What compilers are
//! compared on where no real program goes.
//!
//! Those of even seeds are refused or nearly so; that is wanted, as refusals have a message and a line to agree on.
//! Those of odd seeds are tame: they keep to what mostly compiles.

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

const NAMES: &[&str] = &[
    "a",
    "b",
    "c",
    "x",
    "self",
    "super",
    "print",
    "__class__",
    "math",
    "const",
    "_K",
    "K",
    "micropython",
    "é",
    "object",
    "f",
    "type",
    "match",
    "_",
    "a_rather_long_name_for_a_variable",
];
const BINARY: &[&str] = &[
    "+", "-", "*", "/", "//", "%", "@", "**", "<<", ">>", "&", "|", "^",
];
const COMPARE: &[&str] = &[
    "<", ">", "<=", ">=", "==", "!=", "in", "not in", "is", "is not",
];
const ATOMS: &[&str] = &[
    "None",
    "True",
    "False",
    "...",
    "__debug__",
    "()",
    "[]",
    "{}",
    "''",
    "b''",
    "math.pi",
    "math.e",
    "math.inf",
    "super()",
    "super().a",
    "a.b.c",
    "f()",
    "NotImplemented",
];
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

    // Statements.

    fn indent(&mut self, level: usize) {
        if self.odd(40) {
            self.pick(&["\t", " ", "        ", "\x0c", ""]);
        }
        for _ in 0..level {
            self.put("  ");
        }
    }

    fn end_line(&mut self) {
        if self.odd(12) {
            self.pick(&[" # note", "  ", ";", "; ", "\\\n", " \t# é"]);
        }
        self.put("\n");
        if self.one_in(10) {
            self.pick(&["\n", "# note\n", "   \n", "      # note\n", "\t\n", "\n\n"]);
        }
    }

    fn block(&mut self, level: usize) {
        self.put(":");
        if self.one_in(6) {
            self.simple();
            self.end_line();
            return;
        }
        self.end_line();
        for _ in 0..1 + self.below(3) {
            self.statement(level + 1);
        }
    }

    fn loop_body(&mut self, level: usize) {
        self.loops += 1;
        self.block(level);
        self.loops -= 1;
    }

    fn statement(&mut self, level: usize) {
        if self.spend() || level > 6 || self.below(5) < 3 {
            self.indent(level);
            self.simple();
            while self.one_in(8) {
                self.put("; ");
                self.simple();
            }
            self.end_line();
            return;
        }
        self.indent(level);
        self.compound(level);
    }

    fn compound(&mut self, level: usize) {
        match self.below(13) {
            0..3 => {
                self.put("if ");
                self.named();
                self.block(level);
                while self.one_in(3) {
                    self.indent(level);
                    self.put("elif ");
                    self.named();
                    self.block(level);
                }
                self.maybe_else(level);
            }
            3 => {
                self.put("while ");
                self.named();
                self.loop_body(level);
                self.maybe_else(level);
            }
            4 | 5 => {
                self.maybe_async();
                self.put("for ");
                self.targets();
                self.put(" in ");
                match self.one_in(2) {
                    true => self.range(),
                    false => self.list(),
                }
                self.loop_body(level);
                self.maybe_else(level);
            }
            6 | 7 => self.try_(level),
            8 => {
                self.maybe_async();
                self.put("with ");
                loop {
                    self.expr();
                    if self.one_in(2) {
                        self.put(" as ");
                        self.target();
                    }
                    if !self.one_in(3) {
                        break;
                    }
                    self.put(", ");
                }
                self.block(level);
            }
            9 => {
                self.decorators(level);
                self.put("class ");
                self.name();
                if self.one_in(2) {
                    self.arguments();
                }
                let functions = std::mem::take(&mut self.functions);
                let loops = std::mem::take(&mut self.loops);
                self.block(level);
                (self.functions, self.loops) = (functions, loops);
            }
            _ => {
                self.decorators(level);
                self.maybe_async();
                self.put("def ");
                self.name();
                self.put("(");
                self.parameters(true);
                self.put(")");
                if self.one_in(8) {
                    self.put(" -> ");
                    self.expr();
                }
                let loops = std::mem::take(&mut self.loops);
                self.functions += 1;
                self.block(level);
                self.functions -= 1;
                self.loops = loops;
            }
        }
    }

    fn try_(&mut self, level: usize) {
        self.put("try");
        self.block(level);
        let mut handlers = self.below(3);
        let may_have_else = handlers > 0 || !self.tame;
        let is_finished = self.one_in(2) || handlers == 0 && self.tame;
        while handlers > 0 {
            handlers -= 1;
            self.indent(level);
            self.put("except");
            if !self.one_in(4) || handlers > 0 && self.tame {
                self.put(" ");
                self.expr();
                if self.one_in(2) {
                    self.put(" as ");
                    self.name();
                }
            }
            self.block(level);
        }
        if may_have_else {
            self.maybe_else(level);
        }
        if is_finished {
            self.indent(level);
            self.put("finally");
            self.block(level);
        }
    }

    fn maybe_else(&mut self, level: usize) {
        if self.one_in(4) {
            self.indent(level);
            self.put("else");
            self.block(level);
        }
    }

    fn maybe_async(&mut self) {
        if self.odd(6) {
            self.put("async ");
        }
    }

    fn decorators(&mut self, level: usize) {
        while self.one_in(6) {
            self.put("@");
            match self.below(4) {
                0 if !self.tame => self.pick(&[
                    "micropython.bytecode",
                    "micropython.x",
                    "a.b",
                    "a.b.c(x)",
                    "micropython",
                ]),
                _ => {
                    self.name();
                    if self.one_in(3) {
                        self.arguments();
                    }
                }
            }
            self.end_line();
            self.indent(level);
        }
    }

    fn simple(&mut self) {
        match self.below(26) {
            0..5 => self.list(),
            5..10 => {
                self.targets();
                self.put(" = ");
                while self.one_in(6) {
                    self.targets();
                    self.put(" = ");
                }
                match self.one_in(10) && self.may_yield() {
                    true => self.yield_(),
                    false => self.list(),
                }
            }
            10 => {
                self.target();
                self.put(" ");
                self.pick(BINARY);
                self.put("= ");
                self.list();
            }
            11 => {
                self.target();
                self.put(": ");
                self.expr();
                if self.one_in(2) {
                    self.put(" = ");
                    self.list();
                }
            }
            12 => {
                self.pick(&["_K", "K", "_A"]);
                self.put(" = const(");
                match self.tame {
                    true => self.number(),
                    false => self.expr(),
                }
                self.put(")");
            }
            13 => {
                self.put("del ");
                match self.tame {
                    true => self.target(),
                    false => self.targets(),
                }
            }
            14 | 15 => {
                let word = if self.functions == 0 && !self.odd(8) {
                    "pass"
                } else {
                    "return"
                };
                self.put(word);
                if word == "return" && self.one_in(2) {
                    self.put(" ");
                    self.list();
                }
            }
            16 => {
                self.put("raise");
                if !self.one_in(3) {
                    self.put(" ");
                    self.expr();
                    if self.one_in(2) {
                        self.put(" from ");
                        self.expr();
                    }
                }
            }
            17 => {
                self.put("assert ");
                self.expr();
                if self.one_in(2) {
                    self.put(", ");
                    self.expr();
                }
            }
            18 if self.tame => self.put("pass"),
            20 | 21 if self.tame && self.loops == 0 => self.put("pass"),
            22 if !self.may_yield() => self.put("pass"),
            18 => {
                self.pick(&["global ", "nonlocal "]);
                self.name();
                while self.one_in(3) {
                    self.put(", ");
                    self.name();
                }
            }
            19 => self.import(),
            20 | 21 => self.pick(&["break", "continue"]),
            22 => self.yield_(),
            _ => self.pick(&["pass", "pass", "pass", "x", "x = 1", "x()", "'text'", "1"]),
        }
    }

    fn may_yield(&self) -> bool {
        self.functions > 0 || !self.tame
    }

    fn import(&mut self) {
        let from = self.one_in(2);
        self.put(if from { "from " } else { "import " });
        if from && self.one_in(3) {
            self.pick(&[".", "..", "...", "....", " . .", "..."]);
        }
        loop {
            self.name();
            while self.one_in(3) {
                self.put(".");
                self.name();
            }
            if from {
                self.put(" import ");
                if self.odd(6) {
                    self.put("*");
                    return;
                }
                let bracketed = self.one_in(4);
                self.put(if bracketed { "(" } else { "" });
                self.name();
                while self.one_in(2) {
                    self.pick(if self.tame { &[", "] } else { &[" as ", ", "] });
                    self.name();
                }
                self.put(if bracketed { ")" } else { "" });
                return;
            }
            if self.one_in(3) {
                self.put(" as ");
                self.name();
            }
            if !self.one_in(3) {
                return;
            }
            self.put(", ");
        }
    }

    // Parts of expressions.

    fn name(&mut self) {
        self.pick(NAMES);
    }

    fn targets(&mut self) {
        if self.odd(6) {
            self.put("*");
        }
        self.target();
        while self.one_in(6) {
            self.put(", ");
            if self.odd(4) {
                self.put("*");
            }
            self.target();
        }
        if self.one_in(15) {
            self.put(",");
        }
    }

    fn target(&mut self) {
        if self.spend() {
            return self.name();
        }
        match self.below(12) {
            0..6 => self.name(),
            6 => {
                self.primary();
                self.put(".");
                self.name();
            }
            7 => {
                self.primary();
                self.subscript();
            }
            8 => {
                self.put("(");
                self.targets();
                self.put(")");
            }
            9 => {
                self.put("[");
                self.targets();
                self.put("]");
            }
            _ if self.tame => self.pick(&["x", "a[0]", "b.c", "a[1:2]", "K", "math"]),
            10 => self.pick(&[
                "()",
                "[]",
                "(x)",
                "None",
                "f()",
                "a + b",
                "_K",
                "-a",
                "x if a else b",
                "math.pi",
            ]),
            _ => self.expr(),
        }
    }

    fn list(&mut self) {
        self.starred();
        while self.one_in(5) {
            self.put(", ");
            self.starred();
        }
        if self.one_in(15) {
            self.put(",");
        }
    }

    fn starred(&mut self) {
        if self.odd(20) {
            self.put("*");
        }
        self.expr();
    }

    fn named(&mut self) {
        if self.one_in(10) {
            self.name();
            self.put(" := ");
        }
        self.expr();
    }

    fn range(&mut self) {
        self.put("range(");
        for at in 0..1 + self.below(3) {
            if at > 0 {
                self.put(", ");
            }
            match self.below(4) {
                0 => self.expr(),
                1 => self.put("-1"),
                2 => self.number(),
                _ => self.name(),
            }
        }
        self.put(")");
    }

    fn yield_(&mut self) {
        self.put("yield");
        match self.below(3) {
            0 => {}
            1 => {
                self.put(" from ");
                self.expr();
            }
            _ => {
                self.put(" ");
                self.list();
            }
        }
    }

    fn expr(&mut self) {
        if self.spend() {
            return self.atom();
        }
        match self.below(20) {
            0..7 => self.primary(),
            7..10 => {
                self.expr();
                self.put(" ");
                self.pick(BINARY);
                self.put(" ");
                self.expr();
            }
            10 => {
                match self.tame {
                    true => self.pick(&["-", "+", "~", "- -", "-", "~"]),
                    false => {
                        self.pick(&["-", "+", "~", "not ", "not not ", "- -", "await "]);
                    }
                }
                self.expr();
            }
            11 => {
                self.expr();
                for _ in 0..1 + self.below(3) {
                    self.put(" ");
                    self.pick(COMPARE);
                    self.put(" ");
                    self.primary();
                }
            }
            12 | 13 => {
                self.expr();
                for _ in 0..1 + self.below(2) {
                    self.pick(&[" and ", " or "]);
                    self.expr();
                }
            }
            14 => {
                self.expr();
                self.put(" if ");
                self.expr();
                self.put(" else ");
                self.expr();
            }
            15 => {
                self.put("lambda");
                if self.one_in(2) {
                    self.put(" ");
                    self.parameters(false);
                }
                self.put(": ");
                self.functions += 1;
                self.expr();
                self.functions -= 1;
            }
            16 => {
                self.put("(");
                self.named();
                self.put(")");
            }
            17 => self.number(),
            _ => self.display(),
        }
    }

    fn primary(&mut self) {
        self.atom();
        while !self.spend() && self.one_in(3) {
            match self.below(3) {
                0 => {
                    self.put(".");
                    self.name();
                }
                1 => self.arguments(),
                _ => self.subscript(),
            }
        }
    }

    fn atom(&mut self) {
        match self.below(12) {
            0..5 => self.name(),
            5 | 6 => self.number(),
            7 | 8 => self.string(),
            9 if self.room > 0 => self.display(),
            _ => self.pick(ATOMS),
        }
    }

    fn display(&mut self) {
        let (open, close) = [("(", ")"), ("[", "]"), ("{", "}"), ("{", "}")][self.random.below(4)];
        let pairs = self.one_in(2) && open == "{";
        self.put(open);
        if self.one_in(12) && self.functions > 0 && open == "(" {
            self.yield_();
        } else {
            self.item(pairs);
            match self.below(4) {
                0 => self.clauses(),
                1 => self.put(","),
                _ => {
                    while self.one_in(2) && !self.spend() {
                        self.pick(&[", ", ", ", ",\n", ", # note\n "]);
                        let odd = self.odd(30);
                        self.item(pairs != odd);
                    }
                }
            }
        }
        self.put(close);
    }

    fn item(&mut self, pair: bool) {
        if self.odd(30) {
            self.put("*");
        }
        match self.tame {
            true => self.expr(),
            false => self.named(),
        }
        if pair {
            self.put(": ");
            self.expr();
        }
    }

    fn clauses(&mut self) {
        self.put(" for ");
        self.targets();
        self.put(" in ");
        self.expr();
        while self.one_in(3) {
            match self.one_in(3) {
                true => {
                    self.put(" for ");
                    self.targets();
                    self.put(" in ");
                }
                false => self.put(" if "),
            }
            self.expr();
        }
    }

    fn subscript(&mut self) {
        self.put("[");
        for at in 0..1 + self.below(2) {
            if at > 0 {
                self.put(", ");
            }
            let parts = 1 + self.below(3);
            for part in 0..parts {
                if part > 0 {
                    self.put(":");
                }
                if parts == 1 || self.one_in(2) {
                    self.expr();
                }
            }
        }
        self.put("]");
    }

    fn arguments(&mut self) {
        self.put("(");
        let mut named = false;
        for _ in 0..self.below(4) {
            match self.below(10) {
                0 if !(self.tame && named) => self.put("*"),
                1 if !self.tame => self.put("**"),
                at if at == 2 || at == 3 || self.tame && named => {
                    // Other names of the list may be constants here.
                    match self.tame {
                        true => self.pick(&["a", "b", "c", "x", "self"]),
                        false => self.name(),
                    }
                    self.put("=");
                    named = true;
                }
                _ => {}
            }
            match self.tame {
                true => self.expr(),
                false => self.named(),
            }
            if self.odd(25) {
                self.clauses();
            }
            self.pick(&[", ", ", ", ", ", ",\n"]);
        }
        if self.text.ends_with(", ") {
            self.text.truncate(self.text.len() - 2);
        }
        self.put(")");
    }

    fn parameters(&mut self, annotated: bool) {
        if self.tame {
            return self.tame_parameters(annotated);
        }
        for at in 0..self.below(5) {
            if at > 0 {
                self.put(", ");
            }
            match self.below(14) {
                0 => self.put("*"),
                1 => self.put("**"),
                2 => {
                    self.pick(&["*", "/"]);
                    continue;
                }
                _ => {}
            }
            self.name();
            if annotated && self.one_in(10) {
                self.put(": ");
                self.expr();
            }
            if self.one_in(4) {
                self.put("=");
                self.expr();
            }
        }
    }

    /// Parameters in an order that is allowed, with different names.
    fn tame_parameters(&mut self, annotated: bool) {
        let mut texts = vec!["a", "b=x", "self=None", "*c", "f=1", "type", "**math"];
        texts.retain(|_| self.below(2) == 0);
        // Behind a default only defaults, up to a star.
        let star = texts.iter().position(|text| text.starts_with('*'));
        if star.is_none() {
            texts.retain(|text| *text != "type");
        }
        for (at, text) in texts.iter().enumerate() {
            let (name, default) = text.split_once('=').unwrap_or((text, ""));
            self.put(if at > 0 { ", " } else { "" });
            self.put(name);
            if annotated && self.one_in(6) {
                self.put(": ");
                self.expr();
            }
            if !default.is_empty() {
                self.put("=");
                self.put(default);
            }
        }
    }

    // Literals.

    fn number(&mut self) {
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

    fn string(&mut self) {
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
