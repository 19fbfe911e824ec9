//! What a call to Anthropic will cost, which of its paths cost anything, and which models share a limit.

use crate::estimate::{Body, OPENAI_SOUND, estimate as of_body};
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

/// Each model is a lane under the name that the caller uses, so that limits given for a model meet it. Some models
/// share one limit (Opus 4.5 to 4.8; Sonnet 4.5 and 4.6): calls to a sister show there as foreign traffic, which
/// the engine allows for. Counting tokens has a limit of its own, apart from any model's (documentation, 2026-08).
pub(crate) fn estimate(endpoint: Endpoint, body: &[u8]) -> Estimate {
    of_body(endpoint, body, OPENAI_SOUND, |body: &Body| match endpoint.kind {
        EndpointKind::CountTokens => "count_tokens".to_owned(),
        _ => body.model.clone().unwrap_or_default(),
    })
}

/// No path names a conversation that goes on: where one does, the body says so.
pub(crate) fn continued(_: &str) -> Option<&str> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counting_tokens_has_a_lane_of_its_own() {
        let body = br#"{"model": "claude-x", "messages": []}"#;
        let lane = |kind| estimate(Endpoint::of(kind), body).lane;
        assert_eq!(lane(EndpointKind::Messages), "claude-x");
        assert_eq!(lane(EndpointKind::CountTokens), "count_tokens");
    }
}
