//! Errors of hosts that speak OpenAI's bodies, told by the phrases and codes that are common among them.

use std::time::Duration;

use serde_json::Value;
use tidegate_core::Class;

use super::usage::GRAMMAR;
use crate::WaitSource;
use crate::fault::{Case, Fault, Rules, Ruling, Wait, figure, inside, violations};
pub(crate) use crate::openai::refuse;
use crate::openai::{LIMITS, inside_ruling, is_out_of_quota, limit_ruling};
use crate::value::{go_duration, seconds, until_midnight};

/// The rules that the compatible hosts share.
pub(crate) const RULES: Rules = Rules { rule, wait, hint: |limit| limit, grammar: &GRAMMAR };

/// Codes of used-up quota or credit: Z.AI 1113, 1308 and 1310, Moonshot, xAI, Alibaba, Novita (reports to 2026-09).
const SPENT_CODES: [&str; 9] = [
    "1113",
    "1308",
    "1310",
    "exceeded_current_quota_error",
    "insufficient_balance",
    "not_enough_balance",
    "personal-team-blocked:spending-limit",
    "subscription:free-usage-exhausted",
    "arrearage",
];

/// Phrases of used-up quota or credit: xAI, DeepSeek, Together, Hugging Face, Azure's gateway, SiliconFlow (reports to
/// 2026-09).
const SPENT_PHRASES: [&str; 11] = [
    "used all available credits",
    "monthly spending limit",
    "out of credits",
    "have any credits",
    "insufficient balance",
    "balance is insufficient",
    "credit balance is too low",
    "credit limit exceeded",
    "monthly included credits",
    "included free usage",
    "out of call volume quota",
];

/// Codes of a host without capacity: Cerebras, Venice, Z.AI 1305, Moonshot, Mistral's 3505, Azure, servers of open
/// models (reports to 2026-08).
const OVERLOAD_CODES: [&str; 9] = [
    "queue_exceeded",
    "model_overloaded",
    "model_at_capacity",
    "1305",
    "engine_overloaded_error",
    "overloaded_error",
    "service_tier_capacity_exceeded",
    "nocapacity",
    "modelnotreadyexception",
];

/// Phrases of a host without capacity: Venice, Azure, Cerebras, servers of open models (reports to 2026-08).
const OVERLOAD_PHRASES: [&str; 5] = [
    "is overloaded",
    "currently overloaded",
    "at capacity",
    "experiencing high demand",
    "experiencing high traffic",
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
        // DeepSeek and Alibaba answer some accounts without credit 400 (reports of 2026).
        () if (refused || matches!(case.status, 400 | 401)) && is_spent(fault) => {
            Some(Ruling::account(Class::QuotaExhausted))
        }
        () if is_overloaded(case) => Some(Ruling::lane(Class::Overloaded)),
        () if case.status == 429 && (case.has_zero_limit(&LIMITS) || quota_is_zero(fault)) => {
            Some(Ruling::lane(Class::QuotaExhausted))
        }
        () if refused => limit_ruling(fault).or_else(|| inside_ruling(case)),
        () => of_aws(case),
    }
}

fn is_spent(fault: &Fault) -> bool {
    let by_code = SPENT_CODES.iter().any(|code| fault.is(code));
    // Gemini opens its passing refusals with the words of OpenAI's lasting one (recorded 2026-08).
    let by_words = is_out_of_quota(fault) && !fault.is("RESOURCE_EXHAUSTED");
    by_code
        || by_words
        || has_reason(fault, "INSUFFICIENT_G1_CREDITS_BALANCE")
        || SPENT_PHRASES.iter().any(|phrase| fault.says(phrase))
}

fn is_overloaded(case: &Case<'_>) -> bool {
    OVERLOAD_CODES.iter().any(|code| case.fault.is(code))
        || matches!(case.status, 200 | 429 | 500)
            && OVERLOAD_PHRASES.iter().any(|phrase| case.fault.says(phrase))
}

/// AWS tells its exceptions by a header or a type, some of them under the status of a wrong request (documentation,
/// 2026-08).
fn of_aws(case: &Case<'_>) -> Option<Ruling> {
    let told = case.head.and_then(|head| head.text("x-amzn-errortype")).or(case.fault.kind.as_deref())?;
    let name = told.split([':', '#']).find(|part| part.ends_with("Exception"))?;
    let fault = Fault { kind: Some(name.to_owned()), ..Fault::default() };
    (case.status < 500).then(|| Ruling::lane(inside(&fault))).filter(|ruling| {
        matches!(ruling.class, Class::Throttled | Class::Overloaded | Class::QuotaExhausted | Class::Timeout)
    })
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
/// have the model. Where the details are lost on the way, the message still has it (reports to 2026-08).
fn quota_is_zero(fault: &Fault) -> bool {
    let in_details = violations(fault).any(|violation| violation.is_zero());
    let message = fault.message.as_deref().unwrap_or_default();
    in_details || message.contains("Quota exceeded for metric") && figure(message, "limit: ") == Some(0)
}

/// The names under which bodies state a wait in seconds: Hugging Face while it loads a model, and hosts that repeat
/// their header (documentation and reports to 2026-08).
const WAITS: [&str; 4] = ["retry_after", "retry_after_seconds", "retryAfter", "estimated_time"];

/// Google's RetryInfo: a duration in the details of the error (recorded 2026-08). Beside a daily quota it says
/// seconds all the same, though the quota comes back at midnight Pacific time (documentation and reports, 2026-08).
fn wait(case: &Case<'_>) -> Option<Wait> {
    let delay =
        details(case.fault).iter().find_map(|detail| detail.get("retryDelay")).and_then(Value::as_str);
    let daily = violations(case.fault).any(|violation| violation.id.contains("PerDay"));
    let midnight = || Wait::from(until_midnight(case.now()?, "America/Los_Angeles"), WaitSource::Midnight);
    let midnight = if daily { midnight() } else { None };
    let named = Wait::from(named_wait(case.fault), WaitSource::Body);
    Wait::longer(Wait::from(delay.and_then(go_duration), WaitSource::Body), Wait::longer(named, midnight))
}

/// The wait that a field of the body states.
fn named_wait(fault: &Fault) -> Option<Duration> {
    let object = &fault.object;
    let places = [Some(object), object.get("error")];
    places.into_iter().flatten().find_map(|place| {
        let value = WAITS.iter().find_map(|name| place.get(name))?;
        seconds(value.as_str().unwrap_or(&value.to_string()))
    })
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

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
        for odd in [json!("many"), json!(-1), json!([0]), json!(18_446_744_073_709_551_615_u64)] {
            let odd = json!({"error": {"code": 429, "status": "RESOURCE_EXHAUSTED",
                "details": [{"violations": [{"quotaId": "RequestsPerDay", "quotaValue": odd}]}]}});
            let verdict = classify(429, &HeaderMap::new(), &odd.to_string());
            assert_eq!((verdict.class, verdict.limits), (Class::Throttled, Vec::new()), "{odd}");
        }
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
