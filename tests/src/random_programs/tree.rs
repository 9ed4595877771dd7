//! Programs as trees: they print in one of two texts, and give smaller ones of the same shape.

/// The kind of value of an expression; only one of the same kind takes its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Int,
    Float,
    Str,
    List,
    Any,
    Cond,
    /// Viper's `int`.
    Word,
    /// Viper's `uint`.
    UWord,
}

impl Kind {
    /// The least expression of this kind.
    fn least(self) -> &'static str {
        match self {
            Kind::Int | Kind::Word => "1",
            Kind::Float => "1.5",
            Kind::Str => "'a'",
            Kind::List => "[1]",
            Kind::Any => "None",
            Kind::Cond => "True",
            Kind::UWord => "uint(1)",
        }
    }
}

/// Which text of a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Text {
    /// What an emitter under test compiles.
    Tested,
    /// What bytecode says.
    Reference,
}

#[derive(Debug, Clone)]
pub(super) enum Piece {
    Both(String),
    Tested(String),
    Reference(String),
    Expr(Expr),
}

/// A piece of source with parts that can be replaced.
#[derive(Debug, Clone)]
pub(super) struct Expr {
    pub(super) kind: Kind,
    pub(super) pieces: Vec<Piece>,
}

impl Expr {
    pub(super) fn new(kind: Kind, text: impl Into<String>) -> Expr {
        Expr {
            kind,
            pieces: vec![Piece::Both(text.into())],
        }
    }

    /// `form` with each `$` replaced by a part.
    pub(super) fn of(kind: Kind, form: &str, parts: Vec<Expr>) -> Expr {
        let mut pieces = Vec::new();
        let mut parts = parts.into_iter();
        for (i, text) in form.split('$').enumerate() {
            if i > 0 {
                pieces.push(Piece::Expr(parts.next().expect("a part for each $")));
            }
            pieces.push(Piece::Both(text.to_owned()));
        }
        Expr { kind, pieces }
    }

    /// A line of a program: of no kind that anything could take the place of.
    pub(super) fn line(form: &str, parts: Vec<Expr>) -> Expr {
        Expr::of(Kind::Any, form, parts)
    }

    /// The same between texts that only one of the two has.
    pub(super) fn only(self, text: Text, before: &str, after: &str) -> Expr {
        let piece = match text {
            Text::Tested => Piece::Tested,
            Text::Reference => Piece::Reference,
        };
        Expr {
            kind: self.kind,
            pieces: vec![
                piece(before.to_owned()),
                Piece::Expr(self),
                piece(after.to_owned()),
            ],
        }
    }

    /// One text or the other.
    pub(super) fn either(tested: String, reference: String) -> Expr {
        Expr {
            kind: Kind::Any,
            pieces: vec![Piece::Tested(tested), Piece::Reference(reference)],
        }
    }

    /// Does no variable and no call occur in it?
    pub(super) fn is_number(&self) -> bool {
        self.pieces.iter().all(|piece| match piece {
            Piece::Both(text) => !text.contains(|c: char| c.is_ascii_alphabetic()),
            Piece::Expr(part) => part.is_number(),
            // What wraps a result, and is the reference's alone.
            Piece::Reference(_) => true,
            Piece::Tested(_) => false,
        })
    }

    fn starts_with(&self, start: &str) -> bool {
        match self.pieces.first() {
            Some(Piece::Both(text)) => text.starts_with(start),
            _ => false,
        }
    }

    fn write(&self, text: Text, out: &mut String) {
        for piece in &self.pieces {
            match piece {
                Piece::Both(part) => out.push_str(part),
                Piece::Tested(part) if text == Text::Tested => out.push_str(part),
                Piece::Reference(part) if text == Text::Reference => out.push_str(part),
                Piece::Expr(part) => part.write(text, out),
                Piece::Tested(_) | Piece::Reference(_) => {}
            }
        }
    }

    fn len(&self) -> usize {
        let part = |piece: &Piece| match piece {
            Piece::Expr(part) => part.len(),
            Piece::Both(text) => text.len(),
            _ => 0,
        };
        self.pieces.iter().map(part).sum()
    }

    /// Smaller expressions in place of parts.
    fn smaller(&self, give: &mut dyn FnMut(Expr)) {
        for (at, piece) in self.pieces.iter().enumerate() {
            let Piece::Expr(part) = piece else { continue };
            let mut with = |new: Expr| {
                let mut copy = self.clone();
                copy.pieces[at] = Piece::Expr(new);
                give(copy);
            };
            if part.len() > part.kind.least().len() {
                with(Expr::new(part.kind, part.kind.least()));
            }
            for inner in &part.pieces {
                if let Piece::Expr(inner) = inner
                    && (inner.kind == part.kind || part.kind == Kind::Any)
                {
                    with(inner.clone());
                }
            }
            part.smaller(&mut with);
        }
    }
}

/// A statement: one line, or headers with their blocks.
#[derive(Debug, Clone)]
pub(super) struct Stmt {
    pub(super) clauses: Vec<(Expr, Vec<Stmt>)>,
}

impl Stmt {
    /// A line; see [`Expr::of`].
    pub(super) fn line(form: &str, parts: Vec<Expr>) -> Stmt {
        Stmt {
            clauses: vec![(Expr::line(form, parts), Vec::new())],
        }
    }

    /// `header` with `body` below it.
    pub(super) fn block(header: Expr, body: Vec<Stmt>) -> Stmt {
        Stmt {
            clauses: vec![(header, body)],
        }
    }

    /// `body`, and `caught` if it raises an exception `e`.
    pub(super) fn attempt(body: Vec<Stmt>, caught: &str) -> Stmt {
        let except = Expr::new(Kind::Any, "except Exception as e:");
        Stmt {
            clauses: vec![
                (Expr::new(Kind::Any, "try:"), body),
                (except, vec![Stmt::line(caught, Vec::new())]),
            ],
        }
    }

    /// Does each loop in it count its rounds? The generators begin the body of a `while` with that.
    fn ends(&self) -> bool {
        self.clauses.iter().all(|(header, body)| {
            let mut text = String::new();
            let is_while = header.starts_with("while ");
            if let (true, Some(first)) = (is_while, body.first()) {
                first.write(Text::Tested, 0, &mut text);
            }
            (!is_while || text.ends_with(" += 1\n")) && body.iter().all(Stmt::ends)
        })
    }

    fn write(&self, text: Text, depth: usize, out: &mut String) {
        for (header, body) in &self.clauses {
            for _ in 0..depth {
                out.push(' ');
            }
            let start = out.len();
            header.write(text, out);
            let is_header = out[start..].ends_with(':');
            out.push('\n');
            for stmt in body {
                stmt.write(text, depth + 1, out);
            }
            if is_header && body.is_empty() {
                for _ in 0..=depth {
                    out.push(' ');
                }
                out.push_str("pass\n");
            }
        }
    }
}

fn smaller_blocks(block: &[Stmt], give: &mut dyn FnMut(Vec<Stmt>)) {
    // Halves first: most of a program has nothing to do with it.
    if block.len() > 3 {
        give(block[block.len() / 2..].to_vec());
        give(block[..block.len() / 2].to_vec());
    }
    for (at, stmt) in block.iter().enumerate() {
        let mut with = |new: Vec<Stmt>| {
            let mut copy = block.to_vec();
            copy.splice(at..=at, new);
            give(copy);
        };
        with(Vec::new());
        for (_, body) in &stmt.clauses {
            if !body.is_empty() {
                with(body.clone());
            }
        }
        for i in 0..stmt.clauses.len() {
            if stmt.clauses.len() > 1 {
                let mut copy = stmt.clone();
                copy.clauses.remove(i);
                with(vec![copy]);
            }
            let (header, body) = &stmt.clauses[i];
            smaller_blocks(body, &mut |body| {
                let mut copy = stmt.clone();
                copy.clauses[i].1 = body;
                with(vec![copy]);
            });
            header.smaller(&mut |header| {
                let mut copy = stmt.clone();
                copy.clauses[i].0 = header;
                with(vec![copy]);
            });
        }
    }
}

/// A program: statements of a module. In its text `EMIT` is the emitter's name.
#[derive(Debug, Clone)]
pub struct Program {
    pub(super) emit: &'static str,
    /// Does what bytecode logs depend on the width of words?
    pub(super) depends_on_machine: bool,
    pub(super) body: Vec<Stmt>,
}

impl Program {
    /// The source, compiled by the emitter under test or by that of the reference.
    pub fn source(&self, text: Text) -> String {
        let mut out = String::new();
        for stmt in &self.body {
            stmt.write(text, 0, &mut out);
        }
        let emit = match text {
            Text::Tested => self.emit,
            Text::Reference => "bytecode",
        };
        out.replace("EMIT", emit)
    }

    /// Programs that are smaller in one place; at most `limit`.
    pub fn smaller(&self, limit: usize) -> Vec<Program> {
        let mut found = Vec::new();
        smaller_blocks(&self.body, &mut |body| {
            if found.len() < limit && body.iter().all(Stmt::ends) {
                found.push(Program {
                    body,
                    ..self.clone()
                });
            }
        });
        found
    }

    /// How large it is.
    pub fn size(&self) -> usize {
        self.source(Text::Tested).len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_smaller_is_of_the_same_shape() {
        let sum = Expr::of(
            Kind::Int,
            "($ + $)",
            vec![Expr::new(Kind::Int, "i0"), Expr::new(Kind::Int, "i1")],
        );
        let program = Program {
            emit: "native",
            depends_on_machine: false,
            body: vec![Stmt {
                clauses: vec![(
                    Expr::of(Kind::Any, "if $:", vec![Expr::new(Kind::Cond, "i0 < 3")]),
                    vec![Stmt::line("return $", vec![sum])],
                )],
            }],
        };
        assert_eq!(
            program.source(Text::Tested),
            "if i0 < 3:\n return (i0 + i1)\n"
        );
        let mut all: Vec<String> = program
            .smaller(100)
            .iter()
            .map(|program| program.source(Text::Tested))
            .collect();
        all.sort();
        all.dedup();
        assert!(all.contains(&"return (i0 + i1)\n".to_owned()));
        assert!(all.contains(&"if i0 < 3:\n return i1\n".to_owned()));
        assert!(all.contains(&"if True:\n return (i0 + i1)\n".to_owned()));
        assert!(all.contains(&"if i0 < 3:\n pass\n".to_owned()));
    }

    #[test]
    fn smaller_programs_end_too() {
        let line = |text: &str| Stmt::line(text, Vec::new());
        let body = vec![line("n1 += 1"), line("log(n1)"), line("log(2)")];
        let program = Program {
            emit: "native",
            depends_on_machine: false,
            body: vec![
                line("n1 = 0"),
                Stmt::block(Expr::line("while n1 < 3:", Vec::new()), body),
            ],
        };
        let smaller = program.smaller(100);
        let texts: Vec<String> = smaller.iter().map(|it| it.source(Text::Tested)).collect();
        assert!(
            texts.contains(&"n1 = 0\nwhile n1 < 3:\n n1 += 1\n log(2)\n".to_owned()),
            "{texts:?}"
        );
        let endless = |text: &&String| text.contains("while") && !text.contains(":\n n1 += 1");
        assert_eq!(texts.iter().find(endless), None);
    }
}
