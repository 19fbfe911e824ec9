//! `tidegate count`: how many tokens a text or the requests of a file are.

mod input;
mod report;
mod vocabularies;

use std::path::PathBuf;

use crate::context::Context;
use crate::exit::{Exit, Failure};
use input::{Input, Part};
use report::Report;
use vocabularies::Vocabularies;

/// The model that a text is counted for where none is named: its vocabulary is that of all newer ones of OpenAI.
const MODEL: &str = "gpt-4o";

/// Arguments of `tidegate count`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The model to count for; requests that name their own are counted for that
    #[arg(long, value_name = "M")]
    model: Option<String>,

    /// The tekken.json of a Mistral model, to count its tokens exactly [default: what TIDEGATE_TEKKEN names]
    #[arg(long, value_name = "FILE")]
    tekken: Option<PathBuf>,

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
    let given = args.tekken.as_ref().or(context.environment.tekken.as_ref());
    let mut vocabularies = Vocabularies::new(given.cloned());
    let model = args.model.as_deref();
    while let Some(part) = input.next()? {
        match part {
            Part::Text(text) => {
                let model = model.unwrap_or(MODEL);
                report.add(model, vocabularies.counter(model)?.text(model, text));
            }
            Part::Request { row, body } => {
                let own = input::model_of(body);
                let meant = own.as_deref().or(model);
                let Some(counted) = vocabularies.counter(meant.unwrap_or_default())?.request(model, body)
                else {
                    report.unread(row);
                    continue;
                };
                report.add(meant.unwrap_or("no model"), counted);
            }
        }
    }
    context.output.data(&if args.json { report.json() } else { report.total().to_string() });
    for line in report.notes() {
        context.output.note(&line);
    }
    Ok(if report.is_whole() { Exit::Done } else { Exit::SomeFailed })
}
