//! Ceilings: the limits that were found, in the form in which a limiter takes them before any answer has come.

use std::collections::BTreeSet;

use tidegate_core::{Limit, Quota, Scope};

use super::{Found, FoundLimit, Whose};

/// The most limits that a limiter is given. A provider's list may name hundreds of models; of an account that names
/// more than this, the rest is learned from its answers.
const CEILINGS_MAX: usize = 1_000;

/// The limits that calls of the account meet, each to hold until an answer states the same.
///
/// Left out is what no call to a model meets (batches, files), and the limits of projects where there is more than
/// one: which of them a key belongs to, no endpoint tells. A limit that several models share is given to each of
/// them whole: still a ceiling, and the provider's answers make it exact.
#[must_use]
pub fn ceilings(found: &Found) -> Vec<Limit> {
    let projects: BTreeSet<&str> = found.limits.iter().filter_map(project).collect();
    let is_told_apart = projects.len() > 1;
    let limits = found.limits.iter().filter(|limit| !(is_told_apart && project(limit).is_some()));
    limits.flat_map(of_calls).take(CEILINGS_MAX).collect()
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
    let limit = |scope| Limit {
        provisional: true,
        ..Limit::new(found.dimension, Quota::every(found.limit, window)).scope(scope)
    };
    scopes.into_iter().map(limit).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tidegate_core::Dimension;

    use super::*;

    fn limit(whose: Whose, window: Option<Duration>) -> FoundLimit {
        FoundLimit { whose, dimension: Dimension::Requests, window, limit: 60 }
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
}
