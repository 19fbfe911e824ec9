//! Mistral's conversations, started, continued and restarted, plain and streamed (documented, 2026-03 to 2026-08).
//!
//! A conversation of any name can be continued, whether it was stored or not. The model uses the tools that it is
//! given: it searches the web before it speaks, and asks for the first function instead of speaking. Of a tool of the
//! server that has to ask first, the call is pending until it is confirmed; then it speaks.

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
        "outputs": outputs(scene, prose, &created_at),
        "usage": usage(scene, prose),
    })
}

/// The new entries: a search if the web may be searched; then a message, or the call of a function if there is one.
fn outputs(scene: &Scene<'_>, prose: &Prose, created_at: &str) -> Vec<Value> {
    let mut outputs = Vec::new();
    let asked = asked(scene);
    if searches(scene) {
        outputs.push(json!({"object": "entry", "type": "tool.execution", "created_at": created_at,
            "completed_at": created_at, "id": scene.id("tool_"), "name": "web_search",
            "arguments": "{\"query\": \"tide\"}"}));
    }
    outputs.push(match asked {
        Some(asked) => {
            let mut entry = asked.entry(scene);
            entry["object"] = json!("entry");
            entry["type"] = json!("function.call");
            (entry["created_at"], entry["completed_at"]) = (json!(created_at), json!(created_at));
            entry
        }
        None => json!({"object": "entry", "type": "message.output", "created_at": created_at,
            "completed_at": created_at, "id": scene.id("msg_"), "model": scene.model(), "role": "assistant",
            "content": prose.text()}),
    });
    outputs
}

/// What the model asks for instead of speaking.
#[derive(Clone, Copy)]
struct Asked<'scene> {
    name: &'scene str,
    /// Whether it is a tool of the server, which waits to be confirmed.
    is_pending: bool,
}

impl Asked<'_> {
    /// What an entry and an event have in common.
    fn entry(&self, scene: &Scene<'_>) -> Value {
        let mut entry = json!({"id": scene.id("fc_"), "model": scene.model(), "name": self.name,
            "tool_call_id": scene.id("call_"), "arguments": "{}"});
        if self.is_pending {
            entry["confirmation_status"] = json!("pending");
        }
        entry
    }
}

/// The first tool that has to ask whether it may run, or the first function that the call brings.
fn asked<'scene>(scene: &Scene<'scene>) -> Option<Asked<'scene>> {
    let waits = |tool: &'scene Value| {
        tool.pointer("/tool_configuration/requires_confirmation")?.as_array()?.first()?.as_str()
    };
    let pending = tools(scene).iter().find_map(waits).map(|name| Asked { name, is_pending: true });
    let named = |tool: &'scene Value| tool.pointer("/function/name")?.as_str();
    pending.or_else(|| Some(Asked { name: tools(scene).iter().find_map(named)?, is_pending: false }))
}

/// Whether the web is searched: if it may be, and nobody has to be asked first.
fn searches(scene: &Scene<'_>) -> bool {
    let may_search = tools(scene).iter().any(|tool| tool["type"] == "web_search");
    may_search && !asked(scene).is_some_and(|asked| asked.is_pending)
}

fn tools<'scene>(scene: &Scene<'scene>) -> &'scene [Value] {
    scene.call.and_then(|call| call.body.get("tools")?.as_array()).map(Vec::as_slice).unwrap_or_default()
}

/// The events of a streamed answer; usage is in the last one, and there is no `[DONE]`.
pub(super) fn stream(scene: &Scene<'_>, prose: &Prose) -> Vec<String> {
    let created_at = scene.at.rfc3339();
    let mut events = vec![
        json!({"type": "conversation.response.started", "created_at": created_at, "conversation_id": name(scene)}),
    ];
    if searches(scene) {
        let tool = json!({"created_at": created_at, "output_index": 0, "id": scene.id("tool_"), "name": "web_search"});
        for (kind, field, value) in [
            ("tool.execution.started", "arguments", json!("")),
            ("tool.execution.delta", "arguments", json!("{\"query\": \"tide\"}")),
            ("tool.execution.done", "info", json!({})),
        ] {
            let mut event = tool.clone();
            event["type"] = json!(kind);
            event[field] = value;
            events.push(event);
        }
    }
    if let Some(asked) = asked(scene) {
        let mut event = asked.entry(scene);
        event["type"] = json!("function.call.delta");
        (event["created_at"], event["output_index"]) = (json!(created_at), json!(0));
        events.push(event);
    }
    let said = if asked(scene).is_some() { Vec::new() } else { prose.pieces(PIECES_MAX) };
    for piece in said {
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
