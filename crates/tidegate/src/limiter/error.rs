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
        }
        write!(f, "; {}", self.remedy())
    }
}

impl std::error::Error for BuildError {}
