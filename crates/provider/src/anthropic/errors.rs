//! Anthropic's errors: types before statuses, and our own errors in Anthropic's shape.

use serde_json::{Value, json};
use tidegate_core::Class;

use super::usage::GRAMMAR;
use crate::fault::{Case, Fault, Rules, Ruling};
use crate::refusal::SdkRetries;
use crate::{LocalRefusal, Refusal, RefusalKind};

pub(crate) static RULES: Rules = Rules { rule, wait: |_| None, grammar: &GRAMMAR };

/// Headers whose zero means that the account does not have the model.
const LIMITS: [&str; 3] = [
    "anthropic-ratelimit-requests-limit",
    "anthropic-ratelimit-input-tokens-limit",
    "anthropic-ratelimit-tokens-limit",
];

fn rule(case: &Case<'_>) -> Option<Ruling> {
    let fault = case.fault;
    if is_spent(fault) {
        return Some(Ruling::account(Class::QuotaExhausted));
    }
    if case.status == 429 && case.has_zero_limit(&LIMITS) {
        return Some(Ruling::lane(Class::QuotaExhausted));
    }
    // The type also tells the errors inside a stream, which has status 200 (documentation, 2026-08).
    let ruling = match fault.kind.as_deref()? {
        "rate_limit_error" => Ruling::lane(Class::Throttled),
        "overloaded_error" => Ruling::lane(Class::Overloaded),
        "api_error" => Ruling::lane(Class::ServerError),
        "timeout_error" => Ruling::lane(Class::Timeout),
        "authentication_error" | "permission_error" => Ruling::account(Class::Auth),
        "billing_error" => Ruling::account(Class::QuotaExhausted),
        "request_too_large" => Ruling::lane(Class::RequestRejected),
        "invalid_request_error" | "not_found_error" => Ruling::lane(Class::Invalid),
        _ if case.status == 200 => Ruling::lane(Class::ServerError),
        _ => return None,
    };
    Some(ruling)
}

/// The spend cap comes as a rate limit error without a wait, a limit set by the customer and a lack of credit as
/// invalid requests (documentation, 2026-08).
fn is_spent(fault: &Fault) -> bool {
    let detail = fault.object.pointer("/error/details/error_code").and_then(Value::as_str);
    detail == Some("enforced_spend_limit_reached")
        || fault.says("you have reached your api usage limits")
        || fault.says("you have reached your specified api usage limits")
        || fault.says("credit balance is too low")
}

/// An error of our own, as Anthropic's SDKs read it.
pub(crate) fn refuse(local: &LocalRefusal<'_>) -> Refusal {
    let kind = match local.kind {
        RefusalKind::TooLong | RefusalKind::QueueFull => "rate_limit_error",
        RefusalKind::TooLarge => "request_too_large",
        RefusalKind::NotFound => "not_found_error",
        RefusalKind::Forbidden => "permission_error",
        RefusalKind::Timeout => "timeout_error",
        RefusalKind::ShuttingDown => "overloaded_error",
        RefusalKind::Unreachable => "api_error",
    };
    let body = json!({"type": "error", "error": {"type": kind, "message": local.message}});
    Refusal::new(local, SdkRetries::Steered, &body)
}
