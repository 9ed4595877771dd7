//! Statements, and the blocks and lines they stand in.

use super::Soup;
use super::expressions::BINARY;

impl Soup {
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

    pub(super) fn statement(&mut self, level: usize) {
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
}
