//! libFuzzer's entry to `properties/error_bodies.rs`.
#![no_main]

#[path = "../properties/error_bodies.rs"]
mod error_bodies;
#[path = "../properties/input.rs"]
mod input;

libfuzzer_sys::fuzz_target!(|data: &[u8]| error_bodies::check(data));
