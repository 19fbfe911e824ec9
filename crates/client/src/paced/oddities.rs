//! `Oddities`: which headers were not heeded, each told once: a name, a reason and a host.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use tidegate_provider::{Ignored, Why};
use tracing::{debug, info};

/// The most that are told apart. A host has a handful; one that makes names up is heard no more beyond it.
const TOLD_MAX: usize = 1_024;

/// Which headers have been told of. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Oddities {
    told: Arc<Mutex<BTreeSet<(String, String, Why)>>>,
}

impl Oddities {
    /// Whether a header of a host is told of for the first time; if so, the log has it. No value is ever told: it may
    /// be secret.
    pub(super) fn is_new(&self, host: &str, ignored: &Ignored) -> bool {
        let (header, why) = (ignored.header.as_str(), ignored.why);
        let key = (host.to_owned(), header.to_owned(), why);
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.contains(&key) || told.len() >= TOLD_MAX {
            return false;
        }
        told.insert(key);
        drop(told);
        if why.is_usual() {
            debug!(host, header, why = why.name(), "a header is not heeded");
        } else {
            info!(host, header, why = why.name(), "a header is not heeded: {why}");
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderName;

    use super::*;

    #[test]
    fn a_header_is_told_of_once_a_host_and_reason_and_no_bomb_goes_on_for_ever() {
        let oddities = Oddities::default();
        let ignored = |name: &str, why| Ignored { header: HeaderName::try_from(name).unwrap(), why };
        let first = ignored("x-ratelimit-limit-x", Why::UnknownName);
        assert!(oddities.is_new("a", &first) && !oddities.clone().is_new("a", &first));
        assert!(oddities.is_new("b", &first));
        assert!(oddities.is_new("a", &ignored("x-ratelimit-limit-x", Why::NotACount)));
        let news =
            (0..10_000).filter(|number| oddities.is_new("a", &ignored(&format!("x-{number}"), Why::Alone)));
        assert_eq!(news.count(), TOLD_MAX - 3);
    }
}
