//! The state directory: what is learned of accounts outlives the process there, a small file each.
//!
//! The files are named after a hash of base URL and key, and hold no key. They are safe to delete, and whatever is
//! wrong with one is said and then ignored: a run without them only has a slower first second.

mod folder;
mod found;
mod kept;
mod models;
mod written;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tidegate::{Clock, RealClock};
use tidegate_client::{Fingerprint, Listing, Memory};
use tidegate_core::Learned;
use tidegate_provider::discovery::Found;

use crate::context::Context;
use crate::output::Output;
use folder::Folder;
pub(crate) use kept::Kept;

/// The state directory as a memory.
#[derive(Debug)]
pub(crate) struct State {
    folder: Folder,
    clock: Arc<dyn Clock>,
    output: Output,
}

/// Something that was kept, and how old it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Aged<T> {
    /// What was kept.
    pub(crate) what: T,
    /// How long ago.
    pub(crate) age: Duration,
}

impl State {
    /// The state directory of the environment; `None` where it names no place to keep anything.
    pub(crate) fn here(context: &Context) -> Option<Self> {
        let place = context.environment.state.as_deref()?;
        Some(Self::at(place, RealClock.into(), context.output))
    }

    /// The same as a memory that others use.
    pub(crate) fn of(context: &Context) -> Option<Arc<dyn Memory>> {
        Self::here(context).map(|state| Arc::new(state) as Arc<dyn Memory>)
    }

    fn at(place: &Path, clock: Arc<dyn Clock>, output: Output) -> Self {
        Self { folder: Folder::at(place), clock, output }
    }

    /// What was learned of the account from its answers.
    pub(crate) fn learned(&self, account: &Fingerprint) -> Option<Aged<Learned>> {
        self.read(&account.to_string(), written::read)
    }

    /// What the provider told of the account when it was last asked.
    pub(crate) fn found(&self, account: &Fingerprint) -> Option<Aged<Found>> {
        self.read(&name_of_found(account), found::read)
    }

    /// Takes the place of what the provider told before.
    pub(crate) fn keep_found(&self, account: &Fingerprint, told: &Found) {
        self.write(&name_of_found(account), &found::write(told, self.clock.wall()));
    }

    /// The models that the provider listed for the account when it was last asked.
    pub(crate) fn models(&self, account: &Fingerprint) -> Option<Aged<Listing>> {
        self.read(&name_of_models(account), models::read)
    }

    /// Takes the place of what the provider listed before.
    pub(crate) fn keep_models(&self, account: &Fingerprint, listed: &Listing) {
        self.write(&name_of_models(account), &models::write(listed, self.clock.wall()));
    }

    fn read<T>(
        &self,
        name: &str,
        meant: impl Fn(&[u8], SystemTime) -> Result<(T, Duration), String>,
    ) -> Option<Aged<T>> {
        let read = self.folder.read(name).map_err(|error| error.to_string());
        match read.and_then(|bytes| bytes.map(|bytes| meant(&bytes, self.clock.wall())).transpose()) {
            Ok(kept) => kept.map(|(what, age)| Aged { what, age }),
            Err(why) => {
                let file = self.folder.path(name);
                self.output.note(&format!("ignoring what was learned earlier: {}: {why}", file.display()));
                None
            }
        }
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        if let Err(error) = self.folder.write(name, bytes) {
            let path = self.folder.path(name);
            self.output.note(&format!("what was learned is not kept: {}: {error}", path.display()));
        }
    }
}

/// What the provider told lies beside what was learned of the account.
fn name_of_found(account: &Fingerprint) -> String {
    format!("{account}.found")
}

/// So does what the provider listed.
fn name_of_models(account: &Fingerprint) -> String {
    format!("{account}.models")
}

impl Memory for State {
    fn recall(&self, account: &Fingerprint) -> Option<Learned> {
        self.learned(account).map(|kept| kept.what)
    }

    fn keep(&self, account: &Fingerprint, learned: &Learned) {
        self.write(&account.to_string(), &written::write(learned, self.clock.wall()));
    }
}

/// Where state lives: `$XDG_STATE_HOME/tidegate`, by default `~/.local/state/tidegate`. A relative
/// `XDG_STATE_HOME` counts for nothing, as the XDG base directory specification (0.8, 2021) has it.
pub(crate) fn place(xdg_state_home: Option<PathBuf>, home: Option<PathBuf>) -> Option<PathBuf> {
    let given = xdg_state_home.filter(|path| path.is_absolute());
    Some(given.or_else(|| Some(home?.join(".local/state")))?.join("tidegate"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tidegate::{Class, Cost, Dimension, Feedback, Learning, Limiter, ManualClock, Observation};
    use tidegate_client::BaseUrl;

    use super::*;
    use crate::context::Terminal;

    fn account(key: &str) -> Fingerprint {
        Fingerprint::of_key(&BaseUrl::parse("http://127.0.0.1:9").unwrap(), Some(key.as_bytes()))
    }

    fn state(place: &Path, clock: &ManualClock) -> State {
        State::at(place, clock.clone().into(), Output::new(Terminal::Dumb))
    }

    /// What a limiter learned of a provider that allows 500 requests a minute.
    fn learned(clock: &ManualClock) -> Learned {
        let limiter = Limiter::builder().learning(Learning::On).clock(clock.clone()).build().unwrap();
        let permit = limiter.try_acquire(Cost::requests(1)).unwrap();
        let stated = Observation {
            limit: Some(500),
            remaining: Some(499),
            window: Some(Duration::from_secs(60)),
            ..Observation::of(Dimension::Requests)
        };
        permit.observe(&Feedback { limits: vec![stated], ..Feedback::of(Class::Ok) });
        permit.settle(tidegate::Usage::new(10, 5));
        limiter.learned()
    }

    #[test]
    fn a_second_run_starts_from_what_the_first_learned() {
        let (place, clock) = (tempfile::tempdir().unwrap(), ManualClock::new());
        state(place.path(), &clock).keep(&account("one"), &learned(&clock));
        let recalled = state(place.path(), &clock).recall(&account("one")).unwrap();
        assert_eq!(recalled, learned(&clock));
        let second =
            Limiter::builder().learning(Learning::On).clock(clock.clone()).learned(recalled).build().unwrap();
        let limit = &second.snapshot().limits[0];
        assert_eq!((limit.limit, limit.learned), (500, true), "known before the first answer");
        assert_eq!(state(place.path(), &clock).recall(&account("two")), None);
    }

    #[test]
    fn a_harmed_file_is_ignored_and_then_replaced() {
        let (place, clock) = (tempfile::tempdir().unwrap(), ManualClock::new());
        let state = state(place.path(), &clock);
        state.keep(&account("one"), &learned(&clock));
        let file = std::fs::read_dir(place.path()).unwrap().next().unwrap().unwrap().path();
        let whole = std::fs::read(&file).unwrap();
        for end in 0..whole.len() {
            std::fs::write(&file, &whole[..end]).unwrap();
            assert_eq!(state.recall(&account("one")), None, "cut after {end}");
        }
        state.keep(&account("one"), &learned(&clock));
        assert!(state.recall(&account("one")).is_some());
    }

    #[test]
    fn no_key_is_in_a_file_or_its_name() {
        let (place, clock) = (tempfile::tempdir().unwrap(), ManualClock::new());
        state(place.path(), &clock).keep(&account("sk-secret"), &learned(&clock));
        for entry in std::fs::read_dir(place.path()).unwrap() {
            let path = entry.unwrap().path();
            let text = format!("{} {}", path.display(), std::fs::read_to_string(&path).unwrap());
            assert!(!text.contains("secret"), "{text}");
        }
    }

    #[test]
    fn state_lives_where_the_system_has_it() {
        let path = |text: &str| Some(PathBuf::from(text));
        assert_eq!(place(path("/x"), path("/u/a")), path("/x/tidegate"));
        assert_eq!(place(path("x"), path("/u/a")), path("/u/a/.local/state/tidegate"));
        assert_eq!(place(None, None), None);
    }
}
