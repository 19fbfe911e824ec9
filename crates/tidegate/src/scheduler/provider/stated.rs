//! `Stated`: a provider described by hand: a table of buckets, which models draw from them, and a function that reads.

use std::fmt;
use std::sync::Arc;

use tidegate_core::Scope;

use super::{Bucket, Discovery, Parsed, Provider};
use crate::scheduler::Metadata;

type Read<T, E> = Arc<dyn Fn(Result<&T, &E>) -> Parsed + Send + Sync>;

/// A provider described by hand.
///
/// ```
/// use tidegate::scheduler::{Bucket, Metadata, Parsed, Provider, Stated};
/// use tidegate::{Class, Dimension, Quota};
///
/// // The answers of this provider are a status or the text of an error.
/// let provider = Stated::<u16, String>::new("example", |answer| match answer {
///     Ok(200) => Parsed::of(Class::Ok),
///     Ok(429) => Parsed::of(Class::Throttled),
///     _ => Parsed::of(Class::ServerError),
/// })
/// .models("large-*", Bucket::new("large").limit(Dimension::Requests, Quota::per_minute(60)))
/// .models("*", Bucket::new("small").limit(Dimension::Requests, Quota::per_minute(600)));
/// assert_eq!(provider.bucket(&Metadata::new("large-2")).as_deref(), Some("large"));
/// ```
pub struct Stated<T, E> {
    name: String,
    read: Read<T, E>,
    /// Which models draw from which bucket; the first row that fits counts.
    table: Vec<(Scope, Bucket)>,
}

impl<T, E> Stated<T, E> {
    /// A provider without buckets, whose answers `read` reads.
    pub fn new(
        name: impl Into<String>,
        read: impl Fn(Result<&T, &E>) -> Parsed + Send + Sync + 'static,
    ) -> Self {
        Self { name: name.into(), read: Arc::new(read), table: Vec::new() }
    }

    /// The same provider, where the models that a glob matches, and no earlier one did, draw from a bucket.
    #[must_use]
    pub fn models(mut self, glob: impl Into<String>, bucket: Bucket) -> Self {
        self.table.push((Scope::model(glob), bucket));
        self
    }
}

impl<T, E> Provider<T, E> for Stated<T, E> {
    fn name(&self) -> &str {
        &self.name
    }

    fn discover(&self) -> Discovery<'_> {
        let buckets = self.table.iter().map(|(_, bucket)| bucket.clone()).collect();
        Box::pin(std::future::ready(Ok(buckets)))
    }

    fn parse(&self, answer: Result<&T, &E>) -> Parsed {
        (self.read)(answer)
    }

    fn bucket(&self, metadata: &Metadata) -> Option<String> {
        let row = self.table.iter().find(|(models, _)| models.matches(&metadata.model, ""));
        row.map(|(_, bucket)| bucket.id.clone())
    }
}

impl<T, E> fmt::Debug for Stated<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stated").field("name", &self.name).field("table", &self.table).finish_non_exhaustive()
    }
}
