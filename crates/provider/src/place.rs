//! `provider_at` and `adapter_at`: whose a host is, and the adapter for it. The one table of hosts.
//!
//! A host is what it is whatever dialect it is asked in. OpenAI's dialect is spoken by nearly everybody, so that dialect at
//! another host says nothing of how the host counts: the adapter is that of the provider whose host it is, or one that
//! takes nothing for granted. All other dialects have names of limits that are their own: whoever uses them is that
//! provider, or stands before it.

use crate::{Dialect, HeaderNames, Provider, builtin, builtins};

/// Hosts of providers beside those of the built-in base URLs, by the end of their names.
///
/// Azure: documentation, 2026-08, and recordings of 2024 to 2026; its clouds of the United States' government and of China
/// have ends of their own (documentation, 2026-08: <https://learn.microsoft.com/azure/azure-government/compare-azure-government-global-azure>).
/// GitHub's models answer with Azure's headers at both of their hosts. Mistral: `api.eu.mistral.ai`, reports of 2026, and
/// `codestral.mistral.ai`. Together: documentation, 2026-09
/// (<https://docs.together.ai/docs/inference/openai-compatibility>), and recordings. Cohere and Hugging Face: recordings
/// of 2024 to 2026. Google's other host, `aiplatform.googleapis.com`, is left out: it limits in another way.
const FURTHER: [(&str, &str); 14] = [
    ("openai.azure.com", "azure"),
    ("services.ai.azure.com", "azure"),
    ("cognitiveservices.azure.com", "azure"),
    ("models.ai.azure.com", "azure"),
    ("models.inference.ai.azure.com", "azure"),
    ("models.github.ai", "azure"),
    ("openai.azure.us", "azure"),
    ("cognitiveservices.azure.us", "azure"),
    ("openai.azure.cn", "azure"),
    ("cognitiveservices.azure.cn", "azure"),
    ("mistral.ai", "mistral"),
    ("api.together.ai", "together"),
    ("api.cohere.com", "cohere"),
    ("api-inference.huggingface.co", "huggingface"),
];

/// What may be expected of a host that is asked in a dialect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Footing {
    /// It is known whose host it is: this dialect's provider.
    Known(Dialect),
    /// It speaks the dialect, and more is not known.
    Unknown(Dialect),
}

/// The built-in provider whose host it is, with or without a port; a region's host (`eu.api.openai.com`) is the
/// provider's too.
///
/// ```
/// use tidegate_provider::provider_at;
///
/// assert_eq!(provider_at("me.openai.azure.com").map(|provider| provider.name), Some("azure"));
/// assert_eq!(provider_at("api.openai.com.example"), None);
/// ```
#[must_use]
pub fn provider_at(host: &str) -> Option<&'static Provider> {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|each| each.is_ascii_digit()) => name,
        _ => host,
    };
    // A name that ends with the root's dot is the same name.
    let name = name.strip_suffix('.').unwrap_or(name);
    let own =
        builtins().iter().find(|provider| host_of(provider.base_url).is_some_and(|own| is_within(name, own)));
    own.or_else(|| {
        let (_, owner) = FURTHER.iter().find(|(end, _)| is_within(name, end))?;
        builtin(owner)
    })
}

/// The built-in provider whose API begins at that URL, told by its host alone.
///
/// ```
/// use tidegate_provider::provider_of_url;
///
/// let together = provider_of_url("https://api.together.ai/v1");
/// assert_eq!(together.map(|provider| provider.name), Some("together"));
/// ```
#[must_use]
pub fn provider_of_url(url: &str) -> Option<&'static Provider> {
    provider_at(host_of(url.trim())?)
}

/// Whether a host's name is that name or one below it.
fn is_within(name: &str, end: &str) -> bool {
    let Some(start) = name.len().checked_sub(end.len()) else { return false };
    let tail = name.get(start..).is_some_and(|tail| tail.eq_ignore_ascii_case(end));
    tail && (start == 0 || name.as_bytes().get(start - 1) == Some(&b'.'))
}

/// The host of a URL, with its port; what stands before an `@` is the caller's name and no host.
fn host_of(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#', '\\']).next()?;
    let host = authority.rsplit('@').next()?;
    (!host.is_empty()).then_some(host)
}

/// What may be expected of `host`, asked in `dialect`.
pub(crate) fn footing(dialect: Dialect, host: &str) -> Footing {
    if dialect != Dialect::OpenAi {
        return Footing::Known(dialect);
    }
    match provider_at(host).map(|provider| provider.dialect) {
        // Its bodies are others, so that a host of Anthropic's that is asked as OpenAI is speaks as OpenAI does.
        None | Some(Dialect::Anthropic) => Footing::Unknown(dialect),
        Some(known) => Footing::Known(known),
    }
}

/// The adapter for calls in `dialect` to `host`, a name or address with or without a port, that also reads the given
/// names. It lives as long as the process, as [`adapter_with`](crate::adapter_with)'s do.
///
/// ```
/// use tidegate_provider::{Dialect, HeaderNames, adapter_at};
///
/// let groq = adapter_at(Dialect::OpenAi, "api.groq.com", HeaderNames::default());
/// assert_eq!(groq.dialect(), Dialect::Groq);
/// ```
#[must_use]
pub fn adapter_at(dialect: Dialect, host: &str, names: HeaderNames) -> &'static dyn crate::Adapter {
    match footing(dialect, host) {
        Footing::Known(dialect) => crate::adapter_with(dialect, names),
        Footing::Unknown(dialect) => crate::renamed::without_hints(dialect, names),
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use http::{HeaderMap, HeaderValue};
    use tidegate_core::{Charging, Dimension, Enforcement};

    use super::*;
    use crate::{Endpoint, EndpointKind, ResponseHead};

    fn seen_at(dialect: Dialect, host: &str) -> (Enforcement, Charging) {
        let mut headers = HeaderMap::new();
        for (name, value) in [("limit", "30000"), ("remaining", "29642"), ("reset", "716ms")] {
            let name: http::HeaderName = format!("x-ratelimit-{name}-tokens").parse().unwrap();
            headers.insert(name, HeaderValue::from_static(value));
        }
        let head = ResponseHead { status: 200, headers: &headers, received_at: SystemTime::UNIX_EPOCH };
        let adapter = adapter_at(dialect, host, HeaderNames::default());
        let limit = adapter.observe(Endpoint::of(EndpointKind::Chat), &head)[0];
        assert_eq!(limit.remaining, Some(29_642), "{host}");
        assert_eq!(adapter.charging(Dimension::TotalTokens), limit.charging, "{host}");
        (limit.enforcement, limit.charging)
    }

    #[test]
    fn openais_hint_holds_at_openais_own_hosts_alone() {
        for host in ["api.openai.com", "api.openai.com:443", "eu.api.openai.com", "API.OpenAI.com"] {
            assert_eq!(seen_at(Dialect::OpenAi, host), (Enforcement::Bucket, Charging::Unknown), "{host}");
        }
        for host in ["127.0.0.1:8080", "[::1]:8080", "proxy.example", "notapi.openai.com.example", ""] {
            assert_eq!(seen_at(Dialect::OpenAi, host), (Enforcement::Unknown, Charging::Unknown), "{host}");
        }
    }

    #[test]
    fn a_host_that_is_known_is_what_it_is() {
        assert_eq!(seen_at(Dialect::OpenAi, "api.groq.com"), (Enforcement::Bucket, Charging::Unknown));
        assert_eq!(
            seen_at(Dialect::OpenAi, "me.openai.azure.com"),
            (Enforcement::Unknown, Charging::Maximum)
        );
        assert_eq!(
            seen_at(Dialect::OpenAi, "api.cerebras.ai"),
            (Enforcement::Bucket, Charging::MaximumReturned)
        );
        assert_eq!(footing(Dialect::OpenAi, "api.anthropic.com"), Footing::Unknown(Dialect::OpenAi));
    }

    #[test]
    fn a_dialect_with_names_of_its_own_is_its_providers_wherever_it_is_spoken() {
        for dialect in Dialect::ALL.into_iter().filter(|dialect| *dialect != Dialect::OpenAi) {
            assert_eq!(footing(dialect, "127.0.0.1:9"), Footing::Known(dialect));
        }
    }

    #[test]
    fn every_built_in_host_belongs_to_its_provider() {
        for provider in builtins().iter().filter(|provider| !provider.base_url.is_empty()) {
            assert_eq!(provider_of_url(provider.base_url), Some(provider), "{}", provider.name);
            let below = provider.base_url.replace("://", "://eu.");
            assert_eq!(provider_of_url(&below), Some(provider), "{below}");
        }
        for (end, owner) in FURTHER {
            let name = |host: &str| provider_at(host).map(|provider| provider.name);
            assert_eq!((name(end), name(&format!("me.{end}:443"))), (Some(owner), Some(owner)), "{end}");
            assert_eq!(name(&format!("me{end}")), None, "{end}");
        }
        assert!(builtins().iter().all(|provider| !provider.base_url.is_empty() || provider.name == "azure"));
    }

    #[test]
    fn only_the_host_of_a_url_counts() {
        let name = |url| provider_of_url(url).map(|provider| provider.name);
        assert_eq!(name(" https://API.OpenAI.com:443/v1 "), Some("openai"));
        assert_eq!(name("https://api.openai.com./v1"), Some("openai"));
        assert_eq!(name("https://me:secret@api.x.ai?a=b"), Some("xai"));
        for other in [
            "",
            "://",
            "api.openai.com",
            "https://",
            "https://evil.example/?x=://api.openai.com",
            "https://evil.example/api.openai.com",
            "https://api.openai.com@evil.example/v1",
            "https://api.openai.com:443@evil.example/v1",
            "https://evil.example\\@api.openai.com/",
            "https://evil.example#@api.openai.com",
            "https://notapi.openai.com.evil.example",
            "https://[::1]:8080/",
            "http://127.0.0.1:9",
        ] {
            assert_eq!(name(other), None, "{other}");
        }
    }
}
