//! Anthropic's streams: named events, usage at both ends, no `[DONE]` (497 recorded streams, 2026-08).

use serde_json::json;

use super::answer;
use crate::openai::stream::PIECES_MAX;
use crate::prose::Prose;
use crate::sse;
use crate::voice::Scene;

/// The events of a streamed message. The first usage has one output token, the last one all of them.
pub(super) fn stream(scene: &Scene<'_>, prose: &Prose) -> Vec<String> {
    let message = answer::message(scene, &answer::usage(scene, 1));
    let text = json!({"type": "text", "text": ""});
    let mut events = vec![
        json!({"type": "message_start", "message": message}),
        json!({"type": "content_block_start", "index": 0, "content_block": text}),
        json!({"type": "ping"}),
    ];
    for piece in prose.pieces(PIECES_MAX) {
        let delta = json!({"type": "text_delta", "text": piece});
        events.push(json!({"type": "content_block_delta", "index": 0, "delta": delta}));
    }
    let delta = json!({"stop_reason": answer::stop_reason(prose), "stop_sequence": null});
    let usage = json!({
        "input_tokens": scene.input_tokens(),
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "output_tokens": prose.tokens(),
    });
    events.extend([
        json!({"type": "content_block_stop", "index": 0}),
        json!({"type": "message_delta", "delta": delta, "usage": usage}),
        json!({"type": "message_stop"}),
    ]);
    events.iter().map(sse::named).collect()
}
