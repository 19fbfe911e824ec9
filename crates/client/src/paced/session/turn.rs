//! A call's turn: whether it may queue, which model it queues for, its grant, and whether it may then be sent.

use std::time::Duration;

use tidegate::call::{Next, StopReason};
use tidegate::{Decision, Permit};
use tidegate_core::{Rejection, Request, Timestamp};
use tidegate_provider::Estimate;

use super::Session;
use crate::paced::{Event, PacedError};

impl Session<'_> {
    /// Waits for the turn of the call, or of another model's where the call machine says so. What no limit governs
    /// goes at once, without a permit. Gives when it goes as well.
    pub(super) async fn turn(&mut self) -> Result<(Option<Permit>, Timestamp), PacedError> {
        loop {
            let entered = self.now();
            if let Some(next) = self.diversion(entered) {
                self.divert(next)?;
                continue;
            }
            let permit = if self.endpoint.is_metered() { Some(self.acquire(entered).await?) } else { None };
            let now = self.now();
            match self.call.may_send(now) {
                Ok(()) => return Ok((permit, now)),
                Err(next) => {
                    // Nothing was sent, so dropping it gives everything back.
                    drop(permit);
                    self.divert(next)?;
                }
            }
        }
    }

    /// What the call machine says instead of queueing.
    fn diversion(&mut self, now: Timestamp) -> Option<Next> {
        self.call.may_queue(now).err().or_else(|| self.predicted())
    }

    /// Another model, where this one's predicted wait is too long and the policy minds.
    fn predicted(&mut self) -> Option<Next> {
        self.paced.policy.fallback_wait?;
        let set_model = self.paced.set_model?;
        let (paced, endpoint, body) = (self.paced, self.endpoint, &self.outgoing.body);
        let path = self.uri.path();
        let now = self.now();
        let wait = |request: Request| match paced.limiter.quote(request) {
            Decision::Grant => Duration::ZERO,
            Decision::Wait { until, .. } => until.since(now),
            Decision::Reject(_) => Duration::MAX,
        };
        let own = wait(self.request_of(&self.estimate));
        let (band, resource) = (self.terms.band, self.resource().to_owned());
        self.call.predicted(own, |model| {
            let estimate = paced.estimate(endpoint, path, &set_model(body, model));
            wait(estimate.request().band(band).endpoint(resource.as_str()))
        })
    }

    /// Follows the call machine to another model, or gives up.
    fn divert(&mut self, next: Next) -> Result<(), PacedError> {
        match next {
            Next::Fallback { model, .. } => self.fall_back(&model),
            Next::Stop { why } => {
                let retry_after = why.retry_after(self.now());
                let (attempts, waited) = (self.attempts, self.waited);
                let status = match why {
                    StopReason::CircuitOpen { why, .. } => {
                        self.paced.remembered.stops.status(&self.estimate.lane, why.class())
                    }
                    _ => None,
                };
                return Err(PacedError::Stopped {
                    call: self.id,
                    why,
                    retry_after,
                    status,
                    attempts,
                    waited,
                });
            }
            // Only an outcome is answered with these.
            Next::Done | Next::Retry { .. } => {}
        }
        Ok(())
    }

    /// Waits for the grant of the present model.
    async fn acquire(&mut self, entered: Timestamp) -> Result<Permit, PacedError> {
        if let (None, Some(model)) = (self.estimate.price, self.estimate.model.as_deref())
            && self.paced.credit.is_news(model, &self.paced.limiter)
        {
            (self.watch)(&Event::Unpriced { model: model.to_owned() });
        }
        let mut entering = self.paced.limiter.acquire(self.entering(entered)).await;
        if matches!(entering, Err(Rejection::Unaffordable { .. }))
            && self.paced.credit.is_renewed(&self.paced.limiter).await
        {
            entering = self.paced.limiter.acquire(self.entering(entered)).await;
        }
        match entering {
            Ok(permit) => {
                self.waited = self.waited.saturating_add(permit.waited());
                self.limited_by = permit.limited_by().cloned().or_else(|| self.limited_by.take());
                self.place = Some(permit.place());
                (self.watch)(&Event::Granted { waited: permit.waited() });
                Ok(permit)
            }
            Err(rejection) => {
                let waited = self.waited.saturating_add(self.now().since(entered));
                Err(PacedError::Rejected { call: self.id, rejection, attempts: self.attempts, waited })
            }
        }
    }

    /// What the call asks of the engine when it begins to wait.
    fn entering(&self, entered: Timestamp) -> Request {
        let request = self.request_of(&self.estimate);
        match self.terms.max_wait {
            // Time that the provider took is not the queue's: each attempt may wait what is left of the bound.
            Some(max_wait) => request.deadline(entered.after(max_wait.saturating_sub(self.waited))),
            None => request,
        }
    }

    /// What the call asks of the engine, at the place that it had before.
    fn request_of(&self, estimate: &Estimate) -> Request {
        let request = estimate.request().band(self.terms.band).endpoint(self.resource());
        match self.place {
            Some(place) => request.place(place),
            None => request,
        }
    }
}
