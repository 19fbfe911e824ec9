//! `PaceFuture`: one request on its way: its turn, the service's readiness, its response.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tidegate_core::{Class, Cost, Dimension};
use tower_service::Service;

use super::PaceError;
use super::layer::Terms;
use crate::acquire::Acquire;
use crate::call::{Call, Next, Outcome};
use crate::{Error, Permit};

/// What a step of the future comes to; `None` when another step follows at once.
type Stepped<S, Q> = Poll<Option<Result<<S as Service<Q>>::Response, PaceError<<S as Service<Q>>::Error>>>>;

/// One request on its way. Dropping it gives up its place, or the call inside, and settles what was reserved.
pub struct PaceFuture<S: Service<Q>, Q> {
    inner: S,
    terms: Terms<Q, S::Response, S::Error>,
    call: Call,
    stage: Stage<S, Q>,
}

enum Stage<S: Service<Q>, Q> {
    /// Waits for its turn.
    Turn(Acquire, Q),
    /// Has its turn, and waits for the service inside.
    Ready(Permit, Q),
    /// The service inside is at it.
    Answer(Permit, Pin<Box<S::Future>>),
    /// Over, or about to be.
    Done,
}

impl<S: Service<Q>, Q> PaceFuture<S, Q> {
    pub(super) fn new(inner: S, request: Q, terms: Terms<Q, S::Response, S::Error>) -> Self {
        let asked = (terms.cost)(&request);
        let call = terms.limiter.call(terms.policy.clone());
        let call = call.aim(asked.lane.as_str(), asked.endpoint.as_str());
        let acquire = terms.limiter.acquire(asked);
        Self { inner, terms, call, stage: Stage::Turn(acquire, request) }
    }

    /// The error of a call that the call machine stops.
    fn stopped(&self, next: Next) -> PaceError<S::Error> {
        let now = self.terms.limiter.clock().now();
        PaceError::NotAdmitted(match next {
            Next::Stop { why } => Error::stopped(why, now),
            // The layer's policy knows no other models, and nothing has been answered yet.
            Next::Done | Next::Retry { .. } | Next::Fallback { .. } => Error::closed(),
        })
    }

    /// Goes on by one stage; `None` when another one follows at once.
    fn step(&mut self, context: &mut Context<'_>) -> Stepped<S, Q> {
        match std::mem::replace(&mut self.stage, Stage::Done) {
            Stage::Turn(acquire, request) => self.turn(acquire, request, context),
            Stage::Ready(permit, request) => self.ready(permit, request, context),
            Stage::Answer(permit, mut response) => match response.as_mut().poll(context) {
                Poll::Pending => {
                    self.stage = Stage::Answer(permit, response);
                    Poll::Pending
                }
                Poll::Ready(answer) => {
                    self.answered(permit, answer.as_ref());
                    Poll::Ready(Some(answer.map_err(PaceError::Inner)))
                }
            },
            // Polled after its end, against the contract of futures. Pending for ever is what others do, too.
            Stage::Done => Poll::Pending,
        }
    }

    fn turn(&mut self, mut acquire: Acquire, request: Q, context: &mut Context<'_>) -> Stepped<S, Q> {
        if let Err(next) = self.call.may_queue(self.terms.limiter.clock().now()) {
            return Poll::Ready(Some(Err(self.stopped(next))));
        }
        match Pin::new(&mut acquire).poll(context) {
            Poll::Pending => {
                self.stage = Stage::Turn(acquire, request);
                Poll::Pending
            }
            Poll::Ready(Ok(permit)) => {
                self.stage = Stage::Ready(permit, request);
                Poll::Ready(None)
            }
            Poll::Ready(Err(rejection)) => Poll::Ready(Some(Err(PaceError::NotAdmitted(rejection.into())))),
        }
    }

    fn ready(&mut self, permit: Permit, request: Q, context: &mut Context<'_>) -> Stepped<S, Q> {
        match self.inner.poll_ready(context) {
            Poll::Pending => {
                self.stage = Stage::Ready(permit, request);
                Poll::Pending
            }
            // Nothing was sent, so the permit gives everything back.
            Poll::Ready(Err(error)) => Poll::Ready(Some(Err(PaceError::Inner(error)))),
            Poll::Ready(Ok(())) => {
                if let Err(next) = self.call.may_send(self.terms.limiter.clock().now()) {
                    return Poll::Ready(Some(Err(self.stopped(next))));
                }
                permit.sent();
                self.stage = Stage::Answer(permit, Box::pin(self.inner.call(request)));
                Poll::Ready(None)
            }
        }
    }

    /// Settles what a response used, and tells the circuits how it went.
    fn answered(&mut self, permit: Permit, answer: Result<&S::Response, &S::Error>) {
        let parsed = (self.terms.read)(answer);
        permit.observe(&parsed.feedback);
        let outcome = Outcome::of(parsed.feedback.class).retry_after(parsed.feedback.retry_after);
        self.call.seen(&outcome, self.terms.limiter.clock().now());
        match (parsed.usage, parsed.feedback.class) {
            (Some(usage), _) => permit.settle(usage),
            // It was sent, so its estimate stands.
            (None, Class::Ok) => permit.cancel(),
            // What a provider refuses it counts as a call, if at all, and not by its tokens.
            (None, _) => {
                let calls = permit.estimate().get(Dimension::Requests);
                permit.settle_charged(Cost::requests(calls), None);
            }
        }
    }
}

// Nothing in it is pinned in place: the service's own future is boxed.
impl<S: Service<Q>, Q> Unpin for PaceFuture<S, Q> {}

impl<S: Service<Q>, Q> Future for PaceFuture<S, Q> {
    type Output = Result<S::Response, PaceError<S::Error>>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        loop {
            if let Some(output) = ready!(this.step(context)) {
                return Poll::Ready(output);
            }
        }
    }
}

impl<S: Service<Q>, Q> fmt::Debug for PaceFuture<S, Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stage = match &self.stage {
            Stage::Turn(..) => "turn",
            Stage::Ready(..) => "ready",
            Stage::Answer(..) => "answer",
            Stage::Done => "done",
        };
        f.debug_struct("PaceFuture").field("stage", &stage).finish_non_exhaustive()
    }
}
