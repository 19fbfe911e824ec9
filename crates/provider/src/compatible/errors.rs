//! Errors of hosts that speak OpenAI's bodies, told by the phrases and codes that are common among them.

use serde_json::Value;
use tidegate_core::Class;

use super::usage::GRAMMAR;
use crate::WaitSource;
use crate::fault::{Case, Fault, Rules, Ruling, Wait, violations};
pub(crate) use crate::openai::refuse;
use crate::openai::{LIMITS, is_about_the_request, is_out_of_quota, limit_ruling};
use crate::value::{go_duration, until_midnight};

/// The rules that the compatible hosts share.
pub(crate) const RULES: Rules = Rules { rule, wait, grammar: &GRAMMAR };

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

/// What the errors of most hosts mean.
pub(crate) fn rule(case: &Case<'_>) -> Option<Ruling> {
    let fault = case.fault;
    let refused = matches!(case.status, 200 | 402 | 403 | 413 | 429);
    match () {
        // Google answers a wrong key 400 (recorded 2025 and 2026).
        () if case.status == 400 && has_reason(fault, "API_KEY_INVALID") => {
            Some(Ruling::account(Class::Auth))
        }
        () if refused && is_spent(fault) => Some(Ruling::account(Class::QuotaExhausted)),
        () if OVERLOAD_CODES.iter().any(|code| fault.is(code)) => Some(Ruling::lane(Class::Overloaded)),
        () if case.status == 429 && (case.has_zero_limit(&LIMITS) || quota_is_zero(fault)) => {
            Some(Ruling::lane(Class::QuotaExhausted))
        }
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

/// Whether the details of one of Google's errors give this reason.
fn has_reason(fault: &Fault, reason: &str) -> bool {
    details(fault).iter().any(|detail| detail.get("reason").and_then(Value::as_str) == Some(reason))
}

/// The details of Google's errors.
fn details(fault: &Fault) -> &[Value] {
    let error = fault.object.get("error").unwrap_or(&fault.object);
    error.get("details").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Google names the quotas that were exceeded; one of zero, which its JSON leaves out, means that the plan does not
/// have the model (reports to 2026-08).
fn quota_is_zero(fault: &Fault) -> bool {
    let value =
        |violation: &Value| violation.get("quotaValue").and_then(Value::as_str).map(|text| text != "0");
    violations(fault).any(|violation| !value(violation).unwrap_or(false))
}

/// An error inside a success names its status as a code, or nothing that tells.
fn inside(case: &Case<'_>) -> Option<Ruling> {
    if case.status != 200 {
        return None;
    }
    let status = case.fault.code.as_deref().and_then(|code| code.parse().ok()).filter(|code| *code >= 400);
    let words = ["rate_limit_exceeded", "rate_limit_error", "RESOURCE_EXHAUSTED"];
    if is_about_the_request(case.fault) {
        return Some(Ruling::lane(Class::Invalid));
    }
    let throttled = words.iter().any(|word| case.fault.is(word));
    Some(if throttled { Ruling::lane(Class::Throttled) } else { Ruling::of_status(status.unwrap_or(500)) })
}

/// Google's RetryInfo: a duration in the details of the error (recorded 2026-08). Beside a daily quota it says
/// seconds all the same, though the quota comes back at midnight Pacific time (documentation and reports, 2026-08).
fn wait(case: &Case<'_>) -> Option<Wait> {
    let delay =
        details(case.fault).iter().find_map(|detail| detail.get("retryDelay")).and_then(Value::as_str);
    let daily = |violation: &Value| {
        violation.get("quotaId").and_then(Value::as_str).is_some_and(|id| id.contains("PerDay"))
    };
    let midnight = || Wait::from(until_midnight(case.now()?, "America/Los_Angeles"), WaitSource::Midnight);
    let midnight = if violations(case.fault).any(daily) { midnight() } else { None };
    Wait::longer(Wait::from(delay.and_then(go_duration), WaitSource::Body), midnight)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use http::HeaderMap;
    use serde_json::json;

    use super::*;
    use crate::{ResponseHead, Verdict, fault};

    fn classify(status: u16, headers: &HeaderMap, body: &str) -> Verdict {
        let head = ResponseHead { status, headers, received_at: SystemTime::UNIX_EPOCH };
        fault::judge(&head, body.as_bytes(), &RULES)
    }

    fn class(status: u16, body: &str) -> Class {
        classify(status, &HeaderMap::new(), body).class
    }

    #[test]
    fn a_wall_is_no_bucket_however_long_its_header_says_to_wait() {
        let mut headers = HeaderMap::new();
        headers.insert("retry-after", http::HeaderValue::from_static("65"));
        let body = r#"{"error":{"message":"Request too large for model `m`: Limit 8000, Requested 11088, please reduce","type":"tokens","code":"rate_limit_exceeded"}}"#;
        let verdict = classify(413, &headers, body);
        assert_eq!((verdict.class, verdict.retry_after), (Class::RequestRejected, None));
    }

    #[test]
    fn the_larger_of_a_messages_wait_and_the_details_counts() {
        let body = json!({"error": {
            "code": 429,
            "message": "You exceeded your current quota, please check your plan and billing details. Please retry in 48.9s.",
            "status": "RESOURCE_EXHAUSTED",
            "details": [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "48s"}],
        }});
        let verdict = classify(429, &HeaderMap::new(), &body.to_string());
        assert_eq!(
            (verdict.class, verdict.retry_after),
            (Class::Throttled, Some(Duration::from_millis(48_900)))
        );
    }

    #[test]
    fn a_quota_of_zero_is_a_model_that_the_plan_does_not_have() {
        let body = json!({"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "Please retry in 4s.",
            "details": [{"violations": [{"quotaId": "RequestsPerDay", "quotaValue": "0"}]}]}});
        assert_eq!(class(429, &body.to_string()), Class::QuotaExhausted);
        let left_out = json!({"error": {"code": 429, "status": "RESOURCE_EXHAUSTED",
            "details": [{"violations": [{"quotaId": "RequestsPerDay"}]}]}});
        assert_eq!(class(429, &left_out.to_string()), Class::QuotaExhausted);
    }

    #[test]
    fn a_daily_quota_comes_back_at_midnight_pacific_time() {
        let body = json!({"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "details": [
            {"violations": [{"quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier", "quotaValue": "50"}]},
            {"retryDelay": "12s"},
        ]}});
        let mut headers = HeaderMap::new();
        // 23:00 in Los Angeles, which is seven hours behind in summer.
        headers.insert("date", http::HeaderValue::from_static("Wed, 19 Aug 2026 06:00:00 GMT"));
        let verdict = classify(429, &headers, &body.to_string());
        assert_eq!(verdict.retry_after, Some(Duration::from_secs(3_600)));
        assert_eq!(verdict.waits_by, Some(WaitSource::Midnight));
        assert_eq!(verdict.limits[0].limit, Some(50));
    }

    #[test]
    fn used_up_credit_is_permanent_under_any_status() {
        assert_eq!(class(429, r#"{"error":{"code":"1113","message":"pay first"}}"#), Class::QuotaExhausted);
        assert_eq!(
            class(429, r#"{"error":"Your team has either used all available credits or more"}"#),
            Class::QuotaExhausted
        );
        assert_eq!(class(402, r#"{"error":{"message":"Insufficient Balance"}}"#), Class::QuotaExhausted);
    }

    #[test]
    fn a_lack_of_capacity_is_no_limit_of_the_caller() {
        assert_eq!(class(429, r#"{"message":"busy","code":"queue_exceeded"}"#), Class::Overloaded);
        assert_eq!(class(503, r#"{"error":{"code":503,"status":"UNAVAILABLE"}}"#), Class::Overloaded);
        assert_eq!(class(498, ""), Class::Overloaded);
    }

    #[test]
    fn plain_text_with_a_wait_is_read() {
        let verdict = classify(
            429,
            &HeaderMap::new(),
            "You have exceeded the rate limit. Please retry after 3 seconds.",
        );
        assert_eq!((verdict.class, verdict.retry_after), (Class::Throttled, Some(Duration::from_secs(3))));
    }

    #[test]
    fn a_wrong_key_is_told_by_its_reason() {
        let body =
            r#"{"error":{"code":400,"status":"INVALID_ARGUMENT","details":[{"reason":"API_KEY_INVALID"}]}}"#;
        assert_eq!(class(400, body), Class::Auth);
        assert_eq!(class(400, r#"{"error":{"code":400,"status":"INVALID_ARGUMENT"}}"#), Class::Invalid);
    }

    #[test]
    fn a_filter_inside_a_success_is_about_the_request() {
        assert_eq!(class(200, r#"{"error":{"code":"content_filter","message":"filtered"}}"#), Class::Invalid);
    }
}
