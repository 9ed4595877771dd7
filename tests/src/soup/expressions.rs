//! Names, targets, expressions, arguments and parameters.

use super::Soup;

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
pub(super) const BINARY: &[&str] = &[
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

impl Soup {
    pub(super) fn name(&mut self) {
        self.pick(NAMES);
    }

    pub(super) fn targets(&mut self) {
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

    pub(super) fn target(&mut self) {
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

    pub(super) fn list(&mut self) {
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

    pub(super) fn named(&mut self) {
        if self.one_in(10) {
            self.name();
            self.put(" := ");
        }
        self.expr();
    }

    pub(super) fn range(&mut self) {
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

    pub(super) fn yield_(&mut self) {
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

    pub(super) fn expr(&mut self) {
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

    pub(super) fn arguments(&mut self) {
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

    pub(super) fn parameters(&mut self, annotated: bool) {
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
}
