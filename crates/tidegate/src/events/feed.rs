//! `Events` and its other end: one bounded feed for each subscriber. Whoever lags loses the oldest and is told how many.

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::sync::{Arc, PoisonError};
use std::task::{Poll, Waker};

use super::Event;
use crate::sync::{Mutex, MutexGuard};
use crate::wake::{self, Wakers};

/// How many events a subscription holds. 1 024: a second of the busiest account, and a view that is slower than
/// that shows the newest anyway.
const CAPACITY: usize = 1_024;

/// A subscription to the events of an account; made by [`Limiter::events`](crate::Limiter::events).
///
/// It begins with the next event, holds at most 1 024, and never slows the limiter: beyond that the oldest are
/// lost, and [`Events::missed`] counts them.
#[derive(Debug)]
pub struct Events {
    feed: Arc<Feed>,
}

impl Events {
    /// The next event, when there is one; `None` once the limiter is gone.
    pub fn recv(&mut self) -> impl Future<Output = Option<Event>> + Send + '_ {
        poll_fn(|context| {
            let waker = context.waker().clone();
            let mut state = self.feed.lock();
            if let Some(event) = state.queue.pop_front() {
                return Poll::Ready(Some(event));
            }
            if state.is_ended {
                return Poll::Ready(None);
            }
            let former = state.waker.replace(waker);
            drop(state);
            drop(former);
            Poll::Pending
        })
    }

    /// The next event, waited for in the calling thread; `None` once the limiter is gone.
    pub fn recv_blocking(&mut self) -> Option<Event> {
        wake::block_on(self.recv())
    }

    /// The next event, if there is one already.
    pub fn try_recv(&mut self) -> Option<Event> {
        self.feed.lock().queue.pop_front()
    }

    /// How many events were lost since the last time this was asked.
    pub fn missed(&mut self) -> u64 {
        std::mem::take(&mut self.feed.lock().missed)
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        let mut state = self.feed.lock();
        state.is_ended = true;
        let waker = state.waker.take();
        drop(state);
        // Foreign code, dropped outside the lock.
        drop(waker);
    }
}

/// The account's side of all subscriptions.
#[derive(Debug, Default)]
pub(crate) struct Feeds {
    feeds: Vec<Arc<Feed>>,
}

impl Feeds {
    pub(crate) fn subscribe(&mut self) -> Events {
        let feed = Arc::new(Feed::default());
        self.feeds.push(feed.clone());
        Events { feed }
    }

    /// Whether nobody listens, so that there is nothing to tell.
    pub(crate) const fn is_empty(&self) -> bool {
        self.feeds.is_empty()
    }

    /// Tells every subscriber; adds to `wakers` whom to wake.
    pub(crate) fn tell(&mut self, event: &Event, wakers: &mut Wakers) {
        self.feeds.retain(|feed| feed.push(event.clone(), wakers));
    }

    /// Tells every subscriber that no event will follow.
    pub(crate) fn end(&mut self) -> Vec<Waker> {
        let end = |feed: Arc<Feed>| {
            let mut state = feed.lock();
            state.is_ended = true;
            state.waker.take()
        };
        self.feeds.drain(..).filter_map(end).collect()
    }
}

/// What a subscription and its account share. Its lock is the innermost: nothing is called under it.
#[derive(Debug, Default)]
struct Feed {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    queue: VecDeque<Event>,
    missed: u64,
    waker: Option<Waker>,
    /// One of the two sides is gone.
    is_ended: bool,
}

impl Feed {
    /// Adds an event; false when the subscriber is gone.
    fn push(&self, event: Event, wakers: &mut Wakers) -> bool {
        let mut state = self.lock();
        if state.is_ended {
            return false;
        }
        if state.queue.len() >= CAPACITY {
            state.queue.pop_front();
            state.missed = state.missed.saturating_add(1);
        }
        state.queue.push_back(event);
        wakers.add(state.waker.take());
        true
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code of others runs under this lock, so a poisoned state is a whole one.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use tidegate_core::Timestamp;

    use super::super::Happening;
    use super::*;

    fn tell(feeds: &mut Feeds, millis: u64) {
        let event = Event { at: Timestamp::from_millis(millis), call: None, what: Happening::Expired };
        feeds.tell(&event, &mut Wakers::default());
    }

    #[test]
    fn whoever_lags_loses_the_oldest_and_is_told_how_many() {
        let mut feeds = Feeds::default();
        let mut events = feeds.subscribe();
        for millis in 0..1_030 {
            tell(&mut feeds, millis);
        }
        assert_eq!(events.missed(), 6);
        assert_eq!(events.missed(), 0);
        assert_eq!(events.try_recv().map(|event| event.at), Some(Timestamp::from_millis(6)));
    }

    #[test]
    fn a_subscriber_that_is_gone_is_forgotten() {
        let mut feeds = Feeds::default();
        drop(feeds.subscribe());
        tell(&mut feeds, 0);
        assert!(feeds.is_empty());
    }
}
