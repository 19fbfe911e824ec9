//! `WardReach`: which calls a limit applies to.

use alloc::format;
use alloc::string::String;

use crate::Scope;

/// Which calls a limit applies to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum WardReach {
    /// Those that match a declared scope.
    Scope(Scope),
    /// Those of one model.
    Model(String),
    /// All of the account.
    Account,
}

impl WardReach {
    /// Whether every call to a model and endpoint meets the limit, whoever asks.
    pub(crate) fn covers(&self, model: &str, endpoint: &str) -> bool {
        self.tenant().is_none() && self.matches(model, endpoint)
    }

    /// The tenant whose calls alone meet the limit.
    pub(crate) fn tenant(&self) -> Option<&str> {
        match self {
            Self::Scope(scope) => scope.tenant.as_deref(),
            Self::Model(_) | Self::Account => None,
        }
    }

    /// Whether a call to a model and endpoint meets the limit, if its tenant does.
    pub(crate) fn matches(&self, model: &str, endpoint: &str) -> bool {
        match self {
            Self::Scope(scope) => scope.matches(model, endpoint),
            Self::Model(own) => own == model,
            Self::Account => true,
        }
    }

    /// Whether calls of other models may meet the limit too.
    pub(crate) fn is_shared(&self) -> bool {
        match self {
            Self::Scope(scope) => scope.model.as_deref().is_none_or(|glob| glob.contains('*')),
            Self::Model(_) => false,
            Self::Account => true,
        }
    }

    /// Whether all calls that meet a limit of the `other` reach meet one of this reach too, as far as answers state them:
    /// the account's, or one of the same model.
    pub(crate) fn contains(&self, other: &Self) -> bool {
        *self == Self::Account || self == other
    }

    /// The name that status and metrics show.
    pub(crate) fn name(&self) -> String {
        let scope = match self {
            Self::Scope(scope) => scope,
            Self::Model(model) if !model.is_empty() => return model.clone(),
            Self::Model(_) | Self::Account => return String::from("account"),
        };
        let place = scope.model.as_ref().or(scope.endpoint.as_ref());
        match (place, &scope.tenant) {
            (Some(place), Some(tenant)) => format!("{place}, tenant {tenant}"),
            (None, Some(tenant)) => format!("tenant {tenant}"),
            (Some(place), None) => place.clone(),
            (None, None) => String::from("account"),
        }
    }
}
