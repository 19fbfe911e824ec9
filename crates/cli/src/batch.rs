//! `tidegate batch`: runs every row of a file and writes the answers in the same order; run again, it resumes.

mod accounts;
mod summary;
mod view;

use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;
use std::time::Duration;

use tidegate_batch::{Beginning, Concurrency, Error, Job, OnFailure, PacedRows, Report, RequestRows, Stop};
use tidegate_core::Band;
use tidegate_provider::Dialect;

use crate::config::{self, Config, Exact};
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::runtime;
use view::View;

/// Arguments of `tidegate batch`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The rows: JSON, one request a line, as OpenAI's batch line or as a bare request body
    #[arg(value_name = "IN.jsonl")]
    input: PathBuf,

    /// Where the answers go, in the order of the rows
    #[arg(short, long, value_name = "OUT.jsonl")]
    output: PathBuf,

    /// Who answers; rows whose model is written NAME/MODEL go to NAME, where the config names it
    #[arg(long, value_name = "NAME", value_parser = name)]
    provider: String,

    /// Where the provider's API begins, such as http://127.0.0.1:8080/openai [default: its public address]
    #[arg(long, value_name = "URL", value_parser = base_url)]
    base_url: Option<String>,

    /// The model of rows that name none
    #[arg(long, value_name = "M")]
    model: Option<String>,

    #[command(flatten)]
    limits: Limits,

    /// Rows in process at a time, those that wait included [default: as many as the limits can use]
    #[arg(long, value_name = "N")]
    concurrency: Option<NonZeroUsize>,

    /// Times that a row is sent before it counts as failed [default: 6]
    #[arg(long, value_name = "N")]
    max_attempts: Option<NonZeroU32>,

    /// Seconds before the first retry of a failed call; they double with each further one [default: 0.5]
    #[arg(long, value_name = "S", value_parser = seconds)]
    retry_base: Option<Duration>,

    /// A model for rows whose own keeps being refused; several are tried in order
    #[arg(long, value_name = "M")]
    fallback_model: Vec<String>,

    /// Send no more rows once one has failed
    #[arg(long)]
    stop_on_first_error: bool,

    /// Which calls on the same limits go first: interactive, standard, batch
    #[arg(long, value_name = "BAND", default_value = "batch", value_parser = band)]
    band: Band,

    /// A config file with further providers and limits
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// Forget what an earlier run of the same command finished, and replace its output
    #[arg(long)]
    restart: bool,

    /// Keep nothing of what is learned between runs; nothing is kept so far, with this flag or without
    #[arg(long)]
    no_state: bool,
}

/// Limits of the account; whatever is not given is learned.
#[derive(Debug, Default, clap::Args)]
struct Limits {
    /// Requests a minute, at most
    #[arg(long, value_name = "N")]
    rpm: Option<u64>,

    /// Tokens a minute, at most, input and output together
    #[arg(long, value_name = "N")]
    tpm: Option<u64>,

    /// Input tokens a minute, at most
    #[arg(long, value_name = "N")]
    itpm: Option<u64>,

    /// Output tokens a minute, at most
    #[arg(long, value_name = "N")]
    otpm: Option<u64>,

    /// Requests a second, at most; may be a fraction
    #[arg(long, value_name = "N", value_parser = rate)]
    rps: Option<Exact>,
}

/// Runs the rows to their end, or until somebody stops it.
pub(crate) fn run(args: &Args, context: &Context) -> Result<Exit, Failure> {
    let config = args.config.as_deref().map_or_else(|| Ok(Config::default()), config::load)?;
    let story = async {
        let rows = accounts::rows(args, &config)?;
        let view = View::new(context.output, &rows);
        let ended = process(args, &rows, &view).await;
        let elapsed = view.close();
        let report = ended.map_err(|error| refused(&error))?;
        let summary = summary::Summary { args, report: &report, elapsed, failures: &view.failures() };
        for line in summary.lines(context.output.paint()) {
            context.output.note(&line);
        }
        Ok(summary.exit())
    };
    runtime::block_on_one_thread(story)?
}

/// Runs the job, draws its progress and passes signals on: the first stops gently, the second at once.
async fn process(args: &Args, rows: &PacedRows, view: &View) -> Result<Report, Error> {
    let (first, second) = (runtime::interrupt(), runtime::interrupt_twice());
    tokio::pin!(first, second);
    let (job, format, stop) = (args.job(), args.format(rows), Stop::new());
    let mut watcher = view.watcher();
    let run = job.run(&format, rows, &stop, &mut watcher);
    tokio::pin!(run);
    let mut tick = tokio::time::interval(view.interval());
    // The first tick comes at once, when there is nothing to show yet.
    tick.tick().await;
    let (mut asked, mut asked_twice) = (false, false);
    loop {
        tokio::select! {
            ended = &mut run => return ended,
            () = &mut first, if !asked => {
                asked = true;
                view.say("stopping: rows under way finish, no more are sent; Ctrl-C again stops at once");
                stop.gently();
            }
            () = &mut second, if !asked_twice => {
                asked_twice = true;
                stop.now();
            }
            _ = tick.tick() => view.tick(),
        }
    }
}

impl Args {
    fn job(&self) -> Job {
        let concurrency = self.concurrency.map_or_else(found, Concurrency::AtMost);
        let mut job = Job::new(&self.input, &self.output)
            .option("provider", &self.provider)
            .concurrency(concurrency)
            .beginning(if self.restart { Beginning::Anew } else { Beginning::Resume })
            .on_failure(if self.stop_on_first_error { OnFailure::Stop } else { OnFailure::GoOn });
        if let Some(model) = &self.model {
            job = job.option("model", model);
        }
        job
    }

    /// How rows are read: bare chat bodies go to the chat endpoint of the provider's dialect.
    fn format(&self, rows: &PacedRows) -> RequestRows {
        match rows.dialect() {
            Dialect::Anthropic => RequestRows::new().chat_path("/v1/messages"),
            _ => RequestRows::new(),
        }
    }
}

/// As many rows in process as the limits can use, up to half of the files that this process may open: a row has a
/// connection, and others need files as well. More than 4 096 are no use to any limit that is known.
fn found() -> Concurrency {
    let files = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    let half = usize::try_from(files.unwrap_or(u64::MAX) / 2).unwrap_or(usize::MAX);
    NonZeroUsize::new(half.min(4_096)).map_or_else(Concurrency::default, Concurrency::FoundUpTo)
}

/// Why the batch could not start or go on, with the flag that helps.
fn refused(error: &Error) -> Failure {
    let failure = Failure::start(error.to_string());
    if error.is_cured_by_restart() {
        failure.hint("--restart begins anew; every row is sent again")
    } else {
        failure
    }
}

fn name(text: &str) -> Result<String, String> {
    config::name_of(text).map_err(|wrong| wrong.to_string())
}

fn base_url(text: &str) -> Result<String, String> {
    config::base_url(text).map_err(|wrong| wrong.to_string())
}

fn rate(text: &str) -> Result<Exact, String> {
    Exact::read(text).map_err(|wrong| wrong.to_string())
}

/// Seconds as a decimal number, with or without their unit.
fn seconds(text: &str) -> Result<Duration, String> {
    let bare = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let written = if bare { format!("{text}s") } else { text.to_owned() };
    config::duration(&written).map_err(|wrong| wrong.to_string())
}

fn band(text: &str) -> Result<Band, String> {
    let names = || Band::ALL.map(Band::name).join(", ");
    Band::from_name(text).ok_or_else(|| format!("known are {}", names()))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: Args,
    }

    fn parse(flags: &str) -> Result<Args, clap::Error> {
        Line::try_parse_from(std::iter::once("batch").chain(flags.split(' '))).map(|line| line.args)
    }

    #[test]
    fn every_flag_is_read() {
        let args = parse(
            "in.jsonl -o out.jsonl --provider openai --base-url http://127.0.0.1:9/v1/ --model m --rpm 300 \
             --tpm 60000 --itpm 1 --otpm 2 --rps 0.5 --concurrency 8 --max-attempts 3 --retry-base 0.25 \
             --fallback-model n --stop-on-first-error --band standard --restart --no-state",
        )
        .unwrap();
        assert_eq!(args.base_url.as_deref(), Some("http://127.0.0.1:9"));
        assert_eq!((args.limits.rpm, args.retry_base), (Some(300), Some(Duration::from_millis(250))));
        assert_eq!(args.band, Band::Standard);
        assert!(args.restart && args.stop_on_first_error && args.no_state);
    }

    #[test]
    fn what_no_run_can_mean_is_refused() {
        for flags in [
            "in.jsonl --provider openai",
            "in.jsonl -o out.jsonl",
            "in.jsonl -o out.jsonl --provider openai --concurrency 0",
            "in.jsonl -o out.jsonl --provider openai --max-attempts 0",
            "in.jsonl -o out.jsonl --provider openai --band urgent",
            "in.jsonl -o out.jsonl --provider openai --rps fast",
            "in.jsonl -o out.jsonl --provider openai --base-url nowhere",
        ] {
            assert!(parse(flags).is_err(), "{flags}");
        }
    }
}
