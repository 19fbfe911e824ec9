//! `BuildError`: what was wrong with the description of a limiter, and what to write instead.

use std::fmt;

/// A limiter could not be built as described. Names the field and the remedy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildError {
    field: String,
    kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    Rate,
    WholeRate,
    TimeZone(String),
    Zero,
    Share,
    Whose,
    NoCalendar,
}

impl BuildError {
    pub(crate) fn rate(field: &str) -> Self {
        Self { field: field.to_owned(), kind: Kind::Rate }
    }

    pub(crate) fn whole_rate(field: &str) -> Self {
        Self { field: field.to_owned(), kind: Kind::WholeRate }
    }

    pub(crate) fn time_zone(name: &str) -> Self {
        Self { field: "time_zone".to_owned(), kind: Kind::TimeZone(name.to_owned()) }
    }

    pub(crate) fn zero(field: &str) -> Self {
        Self { field: field.to_owned(), kind: Kind::Zero }
    }

    pub(crate) fn share(field: &str) -> Self {
        Self { field: field.to_owned(), kind: Kind::Share }
    }

    pub(crate) fn whose(field: &str) -> Self {
        Self { field: field.to_owned(), kind: Kind::Whose }
    }

    pub(crate) fn no_calendar(field: &str) -> Self {
        Self { field: field.to_owned(), kind: Kind::NoCalendar }
    }

    /// The field that is wrong, as the builder's method is called.
    #[must_use]
    pub fn field(&self) -> &str {
        &self.field
    }

    /// Whether the number given for a limit is none that a limit can have.
    #[must_use]
    pub const fn is_rate(&self) -> bool {
        matches!(self.kind, Kind::Rate | Kind::WholeRate)
    }

    /// Whether the headroom is no share of a limit.
    #[must_use]
    pub const fn is_share(&self) -> bool {
        matches!(self.kind, Kind::Share)
    }

    /// Whether keys that are right by themselves do not go together.
    #[must_use]
    pub const fn is_combination(&self) -> bool {
        matches!(self.kind, Kind::Whose | Kind::NoCalendar)
    }

    /// Whether a time zone is not known.
    #[must_use]
    pub const fn is_time_zone(&self) -> bool {
        matches!(self.kind, Kind::TimeZone(_))
    }

    /// Whether a bound is zero, so that no call could ever pass.
    #[must_use]
    pub const fn is_bound(&self) -> bool {
        matches!(self.kind, Kind::Zero)
    }

    /// What to write instead.
    #[must_use]
    pub const fn remedy(&self) -> &'static str {
        match self.kind {
            Kind::Rate => "give a finite number from one millionth to 10^12, or zero to refuse every call",
            Kind::WholeRate => "give a whole number, or the rate of a shorter period",
            Kind::TimeZone(_) => "give a name of the time zone database, such as UTC or Europe/Berlin",
            Kind::Zero => "give at least 1",
            Kind::Share => "give a share from 0.0 to 0.999, such as 0.05",
            Kind::Whose => "give each rate a table of its own",
            Kind::NoCalendar => "give the rate a minute, or another enforcement",
        }
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { field, kind } = self;
        match kind {
            Kind::Rate => write!(f, "{field} is not a rate")?,
            Kind::WholeRate => write!(f, "{field} counts a calendar window, which has no fractions")?,
            Kind::TimeZone(name) => write!(f, "{field} \"{name}\" is not known")?,
            Kind::Zero => write!(f, "{field} is zero")?,
            Kind::Share => write!(f, "{field} is no share of a limit")?,
            Kind::Whose => write!(f, "{field} could belong to more than one rate, or to none")?,
            Kind::NoCalendar => write!(f, "{field} would need a calendar window of a second")?,
        }
        write!(f, "; {}", self.remedy())
    }
}

impl std::error::Error for BuildError {}
