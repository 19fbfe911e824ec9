//! libFuzzer's entry to `properties/durations.rs`.
#![no_main]

#[path = "../properties/durations.rs"]
mod durations;

libfuzzer_sys::fuzz_target!(|data: &[u8]| durations::check(data));
