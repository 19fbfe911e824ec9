//! Sharing: what the engine says to the store of its shared limits, and what it makes of the answers.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use crate::lease::{Claim, Grants, Holding, Part, Sharing, Step, Want};
use crate::ward::{Origin, Ward, WardReach};
use crate::{Cost, Dimension, Effect, Engine, Refill, Timestamp};

/// How long an answer of the store is waited for. Stores answer within milliseconds; a second without an answer is
/// a store that is gone, and callers wait that long at most.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often the store hears of an instance that wants nothing, so that both know who lives.
const HEARTBEAT: Duration = Duration::from_secs(2);
/// How soon a lost store is tried again at first; doubled up to eight times as long.
const RETRY_FIRST: Duration = Duration::from_millis(500);
/// How far ahead an instance wants to have something to spend: four round trips, within these bounds.
const HORIZON_MIN: Duration = Duration::from_millis(20);
const HORIZON_MAX: Duration = Duration::from_secs(1);
/// The least time between two steps of which the former brought nothing.
const PAUSE: Duration = Duration::from_millis(5);

/// A step that is under way.
#[derive(Debug)]
struct Asked {
    number: u64,
    at: Timestamp,
    /// The limits that it claims, in its order.
    claimed: Vec<usize>,
    /// Whether a call waits for what it wants.
    urgent: bool,
}

/// The engine's side of the sharing.
#[derive(Debug)]
pub(super) struct Shared {
    config: Sharing,
    number: u64,
    asked: Option<Asked>,
    /// How many instances the store last told of.
    live: u64,
    /// A smoothed round trip.
    trip: Duration,
    /// How many steps in a row failed.
    failures: u32,
    /// No wish is sent before this instant.
    not_before: Timestamp,
    /// What is not urgent is not wanted before this instant.
    ahead_not_before: Timestamp,
    /// The next step goes at this instant at the latest.
    beat: Timestamp,
    /// When what is wanted goes to the store; `None` when nothing is.
    wanting: Option<Timestamp>,
    /// The lane that was last asked for.
    stirred: usize,
    /// The last step has been sent: the engine is closed.
    left: bool,
    /// What waits, lane by lane. Kept between looks for its room.
    waiting: Vec<Asks>,
}

/// What waits of a lane's calls of one tenant.
#[derive(Debug)]
struct Asks {
    lane: u32,
    tenant: u32,
    head: Cost,
    all: Cost,
}

impl Shared {
    pub(super) fn new(config: Sharing) -> Box<Self> {
        Box::new(Self {
            config,
            number: 0,
            asked: None,
            live: config.instances_expected.max(1),
            trip: HORIZON_MIN,
            failures: 0,
            not_before: Timestamp::ZERO,
            ahead_not_before: Timestamp::ZERO,
            beat: Timestamp::ZERO,
            wanting: None,
            stirred: 0,
            left: false,
            waiting: Vec::new(),
        })
    }

    /// When the sharing next has something to do by itself.
    pub(super) fn deadline(&self) -> Option<Timestamp> {
        if self.left {
            return None;
        }
        match &self.asked {
            Some(asked) => Some(asked.at.after(PATIENCE)),
            None => Some(self.wanting.map_or(self.beat, |at| at.min(self.beat))),
        }
    }

    fn horizon(&self) -> Duration {
        self.trip.saturating_mul(4).clamp(HORIZON_MIN, HORIZON_MAX)
    }

    /// The next step fails or fails again: says when to try anew.
    fn fail(&mut self, now: Timestamp) {
        self.asked = None;
        let doublings = self.failures.min(3);
        self.failures = self.failures.saturating_add(1);
        self.not_before = now.after(RETRY_FIRST.saturating_mul(1_u32.checked_shl(doublings).unwrap_or(8)));
        self.beat = self.not_before;
    }
}

impl Engine {
    /// Takes the store's answer to the newest step. Answers to earlier ones are ignored: what they brought is found
    /// to be lost and goes back. Says whether the answer was taken.
    pub fn lease(&mut self, grants: &Grants, now: Timestamp) -> bool {
        let Some(shared) = self.sharing.as_deref_mut() else { return false };
        let Some(asked) = shared.asked.take_if(|asked| asked.number == grants.number) else { return false };
        let was_lost = shared.failures > 0;
        shared.failures = 0;
        shared.live = grants.live.max(1);
        let trip = now.since(asked.at);
        shared.trip = shared.trip.saturating_mul(7).saturating_add(trip).checked_div(8).unwrap_or(trip);
        let nothing = grants.leases.is_empty();
        shared.not_before = now.after(match grants.retry_ms {
            0 if nothing && asked.urgent => PAUSE,
            retry => Duration::from_millis(retry).min(HEARTBEAT),
        });
        let ease = shared.horizon().checked_div(4).unwrap_or(PAUSE).max(PAUSE);
        shared.ahead_not_before = if nothing { now.after(ease) } else { now };
        shared.beat = now.after(HEARTBEAT);
        self.take_leases(grants, &asked, now);
        if was_lost {
            self.effects.push_back(Effect::StoreFound);
        }
        self.pump(now);
        true
    }

    /// The store could not be reached for the step of that number, or did not do what it was asked.
    pub fn lease_failed(&mut self, number: u64, now: Timestamp) {
        let asked = self.sharing.as_deref().and_then(|shared| shared.asked.as_ref());
        if asked.is_some_and(|asked| asked.number == number) {
            self.lose_store(now);
            self.pump(now);
        }
    }

    /// What this process has out in leases of its shared limits on a dimension: what it may spend now or later, and what
    /// goes back with its next step.
    #[must_use]
    pub fn leased(&self, dimension: Dimension, now: Timestamp) -> u64 {
        let shared = self.shared_wards().filter(|(_, ward)| ward.dimension == dimension);
        let held = shared.filter_map(|(_, ward)| ward.share.as_deref());
        held.fold(0, |sum, share| sum.saturating_add(share.out(now)))
    }

    /// Spreads the leases over the limits that the step claimed.
    fn take_leases(&mut self, grants: &Grants, asked: &Asked, now: Timestamp) {
        for (claim, place) in asked.claimed.iter().enumerate() {
            let amounts = grants.leases.iter().flat_map(|lease| &lease.amounts);
            let leased = amounts
                .filter(|(of, _)| *of == claim)
                .fold(0_u64, |sum, (_, amount)| sum.saturating_add(*amount));
            let granted = grants.granted.get(claim).copied().unwrap_or(0);
            let left = grants.left.get(claim).copied().unwrap_or(0);
            let Some(share) = self.wards.get_mut(*place).and_then(|ward| ward.share.as_deref_mut()) else {
                continue;
            };
            if !share.answered(granted, leased, left) {
                continue;
            }
            for lease in &grants.leases {
                for (_, amount) in lease.amounts.iter().filter(|(of, _)| *of == claim) {
                    let from = now.after(Duration::from_millis(lease.after_ms));
                    share.accept(*amount, from, asked.at.after(Duration::from_millis(lease.until_ms)));
                }
            }
        }
    }

    /// Gives a step up that has not been answered for too long. Before anything is granted.
    pub(super) fn watch_store(&mut self, now: Timestamp) {
        let asked = self.sharing.as_deref().and_then(|shared| shared.asked.as_ref());
        if asked.is_some_and(|asked| asked.at.after(PATIENCE) <= now) {
            self.lose_store(now);
        }
    }

    fn lose_store(&mut self, now: Timestamp) {
        let Some(shared) = self.sharing.as_deref_mut() else { return };
        shared.fail(now);
        let live = shared.live.max(if shared.number <= u64::from(shared.failures) {
            shared.config.instances_expected
        } else {
            1
        });
        if shared.failures == 1 {
            self.effects.push_back(Effect::StoreLost { live });
        }
        for ward in self.wards.iter_mut() {
            if let Some(share) = ward.share.as_deref_mut() {
                share.lose(&ward.quota, &ward.bucket, live, now);
            }
        }
    }

    /// A call of this lane asks: what its lane sends is worth having ready.
    pub(super) fn stir(&mut self, lane: usize) {
        if let Some(shared) = self.sharing.as_deref_mut() {
            shared.stirred = lane;
        }
    }

    /// Says to the store what is wanted, when something is or it is time for a sign of life. After everything that
    /// may go is granted.
    pub(super) fn want_leases(&mut self, now: Timestamp) {
        let Some(shared) = self.sharing.as_deref() else { return };
        if shared.left || shared.asked.is_some() {
            return;
        }
        self.list_waiting();
        let urgent = self.is_wanting(now);
        let has_claims = self.shared_wards().next().is_some();
        let Some(shared) = self.sharing.as_deref_mut() else { return };
        shared.wanting = urgent.map(|urgent| match urgent {
            true => shared.not_before,
            false => shared.not_before.max(shared.ahead_not_before),
        });
        let due = self.closed || shared.beat <= now || shared.wanting.is_some_and(|from| from <= now);
        if !due || !has_claims {
            shared.beat = if due { now.after(HEARTBEAT) } else { shared.beat };
            return;
        }
        self.take_step(urgent == Some(true), now);
    }

    /// Says to the store what is wanted, now.
    fn take_step(&mut self, urgent: bool, now: Timestamp) {
        let claims: Vec<usize> = self.shared_wards().map(|(place, _)| place).collect();
        let wants = self.wants(&claims, now);
        let Some(shared) = self.sharing.as_deref_mut() else { return };
        shared.number = shared.number.saturating_add(1);
        shared.left = self.closed;
        let horizon_ms = u64::try_from(shared.horizon().as_millis()).unwrap_or(u64::MAX);
        let (instance, number) = (shared.config.instance, shared.number);
        let told = claims.iter().filter_map(|place| self.claim(*place, now)).collect();
        let step = Step { instance, number, horizon_ms, leaves: self.closed, claims: told, wants };
        if let Some(shared) = self.sharing.as_deref_mut() {
            shared.asked = Some(Asked { number, at: now, claimed: claims, urgent });
        }
        self.effects.push_back(Effect::LeaseWanted { step });
    }

    fn claim(&mut self, place: usize, now: Timestamp) -> Option<Claim> {
        let leaves = self.closed;
        let ward = self.wards.get_mut(place)?;
        let ends = ward.bucket.window_end(now).unwrap_or_else(|| now.after(ward.quota.period));
        let share = ward.share.as_deref_mut()?;
        share.expire(true, now);
        if leaves {
            share.return_all();
        }
        Some(share.claim(ends, now))
    }

    fn shared_wards(&self) -> impl Iterator<Item = (usize, &Ward)> {
        let live = self.wards.iter().enumerate();
        live.filter(|(_, ward)| !ward.retired && ward.share.is_some())
    }

    /// Lists what waits, lane by lane; of an engine that is closed nothing does.
    fn list_waiting(&mut self) {
        let Self { queue, ledger, sharing, .. } = self;
        let Some(shared) = sharing.as_deref_mut() else { return };
        shared.waiting.clear();
        for flow in queue.flows() {
            let Some(held) = ledger.at(flow.head()) else { continue };
            let (lane, tenant) = (flow.key.lane, flow.key.tenant);
            let known = shared.waiting.iter_mut().find(|asks| (asks.lane, asks.tenant) == (lane, tenant));
            match known {
                Some(asks) => asks.all = asks.all.plus(&flow.cost),
                None => shared.waiting.push(Asks { lane, tenant, head: held.cost.whole(), all: flow.cost }),
            }
        }
    }

    /// Whether anything is wanted of the store, and if so, whether a call waits for it.
    fn is_wanting(&self, now: Timestamp) -> Option<bool> {
        let shared = self.sharing.as_deref().filter(|_| !self.closed)?;
        let mut wanting = None;
        for (_, is_short) in shared.waiting.iter().flat_map(|asks| self.parts(shared, asks, now)) {
            if is_short {
                return Some(true);
            }
            wanting = Some(false);
        }
        wanting.or_else(|| self.parts_ahead(shared, now).next().map(|_| false))
    }

    /// What the waiting calls need, lane by lane, and what the busiest lane will soon; limits by their places among the
    /// claims.
    fn wants(&self, claims: &[usize], now: Timestamp) -> Vec<Want> {
        let Some(shared) = self.sharing.as_deref().filter(|_| !self.closed) else { return Vec::new() };
        let numbered = |part: Part| {
            let claim = claims.iter().position(|place| *place == part.claim)?;
            Some(Part { claim, ..part })
        };
        let mut wants = Vec::new();
        for asks in &shared.waiting {
            let mut urgent = false;
            let parts = self.parts(shared, asks, now).inspect(|(_, is_short)| urgent |= is_short);
            let parts: Vec<Part> = parts.filter_map(|(part, _)| numbered(part)).collect();
            if !parts.is_empty() {
                wants.push(Want { urgent, parts });
            }
        }
        let parts: Vec<Part> = self.parts_ahead(shared, now).filter_map(numbered).collect();
        if !parts.is_empty() {
            wants.push(Want { urgent: false, parts });
        }
        wants
    }

    /// What a tenant's waiting calls of a lane want: enough for their head, of which they may be short, or more of what
    /// is running low.
    fn parts<'a>(
        &'a self,
        shared: &Shared,
        asks: &'a Asks,
        now: Timestamp,
    ) -> impl Iterator<Item = (Part, bool)> + use<'a> {
        let horizon_ms = u64::try_from(shared.horizon().as_millis()).unwrap_or(u64::MAX);
        self.wards_for(asks.lane as usize, asks.tenant).filter_map(move |(place, ward)| {
            let share = ward.share.as_deref()?;
            let (need, all) = (asks.head.get(ward.counts), asks.all.get(ward.counts));
            let held = share.ahead(now);
            let short = held < need;
            let target = || all.min(share.terms().within(horizon_ms));
            let wants = need > 0 && (short || held.saturating_mul(2) < target());
            let most = all.saturating_sub(held).max(need);
            wants.then_some((Part { claim: place, least: need, most }, short))
        })
    }

    /// What the lane that was last asked for will soon want, as it sent of late, if none of its calls waits.
    fn parts_ahead(&self, shared: &Shared, now: Timestamp) -> impl Iterator<Item = Part> {
        let lane = shared.stirred;
        let waits = shared.waiting.iter().any(|asks| asks.lane as usize == lane);
        let span = shared.horizon().saturating_mul(2).min(Duration::from_secs(1));
        let sent = self.lanes.get(lane).filter(|_| !waits);
        sent.into_iter().flat_map(move |sent| {
            self.wards_in(lane).filter_map(move |(place, ward)| {
                let share = ward.share.as_deref()?;
                let held = share.ahead(now);
                let target = sent.sent_within(span, ward.counts, now);
                let most = target.saturating_sub(held);
                (held.saturating_mul(2) < target).then_some(Part { claim: place, least: 1, most })
            })
        })
    }

    /// Shares what is declared, now that the limits are what they are; limits that ended go back with the next step.
    pub(super) fn share_limits(&mut self) {
        if self.sharing.is_none() {
            return;
        }
        let shared =
            |ward: &&mut Ward| ward.origin == Origin::Declared && !ward.provisional && !ward.is_credit();
        for ward in self.wards.iter_mut().filter(shared) {
            match ward.share.as_deref_mut() {
                Some(share) => share.renew(&ward.quota),
                None => ward.share = Some(Box::new(Holding::new(name_of(ward), &ward.quota))),
            }
        }
    }
}

/// The name that a limit has in every instance: what it counts, over how long, how and where.
fn name_of(ward: &Ward) -> String {
    let scope = match &ward.reach {
        WardReach::Scope(scope) => scope.clone(),
        WardReach::Model(_) | WardReach::Account => crate::Scope::ACCOUNT,
    };
    let (model, endpoint) = (scope.model.unwrap_or_default(), scope.endpoint.unwrap_or_default());
    let kind = match ward.quota.refill {
        Refill::Continuous => "even",
        Refill::FixedWindow => "fixed",
        Refill::CalendarWindow(_) => "calendar",
        Refill::SlidingWindow => "sliding",
        Refill::WeightedCounter(_) => "counter",
        Refill::Release => "slots",
        Refill::Never => "credit",
    };
    let zone = ward.zone.as_deref().unwrap_or_default();
    let tenant = scope.tenant.unwrap_or_default();
    let (dimension, period_ms) = (ward.dimension.name(), ward.quota.period.as_millis());
    format!("{dimension}|{period_ms}|{kind}|{model}|{endpoint}|{zone}|{tenant}")
}
