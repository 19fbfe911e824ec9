//! The `tidegate` command: reads the environment and the command line, runs one command, and exits with its code.

mod batch;
mod check;
mod config;
mod context;
mod count;
mod demo;
mod discover;
mod embed;
mod exit;
mod files;
#[cfg(test)]
mod guides;
mod inspect;
mod limits;
mod listen;
mod log;
mod mock;
mod output;
mod runtime;
mod serve;
mod state;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use context::{Context, Environment, Terminal};
use exit::{Exit, Failure};
use output::Output;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Keeps every call to an LLM API under the provider's limits, at the provider's full speed.
#[derive(Debug, Parser)]
#[command(name = "tidegate", version, arg_required_else_help = true, after_help = AFTER_HELP)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// What holds for every command.
const AFTER_HELP: &str = "\
Environment:
  <NAME>_API_KEY   The key of a provider, such as OPENAI_API_KEY; to this machine itself none is needed
  XDG_STATE_HOME   Where what is learned of providers is kept [default: ~/.local/state]
  TIDEGATE_TEKKEN  The tekken.json of Mistral's models, for exact counts
  TIDEGATE_LOG     What is logged to stderr, such as info or debug [default: warn]
  NO_COLOR         Set to anything: no colours

Exit codes:
  0  all done
  1  some rows or requests failed; each is named in the output
  2  the command line or a config file is wrong
  3  could not start: a port is taken, a file cannot be opened
  130  interrupted; the same command again resumes";

#[derive(Debug, Subcommand)]
enum Command {
    /// See it at work: emulated providers, the gateway and callers in one process, without any key
    Demo(demo::Args),
    /// Run the gateway: any SDK that uses it as its base URL stays under the provider's limits
    Serve(serve::Args),
    /// Run every row of a JSONL file; the same command again resumes what was interrupted
    Batch(batch::Args),
    /// Turn every text of a JSONL file into a vector, many texts a call; the same command again resumes
    Embed(embed::Args),
    /// Run an emulated provider, to test against
    Mock(mock::Args),
    /// Tell what is understood of one raw HTTP response: class, waits, limits, usage
    Inspect(inspect::Args),
    /// Ask a provider for an account's limits, usage and credit, and tell what is known of them
    Limits(limits::Args),
    /// Tell how many tokens a text or a file of requests is
    Count(count::Args),
    /// Work with config files
    #[command(subcommand)]
    Config(ConfigCommand),
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// List every mistake in a config file, each with its line and its remedy
    Check(check::Args),
}

fn main() -> ExitCode {
    let environment = environment();
    let output = Output::new(environment.terminal);
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            Output::usage(&error);
            return if error.use_stderr() { Exit::Usage } else { Exit::Done }.into();
        }
    };
    files::raise_limit();
    let context = Context { output, environment };
    match log::start(&context).and_then(|()| run(cli.command, &context)) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            output.failure(&failure);
            failure.exit().into()
        }
    }
}

/// Runs one command to its end.
fn run(command: Command, context: &Context) -> Result<Exit, Failure> {
    match command {
        Command::Demo(args) => demo::run(&args, context),
        Command::Serve(args) => serve::run(&args, context),
        Command::Batch(args) => batch::run(&args, context),
        Command::Embed(args) => embed::run(&args, context),
        Command::Mock(args) => mock::run(&args, context),
        Command::Inspect(args) => inspect::run(&args, context),
        Command::Limits(args) => limits::run(&args, context),
        Command::Count(args) => count::run(&args, context),
        Command::Config(ConfigCommand::Check(args)) => check::run(&args, context),
    }
}

/// Everything that the command takes from the environment, keys excepted.
#[expect(clippy::disallowed_methods, reason = "main is the binary's place that reads the environment")]
fn environment() -> Environment {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let text = |name: &str| set(name)?.into_string().ok();
    let terminal = match (text("TERM").as_deref(), set("NO_COLOR")) {
        (Some("dumb"), _) => Terminal::Dumb,
        (_, Some(_)) => Terminal::Colourless,
        _ => Terminal::Full,
    };
    let state = state::place(set("XDG_STATE_HOME").map(Into::into), set("HOME").map(Into::into));
    let tekken = set("TIDEGATE_TEKKEN").map(Into::into);
    Environment { log: text("TIDEGATE_LOG").or_else(|| text("RUST_LOG")), terminal, state, tekken }
}
