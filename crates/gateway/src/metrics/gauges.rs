//! `Gauges`: levels that are not counted but read from the accounts when somebody asks.

use std::collections::BTreeMap;
use std::sync::Arc;

use tidegate::{Band, Snapshot};

use super::text::{Kind, Page};
use crate::accounts::Account;
use crate::status::used_ratio;

/// The most accounts that are told apart, those used last.
const ACCOUNTS_MAX: usize = 200;

/// The most limits that are told apart: a scope is a model's name, which callers make up.
const LIMITS_MAX: usize = 2_000;

/// The accounts' levels at one moment.
#[derive(Debug)]
pub(crate) struct Gauges {
    accounts: Vec<(String, Snapshot)>,
}

impl Gauges {
    /// Reads the accounts.
    pub(crate) fn of(accounts: &[Arc<Account>]) -> Self {
        let mut latest: Vec<&Arc<Account>> = accounts.iter().collect();
        latest.sort_by_key(|account| std::cmp::Reverse(account.touched()));
        latest.truncate(ACCOUNTS_MAX);
        let read = |account: &&Arc<Account>| (account.name().to_owned(), account.limiter().snapshot());
        Self { accounts: latest.iter().map(read).collect() }
    }

    /// Writes the levels.
    pub(crate) fn write(&self, page: &mut Page) {
        self.queues(page);
        self.reservations(page);
        self.limits(page);
    }

    fn queues(&self, page: &mut Page) {
        let name = "tidegate_queue_depth";
        page.family(name, "Calls that wait for their turn.", Kind::Gauge);
        for (account, snapshot) in &self.accounts {
            for (band, waiting) in Band::ALL.iter().zip(snapshot.waiting_by_band) {
                page.sample(
                    name,
                    &["account", "band"],
                    &[account.as_str(), band.name()],
                    &waiting.to_string(),
                );
            }
        }
    }

    fn reservations(&self, page: &mut Page) {
        let name = "tidegate_reservations_active";
        page.family(name, "Calls that were granted and have not ended.", Kind::Gauge);
        for (account, snapshot) in &self.accounts {
            page.sample(name, &["account"], &[account], &snapshot.in_flight.to_string());
        }
        let name = "tidegate_reservations_expired_total";
        page.family(name, "Reservations that ended by age.", Kind::Counter);
        let expired: u64 = self.accounts.iter().map(|(_, snapshot)| snapshot.tally.expired).sum();
        page.sample(name, &[], &[""; 0], &expired.to_string());
    }

    /// A scope may have one limit a minute and another a day in the same dimension: the tighter one is told.
    fn limits(&self, page: &mut Page) {
        let mut tightest: BTreeMap<[&str; 3], (f64, u64)> = BTreeMap::new();
        for (account, snapshot) in &self.accounts {
            for limit in &snapshot.limits {
                let ratio = used_ratio(limit.used, limit.limit);
                let labels = [account.as_str(), limit.scope.as_str(), limit.dimension.name()];
                if tightest.len() >= LIMITS_MAX && !tightest.contains_key(&labels) {
                    continue;
                }
                let told = tightest.entry(labels).or_insert((ratio, limit.limit));
                if ratio > told.0 {
                    *told = (ratio, limit.limit);
                }
            }
        }
        let labels = ["account", "scope", "dimension"];
        let name = "tidegate_limit_used_ratio";
        page.family(name, "Used share of a limit; above 1 in debt.", Kind::Gauge);
        for (values, (ratio, _)) in &tightest {
            page.sample(name, &labels, values, &format!("{ratio:.6}"));
        }
        let name = "tidegate_limit_value";
        page.family(name, "What a limit allows in its period.", Kind::Gauge);
        for (values, (_, limit)) in &tightest {
            page.sample(name, &labels, values, &limit.to_string());
        }
    }
}
