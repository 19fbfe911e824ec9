//! `Account`: the limiter and the policy of one account, shared by every client of it in this process.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tidegate::call::CallPolicy;
use tidegate::{BuildError, Builder, Dimension, Learning, Limit, Limiter};
use tidegate_provider::Adapter;

use super::described::Described;
use crate::paced::Remembered;
use crate::{BaseUrl, Key, RequestError};

/// The most accounts that are remembered at once. A client beyond it has a limiter of its own.
const ACCOUNTS_MAX: usize = 10_000;

/// The accounts that clients of this process hold, by a hash of base URL and key. Held weakly: an account leaves
/// with its last client.
static ACCOUNTS: Mutex<BTreeMap<Name, Weak<Account>>> = Mutex::new(BTreeMap::new());

/// The hash of a base URL and a key.
type Name = [u8; 32];

/// The limiter and the policy of one account.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) limiter: Limiter,
    /// Clones of it share one retry budget.
    pub(crate) policy: CallPolicy,
    /// What the conversations weigh, and what was refused for good: by whichever client.
    pub(crate) remembered: Remembered,
}

impl Account {
    /// An account of its own.
    pub(crate) fn of(limiter: Limiter) -> Arc<Self> {
        Arc::new(Self { limiter, policy: CallPolicy::default(), remembered: Remembered::default() })
    }

    /// The account of this key at this base. Limits that are given take the place of the account's; a client that
    /// gives none takes the account as it is. Whatever else is described (an order, bounds) holds for an account
    /// that begins with it; a store that others do not have is a mistake.
    pub(super) fn shared(
        place: &Place<'_>,
        key: Option<&Key>,
        described: Described,
    ) -> Result<Arc<Self>, RequestError> {
        let name = name(place.base, key);
        let mut accounts = ACCOUNTS.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(account) = accounts.get(&name).and_then(Weak::upgrade) {
            described.fits(&account.limiter)?;
            if let Some(limits) = described.change().map_err(refused)? {
                account.limiter.configure(place.limits(limits)).map_err(refused)?;
            }
            return Ok(account);
        }
        let account = Self::of(place.limiter(described.whole().map_err(refused)?)?);
        if accounts.len() >= ACCOUNTS_MAX {
            accounts.retain(|_, account| account.strong_count() > 0);
        }
        if accounts.len() < ACCOUNTS_MAX {
            accounts.insert(name, Arc::downgrade(&account));
        }
        Ok(account)
    }
}

/// Where an account is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    pub(crate) provider: &'a str,
    pub(crate) base: &'a BaseUrl,
    pub(crate) adapter: &'static dyn Adapter,
}

impl Place<'_> {
    /// The limiter of an account as it is described; it learns, and has the name of its host where it was given none.
    pub(crate) fn limiter(&self, described: Builder) -> Result<Limiter, RequestError> {
        let own = described.described().map_err(refused)?;
        let builder = described.learning(learning(&own)).or_name(self.base.host());
        let limiter = metered(builder, self.provider).build().map_err(refused)?;
        let limits = self.limits(own.clone());
        if limits != own {
            limiter.configure(limits).map_err(refused)?;
        }
        Ok(limiter)
    }

    /// The limits of somebody's own, which count what the provider counts, and those that it documents.
    fn limits(&self, own: Vec<Limit>) -> Vec<Limit> {
        let mut limits = self.adapter.charged(own);
        limits.extend(self.adapter.known_limits());
        limits
    }
}

pub(super) fn refused(error: BuildError) -> RequestError {
    RequestError::Limits { cause: error.to_string() }
}

/// How an account learns: where its owner says how many calls may go, the provider's burst need not be found out
/// first.
fn learning(limits: &[Limit]) -> Learning {
    let says = limits.iter().any(|limit| limit.dimension == Dimension::Requests);
    if says { Learning::Trusting } else { Learning::On }
}

/// A limiter that records what happens, where the program can be told of it.
#[cfg(feature = "metrics")]
fn metered(builder: Builder, provider: &str) -> Builder {
    builder.metrics(provider)
}

/// Nobody records without the feature.
#[cfg(not(feature = "metrics"))]
fn metered(builder: Builder, _provider: &str) -> Builder {
    builder
}

fn name(base: &BaseUrl, key: Option<&Key>) -> Name {
    let mut hasher = blake3::Hasher::new();
    hasher.update(base.to_string().as_bytes());
    hasher.update(&[0]);
    hasher.update(key.map_or(&[], |key| key.expose()));
    *hasher.finalize().as_bytes()
}

#[cfg(test)]
mod tests {
    use tidegate::store::MemoryStore;
    use tidegate::{Charging, Cost, RealClock};
    use tidegate_provider::{Dialect, HeaderNames, adapter_at, builtin};

    use super::*;

    fn shared(dialect: Dialect, host: &str, key: &str, limits: Option<Builder>) -> Arc<Account> {
        let base = BaseUrl::parse(host).unwrap();
        let adapter = adapter_at(dialect, base.host(), HeaderNames::default());
        let place = Place { provider: "mine", base: &base, adapter };
        let described = Described::of(builtin("openai").unwrap());
        let described = match limits {
            Some(limits) => described.and(|_| limits),
            None => described,
        };
        Account::shared(&place, Key::new(key).as_ref(), described).unwrap()
    }

    fn account(host: &str, key: &str) -> Arc<Account> {
        shared(Dialect::Compatible, host, key, None)
    }

    #[test]
    fn one_key_at_one_base_is_one_account_as_long_as_somebody_holds_it() {
        let first = account("https://one.example", "sk-1");
        assert!(Arc::ptr_eq(&first, &account("https://one.example/v1", "sk-1")));
        assert!(!Arc::ptr_eq(&first, &account("https://one.example", "sk-2")));
        assert!(!Arc::ptr_eq(&first, &account("https://two.example", "sk-1")));
        let gone = Arc::downgrade(&first);
        drop(first);
        assert!(gone.upgrade().is_none());
    }

    #[test]
    fn limits_that_are_given_hold_for_the_whole_account() {
        let first = account("https://three.example", "sk-1");
        let limits = Limiter::builder().requests_per_minute(7);
        shared(Dialect::Compatible, "https://three.example", "sk-1", Some(limits));
        assert_eq!(first.limiter.snapshot().limits[0].limit, 7);
    }

    #[test]
    fn a_store_that_is_described_with_the_limits_shares_them() {
        let store = MemoryStore::new(RealClock);
        let account = |key: &str| {
            let limits = Limiter::builder().requests_per_minute(1).name("research").store(store.clone());
            shared(Dialect::Compatible, "https://four.example", key, Some(limits))
        };
        let (one, two) = (account("sk-1"), account("sk-2"));
        one.limiter.acquire_blocking(Cost::requests(1)).unwrap().sent();
        assert!(two.limiter.try_acquire(Cost::requests(1)).is_err());
    }

    #[test]
    fn what_a_provider_documents_holds_beside_what_somebody_gives() {
        let own = || Some(Limiter::builder().requests_per_minute(6_000).burst(100));
        let account = shared(Dialect::OpenRouter, "https://five.example", "sk-1", own());
        let ask = |model: &str| tidegate::Request::new(Cost::requests(1)).lane(model);
        let free = (0..60).filter(|call| {
            let model = if call % 2 == 0 { "a:free" } else { "b:free" };
            account.limiter.try_acquire(ask(model)).is_ok_and(|permit| {
                permit.settle(tidegate::Usage::new(0, 0));
                true
            })
        });
        assert!((1..=20).contains(&free.count()), "all free models together take twenty a minute");
        assert!(account.limiter.try_acquire(ask("paid")).is_ok());
        shared(Dialect::OpenRouter, "https://five.example", "sk-1", own());
        assert_eq!(
            account.limiter.snapshot().limits.len(),
            2,
            "a second client gives its limits in their place"
        );
    }

    #[test]
    fn limits_that_are_given_count_what_the_provider_counts() {
        let base = BaseUrl::parse("https://six.example").unwrap();
        let adapter = adapter_at(Dialect::Anthropic, base.host(), HeaderNames::default());
        let place = Place { provider: "mine", base: &base, adapter };
        let own = Limiter::builder().output_tokens_per_minute(1_000).described().unwrap();
        assert_ne!(own[0].charging, place.limits(own.clone())[0].charging);
        assert_ne!(place.limits(own)[0].charging, Charging::Unknown);
    }
}
