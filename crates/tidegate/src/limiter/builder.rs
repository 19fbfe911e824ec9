//! `Builder`: describes a limiter as its owner writes it, and makes the limits that are meant.

use std::sync::Arc;
use std::time::Duration;

use tidegate_core::lease::Sharing;
use tidegate_core::{
    Blueprint, Dimension, Enforcement, EngineConfig, Floors, Learned, Learning, Limit, Order, Overflow,
    Weight, Within,
};

use crate::account::{Account, Bounds};
use crate::calendar;
use crate::call::BreakerPolicy;
use crate::clock::{Clock, RealClock};
use crate::limiter::table::rate_keys;
use crate::limiter::{BuildError, Limiter, Limits, Rate};
use crate::meters::Meters;
use crate::store::{self, Store};

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
    /// What the methods of the builder itself describe.
    own: Limits,
    tables: Vec<Limits>,
    limits: Vec<Limit>,
    weights: Vec<(String, Weight)>,
    store: Option<Arc<dyn Store>>,
    instances_expected: u64,
    learned: Option<Learned>,
    /// The provider's name for metrics, if they are wanted.
    #[cfg(feature = "metrics")]
    provider: Option<String>,
    /// The first mistake, told by `build`.
    mistake: Option<BuildError>,
}

/// How many instances are expected where nobody says.
const INSTANCES_EXPECTED: u64 = 8;

/// Declares one method for each key of a rate; it belongs to the builder's own table.
macro_rules! delegate {
    ($($name:ident, $dimension:ident, $per:ident, $doc:literal;)*) => {
        $(
            #[doc = $doc]
            pub fn $name(mut self, rate: impl Into<Rate>) -> Self {
                self.own = self.own.$name(rate);
                self
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
            own: Limits::new(),
            tables: Vec::new(),
            limits: Vec::new(),
            weights: Vec::new(),
            store: None,
            instances_expected: INSTANCES_EXPECTED,
            learned: None,
            #[cfg(feature = "metrics")]
            provider: None,
            mistake: None,
        }
    }

    rate_keys!(delegate);

    /// The limits of this builder are for calls to models that this glob matches; `*` stands for any text. Give limits of
    /// another scope with [`table`](Builder::table).
    pub fn model(mut self, glob: impl Into<String>) -> Self {
        self.own = self.own.model(glob);
        self
    }

    /// The limits of this builder are for calls to endpoints that this glob matches, such as `/v1/embeddings`.
    pub fn endpoint(mut self, glob: impl Into<String>) -> Self {
        self.own = self.own.endpoint(glob);
        self
    }

    /// The limits of this builder are for calls of this tenant. They hold inside the account, beside those of the
    /// provider, and are settled with usage.
    pub fn tenant(mut self, name: impl Into<String>) -> Self {
        self.own = self.own.tenant(name);
        self
    }

    /// At most so many calls under way at once.
    pub fn concurrency(mut self, calls: u64) -> Self {
        self.own = self.own.concurrency(calls);
        self
    }

    /// How many calls may start at once, for every evenly refilled limit on calls that does not say so itself. Give it
    /// where the provider is known to take so many.
    pub fn burst(mut self, calls: u64) -> Self {
        self.own = self.own.burst(calls);
        self
    }

    /// What is known of how the provider counts the limits of this builder; see [`Limits::enforcement`].
    pub fn enforcement(mut self, enforcement: Enforcement) -> Self {
        self.own = self.own.enforcement(enforcement);
        self
    }

    /// Whether the limits of this builder hold only until the provider states its own. Not by default: a given limit is
    /// a ceiling.
    pub fn provisional(mut self, provisional: bool) -> Self {
        self.own = self.own.provisional(provisional);
        self
    }

    /// The share of each limit of this builder that stays unused, from 0 to 0.999; 0 by default.
    pub fn headroom(mut self, share: f64) -> Self {
        self.own = self.own.headroom(share);
        self
    }

    /// The time zone in which days and months begin, by its name in the time zone database; also for limits that are
    /// given otherwise and name none. UTC by default, since most providers count in it.
    pub fn time_zone(mut self, name: impl Into<String>) -> Self {
        self.own = self.own.time_zone(name);
        self
    }

    /// The most calls of the account under way at once, whatever its limits allow. Not bounded by default.
    pub fn max_concurrent(mut self, calls: usize) -> Self {
        if calls == 0 {
            self.mistake.get_or_insert_with(|| BuildError::zero("max_concurrent"));
        }
        self.bounds.engine.max_concurrent = Some(calls);
        self
    }

    /// One more table of limits, for a scope of its own.
    pub fn table(mut self, limits: Limits) -> Self {
        self.tables.push(limits);
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

    /// What becomes of a call that finds the queue full: it is refused, or takes the oldest one's place.
    pub fn overflow(mut self, overflow: Overflow) -> Self {
        self.bounds.engine.overflow = overflow;
        self
    }

    /// Who goes next among the calls that wait; bands with floors and tenants by weight by default.
    pub fn order(mut self, order: Order) -> Self {
        self.bounds.engine.order = order;
        self
    }

    /// Who goes first among the calls of one model, band and tenant; whoever came first by default.
    pub fn within(mut self, within: Within) -> Self {
        self.bounds.engine.within = within;
        self
    }

    /// What less urgent bands keep while more urgent calls wait; a fifth and a twentieth by default.
    pub fn floors(mut self, floors: Floors) -> Self {
        self.bounds.engine.floors = floors;
        self
    }

    /// How large a part a tenant gets beside the others of its band; [`Weight::ONE`] without this.
    pub fn weight(mut self, tenant: impl Into<String>, weight: Weight) -> Self {
        self.weights.push((tenant.into(), weight));
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

    /// Shares the given limits with every limiter that has the same [`name`](Builder::name) and the same store, in this
    /// process and in others. While the store does not answer, each keeps to its safe share: one part of as many as were
    /// last known to live. Limits that are learned or provisional are each limiter's own.
    pub fn store(mut self, store: impl Store + 'static) -> Self {
        self.store = Some(Arc::new(store));
        self
    }

    /// The name under which the given limits are to be shared, empty where none was given yet; `None` without a
    /// [`store`](Builder::store).
    #[must_use]
    pub fn shared_name(&self) -> Option<&str> {
        self.store.as_ref().map(|_| self.name.as_str())
    }

    /// Of how many instances this one takes itself to be while the store has never answered. Eight by default: a store
    /// that is down when a process starts tells nothing, and too small a share is slow, but too large a one is refused.
    pub fn instances_expected(mut self, instances: u64) -> Self {
        if instances == 0 {
            self.mistake.get_or_insert_with(|| BuildError::zero("instances_expected"));
        }
        self.instances_expected = instances;
        self
    }

    /// A name for messages and status pages, and for the account in a store.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// That name, if none was given yet.
    pub fn or_name(self, name: impl Into<String>) -> Self {
        if self.name.is_empty() { self.name(name) } else { self }
    }

    /// Hands counters, gauges and histograms to the recorder that the program has installed, under this name of the
    /// provider and the builder's own [`name`](Builder::name) of the account. Not by default.
    ///
    /// They are `tidegate_requests_total` (one a permit, and one a call that got none),
    /// `tidegate_upstream_responses_total`, `tidegate_queue_depth`, `tidegate_queue_wait_seconds`,
    /// `tidegate_limit_used_ratio`, `tidegate_limit_value`, `tidegate_tokens_total`, `tidegate_estimate_error_ratio`
    /// (estimated by used input), `tidegate_reservations_active`, `tidegate_reservations_expired_total`,
    /// `tidegate_retries_total`, `tidegate_fallbacks_total` and `tidegate_upstream_seconds`. Labels hold no ids and no
    /// keys, and at most 256 names of models.
    #[cfg(feature = "metrics")]
    pub fn metrics(mut self, provider: impl Into<String>) -> Self {
        self.provider = Some(provider.into());
        self
    }

    #[cfg(feature = "metrics")]
    fn meters(&self) -> Option<Meters> {
        self.provider.clone().map(|provider| Meters::new(&self.name, provider))
    }

    #[cfg(not(feature = "metrics"))]
    const fn meters(&self) -> Option<Meters> {
        None
    }

    /// Makes the limiter.
    ///
    /// # Errors
    ///
    /// The first mistake in the description, with its field and its remedy.
    pub fn build(self) -> Result<Limiter, BuildError> {
        let blueprint = self.blueprint()?;
        Ok(self.open(&blueprint))
    }

    /// The blueprint of the limiters that this describes, for [`open`](Self::open).
    ///
    /// # Errors
    ///
    /// As [`build`](Self::build).
    pub(crate) fn blueprint(&self) -> Result<Arc<Blueprint>, BuildError> {
        Ok(Arc::new(Blueprint { config: self.bounds.engine, limits: self.described()? }))
    }

    /// Makes a limiter with these limits, which others may have too.
    pub(crate) fn open(self, blueprint: &Arc<Blueprint>) -> Limiter {
        let meters = self.meters();
        let mut bounds = self.bounds;
        bounds.engine.sharing = self.store.as_ref().map(|_| Sharing {
            instance: store::draw_instance(),
            instances_expected: self.instances_expected,
        });
        let account = Account::new(self.name, self.clock, bounds, meters);
        if let Some(store) = self.store {
            account.share(store);
        }
        account.follow(blueprint);
        for (tenant, weight) in &self.weights {
            account.with(|state, _now| state.engine.weigh(tenant, *weight));
        }
        if let Some(learned) = &self.learned {
            account.with(|state, now| state.engine.restore(learned, now));
        }
        Limiter { account }
    }

    /// The limits that are meant, for [`Limiter::configure`].
    ///
    /// # Errors
    ///
    /// As [`build`](Self::build).
    pub fn described(&self) -> Result<Vec<Limit>, BuildError> {
        if let Some(mistake) = &self.mistake {
            return Err(mistake.clone());
        }
        let mut limits = self.own.meant()?;
        for table in &self.tables {
            limits.extend(table.meant()?);
        }
        limits.extend(self.limits.iter().cloned());
        for limit in &mut limits {
            limit.zone = limit.zone.take().or_else(|| self.own.zone.clone());
            if limit.dimension == Dimension::Requests && limit.quota.burst.is_none() {
                limit.quota.burst = self.own.given_burst();
            }
        }
        check(&limits)?;
        Ok(limits)
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
            charging: tidegate_core::Charging::Unknown,
            charging_learned: false,
            shapes: Vec::new(),
            margin: Duration::from_millis(100),
            cushion_milli: 0,
            apart: Duration::ZERO,
        });
        let builder = Limiter::builder().learning(Learning::On).learned(learned);
        let limits = builder.build().expect("nothing is wrong").snapshot().limits;
        assert_eq!((limits.len(), limits[0].limit, limits[0].learned), (1, 300, true));
    }
}
