//! What a provider told of limits, usage and credit, as it is written: JSON with a version, amounts as whole numbers.

use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use tidegate_provider::discovery::{Credit, Found, FoundLimit, FoundUsage, Period, Whose};

use super::written::{age, dimension, millis, since_epoch_ms};

/// The version of the form. It changes with this file; what is written in another one is not read.
const FORM: u32 = 2;

/// A file.
#[derive(Debug, Serialize, Deserialize)]
struct Written {
    form: u32,
    /// When it was told, in milliseconds since 1970.
    at_ms: u64,
    limits: Vec<Limit>,
    usage: Vec<Used>,
    /// Millionths of a US dollar.
    credit: [Option<u64>; 3],
    /// The period with which it begins anew.
    renews: Option<String>,
    balance: Option<u64>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Limit {
    whose: Owner,
    dimension: String,
    window_ms: Option<u64>,
    limit: u64,
    used_today: Option<u64>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Owner {
    Account,
    Models(Vec<String>),
    Project { name: String, model: Option<String> },
    Other(String),
}

#[derive(Debug, Serialize, Deserialize)]
struct Used {
    period: String,
    dimension: String,
    amount: u64,
}

/// What was told, as a file holds it.
pub(super) fn write(found: &Found, at: SystemTime) -> Vec<u8> {
    let Credit { limit, remaining, used, renews } = found.credit;
    let written = Written {
        form: FORM,
        at_ms: since_epoch_ms(at),
        limits: found.limits.iter().map(limit_of).collect(),
        usage: found.usage.iter().map(used_of).collect(),
        credit: [limit, remaining, used],
        renews: renews.map(|period| period.name().to_owned()),
        balance: found.balance,
    };
    serde_json::to_vec(&written).expect("numbers, texts and lists of them are always JSON")
}

/// What a file holds and how old it is at `now`; else why it cannot be used.
pub(super) fn read(bytes: &[u8], now: SystemTime) -> Result<(Found, Duration), String> {
    let written: Written = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    if written.form != FORM {
        return Err("it was written by another version".to_owned());
    }
    let [limit, remaining, used] = written.credit;
    let found = Found {
        limits: written.limits.into_iter().map(Limit::meant).collect::<Result<_, _>>()?,
        usage: written.usage.into_iter().map(Used::meant).collect::<Result<_, _>>()?,
        credit: Credit { limit, remaining, used, renews: written.renews.as_deref().map(period).transpose()? },
        balance: written.balance,
    };
    Ok((found, age(written.at_ms, now)))
}

fn limit_of(limit: &FoundLimit) -> Limit {
    Limit {
        whose: match &limit.whose {
            Whose::Account => Owner::Account,
            Whose::Models(models) => Owner::Models(models.clone()),
            Whose::Project { name, model } => Owner::Project { name: name.clone(), model: model.clone() },
            Whose::Other(what) => Owner::Other(what.clone()),
        },
        dimension: limit.dimension.name().to_owned(),
        window_ms: limit.window.map(millis),
        limit: limit.limit,
        used_today: limit.used_today,
    }
}

fn used_of(used: &FoundUsage) -> Used {
    let FoundUsage { period, dimension, amount } = used;
    Used { period: period.name().to_owned(), dimension: dimension.name().to_owned(), amount: *amount }
}

impl Limit {
    fn meant(self) -> Result<FoundLimit, String> {
        let whose = match self.whose {
            Owner::Account => Whose::Account,
            Owner::Models(models) => Whose::Models(models),
            Owner::Project { name, model } => Whose::Project { name, model },
            Owner::Other(what) => Whose::Other(what),
        };
        let window = self.window_ms.map(Duration::from_millis);
        let dimension = dimension(&self.dimension)?;
        Ok(FoundLimit { whose, dimension, window, limit: self.limit, used_today: self.used_today })
    }
}

impl Used {
    fn meant(self) -> Result<FoundUsage, String> {
        let period = period(&self.period)?;
        Ok(FoundUsage { period, dimension: dimension(&self.dimension)?, amount: self.amount })
    }
}

fn period(name: &str) -> Result<Period, String> {
    let named = Period::ALL.into_iter().find(|period| period.name() == name);
    named.ok_or_else(|| format!("no period is named `{name}`"))
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use tidegate_core::Dimension;

    use super::*;

    fn found() -> Found {
        let limit = |whose| FoundLimit {
            whose,
            dimension: Dimension::InputTokens,
            window: Some(Duration::from_secs(60)),
            limit: 2_000_000,
            used_today: Some(7),
        };
        Found {
            limits: vec![
                limit(Whose::Account),
                limit(Whose::Models(vec!["a".into(), "b".into()])),
                limit(Whose::Project { name: "p".into(), model: None }),
                FoundLimit { window: None, ..limit(Whose::Other("batch".into())) },
            ],
            usage: vec![FoundUsage { period: Period::Week, dimension: Dimension::Money, amount: 3 }],
            credit: Credit { limit: Some(10), remaining: None, used: Some(4), renews: Some(Period::Day) },
            balance: Some(6),
        }
    }

    #[test]
    fn what_is_written_is_read_as_it_was_and_as_old_as_it_is() {
        let then = UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        let later = then + Duration::from_secs(90);
        assert_eq!(read(&write(&found(), then), later).unwrap(), (found(), Duration::from_secs(90)));
    }

    #[test]
    fn what_was_harmed_is_refused() {
        let text = String::from_utf8(write(&found(), UNIX_EPOCH)).unwrap();
        let harms = [("\"form\":2", "\"form\":1"), ("input_tokens", "tokens"), ("\"week\"", "\"eon\"")];
        for (from, to) in harms {
            let harmed = text.replace(from, to);
            assert_ne!(harmed, text);
            assert!(read(harmed.as_bytes(), UNIX_EPOCH).is_err(), "{to}");
        }
        assert!(read(&text.as_bytes()[..text.len() / 2], UNIX_EPOCH).is_err());
    }
}
