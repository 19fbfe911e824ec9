//! Sum over nodes: what all instances together take from a shared limit never exceeds it by more than the leases out.
//!
//! For any two instants: what is taken between them is at most the burst, the refill of that time, and what was out in
//! leases at the first. Where something was cut off from the store, instances keep to safe shares; each may then have one
//! call's worth more, since a share is never less than a call. Where one is cut off while others go on, the store
//! notices after six seconds, and hears of it with the next message that gets through where only messages are lost.

use tidegate_core::lease::ALIVE_MS;
use tidegate_core::{Dimension, Limit};

use crate::trial::{Plan, Record};

pub(super) fn sum_over_nodes(plan: &Plan, record: &Record) -> Result<(), String> {
    if plan.nodes == 1 {
        return Ok(());
    }
    let limits = plan.limits.iter().filter_map(|rule| rule.limit().ok());
    for limit in limits.filter(|limit| limit.dimension != Dimension::Concurrency) {
        hold(plan, &limit, record)?;
    }
    Ok(())
}

fn hold(plan: &Plan, limit: &Limit, record: &Record) -> Result<(), String> {
    let period = i128::try_from(limit.quota.period.as_nanos()).map_err(|_| "the period is too long")?;
    let rate = i128::from(limit.quota.amount);
    let burst = i128::from(limit.quota.capacity()) * period;
    // The store's time is in whole milliseconds.
    let slack = slack(plan, limit, record) * period + rate * 1_000_000;
    // Everything in amount x nanoseconds. `over` is what was taken less what was refilled since the beginning.
    let (mut taken, mut least) = (0_i128, 0_i128);
    for spend in record.spends.iter().filter(|spend| spend.dimension == limit.dimension) {
        taken += i128::from(spend.amount) * period;
        let over = taken - i128::from(spend.at.as_nanos()) * rate;
        if spend.is_grant && over - least > burst + slack {
            return Err(format!(
                "at {} all instances together had {} thousandths of {} more than the limit and the leases out",
                spend.at,
                (over - least - burst - slack) * 1_000 / period,
                limit.dimension
            ));
        }
        if let Some(leased) = spend.leased {
            least = least.min(over + i128::from(leased) * period);
        }
    }
    Ok(())
}

/// What safe shares may come to beyond the limit.
fn slack(plan: &Plan, limit: &Limit, record: &Record) -> i128 {
    let grants = record.spends.iter().filter(|spend| spend.is_grant && spend.dimension == limit.dimension);
    let largest = grants.map(|spend| i128::from(spend.amount)).max().unwrap_or(0);
    let nodes = i128::try_from(plan.nodes).unwrap_or(i128::MAX);
    let shares = if record.stormy.is_empty() && plan.store.lost == 0 { 0 } else { nodes * largest };
    let period_ms = i128::try_from(limit.quota.period.as_millis()).unwrap_or(i128::MAX).max(1);
    // A message that is lost is a store that is gone for a second or two.
    let unnoticed_ms = match (plan.store.cut.is_empty(), plan.store.lost) {
        (true, 0) => 0,
        (true, _) => 2_000,
        (false, _) => ALIVE_MS,
    };
    shares + i128::from(unnoticed_ms) * i128::from(limit.quota.amount) / period_ms
}
