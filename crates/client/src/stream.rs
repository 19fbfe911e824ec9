//! `Events`: an answer that arrives in pieces, each handed over as it comes. `Iter` is its blocking twin.

mod sse;
mod start;

use std::collections::VecDeque;
use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_util::{Stream, StreamExt};
use http_body::Body as _;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::{Value, from_str};
use tidegate::clock::Sleep;
use tidegate::{Class, Clock};
use tidegate_provider::{Dialect, EndReader, ResponseHead, Verdict, adapter};

use crate::api::{Hearing, Transcript};
use crate::blocking::block_on;
use crate::call::{ApiError, Error, Excerpt, Meta, Unfinished, request_id};
use crate::{BodyEnd, LiveBody, Opened, TransportError};
use sse::Decoder;
use start::Start;

/// How long the end of a body is waited for once its answer is complete. A new connection takes longer, and nobody is
/// kept waiting noticeably by a host that leaves its connections open.
const PARTING: Duration = Duration::from_millis(50);

/// The most pieces of a body that are passed over after the end of its answer.
const PARTING_FRAMES_MAX: usize = 16;

/// The event by which a response of OpenAI's fails.
const FAILED: &str = "response.failed";

/// An answer that arrives in pieces: a [`Stream`] of them. Dropping it gives the rest of the answer up.
///
/// An answer that is no stream of events, or ends without one, is an error with its status and its first bytes. One
/// that stops before its end, with or without a word of the network, ends with [`Error::Unfinished`].
pub struct Events<T> {
    body: Option<LiveBody>,
    decoder: Decoder,
    ready: VecDeque<String>,
    /// What came so far, until the first event is there.
    start: Option<Start>,
    /// What the events said of the answer's end, and the error that follows them where it was not reached.
    ending: EndReader,
    last: Option<Error>,
    /// How many bytes of the body came.
    came: u64,
    clock: Arc<dyn Clock>,
    /// Runs while the body does not end though the answer has.
    parting: Option<Pin<Box<Sleep>>>,
    meta: Meta,
    excerpt: Excerpt,
    dialect: Dialect,
    /// Told of each piece, where that is wished.
    transcript: Option<Transcript>,
    /// Tells the call's span what the pieces say, where somebody listens to it.
    hearing: Option<Hearing>,
    pieces: PhantomData<fn() -> T>,
}

impl<T> Events<T> {
    pub(crate) fn of(
        opened: Opened,
        model: Option<String>,
        excerpt: Excerpt,
        dialect: Dialect,
        transcript: Option<Transcript>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let meta = Meta {
            call: opened.call,
            status: opened.status,
            request_id: request_id(&opened.headers, &excerpt),
            model: opened.model.or(model),
            attempts: opened.attempts,
            waited: opened.waited,
            latency: Duration::ZERO,
            usage: None,
            headers: opened.headers,
        };
        Self {
            body: Some(opened.body.told()),
            decoder: Decoder::default(),
            ready: VecDeque::new(),
            start: Some(Start::of(&meta.headers)),
            ending: EndReader::default(),
            last: None,
            came: 0,
            clock,
            parting: None,
            meta,
            excerpt,
            dialect,
            transcript,
            hearing: None,
            pieces: PhantomData,
        }
    }

    /// The same, heard by somebody.
    pub(crate) fn heard_by(mut self, hearing: Option<Hearing>) -> Self {
        self.hearing = hearing;
        self
    }

    /// What is known of the call: its model, its attempts, its wait, its headers.
    #[must_use]
    pub const fn meta(&self) -> &Meta {
        &self.meta
    }

    /// The next piece in the form in which it came.
    fn poll_text(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<String, Error>>> {
        loop {
            match self.ready.pop_front() {
                Some(mark) if EndReader::is_mark(&mark) => self.ready.clear(),
                Some(text) => return Poll::Ready(Some(Ok(text))),
                None => {}
            }
            if self.ending.is_final() {
                ready!(self.poll_parting(cx));
                self.close();
                return Poll::Ready(None);
            }
            let Some(body) = &mut self.body else { return Poll::Ready(self.last.take().map(Err)) };
            match ready!(Pin::new(body).poll_frame(cx)) {
                Some(Ok(frame)) => {
                    let Ok(data) = frame.into_data() else { continue };
                    if let Err(error) = self.decode(&data) {
                        return Poll::Ready(Some(Err(error)));
                    }
                }
                Some(Err(error)) => self.stopped(Some(error)),
                None => self.stopped(None),
            }
        }
    }

    /// Waits a moment for the body to end, after which its connection serves other calls: many hosts send the end of the
    /// body right behind the event that ends the answer, but not with it. Whatever else comes is no part of the answer.
    fn poll_parting(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(body) = &mut self.body else { return Poll::Ready(()) };
        for _ in 0..PARTING_FRAMES_MAX {
            match Pin::new(&mut *body).poll_frame(cx) {
                Poll::Ready(Some(Ok(_))) => {}
                Poll::Ready(Some(Err(_)) | None) => return Poll::Ready(()),
                Poll::Pending => {
                    let clock = &self.clock;
                    let sleep = || Box::pin(Sleep::until(clock.clone(), clock.now().after(PARTING)));
                    return self.parting.get_or_insert_with(sleep).as_mut().poll(cx);
                }
            }
        }
        Poll::Ready(())
    }

    /// Reads the next bytes. Those of a document are no events: they are kept to say what came instead.
    fn decode(&mut self, data: &[u8]) -> Result<(), Error> {
        self.came = self.came.saturating_add(data.len() as u64);
        if let Some(start) = &mut self.start {
            start.push(data);
            if start.is_document() {
                let full = self.start.take_if(|start| start.is_full());
                return full.map_or(Ok(()), |start| Err(self.eventless(start)));
            }
        }
        let known = self.ready.len();
        self.decoder.push(data, &mut self.ready).map_err(|cause| self.unreadable(data, cause))?;
        if !self.ready.is_empty() {
            self.start = None;
        }
        self.ready.iter().skip(known).for_each(|event| self.ending.note(event));
        let Some(body) = &mut self.body else { return Ok(()) };
        if self.ending.is_final() {
            // Whatever follows is no part of the answer, and whoever has read it may not come back for more.
            body.tell_end(BodyEnd::Whole);
        } else if body.is_end_stream() {
            self.stopped(None);
        }
        Ok(())
    }

    /// No more bytes come: because something broke, or as if the answer were whole. Whether it is, its events tell.
    fn stopped(&mut self, broke: Option<TransportError>) {
        let known = self.ready.len();
        self.decoder.finish(&mut self.ready);
        // The last event need not have its closing blank line; what was cut in the middle is none.
        let is_event = |event: &String| EndReader::is_mark(event) || from_str::<IgnoredAny>(event).is_ok();
        if self.ready.len() > known && !self.ready.back().is_some_and(is_event) {
            self.ready.pop_back();
        }
        self.ready.iter().skip(known).for_each(|event| self.ending.note(event));
        let start = self.start.take().filter(|_| self.ready.is_empty());
        let instead = start.as_ref().is_some_and(Start::is_document) && broke.is_none();
        let is_whole = instead || self.ending.is_reached();
        if let Some(body) = &mut self.body {
            body.tell_end(if is_whole { BodyEnd::Whole } else { BodyEnd::Broken });
        }
        self.body = None;
        self.last = match start {
            Some(start) if broke.is_none() => Some(self.eventless(start)),
            start if !is_whole => Some(self.unfinished(broke, start)),
            _ => None,
        };
    }

    /// The error that a stream is which stopped before its end. `start` is what came where no event did.
    fn unfinished(&self, broke: Option<TransportError>, start: Option<Start>) -> Error {
        let start = start.map(|start| self.excerpt.of(&start.into_bytes()));
        let unfinished = Unfinished {
            call: self.meta.call,
            status: self.meta.status,
            request_id: self.meta.request_id.clone(),
            bytes: self.came,
            start: start.unwrap_or_default(),
            cause: broke.map(|error| error.of_call(self.meta.call)),
            attempts: self.meta.attempts,
        };
        unfinished.into()
    }

    /// Nothing more is handed over.
    fn close(&mut self) {
        self.body = None;
        self.parting = None;
        self.last = None;
        self.ready.clear();
    }

    /// Ends the stream with an error about what it brought. The cause may quote it, so that it is cut and cleaned of
    /// the key alike.
    fn unreadable(&mut self, start: &[u8], cause: &str) -> Error {
        self.close();
        Error::unreadable(&self.meta, self.excerpt.of(start), self.excerpt.of(cause.as_bytes()))
    }

    /// The error that an answer without any event is: the provider's own where it tells one.
    fn eventless(&mut self, start: Start) -> Error {
        let is_document = start.is_document();
        let bytes = start.into_bytes();
        let text = String::from_utf8_lossy(&bytes);
        if let Some(transcript) = &self.transcript {
            transcript.answer(&bytes);
        }
        let told = self.failure(&text).or_else(|| {
            let verdict = self.verdict(&bytes);
            (verdict.class != Class::Ok).then(|| self.told(verdict, &text))
        });
        self.body = None;
        told.unwrap_or_else(|| {
            let cause = if is_document { "it is no event stream" } else { "it ended without an event" };
            self.unreadable(&bytes, cause)
        })
    }

    /// The error that a piece is, if it is one.
    fn failure(&self, text: &str) -> Option<Error> {
        // Most pieces are none, and need not be read for that.
        if !text.contains("error\"") && !text.contains(FAILED) {
            return None;
        }
        if !tells_failure(&from_str(text).ok()?) {
            return None;
        }
        let verdict = self.verdict(text.as_bytes());
        let verdict = if verdict.class == Class::Ok { Verdict::of(Class::ServerError) } else { verdict };
        Some(self.told(verdict, text))
    }

    /// What the provider's adapter makes of a piece.
    fn verdict(&self, piece: &[u8]) -> Verdict {
        let received_at = std::time::SystemTime::UNIX_EPOCH;
        let head =
            ResponseHead { status: self.meta.status.as_u16(), headers: &self.meta.headers, received_at };
        adapter(self.dialect).classify(&head, piece)
    }

    /// The error that a piece tells.
    fn told(&self, verdict: Verdict, text: &str) -> Error {
        ApiError::of_event(&self.meta, verdict, text, &self.excerpt).into()
    }
}

/// Whether a piece says that the answer has failed: an `error`, an event of that type, the last event of a response or of
/// a conversation of Mistral's that failed, or a choice that ended so (OpenRouter).
fn tells_failure(piece: &Value) -> bool {
    let is_event =
        ["error", "conversation.response.error", FAILED].iter().any(|kind| piece["type"] == **kind);
    let is_choice = |choice: &Value| choice["finish_reason"] == "error";
    let is_object = piece["error"].is_object() || piece["error"].is_string();
    is_event || is_object || piece["choices"].as_array().is_some_and(|choices| choices.iter().any(is_choice))
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
        if let Some(hearing) = &mut self.hearing {
            hearing.note(&text);
        }
        if let Some(error) = self.failure(&text) {
            // The provider says so itself: nothing broke.
            self.body.iter_mut().for_each(|body| body.tell_end(BodyEnd::Whole));
            self.close();
            return Poll::Ready(Some(Err(error)));
        }
        let item = from_str(&text);
        Poll::Ready(Some(item.map_err(|error| self.unreadable(text.as_bytes(), &error.to_string()))))
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
