//! `View`: the progress of a batch, as a bar on a terminal and as occasional lines elsewhere.

use std::collections::VecDeque;
use std::fmt::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use tidegate::{Clock, Limiter, RealClock, Timestamp};
use tidegate_batch::{Counts, Observer, RowEnd};
use tidegate_client::Paced;
use tidegate_core::{Dimension, LimitStatus};

use crate::output::Output;

/// How often the bar is drawn: often enough to look alive.
const DRAWN_EVERY: Duration = Duration::from_millis(200);
/// How often a line is written where nobody watches: a log of an hour then has 360 lines.
const LINE_EVERY: Duration = Duration::from_secs(10);
/// Over how long the rate is measured: two windows of a minute. Where all of one goes at once, the last minute alone had
/// hardly a row now and then, and hours seemed to be left.
const RATE_OVER: Duration = Duration::from_secs(120);

/// How much is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Say {
    /// Nothing but what went wrong.
    Nothing,
    /// How it goes on.
    Progress {
        /// How each row ended, too.
        rows: bool,
    },
}

/// The progress of a batch.
#[derive(Clone)]
pub(crate) struct View {
    output: Output,
    say: Say,
    limiters: Vec<Limiter>,
    clock: Arc<dyn Clock>,
    began: Timestamp,
    bar: Option<ProgressBar>,
    state: Arc<Mutex<State>>,
}

/// What the run has told so far.
#[derive(Default)]
struct State {
    counts: Counts,
    assembling: bool,
    /// When the last line was written where nobody watches.
    line_at: Option<Timestamp>,
    /// What was last said of a provider that is away.
    away: Option<String>,
    /// Finished rows at instants of the last [`RATE_OVER`].
    samples: VecDeque<(Timestamp, u64)>,
}

/// Listens to the run for the view.
pub(crate) struct Watcher(View);

impl View {
    /// A view of a run of `rows`.
    pub(crate) fn new<'c>(
        output: Output,
        calls: impl Iterator<Item = (&'c str, &'c Paced)>,
        say: Say,
    ) -> Self {
        let limiters: Vec<Limiter> = calls.map(|(_, paced)| paced.limiter().clone()).collect();
        let clock = limiters.first().map_or_else(|| RealClock.into(), |limiter| limiter.clock().clone());
        let bar = (output.is_terminal() && say != Say::Nothing).then(|| {
            let bar = ProgressBar::new(0);
            let style = ProgressStyle::with_template("{bar:20} {pos}/{len} rows  {wide_msg}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> "));
            bar
        });
        let began = clock.now();
        Self { output, say, limiters, clock, began, bar, state: Arc::default() }
    }

    /// What the run is to tell.
    pub(crate) fn watcher(&self) -> Watcher {
        Watcher(self.clone())
    }

    /// How often [`tick`](Self::tick) is wanted.
    pub(crate) const INTERVAL: Duration = DRAWN_EVERY;

    /// Shows the present state.
    pub(crate) fn tick(&self) {
        let mut state = lock(&self.state);
        if state.counts.rows == 0 || self.say == Say::Nothing {
            return;
        }
        self.tell_outages(&mut state);
        let now = self.clock.now();
        if self.bar.is_none() && now.since(state.line_at.unwrap_or(self.began)) < LINE_EVERY {
            return;
        }
        state.line_at = Some(now);
        let rate = state.rate(now);
        let text = self.text(&state, rate);
        match &self.bar {
            Some(bar) => {
                bar.set_length(state.counts.rows);
                bar.set_position(state.counts.finished());
                bar.set_message(text);
            }
            None if state.counts.finished() > state.counts.resumed || self.waiting() > 0 => {
                self.output.note(&format!("{}/{} rows  {text}", state.counts.finished(), state.counts.rows));
            }
            None => {}
        }
    }

    /// A line in between.
    pub(crate) fn say(&self, line: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| self.output.note(line)),
            None => self.output.note(line),
        }
    }

    /// Takes the bar away; how long the run took.
    pub(crate) fn close(&self) -> Duration {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        self.clock.now().since(self.began)
    }

    /// Tells when a provider goes away, and when it is back.
    fn tell_outages(&self, state: &mut State) {
        let now = self.clock.now();
        let away = self.limiters.iter().find_map(|limiter| outage(limiter, now));
        if away.is_some() != state.away.is_some() {
            match &away {
                Some(why) => self.say(&format!("paused: {why}")),
                None => self.say("the provider answers again; going on"),
            }
        }
        state.away = away;
    }

    fn waiting(&self) -> usize {
        self.limiters.iter().map(|limiter| limiter.snapshot().waiting).sum()
    }

    fn text(&self, state: &State, rate: Option<f64>) -> String {
        let counts = &state.counts;
        if state.assembling {
            return "putting the output together".to_owned();
        }
        if let Some(why) = &state.away {
            return format!("paused: {why}");
        }
        let mut text = rate_text(rate, counts.left());
        // Writing to a string cannot fail.
        let _ = write!(text, "{}, {}", failed_text(counts.failed()), refusals_text(counts.refusals));
        let statuses = self.limiters.iter().flat_map(|limiter| limiter.snapshot().limits);
        if let Some(binding) = binding(statuses) {
            let _ = write!(text, ", limit: {binding}");
        }
        let _ = write!(text, ", {} tokens", short(counts.input_tokens.saturating_add(counts.output_tokens)));
        if let Some(money) = counts.micro_dollars.map(Dollars) {
            let _ = write!(text, ", {money}");
        }
        text
    }
}

impl State {
    /// Rows a second at present; `None` while there is nothing to tell it from.
    #[expect(clippy::cast_precision_loss, reason = "a rate to look at; nobody counts with it")]
    fn rate(&mut self, now: Timestamp) -> Option<f64> {
        self.samples.push_back((now, self.counts.finished()));
        while self.samples.len() > 2 && self.samples.get(1).is_some_and(|(at, _)| now.since(*at) > RATE_OVER)
        {
            self.samples.pop_front();
        }
        let (since, before) = self.samples.front()?;
        let span = now.since(*since).as_secs_f64();
        let rows = self.counts.finished().saturating_sub(*before);
        (span > 0.0 && rows > 0).then(|| rows as f64 / span)
    }
}

impl Observer for Watcher {
    fn started(&mut self, counts: &Counts) {
        lock(&self.0.state).counts = counts.clone();
    }

    fn row_ended(&mut self, row: &RowEnd<'_>, counts: &Counts) {
        {
            let mut state = lock(&self.0.state);
            state.counts.clone_from(counts);
        }
        if matches!(self.0.say, Say::Progress { rows: true }) {
            self.0.say(&row_text(row));
        }
    }

    fn deferred(&mut self, done: u64, counts: &Counts) {
        let text = {
            let mut state = lock(&self.0.state);
            state.counts.clone_from(counts);
            format!("{} of {} rows here, {done} more done at the provider", counts.finished(), counts.rows)
        };
        if self.0.say != Say::Nothing && self.0.bar.is_none() {
            self.0.say(&text);
        }
    }

    fn assembling(&mut self, counts: &Counts) {
        let mut state = lock(&self.0.state);
        state.counts.clone_from(counts);
        state.assembling = true;
    }
}

/// Money in millionths of a dollar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Dollars(pub(crate) u64);

impl fmt::Display for Dollars {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "${}.{:04}", self.0 / 1_000_000, self.0 % 1_000_000 / 100)
    }
}

/// How a row ended, in one line.
fn row_text(row: &RowEnd<'_>) -> String {
    let effort = row.effort;
    let mut text = format!("{}: {}", row.custom_id, row.class);
    if let Some(model) = &effort.model {
        let _ = write!(text, ", {model}");
    }
    let _ = write!(
        text,
        ", {} attempts, waited {} ms, answered in {} ms, {}+{} tokens",
        effort.attempts,
        effort.waited_ms,
        effort.latency_ms,
        effort.input_tokens.unwrap_or(0),
        effort.output_tokens.unwrap_or(0)
    );
    if let Some(message) = row.message {
        let _ = write!(text, ": {message}");
    }
    text
}

/// Why an account's calls are stopped, and when one tries again; `None` while none are.
fn outage(limiter: &Limiter, now: Timestamp) -> Option<String> {
    let circuit = limiter.circuits().into_iter().next()?;
    let again = match circuit.probe_at {
        Some(at) => format!("one call tries again in {} s", at.since(now).as_secs()),
        None => "one call tries again now".to_owned(),
    };
    Some(format!("{} of {}: {}; {again}", circuit.scope, limiter.name(), circuit.why))
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The limit that holds the rows back: of those that calls wait for, the one that is free last; if none wait, the
/// fullest.
fn binding(limits: impl Iterator<Item = LimitStatus>) -> Option<String> {
    let fullness = |status: &LimitStatus| {
        u128::from(status.used).saturating_mul(1_000).checked_div(u128::from(status.limit)).unwrap_or(0)
    };
    let binding = limits.max_by_key(|status| (status.waiting > 0, status.next_free, fullness(status)))?;
    let LimitStatus { dimension, used, limit, .. } = &binding;
    let dimension = dimension.name().replace('_', " ");
    if binding.dimension == Dimension::Concurrency {
        return Some(format!("{dimension} {used} of {limit}"));
    }
    Some(format!("{dimension} {} of {} {}", short(*used), short(*limit), per(binding.window)))
}

fn per(window: Duration) -> String {
    match window.as_secs() {
        1 => "a second".to_owned(),
        60 => "a minute".to_owned(),
        3_600 => "an hour".to_owned(),
        86_400 => "a day".to_owned(),
        seconds => format!("in {seconds} s"),
    }
}

fn rate_text(rate: Option<f64>, left: u64) -> String {
    let Some(rate) = rate else { return String::new() };
    #[expect(clippy::cast_precision_loss, reason = "an estimate to look at; nobody counts with it")]
    let seconds = left as f64 / rate;
    let left = Duration::try_from_secs_f64(seconds).map_or_else(|_| "long".to_owned(), span);
    format!("{rate:.1}/s, {left} left, ")
}

/// A duration in its two largest units.
pub(crate) fn span(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match (seconds / 3_600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

fn failed_text(failed: u64) -> String {
    if failed == 0 { "none failed".to_owned() } else { format!("{failed} failed") }
}

pub(crate) fn refusals_text(refusals: u64) -> String {
    match refusals {
        0 => "no refusals".to_owned(),
        1 => "1 refusal".to_owned(),
        many => format!("{many} refusals"),
    }
}

/// A number in at most four digits.
fn short(number: u64) -> String {
    match number {
        0..10_000 => number.to_string(),
        10_000..10_000_000 => format!("{}k", number / 1_000),
        _ => format!("{}M", number / 1_000_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(dimension: Dimension, used: u64, waiting: usize, next_free: u64) -> LimitStatus {
        let next_free = Some(Duration::from_millis(next_free));
        let (scope, window) = ("account".to_owned(), Duration::from_secs(60));
        LimitStatus { dimension, scope, window, used, limit: 60_000, learned: true, waiting, next_free }
    }

    #[test]
    fn the_limit_that_is_free_last_binds() {
        let limits = [status(Dimension::Requests, 10, 5, 0), status(Dimension::TotalTokens, 59_900, 5, 300)];
        assert_eq!(binding(limits.into_iter()).unwrap(), "total tokens 59k of 60k a minute");
        assert_eq!(binding(std::iter::empty()), None);
    }

    #[test]
    fn the_rate_is_that_of_the_last_two_minutes() {
        let mut state = State::default();
        assert_eq!(state.rate(Timestamp::from_secs(0)), None);
        state.counts.classes.insert(tidegate_core::Class::Ok, 50);
        assert_eq!(state.rate(Timestamp::from_secs(10)), Some(5.0));
        state.counts.classes.insert(tidegate_core::Class::Ok, 51);
        let after = state.rate(Timestamp::from_secs(85)).expect("rows ended");
        assert!(
            (after - 0.6).abs() < 0.001,
            "what a minute's window lets go at once counts for the next one too: {after}"
        );
        assert_eq!(state.rate(Timestamp::from_secs(250)), None, "nothing ended in the last two minutes");
    }

    #[test]
    fn durations_are_short_and_readable() {
        let texts = [9, 96, 3_700].map(|seconds| span(Duration::from_secs(seconds)));
        assert_eq!(texts, ["9 s", "1 min 36 s", "1 h 1 min"]);
        assert_eq!(rate_text(Some(2.0), 20), "2.0/s, 10 s left, ");
    }
}
