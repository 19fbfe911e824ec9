//! Refuses requests that a web page of another origin makes: a page must not spend the keys of whoever reads it.

use std::net::IpAddr;

use http::{HeaderMap, Uri, header};

/// Whether a request comes from a web page that is not of this machine. Programs send no `Origin`.
pub(crate) fn is_foreign(headers: &HeaderMap) -> bool {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    origins.any(|origin| {
        let host = origin.to_str().ok().and_then(|origin| origin.parse::<Uri>().ok());
        !host.is_some_and(|origin| origin.scheme().is_some() && origin.host().is_some_and(is_this_machine))
    })
}

/// Whether a host is this machine by name or address. The request's own `Host` proves nothing: a page can make
/// any name point here.
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
        is_foreign(&HeaderMap::from_iter([(header::ORIGIN, HeaderValue::from_static(origin))]))
    }

    #[test]
    fn only_pages_of_this_machine_may_call() {
        assert!(!is_foreign(&HeaderMap::new()));
        assert!(!from("http://localhost:3000"));
        assert!(!from("http://127.0.0.1:8080") && !from("http://[::1]:8080"));
        assert!(from("https://example.com"));
        assert!(from("http://localhost.example.com"));
        assert!(from("null"));
    }
}
