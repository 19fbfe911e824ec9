//! The head of an answer read into observations, beside a scan that only looks at the same bytes once.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderName, HeaderValue};
use tidegate_provider::{Dialect, Endpoint, EndpointKind, ResponseHead, adapter};
use xtask::stopwatch::Stopwatch;

use crate::line;

const ROUNDS: usize = 101;
/// Heads of a round.
const HEADS: u32 = 2_000;

/// A head as OpenAI sends it, limits of a project and of images included.
const OPENAI: [(&str, &str); 30] = [
    ("date", "Mon, 03 Aug 2026 09:30:11 GMT"),
    ("content-type", "text/event-stream; charset=utf-8"),
    ("connection", "keep-alive"),
    ("access-control-expose-headers", "X-Request-ID"),
    ("cf-cache-status", "DYNAMIC"),
    ("cf-ray", "9a0b1c2d3e4f5a6b-FRA"),
    ("server", "cloudflare"),
    ("openai-organization", "some-organization"),
    ("openai-processing-ms", "412"),
    ("openai-project", "proj_0123456789abcdefghijklmn"),
    ("openai-version", "2020-10-01"),
    ("x-envoy-upstream-service-time", "431"),
    ("x-ratelimit-limit-project-tokens", "1000000"),
    ("x-ratelimit-limit-requests", "10000"),
    ("x-ratelimit-limit-tokens", "2000000"),
    ("x-ratelimit-remaining-project-tokens", "999831"),
    ("x-ratelimit-remaining-requests", "9999"),
    ("x-ratelimit-remaining-tokens", "1999831"),
    ("x-ratelimit-reset-project-tokens", "10ms"),
    ("x-ratelimit-reset-requests", "6ms"),
    ("x-ratelimit-reset-tokens", "5ms"),
    ("x-ratelimit-limit-input-images", "50000"),
    ("x-ratelimit-remaining-input-images", "49999"),
    ("x-ratelimit-reset-input-images", "1ms"),
    ("x-request-id", "req_0123456789abcdef0123456789abcdef"),
    ("x-content-type-options", "nosniff"),
    ("strict-transport-security", "max-age=31536000; includeSubDomains; preload"),
    (
        "set-cookie",
        "__cf_bm=0123456789012345678901234567890123456789; path=/; HttpOnly; Secure; SameSite=None",
    ),
    ("alt-svc", "h3=\":443\"; ma=86400"),
    ("transfer-encoding", "chunked"),
];

/// The same without what only some accounts have: six headers of limits.
const USUAL: [&str; 6] = [
    "x-ratelimit-limit-project-tokens",
    "x-ratelimit-remaining-project-tokens",
    "x-ratelimit-reset-project-tokens",
    "x-ratelimit-limit-input-images",
    "x-ratelimit-remaining-input-images",
    "x-ratelimit-reset-input-images",
];

pub(crate) fn run() {
    let usual = headers(|name| !USUAL.contains(&name));
    let whole = headers(|_| true);
    for (what, headers) in [("six headers of limits", usual), ("twelve headers of limits", whole)] {
        let (mut ours, mut scans) = (Duration::MAX, Duration::MAX);
        for _ in 0..ROUNDS {
            ours = ours.min(read(&headers));
            scans = scans.min(scan(&headers));
        }
        let each = |time: Duration| time.as_secs_f64() * 1e9 / f64::from(HEADS);
        let (ours, scans) = (each(ours), each(scans));
        line(
            &format!("head of {} headers, {what}", headers.len()),
            &format!("{ours:7.0} ns   (at most 1000)"),
        );
        line("  a look at each of its bytes", &format!("{scans:7.0} ns   {:.2} of it", scans / ours));
    }
}

fn headers(keep: impl Fn(&str) -> bool) -> HeaderMap {
    let kept = OPENAI.into_iter().filter(|(name, _)| keep(name));
    kept.map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
}

fn read(headers: &HeaderMap) -> Duration {
    let adapter = adapter(Dialect::OpenAi);
    let endpoint = Endpoint::of(EndpointKind::Chat);
    let watch = Stopwatch::start();
    for _ in 0..HEADS {
        let head = ResponseHead { status: 200, headers, received_at: SystemTime::UNIX_EPOCH };
        std::hint::black_box(adapter.observe(endpoint, std::hint::black_box(&head)));
    }
    watch.elapsed()
}

fn scan(headers: &HeaderMap) -> Duration {
    let watch = Stopwatch::start();
    for _ in 0..HEADS {
        let bytes = |(name, value): (&HeaderName, &HeaderValue)| {
            let sum = |bytes: &[u8]| bytes.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
            sum(name.as_str().as_bytes()).wrapping_add(sum(value.as_bytes()))
        };
        std::hint::black_box(std::hint::black_box(headers).iter().map(bytes).fold(0_u8, u8::wrapping_add));
    }
    watch.elapsed()
}
