//! `Deferred`: rows through a provider's own batch API, which is cheaper and takes its time.
//!
//! Rows that go to one endpoint and model are handed over together, as jobs of the provider's. Each job is noted in the
//! journal as soon as it has a name; a run that is resumed knows its jobs from there. Jobs are looked at now and then,
//! and what has ended becomes rows of the journal like any others.
//!
//! Between handing a job over and noting its name a kill can lose that name. It was noted before that a parcel goes, so
//! its job is looked for among the latest ones: by a mark where the API lets a job carry one (`OpenAI`, Mistral), at
//! Anthropic by how many rows it has and, once it has ended, by their names. Only what is not there is handed over again.
//! The same is done where the answer to a job that was handed over does not arrive.
//!
//! A row that failed inside of a job in a way that another attempt may mend goes into a further job, as often as it has
//! attempts; then it is an error row with its last answer.

mod anthropic;
mod api;
mod ask;
mod jobs;
mod mistral;
mod openai;
mod results;
mod rows;

use std::fs::File;
use std::num::NonZeroU32;
use std::time::Duration;

use tidegate::call::CallPolicy;
use tidegate::clock::Sleep;
use tidegate_client::Paced;
use tidegate_provider::Dialect;

use crate::book::Book;
use crate::job::End;
use crate::stop::Urgency;
use crate::{Error, PacedRows, RequestRows, Stop};
use api::BatchApi;
use jobs::Jobs;
use rows::Handing;

/// The shortest and the longest time between two looks at the jobs. They take minutes to hours; a look costs nothing,
/// but the first ones of a small job should not be far apart.
const LOOK: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));

/// Runs rows through a provider's batch API.
#[derive(Debug)]
pub struct Deferred<'a> {
    rows: &'a PacedRows,
    paced: &'a Paced,
    api: &'static dyn BatchApi,
    then: Then,
    attempts: u32,
}

/// What to do with jobs that are under way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Then {
    /// Look after them until they have ended.
    #[default]
    Wait,
    /// Cancel them, and keep what they have answered by then.
    Cancel,
}

impl<'a> Deferred<'a> {
    /// Through the batch API of the account that rows go to if they name no other.
    ///
    /// # Errors
    /// Why that cannot be, for a person to read: the provider has no batch API that is known here, or no key.
    pub fn new(rows: &'a PacedRows) -> Result<Self, String> {
        let api: &'static dyn BatchApi = match rows.dialect() {
            Dialect::OpenAi => &openai::OpenAi,
            Dialect::Anthropic => &anthropic::Anthropic,
            Dialect::Mistral => &mistral::Mistral,
            _ => {
                return Err("only openai, anthropic and mistral have a batch API that is known here; leave \
                            --via away"
                    .to_owned());
            }
        };
        let Some((_, paced)) = rows.calls().next() else { return Err("no account to go to".to_owned()) };
        Ok(Self { rows, paced, api, then: Then::Wait, attempts: CallPolicy::default().max_attempts })
    }

    /// The same, with another way to deal with jobs that are under way.
    #[must_use]
    pub const fn then(mut self, then: Then) -> Self {
        self.then = then;
        self
    }

    /// The same, with so many jobs that a row may be part of before it counts as failed; as many as attempts of a call by
    /// default.
    #[must_use]
    pub const fn attempts(mut self, attempts: NonZeroU32) -> Self {
        self.attempts = attempts.get();
        self
    }

    /// Hands over what is not with the provider yet, and looks after all jobs until they have ended.
    pub(crate) async fn go<'b>(
        &self,
        format: &RequestRows,
        book: Book<'b>,
        input: File,
        stop: &Stop,
    ) -> Result<(End, Option<String>, Book<'b>), Error> {
        let jobs = Jobs::noted(book.journal.notes());
        let mut handing = Handing { deferred: self, book, jobs, ids: Vec::new(), why: None, again: false };
        let until_told = async {
            stop.beyond(Urgency::None).await;
        };
        let ended = tokio::select! {
            biased;
            () = until_told => None,
            ended = handing.all(format, input) => Some(ended),
        };
        let Some(ended) = ended else {
            let under_way = handing.jobs.under_way().count();
            let why = format!(
                "{under_way} jobs go on at the provider; the same command looks after them, with --cancel it ends them"
            );
            return Ok((End::Interrupted, Some(why), handing.book));
        };
        ended?;
        let end = match &handing.why {
            _ if handing.book.journal.index().is_full() => End::Complete,
            Some(_) => End::GaveUp,
            None => End::Interrupted,
        };
        Ok((end, handing.why, handing.book))
    }

    /// Waits between two looks; longer the longer it has taken.
    async fn pause(&self, looks: u32) {
        let clock = self.paced.limiter().clock().clone();
        let span = LOOK.0.saturating_mul(looks.max(1)).min(LOOK.1);
        let until = clock.now().after(span);
        Sleep::until(clock, until).await;
    }
}
