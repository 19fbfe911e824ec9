//! `Account`: the limiter and the policy of one account, shared by every client of it in this process.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tidegate::call::CallPolicy;
use tidegate::{BuildError, Builder, Dimension, Learning, Limit, Limiter};

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
}

impl Account {
    /// An account of its own.
    pub(crate) fn of(limiter: Limiter) -> Arc<Self> {
        Arc::new(Self { limiter, policy: CallPolicy::default() })
    }

    /// The account of this key at this base. Limits that are given take the place of the account's; a client that
    /// gives none takes the account as it is, or begins it with `defaults`. Whatever else is described (a store, an
    /// order, bounds) holds for an account that begins with it.
    pub(crate) fn shared(
        provider: &str,
        base: &BaseUrl,
        key: Option<&Key>,
        given: Option<Builder>,
        defaults: Builder,
    ) -> Result<Arc<Self>, RequestError> {
        let name = name(base, key);
        let mut accounts = ACCOUNTS.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(account) = accounts.get(&name).and_then(Weak::upgrade) {
            if let Some(given) = given {
                let limits = given.described().map_err(refused)?;
                account.limiter.configure(limits).map_err(refused)?;
            }
            return Ok(account);
        }
        let account = Self::of(limiter(given.unwrap_or(defaults), base, provider)?);
        if accounts.len() >= ACCOUNTS_MAX {
            accounts.retain(|_, account| account.strong_count() > 0);
        }
        if accounts.len() < ACCOUNTS_MAX {
            accounts.insert(name, Arc::downgrade(&account));
        }
        Ok(account)
    }
}

/// The limiter of an account as it is described; it learns, and has the name of its host where it was given none.
pub(crate) fn limiter(described: Builder, base: &BaseUrl, provider: &str) -> Result<Limiter, RequestError> {
    let learning = learning(&described.described().map_err(refused)?);
    let builder = described.learning(learning).or_name(base.host());
    metered(builder, provider).build().map_err(refused)
}

fn refused(error: BuildError) -> RequestError {
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
    use tidegate::{Cost, RealClock};

    use super::*;

    fn account(host: &str, key: &str) -> Arc<Account> {
        let base = BaseUrl::parse(host).unwrap();
        Account::shared("mine", &base, Key::new(key).as_ref(), None, Limiter::builder()).unwrap()
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
        let base = BaseUrl::parse("https://three.example").unwrap();
        let (limits, none) = (Limiter::builder().requests_per_minute(7), Limiter::builder());
        Account::shared("mine", &base, Key::new("sk-1").as_ref(), Some(limits), none).unwrap();
        assert_eq!(first.limiter.snapshot().limits[0].limit, 7);
    }

    #[test]
    fn a_store_that_is_described_with_the_limits_shares_them() {
        let base = BaseUrl::parse("https://four.example").unwrap();
        let store = MemoryStore::new(RealClock);
        let account = |key: &str| {
            let limits = Limiter::builder().requests_per_minute(1).name("research").store(store.clone());
            let (key, none) = (Key::new(key), Limiter::builder());
            Account::shared("mine", &base, key.as_ref(), Some(limits), none).unwrap()
        };
        let (one, two) = (account("sk-1"), account("sk-2"));
        one.limiter.acquire_blocking(Cost::requests(1)).unwrap().sent();
        assert!(two.limiter.try_acquire(Cost::requests(1)).is_err());
    }
}
