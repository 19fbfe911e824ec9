//! Safety: no grant finds less than it needs in a declared limit, as an exact account of our own has it.
//!
//! The account is kept apart from the engine's buckets: whole numbers of amount x nanoseconds, replayed from what
//! was taken and given back. It holds for one instance; several are held together by `nodes`.

use tidegate_core::{Dimension, Limit};

use crate::trial::{Plan, Record, Spend};

pub(super) fn safety(plan: &Plan, record: &Record) -> Result<(), String> {
    if plan.nodes > 1 {
        return Ok(());
    }
    let limits = plan.limits.iter().filter_map(|rule| rule.limit().ok());
    for limit in limits.filter(|limit| limit.dimension != Dimension::Concurrency) {
        replay(&limit, record.spends.iter().filter(|spend| spend.dimension == limit.dimension))?;
    }
    Ok(())
}

fn replay<'a>(limit: &Limit, spends: impl Iterator<Item = &'a Spend>) -> Result<(), String> {
    let period = i128::try_from(limit.quota.period.as_nanos()).map_err(|_| "the period is too long")?;
    let (rate, full) = (i128::from(limit.quota.amount), i128::from(limit.quota.capacity()) * period);
    let (mut level, mut at) = (full, 0_i128);
    for spend in spends {
        let now = i128::from(spend.at.as_nanos()).max(at);
        level = (level + (now - at) * rate).min(full);
        at = now;
        let amount = i128::from(spend.amount) * period;
        // What is larger than the burst waits for all of it, and goes into debt.
        if spend.is_grant && level < amount.min(full) {
            return Err(format!(
                "at {} a call of {} {} was granted, but {} were left",
                spend.at,
                spend.amount,
                limit.dimension,
                level / period
            ));
        }
        level = (level - amount).min(full);
    }
    Ok(())
}
