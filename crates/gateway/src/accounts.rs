//! `Accounts`: one account a provider-side budget, each with one limiter. Bounded; the longest idle makes room.

mod account;
mod identity;
mod naming;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use http::HeaderMap;
use tidegate::call::CallPolicy;
use tidegate::{BuildError, Clock, Learning, Limiter};
use tidegate_client::{Memory, Oddities, Paced, Transport};

use crate::Upstream;
pub(crate) use account::{Account, Refused};
use identity::Identity;
use naming::Naming;

/// The longest pause between two attempts after a failure. Short, since a caller sits behind each call: it hears
/// within eight seconds that a provider is down.
const BACKOFF_MAX: Duration = Duration::from_secs(2);

/// Every account seen so far.
#[derive(Debug)]
pub(crate) struct Accounts {
    transport: Arc<dyn Transport>,
    clock: Arc<dyn Clock>,
    /// Where what is learned outlives the gateway, if anywhere.
    memory: Option<Arc<dyn Memory>>,
    max_queue: usize,
    max_accounts: usize,
    /// What all accounts have told of headers that are not heeded: keys of one provider see the same ones.
    oddities: Oddities,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    accounts: BTreeMap<Identity, Arc<Account>>,
    /// Keys whose answers named a budget that another account has already.
    same: BTreeMap<Identity, Identity>,
    /// Which account has the budget that answers named.
    owners: BTreeMap<String, Identity>,
    /// Accounts that another one took over while calls of theirs were under way.
    retired: Vec<Weak<Account>>,
    naming: Naming,
    /// Set when the gateway shuts down: later accounts are closed from the start.
    closed: bool,
}

/// Why a call has no account.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoAccount {
    /// As many accounts as can be kept are busy.
    #[error("calls of {accounts_max} keys are under way already; try again later")]
    Full { accounts_max: usize },
    /// The limits of its provider contradict themselves.
    #[error("{0}")]
    Limits(#[from] BuildError),
}

impl Accounts {
    pub(crate) fn new(
        transport: Arc<dyn Transport>,
        clock: Arc<dyn Clock>,
        max_queue: usize,
        max_accounts: usize,
    ) -> Self {
        Self {
            transport,
            clock,
            memory: None,
            max_queue,
            max_accounts,
            oddities: Oddities::default(),
            state: Mutex::default(),
        }
    }

    /// The same, with a place where what is learned outlives the gateway.
    pub(crate) fn memory(mut self, memory: Option<Arc<dyn Memory>>) -> Self {
        self.memory = memory;
        self
    }

    /// The account of a call, by the key that will reach the provider.
    pub(crate) fn of(&self, upstream: &Upstream, headers: &HeaderMap) -> Result<Arc<Account>, NoAccount> {
        let now = self.clock.now();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let identity = state.resolved(Identity::of(upstream, headers));
        if let Some(account) = state.accounts.get(&identity) {
            account.touch(now);
            return Ok(Arc::clone(account));
        }
        if state.accounts.len() >= self.max_accounts {
            let gone = state.drop_longest_idle();
            self.keep(&*gone.ok_or(NoAccount::Full { accounts_max: self.max_accounts })?);
        }
        let name = state.naming.claim(upstream.account.as_ref().unwrap_or(&upstream.name));
        let limiter = self.limiter(upstream, &name, &identity)?;
        if state.closed {
            limiter.close();
        }
        let transport = Arc::clone(&self.transport);
        let paced = Paced::new(transport, upstream.adapter, limiter, upstream.base.clone())
            .policy(CallPolicy::default().max_delay(BACKOFF_MAX))
            .oddities(self.oddities.clone())
            .prices(Arc::clone(&upstream.prices));
        let paced = match &upstream.key {
            Some(key) if upstream.asks_for_credit => {
                paced.asks_for_credit(Some(key.clone()), upstream.admin_key.clone())
            }
            _ => paced,
        };
        let account = Arc::new(Account::new(name, upstream, identity, paced, now));
        state.accounts.insert(identity, Arc::clone(&account));
        Ok(account)
    }

    /// An answer of the account may say whose budget it is on. If another account has that budget, later calls
    /// of this key are that one's; accounts that the config names stay as they are.
    pub(crate) fn learn_owner(&self, account: &Account, headers: &HeaderMap) {
        if account.owner().is_some() {
            return;
        }
        let Some(owner) = identity::owner(headers).map(|owner| format!("{} {owner}", account.place())) else {
            return;
        };
        account.set_owner(owner.clone());
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let first = state.owners.get(&owner).filter(|first| state.accounts.contains_key(first)).copied();
        match first {
            None => drop(state.owners.insert(owner, *account.identity())),
            Some(first) => state.merge(account.identity(), first, self.max_accounts),
        }
    }

    /// Every account, by name.
    pub(crate) fn all(&self) -> Vec<Arc<Account>> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<_> = state.accounts.values().cloned().collect();
        all.sort_by(|one, other| one.name().cmp(other.name()));
        all
    }

    /// Refuses every call that waits, now and later. Calls under way go on.
    pub(crate) fn close(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.closed = true;
        for account in state.accounts.values() {
            account.limiter().close();
        }
        for account in state.retired.iter().filter_map(Weak::upgrade) {
            account.limiter().close();
        }
    }

    /// Keeps what was learned of every account that calls came to since this was last done.
    pub(crate) fn keep_touched(&self) {
        self.all().iter().filter(|account| account.is_to_be_kept()).for_each(|account| self.keep(account));
    }

    /// Keeps what was learned of every account.
    pub(crate) fn keep_all(&self) {
        self.all().iter().for_each(|account| self.keep(account));
    }

    fn keep(&self, account: &Account) {
        if let Some(memory) = &self.memory {
            memory.keep(account.identity().fingerprint(), &account.limiter().learned());
        }
    }

    fn limiter(&self, upstream: &Upstream, name: &str, identity: &Identity) -> Result<Limiter, BuildError> {
        let recalled = self.memory.as_ref().and_then(|memory| memory.recall(identity.fingerprint()));
        Limiter::builder()
            .learned(recalled.unwrap_or_default())
            .name(name)
            .limits(upstream.limits.iter().cloned())
            .learning(Learning::On)
            .max_queue(self.max_queue)
            .clock(Arc::clone(&self.clock))
            .build()
    }
}

impl State {
    /// The identity under which a key's account is kept.
    fn resolved(&self, identity: Identity) -> Identity {
        let first = self.same.get(&identity).filter(|first| self.accounts.contains_key(first));
        first.copied().unwrap_or(identity)
    }

    /// Lets the account `first` take over the later calls of `other`.
    fn merge(&mut self, other: &Identity, first: Identity, same_max: usize) {
        if *other == first || matches!(other, Identity::Named(_)) {
            return;
        }
        let Some(gone) = self.accounts.remove(other) else { return };
        self.naming.free(gone.name());
        self.retired.retain(|account| account.strong_count() > 0);
        self.retired.push(Arc::downgrade(&gone));
        if self.same.len() >= same_max {
            // Forgetting costs each key one more answer.
            self.same.clear();
        }
        self.same.insert(*other, first);
    }

    /// Makes room for one account and gives the one that left. `None` when every account is in use.
    fn drop_longest_idle(&mut self) -> Option<Arc<Account>> {
        let idle = self.accounts.iter().filter(|(_, account)| Arc::strong_count(account) == 1);
        let longest = idle.min_by_key(|(_, account)| account.touched())?.0;
        let longest = *longest;
        let gone = self.accounts.remove(&longest)?;
        self.naming.free(gone.name());
        self.owners.retain(|_, owner| *owner != longest);
        Some(gone)
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderValue, header};
    use tidegate::{Class, Cost, Dimension, Feedback, Learned, ManualClock, Observation};
    use tidegate_client::{BaseUrl, FakeTransport, Fingerprint};
    use tidegate_provider::Dialect;

    use super::*;

    fn accounts(max: usize) -> (Accounts, ManualClock) {
        let clock = ManualClock::new();
        let transport = Arc::new(FakeTransport::default());
        (Accounts::new(transport, clock.clone().into(), 10, max), clock)
    }

    fn upstream() -> Upstream {
        Upstream::new("openai", BaseUrl::parse("http://127.0.0.1:9").unwrap(), Dialect::OpenAi)
    }

    fn with_key(key: &str) -> HeaderMap {
        HeaderMap::from_iter([(header::AUTHORIZATION, HeaderValue::from_str(key).unwrap())])
    }

    #[test]
    fn each_key_has_an_account_of_its_own_whose_name_hides_it() {
        let (accounts, _) = accounts(10);
        let one = accounts.of(&upstream(), &with_key("Bearer one")).unwrap();
        let two = accounts.of(&upstream(), &with_key("Bearer two")).unwrap();
        let again = accounts.of(&upstream(), &with_key("Bearer one")).unwrap();
        assert!(Arc::ptr_eq(&one, &again));
        assert_eq!((one.name(), two.name()), ("openai", "openai-2"));
    }

    #[test]
    fn keys_that_share_a_named_account_share_one() {
        let (accounts, _) = accounts(10);
        let upstream = Upstream { account: Some("research".to_owned()), ..upstream() };
        let one = accounts.of(&upstream, &with_key("Bearer one")).unwrap();
        let two = accounts.of(&upstream, &with_key("Bearer two")).unwrap();
        assert!(Arc::ptr_eq(&one, &two));
        assert_eq!(one.name(), "research");
    }

    #[test]
    fn keys_whose_answers_name_one_organization_share_an_account_from_then_on() {
        let (accounts, _) = accounts(10);
        let answer = |organization: &'static str| {
            HeaderMap::from_iter([(
                http::HeaderName::from_static("openai-organization"),
                HeaderValue::from_static(organization),
            )])
        };
        let of = |key: &str| accounts.of(&upstream(), &with_key(key)).unwrap();
        let one = of("one");
        let two = of("two");
        accounts.learn_owner(&one, &answer("org-1"));
        accounts.learn_owner(&two, &answer("org-1"));
        assert!(Arc::ptr_eq(&one, &of("one")) && Arc::ptr_eq(&one, &of("two")));
        let three = of("three");
        accounts.learn_owner(&three, &answer("org-2"));
        assert!(Arc::ptr_eq(&three, &of("three")));
        assert_eq!(accounts.all().len(), 2);
    }

    /// A memory of this test.
    #[derive(Debug, Default)]
    struct Notes(Mutex<BTreeMap<Fingerprint, Learned>>);

    impl Memory for Notes {
        fn recall(&self, account: &Fingerprint) -> Option<Learned> {
            self.0.lock().unwrap().get(account).cloned()
        }

        fn keep(&self, account: &Fingerprint, learned: &Learned) {
            self.0.lock().unwrap().insert(*account, learned.clone());
        }
    }

    #[test]
    fn what_was_learned_of_an_account_outlives_the_gateway() {
        let notes = Arc::new(Notes::default());
        let gateway = || accounts(10).0.memory(Some(notes.clone()));
        let first = gateway();
        let account = first.of(&upstream(), &with_key("Bearer one")).unwrap();
        let stated = Observation {
            limit: Some(500),
            remaining: Some(499),
            window: Some(Duration::from_secs(60)),
            ..Observation::of(Dimension::Requests)
        };
        let permit = account.limiter().try_acquire(Cost::requests(1)).unwrap();
        permit.observe(&Feedback { limits: vec![stated], ..Feedback::of(Class::Ok) });
        first.keep_all();
        assert_eq!(notes.0.lock().unwrap().len(), 1);
        let limits = |key: &str| {
            let account = gateway().of(&upstream(), &with_key(key)).unwrap();
            account.limiter().learned().limits
        };
        assert_eq!(limits("Bearer one")[0].amount, 500);
        assert_eq!(limits("Bearer two"), []);
    }

    #[test]
    fn the_longest_idle_account_makes_room_and_a_busy_one_does_not() {
        let (accounts, clock) = accounts(2);
        let busy = accounts.of(&upstream(), &with_key("one")).unwrap();
        drop(accounts.of(&upstream(), &with_key("two")).unwrap());
        clock.advance(Duration::from_secs(1));
        let three = accounts.of(&upstream(), &with_key("three")).unwrap();
        assert!(Arc::ptr_eq(&busy, &accounts.of(&upstream(), &with_key("one")).unwrap()));
        assert!(matches!(accounts.of(&upstream(), &with_key("four")), Err(NoAccount::Full { .. })));
        drop(three);
        assert!(accounts.of(&upstream(), &with_key("four")).is_ok());
    }
}
