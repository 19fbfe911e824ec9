//! `PacedRows`: request rows as paced calls to one or more providers. The one place of this crate that knows HTTP.
//!
//! It chooses the account that a row goes to and translates: rows to calls, answers to outputs. When a call goes
//! and what follows its outcome is [`Paced`]'s.

mod groups;
mod money;
mod pauses;
mod route;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use tidegate::Limiter;
use tidegate_client::{Answer as Answered, Catalogue, Outgoing, Paced, PacedError, Terms};
use tidegate_core::{Band, Class, Dimension, Rejection};
use tidegate_provider::Dialect;

use crate::processor::{Done, Failed, Failure, Processor};
use crate::{Answer, BodySettings, Effort, Group, Request, RequestBody};
use groups::{Groups, Place};
use pauses::{After, Pauses};
use route::Routes;
pub use route::{Account, Destination};

/// Headers in which providers name a request: OpenAI and most compatible hosts, Anthropic, Mistral, OpenRouter
/// (documentation and recorded answers, 2026-08).
const REQUEST_IDS: [&str; 4] = ["x-request-id", "request-id", "mistral-correlation-id", "x-generation-id"];

/// The version of Anthropic's API that its requests must name (documentation of the Messages API, 2026-08).
const ANTHROPIC_VERSION: HeaderName = HeaderName::from_static("anthropic-version");

/// Sends request rows as paced calls.
#[derive(Debug)]
pub struct PacedRows {
    routes: Routes,
    model: Option<String>,
    band: Band,
    groups: Groups,
    pauses: Pauses,
    settings: BodySettings,
    headers: Headers,
}

/// Whether answers keep their headers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Headers {
    /// No: they would double the size of most outputs.
    #[default]
    Dropped,
    /// Yes.
    Kept,
}

impl PacedRows {
    /// Sends every row to `account`, in the batch band: live traffic on the same limits goes first.
    #[must_use]
    pub fn new(account: Account) -> Self {
        let routes = Routes::new(falling_back(account));
        Self {
            routes,
            model: None,
            band: Band::Batch,
            groups: Groups::default(),
            pauses: Pauses::default(),
            settings: BodySettings::default(),
            headers: Headers::default(),
        }
    }

    /// The same, with another account for rows whose model is written `NAME/model`.
    #[must_use]
    pub fn account(mut self, account: Account) -> Self {
        self.routes.add(falling_back(account));
        self
    }

    /// The same, knowing what the accounts' providers list: a model that the first account does not list and exactly
    /// one other does goes there without a name in front of it.
    #[must_use]
    pub fn catalogue(mut self, catalogue: Catalogue) -> Self {
        self.routes.catalogue = catalogue;
        self
    }

    /// The same, with a model for rows that name none.
    #[must_use]
    pub fn model(mut self, model: Option<String>) -> Self {
        self.model = model;
        self
    }

    /// The same, in another band.
    #[must_use]
    pub const fn band(mut self, band: Band) -> Self {
        self.band = band;
        self
    }

    /// The same, giving up when a provider was away for this long; an hour by default. Meanwhile its rows wait.
    #[must_use]
    pub const fn give_up_after(mut self, span: Duration) -> Self {
        self.pauses.give_up_after = span;
        self
    }

    /// The same, with settings that go into every body that does not set them itself.
    #[must_use]
    pub const fn settings(mut self, settings: BodySettings) -> Self {
        self.settings = settings;
        self
    }

    /// The same, with answers that keep their headers or not.
    #[must_use]
    pub const fn headers(mut self, headers: Headers) -> Self {
        self.headers = headers;
        self
    }

    /// The accounts' calls, to look at their limiters; the first is the one for rows that name no other.
    pub fn calls(&self) -> impl Iterator<Item = (&str, &Paced)> {
        self.routes.calls()
    }

    /// How the provider speaks that rows go to if they name no other.
    #[must_use]
    pub const fn dialect(&self) -> Dialect {
        self.routes.default.dialect
    }

    /// The model that a row wants, as it is written there; ours where it names none.
    fn wanted<'r>(&'r self, request: &'r Request) -> Cow<'r, str> {
        let named = request.body.model().map(Cow::Owned);
        // A body without any model is judged by the provider, except that our own default goes in.
        named.or_else(|| self.model.as_deref().map(Cow::Borrowed)).unwrap_or_default()
    }

    /// The call that a row makes, with the model that it is meant for; or why it can make none.
    fn outgoing(&self, request: &Request) -> Result<(&str, &Paced, Outgoing), Failure<Answer>> {
        let named = request.body.model();
        let wanted = self.wanted(request);
        let (account, model) = self.routes.route(&wanted);
        let body =
            match (request.body.as_str().is_empty(), named.as_deref() == Some(model) || model.is_empty()) {
                (true, _) | (_, true) => request.body.clone(),
                (false, false) => request.body.with_model(model),
            };
        let paced = match &account.destination {
            Destination::Calls(paced) => paced,
            Destination::Unusable(why) => return Err(unsent(Class::Auth, why.clone())),
        };
        let method =
            request.method.parse().map_err(|_| unsent(Class::Invalid, "not an HTTP method".to_owned()))?;
        let headers = Self::headers_for(account, !body.as_str().is_empty());
        let body = if self.settings.is_empty() { body } else { self.settings.applied(body, &request.path) };
        let outgoing =
            Outgoing { method, path: request.path.clone(), headers, body: body.into_string().into() };
        Ok((&account.name, paced, outgoing))
    }

    /// What a row asks for, as the account that rows go to by default is to be asked: its endpoint and model, and the
    /// body. Or why it cannot.
    pub(crate) fn ready(&self, request: &Request) -> Result<((String, String), RequestBody), String> {
        let wanted = self.wanted(request);
        let (account, model) = self.routes.route(&wanted);
        if account.name != self.routes.default.name {
            return Err(format!(
                "{} has another batch API; rows of one run go to one provider",
                account.name
            ));
        }
        let place = (request.path.clone(), model.to_owned());
        match self.outgoing(request) {
            Ok((_, _, outgoing)) => {
                let text = std::str::from_utf8(&outgoing.body).map_err(|error| error.to_string())?;
                Ok((place, RequestBody::parse(text)?))
            }
            Err(Failure::Failed(failed)) => Err(failed.message),
            Err(_) => Err("cannot be sent".to_owned()),
        }
    }

    /// Headers that every call to the default account has.
    pub(crate) fn headers_of_default(&self) -> HeaderMap {
        Self::headers_for(&self.routes.default, false)
    }

    fn ended(&self, ended: Result<Answered, PacedError>, place: &Place) -> Processed {
        match ended {
            Ok(answered) => answer(answered, place.refusals(), self.headers),
            Err(error) => Err(unanswered(&error, place.refusals())),
        }
    }

    fn headers_for(account: &Account, has_body: bool) -> HeaderMap {
        let mut headers = account.headers.clone();
        if has_body {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        if account.dialect == Dialect::Anthropic {
            headers.entry(ANTHROPIC_VERSION).or_insert(HeaderValue::from_static("2023-06-01"));
        }
        headers
    }
}

impl Processor for PacedRows {
    type Item = Request;
    type Output = Answer;

    async fn process(&self, item: Request) -> Result<Done<Answer>, Failure<Answer>> {
        let (account, paced, outgoing) = self.outgoing(&item)?;
        let place = self.groups.enter(self.group(&item));
        drop(item);
        let (mut attempts, mut waited) = (0_u32, Duration::ZERO);
        loop {
            let terms = Terms { band: self.band, max_wait: None };
            let mut ended = paced.request_watched(outgoing.clone(), terms, place.watch()).await;
            let after = self.pauses.after(account, paced.limiter(), &ended);
            add_earlier(&mut ended, attempts, waited);
            match after {
                After::Ended => return self.ended(ended, &place),
                After::Hopeless => {
                    return self.ended(ended, &place).map_err(|failure| match failure {
                        Failure::Failed(failed) => Failure::Hopeless(failed),
                        other => other,
                    });
                }
                After::GiveUp(why) => return Err(Failure::GaveUp(why)),
                After::Again(until) => {
                    (attempts, waited) = spent(&ended);
                    place.waits();
                    if !self.pauses.wait(paced.limiter(), until).await {
                        return Err(Failure::NotSent);
                    }
                }
            }
        }
    }

    fn stop(&self) {
        self.pauses.stop();
        for (_, paced) in self.calls() {
            paced.limiter().close();
        }
    }

    fn group(&self, item: &Request) -> Group {
        self.groups.of(&self.wanted(item))
    }

    fn waiting(&self, group: Group) -> Option<usize> {
        Some(self.groups.waiting(group))
    }

    fn at_once(&self, group: Group) -> Option<usize> {
        let (account, _) = self.routes.route(&self.groups.wanted(group)?);
        match &account.destination {
            Destination::Calls(paced) => at_once(paced.limiter()),
            Destination::Unusable(_) => None,
        }
    }
}

/// The most requests that a limit of this limiter's account lets go in one period, by what is known of them. Which of
/// several models a limit is for makes no difference: a number that is too high costs some memory.
pub(crate) fn at_once(limiter: &Limiter) -> Option<usize> {
    let limits = limiter.snapshot().limits.into_iter();
    let requests = limits.filter(|limit| limit.dimension == Dimension::Requests && !limit.window.is_zero());
    requests.map(|limit| usize::try_from(limit.limit).unwrap_or(usize::MAX)).max()
}

/// What a row's processing gives.
type Processed = Result<Done<Answer>, Failure<Answer>>;

/// What all attempts so far took.
fn spent(ended: &Result<Answered, PacedError>) -> (u32, Duration) {
    match ended {
        Ok(answered) => (answered.attempts, answered.waited),
        Err(error) => (error.attempts(), error.waited()),
    }
}

/// Adds what earlier rounds of attempts took.
fn add_earlier(ended: &mut Result<Answered, PacedError>, before: u32, longer: Duration) {
    let (attempts, waited) = match ended {
        Ok(answered) => (&mut answered.attempts, &mut answered.waited),
        Err(
            PacedError::Rejected { attempts, waited, .. }
            | PacedError::Stopped { attempts, waited, .. }
            | PacedError::Transport { attempts, waited, .. },
        ) => (attempts, waited),
        Err(_) => return,
    };
    *attempts = attempts.saturating_add(before);
    *waited = waited.saturating_add(longer);
}

/// The account, able to go on with a fallback model of its policy.
fn falling_back(mut account: Account) -> Account {
    if let Destination::Calls(paced) = account.destination {
        account.destination = Destination::Calls(paced.set_model(set_model));
    }
    account
}

/// The body with another model in it; as it is where it is no JSON object.
fn set_model(body: &[u8], model: &str) -> Bytes {
    let parsed = std::str::from_utf8(body).ok().and_then(|text| RequestBody::parse(text).ok());
    parsed.map_or_else(|| Bytes::copy_from_slice(body), |body| body.with_model(model).into_string().into())
}

/// An answer of any status, as an output or as the last answer of a failure.
fn answer(answered: Answered, refusals: u32, keep: Headers) -> Processed {
    let effort = Effort {
        attempts: answered.attempts,
        waited_ms: millis(answered.waited),
        latency_ms: millis(answered.latency),
        micro_dollars: money::told(&answered.body),
        model: answered.model,
        refusals,
        ..Effort::default()
    }
    .with_usage(answered.usage.as_ref());
    let output = Answer {
        status_code: answered.status.as_u16(),
        request_id: request_id(&answered.headers),
        body: answered.body.as_ref().into(),
        headers: (keep == Headers::Kept).then(|| headers_of(&answered.headers)),
    };
    if answered.class == Class::Ok {
        return Ok(Done { output, effort });
    }
    let said = answered.error.and_then(|error| error.message);
    let message = said.unwrap_or_else(|| format!("the provider answered with status {}", answered.status));
    Err(Failure::Failed(Box::new(Failed { class: answered.class, message, last: Some(output), effort })))
}

/// A call without an answer.
fn unanswered(error: &PacedError, refusals: u32) -> Failure<Answer> {
    if matches!(error, PacedError::Rejected { rejection: Rejection::Closed, .. }) {
        return Failure::NotSent;
    }
    let effort =
        Effort { attempts: error.attempts(), waited_ms: millis(error.waited()), refusals, ..Effort::none() };
    Failure::Failed(Box::new(Failed { class: error.class(), message: error.to_string(), last: None, effort }))
}

fn unsent(class: Class, message: String) -> Failure<Answer> {
    Failure::Failed(Box::new(Failed { class, message, last: None, effort: Effort::none() }))
}

fn request_id(headers: &HeaderMap) -> Option<String> {
    REQUEST_IDS.iter().find_map(|name| headers.get(*name)?.to_str().ok()).map(str::to_owned)
}

/// Headers by name, for people and programs that read the output.
fn headers_of(headers: &HeaderMap) -> BTreeMap<String, String> {
    let mut all = BTreeMap::<String, String>::new();
    for (name, value) in headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        all.entry(name.as_str().to_owned())
            .and_modify(|before| {
                before.push_str(", ");
                before.push_str(&value);
            })
            .or_insert_with(|| value.clone().into_owned());
    }
    all
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
