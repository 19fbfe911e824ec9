//! Many flows beside their model: whatever is asked, settled, cancelled, configured and weighed, and whatever the clock
//! does, the engine grants the same calls in the same sequence at the same nanosecond.

use std::time::Duration;

use proptest::prelude::*;
use tidegate_core::{
    Band, Cost, Dimension, EngineConfig, Floors, Limit, Order, Place, Quota, Request, ReservationId, Scope,
    Timestamp, Usage, Weight, Within,
};

use crate::harness::Account;
use crate::model::levels::Rule;
use crate::model::{Model, Waiting};

const LANES: [&str; 4] = ["a", "b", "c", "d"];
const TENANTS: [&str; 3] = ["x", "y", "z"];
/// The largest estimate: no configured burst is smaller, so that no call is ever too large.
const LARGEST: u64 = 40;
/// So far away that no call is ever refused for it.
const FAR: u64 = 1_000_000_000;

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

/// The limits: two that all share, one of a lane, one of a tenant, one of a tenant in a lane, and two of concurrency. The
/// last three of `applies` may be switched off.
fn rules(amounts: [u64; 5], slots: [u64; 2], applies: [bool; 3]) -> Vec<Rule> {
    let rule = |dimension, amount: u64, millis: u64, burst: u64| Rule {
        dimension,
        amount: i128::from(amount),
        period: i128::from(millis) * 1_000_000,
        burst: i128::from(burst),
        lane: None,
        tenant: None,
        applies: true,
    };
    let [calls, tokens, of_lane, of_tenant, of_both] = amounts;
    let tokens_of = |amount: u64| (amount * 12, LARGEST + amount * 6);
    vec![
        rule(Dimension::Requests, calls, 700, calls.min(3)),
        rule(Dimension::TotalTokens, tokens_of(tokens).0, 1_300, tokens_of(tokens).1),
        Rule { lane: Some(0), ..rule(Dimension::Requests, of_lane, 1_900, 1) },
        Rule {
            tenant: Some(1),
            ..rule(Dimension::TotalTokens, tokens_of(of_tenant).0, 3_100, tokens_of(of_tenant).1)
        },
        Rule {
            lane: Some(1),
            tenant: Some(0),
            applies: applies[0],
            ..rule(Dimension::Requests, of_both, 2_300, 2)
        },
        Rule { applies: applies[1], ..rule(Dimension::Concurrency, slots[0] + 2, 0, 0) },
        Rule { lane: Some(2), applies: applies[2], ..rule(Dimension::Concurrency, slots[1], 0, 0) },
    ]
}

fn limits(rules: &[Rule]) -> Vec<Limit> {
    let limit = |rule: &Rule| {
        let number = |number: i128| u64::try_from(number).expect("a small number");
        let quota = match number(rule.period) {
            0 => Quota::concurrency(number(rule.amount)),
            period => {
                Quota::every(number(rule.amount), Duration::from_nanos(period)).burst(number(rule.burst))
            }
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
    calls: Vec<Asked>,
    compared: usize,
}

impl Pair {
    fn new(order: Order, within: Within) -> Self {
        let rules = rules([4, 4, 2, 4, 2], [3, 2], [true; 3]);
        let floors = Floors { standard_permille: 300, batch_permille: 100 };
        let reservation_age = Duration::from_secs(FAR);
        let config = EngineConfig { order, within, floors, reservation_age, ..EngineConfig::default() };
        let account = Account::of(config, limits(&rules));
        let mut model = Model::new(order, [300, 100], rules);
        // Tenants that a limit names are known from the beginning.
        model.weigh(1, 1);
        model.weigh(0, 1);
        Self { account, model, within, calls: Vec::new(), compared: 0 }
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
                let rules = rules(amounts, slots, applies);
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
                self.account.engine.sent(id, self.account.now);
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

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Invariants 3, 4 and 5 for many flows: bands with floors, tenants by weight and dominant share, lanes that step
    /// aside, backfill that moves nobody, either sequence inside a flow, every order, and sleep in between.
    #[test]
    fn many_flows_are_granted_to_the_nanosecond_as_the_model_says(
        steps in prop::collection::vec(step(), 1..140),
        order in prop::sample::select(vec![Order::Fair, Order::Fair, Order::Priority, Order::WeightedRoundRobin, Order::DeficitRoundRobin, Order::Adaptive]),
        within in prop::sample::select(vec![Within::Arrival, Within::Deadline]),
        naps in any::<bool>(),
    ) {
        let mut pair = Pair::new(order, within);
        pair.account.naps = naps.then_some(0);
        for step in &steps {
            pair.step(*step);
            pair.agree(step);
        }
    }
}
