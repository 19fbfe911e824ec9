//! The class of an error inside a success, which has no status to go by: told by codes, by words, by its text.

use tidegate_core::Class;

use super::{Fault, Ruling};

/// Codes and types, in lower case, by what they mean: OpenAI, Anthropic, Google's statuses, OpenRouter's types of 2026,
/// the exceptions of AWS (documentation and reports to 2026-08).
const WORDS: [(Class, &[&str]); 8] = [
    (
        Class::Throttled,
        &[
            "rate_limit_exceeded",
            "rate_limit_error",
            "rate_limited",
            "rate_limit_reached_error",
            "too_many_requests",
            "too_many_requests_error",
            "throttling_error",
            "resource_exhausted",
            "throttlingexception",
            "toomanyrequestsexception",
        ],
    ),
    (
        Class::Overloaded,
        &[
            "overloaded_error",
            "overloaded",
            "server_overloaded",
            "server_is_overloaded",
            "slow_down",
            "unavailable",
            "service_unavailable",
            "provider_overloaded",
            "serviceunavailableexception",
            "modelnotreadyexception",
        ],
    ),
    (Class::Timeout, &["timeout", "timeout_error", "deadline_exceeded", "modeltimeoutexception"]),
    (
        Class::Auth,
        &[
            "invalid_api_key",
            "authentication_error",
            "permission_error",
            "authentication",
            "permission",
            "unauthenticated",
            "permission_denied",
            "accessdeniedexception",
            "unrecognizedclientexception",
            "expiredtokenexception",
        ],
    ),
    (Class::QuotaExhausted, &["billing_error", "payment_required", "servicequotaexceededexception"]),
    (Class::RequestRejected, &["request_too_large"]),
    (
        Class::Invalid,
        &[
            "invalid_request_error",
            "invalid_request",
            "invalid_prompt",
            "content_filter",
            "context_length_exceeded",
            "model_not_found",
            "not_found_error",
            "not_found",
            "invalid_argument",
            "failed_precondition",
            "validationexception",
            "resourcenotfoundexception",
        ],
    ),
    (Class::ServerError, &["server_error", "api_error", "internal_server_error", "internal", "server"]),
];

/// Phrases of errors that name nothing but a request gone wrong, though it is a refusal (report, 2026-09).
const THROTTLED: [&str; 3] = ["too many requests", "too many tokens, please wait", "rate limit"];

/// The class of an error inside a success.
pub(crate) fn inside(fault: &Fault) -> Class {
    match named(fault) {
        // Hosts behind a host are heard through its words for a wrong request.
        Some(Class::Invalid) | None if THROTTLED.iter().any(|phrase| fault.says(phrase)) => Class::Throttled,
        Some(class) => class,
        None => fault.code.as_deref().and_then(of_number).unwrap_or(Class::ServerError),
    }
}

/// The class that code or type names; the code goes before the type, which is the wider word.
pub(super) fn named(fault: &Fault) -> Option<Class> {
    let of_word = |word: &str| {
        WORDS
            .iter()
            .find(|(_, words)| words.iter().any(|own| own.eq_ignore_ascii_case(word)))
            .map(|(class, _)| *class)
    };
    [&fault.code, &fault.kind]
        .into_iter()
        .flatten()
        .find_map(|word| of_word(word).or_else(|| of_number(word)))
}

/// The class of a status that stands as the code.
fn of_number(code: &str) -> Option<Class> {
    let status = code.parse().ok().filter(|status| (400..600).contains(status))?;
    Some(Ruling::of_status(status).class)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(body: &str) -> Class {
        inside(&Fault::of_body(body.as_bytes()))
    }

    #[test]
    fn codes_words_and_texts_tell_the_class() {
        let cases = [
            (r#"{"code":429,"message":"m"}"#, Class::Throttled),
            (r#"{"code":"503","message":"m"}"#, Class::Overloaded),
            (r#"{"code":"rate_limit_exceeded","type":"invalid_request_error"}"#, Class::Throttled),
            (r#"{"code":null,"type":"overloaded_error"}"#, Class::Overloaded),
            (r#"{"status":"DEADLINE_EXCEEDED","code":504}"#, Class::Timeout),
            (r#"{"type":"invalid_request_error","message":"m"}"#, Class::Invalid),
            (
                r#"{"type":"invalid_request_error","message":"{\"message\":\"Too many requests, please wait\"}"}"#,
                Class::Throttled,
            ),
            (r#"{"code":"invalid_api_key"}"#, Class::Auth),
            (r#"{"code":"server_error","message":"Provider disconnected"}"#, Class::ServerError),
            (r#"{"code":200,"message":"m"}"#, Class::ServerError),
            (r#"{"message":"m"}"#, Class::ServerError),
            (r#"{"message":"Rate limit exceeded"}"#, Class::Throttled),
        ];
        for (body, expected) in cases {
            assert_eq!(class(body), expected, "{body}");
        }
    }
}
