//! Mistral's conversations, started, continued and restarted, plain and streamed (documented, 2026-03 to 2026-08).
//!
//! Nothing is remembered: a conversation of any name can be continued.

use serde_json::{Value, json};

use super::answer::usage;
use crate::call::Endpoint;
use crate::openai::stream::PIECES_MAX;
use crate::prose::Prose;
use crate::sse;
use crate::voice::Scene;

/// What a path below `/v1/conversations/` asks for: to continue the named conversation, or to restart it as a new one.
pub(super) fn endpoint(path: &str) -> Option<Endpoint> {
    let name = path.strip_prefix("/v1/conversations/")?;
    match name.split_once('/') {
        None if !name.is_empty() => Some(Endpoint::Conversations(Some(name.to_owned()))),
        Some((_, "restart")) => Some(Endpoint::Conversations(None)),
        _ => None,
    }
}

/// A plain answer.
pub(super) fn answer(scene: &Scene<'_>, prose: &Prose) -> Value {
    let created_at = scene.at.rfc3339();
    json!({
        "object": "conversation.response",
        "conversation_id": name(scene),
        "outputs": [{
            "object": "entry",
            "type": "message.output",
            "created_at": created_at,
            "completed_at": created_at,
            "id": scene.id("msg_"),
            "model": scene.model(),
            "role": "assistant",
            "content": prose.text(),
        }],
        "usage": usage(scene, prose),
    })
}

/// The events of a streamed answer; usage is in the last one, and there is no `[DONE]`.
pub(super) fn stream(scene: &Scene<'_>, prose: &Prose) -> Vec<String> {
    let created_at = scene.at.rfc3339();
    let mut events = vec![
        json!({"type": "conversation.response.started", "created_at": created_at, "conversation_id": name(scene)}),
    ];
    for piece in prose.pieces(PIECES_MAX) {
        events.push(json!({"type": "message.output.delta", "created_at": created_at, "output_index": 0,
            "id": scene.id("msg_"), "content_index": 0, "model": scene.model(), "role": "assistant",
            "content": piece}));
    }
    events.push(
        json!({"type": "conversation.response.done", "created_at": created_at, "usage": usage(scene, prose)}),
    );
    events.iter().map(sse::named).collect()
}

/// The conversation's name: the one that is continued, or a new one.
fn name(scene: &Scene<'_>) -> String {
    match scene.call.map(|call| &call.endpoint) {
        Some(Endpoint::Conversations(Some(name))) => name.clone(),
        _ => scene.id("conv_"),
    }
}
