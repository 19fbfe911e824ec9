//! OpenAI's errors: which 429 passes by waiting, and our own errors in OpenAI's shape.

use serde_json::json;
use tidegate_core::Class;

use super::usage::GRAMMAR;
use crate::fault::{Case, Fault, Rules, Ruling};
use crate::refusal::SdkRetries;
use crate::{LocalRefusal, Refusal, RefusalKind};

pub(crate) static RULES: Rules = Rules { rule, wait: |_| None, grammar: &GRAMMAR };

/// One code covers what passes by waiting and what never will, so the text decides (reports to 2026-08).
fn rule(case: &Case<'_>) -> Option<Ruling> {
    let fault = case.fault;
    match () {
        () if is_out_of_quota(fault) => Some(Ruling::account(Class::QuotaExhausted)),
        () if is_overload(fault) && matches!(case.status, 200 | 429 | 500..) => {
            Some(Ruling::lane(Class::Overloaded))
        }
        () if matches!(case.status, 200 | 413 | 429) => limit_ruling(fault).or_else(|| inside(case)),
        () => None,
    }
}

/// Quota, plan or credit used up.
pub(crate) fn is_out_of_quota(fault: &Fault) -> bool {
    let codes = ["insufficient_quota", "billing_hard_limit_reached", "billing_not_active"];
    codes.iter().any(|code| fault.is(code))
        || fault.says("exceeded your current quota, please check your plan")
}

/// Flex processing without capacity says "429 Resource Unavailable" (documentation, 2026-08).
fn is_overload(fault: &Fault) -> bool {
    fault.is("resource_unavailable")
        || fault.says("resource unavailable")
        || fault.says("currently overloaded")
        || fault.is("server_overloaded")
}

/// A refusal that quotes its figures: "Limit 30000, Used 18928, Requested 11159".
///
/// More requested than the limit can never pass, whatever wait the text goes on to promise; a limit of zero means
/// that the plan does not have the model.
pub(crate) fn limit_ruling(fault: &Fault) -> Option<Ruling> {
    let message = fault.message.as_deref().unwrap_or_default();
    let limit = figure(message, "Limit ").or_else(|| figure(message, "Limit: "));
    let requested = figure(message, "Requested ");
    match (limit, requested) {
        (Some(0), _) => Some(Ruling::lane(Class::QuotaExhausted)),
        (Some(limit), Some(requested)) if requested > limit => Some(Ruling::lane(Class::RequestRejected)),
        _ if fault.says("request too large") => Some(Ruling::lane(Class::RequestRejected)),
        (Some(_), _) => Some(Ruling::lane(Class::Throttled)),
        _ => None,
    }
}

/// The number after a word: `Limit 30000,` gives 30000.
fn figure(message: &str, word: &str) -> Option<u64> {
    let start = message.find(word)? + word.len();
    // Groq marks estimates: "Requested ~12903" (reports to 2026-08).
    let rest = message[start..].trim_start_matches('~');
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest[..end].parse().ok()
}

/// An error inside a success has no status to go by.
fn inside(case: &Case<'_>) -> Option<Ruling> {
    let fault = case.fault;
    if case.status != 200 {
        return None;
    }
    let class = match () {
        () if fault.is("rate_limit_exceeded") || fault.is("rate_limit_error") => Class::Throttled,
        () if fault.is("invalid_request_error") || fault.is("invalid_prompt") => Class::Invalid,
        () if fault.is("invalid_api_key") || fault.is("authentication_error") => Class::Auth,
        () => Class::ServerError,
    };
    Some(Ruling::lane(class))
}

/// An error of our own, as OpenAI's SDKs read it.
pub(crate) fn refuse(local: &LocalRefusal<'_>) -> Refusal {
    let kind = match local.kind {
        RefusalKind::TooLong | RefusalKind::QueueFull => "rate_limit_error",
        RefusalKind::TooLarge | RefusalKind::NotFound => "invalid_request_error",
        RefusalKind::Forbidden => "permission_error",
        RefusalKind::Unreachable | RefusalKind::Timeout | RefusalKind::ShuttingDown => "server_error",
    };
    let body = json!({
        "error": {"message": local.message, "type": kind, "param": null, "code": local.kind.code()}
    });
    Refusal::new(local, SdkRetries::Steered, &body)
}
