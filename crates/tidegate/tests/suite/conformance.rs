//! Our own implementations of the seams, under the suites that everybody's go through.

use tidegate::conformance;
use tidegate::scheduler::{Bucket, ByLength, Metadata, Parsed, Plain, Provider, Stated};
use tidegate::{Class, Dimension, Observation, Quota};

type Answer = Result<u16, String>;

fn answers() -> Vec<Answer> {
    vec![Ok(200), Ok(429), Ok(0), Err("reset".to_owned()), Err(String::new())]
}

fn calls() -> Vec<Metadata> {
    ["large", "small", ""].map(Metadata::new).to_vec()
}

fn stated() -> Stated<u16, String> {
    Stated::new("stated", |answer| {
        let mut parsed = Parsed::of(if answer == Ok(&200) { Class::Ok } else { Class::Throttled });
        let requests =
            Observation { limit: Some(60), remaining: Some(1), ..Observation::of(Dimension::Requests) };
        parsed.feedback.limits.push(requests);
        parsed
    })
    .models("large", Bucket::new("one").limit(Dimension::Requests, Quota::per_minute(60)))
    .models("*", Bucket::new("other").limit(Dimension::Concurrency, Quota::concurrency(4)))
}

#[test]
fn the_stated_provider_conforms() {
    conformance::provider(&stated(), &answers(), &calls());
}

#[test]
fn the_plain_provider_conforms() {
    let plain: &dyn Provider<u16, String> = &Plain;
    conformance::provider(plain, &answers(), &[Metadata::new("large"), Metadata::new("small")]);
}

#[test]
#[should_panic(expected = "no more remains than the limit")]
fn a_provider_that_reports_more_than_there_is_does_not() {
    let odd = Stated::<u16, String>::new("odd", |_| {
        let mut parsed = Parsed::of(Class::Ok);
        let seen = Observation { limit: Some(1), remaining: Some(2), ..Observation::of(Dimension::Requests) };
        parsed.feedback.limits.push(seen);
        parsed
    });
    conformance::provider(&odd, &answers(), &[]);
}

#[test]
#[should_panic(expected = "names of buckets differ")]
fn a_provider_with_two_buckets_of_one_name_does_not() {
    let twice = stated().models("third", Bucket::new("one"));
    conformance::provider(&twice, &answers(), &[]);
}

#[test]
fn classifiers_conform() {
    let long = "word ".repeat(100_000);
    let prompts = ["", "hello", long.as_str()];
    conformance::classifier(&ByLength::new(Metadata::new("m"), 10), &prompts);
    let by_hand = |prompt: &str| Metadata::new("m").estimated_tokens(prompt.len() as u64);
    conformance::classifier(&by_hand, &prompts);
}

#[test]
#[should_panic(expected = "request 0 means the same each time")]
fn a_classifier_with_a_state_does_not() {
    let count = std::cell::Cell::new(0);
    let counting = |_: &str| {
        count.set(count.get() + 1);
        Metadata::new("m").estimated_tokens(count.get())
    };
    conformance::classifier(&counting, &["hello"]);
}
