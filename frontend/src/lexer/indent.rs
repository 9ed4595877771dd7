//! Line ends and blocks: `Newline`, `Indent`, `Dedent`, and the end of the source.
//!
//! Upstream supplies a line end at the end of a source that has none, even after a backslash.

use ferlance_collections::OutOfMemory;

use super::{Lexer, SPACE, is};
use crate::source::Pos;
use crate::token::Token;

/// Columns of a tab stop.
const TAB: u32 = 8;

impl Lexer<'_> {
    /// The token for a line end just passed: goes to the next line that has a token and compares its column.
    pub(super) fn newline(&mut self) -> Result<Token, OutOfMemory> {
        self.tok.value = 0;
        if self.start_of_line()? {
            Ok(Token::Newline)
        } else {
            Ok(Token::Unindent)
        }
    }

    /// Skips blank lines and comments; sets `pending` from the column of the next token. False if no open block has it.
    pub(super) fn start_of_line(&mut self) -> Result<bool, OutOfMemory> {
        let mut column = 0u32;
        loop {
            let Some(&byte) = self.text.get(self.at) else {
                if self.segments.is_empty() && !self.supplied {
                    self.supply_line_end();
                }
                column = 0;
                break;
            };
            match byte {
                b' ' => {
                    self.at += 1;
                    column = column.saturating_add(1);
                }
                b'\t' => {
                    self.at += 1;
                    column = (column / TAB).saturating_add(1).saturating_mul(TAB);
                }
                b'\n' | b'\r' => {
                    self.at += 1;
                    self.line_end(byte)?;
                    column = 0;
                }
                b'#' => self.skip_comment(),
                b'\\' => {
                    if !self.join_lines()? {
                        break;
                    }
                    column = 0;
                }
                _ if is(byte, SPACE) => {
                    self.at += 1;
                    column = column.saturating_add(1);
                }
                _ => break,
            }
        }
        self.compare(column)
    }

    fn compare(&mut self, column: u32) -> Result<bool, OutOfMemory> {
        let top = |indents: &[u32]| indents.last().copied().unwrap_or(0);
        if column > top(&self.indents) {
            self.indents.push(column)?;
            self.pending = 1;
            return Ok(true);
        }
        while column < top(&self.indents) {
            self.indents.pop();
            self.pending -= 1;
        }
        Ok(column == top(&self.indents))
    }

    /// Makes the next pending `Indent` or `Dedent` the token.
    pub(super) fn pending_block(&mut self) {
        self.tok.pos = Pos(self.at as u32);
        self.tok.line = self.line;
        if self.pending > 0 {
            self.pending -= 1;
            self.tok.kind = Token::Indent;
        } else {
            self.pending += 1;
            self.tok.kind = Token::Dedent;
        }
    }

    /// The end of the source: first the line end upstream supplies, if the last line has none, then the blocks' ends.
    pub(super) fn end_of_source(&mut self) -> Result<(), OutOfMemory> {
        if !self.supplied {
            self.supply_line_end();
            if self.brackets == 0 {
                self.compare(0)?;
                self.tok.kind = Token::Newline;
                return Ok(());
            }
        }
        if self.indents.len() > 1 {
            self.compare(0)?;
            self.pending_block();
            return Ok(());
        }
        self.tok.line = self.line;
        self.tok.kind = Token::End;
        Ok(())
    }
}
