//! What a call to a compatible host will cost, and which of its paths cost anything.

use crate::estimate::{Body, estimate as of_body};
use crate::hosts::Host;
use crate::{Endpoint, EndpointKind, Estimate, endpoint};

/// The kind of a POST, in OpenAI's words or in those that Cohere, Gemini and Ollama have of their own
/// (documentation and recordings to 2026-08).
pub(crate) fn kind(resource: &str) -> Option<EndpointKind> {
    use EndpointKind as Kind;
    let own = || match resource.rsplit_once(':').map_or(resource, |(_, verb)| verb) {
        "chat" | "api/chat" | "generateContent" | "streamGenerateContent" | "interactions" => {
            Some(Kind::Chat)
        }
        "generate" | "api/generate" => Some(Kind::Completion),
        "embed" | "api/embed" | "embedContent" | "batchEmbedContents" => Some(Kind::Embeddings),
        "countTokens" | "tokenize" => Some(Kind::CountTokens),
        _ => None,
    };
    endpoint::openai_shaped(resource).or_else(own)
}

/// Most hosts limit each model on its own. A host that keeps room for the output keeps no more than its documentation
/// says, and as much where the call states no maximum.
pub(crate) fn estimate(endpoint: Endpoint, body: &[u8], host: &Host) -> Estimate {
    let estimate = of_body(endpoint, body, host.sound, |body: &Body| body.model.clone().unwrap_or_default());
    let reserved = host.reserved_output.filter(|_| estimate.expects_output);
    let max_output = match (estimate.max_output, reserved) {
        (Some(stated), Some(reserved)) => Some(stated.min(reserved)),
        (stated, reserved) => stated.or(reserved),
    };
    Estimate { max_output, ..estimate }
}

/// No path names a conversation that goes on: where one does, the body says so.
pub(crate) fn continued(_: &str) -> Option<&str> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_have_words_of_their_own_beside_openais() {
        let cases = [
            ("chat/completions", Some(EndpointKind::Chat)),
            ("chat", Some(EndpointKind::Chat)),
            ("models/gemini-2.5-flash:streamGenerateContent", Some(EndpointKind::Chat)),
            ("models/gemini-2.5-flash:embedContent", Some(EndpointKind::Embeddings)),
            ("interactions", Some(EndpointKind::Chat)),
            ("generate", Some(EndpointKind::Completion)),
            ("embed", Some(EndpointKind::Embeddings)),
            ("models/gemini-2.5-flash", None),
            ("files", None),
        ];
        for (resource, expected) in cases {
            assert_eq!(kind(resource), expected, "{resource}");
        }
    }
}
