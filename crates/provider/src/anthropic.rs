//! Anthropic's dialect.

mod charge;
mod enforcement;
mod errors;
mod estimate;
mod headers;
mod usage;

crate::adapter::join_folder!(Anthropic);
