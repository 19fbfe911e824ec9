//! Errors of hosts that speak OpenAI's bodies, told by the phrases and codes that are common among them.

use std::time::Duration;

use serde_json::Value;
use tidegate_core::Class;

use super::usage::GRAMMAR;
use crate::fault::{Case, Fault, Rules, Ruling};
pub(crate) use crate::openai::refuse;
use crate::openai::{is_out_of_quota, limit_ruling};
use crate::value::go_duration;

pub(crate) static RULES: Rules = Rules { rule, wait, grammar: &GRAMMAR };

/// Codes of used-up quota or credit: Z.AI 1113, 1308 and 1310, Moonshot (reports to 2026-08).
const SPENT_CODES: [&str; 5] =
    ["1113", "1308", "1310", "exceeded_current_quota_error", "insufficient_balance"];

/// Phrases of used-up quota or credit: xAI, DeepSeek, Together (reports to 2026-08).
const SPENT_PHRASES: [&str; 4] = [
    "used all available credits",
    "monthly spending limit",
    "insufficient balance",
    "credit balance is too low",
];

/// Codes of a host without capacity: Cerebras, Venice, Z.AI 1305, Moonshot, Mistral's 3505 (reports to 2026-08).
const OVERLOAD_CODES: [&str; 7] = [
    "queue_exceeded",
    "model_overloaded",
    "model_at_capacity",
    "1305",
    "engine_overloaded_error",
    "overloaded_error",
    "service_tier_capacity_exceeded",
];

/// Headers whose zero means that the account does not have the model.
const LIMITS: [&str; 2] = ["x-ratelimit-limit-requests", "x-ratelimit-limit-tokens"];

fn rule(case: &Case<'_>) -> Option<Ruling> {
    let fault = case.fault;
    let refused = matches!(case.status, 200 | 402 | 403 | 413 | 429);
    match () {
        () if refused && is_spent(fault) => Some(Ruling::account(Class::QuotaExhausted)),
        () if OVERLOAD_CODES.iter().any(|code| fault.is(code)) => Some(Ruling::lane(Class::Overloaded)),
        () if case.status == 429 && case.has_zero_limit(&LIMITS) => Some(Ruling::lane(Class::QuotaExhausted)),
        () if refused => limit_ruling(fault).or_else(|| inside(case)),
        () => None,
    }
}

fn is_spent(fault: &Fault) -> bool {
    let by_code = SPENT_CODES.iter().any(|code| fault.is(code));
    // Gemini opens its passing refusals with the words of OpenAI's lasting one (recorded 2026-08).
    let by_words = is_out_of_quota(fault) && !fault.is("RESOURCE_EXHAUSTED");
    by_code || by_words || SPENT_PHRASES.iter().any(|phrase| fault.says(phrase))
}

/// An error inside a success names its status as a code, or nothing that tells.
fn inside(case: &Case<'_>) -> Option<Ruling> {
    if case.status != 200 {
        return None;
    }
    let status = case.fault.code.as_deref().and_then(|code| code.parse().ok()).filter(|code| *code >= 400);
    let words = ["rate_limit_exceeded", "rate_limit_error", "RESOURCE_EXHAUSTED"];
    let throttled = words.iter().any(|word| case.fault.is(word));
    Some(if throttled { Ruling::lane(Class::Throttled) } else { Ruling::of_status(status.unwrap_or(500)) })
}

/// Google's RetryInfo: a duration in the details of the error (recorded 2026-08).
fn wait(case: &Case<'_>) -> Option<Duration> {
    let object = &case.fault.object;
    let details = object.get("error").unwrap_or(object).get("details")?.as_array()?;
    let delay = details.iter().find_map(|detail| detail.get("retryDelay")).and_then(Value::as_str)?;
    go_duration(delay)
}
