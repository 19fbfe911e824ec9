//! `Session`: one call from its estimate to its last attempt.

mod attempt;
mod turn;

use std::time::Duration;

use http::{HeaderMap, HeaderValue, StatusCode, Uri};
use tidegate::call::{Call, Next, Outcome, StopReason};
use tidegate::clock::Sleep;
use tidegate::{Departure, Permit};
use tidegate_core::{Class, Place, Reach, Reason, Timestamp};
use tidegate_provider::{Charged, Endpoint, Estimate, Ignored, Reading, ResponseHead, Verdict};

use super::{Answer, Event, LiveBody, Opened, Outgoing, Paced, PacedError, Prepared, Terms, Watch};
use crate::api::IDEMPOTENCY_KEY;
use crate::fallback::names_model;
use crate::timed::Streamed;
use crate::{Body, CallId, Partial, TransportError};

/// The longest answer that is read in full; images in base64 stay well below it.
const ANSWER_BYTES_MAX: usize = 256 * 1024 * 1024;

/// One call.
pub(crate) struct Session<'paced> {
    id: CallId,
    paced: &'paced Paced,
    outgoing: Outgoing,
    uri: Uri,
    endpoint: Endpoint,
    estimate: Estimate,
    streams: bool,
    terms: Terms,
    watch: Watch,
    call: Call,
    /// Where the call stands in its account's order, once it has been granted.
    place: Option<Place>,
    attempts: u32,
    waited: Duration,
    limited_by: Option<Reason>,
    /// Why no other attempt follows, once that is so.
    stopped: Option<StopReason>,
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
        let Prepared { call: id, outgoing, uri, endpoint, estimate, streams } = prepared;
        let mut policy = paced.policy.clone();
        let may_set = paced.set_model.is_some() && endpoint.produces_tokens();
        let keeps_model = || !may_set || !names_model(&outgoing.body);
        if !policy.fallbacks.is_empty() && keeps_model() {
            policy.fallbacks.clear();
        }
        let call = paced.limiter.call(policy);
        let (place, attempts, waited, limited_by) = (None, 0, Duration::ZERO, None);
        let mut session = Self {
            id,
            paced,
            outgoing,
            uri,
            endpoint,
            estimate,
            streams,
            terms,
            watch,
            call,
            place,
            attempts,
            waited,
            limited_by,
            stopped: None,
        };
        let endpoint = session.resource().to_owned();
        session.call.set_aim(&session.estimate.lane, endpoint);
        session
    }

    /// Makes the call until an answer is to be handed over.
    pub(crate) async fn open(&mut self) -> Result<Box<Opened>, PacedError> {
        loop {
            let (permit, now) = self.turn().await?;
            match self.attempt(permit, now).await? {
                Step::Hand(opened) => return Ok(opened),
                Step::Again(at) => self.sleep(at).await,
            }
        }
    }

    /// Makes the call until a whole answer is there.
    pub(crate) async fn read(&mut self) -> Result<Answer, PacedError> {
        loop {
            let Opened { status, headers, class, sent_at, body, model, .. } = *self.open().await?;
            let (body, reading, verdict) = match body.read(ANSWER_BYTES_MAX).await {
                Ok((body, reading)) => {
                    let verdict = self.verdict(status, &headers, class, &body, reading.as_ref());
                    (Ok(body), reading, verdict)
                }
                // What came of an error's body says no less than none.
                Err((_, came)) if class != Class::Ok => {
                    let verdict = self.verdict(status, &headers, class, &came, None);
                    (Ok(came), None, verdict)
                }
                Err((error, came)) => {
                    let verdict = Verdict::of(error.class());
                    (Err(error.after(Partial::of(status, &headers, &came))), None, verdict)
                }
            };
            // An error status was judged before it was handed over; what follows here was only found in the body.
            let found_in_body = class == Class::Ok && verdict.class != Class::Ok;
            if found_in_body && let Some(at) = self.again(&verdict, Reach::Lane) {
                self.sleep(at).await;
                continue;
            }
            let body = body.map_err(|error| self.failure(error))?;
            return Ok(Answer {
                call: self.id,
                status,
                headers,
                body,
                class: verdict.class,
                error: verdict.error,
                retry_after: verdict.retry_after,
                usage: reading.and_then(|reading| reading.usage),
                model,
                attempts: self.attempts,
                waited: self.waited,
                latency: self.now().since(sent_at),
                stopped: self.stopped,
            });
        }
    }

    /// When the call goes again after this verdict, which reaches so far; `None` when it ends with it.
    fn again(&mut self, verdict: &Verdict, reach: Reach) -> Option<Timestamp> {
        // A refusal that says what credit would pay is of this call: smaller ones go on.
        let class =
            if verdict.affordable_output().is_some() { Class::RequestRejected } else { verdict.class };
        let outcome = Outcome::of(class).retry_after(verdict.retry_after).reach(reach);
        // A used-up quota cannot pass again, but another model may have its own.
        let may_pass = verdict.retryable || class == Class::QuotaExhausted;
        if !may_pass || !self.may_repeat() {
            self.call.seen(&outcome, self.now());
            return None;
        }
        let at = match self.follow(outcome) {
            Next::Retry { until, .. } => until,
            Next::Fallback { model, .. } => {
                self.fall_back(&model);
                self.now()
            }
            Next::Done => return None,
            Next::Stop { why } => {
                self.stopped = Some(why);
                return None;
            }
        };
        (self.watch)(&Event::Retried { class: verdict.class });
        Some(at)
    }

    /// Whether the call may be sent again. A question to a model is known to be safe to repeat. Of everything else only what is idempotent by its method is (RFC 9110, 9.2.2: reading, `PUT`, `DELETE`); a POST that
    /// nothing is known of may have done its work before its answer was lost.
    fn may_repeat(&self) -> bool {
        self.endpoint.is_repeatable() || self.outgoing.method.is_idempotent()
    }

    /// What follows an outcome. Where no limit governs the call, the pause after a refusal is its wait for a turn.
    fn follow(&mut self, outcome: Outcome) -> Next {
        let now = self.now();
        if self.endpoint.is_metered() {
            return self.call.outcome(&outcome, self.paced.entropy(), now);
        }
        let next = self.call.outcome(&outcome.ungoverned(), self.paced.entropy(), now);
        let is_refusal = matches!(outcome.class, Class::Throttled | Class::Overloaded);
        let Next::Retry { until, .. } = next else { return next };
        if !is_refusal {
            return next;
        }
        let pause = until.since(now);
        let waited = self.waited.saturating_add(pause);
        if self.terms.max_wait.is_some_and(|max_wait| waited > max_wait) {
            return Next::Stop { why: StopReason::Deadline { retry_after: pause } };
        }
        self.waited = waited;
        next
    }

    /// Puts another model into the call, which joins that model's calls at their end. Without a way to do that the
    /// call knows of no other models.
    fn fall_back(&mut self, model: &str) {
        let Some(set_model) = self.paced.set_model else { return };
        self.outgoing.body = set_model(&self.outgoing.body, model);
        // What asks another model is another request, which must not have the name of the first.
        if let Some(name) = self.outgoing.headers.get_mut(IDEMPOTENCY_KEY)
            && let Ok(other) = HeaderValue::from_bytes(&[name.as_bytes(), b"-", model.as_bytes()].concat())
        {
            *name = other;
        }
        self.estimate = self.paced.estimate(self.endpoint, self.uri.path(), &self.outgoing.body);
        self.place = None;
    }

    /// Tells the engine what an answer says; gives what the provider says it counted for the call.
    fn observe(
        &self,
        permit: Option<&Permit>,
        verdict: &Verdict,
        status: StatusCode,
        headers: &HeaderMap,
    ) -> Vec<Charged> {
        let Some(permit) = permit else { return Vec::new() };
        let observed = self.paced.adapter.read_head(self.endpoint, &self.head(status, headers));
        permit.observe(&verdict.feedback(observed.limits));
        self.tell_ignored(observed.ignored);
        observed.charged
    }

    /// Tells of headers that were not heeded, where nobody has yet.
    fn tell_ignored(&self, ignored: Vec<Ignored>) {
        let host = self.paced.base.host();
        for ignored in ignored.into_iter().filter(|ignored| self.paced.oddities.is_new(host, ignored)) {
            (self.watch)(&Event::Ignored { ignored });
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
        let (model, stopped) = (self.estimate.model.clone(), self.stopped);
        Opened {
            call: self.id,
            status,
            headers,
            body,
            class,
            model,
            attempts,
            waited,
            limited_by,
            sent_at,
            stopped,
        }
    }

    fn failure(&self, error: TransportError) -> PacedError {
        PacedError::Transport { error: error.of_call(self.id), attempts: self.attempts, waited: self.waited }
    }

    fn tell_answered(&self, class: Class, sent_at: Timestamp, now: Timestamp) {
        (self.watch)(&Event::Answered { class, after: now.since(sent_at) });
    }

    /// The request, as it is sent each time.
    fn request(&self, departure: Option<Departure>) -> http::Request<Body> {
        let body = Body::whole(self.outgoing.body.clone()).departing(departure);
        let mut request = http::Request::new(body);
        *request.method_mut() = self.outgoing.method.clone();
        *request.uri_mut() = self.uri.clone();
        *request.headers_mut() = self.outgoing.headers.clone();
        if self.streams {
            request.extensions_mut().insert(Streamed);
        }
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
