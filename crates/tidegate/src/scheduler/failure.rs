//! `SubmitError`: why a submitted call has no success: it was not made, or its last answer was none.

use std::fmt;

use tidegate_core::Class;

use crate::Error;
use crate::call::StopReason;

/// Why a submitted call has no success.
#[derive(Debug)]
pub enum SubmitError<T, E> {
    /// There is no answer to hand over.
    NotMade(Error),
    /// The provider answered, and no further attempt follows.
    Answered(Box<LastAnswer<T, E>>),
}

/// The last answer of a call that was no success.
#[derive(Debug)]
pub struct LastAnswer<T, E> {
    /// The answer, as the closure returned it.
    pub answer: Result<T, E>,
    /// What it means.
    pub class: Class,
    /// Why no other attempt followed.
    pub why: StopReason,
    /// How many times the closure ran.
    pub attempts: u32,
}

impl<T, E> SubmitError<T, E> {
    /// Why the call was not made; `None` when it was answered.
    #[must_use]
    pub const fn not_made(&self) -> Option<&Error> {
        match self {
            Self::NotMade(error) => Some(error),
            Self::Answered(_) => None,
        }
    }

    /// The last answer; `None` when the call was not made.
    #[must_use]
    pub fn last_answer(&self) -> Option<&LastAnswer<T, E>> {
        match self {
            Self::NotMade(_) => None,
            Self::Answered(last) => Some(last),
        }
    }
}

impl<T, E> From<Error> for SubmitError<T, E> {
    fn from(error: Error) -> Self {
        Self::NotMade(error)
    }
}

impl<T, E> fmt::Display for SubmitError<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotMade(error) => error.fmt(f),
            Self::Answered(last) => {
                write!(f, "{} after {} attempts: {}", last.class, last.attempts, last.why)
            }
        }
    }
}

impl<T: fmt::Debug, E: fmt::Debug> std::error::Error for SubmitError<T, E> {}
