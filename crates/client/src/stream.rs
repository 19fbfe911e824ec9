//! `Events`: an answer that arrives in pieces, each handed over as it comes. `Iter` is its blocking twin.

mod sse;

use std::collections::VecDeque;
use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_util::{Stream, StreamExt};
use http_body::Body as _;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tidegate::Class;
use tidegate_provider::{Dialect, ResponseHead, Verdict, adapter};

use crate::api::Transcript;
use crate::blocking::block_on;
use crate::call::{ApiError, Error, Excerpt, Meta, request_id};
use crate::{LiveBody, Opened, PacedError};
use sse::Decoder;

/// What ends a stream of OpenAI's shape.
const DONE: &str = "[DONE]";

/// An answer that arrives in pieces: a [`Stream`] of them. Dropping it gives the rest of the answer up.
pub struct Events<T> {
    body: Option<LiveBody>,
    decoder: Decoder,
    ready: VecDeque<String>,
    meta: Meta,
    excerpt: Excerpt,
    dialect: Dialect,
    /// Told of each piece, where that is wished.
    transcript: Option<Transcript>,
    pieces: PhantomData<fn() -> T>,
}

impl<T> Events<T> {
    pub(crate) fn of(
        opened: Opened,
        model: Option<String>,
        excerpt: Excerpt,
        dialect: Dialect,
        transcript: Option<Transcript>,
    ) -> Self {
        let meta = Meta {
            status: opened.status,
            request_id: request_id(&opened.headers),
            model: opened.model.or(model),
            attempts: opened.attempts,
            waited: opened.waited,
            latency: std::time::Duration::ZERO,
            usage: None,
            headers: opened.headers,
        };
        let body = Some(opened.body);
        let (decoder, ready) = (Decoder::default(), VecDeque::new());
        Self { body, decoder, ready, meta, excerpt, dialect, transcript, pieces: PhantomData }
    }

    /// What is known of the call: its model, its attempts, its wait, its headers.
    #[must_use]
    pub const fn meta(&self) -> &Meta {
        &self.meta
    }

    /// The next piece in the form in which it came.
    fn poll_text(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<String, Error>>> {
        loop {
            if let Some(text) = self.ready.pop_front() {
                if text == DONE {
                    self.body = None;
                    self.ready.clear();
                    return Poll::Ready(None);
                }
                return Poll::Ready(Some(Ok(text)));
            }
            let Some(body) = &mut self.body else { return Poll::Ready(None) };
            match ready!(Pin::new(body).poll_frame(cx)) {
                Some(Ok(frame)) => {
                    let Ok(data) = frame.into_data() else { continue };
                    if let Err(cause) = self.decoder.push(&data, &mut self.ready) {
                        return Poll::Ready(Some(Err(self.unreadable(&data, cause.to_owned()))));
                    }
                }
                Some(Err(error)) => {
                    self.body = None;
                    let (attempts, waited) = (self.meta.attempts, self.meta.waited);
                    let error = PacedError::Transport { error, attempts, waited };
                    return Poll::Ready(Some(Err(error.into())));
                }
                None => {
                    self.body = None;
                    self.decoder.finish(&mut self.ready);
                }
            }
        }
    }

    /// Ends the stream with an error about what it brought.
    fn unreadable(&mut self, start: &[u8], cause: String) -> Error {
        self.body = None;
        self.ready.clear();
        Error::unreadable(&self.meta, self.excerpt.of(start), cause)
    }

    /// The error that a piece is, if it is one: an object with an `error`, or of the type `error`.
    fn failure(&self, text: &str) -> Option<Error> {
        if !text.contains("\"error\"") {
            return None;
        }
        let value: Value = serde_json::from_str(text).ok()?;
        let is_error = value["error"].is_object() || value["error"].is_string() || value["type"] == "error";
        if !is_error {
            return None;
        }
        let received_at = std::time::SystemTime::UNIX_EPOCH;
        let head =
            ResponseHead { status: self.meta.status.as_u16(), headers: &self.meta.headers, received_at };
        let verdict = adapter(self.dialect).classify(&head, text.as_bytes());
        let verdict = if verdict.class == Class::Ok { Verdict::of(Class::ServerError) } else { verdict };
        Some(ApiError::of_event(&self.meta, verdict, text, &self.excerpt).into())
    }
}

impl<T: DeserializeOwned> Events<T> {
    /// The next piece; `None` at the end.
    pub async fn next(&mut self) -> Option<Result<T, Error>> {
        StreamExt::next(self).await
    }
}

impl<T> Unpin for Events<T> {}

impl<T: DeserializeOwned> Stream for Events<T> {
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let text = match ready!(self.poll_text(cx)) {
            Some(Ok(text)) => text,
            Some(Err(error)) => return Poll::Ready(Some(Err(error))),
            None => return Poll::Ready(None),
        };
        if let Some(transcript) = &self.transcript {
            transcript.answer(text.as_bytes());
        }
        if let Some(error) = self.failure(&text) {
            self.body = None;
            self.ready.clear();
            return Poll::Ready(Some(Err(error)));
        }
        let item = serde_json::from_str(&text);
        Poll::Ready(Some(item.map_err(|error| self.unreadable(text.as_bytes(), error.to_string()))))
    }
}

impl<T> fmt::Debug for Events<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events").field("meta", &self.meta).finish_non_exhaustive()
    }
}

/// The blocking twin of [`Events`]: an iterator over the pieces, which waits for each in the calling thread.
#[derive(Debug)]
pub struct Iter<T>(Events<T>);

impl<T> Iter<T> {
    pub(crate) const fn new(events: Events<T>) -> Self {
        Self(events)
    }

    /// What is known of the call.
    #[must_use]
    pub const fn meta(&self) -> &Meta {
        self.0.meta()
    }
}

impl<T: DeserializeOwned> Iterator for Iter<T> {
    type Item = Result<T, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        match block_on(self.0.next()) {
            Ok(item) => item,
            Err(error) => Some(Err(error)),
        }
    }
}
