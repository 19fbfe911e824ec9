//! What every input must fulfil, a file for each parser. Used by the fuzz targets and, over seeds and their mutations,
//! by `crates/provider/tests/fuzz`.

pub(crate) mod durations;
pub(crate) mod error_bodies;
pub(crate) mod headers;
pub(crate) mod input;
pub(crate) mod sse;
pub(crate) mod usage;
