//! `Packs`: the pack that is being filled, and how large packs may be by what was found so far.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::{Embedded, PackSize, Text};

/// The pack that is being filled, and how large packs may be.
#[derive(Debug)]
pub(super) struct Packs(Mutex<State>);

#[derive(Debug)]
struct State {
    size: PackSize,
    sent: u64,
    filling: Vec<Member>,
    tokens: u64,
    /// Which pack is being filled, counted from 0.
    number: u64,
    /// Packs that were full before their leader came to see.
    full: Vec<(u64, Vec<Member>)>,
}

/// A text in a pack, and whom to tell how it ended.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) text: String,
    /// Its tokens by our estimate.
    pub(super) weight: u64,
    back: oneshot::Sender<Embedded>,
}

/// Whoever begins a pack leads it.
#[derive(Debug)]
pub(super) struct Leads(u64);

impl Packs {
    pub(super) fn new(size: PackSize) -> Self {
        let size = PackSize { texts_max: size.texts_max.max(1), ..size };
        Self(Mutex::new(State { size, sent: 0, filling: Vec::new(), tokens: 0, number: 0, full: Vec::new() }))
    }

    /// Adds a text to the pack, which may have so many tokens at most; where its end will be told, and whether it
    /// leads.
    pub(super) fn join(&self, text: Text, tokens_max: u64) -> (oneshot::Receiver<Embedded>, Option<Leads>) {
        let (back, ended) = oneshot::channel();
        let member = Member { weight: text.tokens(), text: text.0, back };
        let mut state = self.state();
        let tokens_max = tokens_max.min(state.size.tokens_max);
        if !state.filling.is_empty() && state.tokens.saturating_add(member.weight) > tokens_max {
            state.close();
        }
        let leads = state.filling.is_empty().then_some(Leads(state.number));
        state.tokens = state.tokens.saturating_add(member.weight);
        state.filling.push(member);
        if state.filling.len() >= state.size.texts_max {
            state.close();
        }
        (ended, leads)
    }

    /// Larger packs than this were refused.
    pub(super) fn shrink(&self, texts: usize) {
        let mut state = self.state();
        state.size.texts_max = state.size.texts_max.min(texts.max(1));
    }

    /// A call is about to be sent.
    pub(super) fn sent(&self) {
        let mut state = self.state();
        state.sent = state.sent.saturating_add(1);
    }

    /// Calls sent, and texts in a call at most.
    pub(super) fn found(&self) -> (u64, usize) {
        let state = self.state();
        (state.sent, state.size.texts_max)
    }

    /// The pack of that number where it is full, else how many texts it has.
    fn look(&self, number: u64) -> Result<Vec<Member>, usize> {
        let mut state = self.state();
        match state.full.iter().position(|(full, _)| *full == number) {
            Some(at) => Ok(state.full.swap_remove(at).1),
            None => Err(state.filling.len()),
        }
    }

    /// The pack of that number as it is.
    fn take(&self, number: u64) -> Vec<Member> {
        if let Ok(full) = self.look(number) {
            return full;
        }
        let mut state = self.state();
        state.close();
        state.full.pop().map(|(_, pack)| pack).unwrap_or_default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The pack is full; the next text begins another. There are no more full packs than leaders that come for them.
    fn close(&mut self) {
        let pack = (self.number, std::mem::take(&mut self.filling));
        self.full.push(pack);
        self.tokens = 0;
        self.number = self.number.saturating_add(1);
    }
}

impl Leads {
    /// Waits until the pack is full or nobody joined it for a turn, and takes it.
    pub(super) async fn gather(self, packs: &Packs) -> Vec<Member> {
        let mut before = 0;
        loop {
            match packs.look(self.0) {
                Ok(pack) => return pack,
                Err(texts) if texts == before => return packs.take(self.0),
                Err(texts) => before = texts,
            }
            tokio::task::yield_now().await;
        }
    }
}

impl Member {
    /// Tells how it ended. Whoever asked may be gone.
    pub(super) fn end(self, ended: Embedded) {
        let _ = self.back.send(ended);
    }
}
