//! `Job`: requests that were handed over together, and their answers, which are there after a while.

use std::time::Duration;

use serde_json::Value;

use crate::wall::WallTime;

/// One request of a job.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) custom_id: String,
    /// The path under `/v1` that it goes to.
    pub(crate) path: String,
    pub(crate) body: Value,
}

/// The answer to one request.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) custom_id: String,
    pub(crate) status: u16,
    pub(crate) body: Value,
}

/// One job. Its answers are made when it begins, and told when it has ended.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    pub(crate) id: String,
    pub(crate) created: WallTime,
    /// The name of the file with the answers, where the dialect has one.
    pub(crate) output: String,
    /// What the caller wrote beside its requests: endpoint, model, metadata.
    pub(crate) asked: Value,
    answers: Vec<Answer>,
    takes: Duration,
    cancelled: Option<WallTime>,
}

impl Job {
    /// A job of these answers that takes so long.
    pub(crate) fn new(answers: Vec<Answer>, takes: Duration, asked: Value) -> Self {
        let (id, output) = (String::new(), String::new());
        Self { id, created: WallTime::default(), output, asked, answers, takes, cancelled: None }
    }

    pub(crate) fn has_ended(&self, at: WallTime) -> bool {
        self.cancelled.is_some() || at.since(self.created) >= self.takes
    }

    /// Whether it ended before its time.
    pub(crate) fn was_cancelled(&self) -> bool {
        self.cancelled.is_some()
    }

    pub(crate) fn cancel(&mut self, at: WallTime) {
        if !self.has_ended(at) {
            self.cancelled = Some(at);
        }
    }

    /// The answers that are there: they come evenly while it works.
    pub(crate) fn answers(&self, at: WallTime) -> &[Answer] {
        let worked = self.cancelled.unwrap_or(at).since(self.created);
        if worked >= self.takes {
            return &self.answers;
        }
        let share = worked.as_secs_f64() / self.takes.as_secs_f64();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_precision_loss,
            clippy::cast_sign_loss,
            reason = "a share of a count, between nothing and all of it"
        )]
        let there = (self.answers.len() as f64 * share) as usize;
        self.answers.get(..there).unwrap_or(&self.answers)
    }

    pub(crate) fn total(&self) -> usize {
        self.answers.len()
    }
}
