//! `Plain`: a provider of which nothing is known: each model has its bucket, a success is one, and an error a failure.

use tidegate_core::Class;

use super::{Discovery, Parsed, Provider};
use crate::scheduler::Metadata;

/// A provider of which nothing is known.
///
/// Each model is a bucket of its own. An `Ok` is an answer and an `Err` a failure that may pass; neither says anything
/// of limits or usage, so only declared limits pace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Plain;

impl<T, E> Provider<T, E> for Plain {
    fn name(&self) -> &str {
        "plain"
    }

    fn discover(&self) -> Discovery<'_> {
        Box::pin(std::future::ready(Ok(Vec::new())))
    }

    fn parse(&self, answer: Result<&T, &E>) -> Parsed {
        Parsed::of(if answer.is_ok() { Class::Ok } else { Class::ServerError })
    }

    fn bucket(&self, metadata: &Metadata) -> Option<String> {
        Some(metadata.model.clone())
    }
}
