//! Where a bare request body goes: each endpoint's bodies have a shape of their own.

use serde::Deserialize;
use serde::de::IgnoredAny;

#[derive(Deserialize)]
struct Shape<'a> {
    model: Option<std::borrow::Cow<'a, str>>,
    messages: Option<IgnoredAny>,
    input: Option<IgnoredAny>,
    prompt: Option<IgnoredAny>,
    document: Option<IgnoredAny>,
    suffix: Option<IgnoredAny>,
}

/// The path for a bare `body`; `chat` where it has messages or no shape that is known.
pub(super) fn endpoint_of(body: &str, chat: &str) -> String {
    let Ok(shape) = serde_json::from_str::<Shape<'_>>(body) else { return chat.to_owned() };
    let model = shape.model.as_deref().unwrap_or_default();
    let path = if shape.messages.is_some() {
        chat
    } else if shape.input.is_some() {
        // `input` alone does not tell embeddings, moderations and responses apart; the models' names do.
        if model.contains("embed") {
            "/v1/embeddings"
        } else if model.contains("moderation") {
            "/v1/moderations"
        } else {
            "/v1/responses"
        }
    } else if shape.document.is_some() {
        "/v1/ocr"
    } else if shape.prompt.is_some() && shape.suffix.is_some() && model.contains("codestral") {
        "/v1/fim/completions"
    } else if shape.prompt.is_some() {
        "/v1/completions"
    } else {
        chat
    };
    path.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(body: &str) -> String {
        endpoint_of(body, "/chat")
    }

    #[test]
    fn each_shape_has_its_endpoint() {
        assert_eq!(path(r#"{"model":"m","messages":[{"role":"user"}]}"#), "/chat");
        assert_eq!(path(r#"{"model":"text-embedding-3-small","input":["a"]}"#), "/v1/embeddings");
        assert_eq!(path(r#"{"model":"mistral-embed","input":"a"}"#), "/v1/embeddings");
        assert_eq!(path(r#"{"model":"omni-moderation-latest","input":"a"}"#), "/v1/moderations");
        assert_eq!(path(r#"{"model":"gpt-5","input":"a"}"#), "/v1/responses");
        assert_eq!(path(r#"{"model":"m","prompt":"a"}"#), "/v1/completions");
        assert_eq!(path(r#"{"model":"codestral-latest","prompt":"a","suffix":"b"}"#), "/v1/fim/completions");
        assert_eq!(path(r#"{"model":"mistral-ocr-latest","document":{}}"#), "/v1/ocr");
        assert_eq!(path("{}"), "/chat");
    }
}
