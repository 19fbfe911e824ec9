//! `Job`: one input, one output and how to get from one to the other; `Report`: how that ended.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

use tidegate::{Clock, RealClock};

use crate::assemble::{assemble, inspect};
use crate::book::Book;
use crate::deferred::Deferred;
use crate::input::survey;
use crate::journal::{Head, Journal, Lock, NotLocked};
use crate::paths::Paths;
use crate::progress::{Counts, Observer};
use crate::run::{Run, Verdict};
use crate::source::{Source, Standing, standing};
use crate::stop::Urgency;
use crate::{Error, Format, Processor, RequestRows, Stop};
use tidegate_core::Class;

/// Rows that failed that a report keeps by default; see [`Job::failures_kept`].
const FAILURES_KEPT: usize = 20;

/// One input, one output and how to get from one to the other.
#[derive(Clone, Debug)]
pub struct Job {
    input: PathBuf,
    output: PathBuf,
    options: BTreeMap<String, String>,
    beginning: Beginning,
    concurrency: Concurrency,
    on_failure: OnFailure,
    clock: Arc<dyn Clock>,
    failures_kept: usize,
}

/// What to do with what an earlier run of the same job left behind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Beginning {
    /// Go on after it; rows that finished, well or not, are not sent again.
    #[default]
    Resume,
    /// Forget it and begin with the first row.
    Anew,
}

/// How many items may be in process at a time, those that wait for a limit included. The pace is not decided here:
/// this only bounds memory and connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Concurrency {
    /// As many as are of use, but at most this many: more as long as none of them waits for a limit and more bring
    /// more answers.
    FoundUpTo(NonZeroUsize),
    /// At most this many from the start.
    AtMost(NonZeroUsize),
}

impl Default for Concurrency {
    /// Found up to 768: with a connection each, that leaves room under the 1 024 open files that many systems allow
    /// a process.
    fn default() -> Self {
        const MAX: NonZeroUsize = NonZeroUsize::new(768).expect("768 is not zero");
        Self::FoundUpTo(MAX)
    }
}

/// What a failed row means for the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnFailure {
    /// Nothing.
    #[default]
    GoOn,
    /// No more are sent; those under way finish.
    Stop,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// What was done, over all runs of this job.
    pub counts: Counts,
    /// In which state the job is now.
    pub end: End,
    /// Why nothing could be sent any more, where that ended the run.
    pub why: Option<String>,
    /// The first rows that failed in this run, as many as [`Job::failures_kept`] allows.
    pub failures: Vec<FailedRow>,
}

/// A row that failed, as a report names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedRow {
    /// Its `custom_id`.
    pub custom_id: String,
    /// How it ended.
    pub class: Class,
    /// Why, for a person to read.
    pub message: String,
}

/// In which state a job is at the end of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Every row is finished and the output is written.
    Complete,
    /// That was so before the run began; nothing was sent.
    WasComplete,
    /// A row failed and the others were not to go on. The same job resumes.
    StoppedOnFailure,
    /// It was told to stop. The same job resumes.
    Interrupted,
    /// Nothing could be sent any more; [`Report::why`] says why. The same job resumes.
    GaveUp,
}

impl Job {
    /// A job that resumes, finds its concurrency itself and goes on after failures.
    ///
    /// The input may be a pipe, gzip or zstd, told by its content: a plain copy of it then stands beside the output
    /// during the run. An output whose name ends with `.gz` or `.zst` is packed in that way.
    #[must_use]
    pub fn new(input: impl Into<PathBuf>, output: impl Into<PathBuf>) -> Self {
        Self {
            input: input.into(),
            output: output.into(),
            options: BTreeMap::new(),
            beginning: Beginning::default(),
            concurrency: Concurrency::default(),
            on_failure: OnFailure::default(),
            clock: RealClock.into(),
            failures_kept: FAILURES_KEPT,
        }
    }

    /// The same job with an option that decides what answers are (a model, a provider). A run is resumed only with
    /// the options with which it began.
    #[must_use]
    pub fn option(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.options.insert(name.into(), value.into());
        self
    }

    /// The same job with another beginning.
    #[must_use]
    pub const fn beginning(mut self, beginning: Beginning) -> Self {
        self.beginning = beginning;
        self
    }

    /// The same job with another concurrency.
    #[must_use]
    pub const fn concurrency(mut self, concurrency: Concurrency) -> Self {
        self.concurrency = concurrency;
        self
    }

    /// The same job with another answer to failures.
    #[must_use]
    pub const fn on_failure(mut self, on_failure: OnFailure) -> Self {
        self.on_failure = on_failure;
        self
    }

    /// The same job whose report keeps so many of the rows that fail; all of them are in the output. 20 by default:
    /// more than anybody reads in a summary, and no memory to speak of.
    #[must_use]
    pub const fn failures_kept(mut self, rows: usize) -> Self {
        self.failures_kept = rows;
        self
    }

    /// The same job with another clock, by which the concurrency is found.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Runs the job to its end, or to a stop.
    ///
    /// Dropping the future is like a kill: finished rows are in the journal, and running the job again goes on.
    /// File work is done on the calling task; it is short, except for the reading of a long input at the start and
    /// the writing of the output at the end.
    ///
    /// # Errors
    /// An [`Error`] when files refuse: see its variants. What was finished before is kept.
    pub async fn run<F, P>(
        &self,
        format: &F,
        processor: &P,
        stop: &Stop,
        observer: &mut dyn Observer,
    ) -> Result<Report, Error>
    where
        F: Format,
        P: Processor<Item = F::Item>,
    {
        let paths = Paths::new(&self.input, &self.output)?;
        let ready = match self.begin(&paths, stop, observer).await? {
            Begun::Over(report) => return Ok(report),
            Begun::Ready(ready) => *ready,
        };
        let run = Run {
            book: ready.book,
            head: &ready.head,
            concurrency: self.concurrency,
            on_failure: self.on_failure,
            format,
            processor,
            stop,
            clock: Arc::clone(&self.clock),
            why: None,
        };
        let Verdict { end, why, book } = run.go(ready.input, ready.again).await?;
        finish(&paths, book, end, why)
    }

    /// Runs the job through the provider's own batch API: half the price and outside of the live limits, but hours
    /// instead of minutes. Rows are handed over in jobs of the provider's; running the job again goes on looking after
    /// them, and merges what has ended into the same journal and output as ever.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub async fn run_deferred(
        &self,
        format: &RequestRows,
        deferred: &Deferred<'_>,
        stop: &Stop,
        observer: &mut dyn Observer,
    ) -> Result<Report, Error> {
        let paths = Paths::new(&self.input, &self.output)?;
        let ready = match self.begin(&paths, stop, observer).await? {
            Begun::Over(report) => return Ok(report),
            Begun::Ready(ready) => *ready,
        };
        let (end, why, book) = deferred.go(format, ready.book, ready.input, stop).await?;
        finish(&paths, book, end, why)
    }

    /// Locks the output, reads the input once and opens the journal.
    async fn begin<'a>(
        &self,
        paths: &'a Paths,
        stop: &Stop,
        observer: &'a mut dyn Observer,
    ) -> Result<Begun<'a>, Error> {
        let lock = take_lock(paths)?;
        let Some(source) = source(paths, stop).await? else {
            return Ok(Begun::Over(Report::of(Counts::default(), End::Interrupted)));
        };
        let (input, head) = self.open_input(&source)?;
        if let Some(counts) = self.finished_before(paths, &head)? {
            return Ok(Begun::Over(Report::of(counts, End::WasComplete)));
        }
        let again = File::open(&source.path).map_err(Error::reading(&paths.input))?;
        let mut counts = Counts { rows: head.rows, ..Counts::default() };
        let journal = Journal::open(&paths.journal, &head, &paths.input, &mut counts)?;
        observer.started(&counts);
        let book = Book {
            paths,
            run_name: head.run_name(),
            journal,
            counts,
            observer,
            failures: Vec::new(),
            failures_kept: self.failures_kept,
        };
        Ok(Begun::Ready(Box::new(Ready { _lock: lock, _source: source, input, again, head, book })))
    }

    fn open_input(&self, source: &Source) -> Result<(File, Head), Error> {
        let mut file = File::open(&source.path).map_err(Error::reading(&self.input))?;
        let survey = survey(&mut file, &self.input)?;
        Ok((file, Head::new(survey.hash, survey.rows, self.options.clone())))
    }

    /// The counts of an output that is finished already. Forgets earlier runs if this one is to begin anew, and
    /// refuses an output that is not this job's.
    fn finished_before(&self, paths: &Paths, head: &Head) -> Result<Option<Counts>, Error> {
        if self.beginning == Beginning::Anew {
            return match fs::remove_file(&paths.journal) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    Err(Error::writing("remove the journal", &paths.journal)(error))
                }
                _ => Ok(None),
            };
        }
        // With a journal the run is not finished, whatever the output holds. An empty output is a name that
        // somebody reserved.
        let reserved = !fs::metadata(&paths.output).is_ok_and(|output| output.len() > 0);
        if paths.journal.exists() || (reserved && head.rows > 0) || !paths.output.exists() {
            return Ok(None);
        }
        let found = inspect(&paths.output, &head.run_name(), head.rows);
        match found.map_err(Error::writing("look at the output", &paths.output))? {
            Some(counts) => Ok(Some(counts)),
            None => Err(Error::OutputTaken(paths.output.clone())),
        }
    }
}

/// The input as a regular file; `None` when it was told to stop while the input still came. Copying waits for whoever
/// writes into a pipe, so it has a thread of its own.
async fn source(paths: &Paths, stop: &Stop) -> Result<Option<Source>, Error> {
    if standing(&paths.input)? == Standing::AsItIs {
        return Ok(Some(Source::as_it_is(paths)));
    }
    let theirs = paths.clone();
    let copying = tokio::task::spawn_blocking(move || Source::copied(&theirs));
    tokio::select! {
        biased;
        _ = stop.beyond(Urgency::None) => Ok(None),
        copied = copying => match copied {
            Ok(source) => source.map(Some),
            Err(ended) => Err(Error::reading(&paths.input)(std::io::Error::other(ended))),
        },
    }
}

/// What [`Job::begin`] finds.
enum Begun<'a> {
    /// There is nothing to do.
    Over(Report),
    Ready(Box<Ready<'a>>),
}

/// Everything that a run needs, held until its end.
struct Ready<'a> {
    _lock: Lock,
    _source: Source,
    input: File,
    /// The input once more.
    again: File,
    head: Head,
    book: Book<'a>,
}

/// Brings the journal to the disk and, where every row is finished, puts the output together.
fn finish(paths: &Paths, book: Book<'_>, end: End, why: Option<String>) -> Result<Report, Error> {
    let Book { journal, counts, observer, failures, .. } = book;
    let (file, index) = journal.finish().map_err(Error::writing("sync the journal", &paths.journal))?;
    if end == End::Complete {
        observer.assembling(&counts);
        assemble(paths, file, &index)?;
        fs::remove_file(&paths.journal).map_err(Error::writing("remove the journal", &paths.journal))?;
    }
    Ok(Report { counts, end, why, failures })
}

impl Report {
    /// The report of a run that did nothing.
    const fn of(counts: Counts, end: End) -> Self {
        Self { counts, end, why: None, failures: Vec::new() }
    }
}

fn take_lock(paths: &Paths) -> Result<Lock, Error> {
    Lock::take(&paths.lock).map_err(|refused| match refused {
        NotLocked::Held(process) => Error::Locked { output: paths.output.clone(), process },
        NotLocked::Io(source) => {
            Error::Write { doing: "open a lock file beside", path: paths.output.clone(), source }
        }
    })
}
