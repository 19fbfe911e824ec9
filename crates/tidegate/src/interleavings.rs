//! Interleavings: a scheduler chooses who goes next at every lock, condition and wake-up, some thousand times over, and
//! whatever it chooses no wake-up is lost, no grant is made twice, no limit is exceeded, and everybody ends.
//!
//! These run with `--cfg shuttle` only; `cargo xtask test` does so. A failing schedule is printed, and
//! [`shuttle::replay`] goes through it again.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests, and a panic is how they fail")]

mod cancelling;
mod closing;
mod deadlines;
mod handing_off;
mod listening;
mod world;
