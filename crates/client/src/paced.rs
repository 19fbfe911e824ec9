//! `Paced`: whole calls to one account: paced by its limiter, retried by the call machine, settled by its adapter.
//!
//! Holds no policy: the limiter says when a call goes, [`CallPolicy`] what follows an outcome, the adapter what
//! an answer means. What is here is their order.

mod answer;
mod credit;
mod event;
mod histories;
mod live;
mod meter;
mod oddities;
mod routes;
mod session;
mod stops;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use http::{HeaderMap, Method, Uri};
use tidegate::call::{CallPolicy, Jitter};
use tidegate::{Band, Limiter};
use tidegate_provider::{Adapter, Endpoint, EndpointKind, Estimate, Prices};

use crate::{Asker, BaseUrl, CallId, Key, Transport};

pub(crate) use answer::unsent;
pub use answer::{Answer, Opened, PacedError};
use credit::Credit;
pub use event::{BodyEnd, Event, Watch};
use histories::Histories;
pub use live::LiveBody;
pub use oddities::Oddities;
use routes::Routes;
use session::Session;
use stops::Stops;

/// The longest name in bytes that is taken for a model's. Names are remembered, and callers can write what they like.
const MODEL_BYTES_MAX: usize = 256;

/// Makes whole calls to one account of one provider.
///
/// A call is estimated, waits for its grant, is sent, and its answer is read for what it says of limits and usage.
/// A refusal that waiting helps brings the call back to its old place in the queue, within the bounds of the
/// policy; anything else is the answer. In every case the reservation ends with what the provider counts.
#[derive(Clone, Debug)]
pub struct Paced {
    transport: Arc<dyn Transport>,
    adapter: &'static dyn Adapter,
    limiter: Limiter,
    base: BaseUrl,
    routes: Routes,
    key: Option<Key>,
    policy: CallPolicy,
    set_model: Option<SetModel>,
    jitter: Arc<Mutex<Jitter>>,
    oddities: Oddities,
    remembered: Remembered,
    credit: Credit,
}

/// What is remembered of an account beside its limits. Copies share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Remembered {
    stops: Arc<Stops>,
    /// What the conversations weigh whose history lies with the provider.
    histories: Arc<Histories>,
}

/// The body with another model in it, and nothing else changed.
pub type SetModel = fn(body: &[u8], model: &str) -> Bytes;

/// A call to make, its body in full. Its `Debug` shows no key that its headers hold.
#[derive(Clone)]
pub struct Outgoing {
    /// The method.
    pub method: Method,
    /// Path and query under `/v1`, such as `/v1/chat/completions`.
    pub path: String,
    /// The headers that go to the provider as they are.
    pub headers: HeaderMap,
    /// The body, sent as it is.
    pub body: Bytes,
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { method, path, headers, body } = self;
        let mut shown = f.debug_struct("Outgoing");
        shown.field("method", method).field("path", path).field("headers", &Key::hidden(headers));
        shown.field("body", body).finish()
    }
}

/// A call whose cost is estimated; made by [`Paced::prepare`].
#[derive(Clone, Debug)]
pub struct Prepared {
    call: CallId,
    outgoing: Outgoing,
    uri: Uri,
    endpoint: Endpoint,
    estimate: Estimate,
    /// Whether its answer is to come as a stream.
    streams: bool,
}

impl Prepared {
    /// The name of the call.
    #[must_use]
    pub const fn call(&self) -> CallId {
        self.call
    }

    /// The model that the call names.
    #[must_use]
    pub fn model(&self) -> Option<&str> {
        self.estimate.model.as_deref()
    }

    /// The same, its answer to come as a stream or not.
    pub(crate) const fn streams(mut self, streams: bool) -> Self {
        self.streams = streams;
        self
    }

    /// Its path and query under `/v1`.
    pub(crate) fn path(&self) -> &str {
        &self.outgoing.path
    }

    /// Its body.
    pub(crate) const fn body(&self) -> &Bytes {
        &self.outgoing.body
    }

    /// What is sent, for the last words to its headers.
    pub(crate) const fn outgoing_mut(&mut self) -> &mut Outgoing {
        &mut self.outgoing
    }
}

/// On what terms a call waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// Its priority class.
    pub band: Band,
    /// How long it may wait for its turn, over all attempts together; `None` waits as long as it takes.
    pub max_wait: Option<Duration>,
}

impl Paced {
    /// Calls through `transport` to the API at `base`, as one account that `limiter` paces.
    #[must_use]
    pub fn new(
        transport: Arc<dyn Transport>,
        adapter: &'static dyn Adapter,
        limiter: Limiter,
        base: BaseUrl,
    ) -> Self {
        let wall = limiter.clock().wall().duration_since(UNIX_EPOCH).unwrap_or_default();
        // Only the low bits differ from one process to the next, and they are all that a jitter needs.
        let seed = u64::try_from(wall.as_nanos() & u128::from(u64::MAX)).unwrap_or_default();
        let jitter = Arc::new(Mutex::new(Jitter::seeded(seed)));
        Self {
            transport,
            adapter,
            limiter,
            base,
            routes: Routes::default(),
            key: None,
            policy: CallPolicy::default(),
            set_model: None,
            jitter,
            oddities: Oddities::default(),
            remembered: Remembered::default(),
            credit: Credit::default(),
        }
    }

    /// The same, with a key in the place of whatever key a call brings.
    #[must_use]
    pub fn key(mut self, key: Option<Key>) -> Self {
        self.key = key;
        self
    }

    /// The same, with another policy of what follows an outcome.
    #[must_use]
    pub fn policy(mut self, policy: CallPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// The same, with a way to put a fallback model of the policy into a body. Without one there is no falling back.
    #[must_use]
    pub const fn set_model(mut self, set_model: SetModel) -> Self {
        self.set_model = Some(set_model);
        self
    }

    /// The same, telling of headers that are not heeded only what others who share this have not told.
    #[must_use]
    pub fn oddities(mut self, oddities: Oddities) -> Self {
        self.oddities = oddities;
        self
    }

    /// The same, knowing what models cost: where money is limited, a call is charged what it will probably cost when it
    /// is admitted, and what it did cost when it is answered.
    #[must_use]
    pub fn prices(mut self, prices: Arc<Prices>) -> Self {
        self.credit.set_prices(prices);
        self
    }

    /// The same, asking the provider again how much credit is left before a call is refused for want of it, with the
    /// key of calls and, where there is one, that of the organization's administration. At most every half minute.
    #[must_use]
    pub fn asks_for_credit(mut self, key: Option<Key>, admin_key: Option<Key>) -> Self {
        let (transport, clock) = (self.transport.clone(), self.limiter.clock().clone());
        let asker = Asker::new(transport, clock, self.base.clone(), self.adapter.dialect());
        self.credit.set_asker(asker.key(key).admin_key(admin_key));
        self
    }

    /// The same, remembering what others of the account do.
    pub(crate) fn remembering(mut self, remembered: Remembered) -> Self {
        self.remembered = remembered;
        self
    }

    /// The same, through another transport.
    pub(crate) fn transport(mut self, transport: Arc<dyn Transport>) -> Self {
        self.transport = transport;
        self
    }

    /// The limiter that paces the calls.
    #[must_use]
    pub const fn limiter(&self) -> &Limiter {
        &self.limiter
    }

    /// Makes a call and reads its whole answer, of whatever status. An answer that breaks off, or that turns out
    /// to be an error in the middle, is retried like any other.
    ///
    /// # Errors
    ///
    /// When the call was not admitted (its cost can never pass, it would wait too long, the queue is full or the
    /// limiter closed), or when no whole answer arrived in all attempts.
    pub async fn request(&self, outgoing: Outgoing, terms: Terms) -> Result<Answer, PacedError> {
        self.request_watched(outgoing, terms, event::ignore()).await
    }

    /// As [`request`](Self::request); `watch` hears what happens on the way.
    ///
    /// # Errors
    ///
    /// As [`request`](Self::request).
    pub async fn request_watched(
        &self,
        outgoing: Outgoing,
        terms: Terms,
        watch: Watch,
    ) -> Result<Answer, PacedError> {
        self.request_prepared(self.prepare(outgoing)?, terms, watch).await
    }

    /// As [`request_watched`](Self::request_watched), for a call that is prepared already.
    pub(crate) async fn request_prepared(
        &self,
        prepared: Prepared,
        terms: Terms,
        watch: Watch,
    ) -> Result<Answer, PacedError> {
        Session::new(self, prepared, terms, watch).read().await
    }

    /// Reads what a call addresses and what it will probably cost. Takes long for long bodies.
    ///
    /// # Errors
    ///
    /// When its path makes no URL.
    pub fn prepare(&self, outgoing: Outgoing) -> Result<Prepared, PacedError> {
        self.prepare_as(outgoing, EndpointKind::Unmetered)
    }

    /// As [`prepare`](Self::prepare), where a POST that nothing is known of is of this kind.
    pub(crate) fn prepare_as(
        &self,
        outgoing: Outgoing,
        unknown: EndpointKind,
    ) -> Result<Prepared, PacedError> {
        let route = self.routes.of(&outgoing.method, &outgoing.path, || {
            let uri = self.base.uri(&outgoing.path).ok()?;
            let endpoint = self.adapter.endpoint(&outgoing.method, uri.path());
            Some((uri, endpoint))
        });
        let Some((uri, mut endpoint)) = route else {
            return Err(PacedError::Path { path: outgoing.path });
        };
        if !endpoint.is_metered() && outgoing.method == Method::POST {
            endpoint.kind = unknown;
        }
        let estimate = self.estimate(endpoint, uri.path(), &outgoing.body);
        Ok(Prepared { call: CallId::fresh(), outgoing, uri, endpoint, estimate, streams: false })
    }

    /// What a call will probably cost: its body, and the history that the provider reads with it.
    fn estimate(&self, endpoint: Endpoint, path: &str, body: &[u8]) -> Estimate {
        let mut estimate = self.adapter.estimate(endpoint, body);
        if estimate.lane.len() > MODEL_BYTES_MAX {
            estimate.lane.clear();
            estimate.model = None;
        }
        estimate.price = self.credit.price(self.adapter.dialect(), estimate.model.as_deref());
        if endpoint.keeps_history() {
            estimate.continues =
                estimate.continues.or_else(|| self.adapter.continued(path).map(str::to_owned));
            let now = self.limiter.clock().now();
            if let Some(history) =
                estimate.continues.as_ref().and_then(|name| self.remembered.histories.of(name, now))
            {
                history.weigh_in(&mut estimate);
            }
        }
        estimate
    }

    /// Makes a call and hands its answer over while it still arrives. Retries end with the first byte of it.
    /// `watch` hears what happens on the way.
    ///
    /// # Errors
    ///
    /// As [`request`](Self::request), for the head of the answer.
    pub async fn open(&self, prepared: Prepared, terms: Terms, watch: Watch) -> Result<Opened, PacedError> {
        Session::new(self, prepared, terms, watch).open().await.map(|opened| *opened)
    }

    fn entropy(&self) -> u64 {
        self.jitter.lock().unwrap_or_else(PoisonError::into_inner).next_u64()
    }
}
