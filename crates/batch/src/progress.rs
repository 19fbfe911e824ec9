//! `Counts` and `Observer`: what a run tells about itself while it goes on. No terminal output.

use std::collections::BTreeMap;

use tidegate_core::Class;

use crate::Effort;

/// What a run has done so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Rows of the input.
    pub rows: u64,
    /// Rows that an earlier run had finished.
    pub resumed: u64,
    /// Finished rows by class, earlier runs' included.
    pub classes: BTreeMap<Class, u64>,
    /// Attempts that the provider refused in this run.
    pub refusals: u64,
    /// Input tokens of finished rows, earlier runs' included.
    pub input_tokens: u64,
    /// Output tokens of finished rows, earlier runs' included.
    pub output_tokens: u64,
    /// What finished rows cost in millionths of a dollar, earlier runs' included; `None` while no answer said so.
    pub micro_dollars: Option<u64>,
}

impl Counts {
    /// Rows that were answered.
    #[must_use]
    pub fn answered(&self) -> u64 {
        self.classes.get(&Class::Ok).copied().unwrap_or(0)
    }

    /// Rows that ended as error rows.
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.finished().saturating_sub(self.answered())
    }

    /// Rows that ended, well or not.
    #[must_use]
    pub fn finished(&self) -> u64 {
        self.classes.values().fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// Rows that have not ended.
    #[must_use]
    pub fn left(&self) -> u64 {
        self.rows.saturating_sub(self.finished())
    }

    pub(crate) fn add(&mut self, class: Class, spent: Spent) {
        let count = self.classes.entry(class).or_default();
        *count = count.saturating_add(1);
        self.input_tokens = self.input_tokens.saturating_add(spent.input_tokens);
        self.output_tokens = self.output_tokens.saturating_add(spent.output_tokens);
        if let Some(money) = spent.micro_dollars {
            self.micro_dollars = Some(self.micro_dollars.unwrap_or(0).saturating_add(money));
        }
    }
}

/// What one row used and cost: no tokens and no money where the provider did not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Spent {
    pub(crate) input_tokens: u64,
    pub(crate) output_tokens: u64,
    pub(crate) micro_dollars: Option<u64>,
}

impl From<&Effort> for Spent {
    fn from(effort: &Effort) -> Self {
        let (input, output) = (effort.input_tokens.unwrap_or(0), effort.output_tokens.unwrap_or(0));
        Self { input_tokens: input, output_tokens: output, micro_dollars: effort.micro_dollars }
    }
}

/// A row that has just ended, and is in the journal.
#[derive(Clone, Copy, Debug)]
pub struct RowEnd<'a> {
    /// Its `custom_id`.
    pub custom_id: &'a str,
    /// How it ended.
    pub class: Class,
    /// What it took.
    pub effort: &'a Effort,
    /// Why it failed, where it did.
    pub message: Option<&'a str>,
}

/// Who is told how a run goes on. Called from the run itself: it must be quick.
pub trait Observer: Send {
    /// The input is known and what earlier runs finished is counted; nothing is sent yet.
    fn started(&mut self, counts: &Counts) {
        let _ = counts;
    }

    /// A row ended.
    fn row_ended(&mut self, row: &RowEnd<'_>, counts: &Counts) {
        let _ = (row, counts);
    }

    /// Jobs at the provider were looked at: of their rows so many are done there and not here yet.
    fn deferred(&mut self, done: u64, counts: &Counts) {
        let _ = (done, counts);
    }

    /// Every row ended; the output is being put together.
    fn assembling(&mut self, counts: &Counts) {
        let _ = counts;
    }
}

/// Nobody watches.
impl Observer for () {}
