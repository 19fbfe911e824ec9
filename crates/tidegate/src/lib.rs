//! Keeps every call to an LLM API under the provider's limits, at the provider's full speed.
//!
//! A call asks a [`Limiter`] for a [`Permit`] with its estimated [`Cost`]. The permit comes at the first instant at
//! which every limit allows it, in fair order. After the answer the permit is settled with what was really used,
//! and what was reserved too much is free for the next call.
//!
//! ```
//! use tidegate::{Cost, Usage};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let limiter = tidegate::Limiter::builder().requests_per_minute(300).tokens_per_minute(60_000).build()?;
//!
//! # let call = async {
//! let permit = limiter.acquire(Cost::requests(1).input_tokens(120).output_tokens(80)).await?;
//! // ... the call itself ...
//! permit.settle(Usage::new(118, 64));
//! # Ok::<(), tidegate::Rejection>(())
//! # };
//! # let mut call = std::pin::pin!(call);
//! # let mut context = std::task::Context::from_waker(std::task::Waker::noop());
//! # assert!(call.as_mut().poll(&mut context).is_ready(), "the first call does not wait");
//! # Ok(())
//! # }
//! ```
//!
//! The futures run on any executor; [`Limiter::acquire_blocking`] needs none, [`Limiter::try_acquire`] does not wait,
//! and [`Limiter::quote`] only asks. All of them share one queue.
//!
//! * [`Builder`] says what can be limited, and what each default is.
//! * [`Permit`] says what happens to a call that is cancelled, dropped or lost.
//! * [`Scheduler`] takes whole calls as closures and does all of this by itself.
//! * [`call`] decides what follows an answer: done, retry, another model, or stop.
//! * [`events`] tells what happens, for live views.
//! * [`conformance`] checks implementations of the seams that callers may fill.
//! * [`store`] is where processes that share a budget meet.
//! * [`clock`] is where time comes from; with a [`ManualClock`] tests never sleep.
//!
//! Features only add: `tower` a layer and a service, `metrics` counters and gauges for the program's recorder, `tokio` a
//! clock that goes by a runtime's time.
//!
//! Deliberately absent: providers, HTTP, JSON and, unless the feature `tokio` asks for one, async runtimes.

mod account;
mod acquire;
mod calendar;
pub mod call;
pub mod clock;
pub mod conformance;
mod departure;
mod driver;
mod error;
pub mod events;
#[cfg(all(test, shuttle))]
mod interleavings;
mod limiter;
mod meters;
mod permit;
pub mod scheduler;
pub mod store;
mod sync;
#[cfg(feature = "tower")]
pub mod tower;
mod wake;

pub use acquire::Acquire;
pub use clock::{Clock, ManualClock, RealClock};
pub use departure::Departure;
pub use error::Error;
pub use events::Events;
pub use limiter::{BuildError, Builder, Busy, Limiter, Limits, Rate};
pub use permit::Permit;
pub use scheduler::Scheduler;
pub use store::{MemoryStore, Store};
#[doc(no_inline)]
pub use tidegate_core::{
    Band, Calendar, Charging, Class, Compared, Comparison, Cost, Decision, Dimension, Enforcement, Feedback,
    Floors, LaneStatus, Learned, LearnedCharging, Learning, Limit, LimitStatus, Observation, Order, Output,
    Overflow, Place, Price, Quota, Reach, Reason, Refill, Rejection, Request, Scope, Snapshot, Tally, Text,
    Timestamp, Usage, Weight, Within,
};
pub use wake::block_on;
