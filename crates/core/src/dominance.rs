//! The dominant share: how much of its scarcest limit a call takes, so that calls of different kinds compare.
//!
//! A limit's share is told as the time in which the limit itself would make up for the call, in nanoseconds: cost /
//! amount x period. Limits of different periods compare by it, and the largest over all limits is the call's share.

use core::time::Duration;

use crate::time::nanos_of;
use crate::ward::Ward;
use crate::{Cost, Refill};

/// How long a call is taken to last where it meets no limit but one of concurrency, until it ends and the truth is
/// known.
const USUAL_CALL: Duration = Duration::from_secs(1);

/// What a call takes of its scarcest limit, thought of before it goes.
pub(crate) fn expected<'a>(cost: impl Fn(&Ward) -> u64, wards: impl Iterator<Item = &'a Ward>) -> u64 {
    let (mut timed, mut slots) = (None, 0);
    // Credit has no time in which it would make up for a call.
    for ward in wards.filter(|ward| ward.tenant().is_none() && !ward.is_credit()) {
        if ward.quota.refill == Refill::Release {
            slots = slots.max(part(cost(ward), nanos_of(USUAL_CALL), ward.quota.amount));
        } else {
            timed = Some(timed.unwrap_or(0).max(of(cost(ward), ward)));
        }
    }
    timed.unwrap_or(slots)
}

/// What a call took of its scarcest limit: `charge` of each, and a place of concurrency for `held`.
pub(crate) fn actual<'a>(charge: &Cost, held: Duration, wards: impl Iterator<Item = &'a Ward>) -> u64 {
    let wards = wards.filter(|ward| ward.tenant().is_none());
    wards.fold(0, |largest, ward| {
        let amount = charge.get(ward.counts);
        let share = if ward.quota.refill == Refill::Release {
            part(amount, nanos_of(held), ward.quota.amount)
        } else {
            of(amount, ward)
        };
        largest.max(share)
    })
}

fn of(amount: u64, ward: &Ward) -> u64 {
    part(amount, nanos_of(ward.quota.period), ward.quota.amount)
}

/// amount / whole x period, rounded down; nothing of a limit that admits nothing.
fn part(amount: u64, period: u64, whole: u64) -> u64 {
    let product = u128::from(amount).saturating_mul(u128::from(period));
    u64::try_from(product.checked_div(u128::from(whole)).unwrap_or(0)).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Dimension, Limit, Quota, Scope, Timestamp};
    use alloc::vec::Vec;

    fn wards(limits: Vec<Limit>) -> Vec<Ward> {
        limits.iter().map(|limit| Ward::declared(limit, Timestamp::ZERO)).collect()
    }

    fn expected_of(cost: Cost, wards: &[Ward]) -> u64 {
        expected(|ward| cost.get(ward.counts), wards.iter())
    }

    #[test]
    fn the_scarcest_limit_counts_whatever_its_period() {
        let wards = wards(alloc::vec![
            Limit::new(Dimension::Requests, Quota::per_minute(60)),
            Limit::new(Dimension::TotalTokens, Quota::per_second(100)),
            Limit::new(Dimension::Concurrency, Quota::concurrency(1)),
        ]);
        let call = Cost::requests(1);
        assert_eq!(
            expected_of(call.input_tokens(10), &wards),
            1_000_000_000,
            "one request is a second's worth"
        );
        assert_eq!(expected_of(call.input_tokens(350), &wards), 3_500_000_000, "and so many tokens are more");
        let held = Duration::from_secs(9);
        assert_eq!(
            actual(&call.input_tokens(350), held, wards.iter()),
            9_000_000_000,
            "and its place even more"
        );
        assert_eq!(actual(&Cost::ZERO, held, wards.iter()), 0);
    }

    #[test]
    fn a_place_of_concurrency_counts_beforehand_only_where_nothing_else_does() {
        let wards = wards(alloc::vec![
            Limit::new(Dimension::Concurrency, Quota::concurrency(4)),
            Limit::new(Dimension::Requests, Quota::per_second(0)),
        ]);
        assert_eq!(expected_of(Cost::requests(1), &wards[..1]), 250_000_000);
        assert_eq!(expected_of(Cost::requests(1), &wards), 0);
    }

    #[test]
    fn a_tenants_own_limit_is_no_share_of_what_all_have() {
        let limit = Limit::new(Dimension::Requests, Quota::per_minute(1)).scope(Scope::tenant("a"));
        assert_eq!(expected_of(Cost::requests(1), &wards(alloc::vec![limit])), 0);
    }
}
