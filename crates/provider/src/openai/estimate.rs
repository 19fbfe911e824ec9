//! What a call to OpenAI will cost, and which of its paths cost anything.

use crate::estimate::{Body, OPENAI_SOUND, estimate as of_body};
use crate::{Endpoint, EndpointKind, Estimate, endpoint};

/// The kind of a POST. `threads/{id}/messages` and the like are stores, not calls of a model.
pub(crate) fn kind(resource: &str) -> Option<EndpointKind> {
    endpoint::openai_shaped(resource)
        .filter(|kind| !matches!(kind, EndpointKind::Messages | EndpointKind::Rerank))
}

/// Limits are per model; families that share one are shown in the console only (documentation, 2026-08).
pub(crate) fn estimate(endpoint: Endpoint, body: &[u8]) -> Estimate {
    of_body(endpoint, body, OPENAI_SOUND, |body: &Body| body.model.clone().unwrap_or_default())
}

/// No path names a conversation that goes on: where one does, the body says so.
pub(crate) fn continued(_: &str) -> Option<&str> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stores_are_no_calls_of_a_model() {
        assert_eq!(kind("threads/t_1/messages"), None);
        assert_eq!(kind("messages"), None);
        assert_eq!(kind("responses"), Some(EndpointKind::Responses));
        assert_eq!(kind("responses/r_1/cancel"), None);
    }
}
