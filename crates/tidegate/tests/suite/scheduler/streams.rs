//! Answers that are streams: the permit lives in them, and they settle at their end, error and drop.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use futures_core::Stream;
use tidegate::scheduler::{Metadata, Metered, Mode, Seen};
use tidegate::{Class, Dimension, Limit, Limiter, ManualClock, Quota, Usage};

use super::scheduler;
use crate::harness::{Crew, ms};

/// A stream of a script, all of it there at once.
struct Items(VecDeque<Seen>);

impl Stream for Items {
    type Item = Seen;

    fn poll_next(mut self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<Option<Seen>> {
        Poll::Ready(self.0.pop_front())
    }
}

/// Opens a stream that was thought to use 400 of 1 000 tokens.
fn open(items: impl IntoIterator<Item = Seen>) -> (Metered<Items>, Limiter, ManualClock) {
    let (scheduler, clock) = scheduler(Mode::Basic, |builder| builder);
    let limiter = scheduler.accounts()[0].1.clone();
    let tokens = Limit::new(Dimension::TotalTokens, Quota::per_minute(1).burst(1_000));
    limiter.configure(vec![tokens]).unwrap();
    let items: VecDeque<_> = items.into_iter().collect();
    let (sender, receiver) = std::sync::mpsc::channel();
    let mut crew = Crew::new(&clock);
    crew.spawn(async move {
        let call = Metadata::new("small").estimated_tokens(400);
        let make = |_| async { Ok((200, 0)) };
        let metered = scheduler.submit_stream(call, make, |_| Items(items), |item| *item).await;
        sender.send(metered.unwrap()).unwrap();
    });
    crew.run();
    (receiver.recv().unwrap(), limiter, clock)
}

fn next(stream: &mut Metered<Items>) -> Option<Seen> {
    match Pin::new(stream).poll_next(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(item) => item,
        Poll::Pending => panic!("the script has no pauses"),
    }
}

/// Calls under way, and tokens used.
fn standing(limiter: &Limiter) -> (usize, u64) {
    let snapshot = limiter.snapshot();
    (snapshot.in_flight, snapshot.limits[0].used)
}

fn used(tokens: u64) -> Seen {
    Seen::Usage(Usage::new(tokens, 0))
}

#[test]
fn a_stream_that_ends_is_settled_with_the_last_usage_it_told() {
    let (mut stream, limiter, _clock) = open([Seen::Part, used(30), used(120)]);
    assert_eq!(standing(&limiter), (1, 400));
    while next(&mut stream).is_some() {}
    assert!(stream.is_settled());
    assert_eq!(standing(&limiter), (0, 120));
    drop(stream);
    assert_eq!(standing(&limiter), (0, 120), "it ends once");
}

#[test]
fn a_stream_that_tells_no_usage_keeps_its_estimate() {
    let (mut stream, limiter, _clock) = open([Seen::Part]);
    while next(&mut stream).is_some() {}
    assert_eq!(standing(&limiter), (0, 400));
}

#[test]
fn a_dropped_stream_keeps_the_larger_of_estimate_and_usage() {
    for (told, kept) in [(120, 400), (700, 700)] {
        let (mut stream, limiter, _clock) = open([used(told), Seen::Part]);
        next(&mut stream);
        drop(stream);
        assert_eq!(standing(&limiter), (0, kept));
    }
}

#[test]
fn a_stream_that_fails_is_settled_at_once() {
    let (mut stream, limiter, _clock) = open([used(500), Seen::Failed(Class::ServerError), Seen::Part]);
    next(&mut stream);
    next(&mut stream);
    assert!(stream.is_settled());
    assert_eq!(standing(&limiter), (0, 500));
    assert_eq!(stream.usage(), Some(Usage::new(500, 0)));
}

#[test]
fn a_long_stream_does_not_expire_while_it_flows() {
    let (mut stream, limiter, clock) = open(std::iter::repeat_n(Seen::Part, 100));
    for _ in 0..60 {
        clock.advance(ms(60_000));
        next(&mut stream);
    }
    assert_eq!(limiter.snapshot().in_flight, 1, "an hour long, with an age of fifteen minutes");
}
