//! `Scout`: one call that goes ahead after a silence, where others use a sliding window too.
//!
//! While nothing is asked, nobody hears what they use, and a minute's worth may leave at once. Of answers to calls that
//! leave together it is not known which of them each has counted; that of one call alone tells exactly. (What they had
//! used during a minute's silence was refused before: up to a thousand calls of ten thousand. A scout costs one round
//! trip a silence.)

use core::time::Duration;

use crate::Timestamp;

/// After how long without an answer there is something to find out.
const SILENCE: Duration = Duration::from_secs(1);
/// For how long the others wait for its answer: twice a round trip with the first byte of a stream. Without one they go by
/// what is thought.
const PATIENCE: Duration = Duration::from_millis(700);

/// The call that went ahead, until it is answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Scout(Option<Timestamp>);

impl Scout {
    /// A call goes `now` with no other under way; of the answers, the last was to one that left at `heard`.
    pub(super) fn leaves(&mut self, heard: Timestamp, now: Timestamp) {
        if now.since(heard) > SILENCE {
            self.0 = Some(now);
        }
    }

    /// A call that left at `left` was answered.
    pub(super) fn answered(&mut self, left: Timestamp) {
        self.0 = self.0.filter(|sent| left < *sent);
    }

    /// When others may follow, not before `from`.
    pub(super) fn follows(self, from: Timestamp) -> Timestamp {
        self.0.map_or(from, |sent| from.max(sent.after(PATIENCE)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn others_follow_when_it_is_answered_or_takes_too_long() {
        let mut scout = Scout::default();
        scout.leaves(at(59_000), at(60_000));
        assert_eq!(scout.follows(at(60_001)), at(60_001), "an answer was heard of just now");
        scout.leaves(at(10_000), at(60_000));
        assert_eq!(scout.follows(at(60_001)), at(60_700));
        assert_eq!(scout.follows(at(61_000)), at(61_000));
        scout.answered(at(9_000));
        assert_eq!(scout.follows(at(60_100)), at(60_700), "that was another call");
        scout.answered(at(60_000));
        assert_eq!(scout.follows(at(60_100)), at(60_100));
    }
}
