//! What Mistral stores: agents with their versions and aliases, conversations (shapes documented, 2026-08).

use http::Method;
use serde_json::{Value, json};

use super::conversations;
use crate::call::{Call, Endpoint};
use crate::prose::Prose;
use crate::shelf::{Ask, Shelf, Stored};
use crate::voice::{Remembered, Scene};

const AGENTS: &str = "agents";
const VERSIONS: &str = "versions";
const ALIASES: &str = "aliases";
const CONVERSATIONS: &str = "conversations";
/// The tokens of what was said in each conversation so far.
const HISTORIES: &str = "histories";

/// The answer to a question about what is stored; `None` when it is about something else.
pub(super) fn stored(shelf: &mut Shelf, ask: &Ask<'_>) -> Option<Stored> {
    let segments: Vec<&str> = ask.path.trim_start_matches("/v1/").split('/').collect();
    match *segments.as_slice() {
        ["agents", ref rest @ ..] => agents(shelf, ask, rest),
        ["conversations", ref rest @ ..] => of_conversations(shelf, ask, rest),
        ["models", id] if ask.method == Method::DELETE => {
            Some(Stored::Thing(json!({"id": id, "object": "model", "deleted": true})))
        }
        _ => None,
    }
}

fn agents(shelf: &mut Shelf, ask: &Ask<'_>, rest: &[&str]) -> Option<Stored> {
    let get = ask.method == Method::GET;
    Some(match (ask.method.as_str(), rest) {
        ("POST", []) => Stored::Thing(make_agent(shelf, ask)),
        ("GET", []) => Stored::Thing(page(shelf, ask, AGENTS, "", 20)),
        ("GET", ["pages"]) => {
            let data = page(shelf, ask, AGENTS, "", 20);
            Stored::Thing(json!({"object": "list", "data": data, "next_page_token": null}))
        }
        ("GET", [id]) => agent(shelf, ask, id).into(),
        ("PATCH", [id]) => change_agent(shelf, ask, id).into(),
        ("DELETE", [id]) => shelf.take(AGENTS, id).map_or(Stored::Missing, |_| Stored::Done),
        ("PATCH", [id, "version"]) => switch(shelf, ask, id).into(),
        ("GET", [id, "versions"]) => Stored::Thing(page(shelf, ask, VERSIONS, &format!("{id}/"), 20)),
        ("GET", [id, "versions", version]) => shelf.get(VERSIONS, &format!("{id}/{version}")).cloned().into(),
        ("PUT", [id, "aliases"]) => set_alias(shelf, ask, id).into(),
        ("GET", [id, "aliases"]) => Stored::Thing(shelf.all(ALIASES, &format!("{id}/")).cloned().collect()),
        ("DELETE", [id, "aliases"]) => {
            let name = format!("{id}/{}", ask.parameter("alias").unwrap_or_default());
            shelf.take(ALIASES, &name).map_or(Stored::Missing, |_| Stored::Done)
        }
        _ if get => Stored::Missing,
        _ => return None,
    })
}

/// A new agent begins with version 0 (the documentation's examples have it so).
fn make_agent(shelf: &mut Shelf, ask: &Ask<'_>) -> Value {
    let (id, now) = (format!("ag_{:016x}", ask.id), ask.at.rfc3339());
    let mut agent = json!({"object": "agent", "id": id, "version": 0, "versions": [0], "created_at": now,
        "updated_at": now, "deployment_chat": false, "source": "api", "version_message": null,
        "instructions": null, "tools": [], "completion_args": {}, "description": null, "handoffs": null,
        "metadata": null, "guardrails": null});
    lay_over(&mut agent, ask.body);
    store_agent(shelf, &agent);
    agent
}

fn store_agent(shelf: &mut Shelf, agent: &Value) {
    let id = agent["id"].as_str().unwrap_or_default();
    shelf.put(VERSIONS, &format!("{id}/{}", agent["version"]), agent.clone());
    shelf.put(AGENTS, id, agent.clone());
}

fn change_agent(shelf: &mut Shelf, ask: &Ask<'_>, id: &str) -> Option<Value> {
    let mut agent = shelf.get(AGENTS, id)?.clone();
    let next = agent["versions"].as_array().map_or(1, Vec::len);
    lay_over(&mut agent, ask.body);
    agent["version"] = json!(next);
    agent["versions"].as_array_mut()?.push(json!(next));
    agent["updated_at"] = json!(ask.at.rfc3339());
    store_agent(shelf, &agent);
    Some(agent)
}

/// An agent in the version that the query names, by its number or by an alias.
fn agent(shelf: &Shelf, ask: &Ask<'_>, id: &str) -> Option<Value> {
    let Some(wanted) = ask.parameter("agent_version") else { return shelf.get(AGENTS, id).cloned() };
    let alias = shelf.get(ALIASES, &format!("{id}/{wanted}")).map(|alias| alias["version"].to_string());
    shelf.get(VERSIONS, &format!("{id}/{}", alias.as_deref().unwrap_or(wanted))).cloned()
}

fn switch(shelf: &mut Shelf, ask: &Ask<'_>, id: &str) -> Option<Value> {
    let versions = shelf.get(AGENTS, id)?["versions"].clone();
    let mut agent = shelf.get(VERSIONS, &format!("{id}/{}", ask.parameter("version")?))?.clone();
    agent["versions"] = versions;
    shelf.put(AGENTS, id, agent.clone());
    Some(agent)
}

fn set_alias(shelf: &mut Shelf, ask: &Ask<'_>, id: &str) -> Option<Value> {
    let (name, version) = (ask.parameter("alias")?, ask.parameter("version")?);
    shelf.get(VERSIONS, &format!("{id}/{version}"))?;
    let (number, now) = (version.parse::<u64>().ok()?, ask.at.rfc3339());
    let alias = json!({"alias": name, "version": number, "created_at": now, "updated_at": now});
    shelf.put(ALIASES, &format!("{id}/{name}"), alias.clone());
    Some(alias)
}

fn of_conversations(shelf: &mut Shelf, ask: &Ask<'_>, rest: &[&str]) -> Option<Stored> {
    let is_message = |entry: &&Value| entry["type"].as_str().is_some_and(|kind| kind.starts_with("message."));
    Some(match (ask.method.as_str(), rest) {
        ("GET", []) => {
            let mut all = page(shelf, ask, CONVERSATIONS, "", 100);
            all.as_array_mut().into_iter().flatten().for_each(hide_entries);
            Stored::Thing(all)
        }
        ("GET", [id]) => {
            let mut found = shelf.get(CONVERSATIONS, id)?.clone();
            hide_entries(&mut found);
            Stored::Thing(found)
        }
        ("DELETE", [id]) => shelf.take(CONVERSATIONS, id).map_or(Stored::Missing, |_| Stored::Done),
        ("GET", [id, "history"]) => {
            let found = shelf.get(CONVERSATIONS, id)?;
            Stored::Thing(json!({"object": "conversation.history", "conversation_id": id,
                "entries": found["entries"]}))
        }
        ("GET", [id, "messages"]) => {
            let entries = shelf.get(CONVERSATIONS, id)?["entries"].as_array()?;
            let messages: Vec<&Value> = entries.iter().filter(is_message).collect();
            Stored::Thing(
                json!({"object": "conversation.messages", "conversation_id": id, "messages": messages}),
            )
        }
        _ => return None,
    })
}

fn hide_entries(conversation: &mut Value) {
    if let Some(fields) = conversation.as_object_mut() {
        fields.remove("entries");
    }
}

/// Stores what a turn of a conversation leaves behind, unless the caller said not to.
pub(super) fn keep(shelf: &mut Shelf, scene: &Scene<'_>, prose: &Prose) {
    let Some(call) = scene.call else { return };
    let Endpoint::Conversations(named) = &call.endpoint else { return };
    if call.body["store"] == false {
        return;
    }
    let answer = conversations::answer(scene, prose);
    let id = answer["conversation_id"].as_str().unwrap_or_default().to_owned();
    let known = named.as_ref().and_then(|name| shelf.get(CONVERSATIONS, name)).cloned();
    let mut conversation = known.unwrap_or_else(|| new_conversation(call, &id, &scene.at.rfc3339()));
    conversation["updated_at"] = json!(scene.at.rfc3339());
    if let Some(entries) = conversation["entries"].as_array_mut() {
        entries.extend(inputs(call, scene));
        entries.extend(answer["outputs"].as_array().into_iter().flatten().cloned());
    }
    shelf.put(CONVERSATIONS, &id, conversation);
    let history = scene.input_tokens() + prose.tokens() + call.connector_tokens();
    shelf.put(HISTORIES, &id, json!(history));
}

/// What is remembered of the conversation that a call continues.
pub(super) fn remembered(shelf: &Shelf, call: &Call) -> Remembered {
    let Endpoint::Conversations(Some(name)) = &call.endpoint else { return Remembered::default() };
    let tokens = shelf.get(HISTORIES, name).and_then(Value::as_u64);
    let conversation = shelf.get(CONVERSATIONS, name);
    let model = conversation.and_then(|conversation| conversation["model"].as_str());
    Remembered { tokens: tokens.unwrap_or(0), model: model.map(str::to_owned) }
}

fn new_conversation(call: &Call, id: &str, now: &str) -> Value {
    let mut conversation = json!({"object": "conversation", "id": id, "created_at": now, "updated_at": now,
        "entries": []});
    let fields = [
        "model",
        "agent_id",
        "agent_version",
        "instructions",
        "tools",
        "completion_args",
        "guardrails",
        "name",
        "description",
        "metadata",
    ];
    for field in fields {
        if let Some(value) = call.body.get(field) {
            conversation[field] = value.clone();
        }
    }
    conversation
}

/// What went in, as entries.
fn inputs(call: &Call, scene: &Scene<'_>) -> Vec<Value> {
    let entry = |number: usize, given: &Value| {
        let id = scene.id(&format!("in{number}_"));
        let mut entry = json!({"object": "entry", "type": "message.input", "id": id, "role": "user",
            "created_at": scene.at.rfc3339(), "content": given});
        if given.is_object() {
            entry["content"] = Value::Null;
            lay_over(&mut entry, given);
        }
        entry
    };
    match &call.body["inputs"] {
        Value::Null => Vec::new(),
        Value::Array(many) => many.iter().enumerate().map(|(number, given)| entry(number, given)).collect(),
        one => vec![entry(0, one)],
    }
}

/// A page of the things whose names begin like this.
fn page(shelf: &Shelf, ask: &Ask<'_>, kind: &'static str, beginning: &str, size: usize) -> Value {
    let size = ask.number("page_size").unwrap_or(size);
    let skipped = ask.number("page").unwrap_or(0).saturating_mul(size);
    shelf.all(kind, beginning).skip(skipped).take(size).cloned().collect()
}

/// Puts the fields of one object over those of another.
fn lay_over(under: &mut Value, over: &Value) {
    if let (Some(under), Some(over)) = (under.as_object_mut(), over.as_object()) {
        under.extend(over.iter().map(|(name, value)| (name.clone(), value.clone())));
    }
}
