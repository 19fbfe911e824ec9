//! Overload: a provider without capacity gets fewer calls at once, by its refusals and by how late its answers come,
//! whether those are streams or come in one piece.

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_core::Stream;
use tidegate::clock::Sleep;
use tidegate::scheduler::{Metadata, Mode, Parsed, Scheduler, Seen, Stated};
use tidegate::{
    Class, Clock, Dimension, Feedback, Limit, LimitStatus, Limiter, ManualClock, Permit, Quota, Usage,
};

use crate::harness::{Asker, Crew, limiter, ms, one};

/// A limit that nobody meets here.
fn wide() -> Limit {
    Limit::new(Dimension::Requests, Quota::per_second(10_000).burst(10_000))
}

/// The limit on calls at once that was found.
fn found(limiter: &Limiter) -> Option<LimitStatus> {
    limiter.snapshot().limits.into_iter().find(|limit| limit.dimension == Dimension::Concurrency)
}

/// Forty calls, five of which are refused for want of capacity.
fn overload(limiter: &Limiter, clock: &ManualClock) -> Vec<Permit> {
    let mut permits: Vec<_> = (0..40).map(|_| limiter.try_acquire(one()).unwrap()).collect();
    permits.iter().for_each(Permit::sent);
    clock.advance(ms(100));
    for permit in permits.drain(..5) {
        permit.observe(&Feedback::of(Class::Overloaded));
        permit.settle(Usage::default());
    }
    permits
}

fn answered(permit: Permit) {
    permit.observe(&Feedback::of(Class::Ok));
    permit.settle(Usage::default());
}

#[test]
fn fewer_calls_are_under_way_and_the_next_goes_when_one_of_them_ends() {
    let (limiter, clock) = limiter(|builder| builder.limit(wide()));
    assert_eq!(found(&limiter), None);
    let mut under_way = overload(&limiter, &clock);
    let cut = found(&limiter).unwrap();
    assert!(cut.learned && (25..=29).contains(&cut.limit), "{cut:?}");
    clock.advance(ms(2_000));
    let (mut next, mut ended) = (Asker::queued(&limiter), 0);
    let permit = loop {
        match next.poll() {
            Poll::Ready(permit) => break permit.unwrap(),
            Poll::Pending => {
                let limit = found(&limiter).unwrap();
                assert!(limit.used >= limit.limit, "it waits though there is room: {limit:?}");
                answered(under_way.pop().unwrap());
                ended += 1;
            }
        }
    };
    permit.sent();
    assert!((2..=12).contains(&ended), "of 35 under way {ended} ended first");
}

#[test]
fn the_rate_of_calls_is_left_alone() {
    let rate = Limit::new(Dimension::Requests, Quota::per_second(50).burst(50));
    let (limiter, clock) = limiter(|builder| builder.limit(rate));
    overload(&limiter, &clock).into_iter().for_each(answered);
    clock.advance(ms(10_000));
    let mut gone = 0;
    for _ in 0..500 {
        clock.advance(ms(20));
        if let Ok(permit) = limiter.try_acquire(one()) {
            permit.sent();
            answered(permit);
            gone += 1;
        }
    }
    assert!(gone >= 490, "fifty short calls a second need few places: {gone}");
}

#[test]
fn a_calm_minute_later_it_is_gone() {
    let (limiter, clock) = limiter(|builder| builder.limit(wide()));
    overload(&limiter, &clock).into_iter().for_each(answered);
    clock.advance(ms(61_000));
    answered(limiter.try_acquire(one()).unwrap());
    assert_eq!(found(&limiter), None);
}

/// Items of which the first comes late.
struct Late {
    wait: Option<Pin<Box<Sleep>>>,
    items: VecDeque<Seen>,
}

impl Stream for Late {
    type Item = Seen;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Seen>> {
        if let Some(wait) = &mut self.wait {
            ready!(Future::poll(wait.as_mut(), context));
            self.wait = None;
        }
        Poll::Ready(self.items.pop_front())
    }
}

/// A scheduler whose provider was overloaded a moment ago; fifteen calls stay under way.
fn scheduler() -> (&'static Scheduler<u64, ()>, ManualClock, Vec<Permit>) {
    let clock = ManualClock::new();
    let parse = |answer: Result<&u64, &()>| match answer {
        Ok(0) | Err(()) => Parsed::of(Class::Ok),
        Ok(tokens) => Parsed::of(Class::Ok).usage(Usage::new(10, *tokens)),
    };
    let limits = Limiter::builder().limit(wide()).clock(clock.clone());
    let builder = Scheduler::builder().mode(Mode::Basic).provider(Stated::new("busy", parse)).limits(limits);
    // Tests end with their process, so what they share may live as long.
    let scheduler = Box::leak(Box::new(builder.build().unwrap()));
    let mut permits = overload(&scheduler.accounts()[0].1.clone(), &clock);
    permits.truncate(15);
    (scheduler, clock, permits)
}

/// The limit after ten calls at once, six times, of which the later five take so long.
fn limit_after(span: Duration, streams: bool) -> u64 {
    let (scheduler, clock, _under_way) = scheduler();
    let limiter = scheduler.accounts()[0].1.clone();
    for round in 0..6 {
        let span = if round == 0 { ms(1_000) } else { span };
        let mut crew = Crew::new(&clock);
        for _ in 0..10 {
            let clock = clock.clone();
            crew.spawn(async move {
                let wait = || Box::pin(Sleep::until(clock.clone().into(), clock.now().after(span)));
                if !streams {
                    let make = |_| async {
                        wait().await;
                        Ok(100)
                    };
                    scheduler.submit(Metadata::new("m"), make).await.unwrap();
                    return;
                }
                let items = VecDeque::from([Seen::Part, Seen::Usage(Usage::new(10, 100))]);
                let open = |_| Late { wait: Some(wait()), items };
                let make = |_| async { Ok(0) };
                let stream = scheduler.submit_stream(Metadata::new("m"), make, open, |item| *item).await;
                let mut stream = pin!(stream.unwrap());
                while poll_fn(|context| stream.as_mut().poll_next(context)).await.is_some() {}
            });
        }
        crew.run();
    }
    found(&limiter).unwrap().limit
}

#[test]
fn late_first_bytes_of_streams_take_places_away() {
    let (soon, late) = (limit_after(ms(1_000), true), limit_after(ms(5_000), true));
    assert!(late < soon, "{late} after late ones, {soon} after those that came soon");
}

#[test]
fn late_answers_in_one_piece_take_places_away() {
    let (soon, late) = (limit_after(ms(1_000), false), limit_after(ms(5_000), false));
    assert!(late < soon, "{late} after late ones, {soon} after those that came soon");
}

#[test]
fn a_permit_tells_how_long_its_answer_took_for_its_length() {
    let (limiter, clock) = limiter(|builder| builder.limit(wide()));
    let permits = overload(&limiter, &clock);
    permits[0].in_one_piece(68, clock.now());
    let before = found(&limiter).unwrap().limit;
    clock.advance(ms(10_000));
    permits[1..31].iter().for_each(|permit| permit.in_one_piece(10_000, clock.now()));
    assert_eq!(found(&limiter).unwrap().limit, before, "long answers take long");
    permits[1..31].iter().for_each(|permit| permit.in_one_piece(68, clock.now()));
    assert!(found(&limiter).unwrap().limit < before);
}
