//! Several sources, each by itself, on as many threads as there are processors.

use std::ffi::{OsStr, OsString};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::Done;
use crate::threads::{self, STACK_BYTES};

/// Compiles all of `inputs`, also behind those that have something wrong in them; complaints come in the order of
/// `inputs`.
pub(crate) fn each(inputs: &[OsString], compile: impl Fn(&OsStr) -> Done + Sync) -> Done {
    let next = AtomicUsize::new(0);
    let complaints = Mutex::new(Vec::new());
    let work = || {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(input) = inputs.get(number) else {
                return;
            };
            if let Err(mut complaint) = compile(input) {
                // The stock tool, which has one only, does not always name it.
                let name = input.to_string_lossy();
                if !complaint.contains(&*name) {
                    complaint.insert_str(0, &format!("{name}: "));
                }
                let mut complaints = complaints.lock().unwrap_or_else(PoisonError::into_inner);
                complaints.push((number, complaint));
            }
        }
    };
    thread::scope(|scope| {
        // This thread is one of them, and does what others are not to be had for.
        for _ in 1..threads::most().min(inputs.len()) {
            let thread = thread::Builder::new().stack_size(STACK_BYTES);
            let _ = thread.spawn_scoped(scope, work);
        }
        work();
    });
    let mut complaints = complaints
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    complaints.sort();
    match complaints.is_empty() {
        true => Ok(()),
        false => Err(complaints.into_iter().map(|(_, text)| text).collect()),
    }
}
