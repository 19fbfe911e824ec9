//! `Plan`: one call of the demo's workload, drawn from a seed. No sockets, no clock.

use std::time::Duration;

use serde_json::{Value, json};
use tidegate_core::Band;

use super::cast::{HOUSES, House, calls_per_house};

/// Most calls of a demo: beyond it, it is no demo.
const CALLS_MAX: usize = 100_000;

/// What prompts are made of.
const WORDS: [&str; 16] = [
    "tide", "gate", "harbour", "current", "ebb", "flood", "pilot", "buoy", "channel", "lock", "mooring",
    "sluice", "anchor", "quay", "swell", "lantern",
];

/// How an answer is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Delivery {
    /// As one body.
    Plain,
    /// As server-sent events.
    Stream,
}

/// One call.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    /// The provider called.
    pub(super) house: &'static House,
    /// How urgent it is.
    pub(super) band: Band,
    /// How the answer comes.
    pub(super) delivery: Delivery,
    prompt: String,
    max_tokens: u64,
}

impl Plan {
    /// The body of the call, as the provider's SDK would write it.
    pub(super) fn body(&self) -> Value {
        let mut body = json!({
            "model": self.house.model,
            "max_tokens": self.max_tokens,
            "messages": [{"role": "user", "content": self.prompt}],
        });
        if self.delivery == Delivery::Stream {
            body["stream"] = true.into();
        }
        body
    }
}

/// The calls of one provider, in the order in which they are made.
pub(super) type Lane = Vec<Plan>;

/// The whole workload: a lane for each provider, enough to keep its limits busy for `span`.
pub(super) fn draw(seed: u64, span: Duration) -> Vec<Lane> {
    let mut dice = Dice(seed);
    let calls = calls_per_house(span).min(CALLS_MAX / HOUSES.len());
    HOUSES.iter().map(|house| (0..calls).map(|_| plan(house, &mut dice)).collect()).collect()
}

fn plan(house: &'static House, dice: &mut Dice) -> Plan {
    let band = match dice.below(10) {
        0 => Band::Interactive,
        1..=6 => Band::Standard,
        _ => Band::Batch,
    };
    let delivery = if dice.below(3) == 0 { Delivery::Stream } else { Delivery::Plain };
    let words: Vec<&str> = (0..20 + dice.below(100)).map(|_| WORDS[dice.below(WORDS.len())]).collect();
    Plan { house, band, delivery, prompt: words.join(" "), max_tokens: 32 + dice.below(96) as u64 }
}

/// A small seeded generator (`SplitMix64`): the demo is the same for the same seed on every machine.
struct Dice(u64);

impl Dice {
    /// A number below `end`.
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^= mixed >> 31;
        usize::try_from(mixed % end.max(1) as u64).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bodies(seed: u64) -> Vec<String> {
        draw(seed, Duration::from_secs(3)).concat().iter().map(|plan| plan.body().to_string()).collect()
    }

    #[test]
    fn the_same_seed_draws_the_same_calls() {
        assert_eq!(bodies(7), bodies(7));
        assert_ne!(bodies(7), bodies(8));
    }

    #[test]
    fn the_workload_is_mixed() {
        let all = draw(1, Duration::from_secs(3)).concat();
        let streams = all.iter().filter(|plan| plan.delivery == Delivery::Stream).count();
        assert!(streams > all.len() / 5 && streams < all.len() / 2, "{streams} of {}", all.len());
        for band in Band::ALL {
            assert!(all.iter().any(|plan| plan.band == band), "{}", band.name());
        }
        assert_eq!(draw(1, Duration::from_secs(3)).len(), 3);
    }
}
