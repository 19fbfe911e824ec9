//! OpenAI's dialect.

mod charge;
mod enforcement;
mod errors;
mod estimate;
mod headers;
mod usage;

pub(crate) use errors::{LIMITS, inside_ruling, is_out_of_quota, limit_ruling, refuse};

crate::adapter::join_folder!(OpenAi);
