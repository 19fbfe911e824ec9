//! The engine beside the field's rate limiters: `governor`, `leaky-bucket`, `ratelimit` and tokio's semaphore.
//!
//! The peers do not do the same: ours meets five limits at once, keeps a reservation and settles it; they count one
//! dimension and forget. `decide` measures a call that need not wait, with time passed in where a peer allows that;
//! `memory` counts bytes;
//! `queue` measures calls that wait in virtual time; `waiters` measures calls that wait in real time.

mod decide;
mod memory;
mod queue;
mod waiters;

use xtask::console;

fn main() {
    decide::run();
    memory::run();
    queue::run();
    waiters::run();
}

/// Prints one figure.
fn line(what: &str, figure: &str) {
    console::data(&format!("{what:<58} {figure}"));
}
