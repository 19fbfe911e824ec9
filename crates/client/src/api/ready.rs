//! `Ready`: a request in the form in which it is sent.

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue};
use tidegate_provider::EndpointKind;

use crate::call::{Act, Options, Rendered};
use crate::timed::Timeouts;
use crate::{Outgoing, Terms};

/// A request in the form in which it is sent.
#[derive(Debug)]
pub(crate) struct Ready {
    pub(crate) outgoing: Outgoing,
    pub(crate) act: Act,
    pub(crate) streams: bool,
    pub(crate) terms: Terms,
    pub(crate) timeouts: Option<Timeouts>,
    /// What a POST is that nothing is known of. Unmetered, as most that are known are: a job, a stored thing.
    pub(crate) unknown: EndpointKind,
}

impl Ready {
    pub(crate) fn new(rendered: Rendered, act: Act, options: Options) -> Self {
        let Rendered { method, path, body, streams } = rendered;
        let mut headers = options.headers;
        if body.is_some() {
            headers.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static("application/json"));
        }
        let accepted = if streams { "text/event-stream" } else { "application/json" };
        headers.entry(ACCEPT).or_insert(HeaderValue::from_static(accepted));
        let outgoing = Outgoing { method, path, headers, body: body.unwrap_or_else(Bytes::new) };
        Self {
            outgoing,
            act,
            streams,
            terms: options.terms,
            timeouts: options.timeouts,
            unknown: EndpointKind::Unmetered,
        }
    }

    /// The same, where a POST that nothing is known of costs a request.
    pub(crate) const fn counted(mut self) -> Self {
        self.unknown = EndpointKind::Unknown;
        self
    }

    /// The request with the client's own headers under those of the call.
    pub(crate) fn outgoing(self, of_client: &HeaderMap) -> Outgoing {
        let mut outgoing = self.outgoing;
        for (name, value) in of_client {
            outgoing.headers.entry(name).or_insert_with(|| value.clone());
        }
        outgoing
    }
}
