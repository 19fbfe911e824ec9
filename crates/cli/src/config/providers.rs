//! `ProviderConfig`: a `[providers.NAME]` table as it is meant, and base URLs as people write them.

use std::collections::BTreeMap;

use tidegate_client::{BaseUrl, BaseUrlError};
use tidegate_provider::{HeaderNames, Provider, builtin, builtins};

use super::headers;
use super::mistake::{Report, Wrong};
use super::suggest;
use super::written::Section;

/// What the file says of one provider; everything else is as built in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ProviderConfig {
    /// The origin plus whatever stands before `/v1`, without a slash at its end.
    pub(crate) base_url: Option<String>,
    /// What `/v1` becomes at the provider.
    pub(crate) api_path: Option<String>,
    /// The variable that holds the key; without one the caller's own key is passed through.
    pub(crate) api_key_env: Option<String>,
    /// The variable that holds a key of the organization's administration, where it is another than
    /// `<NAME>_ADMIN_KEY`.
    pub(crate) admin_key_env: Option<String>,
    /// Whether the provider is asked for the account's limits at the start.
    pub(crate) discover: bool,
    /// The account that keys of one shared budget name.
    pub(crate) account: Option<String>,
    /// The built-in provider whose way of speaking this one shares.
    pub(crate) dialect: Option<&'static Provider>,
    /// The names under which it states its limits, beside those that are known.
    pub(crate) headers: HeaderNames,
}

/// Reads every table under `[providers]`.
pub(super) fn read(section: &Section<'_>, report: &mut Report<'_>) -> BTreeMap<String, ProviderConfig> {
    let mut providers = BTreeMap::new();
    for (name, entry) in section.names() {
        let Some(section) = entry.section(report) else { continue };
        if let Err(wrong) = name_of(&name) {
            section.wrong(report, wrong);
        }
        let provider = ProviderConfig::read(&name, section, report);
        providers.insert(name, provider);
    }
    providers
}

impl ProviderConfig {
    /// What the table says.
    fn read(name: &str, mut section: Section<'_>, report: &mut Report<'_>) -> Self {
        let address = section.take("base_url");
        if address.is_none() && builtin(name).is_none_or(|known| known.base_url.is_empty()) {
            let remedy = match suggest::nearest(name, names().filter(|&known| known != name)) {
                Some(meant) => format!("did you mean `{meant}`? Any other name needs a base_url"),
                None => "write base_url = \"https://...\", the address before /v1".to_owned(),
            };
            section.wrong(
                report,
                Wrong::new("`base_url` is missing, and none is built in for this name", remedy),
            );
        }
        let provider = Self {
            base_url: address.and_then(|entry| entry.meant(report, base_url)),
            api_path: section.take("api_path").and_then(|entry| entry.meant(report, api_path)),
            api_key_env: section.take("api_key_env").and_then(|entry| entry.meant(report, variable)),
            admin_key_env: section.take("admin_key_env").and_then(|entry| entry.meant(report, variable)),
            discover: section.take("discover").and_then(|entry| entry.flag(report)).unwrap_or(false),
            account: section.take("account").and_then(|entry| entry.meant(report, account)),
            dialect: section.take("dialect").and_then(|entry| entry.meant(report, dialect)),
            headers: section
                .take("headers")
                .and_then(|entry| entry.section(report))
                .map(|section| headers::read(&section, report))
                .unwrap_or_default(),
        };
        section.finish(report);
        provider
    }
}

/// The name of a provider, which is a part of the gateway's paths.
pub(crate) fn name_of(text: &str) -> Result<String, Wrong> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.');
    // The gateway's own paths would be hidden by a provider of that name.
    let taken = matches!(text, "api" | "healthz" | "readyz" | "metrics" | "dashboard");
    if !text.is_empty() && text.chars().all(fits) && !taken {
        return Ok(text.to_owned());
    }
    Err(Wrong::new(
        format!("`{text}` cannot name a provider"),
        "take small letters, digits, `-`, `_` and `.`, and none of the gateway's own paths",
    ))
}

/// A base URL: the origin plus whatever stands before `/v1`; a trailing `/v1` means the same.
pub(crate) fn base_url(text: &str) -> Result<String, Wrong> {
    let sound = BaseUrl::parse(text);
    sound.map(|base| base.to_string()).map_err(|error| of_base_url(error, "https://api.openai.com"))
}

/// What `/v1` becomes at the provider; nothing, where its API begins at the base URL itself.
fn api_path(text: &str) -> Result<String, Wrong> {
    let any_base = BaseUrl::parse("http://localhost").and_then(|base| base.api_path(text));
    any_base.map_err(|error| of_base_url(error, "/v1beta/openai"))?;
    Ok(text.trim_end_matches('/').to_owned())
}

/// A mistake in a base URL, without the text itself: it may hold a password.
fn of_base_url(error: BaseUrlError, example: &str) -> Wrong {
    let message = error.to_string();
    match message.split_once("; ") {
        Some((what, remedy)) => Wrong::new(what, remedy),
        None => Wrong::new(message, format!("write for example \"{example}\"")),
    }
}

/// The name of an environment variable.
fn variable(text: &str) -> Result<String, Wrong> {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if !text.is_empty() && text.chars().all(fits) && !text.starts_with(|c: char| c.is_ascii_digit()) {
        return Ok(text.to_owned());
    }
    // The text itself is not repeated: it may well be a key that was put here by mistake.
    Err(Wrong::new(
        "this is not the name of an environment variable",
        "write the variable's name, such as \"OPENAI_API_KEY\", never the key itself",
    ))
}

/// The name of an account.
fn account(text: &str) -> Result<String, Wrong> {
    if !text.trim().is_empty() {
        return Ok(text.to_owned());
    }
    Err(Wrong::new("an account needs a name", "name the budget that the keys share, or remove the key"))
}

/// The names of the built-in providers.
fn names() -> impl Iterator<Item = &'static str> {
    builtins().iter().map(|known| known.name)
}

/// The provider whose dialect `text` names.
fn dialect(text: &str) -> Result<&'static Provider, Wrong> {
    builtin(text).ok_or_else(|| {
        let remedy = match suggest::nearest(text, names()) {
            Some(meant) => format!("did you mean \"{meant}\"?"),
            None => format!("take one of {}", names().collect::<Vec<_>>().join(", ")),
        };
        Wrong::new(format!("no dialect is called `{text}`"), remedy)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trailing_v1_of_a_base_url_means_the_same() {
        for text in
            ["https://a.example", "https://a.example/", "https://a.example/v1", "https://a.example/v1/"]
        {
            assert_eq!(base_url(text).unwrap(), "https://a.example", "{text}");
        }
        assert_eq!(base_url("https://openrouter.ai/api/v1").unwrap(), "https://openrouter.ai/api");
        assert_eq!(base_url("http://127.0.0.1:9000").unwrap(), "http://127.0.0.1:9000");
    }

    #[test]
    fn what_is_no_base_url_is_told_why() {
        for text in
            ["api.openai.com", "ftp://a.example", "https://u:p@a.example", "https://a.example?x=1", "", "/v1"]
        {
            assert!(base_url(text).is_err(), "{text}");
        }
        assert!(!base_url("https://u:secret@a.example").unwrap_err().what.contains("secret"));
    }

    #[test]
    fn a_key_in_place_of_its_variable_is_not_repeated() {
        let wrong = variable("sk-proj-123").unwrap_err();
        assert!(!format!("{wrong:?}").contains("sk-proj"));
        assert!(variable("OPENAI_API_KEY").is_ok());
    }

    #[test]
    fn the_gateways_own_paths_name_no_provider() {
        assert!(name_of("metrics").is_err());
        assert!(name_of("a/b").is_err());
        assert!(name_of("my-llm.2").is_ok());
    }
}
