//! `Scope`: where a limit applies. Patterns, not values; matching is pure text.

use alloc::string::String;

/// Where a limit applies: the calls whose model, endpoint and tenant match. Empty scopes match every call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// A glob over the model (`*` stands for any text); `None` matches every model.
    pub model: Option<String>,
    /// A glob over the endpoint; `None` matches every endpoint.
    pub endpoint: Option<String>,
    /// The tenant whose calls alone meet the limit, by its exact name; `None` is a limit of the provider, which all
    /// tenants share. A tenant's limit holds inside its account and is settled with usage, not with the charge.
    pub tenant: Option<String>,
}

impl Scope {
    /// The whole account.
    pub const ACCOUNT: Self = Self { model: None, endpoint: None, tenant: None };

    /// The models that a glob matches.
    #[must_use]
    pub fn model(glob: impl Into<String>) -> Self {
        Self { model: Some(glob.into()), ..Self::ACCOUNT }
    }

    /// The calls of one tenant.
    #[must_use]
    pub fn tenant(name: impl Into<String>) -> Self {
        Self { tenant: Some(name.into()), ..Self::ACCOUNT }
    }

    /// The same scope, bound to one tenant.
    #[must_use]
    pub fn of_tenant(mut self, name: impl Into<String>) -> Self {
        self.tenant = Some(name.into());
        self
    }

    /// The same scope, bound to the endpoints that a glob matches.
    #[must_use]
    pub fn endpoint(mut self, glob: impl Into<String>) -> Self {
        self.endpoint = Some(glob.into());
        self
    }

    /// Whether a call to this model and endpoint meets the limit, as far as these two are concerned.
    #[must_use]
    pub fn matches(&self, model: &str, endpoint: &str) -> bool {
        let fits =
            |glob: &Option<String>, text: &str| glob.as_deref().is_none_or(|glob| matches_glob(glob, text));
        fits(&self.model, model) && fits(&self.endpoint, endpoint)
    }
}

/// Whether `text` matches `glob`, in which `*` stands for any text. Linear in `text` for each `*`.
fn matches_glob(glob: &str, text: &str) -> bool {
    let mut parts = glob.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else {
        return false;
    };
    let mut last = None;
    for part in parts {
        // The part before this one need not be the last: it may stand anywhere after the previous.
        if let Some(earlier) = last.replace(part) {
            match rest.find(earlier) {
                Some(at) => rest = rest.get(at.saturating_add(earlier.len())..).unwrap_or(""),
                None => return false,
            }
        }
    }
    last.map_or(rest.is_empty(), |last| rest.ends_with(last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_glob_matches_prefix_middle_and_end() {
        for (glob, text, expected) in [
            ("fast-2*", "fast-2-mini", true),
            ("fast-2*", "fast", false),
            ("*", "", true),
            ("*-mini", "fast-2-mini", true),
            ("a*b*c", "a-x-b-y-c", true),
            ("a*b*c", "a-c-b", false),
            ("ab*ab", "ab", false),
            ("exact", "exact", true),
            ("exact", "exactly", false),
        ] {
            assert_eq!(matches_glob(glob, text), expected, "{glob} against {text}");
        }
    }

    #[test]
    fn a_scope_needs_both_parts_to_match() {
        let scope = Scope::model("m*").endpoint("/v1/embeddings");
        assert!(scope.matches("m1", "/v1/embeddings"));
        assert!(!scope.matches("m1", "/v1/chat/completions"));
        assert!(Scope::ACCOUNT.matches("any", "thing"));
    }
}
