//! Threads on which functions become machine code.

use std::cell::{Cell, OnceCell};
use std::panic::{self, AssertUnwindSafe};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use ferlance_compiler::workers::{Job, Workers};

/// As many threads as there are processors, started with the first job.
#[derive(Debug, Default)]
pub(crate) struct Threads {
    pool: OnceCell<Pool>,
    /// Jobs that were given and not taken yet.
    open: Cell<usize>,
}

#[derive(Debug)]
struct Pool {
    jobs: SyncSender<Job>,
    /// What is done, or what a thread panicked with.
    done: Receiver<thread::Result<Job>>,
    /// The same for jobs that no thread took.
    own: Sender<thread::Result<Job>>,
}

/// Jobs that wait for a thread; functions in them are large.
const WAITING: usize = 32;

/// What the main thread has.
const STACK_BYTES: usize = 8 << 20;

impl Pool {
    fn start() -> Pool {
        let (jobs, waiting) = sync_channel::<Job>(WAITING);
        let (own, done) = channel();
        let waiting = Arc::new(Mutex::new(waiting));
        let count = thread::available_parallelism().map_or(1, usize::from);
        for _ in 0..count {
            let (waiting, done) = (Arc::clone(&waiting), own.clone());
            // Without a thread there are the others, or none: then jobs come back as they were.
            let _ = thread::Builder::new()
                .stack_size(STACK_BYTES)
                .spawn(move || work(&waiting, &done));
        }
        Pool { jobs, done, own }
    }
}

/// Does jobs until there are no more.
fn work(waiting: &Mutex<Receiver<Job>>, done: &Sender<thread::Result<Job>>) {
    loop {
        // The lock is let go before the work begins.
        let next = waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .recv();
        let Ok(mut job) = next else { return };
        let result = panic::catch_unwind(AssertUnwindSafe(move || {
            job.work();
            job
        }));
        if done.send(result).is_err() {
            return;
        }
    }
}

impl Workers for Threads {
    fn give(&self, job: Job) {
        let pool = self.pool.get_or_init(Pool::start);
        self.open.set(self.open.get() + 1);
        if let Err(refused) = pool.jobs.send(job) {
            // No thread is there to take it; it is done when it is taken. The receiver is in this very pool.
            let _ = pool.own.send(Ok(refused.0));
        }
    }

    fn take(&self) -> Option<Job> {
        let pool = self.pool.get()?;
        self.open.set(self.open.get().checked_sub(1)?);
        match pool.done.recv().ok()? {
            Ok(job) => Some(job),
            Err(panicked) => panic::resume_unwind(panicked),
        }
    }
}
