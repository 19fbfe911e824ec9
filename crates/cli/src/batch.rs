//! `tidegate batch`: runs every row of a file and writes the answers in the same order; run again, it resumes.

mod accounts;
mod args;
mod summary;
mod talk;
mod view;

use std::time::Duration;

use tidegate_batch::{Error, PacedRows, Report, Stop};

use crate::config::{self, Config};
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::runtime;
use crate::state::{Kept, State};
pub(crate) use args::Args;
use args::Limits;
use talk::Talk;
use view::View;

/// How often what was learned is kept: a run that is killed loses no more than this.
const KEEPING: Duration = Duration::from_secs(30);

/// Runs the rows to their end, or until somebody stops it.
pub(crate) fn run(args: &Args, context: &Context) -> Result<Exit, Failure> {
    let config = args.config.as_deref().map_or_else(|| Ok(Config::default()), config::load)?;
    let story = async {
        let memory = State::of(context).filter(|_| !args.no_state);
        let (rows, kept) = accounts::rows(args, &config, memory)?;
        args.settings().check(rows.dialect()).map_err(Failure::usage)?;
        let view = View::new(context.output, &rows, args.tone());
        let ended = process(args, &rows, &kept, &view).await;
        kept.keep();
        let elapsed = view.close();
        let report = ended.map_err(|error| refused(&error))?;
        let summary = summary::Summary { args, report: &report, elapsed, money: view.money() };
        for line in summary.lines(context.output.paint()) {
            context.output.note(&line);
        }
        Ok(summary.exit())
    };
    runtime::block_on_one_thread(story)?
}

/// Runs the job, draws its progress and passes signals on: the first stops gently, the second at once.
async fn process(args: &Args, rows: &PacedRows, kept: &Kept, view: &View) -> Result<Report, Error> {
    let (first, second) = (runtime::interrupt(), runtime::interrupt_twice());
    tokio::pin!(first, second);
    let (job, format, stop) = (args.job(), args.format(rows), Stop::new());
    let mut watcher = view.watcher();
    let talk = Talk::new(rows, view);
    let run = job.run(&format, &talk, &stop, &mut watcher);
    tokio::pin!(run);
    let mut tick = tokio::time::interval(View::INTERVAL);
    // The first tick comes at once, when there is nothing to show yet.
    tick.tick().await;
    let mut keeping = tokio::time::interval(KEEPING);
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
            _ = keeping.tick() => kept.keep(),
        }
    }
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
