//! OpenRouter's errors: its own refusals, and those of the provider behind a model, which are not the account's.

use serde_json::{Value, json};
use tidegate_core::Class;

use super::enforcement::hint;
use super::usage::GRAMMAR;
use crate::fault::{Case, Fault, Rules, Ruling, Wait, inside};
use crate::refusal::SdkRetries;
use crate::value::{epoch_millis, seconds};
use crate::{LocalRefusal, Refusal, RefusalKind, WaitSource};

pub(crate) static RULES: Rules = Rules { rule, wait, hint, grammar: &GRAMMAR };

fn rule(case: &Case<'_>) -> Option<Ruling> {
    let fault = case.fault;
    // Inside a success the error's own code is the status (recordings to 2026-08).
    let status = match case.status {
        200 => match fault.code.as_deref().map(str::parse) {
            Some(Ok(status)) => status,
            // Some are words (documentation, 2026-08).
            _ => return Some(by_type(fault).unwrap_or(Ruling::lane(inside(fault)))),
        },
        status => status,
    };
    let ruling = match status {
        429 if is_upstream(fault) => Ruling::lane(Class::Overloaded),
        // The code of our own refusals: a gateway of ours stands between.
        429 if error_type(fault) == Some(RefusalKind::QuotaExhausted.code()) => {
            Ruling::lane(Class::QuotaExhausted)
        }
        429 => Ruling::lane(Class::Throttled),
        403 if fault.says("key limit") => Ruling::account(Class::QuotaExhausted),
        // Moderation names its reasons: this request is refused, not the key.
        403 if metadata(fault, "reasons").is_some() => Ruling::lane(Class::Invalid),
        _ => by_type(fault).unwrap_or(Ruling::of_status(status)),
    };
    // A code below 400 inside a success is still an error.
    Some(if ruling.class == Class::Ok { Ruling::lane(Class::ServerError) } else { ruling })
}

fn by_type(fault: &Fault) -> Option<Ruling> {
    error_type(fault).and_then(of_type)
}

/// The provider behind the model refused: no limit of this account (recorded 2025-12).
fn is_upstream(fault: &Fault) -> bool {
    fault.says("provider returned error")
        || metadata(fault, "provider_name").is_some_and(|name| !name.is_null())
        || metadata(fault, "raw").is_some()
}

fn of_type(word: &str) -> Option<Ruling> {
    Some(match word {
        "rate_limit_exceeded" => Ruling::lane(Class::Throttled),
        "provider_overloaded" => Ruling::lane(Class::Overloaded),
        "provider_unavailable" | "server" => Ruling::lane(Class::ServerError),
        "payment_required" => Ruling::account(Class::QuotaExhausted),
        "timeout" => Ruling::lane(Class::Timeout),
        "authentication" | "permission" => Ruling::account(Class::Auth),
        "invalid_request" => Ruling::lane(Class::Invalid),
        _ => return None,
    })
}

/// The error of the body; inside a success the object is the error itself.
fn error(fault: &Fault) -> &Value {
    fault.object.get("error").unwrap_or(&fault.object)
}

fn metadata<'a>(fault: &'a Fault, name: &str) -> Option<&'a Value> {
    error(fault).get("metadata")?.get(name)
}

/// The typed errors of 2026 (documentation).
fn error_type(fault: &Fault) -> Option<&str> {
    error(fault).get("error_type").or_else(|| metadata(fault, "error_type")).and_then(Value::as_str)
}

/// The platform's refusals repeat their headers in the body; typed errors tell a wait of their own.
fn wait(case: &Case<'_>) -> Option<Wait> {
    let text =
        |value: &Value| value.as_str().map(str::to_owned).or_else(|| Some(value.as_number()?.to_string()));
    let stated = error(case.fault).pointer("/availability/retry_after").and_then(text);
    let in_body =
        metadata(case.fault, "headers").and_then(|headers| headers.get("X-RateLimit-Reset")).and_then(text);
    let in_head = case.head.and_then(|head| head.text("x-ratelimit-reset")).map(str::to_owned);
    let reset = in_body.or(in_head).filter(|_| case.status == 429).and_then(|reset| {
        let span = epoch_millis(&reset)?.duration_since(case.now()?).ok()?;
        Some(span)
    });
    Wait::longer(
        Wait::from(stated.and_then(|stated| seconds(&stated)), WaitSource::Body),
        Wait::from(reset, WaitSource::Reset),
    )
}

/// An error of our own, as OpenRouter writes them.
pub(crate) fn refuse(local: &LocalRefusal<'_>) -> Refusal {
    let body = json!({
        "error": {
            "message": local.message, "code": local.kind.status(), "metadata": {"error_type": local.kind.code()},
        }
    });
    Refusal::new(local, SdkRetries::Steered, &body)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use http::HeaderMap;

    use super::*;
    use crate::{ResponseHead, Verdict, fault};

    /// The instant of the answers below, in seconds.
    const NOW: u64 = 1_754_667_640;

    fn classify(status: u16, body: &Value) -> Verdict {
        let headers = HeaderMap::new();
        let received_at = SystemTime::UNIX_EPOCH + Duration::from_secs(NOW);
        fault::judge(
            &ResponseHead { status, headers: &headers, received_at },
            body.to_string().as_bytes(),
            &RULES,
        )
    }

    #[test]
    fn the_platforms_own_refusal_waits_for_its_reset() {
        let body = json!({"error": {
            "message": "Rate limit exceeded: free-models-per-min.", "code": 429,
            "metadata": {"headers": {"X-RateLimit-Limit": "20", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1754667660000"}, "provider_name": null},
        }});
        let verdict = classify(429, &body);
        assert_eq!((verdict.class, verdict.retry_after), (Class::Throttled, Some(Duration::from_secs(20))));
        assert_eq!(verdict.error.unwrap().code.as_deref(), Some("429"));
    }

    #[test]
    fn a_reset_in_another_century_is_no_wait() {
        let body = json!({"error": {
            "message": "Rate limit exceeded: free-models-per-min.", "code": 429,
            "metadata": {"headers": {"X-RateLimit-Reset": "3509335320000"}},
        }});
        assert_eq!((classify(429, &body).class, classify(429, &body).retry_after), (Class::Throttled, None));
    }

    #[test]
    fn a_refusal_of_the_provider_behind_is_no_limit_of_the_account() {
        let body = json!({"error": {
            "message": "Provider returned error", "code": 429,
            "metadata": {"raw": "m is temporarily rate-limited upstream.", "provider_name": "Somebody"},
        }});
        let verdict = classify(429, &body);
        assert_eq!((verdict.class, verdict.reach), (Class::Overloaded, tidegate_core::Reach::Lane));
    }

    #[test]
    fn credit_that_does_not_suffice_is_permanent() {
        let text = "This request requires more credits, or fewer max_tokens.";
        let body = json!({"error": {"message": text, "code": 402}});
        assert_eq!(classify(402, &body).class, Class::QuotaExhausted);
        let key = json!({"error": {"message": "Key limit exceeded (total limit).", "code": 403}});
        assert_eq!(classify(403, &key).class, Class::QuotaExhausted);
    }

    #[test]
    fn typed_errors_are_told_apart() {
        let body = |kind: &str| json!({"error": {"message": "m", "code": 503, "metadata": {"error_type": kind}, "availability": {"retry_after": 12}}});
        let overloaded = classify(503, &body("provider_overloaded"));
        assert_eq!(
            (overloaded.class, overloaded.retry_after),
            (Class::Overloaded, Some(Duration::from_secs(12)))
        );
        assert_eq!(classify(502, &body("provider_unavailable")).class, Class::ServerError);
    }

    #[test]
    fn errors_inside_a_success_go_by_their_own_code() {
        let chunk = json!({"error": {"code": 429, "message": "Rate limit exceeded"}, "choices": [{"finish_reason": "error"}]});
        assert_eq!(classify(200, &chunk).class, Class::Throttled);
        let choice = json!({"choices": [{"finish_reason": "error", "error": {"code": 502, "message": "m"}}]});
        assert_eq!(classify(200, &choice).class, Class::ServerError);
        let word = json!({"error": {"code": "server_error", "message": "m"}, "choices": [{"finish_reason": "error"}]});
        assert_eq!(classify(200, &word).class, Class::ServerError);
        let word = json!({"type": "response.failed", "response": {"error": {"code": "rate_limit_exceeded", "message": "m"}}});
        assert_eq!(classify(200, &word).class, Class::Throttled);
        let bare = json!({"choices": [{"finish_reason": "error"}]});
        assert_eq!(classify(200, &bare).class, Class::ServerError);
        assert_eq!(classify(200, &json!({"choices": [{"finish_reason": "stop"}]})), Verdict::OK);
    }
}
