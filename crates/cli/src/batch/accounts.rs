//! The accounts that rows go to, from the command line, the config and the built-in providers.

use std::sync::Arc;

use http::{HeaderMap, HeaderValue};
use tidegate::Limiter;
use tidegate::call::{CallPolicy, RetryBudget};
use tidegate_batch::{Account, Destination, Headers, PacedRows};
use tidegate_client::{Fingerprint, HttpTransport, Key, Memory, Paced, Transport, TransportConfig};
use tidegate_core::{Dimension, Learned, Learning, Limit, Quota};

use super::args::{Limits, Work};
use crate::config::{Config, Per, Resolved};
use crate::exit::Failure;
use crate::state::Kept;

/// Calls that may wait in a limiter. Never reached: the rows in process are fewer, unless more are asked for.
const QUEUE_MIN: usize = 10_000;

/// Idle connections that are kept. A row that ends makes room for the next one, which takes its connection, so few are
/// idle for long. More would pile up all the same, since a connection that was begun and not needed is kept as well: a
/// run of a million rows held three thousand of them, with 64 KiB each.
const IDLE_CONNECTIONS_MAX: usize = 64;

/// What sends the rows: the named provider's account, and one for each further provider of the config.
pub(crate) fn rows(
    work: &Work,
    config: &Config,
    memory: Option<Arc<dyn Memory>>,
) -> Result<(PacedRows, Kept), Failure> {
    let connections =
        TransportConfig { idle_connections_max: IDLE_CONNECTIONS_MAX, ..TransportConfig::default() };
    let transport = HttpTransport::new(&connections)
        .map_err(|error| Failure::start(format!("cannot set up connections: {error}")))?;
    let mut maker = Maker { work, transport: Arc::new(transport), kept: Kept::new(memory) };
    let mut resolved = config.resolve(&work.provider, work.base_url.as_deref())?;
    resolved.limits.extend(resolved.adapter.charged(work.limits.meant()?));
    let key = resolved.key_or_usual(&work.provider)?;
    let account = match maker.account(&work.provider, resolved, key)? {
        Account { destination: Destination::Unusable(why), .. } => return Err(Failure::usage(why)),
        usable => usable,
    };
    let headers = if work.headers { Headers::Kept } else { Headers::Dropped };
    let mut rows = PacedRows::new(account).model(work.model.clone()).band(work.band).headers(headers);
    rows = rows.catalogue(config.catalogue.clone());
    if let Some(span) = work.give_up_after {
        rows = rows.give_up_after(span);
    }
    for name in config.providers.keys().filter(|name| **name != work.provider) {
        let resolved = config.resolve(name, None)?;
        // A provider that no row may name needs no key: only its own rows fail without one.
        let key = resolved.key_or_usual(name).unwrap_or_default();
        rows = rows.account(maker.account(name, resolved, key)?);
    }
    Ok((rows, maker.kept))
}

/// Makes accounts over one transport.
struct Maker<'a> {
    work: &'a Work,
    transport: Arc<dyn Transport>,
    kept: Kept,
}

impl Maker<'_> {
    fn account(&mut self, name: &str, resolved: Resolved, key: Option<Key>) -> Result<Account, Failure> {
        let (dialect, adapter) = (resolved.dialect, resolved.adapter);
        let headers = self.headers(name, &resolved);
        let destination = if key.is_none() && !resolved.base.is_loopback() {
            Destination::Unusable(format!("no key for {name}: set {}", resolved.key_variable(name)))
        } else {
            let account = Fingerprint::of(&resolved.base, resolved.account.as_deref(), key.as_ref());
            let limiter = self.limiter(name, resolved.limits.clone(), self.kept.recall(&account))?;
            self.kept.add(account, limiter.clone());
            let (discover, admin_key) = (resolved.discover, resolved.admin_key());
            let mut paced = Paced::new(self.transport.clone(), adapter, limiter, resolved.base.clone())
                .prices(Arc::clone(&resolved.prices));
            if discover {
                paced = paced.asks_for_credit(key.clone(), admin_key);
            }
            Destination::Calls(paced.key(key).policy(self.policy()))
        };
        Ok(Account { name: name.to_owned(), dialect, headers, destination })
    }

    /// Where the base URL is a gateway's path for the provider (`http://HOST/openai`), the gateway is told the band.
    /// A provider itself is never sent that header.
    fn headers(&self, name: &str, resolved: &Resolved) -> HeaderMap {
        let mut headers = HeaderMap::new();
        if resolved.base.to_string().ends_with(&format!("/{name}")) {
            headers.insert("x-tidegate-band", HeaderValue::from_static(self.work.band.name()));
        }
        headers
    }

    fn limiter(&self, name: &str, limits: Vec<Limit>, learned: Learned) -> Result<Limiter, Failure> {
        let queue = self.work.concurrency.map_or(QUEUE_MIN, |rows| rows.get().max(QUEUE_MIN));
        let builder = Limiter::builder().name(name).limits(limits).learning(Learning::On).max_queue(queue);
        builder.learned(learned).build().map_err(|error| Failure::usage(format!("limits of {name}: {error}")))
    }

    /// A row is bounded by its own attempts and the rows in process by their number. A budget for all of them
    /// together would only turn rows into failures that one more attempt would have answered.
    fn policy(&self) -> CallPolicy {
        let mut policy = CallPolicy::default()
            .retry_budget(RetryBudget::unlimited())
            .fallbacks(self.work.fallback_model.iter().cloned());
        if let Some(attempts) = self.work.max_attempts {
            policy = policy.max_attempts(attempts.get());
        }
        if let Some(pause) = self.work.retry_base {
            policy = policy.base_delay(pause);
        }
        policy
    }
}

impl Limits {
    /// The limits that the flags give.
    fn meant(&self) -> Result<Vec<Limit>, Failure> {
        let a_minute = [
            (Dimension::Requests, self.rpm),
            (Dimension::TotalTokens, self.tpm),
            (Dimension::InputTokens, self.itpm),
            (Dimension::OutputTokens, self.otpm),
        ];
        let mut limits: Vec<Limit> = a_minute
            .into_iter()
            .filter_map(|(dimension, amount)| Some(Limit::new(dimension, Quota::per_minute(amount?))))
            .collect();
        if let Some(rate) = self.rps {
            let quota = Per::Second.quota(rate).map_err(|wrong| Failure::usage(format!("--rps: {wrong}")))?;
            limits.push(Limit::new(Dimension::Requests, quota));
        }
        Ok(limits)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::config::Exact;

    #[test]
    fn each_flag_is_a_limit_of_its_dimension() {
        let rps = Exact::read("0.5").ok();
        let limits = Limits { rpm: Some(300), tpm: None, itpm: Some(7), otpm: None, rps };
        let expected = [
            Limit::new(Dimension::Requests, Quota::per_minute(300)),
            Limit::new(Dimension::InputTokens, Quota::per_minute(7)),
            Limit::new(Dimension::Requests, Quota::every(1, Duration::from_secs(2))),
        ];
        assert_eq!(limits.meant().unwrap(), expected);
    }
}
