//! Mistral's errors: a 429 can be the caller's limit, the provider's capacity, or for good.

use serde_json::json;
use tidegate_core::Class;

use super::enforcement::hint;
use super::headers::REQUEST_LIMITS;
use super::usage::GRAMMAR;
use crate::fault::{Case, Rules, Ruling, inside};
use crate::refusal::SdkRetries;
use crate::{LocalRefusal, Refusal, RefusalKind};

pub(crate) static RULES: Rules = Rules { rule, wait: |_| None, hint, grammar: &GRAMMAR };

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
        // The code of our own refusals: a gateway of ours stands between.
        () if fault.is(RefusalKind::QuotaExhausted.code()) => Some(Ruling::lane(Class::QuotaExhausted)),
        () if case.status == 200 => Some(Ruling::lane(inside_class(case))),
        () => None,
    }
}

/// The class of an error inside a stream, which has no status to go by.
fn inside_class(case: &Case<'_>) -> Class {
    if case.fault.is("1300") { Class::Throttled } else { inside(case.fault) }
}

/// An error of our own, as Mistral's SDKs read it. They retry only when told to, and read `retry-after`.
pub(crate) fn refuse(local: &LocalRefusal<'_>) -> Refusal {
    let (kind, code) = match local.kind {
        RefusalKind::TooLong | RefusalKind::QueueFull => ("rate_limited", "1300"),
        RefusalKind::BadRequest | RefusalKind::TooLarge | RefusalKind::NotFound => {
            ("invalid_request_error", local.kind.code())
        }
        RefusalKind::Forbidden => ("forbidden", local.kind.code()),
        RefusalKind::Unauthorized | RefusalKind::Unpaid | RefusalKind::QuotaExhausted => {
            (local.kind.code(), local.kind.code())
        }
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

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use http::{HeaderMap, HeaderValue};
    use serde_json::Value;

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

    fn limited() -> Value {
        json!({"object": "error", "message": "Rate limit exceeded", "type": "rate_limited", "code": "1300"})
    }

    #[test]
    fn the_usual_refusal_passes_by_waiting_and_tells_no_wait() {
        let verdict = classify(429, &[("x-ratelimit-limit-req-minute", "60")], &limited());
        assert_eq!((verdict.class, verdict.retryable, verdict.retry_after), (Class::Throttled, true, None));
        assert_eq!(verdict.error.unwrap().code.as_deref(), Some("1300"));
        let older = json!({"message": "Requests rate limit exceeded"});
        assert_eq!(
            classify(429, &[("retry-after", "1.5")], &older).retry_after,
            Some(Duration::from_millis(1_500))
        );
    }

    #[test]
    fn a_limit_of_zero_makes_the_same_refusal_permanent() {
        let verdict = classify(429, &[("x-ratelimit-limit-req-minute", "0")], &limited());
        assert_eq!((verdict.class, verdict.retryable), (Class::QuotaExhausted, false));
    }

    #[test]
    fn the_providers_capacity_is_no_limit_of_the_caller() {
        for (kind, code) in
            [("service_tier_capacity_exceeded", json!("3505")), ("invalid_request_error", Value::Null)]
        {
            let message = "Service tier capacity exceeded for this model.";
            let body = json!({"object": "error", "message": message, "type": kind, "code": code});
            assert_eq!(classify(429, &[], &body).class, Class::Overloaded);
        }
    }

    #[test]
    fn wrong_keys_and_wrong_requests_are_told_apart() {
        assert_eq!(classify(401, &[], &json!({"detail": "Invalid API Key"})).class, Class::Auth);
        let invalid = json!({"detail": [{"loc": ["body"], "msg": "field required", "type": "missing"}]});
        let verdict = classify(422, &[], &invalid);
        assert_eq!(verdict.class, Class::Invalid);
        assert_eq!(verdict.error.unwrap().message.as_deref(), Some("field required"));
    }

    #[test]
    fn an_error_event_of_a_conversation_is_judged_by_its_code() {
        let class = |code: u64| {
            classify(200, &[], &json!({"type": "conversation.response.error", "message": "m", "code": code}))
                .class
        };
        assert_eq!(class(1300), Class::Throttled);
        assert_eq!(class(503), Class::Overloaded);
        assert_eq!(class(9999), Class::ServerError);
    }
}
