//! Proof: every way in which a run ends leaves what it promises.

use std::num::NonZeroUsize;
use std::sync::atomic::Ordering;

use tidegate_core::Class;

use super::harness::{Bench, Doubler, run};
use crate::{Beginning, Concurrency, Counts, End, Observer, OnFailure, RowEnd, Stop};

#[test]
fn the_output_is_in_input_order_however_rows_end() {
    let bench = Bench::counting(200);
    let yields = (0..200).map(|number| (number, usize::try_from((number * 37) % 41).unwrap())).collect();
    let report = bench.run(&Doubler { yields, ..Doubler::default() }).unwrap();
    assert_eq!(report.end, End::Complete);
    let lines = bench.lines();
    assert_eq!(lines.len(), 200);
    for (number, line) in lines.iter().enumerate() {
        assert_eq!(line["response"], number * 2);
        assert_eq!(line["custom_id"], format!("row-{}", number + 1));
    }
    assert_eq!(bench.files().into_iter().collect::<Vec<_>>(), ["in.jsonl", "out.jsonl"]);
}

#[test]
fn failing_and_unusable_rows_are_error_rows_and_stop_nobody() {
    let bench = Bench::new("1\n\nrubbish\n2\n3\n");
    let report = bench.run(&Doubler { fails: [2].into(), ..Doubler::default() }).unwrap();
    assert_eq!((report.counts.answered(), report.counts.failed()), (2, 2));
    assert_eq!(report.counts.classes[&Class::Invalid], 1);
    let lines = bench.lines();
    assert_eq!(lines[1]["custom_id"], "row-3");
    assert_eq!(lines[1]["error"]["code"], "invalid");
    assert_eq!(lines[1]["tidegate"]["attempts"], 0);
    assert_eq!(lines[2]["error"]["message"], "unlucky");
    assert_eq!(lines[3]["response"], 6);
}

#[test]
fn no_more_than_the_given_number_are_in_process() {
    let bench = Bench::counting(50);
    let doubler = Doubler { yields: (0..50).map(|number| (number, 3)).collect(), ..Doubler::default() };
    let job = bench.job().concurrency(Concurrency::AtMost(NonZeroUsize::new(4).unwrap()));
    run(&job, &doubler, &Stop::new()).unwrap();
    assert_eq!(doubler.most.load(Ordering::Relaxed), 4);
}

#[test]
fn the_number_in_process_grows_while_nothing_waits_and_stays_bounded() {
    let bench = Bench::counting(2000);
    let doubler = Doubler { yields: (0..2000).map(|number| (number, 2)).collect(), ..Doubler::default() };
    bench.run(&doubler).unwrap();
    assert_eq!(doubler.most.load(Ordering::Relaxed), 768);
}

/// A file of 500 rows of a group that waits, followed by 50 of another.
fn sorted() -> (Bench, Doubler) {
    let doubler = Doubler { second_from: Some(500), second_left: 50.into(), ..Doubler::default() };
    (Bench::counting(550), doubler)
}

#[test]
fn a_group_that_waits_does_not_hold_back_another_further_on_in_the_file() {
    let (bench, doubler) = sorted();
    // The first group goes on only when the second is done: without reading on, this would never end.
    assert_eq!(bench.run(&doubler).unwrap().end, End::Complete);
    let ended = doubler.ended();
    assert_eq!(ended[..50], (500..550).collect::<Vec<_>>());
    assert!(ended[114..].is_sorted(), "rows that had no room keep their order: {ended:?}");
    let outputs: Vec<u64> = bench.lines().iter().map(|line| line["response"].as_u64().unwrap()).collect();
    assert_eq!(outputs, (0..550).map(|number| number * 2).collect::<Vec<_>>());
}

#[test]
fn a_parked_row_that_is_edited_before_its_turn_is_noticed() {
    let (bench, doubler) = sorted();
    struct Editor(std::path::PathBuf);
    impl Observer for Editor {
        fn row_ended(&mut self, row: &RowEnd<'_>, _counts: &Counts) {
            if row.custom_id == "row-501" {
                let text = std::fs::read_to_string(&self.0).unwrap();
                std::fs::write(&self.0, text.replace("\n400\n", "\n401\n")).unwrap();
            }
        }
    }
    let (job, format, stop, mut editor) =
        (bench.job(), crate::JsonRows::new(), Stop::new(), Editor(bench.input()));
    let ended = super::harness::runtime().block_on(job.run(&format, &doubler, &stop, &mut editor));
    assert!(matches!(ended, Err(crate::Error::InputChangedMeanwhile(_))), "{ended:?}");
}

#[test]
fn a_failure_stops_the_run_if_asked_to_and_the_same_job_goes_on() {
    let bench = Bench::counting(10);
    let job = bench
        .job()
        .on_failure(OnFailure::Stop)
        .concurrency(Concurrency::AtMost(NonZeroUsize::new(2).unwrap()));
    let doubler = Doubler { fails: [3].into(), ..Doubler::default() };
    let report = run(&job, &doubler, &Stop::new()).unwrap();
    assert_eq!(report.end, End::StoppedOnFailure);
    assert!(doubler.stopped.load(Ordering::Relaxed));
    assert!(doubler.ended().len() <= 6, "it went on: {:?}", doubler.ended());
    assert!(!bench.output().exists());
    let rest = Doubler::default();
    assert_eq!(run(&job, &rest, &Stop::new()).unwrap().end, End::Complete);
    assert_eq!(rest.ended().len() + doubler.ended().len(), 10);
    assert_eq!(bench.lines()[3]["error"]["code"], "server_error");
}

/// Asks to stop at the first row that ends.
struct Impatient(Stop, fn(&Stop));

impl Observer for Impatient {
    fn row_ended(&mut self, _row: &RowEnd<'_>, _counts: &Counts) {
        (self.1)(&self.0);
    }
}

fn interrupted(bench: &Bench, doubler: &Doubler, how: fn(&Stop)) -> End {
    let stop = Stop::new();
    let mut impatient = Impatient(stop.clone(), how);
    let job = bench.job().concurrency(Concurrency::AtMost(NonZeroUsize::new(5).unwrap()));
    let format = crate::JsonRows::new();
    let run = job.run(&format, doubler, &stop, &mut impatient);
    super::harness::runtime().block_on(run).unwrap().end
}

#[test]
fn a_gentle_stop_lets_rows_under_way_finish_and_sends_no_more() {
    let bench = Bench::counting(100);
    let doubler = Doubler { yields: (1..100).map(|number| (number, 9)).collect(), ..Doubler::default() };
    assert_eq!(interrupted(&bench, &doubler, Stop::gently), End::Interrupted);
    assert!((5..=6).contains(&doubler.ended().len()), "{:?}", doubler.ended());
    let rest = Doubler::default();
    assert_eq!(bench.run(&rest).unwrap().counts.resumed, doubler.ended().len() as u64);
    assert_eq!(bench.lines().len(), 100);
}

#[test]
fn an_urgent_stop_gives_up_what_is_under_way() {
    let bench = Bench::counting(100);
    let doubler = Doubler { yields: (1..100).map(|number| (number, 9)).collect(), ..Doubler::default() };
    assert_eq!(interrupted(&bench, &doubler, Stop::now), End::Interrupted);
    assert_eq!(doubler.ended(), [0]);
    assert_eq!(bench.run(&Doubler::default()).unwrap().counts.resumed, 1);
}

#[test]
fn a_stop_at_the_last_row_leaves_a_complete_output() {
    let bench = Bench::counting(1);
    assert_eq!(interrupted(&bench, &Doubler::default(), Stop::gently), End::Complete);
    assert_eq!(bench.lines().len(), 1);
}

#[test]
fn a_finished_job_has_nothing_left_to_do() {
    let bench = Bench::counting(5);
    bench.run(&Doubler { fails: [4].into(), ..Doubler::default() }).unwrap();
    let doubler = Doubler::default();
    let again = bench.run(&doubler).unwrap();
    assert_eq!(again.end, End::WasComplete);
    assert_eq!((again.counts.answered(), again.counts.failed(), again.counts.resumed), (4, 1, 5));
    assert!(doubler.ended().is_empty());
}

#[test]
fn a_job_may_begin_anew() {
    let bench = Bench::counting(5);
    bench.run(&Doubler::default()).unwrap();
    let doubler = Doubler::default();
    let report = run(&bench.job().beginning(Beginning::Anew), &doubler, &Stop::new()).unwrap();
    assert_eq!((report.end, doubler.ended().len()), (End::Complete, 5));
}

#[test]
fn an_input_without_rows_gives_an_empty_output() {
    let bench = Bench::new("\n\n");
    assert_eq!(bench.run(&Doubler::default()).unwrap().end, End::Complete);
    assert!(bench.lines().is_empty());
    assert_eq!(bench.run(&Doubler::default()).unwrap().end, End::WasComplete);
}
