//! `Pieces`: an answer in everybody's form as it arrives; `PieceIter`: its blocking twin.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::{Stream, StreamExt};
use serde_json::Value;
use tidegate_provider::Dialect;

use super::Piece;
use crate::blocking::block_on;
use crate::{Error, Events, Meta};

/// An answer as it arrives: a [`Stream`] of pieces. Dropping it gives the rest of the answer up.
#[derive(Debug)]
pub struct Pieces {
    events: Events<Value>,
    dialect: Dialect,
    notes: Vec<&'static str>,
}

impl Pieces {
    pub(super) const fn new(events: Events<Value>, dialect: Dialect, notes: Vec<&'static str>) -> Self {
        Self { events, dialect, notes }
    }

    /// The next piece; `None` at the end.
    pub async fn next(&mut self) -> Option<Result<Piece, Error>> {
        StreamExt::next(self).await
    }

    /// What is known of the call.
    #[must_use]
    pub const fn meta(&self) -> &Meta {
        self.events.meta()
    }

    /// What of the question this provider could not be told.
    #[must_use]
    pub fn notes(&self) -> &[&'static str] {
        &self.notes
    }
}

impl Stream for Pieces {
    type Item = Result<Piece, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let dialect = self.dialect;
        self.events.poll_next_unpin(cx).map(|item| item.map(|raw| raw.map(|raw| Piece::of(dialect, raw))))
    }
}

/// The blocking twin of [`Pieces`]: an iterator that waits for each piece in the calling thread.
#[derive(Debug)]
pub struct PieceIter(Pieces);

impl PieceIter {
    pub(super) const fn new(pieces: Pieces) -> Self {
        Self(pieces)
    }

    /// What is known of the call.
    #[must_use]
    pub const fn meta(&self) -> &Meta {
        self.0.meta()
    }

    /// What of the question this provider could not be told.
    #[must_use]
    pub fn notes(&self) -> &[&'static str] {
        self.0.notes()
    }
}

impl Iterator for PieceIter {
    type Item = Result<Piece, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        match block_on(self.0.next()) {
            Ok(item) => item,
            Err(error) => Some(Err(error)),
        }
    }
}
