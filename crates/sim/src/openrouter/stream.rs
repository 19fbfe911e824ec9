//! `OpenRouter`'s streams: comments first, usage in the chunk with the finish reason, `[DONE]` at the end.

use serde_json::{Value, json};

use super::answer;
use crate::call::Endpoint;
use crate::openai::answer::finish_reason;
use crate::openai::stream::PIECES_MAX;
use crate::prose::Prose;
use crate::sse;
use crate::voice::Scene;

/// The comment that keeps a connection open (169 of 201 recorded streams, 2026-08).
const COMMENT: &str = ": OPENROUTER PROCESSING\n\n";

/// The events of a stream. Usage comes unasked.
pub(super) fn stream(scene: &Scene<'_>, prose: &Prose) -> Vec<String> {
    let mut events = vec![COMMENT.to_owned(), COMMENT.to_owned()];
    for piece in prose.pieces(PIECES_MAX) {
        events.push(sse::data(&chunk(scene, piece, None)));
    }
    let mut last = chunk(scene, "", Some(finish_reason(prose)));
    last["usage"] = answer::usage(scene, prose);
    events.push(sse::data(&last));
    events.push(sse::DONE.to_owned());
    events
}

fn chunk(scene: &Scene<'_>, text: &str, finish_reason: Option<&str>) -> Value {
    let chat = scene.call.is_none_or(|call| call.endpoint != Endpoint::Completion);
    let mut choice =
        if chat { json!({"delta": {"role": "assistant", "content": text}}) } else { json!({"text": text}) };
    choice["index"] = json!(0);
    choice["finish_reason"] = json!(finish_reason);
    choice["native_finish_reason"] = json!(finish_reason);
    choice["logprobs"] = Value::Null;
    json!({
        "id": scene.id("gen-"),
        "provider": "Emulated",
        "model": scene.model(),
        "object": if chat { "chat.completion.chunk" } else { "text_completion" },
        "created": scene.at.as_unix_secs(),
        "choices": [choice],
    })
}
