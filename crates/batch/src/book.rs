//! `Book`: what a run writes down: each row that ends goes into the journal, the counts, and to whoever watches.

use serde::Serialize;

use crate::Error;
use crate::assemble::line_id;
use crate::job::FailedRow;
use crate::journal::{Journal, RowLine};
use crate::output::{self, Ending};
use crate::paths::Paths;
use crate::progress::{Counts, Observer, RowEnd, Spent};

/// What a run writes down.
pub(crate) struct Book<'a> {
    pub(crate) paths: &'a Paths,
    pub(crate) run_name: String,
    pub(crate) journal: Journal,
    pub(crate) counts: Counts,
    pub(crate) observer: &'a mut dyn Observer,
    /// The first rows that failed, at most `failures_kept`.
    pub(crate) failures: Vec<FailedRow>,
    pub(crate) failures_kept: usize,
}

impl Book<'_> {
    /// Journals a row; from then on it is finished. True when it failed.
    pub(crate) fn finish<O: Serialize>(
        &mut self,
        row: u64,
        custom_id: &str,
        ending: &Ending<O>,
    ) -> Result<bool, Error> {
        let output = output::line(&line_id(&self.run_name, row), custom_id, ending)
            .map_err(|source| Error::Encode { custom_id: custom_id.to_owned(), source })?;
        let spent = Spent::from(&ending.effort);
        self.journal
            .append(&RowLine { row, class: ending.class, spent, output: &output })
            .map_err(Error::writing("write the journal", &self.paths.journal))?;
        self.counts.add(ending.class, spent);
        self.counts.refusals = self.counts.refusals.saturating_add(u64::from(ending.effort.refusals));
        let message = ending.message.as_deref();
        let told = RowEnd { custom_id, class: ending.class, effort: &ending.effort, message };
        self.observer.row_ended(&told, &self.counts);
        if let Some(message) = message
            && self.failures.len() < self.failures_kept
        {
            let (custom_id, message) = (custom_id.to_owned(), message.to_owned());
            self.failures.push(FailedRow { custom_id, class: ending.class, message });
        }
        Ok(message.is_some())
    }
}
