//! `Call`: one request on its way to a provider, with its fields, its terms and its answer's kind.

mod error;
mod excerpt;
mod id;
mod operation;
mod path;
mod reply;
mod terms;
mod unfinished;

use std::future::Future;
use std::marker::PhantomData;

use http::header::{HeaderName, HeaderValue};
use serde_json::Value;

pub use error::{ApiError, Error, RequestError, Unreadable};
pub(crate) use excerpt::Excerpt;
pub use id::CallId;
pub(crate) use operation::Rendered;
pub use operation::{Act, Operation, Place, Streams};
pub(crate) use path::filled;
pub use reply::{Meta, Reply};
pub(crate) use reply::{Received, named_by, request_id};
pub(crate) use terms::terms;
pub use unfinished::Unfinished;

use crate::api::{Api, Ready};
use crate::blocking::block_on;
use crate::stream::{Events, Iter};
use crate::timed::Timeouts;
use crate::{Extra, Key, Terms};

/// Calls are futures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Async {}

/// Calls hold the calling thread until they end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blocking {}

/// One request on its way: set what it says, then `send` it, or `stream` its answer where it can come in pieces.
///
/// The same builder serves async and blocking callers; only `send` and `stream` differ.
#[derive(Clone, Debug)]
#[must_use = "a call does nothing until `send` or `stream`"]
pub struct Call<O, M = Async> {
    api: Api,
    pub(crate) operation: O,
    path: Result<String, RequestError>,
    options: Options,
    mode: PhantomData<fn() -> M>,
}

/// What can be said of any call.
#[derive(Clone, Debug, Default)]
pub(crate) struct Options {
    pub(crate) terms: Terms,
    pub(crate) headers: http::HeaderMap,
    pub(crate) timeouts: Option<Timeouts>,
    pub(crate) extra: Extra,
    pub(crate) mistake: Option<RequestError>,
}

impl Options {
    /// One more header; what is none is told when the call is made.
    pub(crate) fn header(&mut self, name: &str, value: &str) {
        match header_of(name, value) {
            Ok((name, value)) => {
                self.headers.insert(name, value);
            }
            Err(mistake) => {
                self.mistake.get_or_insert(mistake);
            }
        }
    }
}

/// A header, which does not print if it holds a key.
///
/// # Errors
///
/// When its name or its value is none.
pub(crate) fn header_of(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), RequestError> {
    let header = || RequestError::Header { name: name.to_owned() };
    let of_header = HeaderName::try_from(name).map_err(|_| header())?;
    let mut value = HeaderValue::try_from(value).map_err(|_| header())?;
    value.set_sensitive(Key::is_in(&of_header));
    Ok((of_header, value))
}

impl<O: Operation, M> Call<O, M> {
    /// A call of an operation; `named` fills the blanks of its route, in order.
    pub(crate) fn new(api: &Api, named: &[&str], operation: O) -> Self {
        let mut options = Options { terms: api.terms(), ..Options::default() };
        if let Some(beta) = O::BETA {
            options.headers.insert(beta.0, HeaderValue::from_static(beta.1));
        }
        Self { api: api.clone(), operation, path: filled(O::ROUTE, named), options, mode: PhantomData }
    }

    terms!();

    /// A field that this version does not know, or another value of one that it does.
    pub fn extra(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.options.extra.insert(name.into(), value.into());
        self
    }

    /// The request as it would be sent, without sending it: method, path with its query, and body.
    ///
    /// # Errors
    ///
    /// What is wrong with the request.
    pub fn preview(&self) -> Result<(http::Method, String, Option<Value>), RequestError> {
        operation::preview(&self.operation, self.path.clone(), &self.options, Delivery::Whole)
    }

    fn ready(self, delivery: Delivery) -> Result<(Api, Ready), Error> {
        let rendered = Rendered::of(&self.operation, self.path, &self.options, delivery)?;
        Ok((self.api, Ready::new(rendered, self.operation.act(), self.options)))
    }
}

/// How the answer is to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delivery {
    Whole,
    Stream,
}

impl<O: Operation> Call<O, Async> {
    /// Makes the call and reads its answer.
    ///
    /// # Errors
    ///
    /// A mistake in the request, told before anything is sent; a call that was not admitted; an answer that did
    /// not arrive, is an error, or cannot be read.
    pub fn send(self) -> impl Future<Output = Result<Reply<O::Answer>, Error>> + Send + use<O> {
        // Written out at once: a request with its fields is larger than what is sent.
        let ready = self.ready(Delivery::Whole);
        async move {
            let (api, ready) = ready?;
            api.send(ready).await?.parsed()
        }
    }
}

impl<O: Operation> Call<O, Blocking> {
    /// Makes the call and reads its answer, in the calling thread.
    ///
    /// # Errors
    ///
    /// As the asynchronous `send`.
    pub fn send(self) -> Result<Reply<O::Answer>, Error> {
        let (api, ready) = self.ready(Delivery::Whole)?;
        block_on(api.send(ready))??.parsed()
    }
}

impl<O: Streams> Call<O, Async> {
    /// Makes the call and hands its answer over in pieces, each as it arrives. Retries end with the first piece.
    ///
    /// # Errors
    ///
    /// As `send`, for the head of the answer.
    pub async fn stream(self) -> Result<Events<O::Event>, Error> {
        let (api, ready) = self.ready(Delivery::Stream)?;
        api.stream(ready).await
    }
}

impl<O: Streams> Call<O, Blocking> {
    /// Makes the call and hands its answer over in pieces, each as it arrives, in the calling thread.
    ///
    /// # Errors
    ///
    /// As the asynchronous `stream`.
    pub fn stream(self) -> Result<Iter<O::Event>, Error> {
        let (api, ready) = self.ready(Delivery::Stream)?;
        Ok(Iter::new(block_on(api.stream(ready))??))
    }
}
