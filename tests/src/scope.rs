//! Behaviour vectors that need something Ferlance does not have: `tests/behaviour/out_of_scope.txt`.
//!
//! One line each, `NAME: what it needs`; `#` starts a comment. A vector on the list must fail: when it begins to
//! pass, the runner asks to have its line removed, so the list shows what is really missing.

use std::{collections::BTreeMap, fs, path::Path};

/// What each vector out of scope needs.
pub type OutOfScope = BTreeMap<String, String>;

/// Read the list.
pub fn parse(text: &str) -> Result<OutOfScope, String> {
    let mut list = OutOfScope::new();
    for line in text
        .lines()
        .filter(|line| !line.trim().is_empty() && !line.starts_with('#'))
    {
        match line.split_once(": ") {
            Some((name, need)) if !need.trim().is_empty() => {
                list.insert(name.to_owned(), need.trim().to_owned())
            }
            _ => return Err(format!("want `NAME: what it needs`, found: {line}")),
        };
    }
    Ok(list)
}

/// Read the list under `root`.
pub fn load(root: &Path) -> Result<OutOfScope, String> {
    let path = root.join("tests/behaviour/out_of_scope.txt");
    parse(&fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_gives_a_need() {
        assert_eq!(
            parse("# why\n\nlib_x: sockets\n").unwrap()["lib_x"],
            "sockets"
        );
        assert!(parse("lib_x\n").is_err());
        assert!(parse("lib_x: \n").is_err());
    }
}
