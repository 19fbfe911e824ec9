//! Which provider has a model, by its name or by what providers list. Which one lives at a URL says the adapters' table of
//! hosts.

use tidegate_provider::{Provider, builtin};

pub use tidegate_provider::provider_of_url;

use crate::Catalogue;

/// How the names of models begin, and whose they are, as they are commonly known. A name that is not here is written as
/// `provider/model`.
const BEGINNINGS: [(&str, &str); 23] = [
    ("gpt-", "openai"),
    ("chatgpt-", "openai"),
    ("o1", "openai"),
    ("o3", "openai"),
    ("o4", "openai"),
    ("text-embedding-", "openai"),
    ("claude", "anthropic"),
    ("mistral-", "mistral"),
    ("ministral-", "mistral"),
    ("magistral-", "mistral"),
    ("codestral-", "mistral"),
    ("devstral-", "mistral"),
    ("pixtral-", "mistral"),
    ("voxtral-", "mistral"),
    ("open-mistral-", "mistral"),
    ("open-mixtral-", "mistral"),
    ("gemini-", "gemini"),
    ("deepseek-", "deepseek"),
    ("grok-", "xai"),
    ("command-", "cohere"),
    ("sonar", "perplexity"),
    ("venice-", "venice"),
    ("accounts/fireworks/", "fireworks"),
];

/// Other names by which makers are known in front of a model.
const MAKERS: [(&str, &str); 3] = [("mistralai", "mistral"), ("x-ai", "xai"), ("google", "gemini")];

/// The provider that has a model, and the model's name there. `has_key` tells whether an environment variable holds a
/// key.
///
/// * `openrouter/maker/model` is OpenRouter's.
/// * `maker/model` is the maker's if its key is there, else OpenRouter's under its whole name.
/// * A name alone is known by its beginning.
#[must_use]
pub fn provider_of_model(model: &str, has_key: impl Fn(&str) -> bool) -> Option<(&'static Provider, String)> {
    let model = model.trim();
    let openrouter = builtin("openrouter");
    if let Some(rest) = model.strip_prefix("openrouter/") {
        // OpenRouter has models of its own name too, without a maker.
        let name = if rest.contains('/') { rest } else { model };
        return openrouter.map(|provider| (provider, name.to_owned()));
    }
    if let Some((_, owner)) = BEGINNINGS.iter().find(|(beginning, _)| model.starts_with(beginning)) {
        return builtin(owner).map(|provider| (provider, model.to_owned()));
    }
    let (maker, name) = model.split_once('/')?;
    let known = MAKERS.iter().find(|(alias, _)| *alias == maker).map_or(maker, |(_, name)| name);
    match builtin(known) {
        Some(provider) if has_key(provider.key_env) || !openrouter.is_some_and(|or| has_key(or.key_env)) => {
            Some((provider, name.to_owned()))
        }
        _ => openrouter.map(|provider| (provider, model.to_owned())),
    }
}

/// As [`provider_of_model`]; a name that nothing is known of belongs to the one provider that lists it.
#[must_use]
pub fn provider_of_listed_model(
    model: &str,
    has_key: impl Fn(&str) -> bool,
    catalogue: &Catalogue,
) -> Option<(&'static Provider, String)> {
    let listed = || Some((builtin(catalogue.owner(model.trim())?)?, model.trim().to_owned()));
    // A list says more of a name with a slash than the slash does: many hosts list models as MAKER/MODEL.
    match model.contains('/') {
        true => listed().or_else(|| provider_of_model(model, has_key)),
        false => provider_of_model(model, has_key).or_else(listed),
    }
}

#[cfg(test)]
mod tests {
    use tidegate_provider::builtins;

    use super::*;

    fn of(model: &str, keys: &[&str]) -> (String, String) {
        let (provider, name) = provider_of_model(model, |key| keys.contains(&key)).unwrap();
        (provider.name.to_owned(), name)
    }

    #[test]
    fn a_model_goes_to_its_maker_where_the_key_is_there_and_to_openrouter_otherwise() {
        let said = |provider: &str, name: &str| (provider.to_owned(), name.to_owned());
        assert_eq!(of("gpt-5-mini", &[]), said("openai", "gpt-5-mini"));
        assert_eq!(of("claude-opus-4-8", &[]), said("anthropic", "claude-opus-4-8"));
        assert_eq!(of("codestral-latest", &[]), said("mistral", "codestral-latest"));
        assert_eq!(of("openai/o3", &["OPENAI_API_KEY", "OPENROUTER_API_KEY"]), said("openai", "o3"));
        assert_eq!(of("openai/o3", &["OPENROUTER_API_KEY"]), said("openrouter", "openai/o3"));
        assert_eq!(of("openai/o3", &[]), said("openai", "o3"));
        assert_eq!(of("mistralai/mistral-small", &["MISTRAL_API_KEY"]), said("mistral", "mistral-small"));
        assert_eq!(of("qwen/qwen3", &[]), said("openrouter", "qwen/qwen3"));
        assert_eq!(of("openrouter/anthropic/claude-x", &[]), said("openrouter", "anthropic/claude-x"));
        assert_eq!(of("openrouter/auto", &[]), said("openrouter", "openrouter/auto"));
        assert!(provider_of_model("who-knows", |_| false).is_none());
    }

    #[test]
    fn a_name_that_nothing_is_known_of_belongs_to_whoever_lists_it() {
        let mut catalogue = Catalogue::default();
        catalogue
            .add("groq", ["llama-3.3-70b".to_owned(), "openai/gpt-oss-120b".to_owned(), "gpt-4o".to_owned()]);
        let of = |model| {
            provider_of_listed_model(model, |_| false, &catalogue)
                .map(|(provider, name)| (provider.name, name))
        };
        assert_eq!(of("llama-3.3-70b"), Some(("groq", "llama-3.3-70b".to_owned())));
        assert_eq!(of("openai/gpt-oss-120b"), Some(("groq", "openai/gpt-oss-120b".to_owned())));
        assert_eq!(
            of("gpt-4o"),
            Some(("openai", "gpt-4o".to_owned())),
            "what is known of a name comes first"
        );
        assert_eq!(of("who-knows"), None);
    }

    #[test]
    fn every_built_in_base_url_tells_its_provider() {
        let name = |url: &str| provider_of_url(url).map(|provider| provider.name);
        for provider in builtins().iter().filter(|provider| !provider.base_url.is_empty()) {
            let with_path = format!("{}{}/", provider.base_url, provider.api_path);
            assert_eq!(name(provider.base_url), Some(provider.name));
            assert_eq!(name(&with_path), Some(provider.name), "{with_path}");
        }
        assert_eq!(name("https://me.openai.azure.com/openai"), Some("azure"));
        assert_eq!(name("https://models.github.ai/inference"), Some("azure"));
        assert_eq!(name("https://evil.example/?x=api.openai.com"), None);
    }
}
