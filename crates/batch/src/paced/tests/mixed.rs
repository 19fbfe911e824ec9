//! Proof: models of one file go on at once, each at its own limit, in whatever order their rows stand.

use std::fs;
use std::time::Duration;

use tidegate::{Clock, Limit, ManualClock, Quota, Timestamp};
use tidegate_core::{Dimension, Scope};

use super::*;
use crate::{Concurrency, Job, Stop};

/// Rows of each model, and how many a minute it takes.
const SLOW: (usize, u64) = (200, 60);
const FAST: (usize, u64) = (300, 120);

fn rows(clock: &ManualClock) -> PacedRows {
    let limit = |model: &str, per_minute| {
        Limit::new(Dimension::Requests, Quota::per_minute(per_minute).burst(1)).scope(Scope::model(model))
    };
    let limits = [limit("slow", SLOW.1), limit("fast", FAST.1)];
    let limiter = Limiter::builder().clock(clock.clone()).limits(limits).build().unwrap();
    let base = BaseUrl::parse("http://127.0.0.1:9/v1").unwrap();
    let transport = FakeTransport::new(std::iter::repeat_with(|| ok("{}")).take(SLOW.0 + FAST.0));
    let paced = Paced::new(Arc::new(transport), adapter(Dialect::OpenAi), limiter, base);
    let (dialect, headers) = (Dialect::OpenAi, HeaderMap::new());
    PacedRows::new(Account {
        name: "openai".into(),
        dialect,
        headers,
        destination: Destination::Calls(paced),
    })
}

/// How long it takes to run rows of these models, in this order, in virtual time.
fn took(models: impl Iterator<Item = &'static str>, concurrency: Concurrency) -> Duration {
    let (folder, clock) = (tempfile::tempdir().unwrap(), ManualClock::new());
    let (input, output) = (folder.path().join("in.jsonl"), folder.path().join("out.jsonl"));
    let row = |model| format!("{{\"model\":\"{model}\",\"messages\":[]}}\n");
    fs::write(&input, models.map(row).collect::<String>()).unwrap();
    let job = Job::new(&input, &output).clock(clock.clone().into()).concurrency(concurrency);
    let (format, rows, stop, mut nobody) = (RequestRows::new(), rows(&clock), Stop::new(), ());
    let report = wait(async {
        let run = job.run(&format, &rows, &stop, &mut nobody);
        tokio::pin!(run);
        loop {
            tokio::select! {
                biased;
                report = &mut run => return report,
                () = tokio::task::yield_now() => { clock.advance_to_next(); }
            }
        }
    });
    assert_eq!(report.unwrap().counts.answered(), (SLOW.0 + FAST.0) as u64);
    clock.now().since(Timestamp::ZERO)
}

/// The shortest time in which the slower model can admit its rows.
fn ideal() -> Duration {
    Duration::from_secs(60) / u32::try_from(SLOW.1).unwrap() * u32::try_from(SLOW.0 - 1).unwrap()
}

fn is_near_ideal(took: Duration) -> bool {
    took >= ideal() && took <= ideal().mul_f64(1.05)
}

#[test]
fn a_file_sorted_by_model_takes_no_longer_than_its_slower_model() {
    let sorted = || std::iter::repeat_n("slow", SLOW.0).chain(std::iter::repeat_n("fast", FAST.0));
    let whole = took(sorted(), Concurrency::default());
    assert!(is_near_ideal(whole), "{whole:?} for {:?}", ideal());
}

#[test]
fn neither_does_one_whose_models_are_mixed_nor_one_with_few_places() {
    let places = Concurrency::AtMost(std::num::NonZeroUsize::new(8).unwrap());
    let mixed = |places| {
        let both = (0..SLOW.0).flat_map(|_| ["slow", "fast"]);
        took(both.chain(std::iter::repeat_n("fast", FAST.0 - SLOW.0)), places)
    };
    for whole in [mixed(Concurrency::default()), mixed(places)] {
        assert!(is_near_ideal(whole), "{whole:?} for {:?}", ideal());
    }
}
