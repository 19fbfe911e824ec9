//! `tidegate count`: how many tokens a text or the requests of a file are.

mod input;
mod report;

use std::path::PathBuf;

use tidegate_provider::tokens;

use crate::context::Context;
use crate::exit::{Exit, Failure};
use input::{Input, Part};
use report::Report;

/// The model that a text is counted for where none is named: its vocabulary is that of all newer ones of OpenAI.
const MODEL: &str = "gpt-4o";

/// Arguments of `tidegate count`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The model to count for; requests that name their own are counted for that
    #[arg(long, value_name = "M")]
    model: Option<String>,

    /// Print a JSON object with the count of each model and how it was found
    #[arg(long)]
    json: bool,

    /// A text, a request as JSON, or a file of them as batch takes it [default: standard input]
    file: Option<PathBuf>,
}

/// Counts and prints: the number to stdout, how it is known to stderr.
pub(crate) fn run(args: &Args, context: &Context) -> Result<Exit, Failure> {
    let mut input = Input::open(args.file.as_deref())?;
    let mut report = Report::default();
    let model = args.model.as_deref();
    while let Some(part) = input.next()? {
        match part {
            Part::Text(text) => {
                let model = model.unwrap_or(MODEL);
                report.add(model, tokens::count_text(model, text));
            }
            Part::Request { row, body } => {
                let Some(counted) = tokens::count_request(model, body) else {
                    report.unread(row);
                    continue;
                };
                let own = input::model_of(body);
                report.add(own.as_deref().or(model).unwrap_or("no model"), counted);
            }
        }
    }
    context.output.data(&if args.json { report.json() } else { report.total().to_string() });
    for line in report.notes() {
        context.output.note(&line);
    }
    Ok(if report.is_whole() { Exit::Done } else { Exit::SomeFailed })
}
