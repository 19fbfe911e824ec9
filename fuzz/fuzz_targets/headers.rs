//! libFuzzer's entry to `properties/headers.rs`.
#![no_main]

#[path = "../properties/headers.rs"]
mod headers;
#[path = "../properties/input.rs"]
mod input;

libfuzzer_sys::fuzz_target!(|data: &[u8]| headers::check(data));
