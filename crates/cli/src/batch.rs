//! `tidegate batch`: runs every row of a file and writes the answers in the same order; run again, it resumes.

pub(crate) mod accounts;
pub(crate) mod args;
mod summary;
mod talk;
pub(crate) mod view;

use std::time::Duration;

use tidegate_batch::{Deferred, Error, Format, Job, Processor, Report, Stop, Then};

use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::runtime;
use crate::state::Kept;
pub(crate) use args::Args;
use args::{Via, Work};
use talk::Talk;
use view::View;

/// How often what was learned is kept: a run that is killed loses no more than this.
const KEEPING: Duration = Duration::from_secs(30);

/// Runs the rows to their end, or until somebody stops it.
pub(crate) fn run(args: &Args, context: &Context) -> Result<Exit, Failure> {
    let work = &args.work;
    let config = work.config(context)?;
    let story = async {
        let (rows, kept) = accounts::rows(work, &config, work.memory(context))?;
        args.settings().check(rows.dialect()).map_err(Failure::usage)?;
        let rows = rows.settings(args.settings());
        let view = View::new(context.output, rows.calls(), work.tone());
        let (job, format) = (args.job(), Args::format(rows.dialect()));
        let ended = match (args.via, args.print_prompts) {
            (Via::ProviderBatch, _) => {
                let then = if args.cancel { Then::Cancel } else { Then::Wait };
                let mut deferred = Deferred::new(&rows).map_err(Failure::usage)?.then(then);
                if let Some(attempts) = work.max_attempts {
                    deferred = deferred.attempts(attempts);
                }
                watched(&kept, &view, async |stop| {
                    job.run_deferred(&format, &deferred, stop, &mut view.watcher()).await
                })
                .await
            }
            (Via::Live, true) => process(&job, &format, &Talk::new(&rows, &view), &kept, &view).await,
            (Via::Live, false) => process(&job, &format, &rows, &kept, &view).await,
        };
        told(work, ended, &view, context)
    };
    runtime::block_on_one_thread(story)?
}

/// Runs a job, draws its progress and passes signals on: the first stops gently, the second at once.
pub(crate) async fn process<F, P>(
    job: &Job,
    format: &F,
    processor: &P,
    kept: &Kept,
    view: &View,
) -> Result<Report, Error>
where
    F: Format,
    P: Processor<Item = F::Item>,
{
    watched(kept, view, async |stop| job.run(format, processor, stop, &mut view.watcher()).await).await
}

/// Runs what `run` begins, draws its progress and passes signals on.
async fn watched(
    kept: &Kept,
    view: &View,
    run: impl AsyncFnOnce(&Stop) -> Result<Report, Error>,
) -> Result<Report, Error> {
    let (first, second) = (runtime::interrupt(), runtime::interrupt_twice());
    tokio::pin!(first, second);
    let stop = Stop::new();
    let run = run(&stop);
    tokio::pin!(run);
    let mut tick = tokio::time::interval(View::INTERVAL);
    // The first tick comes at once, when there is nothing to show yet.
    tick.tick().await;
    let mut keeping = tokio::time::interval(KEEPING);
    let (mut asked, mut asked_twice) = (false, false);
    let ended = loop {
        tokio::select! {
            ended = &mut run => break ended,
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
            _ = keeping.tick() => kept.keep(),
        }
    };
    kept.keep();
    ended
}

/// Says how a run ended, and with which code the command does.
pub(crate) fn told(
    work: &Work,
    ended: Result<Report, Error>,
    view: &View,
    context: &Context,
) -> Result<Exit, Failure> {
    let elapsed = view.close();
    let report = ended.map_err(|error| refused(&error))?;
    let summary = summary::Summary { work, report: &report, elapsed };
    for line in summary.lines(context.output.paint()) {
        context.output.note(&line);
    }
    Ok(summary.exit())
}

/// Why the batch could not start or go on, with the flag that helps.
fn refused(error: &Error) -> Failure {
    // The command line alone is at fault; every other error is one of files, as they are found.
    if let Error::OutputIsInput(_) = error {
        return Failure::usage(error.to_string());
    }
    let failure = Failure::start(error.to_string());
    if error.is_cured_by_restart() {
        failure.hint("--restart begins anew; every row is sent again")
    } else {
        failure
    }
}
