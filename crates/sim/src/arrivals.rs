//! `Arrivals`: what arrived when, for tests that judge the pacing, and how often each marked call was answered.

use std::collections::{BTreeMap, VecDeque};

use serde::Serialize;

/// How many arrivals are kept; older ones are forgotten.
const ARRIVALS_MAX: usize = 10_000;

/// How many different markers are counted; later ones are not.
const MARKERS_MAX: usize = 100_000;

/// How many bytes of a path, a model or a marker are kept.
const NAME_BYTES_MAX: usize = 200;

/// One call that arrived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Arrival {
    /// When, in milliseconds since the emulator's beginning.
    pub at_ms: u64,
    /// The status of its answer.
    pub status: u16,
    /// The path that it asked for.
    pub path: String,
    /// The model that it named; empty when it named none.
    pub model: String,
    /// A digest of the key that it carried, never the key; empty when it carried none.
    pub key_id: String,
}

/// The last arrivals, and the counts of marked calls.
#[derive(Debug, Default)]
pub(crate) struct Arrivals {
    last: VecDeque<Arrival>,
    markers: BTreeMap<String, [u64; 2]>,
}

impl Arrivals {
    /// Notes one arrival; `marker` is what the body says of the caller.
    pub(crate) fn note(&mut self, mut arrival: Arrival, marker: Option<&str>, answered: bool) {
        arrival.path.truncate(cut(&arrival.path).len());
        arrival.model.truncate(cut(&arrival.model).len());
        if self.last.len() == ARRIVALS_MAX {
            self.last.pop_front();
        }
        self.last.push_back(arrival);
        let Some(marker) = marker.map(cut) else { return };
        if self.markers.len() < MARKERS_MAX || self.markers.contains_key(marker) {
            let [arrived, done] = self.markers.entry(marker.to_owned()).or_default();
            *arrived += 1;
            *done += u64::from(answered);
        }
    }

    /// The last arrivals, oldest first.
    pub(crate) fn last(&self) -> &VecDeque<Arrival> {
        &self.last
    }

    /// How often each marked call arrived and was answered.
    pub(crate) fn markers(&self) -> &BTreeMap<String, [u64; 2]> {
        &self.markers
    }
}

/// The name without what is too long, cut between characters.
fn cut(name: &str) -> &str {
    let ends = name.char_indices().map(|(start, character)| start + character.len_utf8());
    let end = ends.take_while(|&end| end <= NAME_BYTES_MAX).last().unwrap_or(0);
    name.split_at(end).0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_are_cut_between_characters() {
        let mut arrivals = Arrivals::default();
        let long = "ä".repeat(500) + "x";
        let arrival = Arrival {
            at_ms: 0,
            status: 200,
            path: long.clone(),
            model: format!("m{long}"),
            key_id: String::new(),
        };
        arrivals.note(arrival, Some(&long), true);
        assert_eq!((arrivals.last()[0].path.len(), arrivals.last()[0].model.len()), (200, 199));
        assert_eq!(arrivals.markers().keys().map(String::len).max(), Some(200));
    }

    #[test]
    fn the_oldest_arrivals_are_forgotten_first() {
        let mut arrivals = Arrivals::default();
        for at_ms in 0..10_005 {
            let arrival = Arrival {
                at_ms,
                status: 200,
                path: String::new(),
                model: String::new(),
                key_id: String::new(),
            };
            arrivals.note(arrival, Some("row"), at_ms % 2 == 0);
        }
        assert_eq!(arrivals.last().len(), 10_000);
        assert_eq!(arrivals.last()[0].at_ms, 5);
        assert_eq!(arrivals.markers()["row"], [10_005, 5_003]);
    }
}
