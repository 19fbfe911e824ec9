//! Many flows beside their model: whatever is asked, settled, cancelled, configured and weighed, and whatever the clock
//! does, the engine grants the same calls in the same sequence at the same nanosecond.

use std::time::Duration;

use proptest::prelude::*;
use tidegate_core::{
    Band, Calendar, Cost, Dimension, EngineConfig, Floors, Limit, Order, Place, Quota, Refill, Request,
    ReservationId, Scope, Timestamp, Usage, Weight, Within,
};

use crate::harness::Account;
use crate::model::levels::{Rule, Way};
use crate::model::{Model, Waiting};

const LANES: [&str; 4] = ["a", "b", "c", "d"];
const TENANTS: [&str; 3] = ["x", "y", "z"];
/// The largest estimate: no configured burst is smaller, so that no call is ever too large.
const LARGEST: u64 = 40;
/// So far away that no call is ever refused for it.
const FAR: u64 = 1_000_000_000;

/// How long a minute of the calendar lasts here, so that a short life sees many.
const MINUTE: Duration = Duration::from_millis(1_300);

/// One step of a random life. `which` picks a call by its number.
#[derive(Clone, Copy, Debug)]
enum Step {
    Ask { band: usize, tenant: usize, lane: usize, tokens: u64, deadline: Option<u64> },
    Wait { micros: u64 },
    Back { micros: u64 },
    Send { which: usize },
    Settle { which: usize, tokens: u64 },
    Cancel { which: usize },
    Progress { which: usize, tokens: u64 },
    Retry { which: usize },
    Configure { amounts: [u64; 5], slots: [u64; 2], applies: [bool; 3] },
    Weigh { tenant: usize, weight: u32 },
}

fn step() -> impl Strategy<Value = Step> {
    let which = || 0..300_usize;
    let ask = (0..3_usize, 0..3_usize, 0..4_usize, 0..=LARGEST, prop::option::weighted(0.3, 1..50_u64));
    prop_oneof![
        14 => ask.prop_map(|(band, tenant, lane, tokens, deadline)| Step::Ask { band, tenant, lane, tokens, deadline }),
        6 => (0..1_500_000_u64).prop_map(|micros| Step::Wait { micros }),
        1 => (0..400_000_u64).prop_map(|micros| Step::Back { micros }),
        2 => which().prop_map(|which| Step::Send { which }),
        7 => (which(), 0..90_u64).prop_map(|(which, tokens)| Step::Settle { which, tokens }),
        3 => which().prop_map(|which| Step::Cancel { which }),
        1 => (which(), 0..70_u64).prop_map(|(which, tokens)| Step::Progress { which, tokens }),
        1 => which().prop_map(|which| Step::Retry { which }),
        1 => (prop::array::uniform5(1..9_u64), prop::array::uniform2(1..6_u64), any::<[bool; 3]>())
            .prop_map(|(amounts, slots, applies)| Step::Configure { amounts, slots, applies }),
        1 => (0..3_usize, 1..4_u32).prop_map(|(tenant, weight)| Step::Weigh { tenant, weight }),
    ]
}

/// A limit that counts in its own way. A window holds at least the largest estimate, a bucket a part of its amount.
fn rule(way: Way, dimension: Dimension, amount: u64, millis: u64) -> Rule {
    let is_tokens = dimension == Dimension::TotalTokens;
    let (amount, burst) = match way {
        Way::Even if is_tokens => (amount * 12, LARGEST + amount * 6),
        Way::Even => (amount, amount.min(3)),
        _ if is_tokens => (amount * 12 + LARGEST, amount * 12 + LARGEST),
        _ => (amount, amount),
    };
    let period = match way {
        Way::Calendar | Way::Counter => i128::try_from(MINUTE.as_nanos()).expect("a short minute"),
        Way::Slots => 0,
        _ => i128::from(millis) * 1_000_000,
    };
    let (amount, burst) = (i128::from(amount), i128::from(burst));
    Rule { way, dimension, amount, period, burst, lane: None, tenant: None, applies: true }
}

/// The limits: two that all share, one of a lane, one of a tenant, one of a tenant in a lane, and two of concurrency. The
/// last three of `applies` may be switched off.
fn rules(ways: [Way; 5], amounts: [u64; 5], slots: [u64; 2], applies: [bool; 3]) -> Vec<Rule> {
    let (calls, tokens) = (Dimension::Requests, Dimension::TotalTokens);
    let slots = slots.map(|slots| rule(Way::Slots, Dimension::Concurrency, slots, 0));
    vec![
        rule(ways[0], calls, amounts[0], 700),
        rule(ways[1], tokens, amounts[1], 1_300),
        Rule { lane: Some(0), ..rule(ways[2], calls, amounts[2], 1_900) },
        Rule { tenant: Some(1), ..rule(ways[3], tokens, amounts[3], 3_100) },
        Rule {
            lane: Some(1),
            tenant: Some(0),
            applies: applies[0],
            ..rule(ways[4], calls, amounts[4], 2_300)
        },
        Rule { applies: applies[1], amount: slots[0].amount + 2, burst: slots[0].burst + 2, ..slots[0] },
        Rule { lane: Some(2), applies: applies[2], ..slots[1] },
    ]
}

fn limits(rules: &[Rule]) -> Vec<Limit> {
    let limit = |rule: &Rule| {
        let number = |number: i128| u64::try_from(number).expect("a small number");
        let every = Quota::every(number(rule.amount), Duration::from_nanos(number(rule.period)));
        let quota = match rule.way {
            Way::Even => every.burst(number(rule.burst)),
            Way::Fixed => every.refill(Refill::FixedWindow),
            Way::Calendar => every.refill(Refill::CalendarWindow(Calendar::Minute)),
            Way::Sliding => every.refill(Refill::SlidingWindow),
            Way::Counter => every.refill(Refill::WeightedCounter(Calendar::Minute)),
            Way::Slots => Quota::concurrency(number(rule.amount)),
        };
        let scope = Scope {
            model: rule.lane.map(|lane| LANES[lane].to_owned()),
            tenant: rule.tenant.map(|tenant| TENANTS[tenant].to_owned()),
            ..Scope::ACCOUNT
        };
        Limit::new(rule.dimension, quota).scope(scope)
    };
    rules.iter().filter(|rule| rule.applies).map(limit).collect()
}

fn cost(tokens: u64) -> Cost {
    Cost::requests(1).input_tokens(tokens)
}

#[derive(Clone, Copy)]
struct Asked {
    id: ReservationId,
    place: Option<Place>,
    rank: u64,
    waiting: (usize, usize, usize, u64),
    retried: bool,
}

/// An engine and the model, side by side.
struct Pair {
    account: Account,
    model: Model,
    within: Within,
    ways: [Way; 5],
    calls: Vec<Asked>,
    compared: usize,
}

impl Pair {
    fn new(order: Order, within: Within, ways: [Way; 5]) -> Self {
        let rules = rules(ways, [4, 4, 2, 4, 2], [3, 2], [true; 3]);
        let floors = Floors { standard_permille: 300, batch_permille: 100 };
        let reservation_age = Duration::from_secs(FAR);
        let config = EngineConfig { order, within, floors, reservation_age, ..EngineConfig::default() };
        let account = Account::with_minutes_of(MINUTE, config, limits(&rules));
        let mut model = Model::new(order, [300, 100], rules);
        // Tenants that a limit names are known from the beginning.
        model.weigh(1, 1);
        model.weigh(0, 1);
        Self { account, model, within, ways, calls: Vec::new(), compared: 0 }
    }

    fn ask(
        &mut self,
        (band, tenant, lane, tokens): (usize, usize, usize, u64),
        deadline: Option<u64>,
        again: Option<usize>,
    ) {
        let call = self.calls.len();
        let deadline = deadline.map(|seconds| Timestamp::from_secs(FAR + seconds));
        let mut request =
            Request::new(cost(tokens)).band(Band::ALL[band]).tenant(TENANTS[tenant]).lane(LANES[lane]);
        let former = again.map(|which| self.calls[which]);
        let rank = former.map_or(call as u64, |former| former.rank);
        request.place = former.and_then(|former| former.place);
        request.deadline = deadline;
        let mark = deadline.filter(|_| self.within == Within::Deadline).map_or(u64::MAX, Timestamp::as_nanos);
        self.model.ask(Waiting::new(call, Band::ALL[band], tenant, lane, cost(tokens), (mark, rank)));
        let id = self.account.ask(request);
        let place = self.account.engine.place(id);
        let waiting = (band, tenant, lane, tokens);
        self.calls.push(Asked { id, place, rank, waiting, retried: again.is_some() });
    }

    fn step(&mut self, step: Step) {
        let pick = |which: usize| which.checked_rem(self.calls.len()).map(|call| (call, self.calls[call]));
        match step {
            Step::Ask { band, tenant, lane, tokens, deadline } => {
                self.ask((band, tenant, lane, tokens), deadline, None);
            }
            Step::Wait { micros } => {
                self.account.run(Duration::from_micros(micros));
                self.model.pass(self.model.now + i128::from(micros) * 1_000);
            }
            Step::Back { micros } => {
                self.account.step_back(Duration::from_micros(micros));
                self.model.step_back(i128::from(self.account.now.as_nanos()));
            }
            Step::Retry { which } => {
                let Some((call, asked)) = pick(which) else { return };
                if self.account.granted(asked.id).is_some()
                    && self.account.engine.place(asked.id).is_none()
                    && !asked.retried
                {
                    self.calls[call].retried = true;
                    self.ask(asked.waiting, None, Some(call));
                }
            }
            Step::Configure { amounts, slots, applies } => {
                let rules = rules(self.ways, amounts, slots, applies);
                self.account.configure(limits(&rules));
                self.model.configure(rules);
            }
            Step::Weigh { tenant, weight } => {
                self.account.engine.weigh(TENANTS[tenant], Weight::new(weight));
                self.model.weigh(tenant, i128::from(weight));
            }
            other => {
                let (Step::Send { which }
                | Step::Settle { which, .. }
                | Step::Cancel { which }
                | Step::Progress { which, .. }) = other
                else {
                    return;
                };
                if let Some((call, asked)) = pick(which) {
                    self.act(other, call, asked.id);
                }
            }
        }
    }

    /// What happens to one call.
    fn act(&mut self, step: Step, call: usize, id: ReservationId) {
        match step {
            Step::Send { .. } => {
                self.model.send(call);
                self.account.sent(id);
            }
            Step::Settle { tokens, .. } => {
                self.model.settle(call, &cost(tokens));
                self.account.settle(id, cost(tokens));
            }
            Step::Cancel { .. } => {
                self.model.cancel(call);
                self.account.cancel(id);
            }
            Step::Progress { tokens, .. } => {
                self.model.progress(call, &cost(tokens));
                self.account.progress(id, &Usage::new(tokens, 0));
            }
            _ => {}
        }
    }

    /// Both granted the same calls in the same sequence at the same instants, and agree on what is used.
    fn agree(&mut self, after: &Step) {
        let ours = self.account.order.iter().skip(self.compared).map(|id| {
            let call = self.calls.iter().position(|asked| asked.id == *id).expect("it was asked for");
            let at = self.account.granted(*id).expect("it was granted");
            (call, i128::from(at.as_nanos()))
        });
        let mut ours: Vec<_> = ours.collect();
        let mut theirs = self.model.grants[self.compared.min(self.model.grants.len())..].to_vec();
        if matches!(after, Step::Ask { .. } | Step::Retry { .. }) {
            // Who asks is answered first, whoever went before it at the same instant.
            ours.sort_unstable();
            theirs.sort_unstable();
        }
        assert_eq!(ours, theirs, "after {after:?}");
        self.compared = self.account.order.len();
        let snapshot = self.account.engine.snapshot(self.account.now);
        let counted = (self.model.waiting(), self.model.running());
        assert_eq!((snapshot.waiting, snapshot.in_flight), counted, "after {after:?}");
        let used: Vec<_> = snapshot.limits.iter().map(|limit| i128::from(limit.used)).collect();
        let levels = self.model.levels().iter().filter(|level| level.rule.applies);
        let expected: Vec<_> = levels.map(|level| level.used(self.model.now)).collect();
        assert_eq!(used, expected, "after {after:?}");
    }
}

/// How the limits of a life count.
fn ways(all: Vec<Way>) -> impl Strategy<Value = [Way; 5]> {
    prop::array::uniform5(prop::sample::select(all))
}

fn order() -> impl Strategy<Value = Order> {
    let others = [Order::Priority, Order::WeightedRoundRobin, Order::DeficitRoundRobin, Order::Adaptive];
    prop::sample::select([vec![Order::Fair; 2], others.to_vec()].concat())
}

fn within() -> impl Strategy<Value = Within> {
    prop::sample::select(vec![Within::Arrival, Within::Deadline])
}

/// Lives through the steps with the engine and the model side by side.
fn live(steps: &[Step], order: Order, within: Within, ways: [Way; 5], naps: bool) {
    let mut pair = Pair::new(order, within, ways);
    pair.account.naps = naps.then_some(0);
    for step in steps {
        let naps = pair.account.naps;
        pair.step(*step);
        if naps < pair.account.naps {
            pair.model.slept();
        }
        pair.agree(step);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Invariants 3, 4 and 5 for many flows: bands with floors, tenants by weight and dominant share, lanes that step
    /// aside, backfill that moves nobody, either sequence inside a flow, every order, and sleep in between.
    #[test]
    fn many_flows_are_granted_to_the_nanosecond_as_the_model_says(
        steps in prop::collection::vec(step(), 1..140), order in order(), within in within(),
        naps in any::<bool>(),
    ) {
        live(&steps, order, within, [Way::Even; 5], naps);
    }

    /// The same before limits of every other kind: windows from the first call on and of the calendar, sliding windows,
    /// weighted counters, beside one another and beside levels that refill evenly.
    #[test]
    fn windows_are_met_to_the_nanosecond_as_the_model_says(
        steps in prop::collection::vec(step(), 1..140), order in order(), within in within(),
        ways in ways(vec![Way::Even, Way::Fixed, Way::Calendar, Way::Sliding, Way::Counter]),
        naps in any::<bool>(),
    ) {
        live(&steps, order, within, ways, naps);
    }
}
