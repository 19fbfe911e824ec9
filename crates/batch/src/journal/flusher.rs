//! `Flusher`: the thread that brings the journal to the disk, at most every 100 ms.

use std::fs::File;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// The time between two syncs. A process that is killed loses nothing that was written; only a machine that loses
/// power can lose what was written since the last sync, and those rows are sent again.
const INTERVAL: Duration = Duration::from_millis(100);

/// Brings a file to the disk in the background.
#[derive(Debug)]
pub(crate) struct Flusher {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    dirty: bool,
    closed: bool,
    failure: Option<io::Error>,
}

impl Flusher {
    /// Starts the thread for `file`.
    pub(crate) fn start(file: File) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let theirs = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("tidegate-journal".to_owned())
            .spawn(move || run(&file, &theirs))?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Something was written.
    ///
    /// # Errors
    /// When an earlier sync failed: what was written then may not be on the disk.
    pub(crate) fn wake(&self) -> io::Result<()> {
        let mut state = self.shared.lock();
        if let Some(failure) = state.failure.take() {
            return Err(failure);
        }
        if !state.dirty {
            state.dirty = true;
            self.shared.changed.notify_one();
        }
        Ok(())
    }

    /// Syncs what is left and ends the thread.
    pub(crate) fn close(&mut self) -> io::Result<()> {
        self.shared.lock().closed = true;
        self.shared.changed.notify_one();
        if let Some(thread) = self.thread.take() {
            // The thread does not panic; were it to, the sync below it is what would be missing.
            thread.join().map_err(|_| io::Error::other("the journal's thread ended early"))?;
        }
        self.shared.lock().failure.take().map_or(Ok(()), Err)
    }
}

impl Drop for Flusher {
    fn drop(&mut self) {
        // A run that is given up has no one left to tell of a failed sync; the next run reads what is there.
        let _ = self.close();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn run(file: &File, shared: &Shared) {
    loop {
        let waited = shared.changed.wait_while(shared.lock(), |state| !state.dirty && !state.closed);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner);
        let last = state.closed;
        if std::mem::take(&mut state.dirty) {
            drop(state);
            if let Err(failure) = file.sync_data() {
                shared.lock().failure = Some(failure);
            }
        }
        if last {
            return;
        }
        // The pause that groups the writes of the meantime; a close ends it early.
        let paused = shared.changed.wait_timeout_while(shared.lock(), INTERVAL, |state| !state.closed);
        drop(paused.unwrap_or_else(PoisonError::into_inner));
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn closing_ends_the_thread_after_the_last_write() {
        let mut file = tempfile::tempfile().unwrap();
        let mut flusher = Flusher::start(file.try_clone().unwrap()).unwrap();
        file.write_all(b"x").unwrap();
        flusher.wake().unwrap();
        flusher.close().unwrap();
        assert!(flusher.thread.is_none());
    }
}
