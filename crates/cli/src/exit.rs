//! `Exit` and `Failure`: every exit code of the command in one place, and the message that goes with a bad one.

use std::fmt;
use std::process::ExitCode;

/// How a command ended; each variant is one exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Everything was done.
    Done,
    /// Some rows or requests failed; each is named in the output.
    SomeFailed,
    /// The command line or a config file is wrong.
    Usage,
    /// The command could not start: a port is taken, a file cannot be opened.
    CannotStart,
    /// Stopped by the user; what is on disk can be resumed.
    Interrupted,
}

impl Exit {
    /// The code that the shell sees.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::SomeFailed => 1,
            Self::Usage => 2,
            Self::CannotStart => 3,
            // 128 + SIGINT, as shells have it.
            Self::Interrupted => 130,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// Why a command could not do its work, in words for the person who typed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    exit: Exit,
    message: String,
    hint: Option<String>,
}

impl Failure {
    /// The command line or the config is wrong; `message` is a lower-case fragment that names the flag or key.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, message: message.into(), hint: None }
    }

    /// What was asked for could not be had; `message` says from whom and why.
    pub(crate) fn unanswered(message: impl Into<String>) -> Self {
        Self { exit: Exit::SomeFailed, message: message.into(), hint: None }
    }

    /// Something outside stood in the way of starting; `message` names the port or the file.
    pub(crate) fn start(message: impl Into<String>) -> Self {
        Self { exit: Exit::CannotStart, message: message.into(), hint: None }
    }

    /// The same failure with what the reader can do about it.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The exit code that goes with it.
    pub(crate) const fn exit(&self) -> Exit {
        self.exit
    }

    /// What the reader can do, where there is something to say.
    pub(crate) fn remedy(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_are_those_that_scripts_rely_on() {
        let all = [Exit::Done, Exit::SomeFailed, Exit::Usage, Exit::CannotStart, Exit::Interrupted];
        assert_eq!(all.map(Exit::code), [0, 1, 2, 3, 130]);
    }

    #[test]
    fn a_failure_carries_its_code_its_words_and_its_remedy() {
        let failure = Failure::start("port 80 is taken").hint("choose another with --listen");
        assert_eq!(failure.exit(), Exit::CannotStart);
        assert_eq!(failure.to_string(), "port 80 is taken");
        assert_eq!(failure.remedy(), Some("choose another with --listen"));
    }
}
