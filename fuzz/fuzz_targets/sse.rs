//! libFuzzer's entry to `properties/sse.rs`.
#![no_main]

#[path = "../properties/input.rs"]
mod input;
#[path = "../properties/sse.rs"]
mod sse;

libfuzzer_sys::fuzz_target!(|data: &[u8]| sse::check(data));
