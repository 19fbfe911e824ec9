//! The harness of the run's proofs: a folder, a job and a processor in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use serde_json::Value;
use tidegate::ManualClock;
use tidegate_core::Class;

use crate::{Done, Error, Failure, Group, Job, JsonRows, Processor, Report, Stop};

/// Doubles numbers. Which ones fail, and after how many polls each one ends, is set by the test.
#[derive(Debug, Default)]
pub(crate) struct Doubler {
    pub(crate) fails: BTreeSet<u64>,
    /// Times that a number gives way before it ends, by number; none at all by default.
    pub(crate) yields: BTreeMap<u64, usize>,
    /// Numbers whose output was handed over, each time it was.
    pub(crate) ended: Mutex<Vec<u64>>,
    pub(crate) stopped: AtomicBool,
    pub(crate) now: AtomicUsize,
    pub(crate) most: AtomicUsize,
    /// Numbers from here on are a second group; the first is held back by a limit as long as that one goes on.
    pub(crate) second_from: Option<u64>,
    /// Numbers of the second group that have not ended.
    pub(crate) second_left: AtomicUsize,
}

/// Counts what is in process, whether it ends or is dropped.
struct InProcess<'a>(&'a AtomicUsize);

impl Drop for InProcess<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Processor for Doubler {
    type Item = u64;
    type Output = u64;

    async fn process(&self, item: u64) -> Result<Done<u64>, Failure<u64>> {
        let now = self.now.fetch_add(1, Ordering::Relaxed) + 1;
        let _in_process = InProcess(&self.now);
        self.most.fetch_max(now, Ordering::Relaxed);
        let is_second = self.second_from.is_some_and(|from| item >= from);
        while !is_second && self.second_left.load(Ordering::Relaxed) > 0 {
            tokio::task::yield_now().await;
        }
        for _ in 0..self.yields.get(&item).copied().unwrap_or(0) {
            tokio::task::yield_now().await;
        }
        self.ended.lock().unwrap_or_else(PoisonError::into_inner).push(item);
        if is_second {
            self.second_left.fetch_sub(1, Ordering::Relaxed);
        }
        if self.fails.contains(&item) {
            return Err(Failure::new(Class::ServerError, "unlucky"));
        }
        Ok((item * 2).into())
    }

    fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    fn group(&self, item: &u64) -> Group {
        Group::new(usize::from(self.second_from.is_some_and(|from| *item >= from)))
    }

    fn waiting(&self, group: Group) -> Option<usize> {
        Some(if group == Group::default() { self.second_left.load(Ordering::Relaxed) } else { 0 })
    }
}

impl Doubler {
    pub(super) fn ended(&self) -> Vec<u64> {
        self.ended.lock().unwrap().clone()
    }
}

/// A folder with an input.
pub(super) struct Bench {
    folder: tempfile::TempDir,
}

impl Bench {
    pub(super) fn new(input: &str) -> Self {
        let bench = Self { folder: tempfile::tempdir().unwrap() };
        fs::write(bench.input(), input).unwrap();
        bench
    }

    /// A bench whose rows are the numbers below `count`.
    pub(super) fn counting(count: u64) -> Self {
        Self::new(&(0..count).map(|number| format!("{number}\n")).collect::<String>())
    }

    pub(super) fn input(&self) -> PathBuf {
        self.folder.path().join("in.jsonl")
    }

    pub(super) fn output(&self) -> PathBuf {
        self.folder.path().join("out.jsonl")
    }

    pub(super) fn journal(&self) -> PathBuf {
        self.folder.path().join("out.jsonl.tidegate-journal")
    }

    pub(super) fn job(&self) -> Job {
        // A clock that stands still: whatever ends, ends in no time, so that more at a time always seem worth it.
        Job::new(self.input(), self.output()).clock(ManualClock::new().into())
    }

    pub(super) fn run(&self, doubler: &Doubler) -> Result<Report, Error> {
        run(&self.job(), doubler, &Stop::new())
    }

    /// The output's lines as JSON.
    pub(super) fn lines(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.output()).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Names of what stands in the folder.
    pub(super) fn files(&self) -> BTreeSet<String> {
        let entries = fs::read_dir(self.folder.path()).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }
}

pub(super) fn run(job: &Job, doubler: &Doubler, stop: &Stop) -> Result<Report, Error> {
    runtime().block_on(job.run(&JsonRows::new(), doubler, stop, &mut ()))
}

pub(super) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().build().unwrap()
}
