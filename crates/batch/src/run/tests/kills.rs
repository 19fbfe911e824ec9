//! Proof: a run that is dropped or killed at any moment loses no finished row and sends none twice.

use std::collections::BTreeSet;
use std::fs;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use proptest::prelude::*;

use super::harness::{Bench, Doubler, runtime};
use crate::{End, JsonRows, Stop};

/// Polls a run `polls` times and drops it then. True when it came to its end before.
fn run_for(bench: &Bench, doubler: &Doubler, polls: usize) -> bool {
    let (job, format, stop, mut nobody) = (bench.job(), JsonRows::new(), Stop::new(), ());
    let runtime = runtime();
    let _inside = runtime.enter();
    let mut run = pin!(job.run(&format, doubler, &stop, &mut nobody));
    let mut context = Context::from_waker(Waker::noop());
    (0..polls).any(|_| match run.as_mut().poll(&mut context) {
        Poll::Ready(report) => {
            assert_eq!(report.unwrap().end, End::Complete);
            true
        }
        Poll::Pending => false,
    })
}

fn journalled(bench: &Bench) -> BTreeSet<u64> {
    let text = fs::read_to_string(bench.journal()).unwrap_or_default();
    text.lines()
        .filter_map(|line| line.get(9..)?.strip_prefix("row ")?.split(' ').next()?.parse().ok())
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_run_dropped_at_any_poll_goes_on_where_it_was(
        yields in proptest::collection::vec(0_usize..30, 40),
        kills in proptest::collection::vec(0_usize..25, 0..6),
        cuts in proptest::collection::vec(0_usize..90, 6),
    ) {
        let bench = Bench::counting(40);
        let yields: std::collections::BTreeMap<u64, usize> = (0..).zip(yields).collect();
        let mut finished = BTreeSet::new();
        for (polls, cut) in kills.iter().zip(cuts) {
            let doubler = Doubler { yields: yields.clone(), ..Doubler::default() };
            if run_for(&bench, &doubler, *polls) {
                return Ok(());
            }
            prop_assert!(doubler.ended().iter().all(|number| !finished.contains(number)), "sent a finished row again");
            // A machine that stops may also lose the end of what was written.
            if let Ok(bytes) = fs::read(bench.journal()) {
                fs::write(bench.journal(), &bytes[..bytes.len().saturating_sub(cut)]).unwrap();
                finished = whole_rows(&bench);
            }
        }
        let doubler = Doubler { yields, ..Doubler::default() };
        prop_assert_eq!(bench.run(&doubler).unwrap().end, End::Complete);
        let sent: BTreeSet<u64> = doubler.ended().into_iter().collect();
        let wanted: BTreeSet<u64> = (0..40).filter(|number| !finished.contains(number)).collect();
        prop_assert_eq!(sent, wanted);
        let outputs: Vec<u64> = bench.lines().iter().map(|line| line["response"].as_u64().unwrap()).collect();
        prop_assert_eq!(outputs, (0..40).map(|number| number * 2).collect::<Vec<_>>());
    }
}

/// Rows whose journal line is there with its end.
fn whole_rows(bench: &Bench) -> BTreeSet<u64> {
    let bytes = fs::read(bench.journal()).unwrap();
    let end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    fs::write(bench.journal(), &bytes[..end]).unwrap();
    let whole = journalled(bench);
    fs::write(bench.journal(), &bytes).unwrap();
    whole
}

#[test]
fn a_kill_between_the_output_and_the_end_of_its_journal_costs_nothing() {
    let bench = Bench::counting(6);
    // A run that is one poll short of its end has all rows in its journal at some point; keep a copy of that.
    let doubler = Doubler { yields: (0..6).map(|number| (number, 2)).collect(), ..Doubler::default() };
    let mut last = Vec::new();
    for polls in 1..20 {
        if run_for(&bench, &doubler, polls) {
            break;
        }
        last = fs::read(bench.journal()).unwrap();
    }
    assert!(bench.output().exists());
    fs::write(bench.journal(), last).unwrap();
    assert_eq!(bench.run(&Doubler::default()).unwrap().end, End::Complete);
    assert_eq!(bench.lines().len(), 6);
    assert!(!bench.journal().exists());
}
