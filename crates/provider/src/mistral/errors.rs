//! Mistral's errors: a 429 can be the caller's limit, the provider's capacity, or for good.

use serde_json::json;
use tidegate_core::Class;

use super::headers::REQUEST_LIMITS;
use super::usage::GRAMMAR;
use crate::fault::{Case, Rules, Ruling};
use crate::refusal::SdkRetries;
use crate::{LocalRefusal, Refusal, RefusalKind};

pub(crate) static RULES: Rules = Rules { rule, wait: |_| None, grammar: &GRAMMAR };

fn rule(case: &Case<'_>) -> Option<Ruling> {
    let fault = case.fault;
    let capacity = fault.is("3505")
        || fault.is("service_tier_capacity_exceeded")
        || fault.says("service tier capacity exceeded");
    match () {
        // The provider's capacity, not the caller's limit (reports, 2025 and 2026).
        () if capacity => Some(Ruling::lane(Class::Overloaded)),
        // A plan without the model has a limit of zero, under the usual code 1300 (reports, 2026-08).
        () if case.status == 429 && case.has_zero_limit(&REQUEST_LIMITS) => {
            Some(Ruling::lane(Class::QuotaExhausted))
        }
        // The workspace's spend cap holds until the next billing period (documentation, 2026-08).
        () if matches!(case.status, 402 | 403 | 429) && fault.says("spend") => {
            Some(Ruling::account(Class::QuotaExhausted))
        }
        () if case.status == 200 => Some(Ruling::lane(inside(case))),
        () => None,
    }
}

/// The class of an error inside a stream, which has no status to go by.
fn inside(case: &Case<'_>) -> Class {
    match case.fault.code.as_deref() {
        Some("1300" | "429") => Class::Throttled,
        Some(code) if code.len() == 3 => {
            code.parse().map_or(Class::ServerError, |status| match Ruling::of_status(status).class {
                Class::Ok => Class::ServerError,
                class => class,
            })
        }
        _ => Class::ServerError,
    }
}

/// An error of our own, as Mistral's SDKs read it. They retry only when told to, and read `retry-after`.
pub(crate) fn refuse(local: &LocalRefusal<'_>) -> Refusal {
    let (kind, code) = match local.kind {
        RefusalKind::TooLong | RefusalKind::QueueFull => ("rate_limited", "1300"),
        RefusalKind::TooLarge | RefusalKind::NotFound => ("invalid_request_error", local.kind.code()),
        RefusalKind::Forbidden => ("forbidden", local.kind.code()),
        RefusalKind::Unreachable | RefusalKind::Timeout | RefusalKind::ShuttingDown => {
            ("internal_server_error", local.kind.code())
        }
    };
    let body = json!({
        "object": "error", "message": local.message, "type": kind, "param": null, "code": code,
        "raw_status_code": local.kind.status(),
    });
    Refusal::new(local, SdkRetries::Plain, &body)
}
