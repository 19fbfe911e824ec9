//! `EndReader`: reads from the events of a stream, one by one, whether the answer is at its end.

use super::broad::{BROAD_PATHS, note_end_of_hosts};
use super::ending::is_done;
use super::picker::Picker;
use super::{Course, Ending, Map};

static PLACES: Map = Map::new(BROAD_PATHS);

/// Reads from the events of a stream whether the answer is at its end, in the words of every dialect. A
/// [`UsageReader`](crate::UsageReader) finds the same in bytes; this is for who has taken the events out of them.
#[derive(Debug)]
pub struct EndReader {
    picker: Picker,
    course: Course,
}

impl Default for EndReader {
    fn default() -> Self {
        Self { picker: Picker::new(&PLACES), course: Course::default() }
    }
}

impl EndReader {
    /// Whether the data of an event is `OpenAI`'s mark, after which nothing of a stream counts.
    #[must_use]
    pub fn is_mark(event: &str) -> bool {
        is_done(event.as_bytes())
    }

    /// Takes in the data of an event.
    pub fn note(&mut self, event: &str) {
        if Self::is_mark(event) {
            return self.course.end();
        }
        self.picker.push(event.as_bytes());
        let picks = self.picker.picks();
        self.course.note(&picks);
        note_end_of_hosts(&mut self.course, &picks);
        self.picker.reset();
    }

    /// Whether the event came after which nothing follows.
    #[must_use]
    pub const fn is_final(&self) -> bool {
        self.course.is_final()
    }

    /// Whether the answer is all there, be it without the event that ends it.
    #[must_use]
    pub fn is_reached(&self) -> bool {
        self.course.ending() == Ending::Told
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(events: &[&str]) -> EndReader {
        let mut reader = EndReader::default();
        events.iter().for_each(|event| reader.note(event));
        reader
    }

    #[test]
    fn the_event_that_ends_a_stream_is_known_in_every_dialect() {
        for kind in [
            "message_stop",
            "message-end",
            "response.completed",
            "response.incomplete",
            "response.failed",
            "conversation.response.done",
            "conversation.response.error",
        ] {
            let event = format!("{{\"x\":[{{}}],\"type\":\"{kind}\",\"delta\":\"d\",\"choices\":null}}");
            assert!(after(&[&event]).is_final(), "{kind}");
            assert!(!after(&[&event[..event.len() - 1]]).is_reached(), "{kind}: a part of an event is none");
        }
        assert!(after(&[" [DONE]"]).is_final());
        for event in ["[DONE", "{\"type\":\"message_start\"}", "{\"type\":7}", "\"[DONE]\"", "{"] {
            assert!(!after(&[event]).is_reached(), "{event}");
        }
    }

    #[test]
    fn a_reason_to_finish_for_every_choice_counts_as_an_end() {
        let choice = |index: u64, reason: &str| {
            format!("{{\"choices\":[{{\"index\":{index},\"delta\":{{}},\"finish_reason\":{reason}}}]}}")
        };
        let (none, empty, stop) = (choice(0, "null"), choice(0, "\"\""), choice(0, "\"stop\""));
        assert!(!after(&[&none, &empty]).is_reached());
        assert!(after(&[&none, &stop]).is_reached() && !after(&[&none, &stop]).is_final());
        // What some hosts send after it, usage above all, takes nothing back.
        assert!(after(&[&stop, &none, "{\"choices\":[],\"usage\":{}}"]).is_reached());
        // Another choice still speaks.
        let (other, ended) = (choice(1, "null"), choice(1, "\"length\""));
        assert!(!after(&[&none, &other, &stop]).is_reached());
        assert!(after(&[&none, &other, &stop, &ended]).is_reached());
        assert!(!after(&["{\"choices\":[]}"]).is_reached());
    }

    #[test]
    fn choices_of_one_event_are_told_apart() {
        let both = |first: &str, second: &str| {
            format!(
                "{{\"choices\":[{{\"finish_reason\":{first},\"delta\":{{\"content\":\"a\"}}}},\
                 {{\"index\":1,\"delta\":{{\"content\":\"b\"}},\"finish_reason\":{second}}}]}}"
            )
        };
        let (first, second) = (both("\"stop\"", "null"), both("null", "\"stop\""));
        assert!(!after(&[&first]).is_reached() && !after(&[&second]).is_reached());
        assert!(after(&[&first, &second]).is_reached() && after(&[&both("\"a\"", "\"b\"")]).is_reached());
    }

    #[test]
    fn a_choice_is_known_however_alike_the_events_begin() {
        let event = |index: u64, text: &str, reason: &str| {
            format!(
                "{{\"id\":\"c\",\"choices\":[{{\"index\":{index},\"delta\":{{\"content\":\"{text}\"}},\
                 \"finish_reason\":{reason}}}]}}"
            )
        };
        let none = "null";
        let mut reader = EndReader::default();
        for text in ["Up", " and", " down"] {
            reader.note(&event(0, text, none));
            reader.note(&event(1, text, none));
            reader.note(&event(1, text, none));
        }
        reader.note(&event(1, "", "\"stop\""));
        assert!(!reader.is_reached());
        reader.note(&event(0, "", "\"stop\""));
        assert!(reader.is_reached());
    }

    #[test]
    fn anthropics_last_change_tells_that_the_answer_is_there() {
        let change = |reason: &str| {
            format!("{{\"type\":\"message_delta\",\"delta\":{{\"stop_reason\":{reason}}},\"usage\":{{}}}}")
        };
        assert!(after(&[&change("\"end_turn\"")]).is_reached());
        assert!(!after(&[&change("null"), "{\"type\":\"message_delta\",\"delta\":{}}"]).is_reached());
    }

    #[test]
    fn made_up_choices_are_bounded() {
        let mut reader = EndReader::default();
        for index in 0..1024 {
            reader.note(&format!("{{\"choices\":[{{\"index\":{index}}}]}}"));
        }
        assert_eq!(reader.course.choices(), 256);
    }
}
