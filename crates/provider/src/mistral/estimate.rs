//! What a call to Mistral will cost, and which of its paths cost anything.

use crate::estimate::{Body, Sound, estimate as of_body};
use crate::{Endpoint, EndpointKind, Estimate, endpoint};

/// The kind of a POST: the paths of Mistral's OpenAPI document (platform-docs-public, `openapi.yaml`, 2026-08-21).
pub(crate) fn kind(resource: &str) -> Option<EndpointKind> {
    Some(match resource {
        "fim/completions" => EndpointKind::Completion,
        "agents/completions" => EndpointKind::Chat,
        "ocr" => EndpointKind::Ocr,
        "chat/moderations" | "classifications" | "chat/classifications" => EndpointKind::Moderation,
        other if is_conversation(other) => EndpointKind::Conversations,
        other => return endpoint::openai_shaped(other).filter(|kind| *kind != EndpointKind::Messages),
    })
}

/// Starting, appending to and restarting a conversation; reading one is a GET.
fn is_conversation(resource: &str) -> bool {
    let mut parts = resource.split(['/', '#']);
    let appended = |part: Option<&str>| matches!(part, None | Some("restart" | "stream"));
    parts.next() == Some("conversations") && {
        let _id = parts.next();
        appended(parts.next()) && appended(parts.next())
    }
}

/// The conversation that is appended to or restarted; a restarted one begins with what the old one had.
pub(crate) fn continued(path: &str) -> Option<&str> {
    let resource = endpoint::resource(path);
    let name = resource.strip_prefix("conversations/")?.split('/').next()?;
    (is_conversation(resource) && !name.is_empty()).then_some(name)
}

/// Limits are per model; an agent stands for a model that only the server knows.
pub(crate) fn estimate(endpoint: Endpoint, body: &[u8]) -> Estimate {
    of_body(endpoint, body, Sound::Units, |body: &Body| {
        body.model.clone().or_else(|| body.agent.clone()).unwrap_or_default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conversations_are_started_appended_to_and_restarted() {
        for resource in ["conversations", "conversations/c_1", "conversations/c_1/restart"] {
            assert_eq!(kind(resource), Some(EndpointKind::Conversations), "{resource}");
        }
        assert_eq!(kind("conversations/c_1/history"), None);
        assert_eq!(continued("/v1/conversations/c_1"), Some("c_1"));
        assert_eq!(continued("/v1/conversations/c_1/restart#stream"), Some("c_1"));
        for path in
            ["/v1/conversations", "/v1/conversations/", "/v1/conversations/c_1/history", "/v1/agents/a"]
        {
            assert_eq!(continued(path), None, "{path}");
        }
        assert_eq!(kind("agents"), None);
        assert_eq!(kind("agents/completions"), Some(EndpointKind::Chat));
        assert_eq!(kind("fim/completions"), Some(EndpointKind::Completion));
    }

    #[test]
    fn an_agent_stands_for_its_model_and_arguments_bound_the_output() {
        let body = br#"{"agent_id": "ag_1", "inputs": "12345678", "completion_args": {"max_tokens": 50}}"#;
        let estimate = estimate(Endpoint::of(EndpointKind::Conversations), body);
        assert_eq!((estimate.lane.as_str(), estimate.max_output), ("ag_1", Some(50)));
        assert!(estimate.cost.get(tidegate_core::Dimension::InputTokens) >= 2);
    }
}
