//! libFuzzer's entry to `properties/error_bodies.rs`.
#![no_main]

#[path = "../properties/all.rs"]
mod properties;

libfuzzer_sys::fuzz_target!(|data: &[u8]| properties::error_bodies::check(data));
