//! `Builder`: describes a client as its owner writes it, each default with its reason.

use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use http::header::{HeaderMap, HeaderValue, USER_AGENT};
use tidegate::call::CallPolicy;
use tidegate::{Band, Clock, Limiter, Rate};
use tidegate_provider::{Dialect, HeaderNames, Provider, adapter_at, builtin};

use super::account::{Account, Place, refused};
use super::content::Content;
use super::described::Described;
use super::idempotency::Naming;
use super::monitor::Monitor;
use super::{Api, Hook, Inner};
use crate::call::header_of;
use crate::fallback::with_model;
use crate::timed::{Timed, Timeouts};
use crate::{
    BaseUrl, Error, HttpTransport, Key, Paced, RequestError, Terms, Transport, TransportConfig, env,
};

/// The version of Anthropic's API that clients ask for.
pub(crate) const ANTHROPIC_VERSION: (&str, &str) = ("anthropic-version", "2023-06-01");

/// Describes a client; made by a client's `builder`.
#[must_use = "a builder does nothing until `build`"]
pub struct Builder<C> {
    provider: Provider,
    key: Option<String>,
    base: Option<String>,
    /// Whether the base is a place of the provider's own, whose API path it has.
    at_provider: bool,
    transport: Option<Arc<dyn Transport>>,
    config: TransportConfig,
    limiter: Option<Limiter>,
    limits: Described,
    clock: Option<Arc<dyn Clock>>,
    policy: Policy,
    headers: HeaderMap,
    terms: Terms,
    timeouts: Timeouts,
    connect_timeout: Option<Duration>,
    hook: Option<Hook>,
    content: Content,
    naming: Naming,
    mistake: Option<RequestError>,
    client: PhantomData<fn() -> C>,
}

/// What the builder says of retries and fallbacks; the rest of the policy is the account's.
#[derive(Clone, Debug, Default)]
struct Policy {
    whole: Option<CallPolicy>,
    retries: Option<u32>,
    delays: Option<(Duration, Duration)>,
    fallbacks: Vec<String>,
    fallback_wait: Option<Duration>,
}

impl<C: From<Api>> Builder<C> {
    pub(crate) fn new(provider: Provider) -> Self {
        Self {
            provider,
            key: None,
            base: None,
            at_provider: false,
            transport: None,
            config: TransportConfig::default(),
            limiter: None,
            limits: Described::of(&provider),
            clock: None,
            policy: Policy::of(&provider),
            headers: HeaderMap::new(),
            terms: Terms::default(),
            timeouts: Timeouts::of(provider.dialect),
            connect_timeout: None,
            hook: None,
            content: Content::Hidden,
            naming: Naming::Callers,
            mistake: None,
            client: PhantomData,
        }
    }

    pub(crate) fn named(name: &'static str) -> Self {
        Self::new(*builtin(name).expect("the table of providers holds every client's own"))
    }

    /// A client of that provider at this place of its own.
    pub(crate) fn at(provider: Provider, url: &str) -> Self {
        Self { base: Some(url.to_owned()), at_provider: true, ..Self::new(provider) }
    }

    /// The key. Without it, the variable `<PROVIDER>_API_KEY` is read; a base on this machine needs none.
    pub fn key(mut self, key: &str) -> Self {
        self.key = Some(key.to_owned());
        self
    }

    /// Where the API begins, with or without `/v1`. Without it, the variable `<PROVIDER>_BASE_URL` is read, then the
    /// provider's own place is taken.
    pub fn base_url(mut self, url: &str) -> Self {
        (self.base, self.at_provider) = (Some(url.to_owned()), false);
        self
    }

    /// A transport of your own, or a [`FakeTransport`](crate::FakeTransport) for tests. Timeouts hold for it too.
    pub fn transport(mut self, transport: impl Transport + 'static) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// An HTTP client of your own: its proxy, certificates, pools. Its redirects and retries should be off.
    pub fn http_client(self, client: reqwest::Client) -> Self {
        self.transport(HttpTransport::from_client(client))
    }

    /// The proxy through which the provider is reached, instead of the one that the environment names.
    pub fn proxy(mut self, url: &str) -> Self {
        self.config.proxy = Some(url.to_owned());
        self
    }

    /// A header of every call.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        match header_of(name, value) {
            Ok((name, value)) => {
                self.headers.insert(name, value);
            }
            Err(mistake) => {
                self.mistake.get_or_insert(mistake);
            }
        }
        self
    }

    /// At most so many calls a second; fractions are exact.
    pub fn requests_per_second(self, rate: impl Into<Rate>) -> Self {
        self.limits(|limits| limits.requests_per_second(rate))
    }

    /// At most so many calls a minute.
    pub fn requests_per_minute(self, rate: impl Into<Rate>) -> Self {
        self.limits(|limits| limits.requests_per_minute(rate))
    }

    /// At most so many tokens a minute, sent and produced.
    pub fn tokens_per_minute(self, rate: impl Into<Rate>) -> Self {
        self.limits(|limits| limits.tokens_per_minute(rate))
    }

    /// At most so many calls under way at once.
    pub fn concurrency(self, calls: u64) -> Self {
        self.limits(|limits| limits.concurrency(calls))
    }

    /// Limits of any kind, beside those already given. They hold for the whole account, for every client that
    /// shares it, and are ceilings: what the provider states binds where it is smaller. What the client begins with stays
    /// beside them until its like is given: a limit of calls, or of tokens, over an hour or less. Whatever else is
    /// described here, such as a store or an order, holds if this is the first client of its account in the process: a
    /// store that the others do not have is told as a mistake, the rest is passed over. The account's name is the host
    /// unless it is given, so with a store name each account of a host.
    pub fn limits(mut self, describe: impl FnOnce(tidegate::Builder) -> tidegate::Builder) -> Self {
        self.limits = self.limits.and(describe);
        self
    }

    /// No limits but those that the provider states, which are learned from its answers, and those that are given after
    /// this. Mistral's client begins with limits of its own otherwise; the others begin like this.
    pub fn learned_limits(mut self) -> Self {
        self.limits = Described::learned();
        self
    }

    /// A limiter of your own, in place of the one that all clients of the account share in this process.
    pub fn limiter(mut self, limiter: Limiter) -> Self {
        self.limiter = Some(limiter);
        self
    }

    /// The clock to go by. A client with one shares no limiter; tests give a [`ManualClock`](tidegate::ManualClock).
    pub fn clock(mut self, clock: impl Into<Arc<dyn Clock>>) -> Self {
        self.clock = Some(clock.into());
        self
    }

    /// How many times a call is sent again at most, to other models too. What is throttled or overloaded goes to another
    /// model after its third refusal, and so only with 3 retries or more: with fewer, only a quota that is used up, or
    /// [`fallback_wait`](Self::fallback_wait), brings one. Mistral's client begins with 3, as its users know it; the others
    /// with 5. Refusals that waiting helps, failures and broken connections are tried again, mistakes never.
    pub const fn max_retries(mut self, retries: u32) -> Self {
        self.policy.retries = Some(retries);
        self
    }

    /// The first pause after a failure and the longest that it grows to. Mistral's client begins with 1 and 32 s. A
    /// refusal waits as long as the provider asks instead.
    pub const fn retry_delays(mut self, first: Duration, longest: Duration) -> Self {
        self.policy.delays = Some((first, longest));
        self
    }

    /// A whole policy of what follows an outcome, in the place of the account's.
    pub fn policy(mut self, policy: CallPolicy) -> Self {
        self.policy.whole = Some(policy);
        self
    }

    /// The models to try, in order, when a call's own keeps refusing, is overloaded or is used up.
    pub fn fallbacks(mut self, models: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.policy.fallbacks = models.into_iter().map(Into::into).collect();
        self
    }

    /// Another model is also taken when the call would wait longer than this for its own: the first of the list
    /// that would not.
    pub const fn fallback_wait(mut self, wait: Duration) -> Self {
        self.policy.fallback_wait = Some(wait);
        self
    }

    /// How long a call may wait for its turn. As long as it takes by default: waiting is what a limiter is for.
    pub const fn max_wait(mut self, wait: Duration) -> Self {
        self.terms.max_wait = Some(wait);
        self
    }

    /// The priority class of the calls.
    pub const fn band(mut self, band: Band) -> Self {
        self.terms.band = band;
        self
    }

    /// When a call is given up. The wait for its turn is not counted.
    pub const fn timeouts(mut self, timeouts: Timeouts) -> Self {
        self.timeouts = timeouts;
        self
    }

    /// How long making a connection may take, name lookup and TLS included: ten seconds at most unless this says
    /// otherwise, and never longer than the head of an answer may take. Calls share connections, so that no call has a
    /// bound of its own for it. Holds for our own transport: a transport or HTTP client of yours has its own.
    pub const fn connect_timeout(mut self, span: Duration) -> Self {
        self.connect_timeout = Some(span);
        self
    }

    /// How long an attempt may take, or how long a stream may be silent; in place of the three of [`Timeouts`].
    pub const fn timeout(mut self, span: Duration) -> Self {
        self.timeouts = Timeouts::all(span);
        self
    }

    /// Who hears what happens to each call, and to which: many may be under way at once.
    pub fn on_event(mut self, hook: impl Fn(crate::CallId, &crate::Event) + Send + Sync + 'static) -> Self {
        self.hook = Some(Arc::new(hook));
        self
    }

    /// Lets prompts and answers be written to the log, as events of the target `tidegate::content`. Off by default:
    /// they are nobody's business.
    pub const fn log_content(mut self) -> Self {
        self.content = Content::Logged;
        self
    }

    /// Names each call that is more than a reading with an `idempotency-key` of its own, kept over all of its attempts,
    /// for servers that answer a call of one name only once. Off by default: the SDKs of OpenAI and Anthropic (Python) and
    /// of OpenRouter (TypeScript) send none, as of 2026-08. A call can always give a name of its own with [`Call::idempotency_key`](crate::Call::idempotency_key).
    pub const fn idempotency_keys(mut self) -> Self {
        self.naming = Naming::Ours;
        self
    }

    /// Makes the client.
    ///
    /// # Errors
    ///
    /// A key that is missing or cannot be sent, a base URL that is none, limits that are none.
    pub fn build(self) -> Result<C, Error> {
        if let Some(mistake) = self.mistake {
            return Err(mistake.into());
        }
        let base = base(&self.provider, self.base.as_deref(), self.at_provider)?;
        let key = key(&self.provider, self.key.as_deref(), &base)?;
        let mut config = self.config;
        let connect = self.connect_timeout.unwrap_or(config.connect_timeout);
        config.connect_timeout = connect.min(self.timeouts.first_byte);
        // The timeouts of calls bound every silence, by the limiter's clock; to count it twice would only cost.
        config.read_timeout = Duration::MAX;
        let transport = match self.transport {
            Some(transport) => transport,
            None => Arc::new(HttpTransport::new(&config).map_err(crate::paced::unsent)?),
        };
        let adapter = adapter_at(self.provider.dialect, base.host(), HeaderNames::default());
        let place = Place { provider: self.provider.name, base: &base, adapter };
        let account = account(&place, key.as_ref(), self.limiter, self.limits, self.clock)?;
        let timed = Timed::new(transport.clone(), self.timeouts, account.limiter.clock().clone());
        let paced = Paced::new(Arc::new(timed), adapter, account.limiter.clone(), base.clone())
            .key(key.clone())
            .policy(self.policy.meant(&account.policy))
            .set_model(with_model)
            .remembering(account.remembered.clone());
        let headers = headers(&self.provider, self.headers);
        let monitor = Monitor::default();
        let inner = Inner {
            provider: self.provider,
            base,
            key,
            transport,
            account,
            paced,
            headers,
            terms: self.terms,
            monitor,
            hook: self.hook,
            content: self.content,
            naming: self.naming,
        };
        Ok(C::from(Api { inner: Arc::new(inner) }))
    }
}

impl<C> std::fmt::Debug for Builder<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Builder").field("provider", &self.provider.name).finish_non_exhaustive()
    }
}

impl Policy {
    /// What a provider's client begins with: for Mistral 3 retries, 1 s to 32 s, as its users know it.
    fn of(provider: &Provider) -> Self {
        let is_mistral = provider.dialect == Dialect::Mistral;
        Self {
            retries: is_mistral.then_some(3),
            delays: is_mistral.then_some((Duration::from_secs(1), Duration::from_secs(32))),
            ..Self::default()
        }
    }

    /// The policy of the account as this client changes it. The retry budget stays the account's.
    fn meant(self, shared: &CallPolicy) -> CallPolicy {
        let mut policy = self.whole.unwrap_or_else(|| shared.clone());
        if let Some(retries) = self.retries {
            policy = policy.max_attempts(retries.saturating_add(1));
        }
        if let Some((first, longest)) = self.delays {
            policy = policy.base_delay(first).max_delay(longest);
        }
        if !self.fallbacks.is_empty() {
            policy = policy.fallbacks(self.fallbacks);
        }
        match self.fallback_wait {
            Some(wait) => policy.fallback_wait(wait),
            None => policy,
        }
    }
}

/// Where the API begins. At a place of the provider's own its path may be written or left out.
fn base(provider: &Provider, given: Option<&str>, at_provider: bool) -> Result<BaseUrl, RequestError> {
    if let Some(url) = given.filter(|_| at_provider) {
        let url = url.trim().trim_end_matches('/');
        let url = url.strip_suffix(provider.api_path).unwrap_or(url);
        return Ok(BaseUrl::parse(url)?.api_path(provider.api_path)?);
    }
    let set = given.map(str::to_owned).or_else(|| env::base_url_of_provider(provider.name));
    let base = BaseUrl::parse(set.as_deref().unwrap_or(provider.base_url))?;
    Ok(if set.is_none() { base.api_path(provider.api_path)? } else { base })
}

fn key(provider: &Provider, given: Option<&str>, base: &BaseUrl) -> Result<Option<Key>, RequestError> {
    let name = || provider.name.to_owned();
    let text = given.map(str::to_owned).or_else(|| env::text_of_variable(provider.key_env));
    match text.filter(|text| !text.trim().is_empty()) {
        Some(text) => Key::new(&text).map(Some).ok_or_else(|| RequestError::BadKey { provider: name() }),
        None if base.is_loopback() => Ok(None),
        None => Err(RequestError::NoKey { provider: name(), variable: provider.key_env.to_owned() }),
    }
}

fn account(
    place: &Place<'_>,
    key: Option<&Key>,
    limiter: Option<Limiter>,
    limits: Described,
    clock: Option<Arc<dyn Clock>>,
) -> Result<Arc<Account>, RequestError> {
    if let Some(limiter) = limiter {
        return Ok(Account::of(limiter));
    }
    match clock {
        Some(clock) => {
            let described = limits.whole().map_err(refused)?.clock(clock);
            Ok(Account::of(place.limiter(described)?))
        }
        None => Account::shared(place, key, limits),
    }
}

fn headers(provider: &Provider, theirs: HeaderMap) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let agent = concat!("tidegate-client/", env!("CARGO_PKG_VERSION"));
    headers.insert(USER_AGENT, HeaderValue::from_static(agent));
    if provider.dialect == Dialect::Anthropic {
        headers.insert(ANTHROPIC_VERSION.0, HeaderValue::from_static(ANTHROPIC_VERSION.1));
    }
    headers.extend(theirs);
    headers
}
