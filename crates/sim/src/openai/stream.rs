//! `OpenAI`'s streams of chat and completions. Responses have their own file.

use serde_json::{Value, json};

use super::{answer, responses};
use crate::call::Endpoint;
use crate::prose::Prose;
use crate::sse;
use crate::voice::Scene;

/// The most pieces that a text is streamed in.
pub(crate) const PIECES_MAX: usize = 32;

/// The events of a stream. Chat and completions have usage only when asked for: then every chunk has a `usage` of
/// null and one more chunk without choices has it (615 recorded streams, 2026-08).
pub(crate) fn stream(scene: &Scene<'_>, prose: &Prose) -> Vec<String> {
    let Some(call) = scene.call else { return Vec::new() };
    if call.endpoint == Endpoint::Responses {
        return responses::stream(scene, prose);
    }
    let chat = call.endpoint != Endpoint::Completion;
    let mut events = Vec::new();
    if chat {
        let delta = json!({"role": "assistant", "content": "", "refusal": null});
        events.push(chunk(scene, json!([choice(&json!({"delta": delta}), None)]), None));
    }
    for piece in prose.pieces(PIECES_MAX) {
        let part = if chat { json!({"delta": {"content": piece}}) } else { json!({"text": piece}) };
        events.push(chunk(scene, json!([choice(&part, None)]), None));
    }
    let empty = if chat { json!({"delta": {}}) } else { json!({"text": ""}) };
    events.push(chunk(scene, json!([choice(&empty, Some(answer::finish_reason(prose)))]), None));
    if call.wants_stream_usage() {
        events.push(chunk(scene, json!([]), Some(answer::usage(scene, prose))));
    }
    events.push(sse::DONE.to_owned());
    events
}

fn choice(part: &Value, finish_reason: Option<&str>) -> Value {
    let mut choice = part.clone();
    choice["index"] = json!(0);
    choice["logprobs"] = Value::Null;
    choice["finish_reason"] = json!(finish_reason);
    choice
}

fn chunk(scene: &Scene<'_>, choices: Value, usage: Option<Value>) -> String {
    let (prefix, object) = match scene.call.map(|call| &call.endpoint) {
        Some(Endpoint::Completion) => ("cmpl-", "text_completion"),
        _ => ("chatcmpl-", "chat.completion.chunk"),
    };
    let mut chunk = json!({
        "id": scene.id(prefix),
        "object": object,
        "created": scene.at.as_unix_secs(),
        "model": scene.model(),
        "system_fingerprint": "fp_emulated",
        "choices": choices,
    });
    if scene.call.is_some_and(crate::call::Call::wants_stream_usage) {
        chunk["usage"] = json!(usage);
    }
    sse::data(&chunk)
}
