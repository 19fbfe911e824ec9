//! Behaviour of the facade, through one harness and a clock that moves only when told to.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests, and a panic is how they fail")]

mod blocking;
mod calendar;
mod cancel;
mod clocks;
mod close;
mod conformance;
mod deadline;
mod estimates;
mod events;
mod harness;
#[cfg(feature = "metrics")]
mod metrics;
mod order;
mod overload;
#[cfg(feature = "metrics")]
mod page;
mod permit;
mod real;
mod schedule;
mod scheduler;
mod sharing;
#[cfg(feature = "tower")]
mod tower;
mod wakers;
mod walk;
