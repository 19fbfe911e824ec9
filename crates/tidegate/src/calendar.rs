//! Calendar windows: which minute, hour, day or month it is, in a time zone, as instants of the engine's clock.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use jiff::tz::TimeZone;
use jiff::{RoundMode, Span, Timestamp as Instant, ToSpan, Unit, Zoned, ZonedRound};
use tidegate_core::{Calendar, LimitId, Timestamp};

use crate::clock::Clock;

/// How far the wall clock may move against the engine's time before the windows are anchored anew. Time servers
/// slew by less; a step or a suspended machine is more.
const DRIFT_MAX: Duration = Duration::from_millis(100);

/// The time zone of that name in the time zone database, which the program carries with it.
pub(crate) fn zone(name: &str) -> Option<TimeZone> {
    TimeZone::get(name).ok()
}

/// The named time zone; UTC without a name. Names are checked before they reach the engine.
pub(crate) fn zone_or_utc(name: Option<&str>) -> TimeZone {
    name.and_then(zone).unwrap_or(TimeZone::UTC)
}

/// The calendar windows that an engine has asked for, and where they are anchored.
#[derive(Debug, Default)]
pub(crate) struct Calendars {
    open: BTreeMap<LimitId, (Calendar, TimeZone)>,
    /// One moment on both clocks, as of the last anchoring.
    anchor: Option<(Timestamp, SystemTime)>,
}

impl Calendars {
    /// Whether no window is open.
    pub(crate) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// The window of `calendar` in which `now` lies; remembered, to follow the wall clock.
    pub(crate) fn open(
        &mut self,
        limit: LimitId,
        calendar: Calendar,
        zone: TimeZone,
        now: Timestamp,
        clock: &dyn Clock,
    ) -> (Timestamp, Timestamp) {
        let wall = clock.wall();
        let window = window(calendar, &zone, wall);
        self.anchor.get_or_insert((now, wall));
        self.open.insert(limit, (calendar, zone));
        on_clock(window, now, wall)
    }

    /// The windows anew, if the wall clock has moved against the engine's time.
    pub(crate) fn follow(
        &mut self,
        now: Timestamp,
        clock: &dyn Clock,
    ) -> Vec<(LimitId, Timestamp, Timestamp)> {
        let Some((then, wall_then)) = self.anchor.filter(|_| !self.open.is_empty()) else {
            return Vec::new();
        };
        let wall = clock.wall();
        let expected = wall_then + now.since(then);
        let drift = wall.duration_since(expected).unwrap_or_else(|error| error.duration());
        if drift <= DRIFT_MAX {
            return Vec::new();
        }
        self.anchor = Some((now, wall));
        let anew = |(&limit, (calendar, zone)): (&LimitId, &(Calendar, TimeZone))| {
            let (start, end) = on_clock(window(*calendar, zone, wall), now, wall);
            (limit, start, end)
        };
        self.open.iter().map(anew).collect()
    }
}

/// A window of civil time as instants of the engine's clock, of which `now` is the moment `wall`.
fn on_clock(window: (SystemTime, SystemTime), now: Timestamp, wall: SystemTime) -> (Timestamp, Timestamp) {
    let at = |edge: SystemTime| match edge.duration_since(wall) {
        Ok(ahead) => now.after(ahead),
        Err(behind) => now.before(behind.duration()),
    };
    (at(window.0), at(window.1))
}

/// The window of `calendar` in `zone` in which `wall` lies.
fn window(calendar: Calendar, zone: &TimeZone, wall: SystemTime) -> (SystemTime, SystemTime) {
    civil(calendar, zone, wall).unwrap_or_else(|_out_of_range| even(calendar, wall))
}

/// The window as the calendar has it; an error where the calendar ends (the year 9999).
fn civil(
    calendar: Calendar,
    zone: &TimeZone,
    wall: SystemTime,
) -> Result<(SystemTime, SystemTime), jiff::Error> {
    let moment = Instant::try_from(wall)?.to_zoned(zone.clone());
    let (start, length): (Zoned, Span) = match calendar {
        Calendar::Minute => (floor(&moment, Unit::Minute)?, 1.minute()),
        Calendar::Hour => (floor(&moment, Unit::Hour)?, 1.hour()),
        Calendar::Day => (moment.start_of_day()?, 1.day()),
        Calendar::Week => (monday(&moment)?, 1.week()),
        Calendar::Month => (moment.first_of_month()?.start_of_day()?, 1.month()),
    };
    let end = start.checked_add(length)?;
    Ok((start.timestamp().into(), end.timestamp().into()))
}

/// The midnight with which the week of a moment began.
fn monday(moment: &Zoned) -> Result<Zoned, jiff::Error> {
    let behind = i64::from(moment.weekday().to_monday_zero_offset());
    moment.checked_sub(behind.days())?.start_of_day()
}

fn floor(moment: &Zoned, unit: Unit) -> Result<Zoned, jiff::Error> {
    moment.round(ZonedRound::new().smallest(unit).mode(RoundMode::Trunc))
}

/// A window of even length, for moments beyond the calendar.
fn even(calendar: Calendar, wall: SystemTime) -> (SystemTime, SystemTime) {
    let secs = match calendar {
        Calendar::Minute => 60,
        Calendar::Hour => 3_600,
        Calendar::Day => 86_400,
        Calendar::Week => 604_800,
        Calendar::Month => 2_678_400,
    };
    let into = wall.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs() % secs;
    let start = wall.checked_sub(Duration::from_secs(into)).unwrap_or(SystemTime::UNIX_EPOCH);
    (start, start + Duration::from_secs(secs))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> SystemTime {
        text.parse::<Instant>().unwrap().into()
    }

    fn window_in(zone: &str, calendar: Calendar, wall: &str) -> (SystemTime, SystemTime) {
        window(calendar, &TimeZone::get(zone).unwrap(), at(wall))
    }

    #[test]
    fn each_calendar_gives_the_window_around_the_moment() {
        let moment = "2026-03-14T15:09:26Z";
        for (calendar, start, end) in [
            (Calendar::Minute, "2026-03-14T15:09:00Z", "2026-03-14T15:10:00Z"),
            (Calendar::Hour, "2026-03-14T15:00:00Z", "2026-03-14T16:00:00Z"),
            (Calendar::Day, "2026-03-14T00:00:00Z", "2026-03-15T00:00:00Z"),
            (Calendar::Week, "2026-03-09T00:00:00Z", "2026-03-16T00:00:00Z"),
            (Calendar::Month, "2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z"),
        ] {
            assert_eq!(window_in("UTC", calendar, moment), (at(start), at(end)), "{calendar:?}");
        }
    }

    #[test]
    fn a_day_belongs_to_its_time_zone_and_knows_daylight_saving() {
        let day = window_in("America/Los_Angeles", Calendar::Day, "2026-03-08T12:00:00Z");
        assert_eq!(day, (at("2026-03-08T08:00:00Z"), at("2026-03-09T07:00:00Z")), "a day of 23 hours");
    }

    #[test]
    fn the_edge_itself_opens_the_next_window() {
        let day = window_in("UTC", Calendar::Day, "2026-02-28T00:00:00Z");
        assert_eq!(day.0, at("2026-02-28T00:00:00Z"));
    }

    #[test]
    fn moments_beyond_the_calendar_still_have_a_window() {
        let far = SystemTime::UNIX_EPOCH + Duration::from_secs(400_000_000_000);
        let (start, end) = window(Calendar::Day, &TimeZone::UTC, far);
        assert!(start <= far && far < end);
    }
}
