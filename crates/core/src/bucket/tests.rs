//! What holds for every kind of bucket.

use super::*;
use crate::Calendar;

const NOW: Timestamp = Timestamp::from_secs(100);

/// A bucket of each kind that holds ten.
fn kinds() -> [Bucket; 5] {
    let minute = Quota::per_minute(10).burst(10);
    let refills = [
        Refill::Continuous,
        Refill::FixedWindow,
        Refill::SlidingWindow,
        Refill::WeightedCounter(Calendar::Minute),
    ];
    let [even, fixed, sliding, counter] = refills.map(|refill| Bucket::new(&minute.refill(refill), NOW));
    [even, fixed, sliding, counter, Bucket::new(&Quota::concurrency(10), NOW)]
}

#[test]
fn every_kind_holds_its_amount_and_waits_for_more() {
    for mut bucket in kinds() {
        assert!(bucket.has_room(10, NOW) && !bucket.has_room(11, NOW), "{bucket:?}");
        assert_eq!(bucket.fit(11, NOW), Fit::Never);
        let stamp = bucket.charge(7, NOW);
        assert!(bucket.has_room(3, NOW) && !bucket.has_room(4, NOW), "{bucket:?}");
        assert_eq!(bucket.available(NOW), 3);
        assert!(!bucket.fits_behind(3, NOW, 1, NOW));
        assert!(bucket.fits_behind(2, NOW, 1, NOW));
        assert_eq!(bucket.fit_after(2, 1, NOW), Fit::At(NOW));
        bucket.refund(5, stamp, NOW);
        bucket.adjust(-1, NOW);
        assert_eq!(bucket.available(NOW), 7);
    }
}

#[test]
fn a_plain_bucket_takes_and_puts_back_what_fits_and_settles_the_rest() {
    for (mut bucket, plain) in kinds().into_iter().zip([true, false, false, false, true]) {
        assert_eq!(bucket.is_plain(), plain);
        let whole = bucket.clone();
        let before = bucket.take(7, NOW);
        assert_eq!(before.is_some(), plain);
        let Some(before) = before else {
            assert_eq!(bucket, whole);
            continue;
        };
        assert!(bucket.available(NOW) == 3 && bucket.take(4, NOW).is_none() && bucket.available(NOW) == 3);
        bucket.put_back(before);
        assert_eq!(bucket.available(NOW), 10);
        bucket.take(7, NOW);
        bucket.settle(7, 4, NOW);
        let returns = matches!(bucket, Bucket::Slots(_));
        assert_eq!(bucket.available(NOW), if returns { 10 } else { 6 });
        bucket.settle(0, 5, NOW);
        assert_eq!(bucket.available(NOW), if returns { 10 } else { 1 }, "over-use is charged");
    }
}

#[test]
fn windows_have_edges_and_what_slides_leaves() {
    let [even, mut fixed, mut sliding, counter, slots] = kinds();
    let later = Timestamp::from_secs(160);
    let stamp = fixed.charge(4, NOW);
    assert_eq!((fixed.edge(), fixed.window_end(NOW)), (Some(later), Some(later)));
    assert!(fixed.is_present(stamp, NOW) && !fixed.is_present(stamp, later));
    sliding.charge(4, NOW);
    assert_eq!((sliding.leaves(), sliding.edge(), sliding.window_end(NOW)), (Some(later), None, None));
    sliding.forget(later.before(Duration::from_nanos(1)));
    assert_eq!(sliding.leaves(), Some(later));
    sliding.forget(later);
    assert_eq!(sliding.leaves(), None);
    assert_eq!((counter.edge(), counter.window_end(NOW)), (Some(later), None));
    for bucket in [&even, &slots, &counter] {
        assert!(bucket.leaves().is_none() && bucket.is_present(stamp, later));
    }
    assert_eq!((even.edge(), slots.edge()), (None, None));
}

#[test]
fn a_margin_and_a_spread_matter_where_they_are_set() {
    let [mut even, fixed, mut sliding, ..] = kinds();
    for bucket in [&mut even, &mut sliding] {
        bucket.charge(10, NOW);
        bucket.set_margin(Duration::from_secs(1));
    }
    assert_eq!(even.fit(1, NOW), Fit::At(Timestamp::from_secs(107)));
    assert_eq!(sliding.fit(1, NOW), Fit::At(Timestamp::from_secs(161)));
    assert!(matches!(fixed, Bucket::Fixed(_)));
    let [mut even, ..] = kinds();
    even.set_spread(Duration::from_secs(3));
    even.charge(10, NOW);
    assert_eq!(even.fit(1, NOW), Fit::At(Timestamp::from_secs(109)), "three seconds, and six for one");
    let [mut even, ..] = kinds();
    even.set_spread(Duration::from_secs(30));
    even.adjust(0, NOW);
    assert_eq!(even.available(NOW), 10, "no correction is no charge");
}

#[test]
fn a_window_is_surely_there_a_margin_after_it_is_told_unless_it_is_older_than_the_clock() {
    let margin = Duration::from_secs(1);
    let mut edges = Edges { start: Timestamp::from_secs(60), end: Timestamp::from_secs(120), margin };
    assert_eq!(edges.sure(), (Timestamp::from_secs(61), Timestamp::from_secs(121)));
    edges.start = Timestamp::ZERO;
    assert_eq!(edges.sure(), (Timestamp::ZERO, Timestamp::from_secs(121)));
}

#[test]
fn scaling_rounds_up_and_of_nothing_is_nothing() {
    assert_eq!([scale_up(6, 5, 10), scale_up(7, 5, 10), scale_up(0, 5, 10)], [3, 4, 0]);
    assert_eq!([scale_up(7, 5, 0), scale_up(u128::MAX, 2, 1)], [0, u64::MAX]);
    assert_eq!(Stamp::at(NOW), Stamp(NOW));
}

#[test]
fn only_a_sliding_window_has_a_grain_and_joins_what_comes_close() {
    let slot = Duration::from_nanos(60_000_000_000 / 256);
    for mut bucket in kinds() {
        bucket.charge(1, NOW);
        let slides = matches!(bucket, Bucket::Sliding(_));
        assert_eq!(bucket.grain(), if slides { slot } else { Duration::ZERO });
        assert_eq!(bucket.joins_until(NOW).is_some(), slides, "{bucket:?}");
        let windows = slides || matches!(bucket, Bucket::Fixed(_) | Bucket::Counter(_));
        assert_eq!(bucket.has_windows(), windows, "{bucket:?}");
    }
}

#[test]
fn a_call_never_goes_sooner_than_it_was_charged() {
    for mut bucket in kinds() {
        let stamp = bucket.charge(1, NOW);
        let before = bucket.clone();
        assert_eq!(bucket.depart(1, stamp, NOW.before(Duration::from_secs(5))), stamp);
        assert_eq!(bucket, before);
    }
}

#[test]
fn answers_that_are_all_slow_are_heard_by_what_slides() {
    let [_, _, mut sliding, ..] = kinds();
    let burst = Timestamp::from_secs(101);
    sliding.charge(1, NOW);
    sliding.heard(NOW, Duration::from_millis(300));
    sliding.charge(9, burst);
    (0..16).for_each(|_| sliding.heard(burst, Duration::from_millis(500)));
    assert!(matches!(sliding.fit(10, burst), Fit::At(at) if at > Timestamp::from_secs(161)));
}

#[test]
fn settling_tells_whether_anybody_may_have_waited_for_it() {
    let [mut even, .., mut slots] = kinds();
    slots.charge(2, NOW);
    assert!(slots.settle(2, 0, NOW) && !slots.settle(0, 0, NOW) && even.settle(0, 0, NOW));
}

#[test]
fn what_departs_no_later_than_it_was_charged_stays_where_it_is() {
    for mut bucket in kinds() {
        bucket.charge(1, NOW);
        let stamp = bucket.charge(4, NOW.after(Duration::from_secs(10)));
        let before = bucket.clone();
        assert_eq!((bucket.depart(4, stamp, NOW), &bucket), (stamp, &before));
    }
}

#[test]
fn only_a_sliding_window_knows_others_and_only_a_fixed_one_when_it_began() {
    let others = kinds().map(|mut bucket| {
        bucket.charge(1, NOW);
        for second in 1..4 {
            bucket.adjust(-2, NOW.after(Duration::from_secs(second)));
        }
        (bucket.theirs(), bucket.began(NOW.after(Duration::from_secs(5))))
    });
    assert_eq!(others, [(0, None), (0, Some(NOW)), (2, None), (0, None), (0, None)]);
}
