//! `Session`: one call from its estimate to its last attempt.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Response, StatusCode, Uri};
use tidegate::Permit;
use tidegate::call::{Call, Next, Outcome};
use tidegate::clock::Sleep;
use tidegate_core::{Class, Cost, Feedback, Place, Reason, Timestamp};
use tidegate_provider::{Endpoint, Estimate, Reading, ResponseHead, Verdict};

use super::meter::{Meter, Metered};
use super::{Answer, Event, LiveBody, Opened, Outgoing, Paced, PacedError, Prepared, Terms, Watch};
use crate::{Body, ResponseBody, TransportError};

/// The most of an error's body that is read to judge it. Real ones have a few hundred bytes.
const ERROR_BODY_BYTES_MAX: usize = 1024 * 1024;

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

    /// Sends the call once.
    async fn attempt(&mut self, permit: Option<Permit>) -> Result<Step, PacedError> {
        self.attempts = self.attempts.saturating_add(1);
        let sent_at = self.now();
        if let Some(permit) = &permit {
            permit.sent();
        }
        match self.paced.transport.send(self.request()).await {
            Ok(answer) if answer.status().as_u16() < 400 => {
                Ok(Step::Hand(Box::new(self.answered(permit, sent_at, answer))))
            }
            Ok(answer) => Ok(self.refused(permit, sent_at, answer).await),
            Err(error) => self.failed(permit, sent_at, error),
        }
    }

    /// A success begins: its permit ends with its body.
    fn answered(&self, permit: Option<Permit>, sent_at: Timestamp, answer: Response<ResponseBody>) -> Opened {
        let (head, body) = answer.into_parts();
        self.observe(permit.as_ref(), &Verdict::OK, head.status, &head.headers);
        self.tell_answered(Class::Ok, sent_at);
        let meter = Meter::new(Metered {
            adapter: self.paced.adapter,
            endpoint: self.endpoint,
            estimate: self.estimate.cost,
            clock: self.paced.limiter.clock().clone(),
            watch: self.watch.clone(),
            sent_at,
            headers: &head.headers,
            permit,
        });
        self.opened(head.status, head.headers, Class::Ok, sent_at, LiveBody::metered(body, meter))
    }

    /// An error status: its body is read to judge it, and the call goes again or ends with it.
    async fn refused(
        &mut self,
        permit: Option<Permit>,
        sent_at: Timestamp,
        answer: Response<ResponseBody>,
    ) -> Step {
        let (head, body) = answer.into_parts();
        let (prefix, body) = judged(body).await;
        let verdict = self.paced.adapter.classify(&self.head(head.status, &head.headers), &prefix);
        self.observe(permit.as_ref(), &verdict, head.status, &head.headers);
        if let Some(permit) = permit {
            let charge = self.paced.adapter.charge_refused(&permit.estimate(), verdict.class);
            permit.settle_charged(charge, None);
        }
        self.tell_answered(verdict.class, sent_at);
        match self.again(&verdict) {
            Some(at) => Step::Again(at),
            None => {
                Step::Hand(Box::new(self.opened(head.status, head.headers, verdict.class, sent_at, body)))
            }
        }
    }

    /// No answer: the call goes again or fails.
    fn failed(
        &mut self,
        permit: Option<Permit>,
        sent_at: Timestamp,
        error: TransportError,
    ) -> Result<Step, PacedError> {
        let verdict = Verdict::of(error.class());
        if let Some(permit) = permit {
            permit.observe(&Feedback::of(verdict.class));
            let charge = if error.nothing_was_sent() {
                Cost::ZERO
            } else {
                self.paced.adapter.charge_refused(&permit.estimate(), verdict.class)
            };
            permit.settle_charged(charge, None);
        }
        self.tell_answered(verdict.class, sent_at);
        self.again(&verdict).map(Step::Again).ok_or_else(|| self.failure(error))
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

/// Reads an error's body as far as it takes to judge it, and puts it together again.
async fn judged(mut body: ResponseBody) -> (Bytes, LiveBody) {
    let mut prefix = BytesMut::new();
    loop {
        match body.chunk().await {
            Ok(Some(data)) => prefix.extend_from_slice(&data),
            Ok(None) => {
                let prefix = prefix.freeze();
                return (prefix.clone(), LiveBody::judged(prefix, None, None));
            }
            Err(error) => {
                let prefix = prefix.freeze();
                return (prefix.clone(), LiveBody::judged(prefix, None, Some(error)));
            }
        }
        if prefix.len() >= ERROR_BODY_BYTES_MAX {
            let prefix = prefix.freeze();
            return (prefix.clone(), LiveBody::judged(prefix, Some(body), None));
        }
    }
}
