//! `Found`: what a provider's own endpoints told of limits, usage and credit.

use std::fmt;
use std::time::Duration;

use tidegate_core::Dimension;

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The limits.
    pub limits: Vec<FoundLimit>,
    /// What was used, where that is told.
    pub usage: Vec<FoundUsage>,
    /// The money that an account has; the parts that are told.
    pub credit: Credit,
    /// What the account itself has left to pay with, in millionths of a US dollar, where a key has a limit besides.
    pub balance: Option<u64>,
}

/// A limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundLimit {
    /// What it holds for.
    pub whose: Whose,
    /// What it counts.
    pub dimension: Dimension,
    /// Its period; `None` for what may be under way or queued at once.
    pub window: Option<Duration>,
    /// How much it allows.
    pub limit: u64,
    /// Where it begins anew with each day of UTC: how much of that is used. `None` for every other limit.
    pub used_today: Option<u64>,
}

/// What a limit holds for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whose {
    /// The whole account.
    Account,
    /// These models, all of them together.
    Models(Vec<String>),
    /// One project of an organization.
    Project {
        /// The project's name.
        name: String,
        /// The model; `None` is every one.
        model: Option<String>,
    },
    /// Something that is no call to a model: batches, files.
    Other(String),
}

/// What was used in a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundUsage {
    /// The period.
    pub period: Period,
    /// What is counted.
    pub dimension: Dimension,
    /// How much of it; money in millionths of a US dollar.
    pub amount: u64,
}

/// A calendar period in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    /// Today.
    Day,
    /// This week.
    Week,
    /// This month.
    Month,
}

/// Money, in millionths of a US dollar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Credit {
    /// How much may be spent.
    pub limit: Option<u64>,
    /// How much of that is left; nothing where more was spent.
    pub remaining: Option<u64>,
    /// How much was spent.
    pub used: Option<u64>,
    /// With which period it begins anew; `None` where what is spent is gone.
    pub renews: Option<Period>,
}

impl Found {
    /// Adds what another answer told. Of credit, what was told first stays.
    pub fn add(&mut self, more: Self) {
        self.limits.extend(more.limits);
        self.usage.extend(more.usage);
        let Credit { limit, remaining, used, renews } = more.credit;
        // A limit that begins anew is another than one that does not.
        if self.credit.limit.is_none() && self.credit.remaining.is_none() {
            self.credit.renews = renews;
        }
        self.credit.limit = self.credit.limit.or(limit);
        self.credit.remaining = self.credit.remaining.or(remaining);
        self.credit.used = self.credit.used.or(used);
        self.balance = self.balance.or(more.balance);
    }

    /// Whether nothing was told.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Whose {
    /// The models of a list; the whole account where it is empty.
    pub(super) fn model(name: Option<String>) -> Self {
        name.map_or(Self::Account, |name| Self::Models(vec![name]))
    }
}

impl Period {
    /// Every period.
    pub const ALL: [Self; 3] = [Self::Day, Self::Week, Self::Month];

    /// The name that output uses.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }
}

impl fmt::Display for Whose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account => f.write_str("account"),
            Self::Models(models) => f.write_str(&models.join(", ")),
            Self::Project { name, model: Some(model) } => write!(f, "{name}: {model}"),
            Self::Project { name, model: None } => write!(f, "{name}: every model"),
            Self::Other(what) => f.write_str(what),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_credit_what_was_told_first_stays() {
        let of =
            |limit, used| Found { credit: Credit { limit, used, ..Credit::default() }, ..Found::default() };
        let mut found = of(Some(1), None);
        found.add(of(Some(2), Some(3)));
        assert_eq!(found.credit, Credit { limit: Some(1), used: Some(3), ..Credit::default() });
        assert!(Found::default().is_empty() && !found.is_empty());
    }
}
