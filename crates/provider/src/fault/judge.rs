//! The verdict on an answer: one procedure for every dialect, which brings its own rules.

use std::sync::LazyLock;
use std::time::SystemTime;

use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use memchr::memmem;
use tidegate_core::{Class, Observation, Reach};

use super::{Fault, Wait, figures, wait};
use crate::reading::{Grammar, UsageReader, decoded};
use crate::{Endpoint, EndpointKind, ErrorBody, ResponseHead, Verdict};

/// The most of an error body that is read; the longest of all recordings to 2026-08 has 20 kB.
const BODY_MAX: usize = 256 * 1024;

/// The word by which every grammar tells an error, as a key or as a type.
static ERROR: LazyLock<memmem::Finder<'static>> = LazyLock::new(|| memmem::Finder::new("error"));

/// What a dialect knows of errors.
#[derive(Debug)]
pub(crate) struct Rules {
    /// The class of an error that the dialect tells apart; `None` leaves it to the status.
    pub(crate) rule: fn(&Case<'_>) -> Option<Ruling>,
    /// A wait that only this dialect states.
    pub(crate) wait: fn(&Case<'_>) -> Option<Wait>,
    /// Adds what is known of the enforcement to a limit that an error states.
    pub(crate) hint: fn(Observation) -> Observation,
    /// How errors inside a success are found.
    pub(crate) grammar: &'static Grammar,
}

/// One error, ready to be judged.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Case<'a> {
    /// The status of the answer, or the one that an error inside a success names.
    pub(crate) status: u16,
    /// The body.
    pub(crate) fault: &'a Fault,
    /// The head; `None` for an error inside a success, whose head speaks of the success.
    pub(crate) head: Option<&'a ResponseHead<'a>>,
}

impl Case<'_> {
    /// Whether any of these headers states a limit of zero: not entitled, so that waiting cannot help.
    pub(crate) fn has_zero_limit(&self, names: &[&str]) -> bool {
        self.head.is_some_and(|head| names.iter().any(|name| head.count(*name) == Some(0)))
    }

    /// The instant to which absolute times relate; `None` inside a stream, where nothing tells it.
    pub(crate) fn now(&self) -> Option<SystemTime> {
        self.head.map(ResponseHead::date)
    }
}

/// A class with its reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ruling {
    pub(crate) class: Class,
    pub(crate) reach: Reach,
}

impl Ruling {
    /// The class of an error that concerns the lane of its call.
    pub(crate) const fn lane(class: Class) -> Self {
        Self { class, reach: Reach::Lane }
    }

    /// The class of an error that concerns every call of the account.
    pub(crate) const fn account(class: Class) -> Self {
        Self { class, reach: Reach::Account }
    }

    /// What a status means where no rule says otherwise.
    pub(crate) const fn of_status(status: u16) -> Self {
        match status {
            0..=399 => Self::lane(Class::Ok),
            401 | 403 => Self::account(Class::Auth),
            402 => Self::account(Class::QuotaExhausted),
            // 522, 524: Cloudflare waited in vain for the host. 598, 599: some proxies' words for the same.
            408 | 504 | 522 | 524 | 598 | 599 => Self::lane(Class::Timeout),
            413 => Self::lane(Class::RequestRejected),
            429 => Self::lane(Class::Throttled),
            // 498: Groq's flexible tier is out of capacity. 529: Anthropic is overloaded.
            498 | 503 | 529 => Self::lane(Class::Overloaded),
            // 409: a lock that another call holds, which SDKs of OpenAI and Anthropic retry; 424: the model behind
            // failed (Bedrock). Documentation, 2026-08.
            409 | 424 => Self::lane(Class::ServerError),
            400..=499 => Self::lane(Class::Invalid),
            _ => Self::lane(Class::ServerError),
        }
    }
}

/// Judges a whole answer.
pub(crate) fn judge(head: &ResponseHead<'_>, body: &[u8], rules: &Rules) -> Verdict {
    let encoding = head.text(CONTENT_ENCODING);
    // A redirect is no answer, whatever page comes with it (Gemini's downloads, recorded 2026-08).
    if (300..400).contains(&head.status) {
        return Verdict::OK;
    }
    if head.status < 400 && is_page(head, body) {
        let error = ErrorBody { code: Some("html".to_owned()), message: None };
        return Verdict { error: Some(error), ..Verdict::of(Class::ServerError) };
    }
    if head.status < 400 {
        // Most successes are done with here.
        if encoding.is_none() && ERROR.find(body).is_none() {
            return Verdict::OK;
        }
        let mut reader = UsageReader::new(rules.grammar, Endpoint::of(EndpointKind::Chat), encoding);
        reader.push(body);
        return reader.finish().error.unwrap_or(Verdict::OK);
    }
    let fault = Fault::of_body(&decoded(encoding, body, BODY_MAX));
    verdict(&Case { status: head.status, fault: &fault, head: Some(head) }, rules)
}

/// Whether a success is a page for people: some proxy or portal answered, not the provider.
fn is_page(head: &ResponseHead<'_>, body: &[u8]) -> bool {
    head.text(CONTENT_TYPE).is_some_and(|kind| kind.starts_with("text/html"))
        && body.trim_ascii_start().starts_with(b"<")
}

/// Judges one error.
pub(crate) fn verdict(case: &Case<'_>, rules: &Rules) -> Verdict {
    let Ruling { class, reach } = (rules.rule)(case).unwrap_or(Ruling::of_status(case.status));
    // A retry flag can call a retry off; it never makes a permanent refusal worth one.
    let called_off = case
        .head
        .and_then(|head| head.text("x-should-retry"))
        .is_some_and(|word| word.eq_ignore_ascii_case("false"));
    // What a server does not implement, it will not implement by waiting (llama.cpp, recorded 2025).
    let retryable = class.is_retryable() && !called_off && case.status != 501;
    let wait = if class.is_retryable() { stated_wait(case, rules) } else { None };
    let limits = if class == Class::Throttled { figures::of_fault(case.fault) } else { Vec::new() };
    Verdict {
        class,
        retryable,
        retry_after: wait.map(|wait| wait.span),
        waits_by: wait.map(|wait| wait.source),
        reach,
        limits: limits.into_iter().map(rules.hint).collect(),
        error: case.fault.error_body(),
    }
}

/// The largest wait that headers, message and body state: the rounded or cut one is the smaller (Gemini,
/// recorded 2026-08). Of equal ones the header counts.
fn stated_wait(case: &Case<'_>, rules: &Rules) -> Option<Wait> {
    let headers = case.head.and_then(wait::of_headers);
    let message = case.fault.message.as_deref().and_then(|message| wait::of_message(message, case.now()));
    Wait::longer(headers, Wait::longer(message, (rules.wait)(case)))
}
