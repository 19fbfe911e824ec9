//! `Session`: one call from its estimate to its last attempt.

mod attempt;

use std::time::Duration;

use http::{HeaderMap, StatusCode, Uri};
use tidegate::Permit;
use tidegate::call::{Call, Next, Outcome};
use tidegate::clock::Sleep;
use tidegate_core::{Class, Place, Reason, Timestamp};
use tidegate_provider::{Endpoint, Estimate, Reading, ResponseHead, Verdict};

use super::{Answer, Event, LiveBody, Opened, Outgoing, Paced, PacedError, Prepared, Terms, Watch};
use crate::{Body, TransportError};

/// The longest answer that is read in full; images in base64 stay well below it.
const ANSWER_BYTES_MAX: usize = 256 * 1024 * 1024;

/// One call.
pub(crate) struct Session<'paced> {
    paced: &'paced Paced,
    outgoing: Outgoing,
    uri: Uri,
    endpoint: Endpoint,
    estimate: Estimate,
    terms: Terms,
    watch: Watch,
    call: Call,
    /// Where the call stands in its account's order, once it has been granted.
    place: Option<Place>,
    attempts: u32,
    waited: Duration,
    limited_by: Option<Reason>,
}

/// What follows an attempt.
enum Step {
    /// Its answer is the call's answer.
    Hand(Box<Opened>),
    /// The call goes again, not before this instant.
    Again(Timestamp),
}

impl<'paced> Session<'paced> {
    pub(crate) fn new(paced: &'paced Paced, prepared: Prepared, terms: Terms, watch: Watch) -> Self {
        let Prepared { outgoing, uri, endpoint, estimate } = prepared;
        let call = Call::new(paced.policy.clone(), paced.limiter.clock().now());
        let (place, attempts, waited, limited_by) = (None, 0, Duration::ZERO, None);
        Self {
            paced,
            outgoing,
            uri,
            endpoint,
            estimate,
            terms,
            watch,
            call,
            place,
            attempts,
            waited,
            limited_by,
        }
    }

    /// Makes the call until an answer is to be handed over.
    pub(crate) async fn open(&mut self) -> Result<Opened, PacedError> {
        loop {
            let permit = self.acquire().await?;
            match self.attempt(permit).await? {
                Step::Hand(opened) => return Ok(*opened),
                Step::Again(at) => self.sleep(at).await,
            }
        }
    }

    /// Makes the call until a whole answer is there.
    pub(crate) async fn read(&mut self) -> Result<Answer, PacedError> {
        loop {
            let opened = self.open().await?;
            let (status, headers, class) = (opened.status, opened.headers, opened.class);
            let sent_at = opened.sent_at;
            let (body, reading, verdict) = match opened.body.read(ANSWER_BYTES_MAX).await {
                Ok((body, reading)) => {
                    let verdict = self.verdict(status, &headers, class, &body, reading.as_ref());
                    (Ok(body), reading, verdict)
                }
                Err(error) => {
                    let verdict = Verdict::of(error.class());
                    (Err(error), None, verdict)
                }
            };
            // An error status was judged before it was handed over; what follows here was only found in the body.
            let found_in_body = class == Class::Ok && verdict.class != Class::Ok;
            if found_in_body && let Some(at) = self.again(&verdict) {
                self.sleep(at).await;
                continue;
            }
            let body = body.map_err(|error| self.failure(error))?;
            return Ok(Answer {
                status,
                headers,
                body,
                class: verdict.class,
                error: verdict.error,
                usage: reading.and_then(|reading| reading.usage),
                model: self.estimate.model.clone(),
                attempts: self.attempts,
                waited: self.waited,
                latency: self.now().since(sent_at),
            });
        }
    }

    /// Waits for the call's turn. What no limit governs goes at once, without a permit.
    async fn acquire(&mut self) -> Result<Option<Permit>, PacedError> {
        if !self.endpoint.is_metered() {
            return Ok(None);
        }
        let entered = self.now();
        let mut request = self.estimate.request().band(self.terms.band).endpoint(self.resource());
        if let Some(max_wait) = self.terms.max_wait {
            // Time that the provider took is not the queue's: each attempt may wait what is left of the bound.
            request = request.deadline(entered.after(max_wait.saturating_sub(self.waited)));
        }
        if let Some(place) = self.place {
            request = request.place(place);
        }
        match self.paced.limiter.acquire(request).await {
            Ok(permit) => {
                self.waited = self.waited.saturating_add(permit.waited());
                self.limited_by = permit.limited_by().cloned().or_else(|| self.limited_by.take());
                self.place = Some(permit.place());
                (self.watch)(&Event::Granted { waited: permit.waited() });
                Ok(Some(permit))
            }
            Err(rejection) => {
                let waited = self.waited.saturating_add(self.now().since(entered));
                Err(PacedError::Rejected { rejection, attempts: self.attempts, waited })
            }
        }
    }

    /// When the call goes again after this verdict; `None` when it ends with it.
    fn again(&mut self, verdict: &Verdict) -> Option<Timestamp> {
        // A used-up quota cannot pass again, but another model may have its own.
        let may_pass = verdict.retryable || verdict.class == Class::QuotaExhausted;
        // Without a permit nothing would hold a throttled retry back, so the caller hears of it instead.
        if !may_pass || !self.endpoint.is_metered() {
            return None;
        }
        let outcome = Outcome::of(verdict.class).retry_after(verdict.retry_after);
        let at = match self.call.outcome(&outcome, self.paced.entropy(), self.now()) {
            Next::Retry { until, .. } => until,
            Next::Fallback { model, .. } => self.fall_back(&model)?,
            Next::Done | Next::Stop { .. } => return None,
        };
        (self.watch)(&Event::Retried { class: verdict.class });
        Some(at)
    }

    /// Puts another model into the call, which joins that model's calls at their end; `None` where that cannot be.
    fn fall_back(&mut self, model: &str) -> Option<Timestamp> {
        let set_model = self.paced.set_model?;
        self.outgoing.body = set_model(&self.outgoing.body, model);
        self.estimate = self.paced.adapter.estimate(self.endpoint, &self.outgoing.body);
        self.place = None;
        Some(self.now())
    }

    /// Tells the engine what an answer says.
    fn observe(&self, permit: Option<&Permit>, verdict: &Verdict, status: StatusCode, headers: &HeaderMap) {
        if let Some(permit) = permit {
            let limits = self.paced.adapter.observe(self.endpoint, &self.head(status, headers));
            permit.observe(&verdict.feedback(limits));
        }
    }

    /// How a whole answer ended: as its status said, unless its body says otherwise.
    fn verdict(
        &self,
        status: StatusCode,
        headers: &HeaderMap,
        class: Class,
        body: &[u8],
        reading: Option<&Reading>,
    ) -> Verdict {
        match reading {
            Some(Reading { error: Some(verdict), .. }) => verdict.clone(),
            Some(_) if class == Class::Ok => Verdict::OK,
            _ => self.paced.adapter.classify(&self.head(status, headers), body),
        }
    }

    fn opened(
        &self,
        status: StatusCode,
        headers: HeaderMap,
        class: Class,
        sent_at: Timestamp,
        body: LiveBody,
    ) -> Opened {
        let (attempts, waited, limited_by) = (self.attempts, self.waited, self.limited_by.clone());
        Opened { status, headers, body, class, attempts, waited, limited_by, sent_at }
    }

    fn failure(&self, error: TransportError) -> PacedError {
        PacedError::Transport { error, attempts: self.attempts, waited: self.waited }
    }

    fn tell_answered(&self, class: Class, sent_at: Timestamp) {
        (self.watch)(&Event::Answered { class, after: self.now().since(sent_at) });
    }

    /// The request, as it is sent each time.
    fn request(&self) -> http::Request<Body> {
        let mut request = http::Request::new(Body::whole(self.outgoing.body.clone()));
        *request.method_mut() = self.outgoing.method.clone();
        *request.uri_mut() = self.uri.clone();
        *request.headers_mut() = self.outgoing.headers.clone();
        if let Some(key) = &self.paced.key {
            key.apply(self.paced.adapter.dialect(), request.headers_mut());
        }
        request
    }

    fn head<'head>(&self, status: StatusCode, headers: &'head HeaderMap) -> ResponseHead<'head> {
        ResponseHead { status: status.as_u16(), headers, received_at: self.paced.limiter.clock().wall() }
    }

    /// The call's path under `/v1` without its query, as limits name endpoints.
    fn resource(&self) -> &str {
        let path = self.paced.base.canonical(&self.outgoing.path);
        path.split('?').next().unwrap_or(path)
    }

    fn now(&self) -> Timestamp {
        self.paced.limiter.clock().now()
    }

    async fn sleep(&self, until: Timestamp) {
        Sleep::until(self.paced.limiter.clock().clone(), until).await;
    }
}
