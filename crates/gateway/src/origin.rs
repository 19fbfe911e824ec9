//! Refuses requests that a web page of another origin makes: a page must not spend the keys of whoever reads it.

use std::net::IpAddr;

use http::uri::Authority;
use http::{HeaderMap, Uri, header};

/// Who can reach the gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reachable {
    /// Programs of this machine.
    FromHere,
    /// Others too: then it has a name, and pages under that name are its own.
    FromAnywhere,
}

/// Whether a request comes from a web page of another origin. Programs send no `Origin`.
///
/// Where only this machine can connect, the request's own `Host` proves nothing: a page of any name can make that
/// name point here.
pub(crate) fn is_foreign(headers: &HeaderMap, reachable: Reachable) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    headers.get_all(header::ORIGIN).iter().any(|origin| {
        let origin = origin.to_str().ok().and_then(|origin| origin.parse::<Uri>().ok());
        let Some(origin) = origin.filter(|origin| origin.scheme().is_some()) else { return true };
        let is_own =
            reachable == Reachable::FromAnywhere && origin.authority().map(Authority::as_str) == host;
        !is_own && !origin.host().is_some_and(is_this_machine)
    })
}

/// Whether a host is this machine by name or address.
fn is_this_machine(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn from(origin: &'static str) -> bool {
        is_foreign(&sent(origin), Reachable::FromHere)
    }

    fn sent(origin: &'static str) -> HeaderMap {
        HeaderMap::from_iter([
            (header::ORIGIN, HeaderValue::from_static(origin)),
            (header::HOST, HeaderValue::from_static("gate.example:8080")),
        ])
    }

    #[test]
    fn only_pages_of_this_machine_may_call() {
        assert!(!is_foreign(&HeaderMap::new(), Reachable::FromHere));
        assert!(!from("http://localhost:3000"));
        assert!(!from("http://127.0.0.1:8080") && !from("http://[::1]:8080"));
        assert!(from("https://example.com"));
        assert!(from("http://localhost.example.com"));
        assert!(from("null"));
    }

    #[test]
    fn a_page_under_the_gateways_own_name_counts_only_where_it_has_one() {
        assert!(from("http://gate.example:8080"));
        assert!(!is_foreign(&sent("http://gate.example:8080"), Reachable::FromAnywhere));
        assert!(is_foreign(&sent("http://gate.example"), Reachable::FromAnywhere));
        assert!(is_foreign(&sent("null"), Reachable::FromAnywhere));
    }
}
