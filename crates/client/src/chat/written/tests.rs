//! One question in each dialect.

use serde_json::json;

use super::*;

fn asked(model: &str) -> Asked {
    Asked {
        model: model.to_owned(),
        messages: vec![Message::system("Be brief."), Message::system("Be kind."), Message::user("Hello")],
        max_tokens: Some(50),
        temperature: Some(0.2),
        seed: Some(7),
        stop: Some(OneOrMany::from("END")),
        json: true,
        ..Asked::default()
    }
}

#[test]
fn a_plain_model_of_openai_is_told_everything() {
    let Written { path, body, notes } = written(&asked("gpt-4o"), Dialect::OpenAi, true);
    assert_eq!(path, "/v1/chat/completions");
    assert_eq!(body["max_completion_tokens"], 50);
    assert_eq!((&body["temperature"], &body["seed"], &body["stop"]), (&json!(0.2), &json!(7), &json!("END")));
    assert_eq!(body["response_format"], json!({"type": "json_object"}));
    assert_eq!(body["stream_options"], json!({"include_usage": true}));
    assert_eq!(body["messages"].as_array().unwrap().len(), 3);
    assert!(notes.is_empty(), "{notes:?}");
}

#[test]
fn a_model_that_thinks_takes_no_temperature_but_an_effort() {
    let question = Asked { effort: Some(Effort::High), top_p: Some(0.5), ..asked("openai/o3-mini") };
    let Written { body, notes, .. } = written(&question, Dialect::OpenAi, false);
    assert!(body.get("temperature").is_none() && body.get("top_p").is_none());
    assert_eq!(body["reasoning_effort"], "high");
    assert_eq!(notes.len(), 2, "{notes:?}");
    let question = Asked { effort: Some(Effort::High), ..asked("gpt-4o") };
    let Written { body, notes, .. } = written(&question, Dialect::OpenAi, false);
    assert!(body.get("reasoning_effort").is_none() && notes.len() == 1);
    let question = Asked { temperature: Some(1.0), ..asked("gpt-5") };
    assert!(written(&question, Dialect::OpenAi, false).notes.is_empty());
}

#[test]
fn azure_is_told_as_openai_is() {
    let question = Asked { effort: Some(Effort::High), ..asked("o3-mini") };
    let Written { body, notes, .. } = written(&question, Dialect::Azure, true);
    assert_eq!((&body["max_completion_tokens"], &body["reasoning_effort"]), (&json!(50), &json!("high")));
    assert!(body.get("max_tokens").is_none() && body.get("temperature").is_none());
    assert_eq!(body["stream_options"], json!({"include_usage": true}));
    assert_eq!(notes, ["temperature left out: this model takes only 1"]);
    let plain = written(&asked("mistral-large-2411"), Dialect::Azure, false).body;
    assert_eq!((&plain["max_tokens"], &plain["temperature"]), (&json!(50), &json!(0.2)));
}

#[test]
fn a_developer_is_the_system_where_nobody_knows_developers() {
    let developer = Message::new().role(Role::Developer).content("Be brief.");
    let question = Asked { messages: vec![developer, Message::user("Hello")], ..asked("m") };
    let first = |dialect| written(&question, dialect, false).body["messages"][0]["role"].clone();
    for dialect in [Dialect::OpenAi, Dialect::Azure] {
        assert_eq!(first(dialect), "developer");
    }
    for dialect in [Dialect::Mistral, Dialect::OpenRouter, Dialect::Groq, Dialect::Compatible] {
        assert_eq!(first(dialect), "system");
    }
}

#[test]
fn an_effort_that_is_not_told_is_noted() {
    let both = Asked { thinking_budget: Some(2_000), effort: Some(Effort::High), ..asked("m") };
    for dialect in [Dialect::OpenRouter, Dialect::Anthropic] {
        let notes = written(&both, dialect, false).notes;
        assert!(notes.contains(&BUDGET_INSTEAD), "{dialect:?}: {notes:?}");
    }
    let least = Asked { effort: Some(Effort::Minimal), ..asked("m") };
    let Written { body, notes, .. } = written(&least, Dialect::Anthropic, false);
    assert!(body.get("thinking").is_none());
    assert!(notes.iter().any(|note| note.starts_with("reasoning_effort left out")), "{notes:?}");
}

#[test]
fn anthropic_gets_its_system_apart_and_room_to_think() {
    let question = Asked { thinking_budget: Some(2_000), ..asked("claude-x") };
    let Written { path, body, notes } = written(&question, Dialect::Anthropic, false);
    assert_eq!(path, "/v1/messages");
    assert!(body["system"].as_str().unwrap().starts_with("Be brief.\n\nBe kind.\n\n"));
    assert_eq!(body["messages"], json!([{"role": "user", "content": "Hello"}]));
    assert_eq!(body["thinking"], json!({"type": "enabled", "budget_tokens": 2_000}));
    assert_eq!((&body["max_tokens"], &body["stop_sequences"]), (&json!(2_050), &json!(["END"])));
    assert!(body.get("temperature").is_none() && body.get("seed").is_none());
    assert_eq!(notes.len(), 3, "{notes:?}");
    let plain =
        Asked { model: "claude-x".to_owned(), messages: vec![Message::user("Hi")], ..Asked::default() };
    assert_eq!(written(&plain, Dialect::Anthropic, false).body["max_tokens"], 1_024);
}

#[test]
fn openrouter_is_told_who_may_answer() {
    let providers = vec!["anthropic".to_owned(), "google-vertex".to_owned()];
    let question = Asked { providers, top_k: Some(5), effort: Some(Effort::Low), ..asked("a/b") };
    let Written { body, notes, .. } = written(&question, Dialect::OpenRouter, false);
    assert_eq!(body["provider"], json!({"order": ["anthropic", "google-vertex"], "allow_fallbacks": false}));
    assert_eq!((&body["reasoning"], &body["top_k"]), (&json!({"effort": "low"}), &json!(5)));
    assert!(notes.is_empty());
}

#[test]
fn mistral_has_its_own_name_for_the_seed() {
    let Written { body, notes, .. } = written(&asked("mistral-small-latest"), Dialect::Mistral, true);
    assert_eq!((&body["random_seed"], &body["max_tokens"]), (&json!(7), &json!(50)));
    assert!(body.get("stream_options").is_none() && notes.is_empty());
}

#[test]
fn tools_and_pictures_are_translated_for_anthropic() {
    let call = super::super::ToolCall::new().id("c1").kind("function");
    let call = call.function(super::super::FunctionCall::new().name("tide").arguments("{\"at\": 3}"));
    let picture = vec![super::super::Part::image_url("data:image/png;base64,AAAA")];
    let question = Asked {
        model: "claude-x".to_owned(),
        messages: vec![
            Message::user(picture),
            Message::new().role(Role::Assistant).tool_calls([call]),
            Message::tool("c1", "high"),
        ],
        tools: vec![super::super::Tool::of_function("tide", "tells", json!({"type": "object"}))],
        ..Asked::default()
    };
    let body = written(&question, Dialect::Anthropic, false).body;
    let source = json!({"type": "base64", "media_type": "image/png", "data": "AAAA"});
    assert_eq!(body["messages"][0]["content"][0], json!({"type": "image", "source": source}));
    let tool_use = json!({"type": "tool_use", "id": "c1", "name": "tide", "input": {"at": 3}});
    assert_eq!(body["messages"][1]["content"][0], tool_use);
    let result = json!({"type": "tool_result", "tool_use_id": "c1", "content": "high"});
    assert_eq!(body["messages"][2], json!({"role": "user", "content": [result]}));
    assert_eq!(body["tools"][0]["input_schema"], json!({"type": "object"}));
}

#[test]
fn anthropic_gets_files_as_documents() {
    let file = |value| super::super::Part::File(serde_json::from_value(json!({"file": value})).unwrap());
    let parts = vec![
        file(json!({"file_data": "data:application/pdf;base64,AAAA", "filename": "report"})),
        file(json!({"file_id": "file_1"})),
    ];
    let question =
        Asked { model: "claude-x".to_owned(), messages: vec![Message::user(parts)], ..Asked::default() };
    let inline = json!({"type": "base64", "media_type": "application/pdf", "data": "AAAA"});
    let expected = json!([
        {"type": "document", "source": inline, "title": "report"},
        {"type": "document", "source": {"type": "file", "file_id": "file_1"}},
    ]);
    assert_eq!(written(&question, Dialect::Anthropic, false).body["messages"][0]["content"], expected);
}
