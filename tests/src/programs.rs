//! Folders of test programs: `NAME.py`, its stored output `NAME.py.exp`, and a header that says who must agree.
//!
//! The header is the run of `#! key: value` lines at the top of a program:
//!
//! ```text
//! #! agree: cpython upstream
//! ```
//!
//! `agree` names the oracles whose output must be the stored one (see [`Oracle`]); without any, the stored output
//! is our own and was read by a person before it was blessed.

use std::{
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
};

use crate::{oracle::Oracle, workspace};

/// One test program.
#[derive(Debug, Clone)]
pub struct Program {
    /// File name without `.py`.
    pub name: String,
    /// Where the program lies.
    pub path: PathBuf,
    /// Who must print the same.
    pub agree: Vec<Oracle>,
}

impl Program {
    /// The stored output lies beside the program.
    pub fn expected_path(&self) -> PathBuf {
        with_suffix(&self.path, ".exp")
    }

    /// The stored output.
    pub fn expected(&self) -> io::Result<Vec<u8>> {
        let path = self.expected_path();
        fs::read(&path).map_err(|error| io::Error::other(format!("{}: {error}", path.display())))
    }
}

/// What a program prints, as it is stored beside it: our own output first, where that differs on purpose.
pub fn expected(source: &Path) -> io::Result<Vec<u8>> {
    let places = [
        with_suffix(source, ".ferlance.exp"),
        with_suffix(source, ".exp"),
        source.with_extension("exp"),
    ];
    let found = places.into_iter().find(|path| path.exists());
    fs::read(found.ok_or_else(|| io::Error::other("no expected output"))?)
}

/// `path` with `suffix` behind its whole name.
pub fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path.as_os_str());
    name.push(suffix);
    name.into()
}

/// The programs of a folder, by name.
pub fn list(folder: &Path) -> io::Result<Vec<Program>> {
    let mut programs = Vec::new();
    for entry in fs::read_dir(folder)
        .map_err(|error| io::Error::other(format!("{}: {error}", folder.display())))?
    {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "py") {
            let name = path
                .file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            let agree = parse_header(&fs::read_to_string(&path)?)
                .map_err(|error| io::Error::other(format!("{}: {error}", path.display())))?;
            programs.push(Program { name, path, agree });
        }
    }
    programs.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(programs)
}

/// The programs of `tests/lang`, and the examples, which must keep working too.
pub fn of_language() -> io::Result<Vec<Program>> {
    let mut programs = list(&workspace::root().join("tests/lang"))?;
    programs.extend(list(&workspace::root().join("examples"))?);
    Ok(programs)
}

/// Read the `#! key: value` lines at the top of a program.
fn parse_header(source: &str) -> Result<Vec<Oracle>, String> {
    let mut agree = Vec::new();
    for line in source.lines() {
        let Some(line) = line.strip_prefix("#! ") else {
            break;
        };
        match line.split_once(':') {
            Some(("agree", names)) => {
                for name in names.split_whitespace() {
                    let oracle = Oracle::ALL.into_iter().find(|oracle| oracle.name() == name);
                    agree.push(oracle.ok_or_else(|| format!("no oracle is called `{name}`"))?);
                }
            }
            _ => return Err(format!("unknown header line `{line}`")),
        }
    }
    Ok(agree)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_names_the_oracles() {
        assert_eq!(
            parse_header("#! agree: cpython upstream\nprint(1)\n"),
            Ok(vec![Oracle::CPython, Oracle::Upstream])
        );
    }

    #[test]
    fn program_without_header_answers_to_nobody() {
        assert_eq!(parse_header("print(1)\n#! agree: cpython\n"), Ok(vec![]));
    }

    #[test]
    fn misspelt_header_is_refused() {
        assert_eq!(
            parse_header("#! agreee: cpython\n"),
            Err("unknown header line `agreee: cpython`".to_owned())
        );
        assert_eq!(
            parse_header("#! agree: python\n"),
            Err("no oracle is called `python`".to_owned())
        );
    }
}
