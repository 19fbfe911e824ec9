//! `Report`: an inspection in the JSON that the contract names. `docs/inspect.md` describes every field.

use std::time::Duration;

use serde::Serialize;
use tidegate_core::{Enforcement, Observation, Reach, Usage};
use tidegate_provider::{Charged, Dialect, Inspection};

use super::message::Message;

/// What is printed.
#[derive(Debug, Serialize)]
pub(super) struct Report<'a> {
    provider: &'a str,
    dialect: &'static str,
    status: u16,
    class: &'static str,
    retryable: bool,
    retry_after_ms: Option<u64>,
    retry_after_from: Option<&'static str>,
    reach: &'static str,
    limits: Vec<Limit>,
    charged: Vec<Amount>,
    usage: Option<Used>,
    error: Option<Wrong<'a>>,
    model: Option<&'a str>,
    request_id: Option<&'a str>,
    complete: bool,
    ignored: Vec<Left<'a>>,
}

#[derive(Debug, Serialize)]
struct Limit {
    dimension: &'static str,
    window_s: Option<u64>,
    limit: Option<u64>,
    remaining: Option<u64>,
    reset_ms: Option<u64>,
    reach: &'static str,
    enforcement: &'static str,
    charging: &'static str,
    rounding: u64,
}

#[derive(Debug, Serialize)]
struct Amount {
    dimension: &'static str,
    amount: u64,
}

#[derive(Debug, Serialize)]
struct Used {
    input_tokens: u64,
    cached_input_tokens: u64,
    cache_write_tokens: u64,
    output_tokens: u64,
    total_tokens: u64,
}

#[derive(Debug, Serialize)]
struct Wrong<'a> {
    code: Option<&'a str>,
    message: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct Left<'a> {
    header: &'a str,
    why: &'a str,
    text: &'a str,
}

impl<'a> Report<'a> {
    pub(super) fn new(
        provider: &'a str,
        dialect: Dialect,
        message: &'a Message,
        inspection: &'a Inspection,
    ) -> Self {
        let Inspection { verdict, observed, usage, complete, model, request_id } = inspection;
        let left = observed.ignored.iter();
        let left = left.map(|left| Left {
            header: left.header.as_str(),
            why: left.why.name(),
            text: left.why.text(),
        });
        let skipped =
            message.skipped.iter().map(|(line, why)| Left { header: line, why: "not_a_header", text: why });
        Self {
            provider,
            dialect: dialect.name(),
            status: message.status,
            class: verdict.class.name(),
            retryable: verdict.retryable,
            retry_after_ms: verdict.retry_after.map(millis),
            retry_after_from: verdict.waits_by.map(|source| source.name()),
            reach: reach(verdict.reach),
            limits: observed.limits.iter().map(Limit::of).collect(),
            charged: observed.charged.iter().map(Amount::of).collect(),
            usage: usage.as_ref().map(Used::of),
            error: verdict
                .error
                .as_ref()
                .map(|error| Wrong { code: error.code.as_deref(), message: error.message.as_deref() }),
            model: model.as_deref(),
            request_id: request_id.as_deref(),
            complete: *complete,
            ignored: left.chain(skipped).collect(),
        }
    }

    /// The report as JSON for people and programs.
    pub(super) fn json(&self) -> String {
        serde_json::to_string_pretty(self).expect("texts and numbers are JSON")
    }
}

impl Limit {
    fn of(limit: &Observation) -> Self {
        Self {
            dimension: limit.dimension.name(),
            window_s: limit.window.map(|window| window.as_secs()),
            limit: limit.limit,
            remaining: limit.remaining,
            reset_ms: limit.reset.map(millis),
            reach: reach(limit.reach),
            enforcement: match limit.enforcement {
                Enforcement::Bucket => "bucket",
                Enforcement::FixedWindow => "fixed",
                Enforcement::SlidingWindow => "sliding",
                Enforcement::WeightedCounter => "counter",
                _ => "unknown",
            },
            charging: limit.charging.name(),
            rounding: limit.rounding,
        }
    }
}

impl Amount {
    fn of(charged: &Charged) -> Self {
        Self { dimension: charged.dimension.name(), amount: charged.amount }
    }
}

impl Used {
    fn of(usage: &Usage) -> Self {
        Self {
            input_tokens: usage.input_tokens,
            cached_input_tokens: usage.cached_input_tokens,
            cache_write_tokens: usage.cache_write_tokens,
            output_tokens: usage.output_tokens,
            total_tokens: usage.total(),
        }
    }
}

const fn reach(reach: Reach) -> &'static str {
    match reach {
        Reach::Lane => "model",
        Reach::Account => "account",
    }
}

/// Milliseconds, to the nearest.
fn millis(span: Duration) -> u64 {
    let nearest = span.saturating_add(Duration::from_micros(500)).as_millis();
    u64::try_from(nearest).unwrap_or(u64::MAX)
}
