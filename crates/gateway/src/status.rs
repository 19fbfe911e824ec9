//! The document of `/api/v1/status`: every account with its limits, its queue and its last refusals.

use std::time::Duration;

use serde::Serialize;
use tidegate::LimitStatus;

use crate::accounts::{Account, Refused};

/// The whole document.
#[derive(Debug, Serialize)]
pub(crate) struct Status {
    accounts: Vec<AccountStatus>,
}

#[derive(Debug, Serialize)]
struct AccountStatus {
    name: String,
    provider: String,
    limits: Vec<LimitLine>,
    waiting: usize,
    in_flight: usize,
    recent_refusals: Vec<RefusalLine>,
}

#[derive(Debug, Serialize)]
struct LimitLine {
    dimension: &'static str,
    scope: String,
    /// The period in seconds; zero for concurrency.
    window_s: f64,
    used: u64,
    limit: u64,
    /// `used` of `limit` in percent, to a tenth.
    pct: f64,
    learned: bool,
    waiting: usize,
    next_free_ms: Option<u64>,
}

#[derive(Debug, Serialize)]
struct RefusalLine {
    /// RFC 3339, UTC.
    at: String,
    class: &'static str,
    model: String,
}

impl Status {
    /// The accounts as they stand.
    pub(crate) fn of<'account>(accounts: impl IntoIterator<Item = &'account Account>) -> Self {
        Self { accounts: accounts.into_iter().map(AccountStatus::of).collect() }
    }
}

impl AccountStatus {
    fn of(account: &Account) -> Self {
        let snapshot = account.limiter().snapshot();
        Self {
            name: account.name().to_owned(),
            provider: account.provider().to_owned(),
            limits: snapshot.limits.into_iter().map(LimitLine::of).collect(),
            waiting: snapshot.waiting,
            in_flight: snapshot.in_flight,
            recent_refusals: account.refusals().into_iter().map(RefusalLine::of).collect(),
        }
    }
}

impl LimitLine {
    fn of(limit: LimitStatus) -> Self {
        Self {
            dimension: limit.dimension.name(),
            scope: limit.scope,
            window_s: limit.window.as_secs_f64(),
            used: limit.used,
            limit: limit.limit,
            pct: (used_ratio(limit.used, limit.limit) * 1_000.0).round() / 10.0,
            learned: limit.learned,
            waiting: limit.waiting,
            next_free_ms: limit.next_free.map(millis_up),
        }
    }
}

impl RefusalLine {
    fn of(refused: Refused) -> Self {
        let at = jiff::Timestamp::try_from(refused.at).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        Self { at: format!("{at:.3}"), class: refused.class.name(), model: refused.model }
    }
}

/// What share of a limit is used; above 1 in debt, and wholly used where the limit is zero.
#[expect(clippy::cast_precision_loss, reason = "a share for a chart needs no more than 52 bits")]
pub(crate) fn used_ratio(used: u64, limit: u64) -> f64 {
    if limit == 0 { 1.0 } else { used as f64 / limit as f64 }
}

/// Milliseconds, rounded up: a wait told too short would be a lie.
pub(crate) fn millis_up(wait: Duration) -> u64 {
    u64::try_from(wait.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use tidegate::{Class, Dimension};

    use super::*;

    #[test]
    fn a_limit_reads_as_the_contract_has_it() {
        let limit = LimitStatus {
            dimension: Dimension::Requests,
            scope: "gpt-4o".to_owned(),
            window: Duration::from_secs(60),
            used: 1,
            limit: 3,
            learned: true,
            waiting: 2,
            next_free: Some(Duration::from_micros(1_500)),
        };
        let expected = serde_json::json!({
            "dimension": "requests", "scope": "gpt-4o", "window_s": 60.0, "used": 1, "limit": 3, "pct": 33.3,
            "learned": true, "waiting": 2, "next_free_ms": 2
        });
        assert_eq!(serde_json::to_value(LimitLine::of(limit)).unwrap(), expected);
    }

    #[test]
    fn a_refusal_tells_when_in_utc() {
        let at = SystemTime::UNIX_EPOCH + Duration::from_millis(1_500);
        let line = RefusalLine::of(Refused { at, class: Class::Throttled, model: String::new() });
        assert_eq!(line.at, "1970-01-01T00:00:01.500Z");
    }

    #[test]
    fn a_limit_of_zero_is_wholly_used() {
        assert!((used_ratio(0, 0) - 1.0).abs() < f64::EPSILON);
    }
}
