//! What a call to Anthropic will cost, which of its paths cost anything, and which models share a limit.

use crate::estimate::{Body, estimate as of_body};
use crate::{Endpoint, EndpointKind, Estimate};

/// The kind of a POST.
pub(crate) fn kind(resource: &str) -> Option<EndpointKind> {
    Some(match resource {
        "messages" => EndpointKind::Messages,
        "messages/count_tokens" => EndpointKind::CountTokens,
        "complete" => EndpointKind::Completion,
        // The compatible endpoint for OpenAI's SDKs.
        "chat/completions" => EndpointKind::Chat,
        _ => return None,
    })
}

/// Counting tokens has a limit of its own, apart from any model's (documentation, 2026-08).
pub(crate) fn estimate(endpoint: Endpoint, body: &[u8]) -> Estimate {
    of_body(endpoint, body, |body: &Body| match endpoint.kind {
        EndpointKind::CountTokens => "count_tokens".to_owned(),
        _ => body.model.as_deref().map(lane).unwrap_or_default(),
    })
}

/// The models that share one limit: Opus 4.5 to 4.8, Sonnet 4.5 and 4.6; every other model has its own, whatever
/// date its name carries (documentation, 2026-08).
fn lane(model: &str) -> String {
    let undated = model.strip_suffix("-latest").unwrap_or_else(|| without_date(model));
    match undated {
        "claude-opus-4-5" | "claude-opus-4-6" | "claude-opus-4-7" | "claude-opus-4-8" => "claude-opus-4-5+",
        "claude-sonnet-4-5" | "claude-sonnet-4-6" => "claude-sonnet-4-5+",
        other => other,
    }
    .to_owned()
}

/// A model's name without the date that closes it: `-20250929`.
fn without_date(model: &str) -> &str {
    match model.rsplit_once('-') {
        Some((name, date)) if date.len() == 8 && date.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => model,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_that_share_a_limit_share_a_lane() {
        assert_eq!(lane("claude-opus-4-5-20251101"), lane("claude-opus-4-8"));
        assert_eq!(lane("claude-sonnet-4-5-20250929"), lane("claude-sonnet-4-6"));
        assert_ne!(lane("claude-opus-4-1-20250805"), lane("claude-opus-4-5"));
        assert_eq!(lane("claude-haiku-4-5-20251001"), "claude-haiku-4-5");
        assert_eq!(lane("claude-3-5-haiku-latest"), "claude-3-5-haiku");
    }
}
