//! `Urls`: the URLs of the last calls in the form that the HTTP client takes, so that each is taken apart once.
//!
//! Most calls of a transport go to one of a few endpoints, and taking a URL apart is a tenth of what a call costs here.

use std::fmt::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use http::Uri;
use reqwest::Url;

/// How many are kept: the endpoints of a few providers. Looking through more would cost more than it saves.
const KEPT: usize = 16;
/// Room for the text of one; longer ones take more, and are not kept.
const BYTES: usize = 256;

/// The URLs of the last calls.
#[derive(Clone, Default)]
pub(crate) struct Urls(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    urls: Vec<(Uri, Url)>,
    /// Which of them goes when the next one comes.
    oldest: usize,
}

impl Urls {
    /// The URL of this `uri`.
    ///
    /// # Errors
    ///
    /// Why it is none.
    pub(crate) fn of(&self, uri: &Uri) -> Result<Url, String> {
        let known =
            self.kept(|kept| kept.urls.iter().find(|(own, _)| own == uri).map(|(_, url)| url.clone()));
        if let Some(url) = known {
            return Ok(url);
        }
        // Written into room enough for it: the form in which a URI is kept is taken apart.
        let mut text = String::with_capacity(BYTES);
        write!(text, "{uri}").map_err(|error| error.to_string())?;
        let url = Url::parse(&text).map_err(|error| error.to_string())?;
        if text.len() <= BYTES {
            self.kept(|kept| kept.keep(uri.clone(), url.clone()));
        }
        Ok(url)
    }

    fn kept<T>(&self, act: impl FnOnce(&mut Kept) -> T) -> T {
        // What a panic left behind is whole: an entry is there, or it is not.
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Kept {
    fn keep(&mut self, uri: Uri, url: Url) {
        match self.urls.get_mut(self.oldest) {
            Some(entry) => *entry = (uri, url),
            None => self.urls.push((uri, url)),
        }
        self.oldest = (self.oldest + 1) % KEPT;
    }
}

impl fmt::Debug for Urls {
    /// Without the URLs: some hosts take the key in the query.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Urls").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(urls: &Urls, text: &str) -> String {
        urls.of(&text.parse().unwrap()).unwrap().to_string()
    }

    #[test]
    fn a_url_is_the_same_the_second_time() {
        let urls = Urls::default();
        for _ in 0..2 {
            assert_eq!(of(&urls, "http://127.0.0.1:9/v1/chat?a=%20b"), "http://127.0.0.1:9/v1/chat?a=%20b");
            assert_eq!(of(&urls, "http://127.0.0.1:9/v1/chat"), "http://127.0.0.1:9/v1/chat");
            assert_eq!(of(&urls, "http://127.0.0.1:9/V1/chat"), "http://127.0.0.1:9/V1/chat");
        }
        assert_eq!(urls.kept(|kept| kept.urls.len()), 3);
    }

    #[test]
    fn only_the_last_are_kept_and_none_that_are_long() {
        let urls = Urls::default();
        let long = format!("http://host/{}", "a".repeat(BYTES));
        assert_eq!(of(&urls, &long), long);
        assert_eq!(urls.kept(|kept| kept.urls.len()), 0);
        for number in 0..3 * KEPT {
            let url = format!("http://host/{number}");
            assert_eq!(of(&urls, &url), url);
        }
        assert_eq!(urls.kept(|kept| kept.urls.len()), KEPT);
        let last = format!("http://host/{}", 3 * KEPT - 1);
        assert!(urls.kept(|kept| kept.urls.iter().any(|(uri, _)| *uri == last.as_str())));
    }

    #[test]
    fn a_key_in_a_query_is_not_printed() {
        let urls = Urls::default();
        of(&urls, "http://host/v1?key=secret");
        assert!(!format!("{urls:?}").contains("secret"));
    }

    #[test]
    fn what_is_no_url_is_told_and_not_kept() {
        let urls = Urls::default();
        assert!(!urls.of(&"/v1/chat".parse().unwrap()).unwrap_err().is_empty());
        assert_eq!(urls.kept(|kept| kept.urls.len()), 0);
    }
}
