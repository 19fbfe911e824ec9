//! libFuzzer's entry to `properties/usage.rs`.
#![no_main]

#[path = "../properties/input.rs"]
mod input;
#[path = "../properties/usage.rs"]
mod usage;

libfuzzer_sys::fuzz_target!(|data: &[u8]| usage::check(data));
