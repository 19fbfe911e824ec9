//! What a call to Mistral will cost, and which of its paths cost anything.

use crate::estimate::{Body, estimate as of_body};
use crate::{Endpoint, EndpointKind, Estimate, endpoint};

/// The kind of a POST.
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

/// Limits are per model; an agent stands for a model that only the server knows.
pub(crate) fn estimate(endpoint: Endpoint, body: &[u8]) -> Estimate {
    of_body(endpoint, body, |body: &Body| {
        body.model.clone().or_else(|| body.agent.clone()).unwrap_or_default()
    })
}
