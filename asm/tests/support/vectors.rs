//! The inline-assembler vectors, which say what stock mpy-cross does with each function.

use std::path::Path;

use serde_json::Value;

use crate::python;
use ferlance_asm::inline::Body;

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
    pub(crate) fn assemble(&self, assemble: impl FnOnce(&Body<'_>) -> Outcome) -> Option<Outcome> {
        let consts = python::constants(self.text("before"));
        let first = self.text("before").lines().count() as u32 + 3;
        let calls = python::statements(&self.lines(), first, &consts).ok()?;
        Some(assemble(&python::body(self.text("params"), &calls)))
    }

    /// What is wrong with an outcome. `wrap` gives a whole function for the code between prologue
    /// and epilogue; `line` says whether lines are compared.
    pub(crate) fn judge(
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
