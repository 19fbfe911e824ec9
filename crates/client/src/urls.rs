//! `Urls`: what was found out about the URLs of the last calls, so that each is taken apart once.
//!
//! Most calls of a transport go to one of a few endpoints, and taking a URL apart is a tenth of what a call costs here.

use std::fmt::Write;

use http::Uri;
use reqwest::Url;

use crate::recent::Recent;

/// Room for the text of one; longer ones take more, and are not kept.
const BYTES: usize = 256;

/// What was found out about the URLs of the last calls.
#[derive(Clone, Debug)]
pub(crate) struct Urls<T>(Recent<Uri, T>);

impl<T> Default for Urls<T> {
    fn default() -> Self {
        Self(Recent::default())
    }
}

impl<T: Clone> Urls<T> {
    /// What `find` finds out about the URL of this `uri`, or found out when it was last asked.
    ///
    /// # Errors
    ///
    /// Why it is none, or what `find` says.
    pub(crate) fn of(
        &self,
        uri: &Uri,
        find: impl FnOnce(&Uri, Url) -> Result<T, String>,
    ) -> Result<T, String> {
        if let Some(found) = self.0.find(|own| own == uri) {
            return Ok(found);
        }
        // Written into room enough for it: the form in which a URI is kept is taken apart.
        let mut text = String::with_capacity(BYTES);
        write!(text, "{uri}").map_err(|error| error.to_string())?;
        let found = find(uri, Url::parse(&text).map_err(|error| error.to_string())?)?;
        if text.len() <= BYTES {
            self.0.keep(uri.clone(), found.clone());
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// The URL of a text, and whether it was taken apart for that.
    fn of(urls: &Urls<Url>, text: &str) -> (String, bool) {
        let is_new = Cell::new(false);
        let found = urls.of(&text.parse().unwrap(), |_, url| {
            is_new.set(true);
            Ok(url)
        });
        (found.unwrap().to_string(), is_new.get())
    }

    #[test]
    fn a_url_is_the_same_the_second_time() {
        let urls = Urls::default();
        for is_new in [true, false] {
            for text in [
                "http://127.0.0.1:9/v1/chat?a=%20b",
                "http://127.0.0.1:9/v1/chat",
                "http://127.0.0.1:9/V1/chat",
            ] {
                assert_eq!(of(&urls, text), (text.to_owned(), is_new));
            }
        }
    }

    #[test]
    fn none_that_are_long_are_kept() {
        let urls = Urls::default();
        let long = format!("http://host/{}", "a".repeat(BYTES));
        for _ in 0..2 {
            assert_eq!(of(&urls, &long), (long.clone(), true));
        }
    }

    #[test]
    fn what_is_no_url_is_told_and_not_kept() {
        let urls = Urls::default();
        let found = || urls.of(&"/v1/chat".parse().unwrap(), |_, url| Ok(url));
        assert!(!found().unwrap_err().is_empty() && !found().unwrap_err().is_empty());
    }
}
