//! Conformance of a [`Store`](crate::Store). It needs no clock and sleeps nowhere.

use std::sync::Arc;
use std::thread;

use tidegate_core::lease::{Claim, Grants, InstanceId, Part, Step, Terms, Want};

use crate::store::{Store, draw_instance};
use crate::wake;

/// One an hour, three at once: slow enough that time plays no part in the suite.
const HOURLY: Terms = Terms::Even { amount: 1, period_ms: 3_600_000, burst: 3 };
const HOUR_MS: u64 = 3_600_000;
/// What the suite may take in real time.
const SLACK_MS: u64 = 60_000;

/// Checks a store against its contract. Each check uses an account of its own, named `conformance-...` and a random
/// number, so that a shared server needs no cleaning before.
///
/// # Panics
///
/// With the rule that is broken.
pub fn store(store: &Arc<dyn Store>) {
    what_is_there_is_granted_and_the_rest_is_booked(store);
    an_instance_that_joins_has_its_part(store);
    a_step_that_comes_again_is_given_nothing(store);
    what_is_returned_is_there_again(store);
    slots_are_never_granted_twice(store);
    accounts_know_nothing_of_one_another(store);
    instances_that_step_at_once_never_share_more_than_there_is(store);
    the_share_that_was_taken_is_charged(store);
}

/// An instance and its counters.
struct Asker {
    store: Arc<dyn Store>,
    account: String,
    id: InstanceId,
    number: u64,
    terms: Terms,
    granted: u64,
    taken: u64,
    returned: u64,
}

impl Asker {
    fn new(store: &Arc<dyn Store>, account: &str, terms: Terms) -> Self {
        let (store, account, id) = (store.clone(), account.to_owned(), draw_instance());
        Self { store, account, id, number: 0, terms, granted: 0, taken: 0, returned: 0 }
    }

    fn step(&self, wanted: u64) -> Step {
        let Self { id, number, terms, granted, taken, returned, .. } = *self;
        let limit = String::from("requests");
        let want = Want { urgent: true, parts: vec![Part { claim: 0, least: 1, most: wanted }] };
        Step {
            instance: id,
            number,
            horizon_ms: 0,
            leaves: false,
            claims: vec![Claim { limit, terms, granted, taken, returned, ends_ms: 0 }],
            wants: if wanted == 0 { Vec::new() } else { vec![want] },
        }
    }

    fn send(&self, step: Step) -> Grants {
        let number = step.number;
        let answer = wake::block_on(self.store.step(&self.account, step));
        let grants = answer.expect("a store under test answers");
        assert_eq!(grants.number, number, "an answer names the step that it answers");
        assert_eq!(grants.granted.len(), 1, "an answer counts every claim");
        grants
    }

    /// Asks for up to `wanted`, and takes what it is given: what is there at once, and what is booked.
    fn ask(&mut self, wanted: u64) -> (u64, Vec<u64>) {
        self.number += 1;
        let grants = self.send(self.step(wanted));
        self.granted = self.granted.max(grants.granted[0]);
        let now = grants.leases.iter().filter(|lease| lease.after_ms == 0);
        let booked = grants.leases.iter().filter(|lease| lease.after_ms > 0).map(|lease| lease.after_ms);
        (now.map(|lease| lease.amounts[0].1).sum(), booked.collect())
    }
}

fn account() -> String {
    format!("conformance-{:x}", draw_instance().0)
}

fn what_is_there_is_granted_and_the_rest_is_booked(store: &Arc<dyn Store>) {
    let mut one = Asker::new(store, &account(), HOURLY);
    assert_eq!(one.ask(9), (3, vec![]), "an instance that is alone is granted all that is there");
    for hours in 1..=2 {
        let (now, booked) = one.ask(1);
        let expected = (hours * HOUR_MS - SLACK_MS)..=(hours * HOUR_MS);
        assert!(now == 0 && booked.len() == 1, "where nothing is left, the next slot is booked");
        assert!(expected.contains(&booked[0]), "slot {hours} is booked for {} ms from now", booked[0]);
    }
}

fn an_instance_that_joins_has_its_part(store: &Arc<dyn Store>) {
    let account = account();
    let terms = Terms::Even { amount: 1, period_ms: HOUR_MS, burst: 40 };
    let (mut one, mut two) = (Asker::new(store, &account, terms), Asker::new(store, &account, terms));
    one.ask(0);
    two.ask(0);
    assert_eq!(one.ask(100).0, 20, "one of two is granted half of what is there");
    assert_eq!(two.send(two.step(0)).live, 2, "both live");
}

fn a_step_that_comes_again_is_given_nothing(store: &Arc<dyn Store>) {
    let mut one = Asker::new(store, &account(), HOURLY);
    assert_eq!(one.ask(1).0, 1);
    for _ in 0..3 {
        let again = one.send(one.step(1));
        assert!(again.leases.is_empty(), "only the newest step is given leases, and once");
        assert_eq!(again.granted[0], 1, "what was granted stays counted");
    }
}

fn what_is_returned_is_there_again(store: &Arc<dyn Store>) {
    let mut one = Asker::new(store, &account(), HOURLY);
    assert_eq!(one.ask(3).0, 3);
    one.returned = 2;
    one.ask(0);
    assert_eq!(one.ask(9).0, 2, "what was returned is there again, once");
}

fn slots_are_never_granted_twice(store: &Arc<dyn Store>) {
    let account = account();
    let terms = Terms::Slots { amount: 2 };
    let (mut one, mut two) = (Asker::new(store, &account, terms), Asker::new(store, &account, terms));
    assert_eq!(one.ask(2).0, 2);
    assert_eq!(two.ask(1), (0, vec![]), "slots in use are neither granted nor booked");
    one.returned = 1;
    one.ask(0);
    assert_eq!(two.ask(2).0, 1, "a slot that was returned goes to the next");
}

fn accounts_know_nothing_of_one_another(store: &Arc<dyn Store>) {
    let mut one = Asker::new(store, &account(), HOURLY);
    let mut other = Asker::new(store, &account(), HOURLY);
    assert_eq!((one.ask(3).0, other.ask(3).0), (3, 3), "accounts have limits of their own");
}

fn instances_that_step_at_once_never_share_more_than_there_is(store: &Arc<dyn Store>) {
    let account = account();
    let terms = Terms::Even { amount: 1, period_ms: HOUR_MS, burst: 50 };
    let askers = (0..8).map(|_| Asker::new(store, &account, terms));
    let threads: Vec<_> =
        askers.map(|mut asker| thread::spawn(move || (0..20).map(|_| asker.ask(3).0).sum::<u64>())).collect();
    let granted: u64 = threads.into_iter().map(|thread| thread.join().expect("a store does not panic")).sum();
    assert_eq!(granted, 50, "steps of one account are taken one after another");
}

fn the_share_that_was_taken_is_charged(store: &Arc<dyn Store>) {
    let mut one = Asker::new(store, &account(), HOURLY);
    one.ask(0);
    one.taken = 2;
    one.ask(0);
    assert_eq!(one.ask(9).0, 1, "what was taken without the store is no longer there");
}
