//! `tidegate config check`: every mistake in a config file, or what the file means.

use std::path::PathBuf;

use crate::config::{self, Config};
use crate::context::Context;
use crate::exit::{Exit, Failure};

/// Arguments of `tidegate config check`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The config file
    file: PathBuf,
}

/// Reads the file; mistakes are the failure that comes back.
pub(crate) fn run(args: &Args, context: &Context) -> Result<Exit, Failure> {
    let config = config::load(&args.file)?;
    context.output.data(&format!("ok: {}", summary(&config)));
    Ok(Exit::Done)
}

/// What the file means, in one line.
fn summary(config: &Config) -> String {
    let providers = match config.providers.len() {
        0 => "built-in providers only".to_owned(),
        _ => format!("providers {}", config.providers.keys().cloned().collect::<Vec<_>>().join(", ")),
    };
    let limits = match config.limits.len() {
        0 => "all limits learned".to_owned(),
        1 => "1 limit".to_owned(),
        many => format!("{many} limits"),
    };
    let server = &config.server;
    format!(
        "listens on {}, waits at most {:?}, reads bodies up to {}; {providers}; {limits}",
        server.listen,
        server.max_wait,
        config::size_text(server.max_body)
    )
}
