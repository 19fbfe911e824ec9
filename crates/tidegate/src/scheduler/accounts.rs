//! `Accounts`: the limiters behind a scheduler: one for all calls, or one for each client, in a bounded table.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tidegate_core::{Blueprint, Limit};

use super::Mode;
use crate::{Builder, Error, Limiter};

/// How many of the longest unused accounts are looked at for an idle one when the table is full.
const CANDIDATES: usize = 16;

#[derive(Debug)]
pub(super) struct Accounts {
    mode: Mode,
    accounts_max: usize,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// What each account is made from.
    template: Builder,
    /// The limits of all of them, which they share.
    blueprint: Arc<Blueprint>,
    by_client: BTreeMap<String, Entry>,
    /// Counts uses, so that the longest unused account is known without a clock.
    uses: u64,
}

#[derive(Debug)]
struct Entry {
    limiter: Limiter,
    used: u64,
}

impl Accounts {
    pub(super) fn new(mode: Mode, template: Builder, accounts_max: usize) -> Result<Self, Error> {
        // The first account is made at once, so that a mistake in its description is told at once.
        let blueprint = template.blueprint()?;
        let limiter = template.clone().open(&blueprint);
        let by_client = BTreeMap::from([(String::new(), Entry { limiter, used: 0 })]);
        let state = State { template, blueprint, by_client, uses: 0 };
        Ok(Self { mode, accounts_max, state: Mutex::new(state) })
    }

    /// The account of a client; outside of the account mode all clients have the same.
    pub(super) fn of(&self, client: Option<&str>) -> Result<Limiter, Error> {
        let client = if self.mode == Mode::Account { client.unwrap_or("") } else { "" };
        let mut state = self.lock();
        state.uses = state.uses.saturating_add(1);
        let used = state.uses;
        if let Some(entry) = state.by_client.get_mut(client) {
            entry.used = used;
            return Ok(entry.limiter.clone());
        }
        if state.by_client.len() >= self.accounts_max && !state.make_room() {
            return Err(Error::accounts_full(self.accounts_max));
        }
        let limiter = state.template.clone().name(client).open(&state.blueprint);
        state.by_client.insert(client.to_owned(), Entry { limiter: limiter.clone(), used });
        Ok(limiter)
    }

    /// Gives every account, present and to come, these limits beside the declared ones.
    pub(super) fn discovered(&self, limits: Vec<Limit>) -> Result<(), Error> {
        let mut state = self.lock();
        state.blueprint = state.template.clone().limits(limits).blueprint()?;
        for entry in state.by_client.values() {
            entry.limiter.follow(&state.blueprint);
        }
        Ok(())
    }

    /// Every account with its client's name.
    pub(super) fn all(&self) -> Vec<(String, Limiter)> {
        let state = self.lock();
        state.by_client.iter().map(|(client, entry)| (client.clone(), entry.limiter.clone())).collect()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics half-way under this lock, so a poisoned table is a whole one.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Lets the longest unused account go that has neither waiting calls nor calls under way.
    fn make_room(&mut self) -> bool {
        let mut by_use: Vec<_> = self.by_client.iter().map(|(client, entry)| (entry.used, client)).collect();
        by_use.sort_unstable();
        let is_idle = |client: &&String| {
            let snapshot = self.by_client[*client].limiter.snapshot();
            snapshot.waiting == 0 && snapshot.in_flight == 0
        };
        let idle = by_use.into_iter().take(CANDIDATES).map(|(_, client)| client).find(is_idle).cloned();
        idle.is_some_and(|client| self.by_client.remove(&client).is_some())
    }
}
