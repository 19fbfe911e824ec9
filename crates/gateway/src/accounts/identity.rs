//! `Identity`: what tells accounts apart. Never a key itself.

use http::HeaderMap;
use tidegate_client::{Fingerprint, Key};

use crate::Upstream;

/// What tells accounts apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Identity {
    /// A name in the config, at a provider's place.
    Named(Fingerprint),
    /// A key at a provider's place.
    Hashed(Fingerprint),
}

/// Headers of answers that together say whose budget a call was on: the organization, and the part of it that has
/// limits of its own (headers of recorded answers of OpenAI and Anthropic, 2024 to August 2026).
const OWNERS: [&str; 4] =
    ["openai-organization", "openai-project", "anthropic-organization-id", "anthropic-workspace-id"];

impl Identity {
    /// Whose budget a call is on: the configured account, else the key that will reach the provider.
    pub(crate) fn of(upstream: &Upstream, headers: &HeaderMap) -> Self {
        if let Some(name) = &upstream.account {
            return Self::Named(Fingerprint::of_name(&upstream.base, name));
        }
        let key = upstream.key.as_ref().map(Key::expose).or_else(|| Key::presented(headers));
        Self::Hashed(Fingerprint::of_key(&upstream.base, key))
    }

    /// The account's name in a memory.
    pub(crate) const fn fingerprint(&self) -> &Fingerprint {
        match self {
            Self::Named(fingerprint) | Self::Hashed(fingerprint) => fingerprint,
        }
    }
}

/// Whose budget an answer says its call was on, within one provider; `None` when it does not say.
pub(crate) fn owner(headers: &HeaderMap) -> Option<String> {
    let said: Vec<String> = OWNERS
        .iter()
        .filter_map(|name| Some(format!("{name}={}", headers.get(*name)?.to_str().ok()?)))
        .collect();
    (!said.is_empty()).then(|| said.join(" "))
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn the_projects_of_an_organization_have_budgets_of_their_own() {
        let said = |pairs: &[(&'static str, &'static str)]| {
            let pairs = pairs
                .iter()
                .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
            owner(&pairs.collect())
        };
        let one = said(&[("openai-organization", "org"), ("openai-project", "one")]);
        let two = said(&[("openai-organization", "org"), ("openai-project", "two")]);
        assert!(one.is_some() && one != two);
        assert_eq!(said(&[("x-request-id", "1")]), None);
    }
}
