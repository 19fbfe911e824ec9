//! `tidegate embed`: turns every text of a file into a vector, many texts a call; run again, it resumes.

use std::num::{NonZeroU32, NonZeroUsize};

use tidegate_batch::{Concurrency, EmbedBody, Embedder, PackSize, TextRows};

use crate::batch::args::Work;
use crate::batch::view::View;
use crate::batch::{accounts, process, told};
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::runtime;

/// Texts in process at a time, for each text that a call may have: a few calls are then under way or wait while the
/// next one is filled.
const CALLS_AT_A_TIME: usize = 4;

/// Arguments of `tidegate embed`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    work: Work,

    /// Numbers in each vector [default: as many as the model gives]
    #[arg(long, value_name = "N")]
    dimensions: Option<NonZeroU32>,

    /// Texts in one call, at most; fewer where the provider or a limit takes fewer [default: 2048]
    #[arg(long, value_name = "N")]
    texts_per_call: Option<NonZeroUsize>,
}

/// Embeds the texts to their end, or until somebody stops it.
pub(crate) fn run(args: &Args, context: &Context) -> Result<Exit, Failure> {
    let work = &args.work;
    let Some(model) = work.model.clone() else {
        return Err(Failure::usage("--model is missing; name the embedding model"));
    };
    let config = work.config(context)?;
    let story = async {
        let (rows, kept) = accounts::rows(work, &config, work.memory(context))?;
        let dimensions = args.dimensions.map(NonZeroU32::get);
        let body = EmbedBody { model, dimensions, dialect: rows.dialect() };
        let size = args.size();
        let embedder = Embedder::new(rows, body, size);
        let view = View::new(context.output, embedder.rows().calls(), work.tone());
        let mut job = work.job().option("kind", "embeddings");
        if let Some(dimensions) = dimensions {
            job = job.option("dimensions", dimensions.to_string());
        }
        if work.concurrency.is_none() {
            job = job.concurrency(at_a_time(size));
        }
        let ended = process(&job, &TextRows, &embedder, &kept, &view).await;
        told(work, ended, &view, context)
    };
    runtime::block_on_one_thread(story)?
}

impl Args {
    fn size(&self) -> PackSize {
        let size = PackSize::default();
        PackSize { texts_max: self.texts_per_call.map_or(size.texts_max, NonZeroUsize::get), ..size }
    }
}

fn at_a_time(size: PackSize) -> Concurrency {
    let texts = NonZeroUsize::new(size.texts_max.saturating_mul(CALLS_AT_A_TIME));
    texts.map_or_else(Concurrency::default, Concurrency::AtMost)
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

    #[test]
    fn its_flags_are_those_of_a_batch_and_its_own() {
        let line = "embed in.jsonl -o out.jsonl --provider mistral --model m --rpm 60 --dimensions 8 --texts-per-call 32";
        let args = Line::parse_from(line.split(' ')).args;
        assert_eq!((args.size().texts_max, args.work.limits.rpm), (32, Some(60)));
        assert_eq!(at_a_time(args.size()), Concurrency::AtMost(NonZeroUsize::new(128).unwrap()));
        assert!(
            Line::try_parse_from("embed in.jsonl -o o --provider x --texts-per-call 0".split(' ')).is_err()
        );
    }
}
