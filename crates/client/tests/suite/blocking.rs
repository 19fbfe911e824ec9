//! The blocking twins: the same names and answers, in plain threads and in threads of an async runtime.

use tidegate::ManualClock;
use tidegate_client::mistral::ConversationEvent;
use tidegate_client::{FakeAnswer, FakeTransport, blocking};

use crate::harness::{CONVERSATION, json};

const STREAM: &str = "data: {\"type\":\"conversation.response.started\",\"conversation_id\":\"conv_1\"}\n\ndata: {\"type\":\"message.output.delta\",\"id\":\"m1\",\"content\":\"Up\"}\n\ndata: {\"type\":\"conversation.response.done\",\"usage\":{}}\n\n";

fn client() -> blocking::Mistral {
    let stream = FakeAnswer::http(200, &[("content-type", "text/event-stream")], STREAM);
    let fake = FakeTransport::new([json(CONVERSATION), stream]);
    let limits = blocking::Mistral::builder().key("k").clock(ManualClock::new()).transport(fake);
    // No limit of tokens: manual time stands still, and what the first call used would never come back.
    limits.learned_limits().requests_per_second(2).build().unwrap()
}

fn use_it(client: &blocking::Mistral) {
    let answer = client.beta().conversations().start("hi").model("m").send().unwrap();
    assert_eq!(answer.text(), "Up and down.");
    let events = client.conversations().append(&answer.conversation_id, "and then?").stream().unwrap();
    let events: Vec<ConversationEvent> = events.map(Result::unwrap).collect();
    assert_eq!(events[1].text().as_deref(), Some("Up"));
}

#[test]
fn a_plain_thread_can_call_and_stream() {
    use_it(&client());
}

#[tokio::test]
async fn a_thread_of_a_runtime_can_too() {
    use_it(&client());
}
