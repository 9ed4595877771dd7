//! A front end just big enough for the inline-assembler vectors: one call a statement, constant
//! expressions folded, names bound by `const()`.

use std::collections::HashMap;

use ferlance_asm::inline::{Body, Operand, Parameter, Span};

/// An expression.
#[derive(Debug, Clone, PartialEq)]
enum Expr {
    Int(i128),
    Float(f64),
    Name(String),
    Str(String),
    List(Vec<Expr>),
    Set(Vec<Expr>),
    Call(Box<Expr>, Vec<Expr>),
    Index(Box<Expr>, Box<Expr>),
    Neg(Box<Expr>),
    Pos(Box<Expr>),
    Sub(Box<Expr>, Box<Expr>),
    Other,
}

struct Parser<'s> {
    text: &'s [u8],
    at: usize,
    consts: &'s HashMap<String, i128>,
}

type Parsed<T> = Result<T, String>;

impl Parser<'_> {
    fn space(&mut self) {
        while self
            .text
            .get(self.at)
            .is_some_and(|byte| byte.is_ascii_whitespace())
        {
            self.at += 1;
        }
    }

    fn eat(&mut self, token: &str) -> bool {
        self.space();
        let found = self.text[self.at..].starts_with(token.as_bytes());
        if found {
            self.at += token.len();
        }
        found
    }

    fn want(&mut self, token: &str) -> Parsed<()> {
        if self.eat(token) {
            Ok(())
        } else {
            Err(format!("expected {token} at {}", self.at))
        }
    }

    fn binary(&mut self, level: usize) -> Parsed<Expr> {
        const LEVELS: [&[&str]; 6] = [
            &["|"],
            &["^"],
            &["&"],
            &["<<", ">>"],
            &["+", "-"],
            &["//", "*", "%"],
        ];
        let Some(operators) = LEVELS.get(level) else {
            return self.unary();
        };
        let mut left = self.binary(level + 1)?;
        'more: loop {
            for operator in *operators {
                if self.eat(operator) {
                    let right = self.binary(level + 1)?;
                    left = join(operator, left, right);
                    continue 'more;
                }
            }
            return Ok(left);
        }
    }

    fn unary(&mut self) -> Parsed<Expr> {
        for operator in ["-", "+", "~"] {
            if self.eat(operator) {
                let inner = self.unary()?;
                return Ok(match (operator, inner) {
                    ("-", Expr::Int(value)) => Expr::Int(-value),
                    ("+", Expr::Int(value)) => Expr::Int(value),
                    ("~", Expr::Int(value)) => Expr::Int(!value),
                    ("-", Expr::Float(value)) => Expr::Float(-value),
                    ("-", inner) => Expr::Neg(Box::new(inner)),
                    ("+", inner) => Expr::Pos(Box::new(inner)),
                    _ => Expr::Other,
                });
            }
        }
        if self.eat("not ") {
            self.unary()?;
            return Ok(Expr::Other);
        }
        self.postfix()
    }

    fn postfix(&mut self) -> Parsed<Expr> {
        let mut expr = self.atom()?;
        loop {
            if self.eat("(") {
                expr = Expr::Call(Box::new(expr), self.items(")")?);
            } else if self.eat("[") {
                let index = self.binary(0)?;
                self.want("]")?;
                expr = Expr::Index(Box::new(expr), Box::new(index));
            } else if self.eat(".") {
                self.word();
                expr = Expr::Other;
            } else {
                return Ok(expr);
            }
        }
    }

    fn items(&mut self, close: &str) -> Parsed<Vec<Expr>> {
        let mut items = Vec::new();
        while !self.eat(close) {
            let starred = self.eat("*");
            let item = self.binary(0)?;
            let keyword = !self.text[self.at..].starts_with(b"==") && self.eat("=");
            if keyword {
                self.binary(0)?;
            }
            items.push(if starred || keyword {
                Expr::Other
            } else {
                item
            });
            if !self.eat(",") {
                self.want(close)?;
                break;
            }
        }
        Ok(items)
    }

    fn word(&mut self) -> String {
        self.space();
        let start = self.at;
        while self
            .text
            .get(self.at)
            .is_some_and(|&b| b.is_ascii_alphanumeric() || b == b'_')
        {
            self.at += 1;
        }
        String::from_utf8(self.text[start..self.at].to_vec()).unwrap()
    }

    fn atom(&mut self) -> Parsed<Expr> {
        if self.eat("(") {
            let items = self.items(")")?;
            let tuple = self.text[..self.at].ends_with(b",)") || items.len() != 1;
            return Ok(if tuple { Expr::Other } else { items[0].clone() });
        }
        if self.eat("[") {
            return Ok(Expr::List(self.items("]")?));
        }
        if self.eat("{") {
            return self.braces();
        }
        self.space();
        match self.text.get(self.at) {
            Some(b'\'' | b'"') => self.string(),
            Some(byte) if byte.is_ascii_digit() => self.number(),
            _ => {
                let word = self.word();
                if matches!(self.text.get(self.at), Some(b'\'' | b'"')) && word == "b" {
                    self.string()?;
                    return Ok(Expr::Other);
                }
                match word.as_str() {
                    "" => Err(format!("no expression at {}", self.at)),
                    "True" | "False" | "None" => Ok(Expr::Other),
                    "and" | "or" | "not" | "if" | "is" | "in" => Err(format!("keyword {word}")),
                    _ => Ok(match self.consts.get(&word) {
                        Some(&value) => Expr::Int(value),
                        None => Expr::Name(word),
                    }),
                }
            }
        }
    }

    fn braces(&mut self) -> Parsed<Expr> {
        let mut items = Vec::new();
        let mut dict = false;
        while !self.eat("}") {
            if self.eat("*") {
                return Err("starred in a set".to_owned());
            }
            items.push(self.binary(0)?);
            if self.eat(":") {
                dict = true;
                self.binary(0)?;
            }
            if !self.eat(",") {
                self.want("}")?;
                break;
            }
        }
        Ok(if dict { Expr::Other } else { Expr::Set(items) })
    }

    fn string(&mut self) -> Parsed<Expr> {
        let quote = self.text[self.at];
        let start = self.at + 1;
        let len = self.text[start..]
            .iter()
            .position(|&b| b == quote)
            .ok_or("open string")?;
        self.at = start + len + 1;
        Ok(Expr::Str(
            String::from_utf8(self.text[start..start + len].to_vec()).unwrap(),
        ))
    }

    fn number(&mut self) -> Parsed<Expr> {
        let start = self.at;
        let mut word = self.word();
        if self.text.get(self.at) == Some(&b'.') {
            self.at += 1;
            self.word();
            word = String::from_utf8(self.text[start..self.at].to_vec()).unwrap();
            return word
                .parse()
                .map(Expr::Float)
                .map_err(|error| format!("{word}: {error}"));
        }
        let digits = word.replace('_', "").to_lowercase();
        let (digits, radix) = match digits.split_at_checked(2) {
            Some(("0x", rest)) => (rest, 16),
            Some(("0b", rest)) => (rest, 2),
            Some(("0o", rest)) => (rest, 8),
            _ => (digits.as_str(), 10),
        };
        let value = i128::from_str_radix(digits, radix);
        value
            .map(Expr::Int)
            .map_err(|error| format!("{word}: {error}"))
    }
}

fn join(operator: &str, left: Expr, right: Expr) -> Expr {
    match (operator, left, right) {
        (_, Expr::Int(a), Expr::Int(b)) => Expr::Int(match operator {
            "|" => a | b,
            "^" => a ^ b,
            "&" => a & b,
            "<<" => a << b,
            ">>" => a >> b,
            "+" => a + b,
            "-" => a - b,
            "*" => a * b,
            "%" => a.rem_euclid(b),
            _ => a.div_euclid(b),
        }),
        ("-", left, right) => Expr::Sub(Box::new(left), Box::new(right)),
        _ => Expr::Other,
    }
}

fn parse(text: &str, consts: &HashMap<String, i128>) -> Parsed<Expr> {
    let mut parser = Parser {
        text: text.as_bytes(),
        at: 0,
        consts,
    };
    let expr = parser.binary(0)?;
    parser.space();
    if parser.at == text.len() {
        Ok(expr)
    } else {
        Err(format!("more text in {text}"))
    }
}

#[allow(dead_code, reason = "only some tests have sources with constants")]
/// Names that the source before the function binds by `const()`.
pub(crate) fn constants(before: &str) -> HashMap<String, i128> {
    let mut known = HashMap::new();
    for line in before.lines() {
        if let Some((name, value)) = line.split_once('=')
            && let Ok(Expr::Call(callee, arguments)) = parse(value, &known)
            && *callee == Expr::Name("const".to_owned())
            && let [Expr::Int(value)] = arguments[..]
        {
            known.insert(name.trim().to_owned(), value);
        }
    }
    known
}

/// A statement, ready for a body.
pub(crate) struct Call {
    op: String,
    operands: Vec<Expr>,
    line: u32,
}

/// Parses the statements of a function whose first line is `line`. `pass` and constants vanish.
pub(crate) fn statements(
    lines: &[String],
    line: u32,
    consts: &HashMap<String, i128>,
) -> Parsed<Vec<Call>> {
    let mut calls = Vec::new();
    let mut next = line;
    let mut text = String::new();
    let mut begun = line;
    for part in lines {
        if let Some(count) = part.strip_prefix("@zeros ") {
            let mut left: usize = count.parse().unwrap();
            while left > 0 {
                let now = left.min(200);
                calls.push(Call {
                    op: "data".to_owned(),
                    operands: [Expr::Int(1)]
                        .into_iter()
                        .chain((0..now).map(|_| Expr::Int(0)))
                        .collect(),
                    line: next,
                });
                left -= now;
                next += 1;
            }
            continue;
        }
        if text.is_empty() {
            begun = next;
        }
        text.push_str(part.split('#').next().unwrap());
        text.push('\n');
        next += 1;
        let depth = |open: &str, close: &str| {
            text.matches(|c| open.contains(c)).count() > text.matches(|c| close.contains(c)).count()
        };
        if depth("([{", ")]}") {
            continue;
        }
        let statement = std::mem::take(&mut text);
        let statement = statement.trim();
        if statement.is_empty() || statement == "pass" {
            continue;
        }
        match parse(statement, consts)? {
            Expr::Call(callee, operands) => match *callee {
                Expr::Name(op) => calls.push(Call {
                    op,
                    operands,
                    line: begun,
                }),
                _ => return Err("no plain call".to_owned()),
            },
            Expr::Int(_) | Expr::Str(_) => {}
            other => return Err(format!("no instruction: {other:?}")),
        }
    }
    Ok(calls)
}

/// The body of the parsed statements.
pub(crate) fn body<'a>(parameters: &'a str, calls: &'a [Call]) -> Body<'a> {
    let mut body = Body::new();
    for parameter in parameters
        .split(',')
        .map(str::trim)
        .filter(|text| !text.is_empty())
    {
        let plain = parameter
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let parameter = if plain {
            Parameter::Plain(parameter)
        } else {
            Parameter::Other
        };
        body.parameters.push(parameter).unwrap();
    }
    for call in calls {
        let span = place(&mut body, call.operands.iter());
        body.push(&call.op, span, call.line).unwrap();
    }
    body
}

fn place<'a>(body: &mut Body<'a>, operands: impl ExactSizeIterator<Item = &'a Expr>) -> Span {
    let span = body.reserve(operands.len()).unwrap();
    for (index, expr) in operands.enumerate() {
        let operand = match expr {
            Expr::Int(value) => Operand::Int(*value as i64),
            Expr::Float(value) => Operand::Float(*value),
            Expr::Name(name) => Operand::Name(name),
            Expr::Str(text) => Operand::Str(text),
            Expr::List(items) => Operand::List(place(body, items.iter())),
            Expr::Set(items) => Operand::Set(place(body, items.iter())),
            Expr::Call(callee, arguments) => {
                let all: Vec<&Expr> = std::iter::once(&**callee).chain(arguments).collect();
                Operand::Call(place(body, all.into_iter()))
            }
            Expr::Index(container, index) => {
                Operand::Index(place(body, [&**container, &**index].into_iter()))
            }
            Expr::Neg(inner) => Operand::Neg(place(body, [&**inner].into_iter())),
            Expr::Pos(inner) => Operand::Pos(place(body, [&**inner].into_iter())),
            Expr::Sub(left, right) => Operand::Sub(place(body, [&**left, &**right].into_iter())),
            Expr::Other => Operand::Other,
        };
        body.set(span, index, operand);
    }
    span
}
