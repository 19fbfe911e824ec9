//! The built-in providers: names, base URLs, dialects.

use crate::Dialect;

/// A provider that Tidegate knows by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Provider {
    /// The name that config, paths and messages use.
    pub name: &'static str,
    /// The wire format that it speaks.
    pub dialect: Dialect,
    /// Origin plus what stands before the API's path; empty where each customer has an own one.
    pub base_url: &'static str,
    /// What `/v1` becomes upstream; `/v1` for nearly all.
    pub api_path: &'static str,
    /// The environment variable that holds the key.
    pub key_env: &'static str,
}

const fn at(name: &'static str, dialect: Dialect, base_url: &'static str, key_env: &'static str) -> Provider {
    Provider { name, dialect, base_url, api_path: "/v1", key_env }
}

/// Base URLs as the providers' quick starts give them (snapshots of August 2026).
static BUILTINS: [Provider; 16] = [
    at("openai", Dialect::OpenAi, "https://api.openai.com", "OPENAI_API_KEY"),
    at("anthropic", Dialect::Anthropic, "https://api.anthropic.com", "ANTHROPIC_API_KEY"),
    at("mistral", Dialect::Mistral, "https://api.mistral.ai", "MISTRAL_API_KEY"),
    at("openrouter", Dialect::OpenRouter, "https://openrouter.ai/api", "OPENROUTER_API_KEY"),
    // Each Azure resource has its own host: https://NAME.openai.azure.com/openai.
    at("azure", Dialect::Azure, "", "AZURE_API_KEY"),
    at("groq", Dialect::Groq, "https://api.groq.com/openai", "GROQ_API_KEY"),
    at("together", Dialect::Together, "https://api.together.xyz", "TOGETHER_API_KEY"),
    at("fireworks", Dialect::Fireworks, "https://api.fireworks.ai/inference", "FIREWORKS_API_KEY"),
    at("deepseek", Dialect::DeepSeek, "https://api.deepseek.com", "DEEPSEEK_API_KEY"),
    at("xai", Dialect::Xai, "https://api.x.ai", "XAI_API_KEY"),
    at("cerebras", Dialect::Cerebras, "https://api.cerebras.ai", "CEREBRAS_API_KEY"),
    at("venice", Dialect::Venice, "https://api.venice.ai/api", "VENICE_API_KEY"),
    Provider {
        api_path: "/v1beta/openai",
        ..at("gemini", Dialect::Gemini, "https://generativelanguage.googleapis.com", "GEMINI_API_KEY")
    },
    at("cohere", Dialect::Cohere, "https://api.cohere.ai/compatibility", "COHERE_API_KEY"),
    at("huggingface", Dialect::HuggingFace, "https://router.huggingface.co", "HUGGINGFACE_API_KEY"),
    Provider {
        api_path: "",
        ..at("perplexity", Dialect::Perplexity, "https://api.perplexity.ai", "PERPLEXITY_API_KEY")
    },
];

/// Every built-in provider.
#[must_use]
pub fn builtins() -> &'static [Provider] {
    &BUILTINS
}

/// The built-in provider of that name.
#[must_use]
pub fn builtin(name: &str) -> Option<&'static Provider> {
    BUILTINS.iter().find(|provider| provider.name == name)
}

/// A base URL as meant: without closing slashes, and without the `/v1` that is given by habit.
///
/// ```
/// assert_eq!(tidegate_provider::base_url("http://localhost:9000/v1/"), "http://localhost:9000");
/// ```
#[must_use]
pub fn base_url(written: &str) -> &str {
    let trimmed = written.trim().trim_end_matches('/');
    trimmed.strip_suffix("/v1").unwrap_or(trimmed).trim_end_matches('/')
}

/// The upstream form of a path that our own API names below `/v1`: the version becomes `api_path`, anything else
/// stays as it is.
///
/// ```
/// use tidegate_provider::upstream_path;
///
/// assert_eq!(upstream_path("/v1beta/openai", "/v1/models?a=b"), "/v1beta/openai/models?a=b");
/// assert_eq!(upstream_path("/v1", "/other/x"), "/other/x");
/// ```
#[must_use]
pub fn upstream_path(api_path: &str, path: &str) -> String {
    match path.strip_prefix("/v1") {
        Some(rest) if rest.is_empty() || rest.starts_with(['/', '?']) => {
            format!("{}{rest}", api_path.trim_end_matches('/'))
        }
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_provider_names_its_key_after_itself() {
        for provider in builtins() {
            assert_eq!(provider.key_env, format!("{}_API_KEY", provider.name.to_uppercase()));
            assert_eq!(builtin(provider.name), Some(provider));
        }
    }

    #[test]
    fn base_urls_are_written_as_they_are_meant() {
        for provider in builtins() {
            assert_eq!(base_url(provider.base_url), provider.base_url, "{}", provider.name);
        }
        assert_eq!(base_url("https://openrouter.ai/api/v1"), "https://openrouter.ai/api");
    }

    #[test]
    fn only_a_whole_version_segment_is_replaced() {
        assert_eq!(upstream_path("/v1", "/v1/chat/completions"), "/v1/chat/completions");
        assert_eq!(upstream_path("", "/v1/chat/completions"), "/chat/completions");
        assert_eq!(upstream_path("/x", "/v1beta/models"), "/v1beta/models");
        assert_eq!(upstream_path("/x", "/v1"), "/x");
    }
}
