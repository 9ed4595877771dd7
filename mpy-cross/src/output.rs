//! Writing the result so that an interrupted run leaves no half file.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Why nothing was written.
#[derive(Debug)]
pub(crate) enum OutputError {
    /// The file cannot be opened or replaced.
    Open(io::Error),
    /// The bytes do not go out: full disk, closed pipe.
    Write(io::Error),
}

/// Writes to `path`: a file beside it, then a rename. Devices, pipes and links are written to directly.
pub(crate) fn write_file(path: &Path, bytes: &[u8]) -> Result<(), OutputError> {
    match fs::symlink_metadata(path) {
        Ok(there) if !there.is_file() => return write_through(path, bytes),
        Ok(there) if there.permissions().readonly() => return write_through(path, bytes),
        _ => {}
    }
    let Some((beside, mut file)) = create_beside(path).map_err(OutputError::Open)? else {
        return write_through(path, bytes);
    };
    let written = file
        .write_all(bytes)
        .and_then(|()| keep_permissions(path, &file))
        .and_then(|()| file.flush());
    drop(file);
    if let Err(error) = written {
        let _ = fs::remove_file(&beside); // the first error is the one to tell
        return Err(OutputError::Write(error));
    }
    fs::rename(&beside, path).map_err(|error| {
        let _ = fs::remove_file(&beside);
        OutputError::Open(error)
    })
}

/// Writes to standard output, and notices when it is closed or full.
pub(crate) fn write_stdout(bytes: &[u8]) -> Result<(), OutputError> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)
        .and_then(|()| out.flush())
        .map_err(OutputError::Write)
}

fn write_through(path: &Path, bytes: &[u8]) -> Result<(), OutputError> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    let mut file = options.open(path).map_err(OutputError::Open)?;
    file.write_all(bytes).map_err(OutputError::Write)
}

/// A new file in the folder of `path`; none if the folder takes no new files though `path` itself may be written.
fn create_beside(path: &Path) -> io::Result<Option<(PathBuf, File)>> {
    let name = path.file_name().unwrap_or(OsStr::new("out"));
    for attempt in 0..100 {
        let mut beside = OsString::from(".");
        beside.push(name);
        beside.push(format!(".{}.{attempt}", std::process::id()));
        let beside = path.with_file_name(beside);
        let mut options = OpenOptions::new();
        match options.write(true).create_new(true).open(&beside) {
            Ok(file) => return Ok(Some((beside, file))),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(_) if path.exists() => return Ok(None),
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

/// Gives the new file the permissions of the one that it replaces.
fn keep_permissions(path: &Path, file: &File) -> io::Result<()> {
    match fs::metadata(path) {
        Ok(there) => file.set_permissions(there.permissions()),
        Err(_) => Ok(()),
    }
}
