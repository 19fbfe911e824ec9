//! `TransportError`: why no answer arrived, in words that show neither a key nor a query.

use std::error::Error;
use std::fmt;
use std::io;

use tidegate_core::Class;

use crate::{CallId, Partial};

/// What went wrong on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TransportErrorKind {
    /// No connection: the name does not resolve, nobody listens, or the network is down. Nothing was sent.
    Connect,
    /// The provider said nothing for too long.
    Timeout,
    /// The connection broke in the middle.
    Reset,
    /// The provider's certificate or the TLS handshake failed. Nothing was sent.
    Tls,
    /// The body of the request, which somebody else produces, broke off.
    Upload,
    /// Anything else, such as a URL that is none.
    Other,
}

/// Why no answer, or no whole answer, arrived.
///
/// Its text names the host and the cause, never a path, a query, a header or a key. It keeps no source, since the
/// sources of an HTTP client show whole URLs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransportError {
    kind: TransportErrorKind,
    host: String,
    cause: String,
    /// The call that it ended, if it was one's.
    call: Option<CallId>,
    /// What had come of the answer, if it had begun.
    partial: Option<Box<Partial>>,
}

impl TransportError {
    /// An error of a kind, with the host (and port) it is about and its cause in words without secrets.
    #[must_use]
    pub fn new(kind: TransportErrorKind, host: impl Into<String>, cause: impl Into<String>) -> Self {
        Self { kind, host: host.into(), cause: cause.into(), call: None, partial: None }
    }

    /// The same error, which broke an answer of which this much had come.
    pub(crate) fn after(self, partial: Partial) -> Self {
        Self { partial: Some(Box::new(partial)), ..self }
    }

    /// The same error, which ended this call.
    pub(crate) fn of_call(self, call: CallId) -> Self {
        Self { call: Some(call), ..self }
    }

    /// The error alone, and what had come of the answer.
    pub(crate) fn split(self) -> (Self, Option<Box<Partial>>) {
        (Self { partial: None, ..self }, self.partial)
    }

    /// What went wrong.
    #[must_use]
    pub const fn kind(&self) -> TransportErrorKind {
        self.kind
    }

    /// The name of the call that it ended; `None` where it is not known to have ended one.
    #[must_use]
    pub const fn call_id(&self) -> Option<CallId> {
        self.call
    }

    /// What had come of the answer when it broke off; `None` where none had begun.
    #[must_use]
    pub fn partial(&self) -> Option<&Partial> {
        self.partial.as_deref()
    }

    /// Whether the provider cannot have seen any part of the request, so that nothing was charged.
    #[must_use]
    pub const fn nothing_was_sent(&self) -> bool {
        matches!(self.kind, TransportErrorKind::Connect | TransportErrorKind::Tls)
    }

    /// The class that the call machine acts on.
    #[must_use]
    pub const fn class(&self) -> Class {
        match self.kind {
            TransportErrorKind::Timeout => Class::Timeout,
            TransportErrorKind::Connect | TransportErrorKind::Reset => Class::ServerError,
            TransportErrorKind::Tls | TransportErrorKind::Upload | TransportErrorKind::Other => {
                Class::Invalid
            }
        }
    }

    /// The error of the HTTP client, without what it says about the URL.
    pub(crate) fn from_reqwest(error: &reqwest::Error, host: &str) -> Self {
        let seen = Seen {
            is_timeout: error.is_timeout(),
            is_connect: error.is_connect(),
            is_builder: error.is_builder(),
        };
        Self::of_causes(seen, &causes_of(error.source()), host)
    }

    /// An error that came while a connection was made, or later. None of its causes shows a URL.
    pub(crate) fn of_chain(error: &(dyn Error + 'static), is_connect: bool, host: &str) -> Self {
        let is_late = |cause: &io::Error| cause.kind() == io::ErrorKind::TimedOut;
        let is_timeout = chain(Some(error)).any(|cause| cause.downcast_ref().is_some_and(is_late));
        Self::of_causes(Seen { is_timeout, is_connect, is_builder: false }, &causes_of(Some(error)), host)
    }

    fn of_causes(seen: Seen, causes: &[String], host: &str) -> Self {
        let innermost = causes.last().cloned().unwrap_or_else(|| "no cause given".to_owned());
        Self::new(kind_of(seen, causes), host, innermost)
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (host, cause) = (&self.host, &self.cause);
        match self.kind {
            TransportErrorKind::Connect => write!(f, "could not connect to {host}: {cause}"),
            TransportErrorKind::Timeout => write!(f, "{host} did not answer in time: {cause}"),
            TransportErrorKind::Reset => write!(f, "the connection to {host} broke: {cause}"),
            TransportErrorKind::Tls => write!(f, "no trusted connection to {host}: {cause}"),
            TransportErrorKind::Upload => write!(f, "the request to {host} broke off: {cause}"),
            TransportErrorKind::Other => write!(f, "the call to {host} failed: {cause}"),
        }?;
        match &self.partial {
            Some(partial) => write!(f, "; {partial}"),
            None => Ok(()),
        }
    }
}

impl Error for TransportError {}

/// What an HTTP client says of an error of its own.
#[derive(Clone, Copy, Debug)]
struct Seen {
    is_timeout: bool,
    is_connect: bool,
    is_builder: bool,
}

/// An error and its causes, from the outside in.
fn chain<'error>(
    outermost: Option<&'error (dyn Error + 'static)>,
) -> impl Iterator<Item = &'error (dyn Error + 'static)> {
    /// More causes than any real chain has.
    const CAUSES_MAX: usize = 16;
    std::iter::successors(outermost, |&cause| cause.source()).take(CAUSES_MAX)
}

/// The texts of an error's causes, from the outside in. The client's own text is left out: it shows the URL.
fn causes_of(outermost: Option<&(dyn Error + 'static)>) -> Vec<String> {
    chain(outermost).filter(|cause| !cause.is::<reqwest::Error>()).map(ToString::to_string).collect()
}

fn kind_of(seen: Seen, causes: &[String]) -> TransportErrorKind {
    let mentions = |word: &str| causes.iter().any(|cause| cause.contains(word));
    if seen.is_timeout {
        // A connection that is not made in time has sent nothing.
        return if seen.is_connect { TransportErrorKind::Connect } else { TransportErrorKind::Timeout };
    }
    if seen.is_connect {
        let tls = mentions("certificate") || mentions("tls") || mentions("TLS");
        return if tls { TransportErrorKind::Tls } else { TransportErrorKind::Connect };
    }
    if mentions("user body") || mentions("error from user") {
        return TransportErrorKind::Upload;
    }
    if seen.is_builder {
        return TransportErrorKind::Other;
    }
    TransportErrorKind::Reset
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_its_host_and_cause() {
        let error = TransportError::new(TransportErrorKind::Connect, "api.example.com", "connection refused");
        assert_eq!(error.to_string(), "could not connect to api.example.com: connection refused");
        assert!(error.nothing_was_sent());
    }

    #[test]
    fn only_what_may_pass_later_counts_as_retryable() {
        let of = |kind| TransportError::new(kind, "host", "cause").class().is_retryable();
        assert!(
            of(TransportErrorKind::Connect)
                && of(TransportErrorKind::Reset)
                && of(TransportErrorKind::Timeout)
        );
        assert!(!of(TransportErrorKind::Tls) && !of(TransportErrorKind::Upload));
    }
}
