//! The gateway over real loopback sockets, in front of a small upstream that does as it is told.

#![expect(clippy::unwrap_used, reason = "what fails while a test is set up fails the test")]

#[path = "gateway/house.rs"]
mod house;
#[path = "gateway/upstream.rs"]
mod upstream;

#[path = "gateway/admin.rs"]
mod admin;
#[path = "gateway/circuits.rs"]
mod circuits;
#[path = "gateway/cut.rs"]
mod cut;
#[path = "gateway/forwarding.rs"]
mod forwarding;
#[path = "gateway/naming.rs"]
mod naming;
#[path = "gateway/pacing.rs"]
mod pacing;
#[path = "gateway/refusing.rs"]
mod refusing;
#[path = "gateway/shutdown.rs"]
mod shutdown;
