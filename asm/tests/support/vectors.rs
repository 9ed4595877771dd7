//! The inline-assembler vectors, which say what stock mpy-cross does with each function.

use std::path::Path;

use serde_json::Value;

use ferlance_asm::AsmError;
use ferlance_asm::inline::{Body, Dialect, Function};

use crate::python;

/// Groups about decorators, annotations and Python's grammar, which is the front end's part, and about the command line.
const OTHERS: [&str; 4] = ["deco", "form", "ret", "flags"];

/// Assembles the function of a vector.
pub(crate) trait Assemble:
    for<'a> Fn(&Vector, &Body<'a>, Dialect) -> Result<Function, AsmError<'a>>
{
}

impl<F: for<'a> Fn(&Vector, &Body<'a>, Dialect) -> Result<Function, AsmError<'a>>> Assemble for F {}

/// One vector.
pub(crate) struct Vector {
    record: Value,
}

/// What an assembler made of a function.
pub(crate) enum Outcome {
    /// Machine code and how many parameters.
    Code(Vec<u8>, u8),
    /// Exception, message and line.
    Refused(String, String, u32),
}

impl Vector {
    /// A text field, empty if it is absent.
    pub(crate) fn text(&self, field: &str) -> &str {
        self.record[field].as_str().unwrap_or("")
    }

    /// Whether a field is present.
    pub(crate) fn has(&self, field: &str) -> bool {
        !self.record[field].is_null()
    }

    /// The statements.
    pub(crate) fn lines(&self) -> Vec<String> {
        let lines = self.record["body"].as_array().unwrap();
        lines
            .iter()
            .map(|line| line.as_str().unwrap().to_owned())
            .collect()
    }

    /// Assembles the function. `None` if its source is not for an assembler to judge.
    pub(crate) fn assemble(&self, assemble: &impl Assemble, dialect: Dialect) -> Option<Outcome> {
        let consts = python::constants(self.text("before"));
        let first = self.text("before").lines().count() as u32 + 3;
        let calls = python::statements(&self.lines(), first, &consts).ok()?;
        let outcome = match assemble(self, &python::body(self.text("params"), &calls), dialect) {
            Ok(function) => Outcome::Code(function.code.to_vec(), function.parameters),
            Err(error) => {
                let exception = format!("{:?}", error.message.exception());
                // The signature's line is the one before the body.
                let line = if error.line == 0 { 2 } else { error.line };
                Outcome::Refused(exception, error.to_string(), line)
            }
        };
        Some(outcome)
    }

    /// What is wrong with an outcome. `wrap` gives a whole function for the code between prologue
    /// and epilogue; `line` says whether lines are compared.
    fn judge(
        &self,
        outcome: &Outcome,
        wrap: impl Fn(&[u8]) -> Vec<u8>,
        line: bool,
    ) -> Option<String> {
        let wrong = |text: String| Some(format!("{} {:?}: {text}", self.text("id"), self.lines()));
        match (outcome, self.text("outcome")) {
            (Outcome::Code(code, parameters), "ok") => {
                if let Some(count) = self.record["n_args"].as_u64()
                    && count != u64::from(*parameters)
                {
                    return wrong(format!("{parameters} parameters, not {count}"));
                }
                let (ours, theirs) = if self.has("function") {
                    (code.clone(), unhex(self.text("function")))
                } else if self.has("function_len") {
                    let len = self.record["function_len"].as_u64().unwrap() as usize;
                    if code.len() != len {
                        return wrong(format!("{} bytes, not {len}", code.len()));
                    }
                    let (head, tail) = (self.text("function_head"), self.text("function_tail"));
                    let (head, tail) = (unhex(head), unhex(tail));
                    let ours = [&code[..head.len()], &code[len - tail.len()..]].concat();
                    (ours, [head, tail].concat())
                } else {
                    (code.clone(), wrap(&unhex(self.text("code"))))
                };
                if ours == theirs {
                    None
                } else {
                    wrong(format!("{}, not {}", hex(&ours), hex(&theirs)))
                }
            }
            (Outcome::Refused(exception, message, at), "error") => {
                let their_line = self.record["line"].as_u64();
                let same = exception == self.text("exception")
                    && message == self.text("message")
                    && (!line || their_line == Some(u64::from(*at)));
                if same {
                    None
                } else {
                    let theirs = self.text("message");
                    wrong(format!(
                        "{exception}: {message} line {at}, not {theirs} {their_line:?}"
                    ))
                }
            }
            (Outcome::Code(code, _), _) => wrong(format!(
                "accepted as {}, not {}",
                hex(code),
                self.text("message")
            )),
            (Outcome::Refused(_, message, _), _) => wrong(format!("refused: {message}")),
        }
    }
}

/// Checks that stock's outcomes are reproduced but where `better` says otherwise: our bytes, or our message. Gives how
/// many were judged. `wrap` and `line` as for [`Vector::judge`].
pub(crate) fn check_outcomes(
    file: &str,
    assemble: impl Assemble,
    wrap: impl Fn(&Vector, &[u8]) -> Vec<u8>,
    better: impl Fn(&Vector) -> Option<Result<String, String>>,
    line: bool,
) -> usize {
    let mut wrong = Vec::new();
    let mut judged = 0;
    for vector in read(file) {
        if OTHERS.contains(&vector.text("group")) || vector.text("message") == "invalid syntax" {
            continue;
        }
        let (id, lines) = (vector.text("id"), vector.lines());
        let Some(outcome) = vector.assemble(&assemble, Dialect::Stock) else {
            wrong.push(format!("{id} {lines:?} does not parse"));
            continue;
        };
        judged += 1;
        let fault = match (better(&vector), &outcome) {
            (None, outcome) => vector.judge(outcome, |code| wrap(&vector, code), line),
            (Some(Ok(code)), Outcome::Code(ours, _)) if *ours == wrap(&vector, &unhex(&code)) => {
                None
            }
            (Some(Err(message)), Outcome::Refused(_, ours, _)) if *ours == message => None,
            (Some(ours), Outcome::Code(code, _)) => {
                Some(format!("{id} {lines:?} is {}, not {ours:?}", hex(code)))
            }
            (Some(ours), Outcome::Refused(_, message, _)) => {
                Some(format!("{id} {lines:?}: {message}, not {ours:?}"))
            }
        };
        wrong.extend(fault);
    }
    assert!(
        wrong.is_empty(),
        "{} of {judged}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    judged
}

/// Checks that what stock accepts means the same in the full dialect, but for what `other` says. Gives how many were
/// judged.
pub(crate) fn check_dialects(
    file: &str,
    assemble: impl Assemble,
    other: impl Fn(&Vector) -> bool,
) -> usize {
    let mut judged = 0;
    for vector in read(file) {
        if OTHERS.contains(&vector.text("group")) || other(&vector) {
            continue;
        }
        let run_in = |dialect| vector.assemble(&assemble, dialect);
        let (Some(Outcome::Code(stock, _)), Some(full)) =
            (run_in(Dialect::Stock), run_in(Dialect::Full))
        else {
            continue;
        };
        judged += 1;
        let Outcome::Code(full, _) = full else {
            panic!("{} is refused", vector.text("id"));
        };
        assert_eq!(stock, full, "{}", vector.text("id"));
    }
    judged
}

/// Reads a file of vectors.
pub(crate) fn read(name: &str) -> Vec<Vector> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../tests/vectors/inlineasm")
        .join(name);
    let text = std::fs::read_to_string(path).unwrap();
    let records: Vec<Value> = serde_json::from_str(&text).unwrap();
    records
        .into_iter()
        .map(|record| Vector { record })
        .collect()
}

/// Bytes of a hexadecimal text.
pub(crate) fn unhex(text: &str) -> Vec<u8> {
    let digit = |at| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
    (0..text.len()).step_by(2).map(digit).collect()
}

/// Bytes as a hexadecimal text.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
