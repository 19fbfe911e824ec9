//! The `tidegate` command: reads the environment and the command line, runs one command, and exits with its code.

mod check;
mod config;
mod context;
mod exit;
mod log;
mod output;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use context::{Context, Environment};
use exit::{Exit, Failure};
use output::Output;

/// Keeps every call to an LLM API under the provider's limits, at the provider's full speed.
#[derive(Debug, Parser)]
#[command(name = "tidegate", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
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
    let output = Output::new(environment.plain);
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            Output::usage(&error);
            return if error.use_stderr() { Exit::Usage } else { Exit::Done }.into();
        }
    };
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
        Command::Config(ConfigCommand::Check(args)) => check::run(&args, context),
    }
}

/// Everything that the command takes from the environment, keys excepted.
#[expect(clippy::disallowed_methods, reason = "main is the binary's place that reads the environment")]
fn environment() -> Environment {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let text = |name: &str| set(name)?.into_string().ok();
    let home_state = || Some(PathBuf::from(set("HOME")?).join(".local/state"));
    Environment {
        log: text("TIDEGATE_LOG").or_else(|| text("RUST_LOG")),
        plain: set("NO_COLOR").is_some() || text("TERM").is_some_and(|term| term == "dumb"),
        // The specification of XDG_STATE_HOME ignores paths that are relative.
        state_home: set("XDG_STATE_HOME")
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
            .or_else(home_state),
    }
}
