//! `Described`: the limits that a client is described with, and those that it begins with where it says nothing of them.

use std::time::Duration;

use tidegate::{BuildError, Builder, Dimension, Limit, Limiter, Quota};
use tidegate_provider::{Dialect, Provider};

use crate::RequestError;

/// The longest period of a limit that says at what pace calls go. Those of days and months only bound a sum.
const PACE_PERIOD_MAX: Duration = Duration::from_secs(3_600);

/// The limits of a client: what its owner gives, and what it begins with.
#[derive(Debug)]
pub(super) struct Described {
    given: Option<Builder>,
    defaults: Vec<Limit>,
}

impl Described {
    /// What a client of that provider begins with: for Mistral one call a second and 500 000 tokens a minute, its free
    /// plan's (documented until 2026-08), as its users know it; for the others only what they state themselves.
    pub(super) fn of(provider: &Provider) -> Self {
        let defaults = match provider.dialect {
            Dialect::Mistral => vec![
                Limit::new(Dimension::Requests, Quota::per_second(1)),
                Limit::new(Dimension::TotalTokens, Quota::per_minute(500_000)),
            ],
            _ => Vec::new(),
        };
        Self { given: None, defaults }
    }

    /// Nothing but what the provider states, and what is given from here on.
    pub(super) fn learned() -> Self {
        Self { given: Some(Limiter::builder()), defaults: Vec::new() }
    }

    /// The same, with more given.
    pub(super) fn and(self, describe: impl FnOnce(Builder) -> Builder) -> Self {
        Self { given: Some(describe(self.given.unwrap_or_else(Limiter::builder))), ..self }
    }

    /// The description of a limiter that begins with this.
    pub(super) fn whole(self) -> Result<Builder, BuildError> {
        let given = self.given.unwrap_or_else(Limiter::builder);
        let own = given.described()?;
        Ok(given.limits(missing(&own, self.defaults)))
    }

    /// Finds a store that would be passed over: the limiter is there already, and keeps to itself or goes by another name.
    pub(super) fn fits(&self, limiter: &Limiter) -> Result<(), RequestError> {
        let Some(name) = self.given.as_ref().and_then(Builder::shared_name) else { return Ok(()) };
        let cause = if !limiter.is_shared() {
            "a store is described, but the account has a client already that shares nothing; describe the store with \
             the first client, or end the others before"
                .to_owned()
        } else if !name.is_empty() && name != limiter.name() {
            let other = limiter.name();
            format!(
                "the account is shared as `{other}` already, not as `{name}`; give all of its clients one name"
            )
        } else {
            return Ok(());
        };
        Err(RequestError::Limits { cause })
    }

    /// The limits that take the place of those which an account has; `None` where nothing is said of limits.
    pub(super) fn change(&self) -> Result<Option<Vec<Limit>>, BuildError> {
        let Some(given) = &self.given else { return Ok(None) };
        let mut own = given.described()?;
        if own.is_empty() && !self.defaults.is_empty() {
            return Ok(None);
        }
        own.extend(missing(&own, self.defaults.clone()));
        Ok(Some(own))
    }
}

/// The defaults whose like nobody gave.
fn missing(own: &[Limit], defaults: Vec<Limit>) -> Vec<Limit> {
    let is_missing = |default: &Limit| !own.iter().any(|limit| replaces(limit, default));
    defaults.into_iter().filter(is_missing).collect()
}

/// Whether a limit says at what pace the provider lets through what the default counts. One for some models does: the
/// default would hold those back as well. One of a tenant's own does not: it divides what the provider allows.
fn replaces(limit: &Limit, default: &Limit) -> bool {
    let tokens = [Dimension::InputTokens, Dimension::OutputTokens, Dimension::TotalTokens];
    let alike = limit.dimension == default.dimension
        || (tokens.contains(&limit.dimension) && tokens.contains(&default.dimension));
    alike && limit.quota.period <= PACE_PERIOD_MAX && limit.scope.tenant.is_none()
}
