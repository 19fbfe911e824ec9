//! `Error`: why a call was not made, as one type for every edge of the facade.

use std::fmt;
use std::time::Duration;

use tidegate_core::{Dimension, Rejection, Timestamp};

use crate::BuildError;
use crate::call::{StopReason, Trip};

/// Why a call was not made.
///
/// Ask it what it is with the `is_` methods, and when to come back with [`Error::retry_after`]; its text says what to
/// do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    Capacity { dimension: Dimension, cost: u64, capacity: u64 },
    Unaffordable { cost: u64, left: u64 },
    UnknownBucket { model: String, provider: String },
    ReservationsFull { capacity: usize },
    AccountsFull { capacity: usize },
    StoreConnection { cause: String },
    StoreOperation { cause: String },
    Configuration { cause: String },
    QueueOverflow { capacity: usize },
    Deadline { retry_after: Duration, waits_for: String },
    Timeout { after: Duration },
    CircuitOpen { why: Trip, retry_after: Duration },
    Stopped { why: String },
    Closed,
}

impl Error {
    pub(crate) fn unknown_bucket(model: &str, provider: &str) -> Self {
        Self::of(Kind::UnknownBucket { model: model.to_owned(), provider: provider.to_owned() })
    }

    pub(crate) const fn accounts_full(capacity: usize) -> Self {
        Self::of(Kind::AccountsFull { capacity })
    }

    pub(crate) fn configuration(cause: impl Into<String>) -> Self {
        Self::of(Kind::Configuration { cause: cause.into() })
    }

    pub(crate) const fn timeout(after: Duration) -> Self {
        Self::of(Kind::Timeout { after })
    }

    #[cfg(feature = "tower")]
    pub(crate) const fn closed() -> Self {
        Self::of(Kind::Closed)
    }

    /// No other attempt follows, for this reason.
    pub(crate) fn stopped(why: StopReason, now: Timestamp) -> Self {
        Self::of(match why {
            StopReason::CircuitOpen { until, why } => {
                Kind::CircuitOpen { why, retry_after: until.since(now) }
            }
            other => Kind::Stopped { why: other.to_string() },
        })
    }

    /// A store of shared limits could not be reached.
    #[must_use]
    pub fn store_connection(cause: impl fmt::Display) -> Self {
        Self::of(Kind::StoreConnection { cause: cause.to_string() })
    }

    /// A store of shared limits was reached and could not do what it was asked to.
    #[must_use]
    pub fn store_operation(cause: impl fmt::Display) -> Self {
        Self::of(Kind::StoreOperation { cause: cause.to_string() })
    }

    const fn of(kind: Kind) -> Self {
        Self { kind }
    }

    /// How long until another try makes sense, where that is known.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        match &self.kind {
            Kind::Deadline { retry_after, .. } | Kind::CircuitOpen { retry_after, .. } => Some(*retry_after),
            _ => None,
        }
    }

    /// The call costs more than a limit can ever hold.
    #[must_use]
    pub const fn is_capacity(&self) -> bool {
        matches!(self.kind, Kind::Capacity { .. })
    }

    /// The credit that is left can never pay for the call.
    #[must_use]
    pub const fn is_unaffordable(&self) -> bool {
        matches!(self.kind, Kind::Unaffordable { .. })
    }

    /// The provider knows no bucket for the call's model.
    #[must_use]
    pub const fn is_unknown_bucket(&self) -> bool {
        matches!(self.kind, Kind::UnknownBucket { .. })
    }

    /// As many calls are under way as may be remembered.
    #[must_use]
    pub const fn is_reservations_full(&self) -> bool {
        matches!(self.kind, Kind::ReservationsFull { .. })
    }

    /// As many accounts are busy as may be kept.
    #[must_use]
    pub const fn is_accounts_full(&self) -> bool {
        matches!(self.kind, Kind::AccountsFull { .. })
    }

    /// A store of shared limits could not be reached.
    #[must_use]
    pub const fn is_store_connection(&self) -> bool {
        matches!(self.kind, Kind::StoreConnection { .. })
    }

    /// A store of shared limits could not do what it was asked to.
    #[must_use]
    pub const fn is_store_operation(&self) -> bool {
        matches!(self.kind, Kind::StoreOperation { .. })
    }

    /// A description makes no sense.
    #[must_use]
    pub const fn is_configuration(&self) -> bool {
        matches!(self.kind, Kind::Configuration { .. })
    }

    /// The queue is full, or was, and the call made room for a newer one.
    #[must_use]
    pub const fn is_queue_overflow(&self) -> bool {
        matches!(self.kind, Kind::QueueOverflow { .. })
    }

    /// The call would have waited, or has taken, longer than it may.
    #[must_use]
    pub const fn is_timeout(&self) -> bool {
        matches!(self.kind, Kind::Deadline { .. } | Kind::Timeout { .. })
    }

    /// Calls like this one are known to fail.
    #[must_use]
    pub const fn is_circuit_open(&self) -> bool {
        matches!(self.kind, Kind::CircuitOpen { .. })
    }

    /// The limiter is shutting down.
    #[must_use]
    pub const fn is_closed(&self) -> bool {
        matches!(self.kind, Kind::Closed)
    }
}

impl From<Rejection> for Error {
    fn from(rejection: Rejection) -> Self {
        Self::of(match rejection {
            Rejection::Never { dimension, cost, capacity } => Kind::Capacity { dimension, cost, capacity },
            Rejection::Unaffordable { cost, left } => Kind::Unaffordable { cost, left },
            Rejection::QueueFull { capacity } | Rejection::Displaced { capacity } => {
                Kind::QueueOverflow { capacity }
            }
            Rejection::Deadline { retry_after, reason } => {
                Kind::Deadline { retry_after, waits_for: reason.to_string() }
            }
            Rejection::Closed => Kind::Closed,
            Rejection::ReservationsFull { capacity } => Kind::ReservationsFull { capacity },
            other => Kind::Stopped { why: other.to_string() },
        })
    }
}

impl From<BuildError> for Error {
    fn from(error: BuildError) -> Self {
        Self::configuration(error.to_string())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Capacity { dimension, cost, capacity } => write!(
                f,
                "the call costs {cost} {dimension}, but the limit never holds more than {capacity}; make the call smaller or raise the limit"
            ),
            Kind::Unaffordable { cost, left } => Rejection::Unaffordable { cost: *cost, left: *left }.fmt(f),
            Kind::UnknownBucket { model, provider } => write!(
                f,
                "provider \"{provider}\" has no bucket for model \"{model}\"; name a model that it knows, or add a bucket"
            ),
            Kind::ReservationsFull { capacity } => write!(
                f,
                "{capacity} calls are under way already; end their permits, or raise max_reservations"
            ),
            Kind::AccountsFull { capacity } => {
                write!(f, "{capacity} accounts are busy already; wait, or raise max_accounts")
            }
            Kind::StoreConnection { cause } => write!(f, "the store cannot be reached: {cause}"),
            Kind::StoreOperation { cause } => write!(f, "the store failed: {cause}"),
            Kind::Configuration { cause } => f.write_str(cause),
            Kind::QueueOverflow { capacity } => {
                write!(f, "{capacity} calls wait already; raise max_queue or send fewer at once")
            }
            Kind::Deadline { retry_after, waits_for } => write!(
                f,
                "the call would wait {:.1} s ({waits_for}), longer than allowed",
                retry_after.as_secs_f32()
            ),
            Kind::Timeout { after } => {
                write!(f, "no answer within {:.1} s; give the call a longer timeout", after.as_secs_f32())
            }
            Kind::CircuitOpen { why, .. } => {
                write!(f, "calls like this one are known to fail ({why}); one tries again from time to time")
            }
            Kind::Stopped { why } => f.write_str(why),
            Kind::Closed => f.write_str("the limiter is shutting down"),
        }
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;
    use tidegate_core::Reason;

    #[test]
    fn each_rejection_has_its_question_and_a_deadline_tells_when_to_come_back() {
        let never = Rejection::Never { dimension: Dimension::Requests, cost: 2, capacity: 1 };
        assert!(Error::from(never).is_capacity());
        let unaffordable = Error::from(Rejection::Unaffordable { cost: 2, left: 1 });
        assert!(unaffordable.is_unaffordable() && unaffordable.to_string().contains("add credit"));
        assert!(Error::from(Rejection::QueueFull { capacity: 3 }).is_queue_overflow());
        assert!(Error::from(Rejection::Closed).is_closed());
        let retry_after = Duration::from_secs(3);
        let late = Error::from(Rejection::Deadline { retry_after, reason: Reason::Turn });
        assert!(late.is_timeout() && late.retry_after() == Some(retry_after));
    }

    #[test]
    fn a_store_error_says_which_kind_it_is() {
        let (lost, failed) = (Error::store_connection("reset"), Error::store_operation("no memory"));
        assert!(lost.is_store_connection() && !lost.is_store_operation());
        assert!(failed.is_store_operation() && failed.to_string().contains("no memory"));
    }
}
