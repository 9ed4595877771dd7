//! The interpreters that are on this machine.

use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use clap::Args;

use crate::{
    measure::{Words, words},
    workspace,
};

/// Somebody to compare with.
#[derive(Debug, Clone)]
pub(crate) struct Peer {
    /// Short name, as in tables.
    pub name: String,
    /// Runs a Python file given behind it.
    pub command: Words,
}

/// Which interpreters take part.
#[derive(Debug, Args)]
pub(crate) struct PeerOptions {
    /// Another interpreter, or another command for a known one; may be given several times.
    #[arg(long = "peer", value_name = "NAME=COMMAND")]
    peers: Vec<String>,
    /// Only ferlance and the peers given by --peer.
    #[arg(long)]
    only_given: bool,
    /// Cargo profile of ferlance.
    #[arg(long, default_value = "release")]
    profile: String,
}

impl PeerOptions {
    /// Ferlance first, then what is found on the path, then what was asked for.
    pub(crate) fn find(&self) -> Result<Vec<Peer>> {
        let mut peers = vec![ferlance(&self.profile)?];
        if !self.only_given {
            peers.extend(on_path());
        }
        for given in &self.peers {
            let (name, command) = given.split_once('=').context("--peer NAME=COMMAND")?;
            let peer = Peer {
                name: name.to_owned(),
                command: words(command),
            };
            match peers.iter_mut().find(|known| known.name == name) {
                Some(known) => *known = peer,
                None => peers.push(peer),
            }
        }
        Ok(peers)
    }
}

/// Ferlance itself, built if `$FERLANCE` does not name a command.
pub(crate) fn ferlance(profile: &str) -> Result<Peer> {
    let command = match std::env::var("FERLANCE") {
        Ok(command) => words(&command),
        Err(_) => vec![path_text(workspace::build(
            "ferlance-unix",
            "ferlance",
            profile,
        )?)],
    };
    Ok(Peer {
        name: "ferlance".to_owned(),
        command,
    })
}

/// CPython, if it is here.
pub(crate) fn cpython() -> Option<Peer> {
    let output = Command::new("python3")
        .args(["-c", "import sys; print(sys.executable)"])
        .output()
        .ok()?;
    let path = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (!path.is_empty()).then(|| Peer {
        name: "cpython".to_owned(),
        command: vec![path],
    })
}

/// The interpreters on the path; their commands start no shell, so that their start-up is their own.
fn on_path() -> Vec<Peer> {
    let mut peers: Vec<Peer> = cpython().into_iter().collect();
    let tool = workspace::root().join("tools/upstream");
    if tool.join("node_modules").is_dir() && answers("node") {
        // `--max-lazy`-like switches are left alone: this is how users run it.
        let command = vec!["node".to_owned(), path_text(tool.join("run.mjs"))];
        peers.push(Peer {
            name: "upstream-wasm".to_owned(),
            command,
        });
    }
    for name in ["micropython", "pypy3", "rustpython"] {
        if answers(name) {
            peers.push(Peer {
                name: name.to_owned(),
                command: vec![name.to_owned()],
            });
        }
    }
    peers
}

/// Is there a program of this name that runs?
pub(crate) fn answers(program: &str) -> bool {
    let mut command = Command::new(program);
    command
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.status().is_ok()
}

/// A path as a word of a command.
pub(crate) fn path_text(path: impl Into<std::path::PathBuf>) -> String {
    path.into().to_string_lossy().into_owned()
}
