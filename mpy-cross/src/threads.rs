//! Threads on which functions become machine code.

use std::cell::{Cell, OnceCell};
use std::panic::{self, AssertUnwindSafe};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use ferlance_compiler::workers::{Job, Workers};

/// A thread for each of the first jobs, up to as many as there are processors.
#[derive(Debug, Default)]
pub(crate) struct Threads {
    pool: OnceCell<Pool>,
    /// Jobs that were given and not taken yet.
    open: Cell<usize>,
}

#[derive(Debug)]
struct Pool {
    jobs: SyncSender<Job>,
    waiting: Arc<Mutex<Receiver<Job>>>,
    /// What is done, or what a thread panicked with.
    done: Receiver<thread::Result<Job>>,
    /// The same for threads to come, and for jobs that no thread takes.
    own: Sender<thread::Result<Job>>,
    /// Threads that run, and how many may.
    running: Cell<usize>,
    most: usize,
}

/// Jobs that wait for a thread; functions in them are large.
const WAITING: usize = 32;

/// What the main thread has.
pub(crate) const STACK_BYTES: usize = 8 << 20;

/// As many threads as there are processors.
pub(crate) fn most() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

impl Pool {
    fn new() -> Pool {
        let (jobs, waiting) = sync_channel(WAITING);
        let (own, done) = channel();
        Pool {
            jobs,
            waiting: Arc::new(Mutex::new(waiting)),
            done,
            own,
            running: Cell::new(0),
            most: most(),
        }
    }

    /// One more thread, if there may be more: whether any runs. Without a new one the others do its work.
    fn grow(&self) -> bool {
        let running = self.running.get();
        if running < self.most {
            let (waiting, done) = (Arc::clone(&self.waiting), self.own.clone());
            let started = thread::Builder::new()
                .stack_size(STACK_BYTES)
                .spawn(move || work(&waiting, &done));
            self.running.set(running + usize::from(started.is_ok()));
        }
        self.running.get() > 0
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
        let pool = self.pool.get_or_init(Pool::new);
        self.open.set(self.open.get() + 1);
        let refused = match pool.grow() {
            true => pool.jobs.send(job).err().map(|refused| refused.0),
            false => Some(job),
        };
        if let Some(job) = refused {
            // It is done when it is taken. The receiver is in this very pool.
            let _ = pool.own.send(Ok(job));
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
