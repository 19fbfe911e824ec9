//! `Histories`: what the conversations weigh whose history lies with the provider, as far as their answers told.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tidegate::{Cost, Dimension};
use tidegate_core::Timestamp;
use tidegate_provider::{Estimate, Reading};

/// How many conversations are remembered; of more, the one that was silent for longest is forgotten. A few hundred
/// bytes each: two megabytes at most.
const REMEMBERED_MAX: usize = 4_096;
/// How long a silent conversation is remembered. A day: longer than people leave one and come back.
const SILENCE_MAX: Duration = Duration::from_secs(86_400);

/// What one conversation weighs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct History {
    /// The tokens that the provider reads again with the next call: the last prompt, its answer, and what its tools had.
    pub(crate) tokens: u64,
    /// The lane of its calls: later ones name no model.
    pub(crate) lane: String,
}

/// The conversations of one account, by their names, and by when they last spoke.
#[derive(Debug, Default)]
pub(crate) struct Histories {
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    by_name: BTreeMap<String, (u64, Timestamp, History)>,
    /// The names by their last turn, the longest silent one first.
    by_turn: BTreeMap<u64, String>,
    turns: u64,
}

impl Histories {
    /// What a conversation weighs, if it is remembered.
    pub(crate) fn of(&self, name: &str, now: Timestamp) -> Option<History> {
        let mut known = self.lock();
        let (_, spoke, history) = known.by_name.get(name)?;
        if now.since(*spoke) > SILENCE_MAX {
            known.forget(name);
            return None;
        }
        Some(history.clone())
    }

    /// A conversation has spoken.
    pub(crate) fn spoke(&self, name: &str, history: History, now: Timestamp) {
        let mut known = self.lock();
        known.forget(name);
        known.turns = known.turns.wrapping_add(1);
        let turn = known.turns;
        known.by_turn.insert(turn, name.to_owned());
        known.by_name.insert(name.to_owned(), (turn, now, history));
        while known.by_name.len() > REMEMBERED_MAX {
            let Some((_, longest_silent)) = known.by_turn.pop_first() else { break };
            known.by_name.remove(&longest_silent);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn forget(&mut self, name: &str) {
        if let Some((turn, ..)) = self.by_name.remove(name) {
            self.by_turn.remove(&turn);
        }
    }
}

impl History {
    /// Adds what the provider reads again to an estimate, and the lane that the request does not name.
    pub(crate) fn weigh_in(self, estimate: &mut Estimate) {
        let input = estimate.cost.get(Dimension::InputTokens);
        estimate.cost = estimate.cost.input_tokens(input.saturating_add(self.tokens));
        if estimate.lane.is_empty() {
            estimate.lane = self.lane;
        }
    }

    /// What a conversation weighs after an answer: what it was told to have used, or else what was reserved for its
    /// input and the text that went by.
    pub(crate) fn after(reading: &Reading, reserved: &Cost, lane: String) -> Self {
        let told = reading.stated().map(|usage| {
            let sum = usage.input_tokens.saturating_add(usage.output_tokens);
            usage.total().max(sum)
        });
        let reckoned = || reserved.get(Dimension::InputTokens).saturating_add(reading.streamed.tokens());
        Self { tokens: told.unwrap_or_else(reckoned), lane }
    }
}

#[cfg(test)]
mod tests {
    use tidegate_core::Usage;

    use super::*;

    fn history(tokens: u64) -> History {
        History { tokens, lane: "m".to_owned() }
    }

    #[test]
    fn a_conversation_weighs_what_its_last_answer_told() {
        let usage = Usage { total_tokens: Some(7_355), ..Usage::new(188, 55) };
        let told = Reading { usage: Some(usage), ..Reading::default() };
        let reserved = Cost::requests(1).input_tokens(90);
        assert_eq!(History::after(&told, &reserved, "m".to_owned()), history(7_355));
        let zeros = Reading { usage: Some(Usage::default()), ..Reading::default() };
        assert_eq!(History::after(&zeros, &reserved, "m".to_owned()), history(90));
    }

    #[test]
    fn the_longest_silent_conversation_makes_room() {
        let histories = Histories::default();
        let now = Timestamp::ZERO;
        for number in 0..REMEMBERED_MAX {
            histories.spoke(&number.to_string(), history(1), now);
        }
        histories.spoke("0", history(2), now);
        histories.spoke("new", history(3), now);
        assert_eq!(histories.of("1", now), None, "it was silent for longest");
        assert_eq!(histories.of("0", now), Some(history(2)));
        assert_eq!(histories.of("new", now), Some(history(3)));
        let known = histories.lock();
        assert_eq!((known.by_name.len(), known.by_turn.len()), (REMEMBERED_MAX, REMEMBERED_MAX));
    }

    #[test]
    fn after_a_day_of_silence_nothing_is_remembered() {
        let histories = Histories::default();
        histories.spoke("c", history(5), Timestamp::from_secs(10));
        assert_eq!(histories.of("c", Timestamp::from_secs(86_410)), Some(history(5)));
        assert_eq!(histories.of("c", Timestamp::from_secs(86_411)), None);
        assert!(histories.lock().by_turn.is_empty());
    }
}
