//! `Output`: the one place that prints. Data goes to stdout, everything else to stderr.

use std::io::{self, IsTerminal, Write};

use crate::exit::Failure;

/// Where a command prints, and how plainly.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    terminal: bool,
    colour: bool,
}

/// What a piece of text means to its reader; colours only underline what the words say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// The thing to look at.
    Strong,
    /// As it should be.
    Good,
    /// Worth a look.
    Warn,
    /// Went wrong.
    Bad,
    /// An address, a name, a part of a drawing.
    Accent,
    /// Can be skipped.
    Faint,
}

impl Tone {
    /// The number of the terminal's escape sequence; the sixteen base colours follow the reader's own theme.
    const fn escape(self) -> &'static str {
        match self {
            Self::Strong => "1",
            Self::Good => "32",
            Self::Warn => "33",
            Self::Bad => "1;31",
            Self::Accent => "36",
            Self::Faint => "2",
        }
    }
}

impl Output {
    /// Output to this process's stdout and stderr; `plain` is the environment's wish for no colour.
    pub(crate) fn new(plain: bool) -> Self {
        let terminal = io::stderr().is_terminal();
        Self { terminal, colour: terminal && !plain }
    }

    /// Whether a person watches stderr, so that lines may be redrawn.
    pub(crate) const fn is_terminal(self) -> bool {
        self.terminal
    }

    /// Whether colours may be used on stderr.
    pub(crate) const fn colour(self) -> bool {
        self.colour
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
        self.note(&format!("{} {failure}", self.paint(Tone::Bad, "error:")));
        if let Some(remedy) = failure.remedy() {
            self.note(&format!("{} {remedy}", self.paint(Tone::Accent, " hint:")));
        }
    }

    /// What the command line's parser has to say: help to stdout, mistakes to stderr.
    pub(crate) fn usage(error: &clap::Error) {
        // The same as for any other line: a closed pipe is no failure.
        let _ = error.print();
    }

    /// `text` in its tone, for stderr.
    pub(crate) fn paint(self, tone: Tone, text: &str) -> String {
        if self.colour { format!("\u{1b}[{}m{text}\u{1b}[0m", tone.escape()) } else { text.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_as_it_is_without_colour() {
        let plain = Output { terminal: false, colour: false };
        assert_eq!(plain.paint(Tone::Bad, "refused"), "refused");
        let coloured = Output { terminal: true, colour: true };
        assert_eq!(coloured.paint(Tone::Good, "ok"), "\u{1b}[32mok\u{1b}[0m");
    }
}
