//! Reads API keys from the environment: the only place besides the binary's `main` that does.

use crate::Key;

/// The variable that holds a provider's key: `openai` has `OPENAI_API_KEY`.
#[must_use]
pub fn variable_of_provider(provider: &str) -> String {
    let name: String = provider
        .chars()
        .map(|each| if each.is_ascii_alphanumeric() { each.to_ascii_uppercase() } else { '_' })
        .collect();
    format!("{name}_API_KEY")
}

/// The key of a provider, from `<NAME>_API_KEY`. `None` when it is not set or blank.
#[must_use]
pub fn key_of_provider(provider: &str) -> Option<Key> {
    key_of_variable(&variable_of_provider(provider))
}

/// The key that the variable of that name holds. `None` when it is not set or blank.
#[must_use]
pub fn key_of_variable(variable: &str) -> Option<Key> {
    Key::new(&text_of_variable(variable)?)
}

/// Where a provider's API begins, from `<NAME>_BASE_URL`, as the SDKs of OpenAI and Anthropic have it. `None` when
/// it is not set or blank.
#[must_use]
pub fn base_url_of_provider(provider: &str) -> Option<String> {
    let variable = variable_of_provider(provider).replace("_API_KEY", "_BASE_URL");
    text_of_variable(&variable).filter(|text| !text.trim().is_empty())
}

/// What the variable of that name holds, whatever it is.
#[expect(clippy::disallowed_methods, reason = "this is the place of this crate that reads the environment")]
pub(crate) fn text_of_variable(variable: &str) -> Option<String> {
    std::env::var(variable).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_is_the_name_in_capitals() {
        assert_eq!(variable_of_provider("openai"), "OPENAI_API_KEY");
        assert_eq!(variable_of_provider("my-host"), "MY_HOST_API_KEY");
    }

    #[test]
    fn a_variable_that_is_not_set_is_no_key() {
        assert_eq!(key_of_variable("TIDEGATE_TEST_THIS_IS_NOT_SET"), None);
    }
}
