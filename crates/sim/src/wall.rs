//! `WallTime`: civil time in nanoseconds since the Unix epoch, and the forms in which providers write it.

use std::time::Duration;

/// Nanoseconds of a minute, the window of every limit that the emulator enforces.
pub(crate) const MINUTE: u64 = 60_000_000_000;

/// Civil time in nanoseconds since the Unix epoch.
///
/// The emulator lives on this scale: fixed windows follow the calendar minute, and `date` and reset headers are true.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WallTime(u64);

impl WallTime {
    /// 2026-01-01T00:00:00Z, the start of a calendar minute: where emulators live that nobody told the date.
    pub const DEFAULT_ORIGIN: Self = Self::from_unix_secs(1_767_225_600);

    /// The instant `nanos` nanoseconds after the Unix epoch.
    #[must_use]
    pub const fn from_unix_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// The instant `secs` seconds after the Unix epoch.
    #[must_use]
    pub const fn from_unix_secs(secs: u64) -> Self {
        Self(secs.saturating_mul(1_000_000_000))
    }

    /// Nanoseconds since the Unix epoch.
    #[must_use]
    pub const fn as_unix_nanos(self) -> u64 {
        self.0
    }

    /// Milliseconds since the Unix epoch, rounded down.
    #[must_use]
    pub const fn as_unix_millis(self) -> u64 {
        self.0 / 1_000_000
    }

    /// Seconds since the Unix epoch, rounded down.
    #[must_use]
    pub const fn as_unix_secs(self) -> u64 {
        self.0 / 1_000_000_000
    }

    /// The instant `span` later.
    #[must_use]
    pub fn after(self, span: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)))
    }

    /// The time from `earlier` to this instant; zero when `earlier` is in fact later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }

    /// The instant as `2025-01-14T22:01:32Z`, cut to whole seconds.
    #[must_use]
    pub fn rfc3339(self) -> String {
        let civil = Civil::of(self.as_unix_secs());
        let Civil { year, month, day, hour, minute, second, .. } = civil;
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }

    /// The instant as an HTTP date, `Tue, 14 Jan 2025 22:01:32 GMT`.
    #[must_use]
    pub fn http_date(self) -> String {
        const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
        const MONTHS: [&str; 12] =
            ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        let Civil { year, month, day, hour, minute, second, weekday } = Civil::of(self.as_unix_secs());
        let weekday = DAYS[weekday];
        let month = MONTHS[month - 1];
        format!("{weekday}, {day:02} {month} {year:04} {hour:02}:{minute:02}:{second:02} GMT")
    }
}

/// A date and a time of day in UTC. `month` and `day` count from 1, `weekday` from Thursday, the day of the epoch.
struct Civil {
    year: u64,
    month: usize,
    day: u64,
    hour: u64,
    minute: u64,
    second: u64,
    weekday: usize,
}

impl Civil {
    /// The civil time of a count of seconds, by whole eras of 400 years that begin on 1 March.
    fn of(secs: u64) -> Self {
        let (days, rest) = (secs / 86_400, secs % 86_400);
        let shifted = days + 719_468;
        let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let from_march = (5 * day_of_year + 2) / 153;
        let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
        Self {
            year: era * 400 + year_of_era + u64::from(month <= 2),
            month: usize::try_from(month).unwrap_or(1),
            day: day_of_year - (153 * from_march + 2) / 5 + 1,
            hour: rest / 3_600,
            minute: rest / 60 % 60,
            second: rest % 60,
            weekday: usize::try_from(days % 7).unwrap_or(0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_as_the_providers_write_them() {
        let instant = WallTime::from_unix_secs(1_736_892_092);
        assert_eq!(instant.rfc3339(), "2025-01-14T22:01:32Z");
        assert_eq!(instant.http_date(), "Tue, 14 Jan 2025 22:01:32 GMT");
        assert_eq!(WallTime::DEFAULT_ORIGIN.rfc3339(), "2026-01-01T00:00:00Z");
    }

    #[test]
    fn leap_days_and_ends_of_years_are_right() {
        assert_eq!(WallTime::from_unix_secs(951_782_400).rfc3339(), "2000-02-29T00:00:00Z");
        assert_eq!(WallTime::from_unix_secs(1_709_251_199).rfc3339(), "2024-02-29T23:59:59Z");
        assert_eq!(WallTime::from_unix_secs(4_102_444_799).rfc3339(), "2099-12-31T23:59:59Z");
        assert_eq!(WallTime::default().http_date(), "Thu, 01 Jan 1970 00:00:00 GMT");
    }

    #[test]
    fn fractions_of_a_second_are_cut_off() {
        let instant = WallTime::from_unix_nanos(1_736_892_092_999_999_999);
        assert_eq!(instant.rfc3339(), "2025-01-14T22:01:32Z");
    }
}
