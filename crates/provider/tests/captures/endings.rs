//! Every recorded stream of a known kind tells its end, and is known for broken off where it lacks it.

use tidegate_provider::Ending;

use crate::{Record, records};

/// Writer's own completions: events of a word each, and nothing else.
const ENDLESS: &str = "writer:2";

/// The streams of models, all of them recorded to their ends.
fn streams() -> Vec<Record> {
    let is_stream = |record: &Record| {
        let kind = record.headers.get("content-type").and_then(|kind| kind.to_str().ok());
        record.status < 400
            && record.endpoint.is_metered()
            && !record.body.is_empty()
            && record.name != ENDLESS
            && kind.is_some_and(|kind| kind.starts_with("text/event-stream"))
    };
    records().into_iter().filter(is_stream).collect()
}

#[test]
fn no_answer_that_is_whole_is_taken_for_one_that_broke_off() {
    for record in records().iter().filter(|record| record.status < 400) {
        assert_ne!(record.reading(1 << 12).ending, Ending::Missing, "{}", record.name);
    }
}

#[test]
fn every_stream_tells_its_end() {
    for record in streams() {
        let reading = record.reading(1 << 12);
        let tells = reading.ending == Ending::Told || reading.error.is_some();
        assert!(tells, "{}: {:?}", record.name, reading.ending);
    }
}

#[test]
fn a_stream_that_is_cut_in_the_middle_lacks_its_end() {
    let (mut missing, mut all) = (0, 0);
    for record in streams() {
        let half = Record { body: record.body[..record.body.len() / 2].to_vec(), ..record };
        let reading = half.reading(1 << 12);
        assert!(!reading.is_complete(), "{}: {:?}", half.name, reading.ending);
        missing += usize::from(reading.ending == Ending::Missing);
        all += 1;
    }
    // Of the others not one event came that says which kind of stream it is, or an error did.
    assert!(missing * 10 >= all * 9, "{missing} of {all}");
}
