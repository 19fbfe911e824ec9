//! `Stops`: with which status the provider refused the calls that have been stopped since, for those who answer them.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use http::StatusCode;
use tidegate_core::{Class, Reach};

/// The most lanes that are remembered; the breaker keeps as many circuits.
const LANES_MAX: usize = 1_024;

/// The last refusal of each lane that no retry can mend, and that of the whole account.
#[derive(Debug, Default)]
pub(super) struct Stops(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    account: Option<(Class, StatusCode)>,
    lanes: BTreeMap<String, (Class, StatusCode)>,
}

impl Stops {
    /// Remembers a refusal, if it is of a kind that stops calls.
    pub(super) fn note(&self, lane: &str, reach: Reach, class: Class, status: StatusCode) {
        if !matches!(class, Class::Auth | Class::QuotaExhausted) {
            return;
        }
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if reach == Reach::Account {
            known.account = Some((class, status));
        } else {
            if known.lanes.len() >= LANES_MAX && !known.lanes.contains_key(lane) {
                // What is forgotten is only told less exactly.
                known.lanes.clear();
            }
            known.lanes.insert(lane.to_owned(), (class, status));
        }
    }

    /// The status of the refusal that stops a lane's calls, as far as its class is this one.
    pub(super) fn status(&self, lane: &str, class: Class) -> Option<StatusCode> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let both = [known.lanes.get(lane).copied(), known.account];
        both.into_iter().flatten().find(|(of, _)| *of == class).map(|(_, status)| status)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lanes_own_refusal_counts_before_the_accounts() {
        let stops = Stops::default();
        stops.note("m", Reach::Account, Class::Auth, StatusCode::UNAUTHORIZED);
        stops.note("m", Reach::Lane, Class::Auth, StatusCode::FORBIDDEN);
        stops.note("m", Reach::Lane, Class::Throttled, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(stops.status("m", Class::Auth), Some(StatusCode::FORBIDDEN));
        assert_eq!(stops.status("n", Class::Auth), Some(StatusCode::UNAUTHORIZED));
        assert_eq!(stops.status("m", Class::QuotaExhausted), None);
    }

    #[test]
    fn lanes_without_end_are_forgotten_in_the_end() {
        let stops = Stops::default();
        for number in 0..LANES_MAX * 2 + 1 {
            stops.note(&number.to_string(), Reach::Lane, Class::Auth, StatusCode::FORBIDDEN);
        }
        assert_eq!(stops.0.lock().unwrap().lanes.len(), 1);
    }
}
