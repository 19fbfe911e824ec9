//! OpenRouter's dialect.

mod charge;
mod enforcement;
mod errors;
mod estimate;
mod headers;
mod usage;

crate::adapter::join_folder!(OpenRouter);

pub(crate) use enforcement::{FREE, FREE_A_DAY};
