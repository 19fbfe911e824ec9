//! Which headers pass (all but those of one hop, and our own), and what we add to an answer.

use std::time::Duration;

use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use tidegate::Reason;
use tidegate_client::CallId;

use crate::status::millis_up;

/// Headers that speak of one connection only (RFC 9110, 7.6.1), and those that the next hop writes anew.
const OF_ONE_HOP: [HeaderName; 8] = [
    header::CONNECTION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    // The caller's wish for an early "go on" was answered here.
    header::EXPECT,
];

/// The same, of names that have no constant.
const OF_ONE_HOP_BY_HABIT: [&str; 2] = ["keep-alive", "proxy-connection"];

/// What the gateway's own headers begin with. They never reach a provider.
const OURS: &str = "x-tidegate-";

/// Leaves in a request what goes to the provider.
pub(crate) fn to_provider(headers: &mut HeaderMap) {
    drop_hop(headers);
    headers.remove(header::HOST);
    drop_ours(headers);
}

/// Leaves in an answer what goes to the caller.
pub(crate) fn to_caller(headers: &mut HeaderMap) {
    drop_hop(headers);
    drop_ours(headers);
}

/// Tells the caller what became of its call: how often it was sent, how long it waited, and for what.
pub(crate) fn tell(headers: &mut HeaderMap, attempts: u32, waited: Duration, limited_by: Option<&Reason>) {
    headers.insert("x-tidegate-attempts", HeaderValue::from(attempts));
    headers.insert("x-tidegate-waited-ms", HeaderValue::from(millis_up(waited)));
    let limited_by = limited_by.and_then(|reason| HeaderValue::try_from(reason.to_string()).ok());
    if let Some(reason) = limited_by {
        headers.insert("x-tidegate-limited-by", reason);
    }
}

/// Tells the caller the name of its call, which the lines of the log about it have too.
pub(crate) fn name(headers: &mut HeaderMap, call: CallId) {
    let name = HeaderValue::try_from(call.to_string());
    headers.extend(name.ok().map(|name| (HeaderName::from_static("x-tidegate-call"), name)));
}

/// Tells the caller's SDK that no retry helps, unless the provider says something of it itself: a refusal for good often
/// comes with a status that SDKs take for a passing one.
pub(crate) fn call_off_retries(headers: &mut HeaderMap) {
    headers.entry("x-should-retry").or_insert(HeaderValue::from_static("false"));
}

/// Tells the caller that its call was not sent, and for how long calls like it will not be.
pub(crate) fn tell_circuit(headers: &mut HeaderMap, wait: Duration) {
    let value = HeaderValue::try_from(format!("open; retry-ms={}", millis_up(wait)));
    headers.extend(value.ok().map(|value| (HeaderName::from_static("x-tidegate-circuit"), value)));
}

fn drop_ours(headers: &mut HeaderMap) {
    let ours: Vec<HeaderName> =
        headers.keys().filter(|name| name.as_str().starts_with(OURS)).cloned().collect();
    for name in ours {
        headers.remove(name);
    }
}

fn drop_hop(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in OF_ONE_HOP.iter().chain(&named) {
        headers.remove(name);
    }
    for name in OF_ONE_HOP_BY_HABIT {
        headers.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(names: &[(&'static str, &'static str)]) -> HeaderMap {
        names
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn what_speaks_of_one_connection_or_of_us_stays_behind() {
        let mut sent = headers(&[
            ("host", "localhost"),
            ("connection", "close, x-private"),
            ("x-private", "1"),
            ("keep-alive", "timeout=5"),
            ("te", "trailers"),
            ("x-tidegate-band", "batch"),
            ("authorization", "Bearer k"),
            ("x-stainless-lang", "python"),
            ("accept-encoding", "gzip"),
        ]);
        to_provider(&mut sent);
        let mut left: Vec<&str> = sent.keys().map(HeaderName::as_str).collect();
        left.sort_unstable();
        assert_eq!(left, ["accept-encoding", "authorization", "x-stainless-lang"]);
    }

    #[test]
    fn an_answers_headers_pass_even_when_they_repeat() {
        let mut got = HeaderMap::new();
        got.append("set-cookie", HeaderValue::from_static("a=1"));
        got.append("set-cookie", HeaderValue::from_static("b=2"));
        got.insert("transfer-encoding", HeaderValue::from_static("chunked"));
        to_caller(&mut got);
        assert_eq!(got.get_all("set-cookie").iter().count(), 2);
        assert!(got.get("transfer-encoding").is_none());
    }
}
