//! OpenAI's errors: which 429 passes by waiting, and our own errors in OpenAI's shape.

use serde_json::json;
use tidegate_core::Class;

use super::enforcement::hint;
use super::usage::GRAMMAR;
use crate::fault::{Case, Fault, Rules, Ruling, figure, inside};
use crate::refusal::SdkRetries;
use crate::{LocalRefusal, Refusal, RefusalKind};

pub(crate) static RULES: Rules = Rules { rule, wait: |_| None, hint, grammar: &GRAMMAR };

/// Headers whose zero means that the plan does not have the model.
pub(crate) const LIMITS: [&str; 2] = ["x-ratelimit-limit-requests", "x-ratelimit-limit-tokens"];

/// One code covers what passes by waiting and what never will, so the text decides (reports to 2026-08).
fn rule(case: &Case<'_>) -> Option<Ruling> {
    let fault = case.fault;
    match () {
        () if is_out_of_quota(fault) => Some(Ruling::account(Class::QuotaExhausted)),
        () if is_overload(fault) && matches!(case.status, 200 | 429 | 500..) => {
            Some(Ruling::lane(Class::Overloaded))
        }
        () if case.status == 429 && case.has_zero_limit(&LIMITS) => Some(Ruling::lane(Class::QuotaExhausted)),
        () if matches!(case.status, 200 | 413 | 429) => limit_ruling(fault).or_else(|| inside_ruling(case)),
        () => None,
    }
}

/// Quota, plan or credit used up.
pub(crate) fn is_out_of_quota(fault: &Fault) -> bool {
    let codes = ["insufficient_quota", "billing_hard_limit_reached", "billing_not_active"];
    codes.iter().any(|code| fault.is(code))
        || fault.says("exceeded your current quota, please check your plan")
        || fault.says("billing hard limit has been reached")
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

/// An error inside a success has no status to go by. Azure's filter answers there too (recorded 2026-03).
pub(crate) fn inside_ruling(case: &Case<'_>) -> Option<Ruling> {
    (case.status == 200).then(|| Ruling::lane(inside(case.fault)))
}

/// An error of our own, as OpenAI's SDKs read it.
pub(crate) fn refuse(local: &LocalRefusal<'_>) -> Refusal {
    let kind = match local.kind {
        RefusalKind::TooLong | RefusalKind::QueueFull => "rate_limit_error",
        RefusalKind::BadRequest
        | RefusalKind::TooLarge
        | RefusalKind::NotFound
        | RefusalKind::Unauthorized => "invalid_request_error",
        RefusalKind::Unpaid | RefusalKind::QuotaExhausted => "insufficient_quota",
        RefusalKind::Forbidden => "permission_error",
        RefusalKind::Unreachable | RefusalKind::Timeout | RefusalKind::ShuttingDown => "server_error",
    };
    let body = json!({
        "error": {"message": local.message, "type": kind, "param": null, "code": local.kind.code()}
    });
    Refusal::new(local, SdkRetries::Steered, &body)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use http::HeaderMap;
    use tidegate_core::Reach;

    use super::*;
    use crate::{ResponseHead, Verdict, fault};

    fn classify(status: u16, body: &str) -> Verdict {
        let headers = HeaderMap::new();
        let head = ResponseHead { status, headers: &headers, received_at: SystemTime::UNIX_EPOCH };
        fault::judge(&head, body.as_bytes(), &RULES)
    }

    fn refused(kind: &str, code: &str, message: &str) -> Verdict {
        let body = json!({"error": {"message": message, "type": kind, "param": null, "code": code}});
        classify(429, &body.to_string())
    }

    #[test]
    fn an_empty_bucket_passes_by_waiting() {
        let text = "Rate limit reached for m on tokens per min (TPM): Limit 40000, Used 39000, Requested 2500. \
                    Please try again in 2.25s. Visit the site.";
        let verdict = refused("tokens", "rate_limit_exceeded", text);
        assert_eq!((verdict.class, verdict.retryable, verdict.reach), (Class::Throttled, true, Reach::Lane));
        assert_eq!(verdict.retry_after, Some(Duration::from_millis(2_250)));
    }

    #[test]
    fn a_request_larger_than_the_limit_never_passes_whatever_the_text_promises() {
        let wall = "Request too large for m on tokens per min (TPM): Limit 30000, Requested 31538.";
        assert_eq!(refused("tokens", "rate_limit_exceeded", wall).class, Class::RequestRejected);
        let disguised =
            "Rate limit reached for m: Limit 7000, Used 6148, Requested ~7895. Please try again in 1m0.36s.";
        let verdict = refused("tokens", "rate_limit_exceeded", disguised);
        assert_eq!((verdict.class, verdict.retryable), (Class::RequestRejected, false));
        assert_eq!(verdict.retry_after, None);
    }

    #[test]
    fn a_used_up_quota_is_permanent_and_concerns_the_account() {
        let text = "You exceeded your current quota, please check your plan and billing details.";
        for verdict in [
            refused("insufficient_quota", "insufficient_quota", text),
            classify(
                429,
                &json!({"error": {"message": text, "type": "insufficient_quota", "code": null}}).to_string(),
            ),
        ] {
            assert_eq!((verdict.class, verdict.retryable), (Class::QuotaExhausted, false));
            assert_eq!(verdict.reach, Reach::Account);
        }
    }

    #[test]
    fn a_limit_of_zero_is_a_model_that_the_plan_does_not_have() {
        let text = "Rate limit reached for m on requests per min (RPM): Limit 0, Used 0, Requested 1.";
        let verdict = refused("requests", "rate_limit_exceeded", text);
        assert_eq!((verdict.class, verdict.reach), (Class::QuotaExhausted, Reach::Lane));
    }

    #[test]
    fn a_refusal_without_body_or_headers_is_a_throttle() {
        let verdict = classify(429, "");
        assert_eq!((verdict.class, verdict.retry_after, verdict.error), (Class::Throttled, None, None));
    }

    #[test]
    fn a_lack_of_capacity_is_no_limit_of_the_caller() {
        assert_eq!(classify(429, r#"{"error":{"message":"Resource Unavailable"}}"#).class, Class::Overloaded);
        assert_eq!(classify(503, "").class, Class::Overloaded);
        assert_eq!(classify(500, "<html>oops</html>").class, Class::ServerError);
    }

    #[test]
    fn requests_that_are_wrong_stay_wrong() {
        let wrong =
            r#"{"error":{"message":"m","type":"invalid_request_error","code":"context_length_exceeded"}}"#;
        assert_eq!(classify(400, wrong).class, Class::Invalid);
        assert_eq!(classify(404, wrong).class, Class::Invalid);
        assert_eq!(classify(413, "").class, Class::RequestRejected);
        assert_eq!(classify(401, "").class, Class::Auth);
    }

    #[test]
    fn an_error_inside_a_success_is_an_error() {
        let failed = r#"{"status":"failed","error":{"code":"server_error","message":"The model failed."},"usage":null}"#;
        let verdict = classify(200, failed);
        assert_eq!((verdict.class, verdict.retryable), (Class::ServerError, true));
        assert_eq!(verdict.error.unwrap().code.as_deref(), Some("server_error"));
        assert_eq!(classify(200, r#"{"status":"completed","error":null}"#), Verdict::OK);
        assert_eq!(classify(200, r#"{"error":{"code":null,"message":null,"param":null}}"#), Verdict::OK);
    }
}
