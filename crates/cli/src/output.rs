//! `Output`: the one place that prints. Data goes to stdout, everything else to stderr.

mod live;
mod paint;

use std::io::{self, IsTerminal, Write};

use crate::context::Terminal;
use crate::exit::Failure;

pub(crate) use live::Live;
pub(crate) use paint::{Paint, Tone};

/// Where a command prints, and how plainly.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    terminal: bool,
    notes: Paint,
    data: Paint,
}

impl Output {
    /// Output to this process's stdout and stderr, as far as the environment trusts a terminal there.
    pub(crate) fn new(trusted: Terminal) -> Self {
        let colours = |is_terminal: bool| Paint::new(is_terminal && trusted == Terminal::Full);
        Self {
            terminal: io::stderr().is_terminal() && trusted != Terminal::Dumb,
            notes: colours(io::stderr().is_terminal()),
            data: colours(io::stdout().is_terminal()),
        }
    }

    /// Whether a person watches stderr on a terminal whose lines may be drawn over.
    pub(crate) const fn is_terminal(self) -> bool {
        self.terminal
    }

    /// The colours of stderr.
    pub(crate) const fn paint(self) -> Paint {
        self.notes
    }

    /// The colours of stdout.
    pub(crate) const fn data_paint(self) -> Paint {
        self.data
    }

    /// A line of data, to stdout.
    pub(crate) fn data(self, line: &str) {
        // A reader that closed the pipe has what it wanted.
        let _ = writeln!(io::stdout().lock(), "{line}");
    }

    /// A line for the person, to stderr.
    pub(crate) fn note(self, line: &str) {
        // Nothing can be said where stderr itself is gone.
        let _ = writeln!(io::stderr().lock(), "{line}");
    }

    /// A failure and its remedy, to stderr.
    pub(crate) fn failure(self, failure: &Failure) {
        self.note(&format!("{} {failure}", self.notes.text(Tone::Bad, "error:")));
        if let Some(remedy) = failure.remedy() {
            self.note(&format!("{} {remedy}", self.notes.text(Tone::Accent, " hint:")));
        }
    }

    /// What the parser of the command line has to say: help to stdout, mistakes to stderr.
    pub(crate) fn usage(error: &clap::Error) {
        // The same as for any other line: a closed pipe is no failure.
        let _ = error.print();
    }
}
