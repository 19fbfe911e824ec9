//! Tools that have to ask: their calls are told as pending, and an answer to them goes on with the conversation.

use serde_json::{Value, json};
use tidegate_client::mistral::{ConfirmationStatus, ConversationEvent, Entry, Tool, ToolConfirmation};
use tidegate_client::{FakeAnswer, RequestError};

use crate::harness::{CONVERSATION, json as whole, mistral};

const PENDING: &str = r#"{"conversation_id":"conv_1","outputs":[
    {"type":"function.call","id":"f1","tool_call_id":"call_1","name":"tide","arguments":"{}"},
    {"type":"function.call","id":"f2","tool_call_id":"call_2","name":"post","arguments":{"to":"all"},"confirmation_status":"pending"},
    {"type":"function.call","id":"f3","tool_call_id":"call_3","name":"read","arguments":"{}","confirmation_status":"allowed"},
    {"type":"function.call","id":"f4","tool_call_id":"call_4","name":"send","arguments":"{}","confirmation_status":"pending"}],
    "usage":{"prompt_tokens":9,"completion_tokens":4,"total_tokens":13}}"#;
const ASKING: &str = "data: {\"type\":\"function.call.delta\",\"id\":\"f2\",\"name\":\"post\",\"tool_call_id\":\"call_2\",\"arguments\":\"{}\",\"confirmation_status\":\"denied\"}\n\ndata: {\"type\":\"conversation.response.done\",\"usage\":{}}\n\n";

#[tokio::test]
async fn calls_that_wait_for_a_word_are_told_and_confirmed_whole_or_streamed() {
    let stream = FakeAnswer::http(200, &[("content-type", "text/event-stream")], ASKING);
    let (client, fake, clock) = mistral([whole(PENDING), whole(CONVERSATION), stream]);
    let talks = client.conversations();
    let asked = talks.start("hi").model("m").tools([Tool::connector("mail")]).send().await.unwrap();
    let waiting: Vec<_> = asked.pending().map(|call| call.tool_call_id.as_str()).collect();
    assert_eq!(waiting, ["call_2", "call_4"]);
    let said = [ToolConfirmation::allow(waiting[0]), ToolConfirmation::deny(waiting[1])];

    clock.advance(std::time::Duration::from_secs(1));
    let told = talks.confirm(&asked.conversation_id, said.clone()).send().await.unwrap();
    assert_eq!((told.text().as_str(), told.pending().count()), ("Up and down.", 0));
    clock.advance(std::time::Duration::from_secs(1));
    let mut events = talks.confirm(&asked.conversation_id, said).stream().await.unwrap();
    let first = events.next().await.unwrap().unwrap();
    let ConversationEvent::FunctionCallDelta(call) = &first else { panic!("{first:?}") };
    assert_eq!(call.confirmation_status, Some(ConfirmationStatus::Denied));
    assert!(matches!(events.next().await, Some(Ok(ConversationEvent::Done(_)))));
    assert!(events.next().await.is_none());

    let seen = fake.seen();
    let body = |number: usize| serde_json::from_slice::<Value>(&seen[number].body).unwrap();
    let said = json!([{"tool_call_id": "call_2", "confirmation": "allow"}, {"tool_call_id": "call_4", "confirmation": "deny"}]);
    assert!(seen[1..].iter().all(|request| request.uri.path() == "/v1/conversations/conv_1"));
    assert_eq!(body(1), json!({"tool_confirmations": said}));
    assert_eq!(body(2), json!({"tool_confirmations": said, "stream": true}));
}

#[tokio::test]
async fn what_a_function_returned_and_a_word_on_other_tools_go_together() {
    let (client, fake, _clock) = mistral([whole(CONVERSATION)]);
    let talks = client.conversations();
    let both = talks.confirm("conv_1", [ToolConfirmation::allow("call_2")]);
    both.inputs([Entry::function_result("call_1", "4.2 m")]).send().await.unwrap();
    let body: Value = serde_json::from_slice(&fake.seen()[0].body).unwrap();
    assert_eq!(body["inputs"][0]["tool_call_id"], "call_1");
    assert_eq!(body["tool_confirmations"][0]["confirmation"], "allow");
    let nothing = talks.confirm("conv_1", []).preview().unwrap_err();
    assert_eq!(nothing, RequestError::Empty { field: "inputs" });
}
