//! Arguments of `tidegate batch`, and what it has in common with `tidegate embed`: as they are written, and the job that
//! they mean.

use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tidegate_batch::{Beginning, BodySettings, Concurrency, Job, OnFailure, ReasoningEffort, RequestRows};
use tidegate_client::Memory;
use tidegate_core::Band;
use tidegate_provider::Dialect;

use super::view::Say;
use crate::config::{self, Config, Exact};
use crate::context::Context;
use crate::discover;
use crate::exit::Failure;
use crate::state::State;

/// Failures that the summary names; all are in the output.
const FAILURES_MAX: usize = 5;

/// Arguments of `tidegate batch`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) work: Work,

    /// Ask for JSON objects in every row that does not set it itself
    #[arg(long)]
    pub(crate) json_mode: bool,

    /// How hard reasoning models are to think, in every row that does not set it itself: none, minimal, low, medium,
    /// high
    #[arg(long, value_name = "LEVEL", value_parser = effort)]
    pub(crate) reasoning_effort: Option<ReasoningEffort>,

    /// How the rows go: live, or provider-batch, the provider's own batch API (openai, anthropic, mistral): about half
    /// the price, outside of the live limits, and done within a day; the same command again looks after its jobs
    #[arg(long, value_name = "WAY", value_enum, default_value_t = Via::Live)]
    pub(crate) via: Via,

    /// End the jobs of --via provider-batch that are under way, and keep what they have answered
    #[arg(long, requires = "via")]
    pub(crate) cancel: bool,

    /// Print each request before it is sent, and each answer
    #[arg(long, conflicts_with = "quiet")]
    pub(crate) print_prompts: bool,
}

/// How rows go to the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Via {
    /// One call a row, paced by the limits.
    Live,
    /// As jobs of the provider's own batch API.
    ProviderBatch,
}

/// What rows there are, where they go and how: the flags of every command that runs the rows of a file.
#[derive(Debug, clap::Args)]
pub(crate) struct Work {
    /// The rows, one a line; plain, gzip or zstd; - reads them from standard input
    #[arg(value_name = "IN.jsonl")]
    pub(crate) input: PathBuf,

    /// Where the answers go, in the order of the rows; packed where the name ends with .gz or .zst
    #[arg(short, long, value_name = "OUT.jsonl")]
    pub(crate) output: PathBuf,

    /// Who answers; rows whose model is written NAME/MODEL go to NAME, where the config names it
    #[arg(long, value_name = "NAME", value_parser = name)]
    pub(crate) provider: String,

    /// Where the provider's API begins, such as http://127.0.0.1:8080/openai [default: its public address]
    #[arg(long, value_name = "URL", value_parser = base_url)]
    pub(crate) base_url: Option<String>,

    /// The model of rows that name none
    #[arg(long, value_name = "M")]
    pub(crate) model: Option<String>,

    #[command(flatten)]
    pub(crate) limits: Limits,

    /// Rows in process at a time, those that wait included [default: as many as the limits can use]
    #[arg(long, value_name = "N")]
    pub(crate) concurrency: Option<NonZeroUsize>,

    /// Times that a row is sent before it counts as failed [default: 6]
    #[arg(long, value_name = "N")]
    pub(crate) max_attempts: Option<NonZeroU32>,

    /// Seconds before the first retry of a failed call; they double with each further one [default: 0.5]
    #[arg(long, value_name = "S", value_parser = seconds)]
    pub(crate) retry_base: Option<Duration>,

    /// A model for rows whose own keeps being refused; several are tried in order
    #[arg(long, value_name = "M")]
    pub(crate) fallback_model: Vec<String>,

    /// Send no more rows once one has failed
    #[arg(long)]
    pub(crate) stop_on_first_error: bool,

    /// End the run, to be resumed later, when a provider was away for so long [default: 1h]
    #[arg(long, value_name = "SPAN", value_parser = seconds)]
    pub(crate) give_up_after: Option<Duration>,

    /// Keep the headers of each answer in its output line
    #[arg(long)]
    pub(crate) headers: bool,

    /// Say nothing but what went wrong
    #[arg(short, long, conflicts_with = "verbose")]
    pub(crate) quiet: bool,

    /// Say how each row ended
    #[arg(short, long)]
    pub(crate) verbose: bool,

    /// Which calls on the same limits go first: interactive, standard, batch
    #[arg(long, value_name = "BAND", default_value = "batch", value_parser = band)]
    pub(crate) band: Band,

    /// A config file with further providers and limits
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    /// Forget what an earlier run of the same command finished, and replace its output
    #[arg(long)]
    pub(crate) restart: bool,

    /// Use nothing of what earlier runs learned of the provider, and keep nothing for later ones
    #[arg(long)]
    pub(crate) no_state: bool,
}

/// Limits of the account; whatever is not given is learned.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Limits {
    /// Requests a minute, at most
    #[arg(long, value_name = "N")]
    pub(crate) rpm: Option<u64>,

    /// Tokens a minute, at most, input and output together
    #[arg(long, value_name = "N")]
    pub(crate) tpm: Option<u64>,

    /// Input tokens a minute, at most
    #[arg(long, value_name = "N")]
    pub(crate) itpm: Option<u64>,

    /// Output tokens a minute, at most
    #[arg(long, value_name = "N")]
    pub(crate) otpm: Option<u64>,

    /// Requests a second, at most; may be a fraction
    #[arg(long, value_name = "N", value_parser = rate)]
    pub(crate) rps: Option<Exact>,
}

impl Args {
    /// The job that the flags describe.
    pub(crate) fn job(&self) -> Job {
        let mut job = self.work.job();
        // Rows that the provider has must not be sent live as well, so the way is one of the options of a run.
        if self.via == Via::ProviderBatch {
            job = job.option("via", "provider-batch");
        }
        if self.json_mode {
            job = job.option("json-mode", "on");
        }
        if let Some(effort) = self.reasoning_effort {
            job = job.option("reasoning-effort", effort.name());
        }
        job
    }

    /// The settings that go into every body.
    pub(crate) const fn settings(&self) -> BodySettings {
        BodySettings { json_mode: self.json_mode, reasoning_effort: self.reasoning_effort }
    }

    /// How rows are read: bare chat bodies go to the chat endpoint of the provider's dialect.
    pub(crate) fn format(dialect: Dialect) -> RequestRows {
        match dialect {
            Dialect::Anthropic => RequestRows::new().chat_path("/v1/messages"),
            _ => RequestRows::new(),
        }
    }
}

impl Work {
    /// The job that the flags describe.
    pub(crate) fn job(&self) -> Job {
        let concurrency = self.concurrency.map_or_else(found, Concurrency::AtMost);
        let mut job = Job::new(self.source(), &self.output)
            .option("provider", &self.provider)
            .concurrency(concurrency)
            .beginning(if self.restart { Beginning::Anew } else { Beginning::Resume })
            .on_failure(if self.stop_on_first_error { OnFailure::Stop } else { OnFailure::GoOn });
        if let Some(model) = &self.model {
            job = job.option("model", model);
        }
        job.failures_kept(FAILURES_MAX)
    }

    /// The config file, or an empty config where none is named.
    pub(crate) fn config(&self, context: &Context) -> Result<Config, Failure> {
        let mut config = self.config.as_deref().map_or_else(|| Ok(Config::default()), config::load)?;
        let base_url = |name: &str| self.base_url.as_deref().filter(|_| name == self.provider);
        let state = State::here(context).filter(|_| !self.no_state);
        discover::at_start(&mut config, base_url, context, state.as_ref())?;
        Ok(config)
    }

    /// Where what is learned outlives the run; `None` where nothing is to be kept.
    pub(crate) fn memory(&self, context: &Context) -> Option<Arc<dyn Memory>> {
        State::of(context).filter(|_| !self.no_state)
    }

    /// How much is said.
    pub(crate) const fn tone(&self) -> Say {
        if self.quiet { Say::Nothing } else { Say::Progress { rows: self.verbose } }
    }

    /// Where the rows come from: `-` is standard input, as everywhere.
    fn source(&self) -> PathBuf {
        if self.input.as_os_str() == "-" { PathBuf::from("/dev/stdin") } else { self.input.clone() }
    }
}

/// As many rows in process as the limits can use, up to half of the files that this process may open: a row has a
/// connection, and others need files as well. More than 4 096 are no use to any limit that is known.
fn found() -> Concurrency {
    let files = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    let half = usize::try_from(files.unwrap_or(u64::MAX) / 2).unwrap_or(usize::MAX);
    NonZeroUsize::new(half.min(4_096)).map_or_else(Concurrency::default, Concurrency::FoundUpTo)
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

fn effort(text: &str) -> Result<ReasoningEffort, String> {
    let names = || ReasoningEffort::ALL.map(ReasoningEffort::name).join(", ");
    ReasoningEffort::from_name(text).ok_or_else(|| format!("known are {}", names()))
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
             --fallback-model n --stop-on-first-error --band standard --restart --no-state --give-up-after 10m \
             --json-mode --reasoning-effort low --headers --verbose --print-prompts --via provider-batch --cancel",
        )
        .unwrap();
        assert_eq!(args.work.base_url.as_deref(), Some("http://127.0.0.1:9"));
        assert_eq!(
            (args.work.limits.rpm, args.work.retry_base),
            (Some(300), Some(Duration::from_millis(250)))
        );
        assert_eq!(
            (args.work.band, args.work.give_up_after),
            (Band::Standard, Some(Duration::from_secs(600)))
        );
        assert!(
            args.via == Via::ProviderBatch
                && args.cancel
                && args.settings().json_mode
                && args.work.headers
                && args.work.verbose
                && args.print_prompts
        );
        assert!(args.work.restart && args.work.stop_on_first_error && args.work.no_state);
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
            "in.jsonl -o out.jsonl --provider openai --reasoning-effort much",
            "in.jsonl -o out.jsonl --provider openai --quiet --verbose",
            "in.jsonl -o out.jsonl --provider openai --cancel",
            "in.jsonl -o out.jsonl --provider openai --via pigeon",
            "in.jsonl -o out.jsonl --provider openai --base-url nowhere",
        ] {
            assert!(parse(flags).is_err(), "{flags}");
        }
    }
}
