//! The suite of the `Provider` seam.

use std::collections::BTreeSet;

use tidegate_core::{Class, Cost, Dimension, Usage};

use crate::scheduler::{Metadata, Provider};
use crate::wake;

/// The longest name of a bucket in bytes.
const NAME_BYTES_MAX: usize = 256;

/// Checks a provider against the contract of [`Provider`], with answers and calls of all the kinds that occur.
///
/// # Panics
///
/// When a rule of the contract is broken, with the rule.
pub fn provider<T, E>(provider: &dyn Provider<T, E>, answers: &[Result<T, E>], calls: &[Metadata]) {
    assert!(!provider.name().is_empty(), "a provider has a name");
    let buckets = discovered_buckets_are_well_named(provider);
    buckets_depend_on_the_metadata_alone(provider, calls, &buckets);
    reading_is_pure(provider, answers);
    observations_hold_together(provider, answers);
    charges_are_pure(provider);
}

fn discovered_buckets_are_well_named<T, E>(provider: &dyn Provider<T, E>) -> BTreeSet<String> {
    // A provider that cannot tell now is allowed; one that tells must tell what can be used.
    let Ok(buckets) = wake::block_on(provider.discover()) else { return BTreeSet::new() };
    let mut names = BTreeSet::new();
    for bucket in buckets {
        let id = &bucket.id;
        assert!((1..=NAME_BYTES_MAX).contains(&id.len()), "a bucket's name has 1 to 256 bytes: {id:?}");
        assert!(!id.contains('*'), "a bucket's name holds no `*`: {id:?}");
        for (dimension, quota) in &bucket.limits {
            let timeless = *dimension == Dimension::Concurrency;
            assert!(timeless || !quota.period.is_zero(), "a limit on {dimension} of {id:?} has a period");
        }
        assert!(names.insert(bucket.id.clone()), "names of buckets differ: {id:?}");
    }
    names
}

fn buckets_depend_on_the_metadata_alone<T, E>(
    provider: &dyn Provider<T, E>,
    calls: &[Metadata],
    known: &BTreeSet<String>,
) {
    for call in calls {
        let bucket = provider.bucket(call);
        assert_eq!(bucket, provider.bucket(&call.clone()), "the same metadata has the same bucket: {call:?}");
        let Some(bucket) = bucket else { continue };
        assert!(
            (1..=NAME_BYTES_MAX).contains(&bucket.len()),
            "a bucket's name has 1 to 256 bytes: {bucket:?}"
        );
        assert!(
            known.is_empty() || known.contains(&bucket),
            "a bucket is one of those that were discovered: {bucket:?}"
        );
    }
}

fn reading_is_pure<T, E>(provider: &dyn Provider<T, E>, answers: &[Result<T, E>]) {
    for (number, answer) in answers.iter().enumerate() {
        let (first, second) = (provider.parse(answer.as_ref()), provider.parse(answer.as_ref()));
        assert_eq!(first, second, "answer {number} reads the same each time");
    }
}

fn observations_hold_together<T, E>(provider: &dyn Provider<T, E>, answers: &[Result<T, E>]) {
    for (number, answer) in answers.iter().enumerate() {
        for limit in provider.parse(answer.as_ref()).feedback.limits {
            assert!(limit.rounding >= 1, "answer {number}: a value is rounded to 1 or more: {limit:?}");
            let says_something = limit.limit.is_some() || limit.remaining.is_some() || limit.reset.is_some();
            assert!(
                says_something,
                "answer {number}: a limit of which nothing is stated is left out: {limit:?}"
            );
            if let (Some(limit), Some(remaining)) = (limit.limit, limit.remaining) {
                assert!(
                    remaining <= limit,
                    "answer {number}: no more remains than the limit: {remaining} of {limit}"
                );
            }
        }
    }
}

fn charges_are_pure<T, E>(provider: &dyn Provider<T, E>) {
    let estimate = Cost::requests(1).input_tokens(100).output_tokens(50);
    for usage in [Usage::default(), Usage::new(90, 10), Usage::new(u64::MAX, u64::MAX)] {
        let charge = provider.charge(&estimate, &usage);
        assert_eq!(
            charge,
            provider.charge(&estimate, &usage),
            "the same usage has the same charge: {usage:?}"
        );
    }
    for class in [Class::Throttled, Class::Overloaded, Class::ServerError, Class::Timeout, Class::Invalid] {
        let charge = provider.charge_refused(&estimate, class);
        assert_eq!(
            charge,
            provider.charge_refused(&estimate, class),
            "{class} has the same charge each time"
        );
    }
}
