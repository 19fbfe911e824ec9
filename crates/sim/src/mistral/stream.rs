//! Mistral's streams of chat and fill-in-the-middle. Conversations have their own file.

use serde_json::{Value, json};

use super::{answer, conversations};
use crate::call::Endpoint;
use crate::openai::answer::finish_reason;
use crate::openai::stream::PIECES_MAX;
use crate::prose::Prose;
use crate::sse;
use crate::voice::Scene;

/// The events of a stream. Usage stands in the chunk with the finish reason, asked for or not (116 of 116 recorded
/// streams, 2026-08).
pub(super) fn stream(scene: &Scene<'_>, prose: &Prose) -> Vec<String> {
    if scene.call.is_some_and(|call| matches!(call.endpoint, Endpoint::Conversations(_))) {
        return conversations::stream(scene, prose);
    }
    let mut events = vec![chunk(scene, json!({"role": "assistant", "content": ""}), None)];
    for piece in prose.pieces(PIECES_MAX) {
        events.push(chunk(scene, json!({"content": piece}), None));
    }
    let mut last = chunk(scene, json!({"content": ""}), Some(finish_reason(prose)));
    last["usage"] = answer::usage(scene, prose);
    events.push(last);
    events.iter().map(sse::data).chain([sse::DONE.to_owned()]).collect()
}

fn chunk(scene: &Scene<'_>, delta: Value, finish_reason: Option<&str>) -> Value {
    json!({
        "id": scene.id(""),
        "object": "chat.completion.chunk",
        "created": scene.at.as_unix_secs(),
        "model": scene.model(),
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason}],
    })
}
