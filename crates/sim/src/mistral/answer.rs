//! Mistral's plain answers: chat, fill-in-the-middle, embeddings, models. Conversations have their own file.

use serde_json::{Value, json};

use super::conversations;
use crate::call::{Call, Endpoint};
use crate::embeddings;
use crate::openai::answer::finish_reason;
use crate::prose::Prose;
use crate::voice::Scene;

/// The body of a plain answer (shapes recorded, 2025-09 to 2026-07).
pub(super) fn answer(scene: &Scene<'_>, prose: &Prose) -> Value {
    let Some(call) = scene.call else { return Value::Null };
    match &call.endpoint {
        Endpoint::Embeddings => {
            let tokens = call.content.tokens;
            json!({"id": scene.id(""), "object": "list", "model": call.model, "data": embeddings::data(call),
                "usage": {"prompt_tokens": tokens, "completion_tokens": 0, "total_tokens": tokens}})
        }
        Endpoint::Moderations => judgements(scene),
        Endpoint::Conversations(_) => conversations::answer(scene, prose),
        Endpoint::Models => json!({"object": "list", "data": [model(scene, "mistral-emulated")]}),
        Endpoint::Model(name) => model(scene, name),
        _ => json!({
            "id": scene.id(""),
            "object": "chat.completion",
            "created": scene.at.as_unix_secs(),
            "model": scene.model(),
            "choices": [{
                "index": 0,
                "message": {"role": "assistant", "content": prose.text(), "tool_calls": null},
                "finish_reason": finish_reason(prose),
            }],
            "usage": usage(scene, prose),
        }),
    }
}

/// The usage of chat and of conversations.
pub(super) fn usage(scene: &Scene<'_>, prose: &Prose) -> Value {
    let (input, output) = (scene.input_tokens(), prose.tokens());
    let connectors = scene.call.map_or(0, Call::connector_tokens);
    let mut usage = json!({"prompt_tokens": input, "completion_tokens": output,
        "total_tokens": input + output + connectors, "prompt_tokens_details": {"cached_tokens": 0}});
    if connectors > 0 {
        usage["connector_tokens"] = json!(connectors);
        usage["connectors"] = json!({"web_search": 1});
    }
    usage
}

/// A judgement for each text, in both shapes: what moderation and what classification answers (documented, 2026-08).
fn judgements(scene: &Scene<'_>) -> Value {
    let texts =
        scene.call.and_then(|call| call.body.get("input")?.as_array()).map_or(1, |texts| texts.len().max(1));
    let of_chat = scene.call.is_some_and(|call| call.body.pointer("/input/0/role").is_some());
    let one = json!({"categories": {"violence_and_threats": false}, "category_scores": {"violence_and_threats": 0.01},
        "emulated": {"scores": {"calm": 0.99, "angry": 0.01}}});
    let count = if of_chat { 1 } else { texts };
    json!({"id": scene.id(""), "model": scene.model(), "results": vec![one; count]})
}

fn model(scene: &Scene<'_>, name: &str) -> Value {
    let abilities = json!({"completion_chat": true, "completion_fim": true, "function_calling": true,
        "fine_tuning": false, "vision": false, "classification": false});
    json!({"id": name, "object": "model", "created": scene.at.as_unix_secs(), "owned_by": "mistralai",
        "capabilities": abilities, "name": name, "description": null, "max_context_length": 131_072,
        "aliases": [], "type": "base"})
}
