//! `Pace`: finds by itself how many items in process are of use: more as long as more bring more answers.

use std::time::Duration;

use tidegate::Timestamp;

/// Items that end between two looks, at least; else as many as the window holds, so that each look sees a whole turn.
const ENDED_PER_LOOK: u64 = 16;
/// A look takes at least so long: over the few milliseconds that a fast provider needs for a turn, a busy machine alone
/// makes one rate twice the other, and the window would widen for nothing.
const LOOK: Duration = Duration::from_millis(250);
/// A wider window must bring this much more, in percent, to be worth its memory and connections. Where latency binds,
/// twice the window brings 200; what brings less than this is mostly noise.
const GAIN_PERCENT: u128 = 125;
/// Turns of a window that brought nothing before the wider one is tried again: the provider may have become faster.
const TURNS_BEFORE_RETRY: u64 = 64;

/// How fast items of a group ended at the present window and at the one before.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pace {
    ended: u64,
    since: Option<Timestamp>,
    /// What a window half as wide brought.
    before: Option<Rate>,
    /// Looks at which the window was left as it is since a wider one brought nothing.
    turns_settled: Option<u64>,
}

/// Items in a span.
#[derive(Clone, Copy, Debug)]
struct Rate {
    items: u64,
    span: Duration,
}

impl Pace {
    /// An item ended in a full window of `window`: the window from now on, at most `most`. `waits` tells whether items
    /// wait for a limit, when a wider window is of no use.
    pub(super) fn window(
        &mut self,
        window: usize,
        most: usize,
        waits: impl Fn() -> bool,
        now: Timestamp,
    ) -> usize {
        let since = *self.since.get_or_insert(now);
        self.ended = self.ended.saturating_add(1);
        let span = now.since(since);
        // Where time stands still, as in tests of other things, there is nothing to wait for.
        let too_soon = span < LOOK && !span.is_zero();
        if too_soon || self.ended < ENDED_PER_LOOK.max(u64::try_from(window).unwrap_or(u64::MAX)) {
            return window;
        }
        let rate = Rate { items: self.ended, span };
        (self.ended, self.since) = (0, Some(now));
        if waits() {
            self.before = None;
            return window;
        }
        self.judged(window, most, rate)
    }

    fn judged(&mut self, window: usize, most: usize, rate: Rate) -> usize {
        if let Some(turns) = &mut self.turns_settled {
            *turns = turns.saturating_add(1);
            if *turns < TURNS_BEFORE_RETRY {
                return window;
            }
            self.turns_settled = None;
        } else if self.before.is_some_and(|before| !rate.gains_on(before)) {
            (self.turns_settled, self.before) = (Some(0), None);
            return window / 2;
        }
        if window >= most {
            (self.turns_settled, self.before) = (Some(0), None);
            return most;
        }
        self.before = Some(rate);
        window.saturating_mul(2).min(most)
    }
}

impl Rate {
    /// Whether this is so much faster that it is worth it. What takes no time at all always is.
    fn gains_on(self, before: Self) -> bool {
        let product = |items: u64, span: Duration| u128::from(items).saturating_mul(span.as_nanos());
        product(self.items, before.span).saturating_mul(100)
            >= product(before.items, self.span).saturating_mul(GAIN_PERCENT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The window after `items` items that end at so many a second as `speed` tells for a window.
    fn found(items: u32, speed: impl Fn(usize) -> u32) -> usize {
        let (mut pace, mut window, mut now) = (Pace::default(), 64, Timestamp::ZERO);
        for _ in 0..items {
            now = now.after(Duration::from_secs(1) / speed(window));
            window = pace.window(window, 1_024, || false, now);
        }
        window
    }

    #[test]
    fn it_widens_while_that_brings_more_and_no_further() {
        // Each of up to 512 in process brings ten a second; more only wait at the provider.
        assert_eq!(found(8_000, |window| u32::try_from(window.min(512)).unwrap() * 10), 512);
        // The provider is as fast with 64 as with more.
        assert_eq!(found(30_000, |_| 20_000), 64);
    }

    #[test]
    fn noise_of_a_busy_machine_is_no_gain() {
        // Every second item takes a quarter more or less, and bursts of some milliseconds three times as long.
        let (mut pace, mut window, mut now, mut widest) = (Pace::default(), 64, Timestamp::ZERO, 64);
        for item in 0..400_000_u64 {
            let slow = if item.wrapping_mul(2_654_435_761) >> 7 & 3 == 0 { 3 } else { 1 };
            now = now.after(Duration::from_micros((40 + item % 2 * 20) * slow));
            window = pace.window(window, 1_024, || false, now);
            widest = widest.max(window);
        }
        assert!(widest <= 128, "{widest}");
    }

    #[test]
    fn a_wider_window_is_tried_again_later() {
        let (mut pace, mut window, mut now, mut widened) = (Pace::default(), 64, Timestamp::ZERO, 0);
        for _ in 0..20_000 {
            now = now.after(Duration::from_millis(2));
            let next = pace.window(window, 1_024, || false, now);
            widened += usize::from(next > window);
            window = next;
        }
        assert!((2..6).contains(&widened), "{widened} times");
    }

    #[test]
    fn items_that_wait_for_a_limit_never_widen_it() {
        let (mut pace, mut now) = (Pace::default(), Timestamp::ZERO);
        for _ in 0..1_000 {
            now = now.after(Duration::from_millis(1));
            assert_eq!(pace.window(64, 1_024, || true, now), 64);
        }
    }
}
