//! `Dormant`: an engine that is at rest, in as little room as it can be woken from.

use alloc::boxed::Box;
use alloc::sync::Arc;

use crate::ward::Ward;
use crate::{Blueprint, Engine};

/// An engine that is at rest: what tells it from a new one of the same blueprint, in some hundred bytes.
///
/// [`Engine::sleep`] makes it, and [`Dormant::wake`] makes an engine of it that goes on as if it had never slept. For
/// holders of many accounts, most of which are idle at any time.
#[derive(Debug)]
pub struct Dormant {
    pub(crate) blueprint: Arc<Blueprint>,
    /// Levels, counters, and what was learned of lanes.
    pub(crate) notes: Box<[u8]>,
    /// The limits that are more than their rule and a level, above all those that answers stated.
    pub(crate) whole: Box<[Ward]>,
}

impl Dormant {
    /// The engine, as it was when it went to sleep.
    #[must_use]
    pub fn wake(&self) -> Engine {
        Engine::awoken(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Cost, Dimension, EngineConfig, Limit, Quota, Request, Timestamp, Usage};
    use core::mem::size_of;

    #[test]
    fn a_used_account_of_five_limits_sleeps_in_less_than_256_bytes() {
        let tokens = [Dimension::InputTokens, Dimension::OutputTokens, Dimension::TotalTokens];
        let quota = Quota::per_minute(60_000).burst(60_000);
        let mut limits: alloc::vec::Vec<_> = tokens.map(|dimension| Limit::new(dimension, quota)).into();
        limits.push(Limit::new(Dimension::Requests, Quota::per_minute(600)));
        limits.push(Limit::new(Dimension::Concurrency, Quota::concurrency(64)));
        let blueprint = Arc::new(Blueprint { config: EngineConfig::default(), limits });
        // Two years after the clock began, so that no instant is a small number.
        let now = Timestamp::from_secs(63_000_000);
        let mut engine = Engine::of(&blueprint, now);
        for call in 0..10 {
            let request = Request::new(Cost::requests(1).input_tokens(120 + call).output_tokens(80));
            let (id, _) = engine.reserve(&request, now);
            engine.settle(id, &Cost::requests(1).input_tokens(118), Some(&Usage::new(118, 64 + call)), now);
            while engine.poll().is_some() {}
            if engine.is_at_rest() && call == 0 {
                let dormant = engine.sleep(now).expect("it is at rest");
                assert_eq!(dormant.whole.len(), 0);
                engine = dormant.wake();
            }
        }
        let left = engine.next_deadline();
        assert_eq!(left, None);
        let dormant = engine.sleep(now).expect("it is at rest");
        let bytes = size_of::<Dormant>() + dormant.notes.len();
        assert!(dormant.whole.is_empty() && bytes <= 256, "{bytes} bytes");
    }
}
