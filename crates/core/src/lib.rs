//! The pacing engine of Tidegate, without I/O.
//!
//! One [`Engine`] holds the limits of one account. A call asks with a [`Request`]; the engine grants it at the
//! first instant at which every limit allows it, in fair order, and tells when to come back. After the answer the
//! reservation is settled with what was charged and used. The engine never reads a clock and never sleeps: `now`
//! is always the last argument, and [`Engine::next_deadline`] is the only thing a driver has to arm.
//!
//! Deliberately absent: async, sockets, HTTP, JSON, calendars, randomness, and the name of any provider.

#![no_std]
#![cfg_attr(
    not(test),
    warn(
        clippy::float_arithmetic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::cast_possible_truncation
    )
)]

extern crate alloc;

mod blueprint;
mod bucket;
mod charging;
mod comparison;
mod controller;
mod cost;
mod decision;
mod dimension;
mod dominance;
mod dormant;
mod effect;
mod engine;
mod kept;
mod lane;
mod lateness;
mod learned;
pub mod lease;
mod ledger;
mod limit;
mod notes;
mod observation;
mod order;
mod outcome;
mod price;
mod queue;
mod quota;
mod recent;
mod request;
mod scope;
mod shape;
mod snapshot;
mod soonest;
mod tenant;
mod time;
mod usage;
mod ward;
mod wards;

pub use blueprint::Blueprint;
pub use charging::{Charging, LearnedCharging};
pub use comparison::{Compared, Comparison};
pub use cost::Cost;
pub use decision::{Decision, Reason, Rejection};
pub use dimension::Dimension;
pub use dormant::Dormant;
pub use effect::Effect;
pub use engine::{Engine, EngineConfig, Learning};
pub use lane::LaneId;
pub use learned::{
    LEARNED_VERSION, Learned, LearnedCounter, LearnedGrain, LearnedLane, LearnedLimit, LearnedShape,
};
pub use ledger::{ReservationId, Tally};
pub use limit::{Limit, LimitId};
pub use observation::{Enforcement, Feedback, Observation, Reach};
pub use order::{Floors, Order, Overflow, Within};
pub use outcome::Class;
pub use price::Price;
pub use quota::{Calendar, Quota, Refill};
pub use request::{Band, Output, Place, Request, Text};
pub use scope::Scope;
pub use shape::Shape;
pub use snapshot::{FlowStatus, LaneStatus, LimitStatus, Snapshot, TenantStatus};
pub use tenant::Weight;
pub use time::Timestamp;
pub use usage::Usage;
