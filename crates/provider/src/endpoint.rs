//! `Endpoint`: what a path addresses, as far as limits and charges care.

use http::Method;

/// What a path addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// The kind of call.
    pub kind: EndpointKind,
}

/// The kinds of call that limits tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum EndpointKind {
    /// Chat completions.
    Chat,
    /// Text and fill-in-the-middle completions.
    Completion,
    /// OpenAI's responses.
    Responses,
    /// Embeddings: input only.
    Embeddings,
    /// Moderation and classification: requests only.
    Moderation,
    /// Ranking of documents: requests only.
    Rerank,
    /// Reading of documents: pages.
    Ocr,
    /// Transcription: seconds of audio.
    Audio,
    /// Speech from text: characters.
    Speech,
    /// Images from text or images.
    Images,
    /// Anthropic's messages.
    Messages,
    /// Mistral's conversations, whose history lives on the server.
    Conversations,
    /// Counting of tokens: has a request limit of its own.
    CountTokens,
    /// No limit of ours: lists, files, batches, every GET. Never waits.
    Unmetered,
    /// A POST that nothing is known of, where its sender has it counted: a request. No path is of this kind by itself.
    Unknown,
}

impl Endpoint {
    /// The endpoint of a kind.
    #[must_use]
    pub const fn of(kind: EndpointKind) -> Self {
        Self { kind }
    }

    /// Whether a limit governs it, so that a call has to ask.
    #[must_use]
    pub fn is_metered(self) -> bool {
        self.kind != EndpointKind::Unmetered
    }

    /// Whether a call may be sent again of which nobody knows whether it was carried out: a question to a model.
    #[must_use]
    pub fn is_repeatable(self) -> bool {
        !matches!(self.kind, EndpointKind::Unmetered | EndpointKind::Unknown)
    }

    /// Whether tokens of its input are counted.
    #[must_use]
    pub fn reads_text(self) -> bool {
        self.produces_tokens() || self.kind == EndpointKind::Embeddings
    }

    /// Whether what it answers may be continued by its name, without being sent again.
    #[must_use]
    pub fn keeps_history(self) -> bool {
        matches!(self.kind, EndpointKind::Responses | EndpointKind::Conversations)
    }

    /// Whether its answers produce output tokens.
    #[must_use]
    pub fn produces_tokens(self) -> bool {
        use EndpointKind as Kind;
        matches!(
            self.kind,
            Kind::Chat | Kind::Completion | Kind::Responses | Kind::Messages | Kind::Conversations
        )
    }
}

/// The endpoint of a POST whose path `kind_of` knows; anything else is unmetered.
pub(crate) fn of_post(
    method: &Method,
    path: &str,
    kind_of: impl Fn(&str) -> Option<EndpointKind>,
) -> Endpoint {
    let kind = if method == Method::POST { kind_of(resource(path)) } else { None };
    Endpoint::of(kind.unwrap_or(EndpointKind::Unmetered))
}

/// The kinds that every dialect with OpenAI's bodies shares.
///
/// The paths are OpenAI's (openai-openapi, `openai.yaml`, 2026-08), but for `rerank`, which Cohere, OpenRouter and
/// Voyage serve, and `messages` and `messages/count_tokens`, which are Anthropic's. All of them are in recordings to
/// 2026-08.
pub(crate) fn openai_shaped(resource: &str) -> Option<EndpointKind> {
    use EndpointKind as Kind;
    Some(match resource {
        "chat/completions" => Kind::Chat,
        "completions" => Kind::Completion,
        "responses" => Kind::Responses,
        "embeddings" => Kind::Embeddings,
        "moderations" => Kind::Moderation,
        "rerank" => Kind::Rerank,
        "audio/transcriptions" | "audio/translations" => Kind::Audio,
        "audio/speech" => Kind::Speech,
        "images/generations" | "images/edits" | "images/variations" => Kind::Images,
        "messages" => Kind::Messages,
        "messages/count_tokens" | "responses/input_tokens" => Kind::CountTokens,
        _ => return None,
    })
}

/// What follows the version in a path, without query and closing slash: `chat/completions`.
pub(crate) fn resource(path: &str) -> &str {
    let path = path.split(['?', '#']).next().unwrap_or_default().trim_matches('/');
    let mut end = 0;
    let after_version = path.split('/').find_map(|segment| {
        let start = end;
        end = start + segment.len() + 1;
        is_version(segment).then(|| path.get(end..).unwrap_or_default().trim_start_matches('/'))
    });
    let rest = after_version.unwrap_or(path);
    // Hosts that serve several APIs put OpenAI's below its name, Azure below a deployment's.
    let rest = rest.strip_prefix("openai/").unwrap_or(rest);
    match rest.strip_prefix("deployments/").and_then(|rest| rest.split_once('/')) {
        Some((_, rest)) => rest,
        None => rest,
    }
}

/// Whether a path segment names a version: `v1`, `v2`, `v1beta`.
fn is_version(segment: &str) -> bool {
    let mut rest = segment.chars();
    rest.next() == Some('v') && rest.next().is_some_and(|next| next.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_resource_is_what_follows_the_version() {
        let cases = [
            ("/v1/chat/completions", "chat/completions"),
            ("/v1/messages?beta=true", "messages"),
            ("/api/v1/chat/completions/", "chat/completions"),
            ("/v1beta/openai/chat/completions", "chat/completions"),
            ("/openai/v1/responses", "responses"),
            ("/openai/deployments/mine/chat/completions?api-version=1", "chat/completions"),
            ("/chat/completions", "chat/completions"),
            ("/v1", ""),
            ("", ""),
            ("////", ""),
        ];
        for (path, expected) in cases {
            assert_eq!(resource(path), expected, "{path}");
        }
    }

    #[test]
    fn reading_and_lists_never_wait() {
        let get = of_post(&Method::GET, "/v1/chat/completions", openai_shaped);
        assert!(!get.is_metered());
        assert!(!of_post(&Method::POST, "/v1/files", openai_shaped).is_metered());
        assert!(of_post(&Method::POST, "/v1/embeddings", openai_shaped).is_metered());
    }

    #[test]
    fn only_what_asks_a_model_may_be_sent_again_unheard() {
        assert!(of_post(&Method::POST, "/v1/embeddings", openai_shaped).is_repeatable());
        assert!(!of_post(&Method::POST, "/v1/files", openai_shaped).is_repeatable());
        let unknown = Endpoint::of(EndpointKind::Unknown);
        assert!(unknown.is_metered() && !unknown.is_repeatable());
    }
}
