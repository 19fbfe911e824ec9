//! What every input must fulfil, a file for each parser. Used by the fuzz targets and, over seeds and their mutations,
//! by `crates/provider/tests/fuzz`.

#![allow(dead_code, unreachable_pub, reason = "each target uses one of these files, and the tests use all")]

pub mod durations;
pub mod error_bodies;
pub mod headers;
pub mod input;
pub mod sse;
pub mod usage;
