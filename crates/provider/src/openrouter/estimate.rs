//! What a call to OpenRouter will cost, and which of its paths cost anything.

use crate::estimate::{Body, OPENAI_SOUND, estimate as of_body};
use crate::{Endpoint, EndpointKind, Estimate, endpoint};

/// The kind of a POST; messages in Anthropic's shape are served as well (recordings, 2026).
pub(crate) fn kind(resource: &str) -> Option<EndpointKind> {
    endpoint::openai_shaped(resource)
}

/// Limits are per model, of the platform for `:free` ones and of the provider behind it for the others.
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
    fn messages_in_anthropics_shape_are_served_as_well() {
        assert_eq!(kind("messages"), Some(EndpointKind::Messages));
        assert_eq!(kind("generation"), None);
    }
}
