//! The allocator: what is granted, booked, given back, kept free and forgotten.

use tidegate_core::lease::{
    ALIVE_MS, Allocator, Claim, FORGOTTEN_MS, Grants, InstanceId, LEASE_MS, Part, Step, Terms, Want,
};

/// Ten requests a second, one at once.
const SLOW: Terms = Terms::Even { amount: 1, period_ms: 100, burst: 1 };

/// An instance as the store sees it, with honest counters.
struct Instance {
    id: InstanceId,
    number: u64,
    terms: Terms,
    granted: u64,
    taken: u64,
    returned: u64,
    ends_ms: u64,
    horizon_ms: u64,
}

impl Instance {
    fn new(id: u64, terms: Terms) -> Self {
        let id = InstanceId(id);
        Self { id, number: 0, terms, granted: 0, taken: 0, returned: 0, ends_ms: 0, horizon_ms: 0 }
    }

    fn step(&mut self, wanted: u64) -> Step {
        self.number += 1;
        let claim = Claim {
            limit: "requests".into(),
            terms: self.terms,
            granted: self.granted,
            taken: self.taken,
            returned: self.returned,
            ends_ms: self.ends_ms,
        };
        let want = Want { urgent: true, parts: vec![Part { claim: 0, least: 1, most: wanted }] };
        Step {
            instance: self.id,
            number: self.number,
            horizon_ms: self.horizon_ms,
            leaves: false,
            claims: vec![claim],
            wants: if wanted == 0 { Vec::new() } else { vec![want] },
        }
    }

    /// Asks and takes what it is given.
    fn ask(&mut self, store: &mut Allocator, wanted: u64, now: u64) -> Grants {
        let grants = store.step(&self.step(wanted), now);
        self.granted = self.granted.max(grants.granted[0]);
        grants
    }
}

fn amounts(grants: &Grants) -> Vec<(u64, u64)> {
    grants.leases.iter().map(|lease| (lease.after_ms, lease.amounts[0].1)).collect()
}

#[test]
fn what_is_there_is_shared_and_what_is_not_is_booked() {
    let mut store = Allocator::default();
    let (mut one, mut two) = (Instance::new(1, SLOW), Instance::new(2, SLOW));
    assert_eq!(amounts(&one.ask(&mut store, 1, 1_000)), [(0, 1)]);
    assert_eq!(amounts(&one.ask(&mut store, 1, 1_000)), [(100, 1)]);
    assert_eq!(amounts(&two.ask(&mut store, 1, 1_000)), [(200, 1)]);
    assert_eq!(amounts(&two.ask(&mut store, 1, 1_150)), [(150, 1)]);
}

#[test]
fn a_full_bucket_is_divided_among_those_who_live() {
    let terms = Terms::Even { amount: 1, period_ms: 100, burst: 40 };
    let mut store = Allocator::default();
    let mut all: Vec<Instance> = (0..4).map(|id| Instance::new(id, terms)).collect();
    for instance in &mut all {
        instance.ask(&mut store, 0, 0);
    }
    assert_eq!(amounts(&all[0].ask(&mut store, 100, 0)), [(0, 10)]);
    assert_eq!(amounts(&all[1].ask(&mut store, 3, 0)), [(0, 3)]);
}

#[test]
fn a_horizon_is_booked_in_pieces_and_no_further() {
    let terms = Terms::Even { amount: 10, period_ms: 1, burst: 1_000 };
    let mut store = Allocator::default();
    let mut one = Instance::new(1, terms);
    one.horizon_ms = 80;
    assert_eq!(amounts(&one.ask(&mut store, 1_000, 0)), [(0, 1_000)]);
    let booked = amounts(&one.ask(&mut store, 5_000, 0));
    assert_eq!(booked, (1..=8).map(|slot| (slot * 10, 100)).collect::<Vec<_>>());
}

#[test]
fn what_is_not_urgent_is_not_booked_beyond_the_horizon() {
    let mut store = Allocator::default();
    let mut one = Instance::new(1, SLOW);
    one.ask(&mut store, 1, 0);
    let mut step = one.step(5);
    step.wants[0].urgent = false;
    assert!(store.step(&step, 0).leases.is_empty());
    one.horizon_ms = 250;
    let mut step = one.step(5);
    step.wants[0].urgent = false;
    assert_eq!(amounts(&store.step(&step, 0)), [(100, 1), (200, 1)]);
}

#[test]
fn a_step_that_arrives_again_or_late_is_given_nothing() {
    let mut store = Allocator::default();
    let mut one = Instance::new(1, SLOW);
    let (first, second) = (one.step(1), one.step(1));
    assert_eq!(store.step(&second, 0).leases.len(), 1);
    for late in [&second, &first] {
        let answer = store.step(late, 0);
        assert_eq!((answer.leases.len(), answer.granted[0]), (0, 1));
    }
}

#[test]
fn what_is_given_back_is_there_again_but_never_above_the_burst() {
    let mut store = Allocator::default();
    let terms = Terms::Even { amount: 1, period_ms: 100, burst: 5 };
    let mut one = Instance::new(1, terms);
    one.ask(&mut store, 5, 0);
    one.returned = 5;
    assert_eq!(one.ask(&mut store, 0, 0).left[0], 5);
    // The same counters once more add nothing, and more than was granted cannot be given back.
    one.returned = 50;
    assert_eq!(one.ask(&mut store, 5, 0).leases[0].amounts[0].1, 5);
    assert_eq!(one.ask(&mut store, 0, 0).left[0], 5, "what it says to give back now covers the new grant");
}

#[test]
fn what_an_instance_took_as_its_share_is_charged_once_it_is_heard_of() {
    let mut store = Allocator::default();
    let mut one = Instance::new(1, SLOW);
    one.ask(&mut store, 1, 0);
    // Its calls used three more than it had been granted: that is owed.
    one.granted += 3;
    one.ask(&mut store, 0, 500);
    assert_eq!(amounts(&one.ask(&mut store, 1, 500)), [(300, 1)]);
    // What it took as its share is what the store would have given out meanwhile: nothing is left, nothing is owed.
    one.taken += 30;
    assert_eq!(amounts(&one.ask(&mut store, 1, 4_000)), [(100, 1)]);
    // What others were given meanwhile was not there for it.
    let mut two = Instance::new(2, SLOW);
    for slot in 1..=20 {
        assert_eq!(amounts(&two.ask(&mut store, 1, 4_100 + slot * 100)), [(0, 1)]);
    }
    one.taken += 10;
    assert_eq!(amounts(&one.ask(&mut store, 1, 6_100)), [(1_100, 1)]);
}

#[test]
fn the_share_of_a_silent_instance_is_kept_free_until_it_is_forgotten() {
    let terms = Terms::Even { amount: 10, period_ms: 1_000, burst: 1_000 };
    let mut store = Allocator::default();
    let [mut gone, mut here, mut other] = [1, 2, 3].map(|id| Instance::new(id, terms));
    for _ in 0..2 {
        for instance in [&mut gone, &mut here, &mut other] {
            instance.ask(&mut store, 0, 0);
        }
    }
    while here.ask(&mut store, 1_000, 0).leases[0].after_ms == 0 {}
    let mut taken = 0;
    for now in (0..FORGOTTEN_MS).step_by(500) {
        other.ask(&mut store, 0, now);
        let grants = here.ask(&mut store, 0, now);
        taken = taken.max(grants.left[0]);
    }
    // Ten a second for a minute are 600, a third of which the silent one may have taken.
    assert!((395..=405).contains(&taken), "{taken}");
    assert_eq!(here.ask(&mut store, 0, FORGOTTEN_MS - 1).live, 2);
    // It was merely cut off, and took less than was kept free for it.
    gone.taken += 100;
    let after = gone.ask(&mut store, 0, FORGOTTEN_MS - 1).left[0];
    assert!((495..=500).contains(&after), "{after}");
}

#[test]
fn a_store_that_forgot_everything_starts_without_a_burst() {
    let terms = Terms::Even { amount: 1, period_ms: 100, burst: 50 };
    let mut one = Instance::new(1, terms);
    one.ask(&mut Allocator::default(), 50, 0);
    let mut empty = Allocator::default();
    (one.taken, one.returned) = (10, 5);
    one.ask(&mut empty, 0, 7);
    one.ask(&mut empty, 0, 7);
    assert_eq!(amounts(&one.ask(&mut empty, 1, 7)), [(100, 1)], "nor does what was before count again");
}

#[test]
fn slots_come_back_when_they_are_returned_or_their_holder_is_forgotten() {
    let terms = Terms::Slots { amount: 4 };
    let mut store = Allocator::default();
    let (mut one, mut two) = (Instance::new(1, terms), Instance::new(2, terms));
    assert_eq!(amounts(&one.ask(&mut store, 4, 0)), [(0, 4)]);
    let none = two.ask(&mut store, 1, 0);
    assert_eq!((none.leases.len(), none.retry_ms), (0, 100));
    one.returned = 1;
    one.ask(&mut store, 0, 10);
    assert_eq!(amounts(&two.ask(&mut store, 4, 20)), [(0, 1)]);
    assert_eq!(amounts(&two.ask(&mut store, 4, 20 + FORGOTTEN_MS)), [(0, 3)]);
}

#[test]
fn a_window_is_whole_again_at_its_end_less_what_was_used_too_much() {
    let terms = Terms::Window { amount: 10 };
    let mut store = Allocator::default();
    let mut one = Instance::new(1, terms);
    one.ends_ms = 50_000;
    assert_eq!(amounts(&one.ask(&mut store, 10, 0)), [(0, 10)]);
    one.ends_ms = 40_000;
    let full = one.ask(&mut store, 1, 10_000);
    assert_eq!((full.leases.len(), full.retry_ms), (0, 40_000));
    // Two more than it was granted, as its safe share.
    one.taken += 2;
    one.ask(&mut store, 0, 10_000);
    (one.granted, one.taken, one.ends_ms) = (0, 0, 60_000);
    assert_eq!(one.ask(&mut store, 0, 50_000).left[0], 8);
}

#[test]
fn clocks_that_differ_about_an_edge_open_no_window_twice() {
    let terms = Terms::Window { amount: 10 };
    let mut store = Allocator::default();
    let (mut early, mut late) = (Instance::new(1, terms), Instance::new(2, terms));
    (early.ends_ms, late.ends_ms) = (5_000, 5_500);
    late.ask(&mut store, 0, 0);
    assert_eq!(amounts(&early.ask(&mut store, 10, 500)), [(0, 5)]);
    // The early one thinks that the next minute has begun; the store's has half a second left.
    (early.ends_ms, early.granted) = (60_000, 0);
    let refused = early.ask(&mut store, 10, 5_000);
    assert_eq!((refused.leases.len(), refused.retry_ms, refused.granted[0]), (0, 500, 0));
    early.ends_ms = 59_500;
    assert_eq!(amounts(&early.ask(&mut store, 10, 5_500)), [(0, 5)]);
    // The late one is still in the window before.
    late.ends_ms = 400;
    assert_eq!(late.ask(&mut store, 5, 5_600).leases.len(), 0);
    late.ends_ms = 60_000;
    assert_eq!(amounts(&late.ask(&mut store, 5, 6_000)), [(0, 2)]);
}

#[test]
fn a_window_that_nobody_has_opened_is_not_opened_by_who_is_still_in_the_one_before() {
    let mut store = Allocator::default();
    let mut one = Instance::new(1, Terms::Window { amount: 10 });
    one.ends_ms = 5_000;
    one.ask(&mut store, 4, 0);
    one.ends_ms = 600;
    let still = one.ask(&mut store, 1, 5_400);
    assert_eq!((still.leases.len(), still.retry_ms), (0, 600));
    // Nobody is two seconds late: this is a short window of its own.
    one.granted = 0;
    assert_eq!(amounts(&one.ask(&mut store, 10, 7_001)), [(0, 10)]);
}

#[test]
fn clocks_that_differ_far_from_an_edge_or_by_no_more_than_their_skew_speak_of_one_window() {
    let mut store = Allocator::default();
    let mut one = Instance::new(1, Terms::Window { amount: 10 });
    one.ends_ms = 30_000;
    one.ask(&mut store, 1, 0);
    one.ends_ms = 60_000;
    assert_eq!(amounts(&one.ask(&mut store, 1, 1_000)), [(0, 1)], "half a window apart, and no edge is near");
    one.ends_ms = 2_500;
    assert_eq!(amounts(&one.ask(&mut store, 1, 29_500)), [(0, 1)], "two seconds apart");
    one.ends_ms = 2_501;
    assert_eq!(one.ask(&mut store, 1, 29_500).retry_ms, 500);
}

#[test]
fn an_instance_that_leaves_is_not_waited_for() {
    let mut store = Allocator::default();
    let (mut one, mut two) = (Instance::new(1, SLOW), Instance::new(2, SLOW));
    one.ask(&mut store, 1, 0);
    assert_eq!(two.ask(&mut store, 0, 0).live, 2);
    let mut step = one.step(0);
    step.leaves = true;
    store.step(&step, 10);
    assert_eq!(two.ask(&mut store, 0, 20).live, 1);
}

#[test]
fn who_is_silent_for_six_seconds_does_not_count_as_alive() {
    let mut store = Allocator::default();
    let (mut one, mut two) = (Instance::new(1, SLOW), Instance::new(2, SLOW));
    one.ask(&mut store, 0, 0);
    assert_eq!(two.ask(&mut store, 0, ALIVE_MS - 1).live, 2);
    assert_eq!(two.ask(&mut store, 0, ALIVE_MS).live, 1);
}

#[test]
fn instances_and_limits_are_bounded() {
    let mut store = Allocator::default();
    for id in 0..3_000 {
        Instance::new(id, SLOW).ask(&mut store, 0, 0);
    }
    assert!(Instance::new(9_999, SLOW).ask(&mut store, 0, 0).live <= 1_025);
    let mut step = Instance::new(1, SLOW).step(1);
    for number in 0..300 {
        step.claims[0].limit = format!("limit {number}");
        step.number += 1;
        let refused = store.step(&step, 0).leases.is_empty();
        assert_eq!(refused, number >= 255, "{number}");
    }
}

#[test]
fn a_clock_that_steps_back_adds_nothing() {
    let mut store = Allocator::default();
    let mut one = Instance::new(1, SLOW);
    one.ask(&mut store, 1, 1_000);
    assert_eq!(amounts(&one.ask(&mut store, 1, 0)), [(100, 1)]);
    assert_eq!(amounts(&one.ask(&mut store, 1, 1_000)), [(200, 1)]);
}

#[test]
fn a_rule_that_changes_keeps_what_was_used() {
    let burst = |burst| Terms::Even { amount: 1, period_ms: 100, burst };
    let mut store = Allocator::default();
    let mut one = Instance::new(1, burst(5));
    one.ask(&mut store, 5, 0);
    one.terms = burst(20);
    assert_eq!(one.ask(&mut store, 0, 0).left[0], 15);
    one.terms = burst(4);
    assert_eq!(amounts(&one.ask(&mut store, 1, 0)), [(200, 1)], "one is owed");
}

#[test]
fn a_want_that_takes_nothing_of_one_limit_is_served() {
    let mut store = Allocator::default();
    let mut step = Instance::new(1, SLOW).step(1);
    step.claims.push(Claim { limit: "tokens".into(), ..step.claims[0].clone() });
    step.wants[0].parts.push(Part { claim: 1, least: 0, most: 0 });
    assert_eq!(store.step(&step, 0).leases[0].amounts, [(0, 1), (1, 0)]);
}

#[test]
fn what_never_comes_back_is_not_booked() {
    let mut store = Allocator::default();
    let mut one = Instance::new(1, Terms::Even { amount: 0, period_ms: 1, burst: 1 });
    assert_eq!(amounts(&one.ask(&mut store, 1, 0)), [(0, 1)]);
    let none = one.ask(&mut store, 1, 9_000);
    assert_eq!((none.leases.len(), none.retry_ms), (0, 1_000));
}

#[test]
fn bookings_have_a_bottom() {
    let burst = 1 << 32;
    let mut store = Allocator::default();
    let mut one = Instance::new(1, Terms::Even { amount: 1, period_ms: 1 << 20, burst });
    let answers = (0..3).map(|_| {
        let mut step = one.step(burst);
        step.wants[0].parts[0].least = burst;
        let grants = store.step(&step, 0);
        (grants.leases.len(), grants.retry_ms)
    });
    assert_eq!(answers.collect::<Vec<_>>(), [(1, 0), (1, 0), (0, 1_000)]);
}

#[test]
fn a_lease_of_a_window_ends_with_it() {
    let mut store = Allocator::default();
    let mut one = Instance::new(1, Terms::Window { amount: 10 });
    one.ends_ms = 1_500;
    assert_eq!(one.ask(&mut store, 1, 0).leases[0].until_ms, 1_500);
    let mut other = Instance::new(1, SLOW);
    assert_eq!(other.ask(&mut Allocator::default(), 1, 0).leases[0].until_ms, LEASE_MS);
}

#[test]
fn the_largest_numbers_stay_in_range() {
    let terms = Terms::even(u64::MAX, 1, u64::MAX);
    let mut store = Allocator::default();
    let mut one = Instance::new(1, terms);
    one.horizon_ms = u64::MAX;
    for now in [0, 1, u64::MAX] {
        let grants = one.ask(&mut store, u64::MAX, now);
        assert!(grants.leases.len() <= 16 && grants.left[0] <= 1 << 53, "{grants:?}");
    }
}
