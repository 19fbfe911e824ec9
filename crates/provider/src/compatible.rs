//! The dialect of hosts that speak OpenAI's bodies and are not known closer.

mod charge;
mod enforcement;
mod errors;
mod estimate;
mod headers;
mod usage;

crate::adapter::join_folder!(Compatible);
