//! `Metered`: a stream that owns its call's permit, reads usage as it passes, and settles at its end, error or drop.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_core::Stream;
use tidegate_core::{Class, Cost, Feedback, Timestamp, Usage};

use super::Provider;
use crate::clock::Clock;
use crate::permit::Permit;

/// How often a long stream tells that it is alive, even if it does not say what it has used so far. Much shorter
/// than the age at which a reservation is taken for lost.
const SIGN_OF_LIFE: Duration = Duration::from_secs(30);

/// What an item of a stream says of its call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// Nothing but that the call lives.
    Part,
    /// What the call has used so far, altogether.
    Usage(Usage),
    /// The call has failed in the middle.
    Failed(Class),
}

/// A stream that owns its call's permit.
///
/// A caller's function looks at each item. When the stream ends, the permit is settled with the last usage that was
/// seen; without one the estimate stands. When it fails or is dropped before its end, the larger of the estimate and
/// what was seen stands, because the provider may go on without a listener.
pub struct Metered<S: Stream> {
    stream: Pin<Box<S>>,
    meter: Meter<S::Item>,
}

/// The charge that a provider makes of usage.
pub(super) type Charge = Box<dyn Fn(&Cost, &Usage) -> Cost + Send>;

struct Meter<I> {
    look: Box<dyn FnMut(&I) -> Seen + Send>,
    charge: Charge,
    clock: Arc<dyn Clock>,
    /// There until the call has been settled.
    permit: Option<Permit>,
    usage: Option<Usage>,
    /// Whether an item has come yet.
    begun: bool,
    failed: bool,
    told_at: Timestamp,
}

impl<S: Stream> Metered<S> {
    pub(super) fn new(
        stream: S,
        look: impl FnMut(&S::Item) -> Seen + Send + 'static,
        charge: Charge,
        clock: Arc<dyn Clock>,
        permit: Permit,
    ) -> Self {
        let told_at = clock.now();
        let meter = Meter {
            look: Box::new(look),
            charge,
            clock,
            permit: Some(permit),
            usage: None,
            begun: false,
            failed: false,
            told_at,
        };
        Self { stream: Box::pin(stream), meter }
    }

    /// What the call has used, as far as its items told.
    #[must_use]
    pub const fn usage(&self) -> Option<Usage> {
        self.meter.usage
    }

    /// Whether the call has been settled.
    #[must_use]
    pub const fn is_settled(&self) -> bool {
        self.meter.permit.is_none()
    }
}

/// How `provider` charges usage, kept beyond the scheduler that knows it.
pub(super) fn charge_of<T: 'static, E: 'static>(provider: Arc<dyn Provider<T, E>>) -> Charge {
    Box::new(move |estimate, usage| provider.charge(estimate, usage))
}

impl<S: Stream> Stream for Metered<S> {
    type Item = S::Item;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<S::Item>> {
        let item = ready!(self.stream.as_mut().poll_next(context));
        match &item {
            Some(item) => self.meter.see(item),
            None => self.meter.end(true),
        }
        Poll::Ready(item)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.stream.size_hint()
    }
}

impl<I> Meter<I> {
    fn see(&mut self, item: &I) {
        let seen = (self.look)(item);
        let Some(permit) = &self.permit else { return };
        let now = self.clock.now();
        if !self.begun && !matches!(seen, Seen::Failed(_)) {
            self.begun = true;
            permit.first_byte();
        }
        match seen {
            Seen::Usage(usage) => {
                permit.progress(&usage);
                (self.usage, self.told_at) = (Some(usage), now);
            }
            Seen::Failed(class) => {
                permit.observe(&Feedback::of(class));
                self.failed = true;
                self.end(false);
            }
            Seen::Part if now.since(self.told_at) >= SIGN_OF_LIFE => {
                permit.progress(&self.usage.unwrap_or_default());
                self.told_at = now;
            }
            Seen::Part => {}
        }
    }

    /// The stream is over; `whole` when it came to its own end.
    fn end(&mut self, whole: bool) {
        let Some(permit) = self.permit.take() else { return };
        let Some(usage) = self.usage else {
            // It was sent, so its estimate stands.
            permit.cancel();
            return;
        };
        let estimate = permit.estimate();
        let charge = (self.charge)(&estimate, &usage);
        if whole && !self.failed {
            permit.settle_charged(charge, Some(usage));
        } else {
            permit.settle_charged(estimate.plus(&charge.minus(&estimate)), None);
        }
    }
}

impl<I> Drop for Meter<I> {
    fn drop(&mut self) {
        self.end(false);
    }
}

impl<S: Stream> fmt::Debug for Metered<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metered").field("usage", &self.meter.usage).finish_non_exhaustive()
    }
}
