//! `adapter_at`: the adapter for a place, since a host is what it is whatever dialect it is asked in.
//!
//! OpenAI's dialect is spoken by nearly everybody, so that dialect at another host says nothing of how the host counts:
//! the adapter is that of the provider whose host it is, or one that takes nothing for granted. All other dialects have
//! names of limits that are their own: whoever uses them is that provider, or stands before it.

use crate::{Dialect, HeaderNames, builtins};

/// Hosts of providers beside those of the built-in table, by the end of their names. Azure: documentation, 2026-08, and
/// recordings of 2024 to 2026 (GitHub's models answer with Azure's headers); Mistral: `api.eu.mistral.ai`, reports of 2026.
const FURTHER: [(&str, Dialect); 6] = [
    ("openai.azure.com", Dialect::Azure),
    ("services.ai.azure.com", Dialect::Azure),
    ("cognitiveservices.azure.com", Dialect::Azure),
    ("models.ai.azure.com", Dialect::Azure),
    ("models.github.ai", Dialect::Azure),
    ("mistral.ai", Dialect::Mistral),
];

/// What may be expected of a host that is asked in a dialect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Footing {
    /// It is known whose host it is: this dialect's provider.
    Known(Dialect),
    /// It speaks the dialect, and more is not known.
    Unknown(Dialect),
}

/// The provider whose host it is, with or without a port; a region's host (`eu.api.openai.com`) is the provider's too.
fn whose(host: &str) -> Option<Dialect> {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|each| each.is_ascii_digit()) => name,
        _ => host,
    };
    let ends = |end: &str| {
        let start = name.len().checked_sub(end.len());
        start.and_then(|start| name.get(start..)).is_some_and(|tail| tail.eq_ignore_ascii_case(end))
            && (name.len() == end.len() || name.as_bytes().get(name.len() - end.len() - 1) == Some(&b'.'))
    };
    let own = builtins().iter().filter(|provider| !provider.base_url.is_empty());
    let own = own.map(|provider| (host_of(provider.base_url), provider.dialect));
    own.chain(FURTHER).find(|(end, _)| ends(end)).map(|(_, dialect)| dialect)
}

/// The host of a base URL of the built-in table.
fn host_of(base_url: &str) -> &str {
    let rest = base_url.split_once("://").map_or(base_url, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest)
}

/// What may be expected of `host`, asked in `dialect`.
pub(crate) fn footing(dialect: Dialect, host: &str) -> Footing {
    if dialect != Dialect::OpenAi {
        return Footing::Known(dialect);
    }
    match whose(host) {
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
            assert_eq!(whose(host_of(provider.base_url)), Some(provider.dialect), "{}", provider.name);
        }
    }
}
