//! The log: what is traced, and how it reaches stderr.

use std::io;

use tracing_subscriber::EnvFilter;

use crate::context::Context;
use crate::exit::Failure;
use crate::output::Paint;

/// Warnings only, because a log that nobody asked for must not bury the command's own words.
const FILTER: &str = "warn";

/// Sends the trace to stderr through the filter that the environment names.
pub(crate) fn start(context: &Context) -> Result<(), Failure> {
    let wanted = context.environment.log.as_deref().unwrap_or(FILTER);
    let filter = EnvFilter::try_new(wanted).map_err(|error| {
        Failure::usage(format!("log filter `{wanted}`: {error}"))
            .hint("TIDEGATE_LOG takes a level such as `info`, or `target=level,...`")
    })?;
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(context.output.paint() == Paint::Coloured)
        .finish();
    // A subscriber that stands already is another test's in the same process, and serves as well.
    let _ = tracing::subscriber::set_global_default(subscriber);
    Ok(())
}
