//! `OpenRouter`'s plain answers: `OpenAI`'s, with the provider behind it and what the call cost.

use serde_json::{Value, json};

use crate::call::Endpoint;
use crate::openai;
use crate::prose::Prose;
use crate::voice::Scene;

/// The body of a plain answer (shapes recorded, 2025-06 to 2026-08).
pub(super) fn answer(scene: &Scene<'_>, prose: &Prose) -> Value {
    let endpoint = scene.call.map(|call| &call.endpoint);
    if endpoint == Some(&Endpoint::Models) {
        return json!({"data": [model(scene)]});
    }
    let mut answer = openai::answer::answer(scene, prose);
    if let Some(Endpoint::Chat | Endpoint::Completion) = endpoint {
        answer["id"] = json!(scene.id("gen-"));
        answer["provider"] = json!("Emulated");
        answer["choices"][0]["native_finish_reason"] = json!(openai::answer::finish_reason(prose));
        answer["usage"] = usage(scene, prose);
    }
    answer
}

/// The usage of chat and completions: a millionth of a dollar a token.
pub(super) fn usage(scene: &Scene<'_>, prose: &Prose) -> Value {
    let (input, output) = (scene.input_tokens(), prose.tokens());
    let micros = u32::try_from(input + output).unwrap_or(u32::MAX);
    let cost = f64::from(micros) / 1_000_000.0;
    json!({
        "prompt_tokens": input,
        "completion_tokens": output,
        "total_tokens": input + output,
        "cost": cost,
        "is_byok": false,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "cost_details": {"upstream_inference_cost": null},
        "completion_tokens_details": {"reasoning_tokens": 0, "image_tokens": 0},
    })
}

fn model(scene: &Scene<'_>) -> Value {
    json!({"id": "emulated/model", "name": "Emulated model", "created": scene.at.as_unix_secs(),
        "context_length": 131_072, "pricing": {"prompt": "0.000001", "completion": "0.000001"}})
}
