//! The golden `.mpy` files of the stock cross compiler: read, verified, written back to the same bytes; damaged ones
//! refused.
use std::fs;
use std::path::{Path, PathBuf};

use ferlance_abi::qstr::Pool;
use ferlance_bytecode::mpy::{self, Host};
use ferlance_bytecode::verify;

fn vectors(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("vectors")
        .join(folder)
}

/// All `.mpy` files below `folder`, sorted, those in `bad/` left out.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("bad") {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "mpy") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn golden() -> Vec<(PathBuf, Vec<u8>)> {
    let mut paths = files(&vectors("mpy"));
    paths.extend(files(&vectors("natmod")));
    assert!(paths.len() > 180, "{} files", paths.len());
    paths
        .into_iter()
        .map(|path| (path.clone(), fs::read(path).unwrap()))
        .collect()
}

#[test]
fn every_golden_file_is_written_back_to_the_same_bytes() {
    for (path, data) in golden() {
        let mut pool = Pool::new();
        let module = mpy::read(&data, &mut pool, &Host::TOOL)
            .unwrap_or_else(|error| panic!("{path:?}: {error}"));
        let written = mpy::write(&module, &pool).unwrap();
        assert!(written[..] == data[..], "{path:?}");
    }
}

#[test]
fn every_golden_file_passes_the_verifier() {
    for (path, data) in golden() {
        let mut pool = Pool::new();
        let module = mpy::read(&data, &mut pool, &Host::TOOL).unwrap();
        if let Err(error) = verify(module) {
            panic!("{path:?}: {error}");
        }
    }
}
