//! Anthropic's plain answers: messages, token counts, models.

use serde_json::{Value, json};

use crate::call::Endpoint;
use crate::prose::Prose;
use crate::voice::Scene;

/// The body of a plain answer (shapes recorded, 2025-11 to 2026-08).
pub(super) fn answer(scene: &Scene<'_>, prose: &Prose) -> Value {
    match scene.call.map(|call| &call.endpoint) {
        Some(Endpoint::CountTokens) => json!({"input_tokens": scene.input_tokens()}),
        Some(Endpoint::Models) => json!({
            "data": [model(scene, "claude-emulated-1"), model(scene, "claude-emulated-2")],
            "has_more": false, "first_id": "claude-emulated-1", "last_id": "claude-emulated-2",
        }),
        Some(Endpoint::Model(name)) => model(scene, name),
        _ => {
            let mut message = message(scene, &usage(scene, prose.tokens()));
            message["content"] = json!([{"type": "text", "text": prose.text()}]);
            message["stop_reason"] = json!(stop_reason(prose));
            message
        }
    }
}

/// A message without content.
pub(super) fn message(scene: &Scene<'_>, usage: &Value) -> Value {
    json!({
        "id": scene.id("msg_"),
        "type": "message",
        "role": "assistant",
        "model": scene.model(),
        "content": [],
        "stop_reason": null,
        "stop_sequence": null,
        "usage": usage,
    })
}

/// Why a message ended.
pub(super) fn stop_reason(prose: &Prose) -> &'static str {
    if prose.cut { "max_tokens" } else { "end_turn" }
}

/// The usage of a message of which `output` tokens are written.
pub(super) fn usage(scene: &Scene<'_>, output: u64) -> Value {
    json!({
        "input_tokens": scene.input_tokens(),
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
        "output_tokens": output,
        "service_tier": "standard",
    })
}

fn model(scene: &Scene<'_>, name: &str) -> Value {
    json!({"type": "model", "id": name, "display_name": name, "created_at": scene.at.rfc3339()})
}
