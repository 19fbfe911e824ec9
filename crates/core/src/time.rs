//! `Timestamp`: an instant on the engine's own monotonic clock, in nanoseconds. No calendar, no clock read.

use core::fmt;
use core::time::Duration;

/// An instant on the clock of one process, in nanoseconds since that clock's own beginning.
///
/// It orders events and measures distances; it is not a date. Arithmetic saturates: an instant that would lie
/// beyond the end of the clock (584 years) is [`Timestamp::MAX`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(u64);

impl Timestamp {
    /// The clock's beginning.
    pub const ZERO: Self = Self(0);
    /// Later than every instant that occurs.
    pub const MAX: Self = Self(u64::MAX);

    /// The instant `nanos` nanoseconds after the clock's beginning.
    #[must_use]
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// The instant `millis` milliseconds after the clock's beginning.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis.saturating_mul(1_000_000))
    }

    /// The instant `secs` seconds after the clock's beginning.
    #[must_use]
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs.saturating_mul(1_000_000_000))
    }

    /// Nanoseconds since the clock's beginning.
    #[must_use]
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// The instant `span` later.
    #[must_use]
    pub fn after(self, span: Duration) -> Self {
        Self(self.0.saturating_add(nanos_of(span)))
    }

    /// The instant `span` earlier, or the clock's beginning.
    #[must_use]
    pub fn before(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(nanos_of(span)))
    }

    /// The time from `earlier` to this instant; zero when `earlier` is in fact later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "t+{:?}", Duration::from_nanos(self.0))
    }
}

/// A span in nanoseconds; spans beyond 584 years count as that.
pub(crate) fn nanos_of(span: Duration) -> u64 {
    span.as_secs().saturating_mul(1_000_000_000).saturating_add(u64::from(span.subsec_nanos()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_never_go_below_zero_nor_beyond_the_end() {
        let second = Timestamp::from_secs(1);
        assert_eq!(second.since(Timestamp::from_secs(2)), Duration::ZERO);
        assert_eq!(Timestamp::from_secs(3).since(second), Duration::from_secs(2));
        assert_eq!(Timestamp::MAX.after(Duration::from_secs(1)), Timestamp::MAX);
        assert_eq!(second.before(Duration::from_secs(9)), Timestamp::ZERO);
        assert_eq!(nanos_of(Duration::from_nanos(u64::MAX)), u64::MAX);
        assert_eq!(
            nanos_of(Duration::from_nanos(u64::MAX).saturating_add(Duration::from_nanos(1))),
            u64::MAX
        );
    }
}
