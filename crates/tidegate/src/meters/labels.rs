//! `Names`: the values of a label that are told apart, bounded whatever callers invent.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use metrics::SharedString;

/// The most values of a label. 256: more than a program uses models, and a series each is nothing to a recorder.
const NAMES_MAX: usize = 256;

/// What is said of all further ones.
const OTHER: &str = "other";

/// The values of a label that are told apart: the first ones that come.
#[derive(Debug, Default)]
pub(super) struct Names {
    known: Mutex<BTreeSet<String>>,
}

impl Names {
    /// The name itself, or `other`.
    pub(super) fn told(&self, name: &str) -> SharedString {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.contains(name) {
            return SharedString::from(name.to_owned());
        }
        if known.len() >= NAMES_MAX {
            return SharedString::const_str(OTHER);
        }
        known.insert(name.to_owned());
        SharedString::from(name.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_has_a_bound_and_known_names_stay_what_they_are() {
        let names = Names::default();
        for number in 0..1_000 {
            names.told(&number.to_string());
        }
        assert_eq!(names.told("255").as_ref(), "255");
        assert_eq!(names.told("256").as_ref(), OTHER);
        assert_eq!(names.known.lock().unwrap().len(), NAMES_MAX);
    }
}
