//! `StoreError`: why a store did not answer. The limiter goes on without it; the error is for logs and events.

use std::error::Error;
use std::fmt;

/// A store did not do what it was asked to.
#[derive(Debug)]
pub struct StoreError {
    kind: Kind,
    source: Box<dyn Error + Send + Sync>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Connection,
    Operation,
}

impl StoreError {
    /// The store could not be reached.
    #[must_use]
    pub fn connection(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { kind: Kind::Connection, source: source.into() }
    }

    /// The store was reached, but failed.
    #[must_use]
    pub fn operation(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { kind: Kind::Operation, source: source.into() }
    }

    /// Whether the store could not be reached, so that trying again may help.
    #[must_use]
    pub const fn is_connection(&self) -> bool {
        matches!(self.kind, Kind::Connection)
    }

    /// Whether the store was reached and failed, so that it needs somebody to look after it.
    #[must_use]
    pub const fn is_operation(&self) -> bool {
        matches!(self.kind, Kind::Operation)
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, source } = self;
        match kind {
            Kind::Connection => write!(f, "the store cannot be reached ({source}); check its address"),
            Kind::Operation => write!(f, "the store failed ({source}); check its version and rights"),
        }
    }
}

impl Error for StoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(self.source.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_says_what_to_check() {
        let away = StoreError::connection("connection refused");
        assert!(away.is_connection() && !away.is_operation());
        assert!(away.to_string().contains("check its address"), "{away}");
        let broken = StoreError::operation("NOSCRIPT");
        assert!(broken.is_operation() && broken.source().is_some());
        assert_eq!(broken.to_string(), "the store failed (NOSCRIPT); check its version and rights");
    }
}
