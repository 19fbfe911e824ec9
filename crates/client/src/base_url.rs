//! `BaseUrl`: where a provider's API begins, and how the path of a call becomes a URL there.

use std::fmt;

use bytes::Bytes;
use http::Uri;
use http::uri::{PathAndQuery, Scheme};

/// What a call's path begins with, whatever the provider's API is called at its own place.
const V1: &str = "/v1";

/// Where a provider's API begins: the origin plus whatever stands before `/v1`.
///
/// A call is named by its path under `/v1`, as the SDKs know it. A provider whose API does not sit under `/v1` has
/// an *API path*: what `/v1` becomes there.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BaseUrl {
    /// Scheme, host and port.
    origin: String,
    /// What stands before `/v1`: empty, or a path without a slash at its end.
    prefix: String,
    /// What `/v1` becomes.
    api_path: String,
}

/// Why a text is no base URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BaseUrlError {
    /// It has no scheme or no host.
    #[error("not a URL; write it as https://host or http://host:port")]
    NotAUrl,
    /// It has a scheme that nobody speaks here.
    #[error("only http:// and https:// can be called")]
    Scheme,
    /// It holds a user name or password.
    #[error("a base URL holds no user or password; give the key by its environment variable")]
    Credentials,
    /// It holds a query.
    #[error("a base URL holds no query; leave everything from `?` on out")]
    Query,
    /// The API path does not begin with a slash, or holds what a path cannot.
    #[error("an API path begins with `/` and holds neither blanks nor `?`, such as /v1beta/openai")]
    ApiPath,
}

impl BaseUrl {
    /// The base of that URL. A trailing slash or `/v1`, given by habit, means the same without it.
    ///
    /// # Errors
    ///
    /// When the text is not an `http` or `https` URL, or says more than a base does (a query, a password).
    pub fn parse(text: &str) -> Result<Self, BaseUrlError> {
        let text = text.trim();
        let uri: Uri = text.parse().map_err(|_| BaseUrlError::NotAUrl)?;
        let (Some(scheme), Some(authority)) = (uri.scheme(), uri.authority()) else {
            return Err(BaseUrlError::NotAUrl);
        };
        if *scheme != Scheme::HTTP && *scheme != Scheme::HTTPS {
            return Err(BaseUrlError::Scheme);
        }
        if authority.as_str().contains('@') {
            return Err(BaseUrlError::Credentials);
        }
        if uri.query().is_some() || text.contains('#') {
            return Err(BaseUrlError::Query);
        }
        let prefix = tidegate_provider::base_url(uri.path()).to_owned();
        Ok(Self { origin: format!("{scheme}://{authority}"), prefix, api_path: V1.to_owned() })
    }

    /// The same base with its API at another path than `/v1`.
    ///
    /// # Errors
    ///
    /// When the path does not begin with a slash, or is none.
    pub fn api_path(mut self, path: &str) -> Result<Self, BaseUrlError> {
        let path = path.trim_end_matches('/');
        let sound = path.starts_with('/') && !path.contains('?') && path.parse::<PathAndQuery>().is_ok();
        if !sound && !path.is_empty() {
            return Err(BaseUrlError::ApiPath);
        }
        path.clone_into(&mut self.api_path);
        Ok(self)
    }

    /// The host, and the port that is meant even where none is written.
    pub(crate) fn address(&self) -> (&str, u16) {
        let meant = if self.origin.starts_with("https:") { 443 } else { 80 };
        let host = self.host();
        // A colon inside of brackets is a part of an IPv6 address.
        match host.rsplit_once(':').filter(|(_, port)| !port.ends_with(']')) {
            Some((host, port)) => (host, port.parse().unwrap_or(meant)),
            None => (host, meant),
        }
    }

    /// The host and port, for messages.
    #[must_use]
    pub fn host(&self) -> &str {
        self.origin.split_once("://").map_or(self.origin.as_str(), |(_, host)| host)
    }

    /// Whether the base is on this machine itself, where no key is needed.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.origin.parse().is_ok_and(|uri| is_loopback(&uri))
    }

    /// The path of a call under `/v1`, whether it was written with the base's own prefix before it or without.
    #[must_use]
    pub fn canonical<'path>(&self, path: &'path str) -> &'path str {
        path.strip_prefix(self.prefix.as_str()).filter(|rest| is_under_v1(rest)).unwrap_or(path)
    }

    /// The URL of a call, from its path and query. What `/v1` becomes is put in; the rest stays as it is.
    ///
    /// # Errors
    ///
    /// When the path is none.
    pub fn uri(&self, path_and_query: &str) -> Result<Uri, http::uri::InvalidUri> {
        let path = tidegate_provider::upstream_path(&self.api_path, self.canonical(path_and_query));
        let url = [self.origin.as_str(), self.prefix.as_str(), path.as_str()].concat();
        // Parsed where it lies.
        Uri::from_maybe_shared(Bytes::from(url))
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.origin, self.prefix)
    }
}

impl fmt::Debug for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BaseUrl({self} + {})", self.api_path)
    }
}

/// Whether a URI names this machine itself.
pub(crate) fn is_loopback(uri: &Uri) -> bool {
    let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn is_under_v1(path: &str) -> bool {
    path.strip_prefix(V1).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(base: &str, path: &str) -> String {
        BaseUrl::parse(base).unwrap().uri(path).unwrap().to_string()
    }

    #[test]
    fn a_base_with_and_without_v1_means_the_same() {
        for base in ["https://api.openai.com", "https://api.openai.com/", "https://api.openai.com/v1/"] {
            assert_eq!(
                url(base, "/v1/chat/completions?x=%20y"),
                "https://api.openai.com/v1/chat/completions?x=%20y"
            );
        }
    }

    #[test]
    fn a_path_written_with_the_prefix_is_not_prefixed_twice() {
        let base = "https://openrouter.ai/api";
        assert_eq!(url(base, "/v1/models"), "https://openrouter.ai/api/v1/models");
        assert_eq!(url(base, "/api/v1/models"), "https://openrouter.ai/api/v1/models");
        assert_eq!(url(base, "/other"), "https://openrouter.ai/api/other");
        assert_eq!(BaseUrl::parse(base).unwrap().canonical("/api/v1/models"), "/v1/models");
    }

    #[test]
    fn v1_becomes_the_api_path() {
        let base = BaseUrl::parse("https://host").unwrap().api_path("/v1beta/openai").unwrap();
        assert_eq!(base.uri("/v1/embeddings").unwrap(), "https://host/v1beta/openai/embeddings");
        assert_eq!(base.uri("/v1beta/models").unwrap(), "https://host/v1beta/models");
        assert_eq!(base.uri("/v1").unwrap(), "https://host/v1beta/openai");
    }

    #[test]
    fn what_is_no_base_says_what_to_write() {
        assert_eq!(BaseUrl::parse("api.openai.com"), Err(BaseUrlError::NotAUrl));
        assert_eq!(BaseUrl::parse("ftp://host"), Err(BaseUrlError::Scheme));
        assert_eq!(BaseUrl::parse("https://me:secret@host"), Err(BaseUrlError::Credentials));
        assert_eq!(BaseUrl::parse("https://host/?key=1"), Err(BaseUrlError::Query));
        assert_eq!(BaseUrl::parse("https://host").unwrap().api_path("v1"), Err(BaseUrlError::ApiPath));
    }

    #[test]
    fn only_this_machine_is_loopback() {
        let on = |base| BaseUrl::parse(base).unwrap().is_loopback();
        assert!(on("http://127.0.0.1:9") && on("http://localhost") && on("http://[::1]:80"));
        assert!(!on("https://api.openai.com"));
    }
}
