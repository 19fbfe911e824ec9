//! `Key`: a provider's API key, which cannot be printed.

use std::fmt;

use http::header::{AUTHORIZATION, COOKIE, HeaderName, PROXY_AUTHORIZATION};
use http::{HeaderMap, HeaderValue};
use tidegate_provider::Dialect;

/// Anthropic's header of the key (documentation of the Messages API, 2026-08-22).
const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");
/// Azure's header of the key (documentation of the v1 API, 2026-08-22); it takes a bearer token as well.
const API_KEY: HeaderName = HeaderName::from_static("api-key");
/// Gemini's header of the key (its documentation, 2026-08-22); its OpenAI form takes a bearer token.
const X_GOOG_API_KEY: HeaderName = HeaderName::from_static("x-goog-api-key");

/// Where a key may be in the headers of a request.
const PLACES: [HeaderName; 4] = [X_API_KEY, API_KEY, X_GOOG_API_KEY, AUTHORIZATION];

/// A provider's API key. `Debug` and `Display` never show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(HeaderValue);

impl Key {
    /// The key of that text, without blanks around it (a key read from a file ends with a line feed).
    /// `None` when nothing is left or when it holds what a header cannot carry.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        let mut value = HeaderValue::from_str(text).ok().filter(|value| !value.is_empty())?;
        value.set_sensitive(true);
        Some(Self(value))
    }

    /// The bytes of the key, for hashing it into the name of an account.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// Puts the key where the dialect looks for it, in the place of whatever key the headers had.
    pub fn apply(&self, dialect: Dialect, headers: &mut HeaderMap) {
        for header in PLACES {
            headers.remove(header);
        }
        if dialect == Dialect::Anthropic {
            headers.insert(X_API_KEY, self.0.clone());
            return;
        }
        let bearer = [b"Bearer ", self.expose()].concat();
        if let Ok(mut value) = HeaderValue::from_bytes(&bearer) {
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
    }

    /// The bytes that identify the caller's own key in the headers of a request, whichever header holds it.
    #[must_use]
    pub fn presented(headers: &HeaderMap) -> Option<&[u8]> {
        PLACES.iter().find_map(|name| headers.get(name)).map(HeaderValue::as_bytes)
    }
}

impl Key {
    /// Whether that header holds a key or a password, which is not to be printed.
    pub(crate) fn is_in(name: &HeaderName) -> bool {
        PLACES.contains(name) || name == PROXY_AUTHORIZATION || name == COOKIE
    }

    /// The headers in a form that may be printed.
    pub(crate) fn hidden(headers: &HeaderMap) -> HeaderMap {
        let mut headers = headers.clone();
        for (name, value) in &mut headers {
            value.set_sensitive(value.is_sensitive() || Self::is_in(name));
        }
        headers
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(redacted)")
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("redacted")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_never_prints() {
        let key = Key::new("sk-secret\n").unwrap();
        assert_eq!(format!("{key} {key:?}"), "redacted Key(redacted)");
        let mut headers = HeaderMap::new();
        key.apply(Dialect::OpenAi, &mut headers);
        assert!(!format!("{headers:?}").contains("secret"));
    }

    #[test]
    fn a_key_takes_the_place_of_the_one_that_was_there() {
        let key = Key::new("sk-ours").unwrap();
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, HeaderValue::from_static("Bearer theirs"));
        key.apply(Dialect::Anthropic, &mut headers);
        assert_eq!(headers.get(X_API_KEY).unwrap(), "sk-ours");
        assert!(headers.get(AUTHORIZATION).is_none());
        key.apply(Dialect::Mistral, &mut headers);
        assert_eq!(headers.get(AUTHORIZATION).unwrap(), "Bearer sk-ours");
        assert!(headers.get(X_API_KEY).is_none());
    }

    #[test]
    fn blanks_alone_are_no_key() {
        assert_eq!(Key::new(" \n"), None);
    }
}
