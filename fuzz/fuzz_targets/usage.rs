//! libFuzzer's entry to `properties/usage.rs`.
#![no_main]

#[path = "../properties/all.rs"]
mod properties;

libfuzzer_sys::fuzz_target!(|data: &[u8]| properties::usage::check(data));
