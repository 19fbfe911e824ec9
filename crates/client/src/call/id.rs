//! `CallId`: the name by which everything that is told of one call belongs together.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// The name of one call, with all of its attempts: its events, its span, its answer and its error share it.
///
/// No other call has it, in this process or another: it is written as 128 bits that the process drew, and the number of
/// the call in it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(u64);

impl CallId {
    /// The name of the next call.
    pub(crate) fn fresh() -> Self {
        static CALLS: AtomicU64 = AtomicU64::new(1);
        Self(CALLS.fetch_add(1, Ordering::Relaxed))
    }

    /// The number of the call in this process, from 1. Calls that are made later have higher ones.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        static PROCESS: OnceLock<[u64; 2]> = OnceLock::new();
        let [one, two] = PROCESS.get_or_init(drawn);
        write!(f, "{one:016x}{two:016x}-{:x}", self.0)
    }
}

impl fmt::Debug for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CallId({self})")
    }
}

#[expect(clippy::disallowed_methods, reason = "a process draws its name once; no decision depends on it")]
fn drawn() -> [u64; 2] {
    [RandomState::new().hash_one(1), RandomState::new().hash_one(2)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_call_has_another_name_which_stays_the_same() {
        let (first, second) = (CallId::fresh(), CallId::fresh());
        assert!(first < second && first.number() < second.number());
        assert_eq!(first.to_string(), first.to_string());
        let shared =
            first.to_string().chars().zip(second.to_string().chars()).take_while(|(a, b)| a == b).count();
        assert!(shared >= 33, "both have the name of the process: {first} {second}");
    }
}
