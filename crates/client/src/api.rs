//! `Api`: what all clients of providers share: a transport, a key, a base URL, an account's limiter, and terms.

mod account;
mod builder;
mod content;
mod described;
mod generic;
mod idempotency;
#[cfg(feature = "metrics")]
mod meters;
mod monitor;
mod ready;
mod span;
mod spoken;

use std::fmt;
use std::pin::pin;
use std::sync::Arc;

use tidegate::{Class, Limiter};
use tidegate_provider::Provider;

pub(crate) use builder::ANTHROPIC_VERSION;
pub use builder::Builder;
pub(crate) use generic::generic;
pub use monitor::{LimitUse, Used};
pub(crate) use ready::Ready;

use crate::call::{ApiError, Error, Received};
use crate::paced::Watch;
use crate::stream::Events;
use crate::timed::Timed;
use crate::{BaseUrl, CallId, Event, Key, Outgoing, Paced, PacedError, Prepared, Terms, Transport};
use account::Account;
use content::Content;
pub(crate) use content::Transcript;
pub(crate) use idempotency::IDEMPOTENCY_KEY;
use idempotency::Naming;
use monitor::Monitor;
use span::Spanned;
pub(crate) use spoken::Hearing;

/// What all clients of providers share. Clones are one client.
#[derive(Clone)]
pub struct Api {
    inner: Arc<Inner>,
}

/// Who hears what happens to each call.
pub(crate) type Hook = Arc<dyn Fn(CallId, &Event) + Send + Sync>;

struct Inner {
    provider: Provider,
    base: BaseUrl,
    key: Option<Key>,
    transport: Arc<dyn Transport>,
    account: Arc<Account>,
    paced: Paced,
    headers: http::HeaderMap,
    terms: Terms,
    monitor: Monitor,
    hook: Option<Hook>,
    content: Content,
    naming: Naming,
}

impl Api {
    /// Starts to describe a client of that provider; `name` is one of [`tidegate_provider::builtins`].
    pub fn builder(provider: &Provider) -> Builder<Self> {
        Builder::new(*provider)
    }

    /// The provider.
    #[must_use]
    pub fn provider(&self) -> &Provider {
        &self.inner.provider
    }

    /// Where its API begins.
    #[must_use]
    pub fn base_url(&self) -> &BaseUrl {
        &self.inner.base
    }

    /// What paces the calls: one for the account, shared by every client of it in this process.
    #[must_use]
    pub fn limiter(&self) -> &Limiter {
        &self.inner.account.limiter
    }

    /// How each limit is used.
    #[must_use]
    pub fn limits(&self) -> Vec<LimitUse> {
        let snapshot = self.limiter().snapshot();
        snapshot.limits.into_iter().map(LimitUse::of).collect()
    }

    /// What this client and its clones have used since they were made, or since [`reset_usage`](Self::reset_usage).
    #[must_use]
    pub fn usage(&self) -> Used {
        self.inner.monitor.used()
    }

    /// Begins to count usage anew. The limits are not touched: what was used up at the provider stays used up.
    pub fn reset_usage(&self) {
        self.inner.monitor.reset();
    }

    pub(crate) fn terms(&self) -> Terms {
        self.inner.terms
    }

    /// Makes a whole call.
    pub(crate) async fn send(&self, ready: Ready) -> Result<Received, Error> {
        let (own, terms) = (self.timed(&ready), ready.terms);
        let paced = own.as_deref().unwrap_or(&self.inner.paced);
        let (prepared, spanned, transcript) = self.prepared(paced, ready)?;
        let watch = self.watch(&spanned, &prepared);
        // Where it lies: it is large, and would be moved at every step.
        let call = pin!(paced.request_prepared(prepared, terms, watch));
        let answered = spanned.within(call).await;
        let answered = answered.map_err(|error| self.unanswered(error, &spanned))?;
        transcript.iter().for_each(|transcript| transcript.answer(&answered.body));
        spanned.answered(&answered);
        if answered.class == Class::Ok && answered.status.is_success() {
            return Ok(Received::of(answered, self.excerpt()));
        }
        Err(ApiError::of_answer(answered, &self.excerpt()).into())
    }

    /// Makes a call and hands its answer over as it arrives.
    pub(crate) async fn stream<T>(&self, ready: Ready) -> Result<Events<T>, Error> {
        let (own, terms) = (self.timed(&ready), ready.terms);
        let paced = own.as_deref().unwrap_or(&self.inner.paced);
        let (prepared, spanned, transcript) = self.prepared(paced, ready)?;
        let watch = self.watch(&spanned, &prepared);
        let model = prepared.model().map(str::to_owned);
        let call = pin!(paced.open(prepared, terms, watch));
        let opened = spanned.within(call).await;
        let opened = opened.map_err(|error| self.unanswered(error, &spanned))?;
        let hearing = spanned.opened(&opened);
        if opened.class != Class::Ok || !opened.status.is_success() {
            let received_at = self.limiter().clock().wall();
            let dialect = self.inner.provider.dialect;
            return Err(ApiError::of_opened(opened, dialect, received_at, &self.excerpt()).await.into());
        }
        let (dialect, clock) = (self.inner.provider.dialect, self.limiter().clock().clone());
        Ok(Events::of(opened, model, self.excerpt(), dialect, transcript, clock).heard_by(hearing))
    }

    /// The error of a call that has no whole answer.
    fn unanswered(&self, error: PacedError, spanned: &Spanned) -> Error {
        spanned.failed(error.class());
        Error::of_paced(error, &self.excerpt())
    }

    fn excerpt(&self) -> crate::call::Excerpt {
        crate::call::Excerpt::hiding(self.inner.key.clone())
    }

    /// The call with what it will probably cost, its span, and its log where it has one. The client's own headers are
    /// under those of the call.
    fn prepared(
        &self,
        paced: &Paced,
        ready: Ready,
    ) -> Result<(Prepared, Spanned, Option<Transcript>), Error> {
        let (act, streams, unknown) = (ready.act, ready.streams, ready.unknown);
        let mut prepared = paced.prepare_as(ready.outgoing(&self.inner.headers), unknown)?.streams(streams);
        let call = prepared.call();
        let Outgoing { method, headers, .. } = prepared.outgoing_mut();
        self.inner.naming.name(call, method, headers);
        let spanned = Spanned::open(&self.inner.provider, &self.inner.base, act, streams, &prepared);
        let transcript = self.inner.content.transcript(&spanned, || self.excerpt());
        transcript.iter().for_each(|transcript| transcript.prompt(prepared.body()));
        Ok((prepared, spanned, transcript))
    }

    /// The paced account with timeouts of the call's own, if it has some.
    fn timed(&self, ready: &Ready) -> Option<Box<Paced>> {
        let timed = Timed::new(self.inner.transport.clone(), ready.timeouts?, self.limiter().clock().clone());
        Some(Box::new(self.inner.paced.clone().transport(Arc::new(timed))))
    }

    /// Who listens to a call: the counters, the span, and whoever the builder named.
    fn watch(&self, spanned: &Spanned, prepared: &Prepared) -> Watch {
        let (monitor, spanned, theirs) =
            (self.inner.monitor.clone(), spanned.clone(), self.inner.hook.clone());
        let call = prepared.call();
        #[cfg(feature = "metrics")]
        let (provider, model) = (self.inner.provider.name, prepared.model().unwrap_or_default().to_owned());
        Arc::new(move |event| {
            #[cfg(feature = "metrics")]
            meters::record(provider, &model, event);
            monitor.hear(event);
            spanned.hear(event);
            if let Some(theirs) = &theirs {
                theirs(call, event);
            }
        })
    }
}

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Api")
            .field("provider", &self.inner.provider.name)
            .field("base", &self.inner.base)
            .field("key", &self.inner.key)
            .finish_non_exhaustive()
    }
}

/// Declares a provider's client: the struct, its ways to be made, and what every client can do.
macro_rules! client {
    ($(#[$meta:meta])* $provider:literal) => {
        $(#[$meta])*
        #[derive(Clone, Debug)]
        pub struct Client<M = crate::Async> {
            api: crate::Api,
            mode: std::marker::PhantomData<fn() -> M>,
        }

        impl<M> From<crate::Api> for Client<M> {
            fn from(api: crate::Api) -> Self {
                Self { api, mode: std::marker::PhantomData }
            }
        }

        impl<M> Client<M> {
            /// Starts to describe a client.
            pub fn builder() -> crate::Builder<Self> {
                crate::Builder::named($provider)
            }

            /// A client with the key, and the base URL if there is one, that the environment holds.
            ///
            /// # Errors
            ///
            /// When the environment holds no key, or one that no header can carry.
            pub fn from_env() -> Result<Self, crate::Error> {
                Self::builder().build()
            }

            /// A client with this key.
            ///
            /// # Errors
            ///
            /// When no header can carry the key.
            pub fn new(key: &str) -> Result<Self, crate::Error> {
                Self::builder().key(key).build()
            }

            /// What all clients share: limits, usage, the limiter itself.
            #[must_use]
            pub const fn api(&self) -> &crate::Api {
                &self.api
            }

            /// How each limit is used.
            #[must_use]
            pub fn limits(&self) -> Vec<crate::LimitUse> {
                self.api.limits()
            }

            /// What this client and its clones have used.
            #[must_use]
            pub fn usage(&self) -> crate::Used {
                self.api.usage()
            }

            /// Begins to count usage anew. What was used up at the provider stays used up.
            pub fn reset_usage(&self) {
                self.api.reset_usage();
            }

            /// The same client for code that blocks: one account, one engine, one transport.
            #[must_use]
            pub fn blocking(&self) -> Client<crate::Blocking> {
                self.api.clone().into()
            }

            fn call<O: crate::call::Operation>(&self, names: &[&str], operation: O) -> crate::Call<O, M> {
                crate::Call::new(&self.api, names, operation)
            }
        }

        crate::api::generic!(Client);
    };
}

pub(crate) use client;
