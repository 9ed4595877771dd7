//! The table of deliberate differences in `docs/differences.md`, kept honest.
//!
//! A row names a vector, one line of upstream's output, the line we print instead, and why. Our whole output lies
//! beside the vector as `NAME.py.ferlance.exp`. [`check`] holds the three together: every line in which the two
//! files differ is in the table, and the table has no other.

use std::{collections::BTreeMap, fs, path::Path};

use crate::text_diff;

/// One row of the table. An empty text means that this side has no such line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The line of upstream's output.
    pub upstream: String,
    /// The line of our output.
    pub ours: String,
    /// Why ours is better.
    pub reason: String,
}

/// Rows by vector name.
pub type Differences = BTreeMap<String, Vec<Difference>>;

/// Read the table from the page. A row is `| vector | upstream | ours | reason |`, outputs in back quotes.
pub fn parse(page: &str) -> Result<Differences, String> {
    let mut table = Differences::new();
    let is_rule = |line: &str| line.starts_with("| ---");
    for line in page
        .lines()
        .skip_while(|line| !is_rule(line))
        .skip(1)
        .take_while(|line| line.starts_with('|'))
    {
        let cells = split_row(line);
        let [vector, upstream, ours, reason] = cells.as_slice() else {
            return Err(format!("a row needs four cells: {line}"));
        };
        if reason.is_empty() {
            return Err(format!("a difference needs a reason: {line}"));
        }
        let row = Difference {
            upstream: unquote(upstream)?,
            ours: unquote(ours)?,
            reason: reason.clone(),
        };
        table.entry(unquote(vector)?).or_default().push(row);
    }
    Ok(table)
}

/// Read the page `docs/differences.md` under `root`.
pub fn load(root: &Path) -> Result<Differences, String> {
    let path = root.join("docs/differences.md");
    parse(&fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?)
}

/// The rows of one vector must be exactly the lines in which upstream's output and ours differ.
pub fn check(rows: &[Difference], upstream: &[u8], ours: &[u8]) -> Result<(), String> {
    let (removed, added) = text_diff::changed_lines(upstream, ours);
    if removed.is_empty() && added.is_empty() {
        return Err(
            "our output does not differ from upstream's: take the vector off the table".to_owned(),
        );
    }
    let side = |listed: Vec<&str>, found: &[String], whose: &str| {
        for line in found {
            if !listed.contains(&line.trim_end()) {
                return Err(format!(
                    "this line of {whose} output differs but is not in the table: {line}"
                ));
            }
        }
        for line in listed {
            if !line.is_empty() && !found.iter().any(|found| found.trim_end() == line) {
                return Err(format!(
                    "the table lists a line of {whose} output that does not differ: {line}"
                ));
            }
        }
        Ok(())
    };
    side(
        rows.iter().map(|row| row.upstream.as_str()).collect(),
        &removed,
        "upstream's",
    )?;
    side(
        rows.iter().map(|row| row.ours.as_str()).collect(),
        &added,
        "our",
    )
}

/// The cells of a table row; `\|` is a bar inside a cell.
fn split_row(line: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut chars = line.trim().trim_start_matches('|').chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('\\', Some('|')) => {
                chars.next();
                cells.last_mut().expect("never empty").push('|');
            }
            ('|', None) => break,
            ('|', Some(_)) => cells.push(String::new()),
            (c, _) => cells.last_mut().expect("never empty").push(c),
        }
    }
    cells
        .into_iter()
        .map(|cell| cell.trim().to_owned())
        .collect()
}

/// The text between back quotes (one, or two for text that contains one); nothing stays nothing.
fn unquote(cell: &str) -> Result<String, String> {
    if cell.is_empty() {
        return Ok(String::new());
    }
    for quote in ["`` ", "``", "`"] {
        let close: String = quote.chars().rev().collect();
        if let Some(text) = cell
            .strip_prefix(quote)
            .and_then(|rest| rest.strip_suffix(close.as_str()))
        {
            return Ok(text.to_owned());
        }
    }
    Err(format!("not in back quotes: {cell}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# Title\n\n| vector | upstream | ours | reason |\n| --- | --- | --- | --- |\n\
                        | `lang_a` | `x \\| y` | `z` | Sound. |\n| `lang_a` | `` `q` `` | | Gone. |\n\nText | after.\n";

    #[test]
    fn rows_are_grouped_by_vector() {
        let table = parse(PAGE).unwrap();
        let rows = &table["lang_a"];
        assert_eq!(
            (rows[0].upstream.as_str(), rows[0].ours.as_str()),
            ("x | y", "z")
        );
        assert_eq!(
            (rows[1].upstream.as_str(), rows[1].ours.as_str()),
            ("`q`", "")
        );
    }

    #[test]
    fn row_without_reason_is_refused() {
        assert!(
            parse("| a | b | c | d |\n| --- | --- | --- | --- |\n| `v` | `1` | `2` | |\n").is_err()
        );
    }

    #[test]
    fn table_and_outputs_must_match_exactly() {
        let rows = parse(PAGE).unwrap().remove("lang_a").unwrap();
        assert_eq!(check(&rows, b"a\nx | y\n`q`\n", b"a\nz\n"), Ok(()));
        assert!(
            check(&rows, b"a\n", b"a\n").is_err(),
            "no difference at all"
        );
        assert!(
            check(&rows, b"a\nx | y\n`q`\nr\n", b"a\nz\n").is_err(),
            "an unlisted line"
        );
        assert!(
            check(&rows, b"a\nx | y\n", b"a\nz\n").is_err(),
            "a listed line that is equal"
        );
    }
}
