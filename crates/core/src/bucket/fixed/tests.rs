//! Tests of windows: their edges, and what goes near them.

use super::*;

fn minute(amount: u64) -> FixedWindow {
    FixedWindow::new(&Quota::per_minute(amount))
}

/// A window from and to these seconds, known to three tenths of one.
fn edges(start: u64, end: u64) -> Edges {
    let (start, end) = (Timestamp::from_secs(start), Timestamp::from_secs(end));
    Edges { start, end, margin: Duration::from_millis(300) }
}

/// A calendar's minute, whose edges are known to a margin.
fn calendar(amount: u64, margin: Duration) -> FixedWindow {
    let mut bucket = minute(amount);
    let edges = Edges { start: Timestamp::ZERO, end: Timestamp::from_secs(60), margin };
    bucket.set_edges(edges, Timestamp::from_secs(1));
    bucket
}

#[test]
fn edges_that_are_told_anew_move_the_present_window_or_begin_another() {
    let at = Timestamp::from_millis;
    let edges = |start, margin| Edges {
        start: Timestamp::from_secs(start),
        end: Timestamp::from_secs(start + 60),
        margin: Duration::from_millis(margin),
    };
    let used = || {
        let mut bucket = FixedWindow::new(&Quota::per_minute(100));
        bucket.set_edges(edges(60, 10), at(60_050));
        bucket.charge(100, at(100_000));
        bucket
    };
    let mut bucket = used();
    bucket.set_edges(edges(120, 500), at(119_990));
    let left = [120_200, 120_500].map(|millis| bucket.available(at(millis)));
    assert_eq!(left, [0, 100], "it goes on until the next one has surely begun");
    let moved = [70, 100].map(|start| {
        let mut bucket = used();
        bucket.set_edges(edges(start, 10), at(110_000));
        bucket.available(at(110_000))
    });
    assert_eq!(moved, [0, 100], "the same window nearly, and another one");
}

#[test]
fn a_window_that_has_begun_does_not_begin_again_where_its_edge_turns_out_later() {
    let mut bucket = FixedWindow::new(&Quota::per_minute(100));
    let edges = |margin| Edges {
        start: Timestamp::from_secs(60),
        end: Timestamp::from_secs(120),
        margin: Duration::from_millis(margin),
    };
    let now = Timestamp::from_millis(60_050);
    bucket.set_edges(edges(10), now);
    let stamp = bucket.charge(100, now);
    bucket.set_edges(edges(100), now);
    assert_eq!(bucket.available(Timestamp::from_millis(60_200)), 0);
    assert!(bucket.is_present(stamp, Timestamp::from_millis(60_200)), "it began when it did");
    assert_eq!(bucket.edge(), Some(Timestamp::from_millis(120_100)));
    assert_eq!(bucket.available(Timestamp::from_millis(120_100)), 100);
}

#[test]
fn a_full_window_waits_for_its_edge() {
    let mut bucket = minute(2);
    bucket.charge(2, Timestamp::from_secs(10));
    assert_eq!(bucket.fit(1, Timestamp::from_secs(20)), Fit::At(Timestamp::from_secs(70)));
    assert_eq!(bucket.fit(1, Timestamp::from_secs(71)), Fit::At(Timestamp::from_secs(71)));
}

#[test]
fn late_charges_count_for_both_windows() {
    let mut bucket = calendar(3, Duration::from_millis(300));
    bucket.charge(1, Timestamp::from_secs(30));
    bucket.charge(2, Timestamp::from_millis(60_100));
    assert_eq!(bucket.available(Timestamp::from_millis(60_300)), 1);
}

#[test]
fn what_may_arrive_after_the_edge_counts_for_both_windows() {
    let mut bucket = calendar(3, Duration::from_millis(5));
    bucket.set_jitter(Duration::from_millis(200));
    bucket.charge(1, Timestamp::from_millis(59_700));
    bucket.charge(1, Timestamp::from_millis(59_900));
    assert_eq!(bucket.available(Timestamp::from_millis(60_005)), 2);
}

#[test]
fn how_far_apart_answers_show_calls_to_arrive_may_be_a_large_part_of_a_window() {
    let second = Quota::every(5, Duration::from_secs(1));
    let left = |change: fn(&mut FixedWindow, Duration)| {
        let mut bucket = FixedWindow::new(&second);
        let edges =
            Edges { start: Timestamp::ZERO, end: Timestamp::from_secs(1), margin: Duration::from_millis(5) };
        bucket.set_edges(edges, Timestamp::from_millis(10));
        change(&mut bucket, Duration::from_millis(200));
        for at in [700, 850, 950] {
            bucket.charge(1, Timestamp::from_millis(at));
        }
        bucket.available(Timestamp::from_millis(1_005))
    };
    assert_eq!(left(FixedWindow::set_spread), 3);
    assert_eq!(left(FixedWindow::set_jitter), 4, "what is merely assumed takes a sixteenth at most");
}

#[test]
fn what_goes_in_a_later_window_than_it_was_charged_to_counts_there_once() {
    let mut bucket = calendar(10, Duration::from_millis(100));
    let (early, last) = (Timestamp::from_secs(59), Timestamp::from_millis(60_000));
    let stamps = [(1, early), (2, early), (4, last)].map(|(amount, at)| bucket.charge(amount, at));
    bucket.depart(1, stamps[0], last);
    bucket.depart(1, Stamp(last), last);
    let next = Timestamp::from_millis(60_150);
    assert_eq!(bucket.available(next), 5, "what went late counts for both windows");
    let moved = bucket.depart(2, stamps[1], next);
    assert_eq!(bucket.available(next), 3);
    bucket.depart(4, stamps[2], next);
    assert_eq!(bucket.available(next), 3, "it counted there already");
    bucket.refund(2, moved, next);
    assert_eq!(bucket.available(next), 5);
}

#[test]
fn edges_told_inside_the_margin_leave_the_new_window_whole() {
    let mut bucket = minute(2);
    bucket.set_edges(edges(0, 60), Timestamp::from_secs(1));
    bucket.charge(2, Timestamp::from_secs(30));
    bucket.set_edges(edges(60, 120), Timestamp::from_millis(60_100));
    assert_eq!(bucket.available(Timestamp::from_millis(60_299)), 0);
    assert_eq!(bucket.available(Timestamp::from_millis(60_300)), 2);
}

#[test]
fn a_window_that_began_before_the_clock_goes_on() {
    let mut bucket = minute(3);
    let margin = Duration::from_millis(300);
    bucket.charge(2, Timestamp::from_millis(100));
    let edges = Edges { start: Timestamp::ZERO, end: Timestamp::from_secs(20), margin };
    bucket.set_edges(edges, Timestamp::from_millis(200));
    assert_eq!(bucket.available(Timestamp::from_secs(1)), 1);
}

#[test]
fn edges_told_after_a_sleep_open_the_new_window() {
    let mut bucket = minute(2);
    bucket.set_edges(edges(10, 70), Timestamp::from_secs(20));
    bucket.charge(2, Timestamp::from_secs(30));
    // The machine slept for 45 s that its own clock did not count.
    bucket.set_edges(edges(25, 85), Timestamp::from_secs(31));
    assert_eq!(bucket.available(Timestamp::from_secs(31)), 0, "the same window, moved");
    bucket.set_edges(edges(60, 120), Timestamp::from_secs(61));
    assert_eq!(bucket.available(Timestamp::from_secs(61)), 2);
}

#[test]
fn edges_end_the_present_window_open_the_next_or_move_it() {
    let told = |start, end, margin, now: u64| {
        let mut bucket = minute(2);
        bucket.charge(2, Timestamp::from_secs(10));
        let (start, end) = (Timestamp::from_secs(start), Timestamp::from_secs(end));
        bucket
            .set_edges(Edges { start, end, margin: Duration::from_secs(margin) }, Timestamp::from_secs(now));
        bucket
    };
    let soon = told(60, 120, 5, 61);
    assert_eq!([64, 65].map(|at| soon.available(Timestamp::from_secs(at))), [0, 2], "at the sure edge");
    let short = told(60, 110, 0, 60);
    assert_eq!(short.edge(), Some(Timestamp::from_secs(110)), "a window of another length");
    assert_eq!(short.available(Timestamp::from_secs(60)), 2);
    let half = told(40, 100, 0, 41);
    assert_eq!(half.available(Timestamp::from_secs(41)), 0, "half a window off, it is the same one");
}

#[test]
fn debt_goes_along_into_the_window_that_is_told_after_a_sleep() {
    let mut bucket = minute(2);
    let margin = Duration::ZERO;
    bucket.charge(5, Timestamp::from_secs(10));
    let edges = Edges { start: Timestamp::from_secs(50), end: Timestamp::from_secs(110), margin };
    bucket.set_edges(edges, Timestamp::from_secs(51));
    assert_eq!(bucket.available(Timestamp::from_secs(51)), -1, "three beyond the two of the window before");
}

#[test]
fn over_use_carries_into_the_next_windows() {
    let mut bucket = minute(10);
    bucket.charge(25, Timestamp::ZERO);
    assert_eq!(bucket.fit(1, Timestamp::ZERO), Fit::At(Timestamp::from_secs(120)));
    assert_eq!(bucket.available(Timestamp::from_secs(60)), -5);
    assert_eq!(bucket.available(Timestamp::from_secs(120)), 5);
}

#[test]
fn a_refund_does_not_reach_a_later_window() {
    let mut bucket = minute(5);
    let stamp = bucket.charge(5, Timestamp::ZERO);
    bucket.charge(2, Timestamp::from_secs(61));
    bucket.refund(5, stamp, Timestamp::from_secs(62));
    assert_eq!(bucket.available(Timestamp::from_secs(62)), 3);
}

#[test]
fn the_prediction_counts_whole_windows_ahead() {
    let mut bucket = minute(10);
    bucket.charge(10, Timestamp::ZERO);
    assert_eq!(bucket.fit_after(25, 1, Timestamp::ZERO), Fit::At(Timestamp::from_secs(180)));
}

#[test]
fn more_than_the_limit_is_never_and_exactly_the_limit_fits() {
    assert_eq!(minute(5).fit(6, Timestamp::ZERO), Fit::Never);
    assert_eq!(minute(5).fit(5, Timestamp::ZERO), Fit::At(Timestamp::ZERO));
}

#[test]
fn a_refund_and_a_correction_reach_the_present_window() {
    let now = Timestamp::from_secs(1);
    let mut bucket = minute(5);
    let stamp = bucket.charge(4, Timestamp::ZERO);
    assert!(bucket.is_present(stamp, now) && !bucket.is_present(stamp, Timestamp::from_secs(60)));
    bucket.refund(3, stamp, now);
    assert_eq!(bucket.available(now), 4);
    bucket.adjust(-2, now);
    assert_eq!(bucket.available(now), 2);
    bucket.adjust(9, now);
    assert_eq!(bucket.available(now), 5);
}

#[test]
fn a_changed_limit_keeps_what_was_used_and_its_window() {
    let now = Timestamp::from_secs(1);
    let mut bucket = minute(5);
    bucket.charge(4, Timestamp::ZERO);
    bucket.resize(&Quota::per_hour(9), now);
    assert_eq!((bucket.available(now), bucket.edge()), (5, Some(Timestamp::from_secs(60))));
    assert_eq!(bucket.window_end(Timestamp::from_secs(61)), Some(Timestamp::from_secs(3_660)));
    assert_eq!(minute(5).window_end(now), None);
}

#[test]
fn the_same_window_told_again_keeps_what_was_used_and_what_was_late() {
    let edges = edges(0, 60);
    let mut bucket = minute(5);
    bucket.set_edges(edges, Timestamp::from_secs(1));
    bucket.charge(1, Timestamp::from_secs(30));
    bucket.charge(2, Timestamp::from_millis(60_000));
    bucket.set_edges(edges, Timestamp::from_millis(60_100));
    assert_eq!(bucket.available(Timestamp::from_millis(60_200)), 2);
    assert_eq!(bucket.available(Timestamp::from_millis(60_300)), 3, "what was late counts for both");
}

#[test]
fn what_was_charged_in_time_and_goes_late_counts_for_both_windows_once() {
    let next = Timestamp::from_millis(60_150);
    let left = |charged: Timestamp, went: Timestamp| {
        let mut bucket = calendar(10, Duration::from_millis(100));
        let stamp = bucket.charge(4, charged);
        bucket.depart(4, stamp, went);
        bucket.available(next)
    };
    let [early, late, last] = [30_000, 59_950, 60_000].map(Timestamp::from_millis);
    assert_eq!([left(early, early), left(early, last), left(late, last)], [10, 6, 6]);
    let mut bucket = calendar(10, Duration::from_millis(100));
    bucket.charge(1, early);
    let stamps = [bucket.charge(4, late), bucket.charge(1, Timestamp::ZERO)];
    bucket.depart(4, stamps[0], last);
    assert_eq!(bucket.available(next), 6, "it was late already");
    bucket.depart(1, stamps[1], last);
    assert_eq!(bucket.available(next), 5, "charged as the window began, it goes as it ends");
}
