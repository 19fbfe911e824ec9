//! What a process may spend of its leases and of its safe share.

use super::*;

const fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn even() -> (Quota, Holding) {
    let quota = Quota::per_second(10).burst(5);
    (quota, Holding::new(String::from("requests"), &quota))
}

/// A step that was answered with leases of these amounts, from and until.
fn leased(holding: &mut Holding, leases: &[(u64, u64, u64)]) {
    holding.claim(Timestamp::MAX, at(0));
    let all = leases.iter().map(|(amount, _, _)| amount).sum();
    assert!(holding.answered(holding.granted + all, all, 7));
    for (amount, from, until) in leases {
        holding.accept(*amount, at(*from), at(*until));
    }
}

#[test]
fn leases_are_spent_between_their_instants_and_together() {
    let (_, mut holding) = even();
    leased(&mut holding, &[(2, 0, 100), (3, 50, 200)]);
    assert_eq!(holding.fit(0, 2, at(0)), Fit::At(at(0)));
    assert_eq!(holding.fit(0, 5, at(0)), Fit::At(at(50)));
    assert_eq!(holding.fit(0, 5, at(100)), Fit::OnRelease, "the first has expired");
    assert_eq!(holding.fit(0, 3, at(199)), Fit::At(at(199)));
    assert_eq!(holding.fit(0, 3, at(200)), Fit::OnRelease);
    assert_eq!((holding.ahead(at(99)), holding.ahead(at(100)), holding.left()), (5, 3, 7));
}

#[test]
fn what_is_spent_refunded_and_expired_is_accounted_for() {
    let (_, mut holding) = even();
    leased(&mut holding, &[(4, 0, 100)]);
    holding.charge(3, at(10));
    assert_eq!(holding.ahead(at(10)), 1);
    holding.refund(2, at(20));
    assert_eq!((holding.ahead(at(20)), holding.returned), (3, 0));
    holding.expire(false, at(100));
    assert_eq!((holding.ahead(at(99)), holding.returned, holding.out(at(100))), (0, 3, 3));
    holding.refund(1, at(110));
    assert_eq!(holding.returned, 4, "without a lease it goes back");
    holding.charge(2, at(120));
    assert_eq!(holding.granted, 6, "over-use is told as granted");
}

#[test]
fn a_lease_that_begins_too_late_goes_back() {
    let (_, mut holding) = even();
    leased(&mut holding, &[(4, 100, 100)]);
    assert_eq!((holding.ahead(at(0)), holding.returned), (0, 4));
    assert!(!holding.answered(9, 0, 0), "an answer is taken once");
}

#[test]
fn the_safe_share_begins_empty_and_is_told_as_taken() {
    let (quota, mut holding) = even();
    let whole = Bucket::new(&quota, at(0));
    holding.lose(&quota, &whole, 2, at(0));
    assert_eq!(holding.fit(0, 1, at(0)), Fit::At(at(200)));
    assert_eq!(holding.fit(0, 9, at(0)), Fit::At(at(400)), "more than the share holds waits for all of it");
    holding.charge(1, at(200));
    assert_eq!((holding.taken, holding.granted), (1, 0));
    holding.refund(1, at(200));
    assert_eq!(holding.fit(0, 1, at(200)), Fit::At(at(200)));
    holding.claim(Timestamp::MAX, at(300));
    assert!(holding.answered(0, 0, 0));
    assert_eq!(holding.fit(0, 1, at(300)), Fit::OnRelease, "the store is back");
}

#[test]
fn slots_have_a_share_too_and_unused_ones_go_back() {
    let quota = Quota::concurrency(6);
    let mut holding = Holding::new(String::from("slots"), &quota);
    let whole = Bucket::new(&quota, at(0));
    assert_eq!(holding.fit(0, 1, at(0)), Fit::OnRelease);
    holding.lose(&quota, &whole, 3, at(0));
    assert_eq!(holding.fit(0, 2, at(0)), Fit::At(at(0)));
    holding.charge(2, at(0));
    assert_eq!((holding.taken, holding.fit(0, 1, at(0))), (2, Fit::OnRelease));
    holding.refund(1, at(0));
    assert_eq!(holding.ahead(at(0)), 1);
    holding.expire(true, at(0));
    assert_eq!((holding.returned, holding.ahead(at(0))), (1, 0));
}

#[test]
fn a_windows_counters_begin_anew_with_it() {
    let quota = Quota::per_day(9);
    let mut holding = Holding::new(String::from("day"), &quota);
    let claim = holding.claim(at(1_000), at(0));
    assert_eq!((claim.ends_ms, claim.granted), (1_000, 0));
    assert!(holding.answered(4, 4, 5));
    holding.accept(4, at(0), at(900));
    holding.expire(false, at(999));
    assert_eq!((holding.granted, holding.returned), (4, 4));
    holding.expire(false, at(1_000));
    assert_eq!((holding.granted, holding.returned, holding.left()), (0, 0, 9));
    let mut whole = Bucket::new(&quota, at(0));
    whole.charge(1, at(1_000));
    holding.lose(&quota, &whole, 3, at(1_000));
    assert_eq!(holding.fit(0, 3, at(1_000)), Fit::At(at(1_000)), "a third of the nine");
    holding.charge(3, at(1_000));
    assert_ne!(holding.fit(0, 1, at(1_000)), Fit::At(at(1_000)));
}

#[test]
fn a_changed_quota_changes_the_terms() {
    let (_, mut holding) = even();
    holding.renew(&Quota::per_second(20).burst(8));
    assert_eq!(holding.terms().capacity(), 8);
}

#[test]
fn what_is_left_behind_a_call_is_what_leases_and_the_share_still_hold() {
    let (quota, mut holding) = even();
    leased(&mut holding, &[(3, 0, 100), (3, 50, 200)]);
    assert_eq!(holding.fit_behind(0, at(0), 2), Fit::At(at(0)));
    assert_eq!(holding.fit_behind(1, at(0), 5), Fit::At(at(50)), "all that is left, once it may be spent");
    assert_eq!(holding.fit_behind(1, at(0), 6), Fit::OnRelease);
    let (_, mut holding) = even();
    holding.lose(&quota, &Bucket::new(&quota, at(0)), 2, at(0));
    assert_eq!(holding.fit_behind(0, at(0), 1), Fit::At(at(200)), "the share fills though no lease is held");
}

#[test]
fn leases_that_follow_each_other_are_never_spent_together() {
    let (_, mut holding) = even();
    leased(&mut holding, &[(2, 0, 100), (2, 100, 200)]);
    assert_eq!(holding.fit(0, 2, at(0)), Fit::At(at(0)));
    assert_eq!(holding.fit(0, 4, at(0)), Fit::OnRelease);
    assert_eq!((holding.out(at(50)), holding.out(at(100))), (4, 4), "what expired is out until it goes back");
}

#[test]
fn only_leases_that_may_be_spent_now_pay_and_take_back() {
    let (_, mut holding) = even();
    leased(&mut holding, &[(3, 50, 200), (2, 0, 100)]);
    holding.charge(4, at(10));
    assert_eq!((holding.granted, holding.ahead(at(10))), (5 + 2, 3), "the later one is not touched");
    holding.refund(1, at(10));
    assert_eq!((holding.returned, holding.ahead(at(10))), (1, 3), "the one that paid is used up");
    holding.charge(1, at(200));
    assert_eq!((holding.granted, holding.ahead(at(199))), (5 + 2 + 1, 3), "the other one has expired");
    holding.refund(1, at(200));
    assert_eq!((holding.returned, holding.ahead(at(199))), (2, 3));
}

#[test]
fn the_lease_that_begins_first_pays_first_and_one_of_nothing_is_none() {
    let (_, mut holding) = even();
    leased(&mut holding, &[(3, 50, 200), (2, 0, 100)]);
    holding.charge(2, at(60));
    assert_eq!(holding.ahead(at(150)), 3);
    let (_, mut holding) = even();
    leased(&mut holding, &[(0, 0, 100)]);
    holding.refund(1, at(10));
    assert_eq!((holding.returned, holding.ahead(at(10))), (1, 0));
}

#[test]
fn the_share_of_a_window_is_no_larger_in_the_next_one() {
    let quota = Quota::per_day(9);
    let mut holding = Holding::new(String::from("day"), &quota);
    holding.lose(&quota, &Bucket::new(&quota, at(0)), 3, at(0));
    let later = at(2 * 86_400_000);
    assert_eq!(holding.fit(0, 3, later), Fit::At(later));
    holding.charge(3, later);
    assert_ne!(holding.fit(0, 1, later), Fit::At(later));
}
