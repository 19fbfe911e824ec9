//! The clients of providers over scripted and timed transports, in manual time.

#![expect(clippy::unwrap_used, reason = "what fails while a test is set up fails the test")]

mod blocking;
mod chat;
mod confirm;
mod credit;
mod cut;
mod discovery;
mod estimates;
mod fallback;
mod generic;
mod harness;
mod input;
#[cfg(feature = "metrics")]
mod meters;
mod monitor;
mod nonsense;
mod nonsense_streams;
mod overload;
mod pace;
#[cfg(feature = "metrics")]
#[path = "../../../tidegate/tests/suite/page.rs"]
mod page;
mod retry;
mod share;
mod spans;
mod streams;
mod timeouts;
