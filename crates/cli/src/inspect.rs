//! `tidegate inspect`: what Tidegate understands of one raw HTTP response, as JSON.

mod message;
mod report;

use std::fs::File;
use std::io::{Read, stdin};
use std::path::PathBuf;

use tidegate::{Clock, RealClock};
use tidegate_provider::{Dialect, ResponseHead, adapter, builtins, inspect};

use crate::config::{self, Config};
use crate::context::Context;
use crate::exit::{Exit, Failure};
use message::Message;
use report::Report;

/// Arguments of `tidegate inspect`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Whose answer it is; a name that is not built in is read as a host that speaks OpenAI's API
    #[arg(long, value_name = "NAME")]
    provider: String,
    /// A config file whose header names (providers.NAME.headers) and dialect are used
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// The response: status line, headers, blank line, body, as `curl -i` prints it; standard input when absent
    file: Option<PathBuf>,
}

/// The longest response that is read; no provider's answer comes near.
const BYTES_MAX: u64 = 256 * 1024 * 1024;

/// Reads the response and prints what is understood of it.
pub(crate) fn run(args: &Args, context: &Context) -> Result<Exit, Failure> {
    let config = args.config.as_deref().map_or_else(|| Ok(Config::default()), config::load)?;
    let message = Message::parse(&read(args)?)?;
    let adapter = config.adapter_of(&args.provider).unwrap_or_else(|| {
        context.output.note(&format!(
            "{} is not built in; it is read as any host that speaks OpenAI's API. Built in: {}",
            args.provider,
            builtins().iter().map(|known| known.name).collect::<Vec<_>>().join(", ")
        ));
        adapter(Dialect::Compatible)
    });
    // Absolute times relate to the response's own date; without one it is taken to arrive now.
    let head =
        ResponseHead { status: message.status, headers: &message.headers, received_at: RealClock.wall() };
    let inspection = inspect(adapter, &head, &message.body);
    context.output.data(&Report::new(&args.provider, adapter.dialect(), &message, &inspection).json());
    Ok(Exit::Done)
}

/// The bytes of the file, or of standard input.
fn read(args: &Args) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let taken = match &args.file {
        Some(path) => File::open(path).and_then(|file| file.take(BYTES_MAX + 1).read_to_end(&mut bytes)),
        None => stdin().lock().take(BYTES_MAX + 1).read_to_end(&mut bytes),
    };
    let name =
        args.file.as_ref().map_or_else(|| "standard input".to_owned(), |path| path.display().to_string());
    taken.map_err(|error| Failure::start(format!("cannot read {name}: {error}")))?;
    if bytes.len() as u64 > BYTES_MAX {
        return Err(Failure::usage(format!("{name} is longer than {} MiB", BYTES_MAX >> 20)));
    }
    Ok(bytes)
}
