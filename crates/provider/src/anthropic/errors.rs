//! Anthropic's errors: types before statuses, and our own errors in Anthropic's shape.

use serde_json::{Value, json};
use tidegate_core::Class;

use super::enforcement::hint;
use super::usage::GRAMMAR;
use crate::fault::{Case, Fault, Rules, Ruling, Wait, inside};
use crate::refusal::SdkRetries;
use crate::value::until_by_shape;
use crate::{LocalRefusal, Refusal, RefusalKind, WaitSource};

pub(crate) static RULES: Rules = Rules { rule, wait, hint, grammar: &GRAMMAR };

/// Headers whose zero means that the account does not have the model.
const LIMITS: [&str; 3] = [
    "anthropic-ratelimit-requests-limit",
    "anthropic-ratelimit-input-tokens-limit",
    "anthropic-ratelimit-tokens-limit",
];

/// The code of a spend cap.
const SPENT: &str = "enforced_spend_limit_reached";

fn rule(case: &Case<'_>) -> Option<Ruling> {
    let fault = case.fault;
    if is_spent(fault) {
        return Some(Ruling::account(Class::QuotaExhausted));
    }
    if case.status == 429 && case.has_zero_limit(&LIMITS) {
        return Some(Ruling::lane(Class::QuotaExhausted));
    }
    // The type also tells the errors inside a stream, which has status 200 (documentation, 2026-08). The endpoint for
    // OpenAI's SDKs writes it as the code, and every error as a wrong request (report, 2025-03).
    let by_code = fault.code.as_deref().and_then(of_type);
    match by_code.or_else(|| fault.kind.as_deref().and_then(of_type)) {
        // What was refused for now is refused for now, whatever it calls itself.
        Some(ruling) if case.status == 429 && !ruling.class.is_retryable() => None,
        Some(ruling) if case.status != 200 || ruling.class != Class::Invalid => Some(ruling),
        _ if case.status == 200 => Some(Ruling::lane(inside(fault))),
        _ => None,
    }
}

/// What a type of error means.
fn of_type(kind: &str) -> Option<Ruling> {
    Some(match kind {
        "rate_limit_error" => Ruling::lane(Class::Throttled),
        "overloaded_error" => Ruling::lane(Class::Overloaded),
        "api_error" => Ruling::lane(Class::ServerError),
        "timeout_error" => Ruling::lane(Class::Timeout),
        "authentication_error" | "permission_error" => Ruling::account(Class::Auth),
        "billing_error" => Ruling::account(Class::QuotaExhausted),
        "request_too_large" => Ruling::lane(Class::RequestRejected),
        "invalid_request_error" | "not_found_error" => Ruling::lane(Class::Invalid),
        _ => return None,
    })
}

/// The spend cap comes as a rate limit error without a wait, a limit set by the customer and a lack of credit as
/// invalid requests (documentation, 2026-08).
fn is_spent(fault: &Fault) -> bool {
    let detail = fault.object.pointer("/error/details/error_code").and_then(Value::as_str);
    detail == Some(SPENT)
        || fault.says("you have reached your api usage limits")
        || fault.says("you have reached your specified api usage limits")
        || fault.says("credit balance is too low")
}

/// Plans of people state when their share comes back as epoch seconds (documentation, 2026-08).
fn wait(case: &Case<'_>) -> Option<Wait> {
    let head = case.head.filter(|head| head.status == 429)?;
    let rejected = head.text("anthropic-ratelimit-unified-status") == Some("rejected");
    let reset = head.text("anthropic-ratelimit-unified-reset").filter(|_| rejected)?;
    Wait::from(until_by_shape(reset, || head.date()).ok(), WaitSource::Reset)
}

/// An error of our own, as Anthropic's SDKs read it.
pub(crate) fn refuse(local: &LocalRefusal<'_>) -> Refusal {
    let kind = match local.kind {
        RefusalKind::TooLong | RefusalKind::QueueFull | RefusalKind::QuotaExhausted => "rate_limit_error",
        RefusalKind::BadRequest => "invalid_request_error",
        RefusalKind::TooLarge => "request_too_large",
        RefusalKind::NotFound => "not_found_error",
        RefusalKind::Forbidden => "permission_error",
        RefusalKind::Unauthorized => "authentication_error",
        RefusalKind::Unpaid => "billing_error",
        RefusalKind::Timeout => "timeout_error",
        RefusalKind::ShuttingDown => "overloaded_error",
        RefusalKind::Unreachable => "api_error",
    };
    let mut body = json!({"type": "error", "error": {"type": kind, "message": local.message}});
    if local.kind == RefusalKind::QuotaExhausted {
        // What tells a cap that waiting does not lift from a limit that it does (documentation, 2026-08).
        body["error"]["details"] = json!({"error_code": SPENT});
    }
    Refusal::new(local, SdkRetries::Steered, &body)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use http::{HeaderMap, HeaderValue};

    use super::*;
    use crate::{ResponseHead, Verdict, fault};

    fn classify(status: u16, pairs: &[(&'static str, &'static str)], body: &Value) -> Verdict {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, HeaderValue::from_static(value));
        }
        let head = ResponseHead { status, headers: &headers, received_at: SystemTime::UNIX_EPOCH };
        fault::judge(&head, body.to_string().as_bytes(), &RULES)
    }

    fn error(kind: &str, message: &str) -> Value {
        json!({"type": "error", "error": {"type": kind, "message": message}})
    }

    #[test]
    fn a_rate_limit_passes_by_waiting_as_long_as_the_header_says() {
        let body = error(
            "rate_limit_error",
            "This request would exceed the limit of 20,000 input tokens per minute.",
        );
        let verdict = classify(429, &[("retry-after", "7")], &body);
        assert_eq!((verdict.class, verdict.retry_after), (Class::Throttled, Some(Duration::from_secs(7))));
        assert_eq!(verdict.error.unwrap().code.as_deref(), Some("rate_limit_error"));
    }

    #[test]
    fn a_spend_cap_is_permanent_though_it_calls_itself_a_rate_limit() {
        let capped = json!({"type": "error", "error": {
            "type": "rate_limit_error", "message": "Monthly threshold crossed.",
            "details": {"error_code": "enforced_spend_limit_reached"},
        }});
        assert_eq!(classify(429, &[], &capped).class, Class::QuotaExhausted);
        let own = error("invalid_request_error", "You have reached your specified API usage limits.");
        assert_eq!(classify(400, &[], &own).class, Class::QuotaExhausted);
        let credit = error("invalid_request_error", "Your credit balance is too low to access the API.");
        assert_eq!(classify(400, &[], &credit).class, Class::QuotaExhausted);
    }

    #[test]
    fn a_plan_that_is_used_up_comes_back_at_its_reset() {
        let headers = [
            ("date", "Fri, 08 Aug 2025 15:40:00 GMT"),
            ("anthropic-ratelimit-unified-status", "rejected"),
            ("anthropic-ratelimit-unified-reset", "1754667660"),
        ];
        let verdict = classify(429, &headers, &error("rate_limit_error", "You are out of it."));
        assert_eq!(verdict.retry_after, Some(Duration::from_secs(60)));
    }

    #[test]
    fn overload_is_told_by_status_and_by_type() {
        let body = error("overloaded_error", "Overloaded");
        assert_eq!(classify(529, &[("x-should-retry", "true")], &body).class, Class::Overloaded);
        assert_eq!(classify(529, &[], &Value::Null).class, Class::Overloaded);
        assert_eq!(classify(200, &[], &body).class, Class::Overloaded);
    }

    #[test]
    fn a_wait_on_a_success_means_nothing() {
        let answer = json!({"type": "message", "usage": {"input_tokens": 1, "output_tokens": 1}});
        assert_eq!(classify(200, &[("retry-after", "15")], &answer), Verdict::OK);
    }

    #[test]
    fn a_retry_flag_calls_a_retry_off_but_never_on() {
        let busy = error("api_error", "Internal server error");
        let verdict = classify(500, &[("x-should-retry", "false")], &busy);
        assert_eq!((verdict.class, verdict.retryable), (Class::ServerError, false));
        let wrong = error("invalid_request_error", "max_tokens: field required");
        assert!(!classify(400, &[("x-should-retry", "true")], &wrong).retryable);
    }

    #[test]
    fn a_refusal_is_one_whatever_it_calls_itself() {
        let compatible = json!({"error": {"code": "rate_limit_error", "type": "invalid_request_error", "param": null,
            "message": "This request would exceed the rate limit of 20,000 input tokens per minute."}});
        assert_eq!(classify(429, &[], &compatible).class, Class::Throttled);
        assert_eq!(classify(429, &[], &error("invalid_request_error", "Slow down.")).class, Class::Throttled);
        assert_eq!(classify(429, &[], &error("billing_error", "Pay.")).class, Class::Throttled);
        let behind = error("invalid_request_error", "{\"message\":\"Too many requests, please wait\"}");
        assert_eq!(classify(200, &[], &behind).class, Class::Throttled);
        assert_eq!(classify(200, &[], &error("invalid_request_error", "Wrong.")).class, Class::Invalid);
    }

    #[test]
    fn a_limit_of_zero_is_a_model_that_the_account_does_not_have() {
        let body = error("rate_limit_error", "Rate limited.");
        let verdict = classify(429, &[("anthropic-ratelimit-requests-limit", "0")], &body);
        assert_eq!(verdict.class, Class::QuotaExhausted);
    }
}
