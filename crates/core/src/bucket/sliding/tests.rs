//! What a sliding window lets go, and when what was charged leaves it.

use super::*;

#[test]
fn no_period_holds_more_than_the_amount() {
    let mut bucket = SlidingWindow::new(&Quota::per_minute(3).refill(crate::Refill::SlidingWindow));
    let mut starts = alloc::vec::Vec::new();
    let mut now = Timestamp::ZERO;
    for _ in 0..12 {
        let Fit::At(at) = bucket.fit(1, now) else { panic!("it fits at some instant") };
        bucket.charge(1, at);
        starts.push(at);
        now = at;
    }
    for (first, fourth) in starts.iter().zip(starts.iter().skip(3)) {
        assert!(fourth.since(*first) >= Duration::from_secs(60), "{first} and {fourth}");
    }
    assert!(
        starts.last().copied().unwrap_or_default() <= Timestamp::from_secs(184),
        "rounding is a slot a turn"
    );
}

#[test]
fn it_never_keeps_more_slots_than_a_period_has() {
    let mut bucket = SlidingWindow::new(&Quota::per_second(1_000_000).refill(crate::Refill::SlidingWindow));
    for milli in 0..10_000 {
        bucket.charge(1, Timestamp::from_millis(milli));
    }
    assert!(bucket.slots.len() <= usize::try_from(SLOTS).unwrap() + 2, "{}", bucket.slots.len());
}

#[test]
fn the_level_is_what_the_slots_have_that_are_left() {
    let mut bucket = SlidingWindow::new(&Quota::per_second(1_000));
    let mut charged = alloc::vec::Vec::new();
    for tick in 0..4_000_u64 {
        let now = Timestamp::from_millis(tick * 7 % 5_000 + tick);
        charged.push(bucket.charge(tick % 9, now));
        if tick % 3 == 0 {
            bucket.refund(tick % 5, charged[usize::try_from(tick / 2).unwrap()]);
        }
        if tick % 11 == 0 {
            bucket.adjust(i128::from(tick % 13) - 6, now);
        }
        let live = bucket.slots.iter().filter(|slot| bucket.leaves(slot) > now);
        let used: u64 = live.map(|slot| slot.used).sum();
        assert_eq!(bucket.used(now), used + bucket.theirs(), "at {now}");
    }
    bucket.charge(u64::MAX, Timestamp::from_secs(60));
    bucket.charge(u64::MAX, Timestamp::from_secs(60));
    assert_eq!(bucket.used(Timestamp::from_secs(60)), u64::MAX);
    assert_eq!(bucket.used(Timestamp::from_secs(62)), 0);
}

#[test]
fn a_refund_reaches_only_its_own_slot() {
    let mut bucket = SlidingWindow::new(&Quota::per_minute(10));
    let stamp = bucket.charge(4, Timestamp::ZERO);
    bucket.charge(4, Timestamp::from_secs(30));
    bucket.refund(9, stamp);
    assert_eq!(bucket.available(Timestamp::from_secs(31)), 6);
}

#[test]
fn a_refund_finds_the_slot_that_a_clock_stepping_back_led_to() {
    let mut bucket = SlidingWindow::new(&Quota::per_minute(10));
    bucket.charge(4, Timestamp::ZERO);
    bucket.charge(1, Timestamp::from_secs(30));
    let stepped_back = bucket.charge(4, Timestamp::from_secs(20));
    bucket.refund(4, stepped_back);
    assert_eq!(bucket.available(Timestamp::from_secs(31)), 5);
    assert_eq!(bucket.available(Timestamp::from_secs(61)), 9, "the first charge has left, and nothing else");
}

#[test]
fn charges_of_one_slot_join_and_those_of_the_next_do_not() {
    let mut bucket = SlidingWindow::new(&Quota::every(10, Duration::from_millis(2_560)));
    assert_eq!(bucket.joins_until(Timestamp::ZERO), None, "there is nothing to join");
    bucket.charge(4, Timestamp::from_millis(23));
    assert_eq!(bucket.joins_until(Timestamp::from_millis(29)), Some(Timestamp::from_millis(30)));
    assert_eq!(bucket.joins_until(Timestamp::from_millis(30)), None);
}

#[test]
fn more_than_the_limit_is_never_and_exactly_the_limit_fits() {
    let bucket = SlidingWindow::new(&Quota::per_minute(5));
    assert_eq!(bucket.fit(6, Timestamp::ZERO), Fit::Never);
    assert_eq!(bucket.fit(5, Timestamp::ZERO), Fit::At(Timestamp::ZERO));
    assert_eq!(bucket.fit_after(3, 6, Timestamp::ZERO), Fit::Never);
}

#[test]
fn the_prediction_counts_what_goes_first_at_the_limits_rate() {
    let mut bucket = SlidingWindow::new(&Quota::per_minute(60));
    bucket.charge(50, Timestamp::ZERO);
    assert_eq!(bucket.fit_after(9, 1, Timestamp::ZERO), Fit::At(Timestamp::ZERO));
    assert_eq!(bucket.fit_after(19, 1, Timestamp::ZERO), Fit::At(Timestamp::from_secs(10)));
    assert_eq!(bucket.fit_after(0, 11, Timestamp::ZERO), bucket.fit(11, Timestamp::ZERO));
    assert_eq!(bucket.fit_after(1, 60, Timestamp::ZERO), Fit::At(Timestamp::from_secs(51)));
}

#[test]
fn a_slot_leaves_a_period_after_its_latest_charge_and_not_before() {
    let mut bucket = SlidingWindow::new(&Quota::every(3, Duration::from_secs(64)));
    bucket.charge(1, Timestamp::from_millis(500));
    bucket.charge(2, Timestamp::from_millis(700));
    let leaves = Timestamp::from_millis(64_700);
    assert_eq!(bucket.fit(1, Timestamp::from_secs(1)), Fit::At(leaves));
    assert_eq!(bucket.available(leaves.before(Duration::from_nanos(1))), 0);
    assert_eq!(bucket.available(leaves), 3);
    assert_eq!(bucket.fit(3, leaves), Fit::At(leaves));
}

#[test]
fn what_leaves_at_an_instant_is_gone_at_it_and_nothing_behind_it_is() {
    let mut bucket = SlidingWindow::new(&Quota::per_minute(10));
    bucket.charge(4, Timestamp::ZERO);
    bucket.charge(6, Timestamp::from_secs(30));
    assert_eq!(bucket.fit(5, Timestamp::from_secs(60)), Fit::At(Timestamp::from_secs(90)));
    bucket.adjust(0, Timestamp::from_millis(30_100));
    assert_eq!(bucket.fit(5, Timestamp::from_secs(60)), Fit::At(Timestamp::from_secs(90)), "nothing moved");
}

#[test]
fn what_is_missing_right_after_a_burst_left_leaves_a_moment_later() {
    let mut bucket = SlidingWindow::new(&Quota::per_minute(300));
    bucket.charge(300, Timestamp::ZERO);
    let left = Timestamp::from_millis(60_100);
    bucket.charge(100, left);
    bucket.adjust(-40, left);
    assert_eq!(bucket.available(left), 160);
    assert_eq!(bucket.fit(200, left), Fit::At(Timestamp::from_nanos(60_100_000_000 + 234_375_000)));
    bucket.adjust(-400, Timestamp::from_millis(60_400));
    assert_eq!(bucket.available(Timestamp::from_secs(61)), 100, "what others used stays for the period");
}

#[test]
fn what_comes_back_time_and_again_holds_up_nothing_and_needs_few_slots() {
    let mut bucket = SlidingWindow::new(&Quota::per_minute(600));
    for tick in 0..600 {
        bucket.charge(1, Timestamp::from_millis(tick * 100));
    }
    for tick in 610..660_u16 {
        let now = Timestamp::from_millis(u64::from(tick) * 100);
        bucket.adjust(-1, now);
        let due = bucket.available(now);
        assert!((i128::from(tick) - 608..=i128::from(tick) - 600).contains(&due), "{due} at {now}");
        assert!(bucket.slots.iter().filter(|slot| slot.is_back).count() <= 5, "at {now}");
    }
}

#[test]
fn a_burst_that_even_its_quickest_answer_shows_to_be_late_leaves_later() {
    let mut bucket = SlidingWindow::new(&Quota::per_minute(300));
    let (early, burst) = (Timestamp::ZERO, Timestamp::from_secs(1));
    bucket.charge(1, early);
    bucket.heard(early, Duration::from_millis(300));
    bucket.charge(299, burst);
    let leaves_ms = |bucket: &SlidingWindow| match bucket.fit(300, burst) {
        Fit::At(at) => at.as_nanos() / 1_000_000,
        other => panic!("it fits at some instant: {other:?}"),
    };
    (0..15).for_each(|call| bucket.heard(burst, Duration::from_millis(500 + call)));
    assert_eq!(leaves_ms(&bucket), 61_000, "a few answers may all be slow");
    bucket.heard(burst, Duration::from_millis(600));
    assert!((61_150..61_200).contains(&leaves_ms(&bucket)), "{}", leaves_ms(&bucket));
    bucket.heard(burst, Duration::from_millis(310));
    assert_eq!(leaves_ms(&bucket), 61_000, "one was quick");
}

#[test]
fn what_goes_later_than_it_was_charged_leaves_a_period_after_it_went() {
    let mut bucket = SlidingWindow::new(&Quota::per_minute(10));
    let stamps = [2_u64, 3, 5].map(|amount| bucket.charge(amount, Timestamp::ZERO));
    let soon = Timestamp::from_millis(100);
    assert_eq!(bucket.depart(2, stamps[0], soon), stamps[0], "it is the same slot's still");
    assert_eq!(bucket.fit(10, soon), Fit::At(soon.after(Duration::from_secs(60))));
    let late = Timestamp::from_secs(1);
    let moved = bucket.depart(3, stamps[1], late);
    assert_eq!(bucket.available(Timestamp::from_millis(60_100)), 7);
    bucket.refund(1, moved);
    assert_eq!(bucket.available(Timestamp::from_millis(60_100)), 8);
    assert_eq!(bucket.available(Timestamp::from_secs(61)), 10);
    bucket.depart(5, stamps[2], Timestamp::from_secs(90));
    assert_eq!(bucket.available(Timestamp::from_secs(90)), 5, "it went after its slot had left");
}

#[test]
fn a_correction_takes_or_gives_and_a_changed_limit_keeps_what_was_used() {
    let now = Timestamp::from_secs(1);
    let mut bucket = SlidingWindow::new(&Quota::per_minute(10));
    bucket.charge(4, Timestamp::ZERO);
    bucket.adjust(-3, now);
    assert_eq!(bucket.available(now), 3);
    bucket.adjust(0, now);
    bucket.adjust(5, now);
    assert_eq!(bucket.available(now), 8);
    bucket.resize(&Quota::per_minute(20), now);
    assert_eq!(bucket.available(now), 18);
}

#[test]
fn what_goes_within_its_slot_stays_there_and_at_its_end_does_not() {
    let at = Timestamp::from_millis;
    let mut bucket = SlidingWindow::new(&Quota::every(10, Duration::from_millis(2_560)));
    let stamps = [2, 3].map(|amount| bucket.charge(amount, at(0)));
    bucket.charge(1, at(1_000));
    assert_eq!(bucket.depart(2, stamps[0], at(5)), stamps[0]);
    assert_eq!([2_564, 2_565].map(|now| bucket.available(at(now))), [4, 9], "all of the slot goes with it");
    let mut bucket = SlidingWindow::new(&Quota::every(10, Duration::from_millis(2_560)));
    let stamps = [2, 3].map(|amount| bucket.charge(amount, at(0)));
    bucket.depart(2, stamps[0], at(10));
    assert_eq!([2_559, 2_560, 2_570].map(|now| bucket.available(at(now))), [5, 8, 10]);
}

#[test]
fn what_comes_back_joins_only_what_came_back_just_before() {
    let at = |micros: u64| Timestamp::from_nanos(micros * 1_000);
    let mut bucket = SlidingWindow::new(&Quota::every(100, Duration::from_millis(2_560)));
    bucket.charge(90, at(0));
    bucket.charge(1, at(30_000));
    bucket.charge(1, at(50_000));
    let back = |bucket: &SlidingWindow| bucket.slots.iter().filter(|slot| slot.is_back).count();
    // A slot is 10 ms, and what comes within a quarter of it leaves together.
    for (now, slots) in [(2_581_000, 1), (2_583_499, 1), (2_583_500, 2), (2_585_999, 2), (2_586_000, 3)] {
        bucket.adjust(-1, at(now));
        assert_eq!(back(&bucket), slots, "at {now}");
        assert!(bucket.slots.iter().is_sorted_by_key(|slot| slot.start), "by their beginnings: {bucket:?}");
    }
    let others = bucket.slots.iter().filter(|slot| !slot.is_back);
    assert!(others.clone().all(|slot| slot.used <= 1), "nothing joins what never left: {bucket:?}");
}

/// A window of 100 in which 30 were used at zero, and others have 20 of it.
fn beside_others() -> SlidingWindow {
    let mut bucket = SlidingWindow::new(&Quota::per_minute(100));
    bucket.charge(30, Timestamp::ZERO);
    for (second, missing) in [(7, 1), (8, 1), (10, 20)] {
        bucket.adjust(-missing, Timestamp::from_secs(second));
    }
    bucket
}

#[test]
fn what_others_have_stays_theirs_until_an_answer_gives_it_back() {
    let mut bucket = beside_others();
    assert_eq!((bucket.available(Timestamp::from_secs(59)), bucket.theirs()), (48, 20));
    assert_eq!(bucket.available(Timestamp::from_secs(200)), 80, "when theirs leave is not known");
    bucket.adjust(5, Timestamp::from_secs(50));
    assert_eq!((bucket.available(Timestamp::from_secs(50)), bucket.theirs()), (53, 15), "theirs first");
    bucket.adjust(25, Timestamp::from_secs(50));
    assert_eq!(
        (bucket.available(Timestamp::from_secs(50)), bucket.theirs()),
        (78, 0),
        "then what went first"
    );
    assert_eq!(bucket.available(Timestamp::from_secs(200)), 100);
}

#[test]
fn beside_others_nothing_is_late() {
    let mut bucket = beside_others();
    bucket.forget(Timestamp::from_secs(60));
    bucket.adjust(-10, Timestamp::from_millis(60_100));
    assert_eq!((bucket.theirs(), bucket.available(Timestamp::from_secs(100))), (30, 70));
}

#[test]
fn what_is_counted_anew_leaves_a_period_after_it_was_charged_and_what_others_have_stays() {
    let mut bucket = SlidingWindow::new(&Quota::per_minute(100));
    bucket.charge(90, Timestamp::from_secs(50));
    let history =
        [(Timestamp::from_secs(10), 20), (Timestamp::from_secs(30), 0), (Timestamp::from_secs(40), 30)];
    let now = Timestamp::from_secs(60);
    bucket.recount(&history, 15, now);
    let left = |at| bucket.available(Timestamp::from_secs(at));
    assert_eq!([60, 69, 71, 101, 300].map(left), [35, 35, 55, 85, 85]);
    // More than the most that others are taken to have is nobody's.
    bucket.recount(&[], 80, now);
    assert_eq!(bucket.available(now), 40);
    bucket.recount(&[], 0, now);
    assert_eq!((bucket.available(now), bucket.theirs()), (100, 0));
    bucket.recount(&[(Timestamp::from_secs(10), 0), (Timestamp::from_secs(40), 30)], 0, now);
    assert_eq!(bucket.leaves_first(), Some(Timestamp::from_secs(100)), "nothing was charged at first");
}

#[test]
fn what_came_apart_leaves_together_once_it_is_gathered() {
    // A sixteenth of the period is together anyhow, and what is less than that short of one is of two lots.
    let gathered = |apart_ms: u64| {
        let mut bucket = SlidingWindow::new(&Quota::every(3, Duration::from_millis(1_600)));
        let gone = bucket.charge(1, Timestamp::from_secs(5));
        let stamp = bucket.charge(1, Timestamp::from_secs(10));
        let last = Timestamp::from_secs(10).after(Duration::from_millis(apart_ms));
        bucket.charge(2, last);
        let moved = bucket.gather(last);
        let left = bucket.available(last.after(Duration::from_millis(1_599)));
        assert_eq!(bucket.available(last.after(Duration::from_millis(1_600))), 3);
        bucket.refund(1, gone);
        assert_eq!(bucket.available(last), 0, "what had left before has nothing to give back");
        bucket.refund(1, stamp);
        assert_eq!(bucket.available(last), 1, "a refund finds what it was of");
        (moved, left)
    };
    assert_eq!([100, 101, 1_499, 1_500].map(gathered), [(false, 1), (true, 0), (true, 0), (false, 1)]);
    assert!(!SlidingWindow::new(&Quota::per_second(1)).gather(Timestamp::from_secs(1)), "there is nothing");
}
