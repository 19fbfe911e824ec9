//! The environment as the tasks and the end-to-end tests see it: the only file here that reads it.
//!
//! `cargo xtask test` sets the three variables for the tests that it starts. A test that finds them missing says
//! so and passes without having tested anything.

use std::path::PathBuf;

/// Names the `tidegate` binary that end-to-end tests start.
pub const BINARY: &str = "TIDEGATE_BIN";
/// Names the Python interpreter that has the official SDKs.
pub const SDK_PYTHON: &str = "TIDEGATE_SDK_PYTHON";
/// Names the `node_modules` folder that has the official Node SDK.
pub const SDK_NODE_MODULES: &str = "TIDEGATE_SDK_NODE_MODULES";

/// The path that the environment variable `name` holds, if it is set and not empty.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one place where tasks read the environment")]
pub fn path(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}
