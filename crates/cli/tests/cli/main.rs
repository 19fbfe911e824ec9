//! Runs the real binary: what it prints where, with which code it ends, and what it does over real sockets.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

mod band;
mod batch;
mod captures;
mod config_check;
mod count;
mod demo;
mod harness;
mod http;
mod inspect;
mod limits;
mod mock;
mod serve;
mod state;
mod usage;
