//! Refusals and failures in the wording and the shapes of each provider: a class, a wait and a reach for each, written
//! down from `provider-facts` and public reports before any code was run on them. Figures and names are made up.

mod anthropic;
mod azure;
mod google;
mod groq;
mod hosts;
mod mistral;
mod openai;
mod openrouter;
mod proxies;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::{HeaderMap, HeaderName, HeaderValue};
use tidegate_core::Reach;
use tidegate_provider::{Dialect, ResponseHead, adapter};

/// One answer: whose, its status, its headers (one a line), its body, and what it means: the class, the wait in
/// milliseconds or `-`, and `account` where it reaches further than its model.
struct Row(Dialect, u16, &'static str, &'static str, &'static str);

/// The instant at which every answer arrives: 2025-08-08T15:40:00Z.
const NOW: u64 = 1_754_667_600;

fn headers(lines: &str) -> HeaderMap {
    let pair = |line: &str| {
        let (name, value) = line.split_once(':').expect("a header has a colon");
        (
            HeaderName::from_bytes(name.trim().as_bytes()).expect("the name of a header"),
            HeaderValue::from_str(value.trim()).expect("the value of a header"),
        )
    };
    lines.lines().filter(|line| !line.trim().is_empty()).map(pair).collect()
}

fn check(rows: &[Row]) {
    let mut wrong = Vec::new();
    for Row(dialect, status, lines, body, expected) in rows {
        let headers = headers(lines);
        let received_at: SystemTime = UNIX_EPOCH + Duration::from_secs(NOW);
        let head = ResponseHead { status: *status, headers: &headers, received_at };
        let verdict = adapter(*dialect).classify(&head, body.as_bytes());
        let wait = verdict.retry_after.map(|wait| wait.as_micros().div_ceil(1_000).to_string());
        let reach = if verdict.reach == Reach::Account { " account" } else { "" };
        let seen = format!("{} {}{reach}", verdict.class.name(), wait.as_deref().unwrap_or("-"));
        if seen != *expected {
            wrong.push(format!("{dialect} {status} {body}\n    {expected} was written down, {seen} is read"));
        }
        assert_eq!(
            verdict.retryable,
            verdict.class.is_retryable() && *status != 501,
            "{dialect} {status} {body}"
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_status_has_a_meaning_of_its_own_at_every_provider() {
    for (status, class) in STATUSES {
        for dialect in Dialect::ALL {
            let headers = HeaderMap::new();
            let head = ResponseHead { status, headers: &headers, received_at: UNIX_EPOCH };
            for body in ["", "<html><head><title>Oops</title></head></html>", "upstream connect error", "{}"]
            {
                let seen = adapter(dialect).classify(&head, body.as_bytes()).class.name();
                // Cohere's 498 is a blocked text, not a lack of capacity.
                let expected = if (dialect, status) == (Dialect::Cohere, 498) { "invalid" } else { class };
                assert_eq!(seen, expected, "{dialect} {status} {body}");
            }
        }
    }
}

/// What statuses mean where nothing else is told.
const STATUSES: [(u16, &str); 34] = [
    (200, "ok"),
    (201, "ok"),
    (202, "ok"),
    (204, "ok"),
    (302, "ok"),
    (400, "invalid"),
    (401, "auth"),
    (402, "quota_exhausted"),
    (403, "auth"),
    (404, "invalid"),
    (405, "invalid"),
    (408, "timeout"),
    (409, "server_error"),
    (413, "request_rejected"),
    (415, "invalid"),
    (422, "invalid"),
    (424, "server_error"),
    (429, "throttled"),
    (498, "overloaded"),
    (499, "invalid"),
    (500, "server_error"),
    (501, "server_error"),
    (502, "server_error"),
    (503, "overloaded"),
    (504, "timeout"),
    (520, "server_error"),
    (521, "server_error"),
    (522, "timeout"),
    (523, "server_error"),
    (524, "timeout"),
    (525, "server_error"),
    (526, "server_error"),
    (529, "overloaded"),
    (530, "server_error"),
];
