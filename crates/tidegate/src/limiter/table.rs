//! `Limits`: the limits of one scope, with the keys that a `[[limits]]` table of the configuration has.

use std::time::Duration;

use tidegate_core::{Calendar, Dimension, Enforcement, Limit, Quota, Refill, Scope};

use crate::limiter::rate::Parts;
use crate::limiter::{BuildError, Rate};

/// The limits of one scope: what a `[[limits]]` table of the configuration says, with the same keys.
///
/// ```
/// use tidegate::{Enforcement, Limiter, Limits};
///
/// let large = Limits::new().model("large-*").requests_per_minute(60).usd_per_day(25.5).headroom(0.05);
/// let embeddings = Limits::new().endpoint("/v1/embeddings").requests_per_second(5).burst(10);
/// let limiter = Limiter::builder().concurrency(64).table(large).table(embeddings).build()?;
/// assert_eq!(limiter.snapshot().limits.len(), 4);
/// # Ok::<(), tidegate::BuildError>(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "limits do nothing until a limiter is built with them"]
pub struct Limits {
    scope: Scope,
    rates: Vec<Row>,
    concurrency: Option<u64>,
    burst: Option<u64>,
    enforcement: Enforcement,
    provisional: bool,
    headroom: f64,
    pub(super) zone: Option<String>,
}

/// One rate as it was written.
#[derive(Clone, Copy, Debug)]
struct Row {
    field: &'static str,
    dimension: Dimension,
    per: Per,
    rate: Rate,
}

/// The periods that keys are named after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Per {
    Second,
    Minute,
    Hour,
    Day,
    Month,
}

/// The keys of rates, each with its dimension, its period and what it means; `$declare` makes a method of each.
macro_rules! rate_keys {
    ($declare:ident) => {
        $declare! {
            requests_per_second, Requests, Second, "At most so many calls a second; fractions are exact.";
            requests_per_minute, Requests, Minute, "At most so many calls a minute.";
            requests_per_hour, Requests, Hour, "At most so many calls an hour.";
            requests_per_day, Requests, Day, "At most so many calls a calendar day; a whole number.";
            requests_per_month, Requests, Month, "At most so many calls a calendar month; a whole number.";
            tokens_per_second, TotalTokens, Second, "At most so many tokens a second, sent and produced.";
            tokens_per_minute, TotalTokens, Minute, "At most so many tokens a minute, sent and produced.";
            tokens_per_hour, TotalTokens, Hour, "At most so many tokens an hour, sent and produced.";
            tokens_per_day, TotalTokens, Day, "At most so many tokens a calendar day, sent and produced; a whole number.";
            tokens_per_month, TotalTokens, Month, "At most so many tokens a calendar month, sent and produced; a whole number.";
            input_tokens_per_second, InputTokens, Second, "At most so many sent tokens a second.";
            input_tokens_per_minute, InputTokens, Minute, "At most so many sent tokens a minute.";
            input_tokens_per_hour, InputTokens, Hour, "At most so many sent tokens an hour.";
            input_tokens_per_day, InputTokens, Day, "At most so many sent tokens a calendar day; a whole number.";
            input_tokens_per_month, InputTokens, Month, "At most so many sent tokens a calendar month; a whole number.";
            output_tokens_per_second, OutputTokens, Second, "At most so many produced tokens a second.";
            output_tokens_per_minute, OutputTokens, Minute, "At most so many produced tokens a minute.";
            output_tokens_per_hour, OutputTokens, Hour, "At most so many produced tokens an hour.";
            output_tokens_per_day, OutputTokens, Day, "At most so many produced tokens a calendar day; a whole number.";
            output_tokens_per_month, OutputTokens, Month, "At most so many produced tokens a calendar month; a whole number.";
            images_per_second, Images, Second, "At most so many images a second.";
            images_per_minute, Images, Minute, "At most so many images a minute.";
            images_per_hour, Images, Hour, "At most so many images an hour.";
            images_per_day, Images, Day, "At most so many images a calendar day; a whole number.";
            images_per_month, Images, Month, "At most so many images a calendar month; a whole number.";
            usd_per_second, Money, Second, "At most so many US dollars a second, exact to the millionth.";
            usd_per_minute, Money, Minute, "At most so many US dollars a minute, exact to the millionth.";
            usd_per_hour, Money, Hour, "At most so many US dollars an hour, exact to the millionth.";
            usd_per_day, Money, Day, "At most so many US dollars a calendar day, exact to the millionth.";
            usd_per_month, Money, Month, "At most so many US dollars a calendar month, exact to the millionth.";
        }
    };
}
pub(super) use rate_keys;

/// Declares one method for each key of a rate.
macro_rules! declare {
    ($($name:ident, $dimension:ident, $per:ident, $doc:literal;)*) => {
        $(
            #[doc = $doc]
            pub fn $name(mut self, rate: impl Into<Rate>) -> Self {
                let (dimension, per) = (Dimension::$dimension, Per::$per);
                self.rates.push(Row { field: stringify!($name), dimension, per, rate: rate.into() });
                self
            }
        )*
    };
}

impl Limits {
    /// No limits yet, for every call of the account.
    pub fn new() -> Self {
        Self::default()
    }

    rate_keys!(declare);

    /// For calls to models that this glob matches; `*` stands for any text.
    pub fn model(mut self, glob: impl Into<String>) -> Self {
        self.scope.model = Some(glob.into());
        self
    }

    /// For calls to endpoints that this glob matches, such as `/v1/embeddings`.
    pub fn endpoint(mut self, glob: impl Into<String>) -> Self {
        self.scope.endpoint = Some(glob.into());
        self
    }

    /// For the calls of this tenant, by its exact name. Such limits hold inside the account, beside those of the
    /// provider, and are settled with usage.
    pub fn tenant(mut self, name: impl Into<String>) -> Self {
        self.scope.tenant = Some(name.into());
        self
    }

    /// At most so many calls under way at once.
    pub const fn concurrency(mut self, calls: u64) -> Self {
        self.concurrency = Some(calls);
        self
    }

    /// How many calls may start at once, for the evenly refilled limits on calls; without one of those, how much of
    /// the only evenly refilled limit may go at once. Give it where the provider is known to take so many.
    pub const fn burst(mut self, burst: u64) -> Self {
        self.burst = Some(burst);
        self
    }

    /// What is known of how the provider counts. By default limits of seconds, minutes and hours refill evenly, and
    /// those of days and months begin anew with the calendar, as providers count them.
    pub const fn enforcement(mut self, enforcement: Enforcement) -> Self {
        self.enforcement = enforcement;
        self
    }

    /// Whether the limits hold only until the provider states its own. Not by default: a given limit is a ceiling.
    pub const fn provisional(mut self, provisional: bool) -> Self {
        self.provisional = provisional;
        self
    }

    /// The share of each limit that stays unused, from 0 to 0.999; 0 by default. It counts in thousandths.
    pub const fn headroom(mut self, share: f64) -> Self {
        self.headroom = share;
        self
    }

    /// The time zone in which days and months begin, by its name in the time zone database. UTC by default, since
    /// most providers count in it.
    pub fn time_zone(mut self, name: impl Into<String>) -> Self {
        self.zone = Some(name.into());
        self
    }

    /// The limits that are meant.
    pub(super) fn meant(&self) -> Result<Vec<Limit>, BuildError> {
        let headroom_permille = permille(self.headroom).ok_or_else(|| BuildError::share("headroom"))?;
        let mut limits = Vec::new();
        for row in &self.rates {
            limits.push(Limit::new(row.dimension, row.quota(self.enforcement)?));
        }
        self.spread_burst(&mut limits)?;
        if let Some(slots) = self.concurrency {
            if slots == 0 {
                return Err(BuildError::zero("concurrency"));
            }
            limits.push(Limit::new(Dimension::Concurrency, Quota::concurrency(slots)));
        }
        for limit in &mut limits {
            limit.scope = self.scope.clone();
            limit.provisional = self.provisional;
            limit.headroom_permille = headroom_permille;
            limit.zone = self.zone.clone();
        }
        Ok(limits)
    }

    /// The burst, where it is to hold for limits that are described elsewhere as well.
    pub(super) const fn given_burst(&self) -> Option<u64> {
        self.burst
    }

    fn spread_burst(&self, limits: &mut [Limit]) -> Result<(), BuildError> {
        let Some(burst) = self.burst else { return Ok(()) };
        if burst == 0 {
            return Err(BuildError::zero("burst"));
        }
        let even = |limit: &&mut Limit| limit.quota.refill == Refill::Continuous;
        let mut owners: Vec<&mut Limit> = limits.iter_mut().filter(even).collect();
        if owners.iter().any(|limit| limit.dimension == Dimension::Requests) {
            owners.retain(|limit| limit.dimension == Dimension::Requests);
        } else if owners.len() > 1 {
            return Err(BuildError::whose("burst"));
        }
        for limit in owners {
            limit.quota.burst = Some(burst);
        }
        Ok(())
    }
}

impl Row {
    /// The quota, counted as the provider is known to.
    fn quota(&self, enforcement: Enforcement) -> Result<Quota, BuildError> {
        let Self { field, dimension, per, rate } = *self;
        let parts = Parts(if dimension == Dimension::Money { 1_000_000 } else { 1 });
        let even = || rate.every(per.length(), parts).ok_or_else(|| BuildError::rate(field));
        let whole = || rate.whole(parts).ok_or_else(|| BuildError::whole_rate(field));
        let window = |refill| Ok(Quota::every(whole()?, per.length()).refill(refill));
        let calendar = || per.calendar().ok_or_else(|| BuildError::no_calendar(field));
        match enforcement {
            Enforcement::Bucket => even(),
            Enforcement::FixedWindow if per == Per::Second => window(Refill::FixedWindow),
            Enforcement::FixedWindow => window(Refill::CalendarWindow(calendar()?)),
            Enforcement::SlidingWindow => window(Refill::SlidingWindow),
            Enforcement::WeightedCounter => window(Refill::WeightedCounter(calendar()?)),
            _ if per == Per::Day => whole().map(Quota::per_day),
            _ if per == Per::Month => whole().map(Quota::per_month),
            _ => even(),
        }
    }
}

impl Per {
    const fn length(self) -> Duration {
        Duration::from_secs(match self {
            Self::Second => 1,
            Self::Minute => 60,
            Self::Hour => 3_600,
            Self::Day => 86_400,
            Self::Month => 2_678_400,
        })
    }

    const fn calendar(self) -> Option<Calendar> {
        match self {
            Self::Second => None,
            Self::Minute => Some(Calendar::Minute),
            Self::Hour => Some(Calendar::Hour),
            Self::Day => Some(Calendar::Day),
            Self::Month => Some(Calendar::Month),
        }
    }
}

/// A share in thousandths; `None` where it leaves nothing, or is none.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked before")]
fn permille(share: f64) -> Option<u16> {
    (0.0..=0.999).contains(&share).then(|| (share * 1e3).round() as u16)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(limits: &Limits) -> Limit {
        let meant = limits.meant().expect("the limits have no mistake");
        let [limit] = &meant[..] else { panic!("{meant:?}") };
        limit.clone()
    }

    #[test]
    fn each_key_means_its_dimension_and_period() {
        let all = Limits::new().images_per_minute(5).usd_per_day(1.5).output_tokens_per_second(0.5);
        let meant = all.meant().expect("the limits have no mistake");
        let quotas: Vec<_> = meant.iter().map(|limit| (limit.dimension, limit.quota)).collect();
        let images = (Dimension::Images, Quota::per_minute(5));
        let money = (Dimension::Money, Quota::per_day(1_500_000));
        let tokens = (Dimension::OutputTokens, Quota::every(1, Duration::from_secs(2)));
        assert_eq!(quotas, [images, money, tokens]);
    }

    #[test]
    fn what_holds_for_a_table_holds_for_each_of_its_limits() {
        let table = Limits::new().model("large*").endpoint("/chat").requests_per_day(5);
        let limit = only(&table.provisional(true).headroom(0.05).time_zone("Europe/Berlin"));
        assert_eq!((limit.provisional, limit.headroom_permille), (true, 50));
        assert_eq!(limit.zone.as_deref(), Some("Europe/Berlin"));
        assert_eq!(limit.scope, Scope::model("large*").endpoint("/chat"));
    }

    #[test]
    fn the_enforcement_chooses_the_refill() {
        let refill = |how| only(&Limits::new().requests_per_minute(5).enforcement(how)).quota.refill;
        assert_eq!(refill(Enforcement::Bucket), Refill::Continuous);
        assert_eq!(refill(Enforcement::FixedWindow), Refill::CalendarWindow(Calendar::Minute));
        assert_eq!(refill(Enforcement::SlidingWindow), Refill::SlidingWindow);
        assert_eq!(refill(Enforcement::WeightedCounter), Refill::WeightedCounter(Calendar::Minute));
        let even_day = only(&Limits::new().tokens_per_day(0.5).enforcement(Enforcement::Bucket));
        assert_eq!(even_day.quota, Quota::every(1, Duration::from_secs(2 * 86_400)));
    }

    #[test]
    fn a_burst_belongs_to_calls_or_to_the_only_limit() {
        let burst = |limits: Limits| -> Vec<_> {
            let meant = limits.burst(7).meant().expect("the limits have no mistake");
            meant.iter().map(|limit| limit.quota.burst).collect()
        };
        let both = Limits::new().requests_per_minute(5).tokens_per_minute(50);
        assert_eq!(burst(both), [Some(7), None]);
        assert_eq!(burst(Limits::new().tokens_per_minute(50)), [Some(7)]);
        let unclear = Limits::new().tokens_per_minute(50).images_per_minute(5).burst(7).meant();
        assert!(unclear.is_err_and(|error| error.is_combination()));
    }

    #[test]
    fn each_mistake_is_told() {
        let error = |limits: Limits| limits.meant().expect_err("the limits have a mistake");
        for share in [1.0, -0.1, f64::NAN] {
            assert!(error(Limits::new().headroom(share)).is_share(), "{share}");
        }
        let counter = Limits::new().requests_per_second(1).enforcement(Enforcement::WeightedCounter);
        assert!(error(counter).is_combination());
        let fraction = Limits::new().requests_per_minute(0.5).enforcement(Enforcement::SlidingWindow);
        assert!(error(fraction).to_string().contains("whole number"));
        assert!(error(Limits::new().concurrency(0)).is_bound());
    }
}
