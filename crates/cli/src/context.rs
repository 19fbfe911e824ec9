//! `Context`: what every command is given beside its own arguments; nothing here is read from the process itself.

use std::path::PathBuf;

use crate::output::Output;

/// What every command is given beside its own arguments.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    /// Where everything is printed.
    pub(crate) output: Output,
    /// What `main` read from the environment.
    pub(crate) environment: Environment,
}

/// The parts of the environment that the command cares about. Keys are not among them: the client reads those.
#[derive(Clone, Debug, Default)]
pub(crate) struct Environment {
    /// `TIDEGATE_LOG`, or `RUST_LOG` when that is not set.
    pub(crate) log: Option<String>,
    /// What the terminal is to be trusted with.
    pub(crate) terminal: Terminal,
    /// The state directory; `None` where the environment names no place for one.
    pub(crate) state: Option<PathBuf>,
    /// `TIDEGATE_TEKKEN`: the file with the vocabulary of Mistral's models.
    pub(crate) tekken: Option<PathBuf>,
}

/// What a terminal, where there is one, is to be trusted with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Terminal {
    /// Colours, and lines that are drawn over.
    #[default]
    Full,
    /// Lines that are drawn over, but no colours: `NO_COLOR` is set to something.
    Colourless,
    /// Lines of plain text: `TERM` is `dumb`.
    Dumb,
}
