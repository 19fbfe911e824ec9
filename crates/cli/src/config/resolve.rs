//! `Resolved`: all that is known of one provider, from the command line, the config file and the built-in table, the
//! nearer to the user the stronger.

use std::sync::Arc;

use tidegate_client::{BaseUrl, Key, key_of_provider, key_of_variable, variable_of_provider};
use tidegate_core::Limit;
use tidegate_provider::{Adapter, Dialect, Prices, adapter_at, adapter_with, builtin, builtins};

use super::{Config, ProviderConfig, suggest};
use crate::exit::Failure;

/// All that is known of one provider.
#[derive(Clone, Debug)]
pub(crate) struct Resolved {
    /// Where its API begins.
    pub(crate) base: BaseUrl,
    /// The wire format that it speaks.
    pub(crate) dialect: Dialect,
    /// What reads and writes it, the header names of the config included.
    pub(crate) adapter: &'static dyn Adapter,
    /// Whether it is known what it is: a built-in provider, or one whose dialect the config names. Any other host is
    /// only expected to speak as OpenAI does.
    pub(crate) is_known: bool,
    /// The variable that the config names for its key.
    pub(crate) key_env: Option<String>,
    /// The variable of a key of the organization's administration.
    pub(crate) admin_key_env: String,
    /// The account that its keys share.
    pub(crate) account: Option<String>,
    /// The limits that were given, and those that the provider's documentation states.
    pub(crate) limits: Vec<Limit>,
    /// What its models cost, as far as that is known.
    pub(crate) prices: Arc<Prices>,
    /// Whether it is asked for limits and credit.
    pub(crate) discover: bool,
}

impl Config {
    /// What is known of the provider `name`; `base_url` is the command line's, if it gave one.
    ///
    /// # Errors
    ///
    /// A base URL that is none, or no base URL at all.
    pub(crate) fn resolve(&self, name: &str, base_url: Option<&str>) -> Result<Resolved, Failure> {
        let own = self.providers.get(name).cloned().unwrap_or_default();
        let known = builtin(name);
        // A host that nobody knows is expected to speak OpenAI's API, as nearly all do.
        let spoken = own.dialect.or(known).map_or(Dialect::OpenAi, |provider| provider.dialect);
        let api_path = own.api_path.as_deref().or(known.map(|known| known.api_path)).unwrap_or("/v1");
        let built_in = known.map(|known| known.base_url).filter(|url| !url.is_empty());
        let Some(url) = base_url.or(own.base_url.as_deref()).or(built_in) else {
            return Err(unplaced(name));
        };
        let base = BaseUrl::parse(url).and_then(|base| base.api_path(api_path));
        let base = base.map_err(|error| Failure::usage(format!("base URL of {name}: {error}")))?;
        let is_known = own.dialect.or(known).is_some();
        let ProviderConfig { api_key_env, admin_key_env, account, headers, discover, .. } = own;
        let admin_key_env = admin_key_env.unwrap_or_else(|| admin_variable(name));
        let adapter = adapter_at(spoken, base.host(), headers);
        let mut limits = adapter.charged(self.limits_of(name));
        limits.extend(adapter.known_limits());
        Ok(Resolved {
            base,
            dialect: spoken,
            adapter,
            is_known,
            key_env: api_key_env,
            admin_key_env,
            account,
            limits,
            prices: Arc::new(self.prices_of(name)),
            discover,
        })
    }

    /// What reads and writes the provider `name`, the header names of the config included; `None` where neither the
    /// config nor the built-in table knows the name.
    pub(crate) fn adapter_of(&self, name: &str) -> Option<&'static dyn Adapter> {
        let own = self.providers.get(name);
        let spoken = own.and_then(|own| own.dialect).or(builtin(name));
        let dialect = match (spoken, own) {
            (Some(provider), _) => provider.dialect,
            (None, Some(_)) => Dialect::Compatible,
            (None, None) => return None,
        };
        let headers = own.map(|own| own.headers.clone()).unwrap_or_default();
        let base = own.and_then(|own| own.base_url.as_deref()).and_then(|url| BaseUrl::parse(url).ok());
        Some(match base {
            Some(base) => adapter_at(dialect, base.host(), headers),
            None => adapter_with(dialect, headers),
        })
    }
}

/// Why there is no place to call: the name is mistyped, or the provider has a place of each customer's own.
fn unplaced(name: &str) -> Failure {
    let place =
        format!("give its base URL on the command line, or as base_url in [providers.{name}] of the config");
    if builtin(name).is_some() {
        return Failure::usage(format!("provider {name} has no public base URL")).hint(place);
    }
    let known = builtins().iter().map(|known| known.name);
    let hint = match suggest::nearest(name, known) {
        Some(meant) => format!("did you mean {meant}? If not, {place}"),
        None => place,
    };
    Failure::usage(format!("no provider {name} is built in, and it has no base URL")).hint(hint)
}

/// The variable of an admin key: `openai` has `OPENAI_ADMIN_KEY`, as OpenAI's and Anthropic's documentation has it
/// (2026-08).
fn admin_variable(name: &str) -> String {
    variable_of_provider(name).replace("_API_KEY", "_ADMIN_KEY")
}

impl Resolved {
    /// The key that the config's variable holds; `None` where the config names no variable.
    ///
    /// # Errors
    ///
    /// A variable that is named but holds nothing.
    pub(crate) fn key(&self) -> Result<Option<Key>, Failure> {
        let Some(variable) = &self.key_env else { return Ok(None) };
        key_of_variable(variable).map(Some).ok_or_else(|| {
            Failure::usage(format!("environment variable {variable} is not set or empty"))
                .hint("set it, or remove api_key_env so that each caller's own key is passed through")
        })
    }

    /// The key of the provider: the one that the config names, else the one of `<NAME>_API_KEY`.
    ///
    /// # Errors
    ///
    /// A variable that is named but holds nothing.
    pub(crate) fn key_or_usual(&self, name: &str) -> Result<Option<Key>, Failure> {
        Ok(self.key()?.or_else(|| key_of_provider(name)))
    }

    /// The variable in which its key is looked for.
    pub(crate) fn key_variable(&self, name: &str) -> String {
        self.key_env.clone().unwrap_or_else(|| variable_of_provider(name))
    }

    /// The admin key, if its variable holds one.
    pub(crate) fn admin_key(&self) -> Option<Key> {
        key_of_variable(&self.admin_key_env)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_wins_over_the_file_and_the_file_over_the_built_in_table() {
        let mut config = Config::default();
        let base = |config: &Config, url| config.resolve("openai", url).unwrap().base.to_string();
        assert_eq!(base(&config, None), "https://api.openai.com");
        let own =
            ProviderConfig { base_url: Some("http://file.example".into()), ..ProviderConfig::default() };
        config.providers.insert("openai".into(), own);
        assert_eq!(base(&config, None), "http://file.example");
        assert_eq!(base(&config, Some("http://127.0.0.1:9/v1")), "http://127.0.0.1:9");
    }

    #[test]
    fn a_name_that_nobody_knows_speaks_openais_dialect_unless_the_file_says_otherwise() {
        let mut config = Config::default();
        assert_eq!(config.resolve("mine", Some("http://h")).unwrap().dialect, Dialect::OpenAi);
        assert!(config.resolve("mine", None).is_err());
        let own = ProviderConfig { dialect: builtin("anthropic"), ..ProviderConfig::default() };
        config.providers.insert("mine".into(), own);
        assert_eq!(config.resolve("mine", Some("http://h")).unwrap().dialect, Dialect::Anthropic);
    }

    #[test]
    fn documented_limits_hold_before_any_answer() {
        let limits = Config::default().resolve("openrouter", None).unwrap().limits;
        assert!(limits.iter().any(|limit| limit.scope.matches("some/model:free", "/v1/chat/completions")));
        assert!(limits.iter().all(|limit| !limit.scope.matches("some/model", "/v1/chat/completions")));
    }

    #[test]
    fn what_is_known_of_a_provider_is_not_expected_of_another_host() {
        let config = Config::default();
        let of = |url| config.resolve("openai", url).unwrap();
        let (own, foreign) = (of(None), of(Some("http://127.0.0.1:9")));
        let headers = [("x-ratelimit-limit-requests", "500"), ("x-ratelimit-remaining-requests", "499")].map(
            |(name, value)| {
                (name.parse::<http::HeaderName>().unwrap(), http::HeaderValue::from_static(value))
            },
        );
        let headers: http::HeaderMap = headers.into_iter().collect();
        let head = tidegate_provider::ResponseHead {
            status: 200,
            headers: &headers,
            received_at: std::time::SystemTime::UNIX_EPOCH,
        };
        let endpoint = own.adapter.endpoint(&http::Method::POST, "/v1/chat/completions");
        let known = |resolved: &Resolved| resolved.adapter.observe(endpoint, &head)[0].enforcement;
        assert_eq!(known(&own), tidegate_core::Enforcement::Bucket);
        assert_eq!(known(&foreign), tidegate_core::Enforcement::Unknown);
        assert_eq!(foreign.dialect, Dialect::OpenAi, "it is spoken to all the same");
        assert_eq!(of(Some("https://api.groq.com/openai")).adapter.dialect(), Dialect::Groq);
    }

    #[test]
    fn given_limits_are_charged_as_the_provider_charges() {
        let mut config = Config::default();
        let minute = tidegate_core::Quota::per_minute(1_000);
        let limit = Limit::new(tidegate_core::Dimension::TotalTokens, minute);
        config.limits.push(crate::config::ProviderLimit { provider: "gemini".into(), limit });
        let limits = config.resolve("gemini", None).unwrap().limits;
        assert_eq!(limits[0].charging, tidegate_core::Charging::InputOnly);
    }

    #[test]
    fn an_api_path_of_the_built_in_table_holds_wherever_the_provider_is() {
        let gemini = Config::default().resolve("gemini", Some("http://127.0.0.1:9")).unwrap();
        assert_eq!(gemini.base.uri("/v1/models").unwrap(), "http://127.0.0.1:9/v1beta/openai/models");
    }
}
