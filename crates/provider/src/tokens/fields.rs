//! Which fields of a request hold text for the model, and which add nothing to it.

/// The fields at the top of a request's body that hold text for the model, over all providers: OpenAI's and Mistral's,
/// Anthropic's `system`, Cohere's and Voyage's, Gemini's `contents` and `systemInstruction` (recordings to 2026-08).
/// The estimate before a call reads the same.
pub const TEXT_FIELDS: [&str; 15] = [
    "messages",
    "input",
    "inputs",
    "prompt",
    "suffix",
    "system",
    "instructions",
    "query",
    "documents",
    "message",
    "chat_history",
    "preamble",
    "texts",
    "contents",
    "systemInstruction",
];

/// Settings whose values are texts, lists or objects and yet no part of the input. A setting that is a number or a
/// switch is none in any case, whatever its name.
const SETTINGS: [&str; 27] = [
    "model",
    "stream_options",
    "stop",
    "stop_sequences",
    "logit_bias",
    "user",
    "metadata",
    "service_tier",
    "tool_choice",
    "function_call",
    "encoding_format",
    "output_dtype",
    "input_type",
    "truncation",
    "include",
    "modalities",
    "audio",
    "reasoning",
    "reasoning_effort",
    "verbosity",
    "prompt_mode",
    "safety_identifier",
    "prompt_cache_key",
    "prompt_cache_retention",
    "thinking",
    "generationConfig",
    "safetySettings",
];

/// Fields of messages and of their parts that the model does not read: what they are and where they belong.
const LABELS: [&str; 7] = ["type", "id", "status", "index", "detail", "cache_control", "tool_use_id"];

/// Fields of parts that are media, or links to them.
const MEDIA: [&str; 15] = [
    "image_url",
    "image",
    "source",
    "input_audio",
    "audio",
    "audio_url",
    "video",
    "video_url",
    "file",
    "file_id",
    "file_data",
    "file_url",
    "document_url",
    "inlineData",
    "fileData",
];

/// What a field of a message or of a part holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    /// Text that the model reads.
    Text,
    /// What a tool is called with; an object is read as it is written.
    Arguments,
    /// Nothing that the model reads.
    Label,
    /// Something that is no text.
    Media,
    /// Text that only the provider can read.
    Sealed,
    /// It may be anything.
    Unknown,
}

/// What a field of a message or of a part holds.
pub(super) fn sort(key: &str) -> Sort {
    match key {
        "role" | "content" | "name" | "text" | "function" | "refusal" | "message" | "parts" | "output"
        | "result" => Sort::Text,
        "arguments" | "input" | "args" => Sort::Arguments,
        "encrypted_content" | "signature" => Sort::Sealed,
        _ if LABELS.contains(&key) => Sort::Label,
        _ if MEDIA.contains(&key) => Sort::Media,
        _ => Sort::Unknown,
    }
}

/// Whether a field at the top of a body is a setting.
pub(super) fn is_setting(key: &str) -> bool {
    SETTINGS.contains(&key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::estimate::Body;

    #[test]
    fn the_estimate_before_a_call_reads_the_same_fields() {
        for field in TEXT_FIELDS {
            let body = Body::read(format!(r#"{{"{field}": "12345678"}}"#).as_bytes()).unwrap();
            assert_eq!(body.weight.bytes, 8, "{field}");
            assert!(!is_setting(field), "{field}");
        }
    }
}
