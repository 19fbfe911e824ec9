//! Ceilings: the limits that were found, in the form in which a limiter takes them before any answer has come.

use std::collections::BTreeSet;

use tidegate_core::{Calendar, Dimension, Limit, Quota, Refill, Scope};

use super::{Credit, Found, FoundLimit, Period, Whose};

/// The most limits that a limiter is given. A provider's list may name hundreds of models; of an account that names
/// more than this, the rest is learned from its answers.
const CEILINGS_MAX: usize = 1_000;

/// The limits that calls of the account meet, each to hold until an answer states the same.
///
/// Left out is what no call to a model meets (batches, files), and the limits of projects where there is more than
/// one: which of them a key belongs to, no endpoint tells. A limit that several models share is given to each of
/// them whole: still a ceiling, and the provider's answers make it exact. Credit is a limit in money.
#[must_use]
pub fn ceilings(found: &Found) -> Vec<Limit> {
    let projects: BTreeSet<&str> = found.limits.iter().filter_map(project).collect();
    let is_told_apart = projects.len() > 1;
    let limits = found.limits.iter().filter(|limit| !(is_told_apart && project(limit).is_some()));
    let mut ceilings: Vec<Limit> = Vec::new();
    for limit in limits.flat_map(of_calls).chain(of_credit(found)).take(CEILINGS_MAX) {
        // What two answers tell of one limit: the stricter holds, and the more that was used.
        let same = ceilings.iter_mut().find(|known| {
            (known.dimension, &known.scope) == (limit.dimension, &limit.scope)
                && (known.quota.period, known.quota.refill) == (limit.quota.period, limit.quota.refill)
        });
        match same {
            Some(known) => {
                known.quota.amount = known.quota.amount.min(limit.quota.amount);
                known.used = known.used.max(limit.used);
            }
            None => ceilings.push(limit),
        }
    }
    ceilings
}

/// The limits in money: what the account has, and what the key may spend of it, in all or in each period.
fn of_credit(found: &Found) -> impl Iterator<Item = Limit> {
    let Credit { limit, remaining, used: _, renews } = found.credit;
    let money = |quota, used| Limit { provisional: true, used, ..Limit::new(Dimension::Money, quota) };
    let of_period = renews.zip(limit.zip(remaining)).map(|(period, (limit, remaining))| {
        let quota = match period {
            Period::Day => Quota::per_day(limit),
            Period::Week => Quota::per_week(limit),
            Period::Month => Quota::per_month(limit),
        };
        money(quota, limit.saturating_sub(remaining))
    });
    of_period.into_iter().chain(credit_left(found).map(|left| money(Quota::credit(left), 0)))
}

/// How much credit is left that no time brings back, in millionths of a US dollar: the account's, and that of its key
/// where the key has a limit of its own.
#[must_use]
pub fn credit_left(found: &Found) -> Option<u64> {
    let Credit { limit, remaining, renews, .. } = found.credit;
    let of_key = remaining.filter(|_| renews.is_none() && limit.is_some());
    of_key.into_iter().chain(found.balance).min()
}

fn project(limit: &FoundLimit) -> Option<&str> {
    match &limit.whose {
        Whose::Project { name, .. } => Some(name),
        _ => None,
    }
}

/// One limit for each scope that it has among calls.
fn of_calls(found: &FoundLimit) -> Vec<Limit> {
    let scopes = match &found.whose {
        Whose::Account | Whose::Project { model: None, .. } => vec![Scope::ACCOUNT],
        Whose::Project { model: Some(model), .. } => vec![Scope::model(model.as_str())],
        Whose::Models(models) => models.iter().map(|model| Scope::model(model.as_str())).collect(),
        Whose::Other(_) => Vec::new(),
    };
    let Some(window) = found.window else { return Vec::new() };
    let quota = Quota::every(found.limit, window);
    let quota = match found.used_today {
        Some(_) => quota.refill(Refill::CalendarWindow(Calendar::Day)),
        None => quota,
    };
    let limit = |scope| Limit {
        provisional: true,
        used: found.used_today.unwrap_or(0),
        ..Limit::new(found.dimension, quota).scope(scope)
    };
    scopes.into_iter().map(limit).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tidegate_core::Dimension;

    use super::*;

    fn limit(whose: Whose, window: Option<Duration>) -> FoundLimit {
        FoundLimit { whose, dimension: Dimension::Requests, window, limit: 60, used_today: None }
    }

    fn of_project(name: &str, model: Option<&str>) -> FoundLimit {
        let model = model.map(str::to_owned);
        limit(Whose::Project { name: name.into(), model }, Some(super::super::MINUTE))
    }

    fn scopes(limits: &[FoundLimit]) -> Vec<Option<String>> {
        let found = Found { limits: limits.to_vec(), ..Found::default() };
        ceilings(&found).into_iter().map(|limit| limit.scope.model).collect()
    }

    #[test]
    fn each_limit_of_calls_holds_until_the_provider_says_otherwise() {
        let minute = Some(super::super::MINUTE);
        let models = Whose::Models(vec!["a".into(), "b".into()]);
        let found = Found {
            limits: vec![
                limit(Whose::Account, Some(Duration::from_secs(1))),
                limit(models, minute),
                limit(Whose::Other("batch".into()), minute),
                limit(Whose::Account, None),
            ],
            ..Found::default()
        };
        let limits = ceilings(&found);
        assert!(limits.iter().all(|limit| limit.provisional && limit.quota.amount == 60));
        let of = |limit: &Limit| (limit.scope.model.clone(), limit.quota.period.as_secs());
        let expected = [(None, 1), (Some("a".to_owned()), 60), (Some("b".to_owned()), 60)];
        assert_eq!(limits.iter().map(of).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_key_may_belong_to_any_of_several_projects() {
        let (one, other) = (of_project("one", Some("m")), of_project("other", None));
        assert_eq!(scopes(std::slice::from_ref(&one)), [Some("m".to_owned())]);
        assert_eq!(scopes(std::slice::from_ref(&other)), [None]);
        assert_eq!(scopes(&[one, other]), []);
    }

    #[test]
    fn a_list_without_end_is_cut() {
        let many: Vec<String> = (0..5_000).map(|number| number.to_string()).collect();
        assert_eq!(scopes(&[limit(Whose::Models(many), Some(super::super::MINUTE))]).len(), CEILINGS_MAX);
    }

    fn money(credit: Credit, balance: Option<u64>) -> Vec<(Quota, u64)> {
        let found = Found { credit, balance, ..Found::default() };
        ceilings(&found).into_iter().map(|limit| (limit.quota, limit.used)).collect()
    }

    #[test]
    fn credit_is_a_limit_in_money_and_the_smaller_of_two_holds() {
        let key = Credit { limit: Some(20), remaining: Some(8), used: Some(12), renews: None };
        assert_eq!(money(key, None), [(Quota::credit(8), 0)]);
        assert_eq!(money(key, Some(5)), [(Quota::credit(5), 0)]);
        let daily = Credit { renews: Some(Period::Day), ..key };
        assert_eq!(money(daily, Some(90)), [(Quota::per_day(20), 12), (Quota::credit(90), 0)]);
        // What the account tells of itself is no limit of the key.
        let told = Credit { limit: None, remaining: Some(8), ..Credit::default() };
        assert_eq!(money(told, None), []);
    }

    #[test]
    fn of_two_answers_on_one_limit_the_stricter_holds() {
        let day = |limit, used| FoundLimit {
            limit,
            used_today: Some(used),
            ..self::limit(Whose::Models(vec!["*:free".into()]), Some(super::super::DAY))
        };
        let found = Found { limits: vec![day(50, 12), day(1_000, 0)], ..Found::default() };
        let [limit] = ceilings(&found).try_into().unwrap();
        assert_eq!((limit.quota, limit.used), (Quota::per_day(50), 12));
        assert!(limit.scope.matches("any/model:free", "") && !limit.scope.matches("any/model", ""));
    }
}
