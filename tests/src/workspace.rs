//! The workspace as data: its root, crates, source files and pages.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// The folder with the workspace's `Cargo.toml`.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("tests/ lies in the workspace")
}

/// All files under `folder` whose name passes `wanted`, sorted; build output, installed packages and hidden
/// folders are left out.
pub fn files(folder: &Path, wanted: &dyn Fn(&Path) -> bool) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    collect(folder, wanted, &mut found)?;
    found.sort();
    Ok(found)
}

fn collect(
    folder: &Path,
    wanted: &dyn Fn(&Path) -> bool,
    found: &mut Vec<PathBuf>,
) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let skipped = name.starts_with('.') || name == "target" || name == "node_modules";
        if path.is_dir() && !skipped {
            collect(&path, wanted, found)?;
        } else if path.is_file() && wanted(&path) {
            found.push(path);
        }
    }
    Ok(())
}

/// Does the path end in this extension?
pub fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|found| found == extension)
}

/// The Rust files of a folder, with their text.
pub fn rust_files(folder: &Path) -> io::Result<Vec<(PathBuf, String)>> {
    let paths = files(folder, &|path| has_extension(path, "rs"))?;
    paths
        .into_iter()
        .map(|path| fs::read_to_string(&path).map(|text| (path, text)))
        .collect()
}

/// The code of a Rust file without comments, strings and test modules, line by line: what the tests of absences
/// look at. Lines keep their numbers.
///
/// It knows line comments, nested block comments, strings, raw strings and character literals, which is what
/// rustfmt leaves to tell apart.
pub fn code_only(source: &str) -> Vec<String> {
    let mut out = String::new();
    let bytes: Vec<char> = source.chars().collect();
    let at = |i: usize| bytes.get(i).copied().unwrap_or('\0');
    let mut i = 0;
    while i < bytes.len() {
        let c = at(i);
        if c == '/' && at(i + 1) == '/' {
            while i < bytes.len() && at(i) != '\n' {
                i += 1;
            }
        } else if c == '/' && at(i + 1) == '*' {
            let mut depth = 0;
            loop {
                if at(i) == '/' && at(i + 1) == '*' {
                    depth += 1;
                    i += 2;
                } else if at(i) == '*' && at(i + 1) == '/' {
                    depth -= 1;
                    i += 2;
                } else {
                    keep_newline(at(i), &mut out);
                    i += 1;
                }
                if depth == 0 || i >= bytes.len() {
                    break;
                }
            }
        } else if c == 'r'
            && (at(i + 1) == '"' || (at(i + 1) == '#' && matches!(at(i + 2), '"' | '#')))
        {
            let hashes = (i + 1..).take_while(|&j| at(j) == '#').count();
            i += 2 + hashes;
            while i < bytes.len() && !(at(i) == '"' && (1..=hashes).all(|j| at(i + j) == '#')) {
                keep_newline(at(i), &mut out);
                i += 1;
            }
            i += 1 + hashes;
        } else if c == '"' {
            i += 1;
            while i < bytes.len() && at(i) != '"' {
                if at(i) == '\\' {
                    keep_newline(at(i + 1), &mut out);
                    i += 1;
                } else {
                    keep_newline(at(i), &mut out);
                }
                i += 1;
            }
            i += 1;
        } else if c == '\'' && (at(i + 1) == '\\' || at(i + 2) == '\'') {
            i += if at(i + 1) == '\\' { 3 } else { 2 };
            while i < bytes.len() && at(i) != '\'' {
                i += 1;
            }
            i += 1;
        } else {
            out.push(c);
            i += 1;
        }
    }
    without_test_modules(&out)
}

fn keep_newline(c: char, out: &mut String) {
    if c == '\n' {
        out.push('\n');
    }
}

/// Blank the item that follows each `#[cfg(test)]`, by counting braces.
fn without_test_modules(code: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut depth_in_test: Option<i64> = None;
    for line in code.lines() {
        if depth_in_test.is_none() && line.trim_start().starts_with("#[cfg(test)]") {
            depth_in_test = Some(0);
            lines.push(String::new());
            continue;
        }
        let Some(depth) = depth_in_test else {
            lines.push(line.to_owned());
            continue;
        };
        lines.push(String::new());
        let opened = line.matches('{').count() as i64;
        let depth = depth + opened - line.matches('}').count() as i64;
        let ends =
            depth <= 0 && (opened > 0 || line.contains('}') || line.trim_end().ends_with(';'));
        depth_in_test = if ends { None } else { Some(depth) };
    }
    lines
}

/// Does `line` contain `word` as a whole word?
pub fn has_word(line: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        !line[..at].chars().next_back().is_some_and(is_part)
            && !line[at + word.len()..].chars().next().is_some_and(is_part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_only_drops_what_is_not_code() {
        let source = "let a = \"unsafe\"; // unsafe\n/* unsafe\n */ let b = 'x';\nlet c = r#\"unsafe \" \"#;\n";
        let code = code_only(source);
        assert_eq!(code.len(), 4);
        assert!(code.iter().all(|line| !line.contains("unsafe")), "{code:?}");
        assert!(code[2].contains("let b ="), "{code:?}");
        assert!(code[3].contains("let c ="), "{code:?}");
    }

    #[test]
    fn code_only_drops_test_modules() {
        let source =
            "fn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() { x.unwrap() }\n}\nfn c() {}\n";
        assert_eq!(
            code_only(source),
            ["fn a() {}", "", "", "", "", "fn c() {}"]
        );
    }

    #[test]
    fn lifetimes_are_not_characters() {
        assert_eq!(
            code_only("fn f<'a>(x: &'a str) -> &'a str { x }\n"),
            ["fn f<'a>(x: &'a str) -> &'a str { x }"]
        );
    }

    #[test]
    fn words_are_whole() {
        assert!(has_word("unsafe { x }", "unsafe"));
        assert!(!has_word("unsafe_code", "unsafe"));
    }
}
