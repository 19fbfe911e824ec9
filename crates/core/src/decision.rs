//! `Decision`: what the engine answers, always with its reason.

use core::fmt;
use core::time::Duration;

use crate::{Dimension, Timestamp};

/// What the engine answers to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Go now.
    Grant,
    /// Queued; the grant comes as an output, at about this instant.
    Wait {
        /// The predicted instant: exact for a single flow while nothing settles or is observed.
        until: Timestamp,
        /// What the call waits for.
        reason: Reason,
    },
    /// Not admitted, and not queued.
    Reject(Rejection),
}

/// Why a call waits.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// A limit has too little left.
    Limit {
        /// What the limit counts.
        dimension: Dimension,
        /// The limit's period; zero for concurrency.
        window: Duration,
    },
    /// Earlier calls of the flow go first.
    Turn,
    /// The provider refused a call and asked to wait.
    Hold,
    /// Nothing is known of the provider yet, or little; calls go out one, two, four a round trip.
    Probe,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Limit { dimension, .. } => f.write_str(dimension.name()),
            Self::Turn => f.write_str("turn"),
            Self::Hold => f.write_str("hold"),
            Self::Probe => f.write_str("probe"),
        }
    }
}

/// Why a call was not admitted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rejection {
    /// The cost is more than a limit can ever hold.
    Never {
        /// What the limit counts.
        dimension: Dimension,
        /// What the call costs in that dimension.
        cost: u64,
        /// The most that the limit holds.
        capacity: u64,
    },
    /// The credit that is left can never pay for the call, and no time brings more of it.
    Unaffordable {
        /// What the call costs at least, in millionths of a US dollar.
        cost: u64,
        /// The credit that is left, reserved amounts that may still come back included.
        left: u64,
    },
    /// The queue is full.
    QueueFull {
        /// How many calls it holds.
        capacity: usize,
    },
    /// The queue was full, and the call made room for a newer one
    /// ([`Overflow::DropOldest`](crate::Overflow::DropOldest)).
    Displaced {
        /// How many calls the queue holds.
        capacity: usize,
    },
    /// The call cannot be granted by its deadline.
    Deadline {
        /// How long until it could be.
        retry_after: Duration,
        /// What it would have waited for.
        reason: Reason,
    },
    /// The limiter is shutting down.
    Closed,
    /// As many calls are under way as may be remembered.
    ReservationsFull {
        /// How many that is.
        capacity: usize,
    },
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Never { dimension: Dimension::Money, cost, capacity } => write!(
                f,
                "the call costs {}, but the limit never holds more than {}; make the call smaller or raise the limit",
                Dollars(*cost),
                Dollars(*capacity)
            ),
            Self::Unaffordable { cost, left } => write!(
                f,
                "the call costs at least {}, but {} of credit are left; add credit, or make the call smaller (a lower maximum of output, a shorter prompt, a cheaper model)",
                Dollars(*cost),
                Dollars(*left)
            ),
            Self::Never { dimension, cost, capacity } => write!(
                f,
                "the call costs {cost} {dimension}, but the limit never holds more than {capacity}; make the call smaller or raise the limit"
            ),
            Self::QueueFull { capacity } => {
                write!(f, "{capacity} calls wait already; raise max_queue or send fewer at once")
            }
            Self::Displaced { capacity } => write!(
                f,
                "the call made room for a newer one, {capacity} wait already; raise max_queue or send fewer at once"
            ),
            Self::Deadline { retry_after, reason } => {
                write!(
                    f,
                    "the call would wait {:.1} s ({reason}), longer than allowed",
                    retry_after.as_secs_f32()
                )
            }
            Self::Closed => f.write_str("the limiter is shutting down"),
            Self::ReservationsFull { capacity } => write!(
                f,
                "{capacity} calls are under way already; end their permits, or raise max_reservations"
            ),
        }
    }
}

impl core::error::Error for Rejection {}

/// Millionths of a US dollar, as people read them.
struct Dollars(u64);

impl fmt::Display for Dollars {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MILLION: u64 = 1_000_000;
        let (whole, part) =
            (self.0.checked_div(MILLION).unwrap_or(0), self.0.checked_rem(MILLION).unwrap_or(0));
        write!(f, "{whole}.{part:06} USD")
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn what_credit_cannot_pay_is_told_in_dollars_with_a_remedy() {
        let told = Rejection::Unaffordable { cost: 1_250_000, left: 7 }.to_string();
        assert!(told.contains("1.250000 USD") && told.contains("0.000007 USD"), "{told}");
        assert!(told.contains("add credit") && told.contains("maximum of output"), "{told}");
    }
}
