//! `Run`: one submitted call from its first turn to its last answer. Policy is the call machine's; here is the order.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

use tidegate_core::{Class, Feedback, Place, Request, Timestamp};

use super::{Attempt, LastAnswer, Metadata, Mode, Parsed, Provider, SubmitError};
use crate::call::{Call, CallPolicy, Jitter, Next, Outcome, StopReason};
use crate::clock::Sleep;
use crate::{Decision, Error, Limiter, Permit};

/// What calls of one scheduler have in common.
pub(super) struct Terms<T, E> {
    pub(super) mode: Mode,
    pub(super) provider: Arc<dyn Provider<T, E>>,
    pub(super) policy: CallPolicy,
    pub(super) jitter: Mutex<Jitter>,
}

/// One submitted call.
pub(super) struct Run<'scheduler, T, E> {
    terms: &'scheduler Terms<T, E>,
    limiter: Limiter,
    metadata: Metadata,
    lane: String,
    call: Call,
    /// Where it stands in its account's order, once it has been granted.
    place: Option<Place>,
    attempts: u32,
    deadline: Option<Timestamp>,
}

/// A success whose permit is still to be settled.
pub(super) struct Answered<T> {
    pub(super) answer: T,
    pub(super) parsed: Parsed,
    pub(super) permit: Permit,
}

impl<'scheduler, T, E> Run<'scheduler, T, E> {
    pub(super) fn new(
        terms: &'scheduler Terms<T, E>,
        limiter: Limiter,
        metadata: Metadata,
    ) -> Result<Self, Error> {
        let lane = lane_of(terms, &metadata)?;
        let deadline = metadata.timeout.map(|timeout| limiter.clock().now().after(timeout));
        let mut call = limiter.call(terms.policy.clone()).aim(&lane, &metadata.endpoint);
        if let Some(deadline) = deadline {
            call = call.deadline(deadline);
        }
        Ok(Self { terms, limiter, metadata, lane, call, place: None, attempts: 0, deadline })
    }

    /// Makes the call until it succeeds, or no further attempt follows.
    pub(super) async fn answer<F, Fut>(&mut self, mut make: F) -> Result<Answered<T>, SubmitError<T, E>>
    where
        F: FnMut(Attempt) -> Fut,
        Fut: Future<Output = Result<T, E>>,
    {
        loop {
            let permit = self.turn().await?;
            self.attempts = self.attempts.saturating_add(1);
            let model = self.call.model().unwrap_or(&self.metadata.model).to_owned();
            let number = self.attempts;
            let attempt = Attempt { request_id: self.metadata.request_id.clone(), model, number };
            permit.sent();
            let Some(answer) = self.in_time(make(attempt)).await else {
                return Err(self.too_late(permit).into());
            };
            let parsed = self.terms.provider.parse(answer.as_ref());
            permit.observe(&self.heard(&parsed.feedback));
            let class = parsed.feedback.class;
            match answer {
                Ok(answer) if class == Class::Ok => {
                    self.call.seen(&Outcome::of(class), self.now());
                    return Ok(Answered { answer, parsed, permit });
                }
                answer => self.refused(permit, answer, class, parsed.feedback.retry_after).await?,
            }
        }
    }

    /// The provider's charge for what a success used.
    pub(super) fn settle(&self, permit: Permit, parsed: &Parsed) {
        match parsed.usage {
            Some(usage) => {
                permit.in_one_piece(usage.output_tokens, self.now());
                let charge = self.terms.provider.charge(&permit.estimate(), &usage);
                permit.settle_charged(charge, Some(usage));
            }
            // It was sent, so its estimate stands.
            None => permit.cancel(),
        }
    }

    /// An answer that is no success: waits until the call may go again, or ends with it.
    async fn refused(
        &mut self,
        permit: Permit,
        answer: Result<T, E>,
        class: Class,
        retry_after: Option<Duration>,
    ) -> Result<(), SubmitError<T, E>> {
        let charge = self.terms.provider.charge_refused(&permit.estimate(), class);
        permit.settle_charged(charge, None);
        let outcome = Outcome::of(class).retry_after(retry_after);
        let entropy = self.terms.jitter.lock().unwrap_or_else(PoisonError::into_inner).next_u64();
        let why = match self.call.outcome(&outcome, entropy, self.now()) {
            Next::Retry { until, .. } => {
                Sleep::until(self.limiter.clock().clone(), until).await;
                return Ok(());
            }
            Next::Fallback { model, .. } => {
                self.fall_back(&model)?;
                return Ok(());
            }
            // An error that its provider calls a success is none that a retry could better.
            Next::Done => StopReason::Permanent(class),
            Next::Stop { why } => why,
        };
        let attempts = self.attempts;
        Err(SubmitError::Answered(Box::new(LastAnswer { answer, class, why, attempts })))
    }

    /// Waits for the turn of the call, or of another model's where the call machine says so.
    async fn turn(&mut self) -> Result<Permit, Error> {
        loop {
            let now = self.now();
            if let Some(next) = self.call.may_queue(now).err().or_else(|| self.predicted(now)) {
                self.divert(next)?;
                continue;
            }
            let permit = self.limiter.acquire(self.request(&self.lane)).await?;
            self.place = Some(permit.place());
            match self.call.may_send(self.now()) {
                Ok(()) => return Ok(permit),
                Err(next) => {
                    // Nothing was sent, so dropping it gives everything back.
                    drop(permit);
                    self.divert(next)?;
                }
            }
        }
    }

    /// Another model, where this one's predicted wait is too long and the policy minds.
    fn predicted(&mut self, now: Timestamp) -> Option<Next> {
        self.terms.policy.fallback_wait?;
        let wait = |request: Request| match self.limiter.quote(request) {
            Decision::Grant => Duration::ZERO,
            Decision::Wait { until, .. } => until.since(now),
            Decision::Reject(_) => Duration::MAX,
        };
        let own = wait(self.request(&self.lane));
        let (terms, limiter, metadata) = (self.terms, &self.limiter, &self.metadata);
        self.call.predicted(own, |model| {
            let metadata = Metadata { model: model.to_owned(), ..metadata.clone() };
            let Ok(lane) = lane_of(terms, &metadata) else { return Duration::MAX };
            match limiter.quote(request_of(&metadata, &lane)) {
                Decision::Grant => Duration::ZERO,
                Decision::Wait { until, .. } => until.since(now),
                Decision::Reject(_) => Duration::MAX,
            }
        })
    }

    fn divert(&mut self, next: Next) -> Result<(), Error> {
        match next {
            Next::Fallback { model, .. } => self.fall_back(&model),
            Next::Stop { why } => Err(Error::stopped(why, self.now())),
            // Only an outcome is answered with these.
            Next::Done | Next::Retry { .. } => Ok(()),
        }
    }

    /// Goes on with another model, at the end of its queue.
    fn fall_back(&mut self, model: &str) -> Result<(), Error> {
        self.metadata.model = model.to_owned();
        self.lane = lane_of(self.terms, &self.metadata)?;
        self.call.set_aim(&self.lane, &self.metadata.endpoint);
        self.place = None;
        Ok(())
    }

    /// Runs an attempt, at most until the call's deadline.
    async fn in_time<Fut: Future>(&self, attempt: Fut) -> Option<Fut::Output> {
        let Some(deadline) = self.deadline else { return Some(attempt.await) };
        let mut attempt = pin!(attempt);
        let mut bell = pin!(Sleep::until(self.limiter.clock().clone(), deadline));
        poll_fn(|context| {
            if let Poll::Ready(output) = attempt.as_mut().poll(context) {
                return Poll::Ready(Some(output));
            }
            bell.as_mut().poll(context).map(|()| None)
        })
        .await
    }

    /// The attempt took too long. What it was thought to use stays charged: the provider may still be at it.
    fn too_late(&mut self, permit: Permit) -> Error {
        permit.observe(&Feedback::of(Class::Timeout));
        permit.cancel();
        self.call.seen(&Outcome::of(Class::Timeout), self.now());
        Error::timeout(self.metadata.timeout.unwrap_or_default())
    }

    /// What the engine is to hear: the basic mode learns no limits, but minds a provider that asks to wait.
    fn heard(&self, feedback: &Feedback) -> Feedback {
        let limits = if self.terms.mode == Mode::Basic { Vec::new() } else { feedback.limits.clone() };
        Feedback { limits, ..feedback.clone() }
    }

    fn request(&self, lane: &str) -> Request {
        let mut request = request_of(&self.metadata, lane);
        request.deadline = self.deadline;
        request.place = self.place;
        request
    }

    fn now(&self) -> Timestamp {
        self.limiter.clock().now()
    }
}

fn request_of(metadata: &Metadata, lane: &str) -> Request {
    let request = Request::new(metadata.estimate()).band(metadata.band());
    let request = request.lane(lane).endpoint(metadata.endpoint.as_str());
    request.tenant(metadata.client_id.as_deref().unwrap_or(""))
}

/// The lane of a call: its bucket, or the one lane of the basic mode.
fn lane_of<T, E>(terms: &Terms<T, E>, metadata: &Metadata) -> Result<String, Error> {
    if terms.mode == Mode::Basic {
        return Ok(String::new());
    }
    let bucket = terms.provider.bucket(metadata).filter(|bucket| super::is_bucket_name(bucket));
    bucket.ok_or_else(|| Error::unknown_bucket(&metadata.model, terms.provider.name()))
}
