//! The `Provider` seam: what a scheduler has to know of a provider: its limits, how to read its answers, its buckets.

mod plain;
mod stated;

use std::future::Future;
use std::pin::Pin;

use tidegate_core::{Class, Cost, Dimension, Feedback, Quota, Usage};

use super::Metadata;

pub use plain::Plain;
pub use stated::Stated;

/// What calls of a provider share: a set of limits under one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// Its name; not empty, at most 256 bytes, and without `*`.
    pub id: String,
    /// What is known of its limits. They hold until an answer says otherwise.
    pub limits: Vec<(Dimension, Quota)>,
}

impl Bucket {
    /// A bucket of which nothing but its name is known.
    #[must_use]
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), limits: Vec::new() }
    }

    /// The same bucket with one more limit.
    #[must_use]
    pub fn limit(mut self, dimension: Dimension, quota: Quota) -> Self {
        self.limits.push((dimension, quota));
        self
    }
}

/// What an answer says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parsed {
    /// How the call ended, what the answer says of limits, and how long the provider asks to wait.
    pub feedback: Feedback,
    /// What the call used, where the answer tells it.
    pub usage: Option<Usage>,
}

impl Parsed {
    /// An answer of a class that says nothing else.
    #[must_use]
    pub const fn of(class: Class) -> Self {
        Self { feedback: Feedback::of(class), usage: None }
    }

    /// The same answer with what the call used.
    #[must_use]
    pub const fn usage(mut self, usage: Usage) -> Self {
        self.usage = Some(usage);
        self
    }
}

/// The buckets of a provider, as soon as it has told them; or why it has not, in words for people.
pub type Discovery<'a> = Pin<Box<dyn Future<Output = Result<Vec<Bucket>, String>> + Send + 'a>>;

/// What a scheduler has to know of a provider, whose answers are a `T` or an error `E`.
///
/// # Contract
///
/// * [`discover`](Provider::discover) may ask the provider; it is called now and then, never on the way of a call.
///   What it cannot tell it leaves out: nothing is invented, since answers will teach it. Names of buckets differ from
///   one another.
/// * [`bucket`](Provider::bucket) depends on the metadata alone, and gives the same name for the same metadata. Where
///   `discover` tells of buckets, it is one of theirs.
/// * [`parse`](Provider::parse) and the two charges are pure: the same answer gives the same reading, whenever it is
///   read. A limit that the answer does not state is not reported, and a missing one changes nothing.
/// * Nothing panics, whatever an answer holds.
///
/// [`conformance::provider`](crate::conformance::provider) checks an implementation against this.
pub trait Provider<T, E>: Send + Sync {
    /// What messages call it.
    fn name(&self) -> &str;

    /// The limits that can be known before any call.
    fn discover(&self) -> Discovery<'_>;

    /// What an answer says.
    fn parse(&self, answer: Result<&T, &E>) -> Parsed;

    /// The bucket that a call draws from; `None` when the provider has none for it, which refuses the call.
    fn bucket(&self, metadata: &Metadata) -> Option<String>;

    /// What the provider counts of an answered call. By default all of what it used, beside what the estimate says of
    /// everything else.
    fn charge(&self, estimate: &Cost, usage: &Usage) -> Cost {
        estimate
            .input_tokens(usage.input_tokens)
            .output_tokens(usage.output_tokens)
            .total_tokens(usage.total())
    }

    /// What the provider counts of a call that it refused, or that failed. By default the call, and no tokens.
    fn charge_refused(&self, estimate: &Cost, class: Class) -> Cost {
        let _ = class;
        Cost::requests(estimate.get(Dimension::Requests))
    }
}
