//! What reading costs: usage out of a stream beside plain forwarding and `eventsource-stream`, estimates of bodies, heads read into limits.

mod estimates;
mod heads;
mod streams;

use std::time::Duration;

use xtask::console;

fn main() {
    streams::run();
    estimates::run();
    heads::run();
}

/// Prints one figure.
fn line(what: &str, figure: &str) {
    console::data(&format!("{what:<58} {figure}"));
}

/// Bytes a nanosecond, which is gigabytes a second.
fn gigabytes_per_second(bytes: usize, time: Duration) -> f64 {
    bytes as f64 / time.as_secs_f64() / 1e9
}
