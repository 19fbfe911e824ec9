//! `Event`: what happens in an account, as bounded streams for live views, metrics and logs.
//!
//! ```
//! use tidegate::events::Happening;
//! use tidegate::{Cost, Limiter, Usage};
//!
//! let limiter = Limiter::builder().requests_per_minute(300).build()?;
//! let mut events = limiter.events();
//! let permit = limiter.acquire_blocking(Cost::requests(1).input_tokens(100))?;
//! permit.sent();
//! permit.settle(Usage::new(120, 0));
//! assert!(matches!(events.try_recv().map(|event| event.what), Some(Happening::Granted { .. })));
//! let settled = events.try_recv().map(|event| event.what);
//! assert!(matches!(settled, Some(Happening::Settled { usage: Some(_), .. })), "{settled:?}");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::sync::Arc;
use std::time::Duration;

use tidegate_core::{
    Band, Class, Comparison, Cost, LearnedCharging, LimitStatus, Reason, Rejection, Request, Timestamp, Usage,
};

use crate::call::{Circuit, CircuitChange, CircuitScope};

mod feed;

pub use feed::Events;
pub(crate) use feed::Feeds;

/// Something that happened in an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// Which call it happened to; `None` where it is about a limit or a circuit, and for calls that asked before
    /// anybody listened.
    pub call: Option<Arc<Origin>>,
    /// What.
    pub what: Happening,
}

/// Where a call comes from and goes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// Its lane, in practice a model.
    pub lane: String,
    /// Its endpoint.
    pub endpoint: String,
    /// Its priority class.
    pub band: Band,
    /// Who asks.
    pub tenant: String,
}

impl Origin {
    /// The origin of a request.
    pub(crate) fn of(request: &Request) -> Self {
        let Request { lane, endpoint, band, tenant, .. } = request;
        Self { lane: lane.clone(), endpoint: endpoint.clone(), band: *band, tenant: tenant.clone() }
    }
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Happening {
    /// A call was granted.
    Granted {
        /// How long it had waited.
        waited: Duration,
        /// What it waited for, as of the moment when it queued.
        limited_by: Option<Reason>,
    },
    /// A call was refused by ourselves; it was never sent.
    Refused {
        /// Why.
        rejection: Rejection,
    },
    /// The provider answered.
    Answered {
        /// How.
        class: Class,
    },
    /// The provider refused a call: it is throttled or overloaded, a quota is used up, or the call can never pass.
    Throttled {
        /// How.
        class: Class,
        /// How long the provider asks to wait, if it does.
        retry_after: Option<Duration>,
    },
    /// A call ended with what the provider counts of it.
    Settled {
        /// What it asked for.
        estimate: Cost,
        /// What the provider counts.
        charge: Cost,
        /// What it used, where that is known.
        usage: Option<Usage>,
        /// How long it took since its grant.
        took: Duration,
        /// How the provider answered, as far as that was reported with [`Permit::observe`](crate::Permit::observe).
        class: Option<Class>,
    },
    /// A call ended whose usage is known: how far its estimate was off.
    Estimated {
        /// What was reserved for it, beside what it used.
        comparison: Comparison,
    },
    /// A permit was cancelled or dropped.
    GivenUp {
        /// What was reserved for it.
        estimate: Cost,
        /// Whether that was given back: nothing had been sent. Else it stays charged.
        refunded: bool,
    },
    /// A permit was neither settled nor gave a sign of life for so long that it was taken for lost.
    Expired,
    /// The store does not answer; shared limits keep to their safe share until it does.
    StoreLost {
        /// Of how many instances the safe share is one part.
        share_of: u64,
    },
    /// The store answers again.
    StoreFound,
    /// The store answered with an error.
    StoreFailed {
        /// What it said.
        error: String,
    },
    /// A limit of the provider was learned.
    Learned {
        /// The limit.
        limit: LimitStatus,
    },
    /// A learned limit has changed.
    LimitChanged {
        /// The amount per period that it had.
        before: u64,
        /// The limit as it is now.
        limit: LimitStatus,
    },
    /// A limit turned out to be charged in another way than was told or assumed; what goes by it follows.
    ChargingLearned(LearnedCharging),
    /// A call is tried again.
    Retried {
        /// How the last attempt ended.
        class: Class,
        /// The number of the coming attempt; the first one was 1.
        attempt: u32,
    },
    /// A call goes on with another model.
    FellBack {
        /// The lane that it left.
        from: String,
        /// The model that it goes to.
        to: String,
    },
    /// Calls of a scope are known to fail and are stopped for now; or a probe failed, and they still are.
    CircuitOpened {
        /// Which, why, and when the next probe may go.
        circuit: Circuit,
    },
    /// A probe succeeded: calls of the scope go again.
    CircuitClosed {
        /// Which.
        scope: CircuitScope,
    },
}

impl Happening {
    /// A circuit has changed.
    pub(crate) fn of_circuit(change: CircuitChange) -> Self {
        match change {
            CircuitChange::Opened(circuit) => Self::CircuitOpened { circuit },
            CircuitChange::Closed(scope) => Self::CircuitClosed { scope },
        }
    }

    /// An answer of a class.
    pub(crate) const fn of_answer(class: Class, retry_after: Option<Duration>) -> Self {
        match class {
            Class::Throttled | Class::Overloaded | Class::QuotaExhausted | Class::RequestRejected => {
                Self::Throttled { class, retry_after }
            }
            _ => Self::Answered { class },
        }
    }

    /// What an answer taught, from the limits known before and after it.
    pub(crate) fn of_learning(before: &[LimitStatus], after: Vec<LimitStatus>) -> Vec<Self> {
        let is_same = |one: &LimitStatus, other: &LimitStatus| {
            (one.dimension, one.window) == (other.dimension, other.window) && one.scope == other.scope
        };
        let told = after.into_iter().filter_map(|limit| {
            match before.iter().find(|known| is_same(known, &limit)).map(|known| known.limit) {
                None => Some(Self::Learned { limit }),
                Some(before) if before != limit.limit => Some(Self::LimitChanged { before, limit }),
                Some(_) => None,
            }
        });
        told.collect()
    }
}
