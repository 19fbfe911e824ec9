//! One attempt of a call: send, see what came, settle what is over, and say what follows.

use bytes::{Bytes, BytesMut};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Response, StatusCode};
use tidegate::Permit;
use tidegate::call::Outcome;
use tidegate_core::{Class, Cost, Dimension, Feedback, Reach, Timestamp};
use tidegate_provider::Verdict;

use super::{Session, Step};
use crate::paced::meter::{KeptHistory, Meter, Metered};
use crate::paced::{LiveBody, PacedError};
use crate::{Partial, ResponseBody, TransportError, TransportErrorKind};

/// The most of an error's body that is read to judge it. Real ones have a few hundred bytes.
const ERROR_BODY_BYTES_MAX: usize = 1024 * 1024;

impl Session<'_> {
    /// Sends the call once, now.
    pub(super) async fn attempt(
        &mut self,
        permit: Option<Permit>,
        sent_at: Timestamp,
    ) -> Result<Step, PacedError> {
        self.attempts = self.attempts.saturating_add(1);
        let departure = permit.as_ref().and_then(|permit| {
            permit.sent();
            permit.departure()
        });
        match self.paced.transport.send(self.request(departure)).await {
            Ok(answer) if answer.status().as_u16() < 400 => self.answered(permit, sent_at, answer).await,
            Ok(answer) => Ok(self.refused(permit, sent_at, answer, None).await),
            Err(error) => self.failed(permit, sent_at, error),
        }
    }

    /// A success begins: its permit ends with its body. A document may say in its first piece that it is none
    /// (some providers send errors of theirs with status 200), which is still time to try again; a stream is
    /// handed over at once.
    async fn answered(
        &mut self,
        permit: Option<Permit>,
        sent_at: Timestamp,
        answer: Response<ResponseBody>,
    ) -> Result<Step, PacedError> {
        let (head, mut body) = answer.into_parts();
        let charged = self.observe(permit.as_ref(), &Verdict::OK, head.status, &head.headers);
        let streams = !is_document(&head.headers);
        let mut first = None;
        if !streams {
            match body.chunk().await {
                Ok(chunk) => first = chunk,
                Err(error) => {
                    let error = error.after(Partial::of(head.status, &head.headers, &[]));
                    return self.failed(permit, sent_at, error);
                }
            }
        }
        let said = first.as_deref().unwrap_or_default();
        let verdict = self.paced.adapter.classify(&self.head(head.status, &head.headers), said);
        if verdict.retryable {
            let answer = Response::from_parts(head, body);
            return Ok(self.refused(permit, sent_at, answer, first).await);
        }
        let now = self.now();
        self.tell_answered(Class::Ok, sent_at, now);
        self.call.seen(&Outcome::of(Class::Ok), now);
        let meter = Box::new(Meter::new(Metered {
            adapter: self.paced.adapter,
            endpoint: self.endpoint,
            clock: self.paced.limiter.clock().clone(),
            watch: self.watch.clone(),
            sent_at,
            headers: &head.headers,
            charged,
            history: self.kept_history(),
            streams,
            price: self.estimate.price,
            permit,
        }));
        let body = LiveBody::metered(first, body, meter);
        Ok(Step::Hand(Box::new(self.opened(head.status, head.headers, Class::Ok, sent_at, body))))
    }

    /// Where what the call's conversation weighs is kept, if the provider keeps its history.
    fn kept_history(&self) -> Option<KeptHistory> {
        self.endpoint.keeps_history().then(|| KeptHistory {
            histories: self.paced.remembered.histories.clone(),
            lane: self.estimate.lane.clone(),
            continues: self.estimate.continues.clone(),
        })
    }

    /// An error: its body, of which `first` has been read, is read on to judge it, and the call goes again or
    /// ends with it.
    async fn refused(
        &mut self,
        permit: Option<Permit>,
        sent_at: Timestamp,
        answer: Response<ResponseBody>,
        first: Option<Bytes>,
    ) -> Step {
        let (head, body) = answer.into_parts();
        let (prefix, body) = judged(first, body).await;
        let mut verdict = self.paced.adapter.classify(&self.head(head.status, &head.headers), &prefix);
        let input = permit.as_ref().map_or(0, |permit| permit.reserved().get(Dimension::InputTokens));
        verdict.limits.extend(self.paced.credit.told(&verdict, self.estimate.price, input, self.now()));
        self.observe(permit.as_ref(), &verdict, head.status, &head.headers);
        if let Some(permit) = permit {
            let charge = self.paced.adapter.charge_refused(&permit.estimate(), verdict.class);
            permit.settle_charged(charge, None);
        }
        self.tell_answered(verdict.class, sent_at, self.now());
        let reach = reach_of(head.status);
        if verdict.affordable_output().is_none() {
            self.paced.remembered.stops.note(&self.estimate.lane, reach, verdict.class, head.status);
        }
        match self.again(&verdict, reach) {
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
        self.tell_answered(verdict.class, sent_at, self.now());
        let reach = match error.kind() {
            TransportErrorKind::Connect => Reach::Account,
            _ => Reach::Lane,
        };
        self.again(&verdict, reach).map(Step::Again).ok_or_else(|| self.failure(error))
    }
}

/// How far an error reaches: credentials that are not known (RFC 9110, 15.5.2) are so for every model.
fn reach_of(status: StatusCode) -> Reach {
    if status == StatusCode::UNAUTHORIZED { Reach::Account } else { Reach::Lane }
}

/// Whether an answer is one JSON document, which is worth nothing before its end.
fn is_document(headers: &HeaderMap) -> bool {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    content_type.is_some_and(|value| value.trim_start().starts_with("application/json"))
}

/// Reads an error's body as far as it takes to judge it, and puts it together again.
async fn judged(first: Option<Bytes>, mut body: ResponseBody) -> (Bytes, LiveBody) {
    let mut prefix = BytesMut::from(first.unwrap_or_default());
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
