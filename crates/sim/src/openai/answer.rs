//! `OpenAI`'s plain answers: chat, completions, embeddings, moderations, models. Responses have their own file.

use serde_json::{Value, json};

use super::responses;
use crate::call::Endpoint;
use crate::embeddings;
use crate::prose::Prose;
use crate::voice::Scene;

/// The body of a plain answer (shapes recorded, 2025-08 to 2026-08).
pub(crate) fn answer(scene: &Scene<'_>, prose: &Prose) -> Value {
    let Some(call) = scene.call else { return Value::Null };
    match &call.endpoint {
        Endpoint::Completion => completion(scene, prose),
        Endpoint::Responses => responses::completed(scene, prose),
        Endpoint::Embeddings => {
            let tokens = call.content.tokens;
            json!({"object": "list", "model": call.model, "data": embeddings::data(call),
                "usage": {"prompt_tokens": tokens, "total_tokens": tokens}})
        }
        Endpoint::Moderations => moderation(scene),
        Endpoint::Models => {
            json!({"object": "list", "data": [model(scene, "emulated-1"), model(scene, "emulated-2")]})
        }
        Endpoint::Model(name) => model(scene, name),
        _ => chat(scene, prose),
    }
}

/// Why an answer ended, in the words of chat and completions.
pub(crate) fn finish_reason(prose: &Prose) -> &'static str {
    if prose.cut { "length" } else { "stop" }
}

/// The usage of chat and completions.
pub(crate) fn usage(scene: &Scene<'_>, prose: &Prose) -> Value {
    let (input, output) = (scene.input_tokens(), prose.tokens());
    json!({
        "prompt_tokens": input,
        "completion_tokens": output,
        "total_tokens": input + output,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0,
            "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0},
    })
}

fn chat(scene: &Scene<'_>, prose: &Prose) -> Value {
    json!({
        "id": scene.id("chatcmpl-"),
        "object": "chat.completion",
        "created": scene.at.as_unix_secs(),
        "model": scene.model(),
        "choices": [{
            "index": 0,
            "message": {"role": "assistant", "content": prose.text(), "refusal": null, "annotations": []},
            "logprobs": null,
            "finish_reason": finish_reason(prose),
        }],
        "usage": usage(scene, prose),
        "service_tier": "default",
        "system_fingerprint": "fp_emulated",
    })
}

fn completion(scene: &Scene<'_>, prose: &Prose) -> Value {
    json!({
        "id": scene.id("cmpl-"),
        "object": "text_completion",
        "created": scene.at.as_unix_secs(),
        "model": scene.model(),
        "choices": [{"index": 0, "text": prose.text(), "logprobs": null, "finish_reason": finish_reason(prose)}],
        "usage": usage(scene, prose),
    })
}

fn moderation(scene: &Scene<'_>) -> Value {
    const CATEGORIES: [&str; 13] = [
        "harassment",
        "harassment/threatening",
        "hate",
        "hate/threatening",
        "illicit",
        "illicit/violent",
        "self-harm",
        "self-harm/instructions",
        "self-harm/intent",
        "sexual",
        "sexual/minors",
        "violence",
        "violence/graphic",
    ];
    let table =
        |value: Value| -> Value { CATEGORIES.iter().map(|&name| (name.to_owned(), value.clone())).collect() };
    json!({
        "id": scene.id("modr-"),
        "model": scene.model(),
        "results": [{"flagged": false, "categories": table(json!(false)), "category_scores": table(json!(0.0)),
            "category_applied_input_types": table(json!(["text"]))}],
    })
}

fn model(scene: &Scene<'_>, name: &str) -> Value {
    json!({"id": name, "object": "model", "created": scene.at.as_unix_secs(), "owned_by": "system"})
}
