//! `Effect`: what the engine wants done or known, besides the direct answers to its calls.

use alloc::string::String;

use crate::lease::Step;
use crate::{Calendar, LearnedCharging, LimitId, Rejection, ReservationId, Timestamp};

/// What the engine wants done or known. The driver drains effects after every call of the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Effect {
    /// A waiting call may go.
    Granted {
        /// Which.
        id: ReservationId,
        /// The instant that its limits were charged at; a late wake-up does not move it.
        at: Timestamp,
    },
    /// A waiting call will not be granted.
    Refused {
        /// Which. The id has ended.
        id: ReservationId,
        /// Why.
        rejection: Rejection,
    },
    /// A granted call was neither settled nor gave a sign of life for so long that its reservation ended.
    Expired {
        /// Which. The id has ended; its estimate stays charged.
        id: ReservationId,
    },
    /// A limit of a calendar window needs to know where the present one lies; answer with
    /// [`Engine::window`](crate::Engine::window).
    EdgeWanted {
        /// Which limit.
        limit: LimitId,
        /// Which kind of window.
        calendar: Calendar,
        /// The name of the time zone, UTC where there is none.
        zone: Option<String>,
    },
    /// A shared limit has something to say to the store; answer with [`Engine::lease`](crate::Engine::lease), or
    /// with [`Engine::lease_failed`](crate::Engine::lease_failed) when the store cannot be reached. A step that
    /// is not answered within a second counts as failed by itself.
    LeaseWanted {
        /// What to hand to the store.
        step: Step,
    },
    /// The store did not answer: shared limits keep to their safe share from now on.
    StoreLost {
        /// One share of so many.
        live: u64,
    },
    /// The store answers again.
    StoreFound,
    /// A limit turned out to be charged in another way than was told or assumed.
    ChargingLearned(LearnedCharging),
}
