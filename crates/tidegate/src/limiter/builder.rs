//! `Builder`: describes a limiter as its owner writes it, and makes the limits that are meant.

use std::sync::Arc;
use std::time::Duration;

use tidegate_core::{Dimension, EngineConfig, Learned, Learning, Limit, Quota};

use crate::account::{Account, Bounds};
use crate::calendar;
use crate::call::BreakerPolicy;
use crate::clock::{Clock, RealClock};
use crate::limiter::{BuildError, Limiter, Rate};

/// Describes a limiter; made by [`Limiter::builder`].
///
/// Every limit given holds at once: a call goes when all of them allow it. Limits of seconds, minutes and hours
/// refill evenly; those of days and months begin anew at midnight in [`time_zone`](Builder::time_zone), as providers
/// count them. Anything else is a [`Limit`] of its own. A limit of zero refuses every call.
///
/// What may go at once is a second's worth for limits a second, and one for longer ones, because providers that
/// state a limit a minute often count it by the second; [`burst`](Builder::burst) says otherwise, and a limiter that
/// learns finds out.
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until `build`"]
pub struct Builder {
    name: String,
    clock: Arc<dyn Clock>,
    bounds: Bounds,
    limits: Vec<Limit>,
    burst: Option<u64>,
    zone: Option<String>,
    learned: Option<Learned>,
    /// The first mistake, told by `build`.
    mistake: Option<BuildError>,
}

/// The periods that methods are named after.
#[derive(Clone, Copy)]
enum Per {
    Second,
    Minute,
    Hour,
    Day,
    Month,
}

/// Declares one limit method for each period of a dimension.
macro_rules! limits_of {
    ($dimension:expr, $($name:ident, $per:expr, $doc:literal;)*) => {
        $(
            #[doc = $doc]
            pub fn $name(self, rate: impl Into<Rate>) -> Self {
                self.rate(stringify!($name), $dimension, $per, rate.into())
            }
        )*
    };
}

impl Builder {
    pub(crate) fn new() -> Self {
        Self {
            name: String::new(),
            clock: RealClock.into(),
            bounds: Bounds {
                engine: EngineConfig::default(),
                breaker: BreakerPolicy::default(),
                reservations_max: 1_000_000,
            },
            limits: Vec::new(),
            burst: None,
            zone: None,
            learned: None,
            mistake: None,
        }
    }

    limits_of! { Dimension::Requests,
        requests_per_second, Per::Second, "At most so many calls a second; fractions are exact.";
        requests_per_minute, Per::Minute, "At most so many calls a minute.";
        requests_per_hour, Per::Hour, "At most so many calls an hour.";
        requests_per_day, Per::Day, "At most so many calls a calendar day; a whole number.";
        requests_per_month, Per::Month, "At most so many calls a calendar month; a whole number.";
    }

    limits_of! { Dimension::TotalTokens,
        tokens_per_second, Per::Second, "At most so many tokens a second, sent and produced.";
        tokens_per_minute, Per::Minute, "At most so many tokens a minute, sent and produced.";
        tokens_per_hour, Per::Hour, "At most so many tokens an hour, sent and produced.";
        tokens_per_day, Per::Day, "At most so many tokens a calendar day, sent and produced; a whole number.";
        tokens_per_month, Per::Month, "At most so many tokens a calendar month, sent and produced; a whole number.";
    }

    limits_of! { Dimension::InputTokens,
        input_tokens_per_second, Per::Second, "At most so many sent tokens a second.";
        input_tokens_per_minute, Per::Minute, "At most so many sent tokens a minute.";
        input_tokens_per_hour, Per::Hour, "At most so many sent tokens an hour.";
        input_tokens_per_day, Per::Day, "At most so many sent tokens a calendar day; a whole number.";
        input_tokens_per_month, Per::Month, "At most so many sent tokens a calendar month; a whole number.";
    }

    limits_of! { Dimension::OutputTokens,
        output_tokens_per_second, Per::Second, "At most so many produced tokens a second.";
        output_tokens_per_minute, Per::Minute, "At most so many produced tokens a minute.";
        output_tokens_per_hour, Per::Hour, "At most so many produced tokens an hour.";
        output_tokens_per_day, Per::Day, "At most so many produced tokens a calendar day; a whole number.";
        output_tokens_per_month, Per::Month, "At most so many produced tokens a calendar month; a whole number.";
    }

    /// At most so many calls under way at once.
    pub fn concurrency(mut self, calls: u64) -> Self {
        if calls == 0 {
            self.mistake.get_or_insert_with(|| BuildError::zero("concurrency"));
        }
        self.limits.push(Limit::new(Dimension::Concurrency, Quota::concurrency(calls)));
        self
    }

    /// How many calls may start at once, for every evenly refilled limit on calls that does not say so itself. Give it
    /// where the provider is known to take so many.
    pub fn burst(mut self, calls: u64) -> Self {
        if calls == 0 {
            self.mistake.get_or_insert_with(|| BuildError::zero("burst"));
        }
        self.burst = Some(calls);
        self
    }

    /// One more limit, of any kind and scope.
    pub fn limit(mut self, limit: Limit) -> Self {
        self.limits.push(limit);
        self
    }

    /// More limits, of any kind and scope.
    pub fn limits(mut self, limits: impl IntoIterator<Item = Limit>) -> Self {
        self.limits.extend(limits);
        self
    }

    /// The time zone in which days and months begin, by its name in the time zone database. UTC by default,
    /// since most providers count in it.
    pub fn time_zone(mut self, name: impl Into<String>) -> Self {
        self.zone = Some(name.into());
        self
    }

    /// Whether the limits of the provider are learned from what its answers say, which callers hand over with
    /// [`Permit::observe`](crate::Permit::observe). Off by default: without answers there is nothing to learn from,
    /// and a limiter that waits for them lets calls out one, two, four at a time.
    pub fn learning(mut self, learning: Learning) -> Self {
        self.bounds.engine.learning = learning;
        self
    }

    /// The most calls that may wait; later ones are refused at once. 10 000 by default: minutes of work even at
    /// a thousand calls a second, and little memory.
    pub fn max_queue(mut self, calls: usize) -> Self {
        if calls == 0 {
            self.mistake.get_or_insert_with(|| BuildError::zero("max_queue"));
        }
        self.bounds.engine.max_queue = calls;
        self
    }

    /// The most calls under way, permits that nobody ends included; later ones are refused. A million by default:
    /// more than a machine has sockets, and some hundred megabytes.
    pub fn max_reservations(mut self, calls: usize) -> Self {
        if calls == 0 {
            self.mistake.get_or_insert_with(|| BuildError::zero("max_reservations"));
        }
        self.bounds.reservations_max = calls;
        self
    }

    /// How long a permit may be held without settling, or reporting progress, until it is taken for lost and its
    /// estimate counts as used. 15 minutes by default, longer than any answer takes to begin.
    pub fn reservation_age(mut self, age: Duration) -> Self {
        if age.is_zero() {
            self.mistake.get_or_insert_with(|| BuildError::zero("reservation_age"));
        }
        self.bounds.engine.reservation_age = age;
        self
    }

    /// When calls that are known to fail are stopped, and for how long; see [`Breaker`](crate::call::Breaker). Front
    /// ends that do not drive [`Limiter::call`] are not stopped.
    pub fn breaker(mut self, policy: BreakerPolicy) -> Self {
        self.bounds.breaker = policy;
        self
    }

    /// Starts from what an earlier limiter of the same account had [learned](Limiter::learned), as old as it is now
    /// (see [`Learned::aged`]). A snapshot of another version is not read. Nothing by default.
    pub fn learned(mut self, learned: Learned) -> Self {
        self.learned = Some(learned);
        self
    }

    /// The clock to go by; [`RealClock`] by default. Tests give a [`ManualClock`](crate::ManualClock).
    pub fn clock(mut self, clock: impl Into<Arc<dyn Clock>>) -> Self {
        self.clock = clock.into();
        self
    }

    /// A name for messages and status pages.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Makes the limiter.
    ///
    /// # Errors
    ///
    /// The first mistake in the description, with its field and its remedy.
    pub fn build(self) -> Result<Limiter, BuildError> {
        let limits = self.described()?;
        let account = Account::new(self.name, self.clock, self.bounds);
        account.configure(limits);
        if let Some(learned) = &self.learned {
            account.with(|state, now| state.engine.restore(learned, now));
        }
        Ok(Limiter { account })
    }

    /// The limits that are meant.
    pub(crate) fn described(&self) -> Result<Vec<Limit>, BuildError> {
        if let Some(mistake) = &self.mistake {
            return Err(mistake.clone());
        }
        let mut limits = self.limits.clone();
        for limit in &mut limits {
            limit.zone = limit.zone.take().or_else(|| self.zone.clone());
            if limit.dimension == Dimension::Requests && limit.quota.burst.is_none() {
                limit.quota.burst = self.burst;
            }
        }
        check(&limits)?;
        Ok(limits)
    }

    /// Adds the limit that a method names, or notes why it is none.
    fn rate(mut self, field: &'static str, dimension: Dimension, per: Per, rate: Rate) -> Self {
        let quota = match per {
            Per::Second => rate.every(Duration::from_secs(1)),
            Per::Minute => rate.every(Duration::from_secs(60)),
            Per::Hour => rate.every(Duration::from_secs(3_600)),
            Per::Day => rate.whole().map(Quota::per_day),
            Per::Month => rate.whole().map(Quota::per_month),
        };
        match quota {
            Some(quota) => self.limits.push(Limit::new(dimension, quota)),
            None => {
                let is_calendar = matches!(per, Per::Day | Per::Month);
                let mistake = if is_calendar { BuildError::whole_rate } else { BuildError::rate };
                self.mistake.get_or_insert_with(|| mistake(field));
            }
        }
        self
    }
}

/// Checks what the engine cannot: that every time zone exists.
pub(crate) fn check(limits: &[Limit]) -> Result<(), BuildError> {
    let unknown = |name: &&str| calendar::zone(name).is_none();
    match limits.iter().filter_map(|limit| limit.zone.as_deref()).find(unknown) {
        Some(name) => Err(BuildError::time_zone(name)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_mistake_names_its_field_and_a_remedy() {
        let error = |builder: Builder| builder.build().expect_err("the description has a mistake");
        let negative = error(Limiter::builder().requests_per_minute(-3.0));
        assert!(negative.is_rate() && negative.field() == "requests_per_minute");
        assert!(error(Limiter::builder().tokens_per_day(0.5)).to_string().contains("whole number"));
        assert!(error(Limiter::builder().burst(0)).is_bound());
        let zone = error(Limiter::builder().requests_per_day(5).time_zone("Mars/Olympus"));
        assert!(zone.is_time_zone() && zone.to_string().contains("Mars/Olympus"), "{zone}");
    }

    #[test]
    fn a_limiter_without_any_limit_can_be_built() {
        assert!(Limiter::builder().build().is_ok());
    }

    #[test]
    fn a_limiter_starts_from_what_an_earlier_one_learned() {
        let learned = || {
            let first = Limiter::builder().learning(Learning::On).build().expect("nothing is wrong");
            first.learned()
        };
        let mut learned = learned();
        learned.limits.push(tidegate_core::LearnedLimit {
            dimension: Dimension::Requests,
            model: Some("m".to_owned()),
            amount: 300,
            period: Duration::from_secs(60),
            period_assumed: true,
            charged_at: tidegate_core::ChargedAt::Unknown,
            shapes: Vec::new(),
            margin: Duration::from_millis(100),
            cushion_milli: 0,
        });
        let builder = Limiter::builder().learning(Learning::On).learned(learned);
        let limits = builder.build().expect("nothing is wrong").snapshot().limits;
        assert_eq!((limits.len(), limits[0].limit, limits[0].learned), (1, 300, true));
    }
}
