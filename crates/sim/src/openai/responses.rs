//! `OpenAI`'s Responses API, plain and streamed (shapes recorded, 2026-08).

use serde_json::{Value, json};

use super::stream::PIECES_MAX;
use crate::call::{Call, Endpoint};
use crate::prose::Prose;
use crate::shelf::{Ask, Shelf, Stored};
use crate::sse;
use crate::voice::{Remembered, Scene};

/// A finished response.
pub(super) fn completed(scene: &Scene<'_>, prose: &Prose) -> Value {
    let (input, output) = (scene.input_tokens(), prose.tokens());
    let status = if prose.cut { "incomplete" } else { "completed" };
    let mut response = response(scene, status);
    response["output"] = json!([message(scene, "completed", json!([part(prose.text())]))]);
    response["usage"] = json!({
        "input_tokens": input,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": output,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": input + output,
    });
    if prose.cut {
        response["incomplete_details"] = json!({"reason": "max_output_tokens"});
    }
    response
}

/// Keeps a response, unless the caller said not to.
pub(super) fn keep(shelf: &mut Shelf, scene: &Scene<'_>, prose: &Prose) {
    let Some(call) = scene.call.filter(|call| call.endpoint == Endpoint::Responses) else { return };
    if call.body["store"] != false {
        let response = completed(scene, prose);
        let id = response["id"].as_str().unwrap_or_default();
        shelf.put("inputs", id, call.body["input"].clone());
        shelf.put("responses", id, response.clone());
    }
}

/// What is remembered of the response that a call continues.
pub(super) fn remembered(shelf: &Shelf, call: &Call) -> Remembered {
    let previous = call.body.get("previous_response_id").and_then(Value::as_str);
    let response = previous.and_then(|id| shelf.get("responses", id));
    let tokens = response.and_then(|response| response.pointer("/usage/total_tokens")?.as_u64());
    Remembered { tokens: tokens.unwrap_or(0), model: None }
}

/// The answer to a question about a response that is kept.
pub(super) fn stored(shelf: &mut Shelf, ask: &Ask<'_>) -> Option<Stored> {
    let rest = ask.path.strip_prefix("/v1/responses/")?;
    Some(match (ask.method.as_str(), rest.split_once('/')) {
        ("GET", None) => shelf.get("responses", rest).cloned().into(),
        ("DELETE", None) => {
            let taken = shelf.take("responses", rest);
            taken.map(|_| json!({"id": rest, "object": "response", "deleted": true})).into()
        }
        ("GET", Some((id, "input_items"))) => shelf.get("inputs", id).map(items).into(),
        ("POST", Some((id, "cancel"))) => shelf.get("responses", id).cloned().into(),
        _ => return None,
    })
}

/// A page of what went into a response: items, or a text, which is a message of the user.
fn items(input: &Value) -> Value {
    let data = match input {
        Value::Array(items) => items.clone(),
        text => vec![json!({"id": "msg_0", "type": "message", "role": "user",
            "content": [{"type": "input_text", "text": text}]})],
    };
    json!({"object": "list", "data": data, "has_more": false})
}

/// The events of a streamed response; there is no `[DONE]`.
pub(super) fn stream(scene: &Scene<'_>, prose: &Prose) -> Vec<String> {
    let id = scene.id("msg_");
    let place = json!({"item_id": id, "output_index": 0, "content_index": 0});
    let started = response(scene, "in_progress");
    let mut events = vec![
        json!({"type": "response.created", "response": started}),
        json!({"type": "response.in_progress", "response": started}),
        json!({"type": "response.output_item.added", "output_index": 0,
            "item": message(scene, "in_progress", json!([]))}),
        placed("response.content_part.added", &place, "part", part("")),
    ];
    for piece in prose.pieces(PIECES_MAX) {
        let mut delta = placed("response.output_text.delta", &place, "delta", json!(piece));
        delta["logprobs"] = json!([]);
        events.push(delta);
    }
    let mut done = placed("response.output_text.done", &place, "text", json!(prose.text()));
    done["logprobs"] = json!([]);
    let end = if prose.cut { "response.incomplete" } else { "response.completed" };
    events.extend([
        done,
        placed("response.content_part.done", &place, "part", part(prose.text())),
        json!({"type": "response.output_item.done", "output_index": 0,
            "item": message(scene, "completed", json!([part(prose.text())]))}),
        json!({"type": end, "response": completed(scene, prose)}),
    ]);
    let numbered = events.into_iter().enumerate().map(|(number, mut event)| {
        event["sequence_number"] = json!(number);
        sse::named(&event)
    });
    numbered.collect()
}

fn placed(kind: &str, place: &Value, field: &str, value: Value) -> Value {
    let mut event = place.clone();
    event["type"] = json!(kind);
    event[field] = value;
    event
}

fn response(scene: &Scene<'_>, status: &str) -> Value {
    json!({
        "id": scene.id("resp_"),
        "object": "response",
        "created_at": scene.at.as_unix_secs(),
        "status": status,
        "background": false,
        "error": null,
        "incomplete_details": null,
        "instructions": null,
        "max_output_tokens": scene.call.and_then(|call| call.max_tokens),
        "model": scene.model(),
        "output": [],
        "parallel_tool_calls": true,
        "previous_response_id": null,
        "reasoning": {"effort": null, "summary": null},
        "service_tier": "default",
        "store": false,
        "temperature": 1.0,
        "text": {"format": {"type": "text"}, "verbosity": "medium"},
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "truncation": "disabled",
        "usage": null,
        "user": null,
        "metadata": {},
    })
}

fn message(scene: &Scene<'_>, status: &str, content: Value) -> Value {
    json!({"id": scene.id("msg_"), "type": "message", "status": status, "role": "assistant", "content": content})
}

fn part(text: &str) -> Value {
    json!({"type": "output_text", "annotations": [], "logprobs": [], "text": text})
}
