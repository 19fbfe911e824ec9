//! `PaceError`: a request was not let through, or the service inside failed.

use std::fmt;

use crate::Error;

/// Why a paced request has no response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PaceError<E> {
    /// It was not let through; the service inside has not seen it.
    NotAdmitted(Error),
    /// The service inside failed.
    Inner(E),
}

impl<E> PaceError<E> {
    /// Why the request was not let through; `None` when the service inside failed.
    #[must_use]
    pub const fn not_admitted(&self) -> Option<&Error> {
        match self {
            Self::NotAdmitted(error) => Some(error),
            Self::Inner(_) => None,
        }
    }
}

impl<E: fmt::Display> fmt::Display for PaceError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAdmitted(error) => error.fmt(f),
            Self::Inner(error) => error.fmt(f),
        }
    }
}

impl<E: std::error::Error + 'static> std::error::Error for PaceError<E> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::NotAdmitted(error) => Some(error),
            Self::Inner(error) => Some(error),
        }
    }
}
