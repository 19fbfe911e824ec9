//! `Scheduler`: takes whole calls as closures, and makes each of them when its turn comes.
//!
//! ```
//! use tidegate::Limiter;
//! use tidegate::scheduler::{Metadata, Mode, Scheduler};
//!
//! # async fn make(model: String) -> Result<String, std::io::Error> { Ok(model) }
//! let scheduler = Scheduler::builder()
//!     .mode(Mode::Basic)
//!     .limits(Limiter::builder().requests_per_minute(300))
//!     .build()?;
//! let call = Metadata::new("some-model").estimated_tokens(1_000);
//! # let work = async {
//! let answer = scheduler.submit(call, |attempt| make(attempt.model)).await?;
//! # assert_eq!(answer, "some-model");
//! # Ok::<(), tidegate::scheduler::SubmitError<String, std::io::Error>>(())
//! # };
//! # let mut work = std::pin::pin!(work);
//! # let mut context = std::task::Context::from_waker(std::task::Waker::noop());
//! # assert!(work.as_mut().poll(&mut context).is_ready(), "the first call does not wait");
//! # Ok::<(), tidegate::Error>(())
//! ```
//!
//! It holds no queue and no policy of its own: lanes, bands and tenants are those of the [`Limiter`] behind it, and the
//! [`call`](crate::call) machine says what follows each outcome. What it adds is the order of things: estimate, wait,
//! make, read, settle, again. It runs on any executor.

mod accounts;
mod builder;
mod classifier;
mod failure;
mod metadata;
mod metered;
mod mode;
mod provider;
mod run;

use std::fmt;
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_core::Stream;
use tidegate_core::Limit;

use crate::{Error, Limiter, Scope};
use accounts::Accounts;
use run::{Run, Terms};

pub use builder::SchedulerBuilder;
pub use classifier::{ByLength, Classifier};
pub use failure::{LastAnswer, SubmitError};
pub use metadata::{Metadata, Resource};
pub use metered::{Metered, Seen};
pub use mode::Mode;
pub use provider::{Bucket, Discovery, Parsed, Plain, Provider, Stated};

/// The longest name of a bucket in bytes, and the most buckets of one provider. Both are remembered, and a discovery
/// answers what it likes.
const NAME_BYTES_MAX: usize = 256;
const BUCKETS_MAX: usize = 4_096;

/// Makes calls, given as closures, when their turn comes. Its answers are a `T` or an error `E`.
pub struct Scheduler<T, E> {
    terms: Terms<T, E>,
    accounts: Accounts,
    /// Whether the provider has been asked for its limits.
    discovered: AtomicBool,
}

/// One attempt at a call, as its closure is told of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The caller's name for the call.
    pub request_id: String,
    /// The model to call: the call's own, or a fallback.
    pub model: String,
    /// Which attempt it is; the first one is 1.
    pub number: u32,
}

impl<T: 'static, E: 'static> Scheduler<T, E> {
    /// Starts to describe a scheduler.
    pub fn builder() -> SchedulerBuilder<T, E> {
        SchedulerBuilder::new()
    }

    /// Makes a call when its turn comes, and again where that helps. The closure makes one attempt; its future is
    /// dropped when the call's time is over, and with this one.
    ///
    /// # Errors
    ///
    /// [`SubmitError::NotMade`] when there is no answer: the call was not admitted, calls like it are known to fail, or
    /// its time is over. [`SubmitError::Answered`] with the last answer when that was no success.
    pub async fn submit<F, Fut>(&self, metadata: Metadata, make: F) -> Result<T, SubmitError<T, E>>
    where
        F: FnMut(Attempt) -> Fut,
        Fut: Future<Output = Result<T, E>>,
    {
        let mut run = self.run(metadata).await?;
        let answered = run.answer(make).await?;
        run.settle(answered.permit, &answered.parsed);
        Ok(answered.answer)
    }

    /// As [`submit`](Self::submit), for a request that says itself what it is.
    ///
    /// # Errors
    ///
    /// As [`submit`](Self::submit).
    pub async fn submit_classified<Q, F, Fut>(
        &self,
        classifier: &impl Classifier<Q>,
        request: &Q,
        make: F,
    ) -> Result<T, SubmitError<T, E>>
    where
        Q: ?Sized,
        F: FnMut(Attempt) -> Fut,
        Fut: Future<Output = Result<T, E>>,
    {
        self.submit(classifier.classify(request), make).await
    }

    /// As [`submit`](Self::submit), for an answer that is a stream. `open` makes the stream of a successful answer,
    /// `look` reads its items. The stream owns the permit: the call is settled when it ends, fails or is dropped.
    ///
    /// # Errors
    ///
    /// As [`submit`](Self::submit), until the stream begins. What happens in it is in its items.
    pub async fn submit_stream<F, Fut, S>(
        &self,
        metadata: Metadata,
        make: F,
        open: impl FnOnce(T) -> S,
        look: impl FnMut(&S::Item) -> Seen + Send + 'static,
    ) -> Result<Metered<S>, SubmitError<T, E>>
    where
        F: FnMut(Attempt) -> Fut,
        Fut: Future<Output = Result<T, E>>,
        S: Stream,
    {
        let client = metadata.client_id.clone();
        let mut run = self.run(metadata).await?;
        let answered = run.answer(make).await?;
        let charge = metered::charge_of(self.terms.provider.clone());
        let clock = self.accounts.of(client.as_deref())?.clock().clone();
        Ok(Metered::new(open(answered.answer), look, charge, clock, answered.permit))
    }

    /// Asks the provider for its limits, and paces by them until its answers say otherwise. The first call does this
    /// by itself; do it again when limits may have changed. How many buckets there are.
    ///
    /// # Errors
    ///
    /// [`Error::is_configuration`]: the provider could not tell, or told what cannot be.
    pub async fn discover(&self) -> Result<usize, Error> {
        self.discovered.store(true, Ordering::Relaxed);
        let provider = &self.terms.provider;
        let found = provider.discover().await;
        let buckets = found.map_err(|cause| {
            Error::configuration(format!("provider \"{}\" told no limits: {cause}", provider.name()))
        })?;
        if let Some(bucket) = buckets.iter().find(|bucket| !is_bucket_name(&bucket.id)) {
            let (id, most) = (&bucket.id, NAME_BYTES_MAX);
            return Err(Error::configuration(format!(
                "bucket \"{id:.64}\" has no usable name; give 1 to {most} bytes without *"
            )));
        }
        self.accounts.discovered(buckets.iter().take(BUCKETS_MAX).flat_map(limits_of).collect())?;
        Ok(buckets.len())
    }

    /// The limiters behind the scheduler, with the client that each serves: for snapshots, circuits and events. In all
    /// modes but [`Mode::Account`] there is one, for the client `""`.
    #[must_use]
    pub fn accounts(&self) -> Vec<(String, Limiter)> {
        self.accounts.all()
    }

    /// Refuses every call that waits, and every later one of the accounts that there are.
    pub fn close(&self) {
        for (_, limiter) in self.accounts.all() {
            limiter.close();
        }
    }

    /// A call that is about to begin.
    async fn run(&self, metadata: Metadata) -> Result<Run<'_, T, E>, Error> {
        if self.terms.mode != Mode::Basic && !self.discovered.swap(true, Ordering::Relaxed) {
            // A provider that tells nothing is learned from its answers, so the call goes on all the same.
            let _told = self.discover().await;
        }
        let limiter = self.accounts.of(metadata.client_id.as_deref())?;
        Run::new(&self.terms, limiter, metadata)
    }
}

impl<T, E> fmt::Debug for Scheduler<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scheduler")
            .field("mode", &self.terms.mode)
            .field("provider", &self.terms.provider.name())
            .finish_non_exhaustive()
    }
}

/// The limits of a bucket, for the calls that draw from it.
fn limits_of(bucket: &Bucket) -> impl Iterator<Item = Limit> + '_ {
    bucket.limits.iter().map(|(dimension, quota)| Limit {
        provisional: true,
        ..Limit::new(*dimension, *quota).scope(Scope::model(bucket.id.as_str()))
    })
}

/// Whether a bucket can be called this: its limits are found by the name, in which `*` would stand for others.
fn is_bucket_name(name: &str) -> bool {
    (1..=NAME_BYTES_MAX).contains(&name.len()) && !name.contains('*')
}
